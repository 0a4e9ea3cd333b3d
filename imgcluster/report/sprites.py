"""Thumbnails packed into sheets: a few large WebP pictures instead of thousands of small ones."""
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from imgcluster.plots.canvas import fitted
from imgcluster.progress import progress

# Bytes of all sheets together. Base64 adds a third: 40 MB of a page.
BUDGET = 30_000_000
SHEET_SIDE = 1920  # pixels; phones refuse to decode much larger pictures

# (side of a thumbnail in pixels, WebP quality), best first. Sides are multiples of WebP's 16-pixel blocks, so that no
# thumbnail bleeds into the next.
_ENCODINGS = ((160, 80), (128, 76), (96, 74), (80, 65), (64, 55), (48, 40))
_SAMPLE = 64
THREADS = 4


@dataclass(frozen=True)
class Sprites:
    """Square thumbnails of `side` pixels, `columns` x `columns` to a sheet, row by row; `sheets` are WebP files."""

    side: int
    columns: int
    count: int
    sheets: list


def pack_sprites(photos, *, progress=progress):
    """Pack the thumbnails of photos, in order, as large and as good as BUDGET bytes allow.

    photos: list of functions that load one each, uint8 RGB [h, w, 3]; called from several threads. progress: as
    in `write_report`.
    """
    side, quality = _best_encoding(photos)
    columns = min(SHEET_SIDE // side, max(1, int(np.ceil(np.sqrt(len(photos))))))
    sheets, last = [], (None, None)
    with ThreadPoolExecutor(THREADS) as pool, progress("report", len(photos)) as bar:
        for start in range(0, len(photos), columns**2):
            part = photos[start:start + columns**2]
            thumbnails = pool.map(lambda load: thumbnail(load(), side), part)
            sheet = _sheet(thumbnails, len(part), side, columns)
            # Where no photo is found sheets are alike, and making a file of one takes most of the time.
            last = last if np.array_equal(sheet, last[0]) else (sheet, _encode(sheet, quality))
            sheets.append(last[1])
            bar.update(len(part))
    return Sprites(side, columns, len(photos), sheets)


def thumbnail(photo, side):
    """The whole photo inside a square of `side` pixels; margins continue the colour of its edge."""
    if photo.shape[:2] == (side, side):
        return photo
    return fitted(photo, side, enlarging=cv2.INTER_LINEAR, ground=_colour_of_edge)


def _colour_of_edge(photo):
    edge = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]])
    return np.median(edge, axis=0).round()


def _best_encoding(photos):
    """The first encoding under which evenly spread photos promise to fit into BUDGET; else the last."""
    some = np.unique(np.linspace(0, len(photos) - 1, _SAMPLE).astype(int)) if photos else []
    sample = [photos[place]() for place in some]
    for side, quality in _ENCODINGS:
        columns = max(1, int(np.ceil(np.sqrt(len(sample)))))
        sheet = _sheet([thumbnail(photo, side) for photo in sample], len(sample), side, columns)
        if len(_encode(sheet, quality)) * len(photos) / max(len(sample), 1) <= BUDGET:
            break
    return side, quality


def _sheet(thumbnails, count, side, columns):
    rows = max(1, -(-count // columns))
    sheet = np.full((rows * side, columns * side, 3), 255, np.uint8)
    for index, square in enumerate(thumbnails):
        top, left = index // columns * side, index % columns * side
        sheet[top:top + side, left:left + side] = square
    return sheet


def _encode(sheet, quality):
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
