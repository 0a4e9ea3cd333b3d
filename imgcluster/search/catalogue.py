"""A dataset opened for searching: its photos, features, products, product data, and what its scores mean."""
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from imgcluster.clusters.carried_over import read_names
from imgcluster.datafiles.artefacts import BEFORE, read_features, read_img_paths, read_labels, read_labels_true
from imgcluster.datafiles.feature_record import read_before
from imgcluster.files import read_json, write_json
from imgcluster.search.approximate import accelerated
from imgcluster.search.calibration import Calibration, calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.product_data import ProductData, read_product_data
from imgcluster.search.products import Products, products_of

CALIBRATION_FILE = "search_calibration.json"
# Raised when calibrations of earlier versions of this file no longer hold.
VERSION = 5


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


def open_catalogue(data_dir, *, seed=0, say=print):
    """Return the Catalogue of the dataset in `data_dir`.

    Read are features.npy, img_paths.txt and, where they exist, features_before.npy, labels_true, labels_pred,
    cluster_names.csv and catalog.csv. The calibration is kept in search_calibration.json until what it depends on
    changes. Raises UserError for what is missing, disagrees or is empty. say: function that takes a line for the user.
    """
    data_dir = Path(data_dir)
    features, before = read_features(data_dir), read_before(data_dir)
    general = features if before is None else before
    stamps = json.loads(json.dumps(_stamps(data_dir)))
    index = accelerated(CosineIndex(features), data_dir, stamps["features.npy"], say=say)
    img_paths = read_img_paths(data_dir)
    clusters = read_labels(data_dir, "pred") if (data_dir / "labels_pred.txt").exists() else None
    names = {str(cluster): name for cluster, name in read_names(data_dir).items()}
    products = products_of(img_paths, read_labels_true(data_dir), clusters, names)
    calibration = _calibration(data_dir, index, products, general, {"seed": seed, **stamps})
    return Catalogue(img_paths, index, general, products, calibration,
                     _product_data(data_dir, img_paths, products, say))


def _product_data(data_dir, img_paths, products, say):
    """The ProductData, with a word on lines that are for nothing in the dataset."""
    data = read_product_data(data_dir / "catalog.csv")
    strays = data.strays(img_paths, products.labels) if data.columns else ()
    if strays:
        lines = len(data.by_file) + len(data.by_model)
        say(f"catalog.csv: {len(strays):,} of its {lines:,} lines match no photo and no product, first "
            f"{strays[0][0]} {strays[0][1]!r}")
    return data


def _calibration(data_dir, index, products, general, stamps):
    """The kept calibration where it still holds, else a new one, which is kept."""
    path = data_dir / CALIBRATION_FILE
    key = {"version": VERSION, **stamps}
    kept = read_json(path)
    if kept.get("key") == key:
        return Calibration(kept["sharpness"], kept["floor"], kept["usual"])
    fresh = calibrate(index, products, general, seed=stamps["seed"])
    write_json(path, {"key": key, "basis": products.basis, **asdict(fresh)})
    return fresh


def _stamps(data_dir):
    """Size and time of the files a calibration depends on; to digest a large catalogue would take seconds."""
    paths = (data_dir / name for name in ("features.npy", BEFORE, "labels_true.txt", "labels_pred.txt"))
    return {path.name: [path.stat().st_size, path.stat().st_mtime_ns] if path.exists() else None for path in paths}
