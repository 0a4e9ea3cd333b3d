"""The number of clusters where nothing is known about the products: four views of the photos, joined."""
from dataclasses import dataclass

import numpy as np

from imgcluster.counting.cuts import (
    PHOTOS_PER_CLUSTER,
    candidate_counts,
    modularity_peak,
    silhouette_of,
    silhouette_peak,
)
from imgcluster.counting.growth import growth_of_distances, growth_peaks
from imgcluster.counting.reciprocity import reciprocity_curve, reciprocity_peak

FEWEST_PHOTOS = 4
# Coordinates of photos, about a unit long, that differ by less than this are the same.
SAME = 1e-6
# Below this share of the count by modularity peaks are of kinds of product, and distances that jump where the other
# views' count is below this share are those of a part of the photos. Above so many times the count by modularity a peak
# of reciprocity has to stand out, and none of the silhouette is sought above so many times of both.
LOWEST_PEAK, HIGHEST_PEAK = 1 / 8, 2.5
# Where modularity has so many times the count that the others have, two levels stand out, kinds and products.
TWO_LEVELS = 2
# A peak of less clarity does not stand out; photos per cluster below which modularity may have joined smaller ones.
STANDS_OUT, SMALL_CLUSTER = 0.5, 25
# How far the true count lies below and above the estimate, in logarithms: this, and so much times the spread of the
# views. That holds in four of five draws by MobileNetV2's features, on which it was chosen (docs/cluster_count.md).
BELOW, ABOVE, PER_SPREAD = 0.2, 0.25, 0.5
# By how much less it is where the growth of distances has a clear peak, which is mostly right.
SURER = 0.15
# How often a clear peak of the growth of distances is at the number of products.
OF_PRODUCTS = 0.2
# The same by features of a network that was taught to tell photos apart: four of five draws by the bundled network's.
APART_BELOW, APART_ABOVE = 0.5, 0.6


@dataclass(frozen=True)
class Estimate:
    """A number of clusters, its interval (low, high), and how it was found: `words` say it without terms, where the
    method has any. finer_groups: about how many smaller groups stand out, too, where the clusters may be kinds of
    product. peaks: counts that stand out, each (count, chance 0..1 that it is that of products, not of kinds or
    of views)."""

    count: int
    interval: tuple
    method: str
    words: str = ""
    finer_groups: int | None = None
    peaks: tuple = ()


TOO_FEW = "too few photos to tell clusters apart"
ALL_ALIKE = Estimate(1, (1, 1), "all photos look the same")


def blind_estimate(hierarchy, *, taught_apart=False):
    """Return the Estimate read from the cuts of a Hierarchy and the distances in it alone.

    The neighbourhood graph gives a first count: where modularity peaks. Its resolution limit (Fortunato & Barthelemy
    2007) makes it too low for many small clusters. Three more peaks are sought, and each replaces the counts before as
    far as it stands out: one of reciprocity over cluster sizes (`mutual_peak`); up to two and a half times of these,
    one of the cuts' silhouette; and one of the growth of distances (`growth_peaks`) up to eight times of all these, or
    the silhouette's where both stand out and that has more clusters, unless photos lie along lines. Clean sets have
    such peaks, messy ones do not. A peak below an eighth of the first count is none: shoes, packages and toys in one
    folder are three such kinds. The interval is the wider, the less the views agree, reaches over both levels where two
    stand out, and up to the most clusters that could be seen where none stands out and modularity finds small ones.

    taught_apart: the features are of a network that was taught without labels to tell single photos apart; in these,
    brands and lines stand out more than products do, and so do small groups of like photos: no peak below the first
    count is one, and those of the growth of distances do not count.
    """
    num_photos = len(hierarchy.nodes)
    if num_photos > 1 and not differ(hierarchy):
        return ALL_ALIKE
    if num_photos < FEWEST_PHOTOS:
        return Estimate(1, (1, num_photos), TOO_FEW)
    views, grown = _views(hierarchy, taught_apart)
    count = joined(views.values())
    finer = finer_level(views["modularity"][0], grown, count)
    words = "estimated from the photos alone"
    words += f", in which some {round(finer)} smaller groups stand out, too" if finer else ""
    said = (f"{name} {view:.0f} with weight {clarity:.2f}" for name, (view, clarity) in views.items())
    return Estimate(round(count), interval(count, list(views.values()), finer, num_photos=num_photos,
                                           margins=(APART_BELOW, APART_ABOVE) if taught_apart else (BELOW, ABOVE)),
                    "blind: " + ", ".join(said), words, finer and round(finer),
                    peaks_of_products(views, hierarchy))


