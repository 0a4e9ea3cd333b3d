#!/usr/bin/env python3
"""Step 04: a Self-Organizing Map of the photos, the number of clusters, and the cluster of each photo.

Reads:   DATA_DIR/features.npy and img_paths.txt (your own features will do); labels_true.txt and features.npy of
         CALIBRATION_DATASET where there is one; map and clusters of ASSIGN_TO when that is set
Writes:  labels_pred.txt .npy .tsv, clusters.csv, review.csv, som.npz, cluster_count.json
Runtime: seconds for 1,000 photos, half a minute for 10,000; no TensorFlow needed
"""
import sys

import numpy as np

from imgcluster.artefacts import read_features, read_img_paths, read_json, read_labels, read_labels_true
from imgcluster.assign import assign, cluster_reach
from imgcluster.cli import Step, run
from imgcluster.cluster_count import Clustering, cluster_photos
from imgcluster.cluster_results import OUTPUTS, read_map, write_clustering
from imgcluster.errors import UserError
from imgcluster.progress import progress
from imgcluster.som import SelfOrganizingMap, default_grid


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    img_paths, features = read_img_paths(step.data_dir), read_features(step.data_dir)
    step.warn_if_changed("03")
    if settings.ASSIGN_TO is not None:
        som, clustering = place_on(settings.for_dataset(settings.ASSIGN_TO), features)
        facts = {"assigned_to": settings.ASSIGN_TO, "new_products": int((clustering.labels < 0).sum())}
        step.say(f"{len(img_paths)} photos placed in the clusters of {settings.ASSIGN_TO}; "
                 f"{facts['new_products']} fit none of them (cluster -1)")
    else:
        som = train_map(settings, features)
        known, name = known_products(step, features.shape[1])
        clustering = cluster_photos(features, som, num_clusters=settings.NUM_CLUSTERS, known=known,
                                    imgs_per_model=settings.NUM_IMGS_PER_MODEL, random_seed=settings.RANDOM_SEED,
                                    allow_outliers=settings.ALLOW_OUTLIERS)
        facts = {"calibration_dataset": name}
        low, high = clustering.interval
        step.say(f"{len(img_paths)} photos, {clustering.num_clusters} clusters (likely {low} to {high}; "
                 f"{clustering.method}{f', learned from {name}' if name else ''})")
    write_clustering(step.data_dir, img_paths, features, som, clustering, **facts)
    step.record(OUTPUTS, inputs=[step.data_dir / "features.npy"])
    step.finish(f"labels_pred, clusters.csv, review.csv and som.npz to {step.show(step.data_dir)}",
                then="05_evaluate.py")


def train_map(settings, features):
    """Return a Self-Organizing Map trained on the features."""
    rows, columns = settings.SOM_GRID or default_grid(len(features))
    som = SelfOrganizingMap(rows, columns, features.shape[1], topology=settings.SOM_TOPOLOGY,
                            toroidal=settings.SOM_TOROIDAL, normalize=True, random_seed=settings.RANDOM_SEED)
    with progress(description=f"map of {rows} x {columns} units", total=settings.SOM_EPOCHS, unit="epoch") as bar:
        def show(epoch, quantization_error, topographic_error):
            bar.set_postfix_str(f"quantization error {quantization_error:.3f}, topographic {topographic_error:.3f}",
                                refresh=False)
            bar.update(1)
        return som.fit(features, epochs=settings.SOM_EPOCHS, callback=show)


def place_on(former, features):
    """Return (map, Clustering) of new photos on the map of the settings `former`, whose cluster numbers stay."""
    data_dir = former.folder("DATA_DIR")
    som, unit_clusters = read_map(data_dir / "som.npz")
    labels = read_labels(data_dir, "pred").astype(int)
    found = assign(features, som, unit_clusters, cluster_reach(read_features(data_dir), som, labels))
    count = read_json(data_dir / "cluster_count.json")
    return som, Clustering(found.labels, count["num_clusters"], tuple(count["interval"]), [], unit_clusters,
                           np.where(found.labels < 0, 0, found.confidence),
                           f"the clusters of {former.DATASET}", count["calibrated"])


def known_products(step, dimension):
    """Return ((features, labels) of the calibration dataset, its name), or (None, None) where there is none."""
    name, asked = step.settings.CALIBRATION_DATASET, step.settings.CALIBRATION_DATASET != "auto"
    if step.settings.NUM_CLUSTERS or step.settings.NUM_IMGS_PER_MODEL or name is None:
        return None, None
    name = name if asked else step.settings.TRAIN_DATASET
    if name is None or (not asked and name == step.settings.DATASET):
        return None, None
    try:
        return read_known(step.settings.for_dataset(name).folder("DATA_DIR"), name, dimension), name
    except UserError:
        if asked:
            raise
        return None, None


def read_known(data_dir, name, dimension):
    """Return (features, labels) of a labelled dataset; UserError where they are missing or of another network."""
    features, labels = read_features(data_dir), read_labels_true(data_dir)
    if labels is None:
        raise UserError(f"CALIBRATION_DATASET = {name!r}: has no labels_true.txt; run 00_make_labels_true.py for it")
    if features.shape[1] != dimension:
        raise UserError(f"CALIBRATION_DATASET = {name!r}: {features.shape[1]} features a photo, expected {dimension}; "
                        "run 03_extract_features.py for both datasets with the same network")
    return features, labels


if __name__ == "__main__":
    sys.exit(run(main))
