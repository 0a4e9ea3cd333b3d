"""Photos that come to the catalogue and leave it, by 07_search.py --add."""
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import cv2
import numpy as np
import pytest
from damaged import with_rubbish
from scripts import ROOT
from search_cases import SEARCH, new_photos, refused, rows, teach
from shop import call, files_of, picture, save

from imgcluster.datafiles.artefacts import read_lines, write_labels
from imgcluster.datafiles.staging import finish
from imgcluster.errors import UserError
from imgcluster.extraction.feature_files import FeatureFiles
from imgcluster.files import PARTIAL, write_lines
from imgcluster.locks import claim
from imgcluster.photos.prepare import Recipe
from imgcluster.search import additions, session


def test_photos_are_added_under_the_settings_of_the_others_only(made, tmp_path):
    new = new_photos(tmp_path / "new")
    assert "RESIZE_MODE: 'pad' -> 'crop'" in refused(made, "--add", new, "--set", "RESIZE_MODE=crop")


def test_a_folder_to_add_that_is_not_there(made, tmp_path):
    said = refused(made, "--add", tmp_path / "none")
    assert "none: no such folder" in said and "network:" not in said


def test_a_folder_that_holds_the_catalogues_own_is_not_added_to_it(made):
    said = refused(made, "--add", made / "raw_img")
    assert f"--add {made / 'raw_img'}: the catalogue's own photos" in said and "network:" not in said


def test_folders_are_added_one_at_a_time(made, tmp_path):
    said = refused(made, "--add", tmp_path / "one", "--add", tmp_path / "two")
    assert f"{tmp_path / 'one'} and {tmp_path / 'two'}; give one folder at a time" in said


def test_photos_added_and_deleted_give_what_step_03_would(shop, tmp_path, photo):
    (shop / "raw_img" / "shop" / "0_3_0.png").unlink()
    features = np.load(shop / "data" / "shop" / "features.npy").copy()
    old = rows(shop)
    code, out, err = call(SEARCH, shop, "--add", new_photos(tmp_path / "new"))
    assert code == 0 and "3 photos came, 1 left: 30 in the catalogue" in err, err
    assert rows(shop) == sorted({*old, "1_20_0.png", "3_20_0.png", "a/2_20_0.png"} - {"0_3_0.png"})
    assert not (shop / "img" / "shop" / "0_3_0.png").exists() and (shop / "img" / "shop" / "0_4_0.png").exists()
    added = np.load(shop / "data" / "shop" / "features.npy")
    np.testing.assert_array_equal(added[rows(shop).index("0_4_0.png")], features[old.index("0_4_0.png")])
    labels = (shop / "data" / "shop" / "labels_true.txt").read_text().split()
    assert labels == [row.split("/")[-1][0] for row in rows(shop)] and not (shop / "data" / "shop" / "adding").exists()
    assert call("03_extract_features.py", shop)[0] == 0
    np.testing.assert_allclose(np.load(shop / "data" / "shop" / "features.npy"), added, atol=1e-5)
    assert "0 photos came, 0 left" in call(SEARCH, shop, "--add", shop / "raw_img" / "shop")[2]


def test_photos_that_are_there_already_and_copies_are_counted(shop, tmp_path):
    without = ("--set", "REMOVE_DUPLICATES=True")
    assert call("01_img_preprocess.py", shop, *without)[0] == 0
    new = new_photos(tmp_path / "new", ["1_20_0.png", "3_20_0.png"])
    for names, said in (([], "2 photos came, 0 left: 30 in the catalogue\n"),
                        ([], "0 photos came, 0 left: 30 in the catalogue; 2 seen before\n"),
                        (["1_21_0.png", "2_20_0.png"], "1 photo came, 0 left: 31 in the catalogue; 2 seen before; "
                                                       "1 copy left out\n"),
                        ([], "0 photos came, 0 left: 31 in the catalogue; 4 seen before\n")):
        err = call(SEARCH, shop, "--add", new_photos(new, names), *without)[2]
        assert said in err, err


