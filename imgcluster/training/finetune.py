"""Fine-tune a pretrained network on labelled products: new layers on top first, then the upper part of the network.

Two phases, as in Keras' transfer-learning guide (keras.io/guides/transfer_learning): the new layers alone on the frozen
network, then the upper part of the network at a low rate, batch normalisation in inference mode. After every epoch the
whole state is on disk, so that a killed training goes on where it was and ends with the same network.
"""
import keras

from imgcluster.training.training import Training


def fine_tune(embedding, pictures, labels, *, rows, regime, seed, state_dir, maps_dir, on_epoch, progress, choose=True):
    """Train on some of the pictures; return (classifier with the best epoch's weights, history DataFrame).

    The random seed must be set before `embedding` is built where its weights are random, for the same result again.

    embedding: model of `backbones.build_backbone`. pictures: uint8 [N, S, S, 3], an array or memory map.
    labels: int [N]; those of the train and validation rows are 0..C-1. rows: `training.Rows`; where there are photos of
    models held out, they and not the validation rows say which epoch is the best. state_dir: folder for what is needed
    to go on after a kill; maps_dir: folder for maps of the frozen blocks (`FrozenMaps`), which trainings may share; the
    caller removes both once the network is saved. on_epoch: called with each history row (a dict). progress:
    `progress.progress`. choose False: all epochs are done, and the last one's weights are kept.
    """
    keras.utils.set_random_seed(seed)
    training = Training(embedding, pictures, labels, rows, regime, seed, state_dir, maps_dir=maps_dir,
                        progress=progress, choose=choose)
    if not training.resume():
        training.start()
        on_epoch(training.history[-1])
    while not training.finished():
        training.run_epoch()
        on_epoch(training.history[-1])
    return training.finish()
