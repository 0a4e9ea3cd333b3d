"""What the scores of metrics.json are called, and what each says in a few words."""

# {score: (its name, what it says)}. Of photos placed in earlier clusters:
PLACED = {
    "known_in_own_cluster": ("Known products in their cluster", "photos of products that were there before"),
    "known_in_no_cluster": ("Known products in no cluster", "wrongly taken for new ones; less is better"),
    "new_in_no_cluster": ("New products in no cluster", "photos of products that were not there before"),
}
# Against true labels, 0 to 1 (the adjusted ones may fall below): the main ones, then {group: scores}.
MAIN = {
    "ari": ("Adjusted Rand index (ARI)", "agreement of photo pairs beyond chance; 1 is perfect, 0 is chance"),
    "matched_accuracy": ("Photos in the right cluster", "when each product is matched to one cluster"),
    "purity": ("Purity", "photos that are of their cluster's commonest product"),
    "neighbour_agreement_1": ("Nearest photo agrees", "the most similar other photo shows the same product"),
}
OTHERS = {
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
LABEL_FREE = {
    "silhouette": ("Silhouette", "distance to the next cluster against one's own, -1 to 1"),
    "davies_bouldin": ("Davies-Bouldin index", "spread of clusters against their distance; lower is better"),
    "calinski_harabasz": ("Calinski-Harabasz index", "variance between clusters against within; higher is better"),
    "quantization_error": ("Quantization error", "mean distance of a photo to its place on the map"),
    "topographic_error": ("Topographic error", "photos whose two best places on the map are not neighbours"),
}


def known(names, metrics):
    """Return [(name, meaning, value, interval or None)] of those scores that `metrics`, of metrics.json, has and are
    defined."""
    return [(*text, metrics[score], metrics.get(f"{score}_interval")) for score, text in names.items()
            if metrics.get(score, float("nan")) == metrics.get(score)]
