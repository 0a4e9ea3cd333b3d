"""Which network sees the photos of a dataset: the one that the settings name, or what it was before it was adapted."""
from imgcluster.configuring.step_options import network_options, picture_options
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.feature_record import features_record, is_adapted
from imgcluster.datafiles.records import changed_settings, weights_replaced
from imgcluster.errors import UserError
from imgcluster.extraction.kind import read_kind
from imgcluster.running.console import quiet_start, shown


def choose_network(settings, img_dir, img_paths, *, say, warn):
    """Return the `networks.Network` that the settings name and that suits these photos, and say which that is."""
    options = network_options(settings)
    # TensorFlow takes seconds to import: only now, so that what is wrong is said at once.
    with quiet_start():
        from imgcluster.extraction.networks import load_network
    network = load_network(**options)
    if settings.ASSIGN_TO is not None:
        network = network.that_made(features_record(settings.data_dir_of(settings.ASSIGN_TO)))
    elif settings.USE_FINE_TUNED == "auto" and settings.DATASET != settings.train_dataset:
        network = _that_suits(settings, network, options["train_dir"], img_dir, img_paths, warn)
    say(f"network: {network.remark}")
    size = network.embedding.input_shape[1]
    if settings.MAX_IMG_SIDE < size:
        warn(f"MAX_IMG_SIDE = {settings.MAX_IMG_SIDE}: photos are smaller than the {size} x {size} pixels that "
             "the network sees; raise it and run 01_img_preprocess.py again")
    return network


def look_at_network(settings, num_photos, *, warn):
    """Warn where step 02 should have made a network and did not, or did of other weights; UserError where the network
    is gone that made the features of ASSIGN_TO, with which none else compares.

    num_photos: of DATASET, which are those that step 02 has without labels.
    """
    train_dir = network_options(settings)["train_dir"]
    if train_dir is None:
        return
    path = shown(train_dir / "network.keras")
    if (train_dir / "network.keras").exists():
        same_settings = not changed_settings(train_dir, "02", of_step(settings, "02"))
        if same_settings and not settings.untrained and weights_replaced(train_dir, settings.weights()):
            warn(f"the file of WEIGHTS is another one than {path} was made of: run 02_finetune_network.py again to use "
                 "it")
    elif settings.ASSIGN_TO is not None:
        if is_adapted(settings.data_dir_of(settings.ASSIGN_TO)):
            raise UserError(f"ASSIGN_TO = {settings.ASSIGN_TO!r}: {path} is missing, the network that made its "
                            "features, by which alone photos can be compared with them; put the file, or its folder, "
                            "back")
    elif _has_labels(settings, train_dir) or settings.learns and not settings.why_not_fitted(num_photos):
        warn(f"no {path} (step 02 makes it, or says why not): the pretrained network is used as it is")


def _has_labels(settings, train_dir):
    return settings.learns_labels and (train_dir / "labels_true.txt").exists()


def _that_suits(settings, network, train_dir, img_dir, img_paths, warn):
    """A Network, or what it was before it was fine-tuned where that is what these photos need."""
    from imgcluster.extraction.networks import suited

    chosen, kinship = suited(network, train_dir and read_kind(train_dir), img_dir, img_paths,
                             batch_size=settings.BATCH_SIZE, **picture_options(settings))
    if chosen is not network:
        warn(f"these photos show another kind of product than {settings.train_dataset} (kinship {kinship:.2f}): "
             "the network is used as it was before; USE_FINE_TUNED = True uses it fine-tuned all the same")
    return chosen
