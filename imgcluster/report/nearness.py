"""Which clusters are most similar: to a cluster that may belong to one of them, to a photo that may, and to each other.
"""
import numpy as np

from imgcluster.clusters.directions import UNDECIDED, mean_directions, some_of_each
from imgcluster.rows import Picked, blocks, read_rows
from imgcluster.structure.whitening import evened_within

CLUSTERS_LISTED, OF_A_PHOTO, PAIRS = 40, 3, 24


def comparable(features, labels, *, taught):
    """Return the features [N, D] in which clusters are compared: what photos of one cluster differ in counts less.

    labels int [N]: -1 for photos in no cluster. taught: whether a network made them that learned to tell products
    apart: they are left as they are.
    """
    placed = np.flatnonzero(labels >= 0)
    shown = placed[some_of_each(labels[placed])]
    if taught or len(np.unique(labels[shown])) == len(shown):
        return features
    return evened_within(features, (features[shown], labels[shown]))


def nearness(features, labels, rows):
    """Return ({cluster: other clusters}, [clusters other than its own for each photo of `rows`], [pairs of clusters]),
    the nearest first.

    Near is what has a high cosine with the mean direction of the photos in a cluster. features [N, D]; labels int [N],
    any numbers from 0, -1 for photos in no cluster. Lists are no longer than CLUSTERS_LISTED, OF_A_PHOTO and PAIRS.
    """
    numbers = np.unique(labels[labels >= 0])
    own = np.where(labels < 0, UNDECIDED, np.searchsorted(numbers, labels))
    means = mean_directions(features, own) if len(numbers) else np.zeros((0, features.shape[1]), np.float32)
    of_clusters, likeness = _nearest_others(means, means, np.arange(len(numbers)), CLUSTERS_LISTED)
    of_photos, _ = _nearest_others(Picked(features, rows), means, own[rows], OF_A_PHOTO)
    return (dict(zip(numbers.tolist(), numbers[of_clusters].tolist())), numbers[of_photos].tolist(),
            numbers[_pairs(of_clusters, likeness)].tolist())


def _nearest_others(points, means, own, most):
    """(places int [B, at most `most`] of the means [K, D] most alike to points [B, D], but for those at `own` int [B];
    how alike)."""
    most = min(most, max(len(means) - 1, 0))
    found, values = [np.empty((0, most), int)], [np.empty((0, most), np.float32)]
    for rows in blocks(len(own)):
        likeness, inside = read_rows(points, rows) @ means.T, np.flatnonzero(own[rows] != UNDECIDED)
        likeness[inside, own[rows][inside]] = -np.inf
        found.append(np.argsort(-likeness, axis=1, kind="stable")[:, :most])
        values.append(np.take_along_axis(likeness, found[-1], axis=1))
    return np.concatenate(found), np.concatenate(values)


def _pairs(others, likeness):
    """int [P, 2]: the pairs of a cluster and one of its others, [K, M], that are most alike, each once."""
    one = np.repeat(np.arange(len(others)), others.shape[1])
    both = np.sort(np.column_stack([one, others.ravel()]), axis=1)
    first = np.unique(both, axis=0, return_index=True)[1]
    order = first[np.argsort(-likeness.ravel()[first], kind="stable")]
    return both[order[:PAIRS]]
