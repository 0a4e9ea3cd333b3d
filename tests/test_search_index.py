"""The index, the ranking of products and what scores are worth: exact, aligned, calibrated."""
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.search import cosine_index
from imgcluster.search.approximate import accelerated, build
from imgcluster.search.calibration import calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import nearest_products, products_of, rank_products


def clustered(num=600, dimension=24, groups=20, noise=0.4, seed=0):
    """(features [N, D] around one centre per group, group of each)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % groups
    features = rng.normal(size=(groups, dimension))[labels] + noise * rng.normal(size=(num, dimension)) + 1
    return features.astype(np.float32), labels


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


@pytest.mark.parametrize("num_queries", [1, 5])
def test_blocks_and_pieces_change_nothing(monkeypatch, num_queries):
    features, _ = clustered()
    whole = CosineIndex(features).search(features[:num_queries], 11)
    for name, value in (("PRODUCTS", 64), ("PIECE", 13), ("MIN_PIECE", 13), ("QUERIES_AT_ONCE", 2)):
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


# ---------------------------------------------------------------- faiss

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


def test_faiss_is_taken_above_a_size_and_kept_until_the_features_change(tmp_path):
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    exact, said = CosineIndex(clustered(500)[0]), []
    assert accelerated(exact, tmp_path, 1, rows_from=501) is exact and list(tmp_path.iterdir()) == []
    for key in (1, 1, 2):
        index = accelerated(exact, tmp_path, key, rows_from=500, say=said.append)
        assert index.search(exact.rows([3]), 1)[0].tolist() == [[3]]
    assert len(said) == 4  # two lines for each of two buildings


# ---------------------------------------------------------------- products

def test_labels_go_before_clusters_and_strays_stand_alone():
    paths = ["a", "b", "c", "3"]
    assert products_of(paths, np.array(["x", "y", "x", "y"]), np.array(["0"] * 4)).basis == "true labels"
    products = products_of(paths, None, np.array(["0", "-1", "0", "-1"]), {"0": "blue mug"})
    assert (products.basis, sorted(products.names), products.sizes.sum()) == ("clusters", ["3", "b", "blue mug"], 4)
    assert products.codes[0] == products.codes[2] and products.sizes[products.codes[0]] == 2
    assert products_of(paths, None, None).basis is None


def test_three_good_photos_outrank_one_better():
    codes, sizes = np.array([0, 1, 1, 1, 0, 0]), np.array([3, 3])
    hits = rank_products(np.array([0, 1, 2, 3, 4, 5]), np.array([0.9, 0.8, 0.8, 0.8, 0.1, 0.1]), codes, sizes)
    assert [hit.code for hit in hits] == [1, 0]
    assert hits[0].similarity == pytest.approx(0.8) and hits[1].similarity == pytest.approx(1.1 / 3)
    assert hits[0].rows == [1, 2, 3]


def test_a_product_of_one_photo_counts_by_that_photo():
    hits = rank_products(np.array([0, 1]), np.array([0.9, 0.8]), np.array([0, 1]), np.array([1, 1]))
    assert [hit.similarity for hit in hits] == pytest.approx([0.9, 0.8])


def test_as_many_products_as_asked_for_though_one_fills_the_nearest_photos():
    rng = np.random.default_rng(0)
    features = np.concatenate([np.eye(4)[[0] * 900], np.eye(4)[[1, 2, 3]]]) + 0.01 * rng.normal(size=(903, 4))
    labels = np.array(["many"] * 900 + ["b", "c", "d"])
    products = products_of([str(row) for row in range(903)], labels, None)
    (hits, rows, similarities), = nearest_products(CosineIndex(features), features[:1], products, 4)
    assert products.names[hits[0].code] == "many" and len(hits) == 4
    assert len(rows) == len(similarities)


def test_a_row_passed_over_is_not_found():
    features, labels = clustered(60, groups=6)
    products = products_of([str(row) for row in range(60)], labels.astype(str), None)
    (hits, rows, _), = nearest_products(CosineIndex(features), features[:1], products, 2, without=0)
    assert 0 not in rows and 0 not in hits[0].rows and products.names[hits[0].code] == "0"


# ---------------------------------------------------------------- scores

def test_scores_say_how_often_a_match_is_right():
    features, labels = clustered(1200, dimension=12, groups=30, noise=1.0)
    half = np.arange(1200) < 600
    products = products_of([str(row) for row in range(600)], labels[half].astype(str), None)
    index = CosineIndex(features[half])
    calibration = calibrate(index, products)
    found = nearest_products(index, features[~half], products, 1)
    scores = np.array([calibration.products(hits[0].similarity, 0) for hits, *_ in found])
    right = np.array([products.names[hits[0].code] == str(label)
                      for (hits, *_), label in zip(found, labels[~half])])
    assert 0.3 < right.mean() < 0.95
    assert abs(scores.mean() - right.mean()) < 0.06
    assert right[scores > np.median(scores)].mean() > right[scores <= np.median(scores)].mean() + 0.1


def test_scores_rise_with_similarity_and_are_never_certain():
    features, labels = clustered(200, groups=10, noise=0.05)
    products = products_of([str(row) for row in range(200)], labels.astype(str), None)
    curve = calibrate(CosineIndex(features), products).products
    for rank in (0, 1):
        scores = [curve(value, rank) for value in np.linspace(-1, 1, 50)]
        assert np.all(np.diff(scores) >= 0) and 0 < scores[0] and scores[-1] < 1
    assert curve(1, 0) > 0.95 and curve(0, 1) < 0.05


def test_another_kind_of_thing_lies_below_the_floor():
    few, labels = clustered(400, dimension=3, groups=20, noise=0.1)
    features = np.hstack([few, 0.05 * np.random.default_rng(1).normal(size=(400, 20))])
    products = products_of([str(row) for row in range(400)], labels.astype(str), None)
    index = CosineIndex(features)
    floor = calibrate(index, products).floor
    strange = np.hstack([np.full((100, 3), few.mean()), np.random.default_rng(5).normal(size=(100, 20))])
    unlike = [hits[0].similarity < floor for hits, *_ in nearest_products(index, strange, products, 1)]
    known = [hits[0].similarity < floor for hits, *_ in nearest_products(index, features, products, 1)]
    assert np.mean(unlike) > 0.9 and np.mean(known) < 0.05


@pytest.mark.parametrize("labels", [None, np.arange(50).astype(str)])
def test_no_score_where_the_catalogue_cannot_tell(labels):
    features = clustered(50)[0]
    calibration = calibrate(CosineIndex(features), products_of([str(row) for row in range(50)], labels, None))
    assert calibration.photos is None and calibration.products is None and -1 < calibration.floor < 1


def test_a_catalogue_of_one_photo_has_neither_score_nor_floor():
    calibration = calibrate(CosineIndex(np.ones((1, 3), np.float32)), products_of(["a"], None, None))
    assert calibration.products is None and calibration.floor == -1
