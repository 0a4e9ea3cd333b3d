"""Settings as keyword arguments: all are used, and fit the functions they are for."""
import inspect
import re

import pytest
from configured import PATH_TEMPLATES, ROOT

from imgcluster.configuring import step_options
from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.settings import Settings
from imgcluster.configuring.step_options import augmentation_options, label_options, picture_options, regime_options
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


def test_options_fit_the_functions_they_are_for():
    training = pytest.importorskip("imgcluster.training.training")
    settings = load_settings(root=ROOT)
    augmentation = training.Augmentation(**augmentation_options(settings))
    regime = training.Regime(augmentation=augmentation, **regime_options(settings))
    assert (regime.head_epochs, regime.epochs, regime.schedule, regime.patience) == (40, 6, "cosine", 8)
    assert (augmentation.crop, augmentation.flip, augmentation.color) == (0.12, True, 0.15)
    assert picture_options(settings) == {"mode": "pad", "max_pixels": 200_000_000, "workers": settings.workers}
