"""Photos placed in the clusters of another dataset, which may have been placed in those of a third, and so on.

A `chain` is {name: DATA_DIR} of these datasets, the one that ASSIGN_TO names first (`datafiles.chain.chain_from`).
"""
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from imgcluster.clusters.assign import EarlierPhotos
from imgcluster.clusters.cluster_count import Clustering
from imgcluster.clusters.cluster_names import handed_on, read_names
from imgcluster.clusters.cluster_results import read_map, warn_of_other_inputs
from imgcluster.clusters.clusterings import Earlier, Photos
from imgcluster.clusters.copies import copy_groups, originals
from imgcluster.clusters.corrections_kept import UNKNOWN
from imgcluster.clusters.new_groups import groups_of_new
from imgcluster.csv_tables import read_table
from imgcluster.datafiles.artefacts import NO_CLUSTER, num_clusters_in, read_clusters, read_features, read_img_paths
from imgcluster.datafiles.chain import (
    chain_behind,
    chain_from,
    chain_labels,
    clusters_record,
    joined_labels,
    merged_in,
    placed_among,
    placed_in,
)
from imgcluster.datafiles.feature_record import (
    differences_in_words,
    read_before,
    taught_apart,
    taught_directions,
)
from imgcluster.datafiles.records import fingerprint, made_with, was_interrupted
from imgcluster.errors import UserError
from imgcluster.photos.photo_tables import digests_of
from imgcluster.rows import joined, picked
from imgcluster.wording import OWN_CLUSTERS, listed, meant

TOLD_BY = 2  # texts that `placed_by` returns for each dataset


def place_on(chain, data_dir, features, *, copies=None, clusters=None):
    """Return (map, Clustering) of new photos beside those of a chain, whose clusters keep their numbers.

    features [N, D] are those in `data_dir`; copies: int [N], equal numbers for copies of one photo, which go where the
    first of them does (default: none); clusters: int [N], of the earlier photos that these are files of, which they
    and their copies are in too, UNKNOWN for others (`clusters_of_same`; default: for all). Photos that fit no cluster
    get the label -1 and confidence 0. The count is of the clusters that photos were placed in, and no estimate.
    UserError where the features cannot be compared.
    """
    last = next(iter(chain.values()))
    _check_comparable(chain, Path(data_dir))
    som = read_map(last / "som.npz")
    earlier, labels = [read_features(folder) for folder in chain.values()], np.concatenate(chain_labels(chain))
    _check_placeable(chain, earlier, labels, features)
    _check_map(som, next(iter(chain)), features)
    # Of these photos, not of those that the map was trained on.
    som.quantization_errors, som.topographic_errors = ([error] for error in som.errors(features))
    known = EarlierPhotos(joined(earlier), som, labels, copies=_copies_among(chain, earlier),
                          by_direction=taught_directions(last))
    shown = np.arange(len(features)) if copies is None else copies
    first, stands_in = originals(shown)
    found, places = known.assign(picked(features, first)), known.placed(features)
    labels_new, certainty = found.labels[stands_in], np.where(found.labels < 0, 0, found.confidence)[stands_in]
    clusters = np.full(len(features), UNKNOWN) if clusters is None else _of_copies(clusters, shown)
    is_known = clusters != UNKNOWN
    labels_new, certainty = np.where(is_known, clusters, labels_new), np.where(is_known, 1, certainty)
    # A file that is known shows nothing new, though it be in no cluster.
    groups = _groups_of_new(known, data_dir, features, np.where(is_known, 0, labels_new), copies)
    count, said = num_clusters_in(labels_new), "placed in earlier clusters"
    clustering = Clustering(labels_new, count, (count, count), [], certainty, method=said, words=said,
                            calibrated=clusters_record(last).get("calibrated", False),
                            confidence_of=partial(_confidence, known, places, clusters), new_groups=groups,
                            apart_of=partial(known.how_far_apart, places))
    return som, clustering


def _of_copies(clusters, copies):
    """clusters int [N] of files that are known, UNKNOWN of others, in which their copies are, too; of several such
    files the first counts. copies: int [N], equal numbers for copies."""
    known = np.flatnonzero(clusters != UNKNOWN)[::-1]
    shared = dict(zip(copies[known].tolist(), clusters[known].tolist()))
    return np.where(clusters == UNKNOWN, [shared.get(copy, UNKNOWN) for copy in copies.tolist()], clusters)


def _confidence(known, places, clusters, labels, *, merged=None):
    """`EarlierPhotos.confidence` of photos in other clusters, 1 of those that still are where their file was before."""
    return np.where(labels == joined_labels(clusters, merged or {}), 1, known.confidence(places, labels, merged=merged))


