"""Corrections of earlier clusterings in the present one: what a person touched stays as it was left."""
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imgcluster.clusters.corrections import Corrected, apply_corrections
from imgcluster.clusters.corrections_file import CLUSTERING
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.rows import blocks, picked, read_rows
from imgcluster.structure.hierarchy import majority

# The label before of photos that were not there, or that step 04 had put in no cluster.
UNKNOWN = -2


@dataclass(frozen=True)
class Followed:
    """What corrections of several clusterings make of the present one, which is the last.

    corrected: its `Corrected`, with the odd lines of all; begun int [N]: the labels that its own lines began with;
    num_lines: how many lines were followed, num_carried: of these, those of earlier clusterings; num_kept: how many
    clusters stay for these; aside: DataFrame of the lines for clusterings that are not known; vanished: [(number, name
    or "", photos)] of clusters that a person touched and none of whose photos were there later.
    """

    corrected: Corrected
    begun: np.ndarray
    num_lines: int
    num_carried: int
    num_kept: int
    aside: pd.DataFrame
    vanished: list


def follow(table, present, recall, *, features, earlier=None, copies=None):
    """Return what is `Followed` of the corrections in `table` (as `read_corrections` returns it), top to bottom.

    Lines next to each other for one clustering are applied to it, and carried over (`carried`) to that of the next
    ones, at last to `present` (`clusterings.Found`; features [N, D] are of its photos). recall: function from an id to
    the Found, or to None. earlier, copies: as in `apply_corrections`, which raises UserError.
    """
    known = {name: recall(name) for name in table[CLUSTERING].unique()} | {present.id: present}
    is_known = np.array([known[name] is not None for name in table[CLUSTERING]], bool)
    runs = _runs(table[is_known], known, present)
    starts, ends, names = zip(*_in_turn(runs, present, features, earlier=earlier, copies=copies))
    vanished = [each for end, files, (after, _) in zip(ends, names[1:], runs[1:])
                for each in _vanished(end, files, after.img_paths)]
    counts = [len(lines) - len(end.lost) - len(end.idle) for (_, lines), end in zip(runs, ends)]
    odd = {name: {line: said for end in ends for line, said in getattr(end, name).items()}
           for name in ("lost", "idle", "astray")}
    begun, num_kept = (present.labels, 0) if starts[-1] is None else (starts[-1].labels, len(starts[-1].touched))
    num_carried = sum(count for (found, _), count in zip(runs, counts) if found is not present)
    return Followed(replace(ends[-1], **odd), begun, sum(counts), num_carried, num_kept, table[~is_known],
                    vanished)


def _runs(table, known, present):
    """[(Found, lines for it)] of lines next to each other that are for one clustering, at last those for `present`."""
    number = (table[CLUSTERING] != table[CLUSTERING].shift()).cumsum()
    runs = [(known[lines[CLUSTERING].iat[0]], lines) for _, lines in table.groupby(number, sort=False)]
    return runs if runs and runs[-1][0] is present else [*runs, (present, table[:0])]


def _in_turn(runs, present, features, **known):
    """Yield for each run the `Corrected` that it begins with, the one that it ends with, and the photos of the run
    before as they are called in it; the first and the last are None for the first run."""
    end, before, left = None, None, {}
    for found, lines in runs:
        files = before and before.names_in(found)
        start = end and carried(end, files, found, features=features if found is present else None)
        if found.id in left:
            start = replace(start, born=_numbers_now(left[found.id], start.labels))
        left[found.id] = end = apply_corrections(found.labels, found.img_paths, lines, carried=start, **known)
        before = found
        yield start, end, files


def _numbers_now(state, labels):
    """{"new-1" and the like: number} of the clusters that earlier lines for a clustering brought to life, as far as
    they have photos; state: the `Corrected` of these lines, labels int [N]: where the same photos are by now."""
    both = (state.labels >= 0) & (labels >= 0)
    now = dict(enumerate(majority(state.labels[both], labels[both], state.labels.max(initial=-1) + 1).tolist()))
    return {name: now[number] for name, number in state.born.items() if now.get(number, -1) >= 0}


def _vanished(state, files, img_paths):
    """Yield (number, name or "", photos) of each touched cluster of a `Corrected` of `files` that has photos, none of
    them in `img_paths`."""
    there, sizes = np.isin(files, img_paths), np.bincount(state.labels + 1)
    left = np.bincount(state.labels[there] + 1, minlength=len(sizes))
    for cluster in sorted(state.touched):
        if cluster + 1 < len(sizes) and sizes[cluster + 1] and not left[cluster + 1]:
            yield cluster, state.names.get(cluster, ""), int(sizes[cluster + 1])


def carried(state, files, found, *, features=None):
    """Return the `Corrected` of a clustering, a `clusterings.Found`, that keeps what a person did to an earlier one.

    state: the `Corrected` of that, of photos `files` (`Found.names_in` the other). The photos of a cluster that was
    touched stay together, apart from all others that were in a cluster, and keep its name; photos that a person put in
    none stay there. It has the number of the cluster found that most of its photos are in, or a new one where more
    photos of another are at home. Photos of an untouched cluster that were found in that one go where most of theirs
    are, or stay a cluster of their own. New photos go where those found in one cluster with them went, and if these
    went apart, where the photo most like them by `features` [N, D] did; without features, where they did at that time
    (`Found.begun`).
    """
    before, by_hand = _before(state, files, found.img_paths)
    target, kept = _targets(before, found.labels, state.touched)
    labels, known = found.labels.copy(), before >= 0
    moved = known & _follows(before, found.labels, kept)
    labels[moved], labels[before == NO_CLUSTER] = target[before[moved]], NO_CLUSTER
    _place_new(labels, before, found, features)
    numbers = {cluster: int(target[cluster]) for cluster in np.flatnonzero(kept).tolist()}
    return Corrected(labels, by_hand, {numbers[cluster]: name for cluster, name in state.names.items()
                                       if name and cluster in numbers}, set(numbers.values()))


def _before(state, files, img_paths):
    """(cluster of each photo before, int [N], UNKNOWN where only the clustering put it in none; by_hand bool [N])."""
    place = {file: row for row, file in enumerate(files)}
    rows = np.array([place.get(path, -1) for path in img_paths])
    labels = np.where((state.labels >= 0) | state.by_hand, state.labels, UNKNOWN)
    return np.where(rows >= 0, labels[rows], UNKNOWN), (rows >= 0) & state.by_hand[rows]


def _targets(before, labels, touched):
    """For each cluster before: its number in the new clustering, int [M], and whether its photos must stay together,
    bool [M]."""
    home, owner = _meetings(before, labels)
    numbers = np.arange(len(home))
    kept = np.isin(numbers, [*touched]) & np.isin(numbers, before)
    owned = (home >= 0) & (owner[home] == numbers)
    # An untouched cluster is found anew, but apart from the kept one that its photos were found with.
    anew = np.where(kept, ~owned, np.isin(home, home[kept & owned]))
    return np.where(anew, labels.max() + np.cumsum(anew), home), kept


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
