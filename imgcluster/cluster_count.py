"""The number of clusters, and the cluster of each photo, read from a trained map."""
from dataclasses import dataclass, field

import numpy as np

from imgcluster.blind_count import ALL_ALIKE, Estimate, blind_estimate
from imgcluster.calibration import calibrated_estimate, prior_estimate
from imgcluster.copies import originals
from imgcluster.directions import evened_places, follow_directions
from imgcluster.errors import UserError
from imgcluster.hierarchy import by_size, hierarchy_of, hierarchy_on, partition, shares
from imgcluster.rows import Picked, blocks, check_features
from imgcluster.whitening import evened_within
from imgcluster.wording import counted

# Levels are sought at the count times powers of two: so many to either side, or as many as its interval reaches over,
# up to the second number; each up to this factor from there.
LEVELS, MOST_LEVELS, LEVEL_WINDOW = 2, 5, 1.3


@dataclass(frozen=True)
class Clustering:
    """A partition of photos into clusters, and what is known about the number of clusters.

    labels int [N] 0..K-1, ordered by decreasing size (-1 for outliers, where they were allowed); interval (low, high)
    of the count; levels, coarse to fine, each {"num_clusters": int, "labels": int [N]}; unit_clusters int [units], -1
    for units without photos; confidence float [N], 0..1; method: how the count was found, words: the same without terms
    of the trade; calibrated: whether known
    products or a prior set it; blind_count: what the photos alone suggest, where known products set the count;
    corrected_from: the count before a person's corrections, where there were any; finer_groups: as of an `Estimate`.
    """

    labels: np.ndarray = field(repr=False)
    num_clusters: int
    interval: tuple
    levels: list = field(repr=False)
    unit_clusters: np.ndarray = field(repr=False)
    confidence: np.ndarray = field(repr=False)
    method: str = ""
    calibrated: bool = False
    blind_count: int | None = None
    corrected_from: int | None = None
    words: str = ""
    finer_groups: int | None = None

    @property
    def likely(self):
        """Its interval in words, "" where the count is no estimate."""
        low, high = self.interval
        return f"likely {low:,} to {high:,}" if low < high else ""

    def described(self, *, known=None):
        """Return in words how many clusters there are, how that was found, and the coarser and finer levels.

        known: name of the dataset that the count was learned from.
        """
        low, high = self.interval
        likely, source = self.likely and f"{self.likely}; ", f" of {known}" if known else ""
        alone = self.blind_count is not None and not low <= self.blind_count <= high
        source += f"; the photos alone suggest {self.blind_count}" if alone else ""
        found = (f"{counted(len(self.labels), 'photo')}, {counted(self.num_clusters, 'cluster')} "
                 f"({likely}{self.words}{source})")
        levels = [str(level["num_clusters"]) for level in self.levels if level["num_clusters"] != self.num_clusters]
        listed = f"\ncoarser and finer: {', '.join(levels)} clusters (clusters.csv; slider in the report)"
        return found + (listed if levels else "")


def cluster_photos(features, som_map, *, copies=None, num_clusters=None, imgs_per_model=None, known=None,
                   compared=None, within=None, by_direction=False, taught_apart=False, allow_outliers=False):
    """Return the Clustering of features [N, D] on a fitted `som_map`.

    The count is `num_clusters` where given (1..N), else N / `imgs_per_model`, else learned from `known` = (features,
    labels) of labelled photos, else estimated blindly. compared: other features [N, E] of the photos, which the number
    is to be estimated from; those of `known` are by the same network. within: (features, labels) of labelled photos of
    the same kind of product, by the network that made `features`: directions in which photos of one product differ
    count less (`whitening`); without it small clusters of the photos show these. Photos then go to the cluster whose
    direction is nearest (`directions`). by_direction: for features of a network that was taught to compare directions,
    which are followed as they are. taught_apart: of the features that count, as in `blind_estimate`. copies: int [N],
    equal numbers for copies of one photo; one of each stands for all, unless more clusters are asked for. With
    `allow_outliers`, photos far from all others get the label -1 and confidence 0; no cluster is emptied by it.
    UserError for unusable arrays or settings.
    """
    features = check_features(features)
    num_photos = len(features)
    _check_settings(num_photos, num_clusters, imgs_per_model)
    units = som_map.best_matching_units(features)[0]
    wanted = num_clusters or num_photos / (imgs_per_model or np.inf)
    first, stands_in = originals(np.arange(num_photos) if copies is None or wanted > len(set(copies)) else copies)
    compared = features if compared is None else check_features(compared)
    distinct, seen = (Picked(each, first) if len(first) < num_photos else each for each in (features, compared))
    clustered = distinct
    if within is not None:
        evened = evened_within(distinct, within)
        clustered = np.concatenate([evened[rows] for rows in blocks(len(distinct))])
    hierarchy, blind_count = hierarchy_on(clustered, units[first], len(som_map.prototypes)), None
    if num_clusters is not None:
        estimate = Estimate(num_clusters, (num_clusters, num_clusters), "set by hand")
    elif imgs_per_model is not None:
        estimate = prior_estimate(num_photos, imgs_per_model)
    elif len(first) == 1 < num_photos:
        estimate = ALL_ALIKE
    else:
        of_them = hierarchy if compared is features and clustered is distinct else hierarchy_of(seen)
        estimate = blind_estimate(of_them, taught_apart=taught_apart)
        if known is not None:
            estimate, blind_count = calibrated_estimate(seen, known), estimate.count

    compares_directions = by_direction or within is not None
    places = clustered if compares_directions else evened_places(distinct, hierarchy)

    def clusters(count):
        return by_size(follow_directions(places, partition(hierarchy, count))[stands_in])

    labels = clusters(estimate.count)
    levels = _levels(hierarchy.tree, labels, estimate.interval, clusters)
    certainty = confidence(hierarchy.graph, labels[first])[stands_in]
    unit_clusters = majority(units, labels, len(som_map.prototypes))
    if allow_outliers:
        strays = outliers(hierarchy.isolation, labels[first])[stands_in]
        labels, certainty = np.where(strays, -1, labels), np.where(strays, 0.0, certainty)
    return Clustering(labels, estimate.count, estimate.interval, levels, unit_clusters, certainty, estimate.method,
                      num_clusters is None and (known is not None or imgs_per_model is not None), blind_count,
                      words=estimate.words or estimate.method, finer_groups=estimate.finer_groups)


