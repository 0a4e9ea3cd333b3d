"""The clusterings that step 04 found in a dataset, kept by id: corrections say which of them they were made of."""
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.clusters.corrections import clustering_id
from imgcluster.csv_tables import read_table, write_table
from imgcluster.errors import UserError

FOLDER = "clusterings"
# A copy of the corrections that step 04 followed last lies there too.
FOLLOWED = "followed.csv"
# Besides those that corrections were made of: reports of as many may still be open in a browser, to be corrected.
MOST_OTHERS = 10


@dataclass(frozen=True)
class Found:
    """A clustering: its `clustering_id`, img_paths (N files), their labels int [N] before all corrections, begun int
    [N]: those that corrections made of it began with, others where earlier ones had been carried over to it; digests:
    of the files' content, N texts, or none where it is not known."""

    id: str
    img_paths: list
    labels: np.ndarray
    begun: np.ndarray
    digests: tuple = ()

    def names_in(self, later):
        """Return the photos' names, N, as they are in a `later` clustering: one that was renamed or moved since is
        known by its content."""
        there, before, renamed = set(later.img_paths), set(self.img_paths), {}
        for name, digest in zip(later.img_paths, later.digests):
            if name not in before:
                renamed.setdefault(digest, []).append(name)
        names = list(self.img_paths)
        for row, digest in enumerate(self.digests):
            if names[row] not in there and renamed.get(digest):
                names[row] = renamed[digest].pop(0)
        return names


def digests_of(data_dir, img_paths):
    """Return what tells the content of the photos' files from that of others, as step 01 noted it; () where it did not
    of all."""
    table = read_table(Path(data_dir) / "photos.csv")
    known = dict(zip(table["file"], table["digest"])) if {"file", "digest"} <= set(table) else {}
    return tuple(known[name] for name in img_paths) if known.keys() >= set(img_paths) else ()


def keep(data_dir, found, *, needed):
    """Write a `Found` to the folder of clusterings, and remove the oldest others but those of the ids `needed`."""
    folder = Path(data_dir) / FOLDER
    digests = {"digest": found.digests} if found.digests else {}
    write_table(_path(data_dir, found.id), pd.DataFrame({"file": found.img_paths, "cluster": found.labels,
                                                         "begun": found.begun, **digests}))
    others = [path for path in folder.glob("*.csv") if path.stem not in {found.id, *needed} and path.name != FOLLOWED]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-MOST_OTHERS]:
        path.unlink()


def recall(data_dir, name):
    """Return the `Found` of this id; None where it is not there, or has been changed."""
    if not re.fullmatch(r"[0-9a-z-]+", name):  # it comes from a file that people edit
        return None
    with contextlib.suppress(UserError, KeyError, ValueError):
        table = read_table(_path(data_dir, name))
        found = Found(name, table["file"].tolist(), table["cluster"].to_numpy(int), table["begun"].to_numpy(int),
                      tuple(table.get("digest", ())))
        if clustering_id(found.img_paths, found.labels) == name:
            return found
    return None


def _path(data_dir, name):
    return Path(data_dir) / FOLDER / f"{name}.csv"
