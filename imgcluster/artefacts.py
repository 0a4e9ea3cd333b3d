"""The files between the steps: written whole or not at all, always in step with `img_paths.txt`.

Row i of every table and array belongs to line i of `img_paths.txt`. Every step leaves a record
(`made_by_<step>.json`) of the settings, seed, library versions and inputs behind the files it wrote.
"""
import contextlib
import csv
import hashlib
import io
import json
import logging
import os
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.errors import UserError

log = logging.getLogger(__name__)

MADE_BY = {"img_paths.txt": "00_make_labels_true.py", "labels_true.txt": "00_make_labels_true.py",
           "network.keras": "02_finetune_network.py", "features.npy": "03_extract_features.py",
           "labels_pred.txt": "04_cluster_som.py", "som.npz": "04_cluster_som.py", "clusters.csv": "04_cluster_som.py",
           "metrics.json": "05_evaluate.py"}
# What tells the photos of a dataset from others: their names, and what step 01 saw in them.
PHOTOS = ("img_paths.txt", "photos.csv")
# Beside features.npy of a fine-tuned network: what it saw in the same photos before that, float16 [N, E].
BEFORE = "features_before.npy"
# Folder for files of a dataset that hold for other photos than it has now.
OUTDATED = "outdated"
# Part of the names of files that are not complete yet, after the number of the process that writes them.
PARTIAL = ".partial."
# Characters of a file's name by which libraries know its kind: .weights.h5 and the like.
ENDING = 16
# Photos that a warning names one by one.
ROWS_NAMED = 5
LIBRARIES = ("numpy", "scikit-learn", "opencv-python-headless", "pillow", "keras", "tensorflow")


@contextlib.contextmanager
def replacing(path):
    """Yield a temporary path beside `path`, renamed to it when the block ends well and removed when it does not.

    It ends as `path` does, and is short whatever that is called: names may be as long as file systems allow.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    temporary = path.with_name(f".{os.getpid()}{PARTIAL}{digest}{path.name[-ENDING:]}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder):
    """Remove the temporary files that killed runs left in a folder, which is to be claimed (`locks.claim`).

    Files of processes that are still at work, such as one that reads the folder and saves a setting of its own, stay.
    """
    for path in Path(folder).glob(f".*{PARTIAL}*"):
        if not _is_running(path.name[1:].split(PARTIAL)[0]):
            path.unlink(missing_ok=True)


def _is_running(number):
    if os.name == "nt":  # asking is killing there
        return True
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass
    return True


def write_text(path, text):
    """Write UTF-8 text with "\\n" line ends."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_lines(path, lines):
    """Write one value per line."""
    write_text(path, "".join(f"{line}\n" for line in lines))


def write_array(path, array):
    """Write an array as .npy that loads with `allow_pickle=False`."""
    with replacing(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def write_arrays(path, **arrays):
    """Write arrays as .npz that loads with `allow_pickle=False`; the same arrays give the same bytes."""
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            # Without a date of its own the entry would carry the time of day, as np.savez's entries do.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue())


def write_table(path, table, *, separator=","):
    """Write a DataFrame as CSV (or TSV), without its index."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, sep=separator, lineterminator="\n", float_format="%.6g")


def write_json(path, value):
    """Write indented JSON, non-ASCII characters as they are."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def require(path):
    """Return `path`, or raise a UserError that names the step which makes it."""
    path = Path(path)
    if not path.exists():
        step = MADE_BY.get(path.name)
        aside = path.parent / OUTDATED / path.name
        since = f" (photos came or left; {aside} is of those before)" if aside.exists() else ""
        raise UserError(f"{path} is missing{since}" + (f"; run {step} first" if step else ""))
    return path


def read_json(path):
    """Return the content of a JSON file, or {} where there is none."""
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error}); delete it and run the step that makes it") from error


