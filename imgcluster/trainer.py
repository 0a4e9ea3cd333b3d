"""Step 02 from photos to a trained network: decode once per size, train every member, join them."""
import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from imgcluster.backbones import BUNDLED, load_backbone
from imgcluster.classifier import output_layer
from imgcluster.ensemble import join_networks
from imgcluster.errors import UserError
from imgcluster.finetune import fine_tune, make_deterministic
from imgcluster.pictures import decode_all
from imgcluster.prediction import predict
from imgcluster.splits import split_models, split_rows
from imgcluster.training import Rows
from imgcluster.validation import describe, judge


@dataclass(frozen=True)
class TrainingSet:
    """Labelled photos, split.

    classes: names of the models trained on, in the order of the network's outputs; holdout_classes: of those held out.
    labels int [N]: indices into both, one after the other. rows: who is trained on, and who judges (training.Rows).
    """

    img_paths: list
    classes: list
    holdout_classes: list
    labels: np.ndarray
    rows: Rows


def make_training_set(img_paths, names, *, holdout_models, train_fraction, seed):
    """Return the TrainingSet of photos with the given names of models. UserError as `splits.split_rows`."""
    names = np.asarray(names)
    holdout = split_models(names, share=holdout_models, seed=seed)
    trained = np.setdiff1d(np.arange(len(names)), holdout)
    train, val = split_rows(names[trained], train_fraction=train_fraction, seed=seed)
    classes, held = np.unique(names[trained]), np.unique(names[holdout])
    index = {name: number for number, name in enumerate([*classes, *held])}
    return TrainingSet(list(img_paths), classes.tolist(), held.tolist(), np.array([index[name] for name in names]),
                       Rows(trained[train], trained[val], holdout))


@dataclass(frozen=True)
class Member:
    """One trained network: its name, the classifier of its best epoch, its history (DataFrame)."""

    name: str
    classifier: keras.Model
    history: pd.DataFrame


class Trainer:
    """Trains one network after the other on the same photos, under the same regime.

    img_dir: where the photos lie. state_dir: folder for what a killed training goes on from. picture_options: of
    `pictures.iterate_pictures`. say, warn: functions of one line of text. progress: `progress(description, total)`.
    """

    def __init__(self, training_set, regime, *, img_dir, state_dir, seed, picture_options, say, warn, progress):
        self.set, self.regime, self.seed = training_set, regime, seed
        self.img_dir, self.state_dir, self.picture_options = Path(img_dir), Path(state_dir), picture_options
        self.say, self.warn, self.progress = say, warn, progress
        self._decoded, self._clock = {}, 0.0

    def train(self, backbone, number, *, weights, input_size, pooling):
        """Return the trained Member number `number` (from 1); a killed training goes on where it was."""
        make_deterministic(self.seed)
        embedding, name, remark = load_backbone(backbone, weights=weights, input_size=input_size, pooling=pooling)
        origin = "its own weights" if name == BUNDLED else f"weights {weights}"
        self.say(f"network: {name}, {origin}{remark and f' ({remark})'}")
        pictures, rows = self._pictures(embedding.input_shape[1])
        self._clock = time.perf_counter()
        classifier, history = fine_tune(
            embedding, pictures, self.set.labels, train_rows=rows.train, val_rows=rows.val, holdout_rows=rows.holdout,
            regime=self.regime, seed=self.seed, state_dir=self.state_dir / str(number), on_epoch=self._report,
            progress=self.progress)
        return Member(name, classifier, history)

    def join(self, members):
        """Return (the network of all members, its scores, its confusions' material: probabilities and true labels)."""
        network = members[0].classifier if len(members) == 1 else join_networks([each.classifier for each in members])
        pictures, rows = self._pictures(network.input_shape[1])
        judging = keras.Model(network.input, [network.get_layer("probabilities").output, output_layer(network).output])
        judges = np.concatenate([rows.val, rows.holdout])
        with self.progress("validation", len(judges)) as bar:
            probabilities, vectors = predict(judging, pictures, judges, self.regime.batch_size, bar)
        probabilities, vectors = probabilities[:len(rows.val)], vectors[len(rows.val):]
        scores = judge(probabilities, vectors, self.set.labels, rows)
        return network, scores, (probabilities, self.set.labels[rows.val])

    def _pictures(self, size):
        """(decoded pictures, rows without those that cannot be read), once for each size."""
        if size not in self._decoded:
            self.state_dir.mkdir(parents=True, exist_ok=True)
            with self.progress("reading photos", len(self.set.img_paths)) as bar:
                pictures, errors = decode_all(self.img_dir, self.set.img_paths, self.state_dir / f"pictures_{size}.npy",
                                              size=size, progress=bar, **self.picture_options)
            for row, reason in errors.items():
                self.warn(f"{self.set.img_paths[row]}: {reason}; not trained on")
            rows = replace(self.set.rows, **{name: np.setdiff1d(part, list(errors))
                                             for name, part in vars(self.set.rows).items()})
            if not len(rows.train) or not len(rows.val):
                raise UserError(f"too few photos in {self.img_dir} could be read; run 01_img_preprocess.py again")
            self._decoded[size] = pictures, rows
        return self._decoded[size]

    def _report(self, row):
        """Say how good an epoch was, and how long the epochs left will take if none is saved by stopping early."""
        seconds, self._clock = time.perf_counter() - self._clock, time.perf_counter()
        name, left = "new layers", ""
        if row["phase"] == "network":
            name = f"epoch {row['epoch']}"
            left = f"; at most {seconds * (self.regime.epochs - row['epoch']) / 60:.0f} minutes left"
        self.say(f"{name}: loss {row['loss']:.3f}, validation loss {row['val_loss']:.3f}, {describe(row)}{left}")
