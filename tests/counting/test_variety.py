"""Variety: it tells how many products there are, alike or not, more or fewer than are known."""
import numpy as np
import pytest
from product_rows import products

from imgcluster.counting.variety import by_variety, diversity

RNG = np.random.default_rng(0)


def test_products_that_are_far_apart_are_counted():
    small, _ = products(6, 20, rng=RNG)
    large, labels = products(12, 20, rng=RNG)
    found = by_variety(small, large, labels)
    assert found.count == pytest.approx(6, rel=0.2) and 0 <= found.variance < 0.3 and found.power > 0.8


@pytest.mark.parametrize("known, new", [(6, 18), (18, 6), (12, 12)])
def test_of_alike_products_more_or_fewer_than_the_known_ones_are_told(known, new):
    # A few of them already show nearly as much as many do: as varied as the known ones is not as many as these.
    counts = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        photos, (labelled, labels) = products(new, 25, width=4, rng=rng)[0], products(known, 25, width=4, rng=rng)
        counts.append(by_variety(photos, labelled, labels).count)
    assert np.exp(np.mean(np.log(counts))) == pytest.approx(new, rel=0.4)


def test_a_single_known_product_shows_no_variance():
    found = by_variety(products(4, 20, rng=RNG)[0], *products(1, 20, rng=RNG))
    assert found.variance is None and 1 <= found.count <= 80


@pytest.mark.parametrize("num", [1, 4])
def test_the_diversity_of_equal_shares_is_their_number(num):
    assert diversity(np.full(num, 5)) == pytest.approx(num)


def test_rare_labels_count_to_the_diversity_for_part_of_one():
    assert 2 < diversity(np.array([40, 40, 1, 1, 1, 1])) < 4 < diversity(np.ones(6))
