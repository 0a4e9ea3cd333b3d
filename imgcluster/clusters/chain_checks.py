"""What keeps photos from being placed in the clusters of a chain of datasets (`placing`), before any is."""
from itertools import pairwise
from pathlib import Path

import numpy as np

from imgcluster.clusters.chain_state import numbers_after, numbers_in
from imgcluster.datafiles.chain import chain_from, placed_among
from imgcluster.datafiles.feature_record import differences_in_words
from imgcluster.datafiles.records import made_with, was_interrupted
from imgcluster.errors import UserError
from imgcluster.rows import blocks, read_rows
from imgcluster.wording import OWN_CLUSTERS, listed, meant

# Of what earlier photos have in common (`common_share`), the share below which others were centred.
CENTRED = 0.2
# Share of photos that fit earlier clusters below which something may be wrong with their features.
FEW_PLACED = 0.1


def require_chain(name, data_dir, *, folder_of, datasets):
    """Return the chain that begins with the dataset that ASSIGN_TO names, for photos in `data_dir`.

    datasets: {name: DATA_DIR} of those there are, one of which may be meant where there is none of that name. Raises
    UserError where files of step 04 are missing in the folder of that one, or step 04 was cut off in any, where the
    photos would be placed in their own clusters, or where numbers would mean several clusters, as one of the chain
    changed after others.
    """
    chain = chain_from(name, folder_of=folder_of)
    if folder_of(name) == Path(data_dir):
        raise UserError(f"ASSIGN_TO = {name!r} {OWN_CLUSTERS}")
    folder = folder_of(name)
    if not folder.exists():
        beside = [repr(other) for other, its in datasets.items() if (its / "som.npz").exists()]
        raise UserError(f"ASSIGN_TO = {name!r}: there is no {folder}{meant(name, beside)}; name a dataset that was "
                        "clustered before, or run steps 00 to 04 for it first")
    for file in ("som.npz", "cluster_count.json", "labels_pred.txt"):
        if not (folder / file).exists():
            raise UserError(f"ASSIGN_TO = {name!r}: {folder / file} is missing; name a dataset that was clustered "
                            "before, or run step 04 for it first")
    _check_cycle(name, chain, Path(data_dir))
    _check_complete(name, chain)
    _check_numbers(name, chain)
    return chain


def _check_cycle(name, chain, data_dir):
    beyond = placed_among([*chain.values()][-1])
    if data_dir in chain.values():
        raise UserError(f"ASSIGN_TO = {name!r}: photos of {name} are in the clusters of DATASET themselves; name the "
                        "dataset that was clustered before DATASET, or None to find its clusters anew")
    if beyond in chain:
        raise UserError(f"ASSIGN_TO = {name!r}: the photos of {listed(chain)} are in each other's clusters; run step "
                        "04 for the first of these datasets without ASSIGN_TO, then for the others")


def _check_complete(name, chain):
    if cut_off := [each for each, folder in chain.items() if was_interrupted(folder, "04")]:
        raise UserError(f"ASSIGN_TO = {name!r}: step 04 did not come to its end for {listed(cut_off)}, whose files may "
                        f"be of several clusterings; run 04_cluster_som.py again for {', then '.join(cut_off[::-1])}")


def _check_numbers(name, chain):
    names, folders = [*chain], [*chain.values()]
    stale = [place for place, (later, earlier) in enumerate(pairwise(folders))
             if numbers_in(later) != numbers_after(earlier)]
    if stale:
        # Each after the one whose numbers its own go on from.
        again = [f"{later} (with ASSIGN_TO = {earlier!r})" for later, earlier in pairwise(names[:stale[-1] + 2])]
        raise UserError(f"ASSIGN_TO = {name!r}: {names[stale[-1] + 1]} has other clusters, or more, than when "
                        f"{names[stale[-1]]} was placed in them, so that a number would mean several; run "
                        f"04_cluster_som.py again for {', then '.join(again[::-1])}")


def check_comparable(chain, data_dir):
    """Raise a UserError where the features of a chain, or those in `data_dir`, are not all by one network and on the
    same axes, as their records say."""
    names = [*chain]
    for name, folder in chain.items():
        if others := differences_in_words(folder, data_dir):
            remedy = ("run 03_extract_features.py for DATASET again with ASSIGN_TO set, and BACKBONE, WEIGHTS, "
                      "TRAIN_DATASET and these settings as there" if name == names[0] else
                      f"those of {names[0]} are: run steps 03 and 04 again for {name} with the same network, or for "
                      "all others")
            raise UserError(f"ASSIGN_TO: the features of DATASET in {data_dir} are not by the network and settings "
                            f"behind those of {name} in {folder} (there, here: {others}); {remedy}")
    if whitened := [each for each in (*chain.values(), data_dir) if made_with(each, "03", "PCA_WHITENING")]:
        raise UserError(f"ASSIGN_TO: PCA_WHITENING gave the features in {listed(whitened)} axes of their own, on which "
                        "photos cannot be compared; set it to None and run step 03 for these again, and step 04")


def check_placeable(chain, earlier, labels, features):
    """Raise a UserError where features [N, D] are not as wide as those of each dataset of a chain, a list `earlier`, or
    no photo of these is in a cluster; labels int [M]: the clusters of all."""
    for name, other in zip(chain, earlier):
        if features.shape[1] != other.shape[1]:
            raise UserError(f"ASSIGN_TO: the photos of {name} have {other.shape[1]} features, those of DATASET "
                            f"{features.shape[1]}; make both with the same network (step 03)")
    if not (labels >= 0).any():
        raise UserError(f"ASSIGN_TO: no photo of {listed(chain)} is in a cluster; run step 04 for "
                        f"{[*chain][-1]} without ASSIGN_TO, or name another dataset")


def check_map(som, name, features):
    """Raise a UserError where the map of the dataset `name` is of features of another width than features [N, D]."""
    if (width := som.prototypes.shape[1]) != features.shape[1]:
        raise UserError(f"ASSIGN_TO: the map and clusters of {name} are of {width} features a photo, its features have "
                        f"{features.shape[1]} by now; run 04_cluster_som.py for {name} again")


def doubts_of_own(name, earlier, features, share_placed):
    """Yield why features [N, D] of one's own, of which nothing is recorded, may not be like those [M, D] of the dataset
    `name` that photos were placed beside; share_placed: of them that fit its clusters."""
    if common_share(features) < CENTRED * common_share(earlier):
        yield (f"the mean of these features is far nearer to 0 than that of {name}'s: they seem to be centred or "
               "standardised, so that the two cannot be compared; prepare both alike")
    elif share_placed < FEW_PLACED:
        yield (f"hardly any of these photos fit the clusters of {name}: if many of their products were there before, "
               "the features are not by the same network, or were not prepared alike")


def common_share(features):
    """Return 0..1: the length of the mean of features [N, D], over their mean length. Photos of fewer products have
    more in common, never much less."""
    total, lengths = np.zeros(features.shape[1]), 0.0
    for rows in blocks(len(features)):
        block = read_rows(features, rows)
        total += block.sum(axis=0, dtype=np.float64)
        lengths += np.linalg.norm(block, axis=1).sum(dtype=np.float64)
    return np.linalg.norm(total) / (lengths or 1)
