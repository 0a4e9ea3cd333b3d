"""Variety: its ratio is that of the numbers of products, also where these have other numbers of photos."""
import numpy as np
import pytest
from product_rows import products

from imgcluster.counting import variety
from imgcluster.counting.variety import diversity, even_variety, variety_ratio

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
    even = even_variety(photos, known, labels, count)
    assert 1.5 * abs(np.log(even / new[0])) < abs(np.log(count / new[0]))


@pytest.mark.parametrize("photos, known, compared", [
    (540, 12, (9 * 12, 6 * 12)), (90, 70, (90, 6 * 10)), (9000, 1, (20, 6)), (9, 100, (9, 20))])
def test_photos_are_left_out_of_the_set_that_has_more_a_product_down_to_twenty(photos, known, compared, monkeypatch):
    given = []
    monkeypatch.setattr(variety, "variety_ratio", lambda new, old, labels: given.append((len(new), len(old))) or 1.5)
    labels = np.repeat(np.arange(6), known)
    assert even_variety(np.zeros((photos, 2)), np.zeros((len(labels), 2)), labels, 9) == 9 and given == [compared]


@pytest.mark.parametrize("ratios, count", [([2, 2.1], 12.6), ([2, 3, 2, 3, 2, 3], 12)])
def test_the_count_among_equally_many_photos_is_taken_when_it_stays_or_after_five_rounds(ratios, count, monkeypatch):
    left = list(ratios)
    monkeypatch.setattr(variety, "variety_ratio", lambda *_: left.pop(0))
    labels = np.repeat(np.arange(6), 20)
    assert even_variety(np.zeros((120, 2)), np.zeros((120, 2)), labels, 6) == pytest.approx(count)


@pytest.mark.parametrize("num", [1, 4])
def test_the_diversity_of_equal_shares_is_their_number(num):
    assert diversity(np.repeat(np.arange(num), 5)) == pytest.approx(num)


def test_rare_labels_count_to_the_diversity_for_part_of_one():
    assert 2 < diversity(np.repeat(np.arange(6), [40, 40, 1, 1, 1, 1])) < 4 < diversity(np.arange(6))
