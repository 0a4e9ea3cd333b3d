"""Cut the product out of a photo: from evidence a first answer, from that colour models, from both a minimum cut."""
import cv2
import numpy as np

from imgcluster.cutter.banners import without_bars
from imgcluster.cutter.colour_cut import refine_cut
from imgcluster.cutter.plain_ground import cut_from_plain_ground
from imgcluster.cutter.product_network import SIDE, product_cells
from imgcluster.cutter.saliency import evidence

_SIDE = 160  # longer side, in pixels, at which products are found
_MIN_SIDE = 8
_MIN_SHARE, _MAX_SHARE = 0.01, 0.9  # of the frame, between which a product on a plain ground is believed
_MAX_RIM = 0.2  # of the frame's sides: a product that covers more is the other half of a ground that is not plain


def cut_out(image, *, plain_only=False):
    """Return the product's soft mask, uint8 [H, W], of a photo uint8 [H, W, 3] RGB, and whether its ground is plain.

    The mask is all zero where no product was found; with `plain_only` also where the ground is not plain, which saves
    nearly all of the time.
    """
    small, lab, rows, columns = small_picture(image)
    cut, plain = _cut_inner(np.ascontiguousarray(lab[rows, columns]), plain_only)
    if cut is None:
        return np.zeros(image.shape[:2], np.uint8), False
    mask = np.zeros(lab.shape[:2], bool)
    mask[rows, columns] = cut
    return upsample_mask(mask, small, image), plain


def _cut_inner(lab, plain_only):
    """Return (the product, bool [h, w], or None, whether its ground is plain) of a small picture without bars."""
    if min(lab.shape[:2]) < _MIN_SIDE:
        return None, False
    cut = plain_cut(lab)
    if cut is not None or plain_only:
        return cut, cut is not None
    return best_cut(lab), False


def small_picture(image):
    """Shrink a photo to where products are sought: (RGB, 8-bit Lab, rows and columns within the bars at its sides)."""
    scale = min(1.0, _SIDE / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    return small, lab, *without_bars(lab)


def plain_cut(lab):
    """Return the product, bool [h, w], of a small 8-bit Lab picture; None where its ground is not plain."""
    cut = cut_from_plain_ground(lab)
    if cut is None:
        return None
    cut = tidy(cut, max_hole=0.005)
    rim = np.mean([side.mean() for side in (cut[0], cut[-1], cut[:, 0], cut[:, -1])])
    return cut if _MIN_SHARE < cut.mean() < _MAX_SHARE and rim < _MAX_RIM else None


def best_cut(lab):
    """Return the product, bool [h, w], of a small 8-bit Lab picture with any ground."""
    odds = cv2.resize(product_cells(evidence(lab, SIDE)), lab.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return tidy(refine_cut(lab, odds))


def tidy(mask, *, max_hole=0.03):
    """Keep the main parts, holes of up to `max_hole` of the frame filled.

    A part is kept when it has a fifth of the weight of the heaviest, which is area, less of it towards the frame: what
    sellers write over photos sits in corners.
    """
    y, x = (((np.arange(side) + 0.5) / side - 0.5).astype(np.float32) for side in mask.shape)
    weights = np.exp(-8 * (y[:, None] ** 2 + x[None] ** 2))
    mask = _without_parts(mask, weights, lambda parts: parts >= 0.2 * parts.max())
    return ~_without_parts(~mask, np.ones_like(weights), lambda parts: parts > max_hole * mask.size)


def _without_parts(mask, weights, keep):
    """Leave only the components of `mask` for whose summed weights `keep` says so."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    sums = np.bincount(labels.ravel(), weights.ravel(), count)
    return np.concatenate([[False], keep(sums[1:])])[labels]


def upsample_mask(mask, small, image):
    """Bring a mask of the small picture to the photo's size, its edge following the photo's.

    Fast guided filter (He & Sun, 2015): the linear relation between lightness and mask in each neighbourhood of the
    small picture is applied to the photo's pixels.
    """
    guide = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    target = mask.astype(np.float32)
    mean_guide, mean_target = (cv2.blur(values, (5, 5)) for values in (guide, target))
    covariance = cv2.blur(guide * target, (5, 5)) - mean_guide * mean_target
    slope = covariance / (cv2.blur(guide * guide, (5, 5)) - mean_guide * mean_guide + 1e-3)
    offset = mean_target - slope * mean_guide
    size = image.shape[1::-1]
    slope, offset = (cv2.resize(cv2.blur(values, (5, 5)), size, interpolation=cv2.INTER_LINEAR)
                     for values in (slope, offset))
    lightness = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.clip(slope * lightness + offset * 255 + 0.5, 0, 255).astype(np.uint8)
