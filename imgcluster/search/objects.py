"""The things in a query photo, each prepared as step 01 prepares the photos of the catalogue."""
from dataclasses import dataclass

import cv2
import numpy as np

from imgcluster.errors import UserError
from imgcluster.photos.background import OBJECT_SHARE, fill_background, normalise_contrast, product_mask
from imgcluster.photos.decoding import ImageError, decode_image
from imgcluster.photos.photo_audit import audit_photo, incomplete, refusal
from imgcluster.photos.prepare import CROP_MARGIN, prepare_photo

MAX_OBJECTS = 6
# A single object is offered by itself when its box takes less than this share of the photo.
SMALL_OBJECT = 0.5


class Unsearchable(ImageError):
    """A photo that can be read, but shows too little to be searched."""


@dataclass(frozen=True)
class Region:
    """A part of a query photo to search with.

    name: "photo", "object 1", ... or "box"; box: x, y, width, height in pixels of the upright photo; picture: uint8 RGB
    or RGBA, as step 01 would have written it, None once it is let go.
    """

    name: str
    box: tuple
    picture: np.ndarray | None


@dataclass(frozen=True)
class Query:
    """A decoded query photo: image uint8 [h, w, 3], perhaps smaller than the photo's size (w, h), and its regions.

    warning: that its file lacks a part, in words, or None.
    """

    image: np.ndarray
    size: tuple
    regions: list
    warning: str | None = None


def read_query(data, recipe, *, box=None):
    """Return the Query for the bytes of an image file, by the `prepare.Recipe` of the catalogue.

    box: x, y, width, height in pixels of the upright photo: only what is in it is searched. Raises ImageError when the
    photo cannot be decoded (Unsearchable: it is far too small or empty, or most of it is missing), UserError for a box
    that does not lie in it.
    """
    image, entry = open_photo(data, recipe, box=box)
    size, missing = (entry["width"], entry["height"]), entry["missing"]
    if box is None:
        return Query(image, size, find_regions(image, recipe, size, data), incomplete(missing))
    left, top, width, height = box
    crop = image[top:top + height, left:left + width]
    regions = [Region("box", (left, top, width, height), prepare_photo(crop, recipe)[0])]
    return Query(image, size, regions, incomplete(missing))


def open_photo(data, recipe, *, box=None):
    """Return (image uint8 [h, w, 3], its entry as of step 01 before products are looked for) of the bytes of an image
    file; the rest is as in `read_query`."""
    image = decode_image(data, max_pixels=recipe.max_pixels, min_side=None if box else recipe.max_side)
    entry = {**audit_photo(image, data), "num_objects": 0}
    if box is not None:
        left, top, *_ = check_box(box, (entry["width"], entry["height"]))
        # The decoder may know the size of an odd file better than its header.
        if left >= image.shape[1] or top >= image.shape[0]:
            raise ImageError("the photo is smaller than its header says")
    if (reason := refusal(entry)) is not None:
        raise Unsearchable(reason)
    return image, entry


def check_box(box, size):
    """Return the box x, y, width, height as four whole numbers; UserError unless it lies in a photo of size (w, h)."""
    left, top, width, height = box
    if width < 1 or height < 1 or left < 0 or top < 0 or left + width > size[0] or top + height > size[1]:
        raise UserError(f"the box {left},{top},{width},{height} does not lie in the photo of {size[0]} x {size[1]} "
                        "pixels; give x,y,width,height of a part of it")
    return left, top, width, height


def find_regions(image, recipe, size, data=None):
    """Return the whole photo and, where it shows several things or a small one, each of them, largest first.

    image, recipe, data: as in `prepare.prepare_photo`; size: the file's own (w, h).
    """
    finished, cutout = prepare_photo(image, recipe, data)
    regions = [Region("photo", (0, 0, *size), finished)]
    if recipe.method == "none":
        return regions
    if not recipe.looks_everywhere and not cutout.plain:
        cutout = product_mask(image, method=recipe.method)
    if not cutout.plausible:
        return regions
    scale = size[0] / image.shape[1], size[1] / image.shape[0]
    for mask in _object_masks(cutout):
        left, top, width, height = _around(mask)
        picture = _alone(image, mask, (left, top, width, height), recipe)
        box = (round(left * scale[0]), round(top * scale[1]), round(width * scale[0]), round(height * scale[1]))
        regions.append(Region(f"object {len(regions)}", box, picture))
    return regions


def _object_masks(cutout):
    """Masks uint8 [H, W] of the objects, largest first.

    None where there is a single one that fills most of the photo, or lies on a plain ground and is therefore what the
    whole photo shows.
    """
    mask = cutout.mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = np.argsort(-areas, kind="stable")[:MAX_OBJECTS]
    parts = [part + 1 for part in largest if areas[part] >= OBJECT_SHARE * areas.max()]
    if len(parts) == 1:
        box = stats[parts[0], cv2.CC_STAT_WIDTH] * stats[parts[0], cv2.CC_STAT_HEIGHT]
        if cutout.plain or box >= SMALL_OBJECT * mask.size:
            return []
    # The soft edge of a part lies outside its core; it goes with the part it is nearest to.
    return [np.where(cv2.dilate((labels == part).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0, mask, 0)
            for part in parts]


def _around(mask):
    """The box x, y, width, height of a mask with step 01's margin, inside the photo."""
    rows, columns = np.flatnonzero((mask > 127).any(axis=1)), np.flatnonzero((mask > 127).any(axis=0))
    margin = round(CROP_MARGIN * max(len(rows), len(columns)))
    top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
    bottom, right = min(mask.shape[0], rows[-1] + 1 + margin), min(mask.shape[1], columns[-1] + 1 + margin)
    return int(left), int(top), int(right - left), int(bottom - top)


def _alone(image, mask, box, recipe):
    """One object as the recipe shows a product, cropped to its box."""
    left, top, width, height = box
    crop, own = (part[top:top + height, left:left + width] for part in (image, mask))
    if recipe.contrast:
        crop = normalise_contrast(crop)
    return fill_background(crop, own, fill=recipe.fill)
