"""Photos next to the same by their features are copies; what is alike, or turns little by little, is not."""
import numpy as np
import pytest

from imgcluster.clusters.near_copies import near_copies, usual_gap


def directions(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("scale", [1, 1000])
def test_resaved_photos_are_copies_of_the_first_and_no_others_are(scale):
    photos = directions(300, 40)
    resaved = np.repeat(photos[[3, 7]], 20, axis=0) + 1e-3 * directions(40, 40, seed=1)
    found = near_copies(np.concatenate([photos, resaved]) * scale)
    assert found[:300].tolist() == list(range(300))
    assert found[300:].tolist() == [3] * 20 + [7] * 20


def test_photos_of_products_that_lie_close_together_are_none():
    products = np.repeat(directions(10, 40), 30, axis=0) + 0.02 * directions(300, 40, seed=1)
    assert (near_copies(products) == np.arange(300)).all()


def test_what_turns_little_by_little_is_a_copy_of_what_it_began_as_only_while_it_is_next_to_it():
    angles = np.linspace(0, np.pi / 2, 200)
    turning = np.outer(np.cos(angles), directions(40)) + np.outer(np.sin(angles), directions(40, seed=1))
    photos = np.concatenate([directions(300, 40, seed=2), turning])
    found, reach = near_copies(photos), 0.1 * usual_gap(photos)
    unit = photos / np.linalg.norm(photos, axis=1, keepdims=True)
    assert np.linalg.norm(unit - unit[found], axis=1).max() <= reach
    assert 10 < len(np.unique(found[300:])) < 200


def test_the_usual_gap_is_that_to_the_nearest_other_photo():
    assert usual_gap(np.eye(7, dtype=np.float32)) == pytest.approx(np.sqrt(2))
    assert usual_gap(np.float32([[1, 0], [2, 0], [0, 5], [0, 1]])) == 0
    assert usual_gap(np.ones((1, 3), np.float32)) == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_photos_are_no_copies(count):
    assert near_copies(directions(count, 4)).tolist() == list(range(count))


def test_photos_are_looked_up_where_they_may_be_copies_and_nowhere_else(monkeypatch):
    looked_up = []

    def noted(features, numbers):
        looked_up.append(len(numbers))
        return features[numbers] / np.linalg.norm(features[numbers], axis=1, keepdims=True)
    monkeypatch.setattr("imgcluster.clusters.near_copies._directions", noted)
    # Products so far apart that on the axes where they differ most photos of one are next to each other.
    products = 100 * np.repeat(directions(20, 300), 100, axis=0) + directions(2000, 300, seed=1)
    near_copies(np.concatenate([products, products[:5] + 1e-3 * directions(5, 300, seed=2)]))
    assert len(looked_up) == 10 and sum(looked_up) == 15


def test_rows_that_are_the_same_count_once_and_those_of_length_0_are_no_copies():
    photos = directions(300, 40)
    resaved = photos[:60] + 1e-3 * directions(60, 40, seed=1)
    found = near_copies(np.concatenate([photos, photos, photos, resaved, np.zeros((3, 40), np.float32)]))
    assert found[:900].tolist() == [*range(300)] * 3
    assert found[900:960].tolist() == [*range(60)] and found[960:].tolist() == [960, 961, 962]
