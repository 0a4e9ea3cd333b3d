"""Fine-tune a pretrained network on labelled products: a new head first, then the upper layers.

Two phases, as in Keras' transfer-learning guide (keras.io/guides/transfer_learning): the classification layer alone on
the frozen network, then the upper part of the network at a low rate, batch normalisation in inference mode. After every
epoch the whole state is on disk, so that a killed training goes on where it was and ends with the same network.
"""
import hashlib
import json
import math
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from imgcluster.artefacts import replacing, write_json
from imgcluster.augmentation import Augmentation, augmentation_layers
from imgcluster.errors import UserError

TOP_K = (1, 2, 3, 5)
# Epochs without a better validation loss before the "plateau" schedule lowers the rate, and the factor it does so by.
PLATEAU_EPOCHS = 2
DECAY = 0.3
# Pictures looked at, evenly spread, to tell whether a killed training was on the same ones.
DIGEST_PICTURES = 64


@dataclass(frozen=True)
class Regime:
    """How a network is trained. Field meanings and units: config.py, step 02."""

    head_epochs: int = 40
    epochs: int = 12
    trainable_fraction: float = 0.6
    head_learning_rate: float = 2e-3
    learning_rate: float = 2e-4
    schedule: str = "cosine"
    patience: int = 5
    dropout: float = 0.3
    label_smoothing: float = 0.1
    class_weights: bool = True
    batch_size: int = 32
    augmentation: Augmentation = Augmentation()


def split_rows(labels, *, train_fraction, seed):
    """Return (train rows, validation rows), sorted: a split of every class at random, at least one photo to train on.

    A class of two photos or more has at least one in each part; a class with a single photo is trained on only.
    Raises UserError when there are fewer than two classes or nothing is left to validate on.
    """
    labels = np.asarray(labels)
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2:
        raise UserError(f"fine-tuning needs photos of at least two models; the training set has {len(classes)} "
                        "(check LABELS_FROM, or set TRAIN_DATASET = None)")
    if counts.max() < 2:
        raise UserError("no model of the training set has two photos, so nothing is left to validate on "
                        "(check LABELS_FROM, or set TRAIN_DATASET = None)")
    rng, train = np.random.default_rng(seed), []
    for name, count in zip(classes, counts):
        rows = rng.permutation(np.flatnonzero(labels == name))
        train.extend(rows[:np.clip(round(count * train_fraction), 1, max(1, count - 1))])
    train = np.sort(train)
    return train, np.setdiff1d(np.arange(len(labels)), train)


def build_classifier(embedding, num_classes, *, dropout):
    """Return the embedding network with a softmax layer "probabilities" for `num_classes` models on top."""
    features = keras.layers.Dropout(dropout, name="dropout")(embedding.output)
    outputs = keras.layers.Dense(num_classes, activation="softmax", name="probabilities", dtype="float32")(features)
    return keras.Model(embedding.input, outputs, name="classifier")


def load_embedding(path):
    """Return the part of a saved `network.keras` that ends in the pooled features. Raises UserError when it cannot."""
    try:
        network = keras.saving.load_model(path, compile=False)
        return keras.Model(network.input, network.get_layer("features").output, name="embedding")
    except Exception as error:
        raise UserError(f"{path}: not a network of this project, or damaged ({str(error).splitlines()[0]}); "
                        "run 02_finetune_network.py again") from error


def network_fingerprint(path):
    """Return a short digest of a saved network's weights; the rest of the file holds times and object numbers."""
    with zipfile.ZipFile(path) as archive:
        return hashlib.sha256(archive.read("model.weights.h5")).hexdigest()[:16]


def make_deterministic(seed):
    """Seed everything, and let TensorFlow add up in a fixed order: the same training gives the same weights."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def unfreeze_top(backbone, fraction):
    """Make the last `fraction` of the backbone's layers trainable, except batch normalisation; the rest is frozen."""
    first = round(len(backbone.layers) * (1 - fraction))
    for index, layer in enumerate(backbone.layers):
        layer.trainable = index >= first and not isinstance(layer, keras.layers.BatchNormalization)


def fine_tune(embedding, pictures, labels, *, train_rows, val_rows, regime, seed, state_dir, on_epoch, progress):
    """Train on `pictures[train_rows]`; return (classifier with the best epoch's weights, history DataFrame).

    The random seed must be set before `embedding` is built where its weights are random, for the same result again.

    embedding: model of `backbones.build_backbone`. pictures: uint8 [N, S, S, 3], an array or memory map.
    labels: int [N], 0..C-1. state_dir: folder for what is needed to go on after a kill; the caller removes it once the
    network is saved.
    on_epoch: called with each history row (a dict). progress: `progress(description, total)` makes a bar.
    """
    keras.utils.set_random_seed(seed)
    num_classes = int(labels.max()) + 1
    classifier = build_classifier(embedding, num_classes, dropout=regime.dropout)
    training = _Training(classifier, pictures, labels, train_rows, val_rows, regime, seed, Path(state_dir))
    if not training.resume():
        training.start(training.train_head(progress))
        on_epoch(training.history[-1])
    while not training.finished():
        training.run_epoch(progress)
        on_epoch(training.history[-1])
    return training.finish()


