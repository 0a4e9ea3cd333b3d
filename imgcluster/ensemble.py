"""Several networks as one: the same picture goes to each, features side by side, probabilities averaged.

The joined network is a Keras model like any other, with the layers "features" and, for classifiers, "probabilities";
whoever loads it need not know how many there are.
"""
import keras

from imgcluster.classifier import output_layer
from imgcluster.scaling import CenterResize


def join_networks(networks):
    """Return one model for several: embeddings, and classifiers of the same models (with a layer "probabilities").

    Pictures have the largest of their sizes and are resized for the others. Each network's features are brought to
    length 1 before they are joined, so that each counts alike; the probabilities are averaged.
    """
    size = max(network.input_shape[1] for network in networks)
    inputs = keras.Input((size, size, 3), name="picture")
    vectors, probabilities = [], []
    for number, network in enumerate(networks, start=1):
        wanted = network.input_shape[1]
        outputs = _member(network, number)(inputs if wanted == size else CenterResize(wanted)(inputs))
        vectors.append(keras.layers.UnitNormalization(dtype="float32")(outputs["features"]))
        if "probabilities" in outputs:
            probabilities.append(outputs["probabilities"])
    features = keras.layers.Concatenate(name="features", dtype="float32")(vectors)
    if not probabilities:
        return keras.Model(inputs, features, name="embedding")
    merge = keras.layers.Average if probabilities[1:] else keras.layers.Identity
    average = merge(name="probabilities", dtype="float32")(probabilities if probabilities[1:] else probabilities[0])
    # The features are no part of the average; with both as outputs neither is left out of the file.
    return keras.Model(inputs, {"features": features, "probabilities": average}, name="classifier")


def average_views(embedding, zoom):
    """Return an embedding that averages two views of each picture: the whole, and its middle enlarged `zoom` times.

    Both are brought to length 1 first; the average is the layer "features". zoom 1 or less: the embedding itself.
    """
    if zoom <= 1:
        return embedding
    size = embedding.input_shape[1]
    inputs = keras.Input((size, size, 3), name="picture")
    views = [inputs, CenterResize(size, side=max(1, round(size / zoom)))(inputs)]
    vectors = [keras.layers.UnitNormalization(dtype="float32")(embedding(view)) for view in views]
    return keras.Model(inputs, keras.layers.Average(name="features", dtype="float32")(vectors), name="embedding")


def _member(network, number):
    outputs = {"features": output_layer(network).output}
    if any(layer.name == "probabilities" for layer in network.layers):
        outputs["probabilities"] = network.get_layer("probabilities").output
    return keras.Model(network.input, outputs, name=f"member_{number}")
