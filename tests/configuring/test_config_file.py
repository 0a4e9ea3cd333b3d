"""Config files and --set: later sources win, problems come together and are named."""
import re
import shlex

import pytest
from configured import ROOT, problems_of, write_config

from imgcluster.configuring.config_file import choose_dataset, load_settings
from imgcluster.configuring.settings import Settings
from imgcluster.errors import UserError


def test_unknown_names_get_a_suggestion(tmp_path):
    write_config(tmp_path, "DATASETS = 'shoes'\nfrobnicate = 1\n")
    lines = problems_of("NUM_CLUSTER=4", "QWERTY=1", root=tmp_path)
    assert "DATASETS: no such setting (did you mean DATASET?); config.py lists them all" in lines
    assert "NUM_CLUSTER: no such setting (did you mean NUM_CLUSTERS?); config.py lists them all" in lines
    assert "QWERTY: no such setting; config.py lists them all" in lines
    assert len(lines) == 3


@pytest.mark.parametrize("override", ["num_clusters=4", "Num_Clusters=4"])
def test_lower_case_names_get_a_suggestion(override):
    name = override.partition("=")[0]
    assert problems_of(override, root=ROOT) == [
        f"{name}: no such setting (did you mean NUM_CLUSTERS?); config.py lists them all"]


def test_a_setting_in_lower_case_in_the_config_file_is_not_passed_over(tmp_path):
    write_config(tmp_path, "import os\nhelper = 3\nDataset = 'shoes'\n")
    assert problems_of(root=tmp_path) == ["Dataset: no such setting (did you mean DATASET?); config.py lists them all"]


def test_all_problems_come_in_one_message(tmp_path):
    config = write_config(tmp_path, "BATCH_SIZE = 0\nBACKGROUND = 'pink'\nLABEL_REGEX = 'no group'\nIMG_DIR = 'x'\n"
                                    "RAW_IMG_DIR = './x'\nDROPUOT = 0.5\n")
    lines = problems_of("EPOCHS=many", "oops", config=config)
    assert len(lines) == 7
    for name, found in [("BATCH_SIZE", "0"), ("BACKGROUND", "'pink'"), ("LABEL_REGEX", "'no group'"),
                        ("IMG_DIR", "'x'"), ("EPOCHS", "'many'")]:
        assert any(line.startswith(f"{name} = {found}: ") for line in lines), (name, lines)
    assert "DROPUOT: no such setting (did you mean DROPOUT?); config.py lists them all" in lines
    assert "--set oops: expected NAME=VALUE" in lines


@pytest.mark.parametrize("setting", ["IMG_DIR={folder}/raw_img/{{DATASET}}", "IMG_DIR=raw_img/{{DATASET}}/img",
                                     "DATA_DIR=linked", "RESULT_DIR=raw_img/{{DATASET}}/result"])
def test_no_folder_that_is_written_to_lies_among_the_photos(tmp_path, setting):
    (tmp_path / "raw_img" / "sample").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "raw_img" / "sample", target_is_directory=True)
    problem, = problems_of(setting.format(folder=tmp_path), root=tmp_path)
    assert problem.startswith(setting.partition("=")[0] + " = ") and "lies in RAW_IMG_DIR" in problem


@pytest.mark.parametrize("folder", ["raw_img", "."])
def test_prepared_photos_do_not_go_where_the_folder_of_originals_lies(tmp_path, folder):
    problem, = problems_of(f"IMG_DIR={folder}", root=tmp_path)
    assert problem.startswith(f"IMG_DIR = {folder!r}: RAW_IMG_DIR lies in it, where prepared photos may")
    assert len(problems_of(f"IMG_DIR={folder}", "DATA_DIR=raw_img/{DATASET}/data", root=tmp_path)) == 2


def test_photos_sorted_by_cluster_are_no_originals(tmp_path):
    (tmp_path / "result" / "sample" / "clusters").mkdir(parents=True)
    (tmp_path / "linked").symlink_to(tmp_path / "result" / "sample" / "clusters", target_is_directory=True)
    for folder in ("result/sample/clusters", "linked/0"):
        problem, = problems_of(f"RAW_IMG_DIR={folder}", root=tmp_path)
        assert problem.startswith(f"RAW_IMG_DIR = {folder!r}: ") and "which step 06 empties" in problem
    # Those that were put aside stay.
    load_settings(None, ["RAW_IMG_DIR=result/sample/clusters-1"], root=tmp_path)


def test_folders_beside_the_photos_and_above_them_may_be_written_to(tmp_path):
    load_settings(None, ["RAW_IMG_DIR=photos", "IMG_DIR=photos_prepared", "DATA_DIR=.", "RESULT_DIR=."], root=tmp_path)


