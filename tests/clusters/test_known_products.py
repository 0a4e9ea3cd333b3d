"""Known products: read with their labels, in features that both they and the new photos have."""
import numpy as np
import pytest

from imgcluster.clusters.known_products import Known, doubt, evidence, known_for, read_known
from imgcluster.datafiles.artefacts import read_features
from imgcluster.errors import UserError
from imgcluster.files import write_array, write_json
from imgcluster.structure.kinship import LEAST_KINSHIP

TRAINED = {"trained_on": "known", "network_file": "a"}


def dataset(folder, *, width=6, record=TRAINED, before=None, labels=True):
    """A data folder of 40 photos of 4 products; returns (folder, features)."""
    folder.mkdir()
    products = np.arange(40) % 4
    features = np.random.default_rng(len(folder.name)).normal(size=(40, width)).astype(np.float32)
    features += 9 * np.eye(4, width, dtype=np.float32)[products]
    np.save(folder / "features.npy", features)
    (folder / "img_paths.txt").write_text("".join(f"{row:02}.jpg\n" for row in range(40)))
    if labels:
        (folder / "labels_true.txt").write_text("".join(f"{product}\n" for product in products))
    if before is not None:
        np.save(folder / "features_before.npy", np.float16(np.column_stack([np.full(40, before), np.arange(40)])))
    write_json(folder / "made_by_03.json", record)
    return folder, features


@pytest.mark.parametrize("name, befores, compared_before", [
    ("known", (1, 2), True), ("known", (1, None), False), ("known", (None, 2), False), ("another", (1, 2), False)])
def test_what_was_seen_before_is_compared_where_the_network_knows_the_products(tmp_path, name, befores,
                                                                               compared_before):
    known_dir, known = dataset(tmp_path / "known", before=befores[0])
    data_dir, features = dataset(tmp_path / "new", before=befores[1], labels=False)
    found = read_known(known_dir, data_dir, features, name=name)
    assert found.labels.tolist() == [str(row % 4) for row in range(40)]
    if compared_before:
        assert (found.features[:, 0] == 1).all() and (found.compared[:, 0] == 2).all()
    else:
        assert np.array_equal(found.features, known) and np.array_equal(found.compared, features)
        assert found.kinship > LEAST_KINSHIP


def test_of_copies_of_a_known_photo_one_counts(tmp_path):
    known_dir, known = dataset(tmp_path / "known")
    data_dir, features = dataset(tmp_path / "new", labels=False)
    (known_dir / "duplicates.csv").write_text("file,kept\n04.jpg,00.jpg\n08.jpg,00.jpg\n")
    found = read_known(known_dir, data_dir, features, name="known")
    kept = np.setdiff1d(np.arange(40), [4, 8])
    assert np.array_equal(found.features, known[kept]) and found.labels.tolist() == [str(row % 4) for row in kept]
    assert np.array_equal(found.compared, features)


def test_photos_of_products_that_nobody_knows_are_left_aside(tmp_path):
    known_dir, known = dataset(tmp_path / "known")
    data_dir, features = dataset(tmp_path / "new", labels=False)
    labels = ["?" if row % 5 == 0 else str(row % 4) for row in range(40)]
    (known_dir / "labels_true.txt").write_text("\n".join(labels))
    (known_dir / "duplicates.csv").write_text("file,kept\n01.jpg,00.jpg\n02.jpg,01.jpg\n")
    said = []
    asked = {"name": "known", "asked": True, "say": said.append, "warn": pytest.fail}
    found = known_for(data_dir, features, folder=known_dir, **asked)
    kept = np.array([row for row in range(40) if row % 5 and row != 2])
    assert np.array_equal(found.features, known[kept]) and found.labels.tolist() == [str(row % 4) for row in kept]
    assert said == ["8 photos of known left aside, whose labels say that the product is not known"]
    (known_dir / "labels_true.txt").write_text("?\n" * 40)
    with pytest.raises(UserError, match="its labels, '\\?' and the like, say that no product is known"):
        known_for(data_dir, features, folder=known_dir, **asked)


