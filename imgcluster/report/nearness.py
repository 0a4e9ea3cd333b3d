"""Which clusters are most similar: to a cluster that may belong to one of them, to a photo that may."""
import numpy as np

from imgcluster.clusters.directions import UNDECIDED, mean_directions
from imgcluster.rows import Picked, blocks, read_rows

CLUSTERS_LISTED, OF_A_PHOTO = 40, 3


def nearness(features, labels, rows):
    """Return ({cluster: other clusters}, [clusters other than its own for each photo of `rows`]), the nearest first.

    Near is what has a high cosine with the mean direction of the photos in a cluster. features [N, D]; labels int [N],
    any numbers from 0, -1 for photos in no cluster. Lists are no longer than CLUSTERS_LISTED and OF_A_PHOTO.
    """
    numbers = np.unique(labels[labels >= 0])
    own = np.where(labels < 0, UNDECIDED, np.searchsorted(numbers, labels))
    means = mean_directions(features, own) if len(numbers) else np.zeros((0, features.shape[1]), np.float32)
    photos = Picked(features, rows)
    of_clusters = _nearest_others(means, means, np.arange(len(numbers)), CLUSTERS_LISTED)
    of_photos = _nearest_others(photos, means, own[rows], OF_A_PHOTO)
    return dict(zip(numbers.tolist(), numbers[of_clusters].tolist())), numbers[of_photos].tolist()


def _nearest_others(points, means, own, most):
    """Places int [B, at most `most`] of the means [K, D] most alike to points [B, D], but for those at `own` int [B].
    """
    most = min(most, max(len(means) - 1, 0))
    found = [np.empty((0, most), int)]
    for rows in blocks(len(own)):
        likeness, inside = read_rows(points, rows) @ means.T, np.flatnonzero(own[rows] != UNDECIDED)
        likeness[inside, own[rows][inside]] = -np.inf
        found.append(np.argsort(-likeness, axis=1, kind="stable")[:, :most])
    return np.concatenate(found)
