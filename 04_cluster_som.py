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
from collections import Counter

from imgcluster.clusters.carried_over import corrected, require_told
from imgcluster.clusters.chain_checks import require_chain
from imgcluster.clusters.chain_state import to_place_anew, warn_of_forgotten
from imgcluster.clusters.cluster_results import OUTPUTS, write_clustering
from imgcluster.clusters.clusterings import of_report
from imgcluster.clusters.copies import copy_groups
from imgcluster.clusters.finding import find_clusters, finish_others, place_photos, what_is_left
from imgcluster.configuring.config_file import override
from imgcluster.datafiles.artefacts import read_features, read_img_paths, require
from imgcluster.datafiles.feature_record import are_others
from imgcluster.errors import UserError
from imgcluster.progress import progress
from imgcluster.running.cli import Step, run
from imgcluster.threads import counting_alone
from imgcluster.wording import counted


@counting_alone
def main(argv=None):
    step = Step(__file__, __doc__, argv)
    require(step.data_dir / "img_paths.txt")
    step.claim()
    folder_of, datasets = step.settings.data_dir_of, step.settings.datasets()
    chain = step.settings.ASSIGN_TO and require_chain(step.settings.ASSIGN_TO, step.data_dir, folder_of=folder_of,
                                                      datasets=datasets)
    if not chain:
        warn_of_forgotten(step.data_dir, folder_of=folder_of, warn=step.warn, command_with=lambda name: step.command(
            "run_all.py", "--from", "04", also=[override("DATASET", step.settings.DATASET),
                                                override("ASSIGN_TO", name)]))
    finish_others(step.settings, step.data_dir, chain)
    reported = of_report(step.data_dir, step.result_dir / "report.html")
    require_told(step.data_dir, reported)  # corrections that cannot be followed stop the step, so at once
    img_paths, features = read_img_paths(step.data_dir), read_features(step.data_dir)
    if not img_paths:
        raise UserError(f"{step.show(step.data_dir / 'img_paths.txt')} lists no photos; run 00_make_labels_true.py, or "
                        "list yours there, one of each row of features.npy")
    if repeated := [name for name, times in Counter(img_paths).items() if times > 1]:
        step.warn(f"img_paths.txt lists {counted(len(repeated), 'photo')} more than once, the first {repeated[0]}: a "
                  "correction of such a photo reaches its last line alone; give each line a name of its own")
    if are_others(step.data_dir):
        step.warn("features.npy is not the file that step 03 wrote: taken for features of your own "
                  "(if they are not, run 03_extract_features.py again)")
    step.warn_if_changed("03")
    copies = copy_groups(step.data_dir, img_paths, features)
    photos = (step.settings, step.data_dir, img_paths, features, copies)
    if chain:
        made = place_photos(*photos, chain, say=step.say, warn=step.warn)
    else:
        made = find_clusters(*photos, progress=progress, say=step.say, warn=step.warn)
    clustering, lines, moved = corrected(step.data_dir, made.found, features, made.clustering, warn=step.warn,
                                         say=step.say, begin=step.begin, reported=reported)
    if lines:
        asked, likely = step.settings.NUM_CLUSTERS, clustering.likely and f" ({clustering.likely})"
        forced = not chain and asked not in (None, clustering.num_clusters)
        step.say(f"{counted(lines, 'correction')} applied ({counted(moved, 'photo')} changed cluster): "
                 f"{counted(clustering.num_clusters, 'cluster')}{likely}"
                 f"{f'; there were NUM_CLUSTERS = {asked} before' if forced else ''}")
    for line in what_is_left(clustering, placed=bool(chain)):
        step.say(line)
    write_clustering(step.data_dir, img_paths, features, made.som, clustering, copies=copies,
                     earlier=made.earlier, clustering_id=made.found.id, **made.facts)
    again = step.command("run_all.py", "--from", "04", "--and-later")
    later = to_place_anew(step.settings.DATASET, step.data_dir, datasets=datasets, command=again)
    if later and not step.options.with_later:
        step.say(later)
    step.record(OUTPUTS, inputs=[step.data_dir / name for name in ("features.npy", "corrections.csv")])
    step.finish(f"labels_pred, clusters.csv, products.csv, review.csv and som.npz to {step.show(step.data_dir)}",
                then="05_evaluate.py")


if __name__ == "__main__":
    sys.exit(run(main))
