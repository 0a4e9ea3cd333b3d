"""Corrections that step 04 followed before and that have since vanished from corrections.csv, as when an older report
was saved over it."""
import os
import shutil
from collections import Counter
from pathlib import Path

from imgcluster.clusters.clusterings import FOLDER, FOLLOWED
from imgcluster.clusters.corrections_file import CLUSTERING, COLUMNS
from imgcluster.datafiles.artefacts import OUTDATED
from imgcluster.files import replacing


def gone(table, read, data_dir):
    """Return how many of the corrections followed last in `data_dir` are not in `table`; read: function from the path
    of a file of corrections to a table like it."""
    return (_lines(read(Path(data_dir) / FOLDER / FOLLOWED)) - _lines(table)).total()


def _lines(table):
    rows = table.reindex(columns=(*COLUMNS, CLUSTERING), fill_value="").to_numpy()
    return Counter(tuple(map(str.strip, row)) for row in rows)


def put_aside(data_dir):
    """Move the file of corrections followed last to the folder of outdated files; return its new path."""
    folder = Path(data_dir) / OUTDATED
    folder.mkdir(exist_ok=True)
    path, number = folder / "corrections.csv", 1
    while path.exists():
        number += 1
        path = folder / f"corrections-{number}.csv"
    os.replace(Path(data_dir) / FOLDER / FOLLOWED, path)
    return path


def note_followed(data_dir):
    """Keep a copy of corrections.csv, which has been followed; none where there is no such file."""
    source, target = Path(data_dir) / "corrections.csv", Path(data_dir) / FOLDER / FOLLOWED
    if source.exists():
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    else:
        target.unlink(missing_ok=True)
