"""A network in two parts: its trunk, which fine-tuning leaves as it was, and what stands on it.

The trunk ends between two blocks, where all that follows depends on one tensor alone. So what it makes of a picture can
be used again: by later epochs, and by the pretrained features beside the learnt ones.
"""
import keras
import numpy as np


def frozen_trunk(network):
    """Return the place where the trunk of a network ends whose weights are all frozen; None where there is none.

    network: a model with the layer "backbone". The place is for `trunk` and `above`.
    """
    return _last_place(network, [not getattr(operation, "trainable_weights", [])
                                 for operation in network.get_layer("backbone").operations])


def shared_trunk(one, other):
    """Return the place where the trunk ends that has the same weights in two networks of one architecture, or None."""
    pairs = zip(*(network.get_layer("backbone").operations for network in (one, other)))
    return _last_place(one, [_same_weights(*pair) for pair in pairs])


def to_backbone(network, pictures):
    """Return what the layer "backbone" of a network is given for `pictures`: they are scaled first, for instance."""
    for layer in network.layers[1:network.layers.index(network.get_layer("backbone"))]:
        pictures = layer(pictures)
    return pictures


def from_backbone(network):
    """Return what the layer "backbone" gives in a network: one tensor, or one for each depth that is pooled."""
    pooled = [layer for layer in network.layers if layer.name.startswith("features")]
    maps = keras.tree.flatten([layer.input for layer in
                               sorted(pooled, key=lambda layer: (layer.name == "features", layer.name))])
    return maps if maps[1:] else maps[0]


def trunk(network, place):
    """Return the model from pictures [B, S, S, 3] to what the trunk makes of them."""
    backbone = network.get_layer("backbone")
    pictures = keras.Input(network.input_shape[1:], name="picture")
    below = keras.Model(backbone.input, backbone.operations[place].output, name="blocks")
    return keras.Model(pictures, below(to_backbone(network, pictures), training=False), name="trunk")


def above(network, place, outputs, *, name):
    """Return the model from what the trunk gives to `outputs`, tensors of the network; weights are the network's."""
    backbone = network.get_layer("backbone")
    cut, made = backbone.operations[place].output, backbone.outputs
    maps = keras.Input(cut.shape[1:], name="maps")
    blocks = keras.Model(cut, made if made[1:] else made[0], name="blocks")
    head = keras.Model(from_backbone(network), outputs, name="head")
    return keras.Model(maps, head(blocks(maps, training=False)), name=name)


def _last_place(network, usable):
    """The last cut with nothing but usable operations, and any weights, up to it."""
    backbone = network.get_layer("backbone")
    end = usable.index(False) if False in usable else len(usable)
    places = [place for place in _cuts(backbone) if place < end]
    if places and any(map(_weights, backbone.operations[:places[-1] + 1])):
        return places[-1]
    return None


def _weights(operation):
    """The weights of a step of a network; plain functions, such as a sum, have none."""
    return getattr(operation, "weights", [])


def _same_weights(one, other):
    mine, its = ([keras.ops.convert_to_numpy(variable) for variable in _weights(each)] for each in (one, other))
    return len(mine) == len(its) and all(map(np.array_equal, mine, its))


def _cuts(backbone):
    """The places of operations whose output is all that later ones need, in order, without the backbone's outputs."""
    operations = backbone.operations
    made_at = {id(tensor): place for place, each in enumerate(operations) for tensor in keras.tree.flatten(each.output)}
    needed_until = [0] * len(operations)
    for place, operation in enumerate(operations):
        if not isinstance(operation, keras.layers.InputLayer):
            for tensor in keras.tree.flatten(operation.input):
                needed_until[made_at[id(tensor)]] = place
    for tensor in backbone.outputs:
        needed_until[made_at[id(tensor)]] = len(operations)
    return [place for place in range(1, len(operations)) if max(needed_until[:place]) <= place
            and needed_until[place] < len(operations) and not isinstance(operations[place].output, (list, tuple))]
