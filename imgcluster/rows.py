"""Rows of feature arrays: checked, and read block by block so that the array may be larger than memory."""
import mmap
from contextlib import suppress
from itertools import pairwise

import numpy as np

BLOCK_ROWS = 1024


def blocks(num_rows, *, size=BLOCK_ROWS):
    """Yield consecutive slices that cover `num_rows` rows."""
    for start in range(0, num_rows, size):
        yield slice(start, min(start + size, num_rows))


def whole_blocks(features, *, size):
    """Yield consecutive slices of up to `size` rows that cover `features`; of `Joined` ones none lies in two arrays, so
    that each is there without a copy."""
    for start, stop in pairwise(getattr(features, "starts", (0, len(features)))):
        for rows in blocks(stop - start, size=size):
            yield slice(int(start) + rows.start, int(start) + rows.stop)


def sample_step(num_rows, wanted):
    """Return the step at which every step-th of `num_rows` rows makes a sample of `wanted` or up to twice as many."""
    return max(1, num_rows // wanted)


def read_rows(features, rows=slice(None), *, normalize=False, centre=None):
    """Return the slice `rows` (step 1) of `features` as float32 [B, D], scaled to unit length if `normalize`.

    centre: [D], taken off each row before wider numbers are rounded to float32. Pages of a memory-mapped file are let
    go once they are read, so that they do not pile up in the process' memory.
    """
    block = _taken(features, rows)
    if normalize:
        block = unit_length(np.asarray(block, np.float32))
    if centre is not None:
        # Scaled rows are a copy, and making another one costs as much as scaling them.
        block = np.subtract(block, centre, out=block if normalize else None)
    return np.asarray(block, np.float32)


def read_sample(features, wanted, *, normalize=False):
    """Return `wanted` to twice as many evenly spaced rows of `features`, or all, as `read_rows` returns them."""
    step = sample_step(len(features), wanted)
    if step == 1 or not _is_mapped(features):
        return read_rows(features if step == 1 else features[::step], normalize=normalize)
    sample = np.empty((len(range(0, len(features), step)), features.shape[1]), features.dtype)
    for place, row in enumerate(range(0, len(features), step)):
        sample[place] = features[row]
        # All of them: with a page the kernel maps those around it, megabytes where pages are large.
        _let_go(features, 0, len(features))
    return read_rows(sample, normalize=normalize)


def _taken(features, rows):
    if not _is_mapped(features):
        return features[rows]
    block = np.array(features[rows])
    start, stop, _ = rows.indices(len(features))
    _let_go(features, start, max(start, stop))
    return block


def _let_go(features, start, stop):
    """Unmap the pages of rows start to stop of a mapped file; whoever looks there next has them mapped anew."""
    row_bytes = features.shape[1] * features.itemsize
    place = features.offset % mmap.ALLOCATIONGRANULARITY
    first, last = place + start * row_bytes, place + stop * row_bytes
    first -= first % mmap.PAGESIZE
    if last > first:
        # Pages that are locked in memory stay.
        with suppress(OSError):
            features.base.madvise(mmap.MADV_DONTNEED, first, last - first)


def _is_mapped(features):
    """Tell whether pages of `features` can be let go: of a whole file's rows, without changes that no file has.

    The file is read by way of the mapping and never by its name, where another file, or none, may be by now.
    """
    return (isinstance(features, np.memmap) and isinstance(features.base, mmap.mmap) and features.mode != "c"
            and features.flags.c_contiguous and hasattr(mmap, "MADV_DONTNEED"))


def as_rows(features):
    """Return what has rows as it is, so that a mapped file is not read as a whole; lists and tables as an array."""
    # Of a table, data[0] is the column of that name.
    return features if hasattr(features, "shape") and not hasattr(features, "columns") else np.asarray(features)


def check_finite(features):
    """Raise a ValueError that names the first row of `features` [N, D] whose length is not a finite float32."""
    for rows in blocks(len(features)):
        bad = np.flatnonzero(~np.isfinite(np.linalg.norm(read_rows(features, rows), axis=1)))
        if len(bad):
            raise ValueError(f"row {rows.start + bad[0]} holds NaN, infinite or far too large numbers: leave it out or "
                             "replace them")


def read_all(features):
    """Return all rows of `features` as `read_rows` returns some, made or read block by block."""
    return np.concatenate([read_rows(features, rows) for rows in blocks(len(features))])


def with_direction(features):
    """Return the numbers int [M] of the rows of features [N, D] that point anywhere: all but those of length 0."""
    lengths = [np.linalg.norm(read_rows(features, rows), axis=1) for rows in blocks(len(features))]
    return np.flatnonzero(np.concatenate([np.zeros(0), *lengths]))


class OnAxes:
    """Rows float32 [N, K] of features [N, D] on other axes, made as they are read: unit-length rows @ axes + offset.

    axes: [D, K]; offset: [K]; features may be memory-mapped.
    """

    def __init__(self, features, axes, offset):
        self.features, self.axes, self.offset = features, np.float32(axes), np.float32(offset)
        self.shape = (len(features), self.axes.shape[1])

    def __len__(self):
        return len(self.features)

    def __getitem__(self, rows):
        return unit_length(np.asarray(self.features[rows], np.float32)) @ self.axes + self.offset


class Picked:
    """The rows [M, D] of features [N, D], which may be memory-mapped, at numbers int [M], read when asked for."""

    def __init__(self, features, numbers):
        self.features, self.numbers = features, numbers
        self.shape = (len(numbers), features.shape[1])

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, rows):
        return np.asarray(self.features[self.numbers[rows]])


def picked(features, numbers):
    """Return the rows of features [N, D] at numbers int [M] as `Picked`, or features themselves where that is all."""
    return features if np.array_equal(numbers, np.arange(len(features))) else Picked(features, numbers)


class Joined:
    """The rows [N, D] of arrays [n, D], which may be memory-mapped, one after the other, read when asked for."""

    def __init__(self, parts):
        self.parts, self.starts = parts, np.cumsum([0, *map(len, parts)])
        self.shape = (int(self.starts[-1]), parts[0].shape[1])

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """One row by its number, rows by theirs int [M], or by a slice, as float32."""
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            return self._stretch(start, stop) if step == 1 else self[np.arange(start, stop, step)]
        parts, places = self.places(rows)
        found = np.empty((*np.shape(rows), self.shape[1]), np.float32)
        for part in np.unique(parts):
            inside = parts == part
            found[inside] = self.parts[part][places[inside]]
        return found

    def _stretch(self, start, stop):
        inside = [read_rows(part, slice(max(start - first, 0), stop - first))
                  for part, first in zip(self.parts, self.starts) if first < stop and start < first + len(part)]
        return inside[0] if len(inside) == 1 else np.concatenate([np.empty((0, self.shape[1]), np.float32), *inside])

    def places(self, rows):
        """Return (number of the array, row in it), int [M] each, of rows int [M]."""
        parts = np.searchsorted(self.starts, rows, side="right") - 1
        return parts, rows - self.starts[parts]


def joined(parts):
    """Return arrays [n, D] as `Joined`, or the one there is itself."""
    return parts[0] if len(parts) == 1 else Joined(parts)


def unit_length(block):
    """Return the rows of `block` scaled to Euclidean length 1; zero rows stay zero."""
    length = np.linalg.norm(block, axis=1, keepdims=True)
    return block / np.where(length > 0, length, 1)
