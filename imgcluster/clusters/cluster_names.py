"""What people call the clusters: cluster_names.csv."""
from pathlib import Path

import pandas as pd

from imgcluster.csv_tables import read_table, write_table
from imgcluster.errors import UserError


def read_names(data_dir):
    """Return {cluster: what people call it} as cluster_names.csv has it; UserError where that is no such table."""
    path = Path(data_dir) / "cluster_names.csv"
    table = read_table(path)
    try:
        pairs = () if table.empty else zip(table["cluster"], table["name"])
        return {int(cluster): name for cluster, name in pairs if name}
    except (KeyError, ValueError) as error:
        raise UserError(f"{path}: columns cluster,name and whole numbers of clusters expected; names are given in "
                        "corrections.csv: run 04_cluster_som.py, which writes this file anew") from error


def handed_on(names, merged, labels):
    """Return names {cluster: text} after clusters joined others, merged: {cluster: the one it has joined}: each hands
    its name on where that other was given none, "" included, unless photos are in it again (labels int [N])."""
    names, there = dict(names), set(labels.tolist())
    for old, new in merged.items():
        if old not in there and (name := names.pop(old, "")):
            names.setdefault(new, name)
    return names


def write_names(data_dir, names):
    """Write cluster_names.csv, by cluster, of names {cluster: text, "" for none}; of none there is no such file."""
    path, given = Path(data_dir) / "cluster_names.csv", [(cluster, name) for cluster, name in names.items() if name]
    if given:
        write_table(path, pd.DataFrame(sorted(given), columns=["cluster", "name"]))
    else:
        path.unlink(missing_ok=True)
