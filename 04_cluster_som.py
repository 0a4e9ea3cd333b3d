#!/usr/bin/env python3
"""Step 04: a Self-Organizing Map of the photos, the number of clusters, and the cluster of each photo.

Reads:   DATA_DIR/features.npy and img_paths.txt (your own features will do); features_before.npy, by which the number
         is estimated where it is there; duplicates.csv, as one of several copies counts; photos.csv, by which renamed
         photos are known again; labels_true.txt and features*.npy of CALIBRATION_DATASET where there is one; map,
         clusters and features of ASSIGN_TO when that is set, and of what that was placed in; corrections.csv where you
         put one (the report exports it), clusterings/
Writes:  labels_pred.*, clusters.csv, review.csv, products.csv, som.npz, cluster_count.json; cluster_names.csv if
         clusters have names; clusterings/ (the clusters as they were found, for corrections to carry over)
Runtime: seconds for 1,000 photos, ten to thirty for 10,000; no TensorFlow needed
"""
import sys
from functools import partial

from imgcluster.clusters.carried_over import corrected, require_told
from imgcluster.clusters.chain_state import to_place_anew, warn_of_forgotten
from imgcluster.clusters.cluster_results import OUTPUTS, write_clustering
from imgcluster.clusters.clusterings import of_report
from imgcluster.clusters.copies import copy_groups
from imgcluster.clusters.finding import (
    chain_of,
    corrections_in_words,
    find_clusters,
    finish_others,
    place_photos,
    read_photos,
    what_is_left,
)
from imgcluster.configuring.config_file import override
from imgcluster.datafiles.artefacts import require
from imgcluster.progress import progress
from imgcluster.running.cli import Step, run
from imgcluster.threads import counting_alone


@counting_alone
def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings, data_dir, said = step.settings, step.data_dir, {"say": step.say, "warn": step.warn}
    require(data_dir / "img_paths.txt")
    step.claim()
    chain, again = chain_of(settings, data_dir), partial(step.command, "run_all.py", "--from", "04")
    if not chain:
        warn_of_forgotten(data_dir, folder_of=settings.data_dir_of, warn=step.warn, command_with=lambda name: again(
            also=[override("DATASET", settings.DATASET), override("ASSIGN_TO", name)]))
    finish_others(settings, data_dir, chain)
    reported = of_report(data_dir, step.result_dir / "report.html")
    require_told(data_dir, reported)  # corrections that cannot be followed stop the step, so at once
    img_paths, features = read_photos(data_dir, warn=step.warn)
    step.warn_if_changed("03")
    copies = copy_groups(data_dir, img_paths, features)
    photos = (settings, data_dir, img_paths, features, copies)
    made = place_photos(*photos, chain, **said) if chain else find_clusters(*photos, progress=progress, **said)
    clustering, *corrections = corrected(data_dir, made.found, features, made.clustering, begin=step.begin,
                                         reported=reported, **said)
    asked = None if chain else settings.NUM_CLUSTERS
    for line in (*corrections_in_words(clustering, *corrections, asked=asked), *what_is_left(clustering, chain)):
        step.say(line)
    write_clustering(data_dir, img_paths, features, made.som, clustering, copies=copies, earlier=made.earlier,
                     clustering_id=made.found.id, **made.facts)
    later = to_place_anew(settings.DATASET, data_dir, datasets=settings.datasets(), command=again("--and-later"))
    if later and not step.options.with_later:
        step.say(later)
    step.record(OUTPUTS, inputs=[data_dir / name for name in ("features.npy", "corrections.csv")])
    step.finish(f"labels_pred, clusters.csv, products.csv, review.csv and som.npz to {step.show(data_dir)}",
                then="05_evaluate.py")


if __name__ == "__main__":
    sys.exit(run(main))
