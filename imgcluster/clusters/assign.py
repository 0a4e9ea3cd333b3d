"""New photos in clusters found earlier: the one that their nearest photos are in, or the mark that they fit none."""
from dataclasses import dataclass

import numpy as np

from imgcluster.clusters.copies import is_first
from imgcluster.clusters.directions import MOST_SHOWN, confidence_among, mean_directions
from imgcluster.errors import UserError
from imgcluster.rows import (
    OnAxes,
    Picked,
    blocks,
    check_features,
    picked,
    read_all,
    read_rows,
    sample_step,
    unit_length,
)
from imgcluster.structure.neighbours import DIMENSIONS, Surroundings, smallest, squared_gaps
from imgcluster.structure.whitening import within_model_whitening

NO_CLUSTER = -1
NUM_NEIGHBOURS = 8
REACH_QUANTILE = 0.95
# Squared distance below which photos count as copies of each other.
COPY = 1e-6


@dataclass(frozen=True)
class Assignment:
    """Where new photos belong among earlier ones.

    labels int [N]: the cluster, or -1 where the photo fits none (a new product); nearest int [N]: the nearest cluster
    whether it fits or not; distances float [N]: to that cluster's nearest photo; confidence float [N], 0..1: how much
    nearer it is to that cluster's mean direction than to the next one's (`directions.confidence_among`).
    """

    labels: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray
    confidence: np.ndarray


