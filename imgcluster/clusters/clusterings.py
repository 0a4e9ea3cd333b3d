"""The clusterings that step 04 found in a dataset, kept by id: corrections say which of them they were made of."""
import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.clusters.corrections import clustering_id
from imgcluster.clusters.corrections_file import placed_in
from imgcluster.csv_tables import read_table, write_table
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.errors import UserError

FOLDER = "clusterings"
# A copy of the corrections that step 04 followed last lies there too.
FOLLOWED = "followed.csv"
# Besides those that corrections were made of: reports of as many may still be open in a browser, to be corrected.
MOST_OTHERS = 10


@dataclass(frozen=True)
class Photos:
    """Photos in clusters: img_paths (N files), their labels int [N]; digests: of the files' content, N texts, "" where
    it is not known, or none where that of no file is."""

    img_paths: list
    labels: np.ndarray
    digests: tuple = ()

    def names_in(self, later):
        """Return the photos' names, N, as they are in `later` ones, None of those that are not there.

        A photo that was renamed or moved since is known by its content, even if its name is another one's now; where
        its content is not there, or not known, by its name.
        """
        contents = dict(zip(later.img_paths, later.digests))
        before = dict(zip(self.img_paths, self.digests or [""] * len(self.img_paths)))
        names = {name: name for name, digest in before.items() if digest and contents.get(name) == digest}
        elsewhere = {}
        for name, digest in contents.items():
            if name not in names:
                elsewhere.setdefault(digest, []).append(name)
        for name, digest in before.items():
            if digest and name not in names and elsewhere.get(digest):
                names[name] = elsewhere[digest].pop(0)
        left = set(later.img_paths) - set(names.values())
        names |= {name: name for name in before if name not in names and name in left}
        return [names.get(name) for name in self.img_paths]


NO_PHOTOS = Photos([], np.zeros(0, int))


@dataclass(frozen=True, kw_only=True)
class Found(Photos):
    """A clustering: its id, the photos with their labels before all corrections, begun int [N]: those that corrections
    made of it began with, others where earlier ones had been carried over to it; earlier: `Photos` of the datasets in
    whose clusters these were placed (`placing.earlier_photos`), of none where the clusters are their own."""

    id: str
    begun: np.ndarray
    earlier: Photos = NO_PHOTOS

    @property
    def highest(self):
        """The highest number that a cluster has, or that one of the earlier photos had; -1 where there is none."""
        return max(self.labels.max(initial=-1), self.earlier.labels.max(initial=-1), *placed_in(self.id)[1][-1:], -1)

    @property
    def earlier_clusters(self):
        """{cluster: ""} of those that the photos were placed in, with the highest number there was, as
        `corrections.apply_corrections` takes it."""
        if not len(self.earlier.labels):
            return {}
        return dict.fromkeys(sorted({*self.earlier.labels.tolist(), *placed_in(self.id)[1][-1:]} - {NO_CLUSTER}), "")


def digests_of(data_dir, img_paths):
    """Return what tells the content of the photos' files from that of others, as step 01 noted it; () where it did not
    of all."""
    table = read_table(Path(data_dir) / "photos.csv")
    known = dict(zip(table["file"], table["digest"])) if {"file", "digest"} <= set(table) else {}
    return tuple(known[name] for name in img_paths) if known.keys() >= set(img_paths) else ()


def keep(data_dir, found, *, needed):
    """Write a `Found` to the folder of clusterings, and remove the oldest others but those of the ids `needed`."""
    groups = [_rows(found, begun=found.begun)]
    if len(found.earlier.labels):
        groups = [groups[0].assign(earlier=0), _rows(found.earlier, begun=found.earlier.labels).assign(earlier=1)]
    write_table(_path(data_dir, found.id), pd.concat(groups).fillna(""))
    needed = {_path(data_dir, name) for name in (found.id, *needed)}
    others = [path for path in (Path(data_dir) / FOLDER).glob("*.csv") if path not in needed and path.name != FOLLOWED]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-MOST_OTHERS]:
        path.unlink()


def _rows(photos, begun):
    digests = {"digest": photos.digests} if photos.digests else {}
    return pd.DataFrame({"file": photos.img_paths, "cluster": photos.labels, "begun": begun, **digests})


def recall(data_dir, name):
    """Return the `Found` of this id; None where it is not there, or has been changed.

    That of photos placed in other datasets' clusters is the one of the last time, as the id stays when photos come and
    go (`placing.placed_id`).
    """
    if not re.fullmatch(r"[0-9a-z+-]+", name):  # it comes from a file that people edit
        return None
    with contextlib.suppress(UserError, KeyError, ValueError):
        table = read_table(_path(data_dir, name))
        is_earlier = table["earlier"].to_numpy(int) > 0 if "earlier" in table else np.zeros(len(table), bool)
        own, earlier = _photos(table[~is_earlier]), _photos(table[is_earlier])
        found = Found(*own, id=name, begun=table[~is_earlier]["begun"].to_numpy(int), earlier=Photos(*earlier))
        if placed_in(name)[1] or clustering_id(found.img_paths, found.labels) == name:
            return found
    return None


def _photos(table):
    """(files, labels, digests) of rows of a table."""
    digests = tuple(table["digest"]) if "digest" in table else ()
    return table["file"].tolist(), table["cluster"].to_numpy(int), digests if any(digests) else ()


def _path(data_dir, name):
    """The file of a clustering; its id grows with each dataset that others are placed in, and would with the years be
    too long for the name of a file."""
    if placed_in(name)[1]:
        name = f"{name.partition('+')[0]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return Path(data_dir) / FOLDER / f"{name}.csv"
