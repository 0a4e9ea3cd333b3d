"""Scores of a clustering against true labels, and how sure the first of them is.

They are scikit-learn's as far as it has them and is fast; the others come from its sparse contingency table (true model
x cluster), so memory follows the number of photos, never its square. Labels may be strings or integers; only who shares
a label counts. The label -1 is one like any other to scores that need true labels (`unplaced.each_alone` takes such
photos apart); to what names clusters it stands for none.
"""
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from sklearn.metrics import adjusted_rand_score, homogeneity_completeness_v_measure
from sklearn.metrics.cluster import contingency_matrix, pair_confusion_matrix

from imgcluster.scores.mutual_information import adjusted_mutual_information
from imgcluster.scores.unplaced import is_placed

OTHER_CLUSTERS, IN_NO_CLUSTER = "other", "no cluster"


def clustering_scores(true, predicted):
    """Agreement of a clustering with the true models, exact, as a dict; `ari`, the task's own score, comes first.

    true, predicted: labels [N], strings or integers, N >= 1 (ValueError otherwise). Every agreement score is 1 for
    the same partition, one photo and all-singletons included, and lies in [0, 1]; `ari` and `ami` are 0 on average
    for random labels and may fall below. Never NaN: a ratio without a denominator (a clustering that pairs no
    photos has no pairwise precision) is 0, while homogeneity of one model and completeness of one cluster are 1,
    as in scikit-learn. `nmi` divides by the arithmetic mean of the entropies and so equals `v_measure`.
    `matched_accuracy` is the share of photos in the best one-to-one match of models and clusters.
    """
    (_, true), (_, predicted) = _numbered(true, predicted)
    table = contingency_matrix(true, predicted, sparse=True, dtype=np.int64).tocoo()
    homogeneity, completeness, v_measure = map(float, homogeneity_completeness_v_measure(true, predicted))
    return {"ari": float(adjusted_rand_score(true, predicted)),
            "ami": adjusted_mutual_information(table), "nmi": v_measure, "homogeneity": homogeneity,
            "completeness": completeness, "v_measure": v_measure, "purity": _purity(table),
            "matched_accuracy": _matched_accuracy(table), **_pairwise(true, predicted), **_bcubed(table),
            "num_models_true": table.shape[0], "num_clusters": table.shape[1]}


def _numbered(true, predicted):
    """(names, number of each photo's) of the true and of the predicted labels."""
    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.ndim != 1 or true.shape != predicted.shape or not len(true):
        raise ValueError(f"true and predicted labels must be two equally long, non-empty sequences; found shapes "
                         f"{true.shape} and {predicted.shape}")
    return [np.unique(labels, return_inverse=True) for labels in (true, predicted)]


def _ratio(part, whole, *, undefined=0.0):
    return float(part / whole) if whole > 0 else float(undefined)


def _f1(precision, recall):
    return _ratio(2 * precision * recall, precision + recall)


def _purity(table):
    return float(table.max(axis=0).sum() / table.sum())


def _matched_accuracy(table):
    return float(table.data[_match(table)[table.row] == table.col].sum() / table.sum())


def _match(table):
    """Cluster matched to each model of a sparse table, -1 for none, so that most photos lie in matched cells.

    A column of its own per row ("unmatched", worth nothing) makes a full matching exist; every edge is worth one
    more than its photos because the sparse Hungarian method (LAPJVsp, Jonker & Volgenant 1987) reads 0 as no edge.
    """
    num_rows, num_columns = table.shape
    own = np.arange(num_rows)
    worth = np.concatenate([table.data + 1, np.ones(num_rows, dtype=np.int64)])
    index = np.concatenate([table.row, own]), np.concatenate([table.col, num_columns + own])
    edges = csr_array((worth, index), shape=(num_rows, num_columns + num_rows))
    _, matched = min_weight_full_bipartite_matching(edges, maximize=True)
    return np.where(matched < num_columns, matched, -1)


def _pairwise(true, predicted):
    (_, only_predicted), (only_true, both) = pair_confusion_matrix(true, predicted)
    same = not only_predicted and not only_true
    precision = _ratio(both, both + only_predicted, undefined=same)
    recall = _ratio(both, both + only_true, undefined=same)
    return {"fowlkes_mallows": float(np.sqrt(precision * recall)), "pairwise_precision": precision,
            "pairwise_recall": recall, "pairwise_f1": _f1(precision, recall)}


def _bcubed(table):
    """Bagga & Baldwin, COLING-ACL 1998: the average photo's share of its cluster that is of its model, and back."""
    squares, photos = table.data.astype(float) ** 2, table.sum()
    precision, recall = (float((squares / np.bincount(at, weights=table.data)[at]).sum() / photos)
                         for at in (table.col, table.row))
    return {"bcubed_precision": precision, "bcubed_recall": recall, "bcubed_f1": _f1(precision, recall)}


