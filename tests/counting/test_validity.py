"""Validity measures agree with their references."""
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import silhouette_score

from imgcluster.counting import validity
from imgcluster.counting.validity import modularity, squared_silhouette
from imgcluster.structure.hierarchy import sum_edges

LABELS = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2])


def test_silhouette_is_that_of_squared_distances():
    points = np.random.default_rng(0).random((10, 3)).astype(np.float32)
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    assert squared_silhouette(points, LABELS) == pytest.approx(
        silhouette_score(squares, LABELS, metric="precomputed"), abs=1e-4)


def test_silhouette_never_holds_all_distances_to_all_clusters():
    rng = np.random.default_rng(0)
    points, labels = rng.random((8000, 4), np.float32), np.arange(8000) % 2000
    tracemalloc.start()
    squared_silhouette(points, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8000 * 2000 * 4


def test_silhouette_of_many_photos_is_the_mean_over_all_blocks():
    rng = np.random.default_rng(0)
    points, labels = rng.random((2500, 3), np.float32), rng.integers(0, 40, 2500)
    assert squared_silhouette(points, labels) == pytest.approx(
        silhouette_score(points.astype(float), labels, metric="sqeuclidean"), abs=1e-4)


def test_silhouette_of_one_cluster_and_of_single_photos_is_zero():
    points = np.arange(4.0, dtype=np.float32)[:, None]
    assert squared_silhouette(points, np.zeros(4, int)) == 0
    assert squared_silhouette(points, np.arange(4)) == 0


def test_two_separate_triangles():
    triangle = np.ones((3, 3)) - np.eye(3)
    graph = sparse.block_diag([triangle, triangle]).tocsr()
    apart = sum_edges(graph, np.array([0, 0, 0, 1, 1, 1]))
    assert modularity(apart) == pytest.approx(0.5)
    assert modularity(sum_edges(graph, np.zeros(6, int))) == 0


def test_of_very_many_photos_some_of_all_clusters_are_scored(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.sort(rng.integers(0, 6, 1500))
    # Each cluster is wider than the one before.
    points = 3 * rng.standard_normal((6, 5))[labels] + labels[:, None] * rng.standard_normal((1500, 5))
    points = points.astype(np.float32)
    whole = squared_silhouette(points, labels)
    monkeypatch.setattr(validity, "SCORED_PHOTOS", 300)
    assert squared_silhouette(points, labels) == pytest.approx(whole, abs=0.03)