def outliers(isolation, labels):
    """Return, bool [N], which photos are farther from others than Tukey's outer fence allows: Q3 + 3 (Q3 - Q1).

    isolation float [N]: distance to near photos. Clusters that consist of such photos alone are kept as they are.
    """
    lower, upper = np.quantile(isolation, [0.25, 0.75])
    far = isolation > upper + 3 * (upper - lower)
    return far & (np.bincount(labels, ~far)[labels] > 0)


def majority(units, labels, num_units):
    """Return the most frequent label among the photos of each unit, int [num_units], -1 where there are none."""
    counts = np.zeros((num_units, labels.max(initial=0) + 1), int)
    np.add.at(counts, (units, labels), 1)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), -1)


def confidence(graph, labels):
    """Return how far each photo's own cluster leads the next one in its share of the neighbours, float [N], 0..1."""
    if labels.max() == 0:
        return np.ones(len(labels))
    share = shares(graph, labels)
    rows = np.repeat(np.arange(len(labels)), np.diff(share.indptr))
    mine, own, next_best = share.indices == labels[rows], np.zeros(len(labels)), np.zeros(len(labels))
    own[rows[mine]] = share.data[mine]
    np.maximum.at(next_best, rows[~mine], share.data[~mine])
    return np.clip(own - next_best, 0, 1)


def _check_settings(num_photos, num_clusters, imgs_per_model):
    if num_clusters is not None and not 1 <= num_clusters <= num_photos:
        raise UserError(f"NUM_CLUSTERS: {num_clusters} found, 1 to {num_photos} (the number of photos) possible")
    if imgs_per_model is not None and not imgs_per_model > 0:
        raise UserError(f"NUM_IMGS_PER_MODEL: {imgs_per_model} found, a number above 0 needed")


def doubt_of_given(num_photos, *, num_clusters, imgs_per_model, assign_to):
    """Return a sentence about numbers that were given and have no effect, or one that cannot be meant; "" for none."""
    if assign_to is not None and (num_clusters or imgs_per_model):
        return "NUM_CLUSTERS and NUM_IMGS_PER_MODEL have no effect with ASSIGN_TO: its clusters stay"
    if num_clusters and imgs_per_model:
        return f"NUM_IMGS_PER_MODEL = {imgs_per_model:g} has no effect beside NUM_CLUSTERS = {num_clusters}"
    if imgs_per_model and imgs_per_model > num_photos:
        return (f"NUM_IMGS_PER_MODEL = {imgs_per_model:g}, but there are {num_photos} photos in all, so that all are "
                "one cluster; give the number of photos of a single product, or None")
    return ""


def _levels(tree, labels, interval, clusters):
    """Return the partition itself between coarser and finer ones, coarse to fine; clusters: from a count to labels."""
    count = labels.max() + 1
    counts = sorted({count, *level_counts(tree, count, interval)})
    return [{"num_clusters": each, "labels": labels if each == count else clusters(each)} for each in counts]


def level_counts(tree, count, interval):
    """Return counts at which a linkage [U-1, 4] is best cut near a quarter, half, twice and four times `count`.

    An eighth, eight times and so on are looked at too, where the count's interval (low, high) reaches that far. Best is
    where the next merge costs most, as a ratio, over the last one done.
    """
    costs = np.log(np.maximum(tree[::-1, 2], np.finfo(np.float32).tiny))
    coarser, finer = (int(np.clip(np.log2(reach), LEVELS, MOST_LEVELS))
                      for reach in (count / interval[0], interval[1] / count))
    found = []
    for power in (*range(-coarser, 0), *range(1, finer + 1)):
        wanted = count * 2.0**power
        near = np.arange(np.ceil(wanted / LEVEL_WINDOW), wanted * LEVEL_WINDOW).astype(int)
        near = near[(near >= 2) & (near <= len(costs))]
        if len(near):
            # costs[k - 2] is that of the merge from k clusters to k - 1.
            found.append(int(near[np.argmax(costs[near - 2] - costs[np.minimum(near - 1, len(costs) - 1)])]))
    return found
