"""Properties of the map: it fits better as it trains, agrees with MiniSom's methods, repeats, and takes any grid."""
import contextlib
import inspect
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from minisom import MiniSom
from sklearn.datasets import load_digits

from imgcluster.errors import UserError
from imgcluster.rows import unit_length
from imgcluster.som import SelfOrganizingMap, best_matching_units, default_grid, train_map

GRIDS = [(topology, toroidal) for topology in ("rectangular", "hexagonal") for toroidal in (False, True)]


@pytest.fixture(scope="module")
def digits():
    return load_digits().data.astype(np.float32)


@pytest.fixture(scope="module")
def trained(digits):
    return SelfOrganizingMap(8, 10, 64, random_seed=1).fit(digits)


@pytest.mark.parametrize(("topology", "toroidal"), GRIDS)
def test_quantization_error_falls_on_every_grid(digits, topology, toroidal):
    som = SelfOrganizingMap(6, 8, 64, topology=topology, toroidal=toroidal).fit(digits, epochs=6)
    assert len(som.quantization_errors) == len(som.topographic_errors) == 6
    assert som.quantization_errors[-1] < som.quantization_errors[0]
    assert som.quantization_error(digits) <= som.quantization_errors[-1]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_seed_the_same_rows_make_the_same_map(digits, trained, seed):
    again = SelfOrganizingMap(8, 10, 64, random_seed=seed).fit(digits)
    assert np.array_equal(again.get_weights(), trained.get_weights())


