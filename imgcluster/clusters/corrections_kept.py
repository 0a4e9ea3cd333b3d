"""Corrections of an earlier clustering in a later one: what a person touched stays as it was left."""
import numpy as np

from imgcluster.clusters.corrections import Corrected
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.datafiles.chain import joined_labels
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
    (`Found.begun`). Those placed in other datasets' clusters stay where they were placed. New copies go where their
    originals are. Where the photos of both clusterings were placed, their clusters have the numbers of earlier ones
    (`numbered_anew`).
    """
    if before.earlier.names and found.earlier.names:
        return numbered_anew(state, before, found)
    was, by_hand = _before(state, before, found)
    target, kept = _targets(was, found.labels, state.touched, highest=found.highest)
    labels, known = found.labels.copy(), was >= 0
    moved = known & _follows(was, found.labels, kept)
    labels[moved], labels[was == NO_CLUSTER] = target[was[moved]], NO_CLUSTER
    if not found.earlier.names:
        _place_new(labels, was, found, features)
    _join_copies(labels, by_hand, was != UNKNOWN, before, found)
    numbers = {cluster: int(target[cluster]) for cluster in np.flatnonzero(kept).tolist()}
    return Corrected(labels, by_hand, {numbers[cluster]: name for cluster, name in state.names.items()
                                       if name and cluster in numbers}, set(numbers.values()))


def numbered_anew(state, before, found):
    """Return the `Corrected` of photos placed in earlier clusters `found` that keeps what a person did when these were
    others.

    Which of these is which one now, the earlier photos tell: their clusters are decided where they are. The photos of a
    cluster that was touched, and photos placed by hand, go to that one; two that are one there now are one here. A
    cluster none of whose earlier photos is there any more, and those made for these photos, are clusters of their own.
    New copies of such photos, and of those put in none, go along. All other photos are where they were placed. Clusters
    that were merged are merged again, but for those that are mostly another one's now.
    """
    was, by_hand = _before(state, before, found)
    stays = (was >= 0) & (by_hand | np.isin(was, [*state.touched]))
    numbers, highest, owner = _numbers_by_photos(state, before, found, set(was[stays].tolist()))
    merged = _merged_again(state.merged, numbers, owner)
    home = {cluster: merged.get(number, number) for cluster, number in numbers.items()}
    labels = joined_labels(found.labels, merged)
    labels[stays], labels[was == NO_CLUSTER] = [home[cluster] for cluster in was[stays].tolist()], NO_CLUSTER
    _join_copies(labels, by_hand, stays | (was == NO_CLUSTER), before, found)
    # Of two names for what is one now, that of the cluster stays which has most of the photos.
    named = sorted((cluster for cluster in state.names if cluster in numbers),
                   key=lambda cluster: owner.get(numbers[cluster]) == cluster)
    names = {numbers[cluster]: state.names[cluster] for cluster in named}
    unnamed = [(state.names[cluster], numbers[cluster]) for cluster in named
               if state.names[cluster] not in ("", names[numbers[cluster]])]
    return Corrected(labels, by_hand, names, {home[cluster] for cluster in state.touched if cluster in home},
                     merged=merged, highest=highest, unnamed=unnamed)


def _numbers_by_photos(state, before, found, needed):
    """({cluster of a `Corrected` of placed photos: its number now}, the highest number, {cluster found: the one before
    that has most photos in it}); needed: those that have a number, whatever became of them."""
    photos, now = before.earlier.photos, found.earlier.photos
    then = _as_in(now, photos, photos.labels, UNKNOWN)
    home, base = _meetings(then, now.labels)[0].tolist(), max(before.earlier.names)
    numbers = {cluster: number for cluster, number in enumerate(home) if number >= 0}
    # One whose own photos are gone lives on in one that joined it.
    numbers = {new: numbers[old] for old, new in state.merged.items() if old in numbers} | numbers
    shift = max(found.earlier.names) - base
    numbers |= {cluster: cluster + shift for cluster in range(base + 1, state.highest + 1)}
    highest = max(state.highest, base) + shift
    for cluster in sorted(needed - numbers.keys()):
        highest += 1
        numbers[cluster] = highest
    clusters = np.append(_as_in(found, before, before.labels, UNKNOWN), then)
    owner = _meetings(clusters, np.append(found.labels, now.labels))[1]
    return numbers, highest, dict(enumerate(owner.tolist()))


def _merged_again(merged, numbers, owner):
    """{cluster found: the one that it joins} of clusters merged before, where they are at home in what is theirs."""
    again = {}
    for old, new in merged.items():
        if old in numbers and new in numbers and owner.get(numbers[old]) == old:
            place, target = numbers[old], again.get(numbers[new], numbers[new])
            if place != target:
                again = {each: target if into == place else into for each, into in again.items()} | {place: target}
    return again


def _before(state, before, found):
    """(cluster of each photo before, int [N], UNKNOWN where only the clustering put it in none; by_hand bool [N])."""
    labels = np.where((state.labels >= 0) | state.by_hand, state.labels, UNKNOWN)
    return _as_in(found, before, labels, UNKNOWN), _as_in(found, before, state.by_hand, False)


def _as_in(later, photos, values, missing):
    """What is known of `photos` (values [M]) for those of `later` (both `clusterings.Photos`), [N]; `missing` for those
    that were not there."""
    place = {file: row for row, file in enumerate(photos.names_in(later))}
    return np.append(values, missing)[[place.get(path, -1) for path in later.img_paths]]


def _targets(before, labels, touched, *, highest):
    """For each cluster before: its number in the new clustering, int [M], new ones above the highest, and whether its
    photos must stay together, bool [M]."""
    home, owner = _meetings(before, labels)
    numbers = np.arange(len(home))
    kept = np.isin(numbers, [*touched]) & np.isin(numbers, before)
    owned = (home >= 0) & (np.append(owner, NO_CLUSTER)[home] == numbers)
    # An untouched cluster is found anew, but apart from the kept one that its photos were found with.
    anew = np.where(kept, ~owned, np.isin(home, home[kept & owned]))
    return np.where(anew, highest + np.cumsum(anew), home), kept


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


def _join_copies(labels, by_hand, settled, before, found):
    """Put photos that were not there `before` where their original is, or where that is not known copies of it, if
    these are `settled`, bool [N], in `labels` int [N], and note in `by_hand` bool [N] where a person placed them."""
    there = _as_in(found, before, np.ones(len(before.img_paths), bool), False)
    paths, known = found.img_paths, {path for path, was in zip(found.img_paths, there) if was}
    shown, places = [found.originals.get(path, path) for path in paths], {}
    for row in np.flatnonzero(settled).tolist():
        if shown[row] == paths[row] or shown[row] not in known:
            places.setdefault(shown[row], row)
    for row in np.flatnonzero(~there).tolist():
        if shown[row] in places:
            labels[row], by_hand[row] = labels[places[shown[row]]], by_hand[places[shown[row]]]


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
