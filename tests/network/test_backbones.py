"""Backbones: pictures of 0..255 go in, each network does its own scaling, bad weights are named."""
import importlib
import shutil
import socket
import sys
from http.client import IncompleteRead

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.backbone_table import BACKBONES, BUNDLED_WEIGHTS, why_too_small  # noqa: E402
from imgcluster.errors import UserError  # noqa: E402
from imgcluster.network.backbones import (  # noqa: E402
    SCALINGS,
    InputScaling,
    build_backbone,
    check_backbone,
    load_backbone,
)
from imgcluster.wording import first_line  # noqa: E402

SIZE = 32
DIMENSIONS = {"MobileNet": 1024, "MobileNet_0.75": 768, "MobileNetV2": 1280, "MobileNetV3Small": 576}
MODULES = {"InceptionV3": "inception_v3", "VGG16": "vgg16", "VGG19": "vgg19", "ResNet50": "resnet",
           "ResNet50V2": "resnet_v2", "MobileNet": "mobilenet", "MobileNetV2": "mobilenet_v2",
           "MobileNetV3Small": "mobilenet_v3", "MobileNetV3Large": "mobilenet_v3", "ConvNeXtTiny": "convnext",
           "DenseNet121": "densenet", "DenseNet169": "densenet",
           **{f"EfficientNetB{number}": "efficientnet" for number in range(5)},
           "EfficientNetV2B0": "efficientnet_v2", "EfficientNetV2S": "efficientnet_v2"}


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), np.uint8)


@pytest.fixture(scope="module")
def models():
    """The small networks with random weights, each built once."""
    keras.utils.set_random_seed(0)
    return {name: build_backbone(name, weights=None, input_size=SIZE) for name in DIMENSIONS}


def features_of(model, pictures):
    return np.asarray(model(pictures, training=False))


@pytest.mark.parametrize("name", BACKBONES)
def test_scaling_is_that_of_keras(name, pictures):
    backbone = check_backbone(name)
    assert callable(getattr(keras.applications, backbone.architecture))
    module = importlib.import_module(f"keras.applications.{MODULES[backbone.architecture]}")
    scaled = pictures.astype(np.float32)
    expected = module.preprocess_input(scaled.copy())
    if backbone.scaling in SCALINGS:
        scaled = np.asarray(InputScaling(**SCALINGS[backbone.scaling])(pictures))
    np.testing.assert_allclose(scaled, expected, atol=2e-4)


def test_networks_that_scale_by_themselves_do(models):
    layers = models["MobileNetV3Small"].get_layer("backbone").layers
    assert any(isinstance(layer, keras.layers.Rescaling) for layer in layers)


@pytest.mark.parametrize("name", DIMENSIONS)
def test_networks_take_pictures_and_give_pooled_features(models, pictures, name):
    model = models[name]
    features = features_of(model, pictures)
    assert features.shape == (3, DIMENSIONS[name]) and np.isfinite(features).all()
    assert {"backbone", "features"} <= {layer.name for layer in model.layers}
    np.testing.assert_allclose(features_of(model, pictures.astype(np.float32)), features, atol=1e-5)


@pytest.mark.parametrize("name", ["MobileNet_0.75", "MobileNetV3Small"])
def test_a_saved_network_gives_the_same_features(models, pictures, tmp_path, name):
    models[name].save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    np.testing.assert_array_equal(features_of(loaded, pictures),
                                  features_of(models[name], pictures))


def test_scalings_are_saved_with_the_network(pictures):
    for options in SCALINGS.values():
        layer = InputScaling(**options)
        again = InputScaling.from_config(layer.get_config())
        np.testing.assert_array_equal(np.asarray(again(pictures)), np.asarray(layer(pictures)))


def error_of(*args, **options):
    with pytest.raises(UserError) as caught:
        build_backbone(*args, **options)
    return str(caught.value)


def test_unknown_networks_list_those_there_are():
    message = error_of("Mobilenet")
    assert message.startswith("BACKBONE = 'Mobilenet': no such network") and all(name in message for name in BACKBONES)


@pytest.mark.parametrize("name, size, least", [("InceptionV3", 64, "75x75"), ("MobileNetV2", 24, "32x32")])
def test_pictures_that_are_too_small_are_named(name, size, least):
    message = error_of(name, weights=None, input_size=size)
    assert message.startswith(f"INPUT_SIZE = {size}: {name}") and least in message
    assert f"{least[:2]} or more pixels" in why_too_small(name, size) and why_too_small(name, int(least[:2])) == ""


@pytest.fixture(scope="module")
def weights(models, tmp_path_factory):
    """Weights file of MobileNet_0.75."""
    path = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    models["MobileNet_0.75"].get_layer("backbone").save_weights(path)
    return path


