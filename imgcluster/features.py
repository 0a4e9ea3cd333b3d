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


def extract_features(embedding, folder, img_paths, out, before=None, *, batch_size, key, mode="pad", max_pixels,
                     workers=2, flip_averaging=False, l2_normalize=True, progress):
    """Write the features of every photo to `out` (.npy float32 [N, D]); return {row: reason} of unreadable photos.

    embedding: model from RGB pictures [B, S, S, 3] of 0..255 to [B, D]. before: file for the second output [B, E] of a
    model that has two, as float16 rows of length 1. img_paths: N paths relative to `folder`.
    key: JSON value that says what is being extracted; a part left by a killed run is continued only under the same
    key. progress: `progress(total, initial)` makes a bar. Rows of unreadable photos are zero.
    """
    outs = [Path(path) for path in (out, before) if path is not None]
    parts, state = [path.with_suffix(".part.npy") for path in outs], outs[0].with_suffix(".part.json")
    size, widths = embedding.input_shape[1], [output.shape[-1] for output in embedding.outputs[:len(outs)]]
    arrays, done, errors = _open_parts(parts, state, key, len(img_paths), widths)
    batches = iterate_pictures(folder, img_paths[done:], size=size, batch_size=batch_size, mode=mode,
                               max_pixels=max_pixels, workers=workers)
    with progress(len(img_paths), done) as bar:
        try:
            for number, (pictures, bad) in enumerate(batches, start=1):
                rows = slice(done, done + len(pictures))
                for array, vectors in zip(arrays, embed_all(embedding, pictures, batch_size, flip_averaging,
                                                            l2_normalize)):
                    array[rows] = vectors
                errors |= {done + index: reason for index, reason in bad.items()}
                done = rows.stop
                bar.update(len(pictures))
                if number % SAVE_EVERY == 0:
                    _note(arrays, state, key, done, errors)
        except BaseException:  # Ctrl-C among them
            _note(arrays, state, key, done, errors)
            raise
    for array in arrays:
        array[list(errors)] = 0
        array.flush()
    del arrays, array
    for part, path in zip(parts, outs):
        os.replace(part, path)
    state.unlink(missing_ok=True)
    return errors


def _note(arrays, state, key, done, errors):
    """Put what is done so far on disk, for another run to go on from."""
    for array in arrays:
        array.flush()
    write_json(state, {"key": key, "done": done, "errors": errors})


def _open_parts(parts, state, key, count, widths):
    """(array files open for writing, rows done, errors so far): the parts of a killed run, or new ones."""
    try:
        saved = json.loads(state.read_text(encoding="utf-8"))
        arrays = [np.load(part, mmap_mode="r+", allow_pickle=False) for part in parts]
        if saved["key"] == json.loads(json.dumps(key)) and [array.shape for array in arrays] == [
                (count, width) for width in widths]:
            return arrays, saved["done"], {int(row): reason for row, reason in saved["errors"].items()}
    except (OSError, ValueError, KeyError):
        pass
    # A note left by another extraction must not vouch for rows of the arrays that are begun now.
    state.unlink(missing_ok=True)
    return [np.lib.format.open_memmap(part, mode="w+", dtype=dtype, shape=(count, width))
            for part, width, dtype in zip(parts, widths, (np.float32, np.float16))], 0, {}


def embed(embedding, pictures, batch_size, flip_averaging, l2_normalize):
    """Return the features float32 [B, D] of pictures uint8 [B, S, S, 3], B at most `batch_size`.

    Short batches are padded, so that the network is compiled for one shape only.
    """
    return embed_all(embedding, pictures, batch_size, flip_averaging, l2_normalize)[0]


def embed_all(embedding, pictures, batch_size, flip_averaging, l2_normalize):
    """Return a list of what `embed` returns, one for each output of the embedding; any but the first has length 1."""
    padded = np.zeros((batch_size, *pictures.shape[1:]), np.uint8)
    padded[:len(pictures)] = pictures
    views = [_predict(embedding, view, len(pictures))
             for view in (padded, padded[:, :, ::-1])[:2 if flip_averaging else 1]]
    first, *others = [sum(outputs) / len(outputs) for outputs in zip(*views)]
    return [unit_length(first) if l2_normalize else first, *map(unit_length, others)]


def _predict(embedding, pictures, count):
    """The first `count` rows, float32, of each output."""
    outputs = embedding.predict_on_batch(pictures)
    return [np.asarray(output, np.float32)[:count] for output in (outputs if isinstance(outputs, list) else [outputs])]


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
