"""The order in which a run of all takes the steps."""
import json
import os
import shutil
from functools import partial

import pandas as pd
import pytest
from planned import ALL, finish, settings_in

from imgcluster.configuring.step_settings import of_step
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import read_lines, write_labels
from imgcluster.datafiles.records import PHOTOS, fingerprint, read_record, record_file, weights_digest, write_record
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_json, write_lines
from imgcluster.photos.photo_tables import LEDGER
from imgcluster.running.run_plan import look_ahead, plan


@pytest.fixture
def settings_of(tmp_path):
    return partial(settings_in, tmp_path)


def steps(dataset, *numbers):
    return [(dataset, number) for number in numbers]


def test_the_training_set_goes_first_but_for_a_look_at_the_photos(settings_of):
    training = steps("known", "00", "01", "02", "03")
    assert plan(settings_of(), "00", "06") == \
        steps("new", "00") + training + steps("new", "01", "03", "04", "05", "06")
    assert plan(settings_of(), "01", "03") == steps("new", "01") + training + steps("new", "03")
    assert plan(settings_of(), "02", "03") == training + steps("new", "03")


def test_nothing_is_learnt_from_photos_without_labels(settings_of):
    assert plan(settings_of("LABELS_FROM=None"), "00", "06") == steps("new", "00", "01", *ALL[3:])
    labelled = settings_of("LABELS_FROM=None", "TRAIN_LABELS_FROM=folder")
    assert plan(labelled, "00", "06")[1:5] == steps("known", "00", "01", "02", "03")


def test_fitting_to_the_photos_themselves_is_named_where_it_would_make_sense(settings_of, capsys):
    settings = settings_of("LABELS_FROM=None")
    plan(settings, "00", "06")
    assert "would fit the network to the photos themselves" in capsys.readouterr().out
    plan(settings_of("LABELS_FROM=None", "ASSIGN_TO=known"), "00", "06")
    assert "themselves" not in capsys.readouterr().out
    write_lines(settings.for_dataset("known").folder("DATA_DIR") / "network.keras", ["fitted"])
    plan(settings, "00", "06")
    assert "network that is there is used" in capsys.readouterr().out


@pytest.mark.parametrize("name, found", [("12_3.jpg", "filename"), ("boots/a.jpg", "folder")])
def test_a_dataset_to_train_on_whose_names_hold_labels_is_not_passed_over(settings_of, name, found):
    settings = settings_of("LABELS_FROM=None")
    write_lines(settings.for_dataset("known").folder("RAW_IMG_DIR") / name, ["no matter what"])
    with pytest.raises(UserError, match=f"no labels are known of it.*set TRAIN_LABELS_FROM = '{found}' to learn"):
        plan(settings, "00", "06")
    # A network that is there is used, whatever it was made from.
    write_lines(settings.for_dataset("known").folder("DATA_DIR") / "network.keras", ["fitted"])
    assert plan(settings, "00", "06") == steps("new", "00", "01", *ALL[3:])


def test_one_without_labels_in_its_names_is(settings_of, capsys):
    settings = settings_of("LABELS_FROM=None")
    write_lines(settings.for_dataset("known").folder("RAW_IMG_DIR") / "a.jpg", ["no matter what"])
    plan(settings, "00", "06")
    assert "TRAIN_LABELS_FROM" not in capsys.readouterr().out


def test_the_drawn_photos_to_train_on_are_known_to_have_labels(settings_of):
    with pytest.raises(UserError, match="TRAIN_LABELS_FROM = 'filename'"):
        plan(settings_of("LABELS_FROM=None", "TRAIN_DATASET=sample_train"), "00", "06")


@pytest.mark.parametrize("labels_from", ["filename", None])
def test_auto_fits_the_network_to_the_photos_themselves_and_once(settings_of, labels_from):
    settings = settings_of("TRAIN_DATASET=auto", f"LABELS_FROM={labels_from}")
    assert plan(settings, "00", "06") == steps("new", *ALL)
    finish(settings, "new", "00", "01", "02")
    assert plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    # One that was trained on their labels is another network.
    assert ("new", "02") in plan(settings_of("TRAIN_DATASET=new"), "00", "06") or labels_from is None


