#!/usr/bin/env python3
"""Step 05: how good the clusters are.

Reads:   DATA_DIR/labels_pred.txt; labels_true.txt, img_paths.txt, features.npy and som.npz where they exist
Writes:  metrics.json
Runtime: seconds
"""
import sys

import numpy as np

from imgcluster.artefacts import read_features, read_labels, read_labels_true, write_json
from imgcluster.cli import Step, run
from imgcluster.feature_record import features_record
from imgcluster.metrics import bootstrap_interval, clustering_scores, internal_scores, neighbour_agreement

NAMES = {"ari": "adjusted Rand index (ARI)", "ami": "adjusted mutual information",
         "nmi": "normalized mutual information",
         "v_measure": "V-measure", "matched_accuracy": "matched accuracy (Hungarian)",
         "fowlkes_mallows": "Fowlkes-Mallows index", "bcubed_precision": "B-cubed precision",
         "bcubed_recall": "B-cubed recall", "bcubed_f1": "B-cubed F1", "pairwise_f1": "pairwise F1",
         "num_models_true": "true number of models", "num_clusters": "number of clusters",
         "davies_bouldin": "Davies-Bouldin index", "calinski_harabasz": "Calinski-Harabasz index"}
# Whether the network that made the features was fine-tuned on this dataset, or fitted to it.
SEEN = {"trained_on_these_photos": "trained on these photos",
        "fitted_to_these_photos": "fitted to these photos without labels"}


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    predicted, true = read_labels(step.data_dir, "pred"), read_labels_true(step.data_dir)
    step.warn_if_changed("04")
    metrics = agreement(step, true, predicted) if true is not None else {}
    metrics["num_clusters"] = len(set(predicted) - {"-1"})
    if true is None:
        step.say("no true labels: only the scores that need none")
    metrics |= from_features(step.data_dir, true, predicted) | from_map(step.data_dir)
    metrics["photos"] = len(predicted)
    record = features_record(step.data_dir)
    metrics |= {name: record.get(name.removesuffix("_these_photos")) == step.settings.DATASET for name in SEEN}
    if metrics["trained_on_these_photos"] and true is not None:
        step.warn("the network was trained on these very photos: the scores say nothing about products it never saw")
    write_json(step.data_dir / "metrics.json", metrics)
    step.record(["metrics.json"], inputs=[step.data_dir / f"labels_{kind}.txt" for kind in ("true", "pred")])
    step.say(table_of(metrics))
    step.finish(step.show(step.data_dir / "metrics.json"), then="06_visualize.py")


def agreement(step, true, predicted):
    """Scores against the true labels, ARI first, with its interval."""
    scores = clustering_scores(true, predicted)
    interval = bootstrap_interval(true, predicted, samples=step.settings.BOOTSTRAP_SAMPLES,
                                  seed=step.settings.RANDOM_SEED)
    return {"ari": scores.pop("ari"), "ari_interval": list(interval), **scores}


def from_features(data_dir, true, predicted):
    """Scores that look at the features, where they exist."""
    if not (data_dir / "features.npy").exists():
        return {}
    features = read_features(data_dir)
    agreeing = neighbour_agreement(features, true) if true is not None else {}
    return {**{f"neighbour_agreement_{k}": share for k, share in agreeing.items()},
            **internal_scores(features, predicted)}


def from_map(data_dir):
    """Quantization and topographic error of the map, where it exists."""
    if not (data_dir / "som.npz").exists():
        return {}
    with np.load(data_dir / "som.npz", allow_pickle=False) as som:
        errors = {name: float(som[f"{name}s"][-1]) for name in ("quantization_error", "topographic_error")}
        # A map of a single unit has no topographic error.
        return {name: error for name, error in errors.items() if np.isfinite(error)}


def table_of(metrics):
    """The scores as aligned lines."""
    lines, seen = [], [words for name, words in SEEN.items() if metrics[name]]
    shown = {name: value for name, value in metrics.items() if name not in SEEN}
    for name, value in {**shown, "network": "".join(seen) or "not trained on these photos"}.items():
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        if name == "ari_interval":
            name, text = "ARI, 95 % interval", f"{value[0]:.4f} to {value[1]:.4f}"
        lines.append(f"  {NAMES.get(name, name.replace('_', ' ')):34}{text}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run(main))
