"""Pictures for the network: the same for training, extraction and search, whatever the batch."""
import numpy as np
import pytest
from conftest import SilentBar

from imgcluster.photos.decoding import ImageError
from imgcluster.photos.pictures import decode_all, iterate_pictures, load_picture

COUNT = 11
BAD = {3: b"", 7: b"no photo at all"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory, save_photos):
    """(folder, paths) of eleven photos of different shapes, two of them damaged."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    names = save_photos(folder, {f"sub/{row}, 신발.jpg": rng.integers(0, 255, (10 + row, 30 - row, 3), np.uint8)
                                 for row in range(COUNT)})
    for row, content in BAD.items():
        (folder / names[row]).write_bytes(content)
    return folder, names


@pytest.mark.parametrize("mode", ["pad", "stretch", "crop"])
def test_a_photo_becomes_the_same_picture_in_any_batch(photos, mode):
    folder, names = photos
    alone = {row: load_picture(folder / name, size=16, mode=mode) for row, name in enumerate(names) if row not in BAD}
    for batch_size in (1, 2, 4, 11, 50):
        batches = [batch for batch, _ in iterate_pictures(folder, names, size=16, batch_size=batch_size, mode=mode)]
        assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
        pictures = np.concatenate(batches)
        assert pictures.dtype == np.uint8 and pictures.shape == (COUNT, 16, 16, 3)
        for row, picture in alone.items():
            np.testing.assert_array_equal(pictures[row], picture)


@pytest.mark.parametrize("workers", [1, 3])
def test_photos_that_cannot_be_read_are_black_and_named(photos, workers):
    named, start = {}, 0
    for batch, errors in iterate_pictures(*photos, size=16, batch_size=4, workers=workers):
        assert all(not batch[index].any() for index in errors)
        named |= {start + index: reason for index, reason in errors.items()}
        start += len(batch)
    assert start == COUNT and named.keys() == BAD.keys() and all(named.values())


def test_a_photo_alone_raises_its_reason(photos):
    folder, names = photos
    with pytest.raises(ImageError):
        load_picture(folder / names[3], size=16)
    with pytest.raises(ImageError, match="vanished"):
        load_picture(folder / "none.jpg", size=16)
    with pytest.raises(ImageError):
        load_picture(folder / names[0], size=16, max_pixels=50)


def test_no_photos_make_no_batches(tmp_path):
    assert list(iterate_pictures(tmp_path, [], size=16, batch_size=4)) == []


def test_pictures_decoded_at_once_are_those_of_the_batches(photos, tmp_path):
    bar = SilentBar()
    pictures, errors = decode_all(*photos, tmp_path / "pictures.npy", size=16, bar=bar, mode="crop", workers=2)
    [(expected, bad)] = iterate_pictures(*photos, size=16, batch_size=50, mode="crop")
    np.testing.assert_array_equal(pictures, expected)
    assert errors == bad and errors.keys() == BAD.keys() and bar.at == COUNT
    np.testing.assert_array_equal(np.load(tmp_path / "pictures.npy", allow_pickle=False), expected)
