#!/usr/bin/env python3
"""Fine-tune on some models of a labelled photo folder, cluster the others, and print one Markdown table.

    python benchmarks/finetune.py PHOTOS --train-models 15 --splits 0 1 2 \\
        --row frozen --row default --row softmax:LOSS=softmax --row "both:BACKBONE=['MobileNetV2','MobileNet_0.75']" \\
        --set BACKBONE=MobileNetV2 --set WEIGHTS=FILE --set INPUT_SIZE=128

A row is a name and, after a colon, the settings that differ, with semicolons between them; a row whose name begins with
"frozen" trains nothing, one whose name begins with "fitted" is fitted to the photos that are clustered, without labels.
For each split another part of the models is drawn to train on, with --train-photos so many photos of each; the rest of
the models, and of --also FOLDER everything, is never seen in training. 1-NN: share of photos whose nearest other photo
(cosine) shows the same model. ARI and NMI: of the clusters of step 04, their number estimated, the trained models
showing what one product is (ARI told K: their true number given); photos of another kind of product are clustered as
step 03 and 04 do, by the network as it was before. Held-out: the same network, or with TRAIN_ON_ALL its twin that knows
nothing of them, on the models that chose the epoch.

What steps 02 to 04 do is done in one process, on the photos as they are (step 01 is left out): photos are read once,
and rows that train the same network differ only in what is made of it, so it is trained once.
"""
import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.scripts import photo_labels  # noqa: E402
from benchmarks.trainings import Photos, Trainings, add_row_arguments, note, read_rows, silent  # noqa: E402
from imgcluster.backbone_table import BUNDLED  # noqa: E402
from imgcluster.clusters.cluster_count import cluster_photos  # noqa: E402
from imgcluster.configuring.step_options import each_network, network_options, picture_options  # noqa: E402
from imgcluster.extraction.networks import in_parts, load_network, suited, with_before  # noqa: E402
from imgcluster.scores.feature_scores import neighbour_agreement  # noqa: E402
from imgcluster.scores.metrics import clustering_scores  # noqa: E402
from imgcluster.som import map_of  # noqa: E402
from imgcluster.structure.kinship import LEAST_KINSHIP, kinship  # noqa: E402
from imgcluster.training.unlabelled import fit_networks  # noqa: E402
from imgcluster.training.validation import best_row  # noqa: E402

SCORES = {"1-NN": ".3f", "ARI": ".3f", "NMI": ".3f", "estimated K": ".1f", "ARI told K": ".3f", "held-out 1-NN": ".3f",
          "held-out MAP@R": ".3f", "best epoch": ".1f", "training, CPU s": ".0f"}


