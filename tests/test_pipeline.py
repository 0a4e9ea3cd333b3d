"""The scripts from end to end, as a user runs them: from another folder, on drawn photos and a tiny network."""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from unittest import mock

import cv2
import keras
import numpy as np
import pandas as pd
import pytest
from scripts import ROOT, apart, here
from sklearn.metrics import adjusted_rand_score

from imgcluster.datafiles.feature_record import note_features
from imgcluster.datafiles.staging import stage_folder
from imgcluster.extraction.kind import read_kind, write_kind
from imgcluster.files import read_json, write_json, write_lines
from imgcluster.sample import Catalogue, draw_sample

# A network for what need not be one of the table, and the program that runs scripts which name it.
TINY, WITH_TINY = "Tiny", ROOT / "tests" / "tiny_network.py"
# The records name library versions and inputs; everything else in a data folder is compared byte by byte.
CONFIG = '''
DATASET = "shop"
TRAIN_DATASET = "shop_train"
BACKBONE = "MobileNetV3Small"
WEIGHTS = None
INPUT_SIZE = 32
BATCH_SIZE = 4
EPOCHS = 2
HEAD_EPOCHS = 2
SOM_EPOCHS = 5
BOOTSTRAP_SAMPLES = 50
NUM_WORKERS = 2
BACKGROUND_METHOD = "contours"
'''


def run(script, project, *arguments, check=0, where=here):
    """Run a script of the project on the settings in `project`/config.py, from a folder that is neither's."""
    done = where(script, "--config", project / "config.py", *arguments, cwd=project.parent)
    assert done.returncode == check, done.stdout + done.stderr
    return done


def with_tiny(script, *arguments, cwd):
    """`apart` for a script that may name the tiny network; run_all.py runs its steps in that one process."""
    return apart(WITH_TINY, ROOT / script, *arguments, cwd=cwd)