def _groups_of_new(known, data_dir, features, labels, copies):
    """`groups_of_new` of photos with features [N, D] in `data_dir`, in clusters labels int [N] of EarlierPhotos."""
    before = read_before(data_dir)
    return groups_of_new(features, labels, placed=known.placed, compared=before, copies=copies,
                         taught_apart=taught_apart(data_dir))


def _copies_among(chain, features):
    """Equal numbers for copies of one photo among those of a chain, int [N]; features: of each of its datasets."""
    groups, highest = [], 0
    for folder, those in zip(chain.values(), features):
        groups.append(highest + copy_groups(folder, read_img_paths(folder), those))
        highest = groups[-1].max() + 1
    return np.concatenate(groups)


def earlier_clusters(chain):
    """Return the `Earlier` clusters of a chain, as its first dataset left them; photos are called by their datasets,
    too."""
    last, parts = next(iter(chain.values())), chain_labels(chain)
    labels, paths = np.concatenate(parts), [read_img_paths(folder) for folder in chain.values()]
    digests = [digests_of(folder, those) or [""] * len(those) for folder, those in zip(chain.values(), paths)]
    photos = Photos([f"{name}/{path}" for name, those in zip(chain, paths) for path in those], labels,
                    tuple(text for those in digests for text in those))
    numbers = {*labels[labels >= 0].tolist(), highest_number(last)}
    # Names that were written before step 04 handed them on.
    names = handed_on(read_names(last), merged_in(last), parts[0])
    return Earlier(dict.fromkeys(sorted(numbers), "") | names, photos)


def clusters_of_same(photos, digests, left_out):
    """Return the clusters int [N] of those earlier `Photos` that hold the same files as new ones, UNKNOWN where none
    does.

    digests: of the new ones, N texts; left_out: bool [M], which earlier ones a person put in no cluster
    (`put_in_none`): others that are in none do not count. Of several the first counts.
    """
    counts = left_out | (photos.labels >= 0)
    known = {digest: int(label) for digest, label, count in
             zip(photos.digests[::-1], photos.labels[::-1], counts[::-1]) if digest and count}
    return np.array([known.get(digest, UNKNOWN) for digest in digests], int)


def put_in_none(chain):
    """Return which photos of a chain a person put in no cluster, bool [M], as far as clusters.csv is there to tell."""
    return np.concatenate([_put_in_none(folder) for folder in chain.values()])


def _put_in_none(data_dir):
    table = read_table(data_dir / "clusters.csv").reindex(columns=["file", "cluster", "confidence"], fill_value="")
    # Step 04 itself is never sure of photos in no cluster.
    sure = table[(table["cluster"] == str(NO_CLUSTER)) & (table["confidence"] == "1")]
    return np.isin(read_img_paths(data_dir), sure["file"].tolist())


def placing_facts(chain):
    """Return what cluster_count.json says of how photos came into the clusters of a chain; "numbers": as
    `numbers_after` those of its first dataset."""
    name, last = next(iter(chain.items()))
    return {"assigned_to": name, "placed_by": placed_by(chain), "numbers": numbers_after(last)}


def numbers_after(data_dir):
    """Return a text that stays the same for as long as cluster numbers of photos placed in the clusters in a folder
    mean the same: these are those of the clusters there, and go on after the highest."""
    return f"{_numbers_in(data_dir)}+{highest_number(data_dir)}"


def _numbers_in(data_dir):
    record = clusters_record(data_dir)
    return record.get("numbers", record.get("clustering_id", ""))


def highest_number(data_dir):
    """Return the highest number that a cluster in a folder has, or had before it was merged into another."""
    highest = clusters_record(data_dir).get("highest_number", -1)
    return max(highest, int(read_clusters(data_dir).max()), *read_names(data_dir))


def placed_by(chain):
    """Return what tells the clusters of a chain, which of them are merged and their names from others, to be noted of
    photos placed in them: two texts for each dataset."""
    told = []
    for folder in chain.values():
        merges = "".join(f" {old}>{new}" for old, new in merged_in(folder).items())
        told += [fingerprint(folder / "labels_pred.txt") + merges, fingerprint(folder / "cluster_names.csv")]
    return told


def _changed_since(data_dir, chain):
    """The names of datasets in a chain whose clusters are others than those that photos in a folder were placed in."""
    then, now = clusters_record(data_dir).get("placed_by") or (), placed_by(chain)
    pairs = ([texts[TOLD_BY * place:TOLD_BY * (place + 1)] for texts in (then, now)] for place in range(len(chain)))
    return [name for name, (before, after) in zip(chain, pairs) if before and before != after]


