"""Photos that fit no earlier cluster, in groups among themselves: what new products they may show."""
import numpy as np

from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.rows import picked
from imgcluster.som import map_of

# Fewer photos are looked at one by one.
LEAST = 4


def groups_of_new(places, features, labels, *, copies=None, taught_apart=False):
    """Return the group of each photo with the label -1, int [N] 0.. by decreasing size, -1 for the others; None where
    fewer than four fit no cluster.

    places [N, d]: where photos were compared with the earlier ones, by direction; features [N, D]: from which the
    number of groups is estimated; labels int [N]: the earlier clusters they were placed in; copies, taught_apart: as of
    `cluster_photos`.
    """
    rows = np.flatnonzero(labels < 0)
    if len(rows) < LEAST:
        return None
    own, groups = picked(places, rows), np.full(len(labels), -1)
    groups[rows] = cluster_photos(own, map_of(own), compared=picked(features, rows), by_direction=True,
                                  copies=None if copies is None else copies[rows], taught_apart=taught_apart).labels
    return groups
