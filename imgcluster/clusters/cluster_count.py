"""The number of clusters, and the cluster of each photo, read from a trained map."""
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from imgcluster.clusters.certainty import HeldOut, confidence, confidence_elsewhere
from imgcluster.clusters.copies import originals
from imgcluster.clusters.directions import evened_places, follow_directions, small_clusters
from imgcluster.clusters.levels import nested_levels
from imgcluster.clusters.outliers import outliers, without_lone
from imgcluster.counting.blind_count import ALL_ALIKE, TOO_FEW, Estimate, blind_estimate
from imgcluster.counting.calibration import calibrated_estimate, prior_estimate
from imgcluster.errors import UserError
from imgcluster.rows import as_rows, check_finite, picked, read_all, with_direction
from imgcluster.structure.hierarchy import by_size, hierarchy_of, hierarchy_on, partition
from imgcluster.structure.whitening import evened_within
from imgcluster.wording import counted

# An interval whose ends are so many times apart tells little.
WIDE = 4


@dataclass(frozen=True)
class Clustering:
    """A partition of photos into clusters, and what is known about the number of clusters.

    labels int [N] 0..K-1, ordered by decreasing size (-1 for outliers, where they were allowed); interval (low,
    high) of the count as estimated; levels, coarse to fine and nested, int [N] 0.. each; confidence float [N], 0..1
    (`certainty`); method: how the count was found, words: the same without terms of the trade; calibrated:
    whether known products or a prior set it; blind_count: what the photos alone suggest, where known products set the
    count; corrected_from: the count before a person's corrections, where there were any; finer_groups: as of an
    `Estimate`; confidence_of: function of other labels (and merged) to the photos' confidence in these; apart_of: of
    photos placed among earlier ones, function of labels (and merged) to `directions.how_far_apart`; new_groups: as
    `new_groups.groups_of_new` returns them, of photos placed among earlier ones; merged: {cluster: the one it has
    joined} of the clusters of earlier photos that a person's corrections merged; highest: the highest number that a
    cluster has or had, where it is above that of the labels; unknown: numbers int [M] of photos whose cluster nothing
    tells, of confidence 0.
    """

    labels: np.ndarray = field(repr=False)
    num_clusters: int
    interval: tuple
    levels: list = field(repr=False)
    confidence: np.ndarray = field(repr=False)
    method: str = ""
    calibrated: bool = False
    blind_count: int | None = None
    corrected_from: int | None = None
    words: str = ""
    finer_groups: int | None = None
    confidence_of: Callable | None = field(default=None, repr=False)
    apart_of: Callable | None = field(default=None, repr=False)
    new_groups: np.ndarray | None = field(default=None, repr=False)
    merged: dict = field(default_factory=dict)
    highest: int = -1
    unknown: np.ndarray = field(default_factory=lambda: np.zeros(0, int), repr=False)

    @cached_property
    def apart(self):
        """{cluster: how far its photos lie from its earlier ones} where photos were placed among these; {} else."""
        return self.apart_of(self.labels, merged=self.merged) if self.apart_of else {}

    @property
    def likely(self):
        """Its interval in words, of a corrected count what was estimated before; "" where that was no estimate."""
        low, high = self.interval
        before = "" if self.corrected_from is None else f"estimated before: {self.corrected_from:,}, "
        return f"{before}likely {low:,} to {high:,}" if low < high else ""

    def described(self, *, known=None):
        """Return in words how many clusters there are, how that was found, and the coarser and finer levels.

        known: name of the dataset that the count was learned from.
        """
        likely, source = self.likely and f"{self.likely}; ", f" in {known}" if known else ""
        alone = suggested_alone(self.blind_count, self.interval)
        source += f"; {alone}" if alone else ""
        found = (f"{counted(len(self.labels), 'photo')}, {counted(self.num_clusters, 'cluster')} "
                 f"({likely}{self.words}{source})")
        levels = [str(count) for level in self.levels if (count := level.max() + 1) != self.num_clusters]
        listed = f"\ncoarser and finer: {', '.join(levels)} clusters (clusters.csv; slider in the report)"
        narrower = how_to_narrow(self.interval, self.calibrated)
        return found + (listed if levels else "") + (f"\n{narrower}" if narrower else "")


def how_to_narrow(interval, calibrated):
    """Return a sentence on what would narrow a wide interval of a number that nothing was told about (`calibrated`
    False); "" elsewhere."""
    low, high = interval
    if calibrated or high < WIDE * low:
        return ""
    return ("to narrow that down: label some more products of the kind and name them in CALIBRATION_DATASET, or "
            "say in NUM_IMGS_PER_MODEL about how many photos each has")


