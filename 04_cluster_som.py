#!/usr/bin/env python3
"""Step 04: a Self-Organizing Map of the photos, the number of clusters, and the cluster of each photo.

Reads:   DATA_DIR/features.npy and img_paths.txt (your own features will do); labels_true.txt and features.npy of
         CALIBRATION_DATASET where there is one
Writes:  labels_pred.txt .npy .tsv, clusters.csv, som.npz, cluster_count.json
Runtime: seconds for 1,000 photos, half a minute for 10,000; no TensorFlow needed
"""
import sys

import numpy as np
import pandas as pd

from imgcluster.artefacts import (read_features, read_img_paths, read_labels_true, write_arrays, write_json,
                                  write_labels, write_table)
from imgcluster.cli import Step, run
from imgcluster.cluster_count import cluster_photos
from imgcluster.errors import UserError
from imgcluster.progress import progress
from imgcluster.som import SelfOrganizingMap, default_grid

OUTPUTS = ("labels_pred.txt", "labels_pred.npy", "labels_pred.tsv", "clusters.csv", "som.npz", "cluster_count.json")


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    img_paths, features = read_img_paths(step.data_dir), read_features(step.data_dir)
    step.warn_if_changed("03")
    som = train_map(settings, features)
    known, known_name = known_products(step, features.shape[1])
    clustering = cluster_photos(features, som, num_clusters=settings.NUM_CLUSTERS,
                                imgs_per_model=settings.NUM_IMGS_PER_MODEL, known=known,
                                random_seed=settings.RANDOM_SEED)
    write_results(step.data_dir, img_paths, features, som, clustering, known_name)
    step.record(OUTPUTS, inputs=[step.data_dir / "features.npy"])
    low, high = clustering.interval
    step.say(f"{len(img_paths)} photos, {clustering.num_clusters} clusters (likely {low} to {high}; "
             f"{clustering.method}{f', learned from {known_name}' if known_name else ''})")
    step.finish(f"labels_pred, clusters.csv, som.npz to {step.show(step.data_dir)}", then="05_evaluate.py")


def train_map(settings, features):
    """Return a Self-Organizing Map trained on the features."""
    rows, columns = settings.SOM_GRID or default_grid(len(features))
    som = SelfOrganizingMap(rows, columns, features.shape[1], topology=settings.SOM_TOPOLOGY,
                            toroidal=settings.SOM_TOROIDAL, normalize=True, random_seed=settings.RANDOM_SEED)
    with progress(description=f"map of {rows} x {columns} units", total=settings.SOM_EPOCHS, unit="epoch") as bar:
        def show(epoch, quantization_error, topographic_error):
            bar.set_postfix_str(f"quantization error {quantization_error:.3f}, topographic {topographic_error:.3f}", refresh=False)
            bar.update(1)
        return som.fit(features, epochs=settings.SOM_EPOCHS, callback=show)


def known_products(step, dimension):
    """Return ((features, labels) of the calibration dataset, its name), or (None, None) where there is none."""
    name, asked = step.settings.CALIBRATION_DATASET, step.settings.CALIBRATION_DATASET != "auto"
    if step.settings.NUM_CLUSTERS or step.settings.NUM_IMGS_PER_MODEL or name is None:
        return None, None
    try:
        name = name if asked else step.settings.TRAIN_DATASET
        if name is None or (not asked and name == step.settings.DATASET):
            return None, None
        data_dir = step.settings.for_dataset(name).folder("DATA_DIR")
        features, labels = read_features(data_dir), read_labels_true(data_dir)
        if labels is None:
            raise UserError(f"CALIBRATION_DATASET = {name!r}: has no labels_true.txt; run 00_make_labels_true.py for it")
        if features.shape[1] != dimension:
            raise UserError(f"CALIBRATION_DATASET = {name!r}: {features.shape[1]} features per photo, but "
                            f"{step.settings.DATASET} has {dimension}; run 03_extract_features.py for both")
    except UserError:
        if asked:
            raise
        return None, None
    return (features, labels), name


def write_results(data_dir, img_paths, features, som, clustering, known_name):
    """Write every file of this step."""
    units, distances = som.best_matching_units(features)
    shape = som.get_weights().shape[:2]
    write_labels(data_dir, "pred", clustering.labels)
    levels = {f"level_{level['num_clusters']}": level["labels"] for level in clustering.levels}
    unit_rows, unit_columns = np.unravel_index(units, shape)
    write_table(data_dir / "clusters.csv", pd.DataFrame({
        "file": img_paths, "cluster": clustering.labels, "unit_row": unit_rows, "unit_column": unit_columns,
        "distance": distances, "confidence": clustering.confidence, **levels}))
    write_arrays(data_dir / "som.npz", prototypes=som.prototypes, shape=np.array(shape),
                 topology=np.array(som.topology), toroidal=np.array(som.toroidal),
                 hits=np.bincount(units, minlength=len(som.prototypes)).reshape(shape),
                 distance_map=som.distance_map(), unit_clusters=clustering.unit_clusters.reshape(shape),
                 quantization_errors=np.array(som.quantization_errors),
                 topographic_errors=np.array(som.topographic_errors))
    write_json(data_dir / "cluster_count.json", {
        "num_clusters": int(clustering.num_clusters), "interval": [int(end) for end in clustering.interval],
        "levels": [int(level["num_clusters"]) for level in clustering.levels], "method": clustering.method,
        "calibrated": clustering.calibrated, "calibration_dataset": known_name, "num_photos": len(img_paths)})


if __name__ == "__main__":
    sys.exit(run(main))
