"""What step 03 noted of features: it holds for the file it wrote, and tells features that cannot be compared."""
import numpy as np
import pytest

from imgcluster.datafiles.feature_record import (
    are_others,
    differences,
    features_digest,
    features_record,
    has_made,
    note_features,
    read_before,
    taught_apart,
)
from imgcluster.datafiles.photo_rows import write_photo_rows
from imgcluster.errors import UserError
from imgcluster.files import write_json, write_lines

RECORD = {"network": "a", "settings": {"INPUT_SIZE": 224, "RESIZE_MODE": "pad"}}


@pytest.fixture
def data_dir(tmp_path):
    """Features of five photos by a fine-tuned network, as step 03 leaves them."""
    np.save(tmp_path / "features.npy", np.arange(10, dtype=np.float32).reshape(5, 2))
    np.save(tmp_path / "features_before.npy", np.zeros((5, 3), np.float16))
    (tmp_path / "img_paths.txt").write_text("a\nb\nc\nd\ne\n")
    note_features(tmp_path, RECORD)
    return tmp_path


def test_features_have_their_record_until_others_take_their_place(data_dir):
    assert features_record(data_dir)["network"] == "a" and not are_others(data_dir)
    assert read_before(data_dir).shape == (5, 3)
    np.save(data_dir / "features.npy", np.ones((5, 2), np.float32))
    assert features_record(data_dir) == {} and are_others(data_dir) and read_before(data_dir) is None


def test_features_without_a_record_are_no_others(data_dir):
    (data_dir / "made_by_03.json").unlink()
    assert features_record(data_dir) == {} and not are_others(data_dir) and read_before(data_dir) is not None


def test_a_record_that_names_no_file_is_taken_at_its_word(data_dir):
    write_json(data_dir / "made_by_03.json", RECORD)
    assert features_record(data_dir) == RECORD and not are_others(data_dir)


def test_features_before_of_other_photos_are_none(data_dir):
    (data_dir / "img_paths.txt").write_text("a\nb\n")
    assert read_before(data_dir) is None


def test_features_before_of_other_rows_than_step_03_wrote_are_named_and_are_to_be_made_again(data_dir):
    made = ["features.npy", "features_before.npy"]
    note_features(data_dir, {**RECORD, "outputs": made})
    assert has_made(data_dir, made[:1], {}) and len(read_before(data_dir)) == 5
    np.save(data_dir / "features_before.npy", np.zeros((4, 3), np.float16))
    with pytest.raises(UserError, match="features_before.npy: 4 rows, but img_paths.txt has 5; run 03"):
        read_before(data_dir)
    assert not has_made(data_dir, made[:1], {})
    for damaged in (b"", b"no array"):
        (data_dir / "features_before.npy").write_bytes(damaged)
        assert not has_made(data_dir, made[:1], {})
    (data_dir / "features_before.npy").unlink()
    assert not has_made(data_dir, made[:1], {})


@pytest.mark.parametrize("own", [False, True])
def test_the_record_follows_photos_that_leave(data_dir, own):
    if own:
        np.save(data_dir / "features.npy", np.ones((5, 2), np.float32))
    write_photo_rows(data_dir, ["a", "c"], None)
    assert len(np.load(data_dir / "features.npy")) == 2
    assert are_others(data_dir) == own and (read_before(data_dir) is None) == own


def differing(tmp_path, one, other):
    for name, record in (("one", one), ("other", other)):
        (tmp_path / name).mkdir(exist_ok=True)
        np.save(tmp_path / name / "features.npy", np.ones((5, 2), np.float32))
        note_features(tmp_path / name, record)
    return differences(tmp_path / "one", tmp_path / "other")


@pytest.mark.parametrize("name, one, other", [
    ("network_file", "imagenet", "1234"), ("fitted_to", "shop", "week2"), ("trained_on", "shop", None)])
def test_networks_differ_by_what_both_records_say(tmp_path, name, one, other):
    assert differing(tmp_path, {**RECORD, name: one}, {**RECORD, name: other}) == [f"{name}: {one!r}, {other!r}"]
    assert differing(tmp_path, {**RECORD, name: one}, RECORD) == []


