"""One vector from several depths of a network: a small one's last map has lost much of what its earlier ones tell.

Of the two deepest maps the averages over the upper and the lower half of the picture are taken, which mirroring does
not change; of the two earlier ones how much each channel varies over the picture (texture, wherever it is). What
differs between photos anyway counts less: the vector is whitened, with the statistics of many photos (Jégou & Chum,
"Negative evidences and co-occurrences in image retrieval: the benefit of PCA and whitening", ECCV 2012). The statistics
need no labels; they lie beside the weights, in the same file.
"""
import math

import h5py
import keras
import numpy as np
from keras import ops
from sklearn.decomposition import PCA

from imgcluster.errors import UserError
from imgcluster.pca import shrunk

# Reductions of the picture's side at which earlier maps are taken.
STRIDES = (8, 16)
COMPONENTS = 512
# How far directions are evened out: 0 makes all vary alike, 1 leaves them as they are.
SHRINKAGE = 0.5
# Least standard deviation of a channel, as a share of the mean one.
LEAST_SPREAD = 0.05
GROUP = "depth_pooling"
TINY = 1e-6


@keras.saving.register_keras_serializable(package="imgcluster")
class DepthPooling(keras.layers.Layer):
    """Maps [B, h, w, C] of three depths (those of `with_inner_maps`) to vectors [B, units].

    Each of their `pooled_depths` is standardised and brought to length 1; side by side they are multiplied by `axes`.
    The weights are statistics, no training changes them: center, spread [D], axes [D, units], offset [units].
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        early, middle, last = (shape[-1] for shape in input_shape)
        size = early + 3 * middle + 2 * last
        shapes = {"center": (size,), "spread": (size,), "axes": (size, self.units), "offset": (self.units,)}
        starts = {"center": "zeros", "spread": "ones", "axes": "glorot_uniform", "offset": "zeros"}
        self.statistics = {name: self.add_weight(shape=shape, initializer=starts[name], name=name, trainable=False)
                           for name, shape in shapes.items()}

    def call(self, inputs):
        vectors = standardised(pooled_depths(inputs), self.statistics["center"], self.statistics["spread"])
        return ops.matmul(vectors, self.statistics["axes"]) + self.statistics["offset"]

    def compute_output_shape(self, input_shape):
        return input_shape[0][0], self.units

    def get_config(self):
        return {**super().get_config(), "units": self.units}

    def set_statistics(self, statistics):
        """Take over what `fit_statistics` or `read_statistics` returned."""
        for name, variable in self.statistics.items():
            variable.assign(statistics[name])


def pooled_depths(maps):
    """Return four vectors [B, D] for maps [B, h, w, C] of three depths, the last map last.

    The deviations of the first and of the second; the means over either half of the second and of the last [B, 2 C].
    """
    early, middle, last = [ops.cast(each, "float32") for each in maps]
    return [*(ops.sqrt(ops.var(each, axis=(1, 2)) + TINY) for each in (early, middle)),
            *(_means_of_halves(each) for each in (middle, last))]


def _means_of_halves(maps):
    """[B, 2 C] of [B, h, w, C]: upper and lower half; of an odd h the middle row belongs to both."""
    height = maps.shape[1]
    return ops.concatenate([ops.mean(half, axis=(1, 2))
                            for half in (maps[:, :(height + 1) // 2], maps[:, height // 2:])], axis=-1)


def standardised(parts, center, spread):
    """Return [B, D]: each of the parts [B, C] less its center, over its spread, at length 1. center, spread: [D]."""
    made, start = [], 0
    for part in parts:
        place = slice(start, start := start + part.shape[-1])
        made.append(ops.normalize((part - center[place]) / spread[place], axis=-1))
    return ops.concatenate(made, axis=-1)


def fit_statistics(parts, *, components=COMPONENTS, shrinkage=SHRINKAGE):
    """Return the statistics {name: float32 array} of pooled photos: of each depth a part [N, C] of `pooled_depths`."""
    spread = [part.std(axis=0) for part in parts]
    spread = np.concatenate([each + LEAST_SPREAD * each.mean() + TINY for each in spread])
    center = np.concatenate([part.mean(axis=0) for part in parts])
    vectors = ops.convert_to_numpy(standardised(parts, center, spread))
    pca = PCA(min(components, *vectors.shape), svd_solver="covariance_eigh").fit(vectors)
    axes = pca.components_.T / np.sqrt(np.maximum(shrunk(pca.explained_variance_, shrinkage), TINY))
    statistics = {"center": center, "spread": spread, "axes": axes, "offset": -pca.mean_ @ axes}
    return {name: np.asarray(array, np.float32) for name, array in statistics.items()}


def write_statistics(path, statistics):
    """Add statistics to a weights file (.weights.h5); the axes, which are many, in half precision."""
    with h5py.File(path, "a") as file:
        group = file.create_group(GROUP)
        for name, array in statistics.items():
            group.create_dataset(name, data=array.astype(np.float16 if name == "axes" else np.float32))


def read_statistics(path):
    """Return the statistics in a weights file, or None where it has none."""
    with h5py.File(path) as file:
        return {name: array[()].astype(np.float32) for name, array in file[GROUP].items()} if GROUP in file else None


def with_inner_maps(backbone, **options):
    """Return the backbone with its maps at each of STRIDES as more outputs, before its own; options: of the model."""
    inner = [stage_output(backbone, stride) for stride in STRIDES]
    return keras.Model(backbone.input, [*inner, backbone.outputs[-1]], **options)


def stage_output(backbone, stride):
    """Return the backbone's last map [B, h, w, C] before its side falls far below the picture's divided by `stride`."""
    side = backbone.input_shape[1] / stride
    fitting = [layer.output for layer in backbone.layers if not isinstance(layer, keras.layers.ZeroPadding2D)
               and len(layer.output.shape) == 4 and side / 1.5 < layer.output.shape[1] <= math.ceil(side)]
    if not fitting:
        raise UserError(f"{backbone.name}: has no maps at 1/{stride} of the picture's side; choose another network")
    return fitting[-1]
