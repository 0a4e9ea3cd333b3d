"""The files of step 04: a map and its clusters, written together and read back."""
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.artefacts import (
    read_features,
    read_json,
    read_labels,
    read_table,
    require,
    write_arrays,
    write_json,
    write_labels,
    write_table,
)
from imgcluster.assign import Catalogue
from imgcluster.cluster_count import Clustering, majority
from imgcluster.corrections import apply_corrections, are_for, clustering_id
from imgcluster.som import SelfOrganizingMap

OUTPUTS = ("labels_pred.txt", "labels_pred.npy", "labels_pred.tsv", "clusters.csv", "review.csv", "som.npz",
           "cluster_count.json")
# Photos below this confidence are worth a look; the list is never longer than a fifth of all photos.
DOUBTFUL, REVIEW_SHARE = 0.5, 0.2
MOST_NAMED = 10  # lines of corrections.csv in a warning
LEFT_ASIDE = ("corrections.csv was made for another clustering (other photos, features or settings), whose numbers "
              "mean other clusters: it is left aside. Correct these clusters in the report and save it anew, or remove "
              "it; to keep corrected clusters, place new photos in them (ASSIGN_TO)")


def write_clustering(data_dir, img_paths, features, som, clustering, **facts):
    """Write labels_pred, clusters.csv, review.csv, som.npz and cluster_count.json for the photos in `img_paths`.

    clustering: a `cluster_count.Clustering`. facts: further entries of cluster_count.json.
    """
    data_dir = Path(data_dir)
    units, distances = som.best_matching_units(features)
    write_labels(data_dir, "pred", clustering.labels)
    table = cluster_table(img_paths, clustering, units, distances, som.get_weights().shape[:2])
    write_table(data_dir / "clusters.csv", table)
    write_table(data_dir / "review.csv", review_list(table))
    write_map(data_dir / "som.npz", som, units, clustering.unit_clusters)
    write_json(data_dir / "cluster_count.json", {
        "num_clusters": int(clustering.num_clusters), "interval": [int(end) for end in clustering.interval],
        "levels": [int(level["num_clusters"]) for level in clustering.levels], "method": clustering.method,
        "calibrated": clustering.calibrated, "corrected_from": clustering.corrected_from,
        "num_photos": len(img_paths), **facts})


def corrected(data_dir, img_paths, features, som, clustering, *, earlier=None, warn):
    """Return (the Clustering after corrections.csv of `data_dir`, how many of its lines were applied, how many photos
    these moved).

    Photos placed by hand have confidence 1. The units of moved photos (features [N, D] on the map) follow, so that the
    map shows the corrected clusters. Names of clusters go to cluster_names.csv, first those of `earlier` (as
    `place_on` returns them), whose numbers no new cluster gets. Without corrections.csv nothing else changes, nor where
    it was made for another clustering, whose numbers mean other clusters: `warn` then gets a sentence, and one about
    photos not there.
    """
    table, earlier = read_table(Path(data_dir) / "corrections.csv"), earlier or {}
    if not table.empty and not are_for(table, clustering_id(img_paths, clustering.labels)):
        warn(LEFT_ASIDE)
        table = table[:0]
    if table.empty:
        write_names(data_dir, earlier)
        return clustering, 0, 0
    found = apply_corrections(clustering.labels, img_paths, table, highest=max(clustering.labels.max(), *earlier, -1))
    if found.lost:
        warn(_passed_over(found.lost))
    write_names(data_dir, earlier | found.names)
    moved = int((found.labels != clustering.labels).sum())
    clustering = replace(clustering, confidence=np.where(found.by_hand, 1, clustering.confidence))
    if moved:
        clustering = _regrouped(clustering, found.labels, som.best_matching_units(features)[0])
    return clustering, len(table) - len(found.lost), moved


def _regrouped(clustering, labels, units):
    """The Clustering with other labels, as a person corrected them; units int [N]: where its photos lie on the map."""
    before, count = clustering.num_clusters, len(set(labels.tolist()) - {-1})
    return replace(clustering, labels=labels, num_clusters=count, interval=(count, count), corrected_from=before,
                   unit_clusters=_follow(clustering.unit_clusters, units, labels, labels != clustering.labels),
                   method=f"corrected by hand, before that {before} ({clustering.method})")


def read_names(data_dir):
    """Return {cluster: what people call it} as cluster_names.csv has it."""
    table = read_table(Path(data_dir) / "cluster_names.csv")
    pairs = () if table.empty else zip(table["cluster"], table["name"])
    return {int(cluster): name for cluster, name in pairs if name}


