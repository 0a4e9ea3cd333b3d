"""Everything a search needs, opened and checked: cheap checks first, the network last."""
from pathlib import Path

from imgcluster.cli import quiet_start
from imgcluster.search.catalogue import open_catalogue
from imgcluster.search.encoder import Encoder, check_network, check_settings, read_whitening
from imgcluster.search.searcher import Searcher
from imgcluster.search.staging import finish


def open_searcher(data_dir, *, settings, network, recipe, mode, compiled=True, say=print):
    """Return the Searcher of the dataset in `data_dir`.

    settings: those of step 03 (a mapping); network: options of `networks.load_network`; recipe: the `preprocess.Recipe`
    of step 01; mode: RESIZE_MODE; compiled: see `encoder.Encoder`; say: function that takes a line for the user. Raises
    UserError where files are missing or were made by another network.
    """
    trained = network["train_dir"] is not None and (Path(network["train_dir"]) / "network.keras").exists()
    finish(data_dir)  # an addition that was killed
    check_settings(data_dir, settings, trained=trained)
    catalogue = open_catalogue(data_dir, seed=network["seed"])
    encoder = open_encoder(data_dir, settings=settings, network=network, mode=mode, compiled=compiled, say=say)
    return Searcher(catalogue, encoder, recipe)


def open_encoder(data_dir, *, settings, network, mode, compiled=True, say=print):
    """Return the Encoder of the network that features.npy was made by; arguments and errors as in `open_searcher`."""
    whitening = read_whitening(data_dir, settings["PCA_WHITENING"])
    # TensorFlow takes seconds to import: only here, when all else is known to be in order.
    with quiet_start():
        from imgcluster.networks import load_network
    loaded = load_network(**network)
    check_network(data_dir, loaded.source, loaded.embedding.output_shape[-1])
    say(f"network: {loaded.remark}")
    return Encoder(loaded.embedding, mode=mode, flip_averaging=settings["FLIP_AVERAGING"],
                   l2_normalize=settings["L2_NORMALIZE"], whitening=whitening,
                   compiled=compiled)