def test_added_photos_that_cannot_be_used_are_named(shop, tmp_path):
    new = new_photos(tmp_path / "new", names=("1_20_0.png",))
    (new / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    code, _, err = call(SEARCH, shop, "--add", new)
    assert code == 0 and "warning: bad.png: " in err and "1 photo came" in err and "1 could not be used" in err, err
    assert "bad.png" not in rows(shop)
    # Those known to be unusable are not told of again.
    assert "bad.png" not in call(SEARCH, shop, "--add", new_photos(tmp_path / "more", names=("3_20_0.png",)))[2]


def test_a_catalogue_that_another_run_is_at_takes_no_photos(shop, tmp_path):
    lock = claim(shop / "data" / "shop")
    assert "Another run" in refused(shop, "--add", new_photos(tmp_path / "new"))
    lock.release()


@pytest.mark.parametrize("checks", ["check_features", "open_encoder"])
def test_no_other_run_is_at_the_files_from_the_first_check_on(shop, tmp_path, monkeypatch, checks):
    def refuse_others(data_dir, **_):
        with pytest.raises(UserError, match="Another run"):
            claim(data_dir)
        raise UserError("far enough")

    monkeypatch.setattr(session, checks, refuse_others)
    assert "far enough" in refused(shop, "--add", new_photos(tmp_path / "new"))


def test_photos_added_get_what_a_fine_tuned_network_saw_before_too(shop, tmp_path, tiny_embedding):
    data, taught = shop / "data" / "shop", teach(shop, tiny_embedding)
    (shop / "raw_img" / "shop" / "0_3_0.png").unlink()
    code, _, err = call(SEARCH, shop, "--add", new_photos(tmp_path / "new"), *taught)
    assert code == 0 and "3 photos came, 1 left: 30 in the catalogue" in err, err
    added = [np.load(data / name) for name in ("features.npy", "features_before.npy")]
    assert call("03_extract_features.py", shop, *taught)[0] == 0
    for name, before in zip(("features.npy", "features_before.npy"), added):
        now = np.load(data / name)
        assert now.dtype == before.dtype and len(now) == 30
        np.testing.assert_allclose(now, before, atol=1e-3)


def test_new_photos_get_the_cluster_of_what_they_are_like(shop, tmp_path):
    data = shop / "data" / "shop"
    write_labels(data, "pred", np.array([int(row[0]) for row in rows(shop)]))
    (data / "clusters.csv").write_text("file,cluster\n")
    assert call(SEARCH, shop, "--add", new_photos(tmp_path / "new"))[0] == 0
    clusters = dict(zip(rows(shop), (data / "labels_pred.txt").read_text().split()))
    assert len(clusters) == 31 and np.load(data / "labels_pred.npy").shape == (31,)
    assert all(clusters[name] in (name.split("/")[-1][0], "-1") for name in clusters)
    assert any(clusters[name] != "-1" for name in ("1_20_0.png", "3_20_0.png", "a/2_20_0.png"))
    assert (data / "outdated" / "clusters.csv").exists() and not (data / "clusters.csv").exists()


def test_a_photo_of_the_same_name_is_not_overwritten(shop, tmp_path):
    save(tmp_path / "new" / "0_0_0.png", picture(1, 99))
    save(tmp_path / "new" / "9_0_0.png", picture(1, 98))
    assert "0_0_0.png is there already, as another photo" in refused(shop, "--add", tmp_path / "new")
    first, second = sorted(path.name for path in (shop / "raw_img" / "shop").glob("*.png"))[:2]
    save(tmp_path / "new" / second, picture(1, 97))
    assert f"{first} and {second} are there already, as another photo" in refused(shop, "--add", tmp_path / "new")


def test_a_folder_of_the_name_of_a_photo_is_not_put_in_its_place(shop, tmp_path):
    save(shop / "raw_img" / "shop" / "boots.png", picture(1, 97))
    save(tmp_path / "new" / "boots.png" / "0_9_0.png", picture(1, 98))
    assert "there is a photo called boots.png in" in refused(shop, "--add", tmp_path / "new")


def test_a_folder_that_is_gone_does_not_empty_the_catalogue(shop, tmp_path):
    (shop / "raw_img" / "shop").rename(tmp_path / "elsewhere")
    new_photos(shop / "raw_img" / "shop")
    code, _, err = call(SEARCH, shop, "--add", shop / "raw_img" / "shop")
    assert code == 2 and "none of the 28 photos of the catalogue lies in RAW_IMG_DIR" in err and len(rows(shop)) == 28


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_nothing_is_copied_to_where_the_photos_of_the_catalogue_are_not(shop, tmp_path, left):
    (shop / "raw_img" / "shop").rename(tmp_path / "elsewhere")
    if left == "an empty folder":
        (shop / "raw_img" / "shop").mkdir()
    prepared = files_of(shop / "img")
    assert "none of the 28 photos of the catalogue lies in" in refused(shop, "--add", new_photos(tmp_path / "new"))
    assert not any((shop / "raw_img").rglob("*.png")) and files_of(shop / "img") == prepared


def test_a_catalogue_without_index_or_of_other_settings_takes_no_photos(shop, tmp_path):
    new_photos(tmp_path / "new")
    assert "step 01 ran under other settings" in refused(shop, "--add", tmp_path / "new", "--set", "BACKGROUND=grey")
    (shop / "data" / "shop" / "features.npy").unlink()
    assert "features.npy is missing" in refused(shop, "--add", tmp_path / "new")


@pytest.mark.parametrize("moves", [0, 3])
def test_a_run_killed_while_files_are_moved_is_finished_by_the_next(shop, tmp_path, monkeypatch, photo, moves):
    data, count, real = shop / "data" / "shop", [], os.replace

    def dying(source, target):
        if (data / "adding" / "ready.json").exists():
            count.append(target)
            if len(count) > moves:
                raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", dying)
    assert call(SEARCH, shop, "--add", new_photos(tmp_path / "new"))[0] == 130
    monkeypatch.setattr(os, "replace", real)
    code, out, err = call(SEARCH, shop, photo, "--format", "json")
    assert code == 0 and json.loads(out)["queries"][0]["regions"][0]["products"][0]["product"] == "2", err
    assert len(rows(shop)) == 31 == len(np.load(data / "features.npy")) and not (data / "adding").exists()


@pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="what is mapped is read from /proc")
def test_no_file_is_mapped_when_another_takes_its_place(shop, tmp_path, monkeypatch, tiny_embedding):
    mapped, real = [], os.replace

    def watched(source, target):
        with open("/proc/self/maps", encoding="utf-8") as maps:
            lines = maps.read()
        mapped.extend(str(path) for path in (source, target) if f"{path}\n" in lines)
        real(source, target)

    taught = teach(shop, tiny_embedding)
    write_labels(shop / "data" / "shop", "pred", np.array([int(row[0]) for row in rows(shop)]))
    (shop / "raw_img" / "shop" / "0_3_0.png").unlink()
    monkeypatch.setattr(os, "replace", watched)
    code, _, err = call(SEARCH, shop, "--add", new_photos(tmp_path / "new"), *taught)
    assert code == 0 and mapped == [], err


