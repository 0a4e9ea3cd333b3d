"""Kinship: photos of the same kind of product, of other brands too, and of another kind."""
from functools import partial

import numpy as np
import product_rows
import pytest

from imgcluster.structure.kinship import LEAST_KINSHIP, farther_half, kinship


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def products(rng):
    return partial(product_rows.products, rng=rng)


def test_kinship_tells_products_of_the_same_kind_from_others(rng, products):
    same, other = rng.standard_normal((2, 24)) * 4
    photos, (known, labels) = products(6, 20)[0], products(5, 20)
    assert 0.3 < kinship(photos + same, known + same, labels) <= 1
    lengths = rng.uniform(0.1, 10, len(known))[:, None].astype(np.float32)
    assert kinship(photos * 5, known * lengths, labels) == pytest.approx(kinship(photos, known, labels), abs=0.01)
    assert kinship(photos + other, known + same, labels) < 0.05
    assert kinship(photos, known, np.zeros(len(labels))) == 0.5
    assert kinship(photos + other, known + same, labels > 2) < 0.05


def test_kinship_is_of_directions_and_the_share_of_photos_that_are_near():
    # Of products 45 degrees apart: a photo between them, however small, is nearer, one on the other side is not.
    known, labels = np.array([[1, 0], [1, 1]], np.float32), [0, 1]
    assert kinship(np.array([[0.1, 0.05], [-5, 1]], np.float32), known, labels) == 0.5
    assert kinship(np.array([[0.1, 0.05]], np.float32), known, labels) == 1


def test_of_many_photos_a_sample_says_the_same(products):
    photos, (known, labels) = products(6, 4)[0] + 1, products(5, 4)
    many = kinship(*(np.repeat(rows, 150, axis=0) for rows in (photos, known, labels)))
    assert 0 < many < 1 and many == pytest.approx(kinship(photos, known, labels))


def test_products_of_a_new_brand_are_of_the_same_kind(rng):
    # Two known brands, whose products are much more alike than those of either are to the other's or to a third one's.
    kind, brands = 4 * rng.standard_normal(24), rng.standard_normal((3, 24))
    own = kind + brands[:, None] + 0.2 * rng.standard_normal((3, 4, 24))
    photos = (own[:, :, None] + 0.15 * rng.standard_normal((3, 4, 20, 24))).astype(np.float32)
    known, labels = photos[:2].reshape(-1, 24), np.repeat(np.arange(8), 20)
    assert kinship(photos[2].reshape(-1, 24), known, labels) > LEAST_KINSHIP
    other_kind = photos[2].reshape(-1, 24) - kind + 4 * rng.standard_normal(24)
    assert kinship(other_kind.astype(np.float32), known, labels) < 0.05


def test_of_the_other_products_the_less_alike_half_is_compared():
    means = np.array([[1, 0, 0, 0], [0.9, 0.1, 0, 0], [0.1, 0.9, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0]])
    assert farther_half(means).tolist() == [[0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 1, 0, 0, 0], [1, 1, 0, 0, 0],
                                            farther_half(means)[4].tolist()]
    assert (farther_half(means).sum(axis=1) == 2).all() and not farther_half(means).diagonal().any()
    assert farther_half(means[:2]).tolist() == [[0, 1], [1, 0]]
