"""Photos that fit no earlier cluster: grouped among themselves."""
import numpy as np
from sklearn.metrics import adjusted_rand_score

from imgcluster.clusters.new_groups import groups_of_new, num_alike
from imgcluster.rows import unit_length


def photos_of(products, photos_each, seed=0):
    rng, labels = np.random.default_rng(seed), np.repeat(np.arange(products), photos_each)
    return (rng.normal(size=(products, 32))[labels] + 0.25 * rng.normal(size=(len(labels), 32))), labels


def test_those_that_look_alike_are_together_and_photos_of_known_products_in_no_group():
    features, products = photos_of(5, [12, 12, 9, 6, 4])
    labels = np.where(products < 2, products, -1)
    groups = groups_of_new(features, labels, placed=unit_length)
    assert (groups[products < 2] == -1).all() and set(groups[products >= 2]) == {0, 1, 2}
    assert adjusted_rand_score(products[products >= 2], groups[products >= 2]) == 1
    assert (groups[products == 2] == 0).all(), "the largest comes first"


def test_a_few_photos_are_not_grouped():
    features, _ = photos_of(2, 3)
    assert groups_of_new(features, np.array([0, 0, 0, -1, -1, -1]), placed=unit_length) is None
    assert groups_of_new(features, np.array([0, 0, -1, -1, -1, -1]), placed=unit_length) is not None


def test_copies_make_no_group():
    features, products = photos_of(2, 8)
    copied = np.concatenate([features, np.repeat(features[:1], 30, axis=0)])
    copies, labels = np.concatenate([np.arange(16), np.zeros(30, int)]), np.full(46, -1)
    groups = groups_of_new(copied, labels, placed=unit_length, copies=copies)
    assert adjusted_rand_score(products, groups[:16]) == 1 and set(groups) == {0, 1}
    assert (groups[16:] == groups[0]).all()


def test_a_photo_by_itself_is_no_group():
    assert num_alike(np.array([0, 0, -1, 1, 1, 0, 2])) == 2 and num_alike(np.array([-1, -1])) == num_alike(None) == 0
