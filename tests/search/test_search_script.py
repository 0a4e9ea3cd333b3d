"""07_search.py as a user runs it: what it prints and what it refuses. (Photos that are added: test_additions.py.)"""
import csv
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from scripts import ROOT, apart
from search_cases import SEARCH, new_photos, refused, teach
from shop import call, picture, save

from imgcluster.datafiles.feature_record import note_features
from imgcluster.files import write_json
from imgcluster.locks import claim


def test_help_does_not_wait_for_tensorflow():
    code = ("import sys, runpy\nsys.argv = ['07_search.py', '--help']\n"
            "try: runpy.run_path('07_search.py', run_name='__main__')\nexcept SystemExit: pass\n"
            "print(sorted({'tensorflow', 'keras', 'sklearn', 'cv2'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage:") and done.stdout.strip().endswith("[]")


def test_results_alone_are_on_standard_output(made, photo):
    code, out, err = call(SEARCH, made, photo, "--format", "json", "--top", 3)
    assert code == 0 and "07_search: shop" in err
    query, = json.loads(out)["queries"]
    assert query["query"] == str(photo) and len(query["regions"][0]["products"]) == 3
    assert query["regions"][0]["products"][0]["product"] == "2"


def test_table_and_figure_of_a_folder(shop, tmp_path):
    for name in ("a.png", "deep/a.png"):
        save(tmp_path / "queries" / name, picture(1, 60))
    (tmp_path / "queries" / "bad.jpg").write_bytes(b"no photo")
    code, out, err = call(SEARCH, shop, tmp_path / "queries", "--figure")
    assert code == 0 and "bad.jpg: " in err
    assert out.count("nearest photo") == 2 and "learned from its true labels" in out
    assert sorted(path.name for path in (shop / "result" / "shop" / "search").iterdir()) == ["a.png", "a_2.png"]


def test_csv_of_photos_with_product_data(shop, photo):
    (shop / "data" / "shop" / "catalog.csv").write_text("model,name,url\n2,Blue thing,https://x\n")
    code, out, _ = call(SEARCH, shop, photo, "--format", "csv", "--level", "photos", "--top", 6)
    lines = list(csv.DictReader(io.StringIO(out)))
    assert code == 0 and len(lines) == 6 and lines[0]["product"] == "2" and lines[0]["name"] == "Blue thing"


def test_a_box_chooses_what_is_searched(made, tmp_path):
    two = save(tmp_path / "two.png", np.hstack([picture(0, 70), picture(2, 71)]))
    for box, product in (("0,0,64,64", "0"), ("64,0,64,64", "2")):
        _, out, _ = call(SEARCH, made, two, "--box", box, "--format", "json")
        region, = json.loads(out)["queries"][0]["regions"]
        assert region["box"] == [int(part) for part in box.split(",")] and region["products"][0]["product"] == product


def test_no_catalogue_yet(tmp_path, photo):
    (tmp_path / "config.py").write_text("DATASET = 'nothing'\nTRAIN_DATASET = None\n")
    said = refused(tmp_path, photo)
    assert "features.npy is missing, as is its folder (correct DATASET if another one is meant); run 03_extract" in said


def test_an_empty_catalogue(tmp_path, photo):
    (tmp_path / "config.py").write_text("DATASET = 'empty'\nTRAIN_DATASET = None\n")
    data = tmp_path / "data" / "empty"
    data.mkdir(parents=True)
    np.save(data / "features.npy", np.empty((0, 8), np.float32))
    note_features(data, {"network": "MobileNetV2"})
    (data / "img_paths.txt").write_text("")
    assert "the catalogue is empty" in refused(tmp_path, photo)


def test_a_catalogue_of_another_network(made, photo):
    assert "BACKBONE: 'Tiny' -> 'MobileNetV2'" in refused(made, photo, "--set", "BACKBONE=MobileNetV2")
    assert "RANDOM_SEED: 0 -> 3" in refused(made, photo, "--set", "RANDOM_SEED=3")


