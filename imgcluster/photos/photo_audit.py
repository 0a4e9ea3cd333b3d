"""What a photo is worth: format, sharpness, light, colour, and what to warn of."""
import io

import cv2
import numpy as np
from PIL import ExifTags, Image

from imgcluster.photos.background import limited
from imgcluster.photos.completeness import filled_rows, missing_rows
from imgcluster.photos.decoding import SIDEWAYS

_SIDE = 512  # longer side, in pixels, at which photos are measured
# Photos are warned of below these. A sharpness of .04 is that of an edge blurred by 2.5 pixels.
_MIN_SHARPNESS, _MIN_BRIGHTNESS, _MIN_SIDE = 0.04, 0.3, 100
_MIN_CONTRAST = 0.02  # five of 255 levels: a photo of one colour, which shows nothing
_LEAST_SIDE = 16  # pixels; photos with a shorter side show no product
# A picture is empty whose contrast may be noise and that, once blurred so far (pixels at `_SIDE`) that noise of three
# levels hardly shows, has nothing that differs by four. Thin lines lose most of their contrast; more than that is left.
_MOST_NOISE, _NOISE_BLUR, _LEAST_RANGE = 0.05, 3, 3.5 / 255
_MIN_SATURATION = 0.06  # below it a photo counts as grey
INCOMPLETE = "incomplete file"
_MAX_MISSING = 0.5  # share of the rows that a file may lack
# Shares of the frame: a product smaller than the first, or whose mask covers more than the second of the frame's rim.
_SMALL_PRODUCT, _CUT_OFF = 0.03, 0.25


def audit_photo(image, data):
    """Return {"width", "height", "format", "sharpness", "brightness", "contrast", "empty", "color", "missing"} of a
    photo and its bytes.

    image: uint8 [H, W, 3] RGB, perhaps decoded at a reduced scale; width and height are the file's own, upright.
    format: of the content, whatever the file's name says. sharpness: the strongest second derivative (Laplacian, 99.5th
    percentile) over the photo's contrast, at a longer side of 512 pixels at most; about 1 for hard edges, .24 / s**2
    for edges blurred by s pixels. brightness: of the brightest twentieth, 0..1. contrast: from the darkest to the
    brightest pixels but for one in 200, 0..1. empty: whether there is nothing but noise, and no small thing either.
    color: False for grey photos. missing: see `completeness.missing_rows`, and for a damaged JPEG that has its end,
    `filled_rows`.
    """
    small = limited(image, _SIDE)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    low, bright, high = np.quantile(grey, [0.005, 0.95, 0.995])
    edges = np.quantile(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), 0.995)
    channels = cv2.split(small)  # NumPy takes several times as long over an axis of three
    spread = np.maximum.reduce(channels).astype(np.float32) - np.minimum.reduce(channels)
    name, (height, width) = read_header(data, image.shape[:2])
    missing = missing_rows(data)
    if missing is None and name in ("JPEG", "MPO"):
        missing = filled_rows(image, data)
    return {"width": width, "height": height, "format": name,
            "sharpness": round(float(edges / max(high - low, 1 / 255)), 4), "brightness": round(float(bright), 4),
            "contrast": round(float(high - low), 4), "empty": bool(high - low < _MOST_NOISE and _is_empty(small)),
            "color": bool(np.quantile(spread, 0.95) / 255 > _MIN_SATURATION), "missing": missing}


def _is_empty(image):
    """Whether no channel of a picture, uint8 [H, W, 3], has anything that stands out when noise is blurred away."""
    blurred = cv2.GaussianBlur(image.astype(np.float32) / 255, (0, 0), _NOISE_BLUR)
    return max(high - low for low, high, *_ in map(cv2.minMaxLoc, cv2.split(blurred))) < _LEAST_RANGE


def read_header(data, shape):
    """Return (format such as "JPEG", (height, width) in pixels) of a file's bytes; shape: (h, w) as it was decoded.

    The sides are put in the order of `shape`, since photos may lie turned in their files; where a reduced scale made
    both equal, in the order that the file says.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            name, (width, height) = image.format or "", image.size
            turned = (image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS if shape[0] == shape[1] else
                      (height > width) != (shape[0] > shape[1]))
    except Exception:  # what OpenCV alone could read: Pillow raises all sorts of things at damaged headers
        return "", tuple(shape)
    return name, (width, height) if turned else (height, width)


def rim_share(mask):
    """Return which share, 0..1, of the frame's outermost pixels a mask uint8 [H, W] (product above 127) covers."""
    rim = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return float((rim > 127).mean())


def warnings(entry):
    """Return what to warn of in a photo, list[str], from its entry of step 01 (see `preprocess.preprocess_folder`)."""
    flat = entry["contrast"] < _MIN_CONTRAST
    found = {"one colour": flat, "blurred": not flat and entry["sharpness"] < _MIN_SHARPNESS,
             "dark": entry["brightness"] < _MIN_BRIGHTNESS,
             "tiny": min(entry["width"], entry["height"]) < _MIN_SIDE, INCOMPLETE: entry["missing"] is not None}
    if entry["num_objects"] > 0:
        found |= {"small product": entry["share"] < _SMALL_PRODUCT, "product cut off": entry["rim"] > _CUT_OFF}
    return [name for name, applies in found.items() if applies]


def incomplete(missing):
    """Return in words what the file of a photo lacks, by its `missing_rows`; None where it lacks nothing."""
    if missing is None:
        return None
    return f"{INCOMPLETE}: {missing:.0%} of its rows are missing" if round(missing, 2) else INCOMPLETE


def refusal(entry, *, min_product_share=0.0, max_objects=None, max_side=None):
    """Return why a photo is to be left out (it is far too small or empty, most of it is missing, or step 01's filters),
    or None.

    The filters keep photos without a found product. max_side: longer side, in pixels, that photos are scaled down to;
    None: they are not. entry: as of `warnings`, or without "empty".
    """
    size = entry["width"], entry["height"]
    if min(size) < _LEAST_SIDE:
        return f"{size[0]} x {size[1]} pixels: a side of fewer than {_LEAST_SIDE} shows no product"
    if max_side and round(min(size) * min(1, max_side / max(size))) < _LEAST_SIDE:
        return (f"{size[0]} x {size[1]} pixels: scaled to MAX_IMG_SIDE = {max_side}, a side of fewer than "
                f"{_LEAST_SIDE} shows no product")
    if (entry["missing"] or 0) > _MAX_MISSING:
        return incomplete(entry["missing"])
    if not entry["num_objects"]:
        return "nothing but one colour: it shows no product" if entry.get("empty") else None
    if entry["share"] < min_product_share:
        return f"the product fills {entry['share']:.1%} of the photo (MIN_PRODUCT_SHARE is {min_product_share:g})"
    if max_objects is not None and entry["num_objects"] > max_objects:
        return f"shows {entry['num_objects']} separate objects (MAX_OBJECTS is {max_objects})"
    return None
