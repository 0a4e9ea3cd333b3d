"""Settings as keyword arguments: all are used, and fit the functions they are for."""
import dataclasses
import inspect
import re
from types import SimpleNamespace

import pytest
from configured import PATH_TEMPLATES, ROOT

from imgcluster.configuring import step_options
from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.settings import Settings
from imgcluster.configuring.step_options import (
    augmentation_options,
    label_options,
    picture_options,
    recipe_options,
    regime_options,
)
from imgcluster.photos.labels import make_labels


def test_every_setting_is_used():
    seen = set()

    class Watched(Settings):
        def __getattribute__(self, name):
            seen.add(name)
            return super().__getattribute__(name)

    settings = Watched(DATASET="shoes")
    for name in PATH_TEMPLATES:
        settings.folder(name)
    assert settings.workers >= 1
    settings.weights()
    for _, options in inspect.getmembers(step_options, inspect.isfunction):
        if options.__module__ == step_options.__name__:
            options(settings)
    users = [path for path in (*ROOT.glob("0[0-9]_*.py"), *(ROOT / "imgcluster").rglob("*.py"))
             if path.parent.name != "configuring"]
    text = "".join(path.read_text(encoding="utf-8") for path in users)
    unused = [name for name in Settings.model_fields if name not in seen and not re.search(rf"\.{name}\b", text)]
    assert unused == []


@pytest.mark.parametrize("dataset", ["sample", "sample_train"])
@pytest.mark.parametrize("override", ["LABELS_FROM=folder", "LABEL_REGEX=^(..)", "LABELS_FROM=labels.csv"])
def test_the_labels_of_the_sample_are_in_its_names_whatever_is_set_for_other_photos(dataset, override):
    names = ["7000000201_58190490_0.jpg", "7000000202_69669672_1.jpg"]
    settings = load_settings(None, [f"DATASET={dataset}", override], root=ROOT)
    assert make_labels(names, **label_options(settings)) == ["7000000201", "7000000202"]
    unlabelled = load_settings(None, ["DATASET=sample", "LABELS_FROM=None"], root=ROOT)
    assert make_labels(names, **label_options(unlabelled)) is None


def test_each_setting_of_a_training_reaches_the_field_that_it_is_for():
    training = pytest.importorskip("imgcluster.training.training")
    names = SimpleNamespace(**{name: name for name in Settings.model_fields})
    renamed = {"schedule": "LEARNING_RATE_SCHEDULE", "patience": "EARLY_STOPPING_PATIENCE",
               "imgs_per_model": "IMGS_PER_MODEL_IN_BATCH", "versions": "AUGMENT_VERSIONS"}
    fields = {field.name for field in dataclasses.fields(training.Regime)} - {"augmentation"}
    assert regime_options(names) == {name: renamed.get(name, name.upper()) for name in fields}
    drawn = {field.name for field in dataclasses.fields(training.Augmentation)}
    assert augmentation_options(names) == {name: f"AUGMENT_{name.upper()}" for name in drawn}


def test_the_defaults_of_settings_and_of_a_training_are_the_same():
    training = pytest.importorskip("imgcluster.training.training")
    assert training.Regime(**regime_options(load_settings(root=ROOT))) == training.Regime()


def test_photos_are_prepared_and_seen_as_the_settings_say():
    settings = load_settings(None, ["BACKGROUND=white", "BACKGROUND_METHOD=contours", "CROP_TO_PRODUCT=False",
                                    "NORMALIZE_CONTRAST=True", "MAX_IMG_SIDE=99", "MAX_PIXELS=5_000_000",
                                    "SAVE_MASKS=True", "MAX_OBJECTS=1", "RESIZE_MODE=crop", "NUM_WORKERS=3"], root=ROOT)
    assert recipe_options(settings) == {"method": "contours", "fill": "white", "crop": False, "contrast": True,
                                        "max_side": 99, "max_pixels": 5_000_000, "save_masks": True,
                                        "every_mask": True}
    assert picture_options(settings) == {"mode": "crop", "max_pixels": 5_000_000, "workers": 3}
