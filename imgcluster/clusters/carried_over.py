"""What a clustering takes over from earlier ones: a person's corrections and names, the clusters of another dataset."""
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.clusters import clusterings
from imgcluster.clusters.assign import Catalogue
from imgcluster.clusters.cluster_count import Clustering, as_levels
from imgcluster.clusters.cluster_results import read_map, warn_of_other_corrections, warn_of_other_features
from imgcluster.clusters.corrections import clustering_id
from imgcluster.clusters.corrections_file import CLUSTERING, read_corrections, renumbered, stamp
from imgcluster.clusters.corrections_gone import gone, note_followed, put_aside
from imgcluster.clusters.corrections_kept import follow
from imgcluster.clusters.levels import followed
from imgcluster.datafiles.artefacts import OUTDATED, read_features, read_labels
from imgcluster.datafiles.feature_record import differences_in_words, taught_directions
from imgcluster.datafiles.records import fingerprint, made_with
from imgcluster.errors import UserError
from imgcluster.files import read_json, read_table, write_table
from imgcluster.structure.hierarchy import majority
from imgcluster.wording import OWN_CLUSTERS, counted

MOST_NAMED = 10  # lines of corrections.csv in a warning
LEFT_ASIDE = ("left aside: made for another clustering ({!r}), whose numbers mean other clusters, and of which nothing "
              "is known here: it was found in another folder or long ago, or photos were placed in clusters of another "
              "dataset then or are now (ASSIGN_TO). Correct these clusters in the report and save the file anew, or "
              "remove the lines")
ASTRAY = ("followed all the same: the photos are now where these lines put them. Where their numbers are of other "
          "clusters, correct the lines or remove the file")
NOT_THERE = "passed over, as there is no such photo; files are named as in img_paths.txt"
IDLE = "passed over, as nothing is changed by it"
SAME_PRODUCT = ". Where they are one product, `merge` makes them one cluster; else give each a name of its own"


def corrected(data_dir, img_paths, features, som, clustering, *, own=None, earlier=None, warn, say=lambda _: None):
    """Return (the Clustering after corrections.csv of `data_dir`, how many of its lines were applied, how many photos
    these moved).

    Photos placed by hand have confidence 1. Coarser and finer levels follow, and so do the units of moved photos
    (features [N, D] on the map), so that the map shows the corrected clusters. Names of clusters go to
    cluster_names.csv, first those of `earlier` (as `place_on` returns them), whose numbers no new cluster gets. Without
    corrections.csv nothing else changes. Lines made for another clustering than `own` (by default the
    `clustering_id`), whose numbers mean other clusters, are carried over where step 04 has found both itself
    (`corrections_kept`), and are left aside else; those that do not say for which are for the one that step 04 found
    last, and say so from now on. `say` gets a sentence about lines carried over, and lines gone since the last time,
    whose file is put aside; `warn` about lines left aside and odd ones. Raises UserError naming all lines that cannot
    be followed, or where the file cannot be written and would later be taken for one about these clusters.
    """
    path, earlier = Path(data_dir) / "corrections.csv", earlier or {}
    own = own or clustering_id(img_paths, clustering.labels)
    # Numbers in a line written by hand can only be those that step 04 wrote before.
    latest = read_json(Path(data_dir) / "cluster_count.json").get("clustering_id", own)
    table = _read(path, latest, own)
    present = clusterings.Found(own, img_paths, clustering.labels, clustering.labels)
    outcome = follow(table, present, lambda name: None if earlier else clusterings.recall(data_dir, name),
                     features=features, earlier=earlier)
    if table.empty and path.exists():
        warn("corrections.csv holds no corrections: clusters and their names are as they were found")
    _stamp(path, latest, own, warn)
    if not earlier:
        clusterings.keep(data_dir, replace(present, begun=outcome.begun), needed=set(table[CLUSTERING]))
    if number := gone(table, lambda file: _read(file, latest, own), data_dir):
        say(f"gone from corrections.csv since the last run: {counted(number, 'correction')} (the file of then is kept "
            f"as {OUTDATED}/{put_aside(data_dir).name})")
    note_followed(data_dir)
    found = outcome.corrected
    _warn_of_odd(outcome.aside, found, warn)
    if outcome.num_carried:
        say(_carried_in_words(outcome.num_carried, outcome.num_kept))
    write_names(data_dir, earlier | found.names)
    moved = int((found.labels != clustering.labels).sum())
    if found.by_hand.any():
        clustering = replace(clustering, confidence=np.where(found.by_hand, 1, clustering.confidence))
    if moved:
        clustering = _regrouped(clustering, found.labels, som.best_matching_units(features)[0])
    return clustering, outcome.num_lines, moved


