"""Networks of keras-hub: tiny random ones, from a preset in a folder to features and back from a file."""
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")
hub = pytest.importorskip("keras_hub", reason="keras-hub is not installed (requirements-hub.txt)")

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.network.backbones import load_backbone  # noqa: E402
from imgcluster.network.classifier import build_classifier, unfreeze_top  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A folder with a Vision Transformer of two layers."""
    folder = tmp_path_factory.mktemp("preset") / "tiny_vit"
    keras.utils.set_random_seed(0)
    hub.models.ViTBackbone(image_shape=(16, 16, 3), patch_size=(8, 8), num_layers=2, num_heads=2, hidden_dim=8,
                           mlp_dim=16).save_to_preset(str(folder))
    return folder


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_a_preset_gives_pooled_features(preset, squares, pooling):
    embedding, name, _ = load_backbone(f"hub:{preset}", pooling=pooling)
    tokens = np.asarray(embedding.get_layer("backbone")(squares([0, 1]) / np.float32(255)))
    assert name == f"hub:{preset}" and tokens.shape == (2, 5, 8)
    features = np.asarray(embedding(squares([0, 1])))
    np.testing.assert_allclose(features, tokens.mean(axis=1) if pooling == "avg" else tokens.max(axis=1), atol=1e-5)


def test_it_is_trained_saved_and_loaded_by_another_process(preset, squares, tmp_path):
    classifier = build_classifier(load_backbone(f"hub:{preset}")[0], 2, dropout=0, loss="cosine")
    unfreeze_top(classifier.get_layer("backbone"), 1.0)
    classifier.compile("adam", "categorical_crossentropy", jit_compile=False)
    before = [weight.copy() for weight in classifier.get_layer("backbone").get_weights()]
    classifier.train_on_batch(squares([0, 1]), np.eye(2, dtype=np.float32))
    assert any((one != two).any() for one, two in zip(before, classifier.get_layer("backbone").get_weights()))
    classifier.save(tmp_path / "network.keras")
    np.save(tmp_path / "pictures.npy", squares([0, 1]))
    code = ("import numpy, sys; from imgcluster.network.saved import load_classifier as load; "
            "numpy.save(sys.argv[3], numpy.asarray(load(sys.argv[1])(numpy.load(sys.argv[2]))))")
    files = (tmp_path / name for name in ("network.keras", "pictures.npy", "p.npy"))
    subprocess.run([sys.executable, "-c", code, *files], cwd=ROOT, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), np.asarray(classifier(squares([0, 1]))), atol=1e-5)


@pytest.mark.parametrize("options, reason", [({"weights": "x.h5"}, "part of the preset"),
                                             ({"pooling": "gem"}, "POOLING"), ({"input_size": 24}, "INPUT_SIZE")])
def test_what_does_not_go_with_a_preset_is_named(preset, options, reason):
    with pytest.raises(UserError, match=reason):
        load_backbone(f"hub:{preset}", **options)


def test_unknown_presets_are_named(tmp_path):
    with pytest.raises(UserError, match="could not load this preset"):
        load_backbone(f"hub:{tmp_path}")
