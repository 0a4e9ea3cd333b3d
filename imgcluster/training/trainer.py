"""Step 02 from photos to a trained network: decode once per size, train every member, join them."""
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from imgcluster.backbone_table import AUTO
from imgcluster.errors import UserError
from imgcluster.network.backbones import load_backbone, origin_of
from imgcluster.network.classifier import PRETRAINED, output_layer, with_whitening
from imgcluster.network.depth_pooling import DepthPooling, pooled_at_depths
from imgcluster.network.determinism import make_deterministic
from imgcluster.network.ensemble import join_networks, keep_beside
from imgcluster.network.saved import pretrained_of
from imgcluster.photos.pictures import decode_all
from imgcluster.structure.whitening import within_model_whitening
from imgcluster.training.devices import training_scope
from imgcluster.training.finetune import fine_tune
from imgcluster.training.prediction import predict
from imgcluster.training.splits import LEAST_HELD_OUT, split_models, split_rows
from imgcluster.training.training import Rows
from imgcluster.training.unlabelled import fit_to_photos
from imgcluster.training.validation import MEANING, best_row, describe, in_short, judge

# Photos, evenly spread, that the whitening is learnt on, and that show what kind of product was trained on.
MAX_WHITENED = 6000
MAX_KNOWN = 2000


@dataclass(frozen=True)
class TrainingSet:
    """Labelled photos, split.

    classes: names of the models that the network is for, in the order of its outputs; holdout_classes: of those held
    out of the training that chooses the epoch. labels int [N]: indices into `classes`, and beyond them into
    holdout_classes where these are no part of it. rows: who is trained on, and who judges (training.Rows);
    final_rows: the same for the network that is kept.
    """

    img_paths: list
    classes: list
    holdout_classes: list
    labels: np.ndarray
    rows: Rows
    final_rows: Rows

    def models_in_words(self):
        """Return in words how many models are trained on, and which are held out."""
        held = self.holdout_classes
        trained = f"{len(np.unique(self.labels)) - len(held)} models to train on"
        if not held:
            return f"{trained}, none held out: photos held back of the same models choose the best epoch"
        return f"{trained}, {len(held)} held out to judge by: {', '.join(held[:5])}{', ...' if held[5:] else ''}"

    @property
    def learns_all(self):
        """Whether the network that is kept learns the held-out models too, once they have chosen the epoch."""
        return self.final_rows is not self.rows

    def scores_in_words(self, scores):
        """Return the scores of the network that is kept in words (`validation.describe`), and whose those are that it
        cannot have, as it learnt the held-out models itself."""
        return describe(scores) + (" (of the first training, with those models held out)" if self.learns_all else "")


def make_training_set(img_paths, names, *, holdout_models, train_fraction, train_on_all, seed):
    """Return the TrainingSet of photos with the given names of models. UserError as `splits.split_rows`.

    train_on_all: the held-out models, once they have chosen the epoch, are trained on like the others.
    """
    names = np.asarray(names)
    holdout = split_models(names, share=holdout_models, seed=seed)
    trained = np.setdiff1d(np.arange(len(names)), holdout)
    train, val = (trained[part] for part in split_rows(names[trained], train_fraction=train_fraction, seed=seed))
    classes, held = (np.unique(names[part]).tolist() for part in (trained, holdout))
    index = {name: number for number, name in enumerate([*classes, *held])}
    rows = final = Rows(train, val, holdout)
    if train_on_all and len(holdout):
        more_train, more_val = split_rows(names[holdout], train_fraction=train_fraction, seed=seed)
        final = Rows(np.sort([*train, *holdout[more_train]]), np.sort([*val, *holdout[more_val]]), np.empty(0, int))
        classes = [*classes, *held]
    return TrainingSet(list(img_paths), classes, held, np.array([index[name] for name in names]), rows, final)


@dataclass(frozen=True)
class Member:
    """One trained network.

    name: of the backbone. network: the classifier that is kept. judged: the classifier of the best epoch, which knows
    nothing of the held-out models; the same as `network` where there are none, or they stay out. history: its
    DataFrame. pretrained: the embedding network as it was.
    """

    name: str
    network: keras.Model
    judged: keras.Model
    history: pd.DataFrame
    pretrained: keras.Model


