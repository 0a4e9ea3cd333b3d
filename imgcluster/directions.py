"""Clusters as directions: photos of one product point the same way, as a network was taught, or once what differs
within products counts less."""
import numpy as np

from imgcluster.hierarchy import NUM_NEIGHBOURS, partition
from imgcluster.neighbours import membership, project
from imgcluster.rows import blocks, read_rows, unit_length
from imgcluster.whitening import evened_within

# Most of what there is to gain comes with the first.
PASSES = 5
# Photos, of clusters evenly spread over all, that show what differs within a cluster.
MOST_SHOWN = 6000


def evened_places(features, hierarchy):
    """Return the places float32 [N, d] of photos [N, D] where what differs within small clusters of them counts less.

    The clusters, of as many photos as the graph of the Hierarchy has neighbours or one of its nodes each, hold hardly
    more than one product: what differs in them is light, pose and ground. With no labels at all they stand in for known
    products (`whitening`). Photos too few for two such clusters stay where they are.
    """
    num_clusters = min(len(features) // NUM_NEIGHBOURS, hierarchy.num_nodes)
    if num_clusters < 2:
        return hierarchy.points
    labels = partition(hierarchy, num_clusters)
    shown = np.flatnonzero(labels % -(-len(labels) // MOST_SHOWN) == 0)
    return project(evened_within(features, (features[shown], labels[shown])))


def follow_directions(features, labels, *, passes=PASSES):
    """Return labels int [N], 0..K-1, after each photo went to the cluster whose mean direction is nearest to its own.

    Spherical K-means (Dhillon & Modha, Machine Learning 42, 2001) from the clusters given, at most `passes` times;
    features [N, D] may be memory-mapped. Passes that would leave a cluster without photos are not taken.
    """
    num_clusters = labels.max() + 1
    for _ in range(passes):
        centers = mean_directions(features, labels)
        # Whatever the length of a row, the same direction is nearest.
        moved = np.concatenate([(read_rows(features, rows) @ centers.T).argmax(axis=1)
                                for rows in blocks(len(labels))])
        if (moved == labels).all() or len(np.unique(moved)) < num_clusters:
            break
        labels = moved
    return labels


def mean_directions(features, labels):
    """Return float32 [K, D], rows of length 1: the directions of the clusters' summed unit vectors."""
    sums = np.zeros((labels.max() + 1, features.shape[1]), np.float32)
    for rows in blocks(len(labels)):
        sums += membership(labels[rows], len(sums)).T @ read_rows(features, rows, normalize=True)
    return unit_length(sums)


def likeness_to_means(features, labels):
    """Return float32 [N]: the cosine of each photo to the mean direction of its cluster; labels int [N], 0..K-1."""
    means = mean_directions(features, labels)
    return np.concatenate([(read_rows(features, rows, normalize=True) * means[labels[rows]]).sum(axis=1)
                           for rows in blocks(len(labels))])
