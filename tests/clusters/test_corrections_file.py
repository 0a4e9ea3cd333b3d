"""Corrections are known by their lines in the file, and say which clustering they are for without losing anything."""
import pytest

from imgcluster.clusters.corrections_file import all_for, read_corrections, stamp
from imgcluster.errors import UserError

HEADER = "action,file,cluster,value"


def test_lines_have_the_numbers_that_an_editor_shows(tmp_path):
    (tmp_path / "a.csv").write_text(f'{HEADER}\n\nmerge,,1,2\n,,,\n\nname,,2,"boots, red"\n')
    table = read_corrections(tmp_path / "a.csv")
    assert table.index.tolist() == [3, 6] and table["value"].tolist() == ["2", "boots, red"]


def test_lines_are_for_the_clustering_they_name_else_for_the_one_given(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEADER},clustering\nmerge,,1,2, that\nmerge,,2,3, \nmerge,,3,4\n")
    table = read_corrections(tmp_path / "a.csv")
    assert table["clustering"].tolist() == ["that", "", ""]
    assert all_for(table, "this")["clustering"].tolist() == ["that", "this", "this"]
    (tmp_path / "a.csv").write_text(f"{HEADER}\nmerge,,1,2\n")
    table = read_corrections(tmp_path / "a.csv")
    assert table["clustering"].tolist() == [""] and all_for(table, "this")["clustering"].tolist() == ["this"]


def test_whole_numbers_with_a_fraction_of_0_are_these_numbers_but_in_names(tmp_path):
    lines = ("merge,,3.0,12.0", "move,a.jpg,-1.0, 4.0 ", "name,,2.0,3.0", "move,b.jpg,1.5,2")
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *lines, ""]))
    table = read_corrections(tmp_path / "a.csv")
    assert table["cluster"].tolist() == ["3", "-1", "2", "1.5"] and table["value"].tolist() == ["12", "4", "3.0", "2"]


def test_columns_without_a_name_as_spreadsheets_leave_them_are_passed_over(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEADER},,note,,clustering,clustering\nmerge,,1,2,,why,,that,other\nmerge,,2,3\n")
    table = read_corrections(tmp_path / "a.csv")
    assert table.columns.tolist() == [*HEADER.split(","), "clustering"]
    assert table.to_numpy().tolist() == [["merge", "", "1", "2", "that"], ["merge", "", "2", "3", ""]]


@pytest.mark.parametrize("text", [None, "", f"{HEADER}\n", f"{HEADER}\n,,,\n", ",,,\n,,,\n"])
def test_where_there_are_no_lines_there_are_none(tmp_path, text):
    if text is not None:
        (tmp_path / "a.csv").write_text(text)
    table = read_corrections(tmp_path / "a.csv")
    stamp(tmp_path / "a.csv", "this")
    assert table.empty and all_for(table, "this").empty and {*HEADER.split(","), "clustering"} <= set(table.columns)


def test_a_file_that_is_no_such_table_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("action,file\nmerge,,,\n")
    with pytest.raises(UserError, match="line 2: 4 cells for 2 columns"):
        read_corrections(tmp_path / "a.csv")


def test_columns_are_known_by_any_capitals_and_those_that_lack_are_named(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text("Action,FILE, cluster,Value,Note\nmerge,,1,0,sure\n")
    stamp(path, "now")
    assert read_corrections(path).to_numpy().tolist() == [["merge", "", "1", "0", "now"]]
    path.write_text("action;file;cluster\nname;;1\n")
    with pytest.raises(UserError, match=f"{path}: no column value; its first line is to be action,file,cluster,value"):
        read_corrections(path)


def test_a_column_of_the_right_name_goes_before_one_that_differs_by_capitals(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text("action,Cluster,file,Value,cluster,value\nname,9,,3 EUR,0,boots\n")
    assert read_corrections(path).to_numpy().tolist() == [["name", "", "0", "boots", ""]]


def test_a_cell_that_is_too_long_is_told_with_its_line(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text('action,file,cluster,value\nname,,1,bags\nname,,2,"' + "x" * 200_000 + '"\n')
    with pytest.raises(UserError, match="corrections.csv, line 3: cannot be read as CSV"):
        read_corrections(path)


def test_lines_are_stamped_once_and_all_else_stays(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("action,file,cluster,value,note\r\n\r\n"
                     "merge,,1,2\r\nname,,2,\"신발, red\",why\r\n".encode("utf-8-sig"))
    stamp(path, "this")
    stamped = path.read_bytes()
    assert stamped == ("action,file,cluster,value,note,clustering\r\n\r\n"
                       "merge,,1,2,,this\r\nname,,2,\"신발, red\",why,this\r\n").encode("utf-8-sig")
    stamp(path, "that")
    assert path.read_bytes() == stamped and list(tmp_path.iterdir()) == [path]


def test_lines_added_to_a_stamped_file_are_stamped_in_their_turn(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("clustering,action,file,cluster,value\nthis,merge,,1,2\n,merge,,2,3\n")
    stamp(path, "that")
    assert path.read_bytes() == b"clustering,action,file,cluster,value\nthis,merge,,1,2\nthat,merge,,2,3\n"


def test_a_spreadsheet_s_semicolons_are_read_and_stay(tmp_path):
    (tmp_path / "a.csv").write_text(f'{HEADER}\nname,,2,"boots; red"\n'.replace(",", ";"))
    stamp(tmp_path / "a.csv", "this")
    assert (tmp_path / "a.csv").read_text() == 'action;file;cluster;value;clustering\nname;;2;"boots; red";this\n'
    assert read_corrections(tmp_path / "a.csv").to_numpy().tolist() == [["name", "", "2", "boots; red", "this"]]


def test_a_mark_of_its_encoding_is_no_part_of_the_first_column(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("clustering,action,file,cluster,value\n ,merge,,1,2\n", encoding="utf-8-sig")
    stamp(path, "this")
    assert path.read_bytes() == b"\xef\xbb\xbfclustering,action,file,cluster,value\nthis,merge,,1,2\n"
    assert read_corrections(path)["clustering"].tolist() == ["this"]