@pytest.mark.parametrize("dies", ["update_catalogue", "commit"])
def test_a_replaced_photo_gets_new_features_though_the_first_run_was_killed(shop, tmp_path, monkeypatch, dies):
    def dying(*_, **__):
        raise KeyboardInterrupt

    new, real = new_photos(tmp_path / "new"), getattr(additions, dies)
    save(shop / "raw_img" / "shop" / "0_0_0.png", picture(3, 77))
    features = np.load(shop / "data" / "shop" / "features.npy").copy()
    monkeypatch.setattr(additions, dies, dying)
    assert call(SEARCH, shop, "--add", new)[0] == 130
    monkeypatch.setattr(additions, dies, real)
    code, _, err = call(SEARCH, shop, "--add", new)
    assert code == 0 and "4 photos came" in err, err
    now = np.load(shop / "data" / "shop" / "features.npy")[rows(shop).index("0_0_0.png")]
    assert now @ features[0] < 0.999
    assert call("03_extract_features.py", shop)[0] == 0
    again = np.load(shop / "data" / "shop" / "features.npy")[rows(shop).index("0_0_0.png")]
    np.testing.assert_allclose(again, now, atol=1e-5)


def test_labels_are_looked_for_before_the_network_is_at_work(shop, tmp_path, monkeypatch):
    new = new_photos(tmp_path / "new", ["2without.png"])
    with monkeypatch.context() as patch:
        patch.setattr(additions, "extract_features", pytest.fail)
        code, _, err = call(SEARCH, shop, "--add", new)
    assert code == 2 and "1 of 29 photos have no label" in err and len(rows(shop)) == 28
    data = shop / "data" / "shop"
    write_lines(data / "labels_true.txt", own := ["by hand"] * 28)
    code, _, err = call(SEARCH, shop, "--add", new, "--set", "LABELS_FROM=None")
    assert code == 0 and len(rows(shop)) == 29
    assert "labels_true.txt is your own" in err
    assert read_lines(data / "outdated" / "your_labels" / "labels_true.txt") == own
    assert not list(data.glob("labels_true.*")) and (data / "outdated" / "labels_true.txt").exists()
    # Where there are none, photos without are welcome.
    code, _, err = call(SEARCH, shop, "--add", new_photos(tmp_path / "more", ["3without.png"]))
    assert code == 0 and "warning: 2 of 30 photos have no label" in err and len(rows(shop)) == 30, err


