"""Corrections of several clusterings, followed one after the other up to the present one."""
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from imgcluster.clusters.corrections import Corrected, apply_corrections
from imgcluster.clusters.corrections_file import CLUSTERING
from imgcluster.clusters.corrections_kept import carried
from imgcluster.datafiles.chain import joined_labels
from imgcluster.structure.hierarchy import majority


@dataclass(frozen=True)
class Followed:
    """What corrections of several clusterings make of the present one, which is the last.

    corrected: its `Corrected`, with the odd lines of all; begun int [N]: the labels that its own lines began with;
    num_lines: how many lines were followed, num_carried: of these, those of earlier clusterings; num_kept: how many
    clusters stay for these; aside: DataFrame of the lines for clusterings that are not known; vanished: [(number, name
    or "", photos)] of clusters that a person touched and none of whose photos were there later; unnamed: as of each
    `Corrected` that was carried over.
    """

    corrected: Corrected
    begun: np.ndarray
    num_lines: int
    num_carried: int
    num_kept: int
    aside: pd.DataFrame
    vanished: list
    unnamed: list


def follow(table, present, recall, *, features):
    """Return what is `Followed` of the corrections in `table` (as `read_corrections` returns it), top to bottom.

    Lines next to each other for one clustering are applied to it, and carried over (`carried`) to that of the next
    ones, at last to `present` (`clusterings.Found`; features [N, D] are of its photos). recall: function from an id to
    the Found, or to None. Raises UserError as `apply_corrections`.
    """
    known = {name: recall(name) for name in table[CLUSTERING].unique()} | {present.id: present}
    known = {name: found and found.with_originals(present) for name, found in known.items()}
    is_known = np.array([known[name] is not None for name in table[CLUSTERING]], bool)
    runs = _runs(table[is_known], known, present)
    starts, ends = zip(*_in_turn(runs, present, features))
    vanished = [each for end, (before, _), (after, _) in zip(ends, runs, runs[1:])
                for each in _vanished(end, before, after)]
    counts = [len(lines) - len(end.lost) - len(end.idle) for (_, lines), end in zip(runs, ends)]
    odd = {name: {line: said for end in ends for line, said in getattr(end, name).items()}
           for name in ("lost", "idle", "astray", "renamed")}
    begun, num_kept = (present.labels, 0) if starts[-1] is None else (starts[-1].labels, len(starts[-1].touched))
    num_carried = sum(count for (found, _), count in zip(runs, counts) if found is not present)
    return Followed(replace(ends[-1], **odd), begun, sum(counts), num_carried, num_kept, table[~is_known],
                    vanished, [each for start in starts if start for each in start.unnamed])


def _runs(table, known, present):
    """[(Found, lines for it)] of lines next to each other that are for one clustering, at last those for `present`."""
    number = (table[CLUSTERING] != table[CLUSTERING].shift()).cumsum()
    runs = [(known[lines[CLUSTERING].iat[0]], lines) for _, lines in table.groupby(number, sort=False)]
    return runs if runs and runs[-1][0] is present else [*runs, (present, table[:0])]


def _in_turn(runs, present, features):
    """Yield for each run the `Corrected` that it begins with, None for the first, and the one that it ends with."""
    end, before, left, placed = None, None, {}, None
    for found, lines in runs:
        start = end and carried(end, before, found, features=features if found is present else None)
        if placed and found.earlier.names and not before.earlier.names:
            start = _with_earlier(start, carried(*placed, found), max(found.earlier.names))
        if found.id in left:
            start = replace(start, born=_numbers_now(left[found.id], start.labels))
        left[found.id] = end = apply_corrections(
            found.labels, found.img_paths, lines, earlier=found.earlier.names, carried=start, copies=found.copies)
        before = found
        placed = (end, found) if found.earlier.names else placed
        yield start, end


def _with_earlier(start, placed, highest):
    """The `Corrected` of photos that are in earlier clusters again, and were in clusters of their own in between.

    start: what comes from these; placed: what comes from when they were in earlier clusters before, of which what it
    says of earlier clusters, numbered up to the highest, is taken: those in between knew none of them.
    """
    names = {number: name for number, name in placed.names.items()
             if number <= highest and name not in start.names.values()}
    merged = {old: new for old, new in placed.merged.items() if new <= highest and old not in start.touched}
    labels = joined_labels(start.labels, merged)
    touched = start.touched | {number for number in placed.touched if number <= highest}
    return replace(start, labels=labels, names=names | start.names, merged=merged, touched=touched)


def _numbers_now(state, labels):
    """{"new-1" and the like: number} of the clusters that earlier lines for a clustering brought to life, as far as
    they have photos; state: the `Corrected` of these lines, labels int [N]: where the same photos are by now."""
    both = (state.labels >= 0) & (labels >= 0)
    now = dict(enumerate(majority(state.labels[both], labels[both], state.labels.max(initial=-1) + 1).tolist()))
    return {name: now[number] for name, number in state.born.items() if now.get(number, -1) >= 0}


def _vanished(state, before, after):
    """Yield (number, name or "", photos) of each cluster of a clustering that a person touched (state: its `Corrected`)
    and that had photos, none of which is in the one after. Earlier photos count where both are placed in theirs."""
    labels, names = state.labels, before.names_in(after)
    if after.earlier.names:
        earlier = before.earlier.photos
        labels = np.append(labels, joined_labels(earlier.labels, state.merged))
        names += earlier.names_in(after.earlier.photos)
    there = np.array([name is not None for name in names])
    sizes = np.bincount(labels + 1)
    left = np.bincount(labels[there] + 1, minlength=len(sizes))
    for cluster in sorted(state.touched):
        if cluster + 1 < len(sizes) and sizes[cluster + 1] and not left[cluster + 1]:
            yield cluster, state.names.get(cluster, ""), int(sizes[cluster + 1])
