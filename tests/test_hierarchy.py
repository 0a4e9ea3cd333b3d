"""Partitions cut from the hierarchy: as many clusters as asked for, products smaller than map units among them."""
import numpy as np
import pytest

from imgcluster import hierarchy
from imgcluster.hierarchy import build_hierarchy, hierarchy_of, hierarchy_on, partition, split_nodes
from imgcluster.metrics import clustering_scores

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
    assert np.array_equal(np.unique(parts), np.arange(number))
    assert all(len(set(nodes[parts == part])) == 1 for part in range(number))


def test_the_node_with_two_products_is_split_first():
    points, true = products(6, 5)
    nodes = np.array([0, 0, 1, 2, 3, 4])[true]
    assert clustering_scores(true, split_nodes(points, nodes, 6))["ari"] == 1


def test_of_more_copies_than_can_be_told_apart_the_others_stay_together(monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_PHOTO_NODES", 10)
    parts = split_nodes(np.zeros((30, 2)), np.zeros(30, int), 4)
    assert len(np.unique(parts)) == 4 and len(np.unique(parts[10:])) == 1


def test_products_smaller_than_the_units_of_a_large_set_are_found(monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_PHOTO_NODES", 50)
    features, true = products(200, 3)
    found = hierarchy_of(features)
    assert found.num_nodes < 200
    labels = partition(found, 200)
    assert labels.max() + 1 == 200 and clustering_scores(true, labels)["ari"] > 0.95


@pytest.mark.parametrize("num_photos", [80, 300])
def test_maps_that_are_large_enough_and_few_photos_are_clustered_as_they_are(num_photos, monkeypatch):
    monkeypatch.setattr(hierarchy, "MAX_PHOTO_NODES", 100)
    monkeypatch.setattr(hierarchy, "FEWEST_UNITS", 50)
    features = RNG.standard_normal((num_photos, 8)).astype(np.float32)
    units = np.arange(num_photos) % 60
    found, plain = hierarchy_on(features, units, 60), build_hierarchy(features, units)
    assert np.array_equal(found.nodes, plain.nodes) and np.array_equal(found.tree, plain.tree)
