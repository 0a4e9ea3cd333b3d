"""Clusters as directions: photos of one product point the same way, as a network was taught, or once what differs
within products counts less."""
from functools import partial

import numpy as np
import pandas as pd

from imgcluster.rows import Picked, blocks, read_rows, sample_step, unit_length
from imgcluster.structure.hierarchy import NUM_NEIGHBOURS, majority, partition
from imgcluster.structure.neighbours import DIMENSIONS, add_by_group, project
from imgcluster.structure.whitening import evened_within, shrinkage_for, within_model_whitening
from imgcluster.threads import in_threads

# Most of what there is to gain comes with the first.
PASSES = 5
# Photos, of clusters evenly spread over all, that show what differs within a cluster.
MOST_SHOWN = 6000
# Of clusters of copies alone: no less is told from none.
LEAST_SPREAD = 1e-6
# The label of photos that are yet to be placed in a cluster.
UNDECIDED = -1


def small_clusters(hierarchy):
    """Return the labels int [N] of the Hierarchy's small clusters, None of photos too few for two.

    Of as many photos as its graph has neighbours or one of its nodes each, they hold hardly more than one product: what
    differs in them is light, pose and ground. With no labels at all they stand in for known products (`whitening`).
    """
    num_clusters = min(len(hierarchy.nodes) // NUM_NEIGHBOURS, hierarchy.num_nodes)
    return None if num_clusters < 2 else partition(hierarchy, num_clusters)


def evened_places(features, small, *, half=None):
    """Return the places float32 [N, d] of photos [N, D] where what differs within `small_clusters` int [N] counts less,
    or what differs within half of them: the even (0) or the odd ones (1) of `parts_shown`."""
    parts = parts_shown(small)
    shown = np.flatnonzero((parts >= 0) & ((half is None) | (parts % 2 == half)))
    shrinkage = shrinkage_for(len(shown), features.shape[1])
    return project(evened_within(features, (features[shown], small[shown]), shrinkage=shrinkage))


def axes_shown_by(features, labels):
    """Return (axes [D, K], offset [K]) on which what differs within clusters counts less, learned from photos [N, D] in
    clusters int [N] (`whitening.within_model_whitening`)."""
    shown = some_of_each(labels)
    return within_model_whitening(read_rows(Picked(features, shown), normalize=True), labels[shown],
                                  components=DIMENSIONS)


def some_of_each(labels):
    """Return rows of photos, evenly spaced over each cluster, that show what differs within them: two of each at least,
    and some 6,000 in all, or all; labels int [N]."""
    place = place_in_cluster(labels)
    return np.flatnonzero((place % sample_step(len(labels), MOST_SHOWN) == 0) | (place == 1))


def place_in_cluster(labels):
    """Return which of the photos of its cluster each one is, int [N]: 0, 1, ... in their order; labels int [N]."""
    return pd.Series(labels).groupby(labels).cumcount().to_numpy()


def parts_shown(small):
    """Return int [N] which of the small clusters int [N] that show what differs within one each photo is in, 0, 1, ...,
    or -1: whole ones, spread over all, of some 6,000 photos at most."""
    step = -(-len(small) // MOST_SHOWN)
    return np.where(small % step == 0, small // step, -1)


def follow_directions(features, labels, *, within=None, passes=PASSES):
    """Return labels int [N], 0..K-1, after each photo went to the cluster whose mean direction is nearest to its own.

    Spherical K-means (Dhillon & Modha, Machine Learning 42, 2001) from the clusters given, at most `passes` times;
    features [N, D] may be memory-mapped. Passes that would leave a cluster without photos are not taken. labels: -1 for
    photos that are yet to be placed, which always are. within: int [N], larger clusters that nobody leaves; each of the
    clusters given lies in one of them, and each of them holds one.
    """
    num_clusters = labels.max() + 1
    owner = None if within is None else majority(labels[labels >= 0], within[labels >= 0], num_clusters)
    for _ in range(passes):
        centers = mean_directions(features, labels)
        nearest = partial(_nearest, features, centers, owner, within)
        moved = np.concatenate(list(in_threads(nearest, blocks(len(labels)))))
        if (moved == labels).all():
            break
        if len(np.unique(moved)) < num_clusters:
            return np.where(labels == UNDECIDED, moved, labels)
        labels = moved
    return labels


def _nearest(features, centers, owner, within, rows):
    """The direction [K, D] nearest to each photo of a slice of all, among those whose `owner` int [K] is its own."""
    # Whatever the length of a row, the same direction is nearest.
    likeness = read_rows(features, rows) @ centers.T
    return (likeness if owner is None else np.where(owner == within[rows, None], likeness, -np.inf)).argmax(axis=1)


def mean_directions(features, labels):
    """Return float32 [K, D], rows of length 1: the directions of the clusters' summed unit vectors."""
    return unit_length(summed_directions(features, labels))


def summed_directions(features, labels):
    """Return the sums float32 [K, D] of the clusters' unit vectors; photos yet to be placed count for none."""
    sums = np.zeros((labels.max() + 1, features.shape[1]), np.float32)
    for rows in blocks(len(labels)):
        inside = labels[rows] != UNDECIDED
        add_by_group(sums, read_rows(features, rows, normalize=True)[inside], labels[rows][inside])
    return sums


def how_far_apart(features, labels, others, other_labels):
    """Return {cluster: how far its photos [N, D] lie from its other ones [M, D]}, of clusters of two of either or more;
    labels int [N] and int [M], -1 for none.

    It is the distance between the means of both (of unit vectors), over that which chance alone makes on average where
    both show the same: about 1, and more where they differ.
    """
    num = max(labels.max(initial=-1), other_labels.max(initial=-1)) + 1
    means, spread, sizes = [], 0.0, []
    for rows, numbers in ((features, labels), (others, other_labels)):
        size = np.bincount(numbers[numbers >= 0], minlength=num)
        means.append(_padded(summed_directions(rows, numbers), num) / np.maximum(size, 1)[:, None])
        spread = spread + (1 - np.square(means[-1]).sum(axis=1)) / np.maximum(size - 1, 1)
        sizes.append(size)
    found = np.linalg.norm(means[0] - means[1], axis=1) / np.sqrt(np.maximum(spread, LEAST_SPREAD))
    return {number: float(found[number]) for number in np.flatnonzero(np.minimum(*sizes) > 1).tolist()}


def _padded(sums, num):
    return np.pad(sums, ((0, num - len(sums)), (0, 0)))


def typicality(features, labels, first):
    """Return float [N]: how near each photo is to the mean of all in its cluster, a cosine; labels int [N].

    Copies, which `first` bool [N] is False of, come after all other photos, lest one that many sellers use be all that
    is seen of its product."""
    return likeness_to_means(features, np.unique(labels, return_inverse=True)[1]) - 2 * ~first


def likeness_to_means(features, labels):
    """Return float32 [N]: the cosine of each photo to the mean direction of its cluster; labels int [N], 0..K-1."""
    means = mean_directions(features, labels)
    return np.concatenate([(read_rows(features, rows, normalize=True) * means[labels[rows]]).sum(axis=1)
                           for rows in blocks(len(labels))])