def _read(path, latest, own):
    """The corrections in a file, of the clustering `latest` where they do not say so; see `renumbered` for `own`."""
    return renumbered(read_corrections(path, latest), own)


def _carried_in_words(num_lines, num_kept):
    stay = "stays as you left it" if num_kept == 1 else "stay as you left them"
    return (f"{counted(num_lines, 'correction')} of clusters found before, carried over: "
            f"{counted(num_kept, 'cluster')} {stay}")


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
    for lines, outcome in ((found.lost, NOT_THERE), (found.idle, IDLE), (found.astray, ASTRAY)):
        if lines:
            warn(f"corrections.csv: {_listed(lines)} {outcome}")
    if found.namesakes:
        warn("corrections.csv: " + "; ".join(f"clusters {', '.join(map(str, numbers))} share the name {name!r}"
                                             for name, numbers in found.namesakes.items()) + SAME_PRODUCT)


def _regrouped(clustering, labels, units):
    """The Clustering with other labels, as a person corrected them; units int [N]: where its photos lie on the map."""
    before, count = clustering.num_clusters, len(set(labels.tolist()) - {-1})
    by_hand = "corrected by hand" + (f", before that {before}" if count != before else "")
    levels = [level["labels"] for level in clustering.levels] if count else []
    levels = followed(levels, before, labels) if levels else []
    return replace(clustering, labels=labels, num_clusters=count, interval=_widened(clustering.interval, count),
                   levels=as_levels(levels), corrected_from=before, method=f"{by_hand} ({clustering.method})",
                   words=f"{by_hand}, {clustering.words}",
                   unit_clusters=_follow(clustering.unit_clusters, units, labels, labels != clustering.labels))


def _widened(interval, count):
    """The interval (low, high) of an estimate, widened to hold a corrected count: corrections need not be complete."""
    low, high = interval
    return (min(low, count), max(high, count)) if low < high else (count, count)


def _follow(unit_clusters, units, labels, moved):
    """The clusters of units [U] after photos `moved` bool [N]: their units belong to the majority of their photos."""
    inside = labels >= 0
    voted = majority(units[inside], labels[inside], len(unit_clusters))
    touched = np.isin(np.arange(len(unit_clusters)), units[moved]) & (voted >= 0)
    return np.where(touched, voted, unit_clusters)


