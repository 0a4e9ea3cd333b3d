"""The network that is trained: a pretrained one, an optional embedding head, a classification layer, its losses.

Whatever the loss, the network ends in the layer "probabilities", so that every training is reported alike, and the
vectors that carry over to new products are the output of the layer `output_layer`.
"""
from dataclasses import dataclass

import keras
from keras import ops

from imgcluster.configuring.schema import PAIR_LOSSES
from imgcluster.errors import UserError
from imgcluster.network.losses import (
    CascadedLoss,
    LargeMarginSoftmax,
    OwnDistance,
    SupervisedContrastiveLoss,
    TripletLoss,
)
from imgcluster.network.trunk import to_backbone

# The losses that compare the photos of a batch do so beside the classification by cosines: comparison alone forgets
# what few models cannot teach (as person re-identification found, too: Luo et al., CVPR Workshops 2019).
COSINE_LOSSES = ("cosine", "arcface", *PAIR_LOSSES)
COSINE_SCALE = 16.0
ARCFACE_MARGIN = 0.2
CENTER_WEIGHT = 0.1
# The layers whose vectors carry over to new products, the first that a network has.
WHITENED = "whitened"
OUTPUTS = (WHITENED, "embedding", "features")
# The layer with the features that a network had before it was fine-tuned, where it kept them.
PRETRAINED = "pretrained_features"
CASCADE_SHARES = (1.0, 0.5, 0.2)
CASCADE_DIMENSIONS = 128
# Layers whose output is no map worth a vector: the picture itself, and margins in front of the next convolution.
PASSED_OVER = (keras.layers.InputLayer, keras.layers.ZeroPadding2D)


@dataclass(frozen=True)
class Objective:
    """One thing to be learnt: an output of the network, its Keras loss, its weight in the sum."""

    output: object
    loss: keras.losses.Loss
    weight: float = 1.0


@keras.saving.register_keras_serializable(package="imgcluster")
class Cosines(keras.layers.Layer):
    """Cosines [B, C] between vectors [B, D] and a learnt direction for each model."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.directions = self.add_weight(shape=(input_shape[-1], self.units), name="directions")

    def call(self, inputs):
        return ops.matmul(ops.normalize(inputs, axis=-1), ops.normalize(self.directions, axis=0))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="imgcluster")
class CenterDistances(keras.layers.Layer):
    """Squared distances [B, C] between vectors [B, D], brought to length 1, and a learnt centre for each model."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.centers = self.add_weight(shape=(self.units, input_shape[-1]), initializer="zeros", name="centers")

    def call(self, inputs):
        inputs = ops.normalize(inputs, axis=-1)
        return ops.sum(inputs**2, axis=-1, keepdims=True) - 2 * ops.matmul(inputs, ops.transpose(self.centers)) \
            + ops.sum(self.centers**2, axis=-1)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def build_classifier(embedding, num_classes, *, dropout, loss="softmax", embedding_dim=None):
    """Return the embedding network with a layer "probabilities" for `num_classes` models on top.

    loss: as the setting LOSS. embedding_dim: size of a learnt vector of length 1, the layer "embedding", between the
    pooled features and the classification layer; None leaves it out (the cascade always has one).
    """
    vectors = _cascade(embedding, embedding_dim or CASCADE_DIMENSIONS) if loss == "cascaded" else embedding.output
    if embedding_dim and loss != "cascaded":
        vectors = keras.layers.Dense(embedding_dim, name="projection", dtype="float32")(vectors)
        vectors = keras.layers.UnitNormalization(name="embedding", dtype="float32")(vectors)
    vectors = keras.layers.Dropout(dropout, name="dropout", dtype="float32")(vectors)
    if loss in COSINE_LOSSES:
        cosines = Cosines(num_classes, name="cosines", dtype="float32")(vectors)
        logits = keras.layers.Rescaling(COSINE_SCALE, name="logits", dtype="float32")(cosines)
    else:
        logits = keras.layers.Dense(num_classes, name="logits", dtype="float32")(vectors)
    outputs = keras.layers.Softmax(name="probabilities", dtype="float32")(logits)
    return keras.Model(embedding.input, outputs, name="classifier")


