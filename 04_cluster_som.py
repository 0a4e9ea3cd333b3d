#!/usr/bin/env python3
"""Step 04: a Self-Organizing Map of the photos, the number of clusters, and the cluster of each photo.

Reads:   DATA_DIR/features.npy and img_paths.txt (your own features will do); duplicates.csv, as one of several copies
         counts; labels_true.txt and features*.npy of CALIBRATION_DATASET where there is one; map, clusters and
         features of ASSIGN_TO when that is set, and of what that was placed in; corrections.csv where you put one (the
         report exports it), clusterings/
Writes:  labels_pred.*, clusters.csv, review.csv, som.npz, cluster_count.json; cluster_names.csv if clusters have names;
         clusterings/ (the clusters as they were found, for corrections to carry over)
Runtime: seconds for 1,000 photos, ten to thirty for 10,000; no TensorFlow needed
"""
import sys

from imgcluster.clusters.carried_over import corrected
from imgcluster.clusters.cluster_count import cluster_photos, doubt_of_given
from imgcluster.clusters.cluster_results import OUTPUTS, write_clustering
from imgcluster.clusters.copies import copy_groups
from imgcluster.clusters.corrections import clustering_id
from imgcluster.clusters.known_products import doubt, evidence, known_for
from imgcluster.clusters.placing import place_on, placing_facts, require_chain, warn_of_chain
from imgcluster.configuring.step_settings import in_vain
from imgcluster.datafiles.artefacts import read_features, read_img_paths, require
from imgcluster.datafiles.feature_record import are_others, taught_apart, taught_directions
from imgcluster.datafiles.staging import finish_claimed
from imgcluster.errors import UserError
from imgcluster.progress import progress
from imgcluster.running.cli import Step, run
from imgcluster.som import train_map
from imgcluster.wording import counted, listed


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    require(step.data_dir / "img_paths.txt")
    step.claim()
    folder_of = step.settings.data_dir_of
    chain = step.settings.ASSIGN_TO and require_chain(step.settings.ASSIGN_TO, step.data_dir, folder_of=folder_of)
    finish_others(step, chain)
    img_paths, features = read_img_paths(step.data_dir), read_features(step.data_dir)
    if not img_paths:
        raise UserError(f"{step.show(step.data_dir / 'img_paths.txt')} lists no photos; run 00_make_labels_true.py, or "
                        "list yours there, one of each row of features.npy")
    if are_others(step.data_dir):
        step.warn("features.npy is not the file that step 03 wrote: taken for features of your own "
                  "(if they are not, run 03_extract_features.py again)")
    else:
        step.warn_if_changed("03")
    copies = copy_groups(step.data_dir, img_paths, features)
    if chain:
        som, clustering, facts, earlier = place(step, img_paths, features, copies, chain)
    else:
        som, clustering, facts, earlier = find(step, img_paths, features, copies)
    clustering, lines, moved = corrected(step.data_dir, img_paths, features, clustering, earlier=earlier,
                                         own=facts["clustering_id"], warn=step.warn, say=step.say, begin=step.begin)
    if lines:
        asked, likely = step.settings.NUM_CLUSTERS, clustering.likely and f" ({clustering.likely})"
        forced = asked not in (None, clustering.num_clusters)
        step.say(f"{counted(lines, 'correction')} applied ({counted(moved, 'photo')} changed cluster): "
                 f"{counted(clustering.num_clusters, 'cluster')}{likely}"
                 f"{f'; there were NUM_CLUSTERS = {asked} before' if forced else ''}")
    write_clustering(step.data_dir, img_paths, features, som, clustering, **facts)
    step.record(OUTPUTS, inputs=[step.data_dir / name for name in ("features.npy", "corrections.csv")])
    step.finish(f"labels_pred, clusters.csv, review.csv and som.npz to {step.show(step.data_dir)}",
                then="05_evaluate.py")


def finish_others(step, chain):
    """Finish what a killed run left undone in the folders of other datasets, whose files are read."""
    name = step.settings.known_dataset
    known = [step.settings.data_dir_of(name)] if name and not chain else []
    for folder in (*(chain or {}).values(), *known):
        if folder != step.data_dir:
            finish_claimed(folder)


def place(step, img_paths, features, copies, chain):
    """Place the photos in the clusters of a chain: (map, Clustering, facts for its record, clusters' names there)."""
    warn_of_chain(chain, folder_of=step.settings.data_dir_of, warn=step.warn)
    som, clustering, earlier = place_on(chain, step.data_dir, features, copies=copies)
    unplaced = (clustering.labels < 0).sum()
    step.say(f"{len(img_paths) - unplaced} of {counted(len(img_paths), 'photo')} placed in "
             f"{counted(clustering.num_clusters, 'cluster')} of {listed(chain)}; {unplaced} fit none of them "
             f"(cluster -1){'; give new products clusters in the report' if unplaced else ''}")
    # Which products were known says how the clusters were found; it may stay set while new photos are placed in them.
    if idle := [name for name in in_vain(step.settings, "04") if name != "CALIBRATION_DATASET"]:
        step.warn(f"{', '.join(idle)}: without effect beside ASSIGN_TO, whose clusters stay")
    return som, clustering, placing_facts(chain, step.data_dir, clustering, earlier), earlier


def find(step, img_paths, features, copies):
    """Find clusters; returns as `place` does, without names."""
    settings, name = step.settings, step.settings.known_dataset
    given = {"num_clusters": settings.NUM_CLUSTERS, "imgs_per_model": settings.NUM_IMGS_PER_MODEL}
    doubtful = doubt_of_given(len(img_paths), **given)
    som = train_map(features, grid=settings.SOM_GRID, epochs=settings.SOM_EPOCHS, topology=settings.SOM_TOPOLOGY,
                    toroidal=settings.SOM_TOROIDAL, progress=progress)
    known = name and known_for(step.data_dir, features, folder=settings.data_dir_of(name), name=name,
                               asked=settings.CALIBRATION_DATASET != "auto", say=step.say, warn=step.warn)
    trained = taught_directions(step.data_dir)
    told = evidence(known, features, data_dir=step.data_dir, trained=trained)
    clustering = cluster_photos(features, som, copies=copies, **given, **told, by_direction=trained,
                                taught_apart=taught_apart(step.data_dir), allow_outliers=settings.ALLOW_OUTLIERS)
    counted_by = name if clustering.blind_count is not None else None
    step.say(clustering.described(known=counted_by))
    if told.get("within") is not None:
        step.say(f"{name} showed what differs between photos of one product, which counts less")
    repeated = len(copies) - copies.max() - 1
    if repeated and not any(given.values()):
        step.say(f"{counted(repeated, 'copy', 'copies')} of other photos had no say in the number of clusters")
    if doubtful := doubtful or doubt(name, clustering.num_clusters, clustering.blind_count):
        step.warn(doubtful)
    return som, clustering, {"calibration_dataset": counted_by, "blind_count": clustering.blind_count,
                             "clustering_id": clustering_id(img_paths, clustering.labels)}, {}


if __name__ == "__main__":
    sys.exit(run(main))
