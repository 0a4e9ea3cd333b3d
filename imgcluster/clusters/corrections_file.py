"""The table corrections.csv: read with the numbers of its lines, each of which is for one clustering."""
import codecs
import csv
import io
from pathlib import Path

import pandas as pd

from imgcluster.csv_tables import filled_lines, read_table, separator
from imgcluster.errors import UserError
from imgcluster.files import replacing
from imgcluster.photos.spelling import as_called

COLUMNS = ("action", "file", "cluster", "value")
# Which clustering a line is for (`corrections.clustering_id`); the report fills it in, and step 04 where it is empty.
CLUSTERING = "clustering"


def read_corrections(path):
    """Return the corrections in a file as DataFrame of text, the number of each one's line for its index.

    Of its columns those of COLUMNS are kept, and CLUSTERING, "" for lines that do not say which clustering they are for
    (`all_for`); empty lines are passed over. Empty where there is no such file or no line in it; raises UserError as
    `read_table`, where a column is missing, and for a cell that is too large.
    """
    rows = []
    if len(read_table(path).columns):
        rows = [(line, cells) for line, cells in filled_lines(path, strict=True) if _is_filled(cells)]
    if not rows:
        return pd.DataFrame(columns=[*COLUMNS, CLUSTERING], dtype=str)
    (_, header), *lines = rows
    header = as_called(header, (*COLUMNS, CLUSTERING))
    if missing := [name for name in COLUMNS if name not in header]:
        raise UserError(f"{path}: no column {', '.join(missing)}; its first line is to be {','.join(COLUMNS)}")
    # Other columns may have one name, or none, in common.
    places = {name: header.index(name) for name in (*COLUMNS, CLUSTERING) if name in header}
    table = pd.DataFrame({name: [_padded(cells, header)[place] for _, cells in lines]
                          for name, place in places.items()}, dtype=str, index=[line for line, _ in lines])
    table = table.assign(**{CLUSTERING: table[CLUSTERING].str.strip() if CLUSTERING in table else ""})
    # Programs write 3.0 for 3 where other cells of a column are empty; a name may be any text.
    for column, rows in (("cluster", slice(None)), ("value", table["action"].str.strip().str.lower() != "name")):
        table.loc[rows, column] = table.loc[rows, column].str.replace(r"^\s*(-?\d+)\.0\s*$", r"\1", regex=True)
    return table


def all_for(table, clustering):
    """Return corrections of which those that do not say which clustering they are for are for `clustering`."""
    return table.assign(**{CLUSTERING: table[CLUSTERING].replace("", clustering)})


def stamp(path, clustering):
    """Note in a file of corrections that lines which do not say so are for `clustering`; the rest of it stays.

    Cluster numbers mean other clusters in another clustering, of which nothing else in such a line tells.
    """
    path = Path(path)
    data = path.read_bytes() if path.exists() else b""
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    text = data.decode(encoding)
    between = separator(text.splitlines())
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    stamped = _stamped(rows, clustering)
    if stamped != rows:
        with replacing(path) as temporary, temporary.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=between,
                       lineterminator="\r\n" if "\r\n" in text else "\n").writerows(stamped)


def _stamped(rows, clustering):
    """Rows of cells, the first filled one their header, with `clustering` in each one's empty cell of that column."""
    header = next(filter(_is_filled, rows), [])
    called = as_called(header, [CLUSTERING])
    names = header if CLUSTERING in called else [*header, CLUSTERING]
    place, stamped = [*called, CLUSTERING].index(CLUSTERING), []
    for cells in rows:
        if cells is header:
            cells = names
        elif _is_filled(cells):
            cells = _padded(cells, names)
            cells[place] = cells[place].strip() or clustering
        stamped.append(cells)
    return stamped


def _is_filled(cells):
    return any(map(str.strip, cells))


def _padded(cells, header):
    return [*cells, *[""] * (len(header) - len(cells))]
