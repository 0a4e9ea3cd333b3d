"""True labels of one's own, which no step makes again: kept, with the list of their photos, before a step changes them.
"""
import contextlib
from pathlib import Path

from imgcluster.csv_tables import read_table
from imgcluster.datafiles.artefacts import labels_files, read_img_paths, read_labels_true
from imgcluster.datafiles.own_features import PHOTOS, keep_copy
from imgcluster.datafiles.records import fingerprint
from imgcluster.errors import UserError

FOLDER = "your_labels"
TEXT, _, TABLE = labels_files("true")


def keep_own_labels(data_dir, img_paths, labels_true, *, warn):
    """Copy a labels_true.txt that no step wrote, and img_paths.txt, to a folder of outdated/ where the labels of
    `img_paths`, a list of one per photo or None, are about to take its place and lack some of it.

    Returns that folder, which is told to `warn`, else None. Where a copy has these labels already, none is made.
    """
    data_dir = Path(data_dir)
    if not (data_dir / TEXT).is_file():
        return None
    there, coming = _labels_of_photos(data_dir), set() if labels_true is None else set(zip(img_paths, labels_true))
    if there is not None and (there <= coming or there == _labels_of_step(data_dir)):
        return None
    folder = keep_copy(data_dir, TEXT, FOLDER, holds=_has_same)
    warn(f"{TEXT} is your own: as it was, with the list of its photos, it is kept in {folder}")
    return folder


def _labels_of_photos(data_dir):
    """{(photo, its label)}, None where the files say nothing of the kind."""
    with contextlib.suppress(UserError):  # damaged, or no list of photos
        return set(zip(read_img_paths(data_dir), read_labels_true(data_dir).tolist()))
    return None


def _labels_of_step(data_dir):
    """The same by the table that steps write beside labels_true.txt, and people do not."""
    with contextlib.suppress(UserError, KeyError):  # not the table that it was
        table = read_table(data_dir / TABLE)
        return set(zip(table["file"], table["label"]))
    return None


def _has_same(folder, data_dir):
    return all(fingerprint(folder / name) == fingerprint(data_dir / name) for name in (PHOTOS, TEXT))
