"""Confidence: how much nearer a photo's own cluster is, measured as of photos that come later."""
import numpy as np
import pytest
from rays import rays

from imgcluster.clusters import certainty, directions
from imgcluster.clusters.certainty import (
    MOST_POWER,
    HeldOut,
    confidence,
    confidence_among,
    confidence_elsewhere,
    power_between,
)
from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.clusters.directions import evened_places, mean_directions, small_clusters
from imgcluster.som import map_of
from imgcluster.structure.hierarchy import hierarchy_of
from imgcluster.structure.neighbours import project
from imgcluster.structure.whitening import evened_within, shrinkage_for


def test_confidence_is_how_much_nearer_ones_own_cluster_is_than_the_next_one():
    features = np.array([[2, 0], [0.8, 0.6], [0, 5], [-0.6, 0.8]])
    next_mean = np.array([-0.6, 1.8]) / np.hypot(0.6, 1.8)
    found = confidence(features, np.array([0, 0, 1, 1]))
    # Without the photo itself its own cluster is the other photo of it, whose cosine is 0.8.
    assert found[:2] == pytest.approx([1 - 0.2 / (1 - next_mean @ photo) for photo in ([1, 0], [0.8, 0.6])], abs=1e-5)
    assert confidence(features, np.zeros(4, int)).tolist() == [1] * 4
    assert confidence(features, np.array([0, 0, 1, 0]))[2] == 0, "nobody else is in its cluster"
    assert confidence(np.ones((4, 3)), np.array([0, 0, 1, 1])) == pytest.approx([0] * 4, abs=0.01), "none is nearer"


def test_strays_and_photos_between_clusters_have_the_least_confidence():
    features, products = rays()
    between = mean_directions(features, products)[[0, 1]].sum(axis=0, keepdims=True)
    features, strayed = np.concatenate([features, between]), np.append(products, 0)
    strayed[:200:40] = (strayed[:200:40] + 1) % 5
    found = confidence(features, strayed)
    assert ((found >= 0) & (found <= 1)).all()
    assert found[:200:40].max() == 0 and found[-1] < 0.1 and np.median(found) > 0.7


def small_products(number=20, photos=10, seed=0, size=300, noise=1.5):
    """(features of photos of products that differ by less than photos do, their products)."""
    rng, labels = np.random.default_rng(seed), np.repeat(np.arange(number), photos)
    features = np.random.default_rng(9).standard_normal((number, size))[labels]
    return (features + noise * rng.standard_normal(features.shape)).astype(np.float32), labels


@pytest.fixture(scope="module")
def held_out():
    """(features of small products, their small clusters, evened places, their products, the `HeldOut` of these)."""
    features, products = small_products()
    small = small_clusters(hierarchy_of(features))
    places = evened_places(features, small)
    return features, small, places, products, HeldOut.of(features, small, places, products)


def test_photos_that_showed_what_differs_are_nearly_as_sure_as_those_that_come_later(held_out):
    features, small, _, products, found = held_out
    together = np.concatenate([features, small_products(seed=1)[0]])
    # The same evening, by the small clusters of the earlier photos alone.
    shrinkage = shrinkage_for(*features.shape)
    earlier, later = np.split(project(evened_within(together, (features, small), shrinkage=shrinkage)), 2)
    seen, new = confidence(earlier, products), confidence_among(later, products, mean_directions(earlier, products))
    assert seen.mean() > new.mean() + 0.1, "evening holds together those that showed it"
    assert abs(found.lowered(seen).mean() - new.mean()) < (seen.mean() - new.mean()) / 2


def test_lowered_confidences_keep_their_order_and_their_ends(held_out):
    found = held_out[-1]
    before = np.linspace(0, 1, len(found.helped))
    after = found.lowered(before)
    assert found.power > 1.1 and (after <= before).all() and (np.diff(after) > 0).all()
    assert after[[0, -1]].tolist() == [0, 1]


@pytest.mark.parametrize("after, expected", [([0.25, 0.25], 2), ([0.5, 0.6], 1), ([0, 0], MOST_POWER)])
def test_the_power_brings_the_mean_down_to_the_other(after, expected):
    assert power_between(np.array([0.5, 0.5]), np.array(after)) == pytest.approx(expected)


