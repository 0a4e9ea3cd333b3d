"""What is noted of a chain of datasets placed in each other's clusters, and what has changed in it since.

A `chain` is as in `placing`.
"""
from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.cluster_results import warn_of_other_inputs
from imgcluster.datafiles.artefacts import read_clusters
from imgcluster.datafiles.chain import chain_behind, clusters_record, merged_in, placed_among, placed_in
from imgcluster.datafiles.records import fingerprint
from imgcluster.wording import listed

TOLD_BY = 2  # texts that `placed_by` returns for each dataset


def placing_facts(chain):
    """Return what cluster_count.json says of how photos came into the clusters of a chain; "numbers": as
    `numbers_after` those of its first dataset."""
    name, last = next(iter(chain.items()))
    return {"assigned_to": name, "placed_by": placed_by(chain), "numbers": numbers_after(last)}


def placed_by(chain):
    """Return what tells the clusters of a chain, which of them are merged and their names from others, to be noted of
    photos placed in them: two texts for each dataset."""
    told = []
    for folder in chain.values():
        merges = "".join(f" {old}>{new}" for old, new in merged_in(folder).items())
        told += [fingerprint(folder / "labels_pred.txt") + merges, fingerprint(folder / "cluster_names.csv")]
    return told


def numbers_after(data_dir):
    """Return a text that stays the same for as long as cluster numbers of photos placed in the clusters in a folder
    mean the same: these are those of the clusters there, and go on after the highest."""
    return f"{numbers_in(data_dir)}+{highest_number(data_dir)}"


def numbers_in(data_dir):
    """Return the text that the numbers in a folder had when photos were clustered there: as `numbers_after` those that
    they were placed in, else the id of the clustering."""
    record = clusters_record(data_dir)
    return record.get("numbers", record.get("clustering_id", ""))


def highest_number(data_dir):
    """Return the highest number that a cluster in a folder has, or had before it was merged into another."""
    highest = clusters_record(data_dir).get("highest_number", -1)
    return max(highest, int(read_clusters(data_dir).max()), *read_names(data_dir))


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


def warn_of_forgotten(data_dir, *, folder_of, command_with, warn):
    """Call `warn` with a sentence where photos in `data_dir` were placed in the clusters of a dataset last time, and
    could be now: for runs without ASSIGN_TO.

    command_with: function from the value that it should have to the command that gives it.
    """
    if name := next(iter(chain_behind(data_dir, folder_of=folder_of)), None):
        warn(f"these photos were placed in the clusters of {name!r} last time; ASSIGN_TO is None now, so clusters are "
             f"found anew; to place them again: {command_with(name)}")


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
