"""Features that are there already: whether they would only be made again, and what is said and kept of them if not."""
import os
import zipfile

import h5py
import numpy as np
import pytest
from planned import settings_in

from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.feature_record import note_features
from imgcluster.datafiles.records import network_fingerprint, write_record
from imgcluster.extraction.earlier_features import make_way, of_same_network, of_same_photos
from imgcluster.files import write_array, write_json, write_lines

PHOTOS = ["a.png", "b.png"]


@pytest.fixture
def extracted(tmp_path):
    """The DATA_DIR and IMG_DIR of a dataset whose photos were prepared an hour before step 03 saw them."""
    data_dir, img_dir = tmp_path / "data" / "new", tmp_path / "img" / "new"
    settings = settings_in(tmp_path)
    for name in PHOTOS:
        write_lines(img_dir / name, [name])
        os.utime(img_dir / name, (1e9, 1e9))
    write_lines(data_dir / "img_paths.txt", PHOTOS)
    write_record(data_dir, "01", settings=of_step(settings, "01"), outputs=[])
    write_array(data_dir / "features.npy", np.ones((2, 3), np.float32))
    write_record(data_dir, "03", settings=of_step(settings, "03"), outputs=["features.npy"],
                 inputs=[data_dir / "img_paths.txt"])
    return data_dir, img_dir


def is_same(img_dir, *overrides):
    return of_same_photos(settings_in(img_dir.parent.parent, *overrides), img_dir, PHOTOS)


def test_features_hold_while_photos_and_settings_are_the_same(extracted):
    _, img_dir = extracted
    assert is_same(img_dir) and is_same(img_dir, "SOM_EPOCHS=3") and not is_same(img_dir, "L2_NORMALIZE=False")


@pytest.mark.parametrize("change", [
    lambda data_dir, img_dir: (img_dir / "a.png").unlink(),
    lambda data_dir, img_dir: os.utime(img_dir / "b.png", (4e9, 4e9)),
    lambda data_dir, img_dir: write_lines(data_dir / "img_paths.txt", PHOTOS[:1]),
    lambda data_dir, img_dir: (data_dir / "features.npy").unlink(),
], ids=["gone", "prepared anew", "another list", "no features"])
def test_features_of_other_photos_do_not_hold(extracted, change):
    change(*extracted)
    assert not is_same(extracted[1])


def made_way(data_dir, *overrides):
    warned = []
    make_way(settings_in(data_dir.parent.parent, *overrides), warn=warned.append)
    return warned


def test_features_of_ones_own_are_kept_before_others_take_their_place(extracted):
    data_dir, _ = extracted
    note_features(data_dir, {"network": "any"})
    assert made_way(data_dir) == []
    (data_dir / "made_by_03.json").unlink()
    [said] = made_way(data_dir)
    assert "features.npy was not made by this step" in said
    assert np.load(data_dir / "outdated" / "your_features" / "features.npy").tolist() == [[1, 1, 1]] * 2


def test_placed_photos_are_not_given_other_features_without_a_word(extracted):
    data_dir, _ = extracted
    note_features(data_dir, {"network": "any"})
    write_json(data_dir / "cluster_count.json", {"assigned_to": "week1"})
    [said] = made_way(data_dir)
    assert "placed in the clusters of week1" in said and "without ASSIGN_TO = 'week1'" in said
    assert made_way(data_dir, "ASSIGN_TO=week1") == []


def test_the_network_of_features_is_known_again_by_its_file(tmp_path):
    named = ("TRAIN_DATASET=auto", "BACKBONE=MobileNetV2")

    def known(record, *overrides):
        note_features(path.parent, record)
        return of_same_network(settings_in(tmp_path, *named, *overrides))

    path = tmp_path / "data" / "new" / "network.keras"
    path.parent.mkdir(parents=True)
    (path.parent / "features.npy").write_bytes(b"features")

    assert known({"network_file": "imagenet"}) and not known({"network_file": "other"}) and not known({})
    assert not known({"network_file": "imagenet"}, "BACKBONE=auto"), "which depends on what can be had"
    assert not known({"network_file": "imagenet"}, "ASSIGN_TO=week1")
    with h5py.File(tmp_path / "weights.h5", "w") as weights:
        weights["kernel"] = [1.0, 2.0]
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "weights.h5", "model.weights.h5")
    assert known({"network_file": network_fingerprint(path)}) and not known({"network_file": "imagenet"})
    whole, made_by = path.read_bytes(), {"network_file": network_fingerprint(path)}
    for damaged in (b"", b"no network", whole[:len(whole) // 2], whole[:100] + b"damaged" + whole[107:]):
        path.write_bytes(damaged)
        assert not known(made_by)
    path.write_bytes(whole)
    assert known({"network_file": network_fingerprint(path)}, "BACKBONE=auto")
    (path.parent / "kind.npz").touch()  # for which photos it is, is another matter since
    assert known({"network_file": network_fingerprint(path)})
    os.utime(path.parent / "kind.npz", (2e9, 2e9))
    assert not known({"network_file": network_fingerprint(path)})
