"""Partitions cut from the hierarchy: as many clusters as asked for, products smaller than map units among them."""
import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from imgcluster.scores.metrics import clustering_scores
from imgcluster.structure import hierarchy
from imgcluster.structure.hierarchy import (
    build_hierarchy,
    by_size,
    heaviest,
    hierarchy_of,
    hierarchy_on,
    leaves,
    majority,
    partition,
    propagate,
    shares,
    split_nodes,
    sum_edges,
)

RNG = np.random.default_rng(0)


def products(number, photos, width=16):
    """Features of photos that lie close to each other product by product, and the products."""
    true = np.repeat(np.arange(number), photos)
    points = RNG.normal(size=(number, width))[true] + 0.05 * RNG.normal(size=(len(true), width))
    return points.astype(np.float32), true


@pytest.mark.parametrize("number", [7, 11, 40])
def test_nodes_are_split_where_their_photos_lie_apart(number):
    points = RNG.normal(size=(40, 3))
    nodes = np.arange(40) % 7
    parts = split_nodes(points, nodes, number)
    assert np.array_equal(np.unique(parts), np.arange(number)) and np.array_equal(nodes, np.arange(40) % 7)
    assert all(len(set(nodes[parts == part])) == 1 for part in range(number))


@pytest.mark.parametrize("photos, node", [([5] * 6, [0, 0, 1, 2, 3, 4]), ([20, 3, 3], [0, 1, 1])])
def test_the_node_with_two_products_is_split_first_however_many_photos_others_have(photos, node):
    points, true = products(len(photos), photos)
    assert clustering_scores(true, split_nodes(points, np.array(node)[true], len(photos)))["ari"] == 1


def test_of_more_copies_than_can_be_told_apart_the_others_stay_together(monkeypatch):
    monkeypatch.setattr(hierarchy, "MANY_PHOTOS", 10)
    parts = split_nodes(np.zeros((30, 2)), np.zeros(30, int), 4)
    assert len(np.unique(parts)) == 4 and len(np.unique(parts[10:])) == 1