def main(argv=None):
    options = parse(argv)
    print("| photos of | row | splits | true K | " + " | ".join(SCORES) + " |")
    print("|---|---|---|---|" + "---:|" * len(SCORES))
    rows, found = read_rows(options), []
    with tempfile.TemporaryDirectory() as work:
        for split in options.splits:
            bench = Split(options, split, Path(work) / str(split))
            for name, trained, settings in rows:
                fitted = name.startswith("fitted")
                for scores in bench.run(settings, trained=trained and not fitted, fitted=fitted):
                    found.append({"row": name, **scores})
                    note(f"split {split}: {found[-1]}")
    for name, _, _ in rows:
        for folder in dict.fromkeys(each["photos"] for each in found):
            print(line(folder, name, [each for each in found if (each["row"], each["photos"]) == (name, folder)],
                       options.splits), flush=True)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("--also", action="append", default=[], type=Path, metavar="FOLDER",
                        help="cluster these photos too, with the same networks")
    parser.add_argument("--train-models", type=int, required=True, metavar="M", help="models to train on")
    parser.add_argument("--train-photos", type=int, metavar="P", help="photos of each of these models; default all")
    parser.add_argument("--splits", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    add_row_arguments(parser)
    return parser.parse_args(argv)


class Split:
    """One draw of the models that are trained on, and the networks trained on them."""

    def __init__(self, options, split, work):
        work.mkdir(parents=True)
        paths, labels = map(np.array, photo_labels(options.photos))
        rng = np.random.default_rng(split)
        drawn = rng.permutation(np.unique(labels))[:options.train_models]
        known = np.sort(np.concatenate([rng.permutation(np.flatnonzero(labels == model))[:options.train_photos]
                                        for model in drawn]))
        self.known, unseen = (Photos(options.photos, paths[rows], labels[rows], work)
                              for rows in (known, ~np.isin(labels, drawn)))
        self.sets = {f"{options.photos.name}, unseen": unseen}
        self.sets |= {folder.name: Photos(folder, *photo_labels(folder), work) for folder in options.also}
        self.trainings = Trainings(self.known)

    def run(self, settings, *, trained, fitted):
        """Yield the scores of each photo set, as dicts, for one row."""
        network, facts, kind = self.trained(settings) if trained else (self.frozen(settings), {}, None)
        known, *known_before = self.features(network, self.known, settings) if trained else (None,)
        source = network.source
        for name, photos in self.sets.items():
            network = self.fitted(settings, photos, source) if fitted else network
            suits, nearness = suited(network, kind, photos.folder, photos.paths, batch_size=settings.BATCH_SIZE,
                                    **picture_options(settings))
            features, *before = self.features(suits, photos, settings)
            same_kind = trained and suits is network
            seen = (*before, *known_before) if before and known_before else (features, known)
            evidence = {"compared": before[0] if before else None, "taught_apart": suits.source["network"] == BUNDLED}
            if same_kind and kinship(*seen, self.known.labels) >= LEAST_KINSHIP:
                evidence = {"compared": seen[0], "known": (seen[1], self.known.labels)}
            yield {"photos": name, **facts, "kinship": nearness, **scored(
                features, photos.labels, settings.SOM_EPOCHS, **evidence, by_direction=same_kind)}

    def features(self, network, photos, settings):
        """The files of step 03 by a Network: features, and what it saw before it was fine-tuned where it kept that."""
        return photos.features(with_before(network, settings.ZOOM_AVERAGING), settings)

    def frozen(self, settings):
        """The pretrained Network that the settings name."""
        return load_network(**network_options(settings) | {"train_dataset": None, "train_dir": None})

    def fitted(self, settings, photos, source):
        """The Network that the settings name, fitted to these Photos without labels; source: of the frozen one."""
        with tempfile.TemporaryDirectory() as folder:
            network, _ = fit_networks(each_network(settings), photos.folder, photos.paths, folder=Path(folder),
                                      seed=settings.RANDOM_SEED, progress=silent, say=note)
        return in_parts(network, source | {"fitted_to": "these photos"})

    def trained(self, settings):
        """(the Network that the settings make, facts about its training, what shows the kind it is for)."""
        network, scores, history, seconds = self.trainings.join(settings)
        facts = {"held-out 1-NN": scores.get("holdout_recall_1", np.nan),
                 "held-out MAP@R": scores.get("holdout_map_r", np.nan),
                 "best epoch": best_row(history)["epoch"], "training, CPU s": seconds}
        source = self.frozen(settings).source | {"trained_on": "these models"}
        return in_parts(network, source), facts, self.trainings.known_kind(network, settings)


def scored(features, labels, som_epochs, **how):
    """The scores of one set's features; how: as `cluster_photos` takes it."""
    som = map_of(features, epochs=som_epochs)
    clustering = cluster_photos(features, som, **how)
    told = cluster_photos(features, som, num_clusters=len(set(labels)), **how)
    scores = clustering_scores(labels, clustering.labels)
    return {"1-NN": neighbour_agreement(features, labels, ks=(1,))["1"], "ARI": scores["ari"], "NMI": scores["nmi"],
            "estimated K": clustering.num_clusters, "true K": len(set(labels)),
            "ARI told K": clustering_scores(labels, told.labels)["ari"]}


def line(folder, name, runs, splits):
    """One row of the table: mean and spread (standard deviation) over the splits."""
    def cell(score, form):
        values = np.array([run.get(score, np.nan) for run in runs], float)
        if np.isnan(values).any():
            return ""
        return f"{values.mean():{form}}" + (f" ± {values.std(ddof=1):{form}}" if len(values) > 1 else "")
    true = ", ".join(str(count) for count in sorted({run["true K"] for run in runs}))
    return (f"| {folder} | {name} | {', '.join(map(str, splits))} | {true} | "
            + " | ".join(cell(score, form) for score, form in SCORES.items()) + " |")


if __name__ == "__main__":
    sys.exit(main())
