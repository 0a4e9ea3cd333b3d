"""Networks that step 02 saved (network.keras): loaded whole, and the parts of them that later steps use."""
import keras

from imgcluster.errors import UserError

# depth_pooling, pooling and scaling hold layers that a saved network may have: Keras finds them once they are imported.
from imgcluster.network import depth_pooling, pooling, scaling  # noqa: F401
from imgcluster.network.classifier import PRETRAINED, output_layer
from imgcluster.network.hub_backbones import import_hub_layers
from imgcluster.wording import first_line


def load_embedding(path):
    """Return the part of a saved `network.keras` that gives the features. Raises UserError when it cannot."""
    return embedding_of(load_trained(path))


def embedding_of(network):
    """Return the part of a trained network that gives the features."""
    return keras.Model(network.input, output_layer(network).output, name="embedding")


def pretrained_of(network):
    """Return the part of a trained network that gives the features it had before, None where it kept none."""
    if PRETRAINED not in {layer.name for layer in network.layers}:
        return None
    return keras.Model(network.input, network.get_layer(PRETRAINED).output, name="pretrained")


def load_classifier(path):
    """Return a saved `network.keras`: pictures to the probabilities of the models it was trained on (classes.txt).

    Raises UserError where it was trained on none.
    """
    network = load_trained(path)
    if not is_classifier(network):
        raise UserError(f"{path}: was fitted to photos without labels, so it cannot name models; give TRAIN_DATASET "
                        "true labels (step 00) and run 02_finetune_network.py again")
    return classifier_of(network)


def is_classifier(network):
    """Return whether a network of step 02 was trained on labels, rather than fitted to photos without any."""
    return "probabilities" in {layer.name for layer in network.layers}


def classifier_of(network):
    """Return the part of a trained network that gives the probabilities."""
    return keras.Model(network.input, network.get_layer("probabilities").output, name="classifier")


def load_trained(path):
    """Return a saved `network.keras`, whole. Raises UserError when it is none."""
    try:
        import_hub_layers(path)
        network = keras.saving.load_model(path, compile=False)
        output_layer(network)
        return network
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{path}: not a network of this project, made by an earlier version of it, or damaged "
                        f"({first_line(error)}); run 02_finetune_network.py again") from error
