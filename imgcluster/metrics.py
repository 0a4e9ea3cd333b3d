"""Scores of a clustering against true labels, and how sure a score is.

All agreement scores come from the contingency table (true model x cluster) kept as its nonzero cells, so memory
follows the number of photos, never its square. Labels may be strings or integers; only who shares a label counts. The
label -1 is one like any other to scores that need true labels (`unplaced.each_alone` takes such photos apart); to what
names clusters or looks at features it stands for none.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.special import gammaln

from imgcluster.unplaced import is_placed

OTHER_CLUSTERS, IN_NO_CLUSTER = "other", "no cluster"


@dataclass(frozen=True)
class _Table:
    """Nonzero cells of a contingency table: `counts[i]` photos lie in true model `rows[i]` and cluster `columns[i]`."""

    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray

    @property
    def total(self):
        return int(self.counts.sum())

    @property
    def row_sums(self):
        return _sums(self.rows, self.counts)

    @property
    def column_sums(self):
        return _sums(self.columns, self.counts)

    @property
    def is_same_partition(self):
        """True where every model is one cluster and every cluster one model."""
        return len(self.counts) == len(np.unique(self.rows)) == len(np.unique(self.columns))

    def with_counts(self, counts):
        """The same cells with other counts; cells left empty are dropped."""
        kept = counts > 0
        return _Table(self.rows[kept], self.columns[kept], counts[kept])


def _sums(index, counts):
    sums = np.bincount(index, weights=counts)
    return sums[sums > 0]


def _table(true, predicted):
    """Contingency table of two label sequences with the sorted names of its rows and columns."""
    true, predicted = np.asarray(true), np.asarray(predicted)
    if true.ndim != 1 or true.shape != predicted.shape or not len(true):
        raise ValueError(f"true and predicted labels must be two equally long, non-empty sequences; found shapes "
                         f"{true.shape} and {predicted.shape}")
    row_names, rows = np.unique(true, return_inverse=True)
    column_names, columns = np.unique(predicted, return_inverse=True)
    cells, counts = np.unique(rows.astype(np.int64) * len(column_names) + columns, return_counts=True)
    return _Table(*np.divmod(cells, len(column_names)), counts), row_names, column_names


def _ratio(part, whole, *, undefined):
    return float(part / whole) if whole > 0 else float(undefined)


def _f1(precision, recall):
    return _ratio(2 * precision * recall, precision + recall, undefined=0.0)


def _pairs(table):
    """Numbers of photo pairs: sharing both labels, the true one, the predicted one, and all pairs."""
    return tuple(float((sizes * (sizes - 1.0) / 2).sum())
                 for sizes in (table.counts, table.row_sums, table.column_sums, np.array([table.total])))


def _ari(table):
    """Hubert & Arabie, "Comparing partitions", J. Classification 2, 1985, eq. 5."""
    both, in_true, in_predicted, every = _pairs(table)
    if table.is_same_partition:
        return 1.0
    expected = in_true * in_predicted / every
    return _ratio(both - expected, (in_true + in_predicted) / 2 - expected, undefined=0.0)


def _expected_mutual_information(table):
    """Mean mutual information, in nats, of random partitions with the same sizes (Vinh et al., eq. 24a).

    Groups of equal size share their term, so it is summed over distinct sizes: thousands of singletons cost one.
    """
    total = table.total
    log_factorial = gammaln(np.arange(total + 1) + 1.0)
    expected = 0.0
    for row, times_row in zip(*np.unique(table.row_sums.astype(int), return_counts=True)):
        for column, times_column in zip(*np.unique(table.column_sums.astype(int), return_counts=True)):
            both = np.arange(max(1, row + column - total), min(row, column) + 1)
            log_chance = (log_factorial[[row, column, total - row, total - column]].sum() - log_factorial[total]
                          - log_factorial[both] - log_factorial[row - both] - log_factorial[column - both]
                          - log_factorial[total - row - column + both])
            information = both / total * np.log(total * both / (float(row) * column))
            expected += times_row * times_column * float(information @ np.exp(log_chance))
    return expected


def _ami(table):
    """Vinh, Epps & Bailey, JMLR 11, 2010; the mean of the two entropies as the upper bound."""
    if table.is_same_partition:
        return 1.0
    of_true, of_predicted = _entropy(table.row_sums), _entropy(table.column_sums)
    shared, expected = of_true + of_predicted - _entropy(table.counts), _expected_mutual_information(table)
    return _ratio(shared - expected, (of_true + of_predicted) / 2 - expected, undefined=0.0)


def _entropy(sizes):
    share = sizes / sizes.sum()
    return float(-(share * np.log(share)).sum())


def _v_measures(table):
    """Homogeneity, completeness, V-measure (Rosenberg & Hirschberg, EMNLP 2007); a zero entropy counts as 1."""
    if table.is_same_partition:
        return {"homogeneity": 1.0, "completeness": 1.0, "v_measure": 1.0}
    of_true, of_predicted = _entropy(table.row_sums), _entropy(table.column_sums)
    shared = max(0.0, of_true + of_predicted - _entropy(table.counts))
    homogeneity = min(1.0, _ratio(shared, of_true, undefined=1.0))
    completeness = min(1.0, _ratio(shared, of_predicted, undefined=1.0))
    return {"homogeneity": homogeneity, "completeness": completeness, "v_measure": _f1(homogeneity, completeness)}


def _purity(table):
    largest = np.zeros(table.columns.max() + 1)
    np.maximum.at(largest, table.columns, table.counts)
    return float(largest.sum() / table.total)


def _match(table):
    """Cluster matched to each row of the table, -1 for none, so that most photos lie in matched cells.

    A column of its own per row ("unmatched", worth nothing) makes a full matching exist; every edge is worth one
    more than its photos because the sparse Hungarian method (LAPJVsp, Jonker & Volgenant 1987) reads 0 as no edge.
    """
    num_rows, num_columns = table.rows.max() + 1, table.columns.max() + 1
    own = np.arange(num_rows)
    worth = np.concatenate([table.counts + 1, np.ones(num_rows, dtype=np.int64)])
    index = np.concatenate([table.rows, own]), np.concatenate([table.columns, num_columns + own])
    edges = csr_array((worth, index), shape=(num_rows, num_columns + num_rows))
    _, matched = min_weight_full_bipartite_matching(edges, maximize=True)
    return np.where(matched < num_columns, matched, -1)


def _matched_accuracy(table):
    compact = _compact(table)
    return float(compact.counts[_match(compact)[compact.rows] == compact.columns].sum() / table.total)


def _compact(table):
    """The same table with rows and columns numbered without gaps."""
    return _Table(np.unique(table.rows, return_inverse=True)[1], np.unique(table.columns, return_inverse=True)[1],
                  table.counts)


def _pairwise(table):
    both, in_true, in_predicted, _ = _pairs(table)
    same = table.is_same_partition
    precision = _ratio(both, in_predicted, undefined=same)
    recall = _ratio(both, in_true, undefined=same)
    return {"fowlkes_mallows": float(np.sqrt(precision * recall)), "pairwise_precision": precision,
            "pairwise_recall": recall, "pairwise_f1": _f1(precision, recall)}


def _bcubed(table):
    """Bagga & Baldwin, COLING-ACL 1998: the average photo's share of its cluster that is of its model, and back."""
    squares = table.counts.astype(float) ** 2
    precision = float((squares / np.bincount(table.columns, weights=table.counts)[table.columns]).sum() / table.total)
    recall = float((squares / np.bincount(table.rows, weights=table.counts)[table.rows]).sum() / table.total)
    return {"bcubed_precision": precision, "bcubed_recall": recall, "bcubed_f1": _f1(precision, recall)}


