"""The stream of crops: of the same size and seed the same, and views once no more crops are taken."""
import cv2
import numpy as np
import pytest

from imgcluster.distilling.crop_stream import CropStream
from imgcluster.training.crops import VIEWS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A dozen pictures of coloured shapes, and one file that is no picture."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(12):
        picture = np.full((60, 80, 3), rng.integers(256, size=3), np.uint8)
        cv2.circle(picture, (40, 30), int(rng.integers(8, 28)), rng.integers(256, size=3).tolist(), -1)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


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