def peaks_of_products(views, hierarchy):
    """Return `Estimate.peaks` of {view: (count, clarity)} of a Hierarchy: where the silhouette of its cuts peaks, which
    is the likelier at products the higher it is (clear structure, not noise), and where the growth of distances does.
    """
    count, clear = views["silhouette"]
    height = silhouette_of(hierarchy, round(count)) if clear > 0 else 0
    grown, sharp = views["growth of distances"]
    return (count, clear * height), (grown, OF_PRODUCTS * sharp)


def _views(hierarchy, taught_apart):
    """Return ({view: (count, clarity 0..1)}, each of which replaces those before it; all `growth_peaks`)."""
    counts, num_photos = candidate_counts(hierarchy), len(hierarchy.nodes)
    by_modularity = modularity_peak(hierarchy, counts)
    lowest = by_modularity * (1 if taught_apart else LOWEST_PEAK)
    by_reciprocity, mutual = mutual_peak(hierarchy, counts[-1], HIGHEST_PEAK * by_modularity)
    mutual *= by_reciprocity >= lowest
    highest = HIGHEST_PEAK * max(by_modularity, joined([(by_modularity, 1), (by_reciprocity, mutual)]))
    seen = counts[counts <= 2 * highest]
    by_silhouette, clear = silhouette_peak(hierarchy, seen, seen <= highest)
    clear *= by_silhouette >= lowest
    views = {"modularity": (by_modularity, 1.0), "reciprocity": (by_reciprocity, mutual),
             "silhouette": (by_silhouette, clear)}
    grown = growth_peaks(growth_of_distances(hierarchy.points, hierarchy.nearest), num_photos, lowest=lowest,
                         highest=counts[-1])
    others = joined(views.values())
    of_most = [peak for peak in grown if LOWEST_PEAK * peak.count <= others and not taught_apart]
    if not of_most:
        return views | {"growth of distances": (1.0, 0.0)}, grown
    by_growth, sharp = of_most[0].count, of_most[0].clarity
    # Where only the excess over even growth peaks, photos lie along lines, and what the silhouette sees are parts of
    # them.
    if clear >= STANDS_OUT and of_most[0].of_heights:
        by_growth = max(by_growth, by_silhouette)
    return views | {"growth of distances": (by_growth, sharp)}, grown


def mutual_peak(hierarchy, most, usual):
    """Return (count, clarity) of the peak of reciprocity up to the count `most`, or up to the `usual` one where none
    stands out beyond that: messy sets have slight peaks at any size."""
    curve, num_photos = reciprocity_curve(hierarchy.points, hierarchy.nearest), len(hierarchy.nodes)
    count, clear = reciprocity_peak(curve, num_photos, most)
    return (count, clear) if clear >= STANDS_OUT or count <= usual else reciprocity_peak(curve, num_photos, usual)


def joined(views):
    """Return the count (float) of views [(count, clarity 0..1)], each of which replaces those before it as far as it is
    clear; the first is."""
    logarithm = 0.0
    for count, clear in views:
        logarithm += clear * (np.log(count) - logarithm)
    return float(np.exp(logarithm))


def finer_level(by_modularity, grown, count):
    """Return how many smaller groups stand out beside a count, by modularity or by a clear peak of the growth of
    distances (`growth_peaks`), float; None for none. The clusters may then be kinds of product."""
    found = [by_modularity, *(peak.count for peak in grown if peak.clarity >= STANDS_OUT)]
    return max((each for each in found if each > TWO_LEVELS * count), default=None)


def interval(count, views, finer, *, num_photos, margins=(BELOW, ABOVE)):
    """Return the interval (low, high) of a count, within 1..num_photos.

    It widens with the spread of the views about the count, in which each counts as far as it is clear; margins: how far
    it reaches, in logarithms, where they agree, which is less as far as the last view, the growth of distances, is
    clear. Where smaller groups stand out, too, it reaches to the `finer` level, and to twice the count by modularity,
    the first view, where that sees them, as it is rather too low for many small clusters. Where no peak stands out and
    modularity finds such small ones, they may hold several products each: it then reaches to three photos a cluster.
    """
    counts, clarities = np.array(views).T
    below, above = np.array(margins) - SURER * clarities[-1]
    spread = PER_SPREAD * np.sqrt(np.average(np.log(counts / count)**2, weights=clarities))
    low, high = count / np.exp(below + spread), count * np.exp(above + spread)
    if finer:
        high = max(high, finer * np.exp(margins[1]))
    if counts[0] > TWO_LEVELS * count:
        high = max(high, TWO_LEVELS * counts[0])
    if max(clarities[1:]) < STANDS_OUT and num_photos < SMALL_CLUSTER * counts[0]:
        high = max(high, num_photos / PHOTOS_PER_CLUSTER)
    return max(1, int(low)), min(num_photos, int(np.ceil(high)))


def differ(hierarchy):
    """Return whether the photos of a Hierarchy are not all copies of one."""
    return np.ptp(hierarchy.points, axis=0).max() >= SAME
