"""Bars that sellers and programs put along a photo's sides: banners with writing, borders, letterboxes."""
import cv2
import numpy as np

_LIKE = 12.0  # 8-bit Lab units within which a bar is of one colour, and beyond which the photo differs from it
_MAX_BAR = 0.25  # of the photo's side
_OUTERMOST, _WITH_WRITING = 0.95, 0.6  # least share of a bar's outermost and of its other rows that has its colour
_EDGE = 0.9  # least share of the width along which the photo begins at once


def without_bars(lab):
    """Return the rows and columns, two slices, of an 8-bit Lab picture that lie between the bars at its sides."""
    rows = _between_bars(lab)
    columns = _between_bars(lab[rows].transpose(1, 0, 2))
    return rows, columns


def _between_bars(lab):
    colours = lab.astype(np.float32)
    return slice(_bar(colours), len(lab) - _bar(colours[::-1]))


def _bar(colours):
    """How many of the first rows are a bar: of one colour but for writing, and cut off by a straight edge."""
    limit = int(len(colours) * _MAX_BAR)
    colour = np.median(colours[0], axis=0)
    alike = np.logical_and.reduce([channel < _LIKE for channel in cv2.split(np.abs(colours[:limit + 2] - colour))])
    if not limit or alike[0].mean() < _OUTERMOST:
        return 0
    ends = max(1, alike.shape[1] // 20)
    full = (alike.mean(axis=1) >= _WITH_WRITING) & alike[:, :ends].all(axis=1) & alike[:, -ends:].all(axis=1)
    if full.all():
        return 0
    end = int(np.argmin(full))
    return end + 1 if end <= limit and (~alike[end + 1]).mean() >= _EDGE else 0