@pytest.mark.parametrize("beside", ["no record", "the record of others"])
def test_features_of_ones_own_are_compared_with_no_photo_and_joined_by_none(shop, photo, tmp_path, beside):
    data = shop / "data" / "shop"
    if beside == "no record":
        (data / "made_by_03.json").unlink()
    else:
        np.save(data / "features.npy", -np.load(data / "features.npy"))
    for arguments in ((photo,), ("--add", new_photos(tmp_path / "new"))):
        said = refused(shop, *arguments)
        assert "features.npy: step 03 did not make it" in said and "put the made_by_03.json" in said
        assert "network:" not in said


def test_features_of_another_size_beside_an_earlier_record_which_does_not_say_whose_it_is(shop, photo):
    data = shop / "data" / "shop"
    np.save(data / "features.npy", np.ones((28, 5), np.float32))
    write_json(data / "made_by_03.json", {"step": "03"})
    assert "features.npy has 5 features a photo, the network Tiny gives 40" in refused(shop, photo)


@pytest.mark.parametrize("content", [b"", b"no photo", b"\x89PNG\r\n\x1a\n"])
def test_a_photo_that_cannot_be_decoded(made, photo, tmp_path, content):
    (tmp_path / "bad.jpg").write_bytes(content)
    said = refused(made, tmp_path / "bad.jpg", "--figure")
    assert "bad.jpg: " in said and "network:" not in said  # which takes seconds to start
    code, out, err = call(SEARCH, made, tmp_path / "bad.jpg", photo)
    assert code == 0 and out.count("nearest photo") == 1 and "1 could not be read" in err
    assert "bad.jpg: " in err and "passed over" in err


def test_a_photo_that_is_not_there(made, photo, tmp_path):
    assert "none.jpg: no such file; name a photo" in refused(made, tmp_path / "none.jpg")
    code, out, err = call(SEARCH, made, tmp_path / "none.jpg", photo)
    assert code == 0 and out.count("nearest photo") == 1 and "none.jpg: no such file; passed over" in err


def test_no_photo_at_all(made):
    assert "no photo: name one or more" in refused(made)


def test_boxes_that_do_not_fit(made, photo):
    for box in ("0,0,65,10", "-1,0,5,5"):
        assert f"the box {box} does not lie in the photo of 64 x 64 pixels" in refused(made, photo, f"--box={box}")
    assert "--box goes with one photo, not with 2" in refused(made, photo, photo, "--box", "0,0,6,6")
    assert "'1,2,x' is no box; give four whole numbers" in refused(made, photo, "--box", "1,2,x")


def test_more_results_than_the_catalogue_has(made, photo):
    assert "--top 5: the catalogue has 4 products" in refused(made, photo, "--top", 5)
    assert "--top 29: the catalogue has 28 photos" in refused(made, photo, "--top", 29, "--level", "photos")


def test_by_a_fine_tuned_network_what_it_saw_before_says_whether_anything_is_similar(shop, photo, tiny_embedding):
    taught, before = teach(shop, tiny_embedding), shop / "data" / "shop" / "features_before.npy"
    for sign in (1, -1):
        np.save(before, sign * np.load(before))
        code, out, err = call(SEARCH, shop, photo, "--format", "json", *taught)
        assert code == 0 and json.loads(out)["queries"][0]["regions"][0]["similar"] == (sign == 1), err


def test_a_search_waits_for_no_one_who_is_moving_files(shop, photo):
    stage = shop / "data" / "shop" / "adding"
    stage.mkdir()
    (stage / "ready.json").write_text('{"files": [], "outdated": []}')
    lock = claim(shop / "data" / "shop")
    assert "Another run" in refused(shop, photo)
    lock.release()
    assert call(SEARCH, shop, photo)[0] == 0 and not stage.exists()


def test_what_programs_read_is_utf_8_whatever_the_terminal_takes(shop, tmp_path, monkeypatch):
    photo, odd = save(tmp_path / "hé😀.png", picture(1, 99)), tmp_path / os.fsdecode(b"q\xff.png")
    shutil.copy(photo, odd)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = apart(ROOT / "tests" / "tiny_network.py", ROOT / SEARCH, "--config", shop / "config.py", photo, odd,
                 "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    queries = {line["query"] for line in csv.DictReader(io.StringIO(done.stdout))}
    assert queries == {str(photo), str(tmp_path / "q\\udcff.png")}
