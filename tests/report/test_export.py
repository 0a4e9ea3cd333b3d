"""Export: one folder per cluster, every photo once, built anew each time."""
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from imgcluster.report.export import (
    LIST_OF_FILES,
    export_clusters,
    folder_name,
    is_changed,
    is_of,
    put_aside,
    renew_export,
)

CONTENT = {"a.jpg": b"A", "sub/b, 1.jpg": b"B", "sub/deep/신발 👟.png": b"C", "d.jpg": b"D"}


@pytest.fixture
def photo_dir(tmp_path):
    for name, content in CONTENT.items():
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "raw"


def exported(out_dir):
    """{relative path: content} of all files, but for the list of them."""
    return {path.relative_to(out_dir).as_posix(): path.read_bytes() for path in out_dir.rglob("*")
            if path.is_file() and path.name != LIST_OF_FILES}


@pytest.mark.parametrize("link", [False, True])
def test_photos_lie_in_the_folder_of_their_cluster(photo_dir, tmp_path, link):
    out_dir = tmp_path / "result" / "clusters"
    assert export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], out_dir, link=link) == 4
    assert exported(out_dir) == {"0/a.jpg": b"A", "1/sub__b, 1.jpg": b"B", "0/sub__deep__신발 👟.png": b"C",
                                 "10/d.jpg": b"D"}
    assert all((out_dir / name).is_symlink() == link for name in exported(out_dir))
    assert list(out_dir.parent.iterdir()) == [out_dir]


@pytest.mark.parametrize("link", [False, True])
def test_folders_of_named_clusters_bear_the_names_too(photo_dir, tmp_path, link):
    names = {0: "Öl, 2 l", 1: "a/b?"}
    export_clusters(photo_dir, list(CONTENT), np.array([0, 1, 2, -1]), tmp_path / "out", names=names, link=link)
    assert exported(tmp_path / "out") == {"0 Öl, 2 l/a.jpg": b"A", "1 a_b_/sub__b, 1.jpg": b"B",
                                          "2/sub__deep__신발 👟.png": b"C", "-1/d.jpg": b"D"}


@pytest.mark.parametrize("name, folder", [("", "7"), ("Dr. No.. ", "7 Dr. No"), ('<a>:"b"\\c|d*\n', "7 _a___b__c_d__"),
                                          ("..", "7"), ("신" * 200, "7 " + "신" * 81)])
def test_a_name_becomes_one_that_any_file_system_takes(name, folder):
    assert folder_name(7, name) == folder and len(folder.encode()) <= 245


@pytest.mark.parametrize("link", [False, True])
def test_a_folder_that_nobody_touched_is_not_put_aside(photo_dir, tmp_path, link):
    assert not is_changed(tmp_path / "out")
    export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], tmp_path / "out", link=link)
    assert not is_changed(tmp_path / "out") and len(exported(tmp_path / "out")) == 4


@pytest.mark.parametrize("link", [False, True])
def test_a_second_export_is_the_same_to_the_last_byte_and_a_copy_without_times_is_no_change(photo_dir, tmp_path, link):
    lists = []
    for name in ("out", "again"):
        export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], tmp_path / name, link=link)
        lists.append((tmp_path / name / LIST_OF_FILES).read_bytes())
    assert lists[0] == lists[1]
    shutil.copytree(tmp_path / "out", tmp_path / "copied", symlinks=True, copy_function=shutil.copyfile)
    assert not is_changed(tmp_path / "copied")
    (tmp_path / "copied" / "1" / "sub__b, 1.jpg").unlink()
    (tmp_path / "copied" / "1" / "sub__b, 1.jpg").write_bytes(b"b")
    assert is_changed(tmp_path / "copied")


def test_a_folder_knows_which_clusters_it_is_of(photo_dir, tmp_path):
    assert not is_of(tmp_path / "out", "these")
    export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], tmp_path / "out", clusters="these")
    assert is_of(tmp_path / "out", "these") and not is_of(tmp_path / "out", "others")


@pytest.mark.parametrize("change", [
    lambda out: (out / "0" / "notes.txt").write_text("mine"), lambda out: (out / "1").rename(out / "jars"),
    lambda out: (out / "10" / "d.jpg").rename(out / "0" / "d.jpg"), lambda out: (out / "0" / "a.jpg").unlink(),
    lambda out: ((out / "0" / "a.jpg").unlink(), (out / "0" / "a.jpg").write_text("edited"))])
