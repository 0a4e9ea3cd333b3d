"""The scores of step 05 as people read them."""
from imgcluster.scores.seen import in_percent

NAMES = {"ari": "adjusted Rand index (ARI)", "ami": "adjusted mutual information",
         "nmi": "normalized mutual information",
         "v_measure": "V-measure", "matched_accuracy": "matched accuracy (Hungarian)",
         "fowlkes_mallows": "Fowlkes-Mallows index", "bcubed_precision": "B-cubed precision",
         "bcubed_recall": "B-cubed recall", "bcubed_f1": "B-cubed F1", "pairwise_f1": "pairwise F1",
         "num_models_true": "true number of models", "num_clusters": "number of clusters",
         "davies_bouldin": "Davies-Bouldin index", "calinski_harabasz": "Calinski-Harabasz index",
         "share_in_no_cluster": "share of photos in no cluster",
         "known_in_own_cluster": "known products: in their cluster",
         "known_in_no_cluster": "known products: in no cluster", "new_in_no_cluster": "new products: in no cluster"}
# What shares of the photos and products the network had seen (`seen.seen_by_network`): said in one line.
SEEN = {"trained_on_these_photos": "trained on {}these photos",
        "fitted_to_these_photos": "fitted to {}these photos without labels",
        "trained_on_these_models": "trained on {}these labels"}


def score_table(metrics):
    """Return the scores of metrics.json as aligned lines."""
    shown = {name: value for name, value in metrics.items() if name not in SEEN}
    if len(shown) < len(metrics):
        shown["network"] = _seen(metrics)
    lines = []
    for name, value in shown.items():
        text = f"{value:z.4f}" if isinstance(value, float) else str(value)
        if name == "ari_interval":
            name, text = "ARI, 95 % interval", f"{value[0]:z.4f} to {value[1]:z.4f}"
        lines.append(f"  {NAMES.get(name, name.replace('_', ' ')):34}{text}")
    return "\n".join(lines)


def _seen(metrics):
    """What the network had seen, in words: photos rather than products."""
    for name, words in SEEN.items():
        if metrics.get(name):
            return words.format("" if metrics[name] == 1 else f"{in_percent(metrics[name])} of ")
    unknown = None in (metrics.get(name, 0) for name in SEEN)
    return "not known whether trained on these photos" if unknown else "not trained on these photos"