def test_another_file_of_weights_makes_another_network(settings_of, tmp_path):
    (tmp_path / "w.weights.h5").write_bytes(b"one")
    settings = settings_of("TRAIN_DATASET=auto", f"WEIGHTS={tmp_path / 'w.weights.h5'}", "BACKBONE=MobileNetV2")
    finish(settings, "new", "00", "01", "02")
    data_dir = settings.folder("DATA_DIR")
    record = {**read_json(data_dir / "made_by_02.json"), "weights": weights_digest(settings.weights())}
    write_json(data_dir / "made_by_02.json", record)
    assert ("new", "02") not in plan(settings, "00", "06")
    (tmp_path / "w.weights.h5").write_bytes(b"two")
    assert ("new", "02") in plan(settings, "00", "06")


def test_auto_takes_the_network_of_the_photos_that_were_clustered_before(settings_of, capsys):
    settings = settings_of("TRAIN_DATASET=auto", "ASSIGN_TO=week1")
    assert plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    assert "the network of week1 is used as it is" in capsys.readouterr().out


def test_where_other_photos_have_their_labels_trains_nothing_anew(settings_of):
    finish(settings_of(), "known", "00", "01", "02", "03")
    changed = settings_of("LABELS_FROM=None", "TRAIN_LABELS_FROM=filename")
    assert plan(changed, "00", "06")[0] == ("new", "00")


def test_a_trained_network_is_not_trained_again(settings_of, capsys):
    settings = settings_of()
    finish(settings, "known", "00", "01", "02", "03")
    assert plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    assert "the network of known is up to date" in capsys.readouterr().out


def test_features_of_the_training_set_are_made_where_only_they_are_missing(settings_of):
    settings = settings_of()
    finish(settings, "known", "00", "01", "02")
    assert plan(settings, "00", "06") == \
        steps("new", "00") + steps("known", "03") + steps("new", "01", "03", "04", "05", "06")


@pytest.mark.parametrize("calibration", ["auto", "other"])
def test_features_older_than_the_network_are_made_anew(settings_of, photo, calibration):
    # Step 02 ran by itself since: step 04 could not compare them.
    settings = settings_of(f"CALIBRATION_DATASET={calibration}")
    photo("other", "1_1.jpg")
    finish(settings, "known", "00", "01", "02", "03")
    finish(settings, "other", "00", "01", "03")
    source = "known" if calibration == "auto" else "other"
    network, record = (settings.for_dataset(name).folder("DATA_DIR") / file
                       for name, file in (("known", "network.keras"), (source, "made_by_03.json")))
    write_lines(network, ["trained"])
    for since, anew in ((-10**9, False), (10**9, True)):
        changed = record.stat().st_mtime_ns + since
        os.utime(network, ns=(changed, changed))
        assert ((source, "03") in plan(settings, "00", "06")) == anew


@pytest.mark.parametrize("override", ["EPOCHS=3", "BACKBONE=MobileNetV2", "RANDOM_SEED=5", "BACKGROUND=white",
                                      "LABELS_FROM=folder"])
def test_other_settings_train_the_network_anew(settings_of, override):
    finish(settings_of(), "known", "00", "01", "02", "03")
    assert plan(settings_of(override), "00", "06")[1:5] == steps("known", "00", "01", "02", "03")


@pytest.mark.parametrize("then, now", [
    (["LABELS_FROM=folder"], "LABEL_REGEX=(.)"), (["LOSS=contrastive"], "CLASS_WEIGHTS=False"),
    (["LOSS=softmax"], "IMGS_PER_MODEL_IN_BATCH=4"), (["HOLDOUT_MODELS=0"], "TRAIN_ON_ALL=False"),
    (["CROP_TO_PRODUCT=False"], "BACKGROUND_METHOD=none"),
    (["BACKGROUND_METHOD=none"], "MAX_OBJECTS=3"), ([], "USE_FINE_TUNED=True")])
def test_a_setting_that_another_leaves_without_a_part_makes_nothing_anew(settings_of, then, now):
    finish(settings_of(*then), "known", "00", "01", "02", "03")
    assert {dataset for dataset, _ in plan(settings_of(*then, now), "00", "06")} == {"new"}


