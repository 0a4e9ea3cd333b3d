"""The spectrum is that of a dense solver, whether or not the graph is connected, and the same each time."""
import numpy as np
import pytest
from scipy import sparse

from imgcluster.structure import diffusion
from imgcluster.structure.diffusion import connected_parts, diffusion_map, spectrum


def graph_of(sizes, degree=6):
    """A random symmetric graph that falls apart into connected components of the given sizes."""
    rng = np.random.default_rng(0)
    blocks = []
    for size in sizes:
        block = np.zeros((size, size))
        block[np.arange(size), (np.arange(size) + 1) % size] = 1
        rows, columns = rng.integers(size, size=(2, degree * size))
        block[rows, columns] = rng.random(degree * size)
        np.fill_diagonal(block, 0)
        blocks.append(np.maximum(block, block.T))
    return sparse.block_diag(blocks).tocsr()


def dense_spectrum(graph):
    degree = np.asarray(graph.sum(axis=1)).ravel()
    return np.linalg.eigh(graph.toarray() / np.sqrt(degree[:, None] * degree))


@pytest.mark.parametrize("sizes", [[40], [700], [30] * 20, [400, 320, 5, 3], [6] * 200])
def test_eigenvalues_are_those_of_a_dense_solver(sizes):
    graph = graph_of(sizes)
    expected, everything = dense_spectrum(graph)
    values, vectors = spectrum(graph)
    assert len(values) == min(128, sum(sizes) // 2)
    assert values == pytest.approx(expected[::-1][:len(values)], abs=1e-4)
    assert vectors.T @ vectors == pytest.approx(np.eye(len(values)), abs=1e-6)
    assert vectors.T @ (everything * expected) @ everything.T @ vectors == pytest.approx(np.diag(values), abs=2e-3)


def test_it_is_the_same_each_time():
    graph = graph_of([500, 500, 40])
    assert all(np.array_equal(*pair) for pair in zip(spectrum(graph), spectrum(graph)))


def test_of_more_components_than_eigenvectors_the_largest_have_theirs():
    sizes = [4] * 150 + [9] * 20
    values, vectors = spectrum(graph_of(sizes), components=20)
    assert values == pytest.approx(np.ones(20))
    assert np.flatnonzero(np.abs(vectors).sum(axis=1)).tolist() == list(range(600, 780))


def test_nodes_of_a_component_lie_together_and_apart_from_others():
    sizes = [30, 50, 400]
    points = diffusion_map(graph_of(sizes), steps=200)
    part = np.repeat(np.arange(3), sizes)
    assert points @ points.T == pytest.approx((part[:, None] == part).astype(float), abs=1e-6)


def test_components_are_listed_by_size():
    graph = graph_of([3, 8, 5])
    assert [nodes.tolist() for nodes in connected_parts(graph)] == [[*range(3, 11)], [*range(11, 16)], [0, 1, 2]]


def test_large_and_small_components_are_solved_alike(monkeypatch):
    graph = graph_of([60, 90])
    dense = np.abs(diffusion_map(graph, components=20))
    monkeypatch.setattr(diffusion, "DENSE_NODES", 50)
    assert np.abs(diffusion_map(graph, components=20)) == pytest.approx(dense, abs=1e-6)