def _scores(table):
    entropies = _v_measures(table)
    return {"ari": _ari(table), "ami": _ami(table), "nmi": entropies["v_measure"], **entropies,
            "purity": _purity(table), "matched_accuracy": _matched_accuracy(table), **_pairwise(table),
            **_bcubed(table), "num_models_true": len(table.row_sums), "num_clusters": len(table.column_sums)}


def clustering_scores(true, predicted):
    """Agreement of a clustering with the true models, exact, as a dict; `ari`, the task's own score, comes first.

    true, predicted: labels [N], strings or integers, N >= 1 (ValueError otherwise). Every agreement score is 1 for
    the same partition, one photo and all-singletons included, and lies in [0, 1]; `ari` and `ami` are 0 on average
    for random labels and may fall below. Never NaN: a ratio without a denominator (a clustering that pairs no
    photos has no pairwise precision) is 0, while homogeneity of one model and completeness of one cluster are 1,
    as in scikit-learn. `nmi` divides by the arithmetic mean of the entropies and so equals `v_measure`.
    `matched_accuracy` is the share of photos in the best one-to-one match of models and clusters.
    """
    return _scores(_table(true, predicted)[0])


_SCORE_OF_TABLE = {
    "ari": _ari, "ami": _ami, "nmi": lambda table: _v_measures(table)["v_measure"], "purity": _purity,
    "matched_accuracy": _matched_accuracy,
    **{name: lambda table, name=name: _v_measures(table)[name]
       for name in ("homogeneity", "completeness", "v_measure")},
    **{name: lambda table, name=name: _pairwise(table)[name]
       for name in ("fowlkes_mallows", "pairwise_precision", "pairwise_recall", "pairwise_f1")},
    **{name: lambda table, name=name: _bcubed(table)[name]
       for name in ("bcubed_precision", "bcubed_recall", "bcubed_f1")},
}


