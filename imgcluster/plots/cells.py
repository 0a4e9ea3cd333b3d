"""Cells of a map in the plane: their outlines and the borders between clusters.

The figures show unit (row, column) as the tables name it: rows run down, columns to the right. On a hexagonal map
every other column is half a cell lower or higher.
"""
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from imgcluster.grid import Grid


def cell_centres(shape, *, topology):
    """Plane positions (x to the right, y down) of the units of a map of `shape`, flat order: float [units, 2]."""
    return Grid(*shape, topology=topology).positions()[:, ::-1]


def brick_centres(shape, *, topology):
    """Positions like `cell_centres`, but of square cells one unit apart, for pictures: float [units, 2]."""
    centres = cell_centres(shape, topology=topology)
    return np.column_stack([np.indices(shape)[1].ravel(), centres[:, 1]])


def cell_outlines(centres, *, topology, square=False):
    """Corners of each cell, [units, corners, 2]: squares, flat-topped hexagons, or shifted `square` bricks.

    A brick has six corners, those of the square and the middles of its two upright sides, where its neighbours
    meet, so that each pair of neighbours shares one whole edge.
    """
    if topology == "hexagonal" and not square:
        angles = np.radians(np.arange(0, 360, 60))
        corners = np.column_stack([np.cos(angles), np.sin(angles)]) / np.sqrt(3)
    elif topology == "hexagonal":
        corners = np.array([[0.5, 0], [0.5, 0.5], [-0.5, 0.5], [-0.5, 0], [-0.5, -0.5], [0.5, -0.5]])
    else:
        corners = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
    return centres[:, None, :] + corners[None, :, :]


def cluster_borders(outlines, clusters):
    """Edges between adjacent cells of different clusters: segments [S, 2, 2]."""
    edges, first, second = _shared_edges(outlines)
    return edges[clusters[first] != clusters[second]]


def connected_parts(outlines, clusters):
    """The part of its cluster that each cell lies in, int [cells]: cells of one part meet at edges, one after another.
    """
    _, first, second = _shared_edges(outlines)
    same = clusters[first] == clusters[second]
    links = coo_array((np.ones(same.sum(), bool), (first[same], second[same])), shape=(len(outlines), len(outlines)))
    return connected_components(links, directed=False)[1]


def _shared_edges(outlines):
    """Edges [E, 2, 2] at which two cells meet, and which two these are, each int [E]."""
    edges = np.stack([outlines, np.roll(outlines, -1, axis=1)], axis=2).reshape(-1, 2, 2)
    owner = np.repeat(np.arange(len(outlines)), outlines.shape[1])
    middles = np.round(edges.mean(axis=1), 4) + 0.0
    _, group, times = np.unique(middles, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    order = order[times[group[order]] == 2]
    return edges[order[::2]], owner[order[::2]], owner[order[1::2]]
