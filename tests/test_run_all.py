"""The order in which run_all.py runs the steps."""
import sys

import pytest

import run_all
from imgcluster.artefacts import write_lines, write_record
from imgcluster.errors import UserError
from imgcluster.settings import load_settings

ALL = ["00", "01", "02", "03", "04", "05", "06"]


@pytest.fixture
def settings_of(tmp_path):
    def load(*overrides):
        return load_settings(None, ["DATASET=new", "TRAIN_DATASET=known", *overrides], root=tmp_path)
    return load


def finish(settings, dataset, *numbers):
    """Leave what the steps leave: outputs, and the record of the settings that made them."""
    source = settings.for_dataset(dataset)
    data_dir = source.folder("DATA_DIR")
    for number in numbers:
        write_lines(data_dir / f"output_of_{number}", [number])
        write_record(data_dir, number, settings=run_all.record_of(source, number), outputs=[f"output_of_{number}"],
                     inputs=[data_dir / "output_of_00"])


def steps(dataset, *numbers):
    return [(dataset, number) for number in numbers]


def test_the_scripts_are_the_steps():
    assert list(run_all.SCRIPTS) == ALL
    assert all(script.name.startswith(number) for number, script in run_all.SCRIPTS.items())


def test_the_training_set_goes_first_but_for_a_look_at_the_photos(settings_of):
    training = steps("known", "00", "01", "02", "03")
    assert run_all.plan(settings_of(), "00", "06") == \
        steps("new", "00") + training + steps("new", "01", "03", "04", "05", "06")
    assert run_all.plan(settings_of(), "01", "03") == steps("new", "01") + training + steps("new", "03")
    assert run_all.plan(settings_of(), "02", "03") == training + steps("new", "03")


def test_nothing_is_learnt_from_photos_without_labels(settings_of):
    assert run_all.plan(settings_of("LABELS_FROM=None"), "00", "06") == steps("new", "00", "01", *ALL[3:])
    labelled = settings_of("LABELS_FROM=None", "TRAIN_LABELS_FROM=folder")
    assert run_all.plan(labelled, "00", "06")[1:5] == steps("known", "00", "01", "02", "03")


def test_fitting_to_the_photos_themselves_is_named_where_it_would_make_sense(settings_of, capsys):
    settings = settings_of("LABELS_FROM=None")
    run_all.plan(settings, "00", "06")
    assert "would fit the network to the photos themselves" in capsys.readouterr().out
    run_all.plan(settings_of("LABELS_FROM=None", "ASSIGN_TO=known"), "00", "06")
    assert "themselves" not in capsys.readouterr().out
    write_lines(settings.for_dataset("known").folder("DATA_DIR") / "network.keras", ["fitted"])
    run_all.plan(settings, "00", "06")
    assert "network that is there is used" in capsys.readouterr().out


@pytest.mark.parametrize("name, found", [("12_3.jpg", "filename"), ("boots/a.jpg", "folder"), ("a.jpg", None)])
def test_labels_in_the_names_of_photos_that_none_were_asked_of_are_pointed_out(settings_of, capsys, name, found):
    settings = settings_of("LABELS_FROM=None")
    write_lines(settings.for_dataset("known").folder("RAW_IMG_DIR") / name, ["no matter what"])
    run_all.plan(settings, "00", "06")
    said = capsys.readouterr().out
    assert f"TRAIN_LABELS_FROM = {found!r} would find labels" in said if found else "TRAIN_LABELS_FROM" not in said


def test_the_drawn_photos_to_train_on_are_known_to_have_labels(settings_of, capsys):
    run_all.plan(settings_of("LABELS_FROM=None", "TRAIN_DATASET=sample_train"), "00", "06")
    assert "TRAIN_LABELS_FROM = 'filename'" in capsys.readouterr().out


@pytest.mark.parametrize("labels_from", ["filename", None])
def test_auto_fits_the_network_to_the_photos_themselves_and_once(settings_of, labels_from):
    settings = settings_of("TRAIN_DATASET=auto", f"LABELS_FROM={labels_from}")
    assert run_all.plan(settings, "00", "06") == steps("new", *ALL)
    finish(settings, "new", "00", "01", "02")
    assert run_all.plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    # One that was trained on their labels is another network.
    assert ("new", "02") in run_all.plan(settings_of("TRAIN_DATASET=new"), "00", "06") or labels_from is None


