"""Row files: rows in step with the photos, unusable ones named."""
import pickle

import numpy as np
import pandas as pd
import pytest
from odd_names import NAMES

from imgcluster import files
from imgcluster.datafiles import artefacts
from imgcluster.errors import UserError
from imgcluster.rows import read_rows


@pytest.mark.parametrize("name, step", artefacts.MADE_BY.items())
def test_a_missing_input_names_the_step_that_makes_it(tmp_path, name, step):
    with pytest.raises(UserError) as caught:
        artefacts.require(tmp_path / name)
    own = ", or put your own there" if name in ("img_paths.txt", "features.npy") else ""
    assert str(caught.value) == f"{tmp_path / name} is missing; run {step} first{own}"


def test_a_missing_file_of_nobody_is_named(tmp_path):
    with pytest.raises(UserError, match="else.txt is missing$"):
        artefacts.require(tmp_path / "else.txt")
    assert artefacts.require(tmp_path) == tmp_path


def test_a_file_that_was_put_aside_as_photos_came_or_left_is_said_to_be_that(tmp_path):
    files.write_lines(tmp_path / "outdated" / "clusters.csv", [])
    with pytest.raises(UserError, match="is missing .it did not hold any more and was put aside: .*; run 04_cluster"):
        artefacts.require(tmp_path / "clusters.csv")


def test_lines_survive(tmp_path):
    files.write_lines(tmp_path / "names.txt", NAMES)
    assert artefacts.read_lines(tmp_path / "names.txt") == NAMES
    files.write_lines(tmp_path / "none.txt", [])
    assert artefacts.read_lines(tmp_path / "none.txt") == []
    assert b"\r" not in (tmp_path / "names.txt").read_bytes()


@pytest.mark.parametrize("content", [b"a.jpg\nb.jpg", b"a.jpg\r\nb.jpg\r\n", b"\xef\xbb\xbfa.jpg\nb.jpg\n"])
def test_lines_written_by_other_programs_are_read(tmp_path, content):
    (tmp_path / "img_paths.txt").write_bytes(content)
    assert artefacts.read_img_paths(tmp_path) == ["a.jpg", "b.jpg"]


def test_other_encodings_are_named(tmp_path):
    (tmp_path / "img_paths.txt").write_bytes("신발.jpg\n".encode("cp949"))
    with pytest.raises(UserError, match="img_paths.txt, line 1: not UTF-8"):
        artefacts.read_img_paths(tmp_path)


def test_labels_come_in_three_equal_forms(data_dir):
    files.write_lines(data_dir / "img_paths.txt", NAMES)
    artefacts.write_labels(data_dir, "pred", np.arange(8) % 3)
    np.testing.assert_array_equal(np.load(data_dir / "labels_pred.npy", allow_pickle=False), np.arange(8) % 3)
    np.testing.assert_array_equal(np.loadtxt(data_dir / "labels_pred.txt", dtype=int), np.arange(8) % 3)
    np.testing.assert_array_equal(artefacts.read_labels(data_dir, "pred").astype(int), np.arange(8) % 3)
    table = pd.read_csv(data_dir / "labels_pred.tsv", sep="\t", dtype={"file": object}, keep_default_na=False)
    assert list(table.file) == NAMES and list(table.label) == list(np.arange(8) % 3)


def test_a_dataset_without_labels_has_none(data_dir):
    assert artefacts.read_labels_true(data_dir) is None
    with pytest.raises(UserError, match="04_cluster_som.py"):
        artefacts.read_labels(data_dir, "pred")


def test_labels_must_have_the_rows_of_the_photos(data_dir):
    files.write_lines(data_dir / "labels_true.txt", ["a", "b", "c"])
    with pytest.raises(UserError, match="labels_true.txt: 3 rows, but img_paths.txt has 4 .*00_make_labels_true.py"):
        artefacts.read_labels_true(data_dir)


@pytest.mark.parametrize("listed", [True, False])
def test_labels_of_no_photo_are_named(data_dir, listed):
    (data_dir / "labels_pred.txt").write_text("")
    if not listed:
        (data_dir / "img_paths.txt").unlink()
    with pytest.raises(UserError, match="labels_pred.txt is empty; run 04_cluster_som.py again, or give it one"):
        artefacts.read_labels(data_dir, "pred")


def test_a_photo_without_a_label_is_named(data_dir):
    files.write_lines(data_dir / "labels_true.txt", ["a", "", *"b" * (len(artefacts.read_img_paths(data_dir)) - 2)])
    with pytest.raises(UserError, match="labels_true.txt, line 2: no label; give every photo one"):
        artefacts.read_labels_true(data_dir)


@pytest.mark.parametrize("wrong", ["1.0", "boots", "-7", "9" * 30])
def test_clusters_are_whole_numbers_from_minus_one_on(data_dir, wrong):
    number = len(artefacts.read_img_paths(data_dir))
    files.write_lines(data_dir / "labels_pred.txt", ["-1", "0", *"3" * (number - 2)])
    assert artefacts.read_clusters(data_dir).tolist() == [-1, 0, *[3] * (number - 2)]
    files.write_lines(data_dir / "labels_pred.txt", ["-1", wrong, *"3" * (number - 2)])
    with pytest.raises(UserError, match=f"labels_pred.txt, line 2: '{wrong}' is no cluster"):
        artefacts.read_clusters(data_dir)


