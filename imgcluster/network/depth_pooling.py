"""One vector from several depths of a network: a small one's last map has lost much of what its earlier ones tell.

Products are mostly in the middle of their photos, so places count the less, the further they are from it. Of the two
earlier maps the vector holds how much each channel varies over the picture (texture, wherever it is) and its peaks
(generalised mean, Radenovic et al., TPAMI 2019), of the two later ones the averages over the upper and the lower half,
which mirroring does not change. Directions in which views of one photo differ count less: within-class covariance
normalisation (Hatch, Kajarekar & Stolcke, Interspeech 2006), each photo its own class, so that no labels are needed.
The statistics for it lie beside the weights, in the same file.
"""
import math

import h5py
import keras
import numpy as np
from keras import ops
from scipy.linalg import cholesky, solve_triangular

from imgcluster.errors import UserError
from imgcluster.pca import principal_axes

# Reductions of the picture's side at which earlier maps are taken.
STRIDES = (8, 16)
COMPONENTS = 512
# Weight of a place: a Gaussian of its distance from the middle, of this standard deviation in sides of the picture.
CENTRE = 0.25
# How far the differences within photos are evened out: 0 makes all directions alike, 1 leaves them as they are.
SHRINKAGE = 0.25
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
        size = 2 * early + 4 * middle + 2 * last
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
    """Return six vectors [B, D] for maps [B, h, w, C] of three depths, the last map last.

    Deviations and then peaks of the first and of the second; the means of either half [B, 2 C] of the second and of the
    last.
    """
    early, middle, last = [ops.cast(each, "float32") for each in maps]
    return [*map(_deviations, (early, middle)), *map(_peaks, (early, middle)), *map(_means_of_halves, (middle, last))]


def _deviations(maps):
    weights = centre_weights(*maps.shape[1:3])
    mean = _weighted_mean(maps, weights, keepdims=True)
    return ops.sqrt(_weighted_mean(ops.square(maps - mean), weights) + TINY)


def _peaks(maps):
    positive = ops.maximum(maps, TINY)
    # Between the average (power 1) and the maximum (infinity). As products: a general power takes ten times as long.
    return _weighted_mean(positive * ops.square(positive), centre_weights(*maps.shape[1:3])) ** (1 / 3)


def _means_of_halves(maps):
    """[B, 2 C] of [B, h, w, C]: upper and lower half; of an odd h the middle row belongs to both."""
    height, width = maps.shape[1:3]
    weights, rows = centre_weights(height, width), (height + 1) // 2
    return ops.concatenate([_weighted_mean(maps[:, :rows], weights[:rows]),
                            _weighted_mean(maps[:, height - rows:], weights[height - rows:])], axis=-1)


def _weighted_mean(maps, weights, **options):
    return ops.sum(maps * ops.convert_to_tensor(weights / weights.sum()), axis=(1, 2), **options)


def centre_weights(height, width):
    """Return float32 [height, width, 1]: how much each place of a map counts."""
    rows, columns = (np.exp(-0.5 * (((np.arange(side) + 0.5) / side - 0.5) / CENTRE) ** 2) for side in (height, width))
    return np.outer(rows, columns)[..., None].astype(np.float32)


def standardised(parts, center, spread):
    """Return [B, D]: each of the parts [B, C] less its center, over its spread, at length 1. center, spread: [D]."""
    made, start = [], 0
    for part in parts:
        place = slice(start, start := start + part.shape[-1])
        made.append(ops.normalize((part - center[place]) / spread[place], axis=-1))
    return ops.concatenate(made, axis=-1)


def fit_statistics(parts, *, components=COMPONENTS, shrinkage=SHRINKAGE):
    """Return the statistics {name: float32 array} of photos, each seen in several views.

    parts: the `pooled_depths` of V >= 2 views of N photos, each [N, V, C]. The vectors get a mean variance of 1.
    """
    rows = [part.reshape(-1, part.shape[-1]) for part in parts]
    spread = [part.std(axis=0) for part in rows]
    spread = np.concatenate([each + LEAST_SPREAD * each.mean() + TINY for each in spread])
    center = np.concatenate([part.mean(axis=0) for part in rows])
    vectors = ops.convert_to_numpy(standardised(parts, center, spread))
    differences = (vectors - vectors.mean(axis=1, keepdims=True)).reshape(-1, vectors.shape[-1])
    factor = cholesky(_shrunk_covariance(differences, shrinkage), lower=True, overwrite_a=True)
    mean, vectors = vectors.mean(axis=(0, 1)), vectors.reshape(-1, len(factor))
    whitened = solve_triangular(factor, (vectors - mean).T, lower=True).T
    principal, singular = principal_axes(whitened, components)
    axes = solve_triangular(factor, principal.T, lower=True, trans="T")
    axes /= math.sqrt(max(np.square(singular).mean() / (len(vectors) - 1), TINY))
    # As they will be read from the file, so that the offset fits.
    axes = axes.astype(np.float16).astype(np.float32)
    statistics = {"center": center, "spread": spread, "axes": axes, "offset": -mean @ axes}
    return {name: np.asarray(array, np.float32) for name, array in statistics.items()}


