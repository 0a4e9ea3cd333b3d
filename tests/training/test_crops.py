"""Views of photos: alike among themselves, changed as photos of one thing differ."""
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.training.augmentation import hue_turn
from imgcluster.training.crops import VIEWS, ViewStream, random_crop, recolored, spoilt, warped


def test_views_of_a_photo_are_alike_and_go_round_the_photos(folder):
    stream = ViewStream(sorted(folder.glob("*")), size=24, seed=3)
    views = np.stack(list(stream.views(24))).astype(float)
    assert views.shape == (24, VIEWS, 24, 24, 3) and len(np.unique(views[:, 0], axis=0)) == 24
    within = np.abs(views - views.mean(axis=1, keepdims=True)).mean()
    assert 0 < within < 0.7 * np.abs(views - views.mean(axis=(0, 1))).mean()


def test_no_readable_photo_is_said(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(UserError, match="none of the 1 photos"):
        next(ViewStream([tmp_path / "a.jpg"], size=16, seed=0).views(2))


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (70, 50)])
def test_crops_of_odd_photos(shape):
    image = np.random.default_rng(0).integers(256, size=(*shape, 3)).astype(np.uint8)
    assert random_crop(image, 16, np.random.default_rng(1)).shape == (16, 16, 3)
    assert recolored(image, np.random.default_rng(1)).shape == image.shape


def test_hues_turn_about_grey():
    turn = hue_turn(1.0)
    assert np.allclose(turn @ np.ones(3), 1) and np.allclose(turn @ turn.T, np.eye(3))
    assert np.allclose(hue_turn(2 * np.pi / 3) @ [1, 0, 0], [0, 1, 0]), "a third of a turn makes red green"
    assert np.allclose(hue_turn(0.4) @ hue_turn(0.6), turn)


def test_warping_moves_and_spoiling_keeps_the_light():
    dot = np.full((64, 64, 3), 100, np.uint8)
    dot[20:28, 36:44] = 200
    places, changed = [], 0
    for seed in range(20):
        moved, worse = warped(dot, np.random.default_rng(seed)), spoilt(dot, np.random.default_rng(seed))
        assert moved.shape == worse.shape == dot.shape and moved.dtype == worse.dtype == np.uint8
        places.append(np.argwhere(moved[..., 0] > 150).mean(axis=0))
        assert abs(worse.mean() - dot.mean()) < 1
        changed += not np.array_equal(worse, dot)
    assert changed > 10
    assert np.std(places, axis=0).min() > 2 and np.abs(np.mean(places, axis=0) - [23.5, 39.5]).max() < 5
