"""The hierarchy of clusters over a set of photos: neighbourhood graph, diffusion map and Ward's tree in it."""
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from imgcluster.som import map_of
from imgcluster.structure.diffusion import diffusion_map
from imgcluster.structure.linkage import cut, weighted_ward
from imgcluster.structure.neighbours import fuzzy_graph, group_means, membership, nearest_photos, project

# Ward's tree of more would not fit into half a gigabyte.
MAX_NODES = 10_000
# On a map with fewer units, more photos than that are not clustered: their neighbours could not be found.
FEWEST_UNITS, MANY_PHOTOS = 600, 6000
NUM_NEIGHBOURS = 8
NEAR_NEIGHBOURS = 5
# So many nearest photos are kept, which show how large small clusters are.
NEAREST = 32
OWN_SPACE = 0.2
PROPAGATION_PASSES = 3
# As many as SOM_EPOCHS has by default.
MAP_EPOCHS = 20


@dataclass(frozen=True)
class Hierarchy:
    """What every partition is cut from.

    points float32 [N, d]: the photos' leading components; graph, near_graph: sparse [N, N], the neighbourhood graphs of
    8 neighbours, or of as many as were asked for, and of 5; nodes int [N]: the node each photo belongs to, itself in a
    small set and a part of its map unit in a large one; tree: Ward's linkage of the nodes; nearest int [N, k]: the
    nearest photos of each, nearest first; isolation float [N]: distance to the fifth-nearest.
    """

    points: np.ndarray
    graph: sparse.csr_matrix
    near_graph: sparse.csr_matrix
    nodes: np.ndarray
    tree: np.ndarray
    nearest: np.ndarray
    isolation: np.ndarray

    @property
    def num_nodes(self):
        """Number of leaves of the tree."""
        return len(self.tree) + 1


def build_hierarchy(features, units, *, num_neighbours=NUM_NEIGHBOURS):
    """Return the Hierarchy of features [N, D] whose photos lie in map units int [N].

    Up to 10,000 photos are the leaves themselves; of more so many parts of units are, weighted by hits, so that memory
    and time grow linearly with N.
    """
    points = project(features)
    nearest, distance = nearest_photos(points, units, num_neighbours=NEAREST)
    graph = fuzzy_graph(nearest[:, :num_neighbours], distance[:, :num_neighbours])
    nodes = leaves(points, units)
    sizes = np.bincount(nodes)
    # Parts of the graph without a path between them are all equally far apart in a diffusion map; a little of the
    # photos' own space decides which of them are merged first.
    coordinates = np.hstack([diffusion_map(sum_edges(graph, nodes)), OWN_SPACE * group_means(points, nodes, sizes)])
    near, gaps = nearest[:, :NEAR_NEIGHBOURS], distance[:, :NEAR_NEIGHBOURS]
    return Hierarchy(points, graph, fuzzy_graph(near, gaps), nodes, weighted_ward(coordinates, sizes), nearest,
                     gaps.max(axis=1, initial=0))


def leaves(points, units):
    """Return the node int [N] of each photo at a place [N, d] in a map unit int [N]: 10,000 nodes at most.

    Of fewer photos it is the photo itself, else a part of its unit, where the occupied units are no more than that.
    """
    if len(units) <= MAX_NODES:
        return np.arange(len(units))
    return split_nodes(points, np.unique(units, return_inverse=True)[1], MAX_NODES)


def hierarchy_on(features, units, num_units):
    """Return the Hierarchy of features [N, D] whose photos lie in units int [N] of a map of `num_units`.

    Of more than 6,000 photos on a map of fewer than 600 units (SOM_GRID), too coarse to be clustered, it is that of a
    map of their own; so it is of more than 10,000 on one of more units than a tree can hold.
    """
    too_coarse = len(units) > MANY_PHOTOS and num_units < FEWEST_UNITS
    too_fine = len(units) > MAX_NODES and num_units > MAX_NODES
    return hierarchy_of(features) if too_coarse or too_fine else build_hierarchy(features, units)


def hierarchy_of(features, *, epochs=MAP_EPOCHS, num_neighbours=NUM_NEIGHBOURS):
    """Return the Hierarchy of features [N, D] on a map of their own."""
    units = map_of(features, epochs=epochs).best_matching_units(features)[0]
    return build_hierarchy(features, units, num_neighbours=num_neighbours)