@pytest.mark.parametrize("name", ["POOLING", "INPUT_SIZE", "RESIZE_MODE", "FLIP_AVERAGING", "ZOOM_AVERAGING",
                                  "L2_NORMALIZE"])
def test_settings_that_change_features_differ(tmp_path, name):
    one, other = ({"network": "a", "settings": {name: value}} for value in (1, 2))
    assert differing(tmp_path, one, other) == [f"{name}: 1, 2"]
    # A network of step 02 has its pooling and size in its own file.
    adapted = differing(tmp_path, one | {"fitted_to": "shop"}, other | {"fitted_to": "shop"})
    assert (adapted == []) == (name in ("POOLING", "INPUT_SIZE"))


def test_settings_that_change_no_feature_do_not_count(tmp_path):
    one, other = ({"settings": {"RANDOM_SEED": seed}} for seed in (0, 1))
    assert differing(tmp_path, one, other) == []
    (tmp_path / "one" / "made_by_03.json").unlink()
    assert differences(tmp_path / "one", tmp_path / "other") == []


@pytest.mark.parametrize("before, said", [
    (np.ones(2, np.float16), "shape"), (np.array([["a"], ["b"]]), "<U1 array; expected float16"),
    (np.float16([[1, 2], [np.nan, 1]]), "NaN, infinite or far too large values in row 1")])
def test_features_before_that_cannot_be_used_are_named(tmp_path, before, said):
    write_lines(tmp_path / "img_paths.txt", ["a.jpg", "b.jpg"])
    np.save(tmp_path / "features_before.npy", before)
    with pytest.raises(UserError, match=f"features_before.npy: .*{said}"):
        read_before(tmp_path)


@pytest.mark.parametrize("size", [0, 100, 129])
def test_damaged_features_before_are_named(tmp_path, size):
    write_lines(tmp_path / "img_paths.txt", ["a.jpg", "b.jpg"])
    path = tmp_path / "features_before.npy"
    np.save(path, np.ones((2, 4), np.float16))
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match="features_before.npy: damaged, or not a file.*03_extract_features.py again"):
        read_before(tmp_path)


@pytest.mark.parametrize("rows", [1, 3, 5000])
def test_a_digest_tells_features_from_others_and_from_fewer(tmp_path, rows):
    assert features_digest(tmp_path) == ""
    features = np.random.default_rng(0).normal(size=(rows, 64)).astype(np.float32)
    found = []
    for version in (features, features.copy(), -features, features + 1e-6, np.concatenate([features, features[:1]])):
        np.save(tmp_path / "features.npy", version)
        found.append(features_digest(tmp_path))
    assert found[0] == found[1] and len(set(found)) == 4


@pytest.mark.parametrize("record, before, apart", [
    ({"network": "bundled"}, False, True), ({"network": "MobileNetV2"}, True, False), ({}, False, False),
    ({"network": "bundled", "fitted_to": "shop"}, True, True),
    ({"network": "bundled", "fitted_to": "shop"}, False, False),
    ({"network": "bundled", "trained_on": "shop"}, True, True), ({"network": "bundled, VGG16"}, False, False)])
def test_the_bundled_network_as_it_is_was_taught_to_tell_photos_apart(tmp_path, record, before, apart):
    write_lines(tmp_path / "img_paths.txt", ["a.jpg", "b.jpg"])
    np.save(tmp_path / "features.npy", np.ones((2, 4), np.float32))
    if before:
        np.save(tmp_path / "features_before.npy", np.ones((2, 4), np.float16))
    note_features(tmp_path, record)
    assert taught_apart(tmp_path) == apart


@pytest.mark.parametrize("row", [0, -1])
def test_a_change_at_either_end_of_a_long_file_is_told(tmp_path, row):
    features = np.random.default_rng(0).random((5000, 64), np.float32)
    np.save(tmp_path / "features.npy", features)
    before = features_digest(tmp_path)
    features[row, row] += 1
    np.save(tmp_path / "features.npy", features)
    assert features_digest(tmp_path) != before
