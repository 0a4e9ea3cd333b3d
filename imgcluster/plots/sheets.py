"""Contact sheets: the photos of one cluster, and photos before and after background removal."""
import numpy as np

from imgcluster.plots.canvas import fitted, show_canvas
from imgcluster.plots.style import clean, text_style

CELL = 150  # pixels of one photo, squared
_GAP = 12
_LINE = 20  # pixels below a photo for one line of caption
_CAPTION_SIZE = 7
_CHARACTER = 9  # pixels of a character of caption


def contact_sheet(rows, thumbnail, *, title, captions=None, note=""):
    """Photos of one cluster in the order given, most typical first, as one sheet.

    rows: photo rows [n]; thumbnail: callable from a row to a uint8 RGB [h, w, 3]; captions: n texts for below the
    photos, of one line or of several; note: for below them all.
    """
    return _sheet([fitted(thumbnail(int(row)), CELL) for row in rows], captions, title=title, columns=8, note=note)


def before_after_sheet(before, after, names, *, title):
    """Pairs of photos, "before" and "after" preparation, the file's name below each pair.

    before, after: equally many uint8 RGB [h, w, 3]; names: their file names.
    """
    gap = np.full((CELL, 4, 3), 255, dtype=np.uint8)
    pairs = [np.hstack([fitted(first, CELL), gap, fitted(second, CELL)]) for first, second in zip(before, after)]
    return _sheet(pairs, names, title=title, columns=3, heads=("before", "after"))


def _sheet(cells, captions, *, title, columns, note="", heads=()):
    """Cells of equal size, row by row, with a caption below each and a note below all; heads: texts for above the first
    row, side by side over each cell."""
    columns = max(1, min(columns, len(cells)))
    height, width = (cells[0].shape[0], cells[0].shape[1]) if cells else (CELL, CELL)
    line = max((_LINE * (caption.count("\n") + 1) for caption in captions or ()), default=0)
    lines = max(1, -(-len(cells) // columns))
    head = _LINE if heads else 0
    canvas = np.full((head + lines * (height + line + _GAP), columns * (width + _GAP), 3), 255, dtype=np.uint8)
    corners = [(head + index // columns * (height + line + _GAP), index % columns * (width + _GAP) + _GAP // 2)
               for index in range(len(cells))]
    for (top, left), cell in zip(corners, cells):
        canvas[top:top + height, left:left + width] = cell
    figure, axes = show_canvas(canvas, title=title, note=note)
    for place in range(columns * len(heads)):
        column, part = divmod(place, len(heads))
        axes.text(corners[column][1] + width * (part + 0.5) / len(heads), head - 4, heads[part], ha="center",
                  va="bottom", fontsize=_CAPTION_SIZE + 1, color="#555555", **text_style())
    for (top, left), caption in zip(corners, captions or ()):
        text = "\n".join(clean(part, width // _CHARACTER) for part in caption.split("\n"))
        axes.text(left + width / 2, top + height + 2, text, ha="center", va="top", fontsize=_CAPTION_SIZE,
                  **text_style())
    return figure
