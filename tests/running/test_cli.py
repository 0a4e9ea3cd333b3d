"""What all scripts share: arguments, exit codes, what is said and recorded."""
import errno
import json
import os
import shlex
import sys

import pytest

from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.step_settings import STEP_SETTINGS, of_step
from imgcluster.datafiles.records import write_record
from imgcluster.errors import UserError
from imgcluster.files import PARTIAL, read_json, write_lines
from imgcluster.photos.photo_tables import LEDGER
from imgcluster.progress import progress
from imgcluster.running.cli import PART_OF_RUN, Step, run


@pytest.fixture
def script(tmp_path):
    """The path of a script beside a config file."""
    (tmp_path / "config.py").write_text("DATASET = 'shoes'\nBATCH_SIZE = 5\n")
    return tmp_path / "04_cluster_som.py"


def fails(error):
    def main():
        raise error
    return main


def test_a_script_that_ends_well_returns_zero():
    assert run(lambda: None) == 0
    assert run(lambda: 0) == 0
    assert run(lambda: 7) == 7


def test_what_the_user_must_mend_is_one_message_and_exit_code_2(capsys):
    assert run(fails(UserError("EPOCHS = -1: at least 0"))) == 2
    assert capsys.readouterr() == ("", "error: EPOCHS = -1: at least 0\n")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS])
def test_no_room_and_no_permission_name_the_file(capsys, code):
    assert run(fails(OSError(code, "reason", "data/x.npy"))) == 2
    assert capsys.readouterr().err == "error: data/x.npy: reason; make room or allow access, then run this step again\n"


@pytest.mark.parametrize("code", [errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG])
def test_a_folder_that_cannot_be_is_named(capsys, code):
    assert run(fails(OSError(code, "reason", "/dev/null"))) == 2
    assert capsys.readouterr().err.startswith("error: /dev/null: reason; name another folder for it in config.py")


@pytest.mark.parametrize("error", [OSError(errno.EIO, "reason", "x"), ValueError("a bug"), KeyError("a bug")])
def test_other_errors_keep_their_traceback(error):
    with pytest.raises(type(error)):
        run(fails(error))


def test_an_interrupted_script_says_how_to_go_on(capsys):
    assert run(fails(KeyboardInterrupt())) == 130
    assert "run the step again" in capsys.readouterr().err


def test_where_memory_does_not_suffice_settings_that_cost_it_are_named(capsys):
    assert run(fails(MemoryError("Unable to allocate 2.33 TiB"))) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: out of memory (Unable to allocate 2.33 TiB)") and "SOM_GRID" in said


def test_wrong_settings_and_arguments_exit_with_2(script, capsys):
    assert run(lambda: Step(script, "", ["--set", "EPOCHS=-1"])) == 2
    assert "EPOCHS = -1" in capsys.readouterr().err
    assert run(lambda: Step(script, "", ["--config", "none.py"])) == 2
    assert capsys.readouterr().err == "error: --config none.py: no such file\n"
    with pytest.raises(SystemExit) as caught:
        Step(script, "", ["--sett", "EPOCHS=1", "more"])
    assert caught.value.code == 2


def test_a_warning_stands_on_a_line_of_its_own_beside_a_progress_bar(script, capsys):
    step = Step(script, "", [])
    with progress("photos", 2):
        step.warn("a.jpg is no photo")
    err = capsys.readouterr().err
    assert "warning: a.jpg is no photo" in [line.rpartition("\r")[2] for line in err.splitlines()]


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_step_goes_on_when_nobody_reads_what_it_says(script, monkeypatch, name):
    def main():
        step = Step(script, "", [])
        with progress("photos", 3) as bar:
            for _ in range(3):
                step.say("wrote metrics.json")
                step.warn("odd")
                bar.update(1)
        raise UserError("the last word")

    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, name, out)
        assert run(main) == 2