def test_records_that_hold_settings_without_a_part_hold_still(settings_of):
    settings = settings_of("LABELS_FROM=folder")
    finish(settings, "known", "00", "01", "02", "03")
    for number, more in (("00", {"LABEL_REGEX": "(x)"}), ("02", {"CLASS_WEIGHTS": False})):
        path = settings.for_dataset("known").folder("DATA_DIR") / f"made_by_{number}.json"
        record = read_json(path)
        assert not more.keys() & record["settings"].keys()
        write_json(path, {**record, "settings": record["settings"] | more})
    assert {dataset for dataset, _ in plan(settings, "00", "06")} == {"new"}


def test_what_is_fitted_without_labels_is_not_fitted_anew_for_settings_of_training(settings_of):
    finish(settings_of("TRAIN_DATASET=auto"), "new", "00", "01", "02")
    planned = partial(plan, first="00", last="06")
    assert ("new", "02") not in planned(settings_of("TRAIN_DATASET=auto", "EPOCHS=3", "RESIZE_MODE=crop"))
    assert ("new", "02") in planned(settings_of("TRAIN_DATASET=auto", "POOLING=avg"))


def test_no_regex_makes_other_labels_of_folders_or_of_the_sample(settings_of):
    regex = "LABEL_REGEX=^(..)"
    assert "LABEL_REGEX" in of_step(settings_of(regex), "00")
    assert "LABEL_REGEX" not in of_step(settings_of(regex).for_dataset("sample"), "00")
    assert "LABEL_REGEX" not in of_step(settings_of("LABELS_FROM=folder", regex), "00")


def test_settings_of_later_steps_do_not(settings_of):
    finish(settings_of(), "known", "00", "01", "02", "03")
    planned = plan(settings_of("SOM_EPOCHS=3", "NUM_CLUSTERS=9", "MAX_SHEETS=1"), "00", "06")
    assert {dataset for dataset, _ in planned} == {"new"}


def test_changed_photos_or_a_lost_network_train_anew(settings_of):
    settings = settings_of()
    data_dir = settings.for_dataset("known").folder("DATA_DIR")
    finish(settings, "known", "00", "01", "02", "03")
    (data_dir / "output_of_02").unlink()
    assert ("known", "02") in plan(settings, "00", "06")
    finish(settings, "known", "02")
    assert ("known", "02") not in plan(settings, "00", "06")
    write_lines(data_dir / "output_of_00", ["other photos"])
    assert ("known", "02") in plan(settings, "00", "06")


def interrupt(settings, dataset, number):
    """Leave what a step leaves that was interrupted."""
    source = settings.for_dataset(dataset)
    write_record(source.folder("DATA_DIR"), number, settings=of_step(source, number), outputs=[], inputs=[],
                 complete=False)


@pytest.mark.parametrize("number", ["00", "01"])
def test_photos_that_an_interrupted_step_left_train_anew(settings_of, number):
    settings = settings_of()
    finish(settings, "known", "00", "01", "02", "03")
    interrupt(settings, "known", number)
    assert plan(settings, "00", "06")[1:5] == steps("known", "00", "01", "02", "03")


@pytest.mark.parametrize("change", ["BACKGROUND=white", "MAX_OBJECTS=3", "interrupted"])
def test_known_products_that_are_not_prepared_as_the_photos_are_prepared_anew(settings_of, photo, change):
    calibrated = partial(settings_of, "CALIBRATION_DATASET=other", "TRAIN_DATASET=None")
    finish(calibrated(), "other", "00", "01", "03")
    photo("other", "1_1.jpg")
    assert ("other", "03") not in plan(calibrated(), "00", "06")
    if change == "interrupted":
        interrupt(calibrated(), "other", "01")
    settings = calibrated() if change == "interrupted" else calibrated(change)
    planned = plan(settings, "00", "06")
    assert planned[1:3] == steps("other", "00", "01") and ("other", "03") in planned


@pytest.mark.parametrize("step", ["02", "03"])
def test_what_was_made_of_photos_prepared_otherwise_is_made_anew(settings_of, step):
    settings, otherwise = settings_of(), settings_of("NORMALIZE_CONTRAST=True")
    finish(settings, "known", "00", "01", "02", "03")
    record = record_file(settings.data_dir_of("known"), step)
    write_json(record, {**read_json(record), "prepared": of_step(settings.for_dataset("known"), "01")})
    assert plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")
    # Somebody ran step 01 of it alone.
    finish(otherwise, "known", "01")
    assert ("known", step) in plan(otherwise, "00", "06")


