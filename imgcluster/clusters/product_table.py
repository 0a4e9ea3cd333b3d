"""products.csv: one line for each product that was found, of this dataset and of those before it."""
import numpy as np
import pandas as pd

from imgcluster.clusters.directions import typicality
from imgcluster.datafiles.chain import joined_labels


def product_table(photos, features, *, to_look_at, first, names, earlier=None, merged=None, apart=None):
    """Return a DataFrame with one row for each cluster, in the order of their numbers.

    Columns: cluster; name, "" where it has none; photos: how many there are in it; confidence: their mean; to_check:
    how many of them are to be looked at; example: the file of the most typical one, which is no copy of another. With
    earlier datasets also apart: how far its photos lie from the earlier ones, and "photos in X" for each dataset, the
    first one first. Clusters of these that no photo was placed in have a row too, without confidence and example.

    photos: DataFrame of N rows file, cluster (-1 in none), confidence. features [N, D]. to_look_at: the clusters int
    [R] of those. first: bool [N], which photos are no copies. names: {cluster: text}. earlier: {dataset: clusters int
    [M] of its photos}, the last one first; merged: {cluster: the one it has joined since}; apart: {cluster: float}.
    """
    numbers = photos["cluster"].to_numpy()
    before = {f"photos in {name}": _photos_in(joined_labels(labels, merged or {}))
              for name, labels in reversed((earlier or {}).items())}
    here, seen = _photos_in(numbers), set().union(*before.values())
    clusters = pd.Index(sorted({*here, *seen}), name="cluster", dtype=int)
    typical = photos.assign(typicality=typicality(features, numbers, first)).sort_values(
        "typicality", ascending=False, kind="stable").groupby("cluster")
    columns = {"name": names, "photos": here, "confidence": photos.groupby("cluster")["confidence"].mean(),
               "to_check": _photos_in(to_look_at), "example": typical["file"].first()}
    if earlier:
        columns |= {"apart": apart, **before}
    table = pd.DataFrame({title: pd.Series(values, dtype=None).reindex(clusters) for title, values in columns.items()})
    whole = {title: int for title in ("photos", "to_check", *before)}
    return table.fillna(dict.fromkeys(whole, 0) | {"name": "", "example": ""}).astype(whole).reset_index()


def _photos_in(labels):
    """{cluster: how many photos are in it}"""
    numbers, sizes = np.unique(np.asarray(labels, int), return_counts=True)
    return {number: size for number, size in zip(numbers.tolist(), sizes.tolist()) if number >= 0}

