"""How well a partition fits: silhouette among the photos, modularity on their neighbourhood graph."""
import numpy as np

from imgcluster.rows import sample_step
from imgcluster.structure.neighbours import group_means

SCORED_PHOTOS = 10_000


def squared_silhouette(points, labels):
    """Return the mean silhouette (Rousseeuw 1987) of points [N, d] in squared distances, -1..1; 0 for one cluster.

    The mean squared distance to a cluster is that to its centre plus its variance, so that the cost is N x K and not
    N x N. Beyond 10,000 photos evenly spaced ones are scored against all. Photos alone in a cluster count as 0.
    """
    sizes = np.bincount(labels)
    if len(sizes) < 2:
        return 0.0
    centres = group_means(points, labels, sizes)
    squares = np.einsum("nd,nd->n", points, points)
    # The mean squared length of a cluster's photos is its variance plus its centre's squared length.
    mean_lengths = np.bincount(labels, squares, len(sizes)) / sizes
    some = slice(None, None, sample_step(len(labels), SCORED_PHOTOS))
    own = (np.arange(len(labels[some])), labels[some])
    gaps = np.maximum(squares[some, None] + mean_lengths - 2 * points[some] @ centres.T, 0)
    others = sizes[labels[some]]
    within = gaps[own] * others / np.maximum(others - 1, 1)
    gaps[own] = np.inf
    between = gaps.min(axis=1)
    larger = np.maximum(np.maximum(within, between), 1e-12)
    return float(np.where(others > 1, (between - within) / larger, 0).mean())


def modularity(cluster_graph):
    """Return Newman's modularity, below 1, of the partition whose edge weights are summed in cluster_graph [K, K]."""
    degrees = np.asarray(cluster_graph.sum(axis=1)).ravel()
    total = degrees.sum()
    return float(cluster_graph.diagonal().sum() / total - (degrees**2).sum() / total**2) if total > 0 else 0.0
