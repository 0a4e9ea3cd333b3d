"""What the page shows as text and tables, which the template writes."""
import numpy as np

from imgcluster.backbone_table import AUTO, BUNDLED
from imgcluster.clusters.cluster_count import how_to_narrow, suggested_alone
from imgcluster.csv_tables import read_table
from imgcluster.datafiles.chain import clusters_record, highest_before
from imgcluster.datafiles.feature_record import RECORD, are_others, features_record
from imgcluster.datafiles.records import read_record
from imgcluster.files import read_json
from imgcluster.photos.photo_audit import INCOMPLETE
from imgcluster.scores.score_names import LABEL_FREE, MAIN, OTHERS, PLACED, known
from imgcluster.scores.seen import warning_of_seen
from imgcluster.training.validation import quality
from imgcluster.wording import listed

MAX_LINES = 500  # of a table in the page; the CSV has the rest


def answer(gallery):
    """The first thing the page says: numbers of products and photos, the interval, how they came about, and how right
    they are: the ARI, or of photos placed in earlier clusters, where known, how many are in their product's.

    "to_narrow": what would narrow a wide interval; "by_known_products": whether these led to the number; "alone":
    what the photos alone suggest, "" where that is not quite another; "placed_in": the datasets in whose clusters
    photos were placed, in words, "assigned_to" the last of them; "in_new": photos in "new_clusters", which a person
    made for photos placed in earlier ones; "new_groups": groups of photos that look alike among those that fit none;
    "no_photos": whether there is no file of any photo.
    """
    record = clusters_record(gallery.data_dir)
    low, high = record.get("interval") or (0, 1)
    alone = suggested_alone(record.get("blind_count"), (low, high))
    sizes = np.unique(gallery.predicted[gallery.predicted >= 0], return_counts=True)[1]
    interval, highest = _interval(record, len(sizes)), highest_before(gallery.data_dir)
    in_new = gallery.predicted[gallery.predicted > highest] if highest is not None else np.zeros(0, int)
    assigned_to = record.get("assigned_to")
    return {"products": len(sizes), "photos": len(gallery.predicted), "interval": interval,
            "to_narrow": how_to_narrow(interval, record.get("calibrated")) if interval else "",
            "exact": low == high, "by_known_products": bool(record.get("calibration_dataset")), "alone": alone,
            "finer_groups": record.get("finer_groups"),
            "corrected_from": record.get("corrected_from"), "assigned_to": assigned_to,
            "placed_in": listed(each.name for each in gallery.earlier) if gallery.earlier else assigned_to,
            "first": gallery.earlier[-1].name if gallery.earlier else assigned_to,
            "in_new": len(in_new), "new_clusters": len(set(in_new.tolist())),
            "unplaced": int((gallery.predicted < 0).sum()), "new_groups": int((gallery.new_group_sizes > 1).sum()),
            "models": None if gallery.true is None else len(set(gallery.true)),
            "median_size": float(np.median(sizes)) if len(sizes) else 0, "largest": int(sizes.max(initial=0)),
            "ari": gallery.metrics.get("ari"), "ari_interval": gallery.metrics.get("ari_interval"),
            "in_own_cluster": gallery.metrics.get("known_in_own_cluster"),
            "how_counted": _how_counted(record),
            "no_photos": gallery.lacks_all,
            "seen": warning_of_seen(gallery.metrics) if gallery.true is not None else ""}


def _how_counted(record):
    """How the number of clusters came about, in words for anyone where cluster_count.json has them."""
    if not record.get("in_words"):
        return record.get("method")
    source = f" in {record['calibration_dataset']}" if record.get("calibration_dataset") else ""
    return f"{record['in_words']}{source}"


def _interval(record, products):
    """The likely range, where it was estimated for the clusters that are there, or for them before corrections."""
    interval = record.get("interval")
    return interval if interval and record.get("num_clusters") == products and interval[0] < interval[1] else None


