"""Artefacts: written whole or not at all, loaded without pickle, rows in step, changes noticed."""
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from imgcluster import artefacts
from imgcluster.errors import UserError

NAMES = ["a, b.jpg", "신발/운동화.jpg", '"quoted".jpg', "it's.jpg", "emoji 👟.jpg", "tab\there.jpg",
         " blank .jpg", "NA"]


@pytest.fixture
def data_dir(tmp_path):
    """A dataset of four photos with features."""
    artefacts.write_lines(tmp_path / "img_paths.txt", [f"{row}.jpg" for row in range(4)])
    artefacts.write_array(tmp_path / "features.npy", np.arange(8, dtype=np.float32).reshape(4, 2))
    return tmp_path


WRITERS = {
    "text": lambda path, broken: artefacts.write_text(path, b"bytes" if broken else "new"),
    "lines": lambda path, broken: artefacts.write_lines(path, ["\udcff" if broken else "new"]),
    "array": lambda path, broken: artefacts.write_array(path, np.array([{}], dtype=object) if broken else np.ones(3)),
    "json": lambda path, broken: artefacts.write_json(path, {"a": {1} if broken else 1}),
    "table": lambda path, broken: artefacts.write_table(path, pd.DataFrame({"a": ["\udcff" if broken else "new"]})),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, kind):
    path = tmp_path / "sub" / ("file.npy" if kind == "array" else "file")
    WRITERS[kind](path, False)
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError)):
        WRITERS[kind](path, True)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["best.weights.h5", "a" * 245 + ".jpg", "신" * 80 + ".png"])
def test_temporary_names_end_as_the_file_does_and_are_short(tmp_path, name):
    with artefacts.replacing(tmp_path / name) as temporary:
        temporary.write_text("new")
        assert temporary.name.endswith(name[name.index("."):]) and len(temporary.name.encode()) < 120
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_killed_runs_left_is_removed_and_what_others_write_is_not(tmp_path):
    code = ("import os, sys, time; from imgcluster.artefacts import replacing\n"
            "with replacing(sys.argv[1]) as path:\n    path.write_text('half')\n"
            "    print('half', flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code, tmp_path / "file.txt"], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"half"
        artefacts.remove_leftovers(tmp_path)
        assert [path.read_text() for path in tmp_path.iterdir()] == ["half"]
        process.kill()
    (tmp_path / "kept.partial.txt").write_text("not ours")
    artefacts.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.partial.txt"]


def test_a_block_that_is_interrupted_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), artefacts.replacing(path) as temporary:
        temporary.write_bytes(b"half")
        assert temporary.suffix == path.suffix and path.read_bytes() == b"old"
        raise KeyboardInterrupt
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("array", [np.eye(3, dtype=np.float32), np.array(["신발", "bag"]), np.array([3, 1, 2])])
def test_arrays_load_without_pickle(tmp_path, array):
    artefacts.write_array(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), array)
    artefacts.write_arrays(tmp_path / "a.npz", values=array, name=np.array("rectangular"))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        np.testing.assert_array_equal(loaded["values"], array)
        assert str(loaded["name"]) == "rectangular"


@pytest.mark.parametrize("name, step", artefacts.MADE_BY.items())
def test_a_missing_input_names_the_step_that_makes_it(tmp_path, name, step):
    with pytest.raises(UserError) as caught:
        artefacts.require(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name} is missing; run {step} first"


def test_a_missing_file_of_nobody_is_named(tmp_path):
    with pytest.raises(UserError, match="else.txt is missing$"):
        artefacts.require(tmp_path / "else.txt")
    assert artefacts.require(tmp_path) == tmp_path


def test_a_file_that_was_put_aside_as_photos_came_or_left_is_said_to_be_that(tmp_path):
    artefacts.write_lines(tmp_path / "outdated" / "clusters.csv", [])
    with pytest.raises(UserError, match="is missing .photos came or left; .*outdated.*; run 04_cluster_som"):
        artefacts.require(tmp_path / "clusters.csv")


