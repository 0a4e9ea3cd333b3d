#!/usr/bin/env python3
"""Where some of the photos are labelled: what their labels bring for the others.

    python benchmarks/partly_labelled.py --features ../shared/features --draws 3

Feature sets and draws of their classes are those of `cluster_count.py`. Of two thirds of the classes a random share
of the photos (--share) is labelled, and all photos are clustered. The table holds the median relative error of the
number of clusters, the shares within 20 % and within a factor of two, and the adjusted Rand index (ARI) of the photos
without labels: without any labels, with step 04's use of them (what differs within a product), and where the labelled
photos also set the number, as those of a dataset of its own do.
"""
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cluster_count import read_sets, runs, sets_parser  # noqa: E402
from imgcluster.clusters.cluster_count import cluster_photos  # noqa: E402
from imgcluster.som import map_of  # noqa: E402


def main(argv=None):
    parser = sets_parser(__doc__, rows=60)
    parser.add_argument("--share", type=float, default=0.35, help="of the photos of a labelled class (default: 0.35)")
    options = parser.parse_args(argv)
    found = {}
    sets = read_sets(options.features, options.sets)
    for _, rows, labels, _ in runs(sets, draws=options.draws, most=options.rows, seed=options.seed):
        for method, scores in compare(rows, labels, share=options.share, seed=options.seed).items():
            found.setdefault(method, []).append(scores)
    print("| labels | runs | median error of K | within 20 % | within 2 | ARI of the unlabelled |")
    print("|---|---:|---:|---:|---:|---:|")
    for method, scores in found.items():
        ratio, agreement = np.array(scores).T
        error, factor = np.abs(ratio - 1), np.exp(np.abs(np.log(ratio)))
        print(f"| {method} | {len(scores)} | {np.median(error):.2f} | {np.mean(error <= 0.2):.2f} | "
              f"{np.mean(factor <= 2):.2f} | {agreement.mean():.3f} |")


def compare(rows, labels, *, share, seed):
    """Return {method: (number of clusters over that of the classes, ARI of the unlabelled rows)}."""
    rng, classes = np.random.default_rng(seed), np.unique(labels)
    chosen = rng.permutation(classes)[:max(2, 2 * len(classes) // 3)]
    labelled = np.isin(labels, chosen) & (rng.random(len(labels)) < share)
    known, som = (rows[labelled], labels[labelled]), map_of(rows)
    told = {"none": {}, "what differs within a product": {"within": known},
            "that, and the number": {"within": known, "known": known}}
    clusterings = {method: cluster_photos(rows, som, **options) for method, options in told.items()}
    return {method: (each.num_clusters / len(classes), adjusted_rand_score(labels[~labelled], each.labels[~labelled]))
            for method, each in clusterings.items()}


if __name__ == "__main__":
    main()
