"""Photos as products, and how products are ranked."""
import numpy as np
import pytest
from search_cases import clustered

from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import gather, nearest_products, products_of, rank_products, typical_first


def test_labels_go_before_clusters_and_strays_stand_alone():
    paths = ["a", "b", "c", "3"]
    assert products_of(paths, np.array(["x", "y", "x", "y"]), np.array(["0"] * 4)).basis == "true labels"
    products = products_of(paths, None, np.array(["0", "-1", "0", "-1"]), {"0": "blue mug"})
    assert (products.basis, sorted(products.names), products.sizes.sum()) == ("clusters", ["3", "b", "blue mug"], 4)
    assert products.codes[0] == products.codes[2] and products.sizes[products.codes[0]] == 2
    assert products_of(paths, None, None).basis is None


def test_no_two_products_have_the_same_name():
    names = {"0": "Boot", "1": "Boot", "2": "cluster 3", "4": "Hat"}
    products = products_of([f"{row}.jpg" for row in range(6)], None, np.array(["0", "1", "2", "3", "4", "-1"]), names)
    assert dict(zip(products.labels, products.names)) == {
        "0": "Boot (cluster 0)", "1": "Boot (cluster 1)", "2": "cluster 3 (cluster 2)", "3": "cluster 3 (cluster 3)",
        "4": "Hat", "5.jpg": "5.jpg"}


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


def test_no_one_looks_further_for_products_than_needed():
    features, labels = clustered(900, groups=30)
    products = products_of([str(row) for row in range(900)], labels.astype(str), None)

    class Watched(CosineIndex):
        asked = []

        def search(self, queries, count):
            self.asked.append(len(queries))
            return super().search(queries, count)

    found = nearest_products(Watched(features), features[:7], products, 5)
    assert Watched.asked == [7] and all(len(nearest.hits) >= 5 for nearest in found)
