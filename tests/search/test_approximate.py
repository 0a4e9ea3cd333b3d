"""The faiss index: what it finds, what is said of it, and when it is made anew."""
import numpy as np
import pytest
from search_cases import clustered

from imgcluster.search.approximate import ApproximateIndex, accelerated, build, stand_ins
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import products_of, typical_first


def test_a_catalogue_with_an_approximate_index_can_be_browsed():
    index = CosineIndex(np.random.default_rng(0).normal(size=(9, 4)))
    products = products_of([str(row) for row in range(9)], np.repeat(["a", "b", "c"], 3), None)
    for order in zip(*(typical_first(each, products) for each in (index, ApproximateIndex(index, None, 1.0)))):
        np.testing.assert_array_equal(*order)


def test_faiss_finds_what_the_exact_index_finds():
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    features, _ = clustered(3000)
    exact = CosineIndex(features)
    index = build(exact)
    rows, similarities = index.search(features[:50], 5)
    truth, values = exact.search(features[:50], 5)
    assert index.recall >= 0.98
    assert np.mean([len(set(one) & set(two)) / 5 for one, two in zip(rows, truth)]) > 0.95
    np.testing.assert_allclose(similarities[:, 0], values[:, 0], atol=1e-5)


def test_the_recall_of_faiss_is_that_of_new_photos():
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    rng = np.random.default_rng(0)
    # Photos in tight groups find each other in one cell; a new photo lies between groups.
    groups, labels = rng.normal(size=(1500, 24)), np.arange(6000) % 1500
    features = (groups[labels] + 0.05 * rng.normal(size=(6000, 24))).astype(np.float32)
    exact = CosineIndex(features)
    index = build(exact)
    new = rng.normal(size=(100, 24)).astype(np.float32)
    rows, truth = (which.search(new, 5)[0] for which in (index, exact))
    assert index.recall >= 0.98
    assert np.mean([np.isin(near, found).mean() for near, found in zip(truth, rows)]) > 0.97


def test_stand_ins_are_less_like_a_photo_than_photos_of_a_group():
    exact = CosineIndex(clustered(2000, noise=0.1)[0])
    asked = stand_ins(exact)
    nearest = exact.search(exact.mean + asked, 1)[1]
    assert asked.shape == (200, 24) and 0.4 < np.median(nearest) < 0.8
    np.testing.assert_allclose(np.linalg.norm(asked, axis=1), 1, atol=1e-5)


def test_faiss_is_taken_above_a_size_and_kept_until_the_features_change(tmp_path, monkeypatch):
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    exact, said = CosineIndex(clustered(500)[0]), []
    monkeypatch.setattr("imgcluster.search.approximate.FAISS_FROM", 501)
    assert accelerated(exact, tmp_path, 1, say=said.append) is exact and list(tmp_path.iterdir()) == []
    monkeypatch.setattr("imgcluster.search.approximate.FAISS_FROM", 500)
    for key in (1, 1, 2):
        index = accelerated(exact, tmp_path, key, say=said.append)
        assert index.search(exact.rows([3]), 1)[0].tolist() == [[3]]
    assert len(said) == 4  # two lines for each of two buildings
    whole = (tmp_path / "search.faiss").read_bytes()
    (tmp_path / "search.faiss").write_bytes(whole[:len(whole) // 2])
    index = accelerated(exact, tmp_path, 2, say=said.append)
    assert index.search(exact.rows([3]), 1)[0].tolist() == [[3]] and len(said) == 6
    assert (tmp_path / "search.faiss").stat().st_size == len(whole)
