"""What the page shows as text and tables, which the template writes."""
import numpy as np

from imgcluster.backbone_table import AUTO, BUNDLED
from imgcluster.clusters.cluster_count import beyond_interval, how_to_narrow
from imgcluster.clusters.new_groups import num_alike
from imgcluster.datafiles.chain import clusters_record
from imgcluster.datafiles.feature_record import features_record
from imgcluster.datafiles.records import read_record
from imgcluster.files import read_json, read_table
from imgcluster.photos.photo_audit import INCOMPLETE
from imgcluster.scores.seen import warning_of_seen
from imgcluster.training.validation import quality

MAX_LINES = 500  # of a table in the page; the CSV has the rest

# What each score says in a few words: those of photos placed in earlier clusters, the main ones, then groups that are
# folded away.
PLACED_SCORES = {
    "known_in_own_cluster": ("Known products in their cluster", "photos of products that were there before"),
    "known_in_no_cluster": ("Known products in no cluster", "wrongly taken for new ones; less is better"),
    "new_in_no_cluster": ("New products in no cluster", "photos of products that were not there before"),
}
MAIN_SCORES = {
    "ari": ("Adjusted Rand index (ARI)", "agreement of photo pairs beyond chance; 1 is perfect, 0 is chance"),
    "matched_accuracy": ("Photos in the right cluster", "when each product is matched to one cluster"),
    "purity": ("Purity", "photos that are of their cluster's commonest product"),
    "neighbour_agreement_1": ("Nearest photo agrees", "the most similar other photo shows the same product"),
}
OTHER_SCORES = {
    "Pairs of photos": {
        "pairwise_precision": ("Precision", "pairs put together that belong together"),
        "pairwise_recall": ("Recall", "pairs that belong together and were put together"),
        "pairwise_f1": ("F1", "both of these in one number"),
        "fowlkes_mallows": ("Fowlkes-Mallows index", "geometric mean of precision and recall"),
    },
    "Photo by photo (B-cubed)": {
        "bcubed_precision": ("Precision", "of a photo's cluster, the share of its own product"),
        "bcubed_recall": ("Recall", "of a photo's product, the share found in its cluster"),
        "bcubed_f1": ("F1", "both of these in one number"),
    },
    "Shared information": {
        "ami": ("Adjusted mutual information (AMI)", "shared information beyond chance"),
        "homogeneity": ("Homogeneity", "clusters hold one product each"),
        "completeness": ("Completeness", "products lie in one cluster each"),
        "nmi": ("NMI (= V-measure)", "normalized mutual information, both of these in one; favours many clusters"),
    },
    "Features": {
        "neighbour_agreement_5": ("Nearest five agree", "most of the five most similar photos show the same product"),
    },
}
LABEL_FREE_SCORES = {
    "silhouette": ("Silhouette", "distance to the next cluster against one's own, -1 to 1"),
    "davies_bouldin": ("Davies-Bouldin index", "spread of clusters against their distance; lower is better"),
    "calinski_harabasz": ("Calinski-Harabasz index", "variance between clusters against within; higher is better"),
    "quantization_error": ("Quantization error", "mean distance of a photo to its place on the map"),
    "topographic_error": ("Topographic error", "photos whose two best places on the map are not neighbours"),
}


def answer(gallery):
    """The first thing the page says: numbers of products and photos, the interval, how they came about, and how right
    they are: the ARI, or of photos placed in earlier clusters, where known, how many are in their product's.

    "to_narrow": what would narrow a wide interval; "calibrated": whether known products led to the number; "alone":
    what the photos alone suggest, where that is quite another.
    """
    count = clusters_record(gallery.data_dir)
    low, high = count.get("interval") or (0, 1)
    alone = beyond_interval(count.get("blind_count"), (low, high))
    sizes = np.unique(gallery.predicted[gallery.predicted >= 0], return_counts=True)[1]
    interval = _interval(count, len(sizes))
    return {"products": len(sizes), "photos": len(gallery.predicted), "interval": interval,
            "to_narrow": how_to_narrow(interval, count.get("calibrated")) if interval else "",
            "exact": low == high, "calibrated": bool(count.get("calibration_dataset")), "alone": alone,
            "finer_groups": count.get("finer_groups"),
            "corrected_from": count.get("corrected_from"), "assigned_to": count.get("assigned_to"),
            "first": gallery.earlier[-1].name if gallery.earlier else count.get("assigned_to"),
            "unplaced": int((gallery.predicted < 0).sum()), "new_groups": _new_groups(gallery),
            "models": None if gallery.true is None else len(set(gallery.true)),
            "median_size": float(np.median(sizes)) if len(sizes) else 0, "largest": int(sizes.max(initial=0)),
            "ari": gallery.metrics.get("ari"), "ari_interval": gallery.metrics.get("ari_interval"),
            "in_own_cluster": gallery.metrics.get("known_in_own_cluster"),
            "how_counted": _how_counted(count),
            "seen": warning_of_seen(gallery.metrics) if gallery.true is not None else ""}


def _new_groups(gallery):
    """How many groups of two or more the photos that fit no earlier cluster form among themselves."""
    if "new_group" not in gallery.clusters:
        return 0
    return num_alike(gallery.clusters["new_group"].to_numpy()[gallery.predicted < 0])


def _how_counted(count):
    """How the number of clusters came about, in words for anyone where cluster_count.json has them."""
    if not count.get("in_words"):
        return count.get("method")
    source = f" of {count['calibration_dataset']}" if count.get("calibration_dataset") else ""
    return f"{count['in_words']}{source}"


def _interval(count, products):
    """The likely range, where it was estimated for the clusters that are there."""
    interval = count.get("interval")
    return interval if interval and count.get("num_clusters") == products and interval[0] < interval[1] else None


def scores(gallery):
    """Scores as lists of (name, meaning, value, interval): "placed", "main", "label_free"; in "groups" {group: list}.
    """
    metrics = {name: value for name, value in gallery.metrics.items() if value == value}  # NaN is not

    def known(names):
        return [(*text, metrics[name], metrics.get(f"{name}_interval")) for name, text in names.items()
                if name in metrics]

    groups = {group: known(names) for group, names in OTHER_SCORES.items()}
    return {"placed": known(PLACED_SCORES), "main": known(MAIN_SCORES),
            "groups": {group: lines for group, lines in groups.items() if lines},
            "label_free": known(LABEL_FREE_SCORES)}


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
    use has no part in the run.
    """
    own = [read_json(path) for path in gallery.data_dir.glob("made_by_*.json")
           if path.name not in ("made_by_02.json", "made_by_06.json")]
    trained = gallery.train_dir and read_record(gallery.train_dir, "02")
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

