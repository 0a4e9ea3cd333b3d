"""One photo of step 01: its product found, the background filled, cropped and brought to size."""
import math
from dataclasses import dataclass, replace

import cv2

from imgcluster.photos.background import (
    LARGEST_SQUARE,
    crop_to_product,
    fill_background,
    limited,
    normalise_contrast,
    product_mask,
    product_square,
)
from imgcluster.photos.decoding import decode_image
from imgcluster.photos.photo_audit import read_header, rim_share

# Share of the product's longer side that is left around it by CROP_TO_PRODUCT.
CROP_MARGIN = 0.08
# Most pixels at which a photo is decoded again for the sake of a small product: of one of 12 million all.
FINER_PIXELS = 16_000_000


@dataclass(frozen=True)
class Recipe:
    """What is done to every photo. Field meanings and units: config.py, step 01.

    every_mask: find the product in every photo, though the fill alone would not need it.
    """

    method: str = "grabcut"
    fill: str = "keep"
    crop: bool | str = "plain"
    contrast: bool = False
    max_side: int = 640
    max_pixels: int = 200_000_000
    save_masks: bool = False
    every_mask: bool = False

    @property
    def looks_everywhere(self):
        """Whether the product is looked for in every photo, not (at most) on plain grounds alone."""
        return self.fill != "keep" or self.crop is True or self.save_masks or self.every_mask

    @property
    def in_use(self):
        """The Recipe that makes the same of every photo, and names no way of looking for products where none is."""
        return self if self.looks_everywhere or self.crop else replace(self, method="none")


def product_entry(cutout):
    """Return what a photo's entry (see `preprocess_folder`) says of its product, from its Cutout."""
    return {"share": round(float(cutout.share), 4), "rim": round(rim_share(cutout.mask), 4),
            "num_objects": cutout.num_objects, "plain": bool(cutout.plain), "plausible": bool(cutout.plausible)}


def prepare_photo(image, recipe, data=None):
    """Return (the photo as later steps see it, the Cutout of its product) for uint8 [H, W, 3] RGB and a Recipe.

    Contrast, background, crop, size. The crop "plain" is made where the background is plain and the cut therefore sure.
    data: the bytes of the file, where `image` was decoded with `min_side` and is whole: what is cropped to less than
    `max_side` is then taken from the file's own pixels. The Cutout is that of `image` in any case.
    """
    cutout = product_mask(image, method=recipe.in_use.method, plain_only=not recipe.looks_everywhere)
    finer = image, cutout
    if data is not None and _is_cropped(cutout, recipe):
        finer = _finer(image, cutout, recipe, data)
    return finish_photo(*finer, recipe), cutout


def _finer(image, cutout, recipe, data):
    """Return a photo and its Cutout at the least size, of those it can be decoded at, at which the crop is of
    `max_side` pixels, or at the largest one of `FINER_PIXELS`; as they are where that is no larger."""
    side = product_square(cutout.mask, margin=CROP_MARGIN)[2]
    size = read_header(data, image.shape[:2])[1]
    # Decoded sides are less than twice `min_side`, and so pixels less than four times as many.
    most = math.isqrt(FINER_PIXELS * min(size) // (4 * max(size)))
    wanted = min(most, math.ceil(min(image.shape[:2]) * recipe.max_side / side))
    if side >= recipe.max_side or size == image.shape[:2] or wanted <= min(image.shape[:2]):
        return image, cutout
    finer = decode_image(data, max_pixels=recipe.max_pixels, min_side=wanted)
    mask = cv2.resize(cutout.mask, finer.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return finer, replace(cutout, mask=mask)


def finish_photo(image, cutout, recipe):
    """Return the photo as later steps see it, once its Cutout is known."""
    if recipe.contrast:
        image = normalise_contrast(image)
    filled = fill_background(image, cutout.mask, fill=recipe.fill)
    if _is_cropped(cutout, recipe):
        filled = crop_to_product(filled, cutout.mask, margin=CROP_MARGIN, largest=max(LARGEST_SQUARE, recipe.max_side))
    return limited(filled, recipe.max_side)


def _is_cropped(cutout, recipe):
    return cutout.plausible and (recipe.crop is True or (recipe.crop == "plain" and cutout.plain))
