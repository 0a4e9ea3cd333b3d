"""The index, the ranking of products and what scores are worth: exact, aligned, calibrated."""
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.search import cosine_index
from imgcluster.search.approximate import ApproximateIndex, accelerated, build, stand_ins
from imgcluster.search.calibration import Calibration, calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import gather, likeness, nearest_products, products_of, rank_products, typical_first


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


# ---------------------------------------------------------------- faiss

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


def test_faiss_is_taken_above_a_size_and_kept_until_the_features_change(tmp_path):
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    exact, said = CosineIndex(clustered(500)[0]), []
    assert accelerated(exact, tmp_path, 1, rows_from=501, say=said.append) is exact and list(tmp_path.iterdir()) == []
    for key in (1, 1, 2):
        index = accelerated(exact, tmp_path, key, rows_from=500, say=said.append)
        assert index.search(exact.rows([3]), 1)[0].tolist() == [[3]]
    assert len(said) == 4  # two lines for each of two buildings
    whole = (tmp_path / "search.faiss").read_bytes()
    (tmp_path / "search.faiss").write_bytes(whole[:len(whole) // 2])
    index = accelerated(exact, tmp_path, 2, rows_from=500, say=said.append)
    assert index.search(exact.rows([3]), 1)[0].tolist() == [[3]] and len(said) == 6
    assert (tmp_path / "search.faiss").stat().st_size == len(whole)


# ---------------------------------------------------------------- products

def test_labels_go_before_clusters_and_strays_stand_alone():
    paths = ["a", "b", "c", "3"]
    assert products_of(paths, np.array(["x", "y", "x", "y"]), np.array(["0"] * 4)).basis == "true labels"
    products = products_of(paths, None, np.array(["0", "-1", "0", "-1"]), {"0": "blue mug"})
    assert (products.basis, sorted(products.names), products.sizes.sum()) == ("clusters", ["3", "b", "blue mug"], 4)
    assert products.codes[0] == products.codes[2] and products.sizes[products.codes[0]] == 2
    assert products_of(paths, None, None).basis is None


def test_the_photos_most_like_their_product_s_others_come_first():
    features, groups = clustered(60, groups=3)
    features[7] = -features[7]
    products = products_of([str(row) for row in range(60)], groups.astype(str), None)
    rows_of = typical_first(CosineIndex(features), products)
    assert [sorted(rows.tolist()) for rows in rows_of] == [np.flatnonzero(products.codes == code).tolist()
                                                           for code in range(3)]
    assert rows_of[products.codes[7]][-1] == 7


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
    found, = nearest_products(CosineIndex(features), features[:1], products, 4)
    assert products.names[found.hits[0].code] == "many" and len(found.hits) == 4 and found.rest is None
    assert len(found.rows) == len(found.similarities)


def test_a_row_passed_over_is_not_found():
    features, labels = clustered(60, groups=6)
    products = products_of([str(row) for row in range(60)], labels.astype(str), None)
    found, = nearest_products(CosineIndex(features), features[:1], products, 2, without=0)
    assert 0 not in found.rows and 0 not in found.hits[0].rows and products.names[found.hits[0].code] == "0"


def test_products_that_are_not_among_the_nearest_are_known_to_be_there():
    products = products_of(list("abcdef"), np.array(list("xxyyzz")), None)
    near, values = np.array([0, 2, 1]), np.array([0.9, 0.5, 0.4])
    assert gather(near, values, products).rest == 0.4
    assert gather(near, values, products, left_out=[4, 5]).rest is None
    apart = gather(near, values, products, left_out=[0])
    assert [hit.code for hit in apart.hits] == [1, 0] and apart.hits[1].similarity == pytest.approx(0.4)


# ---------------------------------------------------------------- scores

def judged(features, labels, half):
    """(score, whether right) of the best product of each photo outside `half`, searched among those in it."""
    products = products_of([str(row) for row in np.flatnonzero(half)], labels[half].astype(str), None)
    index = CosineIndex(features[half])
    calibration = calibrate(index, products, features[half])
    found = nearest_products(index, features[~half], products, 1)
    return np.array([(calibration.scores(nearest, 1.0)[0], products.names[nearest.hits[0].code] == str(label))
                     for nearest, label in zip(found, labels[~half])], float).T


def test_scores_say_how_often_a_match_is_right():
    features, labels = clustered(1200, dimension=12, groups=30, noise=1.0)
    scores, right = judged(features, labels, np.arange(1200) < 600)
    assert 0.3 < right.mean() < 0.95 and abs(scores.mean() - right.mean()) < 0.1
    assert right[scores > np.median(scores)].mean() > right[scores <= np.median(scores)].mean() + 0.2


def test_photos_of_one_shoot_raise_scores_less_than_they_would():
    rng = np.random.default_rng(3)
    features, labels = clustered(1200, dimension=12, groups=30, noise=1.0)
    half = np.arange(1200) < 600
    # Each photo of the catalogue has a twin, which no new photo has.
    features = np.concatenate([features, features[half] + 0.02 * rng.normal(size=(600, 12))]).astype(np.float32)
    labels, half = np.concatenate([labels, labels[half]]), np.concatenate([half, np.ones(600, bool)])
    scores, right = judged(features, labels, half)
    assert abs(scores.mean() - right.mean()) < 0.12


def test_a_product_ahead_of_the_others_scores_higher_and_none_is_certain():
    features, labels = clustered(200, groups=10, noise=0.05)
    products = products_of([str(row) for row in range(200)], labels.astype(str), None)
    calibration, found = calibrate(CosineIndex(features), products, features), []
    for ahead in np.linspace(0, 1, 20):
        near = gather(np.array([0, 20, 40, 1]), np.array([0.9, 0.9, 0.9, 0.9 - ahead]), products)
        found.append(calibration.scores(near, 1.0))
    first = [scores[0] for scores in found]
    assert np.all(np.diff(first) >= 0) and first[-1] > 0.9 and found[0][:2] == pytest.approx([first[0]] * 2)
    assert all(0 < score < 1 for scores in found for score in scores) and all(sum(scores) <= 1 for scores in found)


def test_of_products_of_two_photos_each_helps_to_find_the_other():
    features, labels = clustered(60, groups=30, noise=0.05)
    products = products_of([str(row) for row in range(60)], labels.astype(str), None)
    index = CosineIndex(features)
    found, = nearest_products(index, features[:1], products, 3, without=0)
    assert calibrate(index, products, features).scores(found, 1.0)[0] > 0.9


def test_scores_fall_for_one_in_twenty_of_the_catalogues_own_photos():
    features, labels = clustered(800, groups=20, noise=1.0)
    products = products_of([str(row) for row in range(800)], labels.astype(str), None)
    index = CosineIndex(features)
    usual = calibrate(index, products, features).usual
    others = [nearest_products(index, features[[row]], products, 1, without=row)[0].rows for row in range(800)]
    kinds = np.array([likeness(features, features[row], rows) for row, rows in enumerate(others)])
    assert 0.02 < np.mean(kinds < usual) < 0.08


def test_a_photo_is_as_much_of_the_kind_as_its_three_nearest_say():
    general = np.array([[1, 0], [1, 1], [0, 1], [-1, 0], [-1, 0]], float)
    assert likeness(general, np.array([2.0, 0.0]), [0, 1, 2, 3, 4]) == pytest.approx((1 + np.sqrt(0.5)) / 3)
    assert likeness(general, np.array([2.0, 0.0]), [3]) == pytest.approx(-1)
    assert likeness(general, np.array([2.0, 0.0]), np.array([], int)) < -1, "less than any floor"


def test_what_was_not_found_takes_its_share_of_the_scores():
    products = products_of(list("abcdef"), np.array(list("xxyyzz")), None)
    near = gather(np.array([0, 1, 2, 3]), np.array([0.5, 0.5, 0.5, 0.5]), products)
    assert Calibration(10.0, -1, -1).scores(near, 0.5) == pytest.approx([1 / 3, 1 / 3])


def test_scores_fall_where_a_photo_is_less_of_the_kind_than_is_usual():
    products = products_of(list("abcd"), np.array(list("xyzz")), None)
    near = gather(np.array([0, 1, 2, 3]), np.array([0.9, 0.8, 0.1, 0.1]), products)
    first = [Calibration(10.0, 0.2, 0.6).scores(near, kind)[0] for kind in (0.2, 0.3, 0.4, 0.6, 0.9)]
    assert first[0] == 0 and first[1:4] == pytest.approx(np.array([0.25, 0.5, 1]) * first[4])
    # Where photos of the catalogue are as much of the kind as those of unknown products there is no way to fall.
    assert Calibration(10.0, 0.6, 0.6).scores(near, 0.6)[0] == first[4]


def test_another_kind_of_thing_lies_below_the_floor_whatever_it_resembles():
    rng = np.random.default_rng(1)
    few, labels = clustered(400, dimension=3, groups=20, noise=0.1)
    features = np.hstack([few, np.full((400, 1), 4.0), 0.05 * rng.normal(size=(400, 20))])
    products = products_of([str(row) for row in range(400)], labels.astype(str), None)
    index = CosineIndex(features)
    floor = calibrate(index, products, features).floor
    # About the catalogue's mean these lie where its photos do; they lack what all of those share.
    strange = features - np.eye(24)[3] * 3.5
    unlike, known = ([likeness(features, feature, near.rows) < floor
                      for feature, near in zip(queries, nearest_products(index, queries, products, 1))]
                     for queries in (strange, features))
    assert np.mean(unlike) > 0.9 and np.mean(known) < 0.05


def test_features_that_tell_products_apart_do_not_say_what_another_kind_is():
    rng = np.random.default_rng(2)
    # Learnt features: each product in a direction of its own, and things of another kind anywhere.
    learnt, labels = np.repeat(np.eye(20, dtype=np.float32), 10, axis=0), np.repeat(np.arange(20), 10)
    learnt += 0.1 * rng.normal(size=learnt.shape).astype(np.float32)
    general = (np.eye(6)[0] + 0.2 * rng.normal(size=(200, 6))).astype(np.float32)
    strange = rng.normal(size=(100, 20)), np.eye(6)[1] + 0.2 * rng.normal(size=(100, 6))
    index, products = CosineIndex(learnt), products_of([str(row) for row in range(200)], labels.astype(str), None)
    found = nearest_products(index, strange[0], products, 1)
    for known, queries, least, most in ((learnt, strange[0], 0, 0.5), (general, strange[1], 0.95, 1)):
        floor = calibrate(index, products, known).floor
        refused = np.mean([likeness(known, query, near.rows) < floor for query, near in zip(queries, found)])
        assert least <= refused <= most


@pytest.mark.parametrize("labels", [None, np.arange(50).astype(str), np.zeros(50).astype(str)])
def test_no_score_where_the_catalogue_cannot_tell(labels):
    features, products = clustered(50)[0], products_of([str(row) for row in range(50)], labels, None)
    index = CosineIndex(features)
    calibration = calibrate(index, products, features)
    found, = nearest_products(index, features[:1], products, 3)
    assert calibration.scores(found, 1.0) == [None] * len(found.hits) and -1 <= calibration.floor < 1


def test_a_catalogue_of_one_photo_has_neither_score_nor_floor():
    one = np.ones((1, 3), np.float32)
    calibration = calibrate(CosineIndex(one), products_of(["a"], None, None), one)
    assert calibration == Calibration(None, -1.0, -1.0)
