"""Settings: folders, processes, and which datasets and labels are meant; paths count from the config file."""
import os
import sys
from pathlib import Path

import pytest
from configured import PATH_TEMPLATES, ROOT, write_config

from imgcluster import sample
from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.settings import SAMPLES, Settings
from imgcluster.configuring.step_options import label_options, network_options
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.records import write_record
from imgcluster.errors import UserError


@pytest.mark.parametrize("platform, own, every_core", [("win32", 61, 61), ("linux", 100, 128)])
def test_processes_are_as_many_as_the_system_can_wait_for(monkeypatch, platform, own, every_core):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(128), raising=False)
    assert [Settings(NUM_WORKERS=number).workers for number in (8, 100, None)] == [8, own, every_core]


@pytest.mark.parametrize("overrides, named, labels", [
    (["DATASET=shoes"], "shoes", False), (["DATASET=week2", "ASSIGN_TO=shoes"], "shoes", False),
    (["DATASET=sample"], "sample_train", True), (["DATASET=sample_train"], "sample_train", True),
    (["DATASET=shoes", "TRAIN_DATASET=shoes"], "shoes", True), (["DATASET=shoes", "TRAIN_DATASET=None"], None, True),
    (["DATASET=shoes", "TRAIN_DATASET=known", "ASSIGN_TO=week1"], "known", True)])
def test_auto_adapts_to_the_photos_themselves_without_their_labels(overrides, named, labels):
    settings = load_settings(None, overrides, root=ROOT)
    assert (settings.train_dataset, settings.learns_labels) == (named, labels)
    assert of_step(settings, "03")["TRAIN_DATASET"] == named
    # The same seen from the dataset that the network is adapted to.
    if named:
        source = settings.for_dataset(named)
        assert (source.train_dataset, source.learns_labels) == (named, labels)
        assert of_step(source, "02") == of_step(settings, "02")
        assert network_options(settings)["train_dir"] == ROOT / "data" / named


@pytest.mark.parametrize("noted, trained", [
    ({"TRAIN_DATASET": "market"}, "market"), ({"TRAIN_DATASET": "sample_train"}, "sample_train"), ({}, "week2"),
    ({"TRAIN_DATASET": None}, None)])
def test_auto_takes_the_network_that_made_the_features_of_the_photos_clustered_before(tmp_path, noted, trained):
    write_record(tmp_path / "data" / "week2", "03", settings=noted, outputs=[])
    # A network that week 2 was fitted with once is not that of its features where these were made by another since.
    (tmp_path / "data" / "week2" / "network.keras").touch()
    settings = load_settings(None, ["DATASET=week3", "ASSIGN_TO=week2"], root=tmp_path)
    assert settings.train_dataset == settings.for_dataset("week2").train_dataset == trained
    assert network_options(settings)["train_dir"] == (trained and tmp_path / "data" / trained)
    assert not settings.learns_labels  # nothing is trained anew


@pytest.mark.parametrize("overrides, known", [
    ([], None), (["TRAIN_DATASET=known"], "known"), (["TRAIN_DATASET=None"], None),
    (["TRAIN_DATASET=known", "CALIBRATION_DATASET=other"], "other"), (["CALIBRATION_DATASET=shoes"], "shoes"),
    (["TRAIN_DATASET=known", "CALIBRATION_DATASET=None"], None), (["DATASET=sample"], "sample_train"),
    (["TRAIN_DATASET=known", "NUM_CLUSTERS=4"], None), (["TRAIN_DATASET=known", "NUM_IMGS_PER_MODEL=9"], None),
    (["CALIBRATION_DATASET=other", "NUM_CLUSTERS=4"], "other")])
def test_known_products_are_those_of_the_training_set_unless_named_or_not_needed(overrides, known):
    assert load_settings(None, ["DATASET=shoes", *overrides], root=ROOT).known_dataset == known


@pytest.mark.parametrize("overrides, trained", [
    ([], None), (["TRAIN_DATASET=boots"], "boots"), (["DATASET=sample"], "sample_train"),
    (["ASSIGN_TO=week1"], "week1"), (["CALIBRATION_DATASET=None"], "shoes")])
def test_auto_trains_on_nothing_where_known_products_need_the_same_network(overrides, trained):
    settings = load_settings(None, ["DATASET=shoes", "CALIBRATION_DATASET=known", *overrides], root=ROOT)
    assert settings.train_dataset == trained
    if trained != "week1":
        assert settings.for_dataset("known").train_dataset == trained


@pytest.mark.parametrize("dataset, overrides, setting", [
    ("known", ["TRAIN_LABELS_FROM=folder"], "TRAIN_LABELS_FROM"), ("known", [], "LABELS_FROM"),
    ("shoes", ["TRAIN_LABELS_FROM=folder"], "LABELS_FROM")])