@pytest.mark.parametrize("trained, kinship, compared_before, shown", [
    (False, LEAST_KINSHIP, False, True), (True, 1, False, False), (False, LEAST_KINSHIP - 0.01, False, False),
    (False, 1, True, False)])
def test_products_of_the_same_kind_show_how_photos_of_one_differ_where_no_network_learned_it(
        tmp_path, trained, kinship, compared_before, shown):
    features, labels = np.eye(4), ["a", "a", "b", "b"]
    known = Known(np.eye(4), labels, features[:, :2] if compared_before else features, kinship)
    found = evidence(known, features, data_dir=tmp_path, trained=trained)
    assert found["known"] == (known.features, labels) and found["compared"] is known.compared
    assert found["within"] == ((known.features, labels) if shown else None)


@pytest.mark.parametrize("share, picked", [(0, False), (0.4, False), (0.6, True), (1, True)])
def test_labelled_photos_that_are_a_part_of_the_new_ones_show_how_these_differ_and_not_how_many_products_there_are(
        tmp_path, share, picked):
    known_dir, _ = dataset(tmp_path / "known", record={})
    data_dir, features = dataset(tmp_path / "new", record={}, before=2, labels=False)
    for folder, first in ((known_dir, 0), (data_dir, round(40 * (1 - share)))):
        lines = "".join(f"{row:02}.jpg,digest of {first + row}\n" for row in range(40))
        (folder / "photos.csv").write_text("file,digest\n" + lines)
    said = []
    known = known_for(data_dir, features, folder=known_dir, name="known", asked=True, say=said.append, warn=pytest.fail)
    assert known.picked == picked and said == ["photos of known are among these: how many a product has they cannot "
                                               "show, so the number of clusters is estimated without them"] * picked
    found = evidence(known, features, data_dir=data_dir, trained=False)
    assert found["within"] == (known.features, known.labels) and ("known" in found) == (not picked)
    assert (found["compared"][:, 0] == 2).all() if picked else found["compared"] is features


def test_without_known_products_what_was_seen_before_is_the_evidence(tmp_path):
    data_dir, features = dataset(tmp_path / "new", before=2, labels=False)
    found = evidence(None, features, data_dir=data_dir, trained=True)
    assert list(found) == ["compared"] and (found["compared"][:, 0] == 2).all()


@pytest.mark.parametrize("change, words", [
    ({"labels": False}, "no labels_true.txt"), ({"width": 7}, "not by the network"),
    ({"record": {**TRAINED, "network_file": "b"}}, "not by the network")])
def test_products_that_cannot_be_compared_are_refused(tmp_path, change, words):
    known_dir, _ = dataset(tmp_path / "known", **change)
    data_dir, features = dataset(tmp_path / "new", labels=False)
    with pytest.raises(UserError, match=words):
        read_known(known_dir, data_dir, features, name="known")


def test_of_features_that_differ_in_width_alone_both_widths_are_said_and_no_network(tmp_path):
    known_dir, _ = dataset(tmp_path / "known", width=7)
    data_dir, features = dataset(tmp_path / "new", labels=False)
    with pytest.raises(UserError, match=r"its 7 features a photo in .*known are not by .* the 6 of DATASET; run 03"):
        read_known(known_dir, data_dir, features, name="known")
    warned = []
    known_for(data_dir, features, folder=known_dir, name="known", asked=False, say=pytest.fail, warn=warned.append)
    assert "not by the network and settings that made these: the number" in warned[0]


@pytest.mark.parametrize("own", ["known", "new", "both"])
def test_of_features_that_step_03_did_not_make_no_step_is_said_to_make_them(tmp_path, own):
    known_dir, _ = dataset(tmp_path / "known", width=7)
    data_dir, features = dataset(tmp_path / "new", labels=False)
    for folder in (known_dir, data_dir):
        if own in ("both", folder.name):
            (folder / "made_by_03.json").unlink()
    with pytest.raises(UserError, match="7 features a photo in .*known, 6 in .*new: .*; make both with the same one"):
        read_known(known_dir, data_dir, features, name="known")


