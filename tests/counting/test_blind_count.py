"""The blind estimate: clear clouds are counted, each view decides as far as its peak is clear, and views that agree
make the interval narrow."""
from types import SimpleNamespace

import numpy as np
import pytest

from imgcluster.counting import blind_count
from imgcluster.counting.blind_count import OF_PRODUCTS, blind_estimate, finer_level, interval, joined, mutual_peak
from imgcluster.counting.cuts import candidate_counts, modularity_peak, silhouette_peak
from imgcluster.counting.growth import GrowthPeak
from imgcluster.structure.hierarchy import hierarchy_of


def clouds(num_clusters, photos_each, *, spread, seed=0, width=32):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_clusters), photos_each)
    centres = rng.standard_normal((num_clusters, width))
    return (centres[labels] + spread * rng.standard_normal((len(labels), width))).astype(np.float32)


def nested(groups, parts, photos_each, *, apart, spread, width=32):
    """Groups of as many parts each, whose centres lie `apart` of the distance between the groups' from each other."""
    rng = np.random.default_rng(0)
    fine = np.repeat(np.arange(groups * parts), photos_each)
    centres = (rng.standard_normal((groups, width))[fine // parts]
               + apart * rng.standard_normal((groups * parts, width))[fine])
    return (centres + spread * rng.standard_normal((len(fine), width))).astype(np.float32)


def views_of(hierarchy):
    """The three views as the estimate takes them: modularity, (reciprocity, clarity), (silhouette, clarity)."""
    counts = candidate_counts(hierarchy)
    first = modularity_peak(hierarchy, counts)
    by_reciprocity, mutual = mutual_peak(hierarchy, counts[-1], 2.5 * first)
    highest = 2.5 * max(first, first**(1 - mutual) * by_reciprocity**mutual)
    seen = counts[counts <= 2 * highest]
    return first, (by_reciprocity, mutual), silhouette_peak(hierarchy, seen, seen <= highest)


@pytest.mark.parametrize("num_clusters", [3, 11, 30])
def test_separate_clouds_are_counted(num_clusters):
    estimate = blind_estimate(hierarchy_of(clouds(num_clusters, 24, spread=0.3)))
    assert estimate.count == pytest.approx(num_clusters, rel=0.05)
    assert estimate.interval[0] <= num_clusters <= estimate.interval[1] < 2 * num_clusters
    assert "modularity" in estimate.method and "reciprocity" in estimate.method


def test_a_peak_is_the_likelier_of_products_the_clearer_the_photos_lie_apart():
    near, far = (blind_estimate(hierarchy_of(clouds(6, 40, spread=spread))).peaks for spread in (0.9, 0.3))
    assert [count for count, _ in far] == pytest.approx([6, 6], rel=0.1)
    assert 0 < near[0][1] < far[0][1] - 0.2 and far[0][1] > 0.5 and far[1][1] == OF_PRODUCTS
    cloud = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    assert max(chance for _, chance in blind_estimate(hierarchy_of(cloud)).peaks) < 0.1
    assert blind_estimate(hierarchy_of(np.eye(3, dtype=np.float32))).peaks == ()


@pytest.fixture
def without_growth(monkeypatch):
    """What the other three views say."""
    monkeypatch.setattr(blind_count, "growth_peaks", lambda *_, **__: [])


@pytest.fixture(scope="module")
def trios():
    """The hierarchy of 100 groups of four trios of photos."""
    return hierarchy_of(nested(100, 4, 3, apart=0.6, spread=0.02))


def test_a_peak_of_reciprocity_alone_decides(trios, without_growth):
    # Modularity joins groups, as its resolution limit makes it, and the silhouette rises up to the trios.
    first, (by_reciprocity, mutual), (_, clear) = views_of(trios)
    assert first < 80 and mutual == 1 and clear < 0.01
    assert blind_estimate(trios).count == round(by_reciprocity) == 100


def test_a_peak_of_the_growth_of_distances_alone_decides(trios):
    # Neither modularity nor reciprocity nor the silhouette sees the trios.
    estimate = blind_estimate(trios)
    assert estimate.count == pytest.approx(400, rel=0.1) and estimate.interval[0] <= 400 <= estimate.interval[1]


def test_features_that_hold_photos_apart_are_not_asked_for_the_growth_of_distances(trios):
    estimate = blind_estimate(trios, taught_apart=True)
    assert estimate.count == 100 and estimate.finer_groups == pytest.approx(400, rel=0.1)


def peak_at(count, *, clarity=1.0, of_heights=True):
    return GrowthPeak(clarity, of_heights, 0.5, float(count))


def test_of_two_levels_that_stand_out_the_finer_one_counts_unless_photos_lie_along_lines(monkeypatch):
    # The silhouette sees 48 clouds, and so is asked; the growth of distances is made to see their groups of four.
    hierarchy = hierarchy_of(clouds(48, 20, spread=0.3))
    for seen, of_heights, counted in (12, True, 48), (96, True, 96), (12, False, 12):
        peaks = [peak_at(seen, of_heights=of_heights)]
        monkeypatch.setattr(blind_count, "growth_peaks", lambda *_, peaks=peaks, **__: peaks)
        assert blind_estimate(hierarchy).count == pytest.approx(counted, rel=0.05)


def test_far_smaller_groups_are_finer_groups_and_not_the_count(monkeypatch):
    hierarchy = hierarchy_of(clouds(12, 40, spread=0.3))
    for seen, counted, finer in (90, 90, None), (110, 12, 110):
        monkeypatch.setattr(blind_count, "growth_peaks", lambda *_, seen=seen, **__: [peak_at(seen)])
        estimate = blind_estimate(hierarchy)
        assert (estimate.count, estimate.finer_groups) == (counted, finer) and seen <= estimate.interval[1]


@pytest.mark.parametrize("kinds", [2, 3])
def test_a_few_kinds_of_product_are_not_the_products(kinds, monkeypatch, without_growth):
    hierarchy = hierarchy_of(nested(kinds, 30, 8, apart=0.25, spread=0.1))
    estimate = blind_estimate(hierarchy)
    assert estimate.count == pytest.approx(30 * kinds, rel=0.2) and "silhouette" in estimate.method
    monkeypatch.setattr(blind_count, "LOWEST_PEAK", 0)
    assert blind_estimate(hierarchy).count == kinds


def test_features_that_hold_photos_apart_have_no_peaks_below_the_first_count(trios, without_growth):
    hierarchy = hierarchy_of(nested(6, 6, 12, apart=0.2, spread=0.2))
    first, *_ = views_of(hierarchy)
    as_ever, apart = blind_estimate(hierarchy), blind_estimate(hierarchy, taught_apart=True)
    assert as_ever.count == 7 < first / 3 and apart.count == round(first)
    assert apart.interval[0] <= first / 1.6 and apart.interval[1] >= 1.8 * first
    # Peaks above it still count: modularity joins many small clusters.
    assert blind_estimate(trios, taught_apart=True).count == blind_estimate(trios).count == 100


def test_a_clear_silhouette_decides_where_reciprocity_sees_nothing(without_growth):
    hierarchy = hierarchy_of(clouds(20, 20, spread=1.2))
    first, (_, mutual), (by_silhouette, clear) = views_of(hierarchy)
    assert first < 17 and mutual < 0.01 and clear == 1
    assert blind_estimate(hierarchy).count == round(by_silhouette) == pytest.approx(20, abs=1)


def test_no_silhouette_exceeds_two_and_a_half_times_the_first_count(without_growth):
    # The silhouette of 60 small clouds has a clear peak at 60 and more, but modularity sees 23 clusters.
    hierarchy = hierarchy_of(clouds(60, 8, spread=0.8, width=16))
    counts = candidate_counts(hierarchy)
    first, (count, clear) = modularity_peak(hierarchy, counts), silhouette_peak(hierarchy, counts, counts > 0)
    assert count > 2.5 * first and clear == 1
    assert blind_estimate(hierarchy).count < 2.5 * first


@pytest.mark.parametrize("num_clusters, photos_each", [(200, 4), (300, 6)])
def test_small_clusters_are_counted_however_many_modularity_joins(num_clusters, photos_each):
    hierarchy = hierarchy_of(clouds(num_clusters, photos_each, spread=0.3, width=16))
    first, estimate = modularity_peak(hierarchy, candidate_counts(hierarchy)), blind_estimate(hierarchy)
    assert first < num_clusters / 1.5 and estimate.count == pytest.approx(num_clusters, rel=0.15)
    assert estimate.interval[0] <= num_clusters <= estimate.interval[1]


def test_a_peak_just_below_the_highest_count_is_seen_from_both_sides():
    hierarchy = hierarchy_of(clouds(60, 8, spread=0.7, width=16))
    first, _, (by_silhouette, clear) = views_of(hierarchy)
    assert 2 * first < by_silhouette < 2.5 * first and clear == 1
    assert blind_estimate(hierarchy).count == pytest.approx(by_silhouette, rel=0.05)


def test_what_rises_beyond_the_highest_count_is_no_peak_at_it():
    hierarchy, counts = hierarchy_of(clouds(20, 20, spread=0.3)), np.arange(2, 30)
    assert silhouette_peak(hierarchy, counts, counts <= 30) == (pytest.approx(20, rel=0.05), 1)
    assert silhouette_peak(hierarchy, counts, counts <= 15) == (15, 0)


def test_two_halves_of_one_cloud_are_no_peak_and_two_clouds_are():
    counts = np.array([2, 3, 4, 6, 8, 12])
    one, two = (hierarchy_of(clouds(number, 400 // number, spread=0.3, width=12)) for number in (1, 2))
    count, clear = silhouette_peak(one, counts, counts <= 2)
    assert (count, clear) == (2, 0)
    assert silhouette_peak(two, counts, counts > 0) == (pytest.approx(2), 1)


def test_two_halves_are_a_peak_once_they_lie_farther_apart_than_those_of_one_cloud():
    counts, clear = np.array([2, 3, 4, 6, 8]), []
    for gap in (2, 5, 10):
        features = clouds(1, 300, spread=1, width=8)
        features[150:, 0] += gap
        clear.append(silhouette_peak(hierarchy_of(features), counts, counts <= 2)[1])
    assert clear[0] == 0 < clear[1] <= clear[2] == 1


def test_the_interval_is_wider_where_the_views_disagree():
    # Twelve groups of four close clouds each: the silhouette sees the clouds, reciprocity the groups.
    (low, high), (clear_low, clear_high) = (
        blind_estimate(hierarchy_of(features)).interval
        for features in (nested(12, 4, 20, apart=0.3, spread=0.3), clouds(48, 20, spread=0.3)))
    assert high / low > 1.2 * clear_high / clear_low


@pytest.mark.parametrize(("clarities", "count"), [
    ((0, 0, 0), 100), ((1, 0, 0), 200), ((0, 1, 0), 400), ((1, 1, 0), 400), ((1, 1, 1), 800), ((0, 0, 1), 800)])
def test_a_clear_peak_replaces_what_stands_before_it(clarities, count):
    assert joined(zip([100, 200, 400, 800], [1, *clarities])) == pytest.approx(count)


def test_the_clearer_of_two_peaks_outweighs_the_other():
    # Modularity midway, so that what pulls the count to a side is the clearer peak alone.
    assert joined([(200, 1), (100, 0.9), (400, 0.1)]) < 200 < joined([(200, 1), (100, 0.1), (400, 0.9)])
    shares = np.linspace(0, 1, 9)
    by_second = [joined([(100, 1), (200, share), (100, 0.2)]) for share in shares]
    by_third = [joined([(100, 1), (100, 0.2), (200, share)]) for share in shares]
    assert (np.diff(by_second) > 0).all() and (np.diff(by_third) > 0).all()
    assert max(by_second) < max(by_third)


@pytest.mark.parametrize(("clarity", "reach"), [(0, (0.2, 0.25)), (0.5, (0.125, 0.175)), (1, (0.05, 0.1))])
def test_agreeing_views_are_trusted_the_more_the_clearer_distances_grow(clarity, reach):
    low, high = interval(1000, [(1000, 1), (1000, 1), (1000, 1), (1000, clarity)], None, num_photos=9999)
    assert np.log([1000 / low, high / 1000]) == pytest.approx(reach, abs=2e-3)


def test_the_interval_contains_the_count_and_widens_by_half_of_the_spread_of_the_views():
    widths = []
    for apart in (1, 1.5, 2, 4):
        views = [(1000 / apart, 1), (1000 * apart, 1), (1000, 1), (1, 0)]
        low, high = interval(1000, views, None, num_photos=99999)
        assert low <= 1000 <= high
        assert np.log(1000 / low) - 0.2 == pytest.approx(0.5 * np.log(apart) * np.sqrt(2 / 3), abs=0.01)
        widths.append(high / low)
    assert widths == sorted(set(widths))


def test_where_no_peak_stands_out_small_clusters_may_hold_several_products_each():
    assert interval(20, [(20, 1), (20, 0.4), (20, 0.4), (1, 0)], None, num_photos=300)[1] == 100
    for mutual, clear, num_photos in ((0.6, 0.4, 300), (0.4, 0.6, 300), (0.4, 0.4, 600)):
        assert interval(20, [(20, 1), (20, mutual), (20, clear), (1, 0)], None, num_photos=num_photos)[1] < 27


def test_what_views_without_a_peak_say_does_not_widen_the_interval():
    agreed = interval(100, [(100, 1), (100, 0), (1, 0)], None, num_photos=9999)
    assert interval(100, [(100, 1), (300, 0), (1, 0)], None, num_photos=9999) == agreed
    spread = [np.divide(*interval(100, [(100, 1), (200, clear), (1, 0)], None, num_photos=9999)[::-1])
              for clear in (0.05, 0.5)]
    assert spread[0] < spread[1]


def test_where_kinds_of_product_are_counted_the_interval_reaches_to_the_products_and_the_words_say_so():
    # Five kinds of ten products each, whose photos differ as much as products of a kind do.
    kinds, plain = (blind_estimate(hierarchy_of(features)) for features in (
        nested(5, 10, 20, apart=0.2, spread=0.2), clouds(12, 20, spread=0.3)))
    assert kinds.count == 5 and kinds.interval[0] <= 5 and 50 <= kinds.interval[1]
    assert 30 <= kinds.finer_groups <= 50 and plain.finer_groups is None
    assert f"some {kinds.finer_groups} smaller groups stand out" in kinds.words and "groups" not in plain.words


def test_two_levels_stand_out_where_a_view_has_more_than_twice_the_count():
    assert finer_level(41, [], 20) == 41 and finer_level(39, [], 20) is None
    peaks = [peak_at(20), peak_at(50, clarity=0.6), peak_at(90, clarity=0.4)]  # the last hardly stands out
    assert finer_level(30, peaks, 20) == 50
    views = [(20, 1), (20, 1), (1, 0)]
    assert interval(20, views, 50, num_photos=9999)[1] == np.ceil(50 * np.exp(0.25))
    assert interval(20, [(41, 1), (20, 1), (1, 0)], 41, num_photos=9999)[1] == 82
    assert interval(20, views, 50, num_photos=55)[1] == 55


def test_the_interval_stays_within_one_and_the_number_of_photos():
    assert interval(1, [(1, 1), (1, 0), (9, 0.5)], None, num_photos=2) == (1, 2)


@pytest.mark.parametrize(("num_photos", "num_nodes", "highest"), [
    (4, 4, 2), (5, 5, 2), (9, 9, 3), (100, 100, 33), (1900, 1900, 633), (90_000, 10_000, 10_000)])
def test_counts_are_looked_at_up_to_a_third_of_the_photos_or_the_nodes(num_photos, num_nodes, highest):
    counts = candidate_counts(SimpleNamespace(nodes=np.arange(num_photos) % num_nodes, num_nodes=num_nodes))
    assert counts[0] == 2 and counts[-1] == highest and (np.diff(counts) > 0).all()


@pytest.mark.parametrize("num_photos", [4, 5, 6, 9, 30])
def test_there_are_never_more_clusters_than_a_third_of_the_photos_but_for_four_or_five(num_photos):
    for seed in range(4):
        features = np.random.default_rng(seed).standard_normal((num_photos, 5)).astype(np.float32)
        assert 2 <= blind_estimate(hierarchy_of(features)).count <= max(2, num_photos / 3)


@pytest.mark.parametrize("features, interval", [
    (np.ones((30, 4)), (1, 1)), (np.ones((2, 4)), (1, 1)), (np.ones((1, 4)), (1, 1)),
    (np.arange(6.0).reshape(3, 2), (1, 3))])
def test_copies_are_one_cluster_for_sure_and_few_photos_one_for_want_of_better(features, interval):
    estimate = blind_estimate(hierarchy_of(features.astype(np.float32)))
    assert (estimate.count, estimate.interval) == (1, interval)
