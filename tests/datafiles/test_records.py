"""Records: what made the files is noted, and changes are noticed."""
import hashlib

import numpy as np
import pytest

from imgcluster import files
from imgcluster.datafiles import artefacts, records

SETTINGS = {"RANDOM_SEED": 0, "SOM_GRID": (3, 4), "WEIGHTS": None}


@pytest.fixture
def recorded(data_dir):
    """The same dataset after step 04, with its record."""
    artefacts.write_labels(data_dir, "pred", [0, 1, 0, 1])
    records.write_record(data_dir, "04", settings=SETTINGS, outputs=["labels_pred.txt", "labels_pred.npy"],
                           inputs=[data_dir / "features.npy", data_dir / "labels_true.txt"], trained_on=None)
    return data_dir


def test_a_record_says_what_made_the_files(recorded):
    record = files.read_json(recorded / "made_by_04.json")
    assert record["step"] == "04" and record["trained_on"] is None
    assert record["outputs"] == ["labels_pred.txt", "labels_pred.npy"]
    assert record["versions"]["numpy"] == np.__version__
    assert record["inputs"]["features.npy"] == records.fingerprint(recorded / "features.npy") != ""


def test_what_was_just_made_is_up_to_date(recorded):
    assert records.is_up_to_date(recorded, "04", SETTINGS)
    assert records.changed_settings(recorded, "04", SETTINGS) == []


def test_a_changed_setting_is_noticed(recorded):
    changed = {**SETTINGS, "SOM_GRID": (3, 5)}
    assert not records.is_up_to_date(recorded, "04", changed)
    assert records.changed_settings(recorded, "04", changed) == ["SOM_GRID: [3, 4] -> [3, 5]"]


def test_a_setting_that_came_is_noticed_and_one_that_plays_no_part_any_more_is_not_asked_for(recorded):
    assert not records.is_up_to_date(recorded, "04", {**SETTINGS, "NEW": 1})
    assert records.is_up_to_date(recorded, "04", {"SOM_GRID": SETTINGS["SOM_GRID"]})


@pytest.mark.parametrize("name", ["labels_pred.txt", "labels_pred.npy"])
def test_a_missing_output_is_noticed(recorded, name):
    (recorded / name).unlink()
    assert not records.is_up_to_date(recorded, "04", SETTINGS)


def test_a_changed_input_is_noticed(recorded):
    features = np.load(recorded / "features.npy")
    features[3, 1] += 1
    np.save(recorded / "features.npy", features)
    assert not records.is_up_to_date(recorded, "04", SETTINGS)


@pytest.mark.parametrize("come", [True, False])
def test_an_input_that_came_or_went_is_noticed(recorded, come):
    if come:
        files.write_lines(recorded / "labels_true.txt", "abab")
    else:
        (recorded / "features.npy").unlink()
    assert not records.is_up_to_date(recorded, "04", SETTINGS)


def test_a_step_that_never_ran_is_not_up_to_date(data_dir):
    assert not records.is_up_to_date(data_dir, "04", SETTINGS)
    assert records.changed_settings(data_dir, "04", SETTINGS) == []


@pytest.mark.parametrize("several", [False, True])
def test_weights_that_were_replaced_are_noticed_and_those_that_are_gone_not_missed(tmp_path, several):
    path = tmp_path / "w.weights.h5"
    path.write_bytes(b"one")
    weights = ["imagenet", path, None] if several else path
    assert not records.weights_replaced(tmp_path, weights)  # nothing is known
    records.write_record(tmp_path, "02", settings={}, outputs=[], weights=records.weights_digest(weights))
    assert not records.weights_replaced(tmp_path, weights)
    path.write_bytes(b"two")
    assert records.weights_replaced(tmp_path, weights)
    path.unlink()
    assert not records.weights_replaced(tmp_path, weights) and not records.weights_replaced(tmp_path, None)


def test_inputs_that_came_changed_or_went_are_named_and_unknown_ones_are_not(tmp_path):
    for name in ("a.npy", "b.npy", "c.npy"):
        (tmp_path / name).write_bytes(name.encode())
    assert records.changed_inputs(tmp_path, "04") == []
    records.write_record(tmp_path, "04", settings={}, outputs=[], inputs=[tmp_path / f"{name}.npy" for name in "abcde"])
    assert records.changed_inputs(tmp_path, "04") == []
    (tmp_path / "a.npy").write_bytes(b"other")
    (tmp_path / "c.npy").unlink()
    (tmp_path / "d.npy").write_bytes(b"new")
    assert records.changed_inputs(tmp_path, "04") == ["a.npy", "c.npy", "d.npy"]


