#!/usr/bin/env python3
"""Step 03: one feature vector per photo.

Reads:   IMG_DIR, img_paths.txt; network.keras of TRAIN_DATASET where step 02 made one, else the pretrained network
Writes:  DATA_DIR/features.npy (float32 [photos, features]); features.tsv and metadata.tsv with FEATURES_TSV
Runtime: on two cores about 30 photos/s with InceptionV3, 130 with MobileNetV2; a killed run goes on where it was
"""
import sys

import numpy as np

from imgcluster.artefacts import fingerprint, read_img_paths, read_json, read_labels_true, require
from imgcluster.cli import Step, quiet_start, run
from imgcluster.errors import UserError
from imgcluster.features import extract_features, whiten, write_projector_files
from imgcluster.photo_rows import drop_photos
from imgcluster.progress import progress


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    img_paths = read_img_paths(step.data_dir)
    img_dir = require(settings.folder("IMG_DIR"))
    step.warn_if_changed("01")
    embedding, source = load_network(step)
    path = step.data_dir / "features.npy"
    options = {"flip_averaging": settings.FLIP_AVERAGING, "l2_normalize": settings.L2_NORMALIZE}
    errors = extract_features(
        embedding, img_dir, img_paths, path, batch_size=settings.BATCH_SIZE, **options, **settings.picture_options(),
        key={**step.values("03"), **source, "photos": read_json(step.data_dir / "made_by_01.json").get("settings"),
             "paths": fingerprint(step.data_dir / "img_paths.txt")},
        progress=lambda total, done: progress(description="features", total=total, initial=done))
    if len(errors) == len(img_paths):
        path.unlink()
        raise UserError(f"no photo in {img_dir} could be read; run 01_img_preprocess.py first")
    for row, reason in errors.items():
        step.warn(f"{img_paths[row]}: {reason}; left out (skipped.csv)")
    drop_photos(step.data_dir, {img_paths[row]: reason for row, reason in errors.items()})
    if settings.PCA_WHITENING:
        step.say(f"{whiten(path, settings.PCA_WHITENING)} principal components kept")
    features = np.load(path, mmap_mode="r")
    if settings.FEATURES_TSV:
        write_projector_files(step.data_dir, features, read_img_paths(step.data_dir), read_labels_true(step.data_dir))
    outputs = ["features.npy", *(["features.tsv", "metadata.tsv"] if settings.FEATURES_TSV else [])]
    step.record(outputs, inputs=[step.data_dir / "img_paths.txt"], **source)
    step.finish(f"{step.show(path)} ({features.shape[0]} photos x {features.shape[1]} features)",
                then="04_cluster_som.py")


def load_network(step):
    """Return (the embedding network, what it is: a mapping for the record)."""
    settings = step.settings
    # TensorFlow takes seconds to import: only here, so that --help and wrong settings answer at once.
    with quiet_start():
        from imgcluster.backbones import BUNDLED, load_backbone
        from imgcluster.finetune import load_embedding, make_deterministic, network_fingerprint
    make_deterministic(settings.RANDOM_SEED)

    if settings.TRAIN_DATASET is not None:
        data_dir = settings.for_dataset(settings.TRAIN_DATASET).folder("DATA_DIR")
        path = data_dir / "network.keras"
        if path.exists():
            step.warn_if_changed("02", data_dir=data_dir)
            name = read_json(data_dir / "made_by_02.json").get("network", path.name)
            step.say(f"network: {name}, fine-tuned on {settings.TRAIN_DATASET}")
            return load_embedding(path), {"network": name, "trained_on": settings.TRAIN_DATASET,
                                          "network_file": network_fingerprint(path)}
        step.warn(f"{step.show(path)} is missing (step 02 makes it): using the pretrained network as it is")
    weights = settings.weights()
    embedding, name, remark = load_backbone(settings.BACKBONE, weights=weights, input_size=settings.INPUT_SIZE)
    origin = "its own weights" if name == BUNDLED else f"weights {settings.WEIGHTS}"
    step.say(f"network: {name}, {origin}, not fine-tuned{remark and f' ({remark})'}")
    return embedding, {"network": name, "trained_on": None,
                       "network_file": fingerprint(weights) if weights not in ("imagenet", None) else weights}


if __name__ == "__main__":
    sys.exit(run(main))
