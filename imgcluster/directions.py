"""Clusters as directions: where a network was taught that photos of one product point the same way."""
import numpy as np

from imgcluster.neighbours import membership
from imgcluster.rows import blocks, read_rows, unit_length

# Most of what there is to gain comes with the first.
PASSES = 5


def follow_directions(features, labels, *, passes=PASSES):
    """Return labels int [N], 0..K-1, after each photo went to the cluster whose mean direction is nearest to its own.

    Spherical K-means (Dhillon & Modha, Machine Learning 42, 2001) from the clusters given, at most `passes` times;
    features [N, D] may be memory-mapped. Passes that would leave a cluster without photos are not taken.
    """
    num_clusters = labels.max() + 1
    for _ in range(passes):
        centers = mean_directions(features, labels)
        # Whatever the length of a row, the same direction is nearest.
        moved = np.concatenate([(read_rows(features, rows) @ centers.T).argmax(axis=1)
                                for rows in blocks(len(labels))])
        if (moved == labels).all() or len(np.unique(moved)) < num_clusters:
            break
        labels = moved
    return labels


def mean_directions(features, labels):
    """Return float32 [K, D], rows of length 1: the directions of the clusters' summed unit vectors."""
    sums = np.zeros((labels.max() + 1, features.shape[1]), np.float32)
    for rows in blocks(len(labels)):
        sums += membership(labels[rows], len(sums)).T @ read_rows(features, rows, normalize=True)
    return unit_length(sums)


def likeness_to_means(features, labels):
    """Return float32 [N]: the cosine of each photo to the mean direction of its cluster; labels int [N], 0..K-1."""
    means = mean_directions(features, labels)
    return np.concatenate([(read_rows(features, rows, normalize=True) * means[labels[rows]]).sum(axis=1)
                           for rows in blocks(len(labels))])
