"""New photos in clusters found earlier: the one that their nearest photos are in, or the mark that they fit none."""
from dataclasses import dataclass

import numpy as np

from imgcluster.clusters.certainty import confidence_among
from imgcluster.clusters.copies import originals
from imgcluster.clusters.directions import axes_shown_by, how_far_apart, mean_directions
from imgcluster.clusters.newness import are_new
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.datafiles.chain import joined_labels
from imgcluster.rows import OnAxes, picked, read_all
from imgcluster.structure.neighbours import Nearby

NUM_NEIGHBOURS = 8
# Squared distance below which photos count as copies of each other.
COPY = 1e-6


@dataclass(frozen=True)
class Assignment:
    """Where new photos belong among earlier ones.

    labels int [N]: the cluster, or -1 where the photo fits none (a new product); nearest int [N]: the nearest cluster
    whether it fits or not; confidence float [N], 0..1: how much nearer it is to that cluster's mean direction than to
    the next one's (`certainty.confidence_among`).
    """

    labels: np.ndarray
    nearest: np.ndarray
    confidence: np.ndarray


class EarlierPhotos:
    """Photos in clusters, on a map that finds those around a new one: cost and memory grow linearly with both."""

    def __init__(self, features, som_map, labels, *, copies=None, by_direction=False):
        """features [N, D], which may be memory-mapped, and labels int [N] 0..K-1; photos without a cluster (-1) are
        passed over. copies: int [N], equal numbers for copies of one photo, of which the first counts (default: there
        are none). by_direction: the network was taught to compare directions, which are compared as they are; else what
        differs within the clusters counts less (`whitening`)."""
        labels = np.asarray(labels)
        rows = np.flatnonzero(labels >= 0)
        if copies is not None:
            rows = rows[originals(copies[rows])[0]]
        self.features, self.labels, self.map = picked(features, rows), labels[rows], som_map
        self.units, self.by_direction = som_map.best_matching_units(self.features)[0], by_direction
        # Photos alone in their clusters show no differences.
        self.axes = (None if by_direction or np.bincount(self.labels).max() == 1
                     else axes_shown_by(self.features, self.labels))
        self.places = self.placed(self.features)

    def placed(self, features):
        """Return the places [M, d] at which photos [M, D] are compared."""
        return features if self.axes is None else read_all(OnAxes(features, *self.axes))

    def assign(self, features):
        """Return the Assignment of features [M, D].

        The nearest photos vote, each by the inverse square of its distance. Photos that show a new product fit no
        cluster (`newness.are_new`).
        """
        places, units = self.placed(features), self.map.best_matching_units(features)[0]
        index, distance = Nearby(self.places, self.units, self.map.prototypes).nearest(places, units, NUM_NEIGHBOURS)
        nearest = voted(self.labels[index], distance)
        new = are_new(self.features, features, self.labels, self.units, units, self.map.prototypes,
                      by_direction=self.by_direction)
        return Assignment(np.where(new, NO_CLUSTER, nearest), nearest, self.confidence(places, nearest))

    def confidence(self, places, labels, *, merged=None):
        """Return `certainty.confidence_among` of photos at places [M, d] (`placed`) in clusters labels int [M], -1 for
        none, whose confidence is 0.

        merged: {cluster of earlier photos: the one it has joined}. Clusters that no earlier photo is in are those of
        the new ones in them.
        """
        earlier = joined_labels(self.labels, merged or {})
        # Numbers that no photo has, as of a cluster that was merged into another, are no clusters.
        inside, born = np.flatnonzero(labels >= 0), np.flatnonzero((labels >= 0) & ~np.isin(labels, earlier))
        means, numbers = [], []
        for some, those in ((earlier, self.places), (labels[born], picked(places, born))):
            if len(some):
                there, index = np.unique(some, return_inverse=True)
                numbers.append(there)
                means.append(mean_directions(those, index))
        numbers, found = np.concatenate(numbers), np.zeros(len(labels))
        order = np.argsort(numbers)
        index = order[np.searchsorted(numbers, labels[inside], sorter=order)]
        found[inside] = confidence_among(picked(places, inside), index, np.concatenate(means))
        return found

    def how_far_apart(self, places, labels, *, merged=None):
        """Return {cluster: how far its new photos at places [M, d] (`placed`), in clusters labels int [M], lie from its
        earlier ones} (`directions.how_far_apart`); merged: as in `confidence`."""
        return how_far_apart(places, labels, self.places, joined_labels(self.labels, merged or {}))


def voted(labels, distance):
    """Return the cluster with the most votes, int [M], of neighbours' labels and distances [M, k].

    The lower number wins a tie. Memory goes with M x k, however many clusters there are.
    """
    weights = (1 / np.maximum(np.square(distance), COPY)).astype(float)
    # Beside each neighbour stand the votes for its cluster.
    given = sum(np.where(labels == labels[:, [one]], weights[:, [one]], 0) for one in range(labels.shape[1]))
    most = given.max(axis=1, keepdims=True)
    return np.where(given == most, labels, labels.max() + 1).min(axis=1)
