"""Which figures a run has, and the data each is drawn from."""
import contextlib
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.copies import copy_groups, is_first
from imgcluster.clusters.directions import likeness_to_means
from imgcluster.csv_tables import read_table
from imgcluster.datafiles.artefacts import (
    NO_CLUSTER,
    num_clusters_in,
    read_clusters,
    read_features,
    read_img_paths,
    read_labels_true,
    require,
)
from imgcluster.datafiles.records import changed_inputs
from imgcluster.errors import UserError
from imgcluster.files import read_arrays, read_json, replacing
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_image, read_thumbnail
from imgcluster.plots import (
    before_after_sheet,
    confusion_figure,
    contact_sheet,
    distance_map_figure,
    finding,
    hits_figure,
    lay_out,
    map_with_thumbnails,
    scatter_pair,
    scores_figure,
    training_curves,
)
from imgcluster.scores.metrics import confusion_of_largest
from imgcluster.scores.unplaced import is_placed
from imgcluster.training.validation import best_row
from imgcluster.wording import counted

NUMBERS = ("cluster", "unit_row", "unit_column", "distance", "confidence")  # columns of clusters.csv that figures need
DPI, THUMBNAIL = 150, 160
BEFORE_AFTER = 12  # pairs of photos
OWN_SHARE = 0.9
SEEN_CHANGE = 3  # grey levels of 255, on average: more than writing a photo anew as JPEG changes
SHEET_PHOTOS, SHEET_DOUBTFUL = 48, 16  # on a contact sheet, and how many of them are the least sure
CONFIDENCE = "Numbers: confidence, from 0 (might as well be in the next cluster) to 1 (its own is by far the nearest)"


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
            table = table.assign(**{name: pd.to_numeric(table[name]) for name in {*NUMBERS, *table} - {"file"}})
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
        """The scores of step 05; none where they are of other clusters, labels or features than there are now."""
        return {} if changed_inputs(self.data_dir, "05") else read_json(self.data_dir / "metrics.json")

    @cached_property
    def history(self):
        """The epochs of the training of the network, a DataFrame; None where none was trained."""
        table = read_table(self.train_dir / "history.csv") if self.train_dir else pd.DataFrame()
        numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in table.columns if name != "phase"}
        return None if table.empty else table.assign(**numbers)

    @cached_property
    def layout(self):
        """The photos in the plane (a `plots.layout.Layout`): laid out once for all that show them there."""
        return lay_out(read_features(self.data_dir), seed=self.seed, max_photos=self.max_photos)

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

    def has_photo(self, row):
        """Whether there is a file of the photo of a row, as step 01 wrote it or as it came."""
        return any((folder / self.img_paths[row]).exists() for folder in (self.img_dir, self.raw_dir))

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
        """How near each photo is to the mean of all in its cluster, a cosine [N].

        Copies come after all other photos, lest one that many sellers use be all that is seen of its product."""
        features = read_features(self.data_dir)
        likeness = likeness_to_means(features, np.unique(self.predicted, return_inverse=True)[1])
        first = is_first(copy_groups(self.data_dir, self.img_paths, features))
        return np.where(first, likeness, likeness - 2)

    def typical_first(self, rows):
        """Rows of photos ordered by how typical they are of their clusters."""
        return rows[np.argsort(-self.typicality[rows], kind="stable")]

    def least_sure(self, rows, number):
        """The `number` rows of photos of the lowest confidence, the least sure at the end."""
        confidence = self.clusters["confidence"].to_numpy()[rows]
        return rows[np.argsort(-confidence, kind="stable")[len(rows) - number:]]