def objectives(classifier, *, loss, label_smoothing):
    """Return the Objectives of a network of `build_classifier` under this loss, the classification first."""
    vectors = output_layer(classifier).output
    if loss not in COSINE_LOSSES:
        softmax = Objective(classifier.output, keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing))
        return [softmax] if loss == "softmax" else [softmax, _center(vectors, classifier.output_shape[-1])]
    cosines = Objective(classifier.get_layer("cosines").output, LargeMarginSoftmax(
        scale=COSINE_SCALE, margin=ARCFACE_MARGIN if loss == "arcface" else 0.0, label_smoothing=label_smoothing))
    if loss not in PAIR_LOSSES:
        return [cosines]
    if loss == "cascaded":
        return [cosines, Objective(classifier.get_layer("levels").output, CascadedLoss(shares=CASCADE_SHARES))]
    unit = keras.layers.UnitNormalization(name="unit_length", dtype="float32")(vectors)
    pair_loss = {"triplet": TripletLoss(), "triplet_hard": TripletLoss(mining="hard"),
                 "contrastive": SupervisedContrastiveLoss()}[loss]
    return [cosines, Objective(unit, pair_loss)]


def _center(vectors, num_classes):
    distances = CenterDistances(num_classes, name="center_distances", dtype="float32")(vectors)
    return Objective(distances, OwnDistance(), CENTER_WEIGHT)


def output_layer(network):
    """Return the layer whose vectors step 03 writes: "whitened", "embedding" or "features", the first there is."""
    names = {layer.name for layer in network.layers}
    return network.get_layer(next((name for name in OUTPUTS if name in names), "features"))


def outputs_of(network):
    """Return {kind: tensor} of what a network gives: "features", and where it has them "probabilities", PRETRAINED."""
    names = {layer.name for layer in network.layers}
    others = [kind for kind in ("probabilities", PRETRAINED) if kind in names]
    return {"features": output_layer(network).output, **{kind: network.get_layer(kind).output for kind in others}}


def with_whitening(network, axes, offset):
    """Return the classifier with the layer "whitened" on its vectors, which is what step 03 then writes."""
    vectors = output_layer(network).output
    layer = keras.layers.Dense(axes.shape[1], name=WHITENED, dtype="float32")
    outputs = {**outputs_of(network), "features": layer(vectors)}
    layer.set_weights([axes, offset])
    return keras.Model(network.input, outputs, name="classifier")


def pooled_outputs(network):
    """Return the pooled features, one tensor for each depth: what is left once the pretrained part has spoken."""
    return [layer.output for layer in network.layers if layer.name.startswith("features")]


def unfreeze_top(backbone, fraction):
    """Make the last `fraction` of the backbone's layers trainable, except batch normalisation; the rest is frozen."""
    first = round(len(backbone.layers) * (1 - fraction))
    for index, layer in enumerate(backbone.layers):
        layer.trainable = index >= first and not isinstance(layer, keras.layers.BatchNormalization)


def _cascade(embedding, dimensions):
    """Return vectors [B, K D]: those of K depths, each of length 1 (layer "levels", [B, K, D]), side by side."""
    backbone = embedding.get_layer("backbone")
    levels = _depths(backbone, len(CASCADE_SHARES))
    depths = keras.Model(backbone.input, [layer.output for layer in levels], name="backbone")
    maps = depths(to_backbone(embedding, embedding.input), training=False)
    vectors = []
    for number, level in enumerate(maps, start=1):
        name = "features" if number == len(levels) else f"features_{number}"
        pooled = keras.layers.GlobalAveragePooling2D(name=name, dtype="float32")(level)
        vectors.append(keras.layers.Reshape((1, dimensions))(
            keras.layers.Dense(dimensions, name=f"projection_{number}", dtype="float32")(pooled)))
    stacked = keras.layers.Concatenate(axis=1)(vectors)
    return keras.layers.Flatten(name="embedding")(keras.layers.UnitNormalization(axis=-1, name="levels")(stacked))


def _depths(backbone, number):
    """The last layers before the map shrinks, the deepest `number` of them, the network's end among them."""
    last = {layer.output.shape[1]: layer for layer in backbone.layers[:-1]
            if len(layer.output.shape) == 4 and not isinstance(layer, PASSED_OVER)}
    end = backbone.layers[-1]
    before = [layer for side, layer in last.items() if side != end.output.shape[1]]
    if len(before) < number - 1:
        raise UserError(f'LOSS = "cascaded": the network has only {len(before) + 1} sizes of maps, {number} are needed')
    return [*before[-(number - 1):], end]
