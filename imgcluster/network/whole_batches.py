"""Batches that are filled up to one size, so that a network is compiled for that alone."""
import numpy as np


def predict_batch(model, batch, size):
    """Return the outputs of a Keras model for a batch [B, ...], 1 <= B <= size: a list with an array [B, ...] for each.

    The first example is repeated up to `size`; what comes of that is cut off.
    """
    filled = np.concatenate([batch, np.repeat(batch[:1], size - len(batch), axis=0)])
    outputs = model.predict_on_batch(filled)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(output)[:len(batch)] for output in outputs]