def test_lines_survive(tmp_path):
    artefacts.write_lines(tmp_path / "names.txt", NAMES)
    assert artefacts.read_lines(tmp_path / "names.txt") == NAMES
    artefacts.write_lines(tmp_path / "none.txt", [])
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


@pytest.mark.parametrize("separator", [",", "\t"])
def test_names_survive_the_tables(tmp_path, separator):
    table = pd.DataFrame({"file": NAMES, "reason": NAMES[::-1]})
    artefacts.write_table(tmp_path / "t.csv", table, separator=separator)
    if separator == ",":
        pd.testing.assert_frame_equal(artefacts.read_table(tmp_path / "t.csv").astype(object), table.astype(object))
    read = pd.read_csv(tmp_path / "t.csv", sep=separator, dtype=object, keep_default_na=False)
    pd.testing.assert_frame_equal(read, table.astype(object))


def test_labels_come_in_three_equal_forms(data_dir):
    artefacts.write_lines(data_dir / "img_paths.txt", NAMES)
    artefacts.write_labels(data_dir, "pred", np.arange(8) % 3)
    np.testing.assert_array_equal(np.load(data_dir / "labels_pred.npy", allow_pickle=False), np.arange(8) % 3)
    np.testing.assert_array_equal(np.loadtxt(data_dir / "labels_pred.txt", dtype=int), np.arange(8) % 3)
    np.testing.assert_array_equal(artefacts.read_labels(data_dir, "pred").astype(int), np.arange(8) % 3)
    table = pd.read_csv(data_dir / "labels_pred.tsv", sep="\t", dtype={"file": object}, keep_default_na=False)
    assert list(table.file) == NAMES and list(table.label) == list(np.arange(8) % 3)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_a_table_with_nothing_in_it_is_as_good_as_none(tmp_path, content):
    (tmp_path / "corrections.csv").write_bytes(content)
    assert artefacts.read_table(tmp_path / "corrections.csv").empty


@pytest.mark.parametrize("content, reason", [
    (b"action;value\nname;red\n", "separated by semicolons"), (b"action;value\nname;red, blue\n", "by semicolons"),
    (b'action,value\nname,"red\n', "EOF inside string")])
def test_a_table_as_other_programs_save_it_is_named(tmp_path, content, reason):
    (tmp_path / "corrections.csv").write_bytes(content)
    with pytest.raises(UserError) as caught:
        artefacts.read_table(tmp_path / "corrections.csv")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'corrections.csv'}: cannot be read as CSV (") and reason in message
    assert message.endswith("save it as UTF-8, columns separated by commas, their names in the first line")


@pytest.mark.parametrize("content, line", [
    ("action,value\nname,café\n".encode("cp1252"), 2), ("action,value\nname,신발\n".encode("utf-16"), 1),
    (b"action,value\n" + 99_999 * b"name,cafe\n" + "name,é\n".encode("cp1252"), 100_001)])
def test_the_line_of_a_table_that_is_no_utf_8_is_named(tmp_path, content, line):
    (tmp_path / "corrections.csv").write_bytes(content)
    with pytest.raises(UserError) as caught:
        artefacts.read_table(tmp_path / "corrections.csv")
    assert str(caught.value).startswith(f"{tmp_path / 'corrections.csv'}, line {line}: not UTF-8 text; save the ")
    assert "codec" not in str(caught.value)


@pytest.mark.parametrize("content, line, cells", [
    ("action,value\nname,boots, red\nname,shoes\n", 2, 3), ("action,value\nname,boots\nname,shoes, red, 41\n", 3, 4),
    ('action,value\nname,"boots,\nred"\n\nname,shoes, red\n', 5, 3), ("action,value\nname,boots,\n", 2, 3)])
def test_a_line_with_too_many_cells_is_named(tmp_path, content, line, cells):
    path = tmp_path / "corrections.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        artefacts.read_table(path)
    assert str(caught.value).startswith(f"{path}, line {line}: {cells} cells for 2 columns (action,value); put a text")


def test_a_table_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "corrections.csv").write_bytes("action,value\r\nname,신발\r\n".encode("utf-8-sig"))
    assert artefacts.read_table(tmp_path / "corrections.csv").values.tolist() == [["name", "신발"]]