def test_however_many_threads_the_same_rows_make_the_same_map(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((5000, 16), dtype=np.float32)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    made = []
    for cores in (1, 2, 7):
        monkeypatch.setattr("imgcluster.threads.num_cores", lambda cores=cores: cores)
        som = SelfOrganizingMap(8, 10, 16).fit(rows, epochs=4)
        made.append([som.get_weights(), som.quantization_errors, *som.best_matching_units(rows, second=True)])
    for other in made[1:]:
        assert all(np.array_equal(part, same) for part, same in zip(other, made[0], strict=True))


def test_fits_at_least_as_well_as_minisom(digits):
    reference = MiniSom(8, 10, 64, sigma=2.5, random_seed=1)
    reference.pca_weights_init(digits)
    reference.train_batch_offline(digits, 5)
    last_sigma = reference._asymptotic_decay(2.5, 4, 5)
    as_wide = SelfOrganizingMap(8, 10, 64, sigma_end=last_sigma).fit(digits, epochs=5)
    narrow = SelfOrganizingMap(8, 10, 64).fit(digits, epochs=5)
    assert as_wide.quantization_error(digits) < reference.quantization_error(digits)
    assert as_wide.topographic_error(digits) <= reference.topographic_error(digits) + 0.005
    assert narrow.quantization_error(digits) < as_wide.quantization_error(digits)
    assert narrow.topographic_error(digits) > as_wide.topographic_error(digits), "what a narrow end costs"


@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_methods_agree_with_minisom_on_the_same_weights(digits, topology):
    ours = SelfOrganizingMap(7, 6, 64, topology=topology).fit(digits, epochs=4)
    theirs = MiniSom(7, 6, 64, topology=topology)
    theirs._weights = ours.get_weights().astype(float)
    some, labels = digits[:200], load_digits().target[:200]
    assert [ours.winner(row) for row in some] == [theirs.winner(row) for row in some]
    assert np.array_equal(ours.activation_response(some), theirs.activation_response(some))
    assert ours.quantization_error(some) == pytest.approx(theirs.quantization_error(some), rel=1e-5)
    assert ours.topographic_error(some) == pytest.approx(theirs.topographic_error(some), abs=1e-9)
    assert ours.labels_map(some, labels) == theirs.labels_map(some, labels)
    assert ours.win_map(some, return_indices=True) == theirs.win_map(some, return_indices=True)
    assert np.allclose(ours.quantization(some), theirs.quantization(some))


def test_minisoms_arguments_stand_in_its_order(digits):
    ours = inspect.signature(SelfOrganizingMap).parameters
    theirs = list(inspect.signature(MiniSom).parameters)
    assert list(ours)[:len(theirs)] == theirs
    assert all(ours[name].kind is inspect.Parameter.KEYWORD_ONLY for name in list(ours)[len(theirs):])
    som = SelfOrganizingMap(6, 6, 64, 0.3, 0.7, "linear_decay_to_zero", random_seed=1)
    same = MiniSom(6, 6, 64, 0.3, 0.7, "linear_decay_to_zero", random_seed=1)
    for each in (som, same):
        each.train(digits, 50)
    np.testing.assert_allclose(som.get_weights(), same.get_weights(), atol=1e-3)


@pytest.mark.parametrize(("options", "said"), [
    ({"neighborhood_function": "bubble"}, "neighborhood_function must be 'gaussian', not 'bubble'"),
    ({"activation_distance": "cosine"}, "activation_distance must be 'euclidean', not 'cosine'"),
    ({"x": 0}, "x must be at least 1, not 0"), ({"y": -1}, "y must be at least 1, not -1"),
    ({"sigma": 0}, "sigma must be above 0, not 0"), ({"sigma_end": -1}, "sigma_end must be above 0, not -1")])
def test_what_a_map_cannot_be_is_refused_with_the_argument_and_its_value(options, said):
    with pytest.raises(ValueError, match=said):
        SelfOrganizingMap(**{"x": 4, "y": 4, "input_len": 2, **options})


def test_rows_of_another_width_and_none_are_refused(digits):
    som = SelfOrganizingMap(3, 3, 64)
    for method in (som.fit, som.pca_weights_init, som.random_weights_init, som.best_matching_units, som.errors,
                   lambda rows: som.train_batch_offline(rows, 2)):
        with pytest.raises(ValueError, match="Received 1 features, expected 64|Received 63 features, expected 64"):
            method(digits[:20, :63])
    for method in (som.fit, som.quantization_error, lambda rows: som.train_batch_offline(rows, 2)):
        with pytest.raises(ValueError, match="no rows"):
            method(digits[:0])
    assert len(som.best_matching_units(digits[:0])[0]) == 0
    with pytest.raises(ValueError, match="epochs must be at least 0, not -3"):
        som.fit(digits, epochs=-3)


def test_weights_are_taken_as_a_copy_and_only_in_the_shape_of_the_map():
    som, weights = SelfOrganizingMap(2, 3, 4), np.ones((2, 3, 4), np.float32)
    som.set_weights(weights)
    weights[:] = 5
    assert (som.get_weights() == 1).all()
    for other in (np.ones((3, 2, 4)), np.ones((2, 3, 5)), np.ones((6, 4))):
        with pytest.raises(ValueError, match="shape"):
            som.set_weights(other)


@pytest.mark.parametrize("normalize", [False, True])
def test_random_weights_are_rows_that_minisom_would_choose_and_no_other_row_is_read(digits, normalize):
    class Watched(np.ndarray):
        def __getitem__(self, rows):
            asked.append(len(np.arange(len(self))[rows]) if np.ndim(rows) or isinstance(rows, slice) else 1)
            return super().__getitem__(rows)

    asked, ours = [], SelfOrganizingMap(3, 4, 64, random_seed=5, normalize=normalize)
    ours.random_weights_init(digits.view(Watched))
    assert max(asked) == 12
    theirs = MiniSom(3, 4, 64, random_seed=5)
    theirs.random_weights_init(unit_length(digits) if normalize else digits)
    np.testing.assert_allclose(ours.get_weights(), theirs.get_weights(), rtol=1e-6)


@pytest.mark.parametrize(("shape", "varied"), [((1, 4), 4), ((4, 1), 4), ((3, 7), 7), ((7, 3), 7)])
def test_the_first_principal_component_lies_along_the_longer_side(shape, varied):
    rows = np.random.default_rng(0).standard_normal((400, 3)) * [1, 9, 3]
    som = SelfOrganizingMap(*shape, 3)
    som.pca_weights_init(rows)
    along = np.moveaxis(som.get_weights()[..., 1], int(shape[1] == varied), 0)
    assert (np.abs(np.diff(along, axis=0)) > 1).all() and np.allclose(np.diff(along, axis=1), 0, atol=1)


def test_two_products_of_a_few_photos_part_on_the_smallest_map():
    rows = np.repeat(np.eye(2, 5), 5, axis=0)
    som = SelfOrganizingMap(*default_grid(10), 5, normalize=True).fit(rows)
    units = som.best_matching_units(rows)[0]
    assert som.get_weights().shape[:2] == (1, 2) and len(set(units[:5])) == len(set(units[5:])) == 1
    assert units[0] != units[9]


@pytest.mark.parametrize(("topology", "toroidal"), GRIDS)
def test_the_neighbourhood_of_training_row_by_row_is_the_gaussian_of_grid_distances(digits, topology, toroidal):
    som = SelfOrganizingMap(5, 6, 64, topology=topology, toroidal=toroidal, sigma=1.5)
    units, corner = np.arange(30), som.grid.distances(0, np.arange(30)).reshape(5, 6)
    np.testing.assert_allclose(som.neighborhood((0, 0), 1.5), np.exp(-corner**2 / (2 * 1.5**2)))
    if not toroidal:
        theirs = MiniSom(5, 6, 64, topology=topology)
        for unit in units:
            place = (unit // 6, unit % 6)
            np.testing.assert_allclose(som.neighborhood(place, 1.5), theirs.neighborhood(place, 1.5), atol=1e-12)
    before, place = som.get_weights().copy(), som.winner(digits[0])
    som.update(digits[0], place, 0, 10)
    moved = 0.5 * som.neighborhood(place, 1.5)[..., None] * (digits[0] - before)
    np.testing.assert_allclose(som.get_weights() - before, moved, atol=1e-4)
    gaps = np.linalg.norm(digits[:20, None] - som.prototypes, axis=2)
    near = np.exp(-som.grid.distances(gaps.argmin(axis=1)[:, None], units) ** 2 / (2 * 1.5**2))
    assert som.distortion_measure(digits[:20]) == pytest.approx((near * gaps).sum(), rel=1e-5)


def test_training_goes_on_where_it_ended(digits):
    som = SelfOrganizingMap(8, 10, 64).fit(digits, epochs=6)
    for _ in range(3):
        before = som.quantization_error(digits)
        som.train_batch_offline(digits, 1, sigma=som.sigma_end)
        assert som.quantization_error(digits) <= before
    som.train_batch_offline(digits, 1)
    assert som.quantization_error(digits) > before, "the map is spread anew without"
    with pytest.raises(ValueError, match="sigma must be above 0"):
        som.train_batch_offline(digits, 1, sigma=0)


@pytest.mark.parametrize("row", [0, 1, 12_001])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_row_that_is_not_finite_is_named(row, value):
    rows = np.random.default_rng(0).standard_normal((12_500, 3))
    rows[[row, 12_400], 1] = value
    som = SelfOrganizingMap(2, 2, 3)
    som.pca_weights_init(rows[2:12_000])
    for train in (som.fit, lambda rows: som.train_batch_offline(rows, 1)):
        with pytest.raises(ValueError, match=f"row {row} holds NaN, infinite or far too large numbers"):
            train(rows)
    assert np.isfinite(som.get_weights()).all()


def test_methods_take_a_mapped_file_in_blocks(tmp_path, digits, trained, monkeypatch):
    np.save(tmp_path / "features.npy", digits)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    read = []
    monkeypatch.setattr("imgcluster.rows._let_go", lambda features, start, stop: read.append(stop - start))
    np.testing.assert_array_equal(trained.quantization(mapped), trained.quantization(digits))
    assert trained.win_map(mapped, return_indices=True) == trained.win_map(digits, return_indices=True)
    assert trained.labels_map(mapped, load_digits().target) == trained.labels_map(digits, load_digits().target)
    assert sum(read) == 3 * len(digits)


def test_distance_map_agrees_with_minisom_on_a_square_grid(digits, trained):
    theirs = MiniSom(8, 10, 64)
    theirs._weights = trained.get_weights().astype(float)
    for scaling in ("sum", "mean"):
        assert np.allclose(trained.distance_map(scaling), theirs.distance_map(scaling), atol=1e-5)


@pytest.mark.parametrize(("topology", "toroidal"), GRIDS)
def test_neighbourhood_applied_by_axes_is_the_gaussian_of_grid_distance(topology, toroidal):
    grid = SelfOrganizingMap(5, 6, 3, topology=topology, toroidal=toroidal).grid
    sums = np.random.default_rng(0).random((5, 6, 3)).astype(np.float32)
    units = np.arange(30)
    gaussian = np.exp(-grid.distances(units[:, None], units[None, :]) ** 2 / (2 * 0.8**2))
    assert np.allclose(grid.smooth(sums, 0.8).reshape(30, 3), gaussian @ sums.reshape(30, 3), atol=1e-5)


@pytest.mark.parametrize(("topology", "neighbours"), [("rectangular", 8), ("hexagonal", 6)])
def test_every_unit_of_a_torus_has_the_same_number_of_neighbours(topology, neighbours):
    first, _ = SelfOrganizingMap(6, 8, 2, topology=topology, toroidal=True).grid.neighbours()
    assert np.bincount(first).tolist() == [neighbours] * 48


def test_odd_hexagonal_torus_is_refused():
    with pytest.raises(ValueError, match="even number of columns"):
        SelfOrganizingMap(4, 5, 2, topology="hexagonal", toroidal=True)


def test_best_matching_units_are_the_nearest_prototypes(digits, trained):
    gaps = np.linalg.norm(digits[:300, None] - trained.prototypes[None], axis=2)
    units, distances, seconds = trained.best_matching_units(digits[:300], second=True)
    order = np.argsort(gaps, axis=1)
    assert np.array_equal(units, order[:, 0])
    assert np.array_equal(seconds, order[:, 1])
    assert np.allclose(distances, gaps.min(axis=1), rtol=1e-4)


@pytest.mark.parametrize("kind, offset", [(np.float32, 1e3), (np.float32, 1e4), (np.float64, 1e4), (np.float64, 1e5)])
def test_best_matching_units_are_the_nearest_prototypes_far_from_0_too(kind, offset):
    spread = np.random.default_rng(0).standard_normal((2000, 8))
    rows = (spread + offset).astype(kind)
    som = SelfOrganizingMap(6, 7, 8).fit(rows, epochs=8)
    gaps = np.linalg.norm(rows[:, None].astype(float) - som.prototypes[None].astype(float), axis=2)
    units, distances = som.best_matching_units(rows)
    np.testing.assert_allclose(distances, gaps.min(axis=1), rtol=1e-4)
    assert np.mean(units == gaps.argmin(axis=1)) > 0.999
    won = som.win_map(rows, return_indices=True)
    assert all(number in won[som.winner(rows[number])] for number in range(0, 2000, 7))
    near = SelfOrganizingMap(6, 7, 8).fit(spread, epochs=8)
    np.testing.assert_allclose(som.quantization_errors, near.quantization_errors, rtol=0.02)


def test_a_table_makes_the_same_map_as_its_array(digits):
    table = pd.DataFrame(digits)
    maps = [SelfOrganizingMap(6, 6, digits.shape[1], normalize=True).fit(rows, epochs=3) for rows in (digits, table)]
    np.testing.assert_array_equal(*(som.prototypes for som in maps))
    np.testing.assert_array_equal(*(maps[0].best_matching_units(rows)[0] for rows in (digits, table)))
    assert maps[0].quantization_error(digits) == maps[0].quantization_error(table)


@pytest.mark.parametrize("pick", [lambda rows: rows[0], lambda rows: rows[0].tolist(), lambda rows: rows[None]])
def test_what_is_no_rows_is_refused_by_its_shape(digits, pick):
    som = SelfOrganizingMap(6, 6, digits.shape[1])
    for call in (som.fit, som.best_matching_units, som.quantization_error):
        with pytest.raises(ValueError, match=r"an array of shape \(.*: a map of this kind takes rows \[N, 64\]"):
            call(pick(digits))


def test_memory_mapped_rows_give_the_same_map(tmp_path, digits):
    np.save(tmp_path / "features.npy", digits)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    som = SelfOrganizingMap(4, 4, 64, normalize=True).fit(mapped, epochs=3)
    in_memory = SelfOrganizingMap(4, 4, 64, normalize=True).fit(digits, epochs=3)
    assert np.array_equal(som.get_weights(), in_memory.get_weights())
    units, _ = best_matching_units(mapped[100:200], som.prototypes, normalize=True)
    assert np.array_equal(units, som.best_matching_units(digits[100:200])[0])


def test_normalized_map_ignores_the_length_of_rows(digits):
    som = SelfOrganizingMap(4, 4, 64, normalize=True).fit(digits, epochs=3)
    assert np.array_equal(som.best_matching_units(digits)[0], som.best_matching_units(digits * 7)[0])
    assert som.winner(digits[0]) == som.winner(digits[0] * 7)


@pytest.mark.parametrize("train", ["train", "train_random", "train_batch", "train_batch_offline"])
def test_a_normalized_map_ignores_the_length_of_rows_by_minisoms_trainings_too(digits, train):
    rows, lengths = digits[:300], np.random.default_rng(0).uniform(0.5, 20, (300, 1)).astype(np.float32)
    found = []
    for each in (rows, rows * lengths):
        som = SelfOrganizingMap(4, 4, 64, normalize=True)
        som.random_weights_init(each)
        getattr(som, train)(each, 300 if train != "train_batch_offline" else 3)
        found.append((som.get_weights(), som.distortion_measure(each)))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-4)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-3)
    assert np.linalg.norm(found[0][0], axis=2).max() <= 1.01


