"""Which settings the files of a step depend on."""
import pytest
from configured import PATH_TEMPLATES, ROOT

from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.settings import Settings
from imgcluster.configuring.step_options import label_options
from imgcluster.configuring.step_settings import STEP_SETTINGS, in_vain, of_step

# Fields that no record needs: where things lie, how fast they are made, whether files are written beside the others.
# The seed is part of every step's record.
WITHOUT_EFFECT_ON_OUTPUTS = {"DATASET", *PATH_TEMPLATES, "NUM_WORKERS", "SAVE_MASKS", "FEATURES_TSV"}


def test_every_setting_that_changes_an_output_is_recorded():
    recorded = {name for names in STEP_SETTINGS.values() for name in names}
    assert recorded | WITHOUT_EFFECT_ON_OUTPUTS == set(Settings.model_fields)
    assert recorded & WITHOUT_EFFECT_ON_OUTPUTS == set()
    assert all(len(names) == len(set(names)) for names in STEP_SETTINGS.values())


def test_labels_that_are_there_for_scores_alone_are_no_matter_of_the_network():
    def recorded(*overrides):
        return of_step(load_settings(None, ["DATASET=shoes", *overrides], root=ROOT), "02")

    assert recorded("LABELS_FROM=folder") == recorded("LABELS_FROM=None")
    assert recorded("LABELS_FROM=folder", "TRAIN_DATASET=shoes") != recorded("LABELS_FROM=folder")
    settings = load_settings(None, ["DATASET=shoes", "LABELS_FROM=None", "TRAIN_LABELS_FROM=folder"], root=ROOT)
    assert settings.labels_from is None and label_options(settings)["labels_from"] is None


def test_where_photos_are_placed_in_earlier_clusters_those_alone_count():
    changed = ["NUM_CLUSTERS=8", "CALIBRATION_DATASET=None", "ALLOW_OUTLIERS=True", "SOM_GRID=(4, 6)", "SOM_EPOCHS=20"]

    def loaded(*overrides):
        return load_settings(None, ["DATASET=week2", *overrides], root=ROOT)

    assert in_vain(loaded(*changed), "04") == in_vain(loaded("ASSIGN_TO=week1"), "04") == []
    assert in_vain(loaded("ASSIGN_TO=week1", *changed), "04") == [
        "NUM_CLUSTERS", "CALIBRATION_DATASET", "ALLOW_OUTLIERS", "SOM_GRID"], "SOM_EPOCHS is the default"
    assert of_step(loaded("ASSIGN_TO=week1", *changed), "04") == of_step(loaded("ASSIGN_TO=week1"), "04")
    assert of_step(loaded(*changed), "04") != of_step(loaded(), "04")


@pytest.mark.parametrize("number, switch, idle", [
    ("02", "EPOCHS=0", ["LEARNING_RATE=1e-3", "LEARNING_RATE_SCHEDULE=step", "WEIGHT_AVERAGING=1.0", "AUGMENT_CROP=0"]),
    ("02", "HEAD_EPOCHS=0", ["HEAD_LEARNING_RATE=1e-3"]), ("02", "HOLDOUT_MODELS=0", ["TRAIN_ON_ALL=False"]),
    ("04", "NUM_CLUSTERS=8", ["NUM_IMGS_PER_MODEL=20"]), ("04", "ASSIGN_TO=week1", ["NUM_IMGS_PER_MODEL=20"])])
def test_what_another_setting_switches_off_makes_nothing_anew(number, switch, idle):
    def recorded(*overrides):
        return of_step(load_settings(None, ["DATASET=shoes", "TRAIN_DATASET=train", "LABELS_FROM=folder", *overrides],
                                     root=ROOT), number)

    for override in idle:
        assert recorded(switch, override) == recorded(switch) and recorded(override) != recorded(), override