def figures(gallery):
    """Return {file name: function that draws it, or None where the data for it do not exist}."""
    plans = {"scatter.png": lambda: draw_scatter(gallery),
             "distance_map.png": lambda: distance_map_figure(
                 gallery.som["distance_map"], gallery.unit_clusters, topology=gallery.topology, names=gallery.names,
                 title=f"How far apart the photos are. {gallery.title}"),
             "hits.png": lambda: hits_figure(gallery.som["hits"], topology=gallery.topology,
                                             title=f"Photos per unit. {gallery.title}"),
             "map.png": lambda: draw_map(gallery),
             "background_removal.png": lambda: draw_before_after(gallery),
             "training.png": lambda: draw_training(gallery),
             "confusion.png": lambda: draw_confusion(gallery),
             "scores.png": lambda: draw_scores(gallery)}
    sizes = np.bincount(gallery.predicted[gallery.predicted >= 0])
    largest = np.argsort(-sizes, kind="stable")[:min(gallery.max_sheets, np.count_nonzero(sizes))]
    for cluster in largest:
        plans[f"cluster_sheets/cluster_{cluster:03d}.png"] = partial(draw_cluster, gallery, cluster)
    return plans


def save_figures(gallery, result_dir, *, progress):
    """Draw and save every figure there are data for; return their names. Others that an earlier run left are removed.

    progress: `progress.progress`.
    """
    plans, written = figures(gallery), []
    with progress("figures", len(plans), "figure") as bar:
        for name, draw in plans.items():
            figure = draw()
            if figure is not None:
                with replacing(result_dir / name) as path:
                    figure.savefig(path, dpi=DPI)
                written.append(name)
            bar.update(1)
    sheets = (f"cluster_sheets/{path.name}" for path in (result_dir / "cluster_sheets").glob("cluster_*.png"))
    for name in {*plans, *sheets} - set(written):
        (result_dir / name).unlink(missing_ok=True)
    return written


def load_thumbnail(gallery, row):
    """The photo of a row as uint8 RGB, with its background removed where step 01 did so; grey when unreadable."""
    return read_thumbnail((gallery.img_dir, gallery.raw_dir), gallery.img_paths[row], side=THUMBNAIL)


def warn_of_photos_not_found(gallery, *, warn):
    """Call `warn` with a sentence where photos are in neither folder, so that grey squares stand for them."""
    lacking = [name for row, name in enumerate(gallery.img_paths) if not gallery.has_photo(row)]
    if lacking:
        warn(f"{len(lacking):,} of {counted(len(gallery.img_paths), 'photo')} found neither in {gallery.raw_dir} nor "
             f"in {gallery.img_dir}, the first {lacking[0]}: grey squares stand for them. Put them into the former, "
             "named as in img_paths.txt, and run this step again")


def draw_scatter(gallery):
    """The photos in the plane, true models beside predicted clusters."""
    points, method = gallery.layout
    return scatter_pair(points, gallery.true, gallery.predicted, title=gallery.title, method=method,
                        names=gallery.names)


def draw_map(gallery):
    """The map with the photo nearest to each unit's prototype."""
    hidden = len(set(gallery.predicted.tolist()) - set(gallery.unit_clusters.ravel().tolist()) - {NO_CLUSTER})
    note = f"; {counted(hidden, 'cluster')} not seen here, as each place shows one photo of several" if hidden else ""
    return map_with_thumbnails(gallery.som["hits"].shape, gallery.unit_photo, partial(load_thumbnail, gallery),
                               gallery.unit_clusters, topology=gallery.topology, title=f"{gallery.title}{note}",
                               names=gallery.names)


def draw_cluster(gallery, cluster):
    """One cluster's photos with their files and confidences, most typical first; of many, the least sure at the end."""
    rows = gallery.typical_first(np.flatnonzero(gallery.predicted == cluster))
    hidden = max(0, len(rows) - SHEET_PHOTOS)
    typical, others = np.split(rows, [SHEET_PHOTOS - SHEET_DOUBTFUL])
    shown = np.concatenate([typical, gallery.least_sure(others, SHEET_DOUBTFUL)]) if hidden else rows
    title = (f"{gallery.name}: {gallery.called(cluster)}, {counted(len(rows), 'photo')}"
             + (", most typical first" if len(rows) > 1 else "")
             + (f", {hidden:,} in the middle left out" if hidden else ""))
    confidence = gallery.clusters["confidence"].to_numpy()
    captions = [f"{gallery.img_paths[row].rsplit('/', 1)[-1]}\n{confidence[row]:.2f}" for row in shown]
    return contact_sheet(shown, partial(load_thumbnail, gallery), title=title, captions=captions,
                         note=CONFIDENCE)


