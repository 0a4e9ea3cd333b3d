"""Distillation: teach a small network to reproduce a large network's features on unlabelled photos.

Teacher and student see the same strong random crop, and the crops never run out, so that a few thousand photos suffice
to match the function rather than the photos (Beyer et al., "Knowledge distillation: a good teacher is patient and
consistent", CVPR 2022). The student's last map is projected to the teacher's and compared place by place; its pooled
features, which are what is kept, match the teacher's similarities within the batch (Park et al., "Relational Knowledge
Distillation", CVPR 2019), every other batch being one of crops that look alike (`crop_pool`). The projection is thrown
away.
"""
import hashlib
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from imgcluster.backbone_table import BACKBONES, BUNDLED_WEIGHTS
from imgcluster.distilling.crop_pool import CropPool
from imgcluster.distilling.crop_stream import CropStream
from imgcluster.distilling.distill_networks import Student, Teachers
from imgcluster.errors import UserError
from imgcluster.files import read_arrays, replacing
from imgcluster.network.backbones import build_backbone, check_backbone
from imgcluster.network.saved import load_embedding
from imgcluster.photos.listing import list_files

# Crops on which a teacher's centring and axes are fixed; photos, in several views, on which the student's pooling is.
CALIBRATION, POOLED = 256, 2048
STATE = "state.npz"
# Decay per step of the mean loss that is shown.
LOSS_DECAY = 0.98


@dataclass(frozen=True)
class Recipe:
    """How a student is taught.

    student: its name in BACKBONES. start: a weights file of it to begin from, "imagenet", or None: random weights.
    sizes: sides in pixels of the student's pictures, one after the other, each for an equal part of the time; the
    teachers always see the largest. hours or steps (of one batch each): how long; the other is None. pool: crops kept
    with their teacher outputs. reuse: how often each crop is shown before a fresh one takes its place.
    average: decay per step of the moving average of the weights, which is what is kept. At the end the student's
    pooling (`depth_pooling`) is fitted to views of photos.
    """

    student: str
    start: str | None = None
    sizes: tuple = (96, 128)
    hours: float | None = None
    steps: int | None = None
    batch_size: int = 48
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup_steps: int = 100
    pool: int = 8192
    reuse: int = 16
    average: float = 0.998
    seed: int = 0


def check_recipe(recipe, *, out, hold_out):
    """Raise UserError naming the argument, the value and the remedy where a run could not be done so."""
    check_backbone(recipe.student)
    problems = argument_problems(out=out, hold_out=hold_out)
    if recipe.start not in (None, "imagenet") and not Path(recipe.start).is_file():
        problems.append(f"--start {recipe.start}: no such file; name a weights file of {recipe.student}")
    if min(recipe.sizes) < 32:
        problems.append(f"--sizes {min(recipe.sizes)}: networks need at least 32 pixels")
    if recipe.batch_size < 4:
        problems.append(f"--batch-size {recipe.batch_size}: at least 4, since photos of a batch are compared")
    if not (recipe.steps or recipe.hours or 0) > 0:
        problems.append("--hours or --steps: must be greater than 0")
    if not recipe.learning_rate > 0:
        problems.append(f"--learning-rate {recipe.learning_rate}: must be greater than 0")
    if problems:
        raise UserError("\n  ".join(problems))


def argument_problems(*, out, hold_out):
    """Return what is wrong, as lines of text, with where weights are to be written and the share held out."""
    problems = []
    if not str(out).endswith(".weights.h5"):
        problems.append(f"--out {out}: the name must end in .weights.h5")
    if Path(out).resolve() == BUNDLED_WEIGHTS:
        problems.append(f"--out {out}: this is the network that ships; name another file")
    if not 0 <= hold_out < 1:
        problems.append(f"--hold-out {hold_out}: a share from 0 up to, not including, 1")
    return problems


def find_photos(folders, *, hold_out=0.0):
    """Return (paths to teach on, paths held out) of all photos under the folders."""
    taught, kept = [], []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise UserError(f"--photos {folder}: this folder does not exist; name a folder of photos")
        for name in list_files(folder).photos:
            (kept if is_held_out(name, hold_out) else taught).append(folder / name)
    if not taught:
        raise UserError(f"--hold-out {hold_out}: leaves no photo to teach on")
    return taught, kept


