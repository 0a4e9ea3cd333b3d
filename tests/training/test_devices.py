"""Several devices: the same steps as on one. Two logical devices of the processor stand for two GPUs."""
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from imgcluster.training.devices import spread, training_scope  # noqa: E402

# Logical devices can only be made before TensorFlow has begun, hence a process of its own.
CODE = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import contextlib, sys
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0],
                                           [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from imgcluster.training.finetune import fine_tune
from imgcluster.training.training import Regime, Rows

def bar(*_):
    return contextlib.nullcontext(type("Bar", (), {"update": lambda self, steps: None})())

def train(folder):
    keras.utils.set_random_seed(0)
    maps = keras.Input((8, 8, 3))
    backbone = keras.Model(maps, keras.layers.Conv2D(4, 3, activation="relu")(maps), name="backbone")
    pictures = keras.Input((8, 8, 3), name="picture")
    scaled = keras.layers.Rescaling(1 / 255)(pictures)
    embedding = keras.Model(pictures, keras.layers.GlobalAveragePooling2D(name="features")(backbone(scaled)))
    labels = np.arange(32) % 2
    photos = np.random.default_rng(0).integers(0, 99, (32, 8, 8, 3)).astype(np.uint8) + (labels * 99).astype(
        np.uint8)[:, None, None, None]
    regime = Regime(loss="softmax", head_epochs=2, epochs=2, trainable_fraction=1.0, batch_size=8, class_weights=False)
    rows = Rows(np.arange(24), np.arange(24, 32), np.array([], int))
    classifier, history = fine_tune(embedding, photos, labels, rows=rows, regime=regime, seed=0, state_dir=folder,
                                    maps_dir=folder + "/maps", on_epoch=lambda row: None, progress=bar)
    return classifier.get_weights(), history

one, history = train(sys.argv[1] + "/one")
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    two, same = train(sys.argv[1] + "/two")
for first, second in zip(one, two, strict=True):
    np.testing.assert_allclose(first, second, atol=2e-4)
np.testing.assert_allclose(history["val_loss"], same["val_loss"], rtol=1e-3)
print("alike")
"""


def test_two_devices_end_with_the_network_of_one(tmp_path):
    done = subprocess.run([sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, check=False,
                          cwd=Path(__file__).parents[2])
    assert done.stdout.strip().endswith("alike"), done.stderr[-2000:]


def test_without_several_gpus_nothing_is_split():
    batch = np.zeros((4, 2))
    with training_scope():
        assert spread(batch) is batch
