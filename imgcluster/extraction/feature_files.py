"""Features on disk: arrays that grow row by row beside the files of an earlier run, and replace those at the end."""
import json
import os
from pathlib import Path

import numpy as np

from imgcluster.datafiles.feature_record import FEATURES, RECORD, note_features
from imgcluster.datafiles.staging import commit, stage_folder
from imgcluster.files import new_array_file, replacing, write_array, write_arrays, write_json

BLOCK = 4096
WHITENING = "whitening.npz"
# Spread of a principal component, as a share of the first one's, below which it is float32 rounding.
ROUNDING = 1e-4


class FeatureFiles:
    """The arrays [N, D] of an extraction under way. done: rows so far; errors: {row: reason} of unreadable photos."""

    def __init__(self, outs, widths, count, *, key):
        """Go on with what a killed run left under the same `key` (JSON value), or begin.

        outs: paths of the files, float32 the first, float16 the others; widths: D of each that is written. Files
        without a width are removed in the end.
        """
        self._outs, self._stale = outs[:len(widths)], outs[len(widths):]
        self._parts, self._state = [path.with_suffix(".part.npy") for path in outs], outs[0].with_suffix(".part.json")
        self._key, self.done, self.errors = json.loads(json.dumps(key)), 0, {}
        shapes = [(count, width) for width in widths]
        self._arrays = self._go_on(shapes) or self._begin(shapes)

    def _go_on(self, shapes):
        try:
            saved = json.loads(self._state.read_text(encoding="utf-8"))
            arrays = [np.load(part, mmap_mode="r+", allow_pickle=False) for part, _ in zip(self._parts, shapes)]
            if saved["key"] != self._key or [array.shape for array in arrays] != shapes:
                return None
            self.done, self.errors = saved["done"], {int(row): reason for row, reason in saved["errors"].items()}
            return arrays
        except (OSError, ValueError, KeyError, EOFError):
            return None

    def _begin(self, shapes):
        # A note left by another extraction must not vouch for rows of the arrays that are begun now.
        self._state.unlink(missing_ok=True)
        return [new_array_file(part, dtype=dtype, shape=shape)
                for part, shape, dtype in zip(self._parts, shapes, (np.float32, np.float16))]

    def add(self, vectors, bad):
        """Write the next rows: one array [B, D] for each file; bad: {index in the batch: reason}."""
        rows = slice(self.done, self.done + len(vectors[0]))
        for array, each in zip(self._arrays, vectors):
            array[rows] = each
        self.errors |= {rows.start + index: reason for index, reason in bad.items()}
        self.done = rows.stop

    def note(self):
        """Put what is done so far on disk, for another run to go on from."""
        for array in self._arrays:
            array.flush()
        write_json(self._state, {"key": self._key, "done": self.done, "errors": self.errors})

    def publish(self, components=None):
        """Give the files their names together, the first brought to `components` by `whiten` where that is not None.

        By a whitening.npz of other features a search would compare photos with something else, and nobody would notice.
        Rows of unreadable photos are zero; where no photo could be read, earlier files stay as they are.
        """
        self._close()
        if len(self.errors) < self.done:
            folder, made = self._outs[0].parent, [path.name for path in self._outs]
            gone, stage = [path.name for path in self._stale], stage_folder(folder)
            if components:
                whiten(self._parts[0], stage / made[0], components, leave_out=list(self.errors))
            for part, name in list(zip(self._parts, made))[bool(components):]:
                os.replace(part, stage / name)
            whitened = components and (stage / WHITENING).exists()  # a single photo is not
            (made if whitened else gone).append(WHITENING)
            if made[0] == FEATURES:  # until it is noted how they were made: known for no features of one's own
                note_features(stage, {"complete": False})
                made.append(RECORD)
            commit(folder, made, gone=gone)
        for path in (*self._parts, self._state):
            path.unlink(missing_ok=True)

    def _close(self):
        """Empty the rows of unreadable photos and let go of the arrays: Windows replaces no file that is open."""
        for array in self._arrays:
            array[list(self.errors)] = 0
            array.flush()
        self._arrays = []


def whiten(source, path, components, *, leave_out=()):
    """Write the features in the file `source` to `path` as principal components of equal variance, in blocks.

    Beside it comes whitening.npz, by which other features are brought to the same axes: (features - mean) @ axes.
    leave_out: rows that have no say in them.

    Returns the number of components: at most `components`, no more than photos - 1 or features, and none that are
    rounding alone, which whitening would blow up. A single photo keeps its features.
    """
    path, features = Path(path), np.load(source, mmap_mode="r", allow_pickle=False)
    rows = np.setdiff1d(np.arange(len(features)), leave_out)
    if len(rows) < 2:
        path.with_name(WHITENING).unlink(missing_ok=True)
        write_array(path, features)
        return features.shape[1]
    pca, components = _fit(features, rows, min(components, features.shape[1], len(rows) - 1))
    with replacing(path) as temporary:
        _transform(pca, components, features, temporary)
        spread = np.maximum(np.sqrt(pca.explained_variance_), np.finfo(np.float32).eps)
        write_arrays(path.with_name(WHITENING), mean=pca.mean_,
                     axes=(pca.components_ / spread[:, None])[:components].T)
    return components


def _fit(features, rows, components):
    """(the fitted IncrementalPCA, how many of its components are more than rounding)."""
    from sklearn.decomposition import IncrementalPCA  # half a second that a search need not wait for

    pca = IncrementalPCA(components, whiten=True)
    with np.errstate(invalid="ignore"):  # equal photos have no variance to take shares of
        # Each block must hold at least as many rows as components.
        for block in np.array_split(rows, max(1, len(rows) // max(BLOCK, components))):
            pca.partial_fit(features[block])
    return pca, max(1, int((pca.singular_values_ > ROUNDING * pca.singular_values_[0]).sum()))


def _transform(pca, components, features, path):
    out = new_array_file(path, dtype=np.float32, shape=(len(features), components))
    for start in range(0, len(features), BLOCK):
        out[start:start + BLOCK] = pca.transform(features[start:start + BLOCK])[:, :components]
    out.flush()
