"""Distances to cluster centres: scikit-learn's scores, whatever the blocks, and the edges."""
import numpy as np
import pytest
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

from imgcluster.scores.dispersion import Dispersion


@pytest.mark.parametrize("photos, clusters", [(5, 2), (40, 20), (3000, 4), (3000, 1500)])
def test_scores_are_those_of_scikit_learn(photos, clusters):
    rng = np.random.default_rng(photos)
    labels = rng.permutation(np.arange(photos) % clusters)
    features = rng.standard_normal((photos, 6), np.float32) + labels[:, None] % 3
    dispersion = Dispersion(features, labels)
    assert dispersion.davies_bouldin() == pytest.approx(davies_bouldin_score(features, labels), rel=1e-5)
    assert dispersion.calinski_harabasz() == pytest.approx(calinski_harabasz_score(features, labels), rel=1e-5)


def test_sizes_centres_and_distances_are_those_of_the_clusters():
    dispersion = Dispersion(np.array([[0, 0], [4, 0], [1, 1]]), np.array([1, 1, 0]))
    assert dispersion.sizes.tolist() == [1, 2] and dispersion.centres.tolist() == [[1, 1], [2, 0]]
    assert dispersion.distances.tolist() == [0, 4] and dispersion.squares.tolist() == [0, 8]


@pytest.mark.parametrize("features", [np.ones((4, 3)), [[0.1], [0.1], [0.7], [0.7]], [[1], [-1], [1], [-1]]])
def test_clusters_without_spread_or_with_one_centre_are_scored_as_by_scikit_learn(features):
    features, labels = np.asarray(features, np.float32), np.array([0, 0, 1, 1])
    dispersion = Dispersion(features, labels)
    assert dispersion.davies_bouldin() == davies_bouldin_score(features, labels) == 0
    assert dispersion.calinski_harabasz() == calinski_harabasz_score(features, labels)


def test_rows_without_a_cluster_are_left_out_even_where_they_fill_blocks():
    features = np.random.default_rng(0).standard_normal((2500, 3)).astype(np.float32)
    labels = np.where(np.arange(2500) < 2048, -1, np.arange(2500) % 3)
    found, alone = Dispersion(features, labels), Dispersion(features[2048:], labels[2048:])
    for name in ("sizes", "centres", "distances", "squares"):
        np.testing.assert_allclose(getattr(found, name), getattr(alone, name))


def test_centres_that_are_the_same_but_for_rounding_are_scored_as_one_place():
    rng = np.random.default_rng(0)
    # Sums of these depend on their order.
    photos = (rng.standard_normal((700, 3)) * 10 ** rng.uniform(-12, 0, (700, 3))).astype(np.float32)
    dispersion = Dispersion(np.concatenate([photos, photos[::-1], photos + 9]), np.repeat([0, 1, 2], 700))
    assert 0 < np.linalg.norm(dispersion.centres[0] - dispersion.centres[1]) < 1e-12
    assert dispersion.davies_bouldin() < 1


@pytest.mark.parametrize("scale", [1e-12, 1, 1e6])
def test_the_unit_of_the_features_plays_no_part(scale):
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    features = rng.normal(size=(60, 4)) + 3 * labels[:, None]
    scores = [(each.davies_bouldin(), each.calinski_harabasz())
              for each in (Dispersion(features, labels), Dispersion(scale * features, labels))]
    assert scores[0] == pytest.approx(scores[1], rel=1e-6) and scores[0][0] > 0.1
