"""How far photos lie from the centres of their clusters: two scores from sums over blocks of rows."""
import numpy as np
from sklearn.metrics import pairwise_distances_chunked

from imgcluster.rows import blocks, read_rows
from imgcluster.structure.neighbours import add_by_group

_MEGABYTES = 256  # of one block of distances between centres
_COINCIDE = 1e-8  # centres nearer than this, as a share of their largest coordinate, are the same but for rounding


class Dispersion:
    """Centres of clusters and the distances of rows to them; features [N, D] may be memory-mapped.

    labels int [N], 0..K-1 without gaps, K >= 2, -1 for rows to leave out. `centres` [K, D]; `sizes`, `distances` and
    `squares` [K]: rows, sum of their Euclidean distances to the centre, and of the squares of these.
    """

    def __init__(self, features, labels):
        self.sizes = np.bincount(labels[labels >= 0])
        self.centres = np.zeros((len(self.sizes), features.shape[1]))
        self.distances, self.squares = np.zeros(len(self.sizes)), np.zeros(len(self.sizes))
        for rows, own in labelled_rows(features, labels, labels >= 0):
            add_by_group(self.centres, rows.astype(np.float64), own)
        self.centres /= self.sizes[:, None]
        for rows, own in labelled_rows(features, labels, labels >= 0):
            squares = np.square(rows - self.centres[own]).sum(axis=1)
            self.squares += np.bincount(own, squares, len(self.sizes))
            self.distances += np.bincount(own, np.sqrt(squares), len(self.sizes))

    def davies_bouldin(self):
        """Return the mean over clusters of the worst (spread + other spread) / distance of centres (1979); >= 0."""
        spread, apart = self.distances / self.sizes, _COINCIDE * np.abs(self.centres).max()

        def worst(gaps, start):
            ratios = (spread[start:start + len(gaps), None] + spread) / np.where(gaps > apart, gaps, np.inf)
            return ratios.max(axis=1)

        chunks = pairwise_distances_chunked(self.centres, reduce_func=worst, working_memory=_MEGABYTES)
        return float(np.concatenate(list(chunks)).mean())

    def calinski_harabasz(self):
        """Return the variance between clusters over that within (1974), each by its degrees of freedom; >= 0."""
        total, clusters = self.sizes.sum(), len(self.sizes)
        mean = self.sizes @ self.centres / total
        between = self.sizes @ np.square(self.centres - mean).sum(axis=1)
        within = self.squares.sum()
        return float(between * (total - clusters) / (within * (clusters - 1))) if within > 0 else 1.0


def labelled_rows(features, labels, wanted, *, normalize=False):
    """Yield (rows [B, D], their labels [B]) block by block, of the `wanted` bool [N]; `normalize`: at unit length."""
    for rows in blocks(len(features)):
        inside = wanted[rows]
        if inside.any():
            yield read_rows(features, rows, normalize=normalize)[inside], labels[rows][inside]