def test_of_what_step_01_saw_in_photos_their_names_and_content_alone_count(tmp_path):
    def noted(text):
        (tmp_path / "photos.csv").write_text(text)
        return records.fingerprint(tmp_path / "photos.csv")

    first = noted("file,share,digest\na.jpg,0.5,12\nb.jpg,1.0,34\n")
    assert noted("file,share,digest,warnings\na.jpg,0.4,12,dark\nb.jpg,0.9,34,\n") == first
    others = {noted("file,share,digest\na.jpg,0.5,12\nb.jpg,1.0,35\n"), noted("file,share,digest\na.jpg,0.5,12\n"),
              noted("file,share,digest\na.jpg,0.5,12\nc.jpg,1.0,34\n"), noted("file,share\na.jpg,0.5\nb.jpg,1.0\n")}
    assert len({*others, first, ""}) == 6
    # Earlier records have the digest of all of it.
    noted("file,share,digest\na.jpg,0.5,12\n")
    files.write_json(tmp_path / "made_by_02.json", {"step": "02", "outputs": [], "settings": {}, "inputs": {
        "photos.csv": hashlib.sha256((tmp_path / "photos.csv").read_bytes()).hexdigest()[:16]}})
    assert records.is_up_to_date(tmp_path, "02", {}) and records.changed_inputs(tmp_path, "02") == []
    noted("file,share,digest\na.jpg,0.5,13\n")
    assert not records.is_up_to_date(tmp_path, "02", {}) and records.changed_inputs(tmp_path, "02") == ["photos.csv"]
    (tmp_path / "photos.csv").write_bytes(b"\xff\xfe")
    assert records.fingerprint(tmp_path / "photos.csv") not in {*others, first, ""}


def test_photos_are_prepared_otherwise_where_they_look_otherwise(tmp_path):
    def prepared(**changes):
        settings = {"BACKGROUND": "keep", "CROP_TO_PRODUCT": False, "MAX_IMG_SIDE": 512, "MAX_PIXELS": 9, **changes}
        records.write_record(tmp_path, "01", settings=settings, outputs=[])
        return settings

    assert records.prepared_with(tmp_path) is None and not records.prepared_otherwise(tmp_path, "03")
    for noted in (prepared(), records.prepared_with(tmp_path)):  # earlier records have all settings
        records.write_record(tmp_path, "03", settings={}, outputs=[], prepared=noted)
        for same in ({}, {"MAX_PIXELS": 8}, {"BACKGROUND_METHOD": "contours"}, {"MIN_PRODUCT_SHARE": 0.1}):
            prepared(**same)
            assert not records.prepared_otherwise(tmp_path, "03"), same
        for other in ({"MAX_IMG_SIDE": 256}, {"BACKGROUND": "white"}, {"CROP_TO_PRODUCT": "plain"}):
            prepared(**other)
            assert records.prepared_otherwise(tmp_path, "03"), other
    prepared(BACKGROUND="white", BACKGROUND_METHOD="contours")
    records.write_record(tmp_path, "03", settings={}, outputs=[], prepared=records.prepared_with(tmp_path))
    prepared(BACKGROUND="white", BACKGROUND_METHOD="grabcut")
    assert records.prepared_otherwise(tmp_path, "03")


def test_what_photos_would_look_like_otherwise_is_told_by_setting(tmp_path):
    settings = {"BACKGROUND": "keep", "CROP_TO_PRODUCT": "plain", "MAX_IMG_SIDE": 512}

    def changed(**others):
        return records.changed_preparation(tmp_path, "03", settings | others)

    assert changed(BACKGROUND="white") == []  # nothing says what step 03 saw
    records.write_record(tmp_path, "01", settings=settings | {"MAX_IMG_SIDE": 256}, outputs=[])
    assert changed() == ["MAX_IMG_SIDE: 256 -> 512"]  # as earlier versions noted nothing of their own
    records.write_record(tmp_path, "03", settings={}, outputs=[], prepared=settings)
    assert changed() == changed(MAX_PIXELS=8) == changed(BACKGROUND_METHOD="contours") == []
    assert changed(BACKGROUND="white", MAX_IMG_SIDE=99) == ["BACKGROUND: 'keep' -> 'white'", "MAX_IMG_SIDE: 512 -> 99"]


def test_a_step_is_interrupted_between_its_beginning_and_its_end(recorded):
    assert not records.was_interrupted(recorded, "04") and not records.was_interrupted(recorded, "05")
    records.write_record(recorded, "05", settings={}, outputs=[], complete=False)
    assert records.was_interrupted(recorded, "05")
    records.write_record(recorded, "05", settings={}, outputs=[])
    assert not records.was_interrupted(recorded, "05")
