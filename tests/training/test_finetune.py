"""Fine-tuning: a sound split, exact scores, a toy problem learnt, and the same network after a kill."""
import dataclasses
import math
import shutil
from unittest import mock

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.network.classifier import build_classifier, output_layer, unfreeze_top  # noqa: E402
from imgcluster.network.saved import load_embedding  # noqa: E402
from imgcluster.training.augmentation import Augmentation  # noqa: E402
from imgcluster.training.finetune import fine_tune  # noqa: E402
from imgcluster.training.prediction import predict  # noqa: E402
from imgcluster.training.splits import split_rows  # noqa: E402
from imgcluster.training.training import Regime, Rows, class_weights, learning_rate_at  # noqa: E402
from imgcluster.training.validation import best_row, top_k_accuracy, unseen_scores  # noqa: E402

REGIME = Regime(loss="softmax", weight_averaging=0.5, head_epochs=60, epochs=3, trainable_fraction=0.5,
                head_learning_rate=0.05, learning_rate=0.01, patience=5, dropout=0.1, label_smoothing=0.05,
                batch_size=8,
                augmentation=Augmentation(crop=0.1, rotation=5, flip=True, translation=0.05, zoom=0.05, brightness=0.05,
                                          contrast=0.05, color=0.05, noise=0.01))
LABELS = np.repeat([0, 1, 2], [20, 16, 10])


# ---------------------------------------------------------------- rates, scores, weights

def test_the_cosine_schedule_falls_smoothly():
    regime = Regime(schedule="cosine", epochs=8, learning_rate=0.4)
    rates = [learning_rate_at(epoch, regime, []) for epoch in range(8)]
    assert rates[0] == pytest.approx(0.4) and rates[4] == pytest.approx(0.2)
    assert rates == sorted(rates, reverse=True) and 0 < rates[-1] < 0.05


def test_the_step_schedule_drops_at_one_and_two_thirds():
    regime = Regime(schedule="step", epochs=6, learning_rate=1.0)
    assert [learning_rate_at(epoch, regime, []) for epoch in range(6)] == pytest.approx([1, 1, 0.3, 0.3, 0.09, 0.09])


@pytest.mark.parametrize("losses, rate", [
    ([], 1), ([5, 4, 3, 2], 1), ([5, 6], 1), ([5, 6, 5], 0.3), ([5, 6, 5, 4, 3], 0.3), ([5, 6, 6, 6, 6], 0.09),
    ([5, 6, 4, 5, 3], 1)])
def test_the_plateau_schedule_drops_when_the_loss_stands_still(losses, rate):
    regime = Regime(schedule="plateau", epochs=9, learning_rate=1.0)
    history = [{"phase": "head", "val_loss": 0.0}, *({"phase": "network", "val_loss": loss} for loss in losses)]
    assert learning_rate_at(len(losses), regime, history) == pytest.approx(rate)


def test_class_weights_let_every_class_count_alike():
    weights = class_weights(LABELS, 3)
    totals = [weights[label] * (LABELS == label).sum() for label in range(3)]
    assert totals == pytest.approx([totals[0]] * 3)
    assert weights[LABELS].mean() == pytest.approx(1)
    assert class_weights(np.array([0, 0, 1, 1]), 2).tolist() == [1, 1]


@pytest.mark.parametrize("fraction, first", [(0, 7), (0.5, 4), (1, 0)])
def test_unfreezing_leaves_batch_normalisation_frozen(tiny_embedding, fraction, first):
    backbone = tiny_embedding().get_layer("backbone")
    assert len(backbone.layers) == 7
    unfreeze_top(backbone, fraction)
    for index, layer in enumerate(backbone.layers):
        frozen = index < first or isinstance(layer, keras.layers.BatchNormalization)
        assert layer.trainable != frozen
    convolutions = [layer for layer in backbone.layers[first:] if isinstance(layer, keras.layers.Conv2D)]
    assert len(backbone.trainable_weights) == 2 * len(convolutions)


# ---------------------------------------------------------------- training

class Killed(Exception):
    """Raised where a test kills the training."""


@pytest.fixture(scope="module")
def train(tiny_embedding, squares, silent):
    """train(folder, kill_after=n, **changes of the regime): (classifier, history, rows that on_epoch saw)."""
    pictures = squares(LABELS)
    train_rows, val_rows = split_rows(LABELS, train_fraction=0.7, seed=0)

    def run(folder, *, kill_after=None, pictures=pictures, labels=LABELS, init=0, holdout=(), choose=True,
            progress=silent, **changes):
        seen = []

        def on_epoch(row):
            seen.append(row)
            if len(seen) == kill_after:
                raise Killed
        rows = Rows(train_rows, val_rows, np.asarray(holdout, int))
        return *fine_tune(tiny_embedding(init), pictures, labels, rows=rows, seed=0,
                          regime=dataclasses.replace(REGIME, **changes),
                          state_dir=folder / "training", maps_dir=folder / "maps", on_epoch=on_epoch,
                          progress=progress, choose=choose), seen
    return run