def cluster_photos(features, som_map, *, copies=None, num_clusters=None, imgs_per_model=None, known=None,
                   compared=None, within=None, by_direction=False, taught_apart=False, allow_outliers=False):
    """Return the Clustering of features [N, D] on a fitted `som_map`.

    The count is `num_clusters` where given (1..N), else about N / `imgs_per_model`, else learned from `known` =
    (features, labels) of labelled photos, else estimated blindly. compared: other features [N, E] of the photos, which
    the number is to be estimated from; those of `known` are by the same network. within: (features, labels) of labelled
    photos of the same kind of product, by the network that made `features`: directions in which photos of one product
    differ count less (`whitening`); without it small clusters of the photos show these. Photos then go to the cluster
    whose direction is nearest (`directions`). by_direction: for features of a network that was taught to compare
    directions, which are followed as they are. taught_apart: of the features that count, as in `blind_estimate`.
    copies: int [N], equal numbers for copies of one photo; one of each stands for all, unless more clusters are asked
    for. With `allow_outliers`, photos far from all others get the label -1 and confidence 0 (`outliers`). Features of
    length 0 tell nothing: their photos have no say, and join the largest cluster with confidence 0, with
    `allow_outliers` none. UserError for a number that is impossible; ValueError for features that are not finite, or
    copies of others.
    """
    features, num_photos = as_rows(features), len(features)
    check_given(num_photos, num_clusters, imgs_per_model)
    check_finite(features)
    if copies is not None and np.shape(copies) != (num_photos,):
        raise ValueError(f"copies of shape {np.shape(copies)} for {num_photos:,} rows: give one number for each row")
    for name, rows, others in (("known", known, features if compared is None else compared),
                               ("within", within, features)):
        if rows is not None and rows[0].shape[1] != others.shape[1]:
            raise ValueError(f"{name}: {rows[0].shape[1]} features a photo, and {others.shape[1]} of those that "
                             "they are compared with; give features of the same network")
    shown = with_direction(features)
    wanted = num_clusters or num_photos / (imgs_per_model or np.inf)
    taken = shown if len(shown) and wanted <= len(shown) else np.arange(num_photos)
    these = picked(features, taken)
    found = _cluster(these, som_map, copies=np.arange(len(taken)) if copies is None else np.asarray(copies)[taken],
                     compared=these if compared is None or compared is features else picked(compared, taken),
                     num_clusters=num_clusters, imgs_per_model=imgs_per_model, known=known, within=within,
                     by_direction=by_direction, taught_apart=taught_apart, allow_outliers=allow_outliers)
    if len(taken) < num_photos:
        found = _joined_by_others(found, taken, num_photos, in_none=allow_outliers)
    too_few = found.method == TOO_FEW and len(taken) > 1
    return _untold(found, np.setdiff1d(np.arange(num_photos), () if too_few else shown))


def _cluster(features, som_map, *, copies, compared, num_clusters, imgs_per_model, known, within, by_direction,
             taught_apart, allow_outliers):
    """`cluster_photos` of rows that are known to be good ones."""
    num_photos = len(features)
    wanted = num_clusters or num_photos / (imgs_per_model or np.inf)
    units = som_map.best_matching_units(features)[0]
    first, stands_in = originals(np.arange(num_photos) if wanted > len(set(copies)) else copies)
    distinct = picked(features, first)
    clustered = distinct if within is None else read_all(evened_within(distinct, within))
    hierarchy = hierarchy_on(clustered, units[first], len(som_map.prototypes))
    seen = distinct if compared is features else picked(compared, first)
    estimate, blind_count = _estimate(seen, hierarchy if seen is clustered else None, num_photos, known,
                                      num_clusters=num_clusters, imgs_per_model=imgs_per_model,
                                      taught_apart=taught_apart)
    if by_direction or within is not None:
        small, places = None, clustered
    else:
        small = small_clusters(hierarchy)
        places = hierarchy.points if small is None else evened_places(distinct, small)
    found = follow_directions(places, partition(hierarchy, estimate.count))
    if allow_outliers and num_clusters is None:
        found = without_lone(hierarchy, places, found)
        estimate = of_count(estimate, int(found.max()) + 1)
    held_out = None if small is None else HeldOut.of(distinct, small, places, found).of_photos(stands_in)
    levels = nested_levels(hierarchy, places, found, estimate.interval)
    strays = outliers(hierarchy.isolation, found)[stands_in] & allow_outliers
    # From here on all photos, copies too.
    places = picked(places, stands_in)
    labels = by_size(found[stands_in], ~strays)
    levels = [by_size(level[stands_in], ~strays) for level in levels]
    certainty, labels_found = confidence(places, labels), np.where(strays, -1, labels)
    certainty = certainty if held_out is None else held_out.lowered(certainty)
    calibrated = num_clusters is None and (known is not None or imgs_per_model is not None)
    confidence_of = partial(confidence_elsewhere, features=features, places=places, found=labels_found,
                            held_out=held_out)
    return Clustering(labels_found, estimate.count, estimate.interval, levels, np.where(strays, 0.0, certainty),
                      method=estimate.method, words=estimate.words or estimate.method, calibrated=calibrated,
                      blind_count=blind_count, finer_groups=estimate.finer_groups, confidence_of=confidence_of)