def write_names(data_dir, names):
    """Write cluster_names.csv of names {cluster: text, "" for none}; where there are none, there is no such file."""
    path, given = Path(data_dir) / "cluster_names.csv", {cluster: name for cluster, name in names.items() if name}
    if given:
        write_table(path, pd.DataFrame(given.items(), columns=["cluster", "name"]))
    else:
        path.unlink(missing_ok=True)


def _passed_over(lost):
    """A sentence about the lines of corrections.csv {line: file} whose photos are not there."""
    named = [f"line {line} ({file})" for line, file in list(lost.items())[:MOST_NAMED]]
    more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
    return (f"corrections.csv: {', '.join(named)}{more} passed over, as there is no such photo; files are named as in "
            "img_paths.txt")


def _follow(unit_clusters, units, labels, moved):
    """The clusters of units [U] after photos `moved` bool [N]: their units belong to the majority of their photos."""
    inside = labels >= 0
    voted = majority(units[inside], labels[inside], len(unit_clusters))
    touched = np.isin(np.arange(len(unit_clusters)), units[moved]) & (voted >= 0)
    return np.where(touched, voted, unit_clusters)


def cluster_table(img_paths, clustering, units, distances, shape):
    """One row per photo: file, cluster, place on the map, distance to it, confidence, cluster at each level."""
    unit_rows, unit_columns = np.unravel_index(units, shape)
    levels = {f"level_{level['num_clusters']}": level["labels"] for level in clustering.levels}
    return pd.DataFrame({"file": img_paths, "cluster": clustering.labels, "unit_row": unit_rows,
                         "unit_column": unit_columns, "distance": distances, "confidence": clustering.confidence,
                         **levels})


def review_list(table):
    """The photos to look at first, the least confident first: file, cluster, confidence, reason."""
    doubtful = table[table["confidence"] < DOUBTFUL].sort_values("confidence", kind="stable")
    doubtful = doubtful.head(max(1, round(REVIEW_SHARE * len(table))))
    reasons = np.where(doubtful["cluster"] < 0, "fits no cluster", "between clusters")
    return doubtful[["file", "cluster", "confidence"]].assign(reason=reasons)


def write_map(path, som, units, unit_clusters):
    """Write a map as .npz: prototypes, shape, topology, hits, distance map, cluster of each unit, errors by epoch."""
    shape = som.get_weights().shape[:2]
    write_arrays(path, prototypes=som.prototypes, shape=np.array(shape), topology=np.array(som.topology),
                 toroidal=np.array(som.toroidal), normalize=np.array(som.normalize),
                 hits=np.bincount(units, minlength=len(som.prototypes)).reshape(shape),
                 distance_map=som.distance_map(scaling="mean"), unit_clusters=unit_clusters.reshape(shape),
                 quantization_errors=np.array(som.quantization_errors),
                 topographic_errors=np.array(som.topographic_errors))


def read_map(path):
    """Return (SelfOrganizingMap, cluster of each unit int [units]) of a som.npz."""
    with np.load(require(path), allow_pickle=False) as arrays:
        rows, columns = arrays["shape"].tolist()
        prototypes = arrays["prototypes"]
        som = SelfOrganizingMap(rows, columns, prototypes.shape[1], topology=str(arrays["topology"]),
                                toroidal=bool(arrays["toroidal"]), normalize=bool(arrays["normalize"]))
        som.set_weights(prototypes.reshape(rows, columns, -1))
        som.quantization_errors = arrays["quantization_errors"].tolist()
        som.topographic_errors = arrays["topographic_errors"].tolist()
        return som, arrays["unit_clusters"].ravel()


def place_on(data_dir, features):
    """Return (map, Clustering) of new photos beside those in `data_dir`, whose clusters keep their numbers, and
    {cluster: its name, "" for none} of these.

    features [N, D] must come from the same network. Photos that fit no cluster get the label -1 and confidence 0. The
    count is of the clusters that photos were placed in, and no estimate.
    """
    data_dir = Path(data_dir)
    som, unit_clusters = read_map(data_dir / "som.npz")
    labels = read_labels(data_dir, "pred").astype(int)
    found = Catalogue(read_features(data_dir), som, labels).assign(features)
    count = len(set(found.labels.tolist()) - {-1})
    clustering = Clustering(found.labels, count, (count, count), [], unit_clusters,
                            np.where(found.labels < 0, 0, found.confidence), "placed in earlier clusters",
                            read_json(data_dir / "cluster_count.json")["calibrated"])
    return som, clustering, dict.fromkeys(np.unique(labels[labels >= 0]).tolist(), "") | read_names(data_dir)
