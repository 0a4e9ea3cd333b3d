"""How much of a photo's file is missing: broken-off downloads and copies, told cheaply from files that are whole."""
import contextlib
import re

import numpy as np

from imgcluster.photos.decoding import load_image, open_image

_JPEG_END = b"\xff\xd9"
# What libjpeg may find after the end of broken-off data: bits that stand for some picture, where it fills up with grey.
_FILLER = b"\x00\x55" * 64
_FILLED = (127, 128)  # its grey, as decoded and as inverted for CMYK
_LEAST_FILLED = 0.01  # share of the rows; fewer may be a grey line
# In a JPEG's compressed data: a marker other than those that stand there, which ends it.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def missing_rows(data):
    """Return which share of the rows, 0..1, the bytes of a photo's file lack, None where they lack nothing.

    Told of JPEG, PNG and GIF; broken-off WebP files cannot be decoded at all. 0 where a part of the last row is
    missing, or the finer details of a progressive JPEG. Nothing is decoded where the file's end is found, whatever
    follows it.
    """
    with contextlib.suppress(Exception):  # decoders meet damaged files with every kind of exception
        if data.startswith(b"\xff\xd8"):
            whole = data.endswith(_JPEG_END) or _end_of_jpeg(data) is not None
            return None if whole else _missing_of_jpeg(data)
        for begin, end in ((b"\x89PNG", b"IEND\xaeB`\x82"), (b"GIF8", b";")):
            if data.startswith(begin):
                return None if data.endswith(end) else _missing_of_rows(data)
    return None


def filled_rows(image, data):
    """Return which share of the rows of a JPEG is damaged though the file has its end; None where none is.

    image: its pixels, uint8 [H, W, 3]; data: its bytes. libjpeg leaves plain grey what the data before the end do not
    suffice for: at one side, as photos may lie turned in their files. A photo may also show such a grey, in which case
    more data would change nothing.
    """
    for lines in (image, image.transpose(1, 0, 2)):
        at_ends = _grey_lines(lines), _grey_lines(lines[::-1])
        if min(at_ends) == 0 and max(at_ends) > _LEAST_FILLED * len(lines):
            return max(at_ends) / len(lines) if _is_damaged(data[:_end_of_jpeg(data)]) else None
    return None


def _is_damaged(data):
    """Whether the data of a JPEG up to its end marker do not suffice, or are such that a stricter decoder gives up."""
    try:
        return _missing_of_jpeg(data) is not None
    except Exception:  # decoders meet damaged files with every kind of exception
        return True


def _grey_lines(lines):
    """How many of the first lines, pixels [n, m] or [n, m, channels], are of libjpeg's grey alone."""
    return next((number for number, line in enumerate(lines) if not np.isin(line, _FILLED).all()), len(lines))


def _end_of_jpeg(data):
    """Where a JPEG's end marker is, None where there is none: from one segment to the next, over thumbnails and what
    they hold."""
    place = 2
    while found := _MARKER.search(data, place):
        marker, place = found.group()[1], found.end()
        if marker == _JPEG_END[1]:
            return found.start()
        place += int.from_bytes(data[place:place + 2], "big")
    return None


def _missing_of_jpeg(data):
    """A JPEG without its end marker lacks more than that where other bits in its place would show other pixels."""
    shown = _pixels(data + _JPEG_END)
    if np.array_equal(shown, _pixels(data + _FILLER + _JPEG_END)):
        return None
    return _grey_lines(shown[::-1]) / len(shown)


def _missing_of_rows(data):
    """Rows are missing that show what they were filled with, and not the picture, be that as black as it may."""
    image, broken_off = load_image(data, open_image(data), filling=0)
    if not broken_off:
        return None
    otherwise, _ = load_image(data, open_image(data), filling=255)
    differs = np.asarray(image) != np.asarray(otherwise)
    return float(differs.reshape(*differs.shape[:2], -1).any(axis=2).all(axis=1).mean())


def _pixels(data):
    return np.asarray(open_image(data))
