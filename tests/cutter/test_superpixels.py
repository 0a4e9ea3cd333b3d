"""Superpixels cover the picture, keep to edges of colour, and say truly what they show."""
import cv2
import numpy as np
import pytest

from imgcluster.cutter.superpixels import superpixels


def test_they_keep_to_edges():
    lab = np.full((120, 160, 3), (200, 128, 128), np.uint8)
    disc = cv2.circle(np.zeros((120, 160), np.uint8), (80, 60), 37, 1, -1).astype(bool)
    lab[disc] = (90, 160, 150)
    regions = superpixels(lab)
    share = regions.mean(disc.astype(float))
    assert regions.share[(share > 0.1) & (share < 0.9)].sum() < 0.03


@pytest.mark.parametrize("shape", [(8, 8), (8, 160), (120, 160)])
def test_shares_means_and_neighbours(shape):
    lab = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    regions = superpixels(lab)
    count = len(regions.share)
    assert regions.labels.shape == shape and set(np.unique(regions.labels)) == set(range(count))
    assert regions.share.sum() == pytest.approx(1) and regions.frame.sum() == pytest.approx(1)
    assert regions.share @ regions.colour[:, 1] == pytest.approx(2 * lab[..., 1].mean())
    assert np.abs(regions.place).max() <= 0.5
    assert (regions.neighbours[:, 0] < regions.neighbours[:, 1]).all() and regions.neighbours.max() < count
