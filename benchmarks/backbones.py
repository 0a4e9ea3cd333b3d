#!/usr/bin/env python3
"""Compare networks by their frozen features on folders of labelled photos and print one Markdown table.

    python benchmarks/backbones.py PHOTOS [PHOTOS ...] --held-out PHOTOS [PHOTOS ...] \\
        --network MobileNetV2:FILE.weights.h5 --network MobileNetV3Small:weights/FILE.weights.h5@128 \\
        --network MobileNetV3Small:random@128

Of a folder under --held-out only the photos that tools/distill_backbone.py --hold-out kept from the student are used.
Sub-folders are the true labels where there are any, else the number in front of each file name. 1-NN is the share of
photos whose nearest other photo (cosine) has the same label; ARI and NMI are those of K-means told the true K. Speed
counts reading and decoding the files as step 03 does; on a busy machine compare photos per second of processor time.
"""
import argparse
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.photos.labels import make_labels  # noqa: E402
from imgcluster.photos.listing import list_files  # noqa: E402
from imgcluster.running.cli import run  # noqa: E402
from imgcluster.scores.feature_scores import neighbour_agreement  # noqa: E402
from imgcluster.scores.metrics import clustering_scores  # noqa: E402

BATCH_SIZE = 32


def main(argv=None):
    options = parse(argv)
    from imgcluster.distilling.distill import is_held_out

    sets = [(folder, list_files(folder).photos, "all") for folder in options.photos]
    for folder in options.held_out:
        held_out = [name for name in list_files(folder).photos if is_held_out(name, options.share)]
        sets.append((folder, held_out, "held out"))
    if not sets:
        raise UserError("no photos: name at least one folder, or one after --held-out")
    print("| photos of | photos | models | network | size | features | 1-NN | ARI | NMI | photos/s | per CPU second |")
    print("|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for network in options.network:
        embedding = load(network, options.seed)
        for folder, names, which in sets:
            print(row(embedding, network, folder, names, which, options), flush=True)
    return 0


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTOS", help="folders of which every photo counts")
    parser.add_argument("--held-out", nargs="+", default=[], type=Path, metavar="PHOTOS",
                        help="folders that a student was taught on")
    parser.add_argument("--share", type=float, default=1 / 3, help="share that was held out (default: a third)")
    parser.add_argument("--network", action="append", required=True, metavar="NAME[:WEIGHTS][@SIZE]",
                        help="backbone, its weights file (or \"random\"; default: ImageNet) and input side in pixels")
    parser.add_argument("--seed", type=int, default=0, help="of random networks and of K-means")
    return parser.parse_args(argv)


def load(network, seed):
    """Return the embedding that NAME[:WEIGHTS][@SIZE] says."""
    import keras

    from imgcluster.network.backbones import build_backbone

    text, _, size = network.partition("@")
    name, _, weights = text.partition(":")
    if size and not size.isdigit():
        raise UserError(f"--network {network}: the part after @ is the input side in pixels, such as 128")
    keras.utils.set_random_seed(seed)
    weights = None if weights == "random" else weights or "imagenet"
    return build_backbone(name, weights=weights, input_size=int(size) if size else None)


def row(embedding, network, folder, names, which, options):
    """One line of the table."""
    labels = make_labels(names, labels_from="folder" if any("/" in name for name in names) else "filename")
    features, seconds, busy = extract(embedding, folder, names)
    models = len(set(labels))
    clusters = KMeans(models, n_init=4, random_state=options.seed).fit_predict(features)
    scores = clustering_scores(labels, clusters)
    nearest = neighbour_agreement(features, labels, ks=(1,))["1"]
    return (f"| {folder.name} ({which}) | {len(names)} | {models} | {describe(network)} | {embedding.input_shape[1]} "
            f"| {features.shape[1]} | {nearest:.3f} | {scores['ari']:.3f} | {scores['nmi']:.3f} "
            f"| {len(names) / seconds:.0f} | {len(names) / busy:.0f} |")


def describe(network):
    """NAME[:WEIGHTS][@SIZE] without folders and size."""
    name, _, weights = network.partition("@")[0].partition(":")
    if not weights:
        return name if name == "bundled" else f"{name} (ImageNet)"
    return f"{name} ({Path(weights).name})"


def extract(embedding, folder, names):
    """Return (features [N, D] of length 1, seconds, seconds of processor time) from the files on."""
    from imgcluster.photos.pictures import iterate_pictures
    from imgcluster.rows import unit_length

    size, features = embedding.input_shape[1], []
    embedding.predict_on_batch(np.zeros((BATCH_SIZE, size, size, 3), np.float32))
    began, worked = time.perf_counter(), time.process_time()
    for pictures, _ in iterate_pictures(folder, names, size=size, batch_size=BATCH_SIZE):
        padded = np.zeros((BATCH_SIZE, size, size, 3), np.uint8)
        padded[:len(pictures)] = pictures
        features.append(np.asarray(embedding.predict_on_batch(padded))[:len(pictures)])
    return unit_length(np.concatenate(features)), time.perf_counter() - began, time.process_time() - worked


if __name__ == "__main__":
    sys.exit(run(main))
