#!/usr/bin/env python3
"""What the confidence of step 04 is worth: how often photos of a given confidence are in the right cluster.

    python benchmarks/confidence.py --features ../shared/features --draws 3
    python benchmarks/confidence.py --features ../shared/features --draws 3 --rows 12

Feature sets and draws of their classes are those of `cluster_count.py`; the number of clusters is estimated without
labels. A photo is right where most photos of its cluster show its product. For each set the table holds, by
confidence, which share of the photos is right (in brackets: how many photos of all that are), and how often a wrong
photo has less confidence than a right one (AUC, .5 is chance), beside the same by the lead of a photo's cluster over
the next one among its neighbours.
"""
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cluster_count import read_sets, runs, sets_parser  # noqa: E402
from imgcluster.clusters.cluster_count import cluster_photos  # noqa: E402
from imgcluster.som import map_of  # noqa: E402
from imgcluster.structure.hierarchy import hierarchy_of, majority, shares  # noqa: E402

ENDS = (0.1, 0.2, 1 / 3, 0.5, 0.7)


def main(argv=None):
    options = sets_parser(__doc__).parse_args(argv)
    below = ["-", *(f"{end:.2f}" for end in ENDS), "1"]
    print("| photos of | runs | " + " | ".join(f"{low} to {high}" for low, high in zip(below, below[1:]))
          + " | AUC | AUC, lead among neighbours |")
    print("|---|---:|" + "---|" * (len(ENDS) + 1) + "---:|---:|")
    found = {}
    sets = read_sets(options.features, options.sets)
    for name, rows, labels, _ in runs(sets, draws=options.draws, most=options.rows, seed=options.seed):
        found.setdefault(name, []).append(judge(rows, labels))
    for name, each in [*found.items(), ("all", sum(found.values(), []))]:
        print_row(name, each)


def judge(rows, labels):
    """Return (confidence, lead among neighbours, whether it is in the right cluster) of each photo."""
    som = map_of(rows)
    clusters = cluster_photos(rows, som)
    true = np.unique(labels, return_inverse=True)[1]
    right = majority(clusters.labels, true, clusters.num_clusters)[clusters.labels] == true
    return clusters.confidence, lead(hierarchy_of(rows).graph, clusters.labels), right


def lead(graph, labels):
    """Return how far each photo's cluster leads the next one in its share of the neighbours, float [N], -1..1."""
    share = shares(graph, labels).toarray()
    own = share[np.arange(len(labels)), labels]
    share[np.arange(len(labels)), labels] = 0
    return own - share.max(axis=1)


def print_row(name, found):
    confidence, _, right = (np.concatenate(column) for column in zip(*found))
    at, cells = np.digitize(confidence, ENDS), []
    for number in range(len(ENDS) + 1):
        inside = at == number
        cells.append(f"{right[inside].mean():.2f} ({inside.mean():.2f})" if inside.any() else "")
    mixed = [run for run in found if 0 < run[2].mean() < 1]
    auc = [np.mean([roc_auc_score(run[2], run[column]) for run in mixed]) for column in (0, 1)] if mixed else []
    print(f"| {name} | {len(found)} | " + " | ".join([*cells, *(f"{each:.3f}" for each in auc)]) + " |", flush=True)


if __name__ == "__main__":
    main()
