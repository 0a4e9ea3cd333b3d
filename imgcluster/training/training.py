"""One training run: its two phases, its validation, and its state on disk after every epoch."""
import json
import math
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd

from imgcluster.configuring.schema import PAIR_LOSSES
from imgcluster.errors import UserError
from imgcluster.files import read_arrays, replacing, write_arrays, write_json
from imgcluster.network.classifier import (
    build_classifier,
    objectives,
    output_layer,
    pooled_outputs,
    unfreeze_top,
)
from imgcluster.network.trunk import above, frozen_trunk, trunk
from imgcluster.training.augmentation import Augmentation, augment
from imgcluster.training.averaging import WeightAverage
from imgcluster.training.batches import balanced_batches, made_ahead, shuffled_batches
from imgcluster.training.devices import spread
from imgcluster.training.frozen_maps import FrozenMaps, digest
from imgcluster.training.prediction import predict
from imgcluster.training.validation import judge, quality

# Epochs without a better result before the "plateau" schedule lowers the rate, and the factor it does so by.
PLATEAU_EPOCHS = 2
DECAY = 0.3
# The weights of the best epoch so far.
BEST = "best.weights.h5"


@dataclass(frozen=True)
class Regime:
    """How a network is trained. Field meanings and units: config.py, step 02."""

    loss: str = "contrastive"
    embedding_dim: int | None = None
    imgs_per_model: int = 8
    head_epochs: int = 40
    epochs: int = 6
    trainable_fraction: float = 0.6
    head_learning_rate: float = 2e-3
    learning_rate: float = 2e-4
    schedule: str = "cosine"
    patience: int = 8
    weight_averaging: float = 0.0
    dropout: float = 0.0
    label_smoothing: float = 0.1
    class_weights: bool = True
    batch_size: int = 32
    augmentation: Augmentation = Augmentation()
    versions: int | None = 4


@dataclass(frozen=True)
class Rows:
    """Which photos are trained on, which others of the same models and which of models held out judge the network."""

    train: np.ndarray
    val: np.ndarray
    holdout: np.ndarray


