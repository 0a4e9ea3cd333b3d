"""Cells of a map and the lines between clusters."""
import numpy as np
import pytest
from drawing import TOPOLOGIES

from imgcluster.plots.cells import cell_centres, cell_outlines, cluster_borders, connected_parts

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("topology, corners", [("rectangular", 4), ("hexagonal", 6)])
def test_cells_tile_the_map(topology, corners):
    outlines = cell_outlines(cell_centres((4, 6), topology=topology), topology=topology)
    assert outlines.shape == (24, corners, 2)
    edges = cluster_borders(outlines, np.arange(24))
    inner = 4 * 5 + 3 * 6 if topology == "rectangular" else 3 * 6 + 5 * (2 * 4 - 1)
    assert len(edges) == inner


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_borders_run_only_between_clusters(topology):
    outlines = cell_outlines(cell_centres((3, 4), topology=topology), topology=topology)
    assert len(cluster_borders(outlines, np.zeros(12, dtype=int))) == 0
    halves = (np.indices((3, 4))[0] > 0).astype(int).ravel()
    edges = cluster_borders(outlines, halves)
    assert len(edges) == (4 if topology == "rectangular" else 7)


@pytest.mark.parametrize("topology, parts", [("rectangular", 4), ("hexagonal", 3)])
def test_cells_of_one_cluster_that_meet_at_edges_are_one_part(topology, parts):
    outlines = cell_outlines(cell_centres((3, 4), topology=topology), topology=topology)
    clusters = np.array([[0, 0, 1, 1], [1, 1, 0, 1], [1, 1, 0, 0]]).ravel()
    part = connected_parts(outlines, clusters)
    assert len(set(part)) == parts == len(set(zip(part, clusters)))
    assert len(set(connected_parts(outlines, np.zeros(12, int)))) == 1
    assert len(set(connected_parts(outlines, np.arange(12)))) == 12
