"""Exact nearest photos by cosine, straight from the memory-mapped features: nothing is copied, nothing built.

The catalogue's mean is taken off all vectors first, as what all photos share tells none apart (Mu & Viswanath,
"All-but-the-top", ICLR 2018, section 2). As (x - m) q = x q - m q, this and the normalisation cost one number a photo
and leave the file as it is.
"""
import numpy as np

from imgcluster.errors import UserError
from imgcluster.rows import blocks, unit_length, whole_blocks

# Products held at once: 16 MB, so that multiplications are large (each waits for its slowest thread) and products still
# in the cache when they are finished. Rows read at once elsewhere. Rows in a group of the selection.
PRODUCTS, BLOCK, GROUP = 2**22, 4096, 32
# Queries, as of a photo with several things in it, up to which one vector after another is multiplied with rows of so
# many numbers (4 MB, which stay in the cache): for a product with a matrix of few rows all features would be copied.
FEW, CACHED = 7, 2**20
QUERIES_AT_ONCE = 256


class CosineIndex:
    """An exact index over features [N >= 1, D], any real type, that may be memory-mapped and larger than memory."""

    def __init__(self, features):
        """Read the features once: their mean and the length of each row about it. Raises UserError when empty."""
        if not len(features):
            raise UserError("the catalogue is empty: features.npy has no rows; run 03_extract_features.py on photos")
        # What is joined of several files stays that; a mapped file is faster to slice as the array that it is.
        self.features = np.asarray(features) if isinstance(features, np.ndarray) else features
        count = len(features)
        mean = sum(self._block(rows).sum(axis=0, dtype=np.float64) for rows in blocks(count, size=BLOCK)) / count
        # Short of the full mean by one part in N, so that a catalogue of one photo keeps a direction.
        self.mean = (mean * (count - 1) / count).astype(np.float32)
        lengths = np.concatenate([np.linalg.norm(self._block(rows) - self.mean, axis=1)
                                  for rows in blocks(count, size=BLOCK)])
        self.scale = np.where(lengths > 0, 1 / np.maximum(lengths, 1e-12), 0).astype(np.float32)

    def __len__(self):
        return len(self.features)

    def _block(self, rows):
        return np.asarray(self.features[rows], np.float32)

    def directions(self, queries):
        """Return queries [Q, D] less the catalogue's mean, at length 1: float32 [Q, D]."""
        queries = np.atleast_2d(np.asarray(queries, np.float32))
        if queries.shape[1] != self.features.shape[1]:
            raise UserError(f"the photo has {queries.shape[1]} features, the catalogue {self.features.shape[1]}: made "
                            "by different networks; run 03_extract_features.py again")
        return unit_length(queries - self.mean).astype(np.float32)

    def rows(self, rows):
        """Return the features float32 [n, D] of the given rows, to search with them."""
        return np.asarray(self.features[np.asarray(rows)], np.float32)

    def search(self, queries, count):
        """Return (rows int [Q, k], similarities float32 [Q, k]) of the nearest photos of queries [Q, D], nearest first.

        k = min(count, N). Similarities are cosines about the catalogue's mean, -1..1; of equal ones any, by row.
        """
        directions, count = self.directions(queries), min(count, len(self))
        found = [self._search_batch(directions[start:start + QUERIES_AT_ONCE], count)
                 for start in range(0, len(directions), QUERIES_AT_ONCE)]
        return tuple(np.concatenate(parts) for parts in zip(*found))

    def _search_batch(self, directions, count):
        best, num = _Best(len(directions), count), len(directions)
        shift, size = directions @ self.mean, max(1, min(len(self), PRODUCTS // num))
        cosines = np.empty((num, size), np.float32)
        for rows in whole_blocks(self.features, size=size):
            found = self._multiply(directions, self._block(rows), cosines[:, :rows.stop - rows.start])
            # Query by query, so that the products stay in the processor's cache, and in this thread: those of the
            # multiplication are still awake, and others would wait for them.
            for products, less in zip(found, shift):
                products -= less
                products *= self.scale[rows]
            best.offer(found, rows.start)
        return best.rows, best.values

    @staticmethod
    def _multiply(directions, block, out):
        """The products [Q, B] of directions [Q, D] and a block of features [B, D], in `out`."""
        if len(directions) > FEW:
            return np.matmul(directions, block.T, out=out)
        size = len(block) if len(directions) == 1 else max(1, CACHED // block.shape[1])
        for rows in blocks(len(block), size=size):
            for direction, products in zip(directions, out):
                np.matmul(block[rows], direction, out=products[rows])
        return out

    def similarities(self, query, rows):
        """Return the cosines float32 [n] of one query [D] with the given rows int [n]."""
        direction = self.directions(query)[0]
        return (self.rows(rows) - self.mean) @ direction * self.scale[rows]


class _Best:
    """The `count` highest values of each of several streams, offered block by block; kept sorted, highest first."""

    def __init__(self, num_queries, count):
        self.count = count
        self.rows = np.empty((num_queries, 0), np.int64)
        self.values = np.empty((num_queries, 0), np.float32)

    def offer(self, values, first_row):
        """Take in values [Q, B] of the rows from `first_row` on.

        The highest `count` values lie in the `count` groups with the highest maxima, so only those are looked into, and
        what fits no group. A group is every n-th row: maxima of whole rows of groups are taken at once.
        """
        num_queries, num = values.shape
        groups = num // GROUP
        maxima = values[:, :groups * GROUP].reshape(num_queries, GROUP, groups).max(axis=1)
        members = groups * np.arange(GROUP)[:, None]
        columns = (_highest(maxima, self.count)[:, None] + members).reshape(num_queries, -1)
        rest = np.broadcast_to(np.arange(groups * GROUP, num), (num_queries, num - groups * GROUP))
        self._merge(np.concatenate([columns, rest], axis=1), values, first_row)

    def _merge(self, columns, values, first_row):
        rows = np.concatenate([self.rows, columns + first_row], axis=1)
        values = np.concatenate([self.values, np.take_along_axis(values, columns, 1)], axis=1)
        best = _highest(values, self.count)
        rows, values = np.take_along_axis(rows, best, 1), np.take_along_axis(values, best, 1)
        order = np.lexsort((rows, -values), axis=1)
        self.rows, self.values = np.take_along_axis(rows, order, 1), np.take_along_axis(values, order, 1)


def _highest(values, count):
    """Columns [Q, min(count, B)] of the highest values [Q, B] of each row, in any order."""
    num_queries, num = values.shape
    if count >= num:
        return np.broadcast_to(np.arange(num), (num_queries, num))
    return np.argpartition(values, num - count, axis=1)[:, num - count:]