def test_help_shows_the_docstring(script, capsys):
    with pytest.raises(SystemExit) as caught:
        Step(script, "Step 04: a map.\n\nReads:   features.npy", ["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "04_cluster_som.py" in shown and "Reads:   features.npy" in shown and "--config OTHER.py" in shown


def test_settings_come_from_the_config_beside_the_script(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path.parent)
    step = Step(script, "", [])
    assert (step.settings.DATASET, step.settings.BATCH_SIZE) == ("shoes", 5)
    assert step.data_dir == tmp_path / "data/shoes" and step.result_dir == tmp_path / "result/shoes"
    assert capsys.readouterr().out == "04_cluster_som: shoes\n"


def test_set_wins_over_config(script, tmp_path):
    other = tmp_path / "other.py"
    other.write_text("DATASET = 'bags'\nEPOCHS = 3\n")
    step = Step(script, "", ["--config", str(other), "--set", "EPOCHS=4", "--set", "NUM_CLUSTERS=None"])
    assert (step.settings.DATASET, step.settings.EPOCHS, step.settings.NUM_CLUSTERS) == ("bags", 4, None)
    assert step.settings.BATCH_SIZE == 32


def test_the_arguments_default_to_those_of_the_command_line(script, monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(script), "--set", "DATASET=bags"])
    assert Step(script, "").settings.DATASET == "bags"


def test_warnings_go_to_standard_error(script, capsys):
    Step(script, "", []).warn("odd")
    captured = capsys.readouterr()
    assert captured.err == "warning: odd\n" and "odd" not in captured.out


@pytest.mark.parametrize("number", STEP_SETTINGS)
def test_values_of_a_step_can_be_written_down(script, number):
    values = Step(script, "", []).values(number)
    assert values and set(values) <= set(STEP_SETTINGS[number])
    assert json.loads(json.dumps(values)).keys() == values.keys()


def test_a_step_warns_when_its_input_was_made_under_other_settings(script, capsys):
    Step(script, "", ["--set", "SOM_GRID=(3, 4)"]).record([])
    capsys.readouterr()
    Step(script, "", ["--set", "SOM_GRID=(3, 4)"]).warn_if_changed("03", "04")
    assert capsys.readouterr().err == ""
    Step(script, "", ["--set", "SOM_EPOCHS=7"]).warn_if_changed("03", "04")
    error = capsys.readouterr().err
    assert error.startswith("warning: step 04 ran under other settings (")
    assert "SOM_GRID: [3, 4] -> None" in error and "SOM_EPOCHS: 20 -> 7" in error


def test_a_step_warns_when_the_list_of_photos_is_not_the_one_that_features_were_made_by(script, capsys):
    step = Step(script, "", [])
    write_lines(step.data_dir / "img_paths.txt", ["a.jpg", "b.jpg"])
    write_record(step.data_dir, "03", settings={}, outputs=[], inputs=[step.data_dir / "img_paths.txt"])
    capsys.readouterr()
    step.warn_if_changed("03")
    assert capsys.readouterr().err == ""
    write_lines(step.data_dir / "img_paths.txt", ["b.jpg", "a.jpg"])
    step.warn_if_changed("03")
    assert "img_paths.txt is not the list that step 03 made features.npy by" in capsys.readouterr().err


def test_a_step_warns_when_files_of_another_are_gone(script, capsys):
    step = Step(script, "", [])
    write_record(step.data_dir, "03", settings={}, outputs=["features.npy", "features_before.npy"])
    (step.data_dir / "features.npy").touch()
    capsys.readouterr()
    step.warn_if_changed("03")
    assert "features_before.npy, which step 03 wrote, is there no more: run it again" in capsys.readouterr().err
    (step.data_dir / "features_before.npy").touch()
    step.warn_if_changed("03")
    assert capsys.readouterr().err == ""


def test_a_step_warns_when_its_input_was_made_of_photos_that_were_prepared_otherwise(script, capsys):
    step = Step(script, "", [])
    for seen, warnings in (("keep", 0), ("white", 1)):
        write_record(step.data_dir, "01", settings={"BACKGROUND": "keep"}, outputs=[])
        write_record(step.data_dir, "03", settings={}, outputs=[], prepared={"BACKGROUND": seen})
        capsys.readouterr()
        step.warn_if_changed("03", "04")
        assert capsys.readouterr().err.count("otherwise since step 03 saw them: run step 03 again") == warnings


def test_files_of_another_dataset_are_compared_with_its_own_settings(script, capsys):
    step = Step(script, "", ["--set", "TRAIN_DATASET=shoes", "--set", "LABELS_FROM=None", "--set",
                             "TRAIN_LABELS_FROM=folder"])
    source = step.settings.for_dataset("shoes")
    write_record(source.folder("DATA_DIR"), "00", settings=of_step(source, "00"), outputs=[])
    capsys.readouterr()
    step.warn_if_changed("00", source=source)
    assert capsys.readouterr().err == ""
    write_record(source.folder("DATA_DIR"), "00", settings={"LABELS_FROM": "filename"}, outputs=[])
    step.warn_if_changed("00", source=source)
    assert "LABELS_FROM: 'filename' -> 'folder'" in capsys.readouterr().err


def test_a_record_holds_settings_inputs_and_facts(script, tmp_path):
    step = Step(script, "", [])
    write_lines(step.data_dir / "img_paths.txt", ["a.jpg"])
    step.record(["x.txt"], inputs=[step.data_dir / "img_paths.txt"], trained_on="bags")
    record = read_json(tmp_path / "data/shoes/made_by_04.json")
    assert record["outputs"] == ["x.txt"] and record["trained_on"] == "bags"
    assert list(record["inputs"]) == ["img_paths.txt"]
    assert record["settings"] == json.loads(json.dumps(step.values("04")))
    step.record(["y.txt"], data_dir=tmp_path / "other")
    assert read_json(tmp_path / "other/made_by_04.json")["outputs"] == ["y.txt"]


def test_the_closing_line_says_what_next(script, capsys, monkeypatch):
    step = Step(script, "", [])
    step.finish("labels", then="05_evaluate.py")
    assert capsys.readouterr().out.endswith(f"; next: python {script.parent / '05_evaluate.py'}\n")  # from elsewhere
    monkeypatch.chdir(script.parent)
    step.finish("labels", then="05_evaluate.py")
    assert capsys.readouterr().out.splitlines()[-1].startswith("wrote labels in 0.")
    step.finish("labels", then="05_evaluate.py")
    assert capsys.readouterr().out.endswith("; next: python 05_evaluate.py\n")


@pytest.mark.parametrize("given", [
    [], ["DATASET=sample", "EPOCHS=9"], ["DATASET='2019'", "NUM_CLUSTERS=9", "SOM_GRID=(8, 9)"],
    ["DATASET=b", "ASSIGN_TO=a", "LABELS_FROM=None"],
    ["DATASET=b", "TRAIN_DATASET=c", "CALIBRATION_DATASET=d", "NUM_IMGS_PER_MODEL=12"]])
def test_a_run_is_begun_again_as_it_was_once_config_py_is_for_another_dataset(script, tmp_path, given):
    step = Step(script, "d", [part for text in given for part in ("--set", text)])
    words = shlex.split(step.rerun_from("04"))
    assert words[:4] == ["python", "run_all.py", "--from", "04"] and set(words[4::2]) == {"--set"}
    (tmp_path / "config.py").write_text(
        'DATASET = "week2"\nASSIGN_TO = "shoes"\nNUM_CLUSTERS = 40\nNUM_IMGS_PER_MODEL = 3\n')
    again = load_settings(None, words[5::2], root=tmp_path)
    assert again.DATASET == step.settings.DATASET
    for number in ("00", "04"):
        assert of_step(again, number) == step.values(number)
    assert again.TRAIN_DATASET == step.settings.TRAIN_DATASET


def test_a_run_is_begun_again_without_settings_that_are_the_usual_ones(script):
    words = shlex.split(Step(script, "d", ["--set", "EPOCHS=9"]).rerun_from("04"))
    assert words[5::2] == ["DATASET=shoes", "NUM_CLUSTERS=None", "NUM_IMGS_PER_MODEL=None", "ASSIGN_TO=None"]


@pytest.mark.parametrize("place, said", [
    ("project", "own.py"), ("project/configs", "configs/own.py"), ("beside", "../beside/own.py"),
    ("linked", "../beside/own.py")])
@pytest.mark.parametrize("absolute", [False, True])
def test_the_config_of_a_run_that_is_begun_again_is_named_as_seen_from_the_project(tmp_path, monkeypatch, place, said,
                                                                                   absolute):
    for folder in ("project/configs", "beside", "here"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "beside")
    (tmp_path / place / "own.py").write_text("DATASET = 'mine'\n")
    monkeypatch.chdir(tmp_path / "here")
    config = tmp_path / place / "own.py" if absolute else f"../{place}/own.py"
    step = Step(str(tmp_path / "project" / "06_visualize.py"), "", ["--config", str(config)])
    words = shlex.split(step.rerun_from("04"))
    assert words[words.index("--config") + 1] == said and str(tmp_path) not in step.rerun_from("04")
    monkeypatch.chdir(tmp_path / "project")
    assert load_settings(said).DATASET == "mine"


def test_what_is_next_has_the_same_settings_and_is_not_said_to_run_all(script, tmp_path, capsys):
    (tmp_path / "my own.py").write_text("")
    given = ["--config", str(tmp_path / "my own.py"), "--set", "DATASET=new shoes", "--set", "SOM_GRID=(3, 4)"]
    Step(script, "", given).finish("labels", then="05_evaluate.py")
    line = capsys.readouterr().out.splitlines()[-1]
    assert shlex.split(line.partition("; next: ")[2]) == ["python", str(tmp_path / "05_evaluate.py"), *given]
    Step(script, "", [*given, PART_OF_RUN, "{}"]).finish("labels", then="05_evaluate.py")
    assert "next" not in capsys.readouterr().out


def test_settings_in_a_command_have_no_more_quotes_than_they_need(script):
    given = ["--set", "ASSIGN_TO='woche 1'", "--set", " DATASET = 'c'", "--set", "TRAIN_DATASET='2019'"]
    step = Step(script, "", given)
    line = step.command("run_all.py", "--from", "04", also=["DATASET=woche 2"])
    assert line.endswith(
        """run_all.py --from 04 --set "ASSIGN_TO=woche 1" --set "DATASET=woche 2" --set "TRAIN_DATASET='2019'\"""")
    again = Step(script, "", shlex.split(line)[4:]).settings
    assert (again.ASSIGN_TO, again.DATASET, again.TRAIN_DATASET) == ("woche 1", "woche 2", "2019")


def test_steps_of_a_run_leave_it_to_that_to_say_what_is_set(script, caplog):
    said = ["override: NUM_CLUSTERS = 3"]
    for arguments, expected in (([PART_OF_RUN, "{}"], []), ([], said)):
        caplog.clear()
        Step(script, "", ["--set", "NUM_CLUSTERS=3", *arguments])
        assert caplog.messages == expected


def test_a_step_of_a_run_does_not_read_the_config_file_again(script, tmp_path):
    (tmp_path / "other.py").write_text("DATASET = half a li")
    given = ["--config", str(tmp_path / "other.py"), PART_OF_RUN, "{'DATASET': 'shoes', 'SOM_GRID': (3, 4)}"]
    settings = Step(script, "", [*given, "--set", "BATCH_SIZE=3"]).settings
    assert (settings.DATASET, settings.SOM_GRID, settings.BATCH_SIZE) == ("shoes", (3, 4), 3)
    assert settings.folder("DATA_DIR") == tmp_path / "data" / "shoes"
    with pytest.raises(UserError, match="cannot be read as Python"):
        Step(script, "", given[:2])


def test_a_step_may_have_arguments_of_its_own_and_keep_standard_output_free(script, capsys):
    def add(parser):
        parser.add_argument("photos", nargs="*")
        parser.add_argument("--top", type=int)

    step = Step(script, "", ["--set", "BATCH_SIZE=3", "a.jpg", "--top", "2"], add_arguments=add, out=sys.stderr)
    assert (step.options.photos, step.options.top, step.settings.BATCH_SIZE) == (["a.jpg"], 2, 3)
    out, err = capsys.readouterr()
    assert out == "" and "04_cluster_som: shoes" in err


def test_what_one_step_has_claimed_another_is_refused_until_it_ends(script, capsys):
    first, second = Step(script, "", []), Step(script, "", [])
    first.claim()
    with pytest.raises(UserError, match="Another run is working on"):
        second.claim()
    second.claim(script.parent / "data" / "other")
    first.finish("nothing")
    Step(script, "", []).claim()


def test_what_a_killed_run_left_half_written_is_removed_and_what_others_write_stays(script):
    step = Step(script, "", [])
    left, written = (step.data_dir / f".{number}{PARTIAL}x.npy" for number in (2**30, os.getpid()))
    for path in (left, written, step.data_dir / "features.npy"):
        write_lines(path, ["no matter what"])
    step.claim()
    assert not left.exists() and written.exists() and (step.data_dir / "features.npy").exists()


def test_files_of_an_interrupted_step_are_warned_of(script, capsys):
    step = Step(script, "", [])
    step.begin()
    step.warn_if_changed("04")
    assert "step 04 was interrupted" in capsys.readouterr().err
    step.record([])
    step.warn_if_changed("04")
    assert capsys.readouterr().err == ""


@pytest.fixture
def listed(script):
    """A step whose dataset has photos that are listed and prepared."""
    step = Step(script, "", [])
    write_lines(step.data_dir / "img_paths.txt", ["a.jpg", "b.jpg"])
    step.settings.folder("IMG_DIR").mkdir(parents=True)
    return step


def test_photos_that_step_01_prepared_are_claimed(listed, script):
    assert listed.claim_photos(listed.settings) == (listed.settings.folder("IMG_DIR"), ["a.jpg", "b.jpg"])
    with pytest.raises(UserError, match="Another run is working on"):
        Step(script, "", []).claim_photos(listed.settings)


def test_photos_of_an_interrupted_step_01_are_refused(listed, script):
    Step(script.with_name("01_img_preprocess.py"), "", []).begin()
    with pytest.raises(UserError, match="step 01 was interrupted; run 01_img_preprocess.py again: it goes on"):
        listed.claim_photos(listed.settings)
    listed.finish("nothing")
    other = Step(script, "", ["--set", "DATASET=bags"])
    with pytest.raises(UserError, match="01_img_preprocess.py again with --set DATASET=shoes"):
        other.claim_photos(other.settings.for_dataset("shoes"))


def test_photos_that_came_since_step_01_are_not_taken_for_lost_ones(listed):
    (listed.data_dir / LEDGER).write_text(json.dumps({"file": "a.jpg"}) + "\n")
    assert listed.claim_photos(listed.settings)[1] == ["a.jpg", "b.jpg"], "b.jpg is gone"
    listed.finish("nothing")
    write_lines(listed.settings.folder("RAW_IMG_DIR") / "b.jpg", ["a photo"])
    with pytest.raises(UserError, match="1 photo of 2 came since .*the first b.jpg; run 01_img_preprocess.py first"):
        listed.claim_photos(listed.settings)


def test_photos_that_are_not_listed_or_not_prepared_name_the_step(listed):
    listed.settings.folder("IMG_DIR").rmdir()
    with pytest.raises(UserError, match="shoes is missing; run 01_img_preprocess.py first"):
        listed.claim_photos(listed.settings)
    (listed.data_dir / "img_paths.txt").unlink()
    with pytest.raises(UserError, match="raw_img/shoes and run 00_make_labels_true.py and 01_img_preprocess.py"):
        listed.claim_photos(listed.settings)
