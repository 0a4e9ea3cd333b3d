"""Photos laid out in a plane: few, equal, and many."""
import numpy as np
import pytest

from imgcluster.plots import (
    lay_out,
)
from imgcluster.plots.layout import place_among

pytestmark = pytest.mark.filterwarnings("error")


def test_a_sample_of_the_photos_is_laid_out_with_as_much_less_perplexity(monkeypatch):
    asked = []
    monkeypatch.setattr("imgcluster.plots.layout._tsne", lambda points, perplexity, seed: (
        asked.append((len(points), perplexity)), points[:, :2])[1])
    features = np.random.default_rng(0).normal(size=(200, 8))
    for most in (200, 50):
        lay_out(features, seed=0, max_photos=most)
    assert asked == [(200, 30), (50, 7.5)]


@pytest.mark.parametrize("photos", [1, 2, 3, 5, 9, 12])
def test_embedding_of_few_photos_is_finite(photos):
    points, method = lay_out(np.random.default_rng(0).normal(size=(photos, 20)), seed=0)
    assert points.shape == (photos, 2) and np.isfinite(points).all()
    assert method == ("principal components" if photos < 10 else "t-SNE")


def test_embedding_of_equal_photos_is_one_point():
    for row in (np.ones(8), np.random.default_rng(0).normal(size=200)):
        points, _ = lay_out(np.tile(row, (30, 1)), seed=0)
        assert np.ptp(points, axis=0).max() == 0


def test_embedding_of_many_photos_places_all_repeats_and_keeps_groups_apart():
    labels = np.arange(400) % 4
    features = np.eye(16)[labels] + 0.05 * np.random.default_rng(0).normal(size=(400, 16))
    points, method = lay_out(features, seed=1, max_photos=80)
    again, _ = lay_out(features, seed=1, max_photos=80)
    assert points.shape == (400, 2) and (points == again).all() and "80 photos" in method
    middles = np.stack([np.median(points[labels == label], axis=0) for label in range(4)])
    nearest = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels).all()


def test_a_photo_among_landmarks_lies_by_its_like_and_not_in_between():
    landmarks = np.array([[0.0, 0], [0, 1], [1, 0], [9, 9], [9, 8]])
    laid_out = np.array([[0.0, 0], [0, 2], [2, 0], [100, 100], [100, 98]], np.float32)
    placed = place_among(np.array([[0.3, 0.3], [0.0, 0.0]]), landmarks, laid_out)
    assert (placed >= 0).all() and (placed <= 2).all()
    assert np.linalg.norm(placed[1]) < 0.1
    assert place_among(np.ones((2, 2)), landmarks[:1], laid_out[:1]).tolist() == [[0, 0], [0, 0]]
