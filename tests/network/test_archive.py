"""A saved network depends on nothing but what the network is."""
import contextlib
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from configured import ROOT

from imgcluster.network.archive import save_network

TRAINED = """
from pathlib import Path

import keras
import numpy as np

from imgcluster.network.archive import save_network

keras.utils.set_random_seed(0)
inner = keras.Sequential([keras.layers.Dense(3), keras.layers.BatchNormalization(), keras.layers.Dense(2)])
inputs = keras.Input((4,))
network = keras.Model(inputs, keras.Model(inputs, inner(inputs))(inputs))
network.compile("adam", "mse")
network.fit(np.eye(4), np.eye(4)[:, :2], verbose=0)
save_network(Path("network.keras"), network)
np.save("answers.npy", network.predict(np.eye(4), verbose=0))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folders of two processes that trained and saved the same network: one of its own, and this one, which has made
    many other tensors by then."""
    folders = [tmp_path_factory.mktemp("run") for _ in range(2)]
    subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{TRAINED}"],
                   cwd=folders[0], check=True, capture_output=True)
    keras.utils.clear_session()  # layers are numbered, and so named, as in a process that has just begun
    for _ in range(70):
        keras.KerasTensor((1,))
    with contextlib.chdir(folders[1]):
        exec(TRAINED, {})  # noqa: S102
    return folders


def test_two_processes_save_the_same_network_in_the_same_bytes(trained):
    one, other = ((folder / "network.keras").read_bytes() for folder in trained)
    assert one == other


def test_a_saved_network_is_loaded_and_answers_as_it_did(trained):
    network = keras.saving.load_model(trained[0] / "network.keras")
    assert np.array_equal(network.predict(np.eye(4), verbose=0), np.load(trained[0] / "answers.npy"))
    assert {path.name for path in trained[0].iterdir()} == {"network.keras", "answers.npy"}


def test_it_holds_what_keras_saves_and_a_layer_that_is_used_twice_is_one(tmp_path):
    shared = keras.layers.Dense(4, name="twice")
    wrapped = keras.Sequential([shared, keras.layers.ReLU(), shared])
    inputs = keras.Input((4,))
    network = keras.Model(inputs, wrapped(inputs))
    network.save(tmp_path / "by_keras.keras")
    save_network(tmp_path / "network.keras", network)
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert len(loaded.get_weights()) == 2
    assert all(np.array_equal(*pair) for pair in zip(loaded.get_weights(), network.get_weights(), strict=True))
    names = [zipfile.ZipFile(tmp_path / f"{name}.keras").namelist() for name in ("by_keras", "network")]
    assert names[0] == names[1]