def _listed(lines):
    """Lines of corrections.csv {line: what is to be said of it} in words."""
    named = [f"line {line} ({said})" for line, said in list(lines.items())[:MOST_NAMED]]
    return ", ".join(named) + (f" and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else "")


def read_names(data_dir):
    """Return {cluster: what people call it} as cluster_names.csv has it; UserError where that is no such table."""
    path = Path(data_dir) / "cluster_names.csv"
    table = read_table(path)
    try:
        pairs = () if table.empty else zip(table["cluster"], table["name"])
        return {int(cluster): name for cluster, name in pairs if name}
    except (KeyError, ValueError) as error:
        raise UserError(f"{path}: columns cluster,name and whole numbers of clusters expected; names are given in "
                        "corrections.csv: run 04_cluster_som.py, which writes this file anew") from error


def write_names(data_dir, names):
    """Write cluster_names.csv of names {cluster: text, "" for none}; where there are none, there is no such file."""
    path, given = Path(data_dir) / "cluster_names.csv", {cluster: name for cluster, name in names.items() if name}
    if given:
        write_table(path, pd.DataFrame(given.items(), columns=["cluster", "name"]))
    else:
        path.unlink(missing_ok=True)


def place_on(earlier_dir, data_dir, features):
    """Return (map, Clustering) of new photos beside those in `earlier_dir`, whose clusters keep their numbers, and
    {cluster: its name, "" for none} of these.

    features [N, D] are those in `data_dir`. Photos that fit no cluster get the label -1 and confidence 0. The count is
    of the clusters that photos were placed in, and no estimate. UserError where the features cannot be compared.
    """
    earlier_dir = Path(earlier_dir)
    _check_comparable(earlier_dir, Path(data_dir))
    require_clusters(earlier_dir)
    som, unit_clusters = read_map(earlier_dir / "som.npz")
    labels = read_labels(earlier_dir, "pred").astype(int)
    _check_placeable(earlier_dir, som, labels, features)
    # Of these photos, not of those that the map was trained on.
    som.quantization_errors = [som.quantization_error(features)]
    som.topographic_errors = [som.topographic_error(features)]
    catalogue = Catalogue(read_features(earlier_dir), som, labels, by_direction=taught_directions(earlier_dir))
    found = catalogue.assign(features)
    count = len(set(found.labels.tolist()) - {-1})
    clustering = Clustering(found.labels, count, (count, count), [], unit_clusters,
                            np.where(found.labels < 0, 0, found.confidence), "placed in earlier clusters",
                            read_json(earlier_dir / "cluster_count.json")["calibrated"],
                            words="placed in earlier clusters")
    return som, clustering, dict.fromkeys(np.unique(labels[labels >= 0]).tolist(), "") | read_names(earlier_dir)


def doubt_of_placed(earlier_dir, name):
    """Return a sentence about a dataset `name` to place photos in whose own were placed in another's, or ""."""
    first = read_json(Path(earlier_dir) / "cluster_count.json").get("assigned_to")
    return "" if first is None else (f"ASSIGN_TO = {name!r}: its photos were placed in the clusters of {first} "
                                     f"themselves, so only products that it had are found. Go on naming {first}")


def placed_id(earlier_dir, earlier):
    """Return the id of the clustering of photos placed beside those in `earlier_dir`, whichever photos they are.

    Their clusters' numbers are those of the clustering there, and go on after the highest of `earlier` (as `place_on`
    returns them).
    """
    return f"{read_json(Path(earlier_dir) / 'cluster_count.json').get('clustering_id', '')}+{max(earlier)}"


def placed_by(earlier_dir):
    """Return what tells the clusters in a folder and their names from others, to be noted of photos placed in them."""
    return [fingerprint(Path(earlier_dir) / name) for name in ("labels_pred.txt", "cluster_names.csv")]


def warn_of_changes(data_dir, *, folder_of, warn):
    """Call `warn` with a sentence about each thing that has changed since step 04 made the clusters in `data_dir` of
    it: the features, the corrections, the clusters that photos were placed in (`folder_of`: as below)."""
    warn_of_other_features(data_dir, warn=warn)
    warn_of_other_corrections(data_dir, warn=warn)
    warn_of_other_earlier(data_dir, folder_of=folder_of, warn=warn)


def warn_of_other_earlier(data_dir, *, folder_of, warn):
    """Call `warn` with a sentence where photos in `data_dir` were placed in clusters that have changed since then.

    folder_of: function from the name of a dataset to its DATA_DIR; one without clusters (any more) tells nothing.
    """
    count = read_json(Path(data_dir) / "cluster_count.json")
    then, name = count.get("placed_by"), count.get("assigned_to")
    if then and (folder_of(name) / "labels_pred.txt").exists() and placed_by(folder_of(name)) != then:
        warn(f"the clusters of {name} or their names have changed since step 04 placed these photos in them: run "
             "04_cluster_som.py again")


def require_clusters(earlier_dir):
    """Raise a UserError where files of step 04 are missing in the folder of the dataset that ASSIGN_TO names."""
    earlier_dir = Path(earlier_dir)
    for name in ("som.npz", "cluster_count.json"):
        if not (earlier_dir / name).exists():
            raise UserError(f"ASSIGN_TO: {earlier_dir / name} is missing; name a dataset that was clustered before, "
                            "or run step 04 for it first, without ASSIGN_TO")


def _check_placeable(earlier_dir, som, labels, features):
    width = som.prototypes.shape[1]
    if features.shape[1] != width:
        raise UserError(f"ASSIGN_TO: the photos in {earlier_dir} have {width} features, those of DATASET "
                        f"{features.shape[1]}; make both with the same network (step 03)")
    if not (labels >= 0).any():
        raise UserError(f"ASSIGN_TO: no photo in {earlier_dir} is in a cluster; run step 04 for it without ASSIGN_TO, "
                        "or name another dataset")


def _check_comparable(earlier_dir, data_dir):
    if earlier_dir == data_dir:
        raise UserError(f"ASSIGN_TO {OWN_CLUSTERS}")
    others = differences_in_words(earlier_dir, data_dir)
    if others:
        raise UserError(f"ASSIGN_TO: the features of DATASET in {data_dir} are not by the network and settings behind "
                        f"those in {earlier_dir} (there, here: {others}); run 03_extract_features.py for DATASET "
                        "again with ASSIGN_TO set, and BACKBONE, WEIGHTS, TRAIN_DATASET and these settings as there")
    if any(made_with(folder, "03", "PCA_WHITENING") for folder in (earlier_dir, data_dir)):
        raise UserError("ASSIGN_TO: PCA_WHITENING gave each dataset axes of its own, on which photos cannot be "
                        "compared; set it to None and run step 03 for both, step 04 for the earlier one")
