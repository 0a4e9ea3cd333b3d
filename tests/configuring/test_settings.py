"""Settings: config.py and the checks agree, values are checked, paths count from the config file."""
import ast
import os
import sys
from pathlib import Path

import pytest
from configured import PATH_TEMPLATES, ROOT, problems_of, write_config
from pydantic import ValidationError

from imgcluster import sample
from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.settings import SAMPLES, Settings
from imgcluster.configuring.step_options import label_options, network_options
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.records import write_record
from imgcluster.errors import UserError

CONFIG = (ROOT / "config.py").read_text(encoding="utf-8")
CONSTANTS = [node for node in ast.parse(CONFIG).body if isinstance(node, ast.Assign)]


def test_config_holds_every_setting_with_its_default():
    values = {node.targets[0].id: ast.literal_eval(node.value) for node in CONSTANTS}
    assert values == {name: field.default for name, field in Settings.model_fields.items()}


def test_config_is_data_only():
    docstring, *statements = ast.parse(CONFIG).body
    assert isinstance(docstring, ast.Expr) and isinstance(docstring.value.value, str)
    assert len(statements) == len(CONSTANTS) == len(Settings.model_fields)


def test_every_constant_of_config_has_its_comment():
    lines, bare, commented = CONFIG.splitlines(), [], False
    assignments = {node.lineno: node for node in CONSTANTS}
    for number, line in enumerate(lines, start=1):
        if number in assignments:
            beside = lines[assignments[number].end_lineno - 1].partition("  #")[2].strip()
            if not commented and not beside:
                bare.append(line)
        else:
            commented = line.startswith("# ") and not line.startswith("# ---")
    assert bare == []


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


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        load_settings(root=ROOT).DATASET = "shoes"


@pytest.mark.parametrize("override, reason", [
    ("TRAIN_FRACTION=1", "less than 1"), ("TRAIN_FRACTION=0", "greater than 0"), ("AUGMENT_CROP=0.6", "0.5"),
    ("AUGMENT_FLIP=1", "write True or False"), ("NUM_CLUSTERS=0", "1"),
    ("NUM_CLUSTERS=2.5", "write a whole number or None"), ("BATCH_SIZE=x", "write a whole number"),
    ("BATCH_SIZE=None", "write a whole number"), ("DROPOUT=x", "write a number"),
    ("DATASET=2019", """write a text in quotes (--set "DATASET='text'")"""),
    ("WEIGHTS='None'", "write None without quotes"), ("AUGMENT_FLIP='False'", "write False without quotes"),
    ("BACKBONE=MobilNetV2", "did you mean MobileNetV2?"), ("BACKBONE=['auto', 'X']", "no such network as 'X'"),
    ("WEIGHTS=a.h5", "needs BACKBONE to name the network"), ("INPUT_SIZE=33", "set BACKBONE = 'bundled'"),
    ("SOM_GRID=(1,)", "write rows and columns such as (20, 20) or None"),
    ("DATASET=a/b", "folder name"),
    ("DATASET=''", "1 character"), ("RANDOM_SEED=-1", "0"), ("LABEL_REGEX=(", "not a regular expression"),
    ("LEARNING_RATE_SCHEDULE=linear", "'cosine', 'step' or 'plateau'"), ("EXPORT_CLUSTERS=True", "'copy' or 'link'"),
    ("SOM_GRID=20", "write rows and columns such as (20, 20) or None"), ("INPUT_SIZE=16", "32"),
    ("WEIGHTS=''", "1 character")])
def test_values_out_of_range_are_named(override, reason):
    [line] = problems_of(override, root=ROOT)
    assert line.startswith(f"{override.partition('=')[0]} = ") and reason in line


@pytest.mark.parametrize("fitting", [
    ["BACKBONE=hub:vit_base", "INPUT_SIZE=33"], ["BACKBONE=bundled", "INPUT_SIZE=32"], ["INPUT_SIZE=75"],
    ["BACKBONE=['VGG16', 'bundled']", "WEIGHTS=['a.h5', 'imagenet']"], ["BACKBONE=VGG16", "WEIGHTS=None"]])
def test_networks_and_what_goes_with_them_are_taken(fitting):
    load_settings(None, fitting, root=ROOT)


def test_a_hexagonal_torus_with_an_odd_number_of_columns_is_named():
    torus = ["SOM_TOPOLOGY=hexagonal", "SOM_TOROIDAL=True"]
    [line] = problems_of(*torus, "SOM_GRID=(4, 5)", root=ROOT)
    assert line.startswith("SOM_TOROIDAL = True: ") and "SOM_GRID = (4, 5) has 5; make it even" in line
    for fits in ([*torus, "SOM_GRID=(5, 4)"], torus, [*torus, "SOM_GRID=(5, 1)"], [*torus[:1], "SOM_GRID=(5, 5)"]):
        load_settings(None, fits, root=ROOT)


def test_photos_whitened_by_themselves_are_not_to_be_placed_among_others():
    [line] = problems_of("PCA_WHITENING=64", "ASSIGN_TO=shop", root=ROOT)
    assert line.startswith("ASSIGN_TO = ") and "PCA_WHITENING" in line


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


@pytest.mark.parametrize("name", [".", "..", "a/b", "a\\b", ""])
def test_a_dataset_is_a_folder_name_and_not_a_path(name, tmp_path):
    with pytest.raises(UserError, match="DATASET"):
        load_settings(overrides=[f"DATASET={name!r}"], root=tmp_path)


def test_an_unknown_placeholder_in_a_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"DATA_DIR.*\{NAME\}"):
        load_settings(overrides=["DATA_DIR=data/{NAME}"], root=tmp_path)


def test_every_sample_that_can_be_drawn_is_known_by_its_name():
    assert set(SAMPLES) == set(sample.SAMPLES)