@pytest.fixture
def photo(settings_of):
    """photo(dataset, name, content, seen=True): put a file into a dataset, before or after step 01 has seen it."""
    def put(dataset, name, content="1", seen=True):
        source = settings_of().for_dataset(dataset)
        path, ledger = source.folder("RAW_IMG_DIR") / name, source.folder("DATA_DIR") / LEDGER
        write_lines(path, [content])
        if seen:
            status = path.stat()
            write_lines(ledger, [*(read_lines(ledger) if ledger.exists() else ()), json.dumps(
                {"file": name, "stamp": [1, status.st_size, status.st_mtime_ns, {}]})])
    return put


@pytest.mark.parametrize("train", ["known", "new"])
def test_photos_that_came_since_train_the_network_anew(settings_of, photo, capsys, train):
    settings = settings_of(f"TRAIN_DATASET={train}")
    finish(settings, train, "00", "01", "02", "03")
    photo(train, "1_1.jpg")
    assert (train, "02") not in plan(settings, "00", "06")
    photo(train, "1_2.jpg", seen=False)
    capsys.readouterr()
    assert [number for name, number in plan(settings, "00", "06") if name == train][:4] == ["00", "01", "02", "03"]
    said = capsys.readouterr().out
    assert f"photos or labels of {train} changed since its network was made\n" in said and "up to date" not in said
    for name, placed_on in (("week2", train), ("week3", "week2")):
        write_json(settings.data_dir_of(name) / "cluster_count.json", {"assigned_to": placed_on})
    plan(settings, "00", "06")
    assert "made. With the next one, run steps 03 and 04 again for week2 and week3, too" in capsys.readouterr().out
    # Without the steps that look at photos the network would be the same again.
    assert ((train, "02") in plan(settings, "02", "06")) == (train == "known")


def test_photos_renamed_since_leave_a_network_that_was_fitted_without_labels(settings_of, photo):
    settings = settings_of("TRAIN_DATASET=new", "LABELS_FROM=None")
    data_dir = settings.folder("DATA_DIR")
    finish(settings, "new", "00", "01", "02", "03")

    def see(*photos):
        write_lines(data_dir / "img_paths.txt", [name for name, _ in photos])
        write_table(data_dir / "photos.csv", pd.DataFrame(photos, columns=["file", "digest"]))

    record = {**read_record(data_dir, "02"), "inputs": {}, "digests": ["one", "two"]}
    write_json(record_file(data_dir, "02"), record)
    for photos, anew in (([("a.jpg", "one"), ("b.jpg", "two")], False), ([("b.jpg", "one"), ("c.jpg", "two")], False),
                         ([("d/c.jpg", "two"), ("b.jpg", "one")], False), ([("a.jpg", "one")], True),
                         ([("a.jpg", "one"), ("b.jpg", "one")], True)):
        see(*photos)
        assert (("new", "02") in plan(settings, "00", "06")) == anew
    (data_dir / "img_paths.txt").unlink()
    assert ("new", "02") in plan(settings, "00", "06")
    # A network that learnt labels by the photos' names is another with other names.
    see(("b.jpg", "one"), ("c.jpg", "two"))
    inputs = {name: fingerprint(data_dir / name) for name in PHOTOS}
    write_json(record_file(data_dir, "02"), {**record, "inputs": inputs})
    assert ("new", "02") not in plan(settings, "00", "06")
    see(("c.jpg", "one"), ("b.jpg", "two"))
    assert ("new", "02") in plan(settings, "00", "06")


@pytest.mark.parametrize("change, words", [
    (lambda settings, data_dir: "LOSS='center'", "settings are others than then (LOSS: 'contrastive' -> 'center')"),
    (lambda settings, data_dir: (data_dir / "output_of_02").unlink(), "not all of its files are in "),
    (lambda settings, data_dir: write_lines(data_dir / "output_of_00", ["others"]), "photos or labels of known "),
    (lambda settings, data_dir: write_json(record_file(data_dir, "01"), {"complete": False}), "photos of known are ")])
