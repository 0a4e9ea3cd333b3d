"""What the benchmarks of step 02 share: photos decoded once, networks trained once, all in one process."""
import argparse
import contextlib
import copy
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.configuring.config_file import load_settings  # noqa: E402
from imgcluster.configuring.step_options import augmentation_options, each_network, picture_options, regime_options  # noqa: E402
from imgcluster.running.console import quiet_start  # noqa: E402

with quiet_start():
    from imgcluster.extraction.features import embed
    from imgcluster.photos.pictures import decode_all
    from imgcluster.training.augmentation import Augmentation
    from imgcluster.training.trainer import Trainer, make_training_set
    from imgcluster.training.training import Regime

TRAINING_SET = ("HOLDOUT_MODELS", "TRAIN_FRACTION", "TRAIN_ON_ALL", "RANDOM_SEED")


@contextlib.contextmanager
def silent(*_, **options):
    """A progress bar that shows nothing."""
    yield argparse.Namespace(update=lambda steps: None)


def note(text):
    print(text, file=sys.stderr, flush=True)


def add_row_arguments(parser):
    """Add --row NAME[:SETTING=VALUE;...] and --set NAME=VALUE; a row whose name begins with "frozen" trains nothing."""
    parser.add_argument("--row", action="append", required=True, metavar="NAME[:SETTING=VALUE;...]")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="settings for every row")


def read_rows(options):
    """Return [(name, whether a network is trained, Settings)] for each --row."""
    rows = [text.partition(":") for text in options.row]
    return [(name, not name.startswith("frozen"),
             load_settings(None, [*options.set, *filter(None, changes.split(";"))], root=ROOT))
            for name, _, changes in rows]


class Photos:
    """Some photos of a folder, decoded once for each size. paths: relative to `folder`; labels: of each."""

    def __init__(self, folder, paths, labels, work):
        self.folder, self.paths, self.labels, self.work = folder, list(paths), np.asarray(labels), work
        self.decoded = {}

    def pictures(self, size, settings):
        """Return the photos as the network sees them: uint8 [N, size, size, 3]."""
        if size not in self.decoded:
            with silent() as bar:
                self.decoded[size], _ = decode_all(self.folder, self.paths, self.work / f"{id(self)}_{size}.npy",
                                                   size=size, bar=bar, **picture_options(settings))
        return self.decoded[size]

    def features(self, embedding, settings):
        """Return what step 03 would write, an array for each output of the embedding."""
        pictures, batch = self.pictures(embedding.input_shape[1], settings), settings.BATCH_SIZE
        parts = [embed(embedding, pictures[start:start + batch], batch, flip_averaging=settings.FLIP_AVERAGING,
                       l2_normalize=settings.L2_NORMALIZE) for start in range(0, len(pictures), batch)]
        return [np.concatenate(vectors) for vectors in zip(*parts)]


class Trainings:
    """Networks trained on the same photos under several settings; what was trained before is not trained again."""

    def __init__(self, photos):
        self.photos, self.members, self.first = photos, {}, None

    def join(self, settings):
        """Return (network, scores, history of its first member, CPU seconds of the training) under these settings."""
        trainer = self._trainer(settings)
        members = [self._member(trainer, options, settings) for options in each_network(settings)]
        network, scores, _ = trainer.join([member for member, _ in members])
        return network, scores, members[0][0].history, sum(seconds for _, seconds in members)

    def known_kind(self, network, settings):
        """`Trainer.known_kind` of a joined network."""
        return self._trainer(settings).known_kind(network)

    def _member(self, trainer, options, settings):
        key = repr((*map(str, options.values()), trainer.regime,
                    *(getattr(settings, name) for name in TRAINING_SET)))
        if key not in self.members:
            began = time.process_time()
            self.members[key] = trainer.train(**options), time.process_time() - began
        return self.members[key]

    def _trainer(self, settings):
        """A Trainer under these settings, which shares its decoded photos and maps with the others."""
        regime = Regime(augmentation=Augmentation(**augmentation_options(settings)), **regime_options(settings))
        training_set = make_training_set(self.photos.paths, self.photos.labels, train_fraction=settings.TRAIN_FRACTION,
                                         holdout_models=settings.HOLDOUT_MODELS, train_on_all=settings.TRAIN_ON_ALL,
                                         seed=settings.RANDOM_SEED)
        if self.first is None:
            self.first = Trainer(training_set, regime, img_dir=self.photos.folder, seed=settings.RANDOM_SEED,
                                 state_dir=self.photos.work / "training", picture_options=picture_options(settings),
                                 keep_pretrained=True, whiten=True, say=note, warn=note, progress=silent)
        trainer = copy.copy(self.first)
        trainer.set, trainer.regime = training_set, regime
        trainer.keep_pretrained, trainer.whiten = settings.KEEP_PRETRAINED, settings.WHITEN_WITHIN_MODELS
        return trainer
