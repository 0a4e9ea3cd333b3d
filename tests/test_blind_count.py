"""Pieces of the blind estimate: the middle of a flat peak, and how far a peak stands out."""
import numpy as np
import pytest

from imgcluster.blind_count import plateau_mean, prominence

COUNTS = np.array([2, 4, 8, 16, 32])


def test_the_middle_of_a_flat_peak_does_not_move_with_its_top():
    left, right = np.array([0, 0.601, 0.6, 0.6, 0]), np.array([0, 0.6, 0.6, 0.601, 0])
    assert plateau_mean(COUNTS, left, 0.05) == pytest.approx(8, rel=0.02)
    assert plateau_mean(COUNTS, right, 0.05) == pytest.approx(8, rel=0.02)


def test_a_sharp_peak_is_its_top():
    assert plateau_mean(COUNTS, np.array([0.1, 0.3, 0.2, 0.7, 0.4]), 0.1) == pytest.approx(16)


def test_prominence_is_the_drop_to_the_higher_side():
    assert prominence(np.array([0.2, 0.5, 0.4, 0.9]), 1) == pytest.approx(0.1)
    assert prominence(np.array([0.2, 0.5, 0.1]), 1) == pytest.approx(0.3)