def sum_edges(graph, groups):
    """Return the sparse [G, G] graph whose edges are the sums of the edges [N, N] between groups int [N] 0..G-1."""
    members = membership(groups, groups.max() + 1).astype(np.float64)
    return (members.T @ graph @ members).tocsr()


def partition(hierarchy, num_clusters):
    """Return labels int [N] 0..K-1, by decreasing size, of exactly `num_clusters` clusters (1..N) of the photos.

    The tree is cut, then photos follow the majority of their neighbours for a few passes. More clusters than nodes are
    reached by splitting nodes (`split_nodes`).
    """
    labels = cut(hierarchy.tree, min(num_clusters, hierarchy.num_nodes))[hierarchy.nodes]
    if num_clusters > hierarchy.num_nodes:
        labels = split_nodes(hierarchy.points, labels, num_clusters)
    return by_size(propagate(hierarchy.graph, labels))


def propagate(graph, labels):
    """Return labels [N] after each photo took the heaviest label among its neighbours in `graph`, a few times over.

    Passes that would leave a cluster without photos are not taken; a photo keeps its label in a tie.
    """
    num_labels = labels.max() + 1
    for _ in range(PROPAGATION_PASSES):
        moved = heaviest(shares(graph, labels) + membership(labels, num_labels) * 1e-3)
        if len(np.unique(moved)) < num_labels:
            break
        labels = moved
    return labels


def heaviest(votes):
    """Return the column int [N] of the largest entry of each row of sparse votes [N, K], all above 0, one at least in
    each row; the lower one of equals. (SciPy's argmax takes the rows one by one.)"""
    votes = votes.tocsr()
    starts, lengths = votes.indptr[:-1], np.diff(votes.indptr)
    largest = votes.data == np.repeat(np.maximum.reduceat(votes.data, starts), lengths)
    return np.minimum.reduceat(np.where(largest, votes.indices, votes.shape[1]), starts)


def shares(graph, labels):
    """Return, sparse [N, K], which share of each photo's edge weight goes to which label."""
    votes = graph @ membership(labels, labels.max() + 1)
    total = np.asarray(votes.sum(axis=1)).ravel()
    return (sparse.diags(1 / np.where(total > 0, total, 1)) @ votes).tocsr()


def split_nodes(points, nodes, num_clusters):
    """Return labels int [N] of `num_clusters` parts of `nodes` int [N] 0..U-1, U to N of them, places [N, d] given.

    Each node's photos are merged by Ward's method, and of all these merges the costliest are undone. Of a node with
    more than 6,000 photos, which only copies of one photo make, the first 6,000 can be told apart.
    """
    order = np.argsort(nodes, kind="stable")
    members = [rows[:MANY_PHOTOS] for rows in np.split(order, np.cumsum(np.bincount(nodes))[:-1])]
    trees = [weighted_ward(points[rows], np.ones(len(rows))) for rows in members]
    owners = np.repeat(np.arange(len(trees)), [len(tree) for tree in trees])
    costliest = np.argsort(-np.concatenate([tree[:, 2] for tree in trees]), kind="stable")
    parts = 1 + np.bincount(owners[costliest[:num_clusters - len(trees)]], minlength=len(trees))
    labels, first = nodes.copy(), len(trees)
    for node in np.flatnonzero(parts > 1):
        inside = cut(trees[node], parts[node])
        # The first part keeps the node's number.
        labels[members[node]] = np.where(inside == 0, node, first + inside - 1)
        first += parts[node] - 1
    return labels


def by_size(labels, counted=None):
    """Return labels renumbered 0..K-1 by decreasing size (ties: by first photo).

    counted: bool [N], the photos that count towards a cluster's size; all by default.
    """
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    sizes = np.bincount(inverse, counted)
    rank = np.empty(len(sizes), int)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[inverse]


def majority(groups, labels, num_groups):
    """Return the most frequent of labels int [N] in each of the groups int [N], int [num_groups], -1 where there are
    none.

    The lower number wins a tie. Memory goes with N, however many groups and labels there are.
    """
    width = labels.max(initial=0) + 1
    pairs, counts = np.unique(groups.astype(np.int64) * width + labels, return_counts=True)
    group, label = np.divmod(pairs, width)
    order = np.lexsort((label, -counts, group))
    there, first = np.unique(group[order], return_index=True)
    found = np.full(num_groups, -1)
    found[there] = label[order][first]
    return found
