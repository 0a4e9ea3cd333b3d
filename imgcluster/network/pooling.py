"""From the last map of a network to one vector: average, maximum, or their generalised mean."""
import keras
from keras import ops


@keras.saving.register_keras_serializable(package="imgcluster")
class GeneralizedMean(keras.layers.Layer):
    """(mean over the map of x^p)^(1/p), p learnt from 3 on: between average (1) and maximum (infinity).

    [B, H, W, D] -> [B, D]; negative values count as 0. Radenovic, Tolias & Chum, Fine-tuning CNN Image Retrieval with
    No Human Annotation, TPAMI 2019.
    """

    def __init__(self, power=3.0, least=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.start, self.least = power, least

    def build(self, input_shape):
        self.power = self.add_weight(shape=(), initializer=keras.initializers.Constant(self.start), name="power",
                                     constraint=keras.constraints.NonNeg())

    def call(self, inputs):
        power = ops.maximum(self.power, 1.0)
        return ops.mean(ops.maximum(inputs, self.least) ** power, axis=(1, 2)) ** (1 / power)

    def get_config(self):
        return {**super().get_config(), "power": self.start, "least": self.least}


@keras.saving.register_keras_serializable(package="imgcluster")
class TokenPooling(keras.layers.Layer):
    """Tokens [B, T, D] -> [B, D]: the average or the maximum; maps [B, H, W, D] are read as tokens."""

    def __init__(self, kind="avg", **kwargs):
        super().__init__(**kwargs)
        self.kind = kind

    def call(self, inputs):
        axes = tuple(range(1, len(inputs.shape) - 1))
        return ops.max(inputs, axis=axes) if self.kind == "max" else ops.mean(inputs, axis=axes)

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}


def pooling_layer(kind, **options):
    """Return the layer for POOLING; "auto" is "avg". Its vectors are float32 under mixed precision too."""
    layers = {"max": keras.layers.GlobalMaxPooling2D, "gem": GeneralizedMean}
    return layers.get(kind, keras.layers.GlobalAveragePooling2D)(dtype="float32", **options)
