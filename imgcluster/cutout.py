"""Cut the product out of a photo without any learned weights: several guesses, each refined, and the best one taken."""
import cv2
import numpy as np

from imgcluster.colour_cut import refine_cut
from imgcluster.plain_ground import cut_from_plain_ground
from imgcluster.saliency import centre_prior, colour_bins, product_log_odds, smooth_histogram

_SIDE = 160  # longer side, in pixels, at which products are found
_MIN_SIDE = 8
_MIN_SHARE, _MAX_SHARE = 0.01, 0.9  # of the frame, between which a product on a plain ground is believed

# What speaks for a cut, in the order of `_qualities`: ridge regression of the true overlap on half of ECSSD and CCP.
_QUALITY_WEIGHTS = np.array([-0.04, 0.11, -1.33, -0.32, 0.17, 1.02, -0.38, 0.27, -0.77, 0.93])


def cut_out(image, *, plain_only=False):
    """Return the product's soft mask, uint8 [H, W], of a photo uint8 [H, W, 3] RGB, and whether its ground is plain.

    The mask is all zero where no product was found; with `plain_only` also where the ground is not plain, which saves
    nearly all of the time.
    """
    small = _small(image)
    if min(small.shape[:2]) < _MIN_SIDE:
        return np.zeros(image.shape[:2], np.uint8), False
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    cut = plain_cut(lab)
    if cut is not None:
        return upsample_mask(cut, small, image), True
    if plain_only:
        return np.zeros(image.shape[:2], np.uint8), False
    return upsample_mask(best_cut(lab), small, image), False


def _small(image):
    scale = min(1.0, _SIDE / max(image.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def plain_cut(lab):
    """Return the product, bool [h, w], of a small 8-bit Lab picture; None where its ground is not plain."""
    cut = cut_from_plain_ground(lab)
    if cut is None:
        return None
    cut = tidy(cut, max_hole=0.005)
    return cut if _MIN_SHARE < cut.mean() < _MAX_SHARE else None


def best_cut(lab):
    """Return the product, bool [h, w], of a small 8-bit Lab picture with any ground."""
    candidates, odds = candidate_cuts(lab)
    qualities = cut_qualities(lab, odds, candidates)
    return candidates[int(np.argmax(qualities @ _QUALITY_WEIGHTS))]


def candidate_cuts(lab):
    """Return the cuts, bool [h, w] each, that several first guesses lead to, and the log-odds of the first guess."""
    odds = product_log_odds(lab)
    return [tidy(refine_cut(lab, guess)) for guess in (odds, odds + 1.4, _standing_guess(lab.shape[:2]))], odds


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


def cut_qualities(lab, odds, cuts):
    """Return, for each cut, what tells good ones from bad ones: float [cuts, 10]."""
    gradient = _gradient(lab)
    bins = colour_bins(lab)
    prior = centre_prior(lab.shape[:2], 0.25)
    rows = [_qualities(cut, odds, gradient, bins, prior) if 0 < cut.sum() < cut.size else np.full(9, -9.0)
            for cut in cuts]
    agreement = [np.mean([overlap(cut, other) for other in cuts]) for cut in cuts]
    return np.column_stack([rows, agreement])


def _qualities(cut, odds, gradient, bins, prior):
    """Contrast in odds and on the outline, contact with sides and top, and bottom, size, colours shared, shape."""
    outline = cut & (cv2.erode(cut.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    share = cut.mean()
    touching = np.mean([cut[0].mean(), cut[:, 0].mean(), cut[:, -1].mean()])
    inside, outside = (smooth_histogram(bins, part.ravel().astype(float), 0.7) for part in (cut, ~cut))
    shared = np.sqrt(inside / inside.sum() * outside / outside.sum()).sum()
    points = cv2.findNonZero(cut.astype(np.uint8))
    solidity = min(1.0, cut.sum() / (cv2.contourArea(cv2.convexHull(points)) + 1))
    return (odds[cut].mean() - odds[~cut].mean(), np.log1p(gradient[outline].mean()), touching, cut[-1].mean(),
            np.log(share + 0.005), share * share, shared, solidity, prior[cut].sum() / prior.sum())


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
