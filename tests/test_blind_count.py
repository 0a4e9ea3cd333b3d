"""The blind estimate: separate clouds are counted, and views that agree make the interval narrow."""
import numpy as np
import pytest

from imgcluster.blind_count import blind_estimate
from imgcluster.hierarchy import hierarchy_of


def clouds(num_clusters, photos_each, *, spread, seed=0, width=32):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_clusters), photos_each)
    centres = rng.standard_normal((num_clusters, width))
    return (centres[labels] + spread * rng.standard_normal((len(labels), width))).astype(np.float32)


@pytest.mark.parametrize("num_clusters", [3, 11, 30])
def test_separate_clouds_are_counted(num_clusters):
    estimate = blind_estimate(hierarchy_of(clouds(num_clusters, 24, spread=0.3)))
    assert estimate.count == pytest.approx(num_clusters, rel=0.05)
    assert estimate.interval[0] <= num_clusters <= estimate.interval[1] < 2 * num_clusters
    assert "modularity" in estimate.method and "reciprocity" in estimate.method


def test_the_interval_is_wider_where_the_views_disagree():
    # Twelve groups of four close clouds each: the silhouette sees the clouds, reciprocity the groups.
    rng = np.random.default_rng(1)
    fine = np.repeat(np.arange(48), 20)
    centres = rng.standard_normal((12, 32))[fine // 4] + 0.3 * rng.standard_normal((48, 32))[fine]
    nested = (centres + 0.3 * rng.standard_normal((960, 32))).astype(np.float32)
    (low, high), (clear_low, clear_high) = (blind_estimate(hierarchy_of(features)).interval
                                            for features in (nested, clouds(48, 20, spread=0.3)))
    assert high / low > 1.2 * clear_high / clear_low


@pytest.mark.parametrize("features", [np.ones((30, 4)), np.arange(6.0).reshape(3, 2)])
def test_photos_that_cannot_be_told_apart_are_one_cluster(features):
    assert blind_estimate(hierarchy_of(features.astype(np.float32))).count == 1
