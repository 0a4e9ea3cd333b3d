"""The table corrections.csv: read with the numbers of its lines, each of which is for one clustering."""
import codecs
import csv
import io
from bisect import bisect_left
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.csv_tables import read_table, separator
from imgcluster.datafiles.chain import clusters_record
from imgcluster.errors import UserError
from imgcluster.files import replacing
from imgcluster.photos.spelling import as_called, as_listed

COLUMNS = ("action", "file", "cluster", "value")
# Which clustering a line is for (`corrections.clustering_id`); the report fills it in, and step 04 where it is empty.
CLUSTERING = "clustering"


def read_corrections(path, clustering):
    """Return the corrections in a file as DataFrame of text, the number of each one's line for its index.

    Of its columns those of COLUMNS are kept. Lines that do not say which clustering they are for are for `clustering`,
    which the column of that name then says; empty lines are passed over. Empty where there is no such file or no line
    in it; raises UserError as `read_table`, and where a column is missing.
    """
    path, rows = Path(path), []
    if len(read_table(path).columns):
        rows = _filled_rows(path)
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
    stamps = table[CLUSTERING].str.strip().replace("", clustering) if CLUSTERING in table else clustering
    return table.assign(**{CLUSTERING: stamps})


def _filled_rows(path):
    """[(number of its last line, cells)] of the rows of a table that are not empty."""
    reader = _reader(path.read_bytes().decode("utf-8-sig"))
    try:
        return [(reader.line_num, cells) for cells in reader if _is_filled(cells)]
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: cannot be read as CSV ({error}); shorten that "
                        "line, or remove it") from error


def lines_for(data_dir, clustering):
    """Return the lines of corrections.csv in a folder that are for `clustering`, as `read_corrections` returns them."""
    latest = clusters_record(data_dir).get("clustering_id", clustering)
    table = renumbered(read_corrections(Path(data_dir) / "corrections.csv", latest), clustering)
    return table[table[CLUSTERING] == clustering]


def renumbered(table, clustering):
    """Return corrections with the lines for fewer of the same earlier clusters made lines for `clustering`.

    Such are lines about photos placed in clusters of another dataset (`placing.placed_id`), which may have been placed
    itself. Where more clusters came to be in one of these, those numbered after its own, in the datasets placed in it
    and by the lines, have numbers higher by as many.
    """
    first, now = placed_in(clustering)
    table = table.copy()
    for line, cells in table.iterrows():
        same, then = placed_in(cells[CLUSTERING])
        if first and same == first and then != now and _are_more(then, now):
            table.loc[line] = _raised(cells, then, now)
            table.loc[line, CLUSTERING] = clustering
    return table


def placed_in(clustering):
    """Return (id of the clustering that photos were placed in, the highest numbers in it and in each of the datasets
    placed in it that theirs go on after, ascending) of theirs; ("", ()) where they are in clusters of their own."""
    first, *highest = clustering.split("+")
    return (first, tuple(map(int, highest))) if highest and all(map(str.isdecimal, highest)) else ("", ())


def _are_more(then, now):
    """Whether no dataset that the highest numbers are of has fewer clusters of its own now, and none has gone."""
    return len(then) <= len(now) and all(
        after >= before for before, after in zip(np.diff(then, prepend=0), np.diff(now, prepend=0)))


def _raised(cells, then, now):
    """The cells of a line, cluster numbers as high as they are `now`; a name may be a number as well."""
    names = ("cluster",) if cells.get("action", "").strip().lower() == "name" else ("cluster", "value")
    return [_number_now(int(cell), then, now) if name in names and cell.strip().isdecimal() else cell
            for name, cell in cells.items()]


def _number_now(number, then, now):
    """The number, as text, of a cluster whose dataset's numbers begin higher; beyond all are those of these photos."""
    before = bisect_left(then, number)
    owner = -1 if before == len(then) else before - 1
    return str(number if before == 0 else number + now[owner] - then[owner])


def with_new_names(table, clustering, renamed):
    """Return corrections in which lines for the same earlier clusters as `clustering`, which placed photos are in, name
    photos as they are called now; renamed: {name before: name now}."""
    return table.assign(file=_called_now(table["file"], table[CLUSTERING], clustering, renamed))


def _called_now(files, made_for, clustering, renamed):
    """The photos of lines as they are called now: files and clusterings of each, N texts."""
    same = placed_in(clustering)[0]
    return [renamed.get(name, file) if same and placed_in(each)[0] == same else file
            for name, file, each in zip(as_listed(files, renamed), files, made_for)]


def stamp(path, clustering, *, renamed=None):
    """Note in a file of corrections that lines which do not say so are for `clustering`, and what photos are called by
    now (as `with_new_names`); the rest of it stays.

    Cluster numbers mean other clusters in another clustering, of which nothing else in such a line tells.
    """
    path = Path(path)
    data = path.read_bytes() if path.exists() else b""
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    text = data.decode(encoding)
    reader = _reader(text)
    rows = list(reader)
    stamped = _stamped(rows, clustering, renamed or {})
    if stamped != rows:
        with replacing(path) as temporary, temporary.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=reader.dialect.delimiter,
                       lineterminator="\r\n" if "\r\n" in text else "\n").writerows(stamped)


def _reader(text):
    """Rows of cells of the text of a table."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator(text.splitlines()))


def _stamped(rows, clustering, renamed):
    """Rows of cells, the first filled one their header, with `clustering` in each one's empty cell of that column, and
    photos called as they are now."""
    header = next(filter(_is_filled, rows), [])
    called = as_called(header, [*COLUMNS, CLUSTERING])
    names = header if CLUSTERING in called else [*header, CLUSTERING]
    place, stamped, lines = [*called, CLUSTERING].index(CLUSTERING), [], []
    for cells in rows:
        if cells is header:
            cells = names
        elif _is_filled(cells):
            cells = _padded(cells, names)
            cells[place] = cells[place].strip() or clustering
            lines.append(cells)
        stamped.append(cells)
    if renamed and lines:
        column = called.index("file")
        files, made_for = zip(*((cells[column], cells[place]) for cells in lines))
        for cells, name in zip(lines, _called_now(files, made_for, clustering, renamed)):
            cells[column] = name
    return stamped


def _is_filled(cells):
    return any(map(str.strip, cells))


def _padded(cells, header):
    return [*cells, *[""] * (len(header) - len(cells))]
