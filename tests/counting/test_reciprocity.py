"""Reciprocity of nearest photos: its definition, and its peak where clusters are of one size."""
import numpy as np
import pytest

from imgcluster.counting import reciprocity as reciprocity_module
from imgcluster.counting.reciprocity import nearest_reciprocity, neighbour_ranks, reciprocity, reciprocity_curve
from imgcluster.structure.neighbours import nearest_photos


def clouds(num_clusters, photos_each, *, spread, seed=0, width=24):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_clusters), photos_each)
    centres = rng.standard_normal((num_clusters, width))
    return (centres[labels] + spread * rng.standard_normal((len(labels), width))).astype(np.float32)


def nearest_of(points, k=32):
    return nearest_photos(points, np.zeros(len(points), int), num_neighbours=k, candidates=len(points))[0]


def reciprocity_peak(points, highest=np.inf):
    return reciprocity_module.reciprocity_peak(reciprocity_curve(points, nearest_of(points)), len(points), highest)


def test_ranks_are_those_of_sorted_distances():
    points = np.random.default_rng(0).standard_normal((1100, 3)).astype(np.float32)
    ranks = neighbour_ranks(points)
    assert (np.diag(ranks) == 0).all()
    assert (np.sort(ranks, axis=1) == np.arange(1100)).all()
    for photo in (0, 1050):
        order = np.argsort(ranks[photo])
        assert (np.diff(np.linalg.norm(points[order] - points[photo], axis=1)) > -1e-3).all()


def test_reciprocity_is_the_chance_corrected_share_of_mutual_neighbours():
    points = np.random.default_rng(1).standard_normal((40, 5)).astype(np.float32)
    gaps = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(gaps, np.inf)
    nearest = np.zeros((40, 40), bool)
    np.put_along_axis(nearest, gaps.argsort(axis=1)[:, :6], True, axis=1)
    mutual, chance = (nearest & nearest.T).sum() / nearest.sum(), 6 / 39
    assert reciprocity(points, [7])[0] == pytest.approx((mutual - chance) / (1 - chance))


def test_separate_clusters_have_full_reciprocity_and_noise_has_less():
    noise = np.random.default_rng(2).standard_normal((120, 24)).astype(np.float32)
    assert reciprocity(noise, [20])[0] < 0.7
    assert reciprocity(clouds(6, 20, spread=0.05), [20])[0] == 1


@pytest.mark.parametrize("num_clusters", [4, 12, 40])
def test_the_peak_is_at_the_number_of_equal_clusters(num_clusters):
    count, clear = reciprocity_peak(clouds(num_clusters, 25, spread=0.3))
    assert count == pytest.approx(num_clusters, rel=0.05)
    assert clear == 1


def test_the_number_does_not_depend_on_how_many_photos_are_looked_at():
    count, _ = reciprocity_peak(clouds(30, 200, spread=0.3))
    assert count == pytest.approx(30, rel=0.05)


def test_the_nearest_photos_alone_show_the_reciprocity_of_small_clusters():
    points = clouds(90, 12, spread=0.6)
    sizes = np.arange(2, 34)
    assert nearest_reciprocity(nearest_of(points), sizes) == pytest.approx(reciprocity(points, sizes), abs=1e-6)
    assert nearest_reciprocity(nearest_of(points), sizes, step=3) == pytest.approx(reciprocity(points, sizes), abs=0.05)


def test_clusters_that_a_sample_thins_out_are_counted():
    count, clear = reciprocity_peak(clouds(800, 6, spread=0.3))
    assert count == pytest.approx(800, rel=0.02) and clear > 0.2


def test_the_curve_of_a_sample_goes_on_where_that_of_the_nearest_photos_ends(monkeypatch):
    points = clouds(20, 60, spread=0.8)
    sizes, heights = reciprocity_curve(points, nearest_of(points))
    monkeypatch.setattr(reciprocity_module, "RANKED_PHOTOS", 400)
    sampled, found = reciprocity_curve(points, nearest_of(points))
    assert (np.diff(sampled) > 0).all() and sampled[:31].tolist() == list(range(3, 34)) and sampled[31] <= 36
    assert found == pytest.approx(np.interp(sampled, sizes, heights), abs=0.05)


