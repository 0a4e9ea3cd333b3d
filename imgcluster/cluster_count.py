"""The number of clusters, and the cluster of each photo, read from a trained map."""
from dataclasses import dataclass, field

import numpy as np
from sklearn.cluster import KMeans

from imgcluster.errors import UserError
from imgcluster.linkage import cut, weighted_ward
from imgcluster.rows import check_features, read_rows

REFINING_PASSES = 5


@dataclass(frozen=True)
class Clustering:
    """A partition of photos into clusters, and what is known about the number of clusters.

    labels int [N] 0..K-1, ordered by decreasing size; interval (low, high) of the count; levels, coarse to fine, each
    {"num_clusters": int, "labels": int [N]}; unit_clusters int [units], -1 for units without photos; confidence
    float [N], 0..1; method: how the count was found; calibrated: whether known products or a prior set it.
    """

    labels: np.ndarray
    num_clusters: int
    interval: tuple
    levels: list = field(repr=False)
    unit_clusters: np.ndarray = field(repr=False)
    confidence: np.ndarray = field(repr=False)
    method: str = ""
    calibrated: bool = False


def cluster_photos(features, som_map, *, num_clusters=None, imgs_per_model=None, known=None, random_seed=0):
    """Return the Clustering of features [N, D] on a fitted `som_map`.

    The count is `num_clusters` where given (1..N), else N / `imgs_per_model`, else learned from `known` = (features,
    labels) of labelled photos, else estimated blindly. UserError for unusable arrays or settings.
    """
    features = check_features(features)
    num_photos = len(features)
    if num_clusters is not None and not 1 <= num_clusters <= num_photos:
        raise UserError(f"NUM_CLUSTERS: {num_clusters} found, 1 to {num_photos} (the number of photos) possible")
    units, _ = som_map.best_matching_units(features)
    used, unit_of_photo, hits = np.unique(units, return_inverse=True, return_counts=True)
    rows = read_rows(features, slice(0, num_photos), normalize=True)
    means = np.zeros((len(used), rows.shape[1]), np.float32)
    np.add.at(means, unit_of_photo, rows)
    means /= hits[:, None]
    tree = weighted_ward(means, hits)
    count, method = _count(num_photos, len(used), num_clusters, imgs_per_model, known)
    labels = _partition(rows, unit_of_photo, means, tree, count)
    counts = sorted({max(1, count // 2), count, min(num_photos, count * 2)})
    levels = [{"num_clusters": each, "labels": labels if each == count else _partition(rows, unit_of_photo, means, tree, each)}
              for each in counts]
    unit_clusters = np.full(len(som_map.prototypes), -1)
    for unit in range(len(used)):
        unit_clusters[used[unit]] = np.bincount(labels[unit_of_photo == unit]).argmax()
    forced = num_clusters is not None
    return Clustering(labels, count, (count, count) if forced else (counts[0], counts[-1]), levels, unit_clusters,
                      _confidence(rows, labels), method, calibrated=known is not None or imgs_per_model is not None)


def _count(num_photos, num_units, num_clusters, imgs_per_model, known):
    if num_clusters is not None:
        return num_clusters, "set by hand"
    if known is not None:
        imgs_per_model = len(known[1]) / len(np.unique(known[1]))
    if imgs_per_model is not None:
        return int(np.clip(round(num_photos / imgs_per_model), 1, num_photos)), "photos per model"
    return int(np.clip(round(np.sqrt(num_photos)), 1, num_units)), "square root of the number of photos"


def _partition(rows, unit_of_photo, means, tree, count):
    """Cut the tree, or split photos further where more clusters than units are wanted, and refine on the photos."""
    if count <= len(means):
        labels = cut(tree, count)[unit_of_photo]
        centres = np.stack([rows[labels == label].mean(axis=0) for label in range(count)])
        with_photos = KMeans(count, init=centres, n_init=1, max_iter=REFINING_PASSES).fit(rows).labels_
        labels = with_photos if len(np.unique(with_photos)) == count else labels
    else:
        labels = _split_to(unit_of_photo.copy(), count)
    return by_size(labels)


def _split_to(labels, count):
    """Split single photos off the largest clusters until there are `count`."""
    for new in range(labels.max() + 1, count):
        largest = np.bincount(labels).argmax()
        labels[np.flatnonzero(labels == largest)[-1]] = new
    return labels


def by_size(labels):
    """Return the labels renumbered 0..K-1 by decreasing size (ties: by first photo)."""
    _, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), int)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[inverse]


def _confidence(rows, labels):
    """Return how much nearer each photo is to its own cluster's centre than to the next one, 0..1."""
    num = labels.max() + 1
    if num == 1:
        return np.ones(len(rows))
    centres = np.stack([rows[labels == label].mean(axis=0) for label in range(num)])
    gaps = np.linalg.norm(rows, axis=1)[:, None] ** 2 + (centres**2).sum(axis=1) - 2 * rows @ centres.T
    own = np.sqrt(np.maximum(gaps[np.arange(len(rows)), labels], 0))
    gaps[np.arange(len(rows)), labels] = np.inf
    other = np.sqrt(np.maximum(gaps.min(axis=1), 0))
    return np.clip(1 - own / np.where(other > 0, other, 1), 0, 1)
