"""The number of clusters learned from labelled products: how many photos and how much variety make one product."""
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from imgcluster.counting.blind_count import Estimate
from imgcluster.counting.variety import NEIGHBOURS, even_variety, variety_ratio
from imgcluster.errors import UserError
from imgcluster.rows import check_features
from imgcluster.wording import counted

# How far one product's variety is from the mean one's, for products far larger than the neighbourhoods it is read on.
VARIETY_SPREAD = 0.1
LEAST_SIGMA = 0.05
# How far counts by variety were from the truth, in logarithms: a variance, and what one over either number of products
# adds to it; where known products have as many photos as new ones, and among equally many photos of those that do not.
ALIKE_SPREAD, EVEN_SPREAD = (0, 0.1), (0.15**2, 0.2)
# Odds that known products have other numbers of photos than new ones: where the known ones have equally many, which
# seldom comes by itself; the variation of their sizes over which that fades; and where it is large.
PICKED_IF_EQUAL, PICKED_VARIATION, PICKED_IF_UNEQUAL = 1, 0.1, 0.02
# How often a new product is then photographed for each photo of a known one: a tenth to ten times, all as likely.
PICKED_DENSITY = 1 / (2 * np.log(10))
# How many times as far from the count by photos per product as the one by variety the one among equally many photos can
# lie: where the former two agree, there is nothing to leave out, and it would be left to small numbers.
FARTHEST = 3
# Below this chance of it, it is not worth its time.
NEGLIGIBLE = 0.01
TAIL = 0.1
PRIOR_MARGIN = 1.25


@dataclass(frozen=True)
class Guess:
    """A number of products, `count`, the logarithm of which is off by `sigma` (a Gaussian's)."""

    count: float
    sigma: float


def calibrated_estimate(features, known):
    """Return the Estimate for features [N, D], given known = (features [M, D], labels [M]).

    Either known products have about as many photos each as new ones (`as_known`), or other numbers of them, as where a
    few of each were picked; then only the variety among equally many photos counts (`even_variety`). The likelier one
    (`chance_of_picking`) gives the count, both the interval: it holds four fifths of their joint distribution.
    """
    known_features, labels = check_known(known, features.shape[1])
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    by_photos = len(features) / sizes.mean()
    by_variety = len(sizes) * variety_ratio(features, known_features, labels)
    joint, trust = as_known(by_photos, by_variety, sizes)
    picked, even = chance_of_picking(by_photos, by_variety, sizes), by_variety
    products = counted(len(sizes), "labelled product")
    how = (f"calibrated on {products}: by photos per product {by_photos:.1f}, by variety {by_variety:.1f}, weight of "
           f"the former {trust:.2f}")
    if picked > NEGLIGIBLE:
        even = even_variety(features, known_features, labels, by_variety)
        even = np.clip(even, *sorted([by_photos, by_photos * (by_variety / by_photos)**FARTHEST]))
        how += (f"; by variety among equally many photos per product {even:.1f}, which counts alone with a chance of "
                f"{picked:.2f}")
    even = Guess(even, spread(EVEN_SPREAD, len(sizes), even))
    words = f"learned from {'the variety of ' if picked > 0.5 else ''}{products}"
    return rounded((even if picked > 0.5 else joint).count, interval(joint, even, picked), len(features), how, words)


def as_known(by_photos, by_variety, sizes):
    """Return (Guess, weight of the former) of two counts, where known products of `sizes` are photographed as new ones.

    by_photos: N over the known photos per product; by_variety: the known number of products times the ratio of
    varieties (`variety_ratio`). Each is trusted by the inverse of its variance per product: the first varies as the
    known products' sizes do; the second by a tenth for products far larger than the neighbourhoods that the graph is
    made of, and more for small ones, which the neighbourhoods blur.
    """
    by_sizes, by_blur = size_variance(sizes), variety_variance(sizes)
    trust = by_blur / (by_blur + by_sizes)
    count = by_photos**trust * by_variety**(1 - trust)
    by_former, by_latter = (spread(each, len(sizes), count) for each in ((0, by_sizes), ALIKE_SPREAD))
    return Guess(count, max(np.hypot(trust * by_former, (1 - trust) * by_latter), LEAST_SIGMA)), trust