def test_of_few_photos_both_halves_are_held_out(held_out, monkeypatch):
    features, small, places, products, both = held_out
    halves = []
    for parity in (0, 1):
        monkeypatch.setattr(certainty, "FEW_PHOTOS", 10)
        halves.append(HeldOut.of(features, small ^ parity, places, products).power)
    assert min(halves) < both.power < max(halves)


def test_of_many_photos_those_that_showed_nothing_are_as_sure_as_before(held_out, monkeypatch):
    features, small, _, products, _ = held_out
    monkeypatch.setattr(directions, "MOST_SHOWN", 60)
    places = evened_places(features, small)
    found, before = HeldOut.of(features, small, places, products), confidence(places, products)
    after = found.lowered(before)
    assert 20 <= found.helped.sum() <= 80
    assert np.array_equal(after[~found.helped], before[~found.helped]) and (after < before)[found.helped].mean() > 0.8
    assert found.of_photos(np.arange(5)).lowered(before[:5]).tolist() == after[:5].tolist()


@pytest.mark.parametrize("labels", [np.zeros(32, int), np.arange(32), np.arange(32) % 2])
def test_identical_photos_have_a_held_out_confidence_too(labels):
    features, small = np.ones((32, 4), np.float32), np.arange(32) // 8
    found = HeldOut.of(features, small, evened_places(features, small), labels).lowered(np.linspace(0, 1, 32))
    assert ((found >= 0) & (found <= 1)).all()


def test_step_04_lowers_the_confidences_of_small_products():
    features, _ = small_products()
    clusters = cluster_photos(features, map_of(features), num_clusters=20)
    known = clusters.confidence_of.keywords
    before = confidence(known["places"], clusters.labels)
    assert np.array_equal(clusters.confidence, known["held_out"].lowered(before))
    assert clusters.confidence.mean() < before.mean() - 0.05
    assert np.array_equal(clusters.confidence_of(clusters.labels), clusters.confidence)


def test_photos_left_among_others_stay_doubtful_when_their_cluster_is_corrected():
    features, products = small_products(12, 12, size=600, noise=2.5)
    held, strays, found = HeldOut(np.ones(144, bool), 1.5), [60, 72, 84], np.where(products == 1, 0, products)
    found[strays] = 0
    corrected = np.where(products == 1, 12, found)
    after = confidence_elsewhere(corrected, features=features, places=features, found=found, held_out=held)
    others = np.setdiff1d(np.flatnonzero(corrected == 0), strays)
    assert after[strays].max() < 0.02 < 0.04 < after[others].min()
    untouched = (corrected > 1) & (corrected < 12)
    before = held.lowered(confidence(features, np.unique(corrected, return_inverse=True)[1]))
    assert np.array_equal(after[untouched], before[untouched])


@pytest.mark.parametrize("seed", range(3))
def test_one_moved_photo_leaves_the_others_of_both_clusters_at_their_level(seed):
    features, products = small_products(12, 12, size=600, noise=2.5, seed=seed)
    clusters = cluster_photos(features, map_of(features), num_clusters=12)
    moved = clusters.labels.copy()
    moved[np.flatnonzero(moved == 0)[0]] = 1
    others = (clusters.labels < 2) & (moved == clusters.labels)
    after = clusters.confidence_of(moved)
    assert abs(after[others].mean() - clusters.confidence[others].mean()) < 0.1 * clusters.confidence[others].mean()


@pytest.mark.parametrize("labels", [[0, 0, 0, 1, 1, 1], [0, 1, 2, 3, 4, 5], [0, 0, 0, 0, -1, 5], [-1] * 6])
def test_corrected_clusters_of_few_photos_have_a_confidence_too(labels):
    features = np.random.default_rng(0).standard_normal((6, 4))
    held, found = HeldOut(np.ones(6, bool), 2.0), np.zeros(6, int)
    after = confidence_elsewhere(np.array(labels), features=features, places=features, found=found, held_out=held)
    assert ((after >= 0) & (after <= 1)).all() and not after[np.array(labels) < 0].any()
