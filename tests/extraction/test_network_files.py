"""The files of step 02: what an earlier training left does not outlive another."""
import os
import zipfile
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from imgcluster.datafiles.artefacts import OUTDATED
from imgcluster.datafiles.records import network_fingerprint, write_record
from imgcluster.datafiles.staging import READY, finish, stage_folder
from imgcluster.extraction.kind import KIND_FILE, read_kind
from imgcluster.extraction.network_files import MEMBERS, NETWORK, OF_LABELS, write_fitted, write_network, write_trained


@pytest.fixture
def trained(tmp_path):
    """A folder as a training on labels leaves it."""
    for name in (NETWORK, *OF_LABELS, "made_by_02.json", "features.npy"):
        (tmp_path / name).write_text("earlier")
    (tmp_path / MEMBERS / "1_tiny").mkdir(parents=True)
    assert KIND_FILE in OF_LABELS
    return tmp_path


def test_a_fitted_network_replaces_a_trained_one_which_is_put_aside_with_what_told_about_it(trained, tiny_embedding):
    assert write_fitted(trained, tiny_embedding())
    assert sorted(path.name for path in trained.iterdir()) == ["features.npy", NETWORK, OUTDATED]
    assert (trained / NETWORK).read_bytes() != b"earlier"
    assert {path.name: path.read_text() for path in (trained / OUTDATED).iterdir()} == dict.fromkeys(
        (NETWORK, *OF_LABELS, "made_by_02.json"), "earlier")


@pytest.mark.parametrize("moves", range(len(OF_LABELS) + 6))
def test_a_trained_network_and_the_one_fitted_in_its_place_outlast_a_kill(trained, tiny_embedding, monkeypatch, moves):
    done, (replace, unlink) = [], (os.replace, Path.unlink)

    def until_killed(act):
        def acting(path, *others, **options):
            if len(done) == moves:
                raise KeyboardInterrupt
            done.append(path)
            return act(path, *others, **options)
        return acting

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(os, "replace", until_killed(replace))
        patched.setattr(Path, "unlink", until_killed(unlink))
        write_fitted(trained, tiny_embedding())
    aside = trained / OUTDATED / NETWORK
    planned = (stage_folder(trained) / READY).exists() or aside.exists()
    finish(trained)
    finish(trained)
    # Before the plan of all moves is on the disk nothing is moved; from then on everything is.
    assert planned or moves <= 3
    assert ((trained / NETWORK).read_bytes() != b"earlier") == planned
    assert aside.read_text() == "earlier" if planned else not aside.exists()


def test_where_nothing_is_fitted_no_earlier_network_is_left(trained):
    assert write_fitted(trained, None)
    assert sorted(path.name for path in trained.iterdir()) == ["features.npy", OUTDATED]
    assert (trained / OUTDATED / NETWORK).read_text() == "earlier"
    write_record(trained, "02", settings={}, outputs=[NETWORK])
    (trained / NETWORK).write_text("fitted")
    assert not write_fitted(trained, None)
    assert (trained / OUTDATED / NETWORK).read_text() == "earlier" and not (trained / NETWORK).exists()


def test_a_network_that_cannot_be_written_leaves_the_earlier_one(trained):
    with pytest.raises(AttributeError):
        write_fitted(trained, "no network")
    assert {path.read_text() for path in trained.iterdir() if path.is_file()} == {"earlier"}


def test_networks_of_an_earlier_ensemble_leave_with_it(trained):
    train(trained, 3)
    assert not (trained / MEMBERS).exists()


class Network:
    """What is saved of it is a number."""

    def __init__(self, number):
        self.number = number

    def save(self, path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("number", str(self.number))


def number_in(path):
    """The number of a saved Network."""
    with zipfile.ZipFile(path) as archive:
        return int(archive.read("number"))


def train(folder, number, *, kept=True, members=1):
    """Write a trained network of which all that tells about it holds its number."""
    trainer = SimpleNamespace(
        join=lambda members: (Network(number), {}, (np.eye(2), np.arange(2))),
        set=SimpleNamespace(classes=[f"{number}", "other"]),
        known_kind=lambda network: (np.full((2, 3), network.number), np.arange(2)) if kept else None)
    member = SimpleNamespace(history=pd.DataFrame({"loss": [number]}), name="tiny", network=Network(number))
    return write_trained(folder, trainer, [member] * members)[0]


def numbers(folder):
    """Of which training each file is."""
    kind = read_kind(folder)
    return [number_in(folder / NETWORK), int((folder / "classes.txt").read_text().split()[0]),
            int(pd.read_csv(folder / "history.csv")["loss"][0]), *([] if kind is None else [int(kind[0][0, 0])])]


@pytest.mark.parametrize("moves", range(12))
def test_a_run_killed_anywhere_puts_no_network_beside_what_tells_about_another(tmp_path, killed_after, moves):
    train(tmp_path, 1)
    with killed_after(moves):
        train(tmp_path, 2)
    finish(tmp_path)
    assert numbers(tmp_path) in ([1] * 4, [2] * 4)


@pytest.mark.parametrize("moves", range(16))
@pytest.mark.parametrize("members", [1, 2])
def test_a_run_killed_anywhere_leaves_no_network_under_the_record_or_beside_the_members_of_another(
        tmp_path, killed_after, moves, members):
    train(tmp_path, 1, members=2)
    write_record(tmp_path, "02", settings={}, outputs=[NETWORK])
    with killed_after(moves):
        train(tmp_path, 2, members=members)
    finish(tmp_path)
    earlier = number_in(tmp_path / NETWORK) == 1
    assert (tmp_path / "made_by_02.json").exists() == earlier
    those = [str(number_in(path)) for path in sorted((tmp_path / MEMBERS).glob(f"*/{NETWORK}"))]
    assert those == (["1", "1"] if earlier else ["2", "2"] * (members == 2))


def test_a_network_that_kept_no_earlier_features_has_no_kind(tmp_path):
    assert KIND_FILE in train(tmp_path, 1)
    assert KIND_FILE not in train(tmp_path, 2, kept=False)
    assert numbers(tmp_path) == [2] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([NETWORK, *OF_LABELS[:3]])


def network_of(seed, *, created_before):
    """A small network of random weights, made after so many other layers."""
    for _ in range(created_before):
        keras.layers.Dense(2).build((None, 2))
    keras.utils.set_random_seed(seed)
    layers = keras.Sequential([keras.layers.Dense(3), keras.layers.BatchNormalization(), keras.layers.Dense(2)])
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers(inputs))


def test_networks_of_the_same_weights_are_the_same_though_one_was_made_in_two_runs(tmp_path):
    prints = []
    for folder, seed, created_before in (("a", 0, 0), ("b", 0, 5), ("c", 1, 0)):
        write_network(tmp_path / folder, network_of(seed, created_before=created_before))
        prints.append(network_fingerprint(tmp_path / folder / NETWORK))
    assert prints[0] == prints[1] != prints[2]
    loaded = keras.saving.load_model(tmp_path / "a" / NETWORK)
    assert all(np.array_equal(one, other) for one, other in zip(loaded.get_weights(),
                                                                network_of(0, created_before=2).get_weights()))
