"""Pictures made of many photos: one array of pixels, shown pixel by pixel, so that hundreds of photos stay fast."""
import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from imgcluster.plots.style import DPI, TITLE_SIZE, bare_axes, text_style, wrapped

_MARGIN = 24  # pixels of white around the canvas
_NOTE_SIZE = 8
_MIN_WIDTH = 720  # pixels: room for a title above a few photos
_WIDTH_OF_TITLE_SIZE = 1600  # pixels: wider pictures, shown smaller, get a larger title


def fitted(image, side, *, enlarging=cv2.INTER_CUBIC, ground=lambda scaled: 255):
    """A uint8 RGB [h, w, 3] scaled to lie whole in a square of `side` pixels, a white one by default.

    enlarging: OpenCV's interpolation for an image that is smaller; ground: function of the scaled image to the colour
    around it.
    """
    scale = side / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else enlarging
    scaled = cv2.resize(np.ascontiguousarray(image), size, interpolation=method)
    cell = np.full((side, side, 3), ground(scaled), dtype=np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    cell[top:top + size[1], left:left + size[0]] = scaled
    return cell


def show_canvas(canvas, *, title, note=""):
    """Figure and axes that show `canvas`, uint8 [h, w, 3], at its own size below a title and above a note; data units
    are pixels."""
    height, width = canvas.shape[:2]
    full_width = max(width + 2 * _MARGIN, _MIN_WIDTH)
    size = TITLE_SIZE * max(1.0, full_width / _WIDTH_OF_TITLE_SIZE)
    title = wrapped(title, full_width / DPI * TITLE_SIZE / size)
    head = round((1.3 * (title.count("\n") + 1) + 1.2) * size / 72 * DPI)
    note = wrapped(note, full_width / DPI * TITLE_SIZE / _NOTE_SIZE)
    foot = _MARGIN + (round(1.3 * (note.count("\n") + 1) * _NOTE_SIZE / 72 * DPI) if note else 0)
    full_height = height + head + foot
    figure = Figure(figsize=(full_width / DPI, full_height / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=size, y=1 - 0.6 * size / 72 * DPI / full_height, va="top", **text_style())
    figure.text(0.5, _MARGIN / 2 / full_height, note, fontsize=_NOTE_SIZE, ha="center", va="bottom", **text_style())
    axes = figure.add_axes(((full_width - width) // 2 / full_width, foot / full_height, width / full_width,
                            height / full_height))
    axes.imshow(canvas, interpolation="nearest", aspect="auto")
    bare_axes(axes)
    return figure, axes
