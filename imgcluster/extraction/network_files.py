"""The files of step 02: the network that later steps use, and what a training leaves beside it."""
import shutil
from pathlib import Path

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.records import record_file
from imgcluster.datafiles.staging import commit, stage_folder
from imgcluster.extraction.kind import KIND_FILE, write_kind
from imgcluster.files import replacing, write_lines
from imgcluster.training.validation import confusions

NETWORK, MEMBERS = "network.keras", "members"
# What only a training on labels leaves.
OF_LABELS = ("classes.txt", "history.csv", "confusions.csv", KIND_FILE)


def write_network(data_dir, network):
    """Write a Keras model as network.keras, whole or not at all."""
    with replacing(Path(data_dir) / NETWORK) as temporary:
        network.save(temporary)


def write_fitted(data_dir, network):
    """Write a network that was fitted to photos without labels, None for none: files of an earlier one leave.

    Those of one that was trained on labels go to outdated/. Returns whether there was one.
    """
    data_dir = Path(data_dir)
    trained = (data_dir / OF_LABELS[0]).exists()
    if network is not None:
        write_network(stage_folder(data_dir), network)
    shutil.rmtree(data_dir / MEMBERS, ignore_errors=True)
    record = record_file(data_dir, "02")
    commit(data_dir, [] if network is None else [NETWORK],
           outdated=[NETWORK, *OF_LABELS, record.name] if trained else [])
    record.unlink(missing_ok=True)
    if network is None:
        (data_dir / NETWORK).unlink(missing_ok=True)
    return trained


def write_trained(data_dir, trainer, members):
    """Write the network of all `members` (trainer.Member) of a `trainer.Trainer`, and what tells about it, together.

    Returns (names of the files, scores on validation photos, number of these). Of several members each one's own
    network and history go to members/<number>_<name>/; history.csv is that of the first.
    """
    data_dir = Path(data_dir)
    shutil.rmtree(data_dir / MEMBERS, ignore_errors=True)
    for number, member in enumerate(members, start=1) if len(members) > 1 else ():
        folder = data_dir / MEMBERS / f"{number}_{member.name}"
        write_network(folder, member.network)
        write_table(folder / "history.csv", member.history)
    network, scores, (probabilities, true) = trainer.join(members)
    known, stage = trainer.known_kind(network), stage_folder(data_dir)
    write_network(stage, network)
    write_lines(stage / "classes.txt", trainer.set.classes)
    write_table(stage / "history.csv", members[0].history)
    write_table(stage / "confusions.csv", confusions(probabilities, true, trainer.set.classes))
    if known is None:
        (data_dir / KIND_FILE).unlink(missing_ok=True)
    else:
        write_kind(stage, *known)
    files = [NETWORK, *(name for name in OF_LABELS if name != KIND_FILE or known is not None)]
    commit(data_dir, files, outdated=[])
    return files, scores, len(true)
