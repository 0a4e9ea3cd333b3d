"""Augmentation: each setting is one change, in training alone, that leaves pictures pictures."""
import dataclasses

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.augmentation import Augmentation, augmentation_layers  # noqa: E402

STRENGTHS = {"crop": 0.3, "rotation": 40.0, "flip": True, "translation": 0.3, "zoom": 0.4, "brightness": 0.4,
             "contrast": 0.6, "color": 0.8, "noise": 0.05}
GEOMETRIC = ("crop", "rotation", "flip", "translation", "zoom")


def augmented(pictures, *, seed=0, training=True, **strengths):
    keras.utils.set_random_seed(0)
    x = pictures.astype(np.float32)
    for layer in augmentation_layers(Augmentation(**strengths), size=pictures.shape[1], seed=seed):
        x = layer(x, training=training)
    return np.asarray(x)


def test_every_field_has_a_strength_here():
    assert set(STRENGTHS) == {field.name for field in dataclasses.fields(Augmentation)}


def test_everything_off_is_no_layer_at_all():
    assert augmentation_layers(Augmentation(), size=16, seed=0) == []
    assert augmentation_layers(Augmentation(**dict.fromkeys(STRENGTHS, 0)), size=16, seed=0) == []


@pytest.mark.parametrize("name", STRENGTHS)
def test_each_setting_changes_training_pictures_by_itself(squares, name):
    pictures = squares([0, 1, 2, 3] * 2)
    changed = augmented(pictures, **{name: STRENGTHS[name]})
    assert changed.shape == pictures.shape and np.isfinite(changed).all()
    assert np.abs(changed - pictures).max() > 5
    if name != "noise":
        assert changed.min() >= -1e-3 and changed.max() <= 255 + 1e-3


@pytest.mark.parametrize("name", set(STRENGTHS) - {"crop"})
def test_pictures_that_are_not_trained_on_stay_as_they_are(squares, name):
    pictures = squares([0, 1, 2, 3])
    np.testing.assert_allclose(augmented(pictures, training=False, **{name: STRENGTHS[name]}), pictures, atol=1e-3)


@pytest.mark.parametrize("name", GEOMETRIC)
def test_areas_that_come_into_view_are_white(name):
    white = np.full((8, 16, 16, 3), 255, np.uint8)
    np.testing.assert_allclose(augmented(white, **{name: STRENGTHS[name]}), 255, atol=1e-3)


def test_a_flip_is_the_picture_or_its_mirror_image(squares):
    pictures = squares([0, 1, 2, 3] * 4)
    changed = augmented(pictures, flip=True)
    same = [np.array_equal(one, two) for one, two in zip(changed, pictures)]
    mirrored = [np.array_equal(one, two[:, ::-1]) for one, two in zip(changed, pictures)]
    assert all(one or two for one, two in zip(same, mirrored)) and any(same) and any(mirrored)


def test_colour_changes_leave_grey_grey():
    grey = np.repeat(np.random.default_rng(0).integers(0, 255, (4, 16, 16, 1), np.uint8), 3, axis=3)
    np.testing.assert_allclose(augmented(grey, color=1.0), grey, atol=1)


def test_noise_has_the_spread_asked_for():
    grey = np.full((8, 16, 16, 3), 128, np.uint8)
    changed = augmented(grey, noise=0.04)
    assert changed.std() == pytest.approx(0.04 * 255, rel=0.1) and changed.mean() == pytest.approx(128, abs=1)


def test_the_seed_decides(squares):
    pictures = squares([0, 1, 2, 3])
    np.testing.assert_array_equal(augmented(pictures, **STRENGTHS), augmented(pictures, **STRENGTHS))
    assert not np.allclose(augmented(pictures, **STRENGTHS), augmented(pictures, seed=100, **STRENGTHS))
