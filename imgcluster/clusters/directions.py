"""Clusters as directions: photos of one product point the same way, as a network was taught, or once what differs
within products counts less."""
import numpy as np

from imgcluster.rows import OnAxes, Picked, blocks, picked, read_rows, sample_step, unit_length
from imgcluster.structure.hierarchy import NUM_NEIGHBOURS, majority, partition
from imgcluster.structure.neighbours import DIMENSIONS, add_by_group, project
from imgcluster.structure.whitening import evened_within, within_model_whitening

# Most of what there is to gain comes with the first.
PASSES = 5
# Photos, of clusters evenly spread over all, that show what differs within a cluster.
MOST_SHOWN = 6000
# The label of photos that are yet to be placed in a cluster.
UNDECIDED = -1
# Least cosine distance that is told from none.
ROUNDING = 1e-5


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
    shown = rows_shown(labels)
    return project(evened_within(features, (features[shown], labels[shown])))


def axes_shown_by(features, labels):
    """Return (axes [D, K], offset [K]) on which what differs within clusters counts less, learned from photos [N, D] in
    clusters int [N] (`whitening.within_model_whitening`)."""
    shown = some_of_each(labels)
    return within_model_whitening(read_rows(Picked(features, shown), normalize=True), labels[shown],
                                  components=DIMENSIONS)


def some_of_each(labels):
    """Return rows of photos, evenly spaced over each cluster, that show what differs within them: two of each at least,
    and some 6,000 in all, or all; labels int [N]."""
    place = place_in_cluster(labels)
    return np.flatnonzero((place % sample_step(len(labels), MOST_SHOWN) == 0) | (place == 1))


def place_in_cluster(labels):
    """Return which of the photos of its cluster each one is, int [N]: 0, 1, ... in their order; labels int [N]."""
    order = np.argsort(labels, kind="stable")
    place = np.empty(len(labels), int)
    place[order] = np.arange(len(labels)) - np.searchsorted(labels[order], labels[order])
    return place


def rows_shown(labels):
    """Return the rows of photos, of whole small clusters spread over all, that show what differs within a cluster;
    labels int [N], 0..K-1."""
    return np.flatnonzero(labels % -(-len(labels) // MOST_SHOWN) == 0)


def follow_directions(features, labels, *, within=None, passes=PASSES):
    """Return labels int [N], 0..K-1, after each photo went to the cluster whose mean direction is nearest to its own.

    Spherical K-means (Dhillon & Modha, Machine Learning 42, 2001) from the clusters given, at most `passes` times;
    features [N, D] may be memory-mapped. Passes that would leave a cluster without photos are not taken. labels: -1 for
    photos that are yet to be placed, which always are. within: int [N], larger clusters that nobody leaves; each of the
    clusters given lies in one of them, and each of them holds one.
    """
    num_clusters = labels.max() + 1
    owner = None if within is None else majority(labels[labels >= 0], within[labels >= 0], num_clusters)
    for _ in range(passes):
        centers = mean_directions(features, labels)
        moved = np.concatenate([
            _nearest(read_rows(features, rows), centers, owner, None if within is None else within[rows])
            for rows in blocks(len(labels))])
        if (moved == labels).all():
            break
        if len(np.unique(moved)) < num_clusters:
            return np.where(labels == UNDECIDED, moved, labels)
        labels = moved
    return labels


def _nearest(block, centers, owner, within):
    """The direction [K, D] nearest to each photo of a block [B, D], among those whose `owner` int [K] is its own."""
    # Whatever the length of a row, the same direction is nearest.
    likeness = block @ centers.T
    return (likeness if owner is None else np.where(owner == within[:, None], likeness, -np.inf)).argmax(axis=1)


def mean_directions(features, labels):
    """Return float32 [K, D], rows of length 1: the directions of the clusters' summed unit vectors."""
    return unit_length(_sums(features, labels))


def _sums(features, labels):
    sums = np.zeros((labels.max() + 1, features.shape[1]), np.float32)
    for rows in blocks(len(labels)):
        inside = labels[rows] != UNDECIDED
        add_by_group(sums, read_rows(features, rows, normalize=True)[inside], labels[rows][inside])
    return sums


def confidence(features, labels):
    """Return how much nearer each photo is to its own cluster than to the next one, float [N], 0..1.

    The simplified silhouette (Hruschka, Campello & de Castro, Information Sciences 176, 2006): 1 - own / next, by
    cosine distances to the clusters' mean directions, without the photo itself in its own cluster's; 0 where another
    cluster is nearer, or for a photo alone in its cluster, and 1 where there is only one cluster. features [N, D],
    labels int [N] 0..K-1.
    """
    sums, found = _sums(features, labels), []
    centers = unit_length(sums)
    for rows in blocks(len(labels)):
        block, own = read_rows(features, rows, normalize=True), labels[rows]
        others = unit_length(sums[own] - block)
        found.append(_lead(block @ centers.T, own, np.einsum("nd,nd->n", block, others)))
    return np.where((np.bincount(labels)[labels] > 1) | (len(sums) == 1), np.concatenate(found), 0)


def confidence_elsewhere(labels, *, features, places, found, evened, merged=None):
    """Return the confidence float [N] of photos in other clusters than they were found in, 0 outside of any.

    labels, found: int [N], the clusters and those found, -1 for none; features [N, D] of the photos, and the places
    [N, d] at which they were compared; evened: these are `evened_places`. Small clusters that were in one with what a
    person has now put apart hide just that difference, so the clusters show what differs within a product, for photos
    of those that changed. merged: of earlier datasets' clusters, of which there are none here.
    """
    inside, certainty = np.flatnonzero(labels >= 0), np.zeros(len(labels))
    if not len(inside):
        return certainty
    numbers = np.unique(labels[inside], return_inverse=True)[1]
    certainty[inside] = confidence(picked(places, inside), numbers)
    moved = labels != found
    changed = np.isin(labels[inside], [*labels[moved], *found[moved]])
    if evened and changed.any() and np.bincount(numbers).max() > 1:
        own = picked(features, inside)
        again = confidence(OnAxes(own, *axes_shown_by(own, numbers)), numbers)
        certainty[inside[changed]] = again[changed]
    return certainty


def confidence_among(features, labels, centers):
    """Return how much nearer each photo [M, D] is to its cluster, int [M], than to the next one, float [M], 0..1.

    As `confidence`, but of clusters that other photos made, whose `mean_directions` [K, D] are given.
    """
    found = [np.zeros(0)]
    for rows in blocks(len(labels)):
        likeness = read_rows(features, rows, normalize=True) @ centers.T
        found.append(_lead(likeness, labels[rows], likeness[np.arange(len(likeness)), labels[rows]]))
    return np.concatenate(found)


def _lead(likeness, own, likeness_to_own):
    """How much nearer photos are to their `own` clusters than to the next, 0..1; likeness: cosines [B, K] to all."""
    if likeness.shape[1] == 1:
        return np.ones(len(likeness))
    likeness[np.arange(len(own)), own] = -1
    own_gap, next_gap = 1 - likeness_to_own, 1 - likeness.max(axis=1)
    return np.clip((next_gap - own_gap) / np.maximum(next_gap, ROUNDING), 0, 1)


def likeness_to_means(features, labels):
    """Return float32 [N]: the cosine of each photo to the mean direction of its cluster; labels int [N], 0..K-1."""
    means = mean_directions(features, labels)
    return np.concatenate([(read_rows(features, rows, normalize=True) * means[labels[rows]]).sum(axis=1)
                           for rows in blocks(len(labels))])
