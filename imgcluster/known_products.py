"""Labelled products that show what counts as one product, and how alike new photos are to them."""
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from imgcluster.artefacts import read_before, read_features, read_json, read_labels_true
from imgcluster.calibration import kinship
from imgcluster.errors import UserError


@dataclass(frozen=True)
class Known:
    """Labelled photos of known products: features [M, D] and M labels; compared [N, D]: the new photos in the same
    features; kinship: how far those show the same kind of product (`calibration.kinship`)."""

    features: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    compared: np.ndarray = field(repr=False)
    kinship: float


def read_known(known_dir, data_dir, features, *, name):
    """Return the Known products of the dataset `name` in `known_dir`, for the photos in `data_dir` with `features`.

    Products that a network was trained on lie closer together in its features than others do, and cannot tell how much
    variety makes one product: where it was trained on `name`, both are compared as it saw them before, as far as step
    03 wrote that. Raises UserError where features or labels are missing, or by another network.
    """
    record = read_json(Path(data_dir) / "made_by_03.json")
    known, labels = _labelled(Path(known_dir), features.shape[1], record)
    before = [read_before(folder) for folder in (known_dir, data_dir)]
    if record.get("trained_on") == name and all(each is not None for each in before):
        known, features = before
    return Known(known, labels, features, kinship(features, known, labels))


def _labelled(known_dir, dimension, record):
    """(features, labels) in a folder; UserError unless the network that the record of step 03 names made them."""
    features, labels = read_features(known_dir), read_labels_true(known_dir)
    if labels is None:
        raise UserError(f"CALIBRATION_DATASET: {known_dir} has no labels_true.txt; run 00_make_labels_true.py for it")
    own = read_json(known_dir / "made_by_03.json")
    if features.shape[1] != dimension or any(own[name] != record[name] for name in ("network_file", "trained_on")
                                             if name in own and name in record):
        raise UserError(f"CALIBRATION_DATASET: the {features.shape[1]} features a photo in {known_dir} are not by the "
                        f"network that made the {dimension} of DATASET; run 03_extract_features.py for both, with "
                        "USE_FINE_TUNED = True where it finds one of another kind of product than TRAIN_DATASET")
    return features, labels