def learning_rate_at(epoch, regime, history):
    """Return the learning rate of an epoch (0-based) under the regime's schedule; history: rows of earlier epochs."""
    if regime.schedule == "cosine":
        return regime.learning_rate * 0.5 * (1 + math.cos(math.pi * epoch / regime.epochs))
    if regime.schedule == "step":
        return regime.learning_rate * DECAY ** (3 * epoch // regime.epochs)
    drops, best, waited = 0, -math.inf, 0
    for row in history:
        if row["phase"] == "network":
            best, waited = (quality(row), 0) if quality(row) > best else (best, waited + 1)
            if waited == PLATEAU_EPOCHS:
                drops, waited = drops + 1, 0
    return regime.learning_rate * DECAY ** drops


def class_weights(labels, num_classes):
    """Return float [C]: weights that let every class count alike, 1 on average over the photos."""
    counts = np.bincount(labels, minlength=num_classes)
    return (len(labels) / (num_classes * np.maximum(counts, 1))).astype(np.float32)


class Training:
    """One training run and its state on disk."""

    def __init__(self, embedding, pictures, labels, rows, regime, seed, folder, *, maps_dir, progress, choose=True):
        """labels: int [N], 0..C-1 for the models trained on, anything for those held out (Rows.holdout).

        maps_dir: folder for `FrozenMaps`. choose False: the weights of the last epoch are kept, not those of the best.
        """
        self.pictures, self.labels, self.rows = pictures, np.asarray(labels), rows
        self.regime, self.seed, self.folder, self.choose = regime, seed, Path(folder), choose
        self.progress = progress
        # Of a model all photos to train on may be unreadable, and those that judge may not.
        self.num_classes = int(self.labels[np.concatenate([rows.train, rows.val])].max()) + 1
        # Batches for comparing photos hold as many of each model: weights would even out a second time.
        weigh = regime.class_weights and regime.loss not in PAIR_LOSSES
        self.weights = (class_weights(self.labels[rows.train], self.num_classes) if weigh
                        else np.ones(self.num_classes, np.float32))
        classifier = build_classifier(embedding, self.num_classes, dropout=regime.dropout, loss=regime.loss,
                                      embedding_dim=regime.embedding_dim)
        self.goals = objectives(classifier, loss=regime.loss, label_smoothing=regime.label_smoothing)
        self.history, self.best = [], -math.inf
        self.start_digest = digest([*classifier.get_weights(), pictures])
        model = self._compiled(classifier)
        self.place = frozen_trunk(classifier)
        self.maps = self._frozen_maps(classifier, maps_dir)
        self._adopt(model)

    def _compiled(self, classifier):
        """The network with an output for each objective; all share their weights."""
        unfreeze_top(classifier.get_layer("backbone"), self.regime.trainable_fraction)
        network = keras.Model(classifier.input, [*(goal.output for goal in self.goals), classifier.output],
                              name="classifier")
        inputs = keras.Input(classifier.input_shape[1:], name="picture")
        model = keras.Model(inputs, network(inputs)[:len(self.goals)], name="training")
        self._compile(model, keras.optimizers.AdamW(self.regime.learning_rate))
        model.optimizer.build(model.trainable_variables)  # so that the state saved before the first epoch is complete
        return model

    def _compile(self, model, optimizer):
        model.compile(optimizer=optimizer, loss=[goal.loss for goal in self.goals],
                      loss_weights=[goal.weight for goal in self.goals], jit_compile=False)

    def _frozen_maps(self, classifier, folder):
        """The FrozenMaps that the upper blocks are trained on; None: they are trained on pictures."""
        if self.place is None or self.regime.versions is None:
            return None
        maps = FrozenMaps(trunk(classifier, self.place), self.pictures, folder, augmentation=self.regime.augmentation,
                          versions=self.regime.versions, seed=self.seed, batch_size=self.regime.batch_size,
                          progress=self.progress)
        return maps if maps.fits() else None

    def _adopt(self, model):
        """Work with this training model, new or from disk."""
        self.model, self.network = model, model.get_layer("classifier")
        probabilities = self.network.get_layer("probabilities").output
        self.classifier = keras.Model(self.network.input, probabilities, name="classifier")
        self.judged = self._part([probabilities, output_layer(self.network).output])
        self.trained = model
        if self.maps:
            self.trained = self._part(self.network.outputs[:len(self.goals)])
            self._compile(self.trained, model.optimizer)
        sizes = [len(rows) for rows in self._batches(np.random.default_rng(0))]
        self.photos_a_pass = sum(sizes)  # balanced batches show some photos twice
        self.average = WeightAverage(model, self.regime.weight_averaging * len(sizes))

    def _part(self, outputs):
        """The model of these outputs of the network, from what `_inputs` gives: maps where they are kept."""
        if self.maps:
            return above(self.network, self.place, outputs, name="upper")
        return keras.Model(self.network.input, outputs)

    def _inputs(self):
        return self.maps.plain() if self.maps else self.pictures

    def train_head(self):
        """Train the layers on top alone, on features of the frozen network; return the last pass' loss or None."""
        pooled, inputs = pooled_outputs(self.network), self._inputs()
        with self.progress("features of the frozen network", len(self.labels)) as bar:
            features = predict(self._part(pooled), inputs, np.arange(len(self.labels)), self.regime.batch_size, bar)
        head = keras.Model(pooled, [goal.output for goal in self.goals])
        self._compile(head, keras.optimizers.Adam(self.regime.head_learning_rate))
        loss, of_rows = None, lambda rows: [part[rows] for part in features] if features[1:] else features[0][rows]
        with self.progress("classification layer", self.regime.head_epochs, "epoch") as bar:
            for epoch in range(self.regime.head_epochs):
                loss = self._pass(head, of_rows, np.random.default_rng([self.seed, epoch, 1]))
                bar.update(1)
        return loss

    def _batches(self, rng):
        if self.regime.loss in PAIR_LOSSES:
            return balanced_batches(self.rows.train, self.labels, batch_size=self.regime.batch_size,
                                    imgs_per_model=self.regime.imgs_per_model, rng=rng)
        return shuffled_batches(self.rows.train, batch_size=self.regime.batch_size, rng=rng)

    def _pass(self, model, inputs_of, rng, bar=None, after_step=None):
        """One pass over the training rows in random order; inputs_of(rows): a batch. Returns the mean loss.

        The next batch is made while the network learns from this one.
        """
        _reseed(model, rng)
        total = count = 0
        for rows, batch in made_ahead(self._batches(rng), inputs_of):
            targets = np.eye(self.num_classes, dtype=np.float32)[self.labels[rows]]
            weights = self.weights[self.labels[rows]]
            examples = (batch, [targets] * len(self.goals), [weights] * len(self.goals))
            split = spread(examples)
            if not count and split is not examples:
                model.test_on_batch(*examples)  # Keras makes its losses ready from a batch that is whole
            losses = model.train_on_batch(*split)
            model.reset_metrics()
            total, count = total + float(np.ravel(losses)[0]) * len(rows), count + len(rows)
            if after_step:
                after_step()
            if bar is not None:
                bar.update(len(rows))
        return total / count

    def _augmented(self, epoch):
        """The function of rows that returns their pictures, or maps of them, changed at random."""
        if self.maps:
            return self.maps.drawn(epoch)
        rng = np.random.default_rng([self.seed, epoch, 3])
        return lambda rows: augment(self.pictures[rows], self.regime.augmentation, rng)

    def start(self):
        """Train the head and begin the second phase from it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        loss = self.train_head()
        self._adopt(self.model)  # the average begins at the trained head
        # That of another training, which would be resumed with the best weights of this one.
        (self.folder / "state.json").unlink(missing_ok=True)
        with self.progress("validation", self._num_judged()) as bar:
            self._judge("head", 0, self.regime.head_learning_rate, loss, bar)
        self._save()

    def run_epoch(self):
        """Train one epoch of the upper layers, validate, save the state."""
        epoch = sum(row["phase"] == "network" for row in self.history)
        rate = learning_rate_at(epoch, self.regime, self.history)
        self.model.optimizer.learning_rate = rate
        examples, rng = self._augmented(epoch), np.random.default_rng([self.seed, epoch, 2])
        number = self.photos_a_pass + self._num_judged()
        with self.progress(f"epoch {epoch + 1} of {self.regime.epochs}", number) as bar:
            loss = self._pass(self.trained, examples, rng, bar, self.average.update)
            with self.average.applied():
                self._judge("network", epoch + 1, rate, loss, bar)
        self._save()

    def _num_judged(self):
        return len(self.rows.val) + len(self.rows.holdout)

    def _judge(self, phase, epoch, rate, loss, bar):
        """Add a row to the history; keep the network's weights where they are the best so far."""
        row = {"phase": phase, "epoch": epoch, "learning_rate": rate, "loss": loss, **self._validate(bar)}
        self.history.append(row)
        if quality(row) > self.best or not self.choose:
            self.best = quality(row)
            with replacing(self.folder / BEST) as path:
                self.network.save_weights(path)

    def _validate(self, bar):
        labels, inputs = self.labels[self.rows.val], self._inputs()
        rows = np.concatenate([self.rows.val, self.rows.holdout])
        probabilities, vectors = predict(self.judged, inputs, rows, self.regime.batch_size, bar)
        probabilities, vectors = probabilities[:len(labels)], vectors[len(labels):]
        # The function, as a Loss object would divide by the number of devices.
        val_loss = float(np.mean(keras.losses.categorical_crossentropy(
            np.eye(self.num_classes, dtype=np.float32)[labels], probabilities,
            label_smoothing=self.regime.label_smoothing)))
        if not math.isfinite(val_loss) or not np.isfinite(vectors).all():
            raise UserError(f"the training diverged (validation loss {val_loss}); lower LEARNING_RATE = "
                            f"{self.regime.learning_rate} or HEAD_LEARNING_RATE = {self.regime.head_learning_rate}")
        return {"val_loss": val_loss, **judge(probabilities, vectors, self.labels, self.rows)}

    def finished(self):
        """Whether all epochs are done or nothing got better for `patience` epochs."""
        qualities = [quality(row) for row in self.history]
        waited = len(qualities) - 1 - int(np.argmax(qualities))
        return len(qualities) - 1 >= self.regime.epochs or (self.choose and waited >= self.regime.patience)

    def _save(self):
        # The epoch is part of the names: the state is only ever read together with the weights it was saved with.
        last = f"epoch_{len(self.history)}"
        with replacing(self.folder / f"{last}.keras") as path:
            self.model.save(path)
        write_arrays(self.folder / f"{last}.npz", **self.average.state())
        write_json(self.folder / "state.json", {"key": self._key(), "last": last, "history": self.history,
                                                "best": self.best})
        for old in self.folder.glob("epoch_*"):
            if old.stem != last:
                old.unlink()

    def resume(self):
        """Go on with the state on disk where it belongs to this very training; returns whether it did."""
        try:
            state = json.loads((self.folder / "state.json").read_text())
            if state["key"] != self._key():
                return False
            model = keras.saving.load_model(self.folder / f"{state['last']}.keras")
            average = read_arrays(self.folder / f"{state['last']}.npz")
            h5py.File(self.folder / BEST).close()  # OSError where it is damaged
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, UserError):
            return False
        self._adopt(model)
        self.average.restore(average)
        self.history, self.best = state["history"], state["best"]
        return True

    def _key(self):
        return json.loads(json.dumps({
            **asdict(self.regime), "seed": self.seed, "labels": self.labels.tolist(), "start": self.start_digest,
            "choose": self.choose,
            **{name: np.asarray(rows).tolist() for name, rows in vars(self.rows).items()}}))

    def finish(self):
        """Return (classifier of the epoch that is kept, history)."""
        self.network.load_weights(self.folder / BEST)
        return self.classifier, pd.DataFrame(self.history)


def _reseed(model, rng):
    """Start the random layers anew: their state is no part of a saved model, so it must not outlive a pass."""
    for variable in model.variables:
        if variable.name == "seed_generator_state":
            variable.assign(rng.integers(2**31, size=variable.shape))
