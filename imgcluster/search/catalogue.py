"""A dataset opened for searching: its photos, features, products, product data, and what its scores mean."""
import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from imgcluster.clusters.cluster_names import read_names
from imgcluster.datafiles.artefacts import BEFORE, read_features, read_img_paths, read_labels, read_labels_true
from imgcluster.datafiles.feature_record import read_before
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_json
from imgcluster.search.approximate import accelerated
from imgcluster.search.calibration import Calibration, calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.product_data import ProductData, read_product_data
from imgcluster.search.products import Products, products_of

CALIBRATION_FILE = "search_calibration.json"
# Raised when calibrations of earlier versions of this file no longer hold.
VERSION = 5
# How often a dataset is read whose files change meanwhile.
ATTEMPTS = 3


@dataclass(frozen=True)
class Catalogue:
    """Everything a search needs to know of a dataset but the network."""

    img_paths: list
    index: CosineIndex
    # Features [N, E] by which another kind of thing is told (`products.likeness`).
    general: np.ndarray
    products: Products
    calibration: Calibration
    product_data: ProductData

    @property
    def size(self):
        """Number of products."""
        return len(self.products.names)


def open_catalogue(data_dir, *, seed, say):
    """Return the Catalogue of the dataset in `data_dir`.

    Read are features.npy, img_paths.txt and, where they exist, features_before.npy, labels_true, labels_pred,
    cluster_names.csv and catalog.csv. The calibration is kept in search_calibration.json until what it depends on
    changes. Raises UserError for what is missing, disagrees, is empty, or changes each time it is read. say: function
    that takes a line for the user.
    """
    data_dir = Path(data_dir)
    stamps, img_paths, products, names, index, general = _read_unchanged(data_dir, say)
    calibration = _calibration(data_dir, index, products, general, {"seed": seed, **stamps})
    return Catalogue(img_paths, index, general, products, calibration,
                     _product_data(data_dir, img_paths, products, names, say))


def _read_unchanged(data_dir, say):
    """(stamps, ...) of what `_read` returns: all of one state of the files, which another run may be changing."""
    for _ in range(ATTEMPTS):
        stamps, failure = _stamps(data_dir), None
        try:
            found = _read(data_dir, stamps, say)
        except UserError as error:
            failure = error
        if stamps == _stamps(data_dir):
            if failure:
                raise failure
            return stamps, *found
    raise UserError(f"{data_dir}: another run changes its files while they are read; wait until it has ended, then "
                    "start this one again")


def _read(data_dir, stamps, say):
    """(photos, Products, {cluster: its name}, index, features by which another kind of thing is told)."""
    features, before = read_features(data_dir), read_before(data_dir)
    img_paths = read_img_paths(data_dir)
    clusters = read_labels(data_dir, "pred") if (data_dir / "labels_pred.txt").exists() else None
    names = {str(cluster): name for cluster, name in read_names(data_dir).items()}
    products = products_of(img_paths, read_labels_true(data_dir), clusters, names)
    # Last, as it takes longest; features.npy stays the mapped one whatever takes its place.
    index = accelerated(CosineIndex(features), data_dir, stamps["features.npy"], say=say)
    return img_paths, products, names, index, features if before is None else before


def _product_data(data_dir, img_paths, products, names, say):
    """The ProductData, with a word on lines that are for nothing in the dataset; names: {cluster: its name}."""
    names = names if products.basis == "clusters" else {}
    data = read_product_data(data_dir / "catalog.csv", img_paths)
    strays = data.strays(img_paths, [*products.labels, *names.values()]) if data.columns else ()
    if strays:
        lines = len(data.by_file) + len(data.by_model)
        say(f"catalog.csv: {len(strays):,} of its {lines:,} lines match no photo and no product, first "
            f"{strays[0][0]} {strays[0][1]!r}")
    return data.with_names(names)


def _calibration(data_dir, index, products, general, stamps):
    """The kept calibration where it still holds, else a new one, which is kept."""
    path = data_dir / CALIBRATION_FILE
    key = {"version": VERSION, **stamps}
    kept = read_json(path)
    if kept.get("key") == key:
        return Calibration(kept["sharpness"], kept["floor"], kept["usual"])
    fresh = calibrate(index, products, general, seed=stamps["seed"])
    with contextlib.suppress(OSError):  # a folder that may only be read: the next search finds it out again
        write_json(path, {"key": key, "basis": products.basis, **asdict(fresh)})
    return fresh


def _stamps(data_dir):
    """Size and time of the files that a catalogue is made of; to digest a large one would take seconds."""
    paths = (data_dir / name for name in ("img_paths.txt", "features.npy", BEFORE, "labels_true.txt",
                                          "labels_pred.txt"))
    return {path.name: [path.stat().st_size, path.stat().st_mtime_ns] if path.exists() else None for path in paths}
