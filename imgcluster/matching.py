"""Passes over all rows: the unit of a map that is nearest to each, and what an epoch of training needs of them.

Distances come from a matrix product, |x - w|^2 / 2 = |x|^2 / 2 + |w|^2 / 2 - x.w, whose terms cancel where rows and
prototypes lie far from 0. So both are counted from the mean of the prototypes.
"""
from typing import NamedTuple

import numpy as np
from scipy import sparse

from imgcluster.rows import blocks, read_rows, sample_step
from imgcluster.threads import in_threads

CHECKED_ROWS = 5000


class Pass(NamedTuple):
    """What one pass over the rows found: each unit's rows, added up and counted, and the errors."""

    centre: np.ndarray  # [D], what offsets are counted from
    sums: np.ndarray  # [units, D], of row - centre
    hits: np.ndarray  # [units]
    error: float  # mean distance of the rows to their units
    pairs: np.ndarray  # int [2, n], best and second-best unit of about 5,000 rows; none for a map of one unit


def best_matching_units(features, prototypes, *, normalize=False, second=False):
    """Return the nearest prototype of each row and its distance: (unit int [N], distance float32 [N][, second unit]).

    features [N, D] may be memory-mapped; prototypes [units, D]. Rows are taken a block at a time, so that
    there are never distances of all rows at once. With `second`, the second-nearest prototype follows (-1 for a map of
    one unit).
    """
    centre, offsets = about_their_mean(prototypes)
    half_squares = half_squared_norms(offsets)

    def search(rows):
        block = read_rows(features, rows, normalize=normalize, centre=centre)
        scores = half_squares - block @ offsets.T
        best = scores.argmin(axis=1)
        distance = np.linalg.norm(block - offsets[best], axis=1)
        return best, distance, second_best(scores, best) if second and len(offsets) > 1 else np.full(len(best), -1)

    found = [(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64)),
             *in_threads(search, blocks(len(features)))]
    units, distances, seconds = (np.concatenate(parts) for parts in zip(*found))
    return (units, distances, seconds) if second else (units, distances)


def one_pass(data, prototypes, *, normalize=False):
    """Return the `Pass` over rows [N, D], which may be memory-mapped, with prototypes [units, D]."""
    centre, offsets = about_their_mean(prototypes)
    half_squares = half_squared_norms(offsets)
    check_every = sample_step(len(data), CHECKED_ROWS)

    def search(numbered):
        number, rows = numbered
        block = read_rows(data, rows, normalize=normalize, centre=centre)
        scores = block @ offsets.T
        np.subtract(half_squares, scores, out=scores)
        best = scores.argmin(axis=1)
        squares = np.einsum("bd,bd->b", block, block) + 2 * scores[np.arange(len(best)), best]
        distance = np.sqrt(np.maximum(squares, 0)).sum(dtype=np.float64)
        checked = number % check_every == 0 and len(offsets) > 1
        members = sparse.csr_matrix((np.ones(len(best), np.float32), best, np.arange(len(best) + 1)),
                                    (len(best), len(offsets)))
        return members.T @ block, best, distance, second_best(scores, best) if checked else None

    sums, hits = np.zeros_like(offsets), np.zeros(len(offsets))
    total, pairs = 0.0, [np.empty((2, 0), np.int64)]
    for moved, best, distance, second in in_threads(search, enumerate(blocks(len(data)))):
        sums += moved
        hits += np.bincount(best, minlength=len(hits))
        total += distance
        if second is not None:
            pairs.append(np.stack([best, second]))
    return Pass(centre, sums, hits, total / len(data), np.concatenate(pairs, axis=1))


def about_their_mean(prototypes):
    """Return the mean [D] of prototypes [units, D], and what each is beside it, float32."""
    centre = prototypes.mean(axis=0, dtype=np.float64).astype(np.float32)
    return centre, (prototypes - centre).astype(np.float32, copy=False)


def half_squared_norms(prototypes):
    """Return half of the squared length of each prototype: |x - w|^2 / 2 = |x|^2 / 2 + this - x.w."""
    return 0.5 * np.einsum("ud,ud->u", prototypes, prototypes)


def second_best(scores, best):
    """Return the second-lowest column of each row of `scores` [B, units], whose lowest is `best`; changes `scores`."""
    scores[np.arange(len(best)), best] = np.inf
    return scores.argmin(axis=1)
