#!/usr/bin/env python3
"""Run the whole pipeline on folders of real photos and print one Markdown table.

    python benchmarks/real_photos.py PHOTOS [PHOTOS ...] --set BACKBONE=MobileNetV2 --set WEIGHTS=FILE
    python benchmarks/real_photos.py PHOTOS --train-models 15 --set ...

Each folder is clustered with the network as it is, and with the one fitted to its photos without labels. Sub-folders
are the true labels where there are any, else the number in front of each file name. With --train-models M, M models
drawn at random are what the network is fine-tuned on and the others, which it never saw, are clustered: by either of
these, by the fine-tuned one, and by the reference baseline on the features of the frozen and the fine-tuned one
(K-means with K = photos / 70, and a map of side sqrt(2 photos / 70) trained for 10 epochs, each unit read as a
cluster). Photos are linked, not copied, into a temporary folder.
"""
import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.scripts import link_photos, photo_labels, run_script  # noqa: E402
from imgcluster.datafiles.artefacts import read_features, read_labels_true  # noqa: E402
from imgcluster.files import read_json  # noqa: E402
from imgcluster.scores.metrics import clustering_scores  # noqa: E402
from imgcluster.som import SelfOrganizingMap  # noqa: E402

PHOTOS_PER_CLUSTER = 70  # what the reference baseline assumes


def main():
    options = parse()
    print("| photos of | network | clusters by | photos | true K | estimated K | ARI | NMI | seconds by step |")
    print("|---|---|---|---:|---:|---:|---:|---:|---|")
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as work:
            if options.train_models:
                unseen_models(folder, Path(work), options)
            else:
                name = link_models(folder, Path(work), folder.name, None)
                evaluate(Path(work), folder, name, options, train=None, tag="frozen")
                evaluate(Path(work), folder, name, options, train="auto", tag="fitted without labels")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=lambda text: Path(text).resolve(), metavar="PHOTOS")
    parser.add_argument("--train-models", type=int, default=0, metavar="M", help="models to fine-tune on")
    parser.add_argument("--seed", type=int, default=0, help="which models are drawn for training")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="settings for every step")
    return parser.parse_args()


def link_models(folder, work, name, models):
    """Link the photos of the given models (None: all) into raw_img/<name>; returns the name."""
    link_photos(folder, [path for path, label in zip(*photo_labels(folder)) if models is None or label in models],
                work / "raw_img" / name)
    return name


def unseen_models(folder, work, options):
    """Fine-tune on some models, cluster the others; frozen, fine-tuned, and the baseline on both."""
    models = sorted(set(photo_labels(folder)[1]))
    drawn = set(np.random.default_rng(options.seed).permutation(models)[:options.train_models])
    train = link_models(folder, work, f"{folder.name}_train", drawn)
    unseen = link_models(folder, work, f"{folder.name}_unseen", set(models) - drawn)
    evaluate(work, folder, unseen, options, train=None, tag="frozen", baseline=True)
    evaluate(work, folder, unseen, options, train="auto", tag="fitted without labels")
    seconds = {f"{number} (training set)": run_step(number, work, folder, train, options, train=train)
               for number in ("00", "01", "02", "03")}
    evaluate(work, folder, unseen, options, train=train, tag=f"fine-tuned on {len(drawn)} other models", baseline=True,
             before=seconds)


def evaluate(work, folder, name, options, *, train, tag, baseline=False, before=None):
    """Run steps 00 to 05 (02 where the network is fitted to the photos) and print the table's rows."""
    steps = ("00", "01", "02", "03", "04", "05") if train == "auto" else ("00", "01", "03", "04", "05")
    seconds = {**(before or {}), **{number: run_step(number, work, folder, name, options, train=train)
                                    for number in steps}}
    data_dir = work / "data" / name
    row(folder, tag, "this project", read_json(data_dir / "metrics.json"), seconds)
    if baseline:
        features, true = np.asarray(read_features(data_dir)), read_labels_true(data_dir)
        for method, labels in (("K-means, K = photos / 70", kmeans_baseline(features)),
                               ("units of a 10-epoch map", map_baseline(features))):
            row(folder, tag, method, {**clustering_scores(true, labels), "photos": len(true)}, {})


def run_step(number, work, folder, name, options, *, train):
    """Run one script on the photo set `name`; returns the seconds it took."""
    return run_script(number, name, folder=folder, train=train, data=work / "data", home=work, settings=options.set)


def kmeans_baseline(features):
    """Clusters of K-means with one cluster for 70 photos."""
    count = max(2, round(len(features) / PHOTOS_PER_CLUSTER))
    return KMeans(count, n_init=3, random_state=0).fit_predict(features)


def map_baseline(features):
    """Best-matching units of a square map, as the reference solution reads them."""
    side = max(2, round((2 * len(features) / PHOTOS_PER_CLUSTER) ** 0.5))
    som = SelfOrganizingMap(side, side, features.shape[1]).fit(features, epochs=10)
    return som.best_matching_units(features)[0]


def row(folder, network, method, scores, seconds):
    """Print one row of the table."""
    times = ", ".join(f"{number}: {value:.0f}" for number, value in seconds.items())
    print(f"| {folder.name} | {network} | {method} | {scores['photos']} | {scores['num_models_true']} | "
          f"{scores['num_clusters']} | {scores['ari']:.3f} | {scores['nmi']:.3f} | {times} |", flush=True)


if __name__ == "__main__":
    main()