def _shrunk_covariance(differences, shrinkage):
    """Covariance [D, D] of differences [N, D], its eigenvalues as in `pca.shrunk`."""
    covariance = (differences.T @ differences / len(differences)).astype(np.float64)
    mean = np.trace(covariance) / len(covariance)
    covariance *= 1 - shrinkage
    covariance[np.diag_indices_from(covariance)] += shrinkage * mean + TINY
    return covariance


def write_statistics(path, statistics):
    """Add statistics to a weights file (.weights.h5); the axes, which are many, in half precision."""
    with h5py.File(path, "a") as file:
        group = file.create_group(GROUP)
        for name, array in statistics.items():
            group.create_dataset(name, data=array.astype(np.float16 if name == "axes" else np.float32))


def read_statistics(path):
    """Return the statistics in a weights file, or None where it has none, as a whole network in Keras' own format."""
    if not h5py.is_hdf5(path):
        return None
    with h5py.File(path) as file:
        return {name: array[()].astype(np.float32) for name, array in file[GROUP].items()} if GROUP in file else None


def with_inner_maps(backbone, **options):
    """Return the backbone with its maps at each of STRIDES as more outputs, before its own; options: of the model."""
    inner = [stage_output(backbone, stride) for stride in STRIDES]
    return keras.Model(backbone.input, [*inner, backbone.outputs[-1]], **options)


def backbone_maps(embedding, **options):
    """Return a function from pictures and training=... to maps of the layer "backbone": at each of STRIDES, at the end.

    The pictures are scaled first where the embedding network does that. options: of the backbone's new model.
    """
    scaling = [layer for layer in embedding.layers if layer.name == "scaling"]
    inner = with_inner_maps(embedding.get_layer("backbone"), **options)

    def maps(pictures, **how):
        return inner(scaling[0](pictures) if scaling else pictures, **how)
    return maps


def pooled_at_depths(embedding, statistics):
    """Return an embedding network with the same backbone whose layer "features" is the `DepthPooling` of statistics.

    Raises ValueError where these are not for this network.
    """
    inputs = keras.Input(embedding.input_shape[1:], name="picture")
    pool = DepthPooling(statistics["axes"].shape[1], name="features", dtype="float32")
    maps = backbone_maps(embedding, name="backbone")(inputs, training=False)
    pooled = keras.Model(inputs, pool(maps), name="embedding")
    pool.set_statistics(statistics)
    return pooled


def has_depths(embedding):
    """Return whether the layer "backbone" of an embedding network gives maps, at each of STRIDES and at the end."""
    backbone = embedding.get_layer("backbone")
    try:
        return len(backbone.outputs[-1].shape) == 4 and all(stage_output(backbone, stride) is not None
                                                            for stride in STRIDES)
    except (UserError, AttributeError, ValueError):  # the latter two: a layer that is used twice has no one output
        return False


def stage_output(backbone, stride):
    """Return the backbone's map [B, h, w, C] whose side is the picture's divided by `stride`: the last of the widest.

    Narrower ones are bottlenecks, or branches that see a part of what the network has found.
    """
    side = backbone.input_shape[1] / stride
    fitting = [layer.output for layer in backbone.layers if not isinstance(layer, keras.layers.ZeroPadding2D)
               and len(layer.output.shape) == 4 and side / 1.5 < layer.output.shape[1] <= math.ceil(side)]
    if not fitting:
        raise UserError(f"{backbone.name}: has no maps at 1/{stride} of the picture's side; choose another network")
    widest = max(output.shape[-1] for output in fitting)
    return [output for output in fitting if output.shape[-1] == widest][-1]
