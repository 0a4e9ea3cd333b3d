"""The arguments of run_all.py. (What it gives each step: tests/test_run_all.py.)"""
import pytest

from imgcluster.errors import UserError
from imgcluster.running.run_arguments import read_arguments


def test_all_steps_are_run_unless_others_are_named():
    options = read_arguments("", [])
    assert (options.first, options.last, options.config, options.set) == ("00", "06", None, [])


def test_the_parts_are_named_in_order():
    options = read_arguments("", ["--from", "3", "--to", "05", "--set", "EPOCHS=1"])
    assert (options.first, options.last, options.set) == ("03", "05", ["EPOCHS=1"])
    with pytest.raises(UserError, match="--from 05 --to 03"):
        read_arguments("", ["--from", "05", "--to", "03"])


@pytest.mark.parametrize("number", ["07", "7", "x", "003"])
def test_what_is_no_step_is_refused(number, capsys):
    with pytest.raises(SystemExit):
        read_arguments("", ["--from", number])
    assert "choose from" in capsys.readouterr().err
