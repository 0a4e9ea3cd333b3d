"""The schema: config.py and the checks agree, and values are checked."""
import ast

import pytest
from configured import ROOT, problems_of
from pydantic import ValidationError

from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.schema import Schema
from imgcluster.errors import UserError

CONFIG = (ROOT / "config.py").read_text(encoding="utf-8")
CONSTANTS = [node for node in ast.parse(CONFIG).body if isinstance(node, ast.Assign)]


def test_config_holds_every_setting_with_its_default():
    values = {node.targets[0].id: ast.literal_eval(node.value) for node in CONSTANTS}
    assert values == {name: field.default for name, field in Schema.model_fields.items()}


def test_config_is_data_only():
    docstring, *statements = ast.parse(CONFIG).body
    assert isinstance(docstring, ast.Expr) and isinstance(docstring.value.value, str)
    assert len(statements) == len(CONSTANTS) == len(Schema.model_fields)


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
    ("DATASET=''", "at least one character"), ("RANDOM_SEED=-1", "0"), ("LABEL_REGEX=(", "not a regular expression"),
    ("LEARNING_RATE_SCHEDULE=linear", "'cosine', 'step' or 'plateau'"), ("EXPORT_CLUSTERS=True", "'copy' or 'link'"),
    ("SOM_GRID=20", "write rows and columns such as (20, 20) or None"), ("INPUT_SIZE=16", "32"),
    ("WEIGHTS=''", "at least one character")])
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


@pytest.mark.parametrize("name", [".", "..", "a/b", "a\\b", ""])
def test_a_dataset_is_a_folder_name_and_not_a_path(name, tmp_path):
    with pytest.raises(UserError, match="DATASET"):
        load_settings(overrides=[f"DATASET={name!r}"], root=tmp_path)


def test_an_unknown_placeholder_in_a_folder_is_named(tmp_path):
    with pytest.raises(UserError, match=r"DATA_DIR.*\{NAME\}"):
        load_settings(overrides=["DATA_DIR=data/{NAME}"], root=tmp_path)