@pytest.mark.parametrize("most", [180, 300])
def test_products_smaller_than_the_units_of_a_large_set_are_found(most, monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_NODES", most)
    features, true = products(200, 3)
    found = hierarchy_of(features)
    assert found.num_nodes == most
    labels = partition(found, 200)
    assert labels.max() + 1 == 200 and clustering_scores(true, labels)["ari"] > 0.95


@pytest.mark.parametrize("num_units, own", [(60, False), (9, True), (250, True)])
def test_many_photos_on_a_map_too_coarse_or_too_fine_get_one_of_their_own(num_units, own, monkeypatch):
    for name, value in {"MAX_NODES": 200, "MANY_PHOTOS": 100, "FEWEST_UNITS": 50}.items():
        monkeypatch.setattr(hierarchy, name, value)
    features = RNG.standard_normal((300, 8)).astype(np.float32)
    units = np.arange(300) % num_units
    expected = hierarchy_of(features) if own else build_hierarchy(features, units)
    found = hierarchy_on(features, units, num_units)
    assert found.num_nodes == 200 and np.array_equal(found.nodes, expected.nodes)
    few = hierarchy_on(features[:80], units[:80], num_units)
    assert np.array_equal(few.tree, build_hierarchy(features[:80], units[:80]).tree)


def test_photos_are_nodes_up_to_a_bound_and_beyond_it_no_node_spans_two_units(monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_NODES", 100)
    points, units = RNG.normal(size=(101, 3)), np.arange(101) % 7
    assert leaves(points[:100], units[:100]).tolist() == list(range(100))
    nodes = leaves(points, units)
    sizes = np.bincount(nodes)
    assert len(sizes) == 100 and sorted(sizes)[-2:] == [1, 2]
    assert len(set(units[nodes == sizes.argmax()])) == 1


def test_of_groups_without_a_path_between_them_the_nearest_join_first():
    centres = np.eye(16)[[0, 1, 2, 3]] + 0.7 * np.eye(16)[[8, 9, 8, 9]]
    features = (centres[np.repeat(np.arange(4), 12)] + 0.01 * RNG.standard_normal((48, 16))).astype(np.float32)
    found = hierarchy_of(features)
    assert partition(found, 4).tolist() == np.repeat([0, 1, 2, 3], 12).tolist()
    assert partition(found, 2).tolist() == np.repeat([0, 1, 0, 1], 12).tolist()


def test_a_single_photo_is_a_tree_of_its_own():
    found = hierarchy_of(np.ones((1, 3), np.float32))
    assert (found.num_nodes, found.isolation.tolist(), partition(found, 1).tolist()) == (1, [0], [0])


def test_photos_lengths_do_not_tell_them_apart(monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_NODES", 100)
    features = RNG.standard_normal((200, 8)).astype(np.float32)
    plain, scaled = (hierarchy_of(rows) for rows in (features, features * 2.0**RNG.integers(-3, 4, (200, 1))))
    assert np.array_equal(plain.nodes, scaled.nodes) and np.array_equal(plain.tree, scaled.tree)


def graph_of(edges, num):
    """The symmetric graph of {(photo, photo): weight}."""
    pairs = [(*pair, weight) for edge, weight in edges.items() for pair in (edge, edge[::-1])]
    rows, columns, weights = zip(*pairs)
    return sparse.csr_matrix((np.array(weights, float), (rows, columns)), (num, num))


@pytest.mark.parametrize("edges, labels, followed", [
    ({(0, 1): 1, (0, 2): 1, (0, 3): 3, (1, 2): 2, (3, 4): 4}, [0, 0, 0, 1, 1], [1, 0, 0, 1, 1]),
    ({(0, 1): 1, (0, 2): 1, (1, 3): 1, (2, 4): 1}, [1, 0, 1, 0, 1], [1, 0, 1, 0, 1]),  # photo 0 in a tie
    ({(0, 1): 1, (0, 2): 2, (1, 2): 1}, [0, 1, 0], [0, 1, 0]),  # cluster 1 would have none
    ({(0, 1): 1}, [0, 0, 1], [0, 0, 1])])  # a photo without neighbours
def test_photos_follow_their_neighbours_but_stay_in_a_tie_and_empty_no_cluster(edges, labels, followed):
    assert propagate(graph_of(edges, len(labels)), np.array(labels)).tolist() == followed


def test_photos_follow_those_that_followed_others():
    chain = {(0, 1): 9, (1, 2): 4, (2, 3): 2, (4, 5): 1}
    assert propagate(graph_of(chain, 6), np.array([0, 0, 1, 1, 1, 1])).tolist() == [0, 0, 0, 0, 1, 1]


def test_shares_are_of_the_weight_of_a_photos_edges():
    found = shares(graph_of({(0, 1): 6, (0, 2): 2}, 4), np.array([0, 0, 1, 1])).toarray()
    assert found.tolist() == [[0.75, 0.25], [1, 0], [1, 0], [0, 0]]


def test_edges_between_groups_add_up_both_ways():
    graph = graph_of({(0, 1): 1, (1, 2): 2, (0, 3): 4}, 4)
    assert sum_edges(graph, np.array([0, 0, 1, 1])).toarray().tolist() == [[2, 6], [6, 0]]


def test_a_unit_belongs_to_most_of_its_photos():
    assert majority(np.array([0, 0, 0, 2, 4, 4]), np.array([1, 1, 0, 3, 2, 0]), 5).tolist() == [1, -1, 3, -1, 0]
    assert majority(np.array([], int), np.array([], int), 2).tolist() == [-1, -1]
    assert majority(np.array([0, 0, 1, 1, 1]), np.array([3, 1, 2, 0, 2]), 2).tolist() == [1, 2]


def test_majorities_of_many_groups_take_no_more_memory_than_their_photos():
    groups = np.arange(20_000, dtype=np.int32)
    tracemalloc.start()
    found = majority(groups, groups[::-1], len(groups))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(found, groups[::-1]) and peak < 10e6


def test_larger_clusters_have_lower_numbers_and_of_equal_ones_that_of_the_first_photo():
    labels = np.array([4, 2, 0, 7, 7, 2, 7, 0])
    assert by_size(labels).tolist() == [3, 1, 2, 0, 0, 1, 0, 2]
    assert by_size(labels, np.array([1, 1, 1, 0, 0, 1, 1, 1], bool)).tolist() == [2, 0, 1, 3, 3, 0, 3, 1]


def test_a_photo_is_linked_with_its_eight_nearest_and_as_far_from_others_as_its_fifth():
    features = RNG.standard_normal((60, 6)).astype(np.float32)
    found = build_hierarchy(features, np.zeros(60, int))
    assert (found.graph.getnnz(axis=1).min(), found.near_graph.getnnz(axis=1).min()) == (8, 5)
    gaps = np.sort(np.linalg.norm(found.points[:, None] - found.points, axis=2), axis=1)
    assert found.isolation == pytest.approx(gaps[:, 5], abs=1e-4)
    # A graph of more neighbours is a smoother one of the same photos.
    smoother = hierarchy_of(features, num_neighbours=15)
    assert smoother.graph.getnnz(axis=1).min() == 15 and smoother.isolation == pytest.approx(found.isolation)


@pytest.mark.parametrize("seed", range(5))
def test_the_heaviest_is_the_first_largest_entry_of_each_row(seed):
    rng = np.random.default_rng(seed)
    votes = rng.integers(1, 4, size=(200, 9)) * (rng.random((200, 9)) < 0.4).astype(float)
    votes[np.arange(200), rng.integers(9, size=200)] += 1
    assert np.array_equal(heaviest(sparse.csr_matrix(votes)), votes.argmax(axis=1))