@pytest.mark.parametrize("rows", [np.ones((1, 4)), np.ones((5, 4)), np.eye(3), np.array([[1.0, 0], [2, 0], [9, 0]])])
def test_few_identical_or_constant_rows_leave_finite_weights(rows):
    som = SelfOrganizingMap(2, 2, rows.shape[1]).fit(rows, epochs=3)
    assert np.isfinite(som.get_weights()).all()
    distances = som.distance_map()
    assert np.isfinite(distances).all()
    assert (distances.max() == 0) == bool((rows == rows[0]).all())


def test_a_map_of_far_more_units_than_rows_keeps_finite_weights():
    rows = np.eye(6)[:3]
    som = SelfOrganizingMap(20, 20, 6, normalize=True).fit(rows)
    assert np.isfinite(som.get_weights()).all() and len(np.unique(som.best_matching_units(rows)[0])) == 3


def test_default_grid_follows_the_number_of_photos_up_to_a_bound():
    assert default_grid(1) == default_grid(3) == (1, 1)
    for num_photos in (100, 1000, 5000):
        rows, columns = default_grid(num_photos)
        assert num_photos / 5 <= rows * columns <= num_photos / 2.5
    assert default_grid(10**6) == default_grid(10**5)


@pytest.mark.parametrize(("topology", "toroidal"), GRIDS)
@pytest.mark.parametrize("num_photos", [1, 6, 9, 30])
def test_default_grid_fits_every_topology(digits, num_photos, topology, toroidal):
    grid = default_grid(num_photos)
    som = SelfOrganizingMap(*grid, 64, topology=topology, toroidal=toroidal).fit(digits[:num_photos], epochs=2)
    assert np.isfinite(som.get_weights()).all() and som.distance_map().shape == grid