def test_any_step_finishes_what_an_addition_began(shop, tmp_path):
    data = shop / "data" / "shop"
    (data / "adding").mkdir()
    (data / "adding" / "img_paths.txt").write_text("one.png\n")
    (data / "adding" / "ready.json").write_text('{"files": ["img_paths.txt"], "outdated": []}')
    assert "features.npy: 28 rows, but img_paths.txt has 1" in call("04_cluster_som.py", shop)[2]


def test_a_killed_addition_is_begun_where_it_was(shop, tmp_path):
    command = [sys.executable, ROOT / "tests" / "tiny_network.py", ROOT / SEARCH, "--config", shop / "config.py",
               "--add", new_photos(tmp_path / "new")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (shop / "raw_img" / "shop" / "a" / "2_20_0.png").exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finish(shop / "data" / "shop")
    assert len(rows(shop)) in (28, 31)
    assert call(SEARCH, shop, "--add", tmp_path / "new")[0] == 0 and len(rows(shop)) == 31


def test_what_a_killed_copy_left_among_the_photos_goes(tmp_path):
    new_photos(tmp_path / "new", ["a/1.png"])
    with subprocess.Popen(["true"]) as process:
        process.wait()
    half = tmp_path / "raw" / "a" / f".{process.pid}{PARTIAL}1.png"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"broken off")
    additions.copy_photos(tmp_path / "new", tmp_path / "raw", ["a/1.png"])
    assert [path.name for path in half.parent.iterdir()] == ["1.png"]


def test_a_killed_addition_begins_anew_where_the_features_were_made_anew(shop, tmp_path, monkeypatch):
    def add_and_die(files, *batch, real=FeatureFiles.add):
        real(files, *batch)
        raise KeyboardInterrupt

    new = new_photos(tmp_path / "new", [f"{number % 4}_2{number}_0.png" for number in range(6)])
    features = shop / "data" / "shop" / "features.npy"
    with monkeypatch.context() as patch:
        patch.setattr(FeatureFiles, "add", add_and_die)
        assert call(SEARCH, shop, "--add", new)[0] == 130
    other = ("--set", "RANDOM_SEED=1")  # of the network's weights
    assert call("03_extract_features.py", shop, *other)[0] == 0
    assert call(SEARCH, shop, "--add", new, *other)[0] == 0 and len(rows(shop)) == 34
    added = np.load(features)
    assert call("03_extract_features.py", shop, *other)[0] == 0
    np.testing.assert_allclose(np.load(features), added, atol=1e-5)


