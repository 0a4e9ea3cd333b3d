"""Exact nearest photos by cosine, straight from the memory-mapped features: nothing is copied, nothing built.

The catalogue's mean is taken off all vectors first, as what all photos share tells none apart (Mu & Viswanath,
"All-but-the-top", ICLR 2018, section 2). As (x - m) q = x q - m q, this and the normalisation cost one number a photo
and leave the file as it is.
"""
import numpy as np

from imgcluster.errors import UserError
from imgcluster.features import normalize_rows
from imgcluster.rows import blocks

# Products held at once (64 MB): few large multiplications, as each one waits for its slowest thread. What is done to
# the products afterwards is done in pieces that stay in the processor's cache.
PRODUCTS, PIECE, MIN_PIECE = 2**24, 2**16, 4096
QUERIES_AT_ONCE = 256


class CosineIndex:
    """An exact index over features [N >= 1, D], any real type, that may be memory-mapped and larger than memory."""

    def __init__(self, features):
        """Read the features once: their mean and the length of each row about it. Raises UserError when empty."""
        if not len(features):
            raise UserError("the catalogue is empty: features.npy has no rows; run 03_extract_features.py on photos")
        self.features = np.asarray(features)
        count = len(features)
        mean = sum(self._block(rows).sum(axis=0, dtype=np.float64) for rows in blocks(count, size=MIN_PIECE)) / count
        # Short of the full mean by one part in N, so that a catalogue of one photo keeps a direction.
        self.mean = (mean * (count - 1) / count).astype(np.float32)
        lengths = np.concatenate([np.linalg.norm(self._block(rows) - self.mean, axis=1)
                                  for rows in blocks(count, size=MIN_PIECE)])
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
        return normalize_rows(queries - self.mean).astype(np.float32)

    def rows(self, rows):
        """Return the features float32 [n, D] of the given rows, to search with them."""
        return np.asarray(self.features[np.asarray(rows)], np.float32)

    def search(self, queries, count):
        """Return (rows int [Q, k], similarities float32 [Q, k]) of the nearest photos of queries [Q, D], nearest first.

        k = min(count, N). Similarities are cosines about the catalogue's mean, -1..1; equal ones go by row.
        """
        directions, count = self.directions(queries), min(count, len(self))
        found = [self._search_batch(directions[start:start + QUERIES_AT_ONCE], count)
                 for start in range(0, len(directions), QUERIES_AT_ONCE)]
        return tuple(np.concatenate(parts) for parts in zip(*found))

    def _search_batch(self, directions, count):
        best, num = _Best(len(directions), count), len(directions)
        shift = (directions @ self.mean)[:, None]
        piece = max(count, MIN_PIECE, PIECE // num)
        for rows in blocks(len(self), size=max(count, PRODUCTS // num)):
            block = self._block(rows)
            # As a product with a vector the file is read straight from memory; a matrix of one row would be copied.
            products = (block @ directions[0])[None] if num == 1 else directions @ block.T
            for part in blocks(len(block), size=piece):
                first = rows.start + part.start
                best.offer((products[:, part] - shift) * self.scale[first:rows.start + part.stop], first)
        return best.rows, best.values

    def similarities(self, query, rows):
        """Return the cosines float32 [n] of one query [D] with the given rows int [n]."""
        direction = self.directions(query)[0]
        return (self.rows(rows) - self.mean) @ direction * self.scale[rows]

    def plain_similarities(self, query, rows):
        """Return the cosines float32 [n] of one query [D] with the given rows int [n], not about the mean."""
        return normalize_rows(self.rows(rows)) @ normalize_rows(np.atleast_2d(np.asarray(query, np.float32)))[0]


class _Best:
    """The `count` highest values of each of several streams, offered piece by piece; kept sorted, highest first."""

    def __init__(self, num_queries, count):
        self.count = count
        self.rows = np.empty((num_queries, 0), np.int64)
        self.values = np.empty((num_queries, 0), np.float32)

    def offer(self, values, first_row):
        """Take in values [Q, B] of the rows from `first_row` on."""
        if self.rows.shape[1] < self.count:
            rows = np.broadcast_to(np.arange(first_row, first_row + values.shape[1]), values.shape)
            self._merge(slice(None), rows, values)
            return
        # Almost no block holds anything better once the first have been seen: one comparison settles it.
        for query in np.flatnonzero(values.max(axis=1) > self.values[:, -1]):
            better = np.flatnonzero(values[query] > self.values[query, -1])
            self._merge(slice(query, query + 1), better[None] + first_row, values[query, better][None])

    def _merge(self, queries, rows, values):
        rows = np.concatenate([self.rows[queries], rows], axis=1)
        values = np.concatenate([self.values[queries], values], axis=1)
        keep = min(self.count, values.shape[1])
        if keep < values.shape[1]:
            columns = np.argpartition(-values, keep - 1, axis=1)[:, :keep]
            rows, values = np.take_along_axis(rows, columns, 1), np.take_along_axis(values, columns, 1)
        order = np.lexsort((rows, -values), axis=1)
        rows, values = np.take_along_axis(rows, order, 1), np.take_along_axis(values, order, 1)
        if queries == slice(None):
            self.rows, self.values = rows, values
        else:
            self.rows[queries], self.values[queries] = rows, values