def test_features_without_a_record_are_taken_for_the_same_network_s(tmp_path):
    known_dir, known = dataset(tmp_path / "known", record={})
    data_dir, features = dataset(tmp_path / "new", record={})
    assert np.array_equal(read_known(known_dir, data_dir, features, name="known").features, known)


def test_a_dataset_that_is_not_there_is_named_with_its_setting(tmp_path):
    data_dir, features = dataset(tmp_path / "new", labels=False)
    with pytest.raises(UserError, match="CALIBRATION_DATASET = 'nowhere': .*features.npy is missing"):
        read_known(tmp_path / "nowhere", data_dir, features, name="nowhere")


def test_missing_products_to_learn_from_are_warned_of_and_none_are_taken(tmp_path):
    data_dir, features = dataset(tmp_path / "new", labels=False)
    warned = []
    assert known_for(data_dir, features, folder=tmp_path / "nope", name="nope", asked=False, say=pytest.fail,
                     warn=warned.append) is None
    assert "TRAIN_DATASET = 'nope'" in warned[0] and "features.npy is missing" in warned[0]


NETWORK = {"network": "MobileNetV2", "trained_on": None}


@pytest.mark.parametrize("there, here, words", [
    ({"fitted_to": "known", "network_file": "0d3d"}, {"fitted_to": "new", "network_file": "4a43"},
     "by MobileNetV2, fitted to known; by MobileNetV2, fitted to new"),
    ({"trained_on": "known", "network_file": "0d3d"}, {"network_file": "imagenet"},
     "by MobileNetV2, fine-tuned on known; by MobileNetV2, not fine-tuned"),
    ({"network_file": "0d3d"}, {"network_file": "4a43"}, "both by MobileNetV2, not fine-tuned, but with other weights"),
    ({"settings": {"RESIZE_MODE": "pad"}}, {"settings": {"RESIZE_MODE": "crop"}}, "RESIZE_MODE: 'pad', 'crop'")])
def test_networks_that_differ_are_told_in_words_and_how_to_mend_it(tmp_path, there, here, words):
    known_dir, _ = dataset(tmp_path / "known", record=NETWORK | there)
    data_dir, features = dataset(tmp_path / "new", record=NETWORK | here, labels=False)
    with pytest.raises(UserError, match=words) as refused:
        read_known(known_dir, data_dir, features, name="known")
    assert "0d3d" not in str(refused.value) and "needs step 04 again" in str(refused.value)
    warned = []
    assert known_for(data_dir, features, folder=known_dir, name="known", asked=False, say=pytest.fail,
                     warn=warned.append) is None
    assert words in warned[0] and "--set DATASET=known" in warned[0] and "03_extract_features.py" in warned[0]


@pytest.mark.parametrize("change, words", [
    ({"labels": False}, "no labels are known of known"), ({}, "the features of known are not by the network")])
def test_what_is_as_it_should_be_is_no_warning(tmp_path, change, words):
    known_dir, _ = dataset(tmp_path / "known", width=7, **change)
    data_dir, features = dataset(tmp_path / "new", record={**TRAINED, "trained_on": None}, labels=False)
    said = []
    assert known_for(data_dir, features, folder=known_dir, name="known", asked=False, say=said.append,
                     warn=pytest.fail) is None
    assert words in said[0]


def test_products_of_another_kind_have_a_say_only_where_they_were_asked_for(tmp_path):
    known_dir, known = dataset(tmp_path / "known")
    data_dir, _ = dataset(tmp_path / "new", labels=False)
    others, told = np.tile(-known.mean(axis=0), (30, 1)), {"asked": [], "not": []}
    options = {"folder": known_dir, "name": "known"}
    found = known_for(data_dir, others, asked=True, say=pytest.fail, warn=told["asked"].append, **options)
    assert np.array_equal(found.features, known) and found.kinship < LEAST_KINSHIP
    assert "CALIBRATION_DATASET = 'known'" in told["asked"][0] and "None does without them" in told["asked"][0]
    assert known_for(data_dir, others, asked=False, say=told["not"].append, warn=pytest.fail, **options) is None
    assert "known shows another kind of product" in told["not"][0]
    for asked in (True, False):
        found = known_for(data_dir, known, asked=asked, say=pytest.fail, warn=pytest.fail, **options)
        assert found.kinship > LEAST_KINSHIP


