"""run_all.py: its arguments, what each step is given, what ends a run, and the summary."""
import ast
import sys
from functools import partial

import pytest
from planned import ALL, finish, settings_in

import run_all
from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.settings import Settings
from imgcluster.errors import UserError
from imgcluster.files import write_json
from imgcluster.running.run_plan import STEPS


@pytest.fixture
def settings_of(tmp_path):
    return partial(settings_in, tmp_path)


def test_the_scripts_are_the_steps():
    assert list(run_all.SCRIPTS) == list(STEPS) == ALL
    assert all(script.name.startswith(number) for number, script in run_all.SCRIPTS.items())


def test_the_summary_names_nothing_that_an_earlier_run_wrote(settings_of, tmp_path, monkeypatch, capsys):
    finish(settings_of(), "new", "02", "03")
    config = tmp_path / "own.py"
    config.write_text("DATASET = 'new'\nTRAIN_DATASET = None\n")
    writes, idle = tmp_path / "writes.py", tmp_path / "idle.py"
    record = settings_of().folder("DATA_DIR") / "made_by_03.json"
    writes.write_text(f"open({str(record)!r}, 'w').write('{{\"outputs\": [\"fresh\"]}}')")
    idle.write_text("")
    monkeypatch.setattr(run_all, "SCRIPTS", {"02": idle, "03": writes})
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    assert run_all.main(["--config", str(config), "--from", "02", "--to", "03"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].endswith("  nothing") and lines[-1].endswith("  fresh")


STANDIN = """import sys
with open({log!r}, "a", encoding="utf-8") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
sys.exit({code})
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """stand_in(code): (config file, log) of a project whose steps note their arguments and end with that code."""
    def make(code):
        script, log, config = tmp_path / "standin.py", tmp_path / "log.txt", tmp_path / "own.py"
        script.write_text(STANDIN.format(log=str(log), code=code))
        config.write_text("DATASET = 'new'\nTRAIN_DATASET = '2019'\n")
        for dataset in ("2019", "before"):
            (tmp_path / "raw_img" / dataset).mkdir(parents=True)
        monkeypatch.setattr(run_all, "SCRIPTS", dict.fromkeys(ALL, script))
        return str(config), log
    return make


def part_of_run(**settings):
    """What the steps of the stand-in are told of the settings, those of its config file and others."""
    order = list(Settings.model_fields)
    held = {"DATASET": "new", "TRAIN_DATASET": "2019"} | settings
    return f"--part-of-run {({name: held[name] for name in sorted(held, key=order.index)})!r}"


@pytest.mark.parametrize("code, calls", [("0", 6 + 4), ("2", 1), ("2 * ('2019' in sys.argv[-1])", 2)])
def test_every_step_gets_the_settings_and_the_first_failure_ends_the_run(stand_in, capsys, code, calls):
    config, log = stand_in(code)
    failed = run_all.main(["--config", config, "--set", "EPOCHS=3"])
    given = f"{part_of_run(EPOCHS=3)} --config {config}"
    lines = log.read_text().splitlines()
    assert lines == [given, *[f"{given} --set DATASET='2019'"] * 4, *[given] * 5][:calls]
    captured = capsys.readouterr()
    assert len(captured.out.strip().splitlines()) == calls + 1
    blamed = {10: "", 1: "standin.py failed for DATASET = 'new'", 2: "standin.py failed for TRAIN_DATASET = '2019'"}
    assert blamed[calls] in captured.err and failed == (0 if calls == 10 else 2)


def test_a_config_file_that_changes_during_a_run_holds_for_the_next(stand_in, tmp_path):
    config, log = stand_in(f"open({str(tmp_path / 'own.py')!r}, 'w').write('DATASET = half a li') and 0")
    assert run_all.main(["--config", config]) == 0
    lines = log.read_text().splitlines()
    assert len(lines) == 10 and all(part_of_run() in line for line in lines)
    given = ast.literal_eval(lines[-1].partition("--part-of-run ")[2].partition(" --config")[0])
    held = load_settings(config, given=given)
    assert held.DATASET == "new" and held.folder("DATA_DIR") == tmp_path / "data" / "new"


def test_photos_may_be_placed_in_the_clusters_of_those_trained_on(stand_in):
    config, log = stand_in("0")
    assert run_all.main(["--config", config, "--set", "ASSIGN_TO='2019'", "--to", "03"]) == 0
    given = f"{part_of_run(ASSIGN_TO='2019')} --config {config}"
    for_known = f"{given} --set ASSIGN_TO=None --set DATASET='2019'"
    assert log.read_text().splitlines() == [given, *[for_known] * 4, *[given] * 2]


def test_clusters_to_assign_to_that_are_not_there_are_named_before_any_step(stand_in, capsys):
    config, log = stand_in("0")
    with pytest.raises(UserError, match="ASSIGN_TO = .before.: there is no .*before; name a dataset"):
        run_all.main(["--config", config, "--set", "ASSIGN_TO=before"])
    assert not log.exists()
    assert run_all.main(["--config", config, "--set", "ASSIGN_TO=before", "--to", "03"]) == 0


@pytest.mark.parametrize("wrong", [["TRAIN_DATASET=nope"], ["CALIBRATION_DATASET=nope"],
                                   ["BACKBONE=VGG16", "WEIGHTS=nope.h5"], ["BACKBONE=VGG61"], ["INPUT_SIZE=33"]])
def test_what_a_later_step_would_stop_at_is_named_before_any_step(stand_in, wrong):
    config, log = stand_in("0")
    with pytest.raises(UserError, match=wrong[-1].partition("=")[0]):
        run_all.main(["--config", config, *(part for text in wrong for part in ("--set", text))])
    assert not log.exists()


def test_steps_that_need_neither_network_nor_known_products_do_not_ask_for_them(stand_in):
    config, _ = stand_in("0")
    own = ["--config", config, "--set", "BACKBONE=VGG16", "--set", "WEIGHTS=nope.h5", "--from", "04"]
    assert run_all.main(own) == 0
    assert run_all.main([*own, "--set", "NUM_CLUSTERS=4"]) == 0
    with pytest.raises(UserError, match="CALIBRATION_DATASET = 'nope'"):
        run_all.main([*own, "--set", "CALIBRATION_DATASET=nope", "--set", "NUM_CLUSTERS=4"])


def test_a_step_that_was_stopped_has_said_so(stand_in, capsys):
    assert run_all.main(["--config", stand_in("130")[0]]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_of_a_step_that_was_ended_from_outside_no_message_is_promised(stand_in, capsys):
    assert run_all.main(["--config", stand_in("__import__('os').kill(__import__('os').getpid(), 9)")[0]]) == 1
    error = capsys.readouterr().err
    assert "ended by signal 9: 9 mostly means too little memory)" in error and "above" not in error


@pytest.mark.parametrize("first, last, steps", [("04", "06", ["04", "05", "06"]), ("01", "05", ["03", "04", "05"])])
def test_a_run_goes_on_with_the_weeks_placed_in_its_clusters_each_in_those_of_its_own(
        stand_in, tmp_path, monkeypatch, first, last, steps):
    config, log = stand_in("0")
    for name, among in (("week2", "week1"), ("week3", "week2"), ("week2b", "week1"), ("other", "elsewhere")):
        write_json(tmp_path / "data" / name / "cluster_count.json", {"assigned_to": among})
    (tmp_path / "raw_img" / "week1").mkdir()
    chosen = ["--config", config, *("--set", "TRAIN_DATASET=None", "--set", "DATASET=week1"), "--from", first, "--to",
              last]
    assert run_all.main(chosen) == 0
    alone = log.read_text().splitlines()
    log.unlink()
    assert run_all.main([*chosen, "--and-later"]) == 0
    given = alone[0].replace(" --config", " --with-later --config")
    alone = [given] * len(alone)
    weeks = (("week2", "week1"), ("week2b", "week1"), ("week3", "week2"))
    assert log.read_text().splitlines() == alone + [
        f"{given} --set ASSIGN_TO={among!r} --set DATASET={name!r}" for name, among in weeks for _ in steps]
