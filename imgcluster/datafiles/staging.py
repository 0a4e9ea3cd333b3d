"""Several files of a dataset replaced together: prepared in a folder of their own, then moved, whoever is killed."""
import os
import shutil
from pathlib import Path

from imgcluster.datafiles.artefacts import OUTDATED
from imgcluster.files import read_json, write_json
from imgcluster.locks import claim

FOLDER, READY = "adding", "ready.json"


def stage_folder(data_dir):
    """Return the folder in which new files of the dataset are prepared."""
    folder = Path(data_dir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def commit(data_dir, files, *, outdated=(), gone=()):
    """Put the prepared `files`, or folders, in their places; those in `outdated` no longer hold and go to outdated/,
    and those in `gone` are removed.

    From the moment ready.json is there, whoever comes next finishes (`finish`): nothing is lost by being killed.
    """
    plan = {"files": list(files), "outdated": list(outdated), "gone": list(gone)}
    write_json(stage_folder(data_dir) / READY, plan)
    finish(data_dir)


def finish(data_dir):
    """Finish moves that were begun and not ended; without any, do nothing. The folder is to be claimed."""
    data_dir = Path(data_dir)
    stage = data_dir / FOLDER
    plan = read_json(stage / READY)
    if not plan:
        return
    for name in plan["outdated"]:
        # One that a prepared file takes the place of has gone already where that is no longer here.
        if (data_dir / name).exists() and (name not in plan["files"] or (stage / name).exists()):
            (data_dir / OUTDATED).mkdir(exist_ok=True)
            os.replace(data_dir / name, data_dir / OUTDATED / name)
    for name in plan.get("gone", ()):
        _remove(data_dir / name)
    for name in plan["files"]:
        if (stage / name).exists():
            if (data_dir / name).is_dir():  # whose place is not taken by another
                _remove(data_dir / name)
            os.replace(stage / name, data_dir / name)
    (stage / READY).unlink()
    discard(data_dir)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def finish_claimed(data_dir):
    """Do as `finish` in a folder that is not claimed. Raises UserError where another run is moving the files."""
    if (Path(data_dir) / FOLDER / READY).exists():
        lock = claim(data_dir)
        finish(data_dir)
        lock.release()


def discard(data_dir):
    """Remove the folder of prepared files."""
    shutil.rmtree(Path(data_dir) / FOLDER, ignore_errors=True)
