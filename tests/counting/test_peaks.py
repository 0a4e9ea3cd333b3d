"""Peaks of curves: the middle of a flat one, how far one stands out, how clear that makes it."""
import numpy as np
import pytest

from imgcluster.counting.peaks import clarity, hill, plateau_mean, prominence, weighted_geometric_mean

COUNTS = np.array([2, 4, 8, 16, 32])


def test_the_middle_of_a_flat_peak_does_not_move_with_its_top():
    left, right = np.array([0, 0.601, 0.6, 0.6, 0]), np.array([0, 0.6, 0.6, 0.601, 0])
    assert plateau_mean(COUNTS, left, 0.05) == pytest.approx(8, rel=0.02)
    assert plateau_mean(COUNTS, right, 0.05) == pytest.approx(8, rel=0.02)


def test_a_sharp_peak_is_its_top():
    assert plateau_mean(COUNTS, np.array([0.1, 0.3, 0.2, 0.7, 0.4]), 0.1) == pytest.approx(16)


def test_a_flat_peak_leans_to_the_heavier_counts():
    flat = np.ones(5)
    assert plateau_mean(COUNTS, flat, 0.1, weights=np.array([1, 0, 0, 0, 1])) == pytest.approx(8)
    assert plateau_mean(COUNTS, flat, 0.1, weights=np.array([0, 0, 0, 1, 0])) == pytest.approx(16)


def test_a_hill_ends_where_the_curve_rises_above_its_top():
    heights = np.array([0.2, 0.9, 0.1, 0.5, 0.4, 0.5, 0.3, 0.6])
    assert hill(heights, 3) == slice(2, 7)
    assert hill(heights, 1) == slice(0, 8)


def test_the_upper_part_of_a_hill_ends_where_the_curve_falls_too_far_as_well():
    heights = np.array([0.2, 0.9, 0.1, 0.5, 0.4, 0.5, 0.3, 0.6])
    assert hill(heights, 3, depth=0.15) == slice(3, 6) and hill(heights, 3, depth=0.05) == slice(3, 4)
    assert hill(heights, 1, depth=0.5) == slice(1, 2)


def test_prominence_is_the_drop_to_the_higher_side():
    assert prominence(np.array([0.2, 0.5, 0.4, 0.9]), 1) == pytest.approx(0.1)
    assert prominence(np.array([0.2, 0.5, 0.1]), 1) == pytest.approx(0.3)


@pytest.mark.parametrize("top", [0, 2])
def test_the_ends_of_a_curve_are_no_peaks(top):
    assert prominence(np.array([0.9, 0.1, 0.9]), top) == 0


def test_clarity_grows_with_the_drop_and_ends_at_one():
    assert clarity(0, 0.8, clear=0.2) == clarity(0.1, -0.2, clear=0.2) == 0
    assert 0 < clarity(0.05, 0.8, clear=0.2) < clarity(0.1, 0.8, clear=0.2) < 1
    assert clarity(0.16, 0.8, clear=0.2) == pytest.approx(1)
    assert clarity(0.4, 0.8, clear=0.2) == 1


def test_slight_peaks_hardly_count():
    # Half of the share that makes a peak clear makes it a quarter as clear.
    assert clarity(0.08, 0.8, clear=0.2) == pytest.approx(1 / 4)
    assert clarity(0.05, 0.5, clear=0.2) == pytest.approx(clarity(0.1, 1, clear=0.2))


def test_a_mean_in_logarithms():
    assert weighted_geometric_mean([2, 8], [1, 1]) == pytest.approx(4)
    assert weighted_geometric_mean([2, 8], [0, 3]) == pytest.approx(8)
