"""Datasets placed in each other's clusters: this week's photos in last week's, those in the ones of the week before."""
import contextlib
from pathlib import Path

import numpy as np

from imgcluster.datafiles.artefacts import read_clusters
from imgcluster.errors import UserError
from imgcluster.files import read_json


def clusters_record(data_dir):
    """Return what step 04 noted of the clusters in a folder, {} where there are none."""
    return read_json(Path(data_dir) / "cluster_count.json")


def placed_among(data_dir):
    """Return the name of the dataset in whose clusters the photos in a folder were placed, None where in none."""
    return clusters_record(data_dir).get("assigned_to")


def merged_in(data_dir):
    """Return {cluster: the one it has joined} of the earlier clusters that a person merged in a folder."""
    return {int(old): new for old, new in clusters_record(data_dir).get("merged", {}).items()}


def highest_before(data_dir):
    """Return the highest number of the clusters that photos in a folder were placed in, beyond which those begin that a
    person made for them; None where they were placed in none."""
    numbers = clusters_record(data_dir).get("numbers")
    return int(numbers.rpartition("+")[2]) if numbers else None


def chain_from(name, *, folder_of):
    """Return {name: DATA_DIR} of the dataset `name`, then of the one in whose clusters it was placed, and so on.

    The chain ends where a dataset has no clusters (any more), or is in it already. name: None for no dataset.
    folder_of: function from the name of a dataset to its DATA_DIR.
    """
    chain = {}
    while name and name not in chain and (folder_of(name) / "labels_pred.txt").exists():
        chain[name] = folder_of(name)
        name = placed_among(chain[name])
    return chain


def placed_in(name, datasets):
    """Return those of the datasets {name: DATA_DIR} whose photos were placed in the clusters of the dataset `name`.
    What is damaged is passed over: it is no business of this dataset."""
    found = {}
    for other, folder in datasets.items():
        with contextlib.suppress(UserError, OSError):
            if placed_among(folder) == name:
                found[other] = folder
    return found


def all_placed_in(name, datasets):
    """Return {name: the dataset in whose clusters its photos were placed} of the datasets placed in those of one, or of
    one of those, and so on, each after that, as `placed_in`."""
    found, pending = {name: None}, [name]
    for dataset in pending:
        later = [other for other in placed_in(dataset, datasets) if other not in found]
        found |= dict.fromkeys(later, dataset)
        pending += later
    return {other: among for other, among in found.items() if among is not None}


def chain_behind(data_dir, *, folder_of):
    """Return the chain of the datasets in whose clusters the photos in a folder were placed, {} where in none."""
    return chain_from(placed_among(data_dir), folder_of=folder_of)


def joined_labels(labels, merged):
    """Return labels int [N] where some clusters have joined others; merged: {cluster: the one it has joined}."""
    numbers, places = np.unique(labels, return_inverse=True)
    return np.array([merged.get(number, number) for number in numbers.tolist()], int)[places]


def chain_labels(chain):
    """Return the clusters int [n] of the photos of each dataset in a chain, as the first one left them: clusters that
    were merged in a dataset are one for those it was placed in, too. Raises UserError as `read_labels`."""
    merged, found = {}, []
    for folder in chain.values():
        found.append(joined_labels(read_clusters(folder), merged))
        merged |= {old: merged.get(new, new) for old, new in merged_in(folder).items()}
    return found
