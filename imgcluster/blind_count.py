"""The number of clusters where nothing is known about the products: three views of the photos, joined."""
from dataclasses import dataclass

import numpy as np

from imgcluster.hierarchy import sum_edges
from imgcluster.linkage import cut
from imgcluster.peaks import clarity, plateau_mean, prominence, weighted_geometric_mean
from imgcluster.reciprocity import reciprocity_curve, reciprocity_peak
from imgcluster.validity import modularity, squared_silhouette

GRID_STEPS = 60
FEWEST_PHOTOS, PHOTOS_PER_CLUSTER = 4, 3
# Coordinates of photos, of unit length, that differ by less than this are the same.
SAME = 1e-6
MODULARITY_PLATEAU = 0.03
# Below this share of the count by modularity peaks are of kinds of product. Above so many times of it a peak of
# reciprocity has to stand out, and none of the silhouette is sought above so many times of both.
LOWEST_PEAK, HIGHEST_PEAK = 1 / 8, 2.5
PLATEAU_OF_DROP, PLATEAU_OF_HEIGHT = 0.5, 0.1
CLEAR_PEAK = 0.2
ONE_CLUSTER = 0.3
CLOSER_STEPS = 9
# Where modularity has so many times the count that the others have, two levels stand out, kinds and products.
TWO_LEVELS = 2
# A peak of less clarity does not stand out; photos per cluster below which modularity may have joined smaller ones.
STANDS_OUT, SMALL_CLUSTER = 0.5, 25
# How far the true count lies below and above the estimate, in logarithms: this, and so much times the spread of the
# views. That holds in four of five draws by MobileNetV2's features, on which it was chosen (docs/cluster_count.md).
BELOW, ABOVE, PER_SPREAD = 0.2, 0.25, 0.5
# The same by features of a network that was taught to tell photos apart: four of five draws by the bundled network's.
APART_BELOW, APART_ABOVE = 0.5, 0.6


@dataclass(frozen=True)
class Estimate:
    """A number of clusters, its interval (low, high), and how it was found: `words` say it without terms, where the
    method has any. finer_groups: about how many smaller groups stand out, too, where the clusters may be kinds of
    product."""

    count: int
    interval: tuple
    method: str
    words: str = ""
    finer_groups: int | None = None


ALL_ALIKE = Estimate(1, (1, 1), "all photos look the same")


def blind_estimate(hierarchy, *, taught_apart=False):
    """Return the Estimate read from the cuts of a Hierarchy alone.

    The neighbourhood graph gives a first count: where modularity peaks. Its resolution limit (Fortunato & Barthelemy
    2007) makes it too low for many small clusters. Two more peaks are sought: one of reciprocity over cluster sizes,
    which replaces the first count as far as it stands out (`mutual_peak`), and, up to two and a half times of that, one
    of the cuts' silhouette, which replaces both as far as it does. Clean sets have such peaks, messy ones do not. A
    peak below an eighth of the first count is none: shoes, packages and toys in one folder are three such kinds. The
    interval is the wider, the less the views agree, reaches over both levels where two stand out, and up to the most
    clusters that could be seen where none stands out and modularity finds small ones. taught_apart: the features are of
    a network that was taught without labels to tell single photos apart; in these, brands and lines stand out more than
    products do, and no peak below the first count is one.
    """
    num_photos = len(hierarchy.nodes)
    if num_photos > 1 and not differ(hierarchy):
        return ALL_ALIKE
    if num_photos < FEWEST_PHOTOS:
        return Estimate(1, (1, num_photos), "too few photos to tell clusters apart")
    counts = candidate_counts(hierarchy)
    by_modularity = modularity_peak(hierarchy, counts)
    lowest = by_modularity * (1 if taught_apart else LOWEST_PEAK)
    by_reciprocity, mutual = mutual_peak(hierarchy, counts[-1], HIGHEST_PEAK * by_modularity)
    mutual *= by_reciprocity >= lowest
    highest = HIGHEST_PEAK * max(by_modularity, weighted_geometric_mean([by_modularity, by_reciprocity],
                                                                        [1 - mutual, mutual]))
    seen = counts[counts <= 2 * highest]
    by_silhouette, clear = silhouette_peak(hierarchy, seen, seen <= highest)
    clear *= by_silhouette >= lowest
    count, interval = joined([by_modularity, by_reciprocity, by_silhouette], mutual, clear, num_photos=num_photos,
                             margins=(APART_BELOW, APART_ABOVE) if taught_apart else (BELOW, ABOVE))
    words, finer = "estimated from the photos alone", None
    if two_levels(by_modularity, count):
        finer = round(by_modularity)
        words += f", in which some {finer} smaller groups stand out, too"
    return Estimate(round(count), interval,
                    f"blind: modularity {by_modularity:.0f}, reciprocity {by_reciprocity:.0f} with weight "
                    f"{mutual:.2f}, silhouette {by_silhouette:.0f} with weight {clear:.2f}",
                    words, finer)


