"""New photos on an existing map: their cluster under its old number, or the mark that they fit none."""
from dataclasses import dataclass

import numpy as np

from imgcluster.errors import UserError
from imgcluster.rows import blocks, check_features, read_rows
from imgcluster.som import half_squared_norms

NO_CLUSTER = -1
REACH_QUANTILE = 0.95


@dataclass(frozen=True)
class Assignment:
    """Where new photos belong on an existing map.

    labels int [N]: the cluster, or -1 where the photo fits none (a new product); nearest int [N]: the nearest cluster
    whether it fits or not; units int [N] and distances float [N]: the nearest unit that holds photos; confidence float
    [N], 0..1: how much nearer that unit is than the nearest one of any other cluster.
    """

    labels: np.ndarray
    nearest: np.ndarray
    units: np.ndarray
    distances: np.ndarray
    confidence: np.ndarray


def cluster_reach(features, som_map, labels):
    """Return how far from the map each cluster's photos lie, float [K]: the distance that holds 95 % of them.

    features [N, D] and labels int [N] 0..K-1 are those the map was made from; -1 (an outlier) belongs to no cluster. A
    photo pulls its own unit towards itself, which no new photo does; its distance is therefore the lesser of the one to
    its unit without it (times hits / (hits - 1)) and that to the second-nearest unit. A cluster is never given less
    than half of the reach of all photos together, so that small or very even clusters do not reject their own; one
    without photos (merged away) gets just that.
    """
    features = check_features(features)
    units, distances, seconds = som_map.best_matching_units(features, second=True)
    hits = np.bincount(units)[units]
    alone = distances * hits / np.maximum(hits - 1, 1)
    to_second = _distances_to(features, som_map, np.where(seconds < 0, units, seconds))
    reached = np.where(hits > 1, np.minimum(alone, to_second), to_second)
    overall = np.quantile(reached, REACH_QUANTILE)
    groups = (reached[labels == label] for label in range(labels.max() + 1))
    return np.array([max(np.quantile(group, REACH_QUANTILE) if len(group) else 0, overall / 2) for group in groups])


def assign(features, som_map, unit_clusters, reach):
    """Return the Assignment of features [N, D] to the clusters of a map, which is left as it is.

    unit_clusters int [units], -1 for units without photos, and reach float [K] (`cluster_reach`) come with the map.
    """
    features = check_features(features)
    prototypes = som_map.prototypes
    if features.shape[1] != prototypes.shape[1]:
        raise UserError(f"ASSIGN_TO: its map has {prototypes.shape[1]} columns, features.npy {features.shape[1]}; make "
                        "both with the same network (step 03)")
    used = np.flatnonzero(np.asarray(unit_clusters) >= 0)
    clusters = np.asarray(unit_clusters)[used]
    found = [_nearest(read_rows(features, rows, normalize=som_map.normalize), prototypes[used], clusters)
             for rows in blocks(len(features))]
    best, distances, confidence = (np.concatenate(each) for each in zip(*found))
    nearest = clusters[best]
    labels = np.where(distances <= np.asarray(reach)[nearest], nearest, NO_CLUSTER)
    return Assignment(labels, nearest, used[best], distances, confidence)


def _nearest(block, prototypes, clusters):
    """Return (index of the nearest prototype, distance, lead over the nearest one of another cluster) of each row."""
    squares = 2 * (half_squared_norms(prototypes) - block @ prototypes.T) + np.einsum("bd,bd->b", block, block)[:, None]
    best = squares.argmin(axis=1)
    own = np.sqrt(np.maximum(squares[np.arange(len(block)), best], 0))
    squares[clusters[best][:, None] == clusters[None, :]] = np.inf
    other = np.sqrt(np.maximum(squares.min(axis=1), 0))
    lead = np.where(np.isinf(other), 1.0, 1 - own / np.where(other > 0, other, 1))
    return best, own, np.clip(lead, 0, 1)


def _distances_to(features, som_map, units):
    return np.concatenate([
        np.linalg.norm(read_rows(features, rows, normalize=som_map.normalize) - som_map.prototypes[units[rows]], axis=1)
        for rows in blocks(len(features))])
