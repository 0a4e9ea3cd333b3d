#!/usr/bin/env python3
"""How well step 02 recognises the models it was trained on, on photos of a given split, as one Markdown table.

    python benchmarks/classify.py PHOTOS SPLIT.csv --row "MobileNetV2:BACKBONE=MobileNetV2;WEIGHTS=FILE" \\
        --per-class 10 20 50 --classes 10 20 --set EPOCHS=10

SPLIT.csv has the columns file and split; photos whose split is "test" are recognised, the network learns from the
others. --per-class: also with so many photos of each class to learn from; --classes: also with so many classes; both
drawn at random. Rows as in benchmarks/finetune.py; "frozen" ones are logistic regression on the features of the
pretrained networks. top-1 to top-5: share of the test photos whose class is among the likeliest ones.
"""
import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scripts import labels_from  # noqa: E402
from benchmarks.trainings import Photos, Trainings, add_row_arguments, note, read_rows, silent  # noqa: E402
from imgcluster.configuring.step_options import picture_options  # noqa: E402
from imgcluster.csv_tables import read_table  # noqa: E402
from imgcluster.network.backbones import load_backbone  # noqa: E402
from imgcluster.network.ensemble import average_views  # noqa: E402
from imgcluster.network.saved import classifier_of  # noqa: E402
from imgcluster.photos.labels import make_labels  # noqa: E402
from imgcluster.training.prediction import predict_files  # noqa: E402
from imgcluster.training.validation import top_k_accuracy  # noqa: E402

RANKS = (1, 2, 3, 4, 5)


def main(argv=None):
    options = parse(argv)
    paths, labels, test = read_split(options.photos, options.split)
    print("| photos of | row | classes | learnt from | recognised | "
          + " | ".join(f"top-{rank}" for rank in RANKS) + " | training, CPU s |")
    print("|---|---|---:|---:|---:|" + "---:|" * (len(RANKS) + 1))
    rng = np.random.default_rng(0)
    order = rng.permutation(np.unique(labels))
    trials = [(None, None), *((number, None) for number in options.per_class),
              *((None, number) for number in options.classes)]
    for per_class, classes in trials:
        chosen = np.isin(labels, order[:classes])
        learn = few_of_each(np.flatnonzero(chosen & ~test), labels, per_class, rng)
        with tempfile.TemporaryDirectory() as work:
            known, new = (Photos(options.photos, paths[rows], labels[rows], Path(work))
                          for rows in (learn, np.flatnonzero(chosen & test)))
            trainings = Trainings(known)
            for name, trained, settings in read_rows(options):
                probabilities, seconds = (fine_tuned if trained else frozen)(trainings, new, settings)
                accuracy = top_k_accuracy(probabilities, np.searchsorted(np.unique(known.labels), new.labels), RANKS)
                cells = " | ".join(f"{value:.3f}" for value in accuracy.values())
                print(f"| {options.photos.name} | {name} | {len(np.unique(known.labels))} | {len(known.paths)} | "
                      f"{len(new.paths)} | {cells} | {seconds:.0f} |", flush=True)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("split", type=Path, metavar="SPLIT.csv")
    parser.add_argument("--per-class", type=int, nargs="+", default=[], metavar="N")
    parser.add_argument("--classes", type=int, nargs="+", default=[], metavar="N")
    add_row_arguments(parser)
    options = parser.parse_args(argv)
    options.set.insert(0, "HOLDOUT_MODELS=0")  # all classes are to be known
    return options


def read_split(folder, path):
    """Return (paths, labels, whether each photo is of the test part)."""
    table = read_table(path)
    paths = table["file"].to_numpy(str)
    labels = make_labels(list(paths), labels_from=labels_from(folder))
    return paths, np.array(labels), (table["split"] == "test").to_numpy()


def few_of_each(rows, labels, number, rng):
    """At most `number` of the rows of each class, drawn at random; None: all."""
    drawn = [rng.permutation(rows[labels[rows] == name])[:number] for name in np.unique(labels[rows])]
    return np.sort(np.concatenate(drawn))


def fine_tuned(trainings, new, settings):
    """(probabilities of the new photos, CPU seconds of the training) of the network that step 02 makes."""
    network, scores, _, seconds = trainings.join(settings)
    note(f"held back of the photos learnt from: top-1 {scores['val_top_1']:.3f}")
    classifier = average_views(classifier_of(network), settings.ZOOM_AVERAGING, probabilities=True)
    with silent() as bar:
        probabilities, _ = predict_files(classifier, new.folder, new.paths, bar=bar,
                                         batch_size=settings.BATCH_SIZE, flip_averaging=settings.FLIP_AVERAGING,
                                         **picture_options(settings))
    return probabilities, seconds


def frozen(trainings, new, settings):
    """The same of logistic regression on what the pretrained networks see."""
    network, _, _ = load_backbone(settings.BACKBONE, weights=settings.weights(), input_size=settings.INPUT_SIZE,
                                  pooling=settings.POOLING)
    known, = trainings.photos.features(network, settings)
    began = time.process_time()
    model = LogisticRegression(C=100, max_iter=500).fit(known, trainings.photos.labels)
    return model.predict_proba(new.features(network, settings)[0]), time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
