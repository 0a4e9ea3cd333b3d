"""Hierarchies over weighted points: Ward's tree and how to cut it."""
import numpy as np


def weighted_ward(points, weights):
    """Return Ward's tree over points [U, D] that stand for weights [U] photos each, as a SciPy-style linkage [U-1, 4].

    Heights are the growth of the within-cluster sum of squares of each merge, ascending; the last column counts
    points. Nearest-neighbour chain with the Lance-Williams update (Murtagh & Contreras 2012), O(U^2) time and memory.
    """
    num = len(points)
    squares = np.einsum("ud,ud->u", points, points)
    gaps = np.maximum(squares[:, None] + squares[None, :] - 2 * points @ points.T, 0).astype(np.float32)
    weights = np.asarray(weights, np.float32).copy()
    costs = gaps * (weights[:, None] * weights[None, :] / (weights[:, None] + weights[None, :]))
    np.fill_diagonal(costs, np.inf)
    alive, chain, merges = np.ones(num, bool), [], []
    for _ in range(num - 1):
        if not chain:
            chain = [int(np.flatnonzero(alive)[0])]
        while True:
            tip = chain[-1]
            nearest = int(costs[tip].argmin())
            if len(chain) > 1 and costs[tip, chain[-2]] <= costs[tip, nearest]:
                break
            chain.append(nearest)
        first, second = sorted((chain.pop(), chain.pop()))
        height = costs[first, second]
        merges.append((first, second, height))
        total = weights[first] + weights[second] + weights
        joined = ((weights[first] + weights) * costs[first] + (weights[second] + weights) * costs[second]
                  - weights * height) / total
        alive[second] = False
        joined[~alive] = joined[first] = np.inf
        costs[first] = costs[:, first] = joined
        costs[second] = costs[:, second] = np.inf
        weights[first] += weights[second]
    return _as_linkage(merges, num)


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
    label = np.arange(2 * num - 1)
    for step in range(num - num_clusters - 1, -1, -1):
        children = tree[step, :2].astype(int)
        label[children] = label[num + step]
    return np.unique(label[:num], return_inverse=True)[1]
