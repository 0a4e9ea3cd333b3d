"""The two sides of a distillation: teachers that give targets, and the student that learns to meet them."""
import math

import keras
import numpy as np

from imgcluster.distilling.half_precision import write_half_precision
from imgcluster.errors import UserError
from imgcluster.network.backbones import build_backbone
from imgcluster.network.depth_pooling import STRIDES, backbone_maps
from imgcluster.network.whole_batches import predict_batch
from imgcluster.pca import shrunk
from imgcluster.training.crops import resized
from imgcluster.training.pooling_fit import fit_to_views

# Principal components of the teachers' maps that the student has to reproduce: at each of STRIDES, and at the end. What
# tells products of one kind apart lies beyond the first hundred.
COMPONENTS = (96, 256, 512)
# How far components are evened out: 0 makes all vary alike, 1 leaves them as they are.
SHRINKAGE = 0.25
# Weight of the inner maps, of the pooled cosine loss and of the relational loss beside the loss of the last map.
INNER_WEIGHT, POOLED_WEIGHT, RELATION_WEIGHT = 1.0, 1.0, 2.0
# Ridge of the first projections, as a share of the mean variance of the student's channels.
RIDGE = 1e-2
# Keeps the relational loss finite for a teacher to whom all photos look alike.
MIN_VARIANCE = 1e-4
TEACHER_BATCH = 48
# Steps between two updates of the averaged weights: reading them all takes as long as a tenth of a step.
AVERAGE_EVERY = 8
TINY = np.finfo(np.float32).tiny


class Teachers:
    """One or more networks whose standardised maps and pooled features are the targets."""

    def __init__(self, embeddings):
        """embeddings: networks from pictures [B, S, S, 3] of 0..255 to features, with a layer "backbone"."""
        self.models = [_with_maps(embedding) for embedding in embeddings]
        self.means, self.bases = [], []

    def __call__(self, pictures):
        """Return [maps [B, h, w, C] at each stride and at the end, pooled [B, D]] for uint8 pictures [B, S, S, 3].

        Several teachers are joined along the last axis. The pooled features of each have length 1 / sqrt(teachers), so
        that products of rows are mean cosine similarities.
        """
        outputs = zip(*(self._targets(index, pictures) for index in range(len(self.models))))
        return [np.concatenate(_alike(parts), axis=-1).astype(np.float16) for parts in outputs]

    def calibrate(self, pictures):
        """Fix the centring and principal axes of each map on sample pictures; the mean variance becomes 1."""
        for model in self.models:
            maps = self._run(model, pictures)[:-1]
            for places, components in zip(maps, COMPONENTS, strict=True):
                mean, basis = standardising_axes(places.reshape(-1, places.shape[-1]), components // len(self.models))
                self.means.append(mean)
                self.bases.append(basis)

    def state(self):
        """Return the calibration as a dictionary of arrays."""
        return {f"{name}_{index}": array for name, arrays in (("mean", self.means), ("basis", self.bases))
                for index, array in enumerate(arrays)}

    def restore(self, state):
        """Take over the calibration that `state` returned."""
        self.means, self.bases = _group(state, "mean"), _group(state, "basis")

    def _targets(self, index, pictures):
        *maps, pooled = self._run(self.models[index], pictures)
        first = index * len(COMPONENTS)
        # As one product of two matrices: NumPy is far slower over many small ones.
        maps = [((part.reshape(-1, len(mean)) - mean) @ basis).reshape(*part.shape[:-1], -1)
                for part, mean, basis in zip(maps, self.means[first:], self.bases[first:])]
        norms = np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), TINY)
        return [*maps, pooled / norms / math.sqrt(len(self.models))]

    def _run(self, model, pictures):
        rows = []
        for start in range(0, len(pictures), TEACHER_BATCH):
            part = resized(pictures[start:start + TEACHER_BATCH], model.input_shape[1])
            rows.append(predict_batch(model, part, TEACHER_BATCH))
        return [np.concatenate(parts) for parts in zip(*rows)]


def standardising_axes(rows, components):
    """Return (mean [D], basis [D, components]) of rows [N, D]; (rows - mean) @ basis has mean variance 1.

    What the teacher varies most in matters most, but less than it would by its variance (SHRINKAGE).
    """
    mean = rows.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
    values, axes = np.maximum(values[:-components - 1:-1], 0), axes[:, :-components - 1:-1]
    scale = 1 / np.sqrt(np.maximum(shrunk(values, SHRINKAGE), TINY))
    scale /= math.sqrt(max((values * scale ** 2).mean(), TINY))
    return mean, np.ascontiguousarray(axes * scale, dtype=np.float32)


