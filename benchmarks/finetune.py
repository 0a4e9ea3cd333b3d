#!/usr/bin/env python3
"""Fine-tune on some models of a labelled photo folder, cluster the others, and print one Markdown table.

    python benchmarks/finetune.py PHOTOS --train-models 15 --splits 0 1 2 \\
        --row frozen --row softmax:LOSS=softmax --row default: --row both:BACKBONE=['MobileNetV2','MobileNet_0.75'] \\
        --set BACKBONE=MobileNetV2 --set WEIGHTS=FILE --set INPUT_SIZE=128

A row is a name and, after a colon, the settings that differ, with semicolons between them ("frozen" trains nothing).
For each split another part of the models is drawn to train on; the rest, and of --also FOLDER everything, is never
seen in training. 1-NN: share of photos whose nearest other photo (cosine) shows the same model. ARI and NMI: of the
clusters of step 04, their number estimated, the trained models showing what one product is. Steps 00 to 05 run as a
user would run them, on photos linked into a temporary folder, or into --work, where finished steps are kept.
"""
import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.scripts import link_photos, photo_labels, run_script  # noqa: E402
from imgcluster.artefacts import read_features, read_json, read_labels_true, read_table  # noqa: E402
from imgcluster.metrics import neighbour_agreement  # noqa: E402

SCORES = ("1-NN", "ARI", "NMI", "estimated K")


def main(argv=None):
    options = parse(argv)
    print("| photos of | row | splits | true K | " + " | ".join(SCORES) + " | held-out recall@1 | training, s |")
    print("|---|---|---|---|" + "---:|" * (len(SCORES) + 2))
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).resolve()
        for text in options.row:
            runs = [run_split(work, text, split, options) for split in options.splits]
            for folder in runs[0]:
                print(line(folder, text, [each[folder] for each in runs], options.splits), flush=True)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=lambda text: Path(text).resolve(), metavar="PHOTOS")
    parser.add_argument("--also", action="append", default=[], type=lambda text: Path(text).resolve(),
                        metavar="FOLDER", help="cluster these photos too, with the same networks")
    parser.add_argument("--train-models", type=int, required=True, metavar="M", help="models to train on")
    parser.add_argument("--splits", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--row", action="append", required=True, metavar="NAME[:SETTING=VALUE;...]")
    parser.add_argument("--work", type=Path, help="folder to keep (default: a temporary one)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="settings for every row")
    return parser.parse_args(argv)


def run_split(work, text, split, options):
    """Train and cluster for one row and split; returns {folder name: scores}."""
    name, separator, changes = text.partition(":")
    home = work / f"{options.photos.name}_{split}"
    settings = [*options.set, *filter(None, changes.split(";"))]
    train, unseen = link_models(options.photos, home, options.train_models, split)
    sets = {unseen: options.photos, **{link_all(folder, home): folder for folder in options.also}}
    prepare(home, {train: options.photos, **sets}, train, options.set)
    step = Runner(home, home / "rows" / name, settings)
    for dataset in (train, *sets):
        shutil.copytree(home / "base" / dataset, step.data / dataset, dirs_exist_ok=True)
    trained = train if separator else None
    seconds = step.run("02", train, options.photos, train) if trained else 0.0
    if trained:
        step.run("03", train, options.photos, train)
    return {folder.name: {**step.cluster(dataset, folder, trained), "training": seconds,
                          "holdout": step.holdout(train) if trained else float("nan")}
            for dataset, folder in sets.items()}


def prepare(home, sets, train, settings):
    """Run steps 00 and 01 for each photo set, once for all rows."""
    step = Runner(home, home / "base", settings)
    for dataset, folder in sets.items():
        if not (step.data / dataset / "made_by_01.json").exists():
            for number in ("00", "01"):
                step.run(number, dataset, folder, train)


class Runner:
    """Runs the steps of one row in `home`; photos are shared between rows, networks and features are not."""

    def __init__(self, home, data, settings):
        self.home, self.data, self.settings = home, data, settings

    def run(self, number, dataset, folder, train):
        """Run one script; returns the seconds it took."""
        return run_script(number, dataset, folder=folder, train=train, data=self.data, home=self.home,
                          settings=self.settings)

    def cluster(self, dataset, folder, train):
        """Run steps 03 to 05 on a set that was not trained on; return its scores."""
        for number in ("03", "04", "05"):
            self.run(number, dataset, folder, train)
        metrics = read_json(self.data / dataset / "metrics.json")
        features, labels = read_features(self.data / dataset), read_labels_true(self.data / dataset)
        return {"1-NN": neighbour_agreement(features, labels, ks=(1,))["1"], "ARI": metrics["ari"],
                "NMI": metrics["nmi"], "estimated K": metrics["num_clusters"], "true K": metrics["num_models_true"]}

    def holdout(self, train):
        """Best recall@1 on the held-out models, among the epochs of the (last) network."""
        history = read_table(self.data / train / "history.csv")
        return history["holdout_recall_1"].astype(float).max() if "holdout_recall_1" in history else float("nan")


def link_models(folder, home, number, split):
    """Link `number` models drawn at random and the others into two photo sets; returns their names."""
    paths, labels = photo_labels(folder)
    drawn = set(np.random.default_rng(split).permutation(sorted(set(labels)))[:number])
    for name, wanted in (("known", True), ("unseen", False)):
        link_photos(folder, [path for path, label in zip(paths, labels) if (label in drawn) == wanted],
                    home / "raw_img" / name)
    return "known", "unseen"


def link_all(folder, home):
    """Link a whole folder as a photo set; returns its name."""
    link_photos(folder, photo_labels(folder)[0], home / "raw_img" / folder.name)
    return folder.name


def line(folder, text, runs, splits):
    """One row of the table: mean and spread (standard deviation) over the splits."""
    def cell(name, form):
        values = np.array([run[name] for run in runs], float)
        return f"{values.mean():{form}}" + (f" ± {values.std(ddof=1):{form}}" if len(values) > 1 else "")
    true = ", ".join(str(count) for count in sorted({run["true K"] for run in runs}))
    return (f"| {folder} | {text.partition(':')[0]} | {', '.join(map(str, splits))} | {true} | "
            + " | ".join(cell(name, ".1f" if name == "estimated K" else ".3f") for name in SCORES)
            + f" | {cell('holdout', '.3f')} | {cell('training', '.0f')} |")


if __name__ == "__main__":
    sys.exit(main())
