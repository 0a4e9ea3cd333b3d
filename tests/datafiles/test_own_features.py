"""Features of one's own: kept before anything takes their place, once."""
import numpy as np
import pytest

from imgcluster.datafiles.artefacts import read_img_paths
from imgcluster.datafiles.feature_record import note_features
from imgcluster.datafiles.own_features import keep_own
from imgcluster.files import write_array, write_lines

PHOTOS = [f"{row}.jpg" for row in range(4)]
FEATURES = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def data_dir(tmp_path):
    return own(tmp_path, PHOTOS, FEATURES)


def own(folder, photos, features):
    write_lines(folder / "img_paths.txt", photos)
    write_array(folder / "features.npy", features)
    return folder


def test_features_and_the_list_of_their_photos_are_kept(data_dir):
    kept = keep_own(data_dir)
    assert kept == data_dir / "outdated" / "your_features" and read_img_paths(kept) == PHOTOS
    np.testing.assert_array_equal(np.load(kept / "features.npy"), FEATURES)
    assert (data_dir / "features.npy").exists()


def test_what_step_03_made_is_not_ones_own(data_dir, tmp_path):
    note_features(data_dir, {"network": "any"})
    assert keep_own(data_dir) is None and not (data_dir / "outdated").exists()
    assert keep_own(tmp_path / "none") is None


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [3, 1], [2]])
def test_of_features_that_are_kept_already_there_is_no_second_copy(data_dir, rows):
    first = keep_own(data_dir)
    own(data_dir, [PHOTOS[row] for row in rows], FEATURES[rows])
    assert keep_own(data_dir) == first and len(list((data_dir / "outdated").iterdir())) == 1


@pytest.mark.parametrize("photos, features", [
    (PHOTOS, FEATURES + 1), ([*PHOTOS, "new.jpg"], np.ones((5, 3), np.float32)), (PHOTOS, FEATURES[:, :2]),
    (PHOTOS, FEATURES[:3])])
def test_others_are_kept_beside_them(data_dir, photos, features):
    first = keep_own(data_dir)
    own(data_dir, photos, features)
    second = keep_own(data_dir)
    assert second != first and keep_own(data_dir) == second or len(features) != len(photos)
    np.testing.assert_array_equal(np.load(second / "features.npy"), features)
    np.testing.assert_array_equal(np.load(first / "features.npy"), FEATURES)


def test_a_damaged_file_is_kept_too(data_dir):
    (data_dir / "features.npy").write_bytes(b"cut off")
    assert (keep_own(data_dir) / "features.npy").read_bytes() == b"cut off"


def test_those_with_values_that_are_no_numbers_are_kept_once_too(data_dir):
    own(data_dir, PHOTOS, np.where(FEATURES == 4, np.nan, FEATURES))
    kept = keep_own(data_dir)
    assert kept is not None and keep_own(data_dir) == kept
