#!/usr/bin/env python3
"""Step 05: how good the clusters are.

Photos that fit no cluster (-1) count against the true labels as a cluster of their own each; scores that need no labels
leave them out.

Reads:   DATA_DIR/labels_pred.txt; labels_true.txt, img_paths.txt, features.npy, som.npz and cluster_count.json where
         they exist; what steps 01 and 02 noted of the photos of TRAIN_DATASET; the labels of ASSIGN_TO where photos
         were placed in its clusters, and of what that was placed in
Writes:  metrics.json
Runtime: seconds; half a minute for 20,000 photos, or where the network was adapted to others
"""
import sys

from imgcluster.clusters.chain_state import warn_of_changes
from imgcluster.clusters.cluster_results import map_errors
from imgcluster.datafiles.artefacts import read_features, read_labels, read_labels_true, require
from imgcluster.datafiles.chain import clusters_record
from imgcluster.datafiles.feature_record import features_record
from imgcluster.files import write_json
from imgcluster.photos.unknown_labels import TO_SCORE_BY, doubt_of_unknown
from imgcluster.running.ahead import labels_changed
from imgcluster.running.cli import Step, run
from imgcluster.scores.feature_scores import internal_scores, neighbour_agreement
from imgcluster.scores.metrics import ari_interval, clustering_scores
from imgcluster.scores.placed import placing_in
from imgcluster.scores.score_table import score_table
from imgcluster.scores.seen import seen_by_network, warning_of_seen
from imgcluster.scores.unplaced import each_alone, is_placed
from imgcluster.threads import counting_alone

SCORED = ("labels_true.txt", "labels_pred.txt", "features.npy", "som.npz")


@counting_alone
def main(argv=None):
    step = Step(__file__, __doc__, argv)
    require(step.data_dir / "labels_pred.txt")
    step.claim()
    predicted, true = read_labels(step.data_dir, "pred"), read_labels_true(step.data_dir)
    step.warn_if_changed("00", "04")
    if true is not None and labels_changed(step.settings):
        step.warn("the file of labels has others by now than step 00 read: run 00_make_labels_true.py again")
    warn_of_changes(step.data_dir, folder_of=step.settings.data_dir_of, warn=step.warn)
    metrics = agreement(step, true, predicted) if true is not None else {}
    placed = is_placed(predicted)
    metrics |= {"num_clusters": len(set(predicted[placed])), "photos": len(predicted),
                "share_in_no_cluster": float(1 - placed.mean())}
    if true is None:
        step.say("no true labels: only the scores that need none")
    elif not placed.all():
        step.say(f"{(~placed).sum()} of {len(placed)} photos fit no cluster (-1): each counts as a cluster of its own")
    metrics |= from_features(step, true, predicted) | map_errors(step.data_dir / "som.npz")
    if clusters_record(step.data_dir).get("corrected_from") is not None:
        metrics["corrected_by_hand"] = True
    if record := features_record(step.data_dir):  # what made features of one's own, nobody can know
        metrics |= seen_by_network(record, step.data_dir, true, folder_of=step.settings.data_dir_of)
    doubts = () if true is None else (warning_of_seen(metrics), doubt_of_unknown(true, TO_SCORE_BY))
    for doubt in filter(None, doubts):
        step.warn(doubt)
    write_json(step.data_dir / "metrics.json", metrics)
    step.record(["metrics.json"], inputs=[step.data_dir / name for name in SCORED])
    step.say(f"{score_table(metrics)}\n  (what each score means: the report of step 06, under Scores)")
    ready = (step.data_dir / "clusters.csv").exists()  # photos that were added since take it away
    step.finish(step.show(step.data_dir / "metrics.json"), then="06_visualize.py" if ready else "04_cluster_som.py")


def agreement(step, true, predicted):
    """Scores against the true labels, ARI first, with its interval, and how photos were placed in earlier clusters."""
    scores = clustering_scores(true, each_alone(predicted))
    interval = ari_interval(true, each_alone(predicted), samples=step.settings.BOOTSTRAP_SAMPLES,
                            seed=step.settings.RANDOM_SEED)
    placing = placing_in(step.data_dir, true, predicted, folder_of=step.settings.data_dir_of)
    return {"ari": scores.pop("ari"), "ari_interval": list(interval), **scores, **placing}


def from_features(step, true, predicted):
    """Scores that look at the features, where they exist."""
    if not (step.data_dir / "features.npy").exists():
        return {}
    if not (step.data_dir / "img_paths.txt").exists():
        step.say("scores of features.npy are left out: without img_paths.txt nobody knows which photos its rows are of")
        return {}
    features = read_features(step.data_dir)
    agreeing = neighbour_agreement(features, true) if true is not None else {}
    return {**{f"neighbour_agreement_{k}": share for k, share in agreeing.items()},
            **internal_scores(features, predicted)}


if __name__ == "__main__":
    sys.exit(run(main))
