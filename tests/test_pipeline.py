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

import keras
import numpy as np
import pandas as pd
import pytest
from project import TINY, WITH_TINY, files_of, lines, new_project, run, with_tiny
from scripts import ROOT, apart
from sklearn.metrics import adjusted_rand_score

from imgcluster.datafiles.feature_record import note_features
from imgcluster.datafiles.records import network_fingerprint
from imgcluster.extraction.kind import read_kind, write_kind
from imgcluster.files import read_json, write_lines
from imgcluster.sample import Catalogue, draw_sample


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


def test_every_file_and_column_is_explained(finished):
    data = finished[0] / "data"
    told = set(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "files.md").read_text(encoding="utf-8")))
    files = [path for folder in ("shop", "shop_train") for path in (data / folder).glob("[!.]*") if path.is_file()]
    terms = {path.name for path in files} | read_json(data / "shop" / "cluster_count.json").keys()
    terms |= {column for path in files if path.suffix == ".csv" for column in pd.read_csv(path).columns}
    assert len(terms) > 60
    kinds = ("made_by_", "level_", "val_", "holdout_", "labels_pred.", "labels_true.")  # of which not each is named
    assert not {term for term in terms - told if not term.startswith(kinds)}
    assert all(any(term.startswith(kind) for term in told) for kind in kinds)


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
    networks = {(folder / "data" / "shop_train" / "network.keras").read_bytes() for folder in (tiny, project)}
    assert len(networks) == 1


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


def test_killed_training_ends_with_the_same_history_and_network(tiny, tmp_path):
    project = tmp_path / "killed"
    shutil.copytree(tiny, project)
    data = project / "data" / "shop_train"
    whole, network = (data / "history.csv").read_bytes(), network_fingerprint(data / "network.keras")
    (data / "network.keras").unlink()
    (data / "history.csv").unlink()
    assert kill_when("02_finetune_network.py", project, (data / "training" / "1" / "state.json").exists)
    run("02_finetune_network.py", project)
    assert (data / "history.csv").read_bytes() == whole
    assert network_fingerprint(data / "network.keras") == network and not (data / "training").exists()


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