def read_lines(path):
    """Return the lines of a row file that must exist; one written by hand may lack the last line end."""
    try:
        text = require(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    return text.removesuffix("\n").split("\n") if text else []


def _not_utf8(path):
    """The UserError of a file that is no UTF-8 text, with the line where that shows first."""
    try:
        Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return UserError(f"{path}, line {line}: not UTF-8 text; save the file as UTF-8 (in Excel: \"CSV UTF-8\")")


def read_table(path):
    """Return a CSV as DataFrame of text cells, empty (no columns) where there is no such file or nothing in it.

    Raises UserError where another program saved it in another encoding or with other separators, and for a line of more
    cells than there are columns.
    """
    path = Path(path)
    if not path.exists():
        return pd.DataFrame()
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if len(table.columns) == 1 and ";" in table.columns[0]:
            raise ValueError("its columns are separated by semicolons")
        if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus cells for names of rows
            raise pd.errors.ParserError("more cells than columns")
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except (ValueError, IsADirectoryError) as error:
        if isinstance(error, pd.errors.ParserError):
            _check_cells(path)
        raise UserError(f"{path}: cannot be read as CSV ({error}); save it as UTF-8, columns separated by commas, "
                        "their names in the first line") from error
    return table


def _check_cells(path):
    """Raise a UserError that names the first line with more cells than the header."""
    with path.open(encoding="utf-8-sig", newline="") as file, contextlib.suppress(csv.Error):
        rows = csv.reader(file)
        columns = next(filter(None, rows))
        for cells in rows:
            if len(cells) > len(columns):
                raise UserError(f"{path}, line {rows.line_num}: {len(cells)} cells for {len(columns)} columns "
                                f"({','.join(columns)}); put a text that has a comma in it in quotes: \"boots, red\"")


def read_img_paths(data_dir):
    """Return the list of photos, one per row of every other file."""
    return read_lines(Path(data_dir) / "img_paths.txt")


def read_labels(data_dir, kind):
    """Return the labels of each row as strings; kind: "true" or "pred".

    Raises UserError when rows do not agree with `img_paths.txt` or, where there is none, with the other labels.
    """
    data_dir, name = Path(data_dir), f"labels_{kind}.txt"
    labels = read_lines(data_dir / name)
    if (data_dir / "img_paths.txt").exists():
        _same_rows(labels, data_dir, name)
    else:
        _as_many_as(labels, data_dir, name, {"true": "labels_pred.txt", "pred": "labels_true.txt"}[kind])
    return np.array(labels, dtype=str)


def _as_many_as(labels, data_dir, name, other):
    count = len(read_lines(data_dir / other)) if (data_dir / other).exists() else len(labels)
    if len(labels) != count:
        raise UserError(f"{data_dir / name}: {len(labels)} rows, but {other} has {count}; give both files one label "
                        "per photo, in the same order")


def read_labels_true(data_dir):
    """Return the true labels as strings, or None for a dataset without any."""
    return read_labels(data_dir, "true") if (Path(data_dir) / "labels_true.txt").exists() else None


def read_features(data_dir):
    """Return `features.npy`, memory-mapped, float32 or float64 [N, D].

    Raises UserError when it is no such array, its rows disagree with `img_paths.txt`, or a value is not finite; warns
    of photos without any value but 0.
    """
    path = require(Path(data_dir) / "features.npy")
    try:
        features = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise UserError(f"{path}: not a NumPy array file ({error}); run 03_extract_features.py again") from error
    if features.ndim != 2 or features.dtype not in (np.float32, np.float64) or features.shape[1] == 0:
        raise UserError(f"{path}: {features.dtype} array of shape {features.shape}; expected float32 [photos, "
                        "features]; run 03_extract_features.py again, or save your own with .astype('float32')")
    _same_rows(features, data_dir, "features.npy")
    _check_values(features, path)
    return features


def _same_rows(values, data_dir, name):
    count = len(read_img_paths(data_dir))
    if len(values) != count:
        raise UserError(f"{Path(data_dir) / name}: {len(values)} rows, but img_paths.txt has {count}; "
                        f"run {MADE_BY[name]} again")
    return values


def _check_values(features, path, block=8192):
    empty = []
    for start in range(0, len(features), block):
        rows = features[start:start + block]
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1)) + start
        if len(bad):
            raise UserError(f"{path}: NaN or infinite values in row {bad[0]} (line {bad[0] + 1} of img_paths.txt); "
                            "run 03_extract_features.py again, or mend your own features")
        empty += (np.flatnonzero(~rows.any(axis=1)) + start).tolist()
    if empty:
        _warn_of_empty(empty, path)