def is_held_out(name, share):
    """Return whether the photo of this name (path relative to its folder, "/" as separator) is kept from the teaching.

    share: 0..1 of the photos. The choice depends on the name alone, so that it is the same on every machine.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) < share * 2 ** 64


def load_teacher(text, *, size):
    """Return the embedding that "NAME", "NAME:FILE.weights.h5" or "network.keras" says; named ones take side `size`."""
    name, _, weights = text.partition(":")
    if name in BACKBONES:
        return build_backbone(name, weights=weights or "imagenet", input_size=size)
    if not text.endswith(".keras"):
        check_backbone(name)
    if not Path(text).is_file():
        raise UserError(f"--teacher {text}: no such file; name a network.keras of 02_finetune_network.py or one of "
                        f"{', '.join(BACKBONES)}")
    return load_embedding(text)


def learning_rate_at(done, step, recipe):
    """Return the learning rate: a linear warm-up, then a cosine to zero; done: share 0..1 of the training."""
    warm = min(1, (step + 1) / recipe.warmup_steps)
    return recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * min(done, 1)))


class Distillation:
    """One run: photos in, a taught student out; goes on where a killed run of the same recipe was."""

    def __init__(self, recipe, teachers, photos, folder):
        """teachers: embeddings, of any input side. photos: paths. folder: for the state."""
        self.recipe, self.folder = recipe, Path(folder)
        self.teachers = Teachers(teachers)
        self.step, self.seconds = 0, 0.0
        saved = self._saved()
        if saved:
            self.step, self.seconds = int(saved["step"]), float(saved["seconds"])
            self.teachers.restore(saved)
        self.stream = CropStream(photos, size=max(recipe.sizes), seed=[recipe.seed, self.step])
        if not saved:
            samples = self.stream.take(CALIBRATION)
            self.teachers.calibrate(samples)
        self.pool = CropPool(self.teachers, self.stream, recipe)
        keras.utils.set_random_seed(recipe.seed)
        self.student = Student(recipe, self.size(), self.pool.channels())
        if saved:
            self.student.restore(saved)
        else:
            self.student.fit_projections(samples, self.teachers(samples))

    def done(self):
        """Return the share 0..1 of the training that lies behind."""
        if self.recipe.steps is not None:
            return min(1.0, self.step / self.recipe.steps)
        return min(1.0, self.seconds / (3600 * self.recipe.hours))

    def position(self):
        """Return (how far the run is, how far it goes), in steps or in whole seconds as the recipe counts."""
        if self.recipe.steps is not None:
            return self.step, self.recipe.steps
        return round(self.seconds), round(3600 * self.recipe.hours)

    def size(self):
        """Return the student's present picture side in pixels."""
        sizes = self.recipe.sizes
        return sizes[min(len(sizes) - 1, int(self.done() * len(sizes)))]

    def run(self, out, *, bar=None, save_seconds=300.0):
        """Teach until done; write the weights to `out` at every save and at the end; return the mean loss at the end.

        bar: of `progress()`, in the units of `position`. save_seconds: time between two saves.
        """
        rng = np.random.default_rng([self.recipe.seed, self.step, 1])
        clock = saved = time.monotonic()
        mean = None
        while self.done() < 1:
            loss = self._learn(rng)
            mean = loss if mean is None else LOSS_DECAY * mean + (1 - LOSS_DECAY) * loss
            now = time.monotonic()
            self.seconds, clock = self.seconds + now - clock, now
            if bar is not None:
                bar.set_postfix_str(f"loss {mean:.3f}, {self.student.size} px", refresh=False)
                bar.update(self.position()[0] - bar.n)
            if now - saved > save_seconds:
                self._save(out)
                saved = now
        self._save(out, self.stream.views(POOLED))
        return mean

    def _learn(self, rng):
        if self.student.size != self.size():
            self.student.grow(self.size())
        self.pool.refresh(self.step)
        rate = learning_rate_at(self.done(), self.step, self.recipe)
        loss = self.student.learn(*self.pool.batch(rng), rate=rate, step=self.step)
        self.step += 1
        if not math.isfinite(loss):
            raise UserError(f"the loss is {loss} at step {self.step}: lower the learning rate "
                            f"(now {self.recipe.learning_rate:g})")
        return loss

    def _save(self, out, views=None):
        with replacing(self.folder / STATE) as temporary, temporary.open("wb") as file:
            np.savez(file, recipe=self._key(), step=self.step, seconds=self.seconds, **self.teachers.state(),
                     **self.student.state())
        self.student.write(out, views)

    def _saved(self):
        """The state a killed run left, or None. Raises UserError when it belongs to another recipe."""
        path = self.folder / STATE
        if not path.exists():
            return None
        try:
            saved = read_arrays(path)
        except UserError as error:
            raise UserError(f"{path}: damaged; remove it to begin anew") from error
        if str(saved["recipe"]) != self._key():
            raise UserError(f"{path}: left by a run of another student, batch size, teacher or size "
                            f"({saved['recipe']}, now {self._key()}); remove the folder or name another output file")
        return saved

    def _key(self):
        """What must agree for a saved state to fit; time, rate and photos may change."""
        return json.dumps({"student": self.recipe.student, "sizes": list(self.recipe.sizes),
                           "teachers": [model.count_params() for model in self.teachers.models]})
