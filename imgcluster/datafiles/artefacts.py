"""The files between the steps: row i of every table and array belongs to line i of `img_paths.txt`."""
import logging
import re
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from imgcluster.csv_tables import write_table
from imgcluster.errors import UserError
from imgcluster.files import not_utf8, write_array, write_lines
from imgcluster.rows import blocks, read_rows
from imgcluster.wording import meant

log = logging.getLogger(__name__)

# Beside features.npy of a fine-tuned network: what it saw in the same photos before that, float16 [N, E].
BEFORE = "features_before.npy"
MADE_BY = {"img_paths.txt": "00_make_labels_true.py", "labels_true.txt": "00_make_labels_true.py",
           "network.keras": "02_finetune_network.py", "features.npy": "03_extract_features.py",
           BEFORE: "03_extract_features.py",
           "labels_pred.txt": "04_cluster_som.py", "labels_pred.npy": "04_cluster_som.py",
           "som.npz": "04_cluster_som.py", "clusters.csv": "04_cluster_som.py"}
# What users may have made themselves.
OWN = ("img_paths.txt", "features.npy")
# The cluster of photos that are in none.
NO_CLUSTER = -1
# Folder for files of a dataset that do not hold any more.
OUTDATED = "outdated"
# Photos that a warning names one by one.
ROWS_NAMED = 5
# Kinds of numbers that features may be, the usual one first.
KINDS = (np.float32, np.float16, np.float64)


def require(path):
    """Return `path`, or raise a UserError that names the step which makes it."""
    path = Path(path)
    if not path.exists():
        step = MADE_BY.get(path.name)
        aside = path.parent / OUTDATED / path.name
        since = f" (it did not hold any more and was put aside: {aside})" if aside.exists() else ""
        if not path.parent.exists():
            beside = sorted(other.name for other in path.parent.parent.glob("*/"))
            since = f", as is its folder{meant(path.parent.name, beside)} (correct DATASET if another one is meant)"
        own = ", or put your own there" if path.name in OWN else ""
        raise UserError(f"{path} is missing{since}" + (f"; run {step} first{own}" if step else ""))
    return path