def test_a_dataset_without_labels_has_none(data_dir):
    assert artefacts.read_labels_true(data_dir) is None
    with pytest.raises(UserError, match="04_cluster_som.py"):
        artefacts.read_labels(data_dir, "pred")


def test_labels_must_have_the_rows_of_the_photos(data_dir):
    artefacts.write_lines(data_dir / "labels_true.txt", ["a", "b", "c"])
    with pytest.raises(UserError, match="labels_true.txt: 3 rows, but img_paths.txt has 4; run 00_make_labels_true.py"):
        artefacts.read_labels_true(data_dir)


def test_without_a_list_of_photos_the_two_labels_must_have_the_same_rows(tmp_path):
    artefacts.write_lines(tmp_path / "labels_pred.txt", ["0", "1", "1"])
    assert artefacts.read_labels(tmp_path, "pred").tolist() == ["0", "1", "1"]
    artefacts.write_lines(tmp_path / "labels_true.txt", ["a", "b", "b"])
    assert artefacts.read_labels_true(tmp_path).tolist() == ["a", "b", "b"]
    artefacts.write_lines(tmp_path / "labels_true.txt", ["a", "b"])
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
    (np.ones((3, 2), np.float32), "3 rows, but img_paths.txt has 4"), (np.ones((5, 2), np.float32), "5 rows"),
    (np.ones((4, 2), int), "int64"), (np.ones((4, 2), np.float16), "float16"),
    (np.ones((4, 2), complex), "complex128"), (np.ones(4, np.float32), r"shape \(4,\)"),
    (np.ones((4, 2, 1), np.float32), r"shape \(4, 2, 1\)"), (np.ones((4, 0), np.float32), r"shape \(4, 0\)")])
def test_bad_features_are_named(data_dir, array, reason):
    np.save(data_dir / "features.npy", array)
    with pytest.raises(UserError, match=f"features.npy.*{reason}"):
        artefacts.read_features(data_dir)


def test_own_features_in_double_precision_will_do(data_dir):
    np.save(data_dir / "features.npy", np.ones((4, 3)))
    assert artefacts.read_features(data_dir).shape == (4, 3)


def test_photos_whose_features_are_all_0_are_named_and_others_are_not(data_dir, caplog):
    features = np.ones((4, 2), np.float32)
    features[2, 0] = 0
    artefacts.write_array(data_dir / "features.npy", features)
    artefacts.read_features(data_dir)
    assert not caplog.records
    features[2:] = 0
    artefacts.write_array(data_dir / "features.npy", features)
    assert np.array_equal(artefacts.read_features(data_dir), features)
    [said] = caplog.messages
    assert str(data_dir / "features.npy") in said and "in 2 of 4 rows: row 2 (2.jpg), row 3 (3.jpg); " in said


@pytest.mark.parametrize("size", [0, 5, 100, 130, 159])
def test_truncated_features_are_named(data_dir, size):
    path = data_dir / "features.npy"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match="features.npy: not a NumPy array file"):
        artefacts.read_features(data_dir)