def _alike(parts):
    """The teachers' maps of one stride, all at the smallest side; pooled features as they are."""
    return parts if parts[0].ndim == 2 else [resized_maps(part, min(map(np.shape, parts))[1]) for part in parts]


def _with_maps(embedding):
    if "backbone" not in {layer.name for layer in embedding.layers}:
        raise UserError("a teacher's file holds several networks, whose maps a student cannot learn at once: it keeps "
                        "the one from before its training, joins several, or was fitted without labels. Train it by "
                        "step 02 with labels, one BACKBONE and KEEP_PRETRAINED = False")
    maps = backbone_maps(embedding)
    model = keras.Model(embedding.input, [*maps(embedding.input, training=False), embedding.output])
    model.compile(jit_compile=keras.backend.backend() == "jax")
    return model


def pooled_loss(target, predicted):
    """Return 1 - cosine [B] between the means over all places of two maps [B, h, w, C]."""
    ops = keras.ops
    return 1 - ops.sum(ops.normalize(ops.mean(target, axis=(1, 2)), axis=-1)
                       * ops.normalize(ops.mean(predicted, axis=(1, 2)), axis=-1), axis=-1)


def inner_loss(target, predicted):
    """Return per picture [B] the squared error of a map [B, h, w, C]."""
    return keras.ops.mean(keras.ops.square(target - predicted), axis=(1, 2, 3))


def map_loss(target, predicted):
    """Return per picture [B] the squared error of a map [B, h, w, C], and the cosine loss of its mean over places."""
    return inner_loss(target, predicted) + POOLED_WEIGHT * pooled_loss(target, predicted)


def relation_loss(target, predicted):
    """Return per picture [B] how far its cosine similarities to the batch's others are from the teacher's.

    target: [B, D] teacher features, predicted: [B, E] student features. Both are taken as they are (not centred),
    because that is how features are compared afterwards. The error is relative to the spread of the teacher's.
    """
    ops = keras.ops
    wanted, given = (ops.matmul(rows, ops.transpose(rows))
                     for rows in (ops.normalize(target, axis=-1), ops.normalize(predicted, axis=-1)))
    return ops.mean(ops.square(wanted - given), axis=-1) / (ops.var(wanted) + MIN_VARIANCE)


