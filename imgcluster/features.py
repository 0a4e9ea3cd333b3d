"""Features of photos: the pooled output of a network, one float32 vector per photo, written as it comes.

The array lies on disk from the first batch on, so memory does not grow with the number of photos, and a killed
extraction goes on at the batch where it was.
"""
import json
import os
from pathlib import Path

import numpy as np

from imgcluster.artefacts import replacing, write_arrays, write_json
from imgcluster.pictures import iterate_pictures
from imgcluster.rows import unit_length

BLOCK = 4096
# Batches between two notes of how far the extraction has come.
SAVE_EVERY = 8
# Spread of a principal component, as a share of the first one's, below which it is float32 rounding.
ROUNDING = 1e-4


def extract_features(embedding, folder, img_paths, out, *, batch_size, key, mode="pad", max_pixels, workers=2,
                     flip_averaging=False, l2_normalize=True, progress):
    """Write the features of every photo to `out` (.npy float32 [N, D]); return {row: reason} of unreadable photos.

    embedding: model from RGB pictures [B, S, S, 3] of 0..255 to [B, D]. img_paths: N paths relative to `folder`.
    key: JSON value that says what is being extracted; a part left by a killed run is continued only under the same
    key. progress: `progress(total, initial)` makes a bar. Rows of unreadable photos are zero.
    """
    out = Path(out)
    part, state = out.with_name("features.part.npy"), out.with_name("features.part.json")
    size, dimension = embedding.input_shape[1], embedding.output_shape[-1]
    features, done, errors = _open_part(part, state, key, (len(img_paths), dimension))
    batches = iterate_pictures(folder, img_paths[done:], size=size, batch_size=batch_size, mode=mode,
                               max_pixels=max_pixels, workers=workers)
    with progress(len(img_paths), done) as bar:
        try:
            for number, (pictures, bad) in enumerate(batches, start=1):
                rows = slice(done, done + len(pictures))
                features[rows] = embed(embedding, pictures, batch_size, flip_averaging, l2_normalize)
                errors |= {done + index: reason for index, reason in bad.items()}
                done = rows.stop
                bar.update(len(pictures))
                if number % SAVE_EVERY == 0:
                    _note(features, state, key, done, errors)
        except BaseException:  # Ctrl-C among them
            _note(features, state, key, done, errors)
            raise
    features[list(errors)] = 0
    features.flush()
    del features
    os.replace(part, out)
    state.unlink(missing_ok=True)
    return errors


def _note(features, state, key, done, errors):
    """Put what is done so far on disk, for another run to go on from."""
    features.flush()
    write_json(state, {"key": key, "done": done, "errors": errors})


def _open_part(part, state, key, shape):
    """(array file open for writing, rows done, errors so far): the part of a killed run, or a new one."""
    try:
        saved = json.loads(state.read_text(encoding="utf-8"))
        features = np.load(part, mmap_mode="r+", allow_pickle=False)
        if saved["key"] == json.loads(json.dumps(key)) and features.shape == shape:
            return features, saved["done"], {int(row): reason for row, reason in saved["errors"].items()}
    except (OSError, ValueError, KeyError):
        pass
    # A note left by another extraction must not vouch for rows of the array that is begun now.
    state.unlink(missing_ok=True)
    return np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape), 0, {}


def embed(embedding, pictures, batch_size, flip_averaging, l2_normalize):
    """Return the features float32 [B, D] of pictures uint8 [B, S, S, 3], B at most `batch_size`.

    Short batches are padded, so that the network is compiled for one shape only.
    """
    count = len(pictures)
    padded = np.zeros((batch_size, *pictures.shape[1:]), np.uint8)
    padded[:count] = pictures
    features = np.asarray(embedding.predict_on_batch(padded), np.float32)[:count]
    if flip_averaging:
        features = (features + np.asarray(embedding.predict_on_batch(padded[:, :, ::-1]), np.float32)[:count]) / 2
    return unit_length(features) if l2_normalize else features


def whiten(path, components):
    """Replace the features in `path` by at most `components` principal components of equal variance, in blocks.

    Beside it comes whitening.npz, by which other features are brought to the same axes: (features - mean) @ axes.

    Returns the number of components kept: no more than photos - 1 or features, and none that are rounding alone, which
    whitening would blow up. A single photo is left as it is.
    """
    path = Path(path)
    features = np.load(path, mmap_mode="r", allow_pickle=False)
    if len(features) < 2:
        path.with_name("whitening.npz").unlink(missing_ok=True)
        return features.shape[1]
    components = min(components, features.shape[1], len(features) - 1)
    from sklearn.decomposition import IncrementalPCA  # half a second that a search need not wait for

    pca = IncrementalPCA(components, whiten=True)
    # Each block must hold at least as many rows as components.
    edges = np.linspace(0, len(features), max(1, len(features) // max(BLOCK, components)) + 1).astype(int)
    with np.errstate(invalid="ignore"):  # equal photos have no variance to take shares of
        for start, stop in zip(edges, edges[1:]):
            pca.partial_fit(features[start:stop])
    components = max(1, int((pca.singular_values_ > ROUNDING * pca.singular_values_[0]).sum()))
    spread = np.maximum(np.sqrt(pca.explained_variance_), np.finfo(np.float32).eps)
    axes = (pca.components_ / spread[:, None])[:components].T
    with replacing(path) as temporary:
        out = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=(len(features), components))
        for start in range(0, len(features), BLOCK):
            out[start:start + BLOCK] = pca.transform(features[start:start + BLOCK])[:, :components]
        out.flush()
        write_arrays(path.with_name("whitening.npz"), mean=pca.mean_, axes=axes)
    return components