def learning_rate_at(epoch, regime, history):
    """Return the learning rate of an epoch (0-based) under the regime's schedule; history: rows of earlier epochs."""
    if regime.schedule == "cosine":
        return regime.learning_rate * 0.5 * (1 + math.cos(math.pi * epoch / regime.epochs))
    if regime.schedule == "step":
        return regime.learning_rate * DECAY ** (3 * epoch // regime.epochs)
    losses = [row["val_loss"] for row in history if row["phase"] == "network"]
    drops, best, waited = 0, math.inf, 0
    for loss in losses:
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited == PLATEAU_EPOCHS:
            drops, waited = drops + 1, 0
    return regime.learning_rate * DECAY ** drops


def top_k_accuracy(probabilities, labels, ks=TOP_K):
    """Return {"top_1": ..., ...}: share of rows whose true class is among the k most probable ones.

    Among equal (or undefined) probabilities the true class counts as the last: a network that cannot tell scores 0.
    """
    own = probabilities[np.arange(len(labels)), labels][:, None]
    ranks = (~(probabilities < own)).sum(axis=1) - 1
    return {f"top_{k}": float((ranks < k).mean()) for k in ks}


def class_weights(labels, num_classes):
    """Return float [C]: weights that let every class count alike, 1 on average over the photos."""
    counts = np.bincount(labels, minlength=num_classes)
    return (len(labels) / (num_classes * np.maximum(counts, 1))).astype(np.float32)


class _Training:
    """One training run and its state on disk."""

    def __init__(self, classifier, pictures, labels, train_rows, val_rows, regime, seed, folder):
        self.classifier, self.pictures, self.labels = classifier, pictures, np.asarray(labels)
        self.train_rows, self.val_rows = np.asarray(train_rows), np.asarray(val_rows)
        self.regime, self.seed, self.folder = regime, seed, folder
        self.num_classes = classifier.output_shape[-1]
        self.weights = (class_weights(self.labels[self.train_rows], self.num_classes) if regime.class_weights
                        else np.ones(self.num_classes, np.float32))
        self.history, self.best_loss = [], math.inf
        self.start_digest = _digest([*classifier.get_weights(), pictures[::max(1, len(pictures) // DIGEST_PICTURES)]])
        self.model = self._compiled()

    def _compiled(self):
        """The classifier behind its augmentation; both share their weights."""
        size = self.classifier.input_shape[1]
        unfreeze_top(self.classifier.get_layer("backbone"), self.regime.trainable_fraction)
        inputs = x = keras.Input((size, size, 3), name="picture")
        for layer in augmentation_layers(self.regime.augmentation, size=size, seed=self.seed):
            x = layer(x)
        model = keras.Model(inputs, self.classifier(x), name="training")
        model.compile(optimizer=keras.optimizers.AdamW(self.regime.learning_rate), loss=self._loss(),
                      jit_compile=False)
        model.optimizer.build(model.trainable_variables)  # so that the state saved before the first epoch is complete
        return model

    def _loss(self):
        return keras.losses.CategoricalCrossentropy(label_smoothing=self.regime.label_smoothing)

    def train_head(self, progress):
        """Train the classification layer alone, on features of the frozen network; return its history row."""
        embedding = keras.Model(self.classifier.input, self.classifier.get_layer("features").output)
        with progress("features of the frozen network", len(self.labels)) as bar:
            features = _predict(embedding, self.pictures, np.arange(len(self.labels)), self.regime.batch_size, bar)
        inputs = keras.Input(features.shape[1:])
        layers = [self.classifier.get_layer(name) for name in ("dropout", "probabilities")]
        head = keras.Model(inputs, layers[1](layers[0](inputs)))
        head.compile(optimizer=keras.optimizers.Adam(self.regime.head_learning_rate), loss=self._loss(),
                     jit_compile=False)
        with progress("classification layer", self.regime.head_epochs) as bar:
            for epoch in range(self.regime.head_epochs):
                loss = self._pass(head, features, np.random.default_rng([self.seed, epoch, 1]))
                bar.update(1)
        probabilities = head.predict(features[self.val_rows], batch_size=256, verbose=0)
        return self._row("head", 0, self.regime.head_learning_rate, loss if self.regime.head_epochs else math.nan,
                         probabilities)

    def _pass(self, model, inputs, rng, bar=None):
        """One pass over the training rows in random order; returns the mean loss."""
        _reseed(model, rng)
        order, losses = rng.permutation(self.train_rows), []
        for start in range(0, len(order), self.regime.batch_size):
            rows = order[start:start + self.regime.batch_size]
            targets = np.eye(self.num_classes, dtype=np.float32)[self.labels[rows]]
            losses.append(float(model.train_on_batch(inputs[rows], targets,
                                                     sample_weight=self.weights[self.labels[rows]])) * len(rows))
            model.reset_metrics()
            if bar is not None:
                bar.update(len(rows))
        return sum(losses) / len(order)

    def run_epoch(self, progress):
        """Train one epoch of the upper layers, validate, save the state."""
        epoch = sum(row["phase"] == "network" for row in self.history)
        rate = learning_rate_at(epoch, self.regime, self.history)
        self.model.optimizer.learning_rate = rate
        with progress(f"epoch {epoch + 1} of {self.regime.epochs}", len(self.train_rows) + len(self.val_rows)) as bar:
            loss = self._pass(self.model, self.pictures, np.random.default_rng([self.seed, epoch, 2]), bar)
            probabilities = _predict(self.classifier, self.pictures, self.val_rows, self.regime.batch_size, bar)
        self.history.append(self._row("network", epoch + 1, rate, loss, probabilities))
        self._save()

    def _row(self, phase, epoch, rate, loss, probabilities):
        labels = self.labels[self.val_rows]
        val_loss = float(self._loss()(np.eye(self.num_classes, dtype=np.float32)[labels], probabilities))
        accuracy = {f"val_{name}": value for name, value in top_k_accuracy(probabilities, labels).items()}
        return {"phase": phase, "epoch": epoch, "learning_rate": rate, "loss": loss, "val_loss": val_loss, **accuracy}

    def start(self, head_row):
        """Begin the second phase from the trained head."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.history = [head_row]
        self._save()

    def finished(self):
        """Whether all epochs are done or the validation loss stood still for `patience` epochs."""
        losses = [row["val_loss"] for row in self.history]
        waited = len(losses) - 1 - int(np.argmin(losses))
        return len(losses) - 1 >= self.regime.epochs or waited >= self.regime.patience

    def _save(self):
        val_loss = self.history[-1]["val_loss"]
        if not math.isfinite(val_loss):
            raise UserError(f"the training diverged (validation loss {val_loss}); lower LEARNING_RATE = "
                            f"{self.regime.learning_rate} or HEAD_LEARNING_RATE = {self.regime.head_learning_rate}")
        if val_loss < self.best_loss:
            self.best_loss = val_loss
            with replacing(self.folder / "best.weights.h5") as path:
                self.classifier.save_weights(path)
        # The epoch is part of the name: the state file is only ever read together with the weights it was saved with.
        last = f"epoch_{len(self.history)}.keras"
        with replacing(self.folder / last) as path:
            self.model.save(path)
        write_json(self.folder / "state.json", {"key": self._key(), "last": last, "history": self.history,
                                                "best_loss": self.best_loss})
        for old in self.folder.glob("epoch_*.keras"):
            if old.name != last:
                old.unlink()

    def resume(self):
        """Go on with the state on disk where it belongs to this very training; returns whether it did."""
        try:
            state = json.loads((self.folder / "state.json").read_text())
            if state["key"] != self._key():
                return False
            self.model = keras.saving.load_model(self.folder / state["last"])
        except (OSError, ValueError, KeyError):
            return False
        self.classifier = self.model.get_layer("classifier")
        self.history, self.best_loss = state["history"], state["best_loss"]
        return True

    def _key(self):
        return json.loads(json.dumps({**asdict(self.regime), "seed": self.seed, "labels": self.labels.tolist(),
                                      "train_rows": self.train_rows.tolist(),
                                      "start": self.start_digest}))

    def finish(self):
        """Return (classifier of the best epoch, history)."""
        self.classifier.load_weights(self.folder / "best.weights.h5")
        return self.classifier, pd.DataFrame(self.history)


def _reseed(model, rng):
    """Start the random layers anew: their state is no part of a saved model, so it must not outlive a pass."""
    for variable in model.variables:
        if variable.name == "seed_generator_state":
            variable.assign(rng.integers(2**31, size=variable.shape))


def _digest(arrays):
    """Return a short digest of arrays: the same for the same weights and pictures alone."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(repr(array.shape).encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:16]


def _predict(model, pictures, rows, batch_size, bar):
    """Predictions for the given rows, batch by batch, all batches of one shape."""
    outputs = []
    for start in range(0, len(rows), batch_size):
        part = rows[start:start + batch_size]
        batch = pictures[part]
        padded = np.concatenate([batch, np.repeat(batch[:1], batch_size - len(batch), axis=0)])
        outputs.append(np.asarray(model.predict_on_batch(padded))[:len(part)])
        bar.update(len(part))
    return np.concatenate(outputs)
