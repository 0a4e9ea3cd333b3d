"""What the frozen blocks of a network make of each photo: computed once, kept on disk while the rest is trained.

Of each photo several versions, changed at random, are drawn once and met again in later epochs.
"""
import hashlib
from pathlib import Path

import numpy as np

from imgcluster.files import new_array_file, replacing
from imgcluster.training.augmentation import augment
from imgcluster.training.batches import made_ahead

# Bytes of maps beyond which nothing is kept.
LIMIT = 8e9
LARGEST = np.finfo(np.float16).max


class FrozenMaps:
    """Maps float16 [N, ...] of N pictures and of `versions` changed versions of each, made when first asked for.

    trunk: model from pictures to maps (`trunk.trunk`). pictures: uint8 [N, S, S, 3]. folder: files there that were made
    by the same trunk from the same pictures are used again, by a killed training or by the next one.
    progress: `progress.progress`.
    """

    def __init__(self, trunk, pictures, folder, *, augmentation, versions, seed, batch_size, progress):
        self.trunk, self.pictures, self.folder = trunk, pictures, Path(folder)
        self.augmentation, self.versions, self.seed = augmentation, versions, seed
        self.batch_size, self.progress = batch_size, progress
        # Pictures of one batch share their noise.
        drawn_by = np.array([seed, batch_size, *vars(augmentation).values()], float)
        self.digest = digest([*trunk.get_weights(), pictures, drawn_by])
        self._open = {}

    def fits(self):
        """Whether all maps together stay within LIMIT."""
        per_picture = 2 * np.prod(self.trunk.output_shape[1:], dtype=float)
        return (1 + self.versions) * len(self.pictures) * per_picture <= LIMIT

    def plain(self):
        """The maps of the pictures as they are."""
        return self._maps("plain", lambda rows: self.pictures[rows])

    def drawn(self, epoch):
        """Return the function of rows that gives their maps float32 [B, ...] in an epoch (from 0).

        In each of the first epochs there is a new version of every picture; then one of them is met again, drawn for
        each picture by itself.
        """
        if not self.augmentation.changes_anything():
            maps, which = [self.plain()], np.zeros(len(self.pictures), int)
        else:
            maps = [self._version(number) for number in range(min(epoch + 1, self.versions))]
            which = np.full(len(self.pictures), epoch)
            if epoch >= self.versions:
                which = np.random.default_rng([self.seed, epoch, 4]).integers(self.versions, size=len(self.pictures))
        return lambda rows: np.stack([maps[which[row]][row] for row in rows]).astype(np.float32)

    def _version(self, number):
        rng = np.random.default_rng([self.seed, number, 3])
        return self._maps(f"version_{number}", lambda rows: augment(self.pictures[rows], self.augmentation, rng))

    def _maps(self, name, pictures_of):
        """The maps called `name`, from this process, from disk, or made now of `pictures_of(rows)`."""
        path = self.folder / f"{self.digest}_{name}.npy"
        if name not in self._open:
            try:
                self._open[name] = _mapped(path)
            except (OSError, ValueError, EOFError):  # missing, damaged or empty
                self._make(path, pictures_of)
                self._open[name] = _mapped(path)
        return self._open[name]

    def _make(self, path, pictures_of):
        number, size = len(self.pictures), self.batch_size
        # Every batch is whole, so that the network is compiled once: the last photo fills up the last batch.
        batches = [np.minimum(np.arange(start, start + size), number - 1) for start in range(0, number, size)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, self.progress("maps of the frozen blocks", number) as bar:
            maps = new_array_file(temporary, dtype=np.float16, shape=(number, *self.trunk.output_shape[1:]))
            for rows, batch in made_ahead(batches, pictures_of):
                count = min(size, number - rows[0])
                maps[rows[:count]] = np.clip(self.trunk.predict_on_batch(batch)[:count], -LARGEST, LARGEST)
                bar.update(count)
            maps.flush()


def _mapped(path):
    return np.load(path, mmap_mode="r", allow_pickle=False)


def digest(arrays):
    """Return a short digest of arrays: the same for the same values alone."""
    result = hashlib.sha256()
    for array in arrays:
        result.update(repr(array.shape).encode())
        result.update(np.ascontiguousarray(array))
    return result.hexdigest()[:16]
