"""The figures of a run, those that there are data for, drawn and saved."""
from functools import partial

import numpy as np
import pandas as pd

from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.files import replacing
from imgcluster.plots import (
    before_after_sheet,
    confusion_figure,
    contact_sheet,
    distance_map_figure,
    hits_figure,
    map_with_thumbnails,
    scatter_pair,
    scores_figure,
    training_curves,
)
from imgcluster.report.gallery import before_and_after, load_thumbnail
from imgcluster.scores.metrics import confusion_table
from imgcluster.scores.unplaced import is_placed
from imgcluster.training.validation import best_row
from imgcluster.wording import counted

DPI = 150
OWN_SHARE = 0.9
SHEET_PHOTOS, SHEET_DOUBTFUL = 48, 16  # on a contact sheet, and how many of them are the least sure
CONFIDENCE = "Numbers: confidence, from 0 (might as well be in the next cluster) to 1 (its own is by far the nearest)"


def figures(gallery):
    """Return {file name: function that draws it, or None where the data for it do not exist}."""
    plans = {"scatter.png": lambda: draw_scatter(gallery),
             "distance_map.png": lambda: distance_map_figure(
                 gallery.som["distance_map"], gallery.unit_clusters, topology=gallery.topology,
                 hits=gallery.som["hits"], names=gallery.names,
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
    """One cluster's photos with their files and confidences, most typical first; of many, the least sure at the end.
    None where there is no file of any photo."""
    if gallery.lacks_all:
        return None
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


def draw_before_after(gallery):
    """Photos as they came beside what step 01 made of them; None where it left all as they were."""
    pairs, changed, looked_at = before_and_after(gallery, range(len(gallery.img_paths)))
    if not pairs:
        return None
    most = f", the {len(pairs)} that changed most" if len(pairs) < changed else ""
    return before_after_sheet(*zip(*pairs.values()), [gallery.img_paths[row] for row in pairs],
                              title=f"{gallery.name}: photos as they came, and as the network saw them "
                                    f"({changed} of {looked_at} looked at were changed{most})")


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
    """True models against clusters, the most confused first."""
    if gallery.true is None or gallery.max_sheets == 0:
        return None
    table = confusion_table(gallery.true, gallery.predicted, num=gallery.max_sheets)
    table = table.loc[:, table.any(axis=0)]
    alone, models = found_alone(gallery.true, gallery.predicted)
    shown = f"; {len(table)} models are shown, the most confused first" if models > gallery.max_sheets else ""
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