class Student:
    """The network that learns, with the projection to the teachers' maps, the optimizer and the averaged weights."""

    def __init__(self, recipe, size, channels):
        self.recipe, self.channels = recipe, channels
        self.embedding = self.model = None
        self.averaged = None
        self.grow(size)

    def grow(self, size):
        """Take pictures of side `size` from now on; weights, their average and the optimizer's state are kept."""
        state = self.state() if self.model else None
        self.embedding = build_backbone(self.recipe.student, weights=None if state else self.recipe.start,
                                        input_size=size, pooling="avg")
        self.model = _training_model(self.embedding, self.channels)
        optimizer = keras.optimizers.AdamW(self.recipe.learning_rate, weight_decay=self.recipe.weight_decay,
                                           clipnorm=1.0)
        optimizer.build(self.model.trainable_variables)
        self.model.compile(optimizer=optimizer, loss=[*[inner_loss] * len(STRIDES), map_loss, relation_loss],
                           loss_weights=[*[INNER_WEIGHT] * len(STRIDES), 1.0, RELATION_WEIGHT],
                           jit_compile=keras.backend.backend() == "jax")
        self.size = size
        self.averaged = self.model.get_weights()
        if state:
            self.restore(state)

    def state(self):
        """Return everything that training goes on from, as a dictionary of arrays."""
        groups = {"weights": self.model.get_weights(), "averaged": self.averaged,
                  "optimizer": [keras.ops.convert_to_numpy(variable)
                                for variable in self.model.optimizer.variables]}
        return {f"{name}_{index}": array for name, arrays in groups.items() for index, array in enumerate(arrays)}

    def restore(self, state):
        """Go on from what `state` returned."""
        self.model.set_weights(_group(state, "weights"))
        self.averaged = _group(state, "averaged")
        for variable, value in zip(self.model.optimizer.variables, _group(state, "optimizer"), strict=True):
            variable.assign(value)

    def fit_projections(self, pictures, targets):
        """Set the projections to the best linear ones, so that they do not pull a taught student about at first.

        pictures, targets: as `learn` takes them.
        """
        layers = [self.model.get_layer(f"projection_{index}") for index in range(len(self.channels))]
        before = keras.Model(self.model.input, [layer.input for layer in layers])
        parts = [before(resized(pictures[start:start + TEACHER_BATCH], self.size), training=True)
                 for start in range(0, len(pictures), TEACHER_BATCH)]
        for layer, wanted, *given in zip(layers, targets, *parts):
            given = np.concatenate([keras.ops.convert_to_numpy(part) for part in given])
            wanted = resized_maps(wanted, given.shape[1])
            kernel, bias = linear_map(given.reshape(-1, given.shape[-1]), wanted.reshape(-1, wanted.shape[-1]))
            layer.set_weights([kernel[None, None], bias])

    def learn(self, pictures, targets, *, rate, step):
        """Take one training step on pictures and what `Teachers` returned for them; returns the loss."""
        *maps, pooled = targets
        maps = [resized_maps(part, shape[1]) for part, shape in zip(maps, self.model.output_shape)]
        self.model.optimizer.learning_rate = rate
        losses = self.model.train_on_batch(resized(pictures, self.size), [*maps, pooled])
        self.model.reset_metrics()
        if step % AVERAGE_EVERY == 0:
            self._average(step)
        return float(losses[0])

    def _average(self, step):
        # A short memory at first, so that the random start is forgotten soon.
        decay = min(self.recipe.average, (step + 1) / (step + 10)) ** AVERAGE_EVERY
        for mean, value in zip(self.averaged, self.model.get_weights()):
            mean += (1 - decay) * (value - mean)

    def write(self, path, views=None):
        """Write the backbone's averaged weights in float16, as `build_backbone(student, weights=path)` loads them.

        views: iterator of uint8 [V, S, S, 3], V views of one photo each, the more photos the better; the statistics of
        `DepthPooling` taken from them go into the same file. Without them its network is pooled as any other.
        """
        keep = self.model.get_weights()
        self.model.set_weights(self.averaged)
        try:
            statistics = {} if views is None else fit_to_views(self.embedding, views)
            write_half_precision(self.embedding.get_layer("backbone"), path, statistics)
        finally:
            self.model.set_weights(keep)


def linear_map(rows, targets):
    """Return (kernel [D, C], bias [C]) by which rows [N, D] come nearest to targets [N, C], by ridge regression."""
    center, mean = rows.mean(axis=0), targets.mean(axis=0)
    rows = rows - center
    gram = rows.T @ rows
    gram[np.diag_indices_from(gram)] += RIDGE * max(np.trace(gram) / len(gram), TINY)
    kernel = np.linalg.solve(gram, rows.T @ (targets - mean))
    return kernel, mean - center @ kernel


def _group(state, name):
    count = sum(key.startswith(f"{name}_") for key in state)
    return [np.array(state[f"{name}_{index}"], order="C") for index in range(count)]


def _training_model(embedding, channels):
    """The student's backbone in training mode (batch statistics), with its projected maps and pooled features."""
    for layer in embedding.get_layer("backbone").layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # Keras' MobileNetV3 averages over thousands of steps, which lags behind a short training.
            layer.momentum = min(layer.momentum, 0.99)
    maps = backbone_maps(embedding)(embedding.input)
    projected = [keras.layers.Conv2D(count, 1, name=f"projection_{index}")(part)
                 for index, (count, part) in enumerate(zip(channels, maps))]
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(maps[-1])
    return keras.Model(embedding.input, [*projected, pooled], name="student")


def resized_maps(maps, side):
    """Maps [B, h, h, C] as float32 [B, side, side, C], each place the mean of the area it covers."""
    maps = maps.astype(np.float32)
    count, old, _, channels = maps.shape
    if old == side:
        return maps
    weights = area_weights(old, side)
    rows = weights @ maps.reshape(count, old, old * channels)
    return (weights @ rows.reshape(count * side, old, channels)).reshape(count, side, side, channels)


def area_weights(old, new):
    """Return float32 [new, old]: the shares of `old` equal cells that each of `new` equal cells covers; rows sum to 1.

    Growing, each new cell takes the cells it overlaps; shrinking, the mean over its area.
    """
    edges_old, edges_new = np.arange(old + 1) / old, np.arange(new + 1) / new
    overlap = (np.minimum(edges_new[1:, None], edges_old[None, 1:])
               - np.maximum(edges_new[:-1, None], edges_old[None, :-1]))
    return (np.maximum(overlap, 0) * new).astype(np.float32)