@pytest.fixture(scope="module")
def trained(train, tmp_path_factory):
    return train(tmp_path_factory.mktemp("trained"))


def same_weights(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), two.get_weights(), strict=True))


def test_a_toy_problem_is_learnt(trained, squares):
    classifier, history, _ = trained
    assert history["val_top_1"].iloc[-1] >= 0.8 and history["val_loss"].min() < 0.6 * math.log(3)
    labels = np.arange(30) % 3
    probabilities = np.asarray(classifier.predict_on_batch(squares(labels, seed=99)))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert top_k_accuracy(probabilities, labels)["top_1"] >= 0.8


@pytest.mark.parametrize("spoilt", [0, 1], ids=["probabilities", "vectors"])
def test_a_training_that_diverges_is_said_to(train, with_holdout, tmp_path, monkeypatch, spoilt):
    def diverged(*arguments):
        outputs = predict(*arguments)
        return [output * np.nan if place == spoilt else output for place, output in enumerate(outputs)]
    monkeypatch.setattr("imgcluster.training.training.predict", diverged)
    with pytest.raises(UserError, match="the training diverged .* lower LEARNING_RATE"):
        train(tmp_path, **with_holdout)


@pytest.mark.parametrize("loss", ["cosine", "arcface", "center", "contrastive", "triplet", "triplet_hard"])
def test_every_loss_learns_the_toy_problem(train, tmp_path, loss):
    options = {"augmentation": Augmentation(), "imgs_per_model": 4, "epochs": 3, "dropout": 0.0}
    _, history, _ = train(tmp_path, loss=loss, embedding_dim=8, **options)
    assert best_row(history)["val_top_1"] >= 0.8


@pytest.fixture(scope="module")
def with_holdout(squares):
    """Pictures, labels and held-out rows: a fourth colour and a fifth model that nobody can tell from the first."""
    labels = np.concatenate([LABELS, np.repeat([3, 4], 6)])
    return {"pictures": squares([*LABELS, *np.repeat([3, 0], 6)], seed=2), "labels": labels,
            "holdout": np.arange(len(LABELS), len(labels)), "loss": "contrastive", "embedding_dim": 8, "head_epochs": 5}


def test_held_out_models_choose_the_epoch_and_a_kill_changes_nothing(train, with_holdout, tmp_path):
    classifier, history, _ = train(tmp_path / "whole", **with_holdout)
    assert classifier.output_shape == (None, 3)
    quality = history["holdout_map_r"]
    assert best_row(history)["epoch"] == history["epoch"][quality.idxmax()] and quality.max() > 0.4
    vectors = keras.Model(classifier.input, output_layer(classifier).output).predict_on_batch(
        with_holdout["pictures"][with_holdout["holdout"]])
    scores = unseen_scores(vectors, with_holdout["labels"][with_holdout["holdout"]])
    assert scores["map_r"] == pytest.approx(quality.max())
    with pytest.raises(Killed):
        train(tmp_path / "killed", kill_after=2, **with_holdout)
    again, same_history, _ = train(tmp_path / "killed", **with_holdout)
    assert same_history.equals(history) and same_weights(again, classifier)


@pytest.mark.parametrize("loss, same", [("contrastive", True), ("cosine", False)])
def test_batches_with_as_many_photos_of_each_model_are_not_weighed_again(train, tmp_path, loss, same):
    losses = [train(tmp_path / str(weigh), loss=loss, class_weights=weigh, epochs=0, head_epochs=2)[1]["loss"][0]
              for weigh in (True, False)]
    assert (losses[0] == losses[1]) == same


@pytest.mark.parametrize("loss", ["softmax", "contrastive"])
def test_every_bar_ends_at_its_total_and_says_what_it_counts(train, silent, tmp_path, loss):
    bars = []

    def progress(description, total, unit="photo"):
        context = silent()
        bars.append((description, total, unit, context.enter_result))
        return context
    train(tmp_path, loss=loss, embedding_dim=8, imgs_per_model=4, head_epochs=3, epochs=2, progress=progress)
    assert [(total, bar.at) for _, total, _, bar in bars] == [(total, total) for _, total, _, _ in bars]
    assert [(total, unit) for name, total, unit, _ in bars if name == "classification layer"] == [(3, "epoch")]
    assert {unit for name, _, unit, _ in bars if name != "classification layer"} == {"photo"}
    assert [name for name, *_ in bars if name.startswith("epoch")] == ["epoch 1 of 2", "epoch 2 of 2"]


