"""Which photos are the rows of a dataset, and how every row file keeps step with them."""
import contextlib
import logging
from itertools import accumulate
from pathlib import Path

import pandas as pd

from imgcluster.csv_tables import read_table, write_table
from imgcluster.datafiles.artefacts import (
    BEFORE,
    OUTDATED,
    labels_files,
    map_array,
    read_img_paths,
    read_labels_true,
    write_labels,
)
from imgcluster.datafiles.feature_record import FEATURES, RECORD, features_record, note_features
from imgcluster.datafiles.own_features import keep_own
from imgcluster.datafiles.own_labels import keep_own_labels
from imgcluster.datafiles.records import fingerprint
from imgcluster.datafiles.staging import commit, stage_folder
from imgcluster.errors import UserError
from imgcluster.files import new_array_file, replacing, write_lines
from imgcluster.rows import blocks

log = logging.getLogger(__name__)

# Row files that may have one line of header, and those that have none.
TABLES = ("labels_pred.tsv", "metadata.tsv", "clusters.csv")
PLAIN = ("features.tsv", "labels_pred.txt")
ARRAYS = ("features.npy", BEFORE, "labels_pred.npy")
# Tables of some of the photos, by name.
OF_SOME = ("review.csv",)
# Files that tell of all photos in one: made anew rather than brought in step.
WHOLE = ("products.csv", "sprite.png", "projector_config.pbtxt")
BLOCK = 4096


def left_out(data_dir, *, duplicates):
    """Return the set of photos that step 01 left out: in skipped.csv and, with `duplicates`, in duplicates.csv."""
    names = ("skipped.csv", "duplicates.csv") if duplicates else ("skipped.csv",)
    tables = [read_table(Path(data_dir) / name) for name in names]
    return {file for table in tables if "file" in table for file in table["file"]}


def usable_of(found, data_dir, *, duplicates):
    """Return the photos `found` in the photo folder but for those that step 01 left out; duplicates: as in `left_out`.

    Where it left out all of them, as under a setting that no photo meets, the rows stay as they are, so that nothing
    made of them is lost.
    """
    excluded = left_out(data_dir, duplicates=duplicates)
    usable = [path for path in found if path not in excluded]
    if usable or not (Path(data_dir) / "img_paths.txt").exists():
        return usable or list(found)
    rows = set(read_img_paths(data_dir))
    return [path for path in found if path in rows] or list(found)


def drop_unreadable(data_dir, img_dir, reasons, *, warn):
    """Take photos that could not be read in `img_dir` out of the rows of a dataset and add them to skipped.csv.

    reasons: {path: reason}, as step 03 found them when it made features.npy, of which it has noted nothing yet; warn:
    gets a line of each. Raises UserError where no photo would be left.
    """
    data_dir = Path(data_dir)
    img_paths, labels = read_img_paths(data_dir), read_labels_true(data_dir)
    if set(img_paths) == set(reasons):
        raise UserError(f"no photo in {img_dir} could be read; run 01_img_preprocess.py first")
    for path, reason in reasons.items():
        warn(f"{path}: {reason}; left out (skipped.csv)")
    keep = [row for row, path in enumerate(img_paths) if path not in reasons]
    added = pd.DataFrame({"file": list(reasons), "reason": list(reasons.values())})
    skipped = pd.concat([read_table(data_dir / "skipped.csv"), added]).drop_duplicates("file").sort_values("file")
    write_table(data_dir / "skipped.csv", skipped)
    write_photo_rows(data_dir, [img_paths[row] for row in keep], None if labels is None else labels[keep],
                     keep_features=False)


