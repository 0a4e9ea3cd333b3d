"""The exact index: that of a plain sort, at any size."""
import numpy as np
import pytest
from search_cases import clustered

from imgcluster.errors import UserError
from imgcluster.search import cosine_index
from imgcluster.search.cosine_index import CosineIndex


def exact_order(features, queries):
    """All rows by cosine about the mean, the slow way."""
    mean = features.mean(axis=0, dtype=np.float64) * (len(features) - 1) / len(features)
    unit = [(part - mean) / np.linalg.norm(part - mean, axis=1, keepdims=True) for part in (queries, features)]
    cosines = unit[0] @ unit[1].T
    return np.argsort(-cosines, axis=1, kind="stable"), cosines


@pytest.mark.parametrize("num_queries", [1, 7, 300])
def test_the_nearest_are_those_of_a_plain_sort(num_queries):
    features, _ = clustered()
    queries = np.random.default_rng(1).normal(size=(num_queries, 24)).astype(np.float32)
    rows, similarities = CosineIndex(features).search(queries, 9)
    order, cosines = exact_order(features, queries)
    np.testing.assert_array_equal(rows, order[:, :9])
    np.testing.assert_allclose(similarities, np.take_along_axis(cosines, rows, 1), atol=1e-5)


@pytest.mark.parametrize("num_queries", [1, 5, 9])
def test_blocks_change_nothing(monkeypatch, num_queries):
    features, _ = clustered()
    whole = CosineIndex(features).search(features[:num_queries], 11)
    for name, value in (("PRODUCTS", 64), ("BLOCK", 13), ("GROUP", 3), ("CACHED", 60), ("QUERIES_AT_ONCE", 8)):
        monkeypatch.setattr(cosine_index, name, value)
    parts = CosineIndex(features).search(features[:num_queries], 11)
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_allclose(parts[1], whole[1], atol=1e-5)


def test_a_mapped_file_and_double_precision_give_the_same(tmp_path):
    features, _ = clustered(100)
    np.save(tmp_path / "features.npy", features.astype(np.float64))
    mapped = CosineIndex(np.load(tmp_path / "features.npy", mmap_mode="r"))
    np.testing.assert_array_equal(mapped.search(features[:4], 5)[0], CosineIndex(features).search(features[:4], 5)[0])


def test_every_photo_finds_itself_first_at_any_length():
    features, _ = clustered(80)
    rows, similarities = CosineIndex(features).search(features, 3)
    np.testing.assert_array_equal(rows[:, 0], np.arange(80))
    np.testing.assert_allclose(similarities[:, 0], 1, atol=1e-5)


def test_equal_photos_go_by_row_and_more_than_there_are_is_all():
    features = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    rows, _ = CosineIndex(features).search(features[:1], 50)
    assert rows.shape == (1, 12) and rows[0, :4].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("features", [np.ones((1, 4), np.float32), np.ones((5, 4), np.float32)])
def test_one_photo_or_equal_ones_still_match(features):
    _, similarities = CosineIndex(features).search(features[:1], 1)
    np.testing.assert_allclose(similarities, 1, atol=1e-5)


def test_an_empty_catalogue_and_other_features_are_refused():
    with pytest.raises(UserError, match="empty"):
        CosineIndex(np.empty((0, 4), np.float32))
    with pytest.raises(UserError, match="5 features, the catalogue 4"):
        CosineIndex(np.ones((2, 4), np.float32)).search(np.ones((1, 5)), 1)