def test_the_setting_that_says_where_labels_are_is_known_by_name(dataset, overrides, setting):
    settings = load_settings(None, [f"DATASET={dataset}", "CALIBRATION_DATASET=known", *overrides], root=ROOT)
    assert settings.labels_setting == setting and settings.labels_from == getattr(settings, setting)


def test_relative_paths_count_from_the_config_file(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    config = write_config(tmp_path / "project", "DATASET = 'shoes'\nIMG_DIR = '/big/{DATASET}'\nBACKBONE = 'VGG16'\n"
                                                "WEIGHTS = '../w.h5'\nLABELS_FROM = '{DATASET}.csv'\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    for settings in (load_settings(config), load_settings("../project/config.py"), load_settings(root=config.parent)):
        assert settings.folder("DATA_DIR") == tmp_path / "project/data/shoes"
        assert settings.folder("IMG_DIR") == Path("/big/shoes")
        assert settings.weights() == tmp_path / "w.h5"
        assert label_options(settings)["csv_path"] == tmp_path / "project/shoes.csv"


@pytest.mark.parametrize("dataset, expected", [
    ("shoes", "folder"), ("boots", "{DATASET}.csv"), ("bags", "{DATASET}.csv")])
def test_photos_to_learn_from_may_have_their_labels_elsewhere(tmp_path, dataset, expected):
    config = write_config(tmp_path, "DATASET = 'shoes'\nTRAIN_DATASET = 'boots'\nCALIBRATION_DATASET = 'bags'\n"
                                    "LABELS_FROM = 'folder'\nTRAIN_LABELS_FROM = '{DATASET}.csv'\n")
    settings = load_settings(config).for_dataset(dataset)
    assert settings.labels_from == of_step(settings, "00")["LABELS_FROM"] == expected
    csv_path = label_options(settings)["csv_path"]
    assert csv_path == (None if dataset == "shoes" else tmp_path / f"{dataset}.csv")
    assert load_settings(config, ["TRAIN_LABELS_FROM=None"]).for_dataset("boots").labels_from == "folder"


def test_the_home_folder_may_be_written_with_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    assert load_settings(None, ["DATA_DIR=~/{DATASET}"], root=ROOT).folder("DATA_DIR") == Path("/home/someone/sample")


def test_another_dataset_lies_in_the_folders_of_the_same_templates(tmp_path):
    settings = load_settings(None, ["DATASET=shoes", "EPOCHS=3"], root=tmp_path)
    other = settings.for_dataset("bags")
    assert (other.DATASET, other.EPOCHS, settings.DATASET) == ("bags", 3, "shoes")
    for name in PATH_TEMPLATES:
        assert other.folder(name) == Path(str(settings.folder(name)).replace("shoes", "bags")) != settings.folder(name)
        assert other.folder(name).is_relative_to(tmp_path)


@pytest.mark.parametrize("template, there", [
    ("data/{DATASET}", ["data/boots", "data/week 2"]), ("runs/{DATASET}/data", ["runs/boots/data", "runs/week 2/data"]),
    ("x.{DATASET}-y", ["x.boots-y", "x.week 2-y"]), ("{DATASET}", ["boots", "week 2"]),
    ("a/{DATASET}/{DATASET}-{DATASET}", ["a/boots/boots-boots", "a/week 2/week 2-week 2"]), ("a/b", [])])
def test_the_datasets_there_are_are_told_by_their_folders(tmp_path, template, there):
    settings = load_settings(None, ["DATASET=shoes", f"DATA_DIR={template}"], root=tmp_path)
    assert settings.datasets() == {}
    for folder in (*there[::-1], "runs/empty", "xx.shoes-y", "a/shoes/boots-boots"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "notes.txt").touch()
    found = settings.datasets() if template != "{DATASET}" else {
        name: folder for name, folder in settings.datasets().items() if name in ("boots", "week 2")}
    assert list(found.items()) == list(zip(("boots", "week 2"), (tmp_path / folder for folder in there)))
    assert settings.for_dataset("boots").datasets() == settings.datasets()


@pytest.mark.parametrize("name", PATH_TEMPLATES)
def test_another_dataset_must_not_share_a_folder(name, tmp_path):
    settings = load_settings(None, ["DATASET=shoes", f"{name}=here"], root=tmp_path)
    with pytest.raises(UserError, match=f"{name} = 'here': has no {{DATASET}}"):
        settings.for_dataset("bags").folder(name)
    assert settings.for_dataset("shoes").folder(name) == tmp_path / "here"


def test_workers_are_counted_where_the_system_does_not_tell_the_allowed_cores(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    assert Settings().workers >= 1
    assert Settings(NUM_WORKERS=3).workers == 3


def test_every_sample_that_can_be_drawn_is_known_by_its_name():
    assert set(SAMPLES) == set(sample.SAMPLES)