@pytest.mark.parametrize("link", [False, True])
def test_a_folder_that_a_person_changed_is_kept_under_another_name(photo_dir, tmp_path, link, change):
    out = tmp_path / "out"
    for name in ("out-1", "out-2"):
        export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], out, link=link)
        change(out)
        left = exported(out)
        assert is_changed(out) and put_aside(out) == tmp_path / name
        assert exported(tmp_path / name) == left and not out.exists()
    assert exported(photo_dir) == CONTENT


def test_a_folder_without_a_list_of_files_is_kept(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert is_changed(tmp_path / "out") and put_aside(tmp_path / "out") == tmp_path / "out-1"


@pytest.mark.parametrize("left", [".DS_Store", "Thumbs.db", "0/desktop.ini", "1/@eaDir/a.jpg"])
def test_what_file_managers_leave_behind_is_no_change(photo_dir, tmp_path, left):
    export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], tmp_path / "out")
    (tmp_path / "out" / left).parent.mkdir(exist_ok=True)
    (tmp_path / "out" / left).touch()
    assert not is_changed(tmp_path / "out")


def renewed(photo_dir, out, names=tuple(CONTENT), *, link=False):
    """Put photos into a folder again; returns what was said, and warned of."""
    said, warned = [], []
    gallery = SimpleNamespace(raw_dir=photo_dir, img_paths=list(names), predicted=[0, 1, 0, 10, 10, 10][:len(names)],
                              names={})
    renew_export(gallery, out, link=link, clusters="", show=lambda path: path.name, say=said.append, warn=warned.append)
    return said, warned


def test_photos_whose_originals_are_away_are_not_lost_with_the_folder(photo_dir, tmp_path):
    out, away = tmp_path / "out", tmp_path / "away"
    assert renewed(photo_dir, out) == (["4 photos put into out"], [])
    whole = exported(out)
    photo_dir.rename(away)  # a drive that is not there
    said, [warned] = renewed(photo_dir, out)
    assert said == [] and "4 photos of 4 cannot be read" in warned and "out is left as it is" in warned
    assert exported(out) == whole
    away.rename(photo_dir)
    (photo_dir / "a.jpg").unlink()
    for kept in (1, 0):  # once is enough
        said, warned = renewed(photo_dir, out)
        assert said == ["3 photos put into out"] and "the first a.jpg: out is without them" in warned[0]
        assert len(warned) == 1 + kept and all("kept as out-1" in line for line in warned[1:])
    assert exported(tmp_path / "out-1") == whole and len(exported(out)) == 3 and not (tmp_path / "out-2").exists()


def test_photos_that_left_the_dataset_and_whose_originals_are_away_are_not_lost_either(photo_dir, tmp_path):
    out = tmp_path / "out"
    renewed(photo_dir, out)
    whole = exported(out)
    (photo_dir / "sub").rename(tmp_path / "away")
    for kept in (1, 0):
        said, warned = renewed(photo_dir, out, ["a.jpg", "d.jpg"])
        assert said == ["2 photos put into out"] and len(warned) == kept
        assert all("out holds photos that cannot be put there again: kept as out-1" in line for line in warned)
    assert exported(tmp_path / "out-1") == whole and len(exported(out)) == 2 and not (tmp_path / "out-2").exists()


def test_new_photos_do_not_stand_for_one_whose_original_is_away(photo_dir, tmp_path):
    out = tmp_path / "out"
    renewed(photo_dir, out)
    whole = exported(out)
    (photo_dir / "a.jpg").unlink()
    for name in ("e.jpg", "f.jpg"):
        (photo_dir / name).write_bytes(b"new")
    warned = renewed(photo_dir, out, [*CONTENT, "e.jpg", "f.jpg"])[1]
    assert "out is without them" in warned[0] and "kept as out-1" in warned[1]
    assert exported(tmp_path / "out-1") == whole and len(exported(out)) == 5


@pytest.mark.parametrize("link", [False, True])
def test_photos_that_left_the_dataset_alone_leave_the_folder(photo_dir, tmp_path, link):
    out = tmp_path / "out"
    renewed(photo_dir, out, link=link)
    assert renewed(photo_dir, out, ["a.jpg", "d.jpg"], link=link) == (["2 photos put into out"], [])
    assert len(exported(out)) == 2 and not (tmp_path / "out-1").exists()


def test_links_are_no_copies(photo_dir, tmp_path):
    out = tmp_path / "out"
    renewed(photo_dir, out, link=True)
    (photo_dir / "a.jpg").unlink()
    assert len(renewed(photo_dir, out, link=True)[1]) == 1 and not (tmp_path / "out-1").exists()


