"""What later steps will need and do not find: said before the minutes that earlier ones take."""
import contextlib
from pathlib import Path

import numpy as np

from imgcluster.configuring.config_file import choose_dataset
from imgcluster.configuring.settings import SAMPLES
from imgcluster.configuring.step_options import each_network, label_options, network_options
from imgcluster.datafiles.artefacts import read_img_paths, read_labels_true
from imgcluster.errors import UserError
from imgcluster.photos.labels import make_labels
from imgcluster.wording import OWN_CLUSTERS, meant

OTHERS = ("TRAIN_DATASET", "CALIBRATION_DATASET", "ASSIGN_TO")
# What these may be besides names, as they are written.
WORDS = ("None", '"auto"')


def require_ahead(settings):
    """Raise a UserError of all that later steps would stop at: datasets named that are nowhere or wrong, missing
    weights files.

    settings: `settings.Settings`. Step 04 and those after it do without: features of one's own need none of it.
    """
    problems = [*_its_own_clusters(settings), *_missing_datasets(settings), *_missing_weights(settings)]
    if problems:
        raise UserError("\n".join(problems))


def _its_own_clusters(settings):
    if settings.ASSIGN_TO == settings.DATASET:
        yield f"ASSIGN_TO = {settings.ASSIGN_TO!r} {OWN_CLUSTERS}"


def _missing_datasets(settings):
    for setting in OTHERS:
        name = getattr(settings, setting)
        if name not in (None, "auto", *SAMPLES) and not _is_there(settings.for_dataset(name)):
            raw_dir = settings.for_dataset(name).folder("RAW_IMG_DIR")
            beside = [repr(other) for other in {**settings.datasets(), **settings.datasets("RAW_IMG_DIR")}]
            together = "" if setting == "ASSIGN_TO" else ", or run_all.py"
            yield (f"{setting} = {name!r}: there is no such dataset{meant(name, [*beside, *WORDS])}; correct "
                   f"the name, or put its photos into {raw_dir} and run the steps from "
                   f"00_make_labels_true.py on with {choose_dataset(name)}{together}")


def _is_there(source):
    return any(source.folder(kind).exists() for kind in ("DATA_DIR", "RAW_IMG_DIR"))


def _missing_weights(settings):
    """Weights files are needed until step 02 has made a network of them."""
    train_dir = network_options(settings)["train_dir"]
    if train_dir is not None and (train_dir / "network.keras").exists():
        return
    for path in dict.fromkeys(member["weights"] for member in each_network(settings)):
        if isinstance(path, Path) and not path.is_file():
            yield (f'WEIGHTS = {str(path)!r}: no such file; give the path of a weights file (.weights.h5 or .h5), '
                   '"imagenet" or None')


def labels_to_learn(source):
    """Return the true labels that step 02 learns, of the dataset of these settings; None where it is not to see any.

    Raises UserError where they are named, and step 00 has not made them.
    """
    if not source.learns_labels:
        return None
    data_dir = source.folder("DATA_DIR")
    labels = read_labels_true(data_dir)
    if labels is None and source.labels_from is not None:
        raise UserError(f"{data_dir / 'labels_true.txt'} is missing, though {source.labels_setting} = "
                        f"{source.labels_from!r}; run 00_make_labels_true.py with {choose_dataset(source.DATASET)}")
    return labels


def labels_changed(source):
    """Return whether the CSV file that holds the labels of the dataset of these settings has others by now."""
    data_dir, options = source.folder("DATA_DIR"), label_options(source)
    if options["csv_path"] is None or not options["csv_path"].exists():
        return False
    with contextlib.suppress(UserError):
        return not np.array_equal(make_labels(read_img_paths(data_dir), **options), read_labels_true(data_dir))
    return True  # step 00 says what is wrong with them


def nothing_learnt(source):
    """Return in words (why step 02 learns from no labels of the photos of TRAIN_DATASET, the remedy); source: the
    settings for it."""
    if not source.learns_labels:
        return ("no labelled products are named, so nothing is trained",
                "name a dataset of labelled photos in TRAIN_DATASET, if you have one")
    return (f"TRAIN_DATASET = {source.DATASET!r} has no true labels, so nothing is trained",
            "say in TRAIN_LABELS_FROM where they are, if you have any")
