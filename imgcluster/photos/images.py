"""Photos on disk: read them, write them, bring them to a network's input size. One loader for all steps."""
import contextlib
import errno
import functools
import os
import stat
import sys
from pathlib import Path

import cv2
import numpy as np

from imgcluster.errors import UserError
from imgcluster.files import replacing
from imgcluster.photos.decoding import MAX_PIXELS, ImageError, decode_image

_QUALITY = 95  # of JPEG and WebP, of 100
_ENCODERS = {".jpg": ".jpg", ".jpeg": ".jpg", ".png": ".png", ".webp": ".webp", ".bmp": ".bmp", ".tif": ".tif",
             ".tiff": ".tif"}


def read_image(path, *, max_pixels=MAX_PIXELS, min_side=None):
    """Read a photo by its content, whatever its name: uint8 [H, W, 3] RGB, upright, transparent parts over white.

    `max_pixels` is checked before decoding. With `min_side` the photo may come back at a half, a quarter or an
    eighth of its size (much faster for JPEG), never with a shorter side below `min_side`.

    Raises ImageError with a short reason.
    """
    return decode_image(read_bytes(path), max_pixels=max_pixels, min_side=min_side)


def read_bytes(path):
    """Return the content of a regular file; raises ImageError with a short reason."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # reading from a pipe would wait for ever
            raise ImageError("is a directory" if os.path.isdir(path) else "not a regular file")
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise ImageError("link to a missing file" if os.path.islink(path) else "vanished") from error
    except PermissionError as error:
        raise ImageError("permission denied") from error
    except OSError as error:
        reason = "link that leads to itself" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise ImageError(reason) from error


def read_thumbnail(folders, name, *, side):
    """Return a photo as `read_first` does, or a grey square where it cannot be read."""
    try:
        return read_first(folders, name, side=side)
    except ImageError:
        return grey(side)


@functools.cache
def grey(side):
    """Return what is shown for a photo that cannot be read, uint8 [side, side, 3], not to be written to: one for all.
    """
    square = np.full((side, side, 3), 220, np.uint8)
    square.flags.writeable = False
    return square


def read_first(folders, name, *, side):
    """Return a photo, uint8 [h, w, 3] with sides of at least `side` where it has them, from the first of `folders` that
    holds it readable. ImageError: none does."""
    *others, last = folders
    for folder in others:
        with contextlib.suppress(ImageError):
            return read_image(folder / name, min_side=side)
    return read_image(last / name, min_side=side)


def write_image(path, image):
    """Write uint8 [H, W], [H, W, 3] RGB or [H, W, 4] RGBA under exactly this name, whole or not at all.

    The format follows the suffix where it can (.jpg, .png, .webp, .bmp, .tif); under any other name the content is
    JPEG, and an image with transparency is PNG unless it is named .webp: `read_image` goes by content. Folders are
    made as needed. A file that holds the same already is left alone: what is newer than it was made of it.

    Raises UserError when the file cannot be written (no space, no permission).
    """
    path = Path(path)
    data = encode_image(image, path.suffix)
    try:
        if path.is_file() and path.read_bytes() == data:
            return
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; make room or allow access, then run this step again") from error


def encode_image(image, suffix):
    """Return the bytes of the file that `write_image` writes of an image under a name with this suffix.

    image: uint8 [H, W], [H, W, 3] RGB or [H, W, 4] RGBA, with sides of at least 1; suffix: with its dot, in any case,
    ".jpg". One that is no format's, or that the image is too large for (a side above 65,535 pixels for JPEG, 16,383 for
    WebP), gives another format, as there.
    """
    image, suffix = np.asarray(image), suffix.lower()
    if image.ndim == 2:
        kind, pixels = _ENCODERS.get(suffix, ".jpg"), image
    elif image.shape[2] == 4:
        kind, pixels = ".webp" if suffix == ".webp" else ".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA)
    else:
        kind, pixels = _ENCODERS.get(suffix, ".jpg"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    limit = {".jpg": 65535, ".webp": 16383}.get(kind)  # the longest side that the format can hold
    if limit and max(image.shape[:2]) > limit:
        kind = ".png"
    options = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, _QUALITY], ".webp": [cv2.IMWRITE_WEBP_QUALITY, _QUALITY],
               ".png": [cv2.IMWRITE_PNG_COMPRESSION, 1]}
    return cv2.imencode(kind, pixels, options.get(kind, []))[1].tobytes()


def resize_for_network(image, size, *, mode="stretch"):
    """Bring uint8 [H, W, 3] to [size, size, 3] for a network: area means on the way down, linear on the way up.

    `mode`: "stretch" both sides to `size`; "pad" the shorter side with white, the photo centred; "crop" the centre
    square. Training, extraction and search all use this function.
    """
    height, width = image.shape[:2]
    if mode == "stretch":
        return _resize(image, size, size)
    if mode == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return _resize(image[top:top + side, left:left + side], size, size)
    if mode != "pad":
        raise ValueError(f"mode must be 'stretch', 'pad' or 'crop', got {mode!r}")
    scale = size / max(height, width)
    high, wide = max(1, round(height * scale)), max(1, round(width * scale))
    padded = np.full((size, size, 3), 255, np.uint8)
    top, left = (size - high) // 2, (size - wide) // 2
    padded[top:top + high, left:left + wide] = _resize(image, high, wide)
    return padded


def _resize(image, height, width):
    # OpenCV's area means turn into point samples as soon as one side grows: shrink first, then grow.
    low, narrow = min(height, image.shape[0]), min(width, image.shape[1])
    if (low, narrow) != image.shape[:2]:
        image = cv2.resize(image, (narrow, low), interpolation=cv2.INTER_AREA)
    if (low, narrow) != (height, width):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(image)


def quiet_codecs():
    """Keep the chatter of libjpeg and libpng about odd files off the screen; for the start of a worker process.

    Native libraries write to file descriptor 2, which is closed off; Python's own messages and tracebacks still
    reach the screen through `sys.stderr`.
    """
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
