"""Nearest photos found through the map, and the neighbourhood graph that clusters are read from."""
import numpy as np
from scipy import sparse

from imgcluster.pca import principal_axes
from imgcluster.rows import blocks, read_rows, read_sample, sample_step, unit_length
from imgcluster.threads import all_in_threads

DIMENSIONS = 128
SAMPLE_ROWS = 5000
CANDIDATES = 1000
# Of a unit with twice as many photos or more, evenly spaced ones are candidates: all copies of a photo lie in one unit.
UNIT_CANDIDATES = 3000


def project(features, *, dimensions=DIMENSIONS):
    """Return features [N, D], scaled to unit length and centred, on their leading principal axes, float32
    [N, min(N, D, dimensions)].

    The axes come from 5,000 to 10,000 evenly spaced rows, or all; features may be memory-mapped. Distances between the
    results stand for the angles between photos at a fraction of the cost.
    """
    sample = read_sample(features, SAMPLE_ROWS, normalize=True)
    mean = sample.mean(axis=0)
    rank = min(dimensions, *sample.shape)
    axes = np.eye(len(mean), dtype=np.float32)
    if rank < len(mean):
        axes, _ = principal_axes(sample - mean, rank)
    projected = np.empty((len(features), len(axes)), np.float32)

    def fill(rows):
        projected[rows] = (read_rows(features, rows, normalize=True) - mean) @ axes.T

    all_in_threads(fill, blocks(len(features)))
    return projected


class Surroundings:
    """Photos by the map unit they lie in, and those in the units around each."""

    def __init__(self, units, places):
        """units int [N] 0..U-1: of each photo, none empty; places [U, d]: of the units."""
        self._order = np.argsort(units, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(units))])
        self._places, self._squares = places, np.einsum("ud,ud->u", places, places)

    def inside(self, number):
        """Return the photos in the unit of this number."""
        return self._order[self._starts[number]:self._starts[number + 1]]

    def around(self, number, *, candidates=CANDIDATES):
        """Return the photos in it and in the nearest units, whole ones, until they are `candidates` or all.

        Of 6,000 or more in one unit 3,000 to 6,000 are taken, evenly spaced, so that the cost does not grow with their
        square.
        """
        gaps = self._squares - 2 * (self._places @ self._places[number])
        ranked = np.argsort(gaps, kind="stable")
        held = np.cumsum(np.diff(self._starts)[ranked])
        ranked = ranked[:np.searchsorted(held, min(candidates, held[-1])) + 1]
        return np.concatenate([self._some_inside(other) for other in ranked])

    def _some_inside(self, number):
        inside = self.inside(number)
        return inside[::sample_step(len(inside), UNIT_CANDIDATES)]


class Nearby:
    """Photos on a map, of which those in the nearest directions are sought in the units around: cost and memory grow
    linearly."""

    def __init__(self, places, units, prototypes):
        """places [N, d], which may be read when asked for; units int [N]: of the map with `prototypes` [U, D]."""
        self.places = places
        occupied, numbers = np.unique(units, return_inverse=True)
        there = prototypes[occupied]
        self._surroundings = Surroundings(numbers, there)
        # Where nothing lies in a unit, the nearest one where something does.
        self._number = np.concatenate([squared_gaps(prototypes[rows], there).argmin(axis=1)
                                       for rows in blocks(len(prototypes))])

    def nearest(self, places, units, k):
        """Return the photos nearest to each of places [M, d] in units int [M] of the map: (index, distance), [M, k],
        nearest first; k: N at most; distances are those of places at length 1."""
        k, numbers = min(k, len(self.places)), self._number[units]
        index, distance = np.empty((len(places), k), np.int64), np.empty((len(places), k), np.float32)
        order = np.argsort(numbers, kind="stable")
        for asked in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
            pool = self._surroundings.around(numbers[asked[0]])
            around = unit_length(np.asarray(self.places[pool], np.float32))
            for some in blocks(len(asked)):
                mine = asked[some]
                own = unit_length(np.asarray(places[mine], np.float32))
                index[mine], distance[mine] = smallest(squared_gaps(own, around), pool, k)
        return index, distance


