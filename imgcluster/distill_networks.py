"""The two sides of a distillation: teachers that give targets, and the student that learns to meet them."""
import math

import cv2
import h5py
import keras
import numpy as np

from imgcluster.artefacts import replacing
from imgcluster.backbones import build_backbone
from imgcluster.errors import UserError

# Principal components of the teachers' maps that the student has to reproduce.
COMPONENTS = 256
# Weight of the pooled cosine loss and of the relational loss beside the map loss.
POOLED_WEIGHT, RELATION_WEIGHT = 1.0, 4.0
# Keeps the relational loss finite for a teacher to whom all photos look alike.
MIN_VARIANCE = 1e-4
TEACHER_BATCH = 32
TINY = np.finfo(np.float32).tiny


class Teachers:
    """One or more networks whose standardised maps and pooled features are the targets."""

    def __init__(self, embeddings):
        """embeddings: models that end in a pooling layer "features", from pictures [B, S, S, 3] of 0..255."""
        self.models = [_with_map(embedding) for embedding in embeddings]
        self.means, self.bases = [], []

    def __call__(self, pictures):
        """Return (maps [B, h, w, C], pooled [B, D]) for uint8 pictures [B, S, S, 3], joined over the teachers.

        Each teacher's pooled features have length 1 / sqrt(teachers): products of rows are mean cosine similarities.
        """
        maps, pooled = zip(*(self._run(model, pictures) for model in self.models))
        side = min(part.shape[1] for part in maps)
        maps = [resized_maps((part - mean) @ basis, side) for part, mean, basis in zip(maps, self.means, self.bases)]
        return np.concatenate(maps, axis=-1).astype(np.float16), np.concatenate(pooled, axis=-1).astype(np.float16)

    def calibrate(self, pictures):
        """Fix the centring and principal axes of each teacher's map on sample pictures; mean variance becomes 1."""
        for model in self.models:
            places = self._run(model, pictures)[0]
            rows = places.reshape(-1, places.shape[-1])
            mean = rows.mean(axis=0)
            values, axes = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
            kept = axes[:, ::-1][:, :COMPONENTS // len(self.models)]
            # One scale for all axes: what the teacher varies most in matters most to its similarities.
            scale = math.sqrt(max(values[::-1][:kept.shape[1]].mean(), 1e-12))
            self.means.append(mean)
            self.bases.append((kept / scale).astype(np.float32))

    def state(self):
        """Return the calibration as a dictionary of arrays."""
        return {f"{name}_{index}": array for name, arrays in (("mean", self.means), ("basis", self.bases))
                for index, array in enumerate(arrays)}

    def restore(self, state):
        """Take over the calibration that `state` returned."""
        self.means, self.bases = _group(state, "mean"), _group(state, "basis")

    def _run(self, model, pictures):
        maps, pooled = [], []
        for start in range(0, len(pictures), TEACHER_BATCH):
            part = resized(pictures[start:start + TEACHER_BATCH], model.input_shape[1])
            padded = np.zeros((TEACHER_BATCH, *part.shape[1:]), np.float32)
            padded[:len(part)] = part
            outputs = model.predict_on_batch(padded)
            maps.append(np.asarray(outputs[0], np.float32)[:len(part)])
            pooled.append(np.asarray(outputs[1], np.float32)[:len(part)])
        pooled = np.concatenate(pooled)
        norms = np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), TINY)
        return np.concatenate(maps), pooled / norms / math.sqrt(len(self.models))


def _with_map(embedding):
    try:
        pooling = embedding.get_layer("features")
    except ValueError as error:
        raise UserError(f"teacher {embedding.name}: it has no pooling layer named \"features\"; give a network made by "
                        "this project") from error
    model = keras.Model(embedding.input, [pooling.input, pooling.output])
    model.compile(jit_compile=keras.backend.backend() == "jax")
    return model


def pooled_loss(target, predicted):
    """Return 1 - cosine [B] between the means over all places of two maps [B, h, w, C]."""
    ops = keras.ops
    return 1 - ops.sum(ops.normalize(ops.mean(target, axis=(1, 2)), axis=-1)
                       * ops.normalize(ops.mean(predicted, axis=(1, 2)), axis=-1), axis=-1)


