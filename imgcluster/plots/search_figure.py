"""A search in one picture: the query photo, what of it was searched with, and the best hits."""
import cv2
import numpy as np

from imgcluster.plots.canvas import fitted, show_canvas
from imgcluster.plots.style import bold_style, clean, text_style

CELL = 180  # pixels of one photo, squared
_GAP = 14
_CAPTION = 44  # pixels below a photo for two lines
_CHARACTER = 8  # pixels of a character of caption
_ORANGE = (213, 94, 0)


def search_figure(searches, *, title):
    """Figure with one line of pictures for each search: query with its box, picture searched with, then the hits.

    searches: list of (query uint8 [h, w, 3], box as x, y, width, height in shares of its sides, searched uint8
    [h, w, 3], hits as a list of (uint8 [h, w, 3], heading, line)).
    """
    most = max(len(hits) for *_, hits in searches)
    height, width = CELL + _CAPTION, CELL + _GAP
    canvas = np.full((len(searches) * (height + _GAP), (2 + most) * width + 2 * _GAP, 3), 255, np.uint8)
    captions = []
    for line, (query, box, searched, hits) in enumerate(searches):
        top = line * (height + _GAP)
        cells = [(_boxed(query, box), "query", ""), (searched, "as searched", ""), *hits]
        for column, (picture, heading, text) in enumerate(cells):
            left = column * width + (2 * _GAP if column > 1 else 0) + _GAP // 2
            canvas[top:top + CELL, left:left + CELL] = fitted(picture, CELL)
            captions.append((left + CELL / 2, top + CELL + 3, heading, text))
        canvas[top:top + CELL, 2 * width + _GAP // 2:2 * width + _GAP // 2 + 2] = 200
    figure, axes = show_canvas(canvas, title=title)
    for x, y, heading, text in captions:
        heading, text = (clean(part, CELL // _CHARACTER) for part in (heading, text))
        axes.text(x, y, heading, ha="center", va="top", fontsize=8, **bold_style(heading))
        axes.text(x, y + 20, text, ha="center", va="top", fontsize=7, color="#5c6370", **text_style())
    return figure


def _boxed(image, box):
    """The image with a box drawn into it, unless that is the whole of it."""
    left, top, width, height = box
    if width >= 1 and height >= 1:
        return image
    high, wide = image.shape[:2]
    corners = ((round(left * wide), round(top * high)), (round((left + width) * wide) - 1,
                                                         round((top + height) * high) - 1))
    return cv2.rectangle(image.copy(), *corners, _ORANGE, max(2, round(max(high, wide) / 90)))