def test_why_a_network_is_made_anew_is_told(settings_of, capsys, change, words):
    settings = settings_of()
    plan(settings, "00", "06")
    assert "made anew" not in capsys.readouterr().out  # there is none yet
    finish(settings, "known", "00", "01", "02", "03")
    override = change(settings, settings.data_dir_of("known"))
    plan(settings_of(*[override] * isinstance(override, str)), "00", "06")
    assert f"02_finetune_network: made anew, as {words}" in capsys.readouterr().out


@pytest.mark.parametrize("first", ["00", "01", "02", "04"])
def test_photos_that_came_since_are_told_of_where_no_step_will_see_them(settings_of, photo, capsys, first):
    settings = settings_of("TRAIN_DATASET=None")
    photo("new", "1_1.jpg")
    plan(settings, first, "06")
    assert "came, left or changed" not in capsys.readouterr().out
    photo("new", "1_2.jpg", seen=False)
    plan(settings, first, "06")
    assert ("photos of new came, left or changed" in capsys.readouterr().out) == (first > "01")


def test_other_labels_in_the_same_file_train_the_network_anew(settings_of, photo):
    settings = settings_of("TRAIN_LABELS_FROM=labels.csv")
    known, table = settings.for_dataset("known"), settings.resolve("labels.csv")
    finish(settings, "known", "00", "01", "02", "03")
    photo("known", "a.jpg")
    write_lines(known.folder("DATA_DIR") / "img_paths.txt", ["a.jpg"])
    write_labels(known.folder("DATA_DIR"), "true", ["boot"])
    trains = partial(plan, settings, "00", "06")
    assert ("known", "02") not in trains()
    for line, anew in (("a.jpg,boot", False), ("a.jpg,shoe", True), ("b.jpg,boot", True)):
        write_lines(table, ["file,label", line])
        assert (("known", "02") in trains()) == anew


def test_without_a_training_set_every_step_runs_once(settings_of):
    assert plan(settings_of("TRAIN_DATASET=None"), "00", "06") == steps("new", *ALL)


def test_a_dataset_that_is_its_own_training_set_runs_once(settings_of):
    settings = settings_of("TRAIN_DATASET=new")
    assert plan(settings, "00", "06") == steps("new", *ALL)
    finish(settings, "new", "00", "01", "02")
    assert plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")


def test_a_network_is_fitted_to_the_photos_themselves_without_labels_and_once(settings_of):
    settings = settings_of("TRAIN_DATASET=new", "LABELS_FROM=None")
    assert plan(settings, "00", "06") == steps("new", *ALL)
    finish(settings, "new", "00", "01", "02")
    assert plan(settings, "00", "06") == steps("new", "00", "01", "03", "04", "05", "06")


@pytest.mark.parametrize("trained", [True, False])
def test_a_part_that_does_not_reach_training_trains_nothing(settings_of, trained):
    settings = settings_of()
    if trained:
        finish(settings, "known", "00", "01", "02", "03")
    assert plan(settings, "03", "05") == steps("new", "03", "04", "05")
    assert plan(settings, "00", "01") == steps("new", "00", "01")
    assert plan(settings, "04", "04") == steps("new", "04")


def looked_ahead(settings, first, last="06"):
    look_ahead(settings, plan(settings, first, last))


def test_known_products_that_the_run_does_not_make_are_missed_before_any_step(settings_of):
    settings = settings_of("CALIBRATION_DATASET=known")
    data_dir = settings.for_dataset("known").folder("DATA_DIR")
    settings.for_dataset("known").folder("RAW_IMG_DIR").mkdir(parents=True)
    looked_ahead(settings, "00")
    looked_ahead(settings, "03", "03")
    unlabelled = settings_of("CALIBRATION_DATASET=known", "LABELS_FROM=None")
    for case, first in ((settings, "03"), (settings, "04"), (unlabelled, "00")):
        with pytest.raises(UserError, match="CALIBRATION_DATASET = 'known': .*features.npy is missing"):
            looked_ahead(case, first)
    write_lines(data_dir / "features.npy", ["no matter what"])
    with pytest.raises(UserError, match="CALIBRATION_DATASET = 'known': .*no labels_true.txt"):
        looked_ahead(unlabelled, "00")
    write_lines(data_dir / "labels_true.txt", ["a"])
    looked_ahead(settings, "03")
    looked_ahead(unlabelled, "00")