def _joined_by_others(clustering, numbers, num_photos, *, in_none):
    """The Clustering of `num_photos` photos, those clustered at numbers int [M]. The others, of which nothing is known,
    are in the largest cluster, or with `in_none` in none."""
    others = np.setdiff1d(np.arange(num_photos), numbers)
    stands_in = np.full(num_photos, np.argmax(clustering.labels == 0))
    stands_in[numbers] = np.arange(len(numbers))
    labels = clustering.labels[stands_in]
    if in_none:
        labels[others] = -1

    def confidence_of(labels, **merged):
        return clustering.confidence_of(labels[numbers], **merged)[stands_in]
    return replace(clustering, labels=labels, levels=[level[stands_in] for level in clustering.levels],
                   confidence=clustering.confidence[stands_in], confidence_of=confidence_of)


def _untold(clustering, unknown):
    """The Clustering where nothing tells the cluster of photos at numbers int [M], in these or in others."""
    if not len(unknown):
        return clustering

    def confidence_of(labels, **merged):
        return _zero_at(unknown, clustering.confidence_of(labels, **merged))
    return replace(clustering, unknown=unknown, confidence=_zero_at(unknown, clustering.confidence),
                   confidence_of=confidence_of)


def _zero_at(numbers, values):
    return np.where(np.isin(np.arange(len(values)), numbers), 0.0, values)


def suggested_alone(blind_count, interval):
    """Return in words what the photos alone suggest, where the interval that known products set does not hold it, and
    when to believe it: these tell the number by how many photos they have. "" else."""
    low, high = interval
    if blind_count is None or low <= blind_count <= high:
        return ""
    return (f"the photos alone suggest {blind_count:,}: likelier where new products have fewer or more photos each "
            "than those")


def _estimate(seen, hierarchy, num_photos, known, *, num_clusters, imgs_per_model, taught_apart):
    """(the Estimate for `num_photos` photos, of which seen [M, E] stand for all; what they alone suggest where known
    products set it, else None). hierarchy: that of `seen`, where it is there; the others as in `cluster_photos`."""
    if num_clusters is not None:
        return Estimate(num_clusters, (num_clusters, num_clusters), "set by hand"), None
    if len(seen) == 1 < num_photos and imgs_per_model is None:
        return ALL_ALIKE, None
    alone = blind_estimate(hierarchy or hierarchy_of(seen), taught_apart=taught_apart)
    if imgs_per_model is not None:
        return prior_estimate(num_photos, imgs_per_model, alone.peaks), None
    return (alone, None) if known is None else (calibrated_estimate(seen, known, alone), alone.count)


def of_count(estimate, count):
    """Return an Estimate with another count, which its interval holds."""
    low, high = estimate.interval
    return replace(estimate, count=count, interval=(min(low, count), max(high, count)))


def check_given(num_photos, num_clusters, imgs_per_model):
    """Raise a UserError for a number that is impossible of so many photos; None: it is not given."""
    if num_clusters is not None and not 1 <= num_clusters <= num_photos:
        raise UserError(f"NUM_CLUSTERS = {num_clusters}, but {_there_are(num_photos)}: 1 to {num_photos} possible, or "
                        "None to have it estimated")
    if imgs_per_model is not None and not imgs_per_model >= 1:
        raise UserError(f"NUM_IMGS_PER_MODEL = {imgs_per_model:g}: 1 or more needed, or None")


def doubt_of_given(num_photos, *, num_clusters, imgs_per_model):
    """Return a sentence about a number that was given and has no effect, or one that cannot be meant; "" for none.

    UserError for a number that is impossible.
    """
    check_given(num_photos, num_clusters, imgs_per_model)
    if num_clusters and imgs_per_model:
        return f"NUM_IMGS_PER_MODEL = {imgs_per_model:g} has no effect beside NUM_CLUSTERS = {num_clusters}"
    if imgs_per_model and imgs_per_model > num_photos:
        return (f"NUM_IMGS_PER_MODEL = {imgs_per_model:g}, but {_there_are(num_photos)} in all, so that all are one "
                "cluster; give the number of photos of a single product, or None")
    return ""


def _there_are(num_photos):
    return f"there {'is' if num_photos == 1 else 'are'} {counted(num_photos, 'photo')}"
