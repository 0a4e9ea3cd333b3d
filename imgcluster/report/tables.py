"""What the page shows as text and tables, which the template writes."""
from imgcluster.artefacts import read_json, read_table

MAX_LINES = 500  # of a table in the page; the CSV has the rest

# Scores from 0 to 1, what each says in a few words; the others are listed by name alone.
SCORES = {
    "ari": ("Adjusted Rand index (ARI)", "agreement of photo pairs beyond chance; 1 is perfect, 0 is chance"),
    "ami": ("Adjusted mutual information", "shared information beyond chance"),
    "matched_accuracy": ("Matched accuracy", "photos in the cluster matched to their product"),
    "purity": ("Purity", "photos that are of their cluster's commonest product"),
    "pairwise_precision": ("Pairwise precision", "pairs put together that belong together"),
    "pairwise_recall": ("Pairwise recall", "pairs that belong together and were put together"),
    "pairwise_f1": ("Pairwise F1", "both of these in one number"),
    "bcubed_precision": ("B-cubed precision", "of a photo's cluster, the share of its own product"),
    "bcubed_recall": ("B-cubed recall", "of a photo's product, the share found in its cluster"),
    "bcubed_f1": ("B-cubed F1", "both of these in one number"),
    "homogeneity": ("Homogeneity", "clusters hold one product each"),
    "completeness": ("Completeness", "products lie in one cluster each"),
    "v_measure": ("V-measure", "both of these in one number"),
    "nmi": ("Normalized mutual information", "shared information; favours many clusters"),
    "fowlkes_mallows": ("Fowlkes-Mallows index", "geometric mean of pairwise precision and recall"),
    "neighbour_agreement_1": ("Nearest photo agrees", "the most similar other photo shows the same product"),
    "neighbour_agreement_5": ("Nearest five agree", "most of the five most similar photos show the same product"),
}
OTHER_SCORES = {
    "silhouette": ("Silhouette", "distance to the next cluster against one's own, -1 to 1"),
    "davies_bouldin": ("Davies-Bouldin index", "spread of clusters against their distance; lower is better"),
    "calinski_harabasz": ("Calinski-Harabasz index", "variance between clusters against within; higher is better"),
    "quantization_error": ("Quantization error", "mean distance of a photo to its place on the map"),
    "topographic_error": ("Topographic error", "photos whose two best places on the map are not neighbours"),
}


def answer(gallery):
    """The first thing the page says: numbers of products and photos, the interval, the ARI and how they came about."""
    count = read_json(gallery.data_dir / "cluster_count.json")
    sizes = sorted((gallery.predicted == cluster).sum() for cluster in set(gallery.predicted) - {-1})
    return {"products": len(sizes), "photos": len(gallery.predicted), "interval": _interval(count, len(sizes)),
            "models": None if gallery.true is None else len(set(gallery.true)),
            "median_size": int(sizes[len(sizes) // 2]), "largest": int(sizes[-1]),
            "ari": gallery.metrics.get("ari"), "ari_interval": gallery.metrics.get("ari_interval"),
            "method": count.get("method"), "calibration": count.get("calibration_dataset"),
            "trained_on_these": bool(gallery.metrics.get("trained_on_these_photos")) and gallery.true is not None}


def _interval(count, products):
    """The likely range, where it was estimated for the clusters that are there."""
    interval = count.get("interval")
    return interval if interval and count.get("num_clusters") == products and interval[0] < interval[1] else None


def scores(gallery):
    """Scores as lists of (name, meaning, value, interval): those from 0 to 1, and the others."""
    metrics = {name: value for name, value in gallery.metrics.items() if value == value}  # NaN is not
    shares = [(*SCORES[name], metrics[name], metrics.get(f"{name}_interval")) for name in SCORES if name in metrics]
    others = [(*OTHER_SCORES[name], metrics[name], None) for name in OTHER_SCORES if name in metrics]
    return {"shares": shares, "others": others}


def side_table(gallery, name):
    """A CSV of the dataset as {"columns", "lines", "total"}, at most MAX_LINES of it; None where there is nothing."""
    table = read_table(gallery.data_dir / name)
    if table.empty:
        return None
    return {"columns": list(table.columns), "lines": table.head(MAX_LINES).to_numpy().tolist(), "total": len(table)}


def records(gallery):
    """What made each file: the content of every made_by_*.json, in the order of the steps."""
    found = [read_json(path) for path in sorted(gallery.data_dir.glob("made_by_*.json"))]
    if gallery.train_dir and gallery.train_dir != gallery.data_dir:
        found += [record for record in [read_json(gallery.train_dir / "made_by_02.json")] if record]
    return [{"step": str(record["step"]), "outputs": [str(name) for name in record.get("outputs", ())],
             "settings": record.get("settings") or {}, "versions": record.get("versions") or {}}
            for record in sorted(found, key=lambda record: str(record.get("step"))) if record.get("step")]


def training(gallery):
    """The training curves as {"dataset", "epochs", "series": {column: values}}; None where no network was trained."""
    path = gallery.train_dir / "history.csv" if gallery.train_dir else None
    table = read_table(path) if path else None
    if table is None or table.empty:
        return None
    numbers = {name: [_number(cell) for cell in table[name]] for name in table if name not in ("phase", "epoch")}
    return {"dataset": gallery.train_dir.name, "phase": table["phase"].tolist() if "phase" in table else None,
            "series": {name: values for name, values in numbers.items() if any(value is not None for value in values)}}


def _number(cell):
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None

