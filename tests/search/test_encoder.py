"""Features of a query photo: like the catalogue's, or refused."""
import contextlib

import numpy as np
import pytest
from shop import picture, save

from imgcluster.errors import UserError
from imgcluster.extraction.features import extract_features
from imgcluster.files import write_json
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_folder
from imgcluster.search.encoder import Encoder, check_network, check_settings, read_whitening, usual_suffix
from imgcluster.search.objects import read_query


@pytest.mark.parametrize("suffix, fill, compiled", [
    (".jpg", "white", True), (".jpg", "transparent", False), (".jpg", "keep", False), (".png", "keep", False),
    (".WEBP", "keep", False), (".WEBP", "transparent", False), (".heic", "white", False)])
def test_a_photo_of_the_catalogue_gets_the_features_it_has(tmp_path, tiny_embedding, silent, suffix, fill, compiled):
    names = [save(tmp_path / "raw" / f"{row}{suffix}", picture(row % 4, row)).name for row in range(5)]
    folders = Folders(tmp_path / "raw", tmp_path / "img", tmp_path / "masks")
    recipe = Recipe(method="contours", fill=fill, max_side=40)
    preprocess_folder(folders, names, recipe, ledger=tmp_path / "ledger", workers=1, progress=silent)
    network = tiny_embedding()
    extract_features(network, folders.img, names, tmp_path / "features.npy", batch_size=4, key=0,
                     max_pixels=10**8, workers=1, progress=silent)
    queries = [read_query((tmp_path / "raw" / name).read_bytes(), recipe).regions[0].picture for name in names]
    found, general = Encoder(network, suffix=usual_suffix(names), compiled=compiled).encode(queries)
    np.testing.assert_array_equal(general, found)
    np.testing.assert_allclose(found, np.load(tmp_path / "features.npy"), atol=1e-5)


def test_queries_are_compressed_as_most_of_the_catalogue_is():
    assert usual_suffix(["a.jpg", "b.PNG", "sub/c.png", "d"]) == ".png" and usual_suffix([]) == ".jpg"


def test_what_the_network_saw_before_comes_beside_its_features(tiny_embedding):
    import keras

    learnt, before, pictures = tiny_embedding(1), tiny_embedding(), [picture(0), picture(1)]
    both = keras.Model(learnt.input, [learnt.output, before(learnt.input)])
    for found, network in zip(Encoder(both).encode(pictures), (learnt, before)):
        np.testing.assert_allclose(found, Encoder(network).encode(pictures)[0], atol=1e-5)


def test_features_made_otherwise_are_refused(tmp_path):
    settings = {"RANDOM_SEED": 0, "BACKBONE": "MobileNetV2", "WEIGHTS": "imagenet", "PCA_WHITENING": None}
    source = {"network": "MobileNetV2", "trained_on": None, "network_file": "abc"}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    with pytest.raises(UserError, match="features.npy: step 03 did not make it"):
        check_settings(tmp_path, settings, trained=False)
    check_network(tmp_path, source, 5)
    with pytest.raises(UserError, match="5 features a photo, the network MobileNetV2 gives 6"):
        check_network(tmp_path, source, 6)
    write_json(tmp_path / "made_by_03.json", {"settings": settings, **source})
    check_settings(tmp_path, settings | {"RANDOM_SEED": 9}, trained=False)
    with pytest.raises(UserError, match="BACKBONE: 'MobileNetV2' -> 'VGG16'"):
        check_settings(tmp_path, settings | {"BACKBONE": "VGG16"}, trained=False)
    with pytest.raises(UserError, match="network_file: abc -> def"):
        check_network(tmp_path, source | {"network_file": "def"}, 5)


@pytest.mark.parametrize("weights, random", [
    (None, True), ([None, None], True), (["imagenet", None], True), ("imagenet", False), (["imagenet", "a.h5"], False)])
