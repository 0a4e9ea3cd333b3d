"""The results of a run, read as they are needed, and its photos."""
import contextlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.cluster_results import review_list
from imgcluster.clusters.copies import copy_groups, is_first
from imgcluster.clusters.directions import typicality
from imgcluster.csv_tables import read_table
from imgcluster.datafiles.artefacts import (
    num_clusters_in,
    read_clusters,
    read_features,
    read_img_paths,
    read_labels_true,
    require,
)
from imgcluster.datafiles.feature_record import are_others, taught_directions
from imgcluster.datafiles.records import read_scores
from imgcluster.errors import UserError
from imgcluster.files import read_arrays
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_image, read_thumbnail
from imgcluster.plots import finding, lay_out
from imgcluster.report.nearness import comparable
from imgcluster.wording import counted

NUMBERS = ("cluster", "unit_row", "unit_column", "distance", "confidence")  # columns of clusters.csv that figures need
THUMBNAIL = 160
LOOKED_AT, BEFORE_AFTER = 60, 12  # photos, and of those that are shown
SEEN_CHANGE = 3  # grey levels of 255, on average: more than writing a photo anew as JPEG changes


@dataclass(frozen=True)
class Gallery:
    """The results of one dataset, read as they are needed: features.npy and the files of step 04. Labels, scores, the
    training and photos may be missing; what shows them is left out.

    earlier: those of the datasets in whose clusters photos were placed, where they were, the last one first
    (`datafiles.chain`).
    """

    name: str
    data_dir: Path
    img_dir: Path
    raw_dir: Path
    train_dir: Path | None
    seed: int
    max_sheets: int
    max_photos: int
    earlier: tuple = ()

    @cached_property
    def img_paths(self):
        return read_img_paths(self.data_dir)

    @cached_property
    def features(self):
        """Memory-mapped, checked once."""
        return read_features(self.data_dir)

    @cached_property
    def compared(self):
        """The features in which clusters are compared (`nearness.comparable`)."""
        return comparable(self.features, self.predicted, taught=taught_directions(self.data_dir))

    @cached_property
    def predicted(self):
        """The cluster of each photo, int [N]; -1 for photos that fit none."""
        return read_clusters(self.data_dir)

    @cached_property
    def true(self):
        return read_labels_true(self.data_dir)

    @cached_property
    def clusters(self):
        """clusters.csv with numbers as numbers; UserError where it was sorted or edited."""
        path = require(self.data_dir / "clusters.csv")
        table = read_table(path)
        try:
            numbers = {*NUMBERS, *table} - {"file", "name"}
            table = table.assign(**{name: pd.to_numeric(table[name]) for name in numbers})
            if table["file"].tolist() == self.img_paths:
                return table
        except (KeyError, ValueError):
            pass
        raise UserError(f"{path}: its lines are not those that step 04 wrote, one for each photo in the order of "
                        "img_paths.txt (sorted or edited in a spreadsheet?); run 04_cluster_som.py again")

    @cached_property
    def som(self):
        return read_arrays(require(self.data_dir / "som.npz"))

    @cached_property
    def names(self):
        """{cluster: what people call it}, where corrections named clusters."""
        return read_names(self.data_dir)

    @cached_property
    def metrics(self):
        return read_scores(self.data_dir)

    @cached_property
    def review(self):
        """The photos to look at: the lines of review.csv for those that are there, or where it is missing what
        clusters.csv tells."""
        table = read_table(self.data_dir / "review.csv")
        return table[table["file"].isin(self.img_paths)] if "file" in table else review_list(self.clusters)

    @cached_property
    def history(self):
        """The epochs of the training of the network, a DataFrame; None where none was trained, or had no part."""
        had_part = self.train_dir and not are_others(self.data_dir)
        table = read_table(self.train_dir / "history.csv") if had_part else pd.DataFrame()
        numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in table.columns if name != "phase"}
        return None if table.empty else table.assign(**numbers)

    @cached_property
    def layout(self):
        """The photos in the plane (a `plots.layout.Layout`): laid out once for all that show them there."""
        return lay_out(self.features, seed=self.seed, max_photos=self.max_photos)

    @cached_property
    def unit_photo(self):
        """Row of the photo nearest to each unit's prototype, int [rows, columns]; -1 for units without a photo."""
        nearest, table = np.full(self.som["hits"].shape, -1), self.clusters
        rows = table["distance"].to_numpy().argsort(kind="stable")[::-1]
        # Of several photos in a unit the last one stays.
        nearest[tuple(table[name].to_numpy()[rows] for name in ("unit_row", "unit_column"))] = rows
        return nearest

    @cached_property
    def unit_clusters(self):
        """Cluster of each unit, int [rows, columns]: that of its photo, which corrections may have changed, else -1."""
        return np.where(self.unit_photo >= 0, self.predicted[self.unit_photo], -1)

    @cached_property
    def new_group(self):
        """The group of photos that look alike which each one is in that fits no earlier cluster, int [N], -1 for the
        others; None where photos formed no groups."""
        return self.clusters["new_group"].to_numpy().astype(int) if "new_group" in self.clusters else None

    @cached_property
    def new_group_sizes(self):
        """How many photos of each of these groups are in no cluster, int [G]."""
        groups = np.zeros(0, int) if self.new_group is None else self.new_group[self.predicted < 0]
        return np.bincount(groups[groups >= 0])

    def has_photo(self, row):
        """Whether there is a file of the photo of a row, as step 01 wrote it or as it came."""
        return any((folder / self.img_paths[row]).exists() for folder in (self.img_dir, self.raw_dir))

    @cached_property
    def lacking(self):
        """The rows of photos of which there is no file, int [n]."""
        return np.flatnonzero([not self.has_photo(row) for row in range(len(self.img_paths))])

    @property
    def lacks_all(self):
        """Whether there is no file of any photo, as with features of one's own."""
        return 0 < len(self.img_paths) == len(self.lacking)

    def called(self, cluster):
        """A cluster as people read it: its number, and its name where it has one."""
        return f"cluster {cluster}" + (f" ({self.names[cluster]})" if cluster in self.names else "")

    @property
    def title(self):
        """The finding, as every figure says it."""
        return finding(self.name, num_clusters=num_clusters_in(self.predicted), ari=self.metrics.get("ari"),
                       num_models=None if self.true is None else len(set(self.true)), num_photos=len(self.predicted))

    @property
    def topology(self):
        return str(self.som["topology"])

    @cached_property
    def typicality(self):
        """How near each photo is to the mean of all in its cluster, [N]; copies come after all others."""
        return typicality(self.features, self.predicted, self.is_original)

    @cached_property
    def is_original(self):
        """Whether each photo is the first of its copies, bool [N]."""
        return is_first(copy_groups(self.data_dir, self.img_paths, self.features))

    def typical_first(self, rows):
        """Rows of photos ordered by how typical they are of their clusters."""
        return rows[np.argsort(-self.typicality[rows], kind="stable")]

    def least_sure(self, rows, number):
        """The `number` rows of photos of the lowest confidence, the least sure at the end."""
        confidence = self.clusters["confidence"].to_numpy()[rows]
        return rows[np.argsort(-confidence, kind="stable")[len(rows) - number:]]


