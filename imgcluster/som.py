"""Self-Organizing Map trained in batch by float32 matrix products; a drop-in subclass of MiniSom."""
import warnings
from collections import Counter, defaultdict

import numpy as np
from minisom import MiniSom

from imgcluster.errors import UserError
from imgcluster.grid import Grid
from imgcluster.matching import best_matching_units, one_pass
from imgcluster.pca import principal_axes
from imgcluster.rows import as_rows, blocks, check_finite, picked, read_rows, read_sample, with_direction
from imgcluster.wording import counted

PHOTOS_PER_UNIT = 3.5
MAX_UNITS = 2500
SAMPLE_ROWS = 5000
# By so much of the largest number in them prototypes of equal rows differ at most.
ROUNDING = 1e-6
# Of a map for which nobody says how many: of new photos (`new_groups`), and in benchmarks, whose figures are of such
# maps. The one that is shown has SOM_EPOCHS, those of `hierarchy_of` have MAP_EPOCHS.
EPOCHS = 15
# More units than photos may be asked for, up to so many.
MOST_UNITS = 10_000


def default_grid(num_photos):
    """Return (rows, columns) of a map for `num_photos` photos: about one unit for 3.5 photos, at most 2,500 units.

    The bound keeps the cost linear in the number of photos. Columns are even where there is more than one, so that
    every topology fits.
    """
    units = min(max(num_photos / PHOTOS_PER_UNIT, 1), MAX_UNITS)
    columns = round(np.sqrt(units))
    columns += columns % 2 if columns > 1 else 0
    return max(1, round(units / columns)), columns


