#!/usr/bin/env python3
"""Step 03: one feature vector per photo.

Reads:   IMG_DIR, img_paths.txt; network.keras and kind.npz of TRAIN_DATASET where step 02 made them, else the
         pretrained network
Writes:  DATA_DIR/features.npy (float32 [photos, features]); of a fine-tuned or fitted network also features_before.npy
         (float16, what it saw before that); with PCA_WHITENING whitening.npz; photos that cannot be read go to
         skipped.csv; with FEATURES_TSV also features.tsv, metadata.tsv, sprite.png and projector_config.pbtxt
Runtime: on two free cores up to 130 photos/s with MobileNetV2, 30 with InceptionV3; a killed run goes on where it was,
         and features of the same photos by the same network and settings are left as they are
"""
import shlex
import sys

from imgcluster.configuring.step_options import feature_options
from imgcluster.datafiles import records
from imgcluster.datafiles.artefacts import BEFORE, read_features, read_img_paths, read_labels_true
from imgcluster.datafiles.feature_record import features_digest, has_made
from imgcluster.datafiles.photo_rows import drop_unreadable
from imgcluster.datafiles.staging import finish_claimed
from imgcluster.extraction.earlier_features import make_way, of_same_network, of_same_photos
from imgcluster.extraction.features import extract_features
from imgcluster.extraction.network_choice import choose_network, look_at_network
from imgcluster.extraction.projector import PROJECTOR_FILES, write_projector_files
from imgcluster.progress import progress
from imgcluster.running.ahead import require_ahead
from imgcluster.running.cli import Step, run


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    require_ahead(settings)
    img_dir, img_paths = step.claim_photos(settings)
    step.warn_if_changed("01")
    if train := settings.train_dataset and settings.for_dataset(settings.train_dataset):
        finish_claimed(train.folder("DATA_DIR"))  # a step 02 that was killed
        if (train.folder("DATA_DIR") / "network.keras").exists():
            step.warn_if_changed("02", source=train)
    look_at_network(settings, len(img_paths), warn=step.warn)
    path, labels = step.data_dir / "features.npy", step.data_dir / "labels_true.txt"
    same = of_same_photos(settings, img_dir, img_paths)
    more, facts = (PROJECTOR_FILES, {"labels": records.fingerprint(labels)}) if settings.FEATURES_TSV else ((), {})
    nothing = f"nothing: {step.show(path)} is of the same photos, network and settings (delete it to have it made anew)"
    if same and of_same_network(settings) and has_made(step.data_dir, [path.name, *more], facts):
        return step.finish(nothing, then="04_cluster_som.py")
    network = choose_network(settings, img_dir, img_paths, say=step.say, warn=step.warn)
    outputs = [path.name, *([BEFORE] * bool(network.before))]
    current = same and has_made(step.data_dir, outputs, network.source)
    if current and has_made(step.data_dir, [*outputs, *more], facts):
        return step.finish(nothing, then="04_cluster_som.py")
    if not current:
        make_way(settings, warn=step.warn)
        extract(step, network, img_dir, img_paths, path)
        note(step, network, outputs)
        for name in PROJECTOR_FILES:  # of the features before
            (step.data_dir / name).unlink(missing_ok=True)
    features = read_features(step.data_dir)
    if settings.FEATURES_TSV:
        write_projector_files(step.data_dir, features, read_img_paths(step.data_dir), read_labels_true(step.data_dir),
                              img_dir=img_dir, max_pixels=settings.MAX_PIXELS, workers=settings.workers)
        step.say(f"to look at them: tensorboard --logdir {shlex.quote(str(step.show(step.data_dir)))}")
        note(step, network, [*outputs, *more], labels=records.fingerprint(labels))
    size = "{} photos x {} features".format(*features.shape)
    step.finish(f"{step.show(step.data_dir / more[0] if current else path)} ({size})", then="04_cluster_som.py")


def extract(step, network, img_dir, img_paths, path):
    """Write the features of the photos to `path`, and take those that cannot be read out of the dataset's rows."""
    from imgcluster.extraction.networks import with_before

    errors = extract_features(
        with_before(network, step.settings.ZOOM_AVERAGING), img_dir, img_paths, path, step.data_dir / BEFORE,
        key={**step.values("03"), **network.source, **records.photos_key(step.data_dir)}, progress=progress,
        **feature_options(step.settings))
    drop_unreadable(step.data_dir, img_dir, {img_paths[row]: reason for row, reason in errors.items()}, warn=step.warn)


def note(step, network, outputs, **facts):
    """Record which network made the files `outputs` of which photos."""
    step.record(outputs, inputs=[step.data_dir / name for name in records.PHOTOS], **network.source, **facts,
                features=features_digest(step.data_dir), prepared=records.prepared_with(step.data_dir))


if __name__ == "__main__":
    sys.exit(run(main))
