"""Photos far from all others, such as those of another kind of thing."""
import numpy as np

from imgcluster.clusters.directions import UNDECIDED, follow_directions
from imgcluster.structure.hierarchy import by_size


def outliers(isolation, labels):
    """Return, bool [N], which photos are far from others (`is_far`).

    isolation float [N]: distance to near photos. Clusters that consist of such photos alone are kept as they are: small
    products (`without_lone` has taken away what is none).
    """
    far = is_far(isolation)
    return far & (np.bincount(labels, ~far)[labels] > 0)


def is_far(gaps):
    """Return, bool [N], which distances float [N] are beyond the ninth decile by more than half of what lies between it
    and the first."""
    low, high = np.quantile(gaps, [0.1, 0.9])
    return gaps > high + (high - low) / 2


def without_lone(hierarchy, places, labels):
    """Return labels int [N] of photos of a Hierarchy, 0..K-1, without clusters of lone photos: those go to the nearest
    other cluster by direction (places [N, d]), among whose photos they are outliers.

    A lone photo is far from others and from its nearest one, too, which the few photos of a small product are not.
    """
    nearest = hierarchy.nearest[:, :1]
    if not nearest.size:
        return labels
    gaps = np.linalg.norm(hierarchy.points - hierarchy.points[nearest[:, 0]], axis=1)
    lone = is_far(hierarchy.isolation) & is_far(gaps)
    empty = np.bincount(labels, ~lone)[labels] == 0
    if not empty.any() or empty.all():
        return labels
    left = np.where(empty, UNDECIDED, 0)
    left[~empty] = by_size(labels[~empty])
    return follow_directions(places, left, passes=1)