def test_copies_go_where_their_folders_say(tmp_path):
    names = ["1_20_0.png", "3_20_0.png", "a/2_20_0.png"]
    new, raw = new_photos(tmp_path / "new", names), tmp_path / "raw"
    assert additions.find_new(new, raw, Recipe(), filters={}, workers=1) == (names, [], [])
    additions.copy_photos(new, raw, names)
    assert files_of(raw) == files_of(new)
    assert additions.find_new(new, raw, Recipe(), filters={}, workers=1) == ([], names, [])
    assert additions.find_new(raw / "a", raw, Recipe(), filters={}, workers=1) == ([], [], [])


def test_a_link_that_leads_nowhere_is_named_though_there_is_a_photo_of_its_name(tmp_path):
    new, raw = new_photos(tmp_path / "new", ["1_20_0.png"]), new_photos(tmp_path / "raw", ["3_20_0.png"])
    (new / "3_20_0.png").symlink_to("gone.png")
    assert additions.find_new(new, raw, Recipe(), filters={}, workers=1) == (
        ["1_20_0.png"], [], [("3_20_0.png", "link to a missing file")])


def test_photos_that_step_01_would_leave_out_are_not_copied(tmp_path):
    new = new_photos(tmp_path / "new", ["1_20_0.png", "3_20_0.png"])
    save(new / "small.png", np.pad(picture(1, 20), ((30, 30), (30, 30), (0, 0)), constant_values=255))
    whole = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8))[1].tobytes()
    (new / "rest.jpg").write_bytes(whole[:len(whole) // 4])
    (new / "rubbish.jpg").write_bytes(with_rubbish(0.25))
    save(new / "white.png", np.full((60, 60, 3), 255, np.uint8))
    found, _, unusable = additions.find_new(new, tmp_path / "raw", Recipe(method="contours", every_mask=True),
                                            filters={"min_product_share": 0.2}, workers=1)
    assert found == ["1_20_0.png", "3_20_0.png"]
    for (name, reason), (expected, why) in zip(unusable, (
            ("rest.jpg", "its rows are missing"), ("rubbish.jpg", "its rows are missing"),
            ("small.png", "MIN_PRODUCT_SHARE is 0.2"), ("white.png", "nothing but one colour")), strict=True):
        assert name == expected and why in reason


def test_nothing_is_copied_where_photos_lack_their_labels(shop, tmp_path):
    assert "1 of 31 photos have no label" in refused(
        shop, "--add", new_photos(tmp_path / "new", ["1_20_0.png", "3_20_0.png", "2without.png"]))
    assert "28 of 29 photos have no label" in refused(
        shop, "--add", new_photos(tmp_path / "more", ["1_20_0.png"]), "--set", r"LABEL_REGEX=^(1_20)_")


def test_where_labels_come_from_folders_the_folder_named_must_have_some(shop, tmp_path):
    for name in rows(shop):
        path = shop / "raw_img" / "shop" / name
        path.parent.joinpath(name[0]).mkdir(exist_ok=True)
        path.rename(path.parent / name[0] / name)
    folders = ("--set", "LABELS_FROM=folder")
    for script in ("00_make_labels_true.py", "01_img_preprocess.py", "03_extract_features.py"):
        assert call(script, shop, *folders)[0] == 0
    new = new_photos(tmp_path / "new", ["1_20_0.png", "a/2_20_0.png"])
    (new / "bad.jpg").write_bytes(b"no photo")
    said = refused(shop, "--add", new, *folders)
    assert f"1 of 30 photos have no label: they lie directly in {new}, " in said and "one sub-folder per model" in said
    assert "warning: bad.jpg: " in said


def test_what_is_no_photo_is_not_copied(shop, tmp_path):
    new = new_photos(tmp_path / "new", ["1_20_0.png"])
    (new / "without label.jpg").write_bytes(b"no photo")
    for number in range(5):
        (new / f"empty {number}.jpg").touch()
    (new / "gone.png").symlink_to(tmp_path / "nowhere.png")
    code, _, err = call(SEARCH, shop, "--add", new)
    assert code == 0 and "1 photo came, 0 left: 29 in the catalogue; 7 could not be used" in err, err
    # No file names them: none is left out here.
    assert err.count(": empty file") == 5
    assert "warning: without label.jpg: " in err and "warning: gone.png: link to a missing file" in err
    kept = {path.name for path in (shop / "raw_img" / "shop").iterdir()}
    assert len(kept) == 29 and "1_20_0.png" in kept


def test_what_to_do_after_photos_came_is_said_where_it_holds(shop):
    data = shop / "data" / "shop"
    steps, next_of = "for clusters, map and report: run", partial(additions.what_next, data, "shop", command="run")
    assert next_of(came=1, assign_to=None) == steps
    write_labels(data, "pred", np.zeros(28, int))
    said = next_of(came=1, assign_to=None)
    assert steps in said and "corrections.csv" not in said and "ASSIGN_TO = 'shop'" in said
    (data / "corrections.csv").write_text("action,file,cluster,value\nmerge,,1,0\n")
    said = next_of(came=1, assign_to=None)
    assert "which finds clusters anew and carries corrections.csv over to them; to keep the present ones: a" in said
    said = next_of(came=0, assign_to=None)
    assert said.startswith(steps) and said.endswith("finds clusters anew and carries corrections.csv over to them")
    # Photos placed in earlier clusters keep their numbers.
    assert next_of(came=1, assign_to="first") == steps


def test_after_photos_came_steps_that_need_clusters_say_so_at_once(shop, tmp_path):
    assert call("04_cluster_som.py", shop)[0] == 0
    code, _, err = call(SEARCH, shop, "--add", new_photos(tmp_path / "new"))
    assert code == 0 and "finds clusters anew" in err and "corrections.csv" not in err, err
    assert "04_cluster_som.py" in call("05_evaluate.py", shop)[1].rpartition("; next: ")[2]
    code, out, err = call("06_visualize.py", shop)
    assert code == 2 and "clusters.csv is missing (it did not hold any more" in err
    assert "run 04_cluster_som.py first" in err and "outdated" in err
    assert "figures" not in err and not (shop / "result").exists()


def test_corrections_carry_over_to_the_clusters_found_once_photos_came(shop, tmp_path):
    data = shop / "data" / "shop"
    assert call("04_cluster_som.py", shop)[0] == 0
    before = dict(zip(rows(shop), (data / "labels_pred.txt").read_text().split()))
    (data / "corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\nmerge,,1,0\n")
    assert call(SEARCH, shop, "--add", new_photos(tmp_path / "new"))[0] == 0
    for _ in range(2):
        code, out, err = call("04_cluster_som.py", shop)
        assert code == 0 and "left aside" not in err, err
        assert "2 corrections of clusters found before, carried over: 1 cluster stays as you left it" in out
        after = dict(zip(rows(shop), (data / "labels_pred.txt").read_text().split()))
        number, = {after[file] for file, cluster in before.items() if cluster in "01"}
        assert number not in {after[file] for file, cluster in before.items() if cluster not in "01"}
        assert (data / "cluster_names.csv").read_text() == f"cluster,name\n{number},boots\n"


def test_a_photo_with_the_longest_name_there_can_be_is_added(shop, tmp_path):
    name = f"1_{'x' * 249}.png"
    assert len(name) == 255
    code, _, err = call(SEARCH, shop, "--add", new_photos(tmp_path / "new", [name]))
    assert code == 0 and "1 photo came" in err and name in rows(shop), err
    assert not [path for path in (shop / "raw_img" / "shop").iterdir() if path.name.startswith(".")]
