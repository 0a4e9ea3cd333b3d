"""Photos that the cutter is fitted to keep their true masks through every change."""
import cv2
import numpy as np
import pytest

from tools.cutter_photos import changed, composed, drawn_photos, for_tuning


def photo(colour, ground, centre):
    image = np.full((120, 160, 3), ground, np.uint8)
    mask = cv2.circle(np.zeros((120, 160), np.uint8), centre, 25, 1, -1).astype(bool)
    image[mask] = colour
    return image, mask


@pytest.mark.parametrize("seed", range(5))
def test_changed_photos_keep_their_masks(seed):
    image, mask = changed(*photo((220, 40, 40), (60, 60, 200), (80, 60)), np.random.default_rng(seed))
    assert mask.shape == image.shape[:2] and 0.01 < mask.mean() < 0.85
    assert image[mask].std(axis=0).max() < 2 and image[~mask].std(axis=0).max() < 2
    assert np.abs(image[mask].mean(axis=0) - image[~mask].mean(axis=0)).max() > 20


@pytest.mark.parametrize("seed", range(5))
def test_composed_photos_show_the_object_where_the_mask_is(seed):
    photos = [photo((220, 20, 20), (200, 200, 200), (70, 50)), photo((230, 30, 30), (90, 110, 90), (90, 70))]
    image, mask = composed(photos, np.random.default_rng(seed))
    reddish = image[..., 0].astype(int) - image[..., 1] > 80
    assert 0.02 < mask.mean() and (reddish == mask).mean() > 0.97


def test_half_of_all_names_are_for_tuning():
    assert 0.45 < np.mean([for_tuning(f"{number:04d}") for number in range(1000)]) < 0.55


def test_drawn_photos_have_masks():
    image, mask = next(drawn_photos())
    assert mask.shape == image.shape[:2] and 0.01 < mask.mean() < 0.9
