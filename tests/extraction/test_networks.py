"""The network that the settings name: the fine-tuned one goes first, and each is told from the others."""
import keras
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.extraction.networks import load_network, suited, with_before
from imgcluster.files import write_json
from imgcluster.network.classifier import build_classifier
from imgcluster.network.ensemble import keep_beside
from imgcluster.rows import unit_length

OPTIONS = {"train_dataset": None, "train_dir": None, "backbone": "MobileNetV3Small", "weights": None, "input_size": 32,
           "seed": 0}


def features_of(network):
    picture = np.random.default_rng(0).integers(0, 255, (1, *network.embedding.input_shape[1:])).astype(np.float32)
    return unit_length(keras.ops.convert_to_numpy(network.embedding(picture)))


def test_the_pretrained_network_where_none_was_trained(tmp_path):
    network = load_network(**OPTIONS | {"train_dataset": "train", "train_dir": tmp_path})
    assert network.source["network"] == "MobileNetV3Small" and network.source["trained_on"] is None
    assert "not fine-tuned" in network.remark


def test_random_weights_come_from_the_seed():
    first, again, other = (load_network(**OPTIONS | {"seed": seed}) for seed in (0, 0, 1))
    np.testing.assert_allclose(features_of(first), features_of(again), atol=1e-5)
    assert np.abs(features_of(first) - features_of(other)).max() > 0.01


def test_the_network_that_ships_is_told_by_its_file():
    network = load_network(**OPTIONS | {"backbone": "bundled", "weights": "imagenet"})
    assert len(network.source["network_file"]) == 16 and "its own weights" in network.remark


def test_the_fine_tuned_network_goes_first(tmp_path, tiny_embedding):
    embedding = tiny_embedding()
    probabilities = keras.layers.Dense(3, name="probabilities")(embedding.output)
    keras.Model(embedding.input, probabilities).save(tmp_path / "network.keras")
    write_json(tmp_path / "made_by_02.json", {"network": "tiny"})
    network = load_network(**OPTIONS | {"train_dataset": "train", "train_dir": tmp_path})
    assert (network.source["network"], network.source["trained_on"]) == ("tiny", "train")
    assert len(network.source["network_file"]) == 16
    np.testing.assert_allclose(features_of(network), features_of(type(network)(embedding, {}, "")), atol=1e-5)


def test_a_damaged_network_is_refused(tmp_path):
    (tmp_path / "network.keras").write_bytes(b"damaged")
    with pytest.raises(UserError, match="damaged"):
        load_network(**OPTIONS | {"train_dataset": "train", "train_dir": tmp_path})


@pytest.fixture
def fine_tuned(tmp_path, tiny_embedding):
    """(the Network in a file of step 02 that kept what it was before, that embedding network)."""
    pretrained = tiny_embedding()
    keep_beside(build_classifier(tiny_embedding(1), 3, dropout=0), pretrained).save(tmp_path / "network.keras")
    return load_network(**OPTIONS | {"train_dataset": "train", "train_dir": tmp_path}), pretrained


def test_a_fine_tuned_network_can_be_had_as_it_was_before(fine_tuned):
    network, pretrained = fine_tuned
    assert network.embedding.output_shape == (None, 16) and network.before.source["trained_on"] is None
    np.testing.assert_allclose(features_of(network.before), features_of(type(network)(pretrained, {}, "")), atol=1e-5)
    assert network.that_made({"settings": {}, **network.before.source}) is network.before
    assert network.that_made(network.source) is network.that_made({}) is network


@pytest.mark.parametrize("zoom", [1, 1.5])
def test_what_it_saw_before_is_had_beside_its_features(fine_tuned, zoom):
    network, pretrained = fine_tuned
    picture = np.random.default_rng(0).integers(0, 255, (1, *pretrained.input_shape[1:])).astype(np.float32)
    seen, before = map(np.asarray, with_before(network, zoom)(picture))
    np.testing.assert_allclose(before, unit_length(np.asarray(pretrained(picture))), atol=1e-5)
    assert np.allclose(seen, network.embedding(picture), atol=1e-5) == (zoom == 1)
    assert len(with_before(network.before, zoom).outputs) == 1


def test_photos_of_another_kind_than_trained_on_get_the_network_as_it_was_before(fine_tuned, squares, save_photos,
                                                                                 tmp_path):
    network, pretrained = fine_tuned
    names = save_photos(tmp_path, {f"{row}.png": picture for row, picture in enumerate(squares([0, 1, 2] * 4))})
    labels, seen = np.arange(12) % 3, np.asarray(pretrained(squares([0, 1, 2] * 4, seed=1)))
    options = {"batch_size": 4, "workers": 1}
    assert suited(network, (seen, labels), tmp_path, names, **options)[0] is network
    assert suited(network, (-seen, labels), tmp_path, names, **options) == (network.before, 0)
    assert suited(network, None, tmp_path, names, **options) == (network, None)
