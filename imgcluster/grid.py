"""Geometry of a map's grid: positions, distances with or without a seam, and the neighbourhood applied axis by axis."""
import numpy as np

ROW_HEIGHT = np.sqrt(3) / 2


class Grid:
    """Positions of x times y units on a rectangular or hexagonal grid, planar or toroidal.

    Unit (i, j) has the flat index i * y + j, as in MiniSom, whose hexagonal layout is kept: lines of equal j lie
    sqrt(3)/2 apart and every other one is shifted by half a unit. A toroidal hexagonal grid needs an even y, or 1.
    """

    def __init__(self, x, y, *, topology="rectangular", toroidal=False):
        if topology == "hexagonal" and toroidal and y % 2 and y > 1:
            raise ValueError(f"a toroidal hexagonal grid needs an even number of columns, {y} found")
        self.x, self.y, self.topology, self.toroidal = x, y, topology, toroidal
        hexagonal = topology == "hexagonal"
        self.row_height = ROW_HEIGHT if hexagonal else 1.0
        self.shift = np.where((np.arange(y)[::-1] % 2 == 0) & hexagonal, -0.5, 0.0)

    def positions(self):
        """Return the plane positions of all units, float [x * y, 2]."""
        along_x = np.arange(self.x)[:, None] + self.shift[None, :]
        along_y = np.broadcast_to(np.arange(self.y) * self.row_height, (self.x, self.y))
        return np.stack([along_x.ravel(), along_y.ravel()], axis=1)

    def distances(self, first, second):
        """Return the grid distances between units of flat indices `first` and `second`, broadcast together."""
        positions = self.positions()
        delta = np.abs(positions[first] - positions[second])
        return np.hypot(*np.moveaxis(self._wrapped(delta, np.array([self.x, self.y * self.row_height])), -1, 0))

    def neighbourhood(self, unit, sigma):
        """Return the Gaussian of `sigma` units around the unit of flat index `unit`, at all units: float [x * y]."""
        return np.exp(-self.distances(unit, np.arange(self.x * self.y)) ** 2 / (2 * sigma**2))

    def neighbours(self):
        """Return pairs (first, second) of flat indices of adjacent units: 8 around a square, 6 around a hexagon."""
        index = np.arange(self.x * self.y).reshape(self.x, self.y)
        pairs = [self._shifted_pairs(index, i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
        first, second = np.unique(np.concatenate(pairs, axis=1), axis=1)
        adjacent = (first != second) & self.are_adjacent(first, second)
        return first[adjacent], second[adjacent]

    def are_adjacent(self, first, second):
        """Tell which of the units `first` and `second` are neighbours on the grid."""
        reach = 1.01 if self.topology == "hexagonal" else 1.42
        return self.distances(first, second) <= reach

    def smooth(self, sums, sigma):
        """Return sums [x, y, D] weighted over the grid with a Gaussian of `sigma` units, one axis after the other.

        The Gaussian of a squared distance is a product over the two axes, hexagonal grids included: there the kernel
        along x depends on whether the two lines are shifted against each other.
        """
        along_y = self._kernel(np.arange(self.y)[:, None] * self.row_height - np.arange(self.y) * self.row_height,
                               self.y * self.row_height, sigma)
        smoothed = np.empty_like(sums)
        for target in np.unique(self.shift):
            lines = self.shift == target
            along_x = np.empty_like(sums)
            for source in np.unique(self.shift):
                offset = np.arange(self.x)[:, None] - np.arange(self.x) + target - source
                kernel = self._kernel(offset, self.x, sigma)
                along_x[:, self.shift == source] = np.tensordot(kernel, sums[:, self.shift == source], axes=1)
            smoothed[:, lines] = np.matmul(along_y[lines], along_x)
        return smoothed

    def _kernel(self, offset, period, sigma):
        return np.exp(-self._wrapped(np.abs(offset), period) ** 2 / (2 * sigma**2)).astype(np.float32)

    def _wrapped(self, delta, period):
        return np.minimum(delta, period - delta) if self.toroidal else delta

    def _shifted_pairs(self, index, i, j):
        if self.toroidal:
            return np.stack([index.ravel(), np.roll(index, (i, j), axis=(0, 1)).ravel()])
        here = index[max(i, 0):self.x + min(i, 0), max(j, 0):self.y + min(j, 0)]
        there = index[max(-i, 0):self.x + min(-i, 0), max(-j, 0):self.y + min(-j, 0)]
        return np.stack([here.ravel(), there.ravel()])
