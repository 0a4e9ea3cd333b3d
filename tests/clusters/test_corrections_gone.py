"""Corrections that were followed once are not lost where another file takes the place of theirs."""
import pandas as pd
import pytest

from imgcluster.clusters.corrections_file import all_for, read_corrections
from imgcluster.clusters.corrections_gone import gone, note_followed, put_aside
from imgcluster.files import write_lines

HEADER = "action,file,cluster,value,clustering"
NONE = pd.DataFrame(columns=HEADER.split(","))
LINES = ["merge,,1,2,this", "name,,2,\"boots, red\",this", "name,,0,bags,"]


def write(folder, lines):
    write_lines(folder / "corrections.csv", [HEADER, *lines])
    return read(folder / "corrections.csv")


def read(path):
    return all_for(read_corrections(path), "this")


@pytest.mark.parametrize("now, number", [(LINES, 0), ([*LINES, "merge,,3,2,this"], 0), (LINES[::-1], 0), (LINES[1:], 1),
                                         ([LINES[0], LINES[0]], 2), (["merge,,1,2,that", *LINES[1:]], 1), ([], 3)])
def test_lines_that_are_gone_are_counted(tmp_path, now, number):
    assert gone(write(tmp_path, LINES), tmp_path, "this") == 0  # nothing was followed
    note_followed(tmp_path, NONE, "this")
    assert gone(write(tmp_path, now), tmp_path, "this") == number
    note_followed(tmp_path, NONE, "this")
    assert gone(write(tmp_path, now), tmp_path, "this") == 0


def test_a_file_written_in_another_way_has_the_same_lines(tmp_path):
    write(tmp_path, LINES)
    note_followed(tmp_path, NONE, "this")
    text = 'action;file;note;cluster;value;clustering\r\nmerge;;why;1; 2;this\r\nname;;;2;boots, red;this\r\n'
    (tmp_path / "corrections.csv").write_text(text + "name;;;0;bags;this\r\n")
    assert gone(read(tmp_path / "corrections.csv"), tmp_path, "this") == 0


def test_no_earlier_file_is_replaced_by_one_that_is_put_aside(tmp_path):
    for number, name in enumerate(("corrections.csv", "corrections-2.csv", "corrections-3.csv")):
        write(tmp_path, LINES[:number])
        content = (tmp_path / "corrections.csv").read_bytes()
        note_followed(tmp_path, NONE, "this")
        assert put_aside(tmp_path) == tmp_path / "outdated" / name
        assert (tmp_path / "outdated" / name).read_bytes() == content
    assert len(list((tmp_path / "outdated").iterdir())) == 3


def test_where_the_file_went_none_was_followed(tmp_path):
    write(tmp_path, LINES)
    note_followed(tmp_path, NONE, "this")
    (tmp_path / "corrections.csv").unlink()
    assert gone(read(tmp_path / "corrections.csv"), tmp_path, "this") == 3
    note_followed(tmp_path, NONE, "this")
    assert gone(NONE, tmp_path, "this") == 0


def test_lines_that_were_always_passed_over_are_not_missed(tmp_path):
    table = write(tmp_path, LINES)
    note_followed(tmp_path, table[:1], "this")
    assert gone(write(tmp_path, ["merge,,1,0,this", *LINES[1:]]), tmp_path, "this") == 0
    assert gone(write(tmp_path, LINES[2:]), tmp_path, "this") == 1
    # A line that once was followed is, though its photo is not there now.
    for passed_over, missed in ((table[:1], 0), (NONE, 1), (table[:1], 1)):
        write(tmp_path, LINES)
        note_followed(tmp_path, passed_over, "this")
        assert gone(write(tmp_path, LINES[1:]), tmp_path, "this") == missed
    put_aside(tmp_path)
    write(tmp_path, LINES)
    note_followed(tmp_path, table[:1], "this")
    assert gone(write(tmp_path, LINES[1:]), tmp_path, "this") == 1