def test_auto_takes_the_network_of_the_photos_that_were_clustered_before(settings_of, capsys):
    settings = settings_of("TRAIN_DATASET=auto", "ASSIGN_TO=week1")
    assert run_all.plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    assert "the network of week1 is used as it is" in capsys.readouterr().out


def test_where_other_photos_have_their_labels_trains_nothing_anew(settings_of):
    finish(settings_of(), "known", "00", "01", "02", "03")
    changed = settings_of("LABELS_FROM=None", "TRAIN_LABELS_FROM=filename")
    assert run_all.plan(changed, "00", "06")[0] == ("new", "00")


def test_a_trained_network_is_not_trained_again(settings_of, capsys):
    settings = settings_of()
    finish(settings, "known", "00", "01", "02", "03")
    assert run_all.plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    assert "the network of known is up to date" in capsys.readouterr().out


def test_features_of_the_training_set_are_made_where_only_they_are_missing(settings_of):
    settings = settings_of()
    finish(settings, "known", "00", "01", "02")
    assert run_all.plan(settings, "00", "06") == \
        steps("new", "00") + steps("known", "03") + steps("new", "01", "03", "04", "05", "06")


@pytest.mark.parametrize("override", ["EPOCHS=3", "BACKBONE=MobileNetV2", "RANDOM_SEED=5", "BACKGROUND=white",
                                      "LABELS_FROM=folder"])
def test_other_settings_train_the_network_anew(settings_of, override):
    finish(settings_of(), "known", "00", "01", "02", "03")
    assert run_all.plan(settings_of(override), "00", "06")[1:5] == steps("known", "00", "01", "02", "03")


def test_settings_of_later_steps_do_not(settings_of):
    finish(settings_of(), "known", "00", "01", "02", "03")
    planned = run_all.plan(settings_of("SOM_EPOCHS=3", "NUM_CLUSTERS=9", "MAX_SHEETS=1"), "00", "06")
    assert {dataset for dataset, _ in planned} == {"new"}


def test_changed_photos_or_a_lost_network_train_anew(settings_of):
    settings = settings_of()
    data_dir = settings.for_dataset("known").folder("DATA_DIR")
    finish(settings, "known", "00", "01", "02", "03")
    (data_dir / "output_of_02").unlink()
    assert ("known", "02") in run_all.plan(settings, "00", "06")
    finish(settings, "known", "02")
    assert ("known", "02") not in run_all.plan(settings, "00", "06")
    write_lines(data_dir / "output_of_00", ["other photos"])
    assert ("known", "02") in run_all.plan(settings, "00", "06")


def test_without_a_training_set_every_step_runs_once(settings_of):
    assert run_all.plan(settings_of("TRAIN_DATASET=None"), "00", "06") == steps("new", *ALL)


def test_a_dataset_that_is_its_own_training_set_runs_once(settings_of):
    settings = settings_of("TRAIN_DATASET=new")
    assert run_all.plan(settings, "00", "06") == steps("new", *ALL)
    finish(settings, "new", "00", "01", "02")
    assert run_all.plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")


def test_a_network_is_fitted_to_the_photos_themselves_without_labels_and_once(settings_of):
    settings = settings_of("TRAIN_DATASET=new", "LABELS_FROM=None")
    assert run_all.plan(settings, "00", "06") == steps("new", *ALL)
    finish(settings, "new", "00", "01", "02")
    assert run_all.plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")


@pytest.mark.parametrize("trained", [True, False])
def test_a_part_that_does_not_reach_training_trains_nothing(settings_of, trained):
    settings = settings_of()
    if trained:
        finish(settings, "known", "00", "01", "02", "03")
    assert run_all.plan(settings, "03", "05") == steps("new", "03", "04", "05")
    assert run_all.plan(settings, "00", "01") == steps("new", "00", "01")
    assert run_all.plan(settings, "04", "04") == steps("new", "04")


def test_training_alone(settings_of):
    assert run_all.plan(settings_of(), "02", "02") == steps("known", "00", "01", "02", "03")
    assert run_all.plan(settings_of("TRAIN_DATASET=None"), "02", "02") == steps("new", "02")


def test_a_training_set_in_the_same_folder_is_refused(settings_of):
    with pytest.raises(UserError, match="would share a folder"):
        run_all.plan(settings_of("DATA_DIR=here"), "00", "06")


