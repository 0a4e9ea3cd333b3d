"""Augmentation: each setting is one change that leaves pictures pictures, and originals as they are."""
import dataclasses

import numpy as np
import pytest

from imgcluster.training.augmentation import Augmentation, augment

STRENGTHS = {"crop": 0.3, "rotation": 40.0, "flip": True, "translation": 0.3, "zoom": 0.4, "brightness": 0.4,
             "contrast": 0.6, "color": 0.8, "noise": 0.05}
GEOMETRIC = ("crop", "rotation", "flip", "translation", "zoom")


def augmented(pictures, *, seed=0, **strengths):
    return augment(pictures, Augmentation(**strengths), np.random.default_rng(seed)).astype(float)


def test_every_field_has_a_strength_here():
    assert set(STRENGTHS) == {field.name for field in dataclasses.fields(Augmentation)}


def test_everything_off_changes_nothing(squares):
    pictures = squares([0, 1, 2, 3])
    assert augment(pictures, Augmentation(), np.random.default_rng(0)) is pictures
    assert not Augmentation(**dict.fromkeys(STRENGTHS, 0)).changes_anything()


@pytest.mark.parametrize("name", STRENGTHS)
def test_each_setting_changes_pictures_by_itself_and_not_the_originals(squares, name):
    pictures = squares([0, 1, 2, 3] * 2)
    before = pictures.copy()
    changed = augment(pictures, Augmentation(**{name: STRENGTHS[name]}), np.random.default_rng(0))
    assert changed.shape == pictures.shape and changed.dtype == np.uint8
    assert np.abs(changed.astype(int) - pictures).max() > 5
    np.testing.assert_array_equal(pictures, before)


@pytest.mark.parametrize("name", GEOMETRIC)
def test_areas_that_come_into_view_are_white(name):
    white = np.full((8, 16, 16, 3), 255, np.uint8)
    np.testing.assert_array_equal(augmented(white, **{name: STRENGTHS[name]}), 255)


def test_a_flip_is_the_picture_or_its_mirror_image(squares):
    pictures = squares([0, 1, 2, 3] * 4)
    changed = augmented(pictures, flip=True)
    same = [np.array_equal(one, two) for one, two in zip(changed, pictures)]
    mirrored = [np.array_equal(one, two[:, ::-1]) for one, two in zip(changed, pictures)]
    assert all(one or two for one, two in zip(same, mirrored)) and any(same) and any(mirrored)


def test_a_crop_enlarges_a_part_and_shows_nothing_beyond_the_edge():
    black = np.zeros((16, 16, 16, 3), np.uint8)
    black[:, 6:10, 6:10] = 200
    changed = augmented(black, crop=0.4)
    assert ((changed > 100).sum(axis=(1, 2, 3)) > (black > 100).sum(axis=(1, 2, 3))).mean() > 0.9
    assert changed.max() <= 200


def test_colour_changes_leave_grey_grey():
    grey = np.repeat(np.random.default_rng(0).integers(0, 255, (4, 16, 16, 1), np.uint8), 3, axis=3)
    np.testing.assert_allclose(augmented(grey, color=1.0), grey, atol=1)


def test_noise_has_the_spread_asked_for():
    grey = np.full((8, 16, 16, 3), 128, np.uint8)
    changed = augmented(grey, noise=0.04)
    assert changed.std() == pytest.approx(0.04 * 255, rel=0.1) and changed.mean() == pytest.approx(128, abs=1)
    assert not np.array_equal(changed[0], changed[1])


def test_the_seed_decides(squares):
    pictures = squares([0, 1, 2, 3])
    np.testing.assert_array_equal(augmented(pictures, **STRENGTHS), augmented(pictures, **STRENGTHS))
    assert not np.array_equal(augmented(pictures, **STRENGTHS), augmented(pictures, seed=100, **STRENGTHS))
