"""Scores: how often matches are right, and what is of another kind."""
import numpy as np
import pytest
from search_cases import clustered

from imgcluster.search.calibration import Calibration, calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import gather, likeness, nearest_products, products_of


def judged(features, labels, half):
    """(score, whether right) of the best product of each photo outside `half`, searched among those in it."""
    products = products_of([str(row) for row in np.flatnonzero(half)], labels[half].astype(str), None)
    index = CosineIndex(features[half])
    calibration = calibrate(index, products, features[half])
    found = nearest_products(index, features[~half], products, 1)
    return np.array([(calibration.scores(nearest, 1.0)[0], products.names[nearest.hits[0].code] == str(label))
                     for nearest, label in zip(found, labels[~half])], float).T


def test_scores_say_how_often_a_match_is_right():
    features, labels = clustered(1200, dimension=12, groups=30, noise=1.0)
    scores, right = judged(features, labels, np.arange(1200) < 600)
    assert 0.3 < right.mean() < 0.95 and abs(scores.mean() - right.mean()) < 0.1
    assert right[scores > np.median(scores)].mean() > right[scores <= np.median(scores)].mean() + 0.2


def test_photos_of_one_shoot_raise_scores_less_than_they_would():
    rng = np.random.default_rng(3)
    features, labels = clustered(1200, dimension=12, groups=30, noise=1.0)
    half = np.arange(1200) < 600
    # Each photo of the catalogue has a twin, which no new photo has.
    features = np.concatenate([features, features[half] + 0.02 * rng.normal(size=(600, 12))]).astype(np.float32)
    labels, half = np.concatenate([labels, labels[half]]), np.concatenate([half, np.ones(600, bool)])
    scores, right = judged(features, labels, half)
    assert abs(scores.mean() - right.mean()) < 0.12


def test_a_product_ahead_of_the_others_scores_higher_and_none_is_certain():
    features, labels = clustered(200, groups=10, noise=0.05)
    products = products_of([str(row) for row in range(200)], labels.astype(str), None)
    calibration, found = calibrate(CosineIndex(features), products, features), []
    for ahead in np.linspace(0, 1, 20):
        near = gather(np.array([0, 20, 40, 1]), np.array([0.9, 0.9, 0.9, 0.9 - ahead]), products)
        found.append(calibration.scores(near, 1.0))
    first = [scores[0] for scores in found]
    assert np.all(np.diff(first) >= 0) and first[-1] > 0.9 and found[0][:2] == pytest.approx([first[0]] * 2)
    assert all(0 < score < 1 for scores in found for score in scores) and all(sum(scores) <= 1 for scores in found)


def test_of_products_of_two_photos_each_helps_to_find_the_other():
    features, labels = clustered(60, groups=30, noise=0.05)
    products = products_of([str(row) for row in range(60)], labels.astype(str), None)
    index = CosineIndex(features)
    found, = nearest_products(index, features[:1], products, 3, without=0)
    assert calibrate(index, products, features).scores(found, 1.0)[0] > 0.9


def test_scores_fall_for_one_in_twenty_of_the_catalogues_own_photos():
    features, labels = clustered(800, groups=20, noise=1.0)
    products = products_of([str(row) for row in range(800)], labels.astype(str), None)
    index = CosineIndex(features)
    usual = calibrate(index, products, features).usual
    others = [nearest_products(index, features[[row]], products, 1, without=row)[0].rows for row in range(800)]
    kinds = np.array([likeness(features, features[row], rows) for row, rows in enumerate(others)])
    assert 0.02 < np.mean(kinds < usual) < 0.08


def test_a_photo_is_as_much_of_the_kind_as_its_three_nearest_say():
    general = np.array([[1, 0], [1, 1], [0, 1], [-1, 0], [-1, 0]], float)
    assert likeness(general, np.array([2.0, 0.0]), [0, 1, 2, 3, 4]) == pytest.approx((1 + np.sqrt(0.5)) / 3)
    assert likeness(general, np.array([2.0, 0.0]), [3]) == pytest.approx(-1)
    assert likeness(general, np.array([2.0, 0.0]), np.array([], int)) < -1, "less than any floor"


def test_what_was_not_found_takes_its_share_of_the_scores():
    products = products_of(list("abcdef"), np.array(list("xxyyzz")), None)
    near = gather(np.array([0, 1, 2, 3]), np.array([0.5, 0.5, 0.5, 0.5]), products)
    assert Calibration(10.0, -1, -1).scores(near, 0.5) == pytest.approx([1 / 3, 1 / 3])