def test_photos_placed_last_time_that_would_be_clustered_anew_are_told_before_minutes_of_work(settings_of, capsys):
    settings = settings_of("TRAIN_DATASET=None")
    write_json(settings.folder("DATA_DIR") / "cluster_count.json", {"assigned_to": "woche 1"})
    look_ahead(settings, steps("new", "03", "04"))  # there is no such dataset any more
    write_lines(settings.data_dir_of("woche 1") / "labels_pred.txt", ["0"])
    look_ahead(settings, steps("new", "04", "05"))  # step 04 itself says it
    look_ahead(settings, steps("new", "01", "03"))
    assert capsys.readouterr().err == ""
    look_ahead(settings, steps("new", "03", "04"))
    assert 'were placed in the clusters of \'woche 1\' last time' in (said := capsys.readouterr().err)
    assert said.rstrip().endswith('to place them again: the same with --set "ASSIGN_TO=woche 1"')


def test_lines_that_say_not_which_clusters_they_are_of_are_told_before_minutes_of_work(settings_of):
    settings = settings_of("TRAIN_DATASET=None")
    data_dir = settings.folder("DATA_DIR")
    write_json(data_dir / "cluster_count.json", {"clustering_id": "b"})
    write_json(data_dir / "made_by_06.json", {"clustering_id": "a"})
    write_lines(data_dir / "corrections.csv", ["action,file,cluster,value", "name,,5,Soja"])
    look_ahead(settings, steps("new", "03", "04"))
    write_lines(settings.folder("RESULT_DIR") / "report.html", [])
    look_ahead(settings, steps("new", "03"))
    with pytest.raises(UserError, match="line 2 does not say"):
        look_ahead(settings, steps("new", "03", "04"))


def test_clusters_found_without_their_own_labels_ask_for_none(settings_of):
    looked_ahead(settings_of("CALIBRATION_DATASET=new"), "04")


def test_more_clusters_than_photos_are_refused_before_any_step(settings_of, photo):
    settings, few = (settings_of(f"NUM_CLUSTERS={number}", "TRAIN_DATASET=None") for number in (3, 2))
    looked_ahead(settings, "00")
    for number in range(2):
        photo("new", f"1_{number}.jpg")
    looked_ahead(few, "00")
    looked_ahead(settings, "00", "03")
    with pytest.raises(UserError, match="NUM_CLUSTERS = 3, but there are 2 photos: 1 to 2 possible"):
        looked_ahead(settings, "00")
    # Step 04, which says so itself, may have features of one's own.
    looked_ahead(settings, "04")


@pytest.mark.parametrize("left", [1, 0])
def test_where_no_step_looks_at_the_folder_of_photos_those_listed_before_are_counted(settings_of, photo, left):
    enough, too_many = (settings_of(f"NUM_CLUSTERS={number}", "TRAIN_DATASET=None") for number in (3, 4))
    enough.folder("RAW_IMG_DIR").mkdir(parents=True)
    for number in range(left):
        photo("new", f"1_{number}.jpg")
    looked_ahead(too_many, "03")  # nothing is listed, as step 03 will say
    write_lines(enough.folder("DATA_DIR") / "img_paths.txt", [f"1_{number}.jpg" for number in range(3)])
    for first in ("02", "03"):
        looked_ahead(enough, first)
        with pytest.raises(UserError, match="NUM_CLUSTERS = 4, but there are 3 photos"):
            looked_ahead(too_many, first)
    with pytest.raises(UserError, match="there is 1 photo: 1 to 1 possible" if left else "is empty: put photos"):
        looked_ahead(enough, "01")


def test_known_products_are_prepared_by_the_network_of_the_run(settings_of, photo):
    photo("other", "1_1.jpg")
    calibrated = partial(settings_of, "CALIBRATION_DATASET=other")
    # What is wrong with its photos or labels is found before minutes of training.
    assert plan(calibrated("TRAIN_DATASET=auto"), "00", "06") == steps("new", "00") + steps("other", "00", "01") + \
        steps("new", "01", "02") + steps("other", "03") + steps("new", *ALL[3:])
    assert plan(calibrated("TRAIN_DATASET=new"), "00", "06") == plan(calibrated("TRAIN_DATASET=auto"), "00", "06")
    assert plan(calibrated(), "00", "06") == \
        steps("new", "00") + steps("other", "00", "01") + steps("known", "00", "01", "02", "03") + \
        steps("new", "01") + steps("other", "03") + steps("new", *ALL[3:])
    for part in (("00", "03"), ("04", "06")):
        assert ("other", "03") not in plan(calibrated(), *part)
    assert ("other", "03") not in plan(calibrated("ASSIGN_TO=week1"), "02", "04")
    assert plan(calibrated("DATASET=other"), "03", "04") == steps("other", "03", "04")


