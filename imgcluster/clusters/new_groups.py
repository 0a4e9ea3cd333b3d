"""Photos that fit no earlier cluster, in groups among themselves: what new products they may show."""
import numpy as np

from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.rows import picked
from imgcluster.som import EPOCHS, map_of

# Fewer photos are looked at one by one.
LEAST = 4


def groups_of_new(features, labels, *, placed, compared=None, copies=None, taught_apart=False):
    """Return the group of each photo with the label -1, int [N] 0.. by decreasing size, -1 for the others; None where
    fewer than four fit no cluster.

    features [N, D]; labels int [N]: the earlier clusters that photos were placed in; placed: function from features to
    the places where they were compared with the earlier ones, by direction (`assign.EarlierPhotos.placed`); compared:
    other features [N, E], from which the number of groups is estimated; copies, taught_apart: as of `cluster_photos`.
    """
    rows = np.flatnonzero(labels < 0)
    if len(rows) < LEAST:
        return None
    own, groups = placed(picked(features, rows)), np.full(len(labels), -1)
    seen = picked(features if compared is None else compared, rows)
    groups[rows] = cluster_photos(own, map_of(own, epochs=EPOCHS), compared=seen, by_direction=True,
                                  copies=None if copies is None else copies[rows], taught_apart=taught_apart).labels
    return groups


def num_alike(groups):
    """Return how many groups, int [N] as `groups_of_new` returns them or None, have two photos or more."""
    return 0 if groups is None else int((np.bincount(groups[groups >= 0]) > 1).sum())
