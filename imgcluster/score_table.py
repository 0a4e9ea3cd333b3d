"""The scores of step 05 as people read them."""
NAMES = {"ari": "adjusted Rand index (ARI)", "ami": "adjusted mutual information",
         "nmi": "normalized mutual information",
         "v_measure": "V-measure", "matched_accuracy": "matched accuracy (Hungarian)",
         "fowlkes_mallows": "Fowlkes-Mallows index", "bcubed_precision": "B-cubed precision",
         "bcubed_recall": "B-cubed recall", "bcubed_f1": "B-cubed F1", "pairwise_f1": "pairwise F1",
         "num_models_true": "true number of models", "num_clusters": "number of clusters",
         "davies_bouldin": "Davies-Bouldin index", "calinski_harabasz": "Calinski-Harabasz index",
         "share_in_no_cluster": "share of photos in no cluster"}


def score_table(metrics):
    """Return the scores of metrics.json as aligned lines."""
    lines = []
    for name, value in metrics.items():
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        if name == "ari_interval":
            name, text = "ARI, 95 % interval", f"{value[0]:.4f} to {value[1]:.4f}"
        lines.append(f"  {NAMES.get(name, name.replace('_', ' ')):34}{text}")
    return "\n".join(lines)
