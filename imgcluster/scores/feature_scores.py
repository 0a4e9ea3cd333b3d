"""How well labels, true ones or clusters, fit the features: nearest photos that agree, and scores that need no truth.

The label -1 stands for no cluster.
"""
from functools import partial

import numpy as np

from imgcluster.counting.validity import SCORED_PHOTOS, silhouettes
from imgcluster.rows import blocks, read_rows, sample_step
from imgcluster.scores.dispersion import Dispersion, labelled_rows
from imgcluster.scores.unplaced import is_placed
from imgcluster.structure.neighbours import add_by_group
from imgcluster.threads import all_in_threads

# Distances below this are those of equal photos.
ROUNDING = 1e-6
# Photos that look for the nearest others, of many, and those that do at a time.
MAX_QUERIES, QUERIES_AT_ONCE = 20_000, 1024


def _unit_rows(features, chosen):
    """The rows `chosen` (ascending) of features at unit length, float32; of the others one block is held at a time."""
    parts = []
    for rows in blocks(len(features)):
        first, last = np.searchsorted(chosen, [rows.start, rows.stop])
        if last > first:
            parts.append(read_rows(features, rows, normalize=True)[chosen[first:last] - rows.start])
    return np.concatenate(parts)


def _nearest_others(features, queries, *, num):
    """Rows of the `num` nearest other photos by cosine for each query row, nearest first: [len(queries), num]."""
    asked = _unit_rows(features, queries)
    found, gaps = np.zeros((len(queries), num), np.int64), np.full((len(queries), num), np.inf, np.float32)
    for rows in blocks(len(features)):
        look_among = partial(_keep_nearest, asked, queries, read_rows(features, rows, normalize=True), rows.start,
                             found, gaps)
        all_in_threads(look_among, blocks(len(queries), size=QUERIES_AT_ONCE))
    return np.take_along_axis(found, np.argsort(gaps, axis=1, kind="stable"), axis=1)


def _keep_nearest(asked, queries, others, first, found, gaps, some):
    """Replace what was `found` for some of the queries, in gaps, by photos `others` [B, D] from row `first` on that are
    nearer."""
    new, num = -asked[some] @ others.T, found.shape[1]
    own = np.flatnonzero((queries[some] >= first) & (queries[some] < first + len(others)))
    new[own, queries[some][own] - first] = np.inf
    both = np.concatenate([gaps[some], new], axis=1)
    columns = np.argpartition(both, num - 1, axis=1)[:, :num]
    former = np.take_along_axis(found[some], np.minimum(columns, num - 1), axis=1)
    found[some] = np.where(columns < num, former, first + columns - num)
    gaps[some] = np.take_along_axis(both, columns, axis=1)


def _majority(labels):
    """Most frequent value in each row of `labels` [Q, k]; among equals, the one that comes first."""
    votes = (labels[:, :, None] == labels[:, None, :]).sum(axis=2)
    return labels[np.arange(len(labels)), votes.argmax(axis=1)]


def neighbour_agreement(features, labels, *, ks=(1, 5)):
    """Share of photos whose nearest other photos, by cosine, carry the photo's own label: {"1": ..., "5": ...}.

    features: [N, D]; labels: [N]. At 1 this is the leave-one-out nearest-neighbour accuracy; at k the label with
    most votes among the k nearest counts, and of labels with equal votes the one with the nearest photo. A set of
    no more than k photos uses all the others, a single photo agrees with nothing: 0. Above MAX_QUERIES photos a seeded
    sample of so many asks, against all photos. Features may be memory-mapped: beyond those of the query photos one
    block of them is held at a time.
    """
    _, labels = np.unique(np.asarray(labels), return_inverse=True)
    total = len(features)
    if total < 2:
        return {str(k): 0.0 for k in ks}
    queries = np.arange(total)
    if total > MAX_QUERIES:
        queries = np.sort(np.random.default_rng(0).choice(total, size=MAX_QUERIES, replace=False))
    nearest = labels[_nearest_others(features, queries, num=min(max(ks), total - 1))]
    return {str(k): float((_majority(nearest[:, :k]) == labels[queries]).mean()) for k in ks}


def internal_scores(features, labels):
    """Scores of a clustering that need no true labels; only those that are defined for it.

    silhouette: by cosine, in [-1, 1] (Rousseeuw 1987); davies_bouldin: 0 or more, lower is better (1979);
    calinski_harabasz: 0 or more, higher is better (1974). All need at least two clusters and fewer clusters than
    photos: otherwise the dict is empty. Photos in no cluster (-1) are left out. Features may be memory-mapped: they are
    read block by block.
    """
    inside, numbers = is_placed(labels), np.full(len(labels), -1)
    numbers[inside] = np.unique(np.asarray(labels)[inside], return_inverse=True)[1]
    if not 2 <= numbers.max(initial=-1) + 1 < inside.sum():
        return {}
    dispersion = Dispersion(features, numbers)
    scores = {"silhouette": _silhouette(features, numbers), "davies_bouldin": dispersion.davies_bouldin(),
              "calinski_harabasz": dispersion.calinski_harabasz()}
    return {name: score for name, score in scores.items() if np.isfinite(score)}


def _silhouette(features, numbers):
    """The mean silhouette by cosine of photos in clusters numbers int [N], -1 for photos in none.

    The mean distance to the photos of a cluster is 1 - the cosine with their mean, so that the cost is N x K and not
    N x N. Of more than SCORED_PHOTOS photos evenly spaced ones are scored, against all.
    """
    inside = np.flatnonzero(numbers >= 0)
    sizes, scored, found = np.bincount(numbers[inside]), np.zeros(len(numbers), bool), []
    means = np.zeros((len(sizes), features.shape[1]), np.float32)
    for rows, own in labelled_rows(features, numbers, numbers >= 0, normalize=True):
        add_by_group(means, rows, own)
    means /= sizes[:, None]
    scored[inside[::sample_step(len(inside), SCORED_PHOTOS)]] = True
    for rows, own in labelled_rows(features, numbers, scored, normalize=True):
        gaps = 1 - rows @ means.T
        # To itself a photo is at no distance, even if nothing is known of it.
        empty = np.flatnonzero(~rows.any(axis=1))
        gaps[empty, own[empty]] -= 1 / sizes[own[empty]]
        gaps[gaps < ROUNDING] = 0
        found.append(silhouettes(gaps, own, sizes))
    return float(np.concatenate(found).mean())
