"""The clusterings that step 04 found in a dataset, kept by id: corrections say which of them they were made of."""
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.clusters.corrections import clustering_id
from imgcluster.errors import UserError
from imgcluster.files import read_table, write_table

FOLDER = "clusterings"
# A copy of the corrections that step 04 followed last lies there too.
FOLLOWED = "followed.csv"
# Besides those that corrections were made of: reports of as many may still be open in a browser, to be corrected.
MOST_OTHERS = 10


@dataclass(frozen=True)
class Found:
    """A clustering: its `clustering_id`, img_paths (N files), their labels int [N] before all corrections, and begun
    int [N]: those that corrections made of it began with, others where earlier ones had been carried over to it."""

    id: str
    img_paths: list
    labels: np.ndarray
    begun: np.ndarray


def keep(data_dir, found, *, needed):
    """Write a `Found` to the folder of clusterings, and remove the oldest others but those of the ids `needed`."""
    folder = Path(data_dir) / FOLDER
    write_table(_path(data_dir, found.id), pd.DataFrame({"file": found.img_paths, "cluster": found.labels,
                                                         "begun": found.begun}))
    others = [path for path in folder.glob("*.csv") if path.stem not in {found.id, *needed} and path.name != FOLLOWED]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-MOST_OTHERS]:
        path.unlink()


def recall(data_dir, name):
    """Return the `Found` of this id; None where it is not there, or has been changed."""
    if not re.fullmatch(r"[0-9a-z-]+", name):  # it comes from a file that people edit
        return None
    with contextlib.suppress(UserError, KeyError, ValueError):
        table = read_table(_path(data_dir, name))
        found = Found(name, table["file"].tolist(), table["cluster"].to_numpy(int), table["begun"].to_numpy(int))
        if clustering_id(found.img_paths, found.labels) == name:
            return found
    return None


def _path(data_dir, name):
    return Path(data_dir) / FOLDER / f"{name}.csv"