def ari_interval(true, predicted, *, samples=1000, level=0.95, seed):
    """Interval (low, high), -1 <= low <= ARI <= high <= 1, of the adjusted Rand index under another draw of photos of
    the same models.

    The clustering is kept; what varies is which photos were there. Photos are resampled by random halves without
    replacement: a half's score spreads about a full set's as the full set's does about the truth, so the interval
    is the score plus the spread of the halves about their mean (delete-d jackknife histogram with d = N/2: Shao &
    Wu, Annals of Statistics 17, 1989; Politis & Romano, Annals of Statistics 22, 1994). The bootstrap proper, with
    replacement, pairs photos with copies of themselves, which always agree: it is biased upwards and misses a low
    ARI (Severiano et al., PLoS ONE 6, 2011, who recommend the jackknife). true, predicted: labels [N] as in
    `clustering_scores`, with its ValueError; samples: halves that are drawn, >= 1; level: share of the spread that the
    interval holds, 0 < level < 1. One photo gives an interval of no width; that of few photos holds the score all the
    same.
    """
    (_, true), (_, predicted) = _numbered(true, predicted)
    estimate, half = float(adjusted_rand_score(true, predicted)), len(true) // 2
    if half == 0:
        return estimate, estimate
    rng = np.random.default_rng(seed)
    cells, cell = np.unique(true * (predicted.max() + 1) + predicted, return_inverse=True)
    row, column = np.divmod(cells, predicted.max() + 1)
    drawn = (np.bincount(cell[rng.permutation(len(cell))[:half]], minlength=len(cells)) for _ in range(samples))
    scores = np.array([_ari(photos, row, column) for photos in drawn])
    spread = np.sqrt(half / (len(true) - half)) * (scores - scores.mean())
    low, high = estimate + np.quantile(spread, [(1 - level) / 2, (1 + level) / 2])
    return float(max(min(low, estimate), -1.0)), float(min(max(high, estimate), 1.0))


def _ari(photos, row, column):
    """scikit-learn's adjusted Rand index, of a table that has so many photos int [C] in cells at rows and columns
    int [C]: at a hundredth of the time where it is asked for many draws of the same photos."""
    both, by_row, by_column = (float((np.square(each)).sum()) for each in (
        photos, np.bincount(row, photos), np.bincount(column, photos)))
    num = float(photos.sum())
    if both == by_row == by_column:
        return 1.0
    together, apart = both - num, num**2 - by_row - by_column + both
    only_row, only_column = by_row - both, by_column - both
    return 2 * (together * apart - only_row * only_column) / (
        (together + only_row) * (only_row + apart) + (together + only_column) * (only_column + apart))


def matched_clusters(true, predicted):
    """Best one-to-one match of models and clusters by photos in common, as {model: cluster}.

    true: labels [N], strings or integers; predicted: clusters, int [N], each -1 (in none) or the number of one. Models
    that outnumber the clusters, or share photos only with clusters better matched elsewhere, are left out, as are
    photos in no cluster.
    """
    placed = is_placed(predicted)
    if not placed.any():
        return {}
    (models, true), (clusters, predicted) = _numbered(np.asarray(true)[placed], np.asarray(predicted)[placed])
    matched = _match(contingency_matrix(true, predicted, sparse=True, dtype=np.int64).tocoo())
    return {models[row].item(): clusters[column].item() for row, column in enumerate(matched) if column >= 0}


def numbers_of_models(true, predicted):
    """Return {model: number of the cluster matched to it}, of the others, the largest first, numbers that no cluster
    has: where a number stands for a colour, what agrees looks alike."""
    names, sizes = np.unique(np.asarray(true), return_counts=True)
    matched, spare = matched_clusters(true, predicted), int(np.max(predicted)) + 1
    others = [name for name in names[np.argsort(-sizes, kind="stable")].tolist() if name not in matched]
    return matched | {name: spare + index for index, name in enumerate(others)}


def confusion_table(true, predicted, *, num=20):
    """Photos of `num` true models by cluster, as a DataFrame of counts; each row sums to its model.

    Rows: models, those first that share most pairs of photos with others in a cluster, then the largest. Columns:
    the cluster matched to each model in row order, so that agreement lies on the diagonal, then the clusters that hold
    the largest shares of these models, `num` in all, then the column "no cluster" where photos fit none (-1), and
    "other" for all remaining clusters.
    """
    (models, numbers), (clusters, places) = _numbered(true, predicted)
    own, placed = matched_clusters(true, predicted), is_placed(clusters)
    counts = csr_array(contingency_matrix(numbers, places, sparse=True, dtype=np.int64))
    confused = counts @ (counts.sum(axis=0) * placed) - counts.power(2) @ placed.astype(np.int64)
    rows = np.lexsort([-np.bincount(numbers), -confused])[:num]
    dense = counts[rows].toarray()
    matched = np.array([np.flatnonzero(clusters == own[model])[0] for model in models[rows] if model in own], int)
    shares = (dense / dense.sum(axis=1, keepdims=True)).sum(axis=0)
    rest = np.argsort(-shares, kind="stable")
    rest = rest[~np.isin(rest, matched) & placed[rest]]
    rest = rest[dense[:, rest].sum(axis=0) > 0]
    shown = np.concatenate([matched, rest])[:max(num, len(matched))]
    counts = pd.DataFrame(dense[:, shown], index=models[rows], columns=[str(name) for name in clusters[shown]])
    if not placed.all():
        counts[IN_NO_CLUSTER] = dense[:, ~placed].sum(axis=1)
    counts[OTHER_CLUSTERS] = dense.sum(axis=1) - counts.sum(axis=1).to_numpy()
    return counts
