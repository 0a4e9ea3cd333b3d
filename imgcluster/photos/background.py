"""The product cut out of a photo, and what stands behind it afterwards."""
from dataclasses import dataclass

import cv2
import numpy as np

from imgcluster.cutter.cutout import cut_out

# Side, in pixels, of the largest square that is made around a product: 50 MB.
LARGEST_SQUARE = 4096
METHODS = ("grabcut", "contours", "none")
FILLS = ("white", "grey", "mean", "blur", "transparent", "keep")
_MIN_SHARE, _MAX_SHARE = 0.01, 0.97  # shares of the frame between which a mask is believed
# A part is an object when it has at least this share of the largest part's area.
OBJECT_SHARE = 0.2


@dataclass(frozen=True)
class Cutout:
    """A product found in a photo.

    mask: uint8 [H, W], 255 on the product, 0 behind it, soft at the edge (more than 127: product). share: of the frame,
    0..1. plausible: False where no product could be told from its background, or none was looked for; the mask then
    keeps the whole photo.
    num_objects: separate parts of the mask, each at least a fifth of the largest; 0 where not plausible. plain: whether
    the ground behind the product is plain (one colour or a smooth gradient), where masks can be trusted.
    """

    mask: np.ndarray
    share: float
    plausible: bool
    num_objects: int
    plain: bool = False


def product_mask(image, *, method="grabcut", plain_only=False):
    """Find the product in a photo, uint8 [H, W, 3] RGB of any size; returns a Cutout of the same size.

    `method`: "grabcut" evidence, colour models and a minimum cut (`cutout`); "contours" strong edges whose outlines are
    filled, for plain backgrounds; "none" the whole photo. `plain_only`: look only where the ground is plain, which is
    many times faster; other photos are kept whole.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {method!r}")
    whole = np.full(image.shape[:2], 255, np.uint8)
    if method == "none":
        return Cutout(whole, 1.0, False, 0)
    mask, plain = cut_out(image, plain_only=plain_only or method == "contours")
    if method == "contours" and (plain or not plain_only):
        mask = contour_mask(image)
    share = float((mask > 127).mean())
    if not _MIN_SHARE <= share <= _MAX_SHARE:
        return Cutout(whole, 1.0, False, 0, plain)
    return Cutout(mask, share, True, _count_objects(mask), plain)


def _count_objects(mask):
    areas = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8), connectivity=8)[2][1:, cv2.CC_STAT_AREA]
    return int((areas >= OBJECT_SHARE * areas.max()).sum())


def contour_mask(image):
    """Fill the outer outlines of all edges stronger than the mean: uint8 [H, W] of 0 and 255.

    Median blur, Sobel per channel, the strongest channel, zero below the mean; outlines of at least 5 % of the frame.
    """
    smooth = cv2.medianBlur(image, 5)
    strengths = [cv2.magnitude(cv2.Sobel(channel, cv2.CV_32F, 1, 0), cv2.Sobel(channel, cv2.CV_32F, 0, 1))
                 for channel in cv2.split(smooth)]
    strength = np.minimum(np.maximum.reduce(strengths), 255)
    edges = (strength > strength.mean()).astype(np.uint8)
    outlines = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    large = [outline for outline in outlines if cv2.contourArea(outline) > 0.05 * edges.size]
    return cv2.drawContours(np.zeros(image.shape[:2], np.uint8), large, -1, 255, -1)


def fill_background(image, mask, *, fill="white"):
    """Put something else behind the product; returns uint8 [H, W, 3], or [H, W, 4] RGBA for "transparent".

    `mask`: uint8 [H, W], the product's opacity. `fill`: "white"; "grey" (the middle one); "mean" the mean colour of
    the background; "blur" the photo itself, far out of focus; "transparent"; "keep" the photo as it is.
    """
    if fill not in FILLS:
        raise ValueError(f"fill must be one of {FILLS}, got {fill!r}")
    if fill == "keep":
        return image
    if fill == "transparent":
        return np.dstack([image, mask])
    opacity = mask[:, :, None].astype(np.float32) / 255
    return (image * opacity + _backdrop(image, mask, fill) * (1 - opacity) + 0.5).astype(np.uint8)


def _backdrop(image, mask, fill):
    if fill == "mean":
        behind = cv2.mean(image, (mask <= 127).astype(np.uint8))[:3]
        return np.array(behind, np.float32)
    if fill == "blur":
        # Averaged at a few dozen pixels, the product left out, so that its colours do not glow around it.
        share = cv2.resize((255 - mask).astype(np.float32) + 1, (32, 32), interpolation=cv2.INTER_AREA)
        sums = cv2.resize(image * ((255 - mask)[:, :, None] + np.float32(1)), (32, 32), interpolation=cv2.INTER_AREA)
        blurred = cv2.GaussianBlur(sums, (0, 0), 2) / cv2.GaussianBlur(share, (0, 0), 2)[:, :, None]
        return cv2.resize(blurred, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.float32(255 if fill == "white" else 128)


def crop_to_product(image, mask, *, margin=0.08, largest=LARGEST_SQUARE):
    """Cut the square around the product, `margin` (share of the product's longer side) left on each side.

    Where the square reaches beyond the photo, the photo's edge is continued (transparent where it has an alpha
    channel). A mask without product leaves the image as it is. largest: pixels; squares with a longer side, of very
    long products, come back with this one, as most of them is not in the photo.
    """
    square = product_square(mask, margin=margin)
    if square is None:
        return image
    if square[2] > largest:
        scale = largest / square[2]
        image, square = scaled(image, scale), [round(length * scale) for length in square]
    top, left, side = square
    above, before = max(0, -top), max(0, -left)
    below, after = max(0, top + side - image.shape[0]), max(0, left + side - image.shape[1])
    kind = cv2.BORDER_CONSTANT if image.ndim == 3 and image.shape[2] == 4 else cv2.BORDER_REPLICATE
    inner = image[max(0, top):top + side, max(0, left):left + side]
    return cv2.copyMakeBorder(inner, above, below, before, after, kind)


def product_square(mask, *, margin):
    """Return (top, left, side), whole pixels, of the square of `crop_to_product`; None without a product in the mask.

    mask: uint8 [H, W], the product above 127; margin: share of its longer side left on each side, >= 0. The side is at
    least 1; the square may reach beyond the photo, and top and left be negative.
    """
    rows, columns = (np.flatnonzero((mask > 127).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    side = max(1, round(max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1) * (1 + 2 * margin)))
    return (rows[0] + rows[-1] + 1 - side) // 2, (columns[0] + columns[-1] + 1 - side) // 2, side


def limited(image, max_side):
    """Return uint8 [H, W] or [H, W, C], shrunk to a longer side of `max_side` pixels where that is less."""
    scale = max_side / max(image.shape[:2])
    return image if scale >= 1 else scaled(image, scale)


def scaled(image, scale):
    """Return an image shrunk to `scale` (0..1) of its sides, by means of areas."""
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def normalise_contrast(image):
    """Even out the lightness of a photo, uint8 [H, W, 3] RGB: CLAHE on Lab's L, colours kept (Zuiderveld, 1994)."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lightness = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(np.ascontiguousarray(lab[:, :, 0]))
    return cv2.cvtColor(cv2.merge([lightness, lab[:, :, 1], lab[:, :, 2]]), cv2.COLOR_LAB2RGB)
