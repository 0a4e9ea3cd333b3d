"""Corrections that step 04 followed before and that have since vanished from corrections.csv, as when an older report
was saved over it."""
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd

from imgcluster.clusters.clusterings import FOLDER, FOLLOWED, PASSED_OVER
from imgcluster.clusters.corrections_file import CLUSTERING, COLUMNS, all_for, read_corrections
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import OUTDATED
from imgcluster.files import first_free, replacing


def gone(table, data_dir, latest):
    """Return how many of the corrections followed last in `data_dir` are not in `table`, without those that were always
    passed over; latest: the id of the clustering that those are for which do not say it."""
    return (_followed(data_dir, latest) - _lines(table)).total()


def _followed(data_dir, latest):
    noted, passed_over = (_lines(all_for(read_corrections(Path(data_dir) / FOLDER / name), latest))
                          for name in (FOLLOWED, PASSED_OVER))
    return noted - passed_over


def _lines(table):
    return Counter(tuple(map(str.strip, row)) for row in table.to_numpy())


def put_aside(data_dir):
    """Copy the file of corrections followed last to the folder of outdated files; return the path of the copy."""
    folder = Path(data_dir) / OUTDATED
    folder.mkdir(exist_ok=True)
    path = first_free(folder / "corrections.csv", lambda number: folder / f"corrections-{number}.csv")
    with replacing(path) as temporary:
        shutil.copyfile(Path(data_dir) / FOLDER / FOLLOWED, temporary)
    return path


def note_followed(data_dir, passed_over, latest):
    """Keep a copy of corrections.csv, which has been followed; none where there is no such file.

    passed_over: DataFrame of its lines that were not; such a line that was followed before is not forgotten. latest:
    as in `gone`.
    """
    never = sorted((_lines(passed_over) - _followed(data_dir, latest)).elements())
    path = Path(data_dir) / FOLDER / PASSED_OVER
    if never:
        write_table(path, pd.DataFrame(never, columns=[*COLUMNS, CLUSTERING]))
    else:
        path.unlink(missing_ok=True)
    source, target = Path(data_dir) / "corrections.csv", Path(data_dir) / FOLDER / FOLLOWED
    if source.exists():
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    else:
        target.unlink(missing_ok=True)
