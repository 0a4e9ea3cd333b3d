"""The grid of trials: complete, drawn without repetition, and refused before any time is spent on it."""
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import search_settings  # noqa: E402

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.files import write_lines  # noqa: E402

GRID = ["LOSS=softmax,cosine", "EPOCHS=1,2,3"]


def test_every_value_is_tried_with_every_other():
    names, trials = search_settings.combinations(GRID, None, 0)
    assert names == ["LOSS", "EPOCHS"] and len(set(trials)) == len(trials) == 6
    assert ("cosine", "3") in trials


def test_values_in_brackets_may_hold_commas():
    names, trials = search_settings.combinations(["BACKBONE=MobileNetV2,['MobileNetV2','bundled'],bundled"], None, 0)
    assert trials == [("MobileNetV2",), ("['MobileNetV2','bundled']",), ("bundled",)]


def test_a_setting_that_is_there_twice_is_refused_and_spaces_make_no_other_value():
    with pytest.raises(UserError, match="--set EPOCHS=2: EPOCHS is there twice; give all its values in one --set"):
        search_settings.combinations(["EPOCHS=1", "EPOCHS=2"], None, 0)
    assert search_settings.combinations(["EPOCHS=1, 2"], None, 0)[1] == [("1",), ("2",)]


def test_draws_are_different_ones_of_the_grid():
    everything = search_settings.combinations(GRID, None, 0)[1]
    drawn = search_settings.combinations(GRID, 4, 1)[1]
    assert len(set(drawn)) == 4 and set(drawn) <= set(everything)
    assert drawn == search_settings.combinations(GRID, 4, 1)[1]
    assert len(search_settings.combinations(GRID, 99, 0)[1]) == 6


def test_what_cannot_be_tried_is_named_at_once(tmp_path):
    with pytest.raises(UserError, match="expected NAME=V1,V2"):
        search_settings.combinations(["LOSS"], None, 0)
    config = tmp_path / "config.py"
    config.write_text('TRAIN_DATASET = "known"\n')
    arguments = ["--config", str(config), "--out", str(tmp_path / "trials.csv")]
    with pytest.raises(UserError, match="LOSS = 'softmx'"):
        search_settings.main([*arguments, "--set", "LOSS=softmax,softmx"])
    with pytest.raises(UserError, match="HOLDOUT_MODELS = 0"):
        search_settings.main([*arguments, "--set", "HOLDOUT_MODELS=0"])
    with pytest.raises(UserError, match="--draws 0: at least 1"):
        search_settings.main([*arguments, "--set", "EPOCHS=1,2", "--draws", "0"])
    with pytest.raises(UserError, match="--set NUM_CLUSTERS: no setting of step 02"):
        search_settings.main([*arguments, "--set", "NUM_CLUSTERS=3,4"])
    for name in search_settings.INPUTS:
        write_lines(tmp_path / "data" / "known" / name, [])
    with pytest.raises(UserError, match="HOLDOUT_MODELS = 0"):
        search_settings.main([*arguments, "--set", "HOLDOUT_MODELS=0,0.2"])
    with pytest.raises(UserError, match="other.*00_make_labels_true.py"):
        search_settings.main([*arguments, "--set", "TRAIN_DATASET=other,known"])
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(UserError, match="00_make_labels_true.py"):
        search_settings.main([*arguments, "--set", "EPOCHS=1"])
    for name in ("auto", "None"):
        config.write_text(f"DATASET = 'shoes'\nTRAIN_DATASET = {name if name == 'None' else repr(name)}\n")
        with pytest.raises(UserError, match=f"TRAIN_DATASET = '?{name}'?: there is nothing to train on"):
            search_settings.main([*arguments, "--set", "EPOCHS=1"])


def test_a_table_of_trials_of_other_settings_is_named_before_any_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr(search_settings, "train", lambda *_: pytest.fail("a trial was run"))
    for name in search_settings.INPUTS:
        write_lines(tmp_path / "known" / name, [])
    columns = ["EPOCHS", "LOSS", "epoch", *search_settings.SCORES, "seconds"]
    write_lines(tmp_path / "trials.csv", [",".join(columns), "1,cosine,1,0.5,0.6,0.4,0.9,3"])
    config = tmp_path / "config.py"
    config.write_text(f'TRAIN_DATASET = "known"\nDATA_DIR = "{tmp_path}/{{DATASET}}"\n')
    arguments = ["--config", str(config), "--out", str(tmp_path / "trials.csv")]
    with pytest.raises(UserError, match="holds trials of EPOCHS, LOSS, these are of LEARNING_RATE; give them another"):
        search_settings.main([*arguments, "--set", "LEARNING_RATE=1e-4"])
    assert search_settings.main([*arguments, "--set", "LOSS=cosine", "--set", "EPOCHS=1"]) == 0