class SelfOrganizingMap(MiniSom):
    """A map of x times y units, with the methods of MiniSom 2.3 and a batch `fit` (Kohonen 2013, sections 4.1 and 4.2).

    Arguments that MiniSom has too stand in its order and mean the same, but `sigma` is a quarter of the longer side
    where none is given (MiniSom: 1) and `random_seed` is 0 (MiniSom: None). The neighbourhood must be Gaussian and the
    distance Euclidean. `topology` is "rectangular" or "hexagonal"; `toroidal` joins opposite edges. `normalize` scales
    every row given to any method to unit length, so that the map compares directions (cosine); the weights then live in
    that space.

    Batch training (`fit`, `train_batch_offline`) moves units all the way to the mean of their rows, while the
    neighbourhood's standard deviation shrinks from `sigma` to `sigma_end`, both in units; `learning_rate` and the two
    decay functions are for MiniSom's training row by row (`train`, `train_random`). After `fit`: `quantization_errors`
    and `topographic_errors`, one per epoch. `fit` depends on no chance.

    Weights are float32. Where the mean of the rows is beyond 10,000 times their spread, take it off first.
    """

    def __init__(self, x, y, input_len, sigma=None, learning_rate=0.5, decay_function="asymptotic_decay",
                 neighborhood_function="gaussian", topology="rectangular", activation_distance="euclidean",
                 random_seed=0, sigma_decay_function="asymptotic_decay", *, sigma_end=0.4, toroidal=False,
                 normalize=False):
        _check_options(neighborhood_function=(neighborhood_function, "gaussian"),
                       activation_distance=(activation_distance, "euclidean"))
        _check_sides(x=x, y=y)
        sigma = max(x, y) / 4 if sigma is None else sigma
        _check_widths(sigma=sigma, sigma_end=sigma_end)
        super().__init__(x, y, input_len, sigma=sigma, learning_rate=learning_rate, decay_function=decay_function,
                         topology=topology, random_seed=random_seed, sigma_decay_function=sigma_decay_function)
        self._weights = self._weights.astype(np.float32)
        self.grid = Grid(x, y, topology=topology, toroidal=toroidal)
        self.toroidal, self.normalize, self.sigma_end = toroidal, normalize, sigma_end
        self.quantization_errors, self.topographic_errors = [], []

    @property
    def prototypes(self):
        """The weights as one row per unit, float32 [x * y, D]; row i * y + j is unit (i, j)."""
        return self._weights.reshape(-1, self._weights.shape[2])

    def set_weights(self, weights):
        """Take a copy of weights [x, y, D] as they are, those of a map trained before; ValueError for another shape."""
        if np.shape(weights) != self._weights.shape:
            raise ValueError(f"weights of shape {np.shape(weights)} do not fit this map: they must be "
                             f"{self._weights.shape}")
        self._weights = np.array(weights, np.float32)

    def fit(self, features, *, epochs=EPOCHS, callback=None):
        """Train from the PCA plane on features [N, D] (may be memory-mapped) and return the map.

        Each epoch moves every unit to the mean of all rows weighted by a Gaussian around their best-matching units.
        `callback(epoch, quantization_error, topographic_error)` is called after each epoch; both errors are those of
        the map the epoch began with, the topographic one measured on about 5,000 rows, evenly spaced blocks. Raises
        a ValueError for rows of another width and for numbers that are not finite.
        """
        if epochs < 0:
            raise ValueError(f"epochs must be at least 0, not {epochs}: {EPOCHS} is usual, 0 leaves the map at "
                             "its start")
        features = as_rows(features)
        self.pca_weights_init(features)
        self.quantization_errors, self.topographic_errors = [], []
        for epoch in range(epochs):
            quantization_error, topographic_error = self._batch_epoch(features, self._sigma_at(epoch, epochs))
            self.quantization_errors.append(quantization_error)
            self.topographic_errors.append(topographic_error)
            if callback is not None:
                callback(epoch, quantization_error, topographic_error)
        return self

    def pca_weights_init(self, data):
        """Spread the weights evenly over the plane of the first two principal components of a sample of `data`.

        The first lies along the longer side of the grid (as in SOM Toolbox; in MiniSom, along x always). The plane
        reaches sqrt(3) standard deviations to each side: the spread of a uniform density of that deviation.
        """
        data = as_rows(data)
        self._check_input_len(data)
        sample = read_sample(data, SAMPLE_ROWS, normalize=self.normalize)
        if not np.isfinite(np.linalg.norm(sample, axis=1)).all():
            check_finite(data)
        mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
        axes, singular = principal_axes(sample - mean, 2)
        reach = np.sqrt(3 / len(sample)) * singular[:, None] * axes
        reach = np.concatenate([reach, np.zeros((2, len(mean)), np.float32)])[:2]
        if self.grid.y > self.grid.x:
            reach = reach[::-1]
        sides = [np.linspace(-1, 1, length) if length > 1 else np.zeros(1) for length in self._weights.shape[:2]]
        first, second = np.meshgrid(*sides, indexing="ij")
        plane = mean + first[..., None] * reach[0] + second[..., None] * reach[1]
        self._weights = plane.astype(np.float32)

    def train_batch_offline(self, data, num_iteration, verbose=False, *, sigma=None):
        """Batch training from the present weights, as MiniSom's method of this name (verbose: print the errors).

        In each call the neighbourhood shrinks to `sigma_end`, from `sigma` (default: the map's). To go on where an
        earlier training ended, without spreading the map anew: `train_batch_offline(data, 5, sigma=som.sigma_end)`.
        """
        data = as_rows(data)
        self._check_iteration_number(num_iteration)
        self._check_input_len(data)
        if sigma is not None:
            _check_widths(sigma=sigma)
        for epoch in range(num_iteration):
            errors = self._batch_epoch(data, self._sigma_at(epoch, num_iteration, sigma))
            if verbose:
                print(f"epoch {epoch + 1}/{num_iteration}: quantization error {errors[0]:.4f}")

    def best_matching_units(self, features, *, second=False):
        """Return (unit, distance[, second unit]) of each row; see the function of the same name."""
        features = as_rows(features)
        if len(features) > 0:
            self._check_input_len(features)
        return best_matching_units(features, self.prototypes, normalize=self.normalize, second=second)

    def quantization(self, data):
        """Return the prototype of each row's best-matching unit, float32 [N, D]."""
        self._check_input_len(data)
        return self.prototypes[self.best_matching_units(as_rows(data))[0]]

    def quantization_error(self, data):
        """Return the mean distance of the rows to their best-matching units."""
        self._check_input_len(data)
        return float(self.best_matching_units(as_rows(data))[1].mean(dtype=np.float64))

    def topographic_error(self, data):
        """Return the share of rows whose two best-matching units are no neighbours on the grid (NaN for one unit)."""
        if len(self.prototypes) == 1:
            warnings.warn("The topographic error is not defined for a 1-by-1 map.", stacklevel=2)
        return self.errors(data)[1]

    def errors(self, data):
        """Return (quantization error, topographic error), found in one search."""
        self._check_input_len(data)
        first, distance, second = self.best_matching_units(as_rows(data), second=True)
        return float(distance.mean(dtype=np.float64)), self._share_apart(first, second)

    def activation_response(self, data):
        """Return how many rows have each unit as best-matching unit, float [x, y]."""
        self._check_input_len(data)
        units = self.best_matching_units(as_rows(data))[0]
        return np.bincount(units, minlength=len(self.prototypes)).reshape(self._weights.shape[:2]).astype(float)

    def win_map(self, data, return_indices=False):
        """Return {(i, j): rows of `data`, or their indices} of the units that won any."""
        data = as_rows(data)
        self._check_input_len(data)
        won = defaultdict(list)
        for index, unit in enumerate(self._coordinates(data)):
            won[unit].append(index if return_indices else data[index])
        return won

    def labels_map(self, data, labels):
        """Return {(i, j): Counter of the labels} of the units that won any row."""
        if len(data) != len(labels):
            raise ValueError("data and labels must have the same length.")
        counts = defaultdict(Counter)
        for unit, label in zip(self._coordinates(data), labels):
            counts[unit][label] += 1
        return counts

    def distance_map(self, scaling="sum"):
        """Return the U-matrix [x, y]: sum (or "mean") of each unit's distances to its neighbours, over the largest.

        Neighbours are those next to a unit by its coordinates. MiniSom's `distance_map` contradicts its own on
        hexagonal grids with an even y: it takes the lines for shifted that are not.
        """
        if scaling not in ("sum", "mean"):
            raise ValueError(f'scaling should be either "sum" or "mean" ("{scaling}" not valid)')
        first, second = self.grid.neighbours()
        between = (self.prototypes[first[pairs]] - self.prototypes[second[pairs]] for pairs in blocks(len(first)))
        apart = np.concatenate([np.zeros(0), *(np.sqrt(np.einsum("nd,nd->n", each, each)) for each in between)])
        total = np.bincount(first, apart, len(self.prototypes))
        if scaling == "mean":
            total = total / np.maximum(np.bincount(first, minlength=len(total)), 1)
        largest = total.max() if total.max() > ROUNDING * np.abs(self.prototypes).max() else np.inf
        return (total / largest).reshape(self._weights.shape[:2])

    def random_weights_init(self, data):
        """Set each unit's weights to a random row of `data`."""
        self._check_input_len(data)
        chosen = [self._random_generator.randint(len(data)) for _ in self.prototypes]
        self.set_weights(read_rows(as_rows(data)[chosen], normalize=self.normalize).reshape(self._weights.shape))

    def update(self, x, win, t, max_iteration):
        """Move the weights towards the row `x` won by unit `win`: one step of MiniSom's training row by row."""
        super().update(self._scaled([x])[0], win, t, max_iteration)

    def distortion_measure(self, data):
        """Return the sum of the rows' distances to all units, by the neighbourhood of each row's best-matching unit."""
        return super().distortion_measure(self._scaled(as_rows(data)))

    def _activate(self, x):
        super()._activate(self._scaled([x])[0])

    def _gaussian(self, c, sigma):
        """The neighbourhood [x, y] of the unit at `c` in MiniSom's training row by row, over seams too."""
        return self.grid.neighbourhood(c[0] * self.grid.y + c[1], sigma).reshape(self.grid.x, self.grid.y)

    def _scaled(self, data):
        return read_rows(np.asarray(data), normalize=True) if self.normalize else np.asarray(data)

    def _check_input_len(self, data):
        """Raise MiniSom's ValueError for rows of another width, and one where there are no rows, or what is none."""
        if len(data) == 0:
            raise ValueError(f"there are no rows: a map of this kind takes rows of {self._input_len} numbers")
        if len(np.shape(data)) != 2:
            raise ValueError(f"an array of shape {np.shape(data)}: a map of this kind takes rows [N, "
                             f"{self._input_len}], a single one as row[None]")
        super()._check_input_len(as_rows(data)[:1])

    def _sigma_at(self, epoch, epochs, start=None):
        """Shrink geometrically from `start` (default: sigma) to sigma_end."""
        start = max(self._sigma if start is None else start, self.sigma_end)
        return start * (self.sigma_end / start) ** (epoch / max(epochs - 1, 1))

    def _batch_epoch(self, data, sigma):
        """Move the weights once; return the quantization and topographic error from before the move."""
        found = one_pass(data, self.prototypes, normalize=self.normalize)
        if not np.isfinite(found.error):
            check_finite(data)
        shape = self._weights.shape
        share = self.grid.smooth(found.hits.reshape(*shape[:2], 1).astype(np.float32), sigma)
        reached = share[..., 0] > 1e-12
        smoothed = self.grid.smooth(found.sums.reshape(shape), sigma)
        self._weights[reached] = found.centre + smoothed[reached] / share[reached]
        return found.error, self._share_apart(*found.pairs)

    def _share_apart(self, first, second):
        if len(self.prototypes) == 1:
            return float("nan")
        return float(1 - self.grid.are_adjacent(first, second).mean())

    def _coordinates(self, data):
        self._check_input_len(data)
        units = self.best_matching_units(as_rows(data))[0]
        return [tuple(unit) for unit in np.column_stack(np.unravel_index(units, self._weights.shape[:2])).tolist()]


