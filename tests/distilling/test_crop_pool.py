"""The pool of crops: pictures and targets stay together, old ones make room, groups are of crops that look alike."""
import numpy as np
import pytest

from imgcluster.distilling import crop_pool
from imgcluster.distilling.crop_pool import GROUP, CropPool, groups_of_alike
from imgcluster.distilling.distill import Recipe

RECIPE = Recipe(student="Tiny", batch_size=6, pool=20, reuse=2)


class Numbered:
    """A stream of pictures [B, 4, 4, 3] whose left column says which they are, from 1 on."""

    def __init__(self):
        self.number = 0

    def take(self, count):
        pictures = np.zeros((count, 4, 4, 3), np.uint8)
        pictures[:, :, 0] = np.arange(self.number + 1, self.number + count + 1)[:, None, None]
        self.number += count
        return pictures


def teachers(pictures):
    """Maps [B, 2, 2, 1] with the number on the left; features that point elsewhere for every ten numbers."""
    numbers = pictures[:, 0, 0, 0].astype(np.float16)
    maps = np.zeros((len(pictures), 2, 2, 1), np.float16)
    maps[:, :, 0, 0] = numbers[:, None]
    return [maps, np.eye(30, dtype=np.float16)[(numbers // 10).astype(int)]]


@pytest.mark.parametrize("alike", [0.0, 1.0])
def test_pictures_maps_and_features_stay_together(monkeypatch, alike):
    monkeypatch.setattr(crop_pool, "ALIKE", alike)
    pool, rng = CropPool(teachers, Numbered(), RECIPE), np.random.default_rng(0)
    assert pool.channels() == [1]
    sides = []
    for step in range(30):
        pool.refresh(step)
        pictures, (maps, features) = pool.batch(rng)
        assert len(pictures) == RECIPE.batch_size
        numbers = pictures.max(axis=(1, 2, 3))
        assert np.array_equal(maps.max(axis=(1, 2, 3)), numbers)
        assert np.array_equal(features.argmax(axis=1), numbers // 10)
        left = pictures[:, 0, 0, 0] > 0
        assert np.array_equal(left, maps[:, 0, 0, 0] > 0), "mirrored together"
        sides.append(left.mean())
    assert 0.3 < np.mean(sides) < 0.7


def test_fresh_crops_replace_the_oldest():
    stream = Numbered()
    pool = CropPool(teachers, stream, RECIPE)
    for step in range(40):
        pool.refresh(step)
    numbers = pool.arrays[0][:, 0, 0, 0]
    assert pool.filled == RECIPE.pool == len(set(numbers))
    assert numbers.min() > stream.number - RECIPE.pool - 2 * RECIPE.batch_size
    before = stream.number
    pool.refresh(1)
    assert stream.number == before, "an odd step takes none"


def test_groups_are_of_neighbours():
    rng = np.random.default_rng(1)
    kinds = np.repeat(np.arange(10), 2 * GROUP)
    features = 3 + np.eye(10)[kinds] + 0.05 * rng.normal(size=(len(kinds), 10))
    rows = groups_of_alike(features, 3 * GROUP, rng)
    for group in kinds[rows].reshape(3, GROUP):
        assert len(set(group)) == 1
    assert len(set(rows[:GROUP])) == GROUP


@pytest.mark.parametrize("num_rows", [1, 3, 50])
def test_groups_of_few_rows(num_rows):
    rows = groups_of_alike(np.ones((num_rows, 2)), 7, np.random.default_rng(0))
    assert rows.shape == (7,) and rows.min() >= 0 and rows.max() < num_rows
