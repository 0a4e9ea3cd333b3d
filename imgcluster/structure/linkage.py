"""Hierarchies over weighted points: Ward's tree and how to cut it."""
import numpy as np

from imgcluster.rows import blocks
from imgcluster.structure.neighbours import squared_gaps
from imgcluster.threads import all_in_threads

# Of costs at once: what a step in between holds then is not got from the system, and given back, each time.
FEW_ROWS = 256


def weighted_ward(points, weights):
    """Return Ward's tree over points [U, D] that stand for weights [U] photos each, as a SciPy-style linkage [U-1, 4].

    Heights are the growth of the within-cluster sum of squares of each merge, ascending; the last column counts
    points. Nearest-neighbour chain with the Lance-Williams update (Murtagh & Contreras 2012), O(U^2) time and memory:
    10,000 points take 0.4 GB.
    """
    costs, weights = merge_costs(points, weights), np.array(weights, np.float32)
    names, left = np.arange(len(costs)), len(costs)
    # 0, and infinity for points that were merged into others, whose columns are not worth writing to.
    gone = np.zeros(len(costs), np.float32)
    chain, merges = [], []
    while left > 1:
        if left <= len(gone) // 2:  # rows of merged points only slow the search down
            alive = gone == 0
            place = np.cumsum(alive) - 1
            chain = [int(place[point]) for point in chain]
            costs, weights, names, gone = costs[np.ix_(alive, alive)], weights[alive], names[alive], gone[alive]
        if not chain:
            chain = [int(gone.argmin())]
        while True:
            tip = chain[-1]
            nearest = int((costs[tip] + gone).argmin())
            if len(chain) > 1 and costs[tip, chain[-2]] <= costs[tip, nearest]:
                break
            chain.append(nearest)
        first, second = sorted((chain.pop(), chain.pop()))
        height = costs[first, second]
        merges.append((names[first], names[second], height))
        total = weights[first] + weights[second] + weights
        joined = ((weights[first] + weights) * costs[first] + (weights[second] + weights) * costs[second]
                  - weights * height) / total
        gone[second], left = np.inf, left - 1
        joined[first] = np.inf
        costs[first] = costs[:, first] = joined
        weights[first] += weights[second]
    return _as_linkage(merges, len(points))


def merge_costs(points, weights):
    """Return float32 [U, U]: how much the within-cluster sum of squares grows if two of the points [U, D] are merged
    that stand for weights [U] photos each; infinite on the diagonal. The same both ways, to the last bit: among near
    copies a chain of nearest neighbours would else never end."""
    points, weights = np.asarray(points), np.asarray(weights, np.float32)
    costs = np.empty((len(points), len(points)), np.float32)

    def fill(rows):
        costs[rows] = np.maximum(squared_gaps(points[rows], points), 0)
        costs[rows] *= weights[rows, None] * weights / (weights[rows, None] + weights)

    all_in_threads(fill, blocks(len(points), size=FEW_ROWS))
    for rows in blocks(len(points)):
        costs[rows.stop:, rows] = costs[rows, rows.stop:].T
        costs[rows, rows] = np.triu(costs[rows, rows]) + np.triu(costs[rows, rows], 1).T
    np.fill_diagonal(costs, np.inf)
    return costs


def _as_linkage(merges, num):
    """Sort merges (first, second, height) of surviving indices by height and number the nodes as SciPy does."""
    merges = sorted(merges, key=lambda merge: merge[2])
    node, count = np.arange(num), np.ones(num, int)
    parent = np.arange(num)

    def root(index):
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    tree = np.empty((len(merges), 4))
    for step, (first, second, height) in enumerate(merges):
        first, second = root(first), root(second)
        tree[step] = (*sorted((node[first], node[second])), height, count[first] + count[second])
        parent[second] = first
        node[first], count[first] = num + step, count[first] + count[second]
    return tree


def cut(tree, num_clusters):
    """Return the labels [U] of the partition of a linkage [U-1, 4] into `num_clusters` (1..U) clusters, 0..K-1."""
    num = len(tree) + 1
    merges = num - num_clusters
    # The cluster that each one is part of, then the one that this is part of, and on to the last.
    within = np.arange(2 * num - 1)
    within[tree[:merges, :2].astype(int)] = num + np.arange(merges)[:, None]
    while (within != (beyond := within[within])).any():
        within = beyond
    return np.unique(within[:num], return_inverse=True)[1]