class Catalogue:
    """Photos in clusters, on a map that finds those around a new one: cost and memory grow linearly with both."""

    def __init__(self, features, som_map, labels, *, copies=None, by_direction=False):
        """features [N, D], which may be memory-mapped, and labels int [N] 0..K-1 are those of the map; photos without a
        cluster (-1) are passed over. copies: int [N], equal numbers for copies of one photo (default: there are none
        but those with the same features). by_direction: the network was taught to compare directions, which are
        compared as they are; else what differs within the clusters counts less (`whitening`)."""
        labels = np.asarray(labels)
        self.rows, self.map = np.flatnonzero(labels >= 0), som_map
        self.features, self.labels = check_features(features), labels[self.rows]
        self.copies = (np.arange(len(labels)) if copies is None else copies)[self.rows]
        self.units = som_map.best_matching_units(self.features)[0][self.rows]
        self.surroundings = Surroundings(self.units, lambda *_: som_map.prototypes[np.unique(self.units)])
        # Photos alone in their clusters show no differences.
        self.axes = None if by_direction or np.bincount(self.labels).max() == 1 else self._evened_axes()
        self.places = self._placed(self.features)

    def _evened_axes(self):
        shown = some_of_each(self.labels)
        known = read_rows(Picked(self.features, self.rows[shown]), normalize=True)
        return within_model_whitening(known, self.labels[shown], components=DIMENSIONS)

    def _placed(self, features):
        """The places [M, d] at which photos [M, D] are compared."""
        return features if self.axes is None else read_all(OnAxes(features, *self.axes), normalize=True)

    def assign(self, features):
        """Return the Assignment of features [M, D]; UserError where they are by another network.

        The nearest photos vote, each by the inverse square of its distance. A photo fits where it is no farther from
        the nearest one of its cluster than 95 % of that cluster's own photos are (`reach`), in the features as they
        are: what was evened by the earlier photos holds these closer together than new ones.
        """
        features = check_features(features)
        if features.shape[1] != self.features.shape[1]:
            raise UserError(f"ASSIGN_TO: its photos have {self.features.shape[1]} features, those of DATASET "
                            f"{features.shape[1]}; make both with the same network (step 03)")
        places, numbers = self._placed(features), self._numbers(features)
        nearest = self._voted(places, numbers)
        gaps = self._gaps(features, numbers, nearest)
        # Numbers that no photo has, as of a cluster that was merged into another, are no clusters.
        there, own = np.unique(self.labels, return_inverse=True)
        means = mean_directions(picked(self.places, self.rows), own)
        return Assignment(np.where(gaps <= self.reach()[nearest], nearest, NO_CLUSTER), nearest, gaps,
                          confidence_among(places, np.searchsorted(there, nearest), means))

    def reach(self):
        """Return how far each cluster's photos lie from the nearest other one in it, float [K]: 95 % are within.

        A cluster is never given less than half of the reach of all photos together, so that small or very even clusters
        do not reject their own; one whose photos do not find each other gets just that. Copies tell nothing about it:
        one counts for all. Where no cluster has two photos, none reaches farther than to half of the others.
        """
        numbers = np.searchsorted(self.surroundings.occupied, self.units)
        gaps = self._gaps(self.features, numbers, self.labels, own=self.rows)
        found = np.isfinite(gaps) & (np.square(gaps) > COPY) & is_first(self.copies)
        if not found.any():
            between = self._gaps(self.features, numbers, self.labels, own=self.rows, of_others=True)
            return np.full(self.labels.max() + 1, np.median(between))
        overall = np.quantile(gaps[found], REACH_QUANTILE)
        groups = (gaps[found & (self.labels == label)] for label in range(self.labels.max() + 1))
        return np.array([max(np.quantile(group, REACH_QUANTILE) if len(group) else 0, overall / 2) for group in groups])

    def _numbers(self, features):
        """For each row the number of the occupied unit nearest to it."""
        occupied = self.map.prototypes[self.surroundings.occupied]
        return np.concatenate([
            squared_gaps(read_rows(features, rows, normalize=self.map.normalize), occupied).argmin(axis=1)
            for rows in blocks(len(features))])

    def _voted(self, places, numbers):
        """The cluster int [M] that the photos nearest to each place vote for; numbers: as of `_numbers`."""
        chosen, k = np.empty(len(places), np.int64), min(NUM_NEIGHBOURS, len(self.rows))
        for mine, pool, gaps in self._around(self.places, places, numbers):
            index, distance = smallest(gaps, pool, k)
            chosen[mine] = voted(self.labels[index], distance)
        return chosen

    def _gaps(self, features, numbers, clusters, own=None, *, of_others=False):
        """The distance float [M] of photos to the nearest one of the given clusters int [M], or of all others.

        own: rows of features that these photos are, and that do not count, nor do their copies."""
        found = np.empty(len(clusters), np.float32)
        for mine, pool, gaps in self._around(self.features, features, numbers, own):
            apart = (clusters[mine][:, None] != self.labels[pool]) ^ of_others
            if own is not None:
                apart |= self.copies[mine][:, None] == self.copies[pool]
            found[mine] = np.sqrt(np.where(apart, np.inf, np.maximum(gaps, 0)).min(axis=1))
        return found

    def _around(self, old, new, numbers, own=None):
        """Yield (photos int [B], index int [P] into `rows` of those in the units around, squared distances [B, P]), a
        block at a time; old, new: what is compared, of which `own` are the rows asked for (default: all)."""
        asked = np.arange(len(new)) if own is None else own
        for number in np.unique(numbers):
            there, pool = np.flatnonzero(numbers == number), self.surroundings.around(number)
            around = self._read(old, self.rows[pool])
            for mine in (there[some] for some in blocks(len(there))):
                yield mine, pool, squared_gaps(self._read(new, asked[mine]), around)

    def _read(self, places, rows):
        found = np.asarray(places[rows], np.float32)
        return unit_length(found) if self.map.normalize else found


def some_of_each(labels):
    """Return rows of photos, evenly spaced over each cluster, that show what differs within them: two of each at least,
    and some 6,000 in all, or all; labels int [N]."""
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], labels[order])
    place = np.arange(len(order)) - first
    return np.sort(order[(place % sample_step(len(order), MOST_SHOWN) == 0) | (place == 1)])


def voted(labels, distance):
    """Return the cluster with the most votes, int [M], of neighbours' labels and distances [M, k].

    The lower number wins a tie. Memory goes with M x k, however many clusters there are.
    """
    weights = (1 / np.maximum(np.square(distance), COPY)).astype(float)
    # Beside each neighbour stand the votes for its cluster.
    given = sum(np.where(labels == labels[:, [one]], weights[:, [one]], 0) for one in range(labels.shape[1]))
    most = given.max(axis=1, keepdims=True)
    return np.where(given == most, labels, labels.max() + 1).min(axis=1)
