"""Bars along a photo's sides are found, whatever is written on them; photos without any stay as they are."""
import cv2
import numpy as np
import pytest

from imgcluster.cutter.banners import without_bars


def picture(shape=(120, 160)):
    """A ground with a gradient and a product in the middle: 8-bit Lab."""
    lab = np.full((*shape, 3), (200, 128, 128), np.uint8)
    lab[..., 0] -= np.linspace(0, 20, shape[1]).astype(np.uint8)
    cv2.circle(lab, (shape[1] // 2, shape[0] // 2), 30, (90, 160, 150), -1)
    return lab


def test_photos_without_bars_stay_whole():
    assert without_bars(picture()) == (slice(0, 120), slice(0, 160))


@pytest.mark.parametrize("turns", range(4))
def test_a_banner_is_cut_off_at_any_side(turns):
    lab = picture()
    lab[-15:] = (60, 170, 150)
    cv2.putText(lab, "FREE SHIPPING", (50, 116), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (250, 128, 128), 1)
    rows, columns = without_bars(np.ascontiguousarray(np.rot90(lab, turns)))
    kept = np.zeros(np.rot90(lab, turns).shape[:2], bool)
    kept[rows, columns] = True
    kept = np.rot90(kept, -turns)
    assert not kept[-15:].any() and kept[:-17].all()


def test_letterboxes_are_cut_off_on_both_sides():
    lab = cv2.copyMakeBorder(picture(), 20, 20, 0, 0, cv2.BORDER_CONSTANT, value=(0, 128, 128))
    rows, columns = without_bars(lab)
    assert 20 <= rows.start <= 22 and 138 <= rows.stop <= 140 and columns == slice(0, 160)


def test_a_product_that_begins_in_the_ground_is_no_bar():
    lab = picture()
    lab[:60, 40:120] = (90, 160, 150)
    assert without_bars(lab)[0] == slice(0, 120)


@pytest.mark.parametrize("shape", [(8, 8), (8, 160), (1, 1)])
def test_any_size_will_do(shape):
    rows, columns = without_bars(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8))
    assert rows.stop > rows.start and columns.stop > columns.start