def write_photo_rows(data_dir, img_paths, labels_true, *, replaced=frozenset(), keep_features=True):
    """Make `img_paths` the rows of a dataset and bring every row file in step with them.

    labels_true: one label per photo, or None. replaced: photos that are others than before, under the same names.
    Other row files lose the rows of photos that left; where photos came or were replaced, they cannot be kept in step
    and are moved to `outdated/`, and the step that makes them has to run again. Labels go there where there are none
    any more. Features and labels of one's own, which no step makes again, are kept there as they were (`own_features`,
    `own_labels`); keep_features False: the features are none.
    """
    data_dir, img_paths = Path(data_dir), list(img_paths)
    stage, files, outdated = stage_folder(data_dir), ["img_paths.txt"], []
    # All change together, whoever is killed: labels of other photos, as many as these, would be taken for theirs.
    write_lines(stage / "img_paths.txt", img_paths)
    if (data_dir / "img_paths.txt").exists():
        old = read_img_paths(data_dir)
        if old != img_paths or not replaced.isdisjoint(old):
            if keep_features and (own := keep_own(data_dir)):
                log.warning("features.npy is your own: as it was, with the list of its photos, it is kept in %s", own)
            kept, outdated = _realign(data_dir, stage, old, img_paths, replaced)
            files += kept
    own_labels = keep_own_labels(data_dir, img_paths, labels_true, warn=log.warning)
    if labels_true is None:
        gone = [name for name in labels_files("true") if (data_dir / name).exists()]
        if gone and not own_labels:
            log.warning("no labels any more, so that those there were went to %s: %s", data_dir / OUTDATED,
                        ", ".join(gone))
        outdated += gone
    else:
        write_labels(stage, "true", labels_true)
        files += labels_files("true")
    commit(data_dir, files, outdated=outdated)


def _realign(data_dir, stage, old, new, replaced):
    """Prepare the row files, in step with the photos `new`, in the folder `stage`, where the list of these lies.

    Returns the names of those that are there, and of those that cannot be brought in step."""
    position = {name: row for row, name in enumerate(old) if name not in replaced}
    rows, record = [position.get(name, -1) for name in new], features_record(data_dir)
    kept, outdated = [], []
    for name in (*TABLES, *PLAIN, *ARRAYS, *OF_SOME, *WHOLE):
        if not (data_dir / name).exists():
            continue
        if -1 in rows or not _keep_rows(data_dir / name, stage / name, rows, len(old), new):
            outdated.append(name)
            continue
        kept.append(name)
        if name == FEATURES and record:
            inputs = {**record.get("inputs", {}), "img_paths.txt": fingerprint(stage / "img_paths.txt")}
            note_features(stage, {**record, "inputs": inputs})
            kept.append(RECORD)
    if outdated:
        log.warning("made for other photos, and moved to %s: %s", data_dir / OUTDATED, ", ".join(outdated))
    return kept, outdated


def _keep_rows(path, target, rows, count, names):
    """Write the given rows of a row file, those of the photos `names`, to `target`.

    False where it does not have `count` rows, or cannot be cut."""
    if path.name in WHOLE:
        return False
    if path.name in OF_SOME:
        return _keep_named(path, target, names)
    if path.name in ARRAYS:
        return _keep_array_rows(path, target, rows, count)
    starts = _line_starts(path)
    header = len(starts) - 1 - count
    if header not in ((0, 1) if path.name in TABLES else (0,)):
        return False
    with path.open("rb") as source, replacing(target) as temporary, temporary.open("wb") as kept:
        for line in (*range(header), *(header + row for row in rows)):
            source.seek(starts[line])
            kept.write(source.read(starts[line + 1] - starts[line]).removesuffix(b"\n") + b"\n")
    return True


def _keep_named(path, target, names):
    with contextlib.suppress(UserError, KeyError):  # not the table that it was
        table = read_table(path)
        write_table(target, table[table["file"].isin(names)])
        return True
    return False


def _line_starts(path):
    """Where in a file each line begins, and where the last one ends: its lines may be more than memory holds."""
    with path.open("rb") as file:
        return list(accumulate(map(len, file), initial=0))


def _keep_array_rows(path, target, rows, count):
    with contextlib.suppress(UserError):  # a damaged one cannot be cut
        if len(map_array(path)) == count:
            _copy_rows(path, target, rows)
            return True
    return False


def _copy_rows(source, target, rows):
    """Write the given rows of an array file to another and leave neither open: Windows replaces no open file."""
    array = map_array(source)
    kept = new_array_file(target, dtype=array.dtype, shape=(len(rows), *array.shape[1:]))
    for some in blocks(len(rows), size=BLOCK):
        kept[some] = array[rows[some]]
    kept.flush()