def mutual_peak(hierarchy, most, usual):
    """Return (count, clarity) of the peak of reciprocity up to the count `most`, or up to the `usual` one where none
    stands out beyond that: messy sets have slight peaks at any size."""
    curve, num_photos = reciprocity_curve(hierarchy.points, hierarchy.nearest), len(hierarchy.nodes)
    count, clear = reciprocity_peak(curve, num_photos, most)
    return (count, clear) if clear >= STANDS_OUT or count <= usual else reciprocity_peak(curve, num_photos, usual)


def two_levels(by_modularity, count):
    """Return whether modularity has so many more clusters than are counted that these may be kinds of product."""
    return by_modularity > TWO_LEVELS * count


def joined(views, mutual, clear, *, num_photos, margins=(BELOW, ABOVE)):
    """Return (count, interval) of three views: the counts by modularity, by reciprocity and by the silhouette.

    mutual, clear: how clear the peaks of the latter two are, 0..1. The second replaces the first as far as it is, and
    the third both. The interval (low, high) within 1..num_photos widens with the spread of the views about the count,
    in which modularity counts fully and each of the others as far as it is clear; margins: how far it reaches, in
    logarithms, where they agree. Where two levels stand out it reaches to twice the count by modularity, which is
    rather too low for many small clusters. Where neither peak stands out and modularity finds such small ones, they may
    hold several products each: it then reaches to three photos a cluster.
    """
    views = np.asarray(views, float)
    count = weighted_geometric_mean(views, [(1 - mutual) * (1 - clear), mutual * (1 - clear), clear])
    spread = PER_SPREAD * np.sqrt(np.average(np.log(views / count)**2, weights=[1, mutual, clear]))
    low, high = count / np.exp(margins[0] + spread), count * np.exp(margins[1] + spread)
    if two_levels(views[0], count):
        high = max(high, TWO_LEVELS * views[0])
    if max(mutual, clear) < STANDS_OUT and num_photos < SMALL_CLUSTER * views[0]:
        high = max(high, num_photos / PHOTOS_PER_CLUSTER)
    return count, (max(1, int(low)), min(num_photos, int(np.ceil(high))))


def differ(hierarchy):
    """Return whether the photos of a Hierarchy are not all copies of one."""
    return np.ptp(hierarchy.points, axis=0).max() >= SAME


def candidate_counts(hierarchy):
    """Return the ascending counts that the blind estimate looks at: from 2 to a third of the photos, or the nodes.

    Four or five photos, of which a third is less than 2, have the count 2.
    """
    return count_grid(min(len(hierarchy.nodes) // PHOTOS_PER_CLUSTER, hierarchy.num_nodes))


def count_grid(largest, *, steps=GRID_STEPS):
    """Return ascending counts from 2 to `largest`, about evenly spaced in their logarithm."""
    return np.unique(np.round(np.geomspace(2, max(2, largest), steps)).astype(int))


def modularity_peak(hierarchy, counts):
    """Return the count (float) at which the modularity of the cuts peaks on the graph of 5 neighbours.

    It is the middle of all counts within 3 % of the peak (`plateau_mean`).
    """
    nodes_graph = sum_edges(hierarchy.near_graph, hierarchy.nodes)
    heights = np.array([modularity(sum_edges(nodes_graph, cut(hierarchy.tree, count))) for count in counts])
    # Modularity may be 0 or below for all counts.
    return plateau_mean(counts, heights, max(MODULARITY_PLATEAU * heights.max(), 1e-9))


def silhouette_peak(hierarchy, counts, allowed):
    """Return (count, clarity 0..1) of the silhouette's highest peak over the cuts at `counts` that are `allowed`.

    Clarity is the peak's prominence (the drop to the higher one of the lowest points between it and higher ground on
    either side) over its height (`peaks.clarity`). One cluster counts as a silhouette of 0.3, so that the two halves
    of a single cloud are no peak. The count is the `plateau_mean` over the peak's upper half, or over the upper tenth
    of its height where that is less.
    """
    heights = np.array([_height(hierarchy, count) for count in counts])
    top = np.flatnonzero(allowed)[heights[allowed].argmax()]
    drop = prominence(np.append(ONE_CLUSTER, heights) if counts[0] == 2 else heights, top + int(counts[0] == 2))
    if drop <= 0 or heights[top] <= 0:
        return float(counts[top]), 0.0
    closer = np.linspace(counts[max(top - 1, 0)], counts[min(top + 1, len(counts) - 1)], CLOSER_STEPS).astype(int)
    closer = np.setdiff1d(closer, counts)
    all_counts = np.concatenate([counts[allowed], closer])
    all_heights = np.concatenate([heights[allowed], [_height(hierarchy, count) for count in closer]])
    plateau = min(PLATEAU_OF_DROP * drop, PLATEAU_OF_HEIGHT * all_heights.max())
    return plateau_mean(all_counts, all_heights, plateau), clarity(drop, all_heights.max(), clear=CLEAR_PEAK)


def _height(hierarchy, count):
    return squared_silhouette(hierarchy.points, cut(hierarchy.tree, count)[hierarchy.nodes])
