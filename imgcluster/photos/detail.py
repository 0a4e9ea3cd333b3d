"""How much of a picture a file really shows: less where it is a shrunken, enlarged, blurred or coarse copy, or has a
palette."""
import io

import cv2
import numpy as np
from PIL import Image

_SIZE_POWER = 0.4  # from .5 small copies of blurred photos win more often, down to .3 large enlargements do
_RIM = 8  # one part in so many, at each side, is not looked at: a frame may end there
_MAX_PIXELS = 8e6  # at which a photo is looked at
_FLAT = 3.0  # grey levels of contrast, below which nothing can be told
_COARSE = 30.0  # mean quantisation step of a JPEG's brightness, about that of quality 75
_CONVERTED = 0.9  # what CMYK leaves of the detail: its colours were converted once more
_SCALES = {1: cv2.IMREAD_GRAYSCALE, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
           8: cv2.IMREAD_REDUCED_GRAYSCALE_8}


def photo_detail(grey, inside, data):
    """Return the detail of a photo, >= 0: sharpness times a power of its size; for comparing copies of one picture.

    Edges blurred by s pixels have a sharpness of about 1 / s**2, so enlarging costs more sharpness than the size gains;
    shrinking what is sharp cannot make it much sharper. A frame costs detail, as it leaves less of the size to the
    picture; so do JPEGs coarser than quality 75, in proportion. A picture of few colours (`has_few_colours`) is taken
    at half its size, as the speckles that stand for the shades between its colours would pass for sharpness.

    grey: uint8 [H, W] as decoded, perhaps at a reduced scale. inside: its part within a plain frame, as two slices.
    data: the bytes of the file.
    """
    pixels, fidelity, few_colours = _header(data)
    if pixels >= 2 * grey.size:
        grey, inside = _larger(grey, inside, data, pixels)
    if few_colours and min(grey[inside].shape) > 2:
        half = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
        grey, inside = half, _at_size(inside, grey.shape, half.shape)
    part = grey[inside]
    return round(part.size / grey.size ** _SIZE_POWER * _sharpness(part) * fidelity, 3)


def has_few_colours(data):
    """Whether a file has a palette, or black and white alone, by its bytes: 256 colours at most."""
    return _header(data)[2]


def _sharpness(grey):
    """Root mean square of the second derivative over the standard deviation, in the middle of a picture."""
    top, left = (side // _RIM for side in grey.shape)
    middle = np.ascontiguousarray(grey[top:grey.shape[0] - top, left:grey.shape[1] - left])
    edges = cv2.norm(cv2.Laplacian(middle, cv2.CV_16S)) / middle.size ** 0.5
    return edges / max(float(cv2.meanStdDev(middle)[1][0, 0]), _FLAT)


def _header(data):
    """Return (pixels of a file, 0 if unknown; how true it can be to what it was made of, 0..1; whether it has few
    colours)."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            tables = getattr(image, "quantization", None)
            step = float(np.mean(tables[0])) if tables else 1.0
            fidelity = min(1, _COARSE / step) * (_CONVERTED if image.mode == "CMYK" else 1)
            return image.width * image.height, fidelity, image.mode in ("P", "PA", "1")
    except Exception:  # Pillow raises all sorts of things at damaged headers
        return 0, 1.0, False


def _larger(grey, inside, data, pixels):
    """The photo decoded at a larger scale, and the same part of it; as they are where that fails."""
    scale = next(k for k in _SCALES if k == 8 or pixels <= _MAX_PIXELS * k * k)
    full = cv2.imdecode(np.frombuffer(data, np.uint8), _SCALES[scale])
    if full is None or full.size <= grey.size:
        return grey, inside
    return full, _at_size(inside, grey.shape, full.shape)


def _at_size(inside, shape, other):
    """Two slices of a picture of one shape, where it has another."""
    return tuple(slice(*(end * there // here for end in part.indices(here)[:2]))
                 for part, here, there in zip(inside, shape, other, strict=True))