def test_the_history_has_a_row_for_the_head_and_each_epoch(trained):
    _, history, seen = trained
    assert list(history.columns) == ["phase", "epoch", "learning_rate", "loss", "val_loss", "val_top_1", "val_top_2",
                                     "val_top_3", "val_top_5"]
    assert list(history["phase"]) == ["head"] + ["network"] * 3 and list(history["epoch"]) == [0, 1, 2, 3]
    assert history.notna().all(axis=None) and history.to_dict("records") == seen
    assert (history["val_top_3"] == 1).all() and history["val_top_1"].between(0, 1).all()


def test_batch_normalisation_and_frozen_layers_stay_as_they_were(trained, tiny_embedding):
    before, after = (model.get_layer("backbone") for model in (tiny_embedding(), trained[0]))
    changed = [index for index, (one, two) in enumerate(zip(before.layers, after.layers)) if not same_weights(one, two)]
    assert changed == [4]


def test_a_finished_training_is_not_done_again_until_its_state_is_removed(train, tmp_path):
    weights = train(tmp_path, epochs=0)[0].get_weights()
    classifier, _, rows = train(tmp_path, epochs=0)
    assert rows == [] and all(np.array_equal(*pair) for pair in zip(weights, classifier.get_weights()))


def test_the_best_epoch_is_returned(train, tmp_path, squares):
    # A rate this high ruins the network, so that the classification layer alone remains the best.
    classifier, history, _ = train(tmp_path, learning_rate=1.0, schedule="step", epochs=1, augmentation=Augmentation())
    assert history["val_loss"].idxmin() == 0
    _, val_rows = split_rows(LABELS, train_fraction=0.7, seed=0)
    probabilities = np.asarray(classifier.predict_on_batch(squares(LABELS)[val_rows]))
    assert top_k_accuracy(probabilities, LABELS[val_rows])["top_1"] == pytest.approx(history["val_top_1"][0])


def test_without_a_choice_the_last_epoch_is_kept(train, tmp_path, squares):
    options = {"learning_rate": 1.0, "schedule": "step", "epochs": 1, "augmentation": Augmentation()}
    classifier, history, _ = train(tmp_path, choose=False, **options)
    assert history["val_loss"].idxmin() == 0 and len(history) == 2
    _, val_rows = split_rows(LABELS, train_fraction=0.7, seed=0)
    probabilities = np.asarray(classifier.predict_on_batch(squares(LABELS)[val_rows]))
    assert top_k_accuracy(probabilities, LABELS[val_rows])["top_1"] == pytest.approx(history["val_top_1"].iloc[-1])


def test_the_average_begins_at_the_trained_layers_on_top(train, tmp_path):
    # In one step an epoch the average takes no other weights into account.
    _, history, _ = train(tmp_path, epochs=1, batch_size=64, weight_averaging=100.0)
    assert history["val_loss"][1] == pytest.approx(history["val_loss"][0], rel=1e-4)


@pytest.mark.parametrize("versions", [2, None])
def test_a_training_killed_twice_ends_with_the_same_network(train, tmp_path, versions):
    options = {"versions": versions, "head_epochs": 3}
    network, expected, _ = train(tmp_path / "whole", **options)
    for _ in ("after the classification layer", "after the first epoch"):
        with pytest.raises(Killed):
            train(tmp_path / "killed", kill_after=1, **options)
    classifier, history, seen = train(tmp_path / "killed", **options)
    assert len(seen) == 2 and history.equals(expected)
    assert same_weights(classifier, network)


def test_the_upper_blocks_learn_the_same_from_maps_as_from_pictures(train, tmp_path):
    options = {"augmentation": Augmentation(), "learning_rate": 1e-3, "head_epochs": 3}
    on_maps, history, _ = train(tmp_path / "maps", **options)
    on_pictures, expected, _ = train(tmp_path / "pictures", versions=None, **options)
    assert list((tmp_path / "maps" / "maps").iterdir()) and not (tmp_path / "pictures" / "maps").exists()
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-3)  # maps are kept in half precision
    for mine, its in zip(on_maps.get_weights(), on_pictures.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=5e-3, atol=5e-3)


SHORT = {"epochs": 1, "head_epochs": 3}


