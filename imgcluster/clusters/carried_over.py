"""What a clustering takes over from earlier ones: a person's corrections and names."""
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from imgcluster.clusters import clusterings
from imgcluster.clusters.cluster_names import handed_on, write_names
from imgcluster.clusters.corrections_file import CLUSTERING, all_for, read_corrections, stamp
from imgcluster.clusters.corrections_followed import follow
from imgcluster.clusters.corrections_gone import gone, note_followed, put_aside
from imgcluster.clusters.levels import followed
from imgcluster.datafiles.artefacts import OUTDATED, num_clusters_in
from imgcluster.datafiles.chain import clusters_record
from imgcluster.errors import UserError
from imgcluster.wording import counted, listed

MOST_NAMED = 10  # lines of corrections.csv in a warning
LEFT_ASIDE = ("left aside: made for another clustering ({!r}), of which nothing is known here (it was found in another "
              "folder, or long ago). They apply again once photos and settings are those of then; else correct these "
              "clusters in the report, and remove the lines")
ASTRAY = ("followed all the same: the photos are now where these lines put them. Where their numbers are of other "
          "clusters, correct the lines or remove the file")
NOT_THERE = "passed over, as there is no such photo; files are named as in img_paths.txt"
IDLE = "passed over, as nothing is changed by it"
RENAMED = ("called otherwise from now on. Where that was not meant, the number is of other clusters: correct the line, "
           "or remove it")
SAME_PRODUCT = ". Where they are one product, `merge` makes them one cluster; else give each a name of its own"


def corrected(data_dir, present, features, clustering, *, warn, say=lambda _: None, begin=lambda: None, reported=""):
    """Return (the Clustering after corrections.csv of `data_dir`, how many of its lines were applied, how many photos
    these moved).

    present: the `clusterings.Found` that it is (`found_in`). Photos placed by hand have confidence 1, and so have their
    copies, which go along; others have that in the corrected clusters. Coarser and finer levels follow. Names of
    clusters go to cluster_names.csv, first those of earlier ones, whose numbers no new cluster gets. features [N, D]
    are of the photos. Without corrections.csv nothing else changes. Lines made for another clustering, whose numbers
    mean other clusters, are carried over where it is known (`clusterings`, `corrections_kept`), and are left aside
    else; those that do not say for which are for the one that step 04 found last, and say so from now on. `say` gets a
    sentence about lines carried over, and lines gone since the last time, whose file is put aside; `warn` about that
    where more are gone than there are, lines left aside and odd ones, and clusters of earlier clusterings none of whose
    photos are there. `begin` is called before cluster_names.csv changes. reported: the id of the clustering that the
    last report is of, which is kept, too, as lines may come of it (`require_told`).
    Raises UserError naming all lines that cannot be followed, or where the file cannot be written and would later be
    taken for one about these clusters.
    """
    outcome = _outcome(data_dir, present, features=features, reported=reported, warn=warn, say=say)
    found = outcome.corrected
    _warn_of_odd(outcome.aside, found, warn)
    if outcome.num_carried:
        say(_carried_in_words(outcome.num_carried, outcome.num_kept))
    if outcome.vanished:
        warn(f"corrections.csv: {_vanished_in_words(outcome.vanished)}")
    for name, number in outcome.unnamed:
        warn(f"corrections.csv: {name!r} is no cluster by itself any more: its photos are in cluster {number}, with "
             "those of another that you named, as an earlier dataset has them in one by now")
    begin()
    before = {number: name for number, name in present.earlier.names.items() if name}
    write_names(data_dir, handed_on(before | found.names, found.merged, found.labels))
    moved = int((found.labels != clustering.labels).sum())
    if found.merged or found.highest > found.labels.max():
        clustering = replace(clustering, merged=found.merged, highest=found.highest)
    if moved:
        clustering = _regrouped(clustering, found.labels)
    elif found.merged:
        clustering = replace(clustering, confidence=_confidence(clustering, found.labels))
    if found.by_hand.any():
        clustering = replace(clustering, confidence=np.where(found.by_hand, 1, clustering.confidence))
    return clustering, outcome.num_lines, moved


def require_told(data_dir, reported):
    """Raise UserError where corrections.csv of `data_dir` cannot be read, or lines of it that do not say for which
    clustering they are could be for two: that of the last report (reported: its id, "" where there is none) and the one
    that step 04 found last, which is in clusters.csv."""
    path = Path(data_dir) / "corrections.csv"
    lines, latest = _unsaid(read_corrections(path)), clusters_record(data_dir).get("clustering_id", "")
    if lines and reported and latest and reported != latest:
        noun, do = ("line", "does") if len(lines) == 1 else ("lines", "do")
        raise UserError(
            f"{path}: {noun} {listed(lines, MOST_NAMED)} {do} not say which clusters the numbers are of: since the "
            f"report was made step 04 has found others. Write into the column {CLUSTERING} (the fifth; add it where it "
            f"is missing)\n  {reported}  where the numbers are those of the report,\n  {latest}  where they are "
            "those of clusters.csv,\nand run this again; nothing was changed")