def test_a_map_of_one_unit_is_flat():
    som = SelfOrganizingMap(1, 1, 64).fit(load_digits().data[:5].astype(np.float32), epochs=2)
    for scaling in ("sum", "mean"):
        assert som.distance_map(scaling=scaling).tolist() == [[0.0]]
    with pytest.warns(UserWarning, match="not defined for a 1-by-1 map"):
        assert np.isnan(som.topographic_error(load_digits().data[:5]))


@pytest.mark.parametrize("grid", [None, (3, 5)])
def test_a_map_is_trained_behind_a_bar_that_moves_once_an_epoch(digits, grid):
    bars = []

    class Bar:
        def __init__(self, description, total, unit):
            self.said, self.at, self.errors = f"{description}: {total} {unit}", 0, []
            bars.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def set_postfix_str(self, text, refresh):
            self.errors.append(text)

        def update(self, steps):
            self.at += steps

    som = train_map(digits, grid=grid, epochs=4, progress=Bar, toroidal=False)
    rows, columns = grid or default_grid(len(digits))
    assert som.get_weights().shape == (rows, columns, 64) and som.normalize
    assert bars[0].said == f"map of {rows} x {columns} units: 4 epoch" and bars[0].at == 4
    assert f"{som.quantization_errors[-2]:.3f}" in bars[0].errors[-2]
    assert f"{som.quantization_errors[-1]:.3f}" in bars[0].errors[-1], "the errors of the map that is kept"
    assert len(som.quantization_errors) == len(som.topographic_errors) == 5
    assert som.quantization_errors[-1] == som.quantization_error(digits) < som.quantization_errors[-2]
    assert som.topographic_errors[-1] == pytest.approx(som.topographic_error(digits), nan_ok=True)


