"""How well a partition fits: silhouette among the photos, modularity on their neighbourhood graph."""
import numpy as np

from imgcluster.rows import blocks, sample_step
from imgcluster.structure.neighbours import group_means

SCORED_PHOTOS = 10_000


def squared_silhouette(points, labels):
    """Return the mean silhouette (Rousseeuw 1987) of points [N, d] in squared distances, -1..1; 0 for one cluster.

    The mean squared distance to a cluster is that to its centre plus its variance, so that the cost is N x K and not
    N x N. Beyond 10,000 photos evenly spaced ones are scored against all, block by block: there may be thousands of
    clusters. Photos alone in a cluster count as 0.
    """
    sizes = np.bincount(labels)
    if len(sizes) < 2:
        return 0.0
    centres = group_means(points, labels, sizes)
    squares = np.einsum("nd,nd->n", points, points)
    # The mean squared length of a cluster's photos is its variance plus its centre's squared length.
    mean_lengths = np.bincount(labels, squares, len(sizes)) / sizes
    scored, found = np.arange(0, len(labels), sample_step(len(labels), SCORED_PHOTOS)), []
    for rows in (scored[block] for block in blocks(len(scored))):
        gaps = np.maximum(squares[rows, None] + mean_lengths - 2 * points[rows] @ centres.T, 0)
        found.append(silhouettes(gaps, labels[rows], sizes))
    return float(np.concatenate(found).mean())


def silhouettes(gaps, labels, sizes):
    """Return the silhouette of each photo, [B], 0 where it is alone in its cluster; changes gaps.

    gaps [B, K]: its mean distances to clusters of `sizes` [K], itself among those of its own; labels int [B]: its own.
    """
    own, num = (np.arange(len(labels)), labels), sizes[labels]
    within = gaps[own] * num / np.maximum(num - 1, 1)
    gaps[own] = np.inf
    between = gaps.min(axis=1)
    larger = np.maximum(np.maximum(within, between), 1e-12)
    return np.where(num > 1, (between - within) / larger, 0)


def modularity(cluster_graph):
    """Return Newman's modularity, below 1, of the partition whose edge weights are summed in cluster_graph [K, K]."""
    degrees = np.asarray(cluster_graph.sum(axis=1)).ravel()
    total = degrees.sum()
    return float(cluster_graph.diagonal().sum() / total - (degrees**2).sum() / total**2) if total > 0 else 0.0
