"""Weights files in half precision: half the size, the same network, its pooling beside the weights."""
import keras
import numpy as np

from imgcluster.distilling.half_precision import write_half_precision
from imgcluster.network.depth_pooling import read_statistics


def two_layers(*values):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dense(1)])
    network.set_weights([np.full(array.shape, value, np.float32)
                         for array, value in zip(network.get_weights(), values)])
    return network


def test_numbers_too_large_for_half_precision_are_kept(tmp_path):
    network = two_layers(1e5, 2, 3, 4)
    weights = network.get_weights()
    write_half_precision(network, tmp_path / "a.weights.h5", {})
    network.set_weights([0 * array for array in weights])
    network.load_weights(tmp_path / "a.weights.h5")
    for before, after in zip(weights, network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_pooling_lies_beside_the_weights_and_nothing_else_in_the_folder(tmp_path):
    pooling = {"offset": np.arange(3, dtype=np.float32)}
    write_half_precision(two_layers(1, 2, 3, 4), tmp_path / "a.weights.h5", pooling)
    np.testing.assert_array_equal(read_statistics(tmp_path / "a.weights.h5")["offset"], pooling["offset"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.weights.h5"]
