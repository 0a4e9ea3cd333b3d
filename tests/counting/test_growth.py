"""Distances grow evenly where there are no clusters, and jump where clusters end: at their size, at every level."""
import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors
from test_blind_count import clouds, nested

from imgcluster.counting.growth import POINTS, Growth, _weights, growth_of_distances, growth_peaks, rank_growth
from imgcluster.rows import unit_length
from imgcluster.structure.hierarchy import NEAREST
from imgcluster.structure.neighbours import project


def growth_of(features):
    """The growth of distances as in a hierarchy, but for the nearest photos, which are sought among all."""
    points = project(features)
    among_all = NearestNeighbors(n_neighbors=min(NEAREST, len(points) - 1), algorithm="brute").fit(points)
    return growth_of_distances(points, among_all.kneighbors(return_distance=False))


def peaks_of(features, *, lowest=1, highest=np.inf):
    return growth_peaks(growth_of(features), len(features), lowest=lowest, highest=highest)


@pytest.mark.parametrize(("num_clusters", "photos_each"), [(40, 5), (30, 12), (12, 40), (3, 100), (500, 12)])
def test_separate_clouds_make_a_clear_peak_at_their_number(num_clusters, photos_each):
    # Of the last, every other photo or fewer are ranked.
    peak = peaks_of(clouds(num_clusters, photos_each, spread=0.3))[0]
    assert peak.count == pytest.approx(num_clusters, rel=0.15) and peak.clarity == 1 and peak.of_heights


def test_products_and_their_kinds_both_make_a_peak():
    clear = [peak.count for peak in peaks_of(nested(6, 6, 12, apart=0.2, spread=0.1)) if peak.clarity == 1]
    assert any(count == pytest.approx(6, rel=0.3) for count in clear)
    assert any(count == pytest.approx(36, rel=0.2) for count in clear)
    assert all(count < 50 for count in clear)


@pytest.mark.parametrize(("num_products", "views"), [(20, 72), (60, 24)])
def test_views_of_turning_products_are_no_products(num_products, views):
    # Views spread along a line nearby and over more dimensions farther off: a hill in growth, but no jump.
    clear = [peak.count for peak in peaks_of(turning(num_products, views)) if peak.clarity >= 0.5]
    assert clear and all(count == pytest.approx(num_products, rel=0.3) for count in clear)


def turning(num_products, views, *, width=40):
    """Return features [N, width] of products seen from all sides: a closed curve for each, at random places of it."""
    rng = np.random.default_rng(0)
    angles = 2 * np.pi * rng.random((num_products, views))
    waves = [wave(order * angles) / order for order in (1, 2, 3) for wave in (np.cos, np.sin)]
    curves = np.einsum("wpv,pwd->pvd", waves, rng.standard_normal((num_products, len(waves), width)))
    middles = 2 * rng.standard_normal((num_products, 1, width))
    noise = 0.05 * rng.standard_normal(curves.shape)
    return (middles + curves + noise).reshape(-1, width).astype(np.float32)


@pytest.mark.parametrize("num_photos", [40, 300, 5000])
def test_one_cloud_has_no_clear_peak(num_photos):
    for seed in range(3):
        found = peaks_of(clouds(1, num_photos, spread=1, seed=seed, width=12), lowest=2, highest=num_photos / 3)
        assert not found


def test_clusters_that_overlap_too_much_make_none():
    assert not peaks_of(clouds(20, 20, spread=4))


def test_peaks_are_sought_between_the_counts_given():
    features = nested(6, 6, 12, apart=0.2, spread=0.1)
    above, below = peaks_of(features, lowest=20), peaks_of(features, highest=20)
    assert above and below
    assert all(peak.count >= 20 for peak in above) and all(peak.count <= 20 for peak in below)


def test_the_height_is_one_over_the_number_of_dimensions():
    for dimensions in (2, 5):
        rng = np.random.default_rng(0)
        flat = np.zeros((3000, 40), np.float32)
        flat[:, :dimensions] = rng.random((3000, dimensions))
        growth = growth_of_distances(flat, np.zeros((3000, 8), int))
        inner = (growth.sizes > 4) & (growth.sizes < 30)
        assert np.median(growth.heights[inner]) == pytest.approx(1 / dimensions, rel=0.25)


def test_the_distances_to_nearest_photos_go_on_where_a_sample_goes_on():
    points = unit_length(np.random.default_rng(0).standard_normal((6000, 6)).astype(np.float32))
    growth = growth_of(points)
    assert np.abs(np.diff(growth.heights[5:60])).max() < 0.15 * growth.heights[5:60].mean()


def test_copies_are_no_infinitely_small_cluster():
    points = np.repeat(np.eye(6, dtype=np.float32), 2, axis=0)
    assert np.isfinite(rank_growth(points, 10)).all()


def peak_at(size, *, noise=0.0):
    """The peaks of 1,000 photos whose distances jump at clusters of that many photos, three times over."""
    sizes = np.exp(np.linspace(0, np.log(500), POINTS))
    heights = 0.1 + 0.2 * np.exp(-np.square(np.log(sizes / size)) / 0.1)
    growth = Growth(sizes, heights, np.full(POINTS, 0.1), np.full(POINTS, noise))
    return [peak for peak in growth_peaks(growth, 1000, lowest=1, highest=1000) if peak.of_heights]


@pytest.mark.parametrize("size", [8, 25, 80])
def test_distances_jump_after_nine_in_ten_photos_of_a_cluster(size):
    [peak] = peak_at(size)
    assert peak.count == pytest.approx(0.9 * 1000 / size, rel=0.02) and peak.clarity == 1


def test_a_peak_that_chance_makes_as_well_is_none():
    assert [len(peak_at(25, noise=noise)) for noise in (0, 0.5, 0.6)] == [1, 1, 0]
    assert peak_at(25, noise=0.5)[0].clarity < 1


def test_each_rank_weighs_what_it_spans_in_logarithms():
    # Of one window wide enough for all, evenly spaced ranks and every other one are alike.
    ranks = np.arange(1.0, 200)
    every, other = (_weights(np.zeros(1), each, each, 1e6)[0] for each in (ranks, ranks[::2]))
    assert [every.sum(), other.sum()] == pytest.approx([1, 1])
    np.testing.assert_allclose(every, (1 / ranks) / (1 / ranks).sum())
    assert every @ np.log(ranks) == pytest.approx(np.log(200) / 2, rel=0.15)
