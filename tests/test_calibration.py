"""Calibration: the ratio of varieties, the agreement it is weighted by, and what is refused."""
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from imgcluster.calibration import (
    adjusted_rand_index,
    calibrated_estimate,
    entropy,
    near_peak,
    prior_estimate,
    variety_ratio,
)
from imgcluster.errors import UserError
from imgcluster.hierarchy import build_hierarchy

RNG = np.random.default_rng(0)


def products(num, sizes):
    labels = np.repeat(np.arange(num), sizes)
    rows = RNG.standard_normal((num, 24))[labels] + 0.2 * RNG.standard_normal((len(labels), 24))
    return rows.astype(np.float32), labels


def estimate(features, known):
    """The calibrated estimate with all photos in one unit of the map, so that neighbours are exact."""
    return calibrated_estimate(build_hierarchy(features, np.zeros(len(features), int)), features, known)


def test_variety_ratio_is_that_of_the_numbers_of_products():
    small, _ = products(6, 20)
    large, labels = products(12, 20)
    assert variety_ratio(small, large, labels) == pytest.approx(0.5, rel=0.15)


def test_uneven_known_sizes_lend_weight_to_variety():
    known = products(8, [8, 10, 12, 15, 20, 40, 80, 160])
    even = estimate(products(8, 30)[0], products(8, 30))
    uneven = estimate(products(8, 30)[0], known)
    assert "weight of the former 1.00" in even.method
    assert "weight of the former 0.04" in uneven.method
    assert abs(uneven.count - 8) <= 1
    assert uneven.interval[1] / uneven.interval[0] > even.interval[1] / even.interval[0]


def test_even_known_sizes_set_the_count():
    assert estimate(products(10, 20)[0], products(6, 20)).count == 10


def test_a_clear_peak_of_the_silhouette_is_found_as_far_as_the_known_products_allow_it():
    hierarchy = build_hierarchy(products(4, 30)[0], np.zeros(120, int))
    assert near_peak(hierarchy, 3, 0.3) == (4, 1)
    assert near_peak(hierarchy, 20, 0.05)[0] == pytest.approx(20, rel=0.11)


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
        estimate(products(2, 5)[0], (features, labels))
