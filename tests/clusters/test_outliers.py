"""Photos of other things are marked, alone or in clusters of such; small products are not."""
import numpy as np
import pytest

from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.clusters.outliers import outliers
from imgcluster.som import map_of


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("farthest, marked", [(14, []), (14.1, [10])])
def test_an_outlier_is_half_the_range_of_most_photos_farther_than_these(farthest, marked):
    # The first decile is 2, the ninth 10.
    isolation = np.array([1, 2, 2, 3, 4, 5, 6, 7, 8, 10, farthest])
    for labels in (np.zeros(11, int), np.arange(11) // 9):
        assert np.flatnonzero(outliers(isolation, labels)).tolist() == marked
    assert not outliers(isolation, np.arange(11) // 10).any(), "nobody else is in its cluster"


@pytest.mark.parametrize("num_others", [2, 12, 40])
def test_others_are_marked_however_many_there_are_and_make_no_clusters(num_others):
    rng = np.random.default_rng(num_others)
    products = unit(np.repeat(rng.standard_normal((20, 64)), 40, axis=0) + 0.2 * rng.standard_normal((800, 64)))
    features = np.concatenate([products, unit(rng.standard_normal((num_others, 64)))])
    found = cluster_photos(features, map_of(features), allow_outliers=True)
    assert (found.labels[800:] == -1).all() and (found.labels[:800] == -1).mean() < 0.03
    inside = found.labels[found.labels >= 0]
    assert found.num_clusters == len(np.unique(inside)) == inside.max() + 1 == 20
    assert found.interval[0] <= 20 <= found.interval[1]
    assert any(level.max() + 1 == 20 for level in found.levels)


def test_the_few_photos_of_a_small_product_far_from_all_others_are_in_clusters_of_their_own():
    rng = np.random.default_rng(0)
    sizes = [40] * 20 + [3]
    products = unit(np.repeat(rng.standard_normal((21, 64)), sizes, axis=0) + 0.2 * rng.standard_normal((803, 64)))
    found = cluster_photos(products, map_of(products), allow_outliers=True)
    assert {*found.labels[800:]}.isdisjoint({-1, *found.labels[:800]})
