"""What scripts say comes onto the screen, whatever that can show and whether or not somebody reads it."""
import io
import os
import sys

import pytest

from imgcluster.running.console import Unhurt, configure_logging, quiet_start, shown, tell, write_utf_8


def test_paths_are_shown_as_people_read_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "data/shoes") == "data/shoes"
    assert shown("/elsewhere/data") == "/elsewhere/data"
    monkeypatch.chdir(tmp_path.anchor)
    assert shown(tmp_path / "data") == str(tmp_path / "data")


@pytest.mark.parametrize("prepare, said", [
    (configure_logging, b"\\uc0c1\\uc810 \xe9\n"), (write_utf_8, "상점 é\n".encode())])
def test_names_that_the_terminal_does_not_know_are_shown_by_number_but_for_programs(monkeypatch, prepare, said):
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="cp1252", newline="\n"))
    prepare()
    tell("상점 é")
    assert out.getvalue() == said
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    prepare()
    tell("상점 é")
    assert sys.stdout.getvalue() == "상점 é\n"


def test_what_libraries_print_while_they_are_imported_is_not_seen_and_what_comes_after_is(capfd):
    with pytest.raises(ImportError), quiet_start():
        os.write(2, b"cuInit: no device\n")
        raise ImportError("no such library")
    os.write(2, b"seen\n")
    assert capfd.readouterr().err == "seen\n"


def test_what_nobody_reads_goes_nowhere():
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as stream:
        out = Unhurt(stream)
        for _ in range(3):
            out.write("a line\n")
            out.flush()
        assert out.encoding == "utf-8"