@pytest.mark.parametrize("width", [8, 16])
def test_one_cloud_has_no_clear_peak(width):
    _, clear = reciprocity_peak(np.random.default_rng(3).standard_normal((800, width)).astype(np.float32))
    assert clear < 0.3


@pytest.fixture
def however_low(monkeypatch):
    """Peaks count however low they are."""
    monkeypatch.setattr(reciprocity_module, "MOSTLY_MUTUAL", -1)
    monkeypatch.setattr(reciprocity_module, "RARELY_MUTUAL", -2)


def test_a_peak_counts_for_nothing_where_half_of_the_nearest_are_not_mutual():
    points = clouds(8, 25, spread=2)
    assert reciprocity_curve(points, nearest_of(points))[1].max() < reciprocity_module.RARELY_MUTUAL
    assert reciprocity_peak(points)[1] == 0


def test_a_low_peak_counts_less_than_if_it_were_high(request):
    points = clouds(8, 25, spread=1.4)
    (count, clear), height = reciprocity_peak(points), reciprocity_curve(points, nearest_of(points))[1].max()
    request.getfixturevalue("however_low")
    same, clearer = reciprocity_peak(points)
    assert 0.5 < height < 0.6 and same == count and clear == pytest.approx(clearer * (height - 0.5) / 0.1) and clear > 0


def test_a_broad_hill_is_no_clear_peak_however_high_it_is(monkeypatch, however_low):
    hill = np.random.default_rng(3).standard_normal((300, 8)).astype(np.float32)
    count, clear = reciprocity_peak(hill)
    monkeypatch.setattr(reciprocity_module, "BROAD", np.inf)
    assert reciprocity_peak(hill) == (count, pytest.approx(1, abs=0.02))
    assert clear < 0.3


def test_a_peak_as_narrow_as_clusters_of_about_one_size_make_it_loses_nothing_by_its_width(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(20), rng.integers(20, 31, 20))
    points = rng.standard_normal((20, 24))[labels] + 0.3 * rng.standard_normal((len(labels), 24))
    found = reciprocity_peak(points.astype(np.float32))
    monkeypatch.setattr(reciprocity_module, "BROAD", np.inf)
    assert reciprocity_peak(points.astype(np.float32)) == found and found[1] > 0.9


@pytest.mark.parametrize("num_photos", [1, 4, 9, 10])
def test_few_photos_do_no_harm(num_photos):
    count, clear = reciprocity_peak(np.random.default_rng(4).random((num_photos, 3)).astype(np.float32))
    assert 1 <= count <= num_photos and 0 <= clear <= 1


@pytest.mark.parametrize("seed", range(6))
def test_no_count_is_above_the_highest_allowed(seed):
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((120, 3)).astype(np.float32)
    assert reciprocity_peak(points, highest=9)[0] <= 9


def test_equal_clusters_beyond_the_highest_allowed_are_not_looked_for():
    points = clouds(40, 25, spread=0.3)
    assert reciprocity_peak(points)[0] > 35
    assert reciprocity_peak(points, highest=20)[0] <= 20


def test_the_middle_of_a_peak_at_the_highest_count_allowed_is_not_above_it():
    assert reciprocity_peak(clouds(40, 30, spread=0.6), highest=40)[0] <= 40


def test_a_peak_counts_more_than_higher_ground_that_still_rises_where_the_allowed_counts_end():
    # Twelve groups of four tight clouds each; the slope towards the 48 clouds is higher than the peak at the groups.
    rng = np.random.default_rng(0)
    fine = np.repeat(np.arange(48), 20)
    centres = rng.standard_normal((12, 24))[fine // 4] + 0.7 * rng.standard_normal((48, 24))[fine]
    points = (centres + 0.2 * rng.standard_normal((960, 24))).astype(np.float32)
    assert reciprocity(points, [21])[0] > reciprocity(points, [80])[0]
    assert reciprocity_peak(points, highest=960 / 21)[0] == pytest.approx(12, rel=0.05)