def _unsaid(table):
    """The numbers of the lines of a table of corrections that do not say for which clustering they are."""
    return table.index[table[CLUSTERING] == ""].tolist()


def _outcome(data_dir, present, *, features, reported, warn, say):
    """What `follow` makes of corrections.csv for the clustering `present`; says what became of lines of the last time.

    From now on each line says for which clustering it is, and the clusterings that lines are for are kept.
    """
    path = Path(data_dir) / "corrections.csv"
    # Numbers in a line written by hand can only be those that step 04 wrote before.
    latest = clusters_record(data_dir).get("clustering_id", present.id)
    as_written = read_corrections(path)
    table, unsaid = all_for(as_written, latest), _unsaid(as_written)
    outcome = follow(table, present, partial(clusterings.recall, data_dir), features=features)
    # The report says of each line for which clustering it is, so a name that it gives is one that was seen.
    renamed = {line: said for line, said in outcome.corrected.renamed.items() if line in unsaid}
    outcome = replace(outcome, corrected=replace(outcome.corrected, renamed=renamed))
    if table.empty and path.exists():
        warn("corrections.csv holds no corrections: clusters and their names are as they were found")
    _stamp(path, latest, present.id, warn)
    clusterings.keep(data_dir, replace(present, begun=outcome.begun), needed={*table[CLUSTERING], reported})
    if number := gone(table, data_dir, latest):
        tell = warn if number > len(table) else say
        tell(f"gone from corrections.csv since the last run: {counted(number, 'correction')} (the file of then is kept "
             f"as {OUTDATED}/{put_aside(data_dir).name})")
    note_followed(data_dir, table.loc[sorted(outcome.corrected.lost | outcome.corrected.idle)], latest)
    return outcome


def _carried_in_words(num_lines, num_kept):
    stay = "stays as you left it" if num_kept == 1 else "stay as you left them"
    return (f"{counted(num_lines, 'correction')} of clusters found before, carried over: "
            f"{counted(num_kept, 'cluster')} {stay}")


def _vanished_in_words(vanished):
    """What to say of corrected clusters none of whose photos are there: [(number, name or "", photos)]."""
    each = listed([f"{repr(name) if name else f'cluster {number} of then'} ({counted(photos, 'photo')})"
                   for number, name, photos in vanished], MOST_NAMED)
    return (f"{each}: no photo is there any more. Photos are known again by their names and folders, or by what their "
            "files hold, where step 01 saw that: where all of it is other now, give them back the old names; else "
            "remove these lines")


def _stamp(path, latest, own, warn):
    """Have corrections.csv say which clustering its lines are for.

    Where it cannot be written, that may wait if they are for these clusters (`own`); others the next run would take for
    lines about these, which are the latest by then.
    """
    try:
        stamp(path, latest)
    except PermissionError as error:
        said = (f"corrections.csv cannot be written ({error.strerror}), to note which clusters its lines are for. "
                "Close it where it is open (Excel locks its files), and run this step again")
        if latest != own:
            raise UserError(said) from error
        warn(said)


def _warn_of_odd(others, found, warn):
    """Say which corrections were not followed, or are odd. others: lines for clusterings that are not known."""
    if len(others):
        warn(f"corrections.csv: {counted(len(others), 'line')}, the first is line {others.index[0]}, "
             f"{LEFT_ASIDE.format(others[CLUSTERING].iat[0])}")
    for lines, outcome in ((found.lost, NOT_THERE), (found.idle, IDLE), (found.astray, ASTRAY),
                           (found.renamed, RENAMED)):
        if lines:
            warn(f"corrections.csv: {_listed(lines)} {outcome}")
    if found.namesakes:
        warn("corrections.csv: " + "; ".join(f"clusters {', '.join(map(str, numbers))} share the name {name!r}"
                                             for name, numbers in found.namesakes.items()) + SAME_PRODUCT)


def _regrouped(clustering, labels):
    """The Clustering with other labels, as a person corrected them."""
    before, count = clustering.num_clusters, num_clusters_in(labels)
    by_hand = "corrected by hand" + (f", before that {before}" if count != before else "")
    levels = followed(clustering.levels, before, labels) if clustering.levels and count else []
    interval = clustering.interval if clustering.likely else (count, count)
    return replace(clustering, labels=labels, num_clusters=count, interval=interval, levels=levels,
                   corrected_from=before, method=f"{by_hand} ({clustering.method})",
                   confidence=_confidence(clustering, labels), words=f"{by_hand}, {clustering.words}")


def _confidence(clustering, labels):
    """The confidence float [N] of a Clustering's photos in other clusters int [N]; as it was where nothing tells it."""
    if clustering.confidence_of is None:
        return clustering.confidence
    return clustering.confidence_of(labels, merged=clustering.merged)


def _listed(lines):
    """Lines of corrections.csv {line: what is to be said of it} in words."""
    named = [f"line {line} ({said})" for line, said in sorted(lines.items())[:MOST_NAMED]]
    return ", ".join(named) + (f" and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else "")
