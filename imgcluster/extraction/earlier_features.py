"""Features that are there already: whether they would only be made again, and what is said and kept of them if not."""
from imgcluster.backbone_table import AUTO
from imgcluster.configuring.step_options import network_options
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.chain import placed_among
from imgcluster.datafiles.feature_record import FEATURES, RECORD, features_record
from imgcluster.datafiles.own_features import keep_own
from imgcluster.datafiles.records import is_up_to_date, network_fingerprint, prepared_otherwise, weights_digest
from imgcluster.extraction.kind import KIND_FILE
from imgcluster.files import are_older
from imgcluster.running.console import shown


def of_same_photos(settings, img_dir, img_paths):
    """Return whether the features of DATASET were made under the same settings and of its photos as they are now in
    `img_dir`; by which network is another matter."""
    data_dir = settings.folder("DATA_DIR")
    return (not prepared_otherwise(data_dir, "03") and is_up_to_date(data_dir, "03", of_step(settings, "03"))
            and are_older([img_dir / name for name in img_paths], data_dir / FEATURES))


def of_same_network(settings):
    """Return whether the features of DATASET were made by the very network that `choose_network` would take for the
    same photos under the same settings. False where it has to be loaded to tell."""
    data_dir, train_dir = settings.folder("DATA_DIR"), network_options(settings)["train_dir"]
    record = features_record(data_dir)
    if settings.ASSIGN_TO is not None or not record:
        return False
    if train_dir is not None and (path := train_dir / "network.keras").exists():
        kind = [train_dir / KIND_FILE] * (train_dir / KIND_FILE).exists()
        return record.get("network_file") == network_fingerprint(path) and are_older(kind, data_dir / RECORD)
    # What "auto" takes depends on what can be had.
    return settings.BACKBONE != AUTO and record.get("network_file") == weights_digest(settings.weights())


def make_way(settings, *, warn):
    """Keep features of the user's own that are about to be replaced, and warn of what features made under these
    settings will not compare with."""
    data_dir = settings.folder("DATA_DIR")
    if settings.ASSIGN_TO is None and (earlier := placed_among(data_dir)):
        warn(f"these photos were placed in the clusters of {earlier}; their features are now made without "
             f"ASSIGN_TO = {earlier!r}, and may no longer compare with those")
    if own := keep_own(data_dir):
        warn(f"{shown(data_dir / FEATURES)} was not made by this step: yours is kept in {shown(own)}; to use it, put "
             "both files back and go on with step 04")
