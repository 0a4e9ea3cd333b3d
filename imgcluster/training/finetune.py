"""Fine-tune a pretrained network on labelled products: new layers on top first, then the upper part of the network.

Two phases, as in Keras' transfer-learning guide (keras.io/guides/transfer_learning): the new layers alone on the frozen
network, then the upper part of the network at a low rate, batch normalisation in inference mode. After every epoch the
whole state is on disk, so that a killed training goes on where it was and ends with the same network.
"""
import hashlib
import zipfile

import keras
import numpy as np

from imgcluster.errors import UserError

# depth_pooling, pooling and scaling hold layers that a saved network may have: Keras finds them once they are imported.
from imgcluster.network import depth_pooling, pooling, scaling  # noqa: F401
from imgcluster.network.classifier import PRETRAINED, output_layer
from imgcluster.network.hub_backbones import import_hub_layers
from imgcluster.training.training import Rows, Training
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


def network_fingerprint(path):
    """Return a short digest of a saved network's weights; the rest of the file holds times and object numbers."""
    with zipfile.ZipFile(path) as archive:
        return hashlib.sha256(archive.read("model.weights.h5")).hexdigest()[:16]


def make_deterministic(seed):
    """Seed everything, and let TensorFlow add up in a fixed order: the same training gives the same weights."""
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def fine_tune(embedding, pictures, labels, *, train_rows, val_rows, holdout_rows=(), regime, seed, state_dir, maps_dir,
              on_epoch, progress, choose=True):
    """Train on `pictures[train_rows]`; return (classifier with the best epoch's weights, history DataFrame).

    choose False: all epochs are done, and the last one's weights are kept.

    The random seed must be set before `embedding` is built where its weights are random, for the same result again.

    embedding: model of `backbones.build_backbone`. pictures: uint8 [N, S, S, 3], an array or memory map.
    labels: int [N]; those of the train and validation rows are 0..C-1. holdout_rows: photos of models that are not
    trained on; where there are any, they and not the validation rows say which epoch is the best. state_dir: folder
    for what is needed to go on after a kill; maps_dir: folder for maps of the frozen blocks (`FrozenMaps`), which
    trainings may share; the caller removes both once the network is saved.
    on_epoch: called with each history row (a dict). progress: `progress.progress`.
    """
    keras.utils.set_random_seed(seed)
    rows = Rows(*(np.asarray(part, int) for part in (train_rows, val_rows, holdout_rows)))
    training = Training(embedding, pictures, labels, rows, regime, seed, state_dir, maps_dir=maps_dir,
                        progress=progress, choose=choose)
    if not training.resume():
        training.start()
        on_epoch(training.history[-1])
    while not training.finished():
        training.run_epoch()
        on_epoch(training.history[-1])
    return training.finish()
