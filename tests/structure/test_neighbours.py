"""Neighbours found through the map are the true ones where the pool holds them; the graph is symmetric."""
import numpy as np
import pytest

from imgcluster.rows import unit_length
from imgcluster.structure.neighbours import (
    UNIT_CANDIDATES,
    Nearby,
    Surroundings,
    add_by_group,
    fuzzy_graph,
    group_means,
    nearest_photos,
    project,
    smallest,
)

RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((300, 5)).astype(np.float32)
UNITS = (POINTS[:, 0] > 0).astype(int) * 2 + (POINTS[:, 1] > 0) * 5


@pytest.fixture(scope="module")
def exact():
    gaps = np.linalg.norm(POINTS[:, None] - POINTS[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    return np.sort(gaps, axis=1)[:, :10], np.argsort(gaps, axis=1)[:, :10]


def test_exact_where_the_pool_holds_all_photos(exact):
    index, distance = nearest_photos(POINTS, UNITS, num_neighbours=10)
    assert np.array_equal(index, exact[1])
    assert np.allclose(distance, exact[0], atol=1e-3)


def test_nearly_exact_with_half_of_the_photos(exact):
    index, _ = nearest_photos(POINTS, UNITS, num_neighbours=10, candidates=140)
    assert np.mean([len(set(found) & set(true)) for found, true in zip(index, exact[1])]) > 7


def test_neighbours_are_sought_in_as_many_units_as_hold_the_candidates():
    near = nearest_photos(POINTS, UNITS, num_neighbours=10, candidates=1)[0]
    assert (UNITS[near] == UNITS[:, None]).all()
    surroundings = Surroundings(np.repeat([0, 1, 2], 3), np.array([[1.0], [1.5], [-0.1]]))
    assert [surroundings.around(0, candidates=number).tolist() for number in (3, 4, 9)] == [
        [0, 1, 2], [0, 1, 2, 3, 4, 5], list(range(9))]


@pytest.mark.parametrize("k", [0, 1, 2, 7, 40])
def test_the_smallest_are_those_of_a_sorted_row_whose_distances_are_never_below_0(k):
    gaps, pool = np.random.default_rng(0).permuted(np.arange(40.0)[None].repeat(9, 0), axis=1) - 1, np.arange(40) + 7
    found, distance = smallest(gaps, pool, k)
    assert np.array_equal(found, 7 + np.argsort(gaps, axis=1)[:, :k])
    assert distance.tolist() == [[0, *np.sqrt(np.arange(39))][:k]] * 9


def test_means_of_groups_are_of_their_own_points():
    points = np.array([[1, 0], [3, 4], [7, 7]], np.float32)
    assert group_means(points, np.array([1, 1, 0]), np.array([1, 2])).tolist() == [[7, 7], [2, 2]]


@pytest.mark.parametrize("num", [1, 2, 5])
def test_few_photos_have_all_others_as_neighbours(num):
    index, distance = nearest_photos(POINTS[:num], UNITS[:num], num_neighbours=8)
    assert index.shape == distance.shape == (num, num - 1)
    assert fuzzy_graph(index, distance).shape == (num, num)


def test_graph_is_symmetric_without_loops_and_within_one():
    graph = fuzzy_graph(*nearest_photos(POINTS, UNITS, num_neighbours=15))
    assert abs(graph - graph.T).max() < 1e-12
    assert graph.diagonal().max() == 0
    assert 0 < graph.data.min() and graph.data.max() <= 1


def test_weights_fall_off_from_the_nearest_and_add_up_alike_in_dense_and_sparse_regions():
    # Of seven photos each one's three neighbours do not have it among theirs: weights are those of one direction.
    index = (np.arange(7)[:, None] + [1, 2, 4]) % 7
    distance = np.sort(np.random.default_rng(0).uniform(0.2, 1.5, (7, 3)), axis=1)
    weights = fuzzy_graph(index, distance).toarray()[np.arange(7)[:, None], index]
    assert weights[:, 0] == pytest.approx(1) and (np.diff(weights, axis=1) < 0).all()
    assert weights.sum(axis=1) == pytest.approx(np.log2(3), abs=1e-4)
    other = distance * np.linspace(0.1, 4, 7)[:, None] + 1
    assert fuzzy_graph(index, other).toarray()[np.arange(7)[:, None], index] == pytest.approx(weights, abs=1e-4)


def test_a_link_both_ways_is_stronger_than_either_and_a_single_neighbour_s_is_whole():
    assert fuzzy_graph(np.array([[1], [2], [1]]), np.array([[1.0], [2], [2]])).toarray().tolist() == [
        [0, 1, 0], [1, 0, 1], [0, 1, 0]]
    index, distance = np.array([[1, 2], [2, 0], [0, 1]]), np.array([[1.0, 1.2], [1, 1.2], [1, 1.2]])
    # Each link is of weight 1 one way: a + b - ab.
    assert fuzzy_graph(index, distance).toarray() == pytest.approx(1 - np.eye(3))


def test_projection_is_on_the_axes_along_which_directions_differ():
    tilt, lengths = np.linspace(-0.5, 0.5, 40), np.random.default_rng(0).uniform(0.1, 10, (40, 1))
    directions = np.column_stack([np.cos(tilt), np.sin(tilt), np.zeros(40)])
    projected = project(directions * lengths, dimensions=1)
    assert abs(projected[-1, 0] - projected[0, 0]) == pytest.approx(2 * np.sin(0.5), abs=1e-3)


def test_projection_keeps_the_angles_of_rows_that_fit_the_dimensions():
    rows = RNG.standard_normal((200, 4)) @ RNG.standard_normal((4, 50))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    projected = project(rows * 3, dimensions=4)
    assert projected.shape == (200, 4)
    apart = np.linalg.norm(unit[:100] - unit[100:], axis=1)
    assert np.allclose(np.linalg.norm(projected[:100] - projected[100:], axis=1), apart, atol=1e-3)


def test_memory_does_not_grow_with_photos_that_share_a_unit(monkeypatch, peak_memory):
    monkeypatch.setattr("imgcluster.structure.neighbours.UNIT_CANDIDATES", 1000)
    points = np.random.default_rng(0).random((6000, 2)).astype(np.float32)
    few, many = (peak_memory(nearest_photos, points[:num], np.zeros(num, int), num_neighbours=5)
                 for num in (3000, 6000))
    assert many < 1.3 * few


def test_of_units_with_very_many_photos_some_are_candidates_and_of_all_others_all():
    hits = np.array([2 * UNIT_CANDIDATES - 1, 2 * UNIT_CANDIDATES, 40_000, 10])
    surroundings = Surroundings(np.repeat(np.arange(4), hits), np.eye(4, dtype=np.float32))
    sizes = np.array([len(surroundings.around(unit, candidates=1)) for unit in range(4)])
    assert sizes[0] == hits[0] and sizes[3] == hits[3]
    assert (sizes[1:3] >= UNIT_CANDIDATES).all() and (sizes[1:3] <= 2 * UNIT_CANDIDATES).all()
    assert len(surroundings.around(3, candidates=11)) < 10 + 2 * UNIT_CANDIDATES
    assert set(surroundings.around(2, candidates=1)) < set(surroundings.inside(2))


def test_copies_too_many_to_compare_with_each_other_are_still_each_others_nearest(monkeypatch):
    monkeypatch.setattr("imgcluster.structure.neighbours.UNIT_CANDIDATES", 50)
    points = np.concatenate([np.ones((2000, 5), np.float32), POINTS + 9])
    index, distance = nearest_photos(points, np.repeat([0, 1], [2000, 300]), num_neighbours=8)
    assert (index[:2000] < 2000).all() and distance[:2000].max() < 1e-3
    assert (index != np.arange(2300)[:, None]).all() and (index[2000:] >= 2000).all()


def test_rows_are_added_to_the_sums_of_their_groups_alone():
    rows, groups, sums = RNG.normal(size=(50, 3)), RNG.integers(4, 9, 50), RNG.normal(size=(10, 3))
    expected = [before + rows[groups == group].sum(axis=0) for group, before in enumerate(sums)]
    add_by_group(sums, rows, groups)
    np.testing.assert_allclose(sums, expected, atol=1e-6)
    add_by_group(sums, rows[:0], groups[:0])
    np.testing.assert_allclose(sums, expected, atol=1e-6)


@pytest.mark.parametrize("scale", [1, 7])
def test_the_nearest_are_found_in_the_units_around_whatever_the_length(scale):
    rng = np.random.default_rng(8)
    photos, asked, prototypes = (unit_length(rng.standard_normal((number, 6)).astype(np.float32))
                                 for number in (400, 50, 30))
    units, theirs = ((each @ prototypes.T).argmax(axis=1) for each in (photos, asked))
    index, distance = Nearby(photos, units, prototypes).nearest(scale * asked, theirs, 5)
    gaps = np.linalg.norm(asked[:, None] - photos, axis=2)
    assert np.array_equal(index, np.argsort(gaps, axis=1)[:, :5])
    np.testing.assert_allclose(distance, np.sort(gaps, axis=1)[:, :5], atol=1e-3)


def test_of_many_photos_those_around_are_looked_at_also_from_a_unit_that_has_none(monkeypatch):
    monkeypatch.setattr(Surroundings.around, "__kwdefaults__", {"candidates": 60})
    rng = np.random.default_rng(9)
    prototypes = unit_length(rng.standard_normal((12, 6)))
    photos = unit_length(np.repeat(prototypes[:10], 50, axis=0) + 0.02 * rng.standard_normal((500, 6)))
    there = Nearby(photos, np.repeat(np.arange(10), 50), prototypes)
    index = there.nearest(prototypes, np.arange(12), 20)[0]
    assert np.array_equal(index[:10] // 50, np.repeat(np.arange(10)[:, None], 20, axis=1))
    nearest = (prototypes[10:] @ prototypes[:10].T).argmax(axis=1)
    assert (index[10:] // 50 == nearest[:, None]).mean() > 0.9