def variety_variance(sizes):
    """Return the relative variance of the variety of one product, where known ones have `sizes`."""
    return (VARIETY_SPREAD * (1 + 2 * NEIGHBOURS / sizes.mean())) ** 2


def size_variance(sizes):
    """Return the relative variance of the known products' `sizes`; a single one's is taken to be that of variety."""
    return (sizes.std(ddof=1) / sizes.mean()) ** 2 if len(sizes) > 1 else variety_variance(sizes)


def chance_of_picking(by_photos, by_variety, sizes):
    """Return how likely it is, 0..1, that known products of `sizes` do not have as many photos each as new ones.

    That is so where the counts by photos per product and by variety contradict each other beyond what either varies by
    (few sizes tell little of how they vary: Student's t), and sooner where all sizes are equal, as a person's choice.
    """
    variance, num = size_variance(sizes), len(sizes)
    few = stdtrit(max(num - 1, 1), 0.975) / ndtri(0.975)
    sigma = np.hypot(spread(ALIKE_SPREAD, num, by_variety), few * spread((0, variance), num, by_variety))
    density = np.exp(-np.log(by_photos / by_variety)**2 / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    equal = np.exp(-np.sqrt(variance) / PICKED_VARIATION) if num > 1 else 0
    odds = (PICKED_IF_EQUAL * equal + PICKED_IF_UNEQUAL) * PICKED_DENSITY
    return odds / (odds + density)


def spread(variances, num_known, count):
    """Return the standard deviation of a variance, and another per product, of so many known and counted products."""
    whole, per_product = variances
    return np.sqrt(whole + per_product * (1 / num_known + 1 / max(count, 1)))


def interval(first, second, chance):
    """Return (low, high) of two Guesses, the `second` of which holds with the given chance: a tenth of their joint
    distribution lies below, and a tenth above."""
    centres = np.log([first.count, second.count])
    reach = 5 * max(first.sigma, second.sigma)
    logs = np.linspace(centres.min() - reach, centres.max() + reach, 10_000)
    below = ((1 - chance) * ndtr((logs - centres[0]) / first.sigma) + chance * ndtr((logs - centres[1]) / second.sigma))
    return tuple(np.exp(np.interp([TAIL, 1 - TAIL], below, logs)))


def prior_estimate(num_photos, imgs_per_model):
    """Return the Estimate of `num_photos` photos at `imgs_per_model` photos per product, with a margin of a quarter."""
    count = num_photos / imgs_per_model
    return rounded(count, (count / PRIOR_MARGIN, count * PRIOR_MARGIN), num_photos,
                   f"{imgs_per_model:g} photos per product, given by hand")


def rounded(count, interval, num_photos, method, words=""):
    """Return the Estimate whose interval holds `interval` (low, high) and half a cluster or more each way.

    Its count is the whole number nearest in ratio, as errors are relative.
    """
    whole = np.floor(count)
    best = int(min(whole + (count > np.sqrt(whole * (whole + 1))), num_photos))
    low = int(np.clip(np.floor(min(interval[0], count - 0.5)), 1, best))
    high = int(np.clip(np.ceil(max(interval[1], count + 0.5)), best, num_photos))
    return Estimate(best, (low, high), method, words)


def check_known(known, width):
    """Return known = (features, labels) checked: UserError unless they match each other and `width` columns."""
    features, labels = check_features(known[0], name="calibration features"), np.asarray(known[1])
    if features.shape[1] != width:
        raise UserError(f"CALIBRATION_DATASET: its features have {features.shape[1]} columns, those to be clustered "
                        f"{width}; make both with the same network (step 03)")
    if labels.shape != (len(features),):
        raise UserError(f"CALIBRATION_DATASET: {labels.shape} labels for {len(features)} photos found; make them again "
                        "with steps 00 and 03")
    return features, labels