def test_pickled_features_are_refused(data_dir):
    np.save(data_dir / "features.npy", np.array([[{}]] * 4, dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="features.npy"):
        artefacts.read_features(data_dir)


SETTINGS = {"RANDOM_SEED": 0, "SOM_GRID": (3, 4), "WEIGHTS": None}


@pytest.fixture
def recorded(data_dir):
    """The same dataset after step 04, with its record."""
    artefacts.write_labels(data_dir, "pred", [0, 1, 0, 1])
    artefacts.write_record(data_dir, "04", settings=SETTINGS, outputs=["labels_pred.txt", "labels_pred.npy"],
                           inputs=[data_dir / "features.npy", data_dir / "labels_true.txt"], trained_on=None)
    return data_dir


def test_a_record_says_what_made_the_files(recorded):
    record = artefacts.read_json(recorded / "made_by_04.json")
    assert record["step"] == "04" and record["trained_on"] is None
    assert record["outputs"] == ["labels_pred.txt", "labels_pred.npy"]
    assert record["versions"]["numpy"] == np.__version__
    assert record["inputs"]["features.npy"] == artefacts.fingerprint(recorded / "features.npy") != ""


def test_what_was_just_made_is_up_to_date(recorded):
    assert artefacts.is_up_to_date(recorded, "04", SETTINGS)
    assert artefacts.changed_settings(recorded, "04", SETTINGS) == []


def test_a_changed_setting_is_noticed(recorded):
    changed = {**SETTINGS, "SOM_GRID": (3, 5)}
    assert not artefacts.is_up_to_date(recorded, "04", changed)
    assert artefacts.changed_settings(recorded, "04", changed) == ["SOM_GRID: [3, 4] -> [3, 5]"]


def test_a_setting_that_came_is_noticed_and_one_that_plays_no_part_any_more_is_not_asked_for(recorded):
    assert not artefacts.is_up_to_date(recorded, "04", {**SETTINGS, "NEW": 1})
    assert artefacts.is_up_to_date(recorded, "04", {"SOM_GRID": SETTINGS["SOM_GRID"]})


@pytest.mark.parametrize("name", ["labels_pred.txt", "labels_pred.npy"])
def test_a_missing_output_is_noticed(recorded, name):
    (recorded / name).unlink()
    assert not artefacts.is_up_to_date(recorded, "04", SETTINGS)


def test_a_changed_input_is_noticed(recorded):
    features = np.load(recorded / "features.npy")
    features[3, 1] += 1
    np.save(recorded / "features.npy", features)
    assert not artefacts.is_up_to_date(recorded, "04", SETTINGS)


@pytest.mark.parametrize("come", [True, False])
def test_an_input_that_came_or_went_is_noticed(recorded, come):
    if come:
        artefacts.write_lines(recorded / "labels_true.txt", "abab")
    else:
        (recorded / "features.npy").unlink()
    assert not artefacts.is_up_to_date(recorded, "04", SETTINGS)


def test_a_step_that_never_ran_is_not_up_to_date(data_dir):
    assert not artefacts.is_up_to_date(data_dir, "04", SETTINGS)
    assert artefacts.changed_settings(data_dir, "04", SETTINGS) == []


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "metrics.json").write_text('{"ari": ')
    with pytest.raises(UserError, match="metrics.json: not valid JSON"):
        artefacts.read_json(tmp_path / "metrics.json")
    assert artefacts.read_json(tmp_path / "none.json") == {}


def test_json_keeps_other_scripts_readable(tmp_path):
    artefacts.write_json(tmp_path / "a.json", {"이름": "신발"})
    assert "신발" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"이름": "신발"}


def test_inputs_that_are_other_files_now_are_named_and_those_gone_or_unknown_are_not(tmp_path):
    for name in ("a.npy", "b.npy", "c.npy"):
        (tmp_path / name).write_bytes(name.encode())
    assert artefacts.changed_inputs(tmp_path, "04") == []
    artefacts.write_record(tmp_path, "04", settings={}, outputs=[], inputs=[tmp_path / f"{name}.npy" for name in "abc"])
    assert artefacts.changed_inputs(tmp_path, "04") == []
    (tmp_path / "a.npy").write_bytes(b"other")
    (tmp_path / "c.npy").unlink()
    assert artefacts.changed_inputs(tmp_path, "04") == ["a.npy"]