def test_a_dataset_does_not_learn_from_its_own_labels(tmp_path):
    known_dir, known = dataset(tmp_path / "known")
    own, said, warned = {"folder": known_dir, "name": "known"}, [], []
    assert known_for(known_dir, known, asked=True, say=pytest.fail, warn=warned.append, **own) is None
    assert known_for(known_dir, known, asked=False, say=said.append, warn=pytest.fail, **own) is None
    own = "is DATASET itself: its clusters are found without"
    assert len(said) == len(warned) == 1 and f"known {own}" in said[0]
    assert warned[0].startswith(f"CALIBRATION_DATASET = 'known' {own}")


def test_products_that_were_asked_for_and_cannot_be_had_stop_the_step(tmp_path):
    known_dir, _ = dataset(tmp_path / "known", labels=False)
    data_dir, features = dataset(tmp_path / "new", labels=False)
    with pytest.raises(UserError, match="CALIBRATION_DATASET = 'known': .*no labels_true.txt.*00_make_labels_true.py"):
        known_for(data_dir, features, folder=known_dir, name="known", asked=True, say=pytest.fail, warn=pytest.fail)


def test_products_of_a_single_photo_each_show_nothing(tmp_path):
    known_dir, _ = dataset(tmp_path / "known")
    data_dir, features = dataset(tmp_path / "new", labels=False)
    (known_dir / "labels_true.txt").write_text("".join(f"{row // 2 if row < 2 else row}\n" for row in range(40)))
    told = []
    options = {"folder": known_dir, "name": "known", "say": told.append, "warn": pytest.fail}
    assert known_for(data_dir, features, asked=False, **options) is None
    assert len(told) == 1 and "40 labelled photos of 39 products, copies aside, do not show" in told[0]
    with pytest.raises(UserError, match="CALIBRATION_DATASET = 'known'.*two photos a product"):
        known_for(data_dir, features, asked=True, **options)


@pytest.mark.parametrize("count, blind, doubted", [
    (40, 10, False), (41, 10, True), (10, 40, False), (10, 41, True), (10, None, False)])
def test_counts_that_differ_by_more_than_a_factor_of_four_are_doubted(count, blind, doubted):
    said = doubt("shop", count, blind)
    assert (said == "") != doubted
    if doubted:
        assert f"shop suggests {count} clusters, the photos alone {blind}" in said
        assert "set CALIBRATION_DATASET = None" in said


@pytest.mark.parametrize("spoilt", ["features.npy", "labels_true.txt"])
def test_what_is_wrong_with_known_products_nobody_asked_for_is_told(tmp_path, spoilt):
    known_dir, _ = dataset(tmp_path / "known")
    data_dir, features = dataset(tmp_path / "new", labels=False)
    if spoilt == "features.npy":
        known = np.array(read_features(known_dir))
        known[1, 0] = np.nan
        write_array(known_dir / spoilt, known)
    else:
        (known_dir / spoilt).write_text("a\n" * 3)
    said = []
    assert known_for(data_dir, features, folder=known_dir, name="known", asked=False, say=pytest.fail,
                     warn=said.append) is None
    assert spoilt in said[0] and said[0].endswith("estimated without the products of TRAIN_DATASET = 'known'")
    assert "not by the network" not in said[0]


def test_photos_whose_network_is_not_known_are_told_that_products_are_by_another(tmp_path):
    known_dir, _ = dataset(tmp_path / "known", width=7)
    data_dir, features = dataset(tmp_path / "new", record={}, labels=False)
    said = []
    assert known_for(data_dir, features, folder=known_dir, name="known", asked=False, say=said.append,
                     warn=pytest.fail) is None
    assert "the features of known are not by the network that made these" in said[0]
