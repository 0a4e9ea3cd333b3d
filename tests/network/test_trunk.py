"""Networks cut in two: only between blocks, only where weights are frozen or shared, and the same results after it."""
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.network.classifier import build_classifier, pooled_outputs, unfreeze_top  # noqa: E402
from imgcluster.network.ensemble import join_networks, keep_beside  # noqa: E402
from imgcluster.network.trunk import above, frozen_trunk, shared_trunk, trunk  # noqa: E402


def residual_embedding(seed=0):
    """A network of three residual blocks, each half the size of the one before."""
    keras.utils.set_random_seed(seed)
    x = maps = keras.Input((16, 16, 3))
    for block in range(3):
        x = keras.layers.Conv2D(4 + block, 3, strides=2, padding="same", name=f"first_{block}")(x)
        y = keras.layers.Conv2D(4 + block, 3, padding="same", activation="relu", name=f"branch_{block}")(x)
        x = keras.layers.Add(name=f"end_{block}")([x, keras.ops.sigmoid(y)])
    backbone = keras.Model(maps, x, name="backbone")
    pictures = keras.Input((16, 16, 3), name="picture")
    scaled = keras.layers.Rescaling(1 / 255, name="scaling")(pictures)
    vectors = keras.layers.GlobalAveragePooling2D(name="features")(backbone(scaled, training=False))
    return keras.Model(pictures, vectors, name="embedding")


def fine_tuned(fraction, **options):
    """A classifier of residual_embedding whose upper part is another than at the start."""
    classifier = build_classifier(residual_embedding(), 3, dropout=0.0, **options)
    unfreeze_top(classifier.get_layer("backbone"), fraction)
    for variable in classifier.trainable_variables:
        variable.assign(variable + 0.1)
    return classifier


def end_of(network, place):
    return network.get_layer("backbone").operations[place].name


@pytest.mark.parametrize("fraction, end", [(0.0, "end_1"), (0.3, "end_1"), (0.5, "end_0"), (0.7, "end_0")])
def test_the_trunk_ends_between_blocks_below_what_is_trained(fraction, end):
    network = fine_tuned(fraction)
    place = frozen_trunk(network)
    name = end_of(network, place)
    assert name in (end, f"first_{int(end[-1]) + 1}")  # a first convolution is passed by everything as well
    assert not keras.Model(network.get_layer("backbone").input,
                           network.get_layer("backbone").operations[place].output).trainable_weights


def test_a_network_trained_whole_has_no_trunk():
    network = fine_tuned(1.0)
    assert frozen_trunk(network) is None and shared_trunk(network, residual_embedding()) is None
    joined = keep_beside(network, residual_embedding())
    assert "trunk" not in [layer.name for layer in joined.layers]
    assert joined.get_layer("features").output.shape == (None, 12)


@pytest.mark.parametrize("loss", ["softmax", "contrastive", "cascaded"])
def test_trunk_and_what_stands_on_it_give_what_the_network_gives(squares, loss):
    network, pictures = fine_tuned(0.3, loss=loss), squares([0, 1, 2])
    wanted = [*pooled_outputs(network), network.output]
    place = frozen_trunk(network)
    assert place is not None
    maps = trunk(network, place)(pictures)
    outputs = above(network, place, wanted, name="upper")(maps)
    for mine, its in zip(outputs, keras.Model(network.input, wanted)(pictures), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)


def test_what_two_networks_share_is_in_the_joined_one_once_and_the_features_are_the_same(squares, tmp_path):
    network, pretrained, pictures = fine_tuned(0.5), residual_embedding(), squares([0, 1, 2])
    joined, twice = keep_beside(network, pretrained), join_networks([network, pretrained])
    shared = trunk(network, shared_trunk(network, pretrained)).count_params()
    assert shared > 0 and joined.count_params() == twice.count_params() - shared
    joined.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    for name, its in twice(pictures).items():
        np.testing.assert_allclose(joined(pictures)[name], its, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(loaded(pictures)[name], its, rtol=1e-5, atol=1e-6)
