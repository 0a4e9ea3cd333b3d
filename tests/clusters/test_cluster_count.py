"""Properties of the clustering: separated clouds are found, forced counts are met, odd input is taken or named."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from imgcluster.clusters.cluster_count import Clustering, cluster_photos, doubt_of_given
from imgcluster.clusters.directions import follow_directions
from imgcluster.errors import UserError
from imgcluster.som import SelfOrganizingMap, map_of
from imgcluster.structure import hierarchy


def trained_map(features):
    return map_of(features, epochs=6)


def clustered(features, **options):
    features = np.asarray(features, np.float32)
    return cluster_photos(features, trained_map(features), **options)


def clouds(num_clusters, photos_each, *, seed=0, width=32, spread=0.25):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_clusters), photos_each)
    centres = rng.standard_normal((num_clusters, width))
    return (centres[labels] + spread * rng.standard_normal((len(labels), width))).astype(np.float32), labels


def assert_consistent(result, num_photos):
    assert isinstance(result, Clustering)
    assert result.labels.shape == result.confidence.shape == (num_photos,)
    sizes = np.bincount(result.labels)
    assert len(sizes) == result.num_clusters and sizes.min() >= 1
    assert (np.diff(sizes) <= 0).all()
    assert ((result.confidence >= 0) & (result.confidence <= 1)).all()
    assert 1 <= result.interval[0] <= result.num_clusters <= result.interval[1] <= num_photos
    assert [level.max() + 1 for level in result.levels] == sorted(len(set(level)) for level in result.levels)


@pytest.mark.parametrize("num_clusters", [2, 5, 20])
def test_separated_clouds_are_found(num_clusters):
    features, labels = clouds(num_clusters, 30)
    result = clustered(features)
    assert_consistent(result, len(features))
    assert result.num_clusters == num_clusters
    assert adjusted_rand_score(labels, result.labels) == 1


def test_digits_are_clustered_better_than_chance():
    digits = load_digits()
    result = clustered(digits.data)
    assert_consistent(result, len(digits.data))
    assert 5 <= result.num_clusters <= 20
    assert adjusted_rand_score(digits.target, result.labels) > 0.6


def test_the_same_photos_get_the_same_clusters(digits):
    assert np.array_equal(clustered(digits).labels, clustered(digits).labels)


@pytest.mark.parametrize("features", [
    np.zeros((1, 5)), np.ones((2, 5)), np.arange(3.0)[:, None], np.ones((20, 4)), np.eye(4),
    np.column_stack([np.ones(12), np.arange(12)]), np.random.default_rng(0).random((30, 6))])
@pytest.mark.parametrize("forced", ["free", "one", "all"])
def test_tiny_and_degenerate_sets(features, forced):
    count = {"free": None, "one": 1, "all": len(features)}[forced]
    result = clustered(features, num_clusters=count)
    assert_consistent(result, len(features))
    if count is not None:
        assert result.num_clusters == count


def test_identical_photos_are_one_cluster():
    assert clustered(np.ones((40, 8))).num_clusters == 1


@pytest.mark.parametrize("count", [1, 7, 150])
def test_forced_count_is_met_exactly(count):
    result = clustered(clouds(6, 40)[0], num_clusters=count, imgs_per_model=20)
    assert_consistent(result, 240)
    assert result.num_clusters == count
    assert result.interval == (count, count) and not result.calibrated


def test_photos_per_model_sets_the_count():
    result = clustered(clouds(6, 40)[0], imgs_per_model=15)
    assert result.num_clusters == 16
    assert result.calibrated
    assert clustered(np.eye(4), imgs_per_model=1).num_clusters == 4
    assert clustered(clouds(6, 40)[0], imgs_per_model=35).num_clusters == 6, "near what stands out in the photos"


def test_known_models_set_the_granularity():
    # Each cloud consists of three tight ones: the labels tell whether a model is a cloud or a third of one. Equally
    # many photos of each would seem picked.
    rng = np.random.default_rng(1)
    fine = np.repeat(np.arange(36), rng.integers(12, 28, 36))
    centres = rng.standard_normal((12, 32))[fine // 3] + 0.4 * rng.standard_normal((36, 32))[fine]
    features = (centres + 0.08 * rng.standard_normal((len(fine), 32))).astype(np.float32)
    own = fine >= 18
    alone = clustered(features[own]).num_clusters
    for labels in (fine, fine // 3):
        result = clustered(features[own], known=(features[~own], labels[~own]))
        assert result.num_clusters == pytest.approx(len(np.unique(labels[own])), rel=0.2)
        assert result.calibrated
        assert result.blind_count == alone


def test_without_known_models_the_count_is_read_from_the_features_to_compare_and_clusters_are_not():
    (coarse, _), (fine, labels) = clouds(4, 30), clouds(12, 10)
    result = clustered(fine, compared=coarse.astype(np.float16))
    assert_consistent(result, len(fine))
    assert result.num_clusters == 4
    # Each cluster holds whole clouds of its own features.
    assert all(len(set(result.labels[labels == cloud])) == 1 for cloud in range(12))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_photo_or_two_to_compare_are_enough(number):
    result = clustered(np.eye(4)[:number], compared=np.eye(4)[:number])
    assert 1 <= result.num_clusters <= number


def test_what_differs_within_known_products_counts_less():
    # Light changes photos more than products differ.
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(16), 30)
    features = rng.standard_normal((16, 24))[labels] + 0.3 * rng.standard_normal((480, 24))
    features[:, :6] += 3 * rng.standard_normal((480, 6))
    known, own = (features[:240], labels[:240]), features[240:]
    alone, taught = clustered(own, known=known), clustered(own, known=known, within=known)
    assert_consistent(taught, 240)
    assert (taught.num_clusters, taught.method, taught.blind_count) == (alone.num_clusters, alone.method,
                                                                        alone.blind_count)
    assert adjusted_rand_score(labels[240:], taught.labels) > adjusted_rand_score(labels[240:], alone.labels) + 0.2
    plain, given = (clustered(own, num_clusters=8, within=within) for within in (None, known))
    assert given.num_clusters == 8 and given.words == "set by hand"
    assert adjusted_rand_score(labels[240:], given.labels) > adjusted_rand_score(labels[240:], plain.labels) + 0.2


def test_known_models_are_compared_in_the_features_that_they_come_in():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(12), rng.integers(30, 60, 12))
    narrow = (rng.standard_normal((12, 9))[labels] + 0.1 * rng.standard_normal((len(labels), 9))).astype(np.float32)
    wide, known = narrow @ rng.standard_normal((9, 32)).astype(np.float32), labels < 6
    result = clustered(wide[~known], known=(narrow[known], labels[known]), compared=narrow[~known])
    assert result.num_clusters == 6 and result.calibrated


def test_photos_go_to_the_nearest_direction_where_the_network_was_taught_to_compare_them():
    features = load_digits().data[:600].astype(np.float32)
    result, evened = (clustered(features, num_clusters=10, by_direction=taught) for taught in (True, False))
    assert result.num_clusters == 10 and (np.diff(np.bincount(result.labels)) <= 0).all()
    settled, before = ((follow_directions(features, each.labels, passes=1) == each.labels).mean()
                       for each in (result, evened))
    assert settled > before
    finer = result.levels[-1]
    assert len(np.unique(finer)) == finer.max() + 1 > 10


def test_outliers_are_marked_only_where_allowed():
    features, labels = clouds(4, 50)
    features[[7, 90]] = np.random.default_rng(9).standard_normal((2, 32))
    marked = clustered(features, num_clusters=4, allow_outliers=True)
    assert np.flatnonzero(marked.labels < 0).tolist() == [7, 90]
    assert (marked.confidence[[7, 90]] == 0).all()
    # Without them the first cluster is the smallest.
    features[8:20] = np.random.default_rng(10).standard_normal((12, 32))
    some = clustered(features, num_clusters=4, allow_outliers=True)
    inside, level = some.labels >= 0, next(each for each in some.levels if each.max() == 3)
    assert 12 <= (~inside).sum() and np.array_equal(some.labels[inside], level[inside])
    assert clustered(features, num_clusters=4).labels.min() == 0


@pytest.mark.parametrize("options", [{"num_clusters": 0}, {"num_clusters": 11}, {"imgs_per_model": 0},
                                     {"imgs_per_model": 0.5}])
def test_impossible_settings_are_refused(options):
    features = np.random.default_rng(0).random((10, 3)).astype(np.float32)
    with pytest.raises(UserError, match="NUM_"):
        cluster_photos(features, trained_map(features), **options)


@pytest.mark.parametrize("grid", [(1, 1), (2, 3)])
def test_a_small_map_does_not_cap_the_number_of_clusters_of_many_photos(grid, monkeypatch):
    monkeypatch.setattr(hierarchy, "MANY_PHOTOS", 300)
    features, labels = clouds(20, 30)
    som = SelfOrganizingMap(*grid, features.shape[1], normalize=True).fit(features, epochs=6)
    result = cluster_photos(features, som)
    assert_consistent(result, len(features))
    assert result.num_clusters == 20 and adjusted_rand_score(labels, result.labels) == 1


def test_however_often_photos_are_repeated_there_are_as_many_clusters():
    features, labels = clouds(12, 10)
    plain = cluster_photos(features, trained_map(features))
    times = np.random.default_rng(0).integers(1, 40, len(features))
    photo = np.repeat(np.arange(len(features)), times)
    noise = np.random.default_rng(1).standard_normal((len(photo), features.shape[1])).astype(np.float32)
    for repeated in (features[photo], features[photo] + 1e-3 * noise):
        result = cluster_photos(repeated, trained_map(repeated), copies=photo)
        assert_consistent(result, len(photo))
        assert (result.num_clusters, result.interval) == (12, plain.interval)
        assert adjusted_rand_score(labels[photo], result.labels) == 1
        assert all(len(np.unique(result.confidence[photo == each])) == 1 for each in range(0, len(features), 9))


def test_of_copies_more_clusters_than_photos_can_be_asked_for():
    features = np.ones((9, 4), np.float32)
    copies = np.zeros(9, int)
    for asked in ({"num_clusters": 3}, {"imgs_per_model": 3}):
        result = cluster_photos(features, trained_map(features), copies=copies, **asked)
        assert result.num_clusters == len(set(result.labels.tolist())) == 3
    alone = cluster_photos(features, trained_map(features), copies=copies)
    assert (alone.num_clusters, alone.interval, alone.method) == (1, (1, 1), "all photos look the same")


@pytest.mark.parametrize("number", [2, 3])
def test_of_photos_too_few_to_be_told_apart_nothing_is_known(number):
    features = np.eye(5, dtype=np.float32)[:number]
    found = clustered(features)
    assert found.num_clusters == 1 and found.unknown.tolist() == list(range(number)) and not found.confidence.any()
    assert not found.confidence_of(np.zeros(number, int)).any()
    copied = clustered(features[[0, 0, 1, 1, 1]], copies=np.array([0, 0, 1, 1, 1]))
    assert copied.num_clusters == 1 and not copied.confidence.any()
    # Where there is nothing to tell apart, or a person has told, something is.
    for told in (clustered(np.ones((number, 5))), clustered(features[:1]), clustered(features, num_clusters=1)):
        assert (told.confidence == 1).all() and len(told.unknown) == 0
    assert len(clustered(features, num_clusters=2).unknown) == len(clustered(features, imgs_per_model=1).unknown) == 0


def test_what_cannot_be_clustered_is_named():
    features, _ = clouds(4, 27)
    fitted = trained_map(features)
    for copies in (np.arange(5), np.zeros((108, 1), int)):
        with pytest.raises(ValueError, match="copies of shape .* for 108 rows: give one number for each row"):
            cluster_photos(features, fitted, copies=copies)
    narrow = features[:20, :5], np.arange(20) % 4
    for told in ({"known": narrow}, {"within": narrow}, {"known": (features, np.arange(108) % 4),
                                                         "compared": features[:, :5]}):
        with pytest.raises(ValueError, match="features a photo, and .* of those that they are compared with"):
            cluster_photos(features, fitted, **told)
    features[7, 3] = np.nan
    with pytest.raises(ValueError, match="row 7 holds NaN"):
        cluster_photos(features, fitted)


def test_a_table_is_clustered_as_its_array_is():
    features, _ = clouds(4, 27)
    table = pd.DataFrame(features)
    found = [cluster_photos(rows, map_of(rows)).labels for rows in (features, table)]
    assert np.array_equal(*found)


@pytest.mark.parametrize("options", [{}, {"num_clusters": 5}, {"imgs_per_model": 20}, {"allow_outliers": True}])
def test_photos_whose_features_are_all_0_have_no_say_and_nothing_is_known_of_them(options):
    features, _ = clouds(4, 30)
    empty = np.arange(3, 120, 13)
    others, broken = np.setdiff1d(np.arange(120), empty), features.copy()
    broken[empty] = 0
    found, alone = clustered(broken, **options), clustered(features[others], **options)
    np.testing.assert_array_equal(found.labels[others], alone.labels)
    np.testing.assert_array_equal(found.confidence[others], alone.confidence)
    if "imgs_per_model" not in options:
        assert (found.num_clusters, found.interval) == (alone.num_clusters, alone.interval)
    assert found.unknown.tolist() == empty.tolist() and not found.confidence[empty].any()
    assert set(found.labels[empty]) == {-1 if "allow_outliers" in options else 0}
    for level, level_alone in zip(found.levels, alone.levels, strict=True):
        np.testing.assert_array_equal(level[others], level_alone)
        assert len(set(level[empty])) == 1
    # Nor is there when a person moves others; what a person says of them is set elsewhere.
    corrected = np.where(found.labels == 1, 0, found.labels)
    again = found.confidence_of(corrected)
    assert not again[empty].any() and again[others].all()


def test_where_all_features_are_0_or_more_clusters_are_asked_for_every_photo_has_one_of_confidence_0():
    nothing = clustered(np.zeros((9, 4)))
    assert nothing.num_clusters == 1 and len(nothing.unknown) == 9 and not nothing.confidence.any()
    most = clustered(np.concatenate([np.eye(6), np.zeros((3, 6))]), num_clusters=8)
    assert most.num_clusters == len(set(most.labels)) == 8 and most.unknown.tolist() == [6, 7, 8]


def test_copies_do_not_make_all_other_photos_outliers():
    features, _ = clouds(6, 10)
    photo = np.concatenate([np.zeros(400, int), np.arange(60)])
    result = cluster_photos(features[photo], trained_map(features[photo]), copies=photo, allow_outliers=True)
    assert (result.labels >= 0).mean() > 0.95


def test_levels_keep_within_what_the_tree_can_give():
    features, _ = clouds(3, 4)
    result = clustered(features)
    assert_consistent(result, len(features))
    assert all(2 <= level.max() + 1 <= len(features) for level in result.levels)


def test_what_the_photos_alone_suggest_is_read_from_the_features_to_compare_too():
    (coarse, _), (fine, labels) = clouds(4, 30), clouds(12, 10)
    result = clustered(fine, compared=coarse, known=(coarse, labels))
    assert result.blind_count == 4


def test_features_that_tell_single_photos_apart_leave_the_count_more_open():
    features, _ = clouds(12, 20)
    (low, high), (lower, higher) = (clustered(features, taught_apart=apart).interval for apart in (False, True))
    assert lower < low and high < higher


@pytest.mark.parametrize("given, words", [
    ({"num_clusters": 8, "imgs_per_model": 12.0}, "NUM_IMGS_PER_MODEL = 12 has no effect beside"),
    ({"num_clusters": None, "imgs_per_model": 1e5}, "= 100000, but there are 300 photos"),
    ({"num_clusters": None, "imgs_per_model": 300.0}, None),
    ({"num_clusters": 8, "imgs_per_model": None}, None)])
def test_given_numbers_that_do_nothing_or_cannot_be_meant_are_doubted(given, words):
    doubtful = doubt_of_given(300, **given)
    assert words in doubtful if words else doubtful == ""


def test_how_photos_were_counted_is_said_without_terms_too():
    features, labels = clouds(5, 20)
    assert clustered(features).words == "estimated from the photos alone"
    assert clustered(features, num_clusters=3).words == "set by hand"
    assert clustered(features, imgs_per_model=20.0).words == "20 photos per product, given by hand"
    known = clustered(features, known=(features, labels))
    assert known.words == f"learned from {len(set(labels))} labelled products of about 20 photos each"
    assert known.method != known.words


def test_a_clustering_describes_itself():
    features, labels = clouds(6, 20)
    blind, known = clustered(features), clustered(features, known=(features, labels))
    low, high = blind.interval
    lines = blind.described().splitlines()
    assert lines[0] == f"120 photos, 6 clusters (likely {low} to {high}; estimated from the photos alone)"
    assert lines[1].startswith("coarser and finer: ") and " 6," not in lines[1]
    assert "learned from 6 labelled products of about 20 photos each in shoes)" in known.described(known="shoes")
    assert clustered(features, num_clusters=120).described().splitlines()[0] == "120 photos, 120 clusters (set by hand)"
    assert clustered(features, num_clusters=1).described().startswith("120 photos, 1 cluster (set by hand)")


def test_what_would_narrow_a_wide_interval_is_said_where_nothing_was_told_of_the_products():
    features, labels = clouds(6, 20)
    blind, known = clustered(features), clustered(features, known=(features, labels))

    def said(clustering, *interval):
        return "NUM_IMGS_PER_MODEL" in replace(clustering, interval=interval).described()

    assert said(blind, 4, 65) and said(blind, 4, 16)
    assert not said(blind, 4, 15) and not said(known, 4, 65)


@pytest.mark.parametrize("interval, blind, said", [
    ((4, 9), 12, "likely 4 to 9; from 2 products in shoes; the photos alone suggest 12"),
    ((4, 9), 9, "likely 4 to 9; from 2 products in shoes"), ((4, 9), 4, "likely 4 to 9; from 2 products in shoes"),
    ((6, 6), None, "from 2 products in shoes"), ((6, 6), 5, "from 2 products in shoes; the photos alone suggest 5")])
def test_what_the_photos_alone_suggest_is_said_where_the_interval_does_not_hold_it(interval, blind, said):
    labels = np.arange(6)
    found = Clustering(labels, 6, interval, [labels], np.ones(6),
                       blind_count=blind, words="from 2 products")
    told = found.described(known="shoes").replace(
        ": likelier where new products have fewer or more photos each than those", "")
    assert told == f"6 photos, 6 clusters ({said})"


def test_large_counts_are_easy_to_read():
    assert Clustering(np.zeros(1), 1, (1200, 9000), [], np.zeros(1)).likely == "likely 1,200 to 9,000"
