"""Tables in CSV files: written whole, and read with errors that name the line and the remedy."""
import csv
import itertools
import re
from pathlib import Path

import pandas as pd

from imgcluster.errors import UserError
from imgcluster.files import not_utf8, replacing


def write_table(path, table, *, separator=","):
    """Write a DataFrame as CSV (or TSV), without its index."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, sep=separator, lineterminator="\n", float_format="%.6g")


def read_table(path):
    """Return a CSV as DataFrame of text cells, empty (no columns) where there is no such file or nothing in it.

    Columns may be separated as `separator` tells. Raises UserError where another program saved it in another encoding,
    and for a line of more cells than there are columns.
    """
    path = Path(path)
    if not path.exists():
        return pd.DataFrame()
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = next(filter(str.strip, file), "")
        if first.startswith("sep="):
            raise UserError(f"{path}: its first line, sep=, is for Excel; remove it, so that the names of the columns "
                            "come first")
        between = separator([first])
        table = pd.read_csv(path, sep=between, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if not isinstance(table.index, pd.RangeIndex):  # pandas takes surplus cells for names of rows
            raise pd.errors.ParserError("more cells than columns")
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
    except UnicodeDecodeError as error:
        raise not_utf8(path) from error
    except (ValueError, IsADirectoryError) as error:
        if isinstance(error, pd.errors.ParserError):
            _refuse_surplus(path, between)
            if "EOF inside string" in str(error):
                raise UserError(f"{path}: a quotation mark (\") opens a text that nothing ends; close it, or write it "
                                "twice within a text in quotes") from error
        raise UserError(f"{path}: cannot be read as CSV ({error}); save it as UTF-8, columns separated by commas, "
                        "their names in the first line") from error
    return table


def separator(lines):
    """Return what stands between the cells of a table (its lines of text): comma, semicolon or tab, as in its header.

    Spreadsheets write semicolons where numbers are written with commas.
    """
    header = re.sub(r'(^|[,;\t])"[^"]*"', r"\1", next(filter(str.strip, lines), ""))
    return max(",;\t", key=header.count)


def line_of(path, row):
    """Return the line of a CSV, from 1, in which a row of its `read_table` ends."""
    return lines_of(path, row + 1)[row]


def lines_of(path, count):
    """Return the lines of a CSV, from 1, in which the first `count` rows of its `read_table` end."""
    filled = itertools.islice(filled_lines(path), 1, count + 1)  # the header comes first
    lines = [line for line, _ in filled]
    return [*lines, *range(len(lines) + 2, count + 2)]


def _refuse_surplus(path, between):
    """Raise a UserError that names the first line with more cells than the header."""
    lines = filled_lines(path)
    _, columns = next(lines, (0, []))
    for line, cells in lines:
        if len(cells) > len(columns):
            raise UserError(f"{path}, line {line}: {len(cells)} cells for {len(columns)} columns "
                            f"({between.join(columns)}); put a text that has {between!r} in it in quotes: "
                            f'"boots{between} red"')


def filled_lines(path, *, strict=False):
    """Yield (number of the line in which it ends, cells) of each row of a CSV that is not empty, as pandas reads them.

    A cell may be too large for the csv module: the rows end before it or, where that is to be `strict`, it is a
    UserError.
    """
    path = Path(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        between = separator(file)
        file.seek(0)
        rows = csv.reader(file, delimiter=between)
        try:
            for cells in rows:
                if len(cells) > 1 or "".join(cells).strip():
                    yield rows.line_num, cells
        except csv.Error as error:
            if strict:
                raise UserError(f"{path}, line {rows.line_num}: cannot be read as CSV ({error}); shorten that line, or "
                                "remove it") from error
