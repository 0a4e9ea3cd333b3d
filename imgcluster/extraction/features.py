"""Features of photos: the pooled output of a network, one float32 vector per photo, written as it comes.

The array lies on disk from the first batch on, so memory does not grow with the number of photos, and a killed
extraction goes on at the batch where it was.
"""
from pathlib import Path

import numpy as np

from imgcluster.extraction.feature_files import FeatureFiles
from imgcluster.network.whole_batches import predict_batch
from imgcluster.photos.pictures import iterate_pictures
from imgcluster.rows import unit_length

# Batches between two notes of how far the extraction has come.
SAVE_EVERY = 8


def extract_features(embedding, folder, img_paths, out, before=None, *, batch_size, key, mode="pad", max_pixels,
                     workers=2, flip_averaging=False, l2_normalize=True, components=None, progress):
    """Write the features of every photo to `out` (.npy float32 [N, D]); return {row: reason} of unreadable photos.

    embedding: model from RGB pictures [B, S, S, 3] of 0..255 to [B, D]. before: file for the second output [B, E] of a
    model that has two, as float16 rows of length 1; of a model that has one, the file is removed. img_paths: N paths
    relative to `folder`. components: features are brought to so many by `feature_files.whiten`, None leaves them.
    key: JSON value that says what is being extracted; a part left by a killed run is continued only under the same
    key. progress: `progress.progress`. Rows of unreadable photos are zero; where none could be read
    nothing is written.
    """
    outs = [Path(path) for path in (out, before) if path is not None]
    files = FeatureFiles(outs, [output.shape[-1] for output in embedding.outputs[:len(outs)]], len(img_paths), key=key)
    batches = iterate_pictures(folder, img_paths[files.done:], size=embedding.input_shape[1], batch_size=batch_size,
                               mode=mode, max_pixels=max_pixels, workers=workers)
    with progress("features", len(img_paths), initial=files.done) as bar:
        try:
            for number, (pictures, bad) in enumerate(batches, start=1):
                files.add(embed(embedding, pictures, batch_size, flip_averaging=flip_averaging,
                                l2_normalize=l2_normalize), bad)
                bar.update(len(pictures))
                if number % SAVE_EVERY == 0:
                    files.note()
        except BaseException:  # Ctrl-C among them
            files.note()
            raise
    files.publish(components)
    return files.errors


def embed(embedding, pictures, batch_size, *, flip_averaging, l2_normalize):
    """Return the features float32 [B, D] of pictures uint8 [B, S, S, 3], B at most `batch_size`: a list, one for each
    output of the embedding, of which any but the first has rows of length 1.

    flip_averaging: of each picture and its mirror image, the mean.
    """
    views = [pictures, pictures[:, :, ::-1]] if flip_averaging else [pictures]
    seen = [predict_batch(embedding, view, batch_size) for view in views]
    first, *others = [np.mean(outputs, axis=0, dtype=np.float32) for outputs in zip(*seen)]
    return [unit_length(first) if l2_normalize else first, *map(unit_length, others)]