@pytest.fixture(scope="module")
def whole_and_killed(train, tmp_path_factory):
    """(what `train` returned, the folder of the same training killed after its last epoch), not to be changed."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.raises(Killed):
        train(folder, kill_after=2, **SHORT)
    return train(tmp_path_factory.mktemp("whole"), **SHORT), folder


@pytest.mark.parametrize("name", ["epoch_*.npz", "epoch_*.keras", "best.weights.h5", "state.json"])
def test_a_training_whose_state_is_damaged_begins_anew(train, whole_and_killed, tmp_path, name):
    (network, expected, _), killed = whole_and_killed
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    damaged = next((tmp_path / "training").glob(name))
    damaged.write_bytes(damaged.read_bytes()[:-100])
    classifier, history, seen = train(tmp_path, **SHORT)
    assert len(seen) == 2 and history.equals(expected) and same_weights(classifier, network)


def test_a_training_takes_nothing_over_from_another_that_was_killed_as_it_began(train, whole_and_killed, tmp_path,
                                                                                monkeypatch):
    (network, expected, _), killed = whole_and_killed
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    with pytest.raises(Killed), monkeypatch.context() as patch:
        patch.setattr("imgcluster.training.training.Training._save", mock.Mock(side_effect=Killed))
        train(tmp_path, **SHORT, dropout=0.2)
    classifier, history, _ = train(tmp_path, **SHORT)
    assert history.equals(expected) and same_weights(classifier, network)


@pytest.mark.parametrize("change, rows", [("nothing", 0), ("regime", 1), ("pictures", 1), ("weights", 1)])
def test_only_the_same_training_goes_on_with_the_state(train, tmp_path, squares, change, rows):
    options = {"epochs": 0, "head_epochs": 2}
    with pytest.raises(Killed):
        train(tmp_path, kill_after=1, **options)
    changes = {"nothing": {}, "regime": {"dropout": 0.2}, "pictures": {"pictures": squares(LABELS, seed=3)},
               "weights": {"init": 7}}
    _, history, seen = train(tmp_path, **options, **changes[change])
    assert len(seen) == rows and len(history) == 1


def test_one_photo_replaced_among_many_begins_the_training_anew(train, tmp_path, squares):
    labels = np.resize(LABELS, 130)
    pictures = squares(labels)
    options = {"pictures": pictures, "labels": labels, "epochs": 0, "head_epochs": 1}
    with pytest.raises(Killed):
        train(tmp_path, kill_after=1, **options)
    pictures[1] = squares([(labels[1] + 1) % 4])[0]
    assert len(train(tmp_path, **options)[2]) == 1


def test_training_stops_when_the_loss_stands_still(train, tmp_path):
    _, history, _ = train(tmp_path, learning_rate=1e-9, epochs=20, patience=1, augmentation=Augmentation(),
                          schedule="step", head_epochs=60)
    assert len(history) < 20
    best = history["val_loss"].idxmin()
    assert len(history) - 1 - best == 1


def test_a_saved_network_is_loaded_as_an_embedding(trained, tmp_path, squares):
    classifier = trained[0]
    classifier.save(tmp_path / "network.keras")
    embedding = load_embedding(tmp_path / "network.keras")
    pictures = squares([0, 1, 2])
    expected = keras.Model(classifier.input, classifier.get_layer("features").output)
    assert embedding.output_shape == (None, 8)
    np.testing.assert_array_equal(np.asarray(embedding(pictures)), np.asarray(expected(pictures)))


def test_files_that_are_no_network_are_named(tmp_path):
    (tmp_path / "network.keras").write_bytes(b"nothing")
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    other.save(tmp_path / "other.keras")
    for name in ("network.keras", "other.keras", "none.keras"):
        with pytest.raises(UserError, match=f"{name}: not a network of this project.*02_finetune_network.py"):
            load_embedding(tmp_path / name)


def test_a_network_that_does_not_fit_into_memory_is_named(tmp_path, monkeypatch):
    def exhausted(*_, **__):
        raise MemoryError

    keras.Sequential([keras.Input((3,))]).save(tmp_path / "network.keras")
    monkeypatch.setattr(keras.saving, "load_model", exhausted)
    with pytest.raises(UserError, match="network.keras: not a network of this project.*MemoryError"):
        load_embedding(tmp_path / "network.keras")


def test_code_hidden_in_a_network_file_is_not_run(tmp_path):
    inputs = keras.Input((2,))
    unsafe = keras.Model(inputs, keras.layers.Lambda(lambda x: x, name="features")(inputs))
    unsafe.save(tmp_path / "network.keras")
    with pytest.raises(UserError, match="network.keras"):
        load_embedding(tmp_path / "network.keras")


def test_the_classifier_keeps_the_embedding(tiny_embedding, squares):
    embedding = tiny_embedding()
    classifier = build_classifier(embedding, 5, dropout=0.5)
    probabilities = np.asarray(classifier(squares([0, 1])))
    assert probabilities.shape == (2, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert classifier.get_layer("backbone") is embedding.get_layer("backbone")


def test_where_the_new_layers_are_not_trained_by_themselves_they_have_no_loss(train, tmp_path):
    _, history, seen = train(tmp_path, head_epochs=0, epochs=1)
    assert seen[0]["loss"] is None and seen[1]["loss"] > 0 and np.isnan(history.loss[0])
