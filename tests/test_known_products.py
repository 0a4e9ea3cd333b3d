"""Known products: read with their labels, in features that both they and the new photos have."""
import numpy as np
import pytest

from imgcluster.artefacts import write_json
from imgcluster.errors import UserError
from imgcluster.known_products import known_for, read_known

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
        np.save(folder / "features_before.npy", np.full((40, 3), before, np.float16))
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
        assert (found.features == 1).all() and (found.compared == 2).all()
    else:
        assert np.array_equal(found.features, known) and np.array_equal(found.compared, features)
        assert found.kinship > 0.2


@pytest.mark.parametrize("change, words", [
    ({"labels": False}, "no labels_true.txt"), ({"width": 7}, "not by the network"),
    ({"record": {**TRAINED, "network_file": "b"}}, "not by the network")])
def test_products_that_cannot_be_compared_are_refused(tmp_path, change, words):
    known_dir, _ = dataset(tmp_path / "known", **change)
    data_dir, features = dataset(tmp_path / "new", labels=False)
    with pytest.raises(UserError, match=words):
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
