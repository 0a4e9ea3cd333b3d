"""Everything a search needs, opened and checked: cheap checks first, the network last."""
from pathlib import Path

from imgcluster.datafiles.artefacts import read_img_paths
from imgcluster.datafiles.feature_record import features_record, read_before
from imgcluster.datafiles.staging import finish_claimed
from imgcluster.running.console import quiet_start
from imgcluster.search.catalogue import open_catalogue
from imgcluster.search.encoder import Encoder, check_network, check_settings, read_whitening, usual_suffix
from imgcluster.search.searcher import Searcher


def open_searcher(sources, *, settings, network, recipe, say):
    """Return the Searcher of the `sources.Source`s, its network compiled.

    settings: those of steps 01 and 03 (a mapping); network: options of `networks.load_network`; recipe: the
    `prepare.Recipe` of step 01; say: function that takes a line for the user. Raises UserError where files are missing
    or were made by another network.
    """
    catalogue = open_checked(sources, settings=settings, network=network, say=say)
    encoder = open_encoder(sources[0].data_dir, settings=settings, network=network, say=say)
    return Searcher(catalogue, encoder, recipe)


def check_features(data_dir, *, settings, network):
    """Raise UserError unless step 03 made the features in `data_dir` under these settings; as in `open_searcher`."""
    finish_claimed(data_dir)  # an addition that was killed
    trained = network["train_dir"] is not None and (Path(network["train_dir"]) / "network.keras").exists()
    check_settings(data_dir, settings, trained=trained)


def open_checked(sources, *, settings, network, say):
    """Return the Catalogue of `sources`; arguments and errors as in `open_searcher`, but the network is not loaded."""
    check_features(sources[0].data_dir, settings=settings, network=network)
    return open_catalogue(sources, seed=network["seed"], say=say)


def open_encoder(data_dir, *, settings, network, compiled=True, say):
    """Return the Encoder of the network that features.npy was made by; arguments and errors as in `open_searcher`.

    It gives what step 03 wrote of a photo, so features from before as well where there is such a file. compiled: see
    `encoder.Encoder`.
    """
    whitening = read_whitening(data_dir, settings["PCA_WHITENING"])
    # TensorFlow takes seconds to import: only here, when all else is known to be in order.
    with quiet_start():
        from imgcluster.extraction.networks import load_network, with_before
        from imgcluster.network.ensemble import average_views
    loaded = load_network(**network).that_made(features_record(data_dir))
    check_network(data_dir, loaded.source, loaded.embedding.output_shape[-1])
    say(f"network: {loaded.remark}")
    zoom = settings["ZOOM_AVERAGING"]
    beside = read_before(data_dir) is not None
    embedding = with_before(loaded, zoom) if beside else average_views(loaded.embedding, zoom)
    return Encoder(embedding, suffix=usual_suffix(read_img_paths(data_dir)), mode=settings["RESIZE_MODE"],
                   flip_averaging=settings["FLIP_AVERAGING"], l2_normalize=settings["L2_NORMALIZE"],
                   whitening=whitening, compiled=compiled)