class Trainer:
    """Trains one network after the other on the same photos, under the same regime.

    img_dir: where the photos lie. state_dir: folder for what a killed training goes on from. picture_options: of
    `pictures.iterate_pictures`. keep_pretrained, whiten: what the features are made of (config.py, step 02).
    say, warn: functions of one line of text. progress: `progress.progress`.
    """

    def __init__(self, training_set, regime, *, img_dir, state_dir, seed, picture_options, keep_pretrained, whiten, say,
                 warn, progress):
        self.set, self.regime, self.seed = training_set, regime, seed
        self.img_dir, self.state_dir, self.picture_options = Path(img_dir), Path(state_dir), picture_options
        self.keep_pretrained, self.whiten = keep_pretrained, whiten
        self.say, self.warn, self.progress = say, warn, progress
        self._decoded, self._clock = {}, 0.0

    def train_all(self, members):
        """Return the trained Members for a list of the arguments of `train`; of several, say how good each is."""
        self.say(f"{self.set.models_in_words()}\n{MEANING}")
        trained = [self.train(**options) for options in members]
        for member in trained if len(trained) > 1 else ():
            self.say(f"{member.name} by itself: {self.set.scores_in_words(self.join([member])[1])}")
        return trained

    def train(self, backbone, number, *, weights, input_size, pooling):
        """Return the trained Member number `number` (from 1); a killed training goes on where it was."""
        with training_scope():
            return self._train(backbone, number, weights=weights, input_size=input_size, pooling=pooling)

    def _train(self, backbone, number, *, weights, input_size, pooling):
        def load(which):
            make_deterministic(self.seed)
            return load_backbone(which, weights=weights, input_size=input_size, pooling=pooling)

        def start():
            # What "auto" stood for: a download that failed is not tried again.
            embedding = load(name if backbone == AUTO else backbone)[0]
            return pooled_at_depths(embedding, statistics) if statistics else embedding
        pretrained, name, remark = load(backbone)
        self.say(f"network: {name}, {origin_of(name, weights)}{remark and f' ({remark})'}")
        statistics = self._fitted_pooling(pretrained) if pooling == "auto" else None
        judged, history = self._fine_tune(start(), self.set.rows, self.regime, str(number), choose=True)
        network, best = judged, best_row(history)
        if self.set.learns_all:
            self.say(f"best epoch: {best['epoch']}; now as many epochs on all {len(self.set.classes)} models")
            regime = replace(self.regime, epochs=best["epoch"])
            network, _ = self._fine_tune(start(), self.set.final_rows, regime, f"{number}_all", choose=False)
        return Member(name, network, judged, history, pretrained)

    def _fitted_pooling(self, embedding):
        """The statistics by which to pool the maps of a network, fitted to the photos; None: it stays as it is."""
        if self.regime.loss == "cascaded" or isinstance(embedding.get_layer("features"), DepthPooling):
            return None
        photos = [self.img_dir / path for path in self.set.img_paths]
        return fit_to_photos(embedding, photos, seed=self.seed, folder=self.state_dir, progress=self.progress)

    def _fine_tune(self, embedding, rows, regime, name, *, choose):
        pictures, bad = self._pictures(embedding.input_shape[1])
        held_out, rows = len(rows.holdout), _without(rows, bad)
        judging = not held_out or len(np.unique(self.set.labels[rows.holdout])) >= LEAST_HELD_OUT
        if not len(rows.train) or not len(rows.val) or not judging:
            raise UserError(f"too few photos in {self.img_dir} could be read; run 01_img_preprocess.py again")
        self._clock = time.perf_counter()
        following = self.set.learns_all and choose  # as many epochs at most, each with more photos
        more = regime.epochs * len(self.set.final_rows.train) / len(rows.train) if following else 0
        return fine_tune(embedding, pictures, self.set.labels, rows=rows, regime=regime, seed=self.seed, choose=choose,
                         state_dir=self.state_dir / name, maps_dir=self.state_dir / "maps",
                         on_epoch=lambda row: self._report(row, regime.epochs, more), progress=self.progress)

    def join(self, members):
        """Return (the network of all members, its scores, its confusions' material: probabilities and true labels).

        The scores on held-out models are those of the networks that know nothing of them.
        """
        network = judged = self._assemble([(each.judged, each.pretrained) for each in members], self.set.rows)
        if any(each.network is not each.judged for each in members):
            network = self._assemble([(each.network, each.pretrained) for each in members], self.set.final_rows)
        val, (probabilities,) = self._outputs(network, self.set.final_rows.val, "probabilities")
        holdout, vectors = self.set.rows.holdout, None
        if len(holdout):
            holdout, (vectors,) = self._outputs(judged, holdout, "features")
        rows = Rows(self.set.final_rows.train, val, holdout)
        return network, judge(probabilities, vectors, self.set.labels, rows), (probabilities, self.set.labels[val])

    def _assemble(self, networks, rows):
        """One network of (classifier, pretrained embedding) pairs, whitened as all but `rows.holdout` teach."""
        parts = [keep_beside(*pair) if self.keep_pretrained else pair[0] for pair in networks]
        if len(parts) == 1 and not self.whiten:
            return parts[0]
        network = join_networks(parts)
        if not self.whiten:
            return network
        known = np.sort(np.concatenate([rows.train, rows.val]))
        chosen, (vectors,) = self._outputs(network, _spread(known, MAX_WHITENED), "features")
        return with_whitening(network, *within_model_whitening(vectors, self.set.labels[chosen]))

    def known_kind(self, network):
        """Return (features float [N, D] from before the training, labels int [N]) of up to 2,000 of the photos.

        They show what kind of product a network of `join` is for (`kind.py`). None where it kept no such features.
        """
        if pretrained_of(network) is None:
            return None
        rows, (features,) = self._outputs(network, _spread(np.arange(len(self.set.labels)), MAX_KNOWN), PRETRAINED)
        return features, self.set.labels[rows]

    def _outputs(self, network, rows, kind):
        """(the rows that can be read, ["features" of them, or what the layer `kind` gives])."""
        pictures, bad = self._pictures(network.input_shape[1])
        rows = np.setdiff1d(rows, bad)
        output = output_layer(network) if kind == "features" else network.get_layer(kind)
        with self.progress(f"{kind.replace('_', ' ')} of the network", len(rows)) as bar:
            return rows, predict(keras.Model(network.input, output.output), pictures, rows, self.regime.batch_size, bar)

    def _pictures(self, size):
        """(decoded pictures, rows that cannot be read), once for each size."""
        if size not in self._decoded:
            self.state_dir.mkdir(parents=True, exist_ok=True)
            with self.progress("reading photos", len(self.set.img_paths)) as bar:
                pictures, errors = decode_all(self.img_dir, self.set.img_paths, self.state_dir / f"pictures_{size}.npy",
                                              size=size, bar=bar, **self.picture_options)
            for row, reason in errors.items():
                self.warn(f"{self.set.img_paths[row]}: {reason}; not trained on")
            self._decoded[size] = pictures, list(errors)
        return self._decoded[size]

    def _report(self, row, epochs, more):
        """Say how good an epoch was, and how long the epochs left will take if none is saved by stopping early; more:
        how many like these the training on all models may take after them."""
        seconds, self._clock = time.perf_counter() - self._clock, time.perf_counter()
        name, left = "new layers", ""
        if row["phase"] == "network":
            name = f"epoch {row['epoch']}"
            following = epochs - row["epoch"] + more
            left = f"; {time_left(seconds * following)} for this network" if following else ""
        loss = "" if row["loss"] is None else f"loss {row['loss']:.3f}, "
        self.say(f"{name}: {loss}validation loss {row['val_loss']:.3f}, {in_short(row)}{left}")


def time_left(seconds):
    """Return in words how long something may still take: in minutes from two on, else in tens of seconds."""
    if seconds >= 120:
        return f"at most {seconds / 60:.0f} minutes left"
    return f"at most {max(1, math.ceil(seconds / 10)) * 10} seconds left"


def _spread(rows, number):
    """At most `number` of the rows, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), number)).astype(int)]


def _without(rows, bad):
    """The Rows without those that cannot be read."""
    return Rows(**{name: np.setdiff1d(part, bad) for name, part in vars(rows).items()})
