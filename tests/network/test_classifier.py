"""The network that is trained: its layers, its objectives for each loss, several depths, several networks as one."""
from typing import get_args

import cv2
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.configuring.schema import Schema  # noqa: E402
from imgcluster.errors import UserError  # noqa: E402
from imgcluster.network.classifier import (  # noqa: E402
    CenterDistances,
    Cosines,
    build_classifier,
    objectives,
    output_layer,
    pooled_outputs,
    with_whitening,
)
from imgcluster.network.ensemble import average_views, join_networks  # noqa: E402
from imgcluster.network.pooling import GeneralizedMean, pooling_layer  # noqa: E402


@pytest.fixture
def pictures(squares):
    return squares([0, 1, 2, 3])


def deep_embedding():
    """An embedding with three sizes of maps."""
    keras.utils.set_random_seed(0)
    maps = x = keras.Input((16, 16, 3))
    for filters in (4, 5, 6):
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    backbone = keras.Model(maps, x, name="backbone")
    inputs = keras.Input((16, 16, 3), name="picture")
    scaled = keras.layers.Rescaling(1 / 255, name="scaling")(inputs)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="features")(backbone(scaled)))


@pytest.mark.parametrize("loss", get_args(Schema.__annotations__["LOSS"]))
def test_every_loss_ends_in_probabilities_and_a_vector(loss, pictures):
    classifier = build_classifier(deep_embedding(), 7, dropout=0.1, loss=loss)
    probabilities = np.asarray(classifier(pictures))
    assert probabilities.shape == (4, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    goals = objectives(classifier, loss=loss, label_smoothing=0.1)
    assert len(goals) == (1 if loss in ("softmax", "cosine", "arcface") else 2)
    assert output_layer(classifier).name == ("embedding" if loss == "cascaded" else "features")
    head = keras.Model(pooled_outputs(classifier), [goal.output for goal in goals])
    assert len(head.inputs) == (3 if loss == "cascaded" else 1)


def test_an_embedding_head_gives_vectors_of_length_1(pictures):
    classifier = build_classifier(deep_embedding(), 3, dropout=0, loss="cosine", embedding_dim=5)
    vectors = keras.Model(classifier.input, output_layer(classifier).output)(pictures)
    assert vectors.shape == (4, 5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_the_cascade_joins_vectors_of_length_1_of_each_depth(pictures):
    classifier = build_classifier(deep_embedding(), 3, dropout=0, loss="cascaded", embedding_dim=5)
    vectors = np.asarray(keras.Model(classifier.input, output_layer(classifier).output)(pictures))
    assert vectors.shape == (4, 15)
    np.testing.assert_allclose(np.linalg.norm(vectors.reshape(4, 3, 5), axis=2), 1, rtol=1e-5)
    assert [layer.name for layer in classifier.layers].count("backbone") == 1


def test_a_network_too_flat_for_the_cascade_is_named(tiny_embedding):
    with pytest.raises(UserError, match='LOSS = "cascaded"'):
        build_classifier(tiny_embedding(), 3, dropout=0, loss="cascaded")


def test_cosines_and_centre_distances_are_exact():
    vectors = np.array([[3.0, 4.0], [0.0, 2.0]], np.float32)
    layer = Cosines(2)
    layer(vectors)
    layer.set_weights([np.array([[2.0, 0.0], [0.0, 5.0]], np.float32)])
    np.testing.assert_allclose(np.asarray(layer(vectors)), [[0.6, 0.8], [0, 1]], atol=1e-6)
    layer = CenterDistances(2)
    layer(vectors)
    layer.set_weights([np.array([[0.6, 0.8], [0, 0]], np.float32)])
    np.testing.assert_allclose(np.asarray(layer(vectors)), [[0, 1], [0.4, 1]], atol=1e-6)


# ---------------------------------------------------------------- pooling

def test_the_generalised_mean_lies_between_average_and_maximum():
    maps = np.random.default_rng(0).uniform(0, 1, (2, 4, 4, 3)).astype(np.float32)
    pooled = {kind: np.asarray(pooling_layer(kind)(maps)) for kind in ("avg", "max", "gem")}
    np.testing.assert_allclose(pooled["avg"], maps.mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(pooled["max"], maps.max(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(pooled["gem"], (maps**3).mean(axis=(1, 2)) ** (1 / 3), rtol=1e-4)
    np.testing.assert_allclose(np.asarray(GeneralizedMean(power=1.0)(maps)), pooled["avg"], rtol=1e-4)


# ---------------------------------------------------------------- several networks

def test_joined_features_lie_side_by_side_at_length_1(tiny_embedding, pictures):
    one, two = tiny_embedding(0), tiny_embedding(1)
    joined = np.asarray(join_networks([one, two])(pictures))
    parts = [np.asarray(network(pictures)) for network in (one, two)]
    expected = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in parts]
    np.testing.assert_allclose(joined, np.concatenate(expected, axis=1), atol=1e-5)


def test_joined_classifiers_average_their_probabilities_and_are_loaded_as_one(tiny_embedding, pictures, tmp_path):
    from imgcluster.network.saved import load_classifier, load_embedding

    keras.utils.set_random_seed(3)
    members = [build_classifier(tiny_embedding(seed), 3, dropout=0) for seed in (0, 1)]
    join_networks(members).save(tmp_path / "network.keras")
    classifier = load_classifier(tmp_path / "network.keras")
    average = np.mean([np.asarray(member(pictures)) for member in members], axis=0)
    np.testing.assert_allclose(np.asarray(classifier(pictures)), average, atol=1e-5)
    vectors = np.asarray(load_embedding(tmp_path / "network.keras")(pictures))
    expected = join_networks([keras.Model(member.input, output_layer(member).output) for member in members])(pictures)
    np.testing.assert_allclose(vectors, np.asarray(expected), atol=1e-5)


def test_members_of_other_sizes_see_the_picture_resized(tiny_embedding):
    inputs = keras.Input((32, 32, 3))
    small, large = tiny_embedding(), keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="features")(inputs))
    joined = join_networks([small, large])
    assert joined.input_shape == (None, 32, 32, 3)
    assert joined(np.full((1, 32, 32, 3), 255, np.uint8)).shape == (1, 11)


def test_probabilities_of_two_views_are_averaged_as_they_are(tiny_embedding, pictures):
    classifier = build_classifier(tiny_embedding(), 3, dropout=0)
    assert average_views(classifier, 1.0, probabilities=True) is classifier
    enlarged = np.stack([cv2.resize(picture.astype(np.float32), (16, 16)) for picture in pictures[:, 4:12, 4:12]])
    expected = sum(np.array(classifier(view)) for view in (pictures, enlarged)) / 2
    averaged = np.array(average_views(classifier, 2.0, probabilities=True)(pictures))
    np.testing.assert_allclose(averaged, expected, atol=2e-3)
    np.testing.assert_allclose(averaged.sum(axis=1), 1, atol=1e-5)


def test_two_views_are_averaged_at_length_1(tiny_embedding, pictures):
    embedding = tiny_embedding()
    assert average_views(embedding, 1.0) is embedding
    enlarged = np.stack([cv2.resize(picture.astype(np.float32), (16, 16)) for picture in pictures[:, 4:12, 4:12]])
    parts = [np.array(embedding.predict_on_batch(view)) for view in (pictures, enlarged)]
    expected = sum(part / np.linalg.norm(part, axis=1, keepdims=True) for part in parts) / 2
    averaged = average_views(embedding, 2.0)
    np.testing.assert_allclose(averaged.predict_on_batch(pictures), expected, atol=2e-3)
    np.testing.assert_allclose(np.array(averaged(pictures)), expected, atol=2e-3)


def test_the_whitening_layer_computes_the_same(tiny_embedding, squares):
    classifier = build_classifier(tiny_embedding(), 3, dropout=0)
    rng, pictures = np.random.default_rng(0), squares([0, 1, 2])
    axes, offset = rng.normal(size=(8, 5)), rng.normal(size=5)
    network = with_whitening(classifier, axes, offset)
    features = keras.Model(classifier.input, output_layer(classifier).output)(pictures)
    assert output_layer(network).name == "whitened"
    expected = np.asarray(features) @ axes + offset
    np.testing.assert_allclose(network(pictures)["features"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(network(pictures)["probabilities"], classifier(pictures), atol=1e-6)
