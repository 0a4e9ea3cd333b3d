"""What later steps will need: named before the first one, all at once."""
import pytest

from imgcluster.configuring.config_file import load_settings
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.errors import UserError
from imgcluster.files import write_lines
from imgcluster.running.ahead import labels_changed, labels_to_learn, nothing_learnt, require_ahead
from imgcluster.wording import OWN_CLUSTERS


@pytest.fixture
def problems(tmp_path):
    """problems(overrides): the lines of what is missing."""
    def found(*overrides):
        try:
            require_ahead(load_settings(None, ["DATASET=new", *overrides], root=tmp_path))
        except UserError as error:
            return str(error).splitlines()
        return []
    return found


@pytest.mark.parametrize("setting", ["TRAIN_DATASET", "CALIBRATION_DATASET", "ASSIGN_TO"])
def test_a_dataset_that_is_nowhere_is_named_and_one_with_photos_or_files_is_not(problems, tmp_path, setting):
    [line] = problems(f"{setting}=nope")
    assert line.startswith(f"{setting} = 'nope': there is no such dataset") and str(tmp_path / "raw_img/nope") in line
    assert line.endswith(", or run_all.py") == (setting != "ASSIGN_TO"), "which runs no steps for that"
    for folder in ("raw_img/photos", "data/features"):
        (tmp_path / folder).mkdir(parents=True)
        assert problems(f"{setting}={folder.rpartition('/')[2]}") == []
    assert problems(f"{setting}=sample_train") == []


@pytest.mark.parametrize("name, meant", [("Shoe", "'shoes'"), ("none", "None"), ("Auto", '"auto"'), ("zzz", None)])
def test_the_name_that_was_meant_is_named(problems, tmp_path, name, meant):
    for folder in ("shoes", "bags"):
        (tmp_path / "raw_img" / folder).mkdir(parents=True)
    [line] = problems(f"CALIBRATION_DATASET={name}")
    assert ("did you mean" in line) == bool(meant) and (not meant or f"(did you mean {meant}?); correct" in line)


def test_a_name_is_meant_wherever_the_folders_of_datasets_are(problems, tmp_path):
    for folder in ("shops/shoes/raw", "runs/boots/data"):
        (tmp_path / folder).mkdir(parents=True)
    for wrong, meant in (("shoe", "shoes"), ("boot", "boots")):
        [line] = problems("RAW_IMG_DIR=shops/{DATASET}/raw", "DATA_DIR=runs/{DATASET}/data", f"TRAIN_DATASET={wrong}")
        assert f"(did you mean '{meant}'?)" in line


def test_a_dataset_to_be_placed_in_its_own_clusters_is_named_before_its_features_are_made(problems):
    [line] = problems("ASSIGN_TO=sample", "DATASET=sample")
    assert line == f"ASSIGN_TO = 'sample' {OWN_CLUSTERS}"


def test_settings_as_they_come_need_nothing(problems):
    assert problems() == problems("TRAIN_DATASET=None", "CALIBRATION_DATASET=None") == []


def test_missing_weights_files_are_named_until_a_network_was_made_of_them(problems, tmp_path):
    several = ["BACKBONE=['VGG16', 'VGG19', 'bundled']", "WEIGHTS=['a.h5', 'b.h5', 'imagenet']"]
    (tmp_path / "b.h5").touch()
    [line] = problems(*several)
    assert line.startswith(f"WEIGHTS = {str(tmp_path / 'a.h5')!r}: no such file")
    assert len(problems(*several, "ASSIGN_TO=nope", "CALIBRATION_DATASET=neither")) == 3
    many = [f"BACKBONE={['VGG16'] * 7}", f"WEIGHTS={[f'{name}.h5' for name in 'gcafcde']}"]
    assert [line.split(".h5")[0][-1] for line in problems(*many)] == list("gcafde")
    (tmp_path / "data/new").mkdir(parents=True)
    (tmp_path / "data/new/network.keras").touch()
    assert problems(*several) == [] and problems(*several, "TRAIN_DATASET=None") == [line]


@pytest.fixture
def source(tmp_path):
    """source(overrides): the settings for a dataset of two photos, of which nothing is there but their list."""
    write_lines(tmp_path / "data" / "new" / "img_paths.txt", ["a.jpg", "b.jpg"])

    def made(*overrides):
        settings = load_settings(None, ["DATASET=new", "TRAIN_DATASET=new", *overrides], root=tmp_path)
        return settings.for_dataset("new")
    return made


def test_labels_are_learned_where_they_are_and_missed_where_they_were_named(source, tmp_path):
    with pytest.raises(UserError, match="labels_true.txt is missing, though LABELS_FROM = 'folder'; run 00_make"):
        labels_to_learn(source("LABELS_FROM=folder"))
    assert labels_to_learn(source("LABELS_FROM=None")) is None
    write_labels(tmp_path / "data" / "new", "true", ["x", "y"])
    assert list(labels_to_learn(source("LABELS_FROM=folder"))) == ["x", "y"]
    assert labels_to_learn(source("LABELS_FROM=folder", "TRAIN_DATASET=auto")) is None  # nobody said to learn


def test_labels_change_with_their_file_alone(source, tmp_path):
    path, named = tmp_path / "labels.csv", "LABELS_FROM=labels.csv"
    write_labels(tmp_path / "data" / "new", "true", ["x", "y"])
    assert not labels_changed(source(named)) and not labels_changed(source("LABELS_FROM=folder"))
    for text, changed in (("a.jpg,x\nb.jpg,y\n", False), ("a.jpg,x\nb.jpg,z\n", True), ("a.jpg,x\n", True)):
        path.write_text("file,label\n" + text)
        assert labels_changed(source(named)) == changed, text


def test_why_nothing_is_learned_is_said_by_what_was_named(source):
    assert nothing_learnt(source("TRAIN_DATASET=auto"))[1].startswith("name a dataset of labelled photos")
    why, remedy = nothing_learnt(source("LABELS_FROM=None"))
    assert why.startswith("TRAIN_DATASET = 'new' has no true labels") and "TRAIN_LABELS_FROM" in remedy
