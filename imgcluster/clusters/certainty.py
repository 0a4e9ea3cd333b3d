"""How sure it is that photos belong to their clusters rather than to the next ones: their confidence."""
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq

from imgcluster.clusters.directions import (
    axes_shown_by,
    evened_places,
    parts_shown,
    place_in_cluster,
    summed_directions,
)
from imgcluster.rows import OnAxes, blocks, picked, read_rows, unit_length

# Least cosine distance that is told from none.
ROUNDING = 1e-5
# Up to so many photos, what one half of their small clusters tells is too little to go by.
FEW_PHOTOS = 1000
# A higher power leaves next to no confidence but that of 1.
MOST_POWER = 20.0
# So many photos of a cluster make two in either half, which can differ.
TWO_OF_EITHER_HALF = 4


def confidence(features, labels):
    """Return how much nearer each photo is to its own cluster than to the next one, float [N], 0..1.

    The simplified silhouette (Hruschka, Campello & de Castro, Information Sciences 176, 2006): 1 - own / next, by
    cosine distances to the clusters' mean directions, without the photo itself in its own cluster's; 0 where another
    cluster is nearer, or for a photo alone in its cluster, and 1 where there is only one cluster. features [N, D],
    labels int [N] 0..K-1.
    """
    sums, found = summed_directions(features, labels), []
    centers = unit_length(sums)
    for rows in blocks(len(labels)):
        block, own = read_rows(features, rows, normalize=True), labels[rows]
        others = unit_length(sums[own] - block)
        found.append(_lead(block @ centers.T, own, np.einsum("nd,nd->n", block, others)))
    return np.where((np.bincount(labels)[labels] > 1) | (len(sums) == 1), np.concatenate(found), 0)


def confidence_among(features, labels, centers):
    """Return how much nearer each photo [M, D] is to its cluster, int [M], than to the next one, float [M], 0..1.

    As `confidence`, but of clusters that other photos made, whose `mean_directions` [K, D] are given.
    """
    found = [np.zeros(0)]
    for rows in blocks(len(labels)):
        likeness = read_rows(features, rows, normalize=True) @ centers.T
        found.append(_lead(likeness, labels[rows], likeness[np.arange(len(likeness)), labels[rows]]))
    return np.concatenate(found)


def _lead(likeness, own, likeness_to_own):
    """How much nearer photos are to their `own` clusters than to the next, 0..1; likeness: cosines [B, K] to all."""
    if likeness.shape[1] == 1:
        return np.ones(len(likeness))
    likeness[np.arange(len(own)), own] = -1
    own_gap, next_gap = 1 - likeness_to_own, 1 - likeness.max(axis=1)
    return np.clip((next_gap - own_gap) / np.maximum(next_gap, ROUNDING), 0, 1)


@dataclass(frozen=True)
class HeldOut:
    """What confidences come to of photos that did not help to even the features in which they are measured.

    Where what differs within small clusters counts less (`directions.evened_places`), the photos of these lie nearer
    to each other than any others of their product would: the smaller the clusters, the surer they seem. So half of
    the small clusters show what differs within one, and the confidences of the other half tell how much lower all are.

    helped: bool [N], the photos of the small clusters; power: what confidences are raised to, 1 or more.
    """

    helped: np.ndarray = field(repr=False)
    power: float

    @classmethod
    def of(cls, features, small, places, labels):
        """Return the `HeldOut` of photos [N, D] in small clusters and in clusters, int [N] both, at places [N, d]."""
        parts, whole, found = parts_shown(small), confidence(places, labels), []
        for half in (0, 1) if len(labels) <= FEW_PHOTOS else (0,):
            left_out = (parts >= 0) & (parts % 2 != half)
            held = confidence(evened_places(features, small, half=half), labels)
            found.append([whole[left_out], held[left_out]])
        return cls(parts >= 0, power_between(*np.concatenate(found, axis=1)))

    def lowered(self, certainty):
        """Return confidences float [N], measured where photos helped, as they would be where these did not."""
        certainty = np.asarray(certainty, float)
        return np.where(self.helped, certainty**self.power, certainty)

    def of_photos(self, numbers):
        """Return the same of the photos at numbers int [M]."""
        return HeldOut(self.helped[numbers], self.power)


def power_between(before, after):
    """Return the power, 1 to 20, that brings the mean of floats `before`, 0..1, closest to that of `after`."""
    def excess(power):
        return (before**power).mean() - after.mean()

    if len(before) == 0 or excess(1) <= 0:
        return 1.0
    return MOST_POWER if excess(MOST_POWER) >= 0 else brentq(excess, 1, MOST_POWER)


def confidence_elsewhere(labels, *, features, places, found, held_out=None, merged=None):
    """Return the confidence float [N] of photos in other clusters than they were found in, 0 outside of any.

    labels, found: int [N], the clusters and those found, -1 for none; features [N, D] of the photos, and the places
    [N, d] at which they were compared; held_out: their `HeldOut` where these are `evened_places`. Small clusters that
    were in one with what a person has now put apart hide just that difference, which the corrected clusters show. So
    photos of clusters that changed have the mean of both confidences. By their own clusters all photos seem surer, so
    that one is brought to the level of the other, as those of the other clusters show it. merged: of earlier datasets'
    clusters, of which there are none here.
    """
    inside, certainty = np.flatnonzero(labels >= 0), np.zeros(len(labels))
    if not len(inside):
        return certainty
    numbers = np.unique(labels[inside], return_inverse=True)[1]
    certainty[inside] = confidence(picked(places, inside), numbers)
    if held_out is None:
        return certainty
    certainty, moved = held_out.lowered(certainty), labels != found
    changed = np.isin(labels[inside], [*labels[moved], *found[moved]])
    if changed.any() and np.bincount(numbers).max() >= TWO_OF_EITHER_HALF:
        again = _shown_by_others(picked(features, inside), numbers)
        level = np.flatnonzero(~changed) if not changed.all() else np.arange(len(inside))
        both = (certainty[inside] + again ** power_between(again[level], certainty[inside][level])) / 2
        certainty[inside[changed]] = both[changed]
    return certainty


def _shown_by_others(features, labels):
    """The confidence float [N] of photos [N, D] in clusters int [N], measured where what differs within these counts
    less: every second photo of each cluster shows that for the others. By what it shows itself, a photo of another
    product would be near to the cluster that it was left in."""
    second, found = place_in_cluster(labels) % 2 == 1, np.zeros(len(labels))
    for half in (second, ~second):
        shown = np.flatnonzero(~half)
        axes = axes_shown_by(picked(features, shown), labels[shown])
        found[half] = confidence(OnAxes(features, *axes), labels)[half]
    return found
