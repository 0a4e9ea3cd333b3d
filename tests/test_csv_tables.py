"""Tables in CSV files: written whole or not at all, read with errors that name the line."""
import pandas as pd
import pytest
from odd_names import NAMES

from imgcluster.csv_tables import line_of, lines_of, read_table, write_table
from imgcluster.errors import UserError


def test_a_write_that_fails_leaves_the_old_table_and_nothing_else(tmp_path):
    write_table(tmp_path / "t.csv", pd.DataFrame({"a": ["old"]}))
    with pytest.raises(UnicodeEncodeError):
        write_table(tmp_path / "t.csv", pd.DataFrame({"a": ["\udcff"]}))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["a\nold\n"]


@pytest.mark.parametrize("separator", [",", "\t"])
def test_names_survive_the_tables(tmp_path, separator):
    table = pd.DataFrame({"file": NAMES, "reason": NAMES[::-1]})
    write_table(tmp_path / "t.csv", table, separator=separator)
    if separator == ",":
        pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv").astype(object), table.astype(object))
    read = pd.read_csv(tmp_path / "t.csv", sep=separator, dtype=object, keep_default_na=False)
    pd.testing.assert_frame_equal(read, table.astype(object))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\r\n\r\n"])
def test_a_table_with_nothing_in_it_is_as_good_as_none(tmp_path, content):
    (tmp_path / "corrections.csv").write_bytes(content)
    assert read_table(tmp_path / "corrections.csv").empty


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_cells_stand_between_what_spreadsheets_put_there(tmp_path, between):
    text = f'\naction{between}value\r\nname{between}"red, blue; a\tb"\r\n'
    (tmp_path / "corrections.csv").write_text(text, encoding="utf-8", newline="")
    table = read_table(tmp_path / "corrections.csv")
    assert [*table.columns, *table.iloc[0]] == ["action", "value", "name", "red, blue; a\tb"]


def test_a_table_that_breaks_off_is_named(tmp_path):
    (tmp_path / "corrections.csv").write_bytes(b'action,value\nname,"red\n')
    with pytest.raises(UserError) as caught:
        read_table(tmp_path / "corrections.csv")
    message = str(caught.value)
    assert message == (f"{tmp_path / 'corrections.csv'}: a quotation mark (\") opens a text that nothing ends; close "
                       "it, or write it twice within a text in quotes")


def test_a_line_for_excel_is_no_header(tmp_path):
    (tmp_path / "labels.csv").write_text("sep=;\nfile;label;note\na.jpg;1;\n")
    with pytest.raises(UserError, match="labels.csv: its first line, sep=, is for Excel; remove it"):
        read_table(tmp_path / "labels.csv")


@pytest.mark.parametrize("content, line", [
    ("action,value\nname,café\n".encode("cp1252"), 2), ("action,value\nname,신발\n".encode("utf-16"), 1),
    (b"action,value\n" + 99_999 * b"name,cafe\n" + "name,é\n".encode("cp1252"), 100_001)])
def test_the_line_of_a_table_that_is_no_utf_8_is_named(tmp_path, content, line):
    (tmp_path / "corrections.csv").write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_table(tmp_path / "corrections.csv")
    assert str(caught.value).startswith(f"{tmp_path / 'corrections.csv'}, line {line}: not UTF-8 text; save the ")
    assert "codec" not in str(caught.value)


@pytest.mark.parametrize("content, line, cells", [
    ("action,value\nname,boots, red\nname,shoes\n", 2, 3), ("action,value\nname,boots\nname,shoes, red, 41\n", 3, 4),
    ('action,value\nname,"boots,\nred"\n\nname,shoes, red\n', 5, 3), ("action,value\nname,boots,\n", 2, 3)])
def test_a_line_with_too_many_cells_is_named(tmp_path, content, line, cells):
    path = tmp_path / "corrections.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}, line {line}: {cells} cells for 2 columns (action,value); put a text")


def test_a_table_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "corrections.csv").write_bytes("action,value\r\nname,신발\r\n".encode("utf-8-sig"))
    assert read_table(tmp_path / "corrections.csv").values.tolist() == [["name", "신발"]]


@pytest.mark.parametrize("between", [",", ";"])
def test_rows_are_found_by_their_line_whatever_stands_between(tmp_path, between):
    text = f'file{between}note\n\nboots.jpg{between}"red\nand blue"\n   \n{between}\nshoes.jpg{between}x\n'
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    rows = read_table(tmp_path / "t.csv")["file"]
    assert [(name, line_of(tmp_path / "t.csv", row)) for row, name in rows.items()] == [
        ("boots.jpg", 4), ("", 6), ("shoes.jpg", 7)]
    assert lines_of(tmp_path / "t.csv", 3) == [4, 6, 7]


def test_a_cell_larger_than_python_reads_still_has_a_line(tmp_path):
    (tmp_path / "t.csv").write_text(f"file,note\na.jpg,{'x' * 200_000}\nb.jpg,y\n", encoding="utf-8")
    assert len(read_table(tmp_path / "t.csv")) == 2 and lines_of(tmp_path / "t.csv", 2) == [2, 3]
