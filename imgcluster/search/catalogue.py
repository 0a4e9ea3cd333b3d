"""Datasets opened for searching: their photos, features, products, product data, and what their scores mean."""
import contextlib
from dataclasses import asdict, dataclass

import numpy as np

from imgcluster.clusters.cluster_names import read_names
from imgcluster.datafiles.artefacts import BEFORE, read_features, read_img_paths, read_labels_true
from imgcluster.datafiles.chain import chain_labels
from imgcluster.datafiles.feature_record import read_before
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_json
from imgcluster.rows import joined
from imgcluster.search.approximate import accelerated
from imgcluster.search.calibration import Calibration, calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.product_data import ProductData, read_product_data
from imgcluster.search.products import Products, products_of

CALIBRATION_FILE = "search_calibration.json"
# Raised when calibrations of earlier versions of this file no longer hold.
VERSION = 6
# How often datasets are read whose files change meanwhile.
ATTEMPTS = 3


@dataclass(frozen=True)
class Catalogue:
    """Everything a search needs to know of its datasets but the network.

    sources: the `sources.Source` of each; paths: the photos of each, whose rows come one after the other; img_paths: N
    names that these are shown by, those of all but the first source behind the name of that.
    """

    sources: list
    paths: list
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

    def place(self, row):
        """Return (the folders where the photo of a row lies, tried in order, its path in them)."""
        for source, paths in zip(self.sources, self.paths):
            if row < len(paths):
                return source.folders, paths[row]
            row -= len(paths)
        raise IndexError("no photo has this row")


def open_catalogue(sources, *, seed, say):
    """Return the Catalogue of the `sources.Source`s.

    Read are features.npy, img_paths.txt and, where they exist, features_before.npy, labels_true, labels_pred,
    cluster_names.csv and catalog.csv. The calibration is kept in search_calibration.json of the first until what it
    depends on changes. Raises UserError for what is missing, disagrees, is empty, or changes each time it is read. say:
    function that takes a line for the user.
    """
    stamps, paths, img_paths, products, names, index, general = _read_unchanged(sources, say)
    calibration = _calibration(sources[0].data_dir, index, products, general, {"seed": seed, "files": stamps})
    return Catalogue(sources, paths, img_paths, index, general, products, calibration,
                     _product_data(sources, paths, img_paths, products, names, say))


def _read_unchanged(sources, say):
    """(stamps, ...) of what `_read` returns: all of one state of the files, which another run may be changing."""
    for _ in range(ATTEMPTS):
        stamps, failure = list(map(_stamps, sources)), None
        try:
            found = _read(sources, stamps, say)
        except UserError as error:
            failure = error
        if stamps == list(map(_stamps, sources)):
            if failure:
                raise failure
            return stamps, *found
    raise UserError(f"{sources[0].data_dir}: another run changes its files while they are read; wait until it has "
                    "ended, then start this one again")


def _read(sources, stamps, say):
    """(photos of each source, names of all, Products, {cluster: its name}, index, features by which another kind of
    thing is told)."""
    folders = [source.data_dir for source in sources]
    features, before = [np.asarray(read_features(folder)) for folder in folders], list(map(read_before, folders))
    paths, true = list(map(read_img_paths, folders)), list(map(read_labels_true, folders))
    clustered = (folders[0] / "labels_pred.txt").exists()
    clusters = np.concatenate(chain_labels(dict(enumerate(folders)))).astype(str) if clustered else None
    names = {str(cluster): name for cluster, name in read_names(folders[0]).items()}
    labelled, img_paths = all(labels is not None for labels in true), _shown(sources, paths)
    products = products_of(img_paths, np.concatenate(true) if labelled else None, clusters, names)
    # Last, as it takes longest; features.npy stays the mapped one whatever takes its place.
    index = accelerated(CosineIndex(joined(features)), folders[0], [stamp["features.npy"] for stamp in stamps], say=say)
    return paths, img_paths, products, names, index, joined(features if before[0] is None else before)


def _shown(sources, paths):
    """The photos of all sources by name, of lists of theirs: all but the first one's behind the name of the source."""
    return [*paths[0], *(f"{source.name}/{path}" for source, those in zip(sources[1:], paths[1:]) for path in those)]


def _product_data(sources, paths, img_paths, products, names, say):
    """The ProductData, with a word on lines that are for nothing in the datasets; names: {cluster: its name}."""
    names = names if products.basis == "clusters" else {}
    data, *earlier = (read_product_data(source.data_dir / "catalog.csv", those)
                      for source, those in zip(sources, paths))
    for source, lines in zip(sources[1:], earlier):
        data = data.with_earlier(lines, source.name)
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


def _stamps(source):
    """Size and time of the files that a catalogue is made of; to digest a large one would take seconds."""
    paths = (source.data_dir / name for name in ("img_paths.txt", "features.npy", BEFORE, "labels_true.txt",
                                                 "labels_pred.txt"))
    return {path.name: [path.stat().st_size, path.stat().st_mtime_ns] if path.exists() else None for path in paths}
