"""Variety: its ratio is that of the numbers of products, also where these have other numbers of photos."""
import numpy as np
import pytest
from product_rows import products
from sklearn.metrics import adjusted_rand_score

from imgcluster.variety import adjusted_rand_index, entropy, even_variety, variety_ratio

RNG = np.random.default_rng(0)


def test_variety_ratio_is_that_of_the_numbers_of_products():
    small, _ = products(6, 20, rng=RNG)
    large, labels = products(12, 20, rng=RNG)
    assert variety_ratio(small, large, labels) == pytest.approx(0.5, rel=0.15)


@pytest.mark.parametrize("new, known", [((9, 60), (6, 12)), ((12, 10), (6, 70))])
def test_equally_many_photos_a_product_are_compared(new, known):
    rng = np.random.default_rng(0)
    (photos, _), (known, labels) = (products(*each, width=8, noise=0.3, rng=rng) for each in (new, known))
    count = (labels.max() + 1) * variety_ratio(photos, known, labels)
    assert even_variety(photos, known, labels, count) == pytest.approx(new[0], rel=0.3)


def test_agreement_is_the_adjusted_rand_index():
    first, second = RNG.integers(0, 5, 100), RNG.integers(0, 3, 100)
    assert adjusted_rand_index(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert adjusted_rand_index(first, first) == 1


def test_entropy_of_equal_shares_is_the_logarithm_of_their_number():
    assert entropy(np.repeat(np.arange(4), 5)) == pytest.approx(np.log(4))
