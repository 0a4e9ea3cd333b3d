"""Photos as the network sees them: read ahead by threads, square, in batches.

The same functions serve training, feature extraction and search, so one photo always becomes the same picture.
"""
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from imgcluster.files import new_array_file
from imgcluster.photos.decoding import MAX_PIXELS, ImageError
from imgcluster.photos.images import read_image, resize_for_network


def load_picture(path, *, size, mode="pad", max_pixels=MAX_PIXELS):
    """Return one photo as uint8 RGB [size, size, 3]. Raises ImageError when it cannot be read."""
    return resize_for_network(read_image(path, min_side=size, max_pixels=max_pixels), size, mode=mode)


def iterate_pictures(folder, img_paths, *, size, batch_size, mode="pad", max_pixels=MAX_PIXELS, workers=2):
    """Yield (pictures uint8 [batch_size, size, size, 3], errors {index in batch: reason}) for each batch, in order.

    Only the last batch may be shorter. A photo that cannot be read is black, and named in `errors`.
    """
    def load(name):
        try:
            return load_picture(Path(folder) / name, size=size, mode=mode, max_pixels=max_pixels)
        except ImageError as error:
            return error

    with ThreadPoolExecutor(workers) as pool:
        pending, names = deque(), iter(img_paths)
        ahead = batch_size * 3
        for name in names:
            pending.append(pool.submit(load, name))
            if len(pending) == ahead:
                yield _batch(pending, batch_size, size)
        while pending:
            yield _batch(pending, batch_size, size)


def _batch(pending, batch_size, size):
    loaded = [pending.popleft().result() for _ in range(min(batch_size, len(pending)))]
    errors = {index: str(item) for index, item in enumerate(loaded) if isinstance(item, ImageError)}
    black = np.zeros((size, size, 3), np.uint8)
    return np.stack([black if index in errors else item for index, item in enumerate(loaded)]), errors


def decode_all(folder, img_paths, out, *, size, bar, **options):
    """Decode every photo once into the array file `out` (uint8 [N, size, size, 3]); return (memory map, errors by row).

    bar: a progress bar. The array lies on disk, so memory does not grow with N.
    """
    pictures = new_array_file(out, dtype=np.uint8, shape=(len(img_paths), size, size, 3))
    errors, start = {}, 0
    for batch, bad in iterate_pictures(folder, img_paths, size=size, batch_size=32, **options):
        pictures[start:start + len(batch)] = batch
        errors |= {start + index: reason for index, reason in bad.items()}
        start += len(batch)
        bar.update(len(batch))
    pictures.flush()
    return pictures, errors