def _warn_of_empty(rows, path):
    """Name photos whose features are all 0: they can be clustered, unlike NaN, but only with each other."""
    img_paths = read_img_paths(path.parent)
    named = ", ".join(f"row {row} ({img_paths[row]})" for row in rows[:ROWS_NAMED]) + ", ..." * (len(rows) > ROWS_NAMED)
    log.warning("warning: %s: all values are 0 in %d of %d rows: %s; they tell nothing of these photos, which are "
                "taken for alike: mend your own features, or leave these photos out", path, len(rows), len(img_paths),
                named)


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


def fingerprint(path):
    """Return a short digest of a file's content ("" where it is missing), to tell whether it changed."""
    path = Path(path)
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def photos_key(data_dir):
    """Return a mapping that tells the prepared photos of a dataset from others, and from those prepared otherwise."""
    data_dir = Path(data_dir)
    return {"photos": [fingerprint(data_dir / name) for name in PHOTOS],
            "step 01": read_json(data_dir / "made_by_01.json").get("settings")}


def write_record(data_dir, step, *, settings, outputs, inputs=(), **facts):
    """Write made_by_<step>.json: what made `outputs` (names of files in `data_dir`).

    settings: mapping of the settings that the outputs depend on. inputs: paths of the files read.
    """
    data_dir = Path(data_dir)
    write_json(data_dir / f"made_by_{step}.json", {
        "step": step, "outputs": list(outputs), "settings": settings, **facts,
        "inputs": {Path(path).name: fingerprint(path) for path in inputs},
        "versions": {name: _version(name) for name in LIBRARIES}})


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def made_with(data_dir, step, name):
    """Return the value that a setting had when `step` made its files; None where there is no record of it."""
    return read_json(Path(data_dir) / f"made_by_{step}.json").get("settings", {}).get(name)


def was_interrupted(data_dir, step):
    """Whether `step` began to change its files and did not come to its end."""
    return not read_json(Path(data_dir) / f"made_by_{step}.json").get("complete", True)


def changed_settings(data_dir, step, settings):
    """Return lines "NAME: then -> now" for the settings recorded by `step` that differ from `settings` (a mapping)."""
    recorded = read_json(Path(data_dir) / f"made_by_{step}.json").get("settings", {})
    now = json.loads(json.dumps(settings))
    return [f"{name}: {recorded[name]!r} -> {now[name]!r}" for name in recorded if name in now
            and recorded[name] != now[name]]


def is_up_to_date(data_dir, step, settings):
    """Whether the files of `step` are there, made under these settings (a mapping) from the inputs as they are now.

    Settings that the record holds beside these play no part.
    """
    data_dir = Path(data_dir)
    record = read_json(data_dir / f"made_by_{step}.json")
    return (json.loads(json.dumps(settings)).items() <= record.get("settings", {}).items()
            and all((data_dir / name).exists() for name in record["outputs"])
            and all(fingerprint(data_dir / name) == digest for name, digest in record["inputs"].items()))


def changed_inputs(data_dir, step):
    """Return the names of files in `data_dir` that are not those any more which `step` read, by its record."""
    recorded = read_json(Path(data_dir) / f"made_by_{step}.json").get("inputs", {})
    return [name for name, digest in recorded.items() if fingerprint(Path(data_dir) / name) not in ("", digest)]