def _check_options(**options):
    for name, (value, only) in options.items():
        if value != only:
            raise ValueError(f"{name} must be {only!r}, not {value!r}: minisom.MiniSom has the others")


def _check_sides(**sides):
    for name, side in sides.items():
        if side < 1:
            raise ValueError(f"{name} must be at least 1, not {side}: a map has a unit or more along each side")


def _check_widths(**widths):
    for name, width in widths.items():
        if not width > 0:
            raise ValueError(f"{name} must be above 0, not {width}: a width of 0.1 leaves each unit to its own rows")


def _with_direction(features):
    """The rows of features [N, D] that have a direction; all where none has."""
    numbers = with_direction(features)
    return picked(features, numbers) if len(numbers) else features


def map_of(features, **fitting):
    """Return a SelfOrganizingMap of the usual size fitted to features [N, D], scaled to unit length.

    Rows without a direction have no say. fitting: options of its `fit`.
    """
    features = _with_direction(as_rows(features))
    som = SelfOrganizingMap(*default_grid(len(features)), features.shape[1], normalize=True)
    return som.fit(features, **fitting)


def train_map(features, *, grid, epochs, progress, **options):
    """Return a SelfOrganizingMap fitted to features [N, D], scaled to unit length.

    grid: (rows, columns), None for `default_grid`; progress: `progress.progress`, whose bar shows the errors
    of each epoch; options: those of the map. Its lists of errors end with those of the map returned. Rows without a
    direction have no say. UserError for a grid of more than 10,000 units and more units than photos: each epoch costs
    time and memory for every unit.
    """
    features = _with_direction(as_rows(features))
    rows, columns = usual = default_grid(len(features))
    if grid:
        rows, columns = grid
        if rows * columns > (most := max(MOST_UNITS, len(features))):
            raise UserError(f"SOM_GRID = ({rows}, {columns}): a map of {rows * columns:,} units for "
                            f"{counted(len(features), 'photo')}, where at most {most:,} can be of use; None, which is "
                            f"usual, makes one of {usual[0]} x {usual[1]}")
    som = SelfOrganizingMap(rows, columns, features.shape[1], normalize=True, **options)
    with progress(f"map of {rows} x {columns} units", epochs, "epoch") as bar:
        def show(quantization_error, topographic_error):
            bar.set_postfix_str(f"quantization error {quantization_error:.3f}, topographic {topographic_error:.3f}",
                                refresh=False)

        def epoch_done(epoch, *errors):
            show(*errors)
            bar.update(1)
        som.fit(features, epochs=epochs, callback=epoch_done)
        last = som.errors(features)
        show(*last)
    som.quantization_errors.append(last[0])
    som.topographic_errors.append(last[1])
    return som
