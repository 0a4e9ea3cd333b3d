"""Photos placed in the clusters of another dataset, which may have been placed in those of a third, and so on.

A `chain` is {name: DATA_DIR} of these datasets, the one that ASSIGN_TO names first (`datafiles.chain.chain_from`).
"""
from functools import partial
from pathlib import Path

import numpy as np

from imgcluster.clusters.assign import EarlierPhotos
from imgcluster.clusters.chain_checks import check_comparable, check_map, check_placeable
from imgcluster.clusters.chain_state import highest_number
from imgcluster.clusters.cluster_count import Clustering
from imgcluster.clusters.cluster_names import handed_on, read_names
from imgcluster.clusters.cluster_results import read_map
from imgcluster.clusters.clusterings import Earlier, Photos
from imgcluster.clusters.copies import copy_groups, originals
from imgcluster.clusters.corrections_kept import UNKNOWN
from imgcluster.clusters.new_groups import groups_of_new
from imgcluster.csv_tables import read_table
from imgcluster.datafiles.artefacts import NO_CLUSTER, num_clusters_in, read_features, read_img_paths
from imgcluster.datafiles.chain import chain_labels, clusters_record, joined_labels, merged_in
from imgcluster.datafiles.feature_record import read_before, taught_apart, taught_directions
from imgcluster.photos.photo_tables import digests_of
from imgcluster.rows import joined, picked, with_direction


def place_on(chain, data_dir, features, *, copies=None, clusters=None):
    """Return (map, Clustering) of new photos beside those of a chain, whose clusters keep their numbers.

    features [N, D] are those in `data_dir`; copies: int [N], equal numbers for copies of one photo, which go where the
    first of them does (default: none); clusters: int [N], of the earlier photos that these are files of, which they
    and their copies are in too, UNKNOWN for others (`clusters_of_same`; default: for all). Photos that fit no cluster
    get the label -1 and confidence 0. The count is of the clusters that photos were placed in, and no estimate.
    UserError where the features cannot be compared.
    """
    last = next(iter(chain.values()))
    check_comparable(chain, Path(data_dir))
    som = read_map(last / "som.npz")
    earlier, labels = [read_features(folder) for folder in chain.values()], np.concatenate(chain_labels(chain))
    check_placeable(chain, earlier, labels, features)
    check_map(som, next(iter(chain)), features)
    # Of these photos, not of those that the map was trained on.
    som.quantization_errors, som.topographic_errors = ([error] for error in som.errors(features))
    known = EarlierPhotos(joined(earlier), som, labels, copies=_copies_among(chain, earlier),
                          by_direction=taught_directions(last))
    shown = np.arange(len(features)) if copies is None else copies
    first, stands_in = originals(shown)
    found, places = known.assign(picked(features, first)), known.placed(features)
    # Features of length 0 tell nothing of a photo.
    silent = ~np.isin(np.arange(len(features)), with_direction(features))
    labels_new = np.where(silent, NO_CLUSTER, found.labels[stands_in])
    certainty = np.where(labels_new < 0, 0, found.confidence[stands_in])
    clusters = np.full(len(features), UNKNOWN) if clusters is None else _of_copies(clusters, shown)
    is_known = clusters != UNKNOWN
    labels_new, certainty = np.where(is_known, clusters, labels_new), np.where(is_known, 1, certainty)
    # A file that is known shows nothing new, though it be in no cluster.
    groups = _groups_of_new(known, data_dir, features, np.where(is_known | silent, 0, labels_new), copies)
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
