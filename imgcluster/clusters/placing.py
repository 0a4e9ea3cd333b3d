"""Photos placed in the clusters of another dataset, and what tells that these are still what they were."""
from pathlib import Path

import numpy as np

from imgcluster.clusters.assign import Catalogue
from imgcluster.clusters.carried_over import read_names
from imgcluster.clusters.cluster_count import Clustering
from imgcluster.clusters.cluster_results import read_map, warn_of_other_corrections, warn_of_other_features
from imgcluster.datafiles.artefacts import read_features, read_labels
from imgcluster.datafiles.feature_record import differences_in_words, taught_directions
from imgcluster.datafiles.records import fingerprint, made_with
from imgcluster.errors import UserError
from imgcluster.files import read_json
from imgcluster.wording import OWN_CLUSTERS


def place_on(earlier_dir, data_dir, features):
    """Return (map, Clustering) of new photos beside those in `earlier_dir`, whose clusters keep their numbers, and
    {cluster: its name, "" for none} of these.

    features [N, D] are those in `data_dir`. Photos that fit no cluster get the label -1 and confidence 0. The count is
    of the clusters that photos were placed in, and no estimate. UserError where the features cannot be compared.
    """
    earlier_dir = Path(earlier_dir)
    _check_comparable(earlier_dir, Path(data_dir))
    require_clusters(earlier_dir)
    som, unit_clusters = read_map(earlier_dir / "som.npz")
    labels = read_labels(earlier_dir, "pred").astype(int)
    _check_placeable(earlier_dir, som, labels, features)
    # Of these photos, not of those that the map was trained on.
    som.quantization_errors = [som.quantization_error(features)]
    som.topographic_errors = [som.topographic_error(features)]
    catalogue = Catalogue(read_features(earlier_dir), som, labels, by_direction=taught_directions(earlier_dir))
    found = catalogue.assign(features)
    count = len(set(found.labels.tolist()) - {-1})
    clustering = Clustering(found.labels, count, (count, count), [], unit_clusters,
                            np.where(found.labels < 0, 0, found.confidence), "placed in earlier clusters",
                            read_json(earlier_dir / "cluster_count.json")["calibrated"],
                            words="placed in earlier clusters")
    return som, clustering, dict.fromkeys(np.unique(labels[labels >= 0]).tolist(), "") | read_names(earlier_dir)


def doubt_of_placed(earlier_dir, name):
    """Return a sentence about a dataset `name` to place photos in whose own were placed in another's, or ""."""
    first = read_json(Path(earlier_dir) / "cluster_count.json").get("assigned_to")
    return "" if first is None else (f"ASSIGN_TO = {name!r}: its photos were placed in the clusters of {first} "
                                     f"themselves, so only products that it had are found. Go on naming {first}")


def placed_id(earlier_dir, earlier):
    """Return the id of the clustering of photos placed beside those in `earlier_dir`, whichever photos they are.

    Their clusters' numbers are those of the clustering there, and go on after the highest of `earlier` (as `place_on`
    returns them).
    """
    return f"{read_json(Path(earlier_dir) / 'cluster_count.json').get('clustering_id', '')}+{max(earlier)}"


def placed_by(earlier_dir):
    """Return what tells the clusters in a folder and their names from others, to be noted of photos placed in them."""
    return [fingerprint(Path(earlier_dir) / name) for name in ("labels_pred.txt", "cluster_names.csv")]


def warn_of_changes(data_dir, *, folder_of, warn):
    """Call `warn` with a sentence about each thing that has changed since step 04 made the clusters in `data_dir` of
    it: the features, the corrections, the clusters that photos were placed in (`folder_of`: as below)."""
    warn_of_other_features(data_dir, warn=warn)
    warn_of_other_corrections(data_dir, warn=warn)
    warn_of_other_earlier(data_dir, folder_of=folder_of, warn=warn)


def warn_of_other_earlier(data_dir, *, folder_of, warn):
    """Call `warn` with a sentence where photos in `data_dir` were placed in clusters that have changed since then.

    folder_of: function from the name of a dataset to its DATA_DIR; one without clusters (any more) tells nothing.
    """
    count = read_json(Path(data_dir) / "cluster_count.json")
    then, name = count.get("placed_by"), count.get("assigned_to")
    if then and (folder_of(name) / "labels_pred.txt").exists() and placed_by(folder_of(name)) != then:
        warn(f"the clusters of {name} or their names have changed since step 04 placed these photos in them: run "
             "04_cluster_som.py again")


def require_clusters(earlier_dir):
    """Raise a UserError where files of step 04 are missing in the folder of the dataset that ASSIGN_TO names."""
    earlier_dir = Path(earlier_dir)
    for name in ("som.npz", "cluster_count.json"):
        if not (earlier_dir / name).exists():
            raise UserError(f"ASSIGN_TO: {earlier_dir / name} is missing; name a dataset that was clustered before, "
                            "or run step 04 for it first, without ASSIGN_TO")


def _check_placeable(earlier_dir, som, labels, features):
    width = som.prototypes.shape[1]
    if features.shape[1] != width:
        raise UserError(f"ASSIGN_TO: the photos in {earlier_dir} have {width} features, those of DATASET "
                        f"{features.shape[1]}; make both with the same network (step 03)")
    if not (labels >= 0).any():
        raise UserError(f"ASSIGN_TO: no photo in {earlier_dir} is in a cluster; run step 04 for it without ASSIGN_TO, "
                        "or name another dataset")


def _check_comparable(earlier_dir, data_dir):
    if earlier_dir == data_dir:
        raise UserError(f"ASSIGN_TO {OWN_CLUSTERS}")
    others = differences_in_words(earlier_dir, data_dir)
    if others:
        raise UserError(f"ASSIGN_TO: the features of DATASET in {data_dir} are not by the network and settings behind "
                        f"those in {earlier_dir} (there, here: {others}); run 03_extract_features.py for DATASET "
                        "again with ASSIGN_TO set, and BACKBONE, WEIGHTS, TRAIN_DATASET and these settings as there")
    if any(made_with(folder, "03", "PCA_WHITENING") for folder in (earlier_dir, data_dir)):
        raise UserError("ASSIGN_TO: PCA_WHITENING gave each dataset axes of its own, on which photos cannot be "
                        "compared; set it to None and run step 03 for both, step 04 for the earlier one")
