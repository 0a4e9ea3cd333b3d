"""Calibration: the ratio of varieties, the agreement it is weighted by, and what is refused."""
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from imgcluster import calibration
from imgcluster.calibration import (
    adjusted_rand_index,
    calibrated_estimate,
    entropy,
    kinship,
    prior_estimate,
    rounded,
    variety_ratio,
)
from imgcluster.errors import UserError

RNG = np.random.default_rng(0)


def products(num, sizes, *, width=24, noise=0.2, rng=RNG):
    labels = np.repeat(np.arange(num), sizes)
    rows = rng.standard_normal((num, width))[labels] + noise * rng.standard_normal((len(labels), width))
    return rows.astype(np.float32), labels


def test_variety_ratio_is_that_of_the_numbers_of_products():
    small, _ = products(6, 20)
    large, labels = products(12, 20)
    assert variety_ratio(small, large, labels) == pytest.approx(0.5, rel=0.15)


def test_uneven_known_sizes_lend_weight_to_variety():
    known = products(8, [8, 10, 12, 15, 20, 40, 80, 160])
    even = calibrated_estimate(products(8, 30)[0], products(8, 30))
    uneven = calibrated_estimate(products(8, 30)[0], known)
    assert "weight of the former 1.00" in even.method
    assert "weight of the former 0.02" in uneven.method
    assert abs(uneven.count - 8) <= 1


def test_few_known_products_of_uneven_sizes_widen_the_interval():
    photos = products(8, 30)[0]
    many, few = (calibrated_estimate(photos, known) for known in (products(8, 30), products(2, [8, 160])))
    assert few.interval[1] / few.interval[0] > 1.2 * many.interval[1] / many.interval[0]


def test_even_known_sizes_set_the_count():
    assert calibrated_estimate(products(10, 20)[0], products(6, 20)).count == 10


@pytest.mark.parametrize("new, known", [((9, 60), (6, 12)), ((12, 10), (6, 70))])
def test_known_products_photographed_more_or_less_often_do_not_mislead(new, known):
    rng = np.random.default_rng(0)
    photos, known = (products(*each, width=8, noise=0.3, rng=rng) for each in (new, known))
    found = calibrated_estimate(photos[0], known)
    by_photos = len(photos[0]) / np.bincount(known[1]).mean()
    assert max(found.count / new[0], new[0] / found.count) < 1.5 < max(by_photos / new[0], new[0] / by_photos)
    assert "counts alone" in found.method and found.interval[0] <= new[0] <= found.interval[1]


@pytest.mark.parametrize("sizes, photos, alone", [
    ([8, 8, 8], 300, True), ([246, 559, 297], 1849, False), ([280], 614, False), ([8], 300, False),
    ([246, 559, 297] * 10, 1849, True)])
def test_few_known_sizes_explain_more_of_a_contradiction(monkeypatch, sizes, photos, alone):
    # Photos per product say five times as many products as equally many photos of each do, or a fifth.
    by_photos = photos / np.mean(sizes)
    even = by_photos / 4.5 if by_photos > 3 else by_photos * 4.5
    monkeypatch.setattr(calibration, "variety_ratio", lambda *_: even / len(sizes))
    monkeypatch.setattr(calibration, "even_variety", lambda *_: even)
    found = calibrated_estimate(np.zeros((photos, 2), np.float32), (
        np.zeros((sum(sizes), 2), np.float32), np.repeat(np.arange(len(sizes)), sizes)))
    assert ("counts alone" in found.method) == alone


@pytest.mark.parametrize("count, whole", [(1.41, 1), (1.42, 2), (2.44, 2), (2.46, 3), (3.46, 3), (3.47, 4),
                                          (7.0, 7), (30.6, 31)])
def test_the_count_is_the_whole_number_nearest_in_ratio(count, whole):
    found = rounded(count, 0.1, 100, "method")
    assert found.count == whole and found.interval[0] <= min(whole, count) and found.interval[1] >= max(whole, count)


def test_products_smaller_than_the_neighbourhoods_lend_weight_to_the_number_of_photos():
    sizes = np.array([0.7, 0.8, 0.9, 1.0, 1.2, 1.4])
    small = weight_of_photos(calibrated_estimate(products(6, 10)[0], products(6, (10 * sizes).astype(int))))
    large = weight_of_photos(calibrated_estimate(products(6, 80)[0], products(6, (80 * sizes).astype(int))))
    assert small > 2 * large > 0


def weight_of_photos(found):
    return float(found.method.rsplit(" ", 1)[1])


def test_kinship_tells_products_of_the_same_kind_from_others():
    same, other = RNG.standard_normal((2, 24)) * 4
    photos, (known, labels) = products(6, 20)[0], products(5, 20)
    assert kinship(photos + same, known + same, labels) > 0.3
    assert kinship(photos + other, known + same, labels) < 0.05
    assert kinship(photos, known, np.zeros(len(labels))) == 0.5


def test_agreement_is_the_adjusted_rand_index():
    first, second = RNG.integers(0, 5, 100), RNG.integers(0, 3, 100)
    assert adjusted_rand_index(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert adjusted_rand_index(first, first) == 1


def test_entropy_of_equal_shares_is_the_logarithm_of_their_number():
    assert entropy(np.repeat(np.arange(4), 5)) == pytest.approx(np.log(4))


def test_prior_by_hand():
    assert prior_estimate(100, 20).count == 5
    assert prior_estimate(3, 1000).count == 1


@pytest.mark.parametrize(("features", "labels"), [(np.ones((4, 3)), np.zeros(4)), (np.ones((4, 24)), np.zeros(3))])
def test_mismatched_known_products_are_refused(features, labels):
    with pytest.raises(UserError, match="CALIBRATION_DATASET"):
        calibrated_estimate(products(2, 5)[0], (features, labels))
