"""Corrections of an earlier clustering in a later one: what a person touched stays as it was left."""
import numpy as np

from imgcluster.clusters.corrections import Corrected
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.rows import blocks, picked, read_rows
from imgcluster.structure.hierarchy import majority

# The label before of photos that were not there, or that step 04 had put in no cluster.
UNKNOWN = -2


def carried(state, before, found, *, features=None):
    """Return the `Corrected` of a clustering `found` that keeps what a person did to an earlier one.

    state: the `Corrected` of that, `before` (both `clusterings.Found`). The photos of a cluster that was touched stay
    together, apart from all others that were in a cluster, and keep its name; photos that a person put in none stay
    there. It has the number of the cluster found that most of its photos are in, or a new one where more photos of
    another are at home. Photos of an untouched cluster that were found in that one go where most of theirs are, or stay
    a cluster of their own. New photos go where those found in one cluster with them went, and if these went apart,
    where the photo most like them by `features` [N, D] did; without features, where they did at that time
    (`Found.begun`).

    Where the photos were placed in clusters of others (`Found.earlier`), those count for which cluster is which, and
    stay where they are; new photos are where they were placed. Earlier clusters that were merged are merged again.
    """
    was, by_hand, others_were = _before(state, before, found)
    clusters, now = np.append(was, others_were), np.append(found.labels, found.earlier.photos.labels)
    target, kept = _targets(clusters, now, state.touched, there=was, highest=found.highest)
    labels, known = found.labels.copy(), was >= 0
    moved = known & _follows(clusters, now, kept)[:len(was)]
    labels[moved], labels[was == NO_CLUSTER] = target[was[moved]], NO_CLUSTER
    numbers = {cluster: int(target[cluster]) for cluster in np.flatnonzero(kept).tolist()}
    merged = _merged_again(state.merged, before, found, numbers)
    if found.earlier.names:
        for old, new in merged.items():
            labels[labels == old] = new
    else:
        _place_new(labels, was, found, features)
    return Corrected(labels, by_hand, {numbers[cluster]: name for cluster, name in state.names.items()
                                       if name and cluster in numbers}, set(numbers.values()), merged=merged)


def _before(state, before, found):
    """(cluster of each photo before, int [N], UNKNOWN where only the clustering put it in none; by_hand bool [N];
    cluster of each earlier photo then, after merges, int [E], UNKNOWN where it was not there)."""
    labels = np.where((state.labels >= 0) | state.by_hand, state.labels, UNKNOWN)
    then = before.earlier.photos.labels
    merged = np.array([state.merged.get(number, number) for number in range(then.max(initial=-1) + 1)], int)
    then = np.where(then >= 0, np.append(merged, UNKNOWN)[then], UNKNOWN)
    return (_as_in(found, before, labels, UNKNOWN), _as_in(found, before, state.by_hand, False),
            _as_in(found.earlier.photos, before.earlier.photos, then, UNKNOWN))


def _as_in(later, photos, values, missing):
    """What is known of `photos` (values [M]) for those of `later` (both `clusterings.Photos`), [N]; `missing` for those
    that were not there."""
    place = {file: row for row, file in enumerate(photos.names_in(later))}
    return np.append(values, missing)[[place.get(path, -1) for path in later.img_paths]]


def _targets(before, labels, touched, *, there, highest):
    """For each cluster before: its number in the new clustering, int [M], and whether its photos must stay together,
    bool [M].

    there: int [N], the clusters before of the photos that may move, which are the only ones to get a new number, above
    the highest.
    """
    home, owner = _meetings(before, labels)
    numbers = np.arange(len(home))
    kept = np.isin(numbers, [*touched]) & np.isin(numbers, before)
    owned = (home >= 0) & (owner[home] == numbers)
    # An untouched cluster is found anew, but apart from the kept one that its photos were found with.
    anew = np.where(kept, ~owned, np.isin(home, home[kept & owned])) & np.isin(numbers, there)
    return np.where(anew, highest + np.cumsum(anew), home), kept & (owned | anew)


def _merged_again(merged, before, found, numbers):
    """{cluster of earlier photos found: the one that it joins} where these are at home of which clusters were made one.

    merged: {cluster of earlier photos before: the one that it had joined}; numbers: {cluster before: its number} of
    those that were kept, which join no other.
    """
    earlier, now = before.earlier.photos, found.earlier.photos
    home, owner = _meetings(_as_in(now, earlier, earlier.labels, UNKNOWN), now.labels)
    again = {}
    for old, new in (merged | {new: new for new in merged.values()}).items():
        place = home[old] if old < len(home) else -1
        if new in numbers and place >= 0 and owner[place] == old and place not in numbers.values():
            again[int(place)] = numbers[new]
    return again


def _follows(before, labels, kept):
    """Which photos of clusters before do not stay where they were found, bool [N]: those of kept clusters, and others
    that were found in what is a kept one's."""
    owner = _meetings(before, labels)[1]
    # The last place of each is that of -1, none.
    is_theirs = np.append(np.append(kept, False)[owner], False)
    return np.isin(before, np.flatnonzero(kept)) | is_theirs[labels]


def _meetings(before, labels):
    """(home [M]: the cluster found that most photos of each cluster before are in; owner [K]: the cluster before that
    has most photos in each cluster found, of those at home there if there are any); -1 for none."""
    both = (before >= 0) & (labels >= 0)
    old, new, num_found = before[both], labels[both], labels.max(initial=-1) + 1
    home = majority(old, new, before.max(initial=-1) + 1)
    there = home[old] == new
    at_home, owner = majority(new[there], old[there], num_found), majority(new, old, num_found)
    return home, np.where(at_home >= 0, at_home, owner)


def _place_new(labels, before, found, features):
    """Put photos that are new where others of the cluster that they were found in went, in `labels` int [N]."""
    new, known = (before == UNKNOWN) & (found.labels >= 0), (before >= 0) & (found.labels >= 0)
    usual = majority(found.labels[known], labels[known], found.labels.max(initial=-1) + 1)
    labels[new] = np.where(usual >= 0, usual, np.arange(len(usual)))[found.labels[new]]
    ways = np.unique(np.column_stack([found.labels, labels])[known], axis=0)
    divided = np.flatnonzero(np.bincount(ways[:, 0], minlength=len(usual)) > 1)
    for cluster in divided[np.isin(divided, found.labels[new])]:
        rows, others = (np.flatnonzero(which & (found.labels == cluster)) for which in (new, known))
        if features is not None:
            labels[rows] = labels[others[nearest(features, rows, others)]]
        else:
            then = found.begun[rows]
            labels[rows] = np.where(np.isin(then, labels[others]), then, labels[rows])


def nearest(features, rows, others):
    """Return for each of the photos `rows` the place in `others` of the one most like it, by the cosine of features
    [N, D], which may be memory-mapped."""
    found, pool = [], picked(features, others)
    for part in blocks(len(rows)):
        block = read_rows(picked(features, rows[part]), normalize=True)
        best, place = np.full(len(block), -np.inf), np.zeros(len(block), int)
        for some in blocks(len(others)):
            likeness = block @ read_rows(pool, some, normalize=True).T
            better = likeness.max(axis=1) > best
            best[better], place[better] = likeness.max(axis=1)[better], some.start + likeness.argmax(axis=1)[better]
        found.append(place)
    return np.concatenate(found)