def bootstrap_interval(true, predicted, *, score="ari", samples=1000, level=0.95, seed):
    """Interval (low, high) of an agreement score under another draw of photos of the same models.

    The clustering is kept; what varies is which photos were there. Photos are resampled by random halves without
    replacement: a half's score spreads about a full set's as the full set's does about the truth, so the interval
    is the score plus the spread of the halves about their mean (delete-d jackknife histogram with d = N/2: Shao &
    Wu, Annals of Statistics 17, 1989; Politis & Romano, Annals of Statistics 22, 1994). The bootstrap proper, with
    replacement, pairs photos with copies of themselves, which always agree: it is biased upwards and misses a low
    ARI (Severiano et al., PLoS ONE 6, 2011, who recommend the jackknife). score: a name of `clustering_scores`
    except the two counts; 0 < level < 1. One photo gives an interval of no width.
    """
    if score not in _SCORE_OF_TABLE:
        raise ValueError(f"score {score!r} has no interval; choose one of {', '.join(_SCORE_OF_TABLE)}")
    table, _, _ = _table(true, predicted)
    score_of, whole, half = _SCORE_OF_TABLE[score], table.total, table.total // 2
    estimate = score_of(table)
    if half == 0:
        return estimate, estimate
    rng = np.random.default_rng(seed)
    # Drawn one by one: all at once they would take samples x cells numbers.
    scores = np.array([score_of(table.with_counts(rng.multivariate_hypergeometric(table.counts, half)))
                       for _ in range(samples)])
    spread = np.sqrt(half / (whole - half)) * (scores - scores.mean())
    low, high = estimate + np.quantile(spread, [(1 - level) / 2, (1 + level) / 2])
    return float(max(low, -1.0)), float(min(high, 1.0))


def matched_clusters(true, predicted):
    """Best one-to-one match of models and clusters by photos in common, as {model: cluster}.

    Models that outnumber the clusters, or share photos only with clusters better matched elsewhere, are left out, as
    are photos in no cluster (-1).
    """
    placed = is_placed(predicted)
    if not placed.any():
        return {}
    table, models, clusters = _table(np.asarray(true)[placed], np.asarray(predicted)[placed])
    matched = _match(table)
    return {models[row].item(): clusters[column].item() for row, column in enumerate(matched) if column >= 0}


def confusion_of_largest(true, predicted, *, num=20):
    """Photos of the `num` largest true models by cluster, as a DataFrame of counts; each row sums to its model.

    Rows: models, largest first. Columns: the cluster matched to each model in row order, so that agreement lies on
    the diagonal, then the clusters that hold the largest shares of these models, `num` in all, then the column "no
    cluster" where photos fit none (-1), and "other" for all remaining clusters.
    """
    table, models, clusters = _table(true, predicted)
    sizes = np.bincount(table.rows, weights=table.counts)
    largest = np.argsort(-sizes, kind="stable")[:num]
    dense = np.zeros((len(largest), len(clusters)), dtype=np.int64)
    place = np.full(len(models), -1)
    place[largest] = np.arange(len(largest))
    cells = place[table.rows] >= 0
    dense[place[table.rows[cells]], table.columns[cells]] = table.counts[cells]
    own, placed = matched_clusters(true, predicted), is_placed(clusters)
    matched = np.array([np.flatnonzero(clusters == own[model])[0] for model in models[largest] if model in own], int)
    shares = (dense / dense.sum(axis=1, keepdims=True)).sum(axis=0)
    rest = np.argsort(-shares, kind="stable")
    rest = rest[~np.isin(rest, matched) & placed[rest]]
    rest = rest[dense[:, rest].sum(axis=0) > 0]
    shown = np.concatenate([matched, rest])[:max(num, len(matched))]
    counts = pd.DataFrame(dense[:, shown], index=models[largest], columns=[str(name) for name in clusters[shown]])
    if not placed.all():
        counts[IN_NO_CLUSTER] = dense[:, ~placed].sum(axis=1)
    counts[OTHER_CLUSTERS] = dense.sum(axis=1) - counts.sum(axis=1).to_numpy()
    return counts