def files_of(folder):
    """Content of every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def lines(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def new_project(folder, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    overrides = "".join(f"{name} = {value!r}\n" for name, value in settings.items())
    (folder / "config.py").write_text(CONFIG + overrides)
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """raw_img/ with two tiny catalogues."""
    folder = tmp_path_factory.mktemp("drawn") / "raw_img"
    draw_sample(Catalogue(seed=5, num_models=4, min_imgs=5, max_imgs=6, size=96), folder / "shop", workers=2)
    draw_sample(Catalogue(seed=6, num_models=3, min_imgs=4, max_imgs=5, size=96), folder / "shop_train", workers=2)
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory, drawn):
    """A project after run_all.py, with what it printed."""
    project = new_project(tmp_path_factory.mktemp("finished") / "project")
    shutil.copytree(drawn, project / "raw_img")
    return project, run("run_all.py", project, where=apart)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, drawn, tiny_backbone):
    """The same by a tiny network and in this process, for what later steps make of it; not to be changed."""
    project = new_project(tmp_path_factory.mktemp("tiny") / "project", BACKBONE=TINY)
    shutil.copytree(drawn, project / "raw_img")
    keras.utils.clear_session()  # layers are numbered, and so named, as in a process that has just begun
    run("run_all.py", project)
    return project


def test_run_all_writes_every_artefact_with_rows_that_agree(finished):
    project, done = finished
    data, photos = project / "data" / "shop", len(list((project / "raw_img" / "shop").iterdir()))
    img_paths = lines(data / "img_paths.txt")
    assert img_paths == sorted(path.name for path in (project / "raw_img" / "shop").iterdir())
    labels = lines(data / "labels_pred.txt")
    assert len(labels) == photos == len(lines(data / "labels_true.txt"))
    assert sorted(set(map(int, labels))) == list(range(len(set(labels))))
    features = np.load(data / "features.npy", allow_pickle=False)
    assert features.dtype == np.float32 and len(features) == photos
    with (data / "clusters.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == img_paths and [row["cluster"] for row in rows] == labels
    assert [np.load(data / f"labels_{kind}.npy").tolist() for kind in ("pred",)] == [list(map(int, labels))]
    assert (project / "data" / "shop_train" / "network.keras").exists()
    assert {"scatter.png", "map.png", "training.png", "background_removal.png", "confusion.png"} <= {
        path.name for path in (project / "result" / "shop").iterdir()}
    assert all((project / "img" / "shop" / path).exists() for path in img_paths)
    levels = {len({row[name] for row in rows}) for name in rows[0] if name.startswith("level_")}
    others = re.search("^coarser and finer: (.+) clusters", done.stdout, re.M)
    assert levels - {len(set(labels))} == set(map(int, others[1].split(", ")) if others else ())
    assert "ARI" in done.stdout.splitlines()[-1]


def test_another_evaluator_finds_the_same_ari(finished):
    data = finished[0] / "data" / "shop"
    true, predicted = (np.loadtxt(data / f"labels_{kind}.txt", dtype=str, ndmin=1) for kind in ("true", "pred"))
    assert read_json(data / "metrics.json")["ari"] == pytest.approx(adjusted_rand_score(true, predicted), abs=1e-9)


def test_step_00_after_step_01_and_steps_run_again_change_nothing(finished):
    project = finished[0]
    before = files_of(project / "data")
    run("00_make_labels_true.py", project)
    assert files_of(project / "data") == before
    done = run("01_img_preprocess.py", project)
    for script in ("04_cluster_som.py", "05_evaluate.py"):
        run(script, project)
    assert files_of(project / "data") == before
    assert "100%" in done.stderr


def test_the_whole_run_again_elsewhere_gives_the_same_files(tiny, tmp_path):
    project = new_project(tmp_path / "again", BACKBONE=TINY)
    shutil.copytree(tiny / "raw_img", project / "raw_img")
    run("run_all.py", project, "--to", "05", where=with_tiny)
    volatile = {"preprocess.jsonl"}  # holds the times of the photo files
    first, second = ({name: data for name, data in files_of(folder / "data" / "shop").items() if name not in volatile}
                     for folder in (tiny, project))
    assert set(first) - set(second) == {"made_by_06.json"}
    assert [name for name in second if second[name] != first[name]] == []


def test_run_all_trains_once_and_runs_a_part(finished):
    done = run("run_all.py", finished[0], "--from", "02", "--to", "04")
    assert "is up to date" in done.stdout and "01_img_preprocess" not in done.stdout


def test_run_all_stops_at_the_first_failure(finished, tmp_path):
    project = new_project(tmp_path / "broken", TRAIN_DATASET=None)
    done = run("run_all.py", project, check=2)
    assert "raw_img" in done.stderr and "01_img_preprocess" not in done.stdout


def test_unlabelled_folder_runs_through(drawn, tiny_backbone, tmp_path):
    project = new_project(tmp_path / "unlabelled", BACKBONE=TINY, LABELS_FROM=None, TRAIN_DATASET="shop")
    shutil.copytree(drawn / "shop", project / "raw_img" / "shop")
    done = run("run_all.py", project)
    assert "no true labels, so nothing is trained, and there are fewer than the 50 photos" in done.stderr
    assert "pretrained network is used as it is" in done.stderr and "TRAIN_LABELS_FROM" in done.stderr
    metrics = read_json(project / "data" / "shop" / "metrics.json")
    assert "ari" not in metrics and metrics["num_clusters"] >= 1
    assert not (project / "data" / "shop" / "labels_true.txt").exists()


def test_without_labels_a_given_pooling_leaves_nothing_to_do_and_no_old_network(drawn, tiny_backbone, tmp_path):
    project = new_project(tmp_path / "given", BACKBONE=TINY, LABELS_FROM=None, TRAIN_DATASET="shop", POOLING="avg")
    shutil.copytree(drawn / "shop", project / "raw_img" / "shop")
    run("run_all.py", project, "--to", "01")
    (project / "data" / "shop" / "network.keras").write_bytes(b"old")
    assert "POOLING = 'avg' leaves nothing to fit" in run("02_finetune_network.py", project).stderr
    assert not (project / "data" / "shop" / "network.keras").exists()


def test_a_network_is_fitted_to_photos_without_their_labels_and_takes_the_next_ones(tiny_backbone, tmp_path,
                                                                                    monkeypatch):
    monkeypatch.setattr("imgcluster.training.unlabelled.LOOKS", 60)
    settings = {"TRAIN_DATASET": "auto", "BACKBONE": TINY}
    project = new_project(tmp_path / "fitted", **settings)
    for name, seed, models, most in (("shop", 7, 5, 12), ("next", 8, 2, 5)):
        catalogue = Catalogue(seed=seed, num_models=models, min_imgs=most - 1, max_imgs=most, size=96)
        draw_sample(catalogue, project / "raw_img" / name, workers=2)
    done = run("run_all.py", project)
    data = project / "data" / "shop"
    features, before = (np.load(data / f"{name}.npy", allow_pickle=False) for name in ("features", "features_before"))
    assert "Tiny, fitted to shop" in done.stdout and features.shape[1] > before.shape[1] == 40
    assert not (data / "classes.txt").exists() and not (data / "training").exists()
    assert "fitted to the photos of shop without labels" in (project / "result" / "shop" / "report.html").read_text()
    metrics = read_json(data / "metrics.json")
    assert metrics["fitted_to_these_photos"] == 1 and not metrics["trained_on_these_photos"]
    assert "ari" in metrics
    assert re.search("^  Network +fitted to these photos without labels$", done.stdout, re.M)
    fitted = (data / "network.keras").read_bytes()
    run("run_all.py", new_project(project, **settings, DATASET="next", ASSIGN_TO="shop"), "--to", "03")
    assert "the network of shop is used as it is" in run("02_finetune_network.py", project).stdout
    assert (data / "network.keras").read_bytes() == fitted
    assert np.load(project / "data" / "next" / "features.npy").shape[1] == features.shape[1]
    shutil.copytree(project / "raw_img" / "next", project / "raw_img" / "later")
    run("run_all.py", new_project(project, **settings, DATASET="later", ASSIGN_TO="next"), "--to", "03")
    assert read_json(project / "data" / "later" / "made_by_03.json")["fitted_to"] == "shop"
    (data / "network.keras").rename(data / "away.keras")
    assert "shop/network.keras is missing" in run("03_extract_features.py", project, check=2).stderr
    (data / "away.keras").rename(data / "network.keras")
    photo = next((project / "raw_img" / "shop").iterdir())
    new_project(project, **settings)
    found = json.loads(run("07_search.py", project, photo, "--format", "json", where=with_tiny).stdout)
    assert photo.name in json.dumps(found)
    shutil.copytree(project / "raw_img" / "next", tmp_path / "came" / "later")
    run("07_search.py", project, "--add", tmp_path / "came")
    run("05_evaluate.py", project)
    metrics = read_json(data / "metrics.json")
    assert metrics["fitted_to_these_photos"] == len(before) / metrics["photos"] < 1


def test_a_count_is_learned_without_training_and_next_weeks_photos_get_the_same_network(tiny, tmp_path):
    project = tmp_path / "calibrated"
    shutil.copytree(tiny, project)
    # What an earlier run fitted or trained here is not the network of the features made now.
    shutil.copyfile(project / "data" / "shop_train" / "network.keras", project / "data" / "shop" / "network.keras")
    known = {"BACKBONE": TINY, "TRAIN_DATASET": "auto", "LABELS_FROM": None, "TRAIN_LABELS_FROM": "filename",
             "CALIBRATION_DATASET": "shop_train"}
    told = run("run_all.py", new_project(project, **known), "--to", "04").stdout
    assert "beside CALIBRATION_DATASET = 'shop_train': nothing to train on" in told
    assert "learned from 3 labelled products of about " in told
    assert "03_extract_features shop_train" in told and "02_finetune_network shop_train" not in told
    shutil.copytree(project / "raw_img" / "shop", project / "raw_img" / "next")
    new_project(project, **known, DATASET="next", ASSIGN_TO="shop")
    done = run("run_all.py", project, "--to", "04")
    assert "clusters of shop; 0 fit none" in done.stdout and "CALIBRATION_DATASET:" not in done.stderr
    labels = [lines(project / "data" / name / "labels_pred.txt") for name in ("shop", "next")]
    assert labels[0] == labels[1]
    photo = next((project / "raw_img" / "next").iterdir())
    run("07_search.py", project, photo)
    new_project(project, **known, DATASET="next", FLIP_AVERAGING=True)
    assert "in the clusters of shop; their features are now made without ASSIGN_TO = 'shop'" in run(
        "03_extract_features.py", project).stderr


def test_unlabelled_photos_beside_labelled_ones_to_train_on(finished, tmp_path):
    project = new_project(tmp_path / "beside", LABELS_FROM=None, TRAIN_LABELS_FROM="filename")
    shutil.copytree(finished[0] / "raw_img", project / "raw_img")
    for dataset in ("shop", "shop_train"):
        run("00_make_labels_true.py", project, "--set", f"DATASET={dataset}")
        data = project / "data" / dataset
        assert (data / "labels_true.txt").exists() == (dataset == "shop_train")
        assert read_json(data / "made_by_00.json")["settings"]["LABELS_FROM"] == (
            "filename" if dataset == "shop_train" else None)


def test_scores_of_trained_products_come_with_a_warning(tiny, tmp_path):
    project = tmp_path / "trained"
    shutil.copytree(tiny, project)
    new_project(project, BACKBONE=TINY, TRAIN_DATASET="shop_train", DATASET="shop_train")
    for script in ("03_extract_features.py", "04_cluster_som.py"):
        run(script, project)
    done = run("05_evaluate.py", project)
    assert "trained on these very photos" in done.stderr and "  trained on these photos\n" in done.stdout


def test_photos_of_another_kind_than_trained_on_get_the_features_from_before(tiny, tmp_path):
    project = tmp_path / "other_kind"
    shutil.copytree(tiny, project)
    data, train = project / "data" / "shop", project / "data" / "shop_train"
    features, labels = read_kind(train)
    assert len(features) == len(lines(train / "img_paths.txt"))
    write_kind(train, -features, labels)
    assert "another kind of product than shop_train" in run("03_extract_features.py", project).stderr
    assert read_json(data / "made_by_03.json")["trained_on"] is None
    assert np.load(data / "features.npy").shape[1] == features.shape[1]
    photo = project / "raw_img" / "shop" / lines(data / "img_paths.txt")[0]
    assert "as it was before" in run("07_search.py", project, photo).stderr
    done = run("04_cluster_som.py", project)
    assert "estimated without them" in done.stdout
    assert read_json(data / "cluster_count.json")["calibrated"] is False
    done = run("04_cluster_som.py", project, "--set", "CALIBRATION_DATASET=shop_train", check=2)
    assert "USE_FINE_TUNED = True" in done.stderr
    run("03_extract_features.py", project, "--set", "USE_FINE_TUNED=True")
    assert read_json(data / "made_by_03.json")["trained_on"] == "shop_train"
    shutil.copytree(project / "data" / "shop_train", project / "data" / "before")
    note_features(project / "data" / "before", {**read_json(data / "made_by_03.json"), "trained_on": None})
    run("03_extract_features.py", project, "--set", "ASSIGN_TO=before")
    assert read_json(data / "made_by_03.json")["trained_on"] is None


def kill_when(script, project, ready):
    """Start a script and end it with SIGKILL as soon as `ready()` holds; False when it ended before."""
    process = subprocess.Popen([sys.executable, WITH_TINY, ROOT / script, "--config", project / "config.py"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None:
        if ready():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.005)
    return False


def test_killed_preprocessing_ends_with_the_same_files(finished, tmp_path):
    project = new_project(tmp_path / "killed", TRAIN_DATASET=None)
    shutil.copytree(finished[0] / "raw_img" / "shop", project / "raw_img" / "shop", copy_function=shutil.copy2)
    ledger = project / "data" / "shop" / "preprocess.jsonl"
    run("00_make_labels_true.py", project)
    assert kill_when("01_img_preprocess.py", project, lambda: ledger.exists() and ledger.stat().st_size > 0)
    rows = (project / "data" / "shop" / "img_paths.txt").read_bytes()
    for script, extra in (("02_finetune_network.py", ["--set", "TRAIN_DATASET=shop"]), ("03_extract_features.py", [])):
        assert "step 01 was interrupted" in run(script, project, *extra, check=2).stderr
    assert (project / "data" / "shop" / "img_paths.txt").read_bytes() == rows
    run("01_img_preprocess.py", project)
    assert files_of(project / "img" / "shop") == files_of(finished[0] / "img" / "shop")
    for name in ("img_paths.txt", "labels_true.txt", "photos.csv", "skipped.csv", "duplicates.csv"):
        assert (project / "data" / "shop" / name).read_bytes() == (finished[0] / "data" / "shop" / name).read_bytes()


@pytest.fixture(scope="module")
def killed_extraction(tiny, tmp_path_factory):
    """A project whose extraction was killed, and the features that it would have had; not to be changed."""
    project = tmp_path_factory.mktemp("extraction") / "killed"
    shutil.copytree(tiny, project)
    new_project(project, BACKBONE=TINY, BATCH_SIZE=1, TRAIN_DATASET=None)
    data = project / "data" / "shop"
    run("03_extract_features.py", project)
    whole = (data / "features.npy").read_bytes()
    (data / "features.npy").unlink()
    assert kill_when("03_extract_features.py", project, (data / "features.part.json").exists)
    return project, whole


def test_killed_extraction_ends_with_the_same_features(killed_extraction, tmp_path):
    project = shutil.copytree(killed_extraction[0], tmp_path / "killed")
    data = project / "data" / "shop"
    assert not (data / "features.npy").exists()
    done = run("03_extract_features.py", project)
    assert (data / "features.npy").read_bytes() == killed_extraction[1]
    assert not (data / "features.part.npy").exists() and "features:   0%" not in done.stderr


def test_photos_replaced_after_a_killed_extraction_are_all_looked_at_anew(killed_extraction, tmp_path):
    project = shutil.copytree(killed_extraction[0], tmp_path / "replaced")
    data, raw = project / "data" / "shop", project / "raw_img" / "shop"
    first, last = (raw / lines(data / "img_paths.txt")[row] for row in (0, -1))
    shutil.copyfile(last, first)
    run("01_img_preprocess.py", project)
    run("03_extract_features.py", project)
    features = np.load(data / "features.npy")
    np.testing.assert_allclose(features[0], features[-1], atol=1e-5)


def test_killed_training_ends_with_the_same_history(tiny, tmp_path):
    project = tmp_path / "killed"
    shutil.copytree(tiny, project)
    data = project / "data" / "shop_train"
    whole = (data / "history.csv").read_bytes()
    (data / "network.keras").unlink()
    (data / "history.csv").unlink()
    assert kill_when("02_finetune_network.py", project, (data / "training" / "1" / "state.json").exists)
    run("02_finetune_network.py", project)
    assert (data / "history.csv").read_bytes() == whole
    assert (data / "network.keras").exists() and not (data / "training").exists()


def test_photo_lost_after_step_01_is_left_out_of_every_row_file(tiny, tmp_path):
    project = tmp_path / "lost"
    shutil.copytree(tiny, project)
    data = project / "data" / "shop"
    lost = lines(data / "img_paths.txt")[3]
    (project / "img" / "shop" / lost).write_bytes(b"")
    done = run("03_extract_features.py", project)
    assert lost in done.stderr and "empty file" in done.stderr
    rows = len(lines(data / "img_paths.txt"))
    assert rows == len(np.load(data / "features.npy")) == len(lines(data / "labels_true.txt"))
    assert rows == len(lines(data / "labels_pred.txt")) and lost in (data / "skipped.csv").read_text()
    run("04_cluster_som.py", project)


def test_features_are_made_anew_where_photos_network_or_settings_are_others(tiny, tmp_path):
    project = shutil.copytree(tiny, tmp_path / "again")
    features = project / "data" / "shop" / "features.npy"

    def again(*overrides):
        before = features.stat().st_mtime_ns
        told = run("03_extract_features.py", project, *(part for each in overrides for part in ("--set", each))).stdout
        assert (features.stat().st_mtime_ns == before) == ("wrote nothing: " in told)
        return features.stat().st_mtime_ns != before

    frozen = "TRAIN_DATASET=None"
    assert not again("NUM_CLUSTERS=3") and again("FLIP_AVERAGING=True") and again(frozen)
    (project / "img" / "shop" / lines(project / "data" / "shop" / "img_paths.txt")[0]).touch()
    assert again(frozen) and not again(frozen)
    # Photos that step 01 prepared in another way have the same names, and look different.
    run("01_img_preprocess.py", project, "--set", "BACKGROUND=grey")
    assert again(frozen, "BACKGROUND=grey")
    # Masks come from the same look at them, and tell more of each than is looked for by default.
    run("01_img_preprocess.py", project, "--set", "BACKGROUND=grey", "--set", "SAVE_MASKS=True")
    assert (project / "data" / "shop" / "masks").exists() and not again(frozen, "BACKGROUND=grey", "SAVE_MASKS=True")
    # Those that a person put there cannot be made again.
    np.save(features, np.eye(len(lines(features.with_name("img_paths.txt"))), dtype=np.float32))
    own = features.read_bytes()
    done = run("03_extract_features.py", project, "--set", frozen)
    kept = features.parent / "outdated" / "your_features" / "features.npy"
    assert kept.read_bytes() == own != features.read_bytes() and "yours is kept in" in done.stderr


def test_files_for_the_projector_are_made_of_the_features_there_are(tiny, tmp_path):
    project = new_project(tmp_path / "projector", BACKBONE=TINY, TRAIN_DATASET=None)
    data = project / "data" / "shop"
    for folder in ("img", "data"):
        shutil.copytree(tiny / folder / "shop", project / folder / "shop")
    run("03_extract_features.py", project)
    before = (data / "features.npy").stat().st_mtime_ns
    for wrote in ("features.tsv", "nothing: "):
        told = run("03_extract_features.py", project, "--set", "FEATURES_TSV=True").stdout
        assert wrote in told and (data / "features.npy").stat().st_mtime_ns == before
        assert len(lines(data / "features.tsv")) == len(lines(data / "img_paths.txt"))
    write_lines(data / "labels_true.txt", ["boot"] * len(lines(data / "img_paths.txt")))
    assert "features.tsv" in run("03_extract_features.py", project, "--set", "FEATURES_TSV=True").stdout
    assert {line.split("\t")[1] for line in lines(data / "metadata.tsv")} == {"label", "boot"}
    # Those of other features do not stay beside new ones, which are on record even where the files cannot be written.
    (data / "sprite.png").unlink()
    (data / "sprite.png").mkdir()
    other = ("--set", "RANDOM_SEED=1")
    assert "sprite.png" in run("03_extract_features.py", project, *other, "--set", "FEATURES_TSV=True", check=2).stderr
    (data / "sprite.png").rmdir()
    assert "wrote nothing: " in run("03_extract_features.py", project, *other).stdout
    run("03_extract_features.py", project)
    assert not (data / "features.tsv").exists()


def test_steps_say_which_step_comes_first(tmp_path):
    project = new_project(tmp_path / "empty", TRAIN_DATASET=None)
    for script, first in (("03_extract_features.py", "00_make_labels_true.py"),
                          ("04_cluster_som.py", "00_make_labels_true.py"), ("05_evaluate.py", "04_cluster_som.py"),
                          ("06_visualize.py", "04_cluster_som.py")):
        assert first in run(script, project, check=2).stderr
    new_project(project, TRAIN_DATASET="elsewhere")
    told = run("02_finetune_network.py", project, check=2).stderr
    assert "00_make_labels_true.py" in told and "--set DATASET=elsewhere" in told


def test_help_and_wrong_settings_answer_without_tensorflow(tmp_path):
    project = new_project(tmp_path / "settings")
    scripts = sorted(map(str, ROOT.glob("0[0-6]_*.py")))
    arguments = ["x", "--set", "BATCH_SIZ=3", "--config", str(project / "config.py")]
    code = f"import runpy, sys; sys.argv = {arguments!r}\n" \
           f"for script in {scripts!r}:\n" \
           "    try: runpy.run_path(script, run_name='__main__')\n" \
           "    except SystemExit as e: print(e.code, 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines() == ["2 False"] * 7 and done.stderr.count("did you mean BATCH_SIZE") == 7
    assert "no such file" in run("00_make_labels_true.py", tmp_path / "nowhere", check=2).stderr


def test_changed_settings_are_warned_about(finished, tmp_path):
    project = tmp_path / "changed"
    shutil.copytree(finished[0], project)
    done = run("05_evaluate.py", project, "--set", "NUM_CLUSTERS=2")
    assert "step 04 ran under other settings" in done.stderr and "NUM_CLUSTERS" in done.stderr
    assert json.loads((project / "data" / "shop" / "made_by_04.json").read_text())["settings"]["NUM_CLUSTERS"] is None


def known_and_new(tmp_path, *, known_at=0.0):
    """A project whose shop and shop_train have features of six clouds of 20 photos each; returns its folder."""
    project, rng = new_project(tmp_path / "mine"), np.random.default_rng(0)
    for name, centre in (("shop", 0.0), ("shop_train", known_at)):
        folder, clouds = project / "data" / name, np.repeat(np.arange(6), 20)
        folder.mkdir(parents=True)
        features = centre + rng.standard_normal((6, 24))[clouds] * 0.5 + 0.1 * rng.standard_normal((120, 24))
        np.save(folder / "features.npy", features.astype(np.float32))
        (folder / "img_paths.txt").write_text("".join(f"{row:03}.jpg\n" for row in range(120)))
        (folder / "labels_true.txt").write_text("".join(f"{row // 20}\n" for row in range(120)))
    return project


def test_corrections_are_said_to_be_that(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    run("04_cluster_som.py", project)
    before, interval = (read_json(data / "cluster_count.json")[name] for name in ("num_clusters", "interval"))
    (data / "corrections.csv").write_text("action,file,cluster,value\nsplit,000.jpg,0,new-1\nmove,gone.jpg,0,1\n")
    done = run("04_cluster_som.py", project)
    low, high = interval
    assert (f"1 correction applied (1 photo changed cluster): {before + 1} clusters (estimated before: {before}, "
            f"likely {low} to {high})" in done.stdout)
    assert "line 3 (gone.jpg)" in done.stderr
    count = read_json(data / "cluster_count.json")
    assert (count["num_clusters"], count["interval"], count["corrected_from"]) == (before + 1, [low, high], before)
    scores = run("05_evaluate.py", project).stdout
    assert re.search(rf"^  Number of clusters +{before + 1}$", scores, re.M) and "estimated" not in scores
    # Who made these features, and from which photos, is not known.
    assert "Network" not in scores


def test_a_dataset_without_photos_is_named(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    for name in ("img_paths.txt", "labels_true.txt"):
        (data / name).write_text("")
    np.save(data / "features.npy", np.empty((0, 24), np.float32))
    assert "img_paths.txt lists no photos" in run("04_cluster_som.py", project, check=2).stderr


def test_clusters_half_written_are_said_to_be(tmp_path, monkeypatch):
    project = known_and_new(tmp_path)
    run("04_cluster_som.py", project)
    with monkeypatch.context() as patched:
        # As labels_pred is written, and the table of clusters is not.
        patched.setattr("imgcluster.clusters.cluster_results.cluster_table", mock.Mock(side_effect=KeyboardInterrupt))
        run("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=2", check=130)
    assert "step 04 was interrupted: its files are not all of one run" in run("05_evaluate.py", project).stderr
    run("04_cluster_som.py", project)
    assert "interrupted" not in run("05_evaluate.py", project).stderr


def test_what_a_killed_run_left_in_another_dataset_is_finished_before_it_is_read(tmp_path):
    project = known_and_new(tmp_path)
    known = project / "data" / "shop_train"
    names, features, stage = lines(known / "img_paths.txt"), np.load(known / "features.npy"), stage_folder(known)
    # As one leaves it that was killed after it had prepared the files without the last photo.
    for name, content in (("img_paths.txt", names), ("labels_true.txt", lines(known / "labels_true.txt"))):
        write_lines(stage / name, content[:-1])
    np.save(stage / "features.npy", features[:-1])
    write_json(stage / "ready.json", {"files": [path.name for path in stage.iterdir()], "outdated": []})
    assert "6 labelled products of about" in run("04_cluster_som.py", project).stdout
    assert lines(known / "img_paths.txt") == names[:-1] and len(np.load(known / "features.npy")) == 119
    assert not stage.exists()


def test_corrections_stay_when_photos_leave_and_come(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    names, features = lines(data / "img_paths.txt"), np.load(data / "features.npy")

    def clustered(rows, *arguments):
        """{photo: cluster, as text} of these rows by step 04, and what was said."""
        (data / "img_paths.txt").write_text("".join(f"{names[row]}\n" for row in rows))
        np.save(data / "features.npy", features[rows])
        done = run("04_cluster_som.py", project, *arguments)
        return dict(zip(lines(data / "img_paths.txt"), lines(data / "labels_pred.txt"))), done.stdout + done.stderr

    def with_cluster(labels, photo):
        return {file for file, cluster in labels.items() if cluster == labels[photo]}

    found, _ = clustered(range(100))
    first, second, third = (with_cluster(found, f"{row:03}.jpg") for row in (0, 20, 40))
    assert len({*map(frozenset, (first, second, third))}) == 3
    (data / "corrections.csv").write_text(
        f"action,file,cluster,value\nmerge,,{found['020.jpg']},{found['000.jpg']}\nname,,{found['000.jpg']},boots\n"
        f"split,041.jpg,{found['040.jpg']},new-1\nsplit,042.jpg,{found['040.jpg']},new-1\nname,,new-1,hats\n"
        f"move,043.jpg,{found['040.jpg']},-1\n")
    saved = (data / "corrections.csv").read_text()
    for rows, options in (([*range(2, 40), *range(41, 100)], ()), (range(5, 120), ()),
                          (range(1, 118), ("--set", "NUM_CLUSTERS=4")), (range(110), ("--set", "NUM_CLUSTERS=11"))):
        for _ in range(2):
            labels, said = clustered(rows, *options)
            assert "6 corrections of clusters found before, carried over: 3 clusters stay as you left them" in said
            assert "aside" not in said
            there = {names[row] for row in rows}
            assert with_cluster(labels, "006.jpg") & {*names[:100]} == (first | second) & there
            assert with_cluster(labels, "041.jpg") & {*names[:100]} == {"041.jpg", "042.jpg"} & there
            assert with_cluster(labels, "045.jpg") & {*names[:100]} == third - {"041.jpg", "042.jpg", "043.jpg"} & there
            assert labels["043.jpg"] == "-1"
            assert {*lines(data / "cluster_names.csv")} == {"cluster,name", f"{labels['006.jpg']},boots",
                                                           f"{labels['041.jpg']},hats"}
        kept = (data / "corrections.csv").read_text()
        assert kept.splitlines()[1].startswith(saved.splitlines()[1]) and kept.count("\n") == saved.count("\n")
    (data / "corrections.csv").unlink()
    assert "carried" not in clustered(range(100))[1] and not (data / "cluster_names.csv").exists()


def test_a_report_of_earlier_clusters_may_be_corrected_and_saved_later(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    names, features = lines(data / "img_paths.txt"), np.load(data / "features.npy")

    def clustered(rows):
        """({photo: cluster, as text} of these rows by step 04, the id of the clustering, what was said)."""
        (data / "img_paths.txt").write_text("".join(f"{names[row]}\n" for row in rows))
        np.save(data / "features.npy", features[rows])
        done = run("04_cluster_som.py", project)
        labels = dict(zip(lines(data / "img_paths.txt"), lines(data / "labels_pred.txt")))
        return labels, read_json(data / "cluster_count.json")["clustering_id"], done.stdout + done.stderr

    def save(*corrections):
        (data / "corrections.csv").write_text("".join(f"{line}\n" for line in (
            "action,file,cluster,value,clustering", *corrections)))

    first, earlier, _ = clustered(range(80))
    before = [f"split,001.jpg,{first['001.jpg']},new-1,{earlier}", f"name,,new-1,one,{earlier}"]
    save(*before)
    clustered(range(80))
    second, later, said = clustered(range(120))
    assert "2 corrections of clusters found before" in said and later != earlier
    # The page of the earlier clusters is still open: what it saves begins with the corrections that it was made with.
    split_off = max(map(int, first.values())) + 1
    more = [f"merge,,{first['045.jpg']},{first['065.jpg']},{earlier}",
            f"move,002.jpg,{first['002.jpg']},{split_off},{earlier}"]
    save(*before, *more)
    for _ in range(2):
        labels, _, said = clustered(range(120))
        assert "4 corrections of clusters found before, carried over" in said and "warning" not in said
        assert labels["001.jpg"] == labels["002.jpg"] != labels["003.jpg"] and labels["045.jpg"] == labels["065.jpg"]
    # So it is beside corrections of the later ones.
    save(*before, *more, f"name,,{labels['001.jpg']},two,{later}", f"split,119.jpg,{labels['119.jpg']},new-1,{later}")
    labels, _, said = clustered(range(120))
    assert "6 corrections applied" in said and "4 corrections of clusters found before" in said
    assert lines(data / "cluster_names.csv")[1:] == [f"{labels['001.jpg']},two"]
    assert labels["119.jpg"] != labels["118.jpg"]
    # Those of the later ones are not lost where the page, which does not know of them, saves once more.
    save(*before, *more)
    assert "gone from corrections.csv since the last run: 2 corrections" in clustered(range(120))[2]
    assert f"name,,{labels['001.jpg']},two,{later}" in lines(data / "outdated" / "corrections.csv")


def test_photos_placed_in_earlier_clusters_keep_their_names(tmp_path):
    project = known_and_new(tmp_path)
    first, second = project / "data" / "shop", project / "data" / "next"
    run("04_cluster_som.py", project)
    shutil.copytree(first, second)
    (first / "corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\nmerge,,1,0\n")
    run("04_cluster_som.py", project)
    done = run("04_cluster_som.py", project, "--set", "DATASET=next", "--set", "ASSIGN_TO=shop")
    assert " of 120 photos placed in " in done.stdout
    assert lines(second / "cluster_names.csv") == ["cluster,name", "0,boots"]
    count, placed = read_json(second / "cluster_count.json"), set(np.load(second / "labels_pred.npy")) - {-1}
    products, before = pd.read_csv(second / "products.csv"), np.load(first / "labels_pred.npy")
    assert products["name"].tolist()[0] == "boots" and set(products["cluster"]) == {*before} - {1} | placed
    assert products["photos in shop"].sum() == len(before) and products["apart"].notna().any()
    assert (count["num_clusters"], count["interval"]) == (len(placed), [len(placed)] * 2) and 1 not in placed
    changed = "the clusters of shop or their names have changed since step 04 placed these photos in them"
    score = ("05_evaluate.py", project, "--set", "DATASET=next", "--set", "ASSIGN_TO=shop")
    assert changed not in run(*score).stderr
    (first / "corrections.csv").unlink()
    run("04_cluster_som.py", project)
    assert changed in run(*score).stderr


def test_a_forgotten_week_is_told_and_what_a_run_goes_on_with_is_not(tmp_path):
    project = known_and_new(tmp_path)
    run("04_cluster_som.py", project)
    shutil.copytree(project / "data" / "shop", project / "data" / "week 2")
    alone, placed = ("--set", "DATASET=week 2"), ("--set", "DATASET=week 2", "--set", "ASSIGN_TO='shop'")
    assert "placed" not in run("04_cluster_som.py", project, *alone).stderr
    run("04_cluster_som.py", project, *placed)
    (project / "data/shop/corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\n")
    only = ("--from", "04", "--to", "04")
    assert "--from 04 --and-later" in run("run_all.py", project, *only).stdout
    (project / "data/shop/corrections.csv").write_text("action,file,cluster,value\nname,,0,bags\n")
    assert "--and-later" not in run("run_all.py", project, *only, "--and-later").stdout
    said = run("04_cluster_som.py", project, *alone).stderr
    assert "these photos were placed in the clusters of 'shop' last time; ASSIGN_TO is None now" in said
    assert '--from 04 --config' in said and '--set "DATASET=week 2" --set ASSIGN_TO=shop' in said
    assert "last time" not in run("04_cluster_som.py", project, *alone).stderr


def test_a_line_from_an_earlier_report_is_not_taken_for_one_about_the_clusters_found_since(tmp_path):
    project, line = known_and_new(tmp_path), "name,,5,soy,"
    data, reported = project / "data" / "shop", project / "result" / "shop" / "report.html"
    (project / "raw_img" / "shop").mkdir(parents=True, exist_ok=True)
    run("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=10")
    run("06_visualize.py", project)
    own = read_json(data / "cluster_count.json")["clustering_id"]
    assert reported.exists() and read_json(data / "made_by_06.json")["clustering_id"] == own
    tried = ("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=6")
    run(*tried)
    (data / "corrections.csv").write_text(f"action,file,cluster,value,clustering\n{line}\n")
    before = files_of(data)
    refused = run("run_all.py", project, "--from", "04", check=2)
    assert "line 2 does not say" in refused.stderr and f"\n  {own}  " in refused.stderr and files_of(data) == before
    for refused in (run(*tried, check=2), run("06_visualize.py", project, check=2)):
        assert "line 2 does not say" in refused.stderr
    (data / "corrections.csv").write_text(f"action,file,cluster,value,clustering\n{line}{own}\n")
    assert "1 correction of clusters found before" in run(*tried).stdout


def test_a_product_that_was_new_last_week_is_found_this_week(tmp_path):
    project, rng = new_project(tmp_path / "weeks", TRAIN_DATASET=None, LABELS_FROM=None), np.random.default_rng(0)
    centres = rng.standard_normal((8, 24))
    for name, products in (("week1", range(6)), ("week2", (0, 1, 6)), ("week3", (0, 3, 6, 7))):
        data, photos = project / "data" / name, project / "raw_img" / name
        data.mkdir(parents=True)
        photos.mkdir(parents=True)
        files = [f"{product}_{number}.png" for product in products for number in range(12)]
        spread = 0.2 * rng.standard_normal((len(files), 24))
        np.save(data / "features.npy", (np.repeat(centres[[*products]], 12, axis=0) + spread).astype(np.float32))
        (data / "img_paths.txt").write_text("".join(f"{file}\n" for file in files))
        (data / "labels_true.txt").write_text("".join(f"{file[0]}\n" for file in files))
        for file in files:
            cv2.imwrite(str(photos / file), np.full((8, 8, 3), 30 * int(file[0]), np.uint8))
    run("04_cluster_som.py", project, "--set", "DATASET=week1", "--set", "NUM_CLUSTERS=6")
    second = ("--set", "DATASET=week2", "--set", "ASSIGN_TO=week1", "--from", "04")
    run("run_all.py", project, *second, "--to", "04")
    new = "".join(f"split,6_{number}.png,-1,new-1\n" for number in range(12))
    (project / "data/week2/corrections.csv").write_text(f"action,file,cluster,value\n{new}name,,new-1,boots\n")
    run("run_all.py", project, *second, "--to", "04")
    third = ("--set", "DATASET=week3", "--set", "ASSIGN_TO=week2", "--from", "04")
    done = run("run_all.py", project, *third)
    assert "clusters of week2 and week1; " in done.stdout and "warning: week" not in done.stderr
    data = project / "data" / "week3"
    clusters = np.load(data / "labels_pred.npy").reshape(4, 12)
    assert ((clusters[2] == 6) | (clusters[2] == -1)).all() and (clusters[2] == 6).mean() > 0.5
    assert (clusters[3] == -1).all() and lines(data / "cluster_names.csv") == ["cluster,name", "6,boots"]
    metrics = read_json(data / "metrics.json")
    assert metrics["known_in_own_cluster"] > 0.6 and metrics["new_in_no_cluster"] == 1
    assert metrics["known_in_own_cluster"] + metrics["known_in_no_cluster"] == pytest.approx(1)
    report = (project / "result/week3/report.html").read_text()
    assert "<strong>week2 and week1</strong>" in report and '"week2: 6_' in report and '"week1: 3_' in report
    # One cluster more in the first week: the second is to be placed anew, and no step is taken before.
    (project / "data/week1/corrections.csv").write_text("action,file,cluster,value\nsplit,0_0.png,,new-1\n")
    run("04_cluster_som.py", project, "--set", "DATASET=week1", "--set", "NUM_CLUSTERS=6")
    assert "again for week2 (with ASSIGN_TO = 'week1')" in run("run_all.py", project, *third, check=2).stderr
    run("run_all.py", project, *second, "--to", "04")
    run("run_all.py", project, *third, "--to", "04")
    assert lines(data / "cluster_names.csv") == ["cluster,name", "7,boots"]


def test_corrections_of_placed_photos_hold_whatever_becomes_of_the_earlier_clusters(tmp_path):
    project = known_and_new(tmp_path)
    first, second = project / "data" / "shop", project / "data" / "next"
    run("04_cluster_som.py", project)
    shutil.copytree(first, second)
    place = ("04_cluster_som.py", project, "--set", "DATASET=next", "--set", "ASSIGN_TO=shop")
    run(*place)
    (second / "corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\nmerge,,1,0\n")
    np.save(second / "features.npy", np.load(second / "features.npy")[:-1])
    (second / "img_paths.txt").write_text("".join(f"{name}\n" for name in lines(second / "img_paths.txt")[:-1]))
    assert "2 corrections applied" in run(*place).stdout
    (first / "corrections.csv").write_text("action,file,cluster,value\nsplit,000.jpg,,new-1\n")
    run("04_cluster_som.py", project)
    assert "2 corrections applied" in run(*place).stdout
    run("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=3")
    done = run(*place)
    assert "2 corrections of clusters found before, carried over: 1 cluster stays as you left it" in done.stdout
    assert "boots" in (second / "cluster_names.csv").read_text() and "left aside" not in done.stderr


def test_known_products_of_another_kind_do_not_set_the_count(tmp_path):
    project = known_and_new(tmp_path, known_at=4.0)
    done = run("04_cluster_som.py", project)
    assert "shop_train shows another kind of product" in done.stdout
    assert read_json(project / "data/shop/cluster_count.json")["calibrated"] is False
    done = run("04_cluster_som.py", project, "--set", "CALIBRATION_DATASET=shop_train")
    assert "may be far off" in done.stdout + done.stderr
    assert read_json(project / "data/shop/cluster_count.json")["calibrated"] is True


def test_a_network_trained_on_the_known_products_is_not_asked_how_varied_they_are(tmp_path):
    project = known_and_new(tmp_path)
    for name in ("shop", "shop_train"):
        folder = project / "data" / name
        features = np.load(folder / "features.npy")
        np.save(folder / "features_before.npy", features.astype(np.float16))
        if name == "shop_train":  # taught: photos of a model look all alike
            noise = np.random.default_rng(0).normal(scale=1e-3, size=features.shape).astype(np.float32)
            features = np.repeat(features[::20], 20, axis=0) + noise
            np.save(folder / "features.npy", features)
        (folder / "made_by_03.json").write_text('{"trained_on": "shop_train", "network_file": "a"}')
    run("04_cluster_som.py", project)
    method = read_json(project / "data/shop/cluster_count.json")["method"]
    (project / "data/shop_train/features_before.npy").unlink()
    run("04_cluster_som.py", project)
    by_variety = [float(re.search("by variety ([0-9.]+)", text)[1])
                  for text in (method, read_json(project / "data/shop/cluster_count.json")["method"])]
    assert 5 < by_variety[0] < 7 < by_variety[1]


def test_copies_that_step_01_found_have_no_say_in_the_number_of_clusters(tmp_path):
    project = known_and_new(tmp_path)
    data, alone = project / "data" / "shop", ("--set", "CALIBRATION_DATASET=None")
    paths, features = (data / "img_paths.txt").read_text().split(), np.load(data / "features.npy")
    run("04_cluster_som.py", project, *alone)
    before, labels = read_json(data / "cluster_count.json"), (data / "labels_pred.txt").read_text().split()
    noise = np.random.default_rng(0).normal(scale=1e-4, size=(200, features.shape[1])).astype(np.float32)
    np.save(data / "features.npy", np.concatenate([features, np.repeat(features[:5], 40, axis=0) + noise]))
    copies = [f"copy-{number}.jpg" for number in range(200)]
    (data / "img_paths.txt").write_text("\n".join(paths + copies) + "\n")
    (data / "duplicates.csv").write_text("file,kept\n" + "".join(
        f"{copy},{paths[number // 40]}\n" for number, copy in enumerate(copies)))
    done = run("04_cluster_som.py", project, *alone)
    after, placed = read_json(data / "cluster_count.json"), (data / "labels_pred.txt").read_text().split()
    assert "200 copies of other photos had no say in the number of clusters" in done.stdout
    assert [after[key] for key in ("num_clusters", "method")] == [before[key] for key in ("num_clusters", "method")]
    assert adjusted_rand_score(labels, placed[:120]) == 1
    assert placed[120:] == [placed[number // 40] for number in range(200)]
    for given in ("NUM_CLUSTERS=300", "NUM_IMGS_PER_MODEL=20"):  # of all photos
        assert "had no say" not in run("04_cluster_som.py", project, *alone, "--set", given).stdout


def test_features_of_ones_own_are_not_taken_for_those_whose_record_they_lie_beside(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    alone = ("--set", "CALIBRATION_DATASET=None")
    run("04_cluster_som.py", project, *alone)
    expected = [(data / name).read_bytes() for name in ("labels_pred.txt", "cluster_count.json")]
    np.save(data / "features_before.npy", np.zeros((120, 5), np.float16))
    (data / "made_by_03.json").write_text('{"trained_on": "shop_train", "features": "another file", "settings": {}}')
    done = run("04_cluster_som.py", project, *alone)
    assert "features.npy is not the file that step 03 wrote" in done.stderr
    assert [(data / name).read_bytes() for name in ("labels_pred.txt", "cluster_count.json")] == expected


def test_known_products_far_from_what_the_photos_suggest_are_warned_about(tmp_path):
    done = run("04_cluster_som.py", known_and_new(tmp_path / "alike"))
    assert "the photos alone" not in done.stderr
    project = known_and_new(tmp_path / "finer")
    finer = np.repeat(np.arange(45), [1, 1, 6] * 15)  # unequal numbers of photos, so that nobody picked them
    (project / "data/shop_train/labels_true.txt").write_text("".join(f"{label}\n" for label in finer))
    done = run("04_cluster_som.py", project, "--set", "CALIBRATION_DATASET=shop_train")
    count = read_json(project / "data/shop/cluster_count.json")
    assert count["num_clusters"] > 4 * count["blind_count"]
    assert f"the photos alone {count['blind_count']}" in done.stderr