def test_another_seed_makes_another_network_of_random_weights_alone(tmp_path, weights, random):
    settings = {"RANDOM_SEED": 0, "WEIGHTS": weights}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    write_json(tmp_path / "made_by_03.json", {"settings": settings})
    check_settings(tmp_path, settings, trained=False)
    check_settings(tmp_path, settings | {"RANDOM_SEED": 9}, trained=True)
    with pytest.raises(UserError, match="RANDOM_SEED: 0 -> 9") if random else contextlib.nullcontext():
        check_settings(tmp_path, settings | {"RANDOM_SEED": 9}, trained=False)


def test_photos_are_compared_with_such_as_were_prepared_alike(tmp_path):
    held = {"BACKGROUND": "keep", "MAX_IMG_SIDE": 512, "RESIZE_MODE": "pad", "WEIGHTS": None}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    write_json(tmp_path / "made_by_03.json", {"settings": {"RESIZE_MODE": "pad"}, "prepared": {"BACKGROUND": "keep"}})
    write_json(tmp_path / "made_by_01.json", {"settings": {"BACKGROUND": "white"}})  # since then
    check_settings(tmp_path, held, trained=False)
    with pytest.raises(UserError, match="BACKGROUND: 'keep' -> 'white'.*or run 01_img_preprocess.py and 03_extract"):
        check_settings(tmp_path, held | {"BACKGROUND": "white"}, trained=False)


def test_photos_placed_in_an_earlier_dataset_are_searched_by_its_network(tmp_path):
    settings = {"TRAIN_DATASET": "week1", "RESIZE_MODE": "pad", "WEIGHTS": None}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    write_json(tmp_path / "made_by_03.json", {"settings": settings})
    for assigned, name, told in (("week1", "TRAIN_DATASET", "clusters of week1: set ASSIGN_TO = 'week1'"),
                                 ("week1", "RESIZE_MODE", "set these back, or run 03_extract_features.py again"),
                                 (None, "TRAIN_DATASET", "goes by CALIBRATION_DATASET and ASSIGN_TO: then set those "
                                                         "back., or run 03_extract_features.py again")):
        write_json(tmp_path / "cluster_count.json", {"assigned_to": assigned})
        with pytest.raises(UserError, match=f"{told}$"):
            check_settings(tmp_path, settings | {name: "other"}, trained=True)


def test_by_a_network_of_step_02_features_can_be_compared_whatever_network_is_set(tmp_path):
    # Step 03 uses its file all the same, and notes what was set then.
    settings = {"BACKBONE": "MobileNetV2", "WEIGHTS": "a.h5", "INPUT_SIZE": 96, "RANDOM_SEED": 0, "RESIZE_MODE": "pad"}
    source = {"network": "InceptionV3", "trained_on": "others", "network_file": "abc"}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    write_json(tmp_path / "made_by_03.json", {"settings": settings, **source})
    other = settings | {"BACKBONE": "InceptionV3", "WEIGHTS": None, "INPUT_SIZE": None, "RANDOM_SEED": 9}
    check_settings(tmp_path, other, trained=True)
    check_network(tmp_path, source, 5)
    with pytest.raises(UserError, match="RESIZE_MODE: 'pad' -> 'stretch'"):
        check_settings(tmp_path, other | {"RESIZE_MODE": "stretch"}, trained=True)
    with pytest.raises(UserError, match="BACKBONE: 'MobileNetV2' -> 'InceptionV3'; WEIGHTS"):
        check_settings(tmp_path, other, trained=False)


def test_whitening_is_applied_and_missed(tmp_path, tiny_embedding):
    assert read_whitening(tmp_path, None) is None
    with pytest.raises(UserError, match="whitening.npz is missing"):
        read_whitening(tmp_path, 3)
    (tmp_path / "whitening.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match="whitening.npz: damaged"):
        read_whitening(tmp_path, 3)
    network, pictures = tiny_embedding(), [picture(0), picture(1)]
    mean, axes = np.full(8, 0.1, np.float32), np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    np.testing.assert_allclose(Encoder(network, whitening=(mean, axes)).encode(pictures)[0],
                               (Encoder(network).encode(pictures)[0] - mean) @ axes, atol=1e-5)