def map_loss(target, predicted):
    """Return per picture [B] the squared error of a map [B, h, w, C], and the cosine loss of its mean over places."""
    ops = keras.ops
    error = ops.mean(ops.square(target - predicted), axis=(1, 2, 3))
    return error + POOLED_WEIGHT * pooled_loss(target, predicted)


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
        self.embedding = build_backbone(self.recipe.student, weights=None, input_size=size)
        self.model = _training_model(self.embedding, self.channels)
        optimizer = keras.optimizers.AdamW(self.recipe.learning_rate, weight_decay=self.recipe.weight_decay,
                                           clipnorm=1.0)
        optimizer.build(self.model.trainable_variables)
        self.model.compile(optimizer=optimizer, loss=[map_loss, relation_loss], loss_weights=[1.0, RELATION_WEIGHT],
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

    def learn(self, pictures, maps, pooled, *, rate, step):
        """Take one training step; returns the loss."""
        side = self.model.output_shape[0][1]
        self.model.optimizer.learning_rate = rate
        losses = self.model.train_on_batch(resized(pictures, self.size), [resized_maps(maps, side), pooled])
        self.model.reset_metrics()
        # A short memory at first, so that the random start is forgotten soon.
        decay = min(self.recipe.average, (step + 1) / (step + 10))
        for mean, value in zip(self.averaged, self.model.get_weights()):
            mean += (1 - decay) * (value - mean)
        return float(losses[0])

    def write(self, path):
        """Write the backbone's averaged weights in float16, as `build_backbone(student, weights=path)` loads them."""
        keep = self.model.get_weights()
        self.model.set_weights(self.averaged)
        try:
            write_half_precision(self.embedding.get_layer("backbone"), path)
        finally:
            self.model.set_weights(keep)


def _group(state, name):
    count = sum(key.startswith(f"{name}_") for key in state)
    return [np.array(state[f"{name}_{index}"]) for index in range(count)]


def _training_model(embedding, channels):
    """The student's backbone in training mode (batch statistics), with its projected map and pooled features."""
    backbone = embedding.get_layer("backbone")
    inputs = x = embedding.input
    for layer in embedding.layers:
        if layer.name == "scaling":
            x = layer(x)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # Keras' MobileNetV3 averages over thousands of steps, which lags behind a short training.
            layer.momentum = min(layer.momentum, 0.99)
    maps = backbone(x)
    projected = keras.layers.Conv2D(channels, 1, name="projection")(maps)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(maps)
    return keras.Model(inputs, [projected, pooled], name="student")


def resized(pictures, size):
    """Pictures [B, S, S, 3] of 0..255 as float32 [B, size, size, 3]."""
    if pictures.shape[1] != size:
        way = cv2.INTER_AREA if size < pictures.shape[1] else cv2.INTER_LINEAR
        pictures = np.stack([cv2.resize(picture, (size, size), interpolation=way) for picture in pictures])
    return pictures.astype(np.float32)


def resized_maps(maps, side):
    """Maps [B, h, w, C] as float32 [B, side, side, C]."""
    maps = maps.astype(np.float32)
    if maps.shape[1] == side:
        return maps
    return keras.ops.convert_to_numpy(keras.ops.image.resize(maps, (side, side), antialias=True))


def write_half_precision(network, path):
    """Write a network's weights (.weights.h5) in float16, at half the size; Keras widens them on loading."""
    with replacing(path) as temporary:
        whole = temporary.with_name(temporary.name.removesuffix(".weights.h5") + ".whole.weights.h5")
        network.save_weights(whole)
        with h5py.File(whole) as source, h5py.File(temporary, "w") as target:
            _copy_half(source, target)
        whole.unlink()


def _copy_half(source, target):
    target.attrs.update(source.attrs)
    for name, item in source.items():
        if hasattr(item, "items"):
            _copy_half(item, target.create_group(name))
        else:
            array = item[()]
            is_float = getattr(array, "dtype", None) == np.float32
            target.create_dataset(name, data=array.astype(np.float16) if is_float else array)
            target[name].attrs.update(item.attrs)


