"""Several networks as one: the same picture goes to each, features side by side, probabilities averaged.

The joined network is a Keras model like any other, with the layers "features" and, for classifiers, "probabilities";
whoever loads it need not know how many there are. Features that fine-tuned networks had before, where they kept them,
are by themselves the layer "pretrained_features".
"""
import keras

from imgcluster.network.classifier import PRETRAINED, outputs_of
from imgcluster.network.scaling import CenterResize
from imgcluster.network.trunk import above, shared_trunk, trunk


def join_networks(networks):
    """Return one model for several: embeddings, and classifiers of the same models (with a layer "probabilities").

    Pictures have the largest of their sizes and are resized for the others. Each network's features are brought to
    length 1 before they are joined, so that each counts alike; the probabilities are averaged.
    """
    size = max(network.input_shape[1] for network in networks)
    inputs = keras.Input((size, size, 3), name="picture")
    outputs = []
    for number, network in enumerate(networks, start=1):
        wanted = network.input_shape[1]
        member = keras.Model(network.input, outputs_of(network), name=f"member_{number}")
        outputs.append(member(inputs if wanted == size else CenterResize(wanted)(inputs)))
    return side_by_side(inputs, outputs)


def keep_beside(network, pretrained):
    """Return the classifier with the features of the network that it was fine-tuned from beside its own.

    The latter are by themselves the layer "pretrained_features", too. The blocks that fine-tuning left as they were run
    once for both. Otherwise the same as `join_networks`.
    """
    place = shared_trunk(network, pretrained)
    inputs = keras.Input(network.input_shape[1:], name="picture")
    seen = inputs if place is None else trunk(network, place)(inputs)

    def outputs(part, name):
        if place is None:
            return keras.Model(part.input, outputs_of(part), name=name)(seen)
        return above(part, place, outputs_of(part), name=name)(seen)
    learnt, before = outputs(network, "learnt"), outputs(pretrained, "pretrained")
    return side_by_side(inputs, [learnt, {**before, PRETRAINED: before["features"]}])


def side_by_side(inputs, outputs):
    """Return the model of several outputs in one: "features", where there are any "probabilities" and PRETRAINED too.

    outputs: mappings of those names to tensors made of `inputs`; vectors are brought to length 1 first.
    """
    def joined(kind):
        return keras.layers.Concatenate(name=kind, dtype="float32")(
            [keras.layers.UnitNormalization(dtype="float32")(each[kind]) for each in outputs if kind in each])

    features = {kind: joined(kind) for kind in ("features", PRETRAINED) if any(kind in each for each in outputs)}
    probabilities = [each["probabilities"] for each in outputs if "probabilities" in each]
    if not probabilities:
        return keras.Model(inputs, features if PRETRAINED in features else features["features"], name="embedding")
    merge = keras.layers.Average if probabilities[1:] else keras.layers.Identity
    average = merge(name="probabilities", dtype="float32")(probabilities if probabilities[1:] else probabilities[0])
    # The features are no part of the average; with all as outputs none is left out of the file.
    return keras.Model(inputs, {**features, "probabilities": average}, name="classifier")


def average_views(network, zoom, *, probabilities=False):
    """Return a network that averages two views of each picture: the whole, and its middle enlarged `zoom` times.

    network: an embedding, whose features are brought to length 1 first, or with `probabilities` a classifier, whose
    outputs are averaged as they are. zoom 1 or less: the network itself.
    """
    if zoom <= 1:
        return network
    size = network.input_shape[1]
    inputs = keras.Input((size, size, 3), name="picture")
    views = [inputs, CenterResize(size, side=max(1, round(size / zoom)))(inputs)]
    outputs = [network(view) for view in views]
    if not probabilities:
        outputs = [keras.layers.UnitNormalization(dtype="float32")(vectors) for vectors in outputs]
    average = keras.layers.Average(name="probabilities" if probabilities else "features", dtype="float32")(outputs)
    return keras.Model(inputs, average, name=network.name)
