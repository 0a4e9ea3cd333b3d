"""The range of values a network wants its pictures in."""
import keras


@keras.saving.register_keras_serializable(package="imgcluster")
class InputScaling(keras.layers.Layer):
    """Bring RGB 0..255 to the range a network was trained on: x * scale + offset per channel, BGR where asked."""

    def __init__(self, scale, offset, reverse_channels=False, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.offset, self.reverse_channels = list(scale), list(offset), reverse_channels

    def call(self, inputs):
        pictures = keras.ops.flip(inputs, axis=-1) if self.reverse_channels else inputs
        pictures = keras.ops.cast(pictures, self.compute_dtype)
        return pictures * keras.ops.convert_to_tensor(self.scale, self.compute_dtype) \
            + keras.ops.convert_to_tensor(self.offset, self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "offset": self.offset,
                "reverse_channels": self.reverse_channels}
