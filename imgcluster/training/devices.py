"""Training on several GPUs at once: each batch is split between them, and all keep the same weights."""
import contextlib

import keras
import numpy as np


def training_scope():
    """Return the context to build and train networks in: one for all GPUs that TensorFlow sees, where it sees several.

    One GPU, or none, needs nothing: TensorFlow uses what there is.
    """
    if keras.backend.backend() != "tensorflow":
        return contextlib.nullcontext()
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy(gpus).scope() if len(gpus) > 1 else contextlib.nullcontext()


def spread(batch):
    """Return a batch, arrays [B, ...] in lists and tuples, split between the devices of the scope it is called in.

    Losses that compare photos then compare those on one device. With one device the batch is returned as it is.
    """
    if keras.backend.backend() != "tensorflow":
        return batch
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    number = strategy.num_replicas_in_sync
    if number == 1:
        return batch
    if isinstance(batch, (list, tuple)):
        return type(batch)(map(spread, batch))
    # Fewer photos than devices: some are looked at twice, as none may be left without.
    parts = np.array_split(batch if len(batch) >= number else np.resize(batch, (number, *batch.shape[1:])), number)
    return strategy.experimental_distribute_values_from_function(
        lambda context: tf.convert_to_tensor(parts[context.replica_id_in_sync_group]))
