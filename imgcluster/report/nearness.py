"""Which clusters are most similar: to a cluster that may belong to one of them, to a photo that may."""
import numpy as np

from imgcluster.clusters.directions import UNDECIDED, mean_directions
from imgcluster.rows import Picked, blocks, read_rows

CLUSTERS_LISTED, OF_A_PHOTO = 40, 3


def nearest_clusters(features, labels):
    """Return {cluster: at most CLUSTERS_LISTED other ones, by the cosine of their mean directions}, the nearest first.

    features [N, D]; labels int [N], any numbers from 0, -1 for photos in no cluster, of which nothing is said.
    """
    numbers, means = _means(features, labels)
    own = np.arange(len(numbers))
    near = [_nearest_others(means[rows] @ means.T, own[rows], CLUSTERS_LISTED) for rows in blocks(len(means))]
    return {int(number): numbers[others].tolist() for number, others in zip(numbers, np.concatenate(near or [[]]))}


def next_clusters(features, labels, rows):
    """Return for each photo of `rows` the at most OF_A_PHOTO clusters, other than its own, that it is nearest to."""
    numbers, means = _means(features, labels)
    photos = Picked(features, rows)
    own = np.where(labels[rows] < 0, UNDECIDED, np.searchsorted(numbers, labels[rows]))
    near = [_nearest_others(read_rows(photos, block) @ means.T, own[block], OF_A_PHOTO) for block in blocks(len(rows))]
    return [numbers[others].tolist() for others in np.concatenate(near)]


def _means(features, labels):
    """The numbers of the clusters int [K], and their mean directions float32 [K, D]."""
    numbers = np.unique(labels[labels >= 0])
    if not len(numbers):
        return numbers, np.zeros((0, features.shape[1]), np.float32)
    return numbers, mean_directions(features, np.where(labels < 0, UNDECIDED, np.searchsorted(numbers, labels)))


def _nearest_others(likeness, own, most):
    """Places int [B, at most `most`] of the clusters that are most alike, [B, K], but for the one at `own` int [B]."""
    inside = np.flatnonzero(own != UNDECIDED)
    likeness[inside, own[inside]] = -np.inf
    most = min(most, max(likeness.shape[1] - 1, 0))
    return np.argsort(-likeness, axis=1, kind="stable")[:, :most]
