"""What a network was shown of the very photos and products that are scored: under whatever name of a dataset."""
from pathlib import Path

import numpy as np

from imgcluster.datafiles.artefacts import read_img_paths, read_lines
from imgcluster.datafiles.records import read_record
from imgcluster.photos.duplicates import share_of_copies
from imgcluster.photos.photo_tables import digests_of, signatures_of


def seen_by_network(record, data_dir, true, *, folder_of):
    """Return {"trained_on_these_photos", "fitted_to_these_photos", "trained_on_these_models"}: shares, 0 to 1; None
    for one of photos that is not known.

    record: of the features in `data_dir` (`feature_record.features_record`). true: labels of their photos, or None (the
    last share is then left out). folder_of: function from the name of a dataset to its DATA_DIR.
    """
    folders = {how: folder_of(record[how]) if record.get(how) else None for how in ("trained_on", "fitted_to")}
    shares = {f"{how}_these_photos": share_of_photos(data_dir, folder) for how, folder in folders.items()}
    return shares if true is None else {**shares, "trained_on_these_models": _share_of_models(
        true, folders["trained_on"])}


def share_of_photos(data_dir, other_dir):
    """Return which share of a dataset's photos, 0 to 1, step 02 saw in another one, or in this one itself: the same
    file or picture, as `duplicates` tells (of more than 2,000 other files: a random sample of them), in this one the
    same file or name. Those that step 01 left out count in neither.

    other_dir: its DATA_DIR, None for no dataset. None is returned where either has nothing (any more) to tell by.
    """
    if other_dir is None:
        return 0.0
    rows, shown = _rows(data_dir), _shown(other_dir)
    if Path(data_dir) == Path(other_dir):
        noted = read_record(other_dir, "02").get("digests") or ()
        same = np.isin(rows, shown) | np.isin(digests_of(data_dir, rows) or [""] * len(rows), noted)
        return float(same.mean()) if rows else None
    own, others = signatures_of(data_dir, rows), signatures_of(other_dir, shown)
    return share_of_copies(own, others) if own and others else None


def _rows(data_dir):
    """The photos of a dataset; none where it is gone."""
    return read_img_paths(data_dir) if (Path(data_dir) / "img_paths.txt").exists() else []


def _shown(data_dir):
    """The photos of a dataset that step 02 saw; all there are now where it did not note them."""
    return read_record(data_dir, "02").get("photos") or _rows(data_dir)


def _share_of_models(true, train_dir):
    classes = train_dir and Path(train_dir) / "classes.txt"
    if not classes or not classes.exists():
        return 0.0
    return float(np.isin(np.unique(true), read_lines(classes)).mean())


def warning_of_seen(metrics):
    """Return what to warn of in scores that hold what `seen_by_network` returned; "" for nothing."""
    photos, models = metrics.get("trained_on_these_photos"), metrics.get("trained_on_these_models", 0)
    if photos == 1:
        return "the network was trained on these very photos: the scores say nothing about products it never saw"
    if photos:
        return (f"the network was trained on {in_percent(photos)} of these very photos: the scores say little about "
                "products it never saw")
    if models:
        return (f"{in_percent(models)} of the true labels are also names of models that the network was trained on: if "
                "they are the same products, the scores say little about products it never saw")
    return ""


def in_percent(share):
    """Return a share above 0 in words: "all", or a percentage from 1 to 99."""
    return "all" if share == 1 else f"{min(99, max(1, round(100 * share)))} %"
