"""What a trained classifier says: probabilities of pictures, and the likeliest models of photos as a table."""
import numpy as np
import pandas as pd

from imgcluster.network.whole_batches import predict_batch
from imgcluster.photos.pictures import iterate_pictures


def predict(model, pictures, rows, batch_size, bar):
    """Return the outputs of a Keras model for `pictures[rows]`: a list with one array for each output.

    bar: has `.update()`.
    """
    outputs = []
    for start in range(0, len(rows), batch_size):
        part = rows[start:start + batch_size]
        outputs.append(predict_batch(model, pictures[part], batch_size))
        bar.update(len(part))
    return [np.concatenate(parts) for parts in zip(*outputs)]


def predict_files(classifier, folder, img_paths, *, batch_size, bar, flip_averaging=False, **options):
    """Return (probabilities [N, C], errors {row: reason}) of photo files; rows of unreadable ones are NaN.

    classifier: model from pictures to probabilities. img_paths: relative to `folder`. flip_averaging: the average over
    each photo and its mirror image. options: of `iterate_pictures`.
    """
    parts, errors, done = [], {}, 0
    for batch, bad in iterate_pictures(folder, img_paths, size=classifier.input_shape[1], batch_size=batch_size,
                                       **options):
        views = [batch, batch[:, :, ::-1]] if flip_averaging else [batch]
        part = np.mean([predict_batch(classifier, view, batch_size)[0] for view in views], axis=0)
        part[list(bad)] = np.nan
        errors |= {done + index: reason for index, reason in bad.items()}
        parts.append(part)
        done += len(batch)
        bar.update(len(batch))
    return np.concatenate(parts), errors


def likeliest_models(img_paths, probabilities, classes, *, num=5):
    """Return a DataFrame file, model_1, p_1, ... model_num, p_num: the likeliest models of each photo, best first.

    probabilities [N, C], classes: C names. Where there are fewer than `num` models, the columns left over are empty,
    as are all of a photo that has no probabilities (NaN).
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :num]
    table, names = {"file": list(img_paths)}, np.asarray(classes)
    known = ~np.isnan(probabilities).any(axis=1)
    for rank in range(num):
        there = known & (rank < order.shape[1])
        column = order[:, min(rank, order.shape[1] - 1)]
        table[f"model_{rank + 1}"] = np.where(there, names[column], "")
        table[f"p_{rank + 1}"] = np.where(there, probabilities[np.arange(len(column)), column], np.nan)
    return pd.DataFrame(table)