def test_later_sources_win(tmp_path):
    config = write_config(tmp_path, "DATASET = 'shoes'\nBATCH_SIZE = 7\nEPOCHS = 3\n")
    settings = load_settings(config, ["BATCH_SIZE=8", "BATCH_SIZE=9"])
    assert (settings.DATASET, settings.EPOCHS, settings.BATCH_SIZE) == ("shoes", 3, 9)
    assert settings.BACKBONE == Settings().BACKBONE


def test_overrides_are_logged(caplog):
    with caplog.at_level("INFO", logger="imgcluster.configuring.config_file"):
        load_settings(None, ["NUM_CLUSTERS=12"], root=ROOT)
    assert caplog.messages == ["override: NUM_CLUSTERS = 12"]


@pytest.mark.parametrize("override, value", [
    ("NUM_CLUSTERS=None", None), ("NUM_CLUSTERS= 40 ", 40), ("SOM_GRID=(3, 4)", (3, 4)), ("SOM_GRID=[3, 4]", (3, 4)),
    ("DATASET=shoes", "shoes"), ("DATASET='shoes'", "shoes"), ("DATASET='2019'", "2019"), ("AUGMENT_FLIP=False", False),
    ("LEARNING_RATE=1e-4", 1e-4), ("DROPOUT=0", 0), ("DATASET=신발 'A', B", "신발 'A', B"),
    ("LABEL_REGEX=^([a-z]+=)", "^([a-z]+=)"),
    ("EXPORT_CLUSTERS=link", "link")])
def test_overrides_are_literals_or_plain_text(override, value):
    name = override.partition("=")[0]
    assert getattr(load_settings(None, [override], root=ROOT), name) == value


@pytest.mark.parametrize("value", ["{[1]: 2}", "-" * 100_000 + "1", "(" * 500 + ")" * 500], ids=range(3))
def test_values_that_python_cannot_read_are_text(value):
    with pytest.raises(UserError, match="^SOM_GRID = "):
        load_settings(None, [f"SOM_GRID={value}"], root=ROOT)


@pytest.mark.parametrize("name", ["shoes", "2019", "1e3", "Kleine Schuhe", "it's", "신발", "-x", "a=b"])
def test_the_arguments_shown_for_another_dataset_choose_it_in_a_shell(name):
    option, text = shlex.split(choose_dataset(name))
    assert option == "--set"
    assert load_settings(None, [text], root=ROOT).DATASET == name


def test_a_wrong_value_of_several_parts_is_shown_whole():
    [line] = problems_of("SOM_GRID=(0, 3)", root=ROOT)
    assert line.startswith("SOM_GRID = (0, 3): ")


def test_a_config_with_a_syntax_error_is_named(tmp_path):
    config = write_config(tmp_path, "DATASET = 'shoes'\nEPOCHS = = 3\n")
    [line] = problems_of(root=tmp_path)
    assert str(config) in line and "SyntaxError" in line and "line 2" in line


def test_a_config_that_fails_is_named(tmp_path):
    config = write_config(tmp_path, "DATASET = shoes\n")
    [line] = problems_of(config=config)
    assert str(config) in line and "name 'shoes' is not defined" in line


@pytest.mark.parametrize("text, words", [
    ("DATASET = shoes", 'line 2: .*texts stand in quotes: "shoes"'),
    ("LABELS_FROM = none", "line 2: .*; write None"), ("SAVE_MASKS = true", "line 2: .*; write True"),
    ("DATA_DIR = 'C:\\Users\\data'", r'line 2: .*write folders with /, as in "C:/photos"'),
    ("DATASET = {}['shop']", r"line 2: .*KeyError: 'shop'\); mend it"), ("EPOCHS = = 3", "line 2: .*; mend it")])
def test_of_frequent_slips_in_a_config_the_line_and_the_remedy_are_said(tmp_path, text, words):
    [line] = problems_of(config=write_config(tmp_path, f"EPOCHS = 3\n{text}\n"))
    assert re.search(words, line)


def test_a_config_that_was_asked_for_must_exist(tmp_path):
    assert problems_of(config=tmp_path / "none.py") == [f"--config {tmp_path / 'none.py'}: no such file"]
    assert problems_of(config=tmp_path) == [f"--config {tmp_path}: a folder; name the file of settings in it"]
    assert load_settings(root=tmp_path).model_dump() == Settings().model_dump()


def test_an_override_without_a_name_or_a_value_is_told_so():
    assert problems_of("=3", " = 3", "EPOCHS", root=ROOT) == [f"--set {text}: expected NAME=VALUE"
                                                              for text in ("=3", " = 3", "EPOCHS")]
    assert set(problems_of("DATASET=", "TRAIN_DATASET=", root=ROOT)) == {
        "DATASET = '': write at least one character", "TRAIN_DATASET = '': write at least one character or None"}
