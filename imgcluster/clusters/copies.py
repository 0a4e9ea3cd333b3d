"""Copies of photos, of which one stands for all: how often a photo is used says nothing about how many products there
are, and its copies would be the clearest cluster of all."""
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from imgcluster.clusters.near_copies import equal_rows, near_copies
from imgcluster.csv_tables import read_table
from imgcluster.datafiles.feature_record import features_record
from imgcluster.errors import UserError


def originals_in(data_dir):
    """Return {copy: its original} as duplicates.csv (step 01) in `data_dir` lists them."""
    table = _listed(data_dir)
    return dict(zip(table["file"], table["kept"]))


def copy_groups(data_dir, img_paths, features):
    """Return int [N]: equal numbers for photos that are copies of each other.

    They are listed in duplicates.csv (step 01) in `data_dir`, or have the same features [N, D], or, where these are not
    of step 03, next to the same (`near_copies`): step 01 compares photos better. img_paths: of the N photos; a listed
    photo that is not among them is passed over.
    """
    numbers = {path: number for number, path in enumerate(img_paths)}
    table = _listed(data_dir)
    pairs = [(numbers[file], numbers[kept]) for file, kept in zip(table["file"], table["kept"])
             if file in numbers and kept in numbers]
    pairs += enumerate(equal_rows(features) if features_record(data_dir) else near_copies(features))
    links = sparse.coo_matrix((np.ones(len(pairs)), tuple(np.transpose(pairs))), (len(img_paths),) * 2)
    return connected_components(links, directed=False)[1]


def _listed(data_dir):
    """duplicates.csv of step 01 as a DataFrame file, kept, empty where there is none; UserError without these."""
    path = Path(data_dir) / "duplicates.csv"
    table = read_table(path)
    if path.exists() and not {"file", "kept"} <= set(table):
        raise UserError(f"{path}: without the columns file and kept (damaged?); run 01_img_preprocess.py again")
    return table.reindex(columns=["file", "kept"], fill_value="")


def is_first(groups):
    """Return, bool [N], which photos are the first of their group of copies."""
    return ~pd.Series(groups).duplicated().to_numpy()


def originals(groups):
    """Return (numbers int [M] of the first photo of each group, ascending; int [N]: which of these stands for each)."""
    return np.flatnonzero(is_first(groups)), pd.factorize(groups)[0]
