"""The files of step 04: a map and its clusters, written together and read back."""
import math
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.copies import is_first
from imgcluster.clusters.product_table import product_table
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import require, write_labels
from imgcluster.datafiles.records import changed_inputs
from imgcluster.files import read_arrays, write_arrays, write_json
from imgcluster.som import SelfOrganizingMap
from imgcluster.structure.hierarchy import majority
from imgcluster.wording import listed

OUTPUTS = ("labels_pred.txt", "labels_pred.npy", "labels_pred.tsv", "clusters.csv", "review.csv", "som.npz",
           "cluster_count.json", "products.csv")
# Photos below this confidence are worth a look; the list holds no more of them than a fifth of all photos.
DOUBTFUL, REVIEW_SHARE = 1 / 3, 0.2


def write_clustering(data_dir, img_paths, features, som, clustering, *, copies=None, earlier=None, **facts):
    """Write labels_pred, clusters.csv, review.csv, products.csv, som.npz and cluster_count.json for the photos in
    `img_paths`.

    clustering: a `cluster_count.Clustering`. copies: int [N], equal numbers for copies of one photo (default: none), of
    which the first is looked at. earlier: the clusters of earlier datasets, as in `product_table`. Names are those of
    cluster_names.csv. facts: further entries of cluster_count.json.
    """
    data_dir = Path(data_dir)
    units, distances = som.best_matching_units(features)
    write_labels(data_dir, "pred", clustering.labels)
    table = cluster_table(img_paths, clustering, units, distances, som.get_weights().shape[:2])
    first, names = np.ones(len(table), bool) if copies is None else is_first(copies), read_names(data_dir)
    review = review_list(table[first], unknown=clustering.unknown)
    write_table(data_dir / "clusters.csv", _named(table, names))
    write_table(data_dir / "review.csv", _named(review, names))
    write_table(data_dir / "products.csv", product_table(
        table, features, to_look_at=review["cluster"], first=first, names=names, earlier=earlier,
        merged=clustering.merged, apart=clustering.apart))
    write_map(data_dir / "som.npz", som, units, clustering.labels)
    write_json(data_dir / "cluster_count.json", {
        "num_clusters": int(clustering.num_clusters), "interval": [int(end) for end in clustering.interval],
        "levels": [int(level.max()) + 1 for level in clustering.levels], "method": clustering.method,
        "in_words": clustering.words, "finer_groups": clustering.finer_groups,
        "calibrated": clustering.calibrated, "corrected_from": clustering.corrected_from,
        "highest_number": max(clustering.highest, int(clustering.labels.max())),
        "merged": {int(old): int(new) for old, new in clustering.merged.items()},
        "num_photos": len(img_paths), "in_no_cluster": int((clustering.labels < 0).sum()), **facts})


def cluster_table(img_paths, clustering, units, distances, shape):
    """One row per photo: file, cluster, place on the map, distance to it, confidence, cluster at each level; new_group
    of photos that fit no earlier cluster, where there are some (-1 for others)."""
    unit_rows, unit_columns = np.unravel_index(units, shape)
    others = {f"level_{level.max() + 1}": level for level in clustering.levels}
    if clustering.new_groups is not None:
        others["new_group"] = np.where(clustering.labels < 0, clustering.new_groups, -1)
    return pd.DataFrame({"file": img_paths, "cluster": clustering.labels, "unit_row": unit_rows,
                         "unit_column": unit_columns, "distance": distances, "confidence": clustering.confidence,
                         **others})


def _named(table, names):
    """A table with the name of each row's cluster, of names {cluster: text}; as it is where there are none."""
    return table.assign(name=table["cluster"].map(names).fillna("")) if names else table


def review_list(table, *, unknown=()):
    """The photos to look at first, the least confident first: file, cluster, confidence, reason.

    Those that fit no cluster, likely new products, come after the others, which they would crowd out, and all of them;
    so do those whose cluster nothing tells, before these. unknown: their rows in the index of the table.
    """
    doubtful = table[table["confidence"] < DOUBTFUL].sort_values("confidence", kind="stable")
    most, inside = max(1, round(REVIEW_SHARE * len(table))), doubtful["cluster"] >= 0
    untold = inside & doubtful.index.isin(unknown)
    doubtful = pd.concat([doubtful[inside & ~untold].head(most), doubtful[untold], doubtful[~inside]])
    reasons = np.where(doubtful["cluster"] < 0, "fits no cluster",
                       np.where(doubtful.index.isin(unknown), "nothing tells its cluster", "between clusters"))
    return doubtful[["file", "cluster", "confidence"]].assign(reason=reasons)


def warn_of_other_inputs(data_dir, *, warn):
    """Call `warn` with a sentence where features.npy in `data_dir` is not the one that its clusters were made from, or
    corrections.csv the one that they follow."""
    changed = changed_inputs(data_dir, "04")
    if "features.npy" in changed and (Path(data_dir) / "features.npy").exists():
        warn("features.npy is not the one that step 04 made the clusters from: scores and figures mix the two; "
             "run 04_cluster_som.py again")
    if "corrections.csv" in changed:
        warn("corrections.csv came, changed or went since step 04 made the clusters: run 04_cluster_som.py again, "
             "which applies it")


def warn_of_what_was_scored(data_dir, *, warn):
    """Call `warn` with a sentence where labels, features or map in `data_dir` are not those that step 05 scored."""
    if changed := changed_inputs(data_dir, "05"):
        warn(f"{listed(changed)} came, changed or went since step 05 scored the clusters: the scores are left out; "
             "run 05_evaluate.py again")


def write_map(path, som, units, labels):
    """Write a map as .npz: prototypes, shape, topology, hits, distance map, cluster of each unit, errors by epoch.

    units, labels: int [N] of its photos. A unit is of the cluster that most of its photos are in, -1 where none is.
    """
    shape, inside = som.get_weights().shape[:2], labels >= 0
    unit_clusters = majority(units[inside], labels[inside], len(som.prototypes))
    write_arrays(path, prototypes=som.prototypes, shape=np.array(shape), topology=np.array(som.topology),
                 toroidal=np.array(som.toroidal), normalize=np.array(som.normalize),
                 hits=np.bincount(units, minlength=len(som.prototypes)).reshape(shape),
                 distance_map=som.distance_map(scaling="mean"), unit_clusters=unit_clusters.reshape(shape),
                 quantization_errors=np.array(som.quantization_errors),
                 topographic_errors=np.array(som.topographic_errors))


def map_errors(path):
    """Return the last quantization and topographic error of a som.npz, as far as there are any."""
    if not path.exists():
        return {}
    arrays = read_arrays(path)
    errors = {name: float(arrays[f"{name}s"][-1]) for name in ("quantization_error", "topographic_error")}
    # A map of a single unit has no topographic error.
    return {name: error for name, error in errors.items() if math.isfinite(error)}


def read_map(path):
    """Return the SelfOrganizingMap of a som.npz, to place photos on; without the errors of its training."""
    arrays = read_arrays(require(path))
    rows, columns = arrays["shape"].tolist()
    prototypes = arrays["prototypes"]
    som = SelfOrganizingMap(rows, columns, prototypes.shape[1], topology=str(arrays["topology"]),
                            toroidal=bool(arrays["toroidal"]), normalize=bool(arrays["normalize"]))
    som.set_weights(prototypes.reshape(rows, columns, -1))
    return som