def read_lines(path):
    """Return the lines of a row file that must exist; one written by hand may lack the last line end."""
    try:
        text = require(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(path) from error
    return text.removesuffix("\n").split("\n") if text else []


def read_img_paths(data_dir):
    """Return the list of photos, one per row of every other file."""
    return read_lines(Path(data_dir) / "img_paths.txt")


def read_labels(data_dir, kind):
    """Return the labels of each row as strings; kind: "true" or "pred".

    Raises UserError when rows do not agree with `img_paths.txt` or, where there is none, with the other labels.
    """
    data_dir, name = Path(data_dir), f"labels_{kind}.txt"
    labels = read_lines(data_dir / name)
    if not labels:
        raise UserError(f"{data_dir / name} is empty; run {MADE_BY[name]} again, or give it one label per photo")
    if (bare := next((row for row, label in enumerate(labels, start=1) if not label.strip()), None)) is not None:
        raise UserError(f"{data_dir / name}, line {bare}: no label; give every photo one, or run {MADE_BY[name]} again")
    if (data_dir / "img_paths.txt").exists():
        _same_rows(labels, data_dir, name)
    else:
        _as_many_as(labels, data_dir, name, {"true": "labels_pred.txt", "pred": "labels_true.txt"}[kind])
    return np.array(labels, dtype=str)


def read_clusters(data_dir):
    """Return the cluster of each row, int [N], -1 for photos in none.

    Raises UserError as `read_labels`, and where a line is no such number.
    """
    labels = read_labels(data_dir, "pred")
    for label in dict.fromkeys(labels.tolist()):
        if not re.fullmatch("-1|[0-9]{1,9}", label):
            line = int(np.flatnonzero(labels == label)[0]) + 1
            raise UserError(f"{Path(data_dir) / 'labels_pred.txt'}, line {line}: {label!r} is no cluster; those are "
                            "whole numbers from 0 on, and -1 for none; run 04_cluster_som.py again")
    return labels.astype(int)


def num_clusters_in(labels):
    """Return how many clusters there are in labels int [N], -1 for photos in none."""
    return len(set(labels.tolist()) - {NO_CLUSTER})


def _as_many_as(labels, data_dir, name, other):
    count = len(read_lines(data_dir / other)) if (data_dir / other).exists() else len(labels)
    if len(labels) != count:
        raise UserError(f"{data_dir / name}: {len(labels)} rows, but {other} has {count}; give both files one label "
                        "per photo, in the same order")


def read_labels_true(data_dir):
    """Return the true labels as strings, or None for a dataset without any."""
    return read_labels(data_dir, "true") if (Path(data_dir) / "labels_true.txt").exists() else None


def map_array(path):
    """Return an array file of a dataset, memory-mapped; UserError where it is damaged, or not a file of one array."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, TokenError, BadZipFile) as error:
        raise UserError(f"{path}: damaged, or not a file of one array of numbers (.npy); run {MADE_BY[path.name]} "
                        "again, or save your own with numpy.save") from error
    if not isinstance(found, np.ndarray):
        with found:
            inside = ", ".join(found.files)
        raise UserError(f"{path}: several arrays in one file (.npz, with {inside or 'none in it'}); run "
                        f"{MADE_BY[path.name]} again, or save your own array by itself with numpy.save")
    return found


def read_features(data_dir):
    """Return `features.npy`, memory-mapped, [N, D]: float16, float32 or float64, in either byte order.

    It is as in the file; who needs float32 reads it block by block (`rows.read_rows`). Raises UserError when it is no
    such array, its rows disagree with `img_paths.txt`, a line there is empty, or the length of a row is not finite;
    warns of photos without any value but 0.
    """
    path = require(Path(data_dir) / "features.npy")
    features = map_array(path)
    check_kind(features, path)
    _same_rows(features, data_dir, "features.npy")
    _all_named(data_dir)
    check_values(features, path)
    return features


def _same_rows(values, data_dir, name):
    count = len(read_img_paths(data_dir))
    if len(values) != count:
        raise UserError(f"{Path(data_dir) / name}: {len(values)} rows, but img_paths.txt has {count} (an empty line "
                        f"counts too); run {MADE_BY[name]} again, or mend the two where they are your own")


def _all_named(data_dir):
    """Raise a UserError for a list of photos with an empty line, whose photo would have no name."""
    for line, name in enumerate(read_img_paths(data_dir), start=1):
        if not name.strip():
            raise UserError(f"{Path(data_dir) / 'img_paths.txt'}, line {line}: empty; give each row of features.npy "
                            "the path of its photo, or a name of its own where there is none")


def check_kind(features, path, *, kinds=KINDS):
    """Raise a UserError for an array file that is not [N, D] of one of these kinds of numbers, in any byte order."""
    again = f"run {MADE_BY[path.name]} again, or save your own"
    if features.dtype.newbyteorder("=") not in kinds:
        raise UserError(f"{path}: {features.dtype} array; expected {' or '.join(kind.__name__ for kind in kinds)} "
                        f"numbers; {again} with .astype('{kinds[0].__name__}')")
    if features.ndim != 2 or features.shape[1] == 0:
        raise UserError(f"{path}: array of shape {features.shape}; expected (photos, features), one row of numbers for "
                        f"each photo; {again} as such rows, for example with .reshape(number of photos, -1)")


def check_values(features, path):
    """Raise a UserError for features whose length is not finite; warn of those without any value but 0."""
    empty = []
    for rows in blocks(len(features)):
        # As all steps compare photos: where a length is beyond float32, rows would be taken for empty ones.
        with np.errstate(over="ignore"):
            lengths = np.linalg.norm(read_rows(features, rows), axis=1)
        bad = np.flatnonzero(~np.isfinite(lengths)) + rows.start
        if len(bad):
            raise UserError(f"{path}: NaN, infinite or far too large values in row {bad[0]} (line {bad[0] + 1} of "
                            "img_paths.txt); run 03_extract_features.py again, or mend your own features (float32 "
                            "numbers around 1)")
        empty += (np.flatnonzero(lengths == 0) + rows.start).tolist()
    if empty:
        _warn_of_empty(empty, path)


def _warn_of_empty(rows, path):
    """Name photos whose features are all 0: unlike with NaN the others can be clustered, without them."""
    img_paths = read_img_paths(path.parent)
    named = ", ".join(f"row {row} ({img_paths[row]})" for row in rows[:ROWS_NAMED]) + ", ..." * (len(rows) > ROWS_NAMED)
    log.warning("warning: %s: all values are 0, or next to it, in %d of %d rows: %s; they tell nothing of these "
                "photos: clusters are found without them, and they join the largest (with ALLOW_OUTLIERS or "
                "ASSIGN_TO none) with confidence 0 (review.csv); mend your own features, or leave these photos out",
                path, len(rows), len(img_paths), named)


def labels_files(kind):
    """Return the names of the files that hold labels; kind: "true" or "pred"."""
    return tuple(f"labels_{kind}.{suffix}" for suffix in ("txt", "npy", "tsv"))


def write_labels(data_dir, kind, labels):
    """Write labels_<kind>.txt, .npy and .tsv; kind: "true" or "pred"."""
    data_dir, labels = Path(data_dir), np.asarray(labels)
    text, array, table = (data_dir / name for name in labels_files(kind))
    write_lines(text, labels)
    write_array(array, labels)
    write_table(table, pd.DataFrame({"file": read_img_paths(data_dir), "label": labels}), separator="\t")
