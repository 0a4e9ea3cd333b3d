"""The same result again from the same seed."""
import keras


def make_deterministic(seed):
    """Seed everything, and let TensorFlow add up in a fixed order: the same training gives the same weights."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