def test_weights_from_a_file_are_those_of_the_file(models, weights, pictures):
    keras.utils.set_random_seed(5)
    model = build_backbone("MobileNet_0.75", weights=weights, input_size=SIZE)
    np.testing.assert_allclose(features_of(model, pictures),
                               features_of(models["MobileNet_0.75"], pictures), atol=1e-6)


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV3Small"])
def test_weights_of_another_network_are_refused(weights, name):
    message = error_of(name, weights=weights, input_size=SIZE)
    assert message.startswith(f"WEIGHTS = {str(weights)!r}: does not fit {name}") and ":)" not in message


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".txt"])
def test_files_that_hold_no_weights_are_refused(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"no weights")
    message = error_of("MobileNet_0.75", weights=path, input_size=SIZE)
    assert message.startswith(f"WEIGHTS = {str(path)!r}: does not fit MobileNet_0.75")


def test_truncated_weights_are_refused(weights, tmp_path):
    path = tmp_path / "half.weights.h5"
    shutil.copy(weights, path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    message = error_of("MobileNet_0.75", weights=path, input_size=SIZE)
    assert message.startswith(f"WEIGHTS = {str(path)!r}: does not fit MobileNet_0.75")


def test_missing_weights_are_named(tmp_path):
    path = tmp_path / "none.h5"
    message = error_of("MobileNet_0.75", weights=path, input_size=SIZE)
    assert message.startswith(f"WEIGHTS = {str(path)!r}: no such file") and '"imagenet" or None' in message


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """No network and an empty Keras folder, whatever this machine has."""
    def refuse(*args, **kwargs):
        raise OSError("Network is unreachable")
    monkeypatch.setattr(socket, "create_connection", refuse)
    # Keras reads KERAS_HOME once, when it is imported.
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    return tmp_path


def test_without_network_the_file_and_its_folder_are_named(offline):
    timeout = socket.getdefaulttimeout()
    message = error_of("MobileNet_0.75")
    assert message.startswith("BACKBONE = 'MobileNet_0.75'") and "unreachable" in message
    assert "mobilenet_7_5_224_tf_no_top.h5" in message and str(offline / "models") in message
    assert "WEIGHTS" in message and 'BACKBONE = "bundled"' in message
    assert socket.getdefaulttimeout() == timeout


def test_a_failed_download_leaves_nothing_on_the_screen(offline, capsys):
    error_of("MobileNet_0.75")
    assert capsys.readouterr().out == ""


def test_a_download_that_runs_is_shown(monkeypatch, capsys):
    build = keras.applications.MobileNet

    def downloading(weights, **options):
        for text in ("Downloading data from somewhere\n", "1/2", "\r2/2\n"):
            sys.stdout.write(text)
            sys.stdout.flush()
        return build(weights=None, **options)
    monkeypatch.setattr(keras.applications, "MobileNet", downloading)
    build_backbone("MobileNet_0.75", input_size=SIZE)
    assert capsys.readouterr().out == "Downloading data from somewhere\n1/2\r2/2\n"


def test_a_named_network_never_falls_back(offline):
    with pytest.raises(UserError, match="MobileNet_0.75"):
        load_backbone("MobileNet_0.75")


def test_auto_falls_back_to_the_bundled_network_and_says_so(offline, pictures):
    if not BUNDLED_WEIGHTS.exists():
        pytest.skip(f"{BUNDLED_WEIGHTS} is not there")
    embedding, name, remark = load_backbone("auto", input_size=96)
    assert name == "bundled" and "InceptionV3" in remark and str(offline / "models") in remark
    assert embedding.input_shape == (None, 96, 96, 3)


def test_auto_takes_no_weights_of_an_unnamed_network(weights):
    with pytest.raises(UserError, match="needs BACKBONE to name the network"):
        load_backbone("auto", weights=weights)


@pytest.mark.parametrize("error", [OSError("Read-only file system"), IncompleteRead(b""), ValueError(
    "Incomplete or corrupted file detected. The md5 file hash does not match the provided value of 3a.")])
def test_auto_falls_back_whatever_keeps_the_weights_away_and_says_what(monkeypatch, error):
    def building(weights, **options):
        raise error
    monkeypatch.setattr(keras.applications, "InceptionV3", building)
    _, name, remark = load_backbone("auto", input_size=96)
    assert name == "bundled" and remark == (
        f"the ImageNet weights of InceptionV3 could not be loaded ({first_line(error)})")


@pytest.mark.parametrize("weights", ["imagenet", None])
def test_what_has_nothing_to_do_with_weights_is_not_taken_for_missing_ones(monkeypatch, weights):
    def building(weights, **options):
        raise RuntimeError("out of memory")
    monkeypatch.setattr(keras.applications, "InceptionV3", building)
    with pytest.raises(RuntimeError, match="out of memory"):
        build_backbone("InceptionV3", weights=weights, input_size=96)