def test_the_parts_are_named_in_order():
    options = run_all.parse(["--from", "03", "--to", "05", "--set", "EPOCHS=1"])
    assert (options.first, options.last, options.set) == ("03", "05", ["EPOCHS=1"])
    with pytest.raises(UserError, match="--from 05 --to 03"):
        run_all.parse(["--from", "05", "--to", "03"])


def test_the_summary_names_what_was_written_and_the_ari(settings_of, tmp_path):
    settings = settings_of()
    finish(settings, "new", "04", "05")
    (settings.folder("DATA_DIR") / "metrics.json").write_text('{"ari": 0.75, "num_clusters": 9, "num_models_true": 8}')
    lines = run_all.summary(settings, [("new", "04", 1.0, 0, True), ("new", "05", 2.5, 0, True)]).splitlines()
    assert lines[1].startswith("04_cluster_som new") and lines[1].endswith("1.0  output_of_04")
    assert lines[-1] == "new: 9 clusters for 8 models, ARI 0.750"
    (settings.folder("DATA_DIR") / "metrics.json").write_text('{"num_clusters": 9}')
    write_lines(settings.folder("RESULT_DIR") / "report.html", [])
    lines = run_all.summary(settings, [("new", "06", 1.0, 0, True)]).splitlines()
    assert lines[-2:] == [f"open in a browser: {settings.folder('RESULT_DIR') / 'report.html'}", "new: 9 clusters"]
    failed = run_all.summary(settings, [("new", "04", 1.0, 0, True), ("new", "05", 2.5, 2, False)])
    assert failed.splitlines()[-1].endswith("failed") and "clusters" not in failed


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


@pytest.mark.parametrize("code, calls", [("0", 6 + 4), ("2", 1), ("2 * ('2019' in sys.argv[-1])", 2)])
def test_every_step_gets_the_settings_and_the_first_failure_ends_the_run(stand_in, capsys, code, calls):
    config, log = stand_in(code)
    failed = run_all.main(["--config", config, "--set", "EPOCHS=3"])
    given = f"--part-of-run --config {config} --set EPOCHS=3"
    lines = log.read_text().splitlines()
    assert lines == [given, *[f"{given} --set DATASET='2019'"] * 4, *[given] * 5][:calls]
    captured = capsys.readouterr()
    assert len(captured.out.strip().splitlines()) == calls + 1
    blamed = {10: "", 1: "standin.py failed for DATASET = 'new'", 2: "standin.py failed for TRAIN_DATASET = '2019'"}
    assert blamed[calls] in captured.err and failed == (0 if calls == 10 else 2)


def test_clusters_to_assign_to_that_are_not_there_are_named_before_any_step(stand_in, capsys):
    config, log = stand_in("0")
    with pytest.raises(UserError, match="ASSIGN_TO: .*before.som.npz is missing"):
        run_all.main(["--config", config, "--set", "ASSIGN_TO=before"])
    assert not log.exists()
    assert run_all.main(["--config", config, "--set", "ASSIGN_TO=before", "--to", "03"]) == 0


@pytest.mark.parametrize("wrong", [["TRAIN_DATASET=nope"], ["CALIBRATION_DATASET=nope"], ["CALIBRATION_DATASET=before"],
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
    assert run_all.main([*own, "--set", "CALIBRATION_DATASET=nope", "--set", "NUM_CLUSTERS=4"]) == 0


def test_a_step_that_was_stopped_has_said_so(stand_in, capsys):
    assert run_all.main(["--config", stand_in("130")[0]]) == 130
    assert capsys.readouterr() == ("", "")


# The first second is for the parent to begin its waiting.
WAITS = """import os, signal, sys, time
time.sleep(1)
signal.signal(signal.SIGINT, lambda *_: sys.exit({code}))
os.kill(os.getppid(), signal.SIGINT)
{then}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to other processes there")
def test_an_interrupt_leaves_a_step_the_time_to_end(tmp_path):
    script = tmp_path / "waits.py"
    script.write_text(WAITS.format(code=130, then="os.kill(os.getpid(), signal.SIGINT)"))
    assert run_all.run_step([sys.executable, script]) == 130
    script.write_text(WAITS.format(code=1, then="os.kill(os.getpid(), signal.SIGINT)"))
    with pytest.raises(KeyboardInterrupt):
        run_all.run_step([sys.executable, script])
