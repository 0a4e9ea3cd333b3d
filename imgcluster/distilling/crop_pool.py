"""Crops with what teachers make of them, and batches of them: at random, and of crops that look alike.

Random crops of any photos are easily told apart; what tells products of one kind apart shows in the similarities of
crops that are alike. Batches of neighbours are an old means of metric learning (Harwood et al., "Smart mining for deep
metric learning", ICCV 2017).
"""
import math

import numpy as np

# Share of batches made of crops that look alike: groups of how many, each sought among how many.
ALIKE, GROUP, CANDIDATES = 0.5, 12, 1024
TINY = np.finfo(np.float32).tiny


class CropPool:
    """Crops with their teacher outputs; each step a share of them is replaced by fresh ones."""

    def __init__(self, teachers, stream, recipe):
        """teachers: `Teachers`; stream: `crop_stream.CropStream`; of the `Recipe` its batch_size, pool and reuse."""
        self.teachers, self.stream, self.recipe = teachers, stream, recipe
        first = stream.take(recipe.batch_size)
        parts = [first, *teachers(first)]
        self.arrays = [np.zeros((recipe.pool, *part.shape[1:]), part.dtype) for part in parts]
        self.filled = self.next = 0
        self._put(parts)

    def channels(self):
        """Return the number of channels of each map."""
        return [array.shape[-1] for array in self.arrays[1:-1]]

    def refresh(self, step):
        """Add a batch of fresh crops, every `reuse` steps and while there are few."""
        if step % self.recipe.reuse == 0 or self.filled < min(8 * self.recipe.batch_size, self.recipe.pool):
            crops = self.stream.take(self.recipe.batch_size)
            self._put([crops, *self.teachers(crops)])

    def _put(self, parts):
        places = (self.next + np.arange(len(parts[0]))) % self.recipe.pool
        for array, part in zip(self.arrays, parts, strict=True):
            array[places] = part
        self.next = int(places[-1]) + 1
        self.filled = max(self.filled, min(self.recipe.pool, self.next))

    def batch(self, rng):
        """Return (pictures, targets) of a batch, half of them mirrored together with their maps."""
        rows = self._alike(rng) if rng.random() < ALIKE else self._any(self.recipe.batch_size, rng)
        *mirrorable, pooled = [array[rows] for array in self.arrays]
        mirrored = rng.random(len(rows)) < 0.5
        for part in mirrorable:
            part[mirrored] = part[mirrored, :, ::-1]
        return mirrorable[0], [*mirrorable[1:], pooled]

    def _any(self, count, rng):
        return rng.choice(self.filled, count, replace=self.filled < count)

    def _alike(self, rng):
        near = self._any(min(CANDIDATES, self.filled), rng)
        return near[groups_of_alike(self.arrays[-1][near], self.recipe.batch_size, rng)]


def groups_of_alike(features, count, rng):
    """Return `count` row numbers of features [N, D]: the GROUP nearest (cosine about the mean) of each of some."""
    features = features.astype(np.float32)
    features -= features.mean(axis=0)
    features /= np.maximum(np.linalg.norm(features, axis=1, keepdims=True), TINY)
    firsts = rng.integers(len(features), size=math.ceil(count / GROUP))
    nearest = np.argsort(-(features[firsts] @ features.T), axis=1)[:, :GROUP].ravel()
    return np.resize(nearest, count)