def test_without_a_list_of_photos_the_two_labels_must_have_the_same_rows(tmp_path):
    files.write_lines(tmp_path / "labels_pred.txt", ["0", "1", "1"])
    assert artefacts.read_labels(tmp_path, "pred").tolist() == ["0", "1", "1"]
    files.write_lines(tmp_path / "labels_true.txt", ["a", "b", "b"])
    assert artefacts.read_labels_true(tmp_path).tolist() == ["a", "b", "b"]
    files.write_lines(tmp_path / "labels_true.txt", ["a", "b"])
    with pytest.raises(UserError, match="labels_pred.txt: 3 rows, but labels_true.txt has 2; give both files"):
        artefacts.read_labels(tmp_path, "pred")
    with pytest.raises(UserError, match="labels_true.txt: 2 rows, but labels_pred.txt has 3"):
        artefacts.read_labels(tmp_path, "true")


def test_features_are_mapped_not_read(data_dir):
    features = artefacts.read_features(data_dir)
    assert isinstance(features, np.memmap) and features.dtype == np.float32
    np.testing.assert_array_equal(features, np.arange(8).reshape(4, 2))


def array_with(row, value):
    features = np.ones((4, 2), np.float32)
    features[row, 1] = value
    return features


@pytest.mark.parametrize("array, reason", [
    (array_with(2, np.nan), r"row 2 \(line 3 of img_paths.txt\)"), (array_with(0, -np.inf), r"row 0 \(line 1"),
    (array_with(3, 1e20), r"far too large values in row 3 \(line 4"), (np.full((4, 2), 1e100), "far too large .*row 0"),
    (np.ones((3, 2), np.float32), "3 rows, but img_paths.txt has 4"), (np.ones((5, 2), np.float32), "5 rows"),
    (np.ones((4, 2), int), r"int64 array; expected float32 .* \.astype\('float32'\)"),
    (np.ones((4, 2), complex), "complex128"), (np.ones((4, 2), np.longdouble), "float")])
def test_bad_features_are_named(data_dir, array, reason):
    np.save(data_dir / "features.npy", array)
    with pytest.raises(UserError, match=f"features.npy.*{reason}"):
        artefacts.read_features(data_dir)


@pytest.mark.parametrize("shape", [(), (4,), (4, 2, 1), (4, 0)])
def test_of_features_in_another_shape_than_one_row_a_photo_the_shape_is_named_as_the_fault(data_dir, shape):
    np.save(data_dir / "features.npy", np.ones(shape, np.float32))
    with pytest.raises(UserError) as caught:
        artefacts.read_features(data_dir)
    assert f"features.npy: array of shape {shape}; expected (photos, features)" in str(caught.value)
    assert "reshape" in str(caught.value) and "astype" not in str(caught.value)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
@pytest.mark.parametrize("order", "<>")
def test_features_may_be_of_any_precision_and_byte_order_and_stay_mapped(data_dir, order, kind):
    rows = np.arange(8).reshape(4, 2) / 4
    np.save(data_dir / "features.npy", rows.astype(order + kind))
    features = artefacts.read_features(data_dir)
    assert isinstance(features, np.memmap)
    np.testing.assert_array_equal(read_rows(features), rows)
    assert read_rows(features, normalize=True).dtype == np.float32


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_an_empty_line_among_the_photos_is_named(data_dir, name):
    files.write_lines(data_dir / "img_paths.txt", ["0.jpg", "1.jpg", name, "3.jpg"])
    with pytest.raises(UserError, match="img_paths.txt, line 3: empty; give each row of features.npy the path"):
        artefacts.read_features(data_dir)


def test_a_file_of_several_arrays_is_said_to_be_one(data_dir):
    with (data_dir / "features.npy").open("wb") as file:
        np.savez(file, names=np.arange(4), vectors=np.ones((4, 2), np.float32))
    with pytest.raises(UserError, match=r"features.npy: several arrays in one file \(.npz, with names, vectors\)"):
        artefacts.read_features(data_dir)


@pytest.mark.parametrize("damage", [
    lambda good: b"PK\x03\x04" + good, lambda good: good.replace(b"{'descr'", b"{(((r'"), pickle.dumps,
    lambda good: good.replace(b"'<f4'", b"'|O' ", 1), lambda good: good.replace(b"(4, 2)", b"(-4,2)")])
def test_what_is_no_whole_array_of_numbers_is_refused(data_dir, damage):
    path = data_dir / "features.npy"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match="features.npy: damaged, or not a file of one array"):
        artefacts.read_features(data_dir)


def test_photos_whose_features_are_all_0_are_named_and_others_are_not(data_dir, caplog):
    features = np.ones((4, 2), np.float32)
    features[2, 0] = 0
    files.write_array(data_dir / "features.npy", features)
    artefacts.read_features(data_dir)
    assert not caplog.records
    features[2], features[3] = 0, 1e-30
    files.write_array(data_dir / "features.npy", features)
    assert np.array_equal(artefacts.read_features(data_dir), features)
    [said] = caplog.messages
    assert str(data_dir / "features.npy") in said and "in 2 of 4 rows: row 2 (2.jpg), row 3 (3.jpg); " in said


@pytest.mark.parametrize("size", [0, 5, 100, 130, 159])
def test_truncated_features_are_named(data_dir, size):
    path = data_dir / "features.npy"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match="features.npy: damaged, or not a file of one array"):
        artefacts.read_features(data_dir)


def test_pickled_features_are_refused(data_dir):
    np.save(data_dir / "features.npy", np.array([[{}]] * 4, dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="features.npy"):
        artefacts.read_features(data_dir)


def test_lines_are_read_as_they_were_written_even_if_a_name_begins_with_a_byte_order_mark(tmp_path):
    for lines in (["\ufeffshoes/1.jpg", "\ufeffshoes/2.jpg"], ["shoes"], ["", "\ufeff"]):
        files.write_lines(tmp_path / "img_paths.txt", lines)
        assert artefacts.read_img_paths(tmp_path) == lines