def looks_changed(before, after):
    """Whether step 01 did anything to a photo that is seen: uint8 RGB as it came, and as it was written."""
    small = [cv2.resize(photo, (32, 32), interpolation=cv2.INTER_AREA).astype(int) for photo in (before, after)]
    return np.abs(small[0] - small[1]).mean() > SEEN_CHANGE


def before_and_after(gallery, rows):
    """Return {place in `rows`: (the photo as it came, as step 01 wrote it)}, uint8 RGB, of up to 12 photos, evenly
    spread, that can be read both ways; {} where step 01 left all as they were."""
    pairs = {}
    for place in np.unique(np.linspace(0, len(rows) - 1, BEFORE_AFTER).astype(int)).tolist():
        name = gallery.img_paths[rows[place]]
        with contextlib.suppress(ImageError):
            pairs[place] = [read_image(folder / name, min_side=THUMBNAIL)
                            for folder in (gallery.raw_dir, gallery.img_dir)]
    return pairs if any(looks_changed(*pair) for pair in pairs.values()) else {}


def draw_before_after(gallery):
    """Photos as they came beside what step 01 made of them; None where it left all as they were."""
    pairs = before_and_after(gallery, range(len(gallery.img_paths)))
    if not pairs:
        return None
    return before_after_sheet(*zip(*pairs.values()), [gallery.img_paths[row] for row in pairs],
                              title=f"{gallery.name}: photos as they came, and as the network saw them")


def draw_training(gallery):
    """Training curves of the network, where one was fine-tuned."""
    if gallery.history is None:
        return None
    best = best_row(gallery.history)
    unseen = (f"recall@1 {best['holdout_recall_1']:.2f} on models held out, " if "holdout_recall_1" in best else "")
    title = (f"Fine-tuning on {gallery.train_dir.name}: {unseen}"
             f"top-1 {best['val_top_1']:.2f} on held-back photos of known models")
    return training_curves(gallery.history, kept=best["epoch"], title=title)


def draw_confusion(gallery):
    """The largest true models against clusters."""
    if gallery.true is None or gallery.max_sheets == 0:
        return None
    table = confusion_of_largest(gallery.true, gallery.predicted, num=gallery.max_sheets)
    table = table.loc[:, table.any(axis=0)]
    alone, models = found_alone(gallery.true, gallery.predicted)
    shown = f"; the {gallery.max_sheets} largest are shown" if models > gallery.max_sheets else ""
    have, own, their = ("has", "itself", "its") if alone == 1 else ("have", "themselves", "their")
    named = {str(cluster): name for cluster, name in gallery.names.items()}
    return confusion_figure(table.to_numpy(), list(table.index), [named.get(name, name) for name in table],
                            title=f"{gallery.name}: {alone} of {counted(models, 'model')} {have} a cluster to {own} "
                                  f"(at least {OWN_SHARE:.0%} of it and of {their} photos){shown}")


def found_alone(true, predicted):
    """(true models that nearly fill a cluster in which nearly all of them lie, true models)."""
    counts = pd.DataFrame({"true": true, "predicted": predicted}).value_counts()
    of_model = counts / counts.groupby(level="true").transform("sum")
    of_cluster = counts / counts.groupby(level="predicted").transform("sum")
    placed = is_placed(counts.index.get_level_values("predicted"))
    return int(((of_model >= OWN_SHARE) & (of_cluster >= OWN_SHARE) & placed).sum()), len(np.unique(true))


def draw_scores(gallery):
    """The agreement scores of step 05."""
    if "ari" not in gallery.metrics:
        return None
    return scores_figure(gallery.metrics, title=gallery.title, interval=gallery.metrics.get("ari_interval"))
