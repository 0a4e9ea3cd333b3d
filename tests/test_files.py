"""Files: written whole or not at all, loaded without pickle, read with errors that name the line."""
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgcluster import files
from imgcluster.errors import UserError

WRITERS = {
    "text": lambda path, broken: files.write_text(path, b"bytes" if broken else "new"),
    "lines": lambda path, broken: files.write_lines(path, ["\udcff" if broken else "new"]),
    "array": lambda path, broken: files.write_array(path, np.array([{}], dtype=object) if broken else np.ones(3)),
    "json": lambda path, broken: files.write_json(path, {"a": {1} if broken else 1}),
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
    with files.replacing(tmp_path / name) as temporary:
        temporary.write_text("new")
        assert temporary.name.endswith(name[name.index("."):]) and len(temporary.name.encode()) < 120
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_where_nothing_may_be_written_the_file_asked_for_is_named(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))
    monkeypatch.setattr(Path, "write_text", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="Read-only") as caught:
        files.write_text(tmp_path / "labels.txt", "boots")
    assert caught.value.filename == str(tmp_path / "labels.txt")


def test_long_names_are_shortened_and_stay_apart():
    assert files.fitting("boots.jpg.png") == "boots.jpg.png" and files.fitting("x" * 251 + ".png") == "x" * 251 + ".png"
    long = [letter * 100 + "신" * 60 + f"{number}.png" for letter in "ab" for number in (1, 2)]
    short = [files.fitting(name) for name in long]
    assert len(set(short)) == 4 and all(name.endswith(".png") and len(name.encode()) <= 255 for name in short)
    assert short[0].startswith("a" * 100 + "신")


@pytest.mark.parametrize("folder", [".", "clusterings"])
def test_what_killed_runs_left_is_removed_and_what_others_write_is_not(tmp_path, folder):
    code = ("import os, sys, time; from imgcluster.files import replacing\n"
            "with replacing(sys.argv[1]) as path:\n    path.write_text('half')\n"
            "    print('half', flush=True); time.sleep(60)")
    folder = tmp_path / folder
    folder.mkdir(exist_ok=True)
    with subprocess.Popen([sys.executable, "-c", code, folder / "file.txt"], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == b"half"
        files.remove_leftovers(tmp_path)
        assert [path.read_text() for path in folder.iterdir()] == ["half"]
        process.kill()
    (folder / "kept.partial.txt").write_text("not ours")
    files.remove_leftovers(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["kept.partial.txt"]


def test_a_block_that_is_interrupted_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), files.replacing(path) as temporary:
        temporary.write_bytes(b"half")
        assert temporary.suffix == path.suffix and path.read_bytes() == b"old"
        raise KeyboardInterrupt
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]


def test_a_disk_that_is_full_is_said_of_the_file_to_be_written(tmp_path):
    for named in (None, "temporary"):
        with pytest.raises(OSError) as caught, files.replacing(tmp_path / "map.png") as temporary:
            raise OSError(errno.ENOSPC, "No space left on device", *([str(temporary)] if named else []))
        assert caught.value.filename == str(tmp_path / "map.png")


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system takes no room ahead")
def test_a_file_to_be_filled_row_by_row_has_its_room_or_is_not_begun(tmp_path, monkeypatch):
    path = tmp_path / "features.npy"
    rows = files.new_array_file(path, dtype=np.float32, shape=(1000, 100))
    assert rows.shape == (1000, 100) and not rows.any()
    assert path.stat().st_blocks * 512 >= rows.nbytes

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space") as caught:
        files.new_array_file(path, dtype=np.float32, shape=(1000, 100))
    assert caught.value.filename == str(path) and not path.exists()


@pytest.mark.parametrize("array", [np.eye(3, dtype=np.float32), np.array(["신발", "bag"]), np.array([3, 1, 2])])
def test_arrays_load_without_pickle(tmp_path, array):
    files.write_array(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), array)
    files.write_arrays(tmp_path / "a.npz", values=array, name=np.array("rectangular"))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        np.testing.assert_array_equal(loaded["values"], array)
        assert str(loaded["name"]) == "rectangular"


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\x03\x04 broken off"])
def test_damaged_arrays_are_named(tmp_path, content):
    files.write_arrays(tmp_path / "som.npz", hits=np.arange(3))
    assert files.read_arrays(tmp_path / "som.npz")["hits"].tolist() == [0, 1, 2]
    (tmp_path / "som.npz").write_bytes(content)
    with pytest.raises(UserError, match="som.npz: damaged"):
        files.read_arrays(tmp_path / "som.npz")


def test_arrays_with_bytes_lost_in_the_middle_are_named_and_missing_ones_are_not_called_damaged(tmp_path):
    files.write_arrays(tmp_path / "som.npz", hits=np.arange(300), prototypes=np.ones((40, 9)))
    whole = (tmp_path / "som.npz").read_bytes()
    (tmp_path / "som.npz").write_bytes(whole[:100] + whole[-400:])
    with pytest.raises(UserError, match="som.npz: damaged"):
        files.read_arrays(tmp_path / "som.npz")
    with pytest.raises(FileNotFoundError):
        files.read_arrays(tmp_path / "other.npz")


def test_a_single_array_is_none_of_several(tmp_path):
    with (tmp_path / "som.npz").open("wb") as file:
        np.save(file, np.eye(3))
    with pytest.raises(UserError, match="som.npz: damaged, or no file of arrays"):
        files.read_arrays(tmp_path / "som.npz")


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "metrics.json").write_text('{"ari": ')
    with pytest.raises(UserError, match="metrics.json: not valid JSON"):
        files.read_json(tmp_path / "metrics.json")
    assert files.read_json(tmp_path / "none.json") == {}
    for content in ("null", "[1]", "3"):
        (tmp_path / "metrics.json").write_text(content)
        with pytest.raises(UserError, match="metrics.json: not valid JSON .*names with values expected"):
            files.read_json(tmp_path / "metrics.json")


def test_json_keeps_other_scripts_readable(tmp_path):
    files.write_json(tmp_path / "a.json", {"이름": "신발"})
    assert "신발" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"이름": "신발"}


def test_a_free_name_is_the_first_that_is_not_taken(tmp_path):
    taken = set()
    for name in ("a", "a-2", "a-3"):
        assert files.first_free("a", lambda number: f"a-{number}", is_taken=taken.__contains__) == name
        taken.add(name)
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    assert files.first_free(tmp_path / "a", lambda number: tmp_path / f"a-{number}") == tmp_path / "a-2"
