"""The range of values and the size a network wants its pictures in."""
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


@keras.saving.register_keras_serializable(package="imgcluster")
class CenterResize(keras.layers.Layer):
    """Bring the middle of pictures [B, S, S, C], `side` pixels wide, to [B, size, size, C]; side None: all of it.

    Unlike keras.layers.Resizing, whose result a network called without compiling it misreads (Keras 3.15), this is an
    ordinary layer.
    """

    def __init__(self, size, side=None, **kwargs):
        super().__init__(**kwargs)
        self.size, self.side = size, side

    def call(self, inputs):
        side = self.side or inputs.shape[1]
        start = (inputs.shape[1] - side) // 2
        middle = keras.ops.cast(inputs, self.compute_dtype)[:, start:start + side, start:start + side]
        return keras.ops.image.resize(middle, (self.size, self.size), antialias=self.size < side)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.size, self.size, input_shape[3])

    def get_config(self):
        return {**super().get_config(), "size": self.size, "side": self.side}
