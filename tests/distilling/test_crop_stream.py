"""The stream of crops: of the same size and seed the same, and views once no more crops are taken."""
import numpy as np

from imgcluster.distilling.crop_stream import CropStream
from imgcluster.training.crops import VIEWS


def test_crops_keep_size_and_follow_the_seed(folder):
    photos = sorted(folder.glob("*"))
    first, second = (CropStream(photos, size=24, seed=3).take(10) for _ in range(2))
    assert first.shape == (10, 24, 24, 3) and first.dtype == np.uint8
    assert np.array_equal(first, second)
    assert not np.array_equal(first, CropStream(photos, size=24, seed=4).take(10))


def test_views_may_be_taken_after_crops(folder):
    stream = CropStream(sorted(folder.glob("*")), size=24, seed=3)
    stream.take(4)
    assert [view.shape for view in stream.views(3)] == [(VIEWS, 24, 24, 3)] * 3