def load_thumbnail(gallery, row):
    """The photo of a row as uint8 RGB, with its background removed where step 01 did so; grey when unreadable."""
    return read_thumbnail((gallery.img_dir, gallery.raw_dir), gallery.img_paths[row], side=THUMBNAIL)


def warn_of_photos_not_found(gallery, *, warn):
    """Call `warn` with a sentence where photos are in neither folder, so that grey squares stand for them."""
    if len(gallery.lacking):
        first, sheets = gallery.img_paths[gallery.lacking[0]], ", and no sheets are made" * gallery.lacks_all
        warn(f"{len(gallery.lacking):,} of {counted(len(gallery.img_paths), 'photo')} found neither in "
             f"{gallery.raw_dir} nor in {gallery.img_dir}, the first {first}: grey squares stand for them{sheets}. Put "
             "them into the former, named as in img_paths.txt, and run this step again")


class Prepared(NamedTuple):
    """What step 01 did to photos: `pairs` {place: (the photo as it came, as it was written)}, uint8 RGB, of up to 12
    that it changed, those first that it changed most; `changed` of `looked_at` photos look changed."""

    pairs: dict
    changed: int
    looked_at: int


def change(before, after):
    """How different step 01 made a photo, in grey levels on average: uint8 RGB as it came, and as it was written."""
    small = [cv2.resize(photo, (32, 32), interpolation=cv2.INTER_AREA).astype(int) for photo in (before, after)]
    return np.abs(small[0] - small[1]).mean()


def before_and_after(gallery, rows):
    """Return what step 01 did to photos, as a `Prepared` by places in `rows`: of up to 60, evenly spread, that can be
    read both ways."""
    changes, pairs = {}, {}
    places = np.unique(np.linspace(0, len(rows) - 1, LOOKED_AT).astype(int)).tolist() if len(rows) else []
    for place in places:
        name = gallery.img_paths[rows[place]]
        with contextlib.suppress(ImageError):
            pairs[place] = [read_image(folder / name, min_side=THUMBNAIL)
                            for folder in (gallery.raw_dir, gallery.img_dir)]
            changes[place] = change(*pairs[place])
    most_first = sorted((place for place in pairs if changes[place] > SEEN_CHANGE), key=lambda place: -changes[place])
    return Prepared({place: pairs[place] for place in most_first[:BEFORE_AFTER]}, len(most_first), len(pairs))
