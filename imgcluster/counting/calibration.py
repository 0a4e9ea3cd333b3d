"""The number of clusters learned from labelled products: how many photos and how much variety make one product."""
import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from imgcluster.counting.blind_count import Estimate
from imgcluster.counting.chances import ANY_FACTOR, Guess, chances_of, density, quantile
from imgcluster.counting.variety import by_variety
from imgcluster.wording import counted, listed

# How much one product's number of photos, and what it adds to variety, vary (relative variance) as far as few known
# products tell: as much as one more product would.
USUAL_VARIANCE, USUAL_VARIANCE_OF_VARIETY = 0.2, 1.0
# By how much the power is off with which variety grows with the number of products, and how far, in logarithms, new
# products have more or fewer photos each than known ones where these were not picked.
POWER_OFF, PHOTOS_OFF = 0.2, 0.2
LEAST_SIGMA, LEAST_BLIND_SIGMA = 0.05, 0.25
# Odds beforehand that known products are photographed more or less often than new ones; and that so many photos of each
# were picked, and what equal sizes raise these to at most.
UNLIKE, PICKED, PICKED_AT_MOST = 0.1, 0.05, 1
# Sizes that come by themselves vary by one of these about their mean (the standard deviation of their logarithm). Where
# photos are picked, one more is missing of a product (a copy, or one that cannot be read) by one of these chances; and
# how many products have any fewer photos.
VARIATIONS, MISSING, FEWER = np.geomspace(0.15, 2, 12), np.geomspace(0.1, 0.5, 12), 0.1
TINY = np.finfo(float).tiny
# How often the photos alone are off by any factor.
ASTRAY = 0.15
TAIL = 0.1
# How far a number of photos per product that a person gives may be off, four times in five.
PRIOR_MARGIN = 1.25


def calibrated_estimate(features, known, alone):
    """Return the Estimate for features [N, D], given known = (features [M, D], labels [M]) and the Estimate of the
    photos `alone`.

    Known products tell of new ones if they have about as many photos each, and more so where that number stands out in
    the photos themselves. If not, as where somebody picked ten of each, there is no telling more photos from more
    products by them, and the photos alone tell the number. The likelier case (`chance_of_picking`) gives the count, the
    middle of its distribution, both the interval: it holds four fifths of their joint one.
    """
    known_features, labels = known
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    photos = by_photos(len(features), sizes)
    variety = by_variety(features, known_features, labels)
    joint, trust = joined(photos, guess_of(variety, len(sizes), np.sqrt(photos.count * variety.count)))
    blind = blind_guess(alone)
    picked = chance_of_picking(joint, blind, sizes)
    by_known = chances_of(joint, len(features), alone.peaks)
    count = alone.count if picked > 0.5 else quantile(by_known, 0.5)
    products = counted(len(sizes), "labelled product")
    standing_out = [f"{peak:.1f} (chance {chance:.2f})" for peak, chance in alone.peaks if chance]
    how = (f"calibrated on {products}: by photos per product {photos.count:.1f}, by variety {variety.count:.1f}, "
           f"weight of the former {trust:.2f}" + (f"; peaks at {listed(standing_out)}" if standing_out else "")
           + f"; by the photos alone {alone.count}, which counts with a chance of {picked:.2f}")
    words = f"learned from {products} of about {counted(round(sizes.mean()), 'photo')} each"
    if picked > 0.5:
        words = f"estimated from the photos alone, as photos seem to be picked from {products}"
    both = (1 - picked) * by_known + picked * chances_of(blind, len(features))
    return Estimate(count, interval(both, count), how, words)


def by_photos(num_photos, sizes):
    """Return the Guess of so many photos, where known products of `sizes` are photographed about as new ones are."""
    count = num_photos / sizes.mean()
    variance = (sizes.std(ddof=1) / sizes.mean())**2 if len(sizes) > 1 else None
    return Guess(count, np.hypot(np.sqrt(variance_of(variance, USUAL_VARIANCE, len(sizes), count)), PHOTOS_OFF))


