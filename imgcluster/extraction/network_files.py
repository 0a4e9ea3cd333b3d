"""The files of step 02: the network that later steps use, and what a training leaves beside it."""
import shutil
from pathlib import Path

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.records import record_file
from imgcluster.datafiles.staging import commit, stage_folder
from imgcluster.extraction.kind import KIND_FILE, write_kind
from imgcluster.files import replacing, write_lines
from imgcluster.network.archive import save_network
from imgcluster.training.validation import confusions

NETWORK, MEMBERS = "network.keras", "members"
# What only a training on labels leaves.
OF_LABELS = ("classes.txt", "history.csv", "confusions.csv", KIND_FILE)


def write_network(data_dir, network):
    """Write a Keras model as network.keras, whole or not at all."""
    with replacing(Path(data_dir) / NETWORK) as temporary:
        save_network(temporary, network)


def write_fitted(data_dir, network):
    """Write a network that was fitted to photos without labels, None for none: files of an earlier one leave.

    Those of one that was trained on labels go to outdated/. Returns whether there was one.
    """
    data_dir = Path(data_dir)
    trained = (data_dir / OF_LABELS[0]).exists()
    if network is not None:
        write_network(stage_folder(data_dir), network)
    made, record = [] if network is None else [NETWORK], record_file(data_dir, "02").name
    commit(data_dir, made, outdated=[NETWORK, *OF_LABELS, record] if trained else [],
           gone=[MEMBERS, record, *[NETWORK] * (network is None)])
    return trained


def write_trained(data_dir, trainer, members):
    """Write the network of all `members` (trainer.Member) of a `trainer.Trainer`, and what tells about it, together.

    Returns (names of the files, scores on validation photos, number of these). Of several members each one's own
    network and history go to members/<number>_<name>/; history.csv is that of the first.
    """
    data_dir, stage = Path(data_dir), stage_folder(data_dir)
    shutil.rmtree(stage / MEMBERS, ignore_errors=True)  # of a killed run
    for number, member in enumerate(members, start=1) if len(members) > 1 else ():
        folder = stage / MEMBERS / f"{number}_{member.name}"
        write_network(folder, member.network)
        write_table(folder / "history.csv", member.history)
    network, scores, (probabilities, true) = trainer.join(members)
    known = trainer.known_kind(network)
    write_network(stage, network)
    write_lines(stage / "classes.txt", trainer.set.classes)
    write_table(stage / "history.csv", members[0].history)
    write_table(stage / "confusions.csv", confusions(probabilities, true, trainer.set.classes))
    if known is not None:
        write_kind(stage, *known)
    made = {NETWORK: True, **dict.fromkeys(OF_LABELS, True), KIND_FILE: known is not None, MEMBERS: len(members) > 1}
    # By an earlier record this would be the network of other settings to whoever comes after a kill.
    gone = [record_file(data_dir, "02").name, *(name for name, there in made.items() if not there)]
    commit(data_dir, [name for name, there in made.items() if there], gone=gone)
    return [name for name, there in made.items() if there and name != MEMBERS], scores, len(true)
