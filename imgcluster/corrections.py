"""A person's corrections of a clustering, as functions from labels to labels; other clusters keep their numbers."""
import numpy as np
from scipy.optimize import linear_sum_assignment

from imgcluster.errors import UserError
from imgcluster.linkage import cut, weighted_ward
from imgcluster.neighbours import membership


def merge_clusters(labels, clusters):
    """Return labels [N] with all of `clusters` under the lowest number among them."""
    clusters = [_existing(labels, cluster) for cluster in clusters]
    return np.where(np.isin(labels, clusters), min(clusters), labels)


def split_cluster(labels, cluster, points, *, parts=2):
    """Return labels [N] with `cluster` split into `parts` by Ward's method on its rows of points [N, d].

    The largest part keeps the number, the others get new ones after the highest in use.
    """
    rows = np.flatnonzero(labels == _existing(labels, cluster))
    if not 1 <= parts <= len(rows):
        raise UserError(f"corrections: cluster {cluster} cannot be split into {parts}, it has {len(rows)} photos")
    part = cut(weighted_ward(np.asarray(points, np.float32)[rows], np.ones(len(rows))), parts)
    by_size = np.argsort(-np.bincount(part), kind="stable")
    numbers = np.empty(parts, int)
    numbers[by_size] = [cluster, *range(labels.max() + 1, labels.max() + parts)]
    labels = labels.copy()
    labels[rows] = numbers[part]
    return labels


def move_photos(labels, photos, cluster):
    """Return labels [N] with the rows `photos` in `cluster`; None or the number after the highest makes a new one."""
    new = labels.max() + 1
    cluster = new if cluster is None or cluster == new else _existing(labels, cluster)
    labels = labels.copy()
    labels[np.asarray(photos, int)] = cluster
    return labels


def keep_numbers(labels, former):
    """Return labels [N] renumbered so that clusters keep the numbers they had in `former` [N], -1 for unknown rows.

    Old and new clusters are paired one to one for the largest number of photos in common; those left over get new
    numbers after the highest former one. Corrections and names thereby survive a second run.
    """
    labels, former = np.asarray(labels), np.asarray(former)
    common = former >= 0
    num, num_former = labels.max() + 1, max(former.max() + 1, 0)
    table = (membership(labels[common], num).T @ membership(former[common], num_former)).toarray()
    numbers = np.full(num, -1)
    for new, old in zip(*linear_sum_assignment(-table)):
        if table[new, old] > 0:
            numbers[new] = old
    numbers[numbers < 0] = num_former + np.arange((numbers < 0).sum())
    return numbers[labels]


def _existing(labels, cluster):
    if not np.any(labels == cluster):
        raise UserError(f"corrections: cluster {cluster} does not exist; the clusters are 0 to {labels.max()}")
    return int(cluster)