def guess_of(variety, num_known, likely):
    """Return the Guess of a Variety told from so many known products, where there are `likely` so many new ones.

    The further that is from the known number, and the less variety grows with it, the more it matters how fast it does.
    """
    by_power = POWER_OFF / variety.power * np.log(likely / num_known)
    variance = variance_of(variety.variance, USUAL_VARIANCE_OF_VARIETY, num_known, likely)
    return Guess(variety.count, np.hypot(np.sqrt(variance), by_power))


def blind_guess(alone):
    """Return the Guess of an Estimate of the photos alone, whose interval is to hold four fifths."""
    low, high = alone.interval
    return Guess(alone.count, max(np.log(high / low) / (2 * ndtri(1 - TAIL)), LEAST_BLIND_SIGMA))


def variance_of(per_product, usual, num_known, count):
    """Return the variance of an error: how far the mean over `count` new products is from that over `num_known` known
    ones.

    per_product: the variance among the known products, None where there is one alone; usual: the one to expect without
    seeing any, which counts like one more known product (few of them tell little of how much products vary).
    """
    shown = (num_known - 1) * (per_product or 0.0)
    return (shown + usual) / num_known * (1 / num_known + 1 / max(count, 1))


def joined(photos, varied):
    """Return (Guess, weight of the first) of two, each weighted by the inverse of its variance."""
    weights = np.array([photos.sigma, varied.sigma])**-2.0
    count = np.exp(np.average(np.log([photos.count, varied.count]), weights=weights))
    return Guess(float(count), max(weights.sum()**-0.5, LEAST_SIGMA)), float(weights[0] / weights.sum())


def chance_of_picking(joint, blind, sizes):
    """Return how likely it is, 0..1, that known products of `sizes` do not have as many photos each as new ones.

    That is so where the Guesses by known products and by the photos alone contradict each other beyond what either is
    off by; but the photos alone are sometimes far off anyway. Known products may be photographed more or less often
    than new ones. Or a person picked photos of them, as equal sizes tell: fewer than there are, so that the Guess by
    them is too high, never too low.
    """
    sigma, higher = np.hypot(joint.sigma, blind.sigma), np.log(joint.count / blind.count)
    alike = (1 - ASTRAY) * density(higher, sigma) + ASTRAY * ANY_FACTOR
    unlike = ANY_FACTOR * (UNLIKE + odds_of_picking(sizes) * 2 * ndtr(higher / sigma))
    return unlike / (unlike + alike)


def odds_of_picking(sizes):
    """Return the odds beforehand that so many photos of each known product were picked, where they have `sizes` [k].

    Then these are equal, but for photos that are missing and for products that have fewer. By themselves sizes vary:
    the more of them are equal, and the larger they are, the less likely it is that these came by themselves.
    """
    if len(sizes) == 1:
        return 0.0
    ends = np.log(np.add.outer(sizes, [-0.5, 0.5])) - np.log(sizes).mean()
    by_themselves = np.diff(ndtr(ends / VARIATIONS[:, None, None]))[..., 0]
    most, missing = sizes.max(), MISSING[:, None]
    if_picked = (1 - FEWER) * (1 - missing) * missing**(most - sizes) + FEWER / most
    picked, otherwise = (logsumexp(np.log(np.maximum(chances, TINY)).sum(axis=1))
                         for chances in (if_picked, by_themselves))
    return float(np.exp(min(np.log(PICKED) + picked - otherwise, np.log(PICKED_AT_MOST))))


def interval(chances, count):
    """Return (low, high), between which four fifths of the chances of 1, 2, ... lie, and the count."""
    return min(quantile(chances, TAIL), count), max(quantile(chances, 1 - TAIL), count)


def prior_estimate(num_photos, imgs_per_model, peaks=()):
    """Return the Estimate of `num_photos` photos at about `imgs_per_model` photos per product, give or take a quarter,
    where `peaks` stand out in the photos themselves (`Estimate.peaks`)."""
    given = Guess(num_photos / imgs_per_model, np.log(PRIOR_MARGIN) / ndtri(1 - TAIL))
    chances = chances_of(given, num_photos, peaks)
    count = quantile(chances, 0.5)
    near = quantile(chances_of(given, num_photos), 0.5)
    words = f"{imgs_per_model:g} {'photo' if imgs_per_model == 1 else 'photos'} per product, given by hand"
    if count != near:
        words += f" ({near} clusters), and what stands out in the photos"
    return Estimate(count, interval(chances, count), words)
