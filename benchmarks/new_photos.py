#!/usr/bin/env python3
"""How well new photos are placed in the clusters of earlier ones (ASSIGN_TO), and new products noticed.

    python benchmarks/new_photos.py --features ../shared/features --draws 3
    python benchmarks/new_photos.py --features ../shared/features --draws 3 --rows 4

A quarter of the classes of each feature set (features [N, D] of a frozen network, labels [N]) is left out. Three fifths
of the photos of the others (with --rows: so many of each class at most) are the earlier ones, their true labels the
clusters; the rest, and all photos of the left-out classes, are placed. Right: of the rest, which share has its own
class for the nearest cluster, marked as new or not. Marked: which share is called a new product (-1). "As they are":
the earlier photos vote by features as they are, not where what differs within the earlier clusters counts less. Means
over the draws; AUC: how often a wrong photo has less confidence than a right one.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cluster_count import cut_to, read_sets  # noqa: E402
from imgcluster.clusters.assign import Catalogue  # noqa: E402
from imgcluster.som import SelfOrganizingMap, default_grid  # noqa: E402

NEW_SHARE, EARLIER_SHARE = 1 / 4, 3 / 5


def main():
    options = parse()
    print("| photos | right, as they are | right | known ones marked | new ones marked | AUC of the confidence |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, (rows, labels) in read_sets(options).items():
        found = [placed(rows, labels, np.random.default_rng([options.seed, draw]), options.rows)
                 for draw in range(options.draws)]
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in np.nanmean(found, axis=0)) + " |", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", required=True, metavar="FOLDER")
    parser.add_argument("--sets", nargs="*", help="names of the sets, all by default")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--rows", type=int, metavar="ROWS")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def placed(rows, labels, rng, most):
    """Return the figures of one row of the table for one draw; most: earlier photos of each class, None for all."""
    labels = np.unique(labels, return_inverse=True)[1]
    classes = rng.permutation(labels.max() + 1)
    new = np.isin(labels, classes[:max(1, round(NEW_SHARE * len(classes)))])
    taken = rng.random(len(labels)) < EARLIER_SHARE
    here = np.flatnonzero(~new & taken)
    earlier = np.isin(np.arange(len(labels)), here[cut_to(labels[here], most, rng)])
    kept, clusters = np.unique(labels[earlier], return_inverse=True)
    som = SelfOrganizingMap(*default_grid(len(clusters)), rows.shape[1], normalize=True).fit(rows[earlier])
    plain, evened = (Catalogue(rows[earlier], som, clusters, by_direction=as_they_are).assign(rows[~earlier])
                     for as_they_are in (True, False))
    known, marked = ~new[~earlier], evened.labels < 0
    right = [kept[found.nearest[known]] == labels[~earlier][known] for found in (plain, evened)]
    mixed = 0 < right[1].mean() < 1
    return [right[0].mean(), right[1].mean(), marked[known].mean(), marked[~known].mean(),
            roc_auc_score(right[1], evened.confidence[known]) if mixed else np.nan]


if __name__ == "__main__":
    main()
