#!/usr/bin/env python3
"""How well new photos are placed in the clusters of earlier ones (ASSIGN_TO), and new products noticed.

    python benchmarks/new_photos.py --features ../shared/features --draws 3
    python benchmarks/new_photos.py --features ../shared/features --draws 3 --rows 4
    python benchmarks/new_photos.py --features ../shared/features --draws 3 --in-row
    python benchmarks/new_photos.py --features ../shared/features --draws 3 --weeks

A quarter of the classes of each feature set (features [N, D] of a frozen network, labels [N]) is left out. Three fifths
of the photos of the others (with --rows: so many of each class at most) are the earlier ones, their true labels the
clusters; the rest, and all photos of the left-out classes, are placed. Right: of the rest, which share has its own
class for the nearest cluster, marked as new or not. Marked: which share is called a new product (-1). "As they are":
the earlier photos vote by features as they are, not where what differs within the earlier clusters counts less. Means
over the draws; AUC: how often a wrong photo has less confidence than a right one. Groups: those that the marked photos
form (`new_groups`), compared with their labels. Mixed clusters: which share of those that photos were placed in holds
more of a new product than of its own, and how often one of these lies farther from its earlier photos than another
(`directions.how_far_apart`; AUC, of clusters of two photos or more). With --in-row the earlier photos of
a class are its first ones, so that photos that were taken in a row are either earlier or placed.

With --weeks each class' photos come in three weeks. A sixth of the classes is new in the second, whose photos are
placed in the first week's true clusters; its new products are then given clusters of their own. The third week's photos
are placed by those of the first week alone, of both, the second week's other photos left as they were placed, and of
both with all of them corrected. Right: of the first week's products, which share has its own class for the nearest
cluster; of the second week's new ones, which share is placed in theirs.
"""
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score, roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cluster_count import cut_to, read_sets, sets_parser  # noqa: E402
from imgcluster.clusters.assign import EarlierPhotos  # noqa: E402
from imgcluster.clusters.directions import place_in_cluster  # noqa: E402
from imgcluster.clusters.new_groups import groups_of_new  # noqa: E402
from imgcluster.som import map_of  # noqa: E402

NEW_SHARE, EARLIER_SHARE = 1 / 4, 3 / 5


def main(argv=None):
    options = parse(argv)
    if options.weeks:
        return print_weeks(options)
    print("| photos | right, as they are | right | known ones marked | new ones marked | AUC of the confidence "
          "| ARI of the groups | groups a product | mixed clusters | AUC of how far apart |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, (rows, labels) in read_sets(options.features, options.sets).items():
        found = [placed(rows, labels, np.random.default_rng([options.seed, draw]), options.rows, options.in_row)
                 for draw in range(options.draws)]
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in known_means(found)) + " |", flush=True)


def known_means(found):
    """Return the means of the columns of `found` without what is NaN; NaN of a column that is nothing else."""
    return np.ma.masked_invalid(found).mean(axis=0).filled(np.nan)


def parse(argv):
    parser = sets_parser(__doc__, draws=3, rows=None)
    parser.add_argument("--in-row", action="store_true")
    parser.add_argument("--weeks", action="store_true")
    return parser.parse_args(argv)


def placed(rows, labels, rng, most, in_row):
    """Return the figures of one row of the table for one draw; most: earlier photos of each class, None for all;
    in_row: whether these are its first ones."""
    labels = np.unique(labels, return_inverse=True)[1]
    classes = rng.permutation(labels.max() + 1)
    new = np.isin(labels, classes[:max(1, round(NEW_SHARE * len(classes)))])
    in_class = place_in_cluster(labels) / np.bincount(labels)[labels]
    taken = (in_class if in_row else rng.random(len(labels))) < EARLIER_SHARE
    here = np.flatnonzero(~new & taken)
    earlier = np.isin(np.arange(len(labels)), here[cut_to(labels[here], most, rng)])
    kept, clusters = np.unique(labels[earlier], return_inverse=True)
    som = map_of(rows[earlier])
    plain, catalogue = (EarlierPhotos(rows[earlier], som, clusters, by_direction=as_they_are)
                        for as_they_are in (True, False))
    plain, evened = plain.assign(rows[~earlier]), catalogue.assign(rows[~earlier])
    known, marked = ~new[~earlier], evened.labels < 0
    right = [kept[found.nearest[known]] == labels[~earlier][known] for found in (plain, evened)]
    mixed = 0 < right[1].mean() < 1
    return [right[0].mean(), right[1].mean(), marked[known].mean(), marked[~known].mean(),
            roc_auc_score(right[1], evened.confidence[known]) if mixed else np.nan,
            *grouped(catalogue, rows[~earlier], labels[~earlier], evened.labels),
            *mixed_clusters(catalogue, rows[~earlier], new[~earlier], evened.labels)]


def mixed_clusters(catalogue, rows, new, placed):
    """Return (share of clusters most of whose placed photos are `new`, bool; AUC of how far apart these lie)."""
    apart = catalogue.how_far_apart(catalogue.placed(rows), placed)
    mixed = np.array([new[placed == number].mean() > 0.5 for number in apart])
    several = 0 < mixed.mean() < 1
    return mixed.mean(), roc_auc_score(mixed, [*apart.values()]) if several else np.nan


def grouped(catalogue, rows, labels, placed):
    """Return (the ARI of the groups that photos marked as new form, groups for each product among them); NaN for none
    or a few."""
    groups = groups_of_new(rows, placed, placed=catalogue.placed)
    if groups is None:
        return np.nan, np.nan
    true, found = labels[placed < 0], groups[placed < 0]
    return adjusted_rand_score(true, found), len(set(found)) / len(set(true))


def print_weeks(options):
    print("| photos | right, by the first week | by both, as placed | by both, corrected | new in the second, right |")
    print("|---|---:|---:|---:|---:|")
    for name, (rows, labels) in read_sets(options.features, options.sets).items():
        found = [by_weeks(rows, labels, np.random.default_rng([options.seed, draw])) for draw in range(options.draws)]
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" for mean in np.mean(found, axis=0)) + " |", flush=True)


def by_weeks(rows, labels, rng):
    """Return the figures of one row of the table of --weeks for one draw."""
    labels, week = np.unique(labels, return_inverse=True)[1], rng.integers(3, size=len(labels))
    new = np.isin(labels, rng.permutation(labels.max() + 1)[:max(1, labels.max() // 6)])
    first, second, third = (np.flatnonzero((week == number) & ~(new & (number == 0))) for number in range(3))
    som = map_of(rows[first])
    alone = EarlierPhotos(rows[first], som, labels[first])
    placed = np.where(new[second], labels[second], alone.assign(rows[second]).labels)
    both = rows[np.concatenate([first, second])]
    found = [catalogue.assign(rows[third]) for catalogue in (alone, *(
        EarlierPhotos(both, som, np.concatenate([labels[first], own])) for own in (placed, labels[second])))]
    true, came = labels[third], new[third]
    return [*((each.nearest == true)[~came].mean() for each in found), (found[1].labels == true)[came].mean()]


if __name__ == "__main__":
    main()