def to_place_anew(name, data_dir, *, datasets, command):
    """Return a sentence on the datasets {name: DATA_DIR} whose photos were placed in the clusters of the dataset `name`
    as they were before, "" for none; command: the one that places them anew."""
    later = [other for other, folder in placed_in(name, datasets).items() if _changed_since(folder, {name: data_dir})]
    if not later:
        return ""
    return (f"{listed(later)} {'was' if len(later) == 1 else 'were'} placed in these clusters as they were before; "
            f"to do it anew, and what was placed in theirs: {command}")


def forgotten(data_dir, *, folder_of):
    """Return the name of the dataset in whose clusters the photos in a folder were placed last time, and could be now;
    None where there is none. It is for runs without ASSIGN_TO."""
    return next(iter(chain_behind(data_dir, folder_of=folder_of)), None)


def forgotten_in_words(name, remedy):
    """Return what to say of a dataset that is `forgotten`; remedy: the command that names it again."""
    return (f"these photos were placed in the clusters of {name!r} last time; ASSIGN_TO is None now, so clusters are "
            f"found anew; to place them again: {remedy}")


def warn_of_changes(data_dir, *, folder_of, warn):
    """Call `warn` with a sentence about each thing that has changed since step 04 made the clusters in `data_dir` of
    it: the features, the corrections, the clusters that photos were placed in (`folder_of`: as below)."""
    warn_of_other_inputs(data_dir, warn=warn)
    warn_of_other_earlier(data_dir, folder_of=folder_of, warn=warn)


def warn_of_other_earlier(data_dir, *, folder_of, warn):
    """Call `warn` with a sentence where photos in `data_dir` were placed in clusters that have changed since then.

    folder_of: function from the name of a dataset to its DATA_DIR; one without clusters (any more) tells nothing.
    """
    chain = chain_behind(data_dir, folder_of=folder_of)
    if changed := _changed_since(data_dir, chain):
        names = [*chain]
        between = [name for place, name in enumerate(names) if _changed_since(chain[name], {
            other: chain[other] for other in names[place + 1:]})]
        first = f", first for {listed(between[::-1])}" if between else ""
        warn(f"the clusters of {listed(changed)} or their names have changed since step 04 placed these photos in "
             f"them: run 04_cluster_som.py again{first}")


def warn_of_chain(chain, *, folder_of, warn):
    """Call `warn` with a sentence about each thing that has changed since step 04 made the clusters of a chain of it,
    those first that others go on from, and where the chain was longer."""
    name, last = list(chain.items())[-1]
    if lost := placed_among(last):
        warn(f"{name} was placed in the clusters of {lost}, which are not in {folder_of(lost)} (any more): products "
             f"that only {lost}, or one before it, had are not found. If it has another name now, run "
             f"04_cluster_som.py for {name} again with ASSIGN_TO set to that")
    for name, folder in reversed(chain.items()):
        warn_of_changes(folder, folder_of=folder_of, warn=lambda said, name=name: warn(f"{name}: {said}"))


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
             if _numbers_in(later) != numbers_after(earlier)]
    if stale:
        # Each after the one whose numbers its own go on from.
        again = [f"{later} (with ASSIGN_TO = {earlier!r})" for later, earlier in pairwise(names[:stale[-1] + 2])]
        raise UserError(f"ASSIGN_TO = {name!r}: {names[stale[-1] + 1]} has other clusters, or more, than when "
                        f"{names[stale[-1]]} was placed in them, so that a number would mean several; run "
                        f"04_cluster_som.py again for {', then '.join(again[::-1])}")


def _check_placeable(chain, earlier, labels, features):
    for name, other in zip(chain, earlier):
        if features.shape[1] != other.shape[1]:
            raise UserError(f"ASSIGN_TO: the photos of {name} have {other.shape[1]} features, those of DATASET "
                            f"{features.shape[1]}; make both with the same network (step 03)")
    if not (labels >= 0).any():
        raise UserError(f"ASSIGN_TO: no photo of {listed(chain)} is in a cluster; run step 04 for "
                        f"{[*chain][-1]} without ASSIGN_TO, or name another dataset")


def _check_map(som, name, features):
    if (width := som.prototypes.shape[1]) != features.shape[1]:
        raise UserError(f"ASSIGN_TO: the map and clusters of {name} are of {width} features a photo, its features have "
                        f"{features.shape[1]} by now; run 04_cluster_som.py for {name} again")


def _check_comparable(chain, data_dir):
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
