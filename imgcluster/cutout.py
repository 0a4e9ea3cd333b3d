"""Cut the product out of a photo without any learned weights: several guesses, each refined, and the best one taken."""
import cv2
import numpy as np

from imgcluster.banners import without_bars
from imgcluster.colour_cut import refine_cut
from imgcluster.plain_ground import cut_from_plain_ground
from imgcluster.saliency import centre_prior, product_log_odds
from imgcluster.superpixels import superpixels

_SIDE = 160  # longer side, in pixels, at which products are found
_MIN_SIDE = 8
_MIN_SHARE, _MAX_SHARE = 0.01, 0.9  # of the frame, between which a product on a plain ground is believed

# What speaks for a cut, in the order of `cut_qualities`: ridge regression of the true overlap, by tools/fit_cutter.py.
QUALITY_WEIGHTS = np.array([0.095, 0.082, 0.081, 0.103, -0.327, -0.011, 0.161, -0.049, -0.02, -0.124])


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
    return cut if _MIN_SHARE < cut.mean() < _MAX_SHARE else None


def best_cut(lab):
    """Return the product, bool [h, w], of a small 8-bit Lab picture with any ground."""
    odds = product_log_odds(lab, superpixels(lab))
    candidates = candidate_cuts(lab, odds)
    qualities = [cut_qualities(lab, odds, cut) @ QUALITY_WEIGHTS for cut in candidates]
    return candidates[int(np.argmax(qualities))]


def candidate_cuts(lab, odds):
    """Return the cuts, bool [h, w] each, that several first guesses lead to; odds: the log-odds of the best one."""
    return [tidy(refine_cut(lab, guess)) for guess in (odds, _standing_guess(lab.shape[:2]))]


def _standing_guess(shape):
    """Log-odds of something upright in the middle, such as a garment that is worn or a bottle."""
    y, x = (((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32) for side in shape)
    return np.clip(4 - 4 * ((y[:, None] / 0.95) ** 2 + (x[None] / 0.4) ** 2), -4, 4)


def tidy(mask, *, max_hole=0.03):
    """Keep the main parts, holes of up to `max_hole` of the frame filled.

    A part is kept when it has a fifth of the weight of the heaviest, which is area, less of it towards the frame: what
    sellers write over photos sits in corners.
    """
    weights = centre_prior(mask.shape, 0.25)
    mask = _without_parts(mask, weights, lambda parts: parts >= 0.2 * parts.max())
    return ~_without_parts(~mask, np.ones_like(weights), lambda parts: parts > max_hole * mask.size)


def _without_parts(mask, weights, keep):
    """Leave only the components of `mask` for whose summed weights `keep` says so."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    sums = np.bincount(labels.ravel(), weights.ravel(), count)
    return np.concatenate([[False], keep(sums[1:])])[labels]


def cut_qualities(lab, odds, cut):
    """Return what tells good cuts, bool [h, w], from bad ones: float [10].

    Odds inside against outside; overlap with what the odds call likely; contrast across the outline, at it and around
    it; contact with sides and top, and with the bottom; size; shape; coverage of the middle; offset to a side.
    """
    if cut.all() or not cut.any():
        return np.full(10, -9.0)
    likely = 1 / (1 + np.exp(-odds))
    outline = cut & (cv2.erode(cut.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    touching = np.mean([cut[0].mean(), cut[:, 0].mean(), cut[:, -1].mean()])
    prior = centre_prior(cut.shape, 0.25)
    points = cv2.findNonZero(cut.astype(np.uint8))
    solidity = min(1.0, cut.sum() / (cv2.contourArea(cv2.convexHull(points)) + 1))
    aside = (np.average(np.arange(cut.shape[1]) + 0.5, weights=cut.sum(axis=0)) / cut.shape[1] - 0.5) ** 2
    return np.array([odds[cut].mean() - odds[~cut].mean(), likely[cut].sum() / (likely + cut - likely * cut).sum(),
                     np.log1p(_gradient(lab)[outline].mean()), _contrast_around(lab, cut), touching, cut[-1].mean(),
                     np.log(cut.mean() + 0.005), solidity, prior[cut].sum() / prior.sum(), aside])


def _contrast_around(lab, cut):
    """Logarithm of how much the mean colours within and without differ, on the average, in windows on the outline."""
    inside = cut.astype(np.float32)
    share = cv2.blur(inside, (9, 9))
    within = cv2.blur(lab * inside[..., None], (9, 9)) / (share[..., None] + 1e-3)
    without = cv2.blur(lab * (1 - inside[..., None]), (9, 9)) / (1.001 - share[..., None])
    ring = (share > 0.3) & (share < 0.7)
    return np.log1p(np.linalg.norm(within - without, axis=-1)[ring].mean() / 5) if ring.any() else 0.0


def _gradient(lab):
    parts = [cv2.Sobel(channel, cv2.CV_32F, dx, 1 - dx) for channel in cv2.split(lab) for dx in (0, 1)]
    return np.sqrt(sum(part * part for part in parts)) / 8


def overlap(one, two):
    """Intersection over union of two masks; 1 where both are empty."""
    union = (one | two).sum()
    return (one & two).sum() / union if union else 1.0


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
