"""The clusterings that step 04 found in a dataset, kept by id: corrections say which of them they were made of."""
import contextlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.clusters.copies import originals_in
from imgcluster.clusters.corrections import clustering_id
from imgcluster.csv_tables import read_table, write_table
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.datafiles.records import read_record
from imgcluster.errors import UserError
from imgcluster.photos.photo_tables import digests_of

FOLDER = "clusterings"
# A copy of the corrections that step 04 followed last lies there too.
FOLLOWED = "followed.csv"
# Lines of these that were passed over whenever they were there lie there too.
PASSED_OVER = "passed_over.csv"
# Besides those that corrections were made of: reports of as many may still be open in a browser, to be corrected.
MOST_OTHERS = 10
# What the lines of one are: its photos, those of earlier datasets in whose clusters these were placed, and what these
# clusters are called.
KINDS = OWN, EARLIER, NAME = "own", "earlier", "name"


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


@dataclass(frozen=True)
class Earlier:
    """The clusters of earlier datasets that photos were placed in: names {cluster: its name, "" for none} of these and
    of the highest number there was, photos: the `Photos` in them. Both are empty where the clusters are their own."""

    names: dict = field(default_factory=dict)
    photos: Photos = field(default_factory=lambda: Photos([], np.zeros(0, int)))


@dataclass(frozen=True, kw_only=True)
class Found(Photos):
    """A clustering: the photos with their labels before all corrections; begun int [N]: those that corrections made of
    it began with, others where earlier ones had been carried over to it; earlier: as `Earlier`; by_content: its id
    depends on what the files hold, as under the same names photos were others before; originals {copy: its original} as
    they were when it was found, None where its file does not say."""

    begun: np.ndarray
    earlier: Earlier = field(default_factory=Earlier)
    by_content: bool = False
    originals: dict | None = field(default_factory=dict)

    @cached_property
    def id(self):
        """The text by which it is known again: in other clusters, with other photos, or where earlier ones are in
        others, it is another clustering. After a + the highest number that earlier clusters had."""
        paths, labels, photos = self.img_paths, self.labels, self.earlier.photos
        if self.by_content:
            paths = [f"{path} {digest}" for path, digest in zip(paths, self.digests, strict=True)]
        if not self.earlier.names:
            return clustering_id(paths, labels)
        both = clustering_id([*paths, *photos.img_paths], np.append(labels, photos.labels))
        return f"{both}+{max(self.earlier.names)}"

    @property
    def highest(self):
        """The highest number that a cluster has, or that an earlier one had; -1 where there is none."""
        return max(self.labels.max(initial=NO_CLUSTER), *self.earlier.names, NO_CLUSTER)

    @property
    def copies(self):
        """{photo: its copies}"""
        copies = {}
        for copy, original in self.originals.items():
            copies.setdefault(original, []).append(copy)
        return copies

    def with_originals(self, later):
        """Return it with the originals of a `later` one, called as they were then, where its own are not known."""
        if self.originals is not None:
            return self
        then = dict(zip(self.names_in(later), self.img_paths))
        return replace(self, originals={then[copy]: then[original] for copy, original in later.originals.items()
                                        if copy in then and original in then})


def found_in(data_dir, img_paths, labels, earlier=None):
    """Return the `Found` of photos in a folder that step 04 has just put in clusters int [N]; earlier: `Earlier`, None
    where these are their own."""
    found = Found(img_paths, labels, digests_of(data_dir, img_paths), begun=labels, earlier=earlier or Earlier(),
                  originals=originals_in(data_dir))
    before = recall(data_dir, found.id)
    moved = before and any(now not in (None, name) for name, now in zip(before.img_paths, before.names_in(found)))
    return replace(found, by_content=True) if moved else found


def of_report(data_dir, report):
    """Return the id of the clustering that a report (path) is of; "" where there is none, or step 06 did not say."""
    return read_record(data_dir, "06").get("clustering_id", "") if Path(report).exists() else ""


def keep(data_dir, found, *, needed):
    """Write a `Found` to the folder of clusterings, and remove the oldest others but those of the ids `needed`."""
    folder, names = Path(data_dir) / FOLDER, found.earlier.names
    table = _rows(found, found.begun).assign(original=[found.originals.get(path, "") for path in found.img_paths])
    if names:
        photos, called = found.earlier.photos, Photos([*names.values()], np.array([*names]))
        parts = (table, _rows(photos, photos.labels), _rows(called, called.labels))
        table = pd.concat([part.assign(kind=kind) for kind, part in zip(KINDS, parts)]).fillna("")
    write_table(folder / f"{found.id}.csv", table)
    others = [path for path in folder.glob("*.csv")
              if path.stem not in {found.id, *needed} and path.name not in (FOLLOWED, PASSED_OVER)]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-MOST_OTHERS]:
        path.unlink()


def _rows(photos, begun):
    digests = {"digest": photos.digests} if photos.digests else {}
    return pd.DataFrame({"file": photos.img_paths, "cluster": photos.labels, "begun": begun, **digests})


def recall(data_dir, name):
    """Return the `Found` of this id; None where it is not there, or has been changed."""
    if not re.fullmatch(r"[0-9a-z-]+(\+[0-9]+)?", name):  # it comes from a file that people edit
        return None
    with contextlib.suppress(UserError, KeyError, ValueError):
        table = read_table(Path(data_dir) / FOLDER / f"{name}.csv")
        kinds = table["kind"] if "kind" in table else pd.Series(OWN, table.index)
        own, photos, called = (table[kinds == kind] for kind in KINDS)
        names = dict(zip(called["cluster"].astype(int).tolist(), called["file"]))
        found = Found(*_photos(own), begun=own["begun"].to_numpy(int), earlier=Earlier(names, Photos(*_photos(photos))),
                      originals=_originals(own))
        for each in (found, *[replace(found, by_content=True)] * bool(found.digests)):
            if each.id == name:
                return each
    return None


def _originals(table):
    """{copy: its original} of rows of a table, None where these were written before copies were noted."""
    if "original" not in table:
        return None
    return {file: original for file, original in zip(table["file"], table["original"]) if original}


def _photos(table):
    """(files, labels, digests) of rows of a table."""
    digests = tuple(table["digest"]) if "digest" in table else ()
    return table["file"].tolist(), table["cluster"].to_numpy(int), digests if any(digests) else ()
