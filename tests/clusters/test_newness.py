"""Photos of new products are told from those of known ones, few of which are mistaken, whatever their sellers are."""
import numpy as np
import pytest

from imgcluster.clusters.newness import are_new, halves_of
from imgcluster.rows import unit_length
from imgcluster.som import SelfOrganizingMap


def told(old, labels, new, *, by_direction=False):
    """Which of the new photos are new, found on a small map of the old ones: so few are found on any."""
    som = SelfOrganizingMap(4, 4, old.shape[1], normalize=True).fit(old, epochs=5)
    units, new_units = (som.best_matching_units(each)[0] for each in (old, new))
    return are_new(old, new, labels, units, new_units, som.prototypes, by_direction=by_direction)


def photos(centres, number, rng, spread=0.4):
    """(features of so many photos of each product, their products)."""
    labels = np.repeat(np.arange(len(centres)), number)
    noise = spread * rng.standard_normal((len(labels), centres.shape[1]))
    return (centres[labels] + noise).astype(np.float32), labels


@pytest.fixture(scope="module")
def products():
    return unit_length(np.random.default_rng(0).standard_normal((20, 24))) * 4


@pytest.mark.parametrize("by_direction", [False, True])
@pytest.mark.parametrize("number", [2, 4, 30])
def test_new_products_are_told_from_known_ones(products, number, by_direction):
    rng = np.random.default_rng(1)
    old, labels = photos(products[:15], number, rng)
    known, strangers = photos(products[:15], 10, rng)[0], photos(products[15:], 10, rng)[0]
    new = told(old, labels, np.concatenate([known, strangers]), by_direction=by_direction)
    assert new[150:].mean() > 0.9 and new[:150].mean() < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_of_known_products_about_one_photo_in_ten_is_mistaken_at_most(seed):
    rng = np.random.default_rng(seed)
    # All lie within each other.
    old, labels = photos(rng.standard_normal((6, 24)), 40, rng, spread=2)
    new = told(old, labels, photos(rng.standard_normal((6, 24)), 40, np.random.default_rng(seed), spread=2)[0])
    assert new.mean() < 0.15


def test_a_new_product_is_told_by_one_photo_that_is_far_off_or_by_several_that_are_somewhat(products):
    rng = np.random.default_rng(2)
    old, labels = photos(products[:15], 30, rng, spread=0.6)
    known = photos(products[:15], 10, rng, spread=0.6)[0]
    assert told(old, labels, np.concatenate([known, photos(products[15:16], 1, rng)[0]]))[-1]
    # Between two products, about as far off as the farthest photos of either.
    between = (0.7 * products[:1] + 0.3 * products[1:2]) * 1.2
    several = np.concatenate([known, photos(between, 30, rng, spread=0.55)[0]])
    assert told(old, labels, several)[150:].mean() > 0.7
    one_each = [told(old, labels, np.append(known, each, axis=0))[-1] for each in several[150:, None]]
    assert np.mean(one_each) < told(old, labels, several)[150:].mean() - 0.2


def test_new_sellers_of_known_products_are_not_mistaken_where_photos_in_a_row_are_one_sellers(products):
    rng = np.random.default_rng(3)

    def sold():
        centres = (products[:12, None] + rng.standard_normal((12, 6, 24))).reshape(72, 24)
        return photos(centres, 6, rng, spread=0.1)[0]
    labels, old, new = np.repeat(np.arange(12), 36), sold(), sold()
    mixed = rng.permutation(432)
    assert told(old, labels, new).mean() < 0.3 < told(old[mixed], labels[mixed], new).mean()


def test_where_each_product_has_one_photo_new_ones_are_still_told():
    rng = np.random.default_rng(5)
    old = rng.standard_normal((30, 24)).astype(np.float32)
    again = old + 0.1 * rng.standard_normal(old.shape).astype(np.float32)
    strangers = rng.standard_normal((40, 24)).astype(np.float32)
    assert not told(old, np.arange(30), again).any()
    assert 0.2 < told(old, np.arange(30), strangers).mean() < 0.9
    assert not told(old[:1], np.zeros(1, int), strangers).any(), "nothing to go by"


def test_copies_of_known_photos_are_never_new(products):
    old, labels = photos(products, 8, np.random.default_rng(6), spread=2)
    assert not told(old, labels, old[::3]).any()


def test_each_half_holds_half_of_each_cluster_in_the_order_of_the_photos():
    labels = np.array([4, 0, 4, 1, 0, 4, 0, 4, 0, 2, 2, 2])
    assert halves_of(labels).tolist() == [0, 0, 0, -1, 0, 1, 1, 1, 1, 0, 0, 1]


def test_next_to_copies_of_known_photos_none_is_new(products):
    rng = np.random.default_rng(7)
    old = np.repeat(products, 8, axis=0)
    labels = np.repeat(np.arange(len(products)), 8)
    near, nearer = (rng.standard_normal(old.shape) * far for far in (4e-4, 1e-6))
    assert not told((old + nearer).astype(np.float32), labels, (old + near).astype(np.float32), by_direction=True).any()