def test_scores_fall_where_a_photo_is_less_of_the_kind_than_is_usual():
    products = products_of(list("abcd"), np.array(list("xyzz")), None)
    near = gather(np.array([0, 1, 2, 3]), np.array([0.9, 0.8, 0.1, 0.1]), products)
    first = [Calibration(10.0, 0.2, 0.6).scores(near, kind)[0] for kind in (0.2, 0.3, 0.4, 0.6, 0.9)]
    assert first[0] == 0 and first[1:4] == pytest.approx(np.array([0.25, 0.5, 1]) * first[4])
    # Where photos of the catalogue are as much of the kind as those of unknown products there is no way to fall.
    assert Calibration(10.0, 0.6, 0.6).scores(near, 0.6)[0] == first[4]


def test_another_kind_of_thing_lies_below_the_floor_whatever_it_resembles():
    rng = np.random.default_rng(1)
    few, labels = clustered(400, dimension=3, groups=20, noise=0.1)
    features = np.hstack([few, np.full((400, 1), 4.0), 0.05 * rng.normal(size=(400, 20))])
    products = products_of([str(row) for row in range(400)], labels.astype(str), None)
    index = CosineIndex(features)
    floor = calibrate(index, products, features).floor
    # About the catalogue's mean these lie where its photos do; they lack what all of those share.
    strange = features - np.eye(24)[3] * 3.5
    unlike, known = ([likeness(features, feature, near.rows) < floor
                      for feature, near in zip(queries, nearest_products(index, queries, products, 1))]
                     for queries in (strange, features))
    assert np.mean(unlike) > 0.9 and np.mean(known) < 0.05


def test_features_that_tell_products_apart_do_not_say_what_another_kind_is():
    rng = np.random.default_rng(2)
    # Learnt features: each product in a direction of its own, and things of another kind anywhere.
    learnt, labels = np.repeat(np.eye(20, dtype=np.float32), 10, axis=0), np.repeat(np.arange(20), 10)
    learnt += 0.1 * rng.normal(size=learnt.shape).astype(np.float32)
    general = (np.eye(6)[0] + 0.2 * rng.normal(size=(200, 6))).astype(np.float32)
    strange = rng.normal(size=(100, 20)), np.eye(6)[1] + 0.2 * rng.normal(size=(100, 6))
    index, products = CosineIndex(learnt), products_of([str(row) for row in range(200)], labels.astype(str), None)
    found = nearest_products(index, strange[0], products, 1)
    for known, queries, least, most in ((learnt, strange[0], 0, 0.5), (general, strange[1], 0.95, 1)):
        floor = calibrate(index, products, known).floor
        refused = np.mean([likeness(known, query, near.rows) < floor for query, near in zip(queries, found)])
        assert least <= refused <= most


@pytest.mark.parametrize("labels", [None, np.arange(50).astype(str), np.zeros(50).astype(str)])
def test_no_score_where_the_catalogue_cannot_tell(labels):
    features, products = clustered(50)[0], products_of([str(row) for row in range(50)], labels, None)
    index = CosineIndex(features)
    calibration = calibrate(index, products, features)
    found, = nearest_products(index, features[:1], products, 3)
    assert calibration.scores(found, 1.0) == [None] * len(found.hits) and -1 <= calibration.floor < 1


def test_a_catalogue_of_one_photo_has_neither_score_nor_floor():
    one = np.ones((1, 3), np.float32)
    calibration = calibrate(CosineIndex(one), products_of(["a"], None, None), one)
    assert calibration == Calibration(None, -1.0, -1.0)


def test_scores_are_learned_from_photos_that_have_something_right_to_find():
    features, labels = clustered(200, groups=10, noise=0.3)
    alone = np.random.default_rng(5).normal(size=(150, 24)).astype(np.float32) + 1
    named = [*labels.astype(str), *(f"alone {row}" for row in range(150))]
    both = np.concatenate([features, alone])
    products = products_of([str(row) for row in range(350)], np.array(named), None)
    index, asked = CosineIndex(both), []

    class Watched(CosineIndex):
        def rows(self, rows):
            asked.append(rows)
            return super().rows(rows)

    calibrate(Watched(both), products, both)
    assert max(map(max, asked)) < 200
    assert calibrate(index, products, both).sharpness is not None
