"""Whitening within models: differences inside models count alike, differences between models stay."""
import tracemalloc

import numpy as np
import pytest
import scipy.linalg
from scipy.spatial.distance import cdist, pdist

from imgcluster.rows import unit_length
from imgcluster.structure.whitening import SHRINKAGE, evened_within, shrinkage_for, within_model_whitening
from imgcluster.training.validation import precision_at_r


def lit_products(models, rng, photos=30):
    """Vectors [N, 6] of products that differ in four small ways while light changes two large ones; labels."""
    labels = np.repeat(np.arange(models), photos)
    products = rng.normal(size=(models, 6)) * [0, 0, 1, 1, 1, 1]
    return products[labels] + rng.normal(size=(len(labels), 6)) * [5, 5, 0.3, 0.3, 0.3, 0.3], labels


def apply(vectors, axes, offset):
    placed = vectors @ axes + offset
    return placed / np.linalg.norm(placed, axis=1, keepdims=True)


def test_without_shrinkage_differences_within_models_are_alike_in_all_directions():
    vectors, labels = lit_products(8, np.random.default_rng(0))
    axes, offset = within_model_whitening(vectors, labels, shrinkage=0.0)
    placed = vectors @ axes + offset
    for label in range(8):
        placed[labels == label] -= placed[labels == label].mean(axis=0)
    np.testing.assert_allclose(placed.T @ placed / len(placed), np.eye(6), atol=1e-8)


def test_many_vectors_are_read_in_blocks_without_a_copy_of_all():
    vectors, labels = lit_products(1000, np.random.default_rng(0))
    tracemalloc.start()
    within_model_whitening(vectors, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < vectors.nbytes


def test_full_shrinkage_keeps_the_geometry():
    vectors, labels = lit_products(8, np.random.default_rng(0))
    axes, offset = within_model_whitening(vectors, labels, shrinkage=1.0)
    distances = [np.linalg.norm(each[0] - each[1:], axis=1) for each in (vectors, vectors @ axes + offset)]
    np.testing.assert_allclose(distances[0] / distances[1], (distances[0] / distances[1])[0])
    np.testing.assert_allclose((vectors @ axes + offset).mean(axis=0), 0, atol=1e-8)


def test_what_some_products_teach_serves_others():
    rng = np.random.default_rng(1)
    axes, offset = within_model_whitening(*lit_products(10, rng), shrinkage=0.05)
    vectors, labels = lit_products(10, rng)
    before = precision_at_r(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels)
    assert precision_at_r(apply(vectors, axes, offset), labels) > before + 0.3


@pytest.mark.parametrize("components, width", [(3, 3), (50, 6)])
def test_no_more_components_than_asked_for_or_there_are(components, width):
    axes, offset = within_model_whitening(*lit_products(4, np.random.default_rng(0)), components=components)
    assert axes.shape == (6, width) and offset.shape == (width,)


def test_what_tells_others_apart_outside_the_span_of_few_photos_is_kept():
    rng = np.random.default_rng(2)
    known = np.hstack([rng.normal(size=(6, 4)), np.zeros((6, 4))])
    axes, offset = within_model_whitening(known, np.repeat(np.arange(3), 2))
    inside, outside = (np.linalg.norm(np.eye(8)[rows] @ axes, axis=1) for rows in (slice(0, 4), slice(4, 8)))
    assert axes.shape == (8, 8) and outside.min() > inside.max() > 0


@pytest.mark.parametrize("components", [5, 50])
def test_photos_fewer_than_dimensions_are_evened_as_any(components):
    vectors = np.random.default_rng(4).normal(size=(12, 30)) * np.linspace(0.2, 2, 30)
    labels, others = np.repeat(np.arange(4), 3), np.random.default_rng(5).normal(size=(8, 30))
    off = vectors - vectors.reshape(4, 3, 30).mean(axis=1)[labels]
    covariance = off.T @ off / 12
    evened = 0.5 * covariance + 0.5 * np.trace(covariance) / 30 * np.eye(30)
    axes, offset = within_model_whitening(vectors, labels, components=components)
    placed = (np.vstack([vectors, others]) - vectors.mean(axis=0)) @ np.linalg.inv(scipy.linalg.sqrtm(evened))
    if components == 5:
        placed = placed @ np.linalg.svd(placed[:12], full_matrices=False)[2][:5].T
    np.testing.assert_allclose(cdist(np.vstack([vectors, others]) @ axes + offset, np.zeros((1, axes.shape[1]))),
                               cdist(placed, np.zeros((1, placed.shape[1]))), rtol=1e-8)
    np.testing.assert_allclose(pdist(np.vstack([vectors, others]) @ axes), pdist(placed), rtol=1e-8)


@pytest.mark.parametrize("photos", [1, 3])
def test_models_whose_photos_do_not_differ_keep_their_geometry(photos):
    vectors = np.repeat(np.eye(4), photos, axis=0)
    axes, offset = within_model_whitening(vectors, np.repeat(np.arange(4), photos))
    placed = vectors @ axes + offset
    distances = np.linalg.norm(placed[:1] - placed[photos:], axis=1)
    np.testing.assert_allclose(distances, distances[0], rtol=1e-4)
    assert 0 < distances[0] < 1e6


def test_features_are_evened_as_they_are_read():
    rng = np.random.default_rng(3)
    known, labels = lit_products(10, rng)
    features, others = lit_products(10, rng)
    evened = evened_within(features, (known, labels))
    axes, offset = within_model_whitening(unit_length(known), labels)
    assert evened.shape == features.shape and len(evened) == len(features)
    np.testing.assert_allclose(evened[10:20], unit_length(features)[10:20] @ axes + offset, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(evened[::7], evened[:][::7], rtol=1e-6)
    assert precision_at_r(unit_length(evened[:]), others) > 1.5 * precision_at_r(unit_length(features), others)


def test_the_fewer_photos_there_are_beside_dimensions_the_less_they_even_out():
    few, more, most = (shrinkage_for(count, 1000) for count in (2, 50, 500))
    assert 1 > few > more > most > SHRINKAGE and few == pytest.approx(1, abs=0.002)
    assert shrinkage_for(1000, 1000) == shrinkage_for(10**6, 1000) == SHRINKAGE