def test_a_folder_that_is_a_link_to_another_disk_is_filled_there(photo_dir, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    for _ in range(2):
        export_clusters(photo_dir, list(CONTENT), [0, 1, 0, 10], tmp_path / "out")
        assert len(exported(tmp_path / "disk")) == 4 and (tmp_path / "out").is_symlink()


def test_links_hold_when_photos_and_results_move_together(photo_dir, tmp_path):
    export_clusters(photo_dir, ["a.jpg"], [0], tmp_path / "clusters", link=True)
    assert not os.path.isabs(os.readlink(tmp_path / "clusters/0/a.jpg"))


@pytest.mark.parametrize("linked", [["raw"], ["result"], ["raw", "result"]])
def test_links_lead_to_the_photos_though_folders_are_links_themselves(tmp_path, linked):
    disk, home = tmp_path / "disk" / "deep", tmp_path / "home"
    for name in ("raw", "result"):
        (home / name).mkdir(parents=True)
    for name in linked:
        disk.mkdir(parents=True, exist_ok=True)
        (home / name).rename(disk / name)
        (home / name).symlink_to(disk / name)
    (home / "raw" / "a.jpg").write_bytes(b"A")
    export_clusters(home / "raw", ["a.jpg"], [0], home / "result" / "shop" / "clusters", link=True)
    assert exported(home / "result" / "shop" / "clusters") == {"0/a.jpg": b"A"}


@pytest.mark.parametrize("link", [False, True])
def test_a_repeated_run_replaces_the_old_folders(photo_dir, tmp_path, link):
    out_dir = tmp_path / "clusters"
    export_clusters(photo_dir, list(CONTENT), [0, 1, 2, 3], out_dir)
    export_clusters(photo_dir, list(CONTENT)[:2], [5, 5], out_dir, link=link)
    assert exported(out_dir) == {"5/a.jpg": b"A", "5/sub__b, 1.jpg": b"B"}
    assert exported(photo_dir) == CONTENT


def test_the_rest_of_a_killed_run_is_not_kept(photo_dir, tmp_path):
    (tmp_path / ".clusters.partial" / "9").mkdir(parents=True)
    export_clusters(photo_dir, ["a.jpg"], [0], tmp_path / "clusters")
    assert exported(tmp_path / "clusters") == {"0/a.jpg": b"A"}
    assert not (tmp_path / ".clusters.partial").exists()


@pytest.mark.parametrize("link", [False, True])
def test_missing_photos_are_left_out(photo_dir, tmp_path, link):
    (photo_dir / "a.jpg").unlink()
    assert export_clusters(photo_dir, ["a.jpg", "d.jpg"], [0, 0], tmp_path / "clusters", link=link) == 1
    assert [path.name for path in (tmp_path / "clusters/0").iterdir()] == ["d.jpg"]


@pytest.mark.parametrize("link", [False, True])
def test_paths_that_flatten_to_the_same_name_are_both_kept(tmp_path, link):
    for name in ("x/1.jpg", "x__1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert export_clusters(tmp_path, ["x/1.jpg", "x__1.jpg"], [0, 0], tmp_path / "clusters", link=link) == 2
    assert sorted(exported(tmp_path / "clusters").values()) == [b"x/1.jpg", b"x__1.jpg"]


@pytest.mark.parametrize("link", [False, True])
def test_photos_listed_by_their_whole_paths_are_found(photo_dir, tmp_path, link):
    names = [str(path) for path in photo_dir.rglob("*") if path.is_file()]
    assert export_clusters(tmp_path / "elsewhere", names, [0] * len(names), tmp_path / "out", link=link) == len(names)
    assert all(path.exists() for path in (tmp_path / "out" / "0").iterdir())


def test_very_long_paths_become_names_the_file_system_takes(tmp_path):
    names = [f"{'신' * 60}/{'발' * 60}/{number}.jpg" for number in range(3)] + ["b" * 200 + "/" + "a" * 200 + ".jpg"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name[-5:])
    assert export_clusters(tmp_path, names, [0] * 4, tmp_path / "clusters") == 4
    assert all(name.endswith(".jpg") for name in exported(tmp_path / "clusters"))


def test_no_photos_make_an_empty_folder(photo_dir, tmp_path):
    assert export_clusters(photo_dir, [], [], tmp_path / "clusters") == 0
    assert exported(tmp_path / "clusters") == {} and not is_changed(tmp_path / "clusters")