def scores(gallery):
    """Scores as lists of (name, meaning, value, interval): "placed", "main", "label_free"; in "groups" {group: list}.
    """
    groups = {group: known(names, gallery.metrics) for group, names in OTHERS.items()}
    return {"placed": known(PLACED, gallery.metrics), "main": known(MAIN, gallery.metrics),
            "groups": {group: lines for group, lines in groups.items() if lines},
            "label_free": known(LABEL_FREE, gallery.metrics)}


def network(gallery):
    """What made the features, or None where the run did not make them.

    {"name", "trained_on", "fitted_to": datasets or None, "bundled", "stand_in"}. stand_in: whether the small network of
    this project took the place of one with ImageNet weights.
    """
    record = features_record(gallery.data_dir)
    name = record.get("network")
    if not name:
        return None
    return {"name": name, "trained_on": record.get("trained_on"), "fitted_to": record.get("fitted_to"),
            "bundled": name == BUNDLED,
            "stand_in": name == BUNDLED and (record.get("settings") or {}).get("BACKBONE") == AUTO}


def skipped_files(gallery):
    """skipped.csv as {"columns", "lines", "total"}, at most MAX_LINES of it; None where there is nothing."""
    return _listed(read_table(gallery.data_dir / "skipped.csv"))


def doubtful_files(gallery):
    """The photos that step 01 warns of though they are used, as in `skipped_files`: broken-off files first."""
    table = read_table(gallery.data_dir / "photos.csv").reindex(columns=["file", "warnings"], fill_value="")
    table = table[(table["warnings"] != "") & table["file"].isin(gallery.img_paths)]
    whole = ~table["warnings"].str.contains(INCOMPLETE, regex=False)
    return _listed(table.loc[whole.sort_values(kind="stable").index])


def copies(gallery):
    """The copies that step 01 found, as in `skipped_files`, with "used": whether they were clustered too."""
    table = read_table(gallery.data_dir / "duplicates.csv").reindex(columns=["file", "kept", "kind"], fill_value="")
    used = bool(table["file"].isin(gallery.img_paths).any())
    listed = _listed(table.rename(columns={"file": "copy", "kept": "of"}))
    return listed and listed | {"used": used}


def _listed(table):
    if table.empty:
        return None
    return {"columns": list(table.columns), "lines": table.head(MAX_LINES).to_numpy().tolist(), "total": len(table)}


def records(gallery):
    """What made each file: the content of every made_by_*.json, in the order of the steps, but that of step 06, which
    comes after the page.

    That of step 02 is the training set's, whose name is its "dataset"; a network of the dataset itself that is not in
    use has no part in the run, and none has where features of one's own took the place of those of step 03.
    """
    others = are_others(gallery.data_dir)
    passed_over = ("made_by_02.json", "made_by_06.json", *[RECORD] * others)
    own = [read_json(path) for path in gallery.data_dir.glob("made_by_*.json") if path.name not in passed_over]
    trained = gallery.train_dir and not others and read_record(gallery.train_dir, "02")
    found = [*own, *([trained | {"dataset": gallery.train_dir.name}] if trained else [])]
    return [{"step": str(record["step"]), "outputs": [str(name) for name in record.get("outputs", ())],
             "settings": record.get("settings") or {}, "versions": record.get("versions") or {},
             "dataset": record.get("dataset")}
            for record in sorted(found, key=lambda record: str(record.get("step"))) if record.get("step")]


def training(gallery):
    """The training curves; None where no network was trained.

    Returns {"dataset", "epoch": its number for each row, "phase": the same, "kept": place of the row whose weights
    were kept, "series": {column: values, None for what is no number}}.
    """
    history = gallery.history
    if history is None:
        return None
    numbers = {name: [float(cell) if np.isfinite(cell) else None for cell in history[name]]
               for name in history if name not in ("phase", "epoch")}
    series = {name: values for name, values in numbers.items() if any(value is not None for value in values)}
    rows = history.to_dict("records")
    return {"dataset": gallery.train_dir.name, "phase": history["phase"].tolist(), "epoch": history["epoch"].tolist(),
            "kept": max(range(len(rows)), key=lambda place: quality(rows[place])), "series": series}

