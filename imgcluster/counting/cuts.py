"""Numbers of clusters that the cuts of a hierarchy speak for: where modularity and the silhouette of cuts peak."""
import numpy as np

from imgcluster.counting.peaks import clarity, plateau_mean, prominence
from imgcluster.counting.validity import modularity, squared_silhouette
from imgcluster.structure.hierarchy import sum_edges
from imgcluster.structure.linkage import cut

GRID_STEPS = 60
PHOTOS_PER_CLUSTER = 3
MODULARITY_PLATEAU = 0.03
PLATEAU_OF_DROP, PLATEAU_OF_HEIGHT = 0.5, 0.1
CLEAR_PEAK = 0.2
ONE_CLUSTER = 0.3
CLOSER_STEPS = 9


def candidate_counts(hierarchy):
    """Return the ascending counts that the blind estimate looks at: from 2 to a third of the photos, or the nodes.

    Four or five photos, of which a third is less than 2, have the count 2.
    """
    return count_grid(min(len(hierarchy.nodes) // PHOTOS_PER_CLUSTER, hierarchy.num_nodes))


def count_grid(largest, *, steps=GRID_STEPS):
    """Return ascending counts from 2 to `largest`, about evenly spaced in their logarithm."""
    return np.unique(np.round(np.geomspace(2, max(2, largest), steps)).astype(int))


def modularity_peak(hierarchy, counts):
    """Return the count (float) at which the modularity of the cuts peaks on the graph of 5 neighbours.

    It is the middle of all counts within 3 % of the peak (`plateau_mean`).
    """
    nodes_graph = sum_edges(hierarchy.near_graph, hierarchy.nodes)
    heights = np.array([modularity(sum_edges(nodes_graph, cut(hierarchy.tree, count))) for count in counts])
    # Modularity may be 0 or below for all counts.
    return plateau_mean(counts, heights, max(MODULARITY_PLATEAU * heights.max(), 1e-9))


def silhouette_peak(hierarchy, counts, allowed):
    """Return (count, clarity 0..1) of the silhouette's highest peak over the cuts at `counts` that are `allowed`.

    Clarity is the peak's prominence (the drop to the higher one of the lowest points between it and higher ground on
    either side) over its height (`peaks.clarity`). One cluster counts as a silhouette of 0.3, so that the two halves
    of a single cloud are no peak. The count is the `plateau_mean` over the peak's upper half, or over the upper tenth
    of its height where that is less.
    """
    heights = np.array([silhouette_of(hierarchy, count) for count in counts])
    top = np.flatnonzero(allowed)[heights[allowed].argmax()]
    drop = prominence(np.append(ONE_CLUSTER, heights) if counts[0] == 2 else heights, top + int(counts[0] == 2))
    if drop <= 0 or heights[top] <= 0:
        return float(counts[top]), 0.0
    closer = np.linspace(counts[max(top - 1, 0)], counts[min(top + 1, len(counts) - 1)], CLOSER_STEPS).astype(int)
    closer = np.setdiff1d(closer, counts)
    all_counts = np.concatenate([counts[allowed], closer])
    all_heights = np.concatenate([heights[allowed], [silhouette_of(hierarchy, count) for count in closer]])
    plateau = min(PLATEAU_OF_DROP * drop, PLATEAU_OF_HEIGHT * all_heights.max())
    return plateau_mean(all_counts, all_heights, plateau), clarity(drop, all_heights.max(), clear=CLEAR_PEAK)


def silhouette_of(hierarchy, count):
    """Return the silhouette, -1..1, of the cut of a Hierarchy into `count` clusters (`squared_silhouette`)."""
    return squared_silhouette(hierarchy.points, cut(hierarchy.tree, count)[hierarchy.nodes])
