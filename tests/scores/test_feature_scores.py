"""Scores by features: scikit-learn's values, ties, features on disk."""
import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.datasets import load_digits

from imgcluster.scores import feature_scores
from imgcluster.scores.feature_scores import internal_scores, neighbour_agreement


def test_neighbour_agreement_on_digits_is_the_leave_one_out_accuracy(monkeypatch):
    monkeypatch.setattr(feature_scores, "QUERIES_AT_ONCE", 7)
    features, labels = load_digits(return_X_y=True)
    features, labels = features[:300], labels[:300]
    similarity = features @ features.T / np.outer(*[np.linalg.norm(features, axis=1)] * 2)
    np.fill_diagonal(similarity, -1)
    expected = (labels[similarity.argmax(axis=1)] == labels).mean()
    assert neighbour_agreement(features, labels, ks=(1,))["1"] == pytest.approx(expected)


def test_neighbour_agreement_is_full_for_separate_models_and_at_chance_for_random_labels():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 30)
    features = np.eye(10)[labels] + 0.01 * rng.random((300, 10))
    assert neighbour_agreement(features, labels) == {"1": 1.0, "5": 1.0}
    assert neighbour_agreement(features, rng.permutation(labels))["1"] < 0.25


def test_neighbour_ties_go_to_the_nearest():
    angle = np.radians([0, 1, 10, 20, 30])
    features = np.column_stack([np.cos(angle), np.sin(angle)])
    labels = np.array(["x", "x", "y", "y", "x"])
    # Each photo's four neighbours are all the others. Photos 0, 1 and 4 see two votes each way: the nearest is an "x"
    # for 0 and 1, which is right, and a "y" for 4, which is not. Photos 2 and 3 are outvoted.
    assert neighbour_agreement(features, labels, ks=(4,)) == {"4": 2 / 5}


def test_neighbour_agreement_of_few_or_many_photos(monkeypatch):
    assert neighbour_agreement(np.ones((1, 4)), ["a"]) == {"1": 0.0, "5": 0.0}
    assert neighbour_agreement(np.eye(2), ["a", "a"]) == {"1": 1.0, "5": 1.0}
    labels = np.repeat(np.arange(4), 100)
    monkeypatch.setattr(feature_scores, "MAX_QUERIES", 50)
    assert neighbour_agreement(np.eye(4)[labels], labels) == {"1": 1.0, "5": 1.0}


def test_the_photos_that_ask_are_drawn_from_all_of_them(monkeypatch):
    monkeypatch.setattr(feature_scores, "MAX_QUERIES", 200)
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(10), 80)
    features = np.eye(10)[groups] + 0.01 * rng.random((800, 10))
    labels = np.where(np.arange(800) < 400, groups, rng.permutation(800) + 10)  # the later half agrees with nothing
    assert 0.35 < neighbour_agreement(features, labels, ks=(1,))["1"] < 0.65


def test_internal_scores_prefer_the_true_clusters_and_equal_scikit_learn():
    features, labels = load_digits(return_X_y=True)
    features = features.astype(np.float32)
    good = internal_scores(features, labels)
    bad = internal_scores(features, np.random.default_rng(0).permutation(labels))
    assert good["silhouette"] > bad["silhouette"]
    assert good["davies_bouldin"] < bad["davies_bouldin"]
    assert good["calinski_harabasz"] > bad["calinski_harabasz"]
    assert good["silhouette"] == pytest.approx(sk.silhouette_score(features, labels, metric="cosine"), abs=1e-4)
    assert good["davies_bouldin"] == pytest.approx(sk.davies_bouldin_score(features, labels), rel=1e-5)
    assert good["calinski_harabasz"] == pytest.approx(sk.calinski_harabasz_score(features, labels), rel=1e-5)


def test_features_on_disk_are_scored_as_those_in_memory_and_never_held_whole(peak_memory, tmp_path, monkeypatch):
    monkeypatch.setattr(feature_scores, "MAX_QUERIES", 200)
    labels = np.random.default_rng(0).integers(50, size=20_000)
    features = np.random.default_rng(1).standard_normal((20_000, 256), np.float32) + labels[:, None] % 7
    np.save(tmp_path / "features.npy", features)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    for score in (neighbour_agreement, internal_scores):
        assert score(mapped, labels) == score(features, labels)
        assert peak_memory(score, mapped, labels) < features.nbytes / 2


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]])
def test_internal_scores_leave_out_what_is_not_defined(labels):
    assert internal_scores(np.eye(3), labels) == {}


def test_internal_scores_are_those_of_the_photos_in_clusters():
    features, labels = load_digits(return_X_y=True)
    labels = np.where(np.random.default_rng(0).random(len(labels)) < 0.4, -1, labels)
    inside = labels >= 0
    assert internal_scores(features, labels) == pytest.approx(
        internal_scores(features[inside], labels[inside]), rel=1e-5)
    assert internal_scores(features, np.full(len(labels), -1)) == {}


def test_equal_photos_in_two_clusters_are_in_none_rather_than_the_other():
    for seed in range(20):
        features = np.repeat(np.random.default_rng(seed).normal(size=(6, 64)), 10, axis=0).astype(np.float32)
        assert internal_scores(features, np.arange(60) // 5)["silhouette"] == 0


def test_photos_of_which_nothing_is_known_have_the_silhouette_of_scikit_learn():
    features = np.array([[1, 0], [1, 0.1], [0, 0], [0, 1], [0.1, 1], [0, 0]], np.float32)
    labels = np.array([0, 0, 0, 1, 1, 1])
    expected = sk.silhouette_score(features, labels, metric="cosine")
    assert internal_scores(features, labels)["silhouette"] == pytest.approx(expected, abs=1e-5)


def test_many_small_clusters_have_the_silhouette_of_all_their_photos(monkeypatch):
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(300), 10)
    features = rng.normal(size=(300, 32))[labels] + 0.5 * rng.normal(size=(3000, 32))
    expected = sk.silhouette_score(features, labels, metric="cosine")
    assert internal_scores(features, labels)["silhouette"] == pytest.approx(expected, abs=1e-5)
    # Those that are scored are compared with all photos, not with one another.
    monkeypatch.setattr(feature_scores, "SCORED_PHOTOS", 300)
    assert internal_scores(features, labels)["silhouette"] == pytest.approx(expected, abs=0.01)
