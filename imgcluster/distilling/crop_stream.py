"""An endless stream of strongly changed crops of photos, by which a network is taught without labels."""
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from imgcluster.training.crops import ViewStream, random_crop

# Crops cut from a photo each time it is decoded.
CROPS_PER_READ = 4
# Share of crops with a pasted rectangle.
MIXED = 0.4


class CropStream(ViewStream):
    """Random crops of photos, prepared one block ahead by a thread, and in the end views of them."""

    def __init__(self, photos, *, size, seed):
        super().__init__(photos, size=size, seed=seed)
        self.ready, self.ahead, self.pool = [], None, ThreadPoolExecutor(1)

    def take(self, count):
        """Return the next `count` crops, uint8 [count, size, size, 3]; UserError where no photo can be read."""
        crops = self.ahead.result() if self.ahead else self._prepare(count)
        while len(crops) < count:
            crops = np.concatenate([crops, self._prepare(count - len(crops))])
        self.ahead = self.pool.submit(self._prepare, count)
        return crops[:count]

    def views(self, count):
        """As `ViewStream.views`, once no crops are being prepared."""
        if self.ahead:
            self.ahead.result()
        return super().views(count)

    def _prepare(self, count):
        # Crops wait until four times as many are there, so that the crops of one photo do not follow each other.
        while len(self.ready) < 4 * count:
            image = self.read_next()
            self.ready += [random_crop(image, self.size, self.rng) for _ in range(CROPS_PER_READ)]
        places = self.rng.permutation(len(self.ready))
        self.ready = [self.ready[place] for place in places]
        crops, self.ready = self.ready[:count], self.ready[count:]
        return np.stack([self._mixed(crop) for crop in crops])

    def _mixed(self, crop):
        """Now and then paste another crop's rectangle (CutMix): one more picture that no photo shows."""
        if self.rng.random() >= MIXED:
            return crop
        other = self.ready[self.rng.integers(len(self.ready))]
        high, wide = (self.size * np.sqrt(self.rng.uniform(0.1, 0.6, 2))).astype(int)
        top, left = self.rng.integers(self.size - high + 1), self.rng.integers(self.size - wide + 1)
        crop = crop.copy()
        crop[top:top + high, left:left + wide] = other[top:top + high, left:left + wide]
        return crop
