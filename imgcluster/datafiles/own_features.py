"""Features of one's own, which no step can make again: kept, with the list of their photos, before a step changes them.
"""
import contextlib
import shutil
from pathlib import Path

import numpy as np

from imgcluster.datafiles.artefacts import OUTDATED, map_array, read_img_paths
from imgcluster.datafiles.feature_record import FEATURES, features_record
from imgcluster.errors import UserError
from imgcluster.files import first_free
from imgcluster.rows import blocks

FOLDER, PHOTOS = "your_features", "img_paths.txt"


def keep_own(data_dir):
    """Copy a features.npy that step 03 did not write, and img_paths.txt, to a folder of outdated/; return that folder.

    None where step 03 wrote it, or there is none. Where a copy holds these photos' features already, none is made.
    """
    if not (Path(data_dir) / FEATURES).is_file() or features_record(data_dir):
        return None
    return keep_copy(data_dir, FEATURES, FOLDER, holds=_holds)


def keep_copy(data_dir, file, called, *, holds):
    """Copy a file of a dataset, and img_paths.txt, to a folder of outdated/ `called` so; return that folder.

    Where there is one already it gets a number, but if holds(that folder, data_dir) is true none is made.
    """
    data_dir = Path(data_dir)
    folder = first_free(data_dir / OUTDATED / called, lambda number: data_dir / OUTDATED / f"{called}-{number}",
                        is_taken=lambda folder: folder.exists() and not holds(folder, data_dir))
    if folder.exists():
        return folder
    whole = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir(parents=True)
    for name in (PHOTOS, file):
        if (data_dir / name).exists():
            shutil.copyfile(data_dir / name, whole / name)
    return whole.rename(folder)


def _holds(folder, data_dir):
    """Whether the features in a folder are those of all photos in `data_dir`, or of these and more."""
    with contextlib.suppress(UserError):  # damaged, or no list of photos
        place = {name: row for row, name in enumerate(read_img_paths(folder))}
        rows = np.array([place.get(name, -1) for name in read_img_paths(data_dir)])
        kept, now = map_array(folder / FEATURES), map_array(data_dir / FEATURES)
        same_size = len(kept) == len(place) and len(now) == len(rows) and kept.shape[1:] == now.shape[1:]
        return (same_size and (rows >= 0).all()
                and all(np.array_equal(kept[rows[some]], now[some], equal_nan=True) for some in blocks(len(rows))))
    return False
