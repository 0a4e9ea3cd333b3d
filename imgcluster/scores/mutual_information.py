"""Adjusted mutual information, exact, in a time that follows how many sizes clusters have, not how many there are."""
import numpy as np
from scipy.special import gammaln, xlogy


def adjusted_mutual_information(table):
    """Mutual information beyond that of chance, over the most there can be: 1 for the same partition, 0 on average.

    table: sparse counts [models, clusters] in COO form, without empty rows or columns. Chance shuffles the labels
    (Vinh, Epps & Bailey, JMLR 11, 2010); divided by the arithmetic mean of the entropies, as in scikit-learn. One model
    or one cluster gives 0, unless it is one of each.
    """
    rows, columns = (np.asarray(table.sum(axis=axis)).ravel().astype(np.int64) for axis in (1, 0))
    if len(rows) == len(columns) == table.nnz:
        return 1.0
    if 1 in (len(rows), len(columns)):
        return 0.0
    entropies = [_entropy(sizes) for sizes in (rows, columns)]
    expected = expected_mutual_information(rows, columns)
    # What is left of the entropies where expectation is the most there can be, is rounding: all photos are alone.
    return float((sum(entropies) - _entropy(table.data) - expected)
                 / max(sum(entropies) / 2 - expected, np.finfo(float).eps))


def _entropy(sizes):
    shares = sizes / sizes.sum()
    return -xlogy(shares, shares).sum()


def expected_mutual_information(rows, columns):
    """Mean mutual information, in nats, of all pairs of labellings with clusters of these sizes, int [R] and [C].

    It depends on the sizes alone, so each pair of sizes is counted once, times how often there is such a pair. Clusters
    of N photos have at most sqrt(2 N) sizes.
    """
    num = int(rows.sum())
    # Logarithms of factorials: of n at n.
    factorials = gammaln(np.arange(num + 1) + 1.0)
    sizes = [list(zip(*map(np.ndarray.tolist, np.unique(each, return_counts=True)))) for each in (rows, columns)]
    return float(sum(times * again * _of_sizes(row, column, num, factorials)
                     for row, times in sizes[0] for column, again in sizes[1]))


def _of_sizes(row, column, num, factorials):
    """What a model and a cluster of these sizes are expected to add: by how many photos both may have, each as often as
    a hypergeometric draw has it."""
    both = np.arange(max(1, row + column - num), min(row, column) + 1)
    information = both / num * (np.log(both) + np.log(num) - np.log(row) - np.log(column))
    chances = np.exp(factorials[row] + factorials[column] + factorials[num - row] + factorials[num - column]
                     - factorials[num] - factorials[both] - factorials[row - both] - factorials[column - both]
                     - factorials[num - row - column + both])
    return information @ chances