def nearest_photos(points, units, *, num_neighbours, candidates=CANDIDATES):
    """Return the nearest photos of each photo, sought only in the units around its own: (index, distance), [N, k].

    points [N, d]; units int [N]. Units are taken in, nearest first, until they hold `candidates` photos (`around`), so
    the cost grows linearly with N and the answer is exact where N <= candidates. k = min(num_neighbours, N - 1).
    """
    num = len(points)
    k = min(num_neighbours, num - 1)
    _, numbers, hits = np.unique(units, return_inverse=True, return_counts=True)
    surroundings = Surroundings(numbers, group_means(points, numbers, hits))
    index, distance = np.empty((num, k), np.int32), np.empty((num, k), np.float32)

    def search(number):
        inside, pool = surroundings.inside(number), surroundings.around(number, candidates=candidates)
        for own in (inside[rows] for rows in blocks(len(inside))):  # many photos alike share a unit
            gaps = squared_gaps(points[own], points[pool])
            gaps[own[:, None] == pool] = np.inf
            index[own], distance[own] = smallest(gaps, pool, k)

    all_in_threads(search, range(len(hits)))
    return index, distance


def squared_gaps(rows, others):
    """Return the squared distances [n, m] between rows [n, d] and others [m, d]."""
    return (np.einsum("nd,nd->n", rows, rows)[:, None] + np.einsum("nd,nd->n", others, others)
            - 2 * rows @ others.T)


def smallest(gaps, pool, k):
    """Return (the k items of pool [m] that are nearest to each of n rows, their distances), each [n, k], nearest first;
    gaps [n, m]: squared distances of the rows to the items."""
    columns = np.argpartition(gaps, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(gaps, columns, axis=1)
    by_value = np.argsort(values, axis=1, kind="stable")
    squared = np.maximum(np.take_along_axis(values, by_value, axis=1), 0)
    return pool[np.take_along_axis(columns, by_value, axis=1)], np.sqrt(squared)


def fuzzy_graph(index, distance):
    """Return the symmetric neighbourhood graph of UMAP (McInnes et al. 2018, section 3.1), sparse [N, N], weights 0..1.

    index, distance [N, k]: nearest photos, nearest first. Each photo's weights fall off from its nearest neighbour at a
    rate that makes them add up to log2(k), which evens out dense and sparse regions; the two directions are joined by
    a + b - ab.
    """
    num, k = index.shape
    excess = (distance - distance[:, :1]).astype(np.float64)
    weights = np.exp(-excess / _bandwidths(excess)[:, None])
    graph = sparse.csr_matrix((weights.ravel(), index.ravel(), k * np.arange(num + 1)), (num, num))
    return (graph + graph.T - graph.multiply(graph.T)).tocsr()


def _bandwidths(excess):
    """Solve sum(exp(-excess / s)) = log2(k) for s of each row of excess [N, k] by bisection."""
    target = np.log2(max(excess.shape[1], 2))
    low, high = np.full(len(excess), 1e-6), np.full(len(excess), 10.0)
    for _ in range(40):
        middle = (low + high) / 2
        above = np.exp(-excess / middle[:, None]).sum(axis=1) > target
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def group_means(points, groups, sizes):
    """Return the mean point [G, d] of each group; groups int [N] 0..G-1, sizes [G]."""
    return (membership(groups, len(sizes)).T @ points) / sizes[:, None].astype(np.float32)


def add_by_group(sums, rows, groups):
    """Add rows [B, d] to the sums [G, d] of their groups int [B]; groups without a row take no time."""
    present, places = np.unique(groups, return_inverse=True)
    sums[present] += membership(places, len(present)).T @ rows


def membership(labels, num_labels):
    """Return the sparse one-hot matrix [N, num_labels] of labels."""
    num = len(labels)
    return sparse.csr_matrix((np.ones(num, np.float32), labels, np.arange(num + 1)), (num, num_labels))