def test_known_products_that_are_up_to_date_are_not_prepared_anew(settings_of, photo):
    settings = settings_of("CALIBRATION_DATASET=other", "TRAIN_DATASET=None", "TRAIN_LABELS_FROM=labels.csv")
    other, table = settings.for_dataset("other"), settings.resolve("labels.csv")
    finish(settings, "other", "00", "01", "03")
    photo("other", "a.jpg")
    write_lines(other.folder("DATA_DIR") / "img_paths.txt", ["a.jpg"])
    write_labels(other.folder("DATA_DIR"), "true", ["boot"])
    write_lines(table, ["file,label", "a.jpg,boot"])

    def prepares(settings):
        return ("other", "03") in plan(settings, "00", "06")

    assert not prepares(settings)
    finish(settings_of(), "known", "00", "01", "02", "03")
    trained = settings_of("CALIBRATION_DATASET=other", "TRAIN_LABELS_FROM=labels.csv", "EPOCHS=3")
    finish(trained, "other", "00", "01", "03")
    assert prepares(trained), "the network is to be trained anew"
    finish(settings, "other", "03")
    write_lines(table, ["file,label", "a.jpg,shoe"])
    assert prepares(settings)
    write_lines(table, ["file,label", "a.jpg,boot"])
    assert not prepares(settings)
    photo("other", "b.jpg", seen=False)
    assert prepares(settings)


def test_what_is_not_done_about_known_products_is_said(settings_of, photo, capsys):
    settings = settings_of("CALIBRATION_DATASET=other", "TRAIN_DATASET=None")
    finish(settings, "other", "00", "01", "03")
    photo("other", "1_1.jpg")

    def said(*steps):
        capsys.readouterr()
        plan(settings, *steps)
        return capsys.readouterr().out

    assert said("00", "06") == "labels, photos and features of other are up to date\n\n"
    assert said("04", "06") == said("00", "03") == ""
    photo("other", "1_2.jpg", seen=False)
    assert "photos of other came, left or changed since step 01 saw them; from step 04 on" in said("04", "06")
    assert said("00", "06") == ""
    shutil.rmtree(settings.for_dataset("other").folder("RAW_IMG_DIR"))
    assert "raw_img/other is missing: what was made of the photos of other before is used" in said("00", "06")


def test_known_products_without_labels_are_prepared_no_more_than_without_photos(settings_of, photo):
    settings = settings_of("CALIBRATION_DATASET=other", "TRAIN_DATASET=None", "LABELS_FROM=None")
    assert plan(settings_of("CALIBRATION_DATASET=other", "TRAIN_DATASET=None"), "00", "06") == steps("new", *ALL)
    photo("other", "no label.jpg")
    assert plan(settings, "00", "06") == steps("new", *ALL)
    (settings.for_dataset("other").folder("RAW_IMG_DIR") / "no label.jpg").rename(
        settings.for_dataset("other").folder("RAW_IMG_DIR") / "1_1.jpg")
    with pytest.raises(UserError, match="CALIBRATION_DATASET = 'other': no labels are known.*'filename' to learn"):
        plan(settings, "00", "06")


def test_known_products_that_nobody_asked_for_may_be_missing(settings_of):
    settings = settings_of()
    settings.for_dataset("known").folder("RAW_IMG_DIR").mkdir(parents=True)
    looked_ahead(settings, "03")


def test_training_alone(settings_of):
    assert plan(settings_of(), "02", "02") == steps("known", "00", "01", "02", "03")
    assert plan(settings_of("TRAIN_DATASET=None"), "02", "02") == steps("new", "02")


def test_a_training_set_in_the_same_folder_is_refused(settings_of):
    with pytest.raises(UserError, match="would share a folder"):
        plan(settings_of("DATA_DIR=here"), "00", "06")