def test_a_map_of_absurdly_many_units_is_refused_before_it_is_made(digits, silent, peak_memory):
    photos = digits[:8]

    def refused(rows, columns):
        with pytest.raises(UserError, match=rf"^SOM_GRID = \({rows}, {columns}\): .* for 8 photos.*10,000.*1 x 2"):
            train_map(photos, grid=(rows, columns), epochs=1, progress=silent)

    refused(2000, 2000)
    assert peak_memory(refused, 1, 10_001) < 1e6
    bar = SimpleNamespace(update=lambda steps: None, set_postfix_str=lambda text, refresh: None)
    som = train_map(photos, grid=(50, 200), epochs=1, progress=lambda *_: contextlib.nullcontext(bar))
    assert som.get_weights().shape == (50, 200, 64)


def test_the_plane_that_a_map_begins_as_reaches_as_far_as_evenly_spread_photos():
    photos = np.zeros((4000, 6), np.float32)
    photos[:, :2] = np.random.default_rng(0).uniform(-1, 1, (4000, 2)) * [3, 1] + 5
    som = SelfOrganizingMap(8, 5, 6)
    som.pca_weights_init(photos)
    reach = np.abs(som.prototypes - photos.mean(axis=0)).max(axis=0)
    np.testing.assert_allclose(reach, [3, 1, 0, 0, 0, 0], atol=0.1)


def test_the_neighbourhood_never_grows():
    widths = [SelfOrganizingMap(8, 8, 4, sigma=0.1)._sigma_at(epoch, 5) for epoch in range(5)]
    assert widths == [pytest.approx(0.4)] * 5
    shrinking = [SelfOrganizingMap(8, 8, 4)._sigma_at(epoch, 5) for epoch in range(5)]
    assert shrinking[0] == 2 and shrinking[-1] == pytest.approx(0.4) and (np.diff(shrinking) < 0).all()
