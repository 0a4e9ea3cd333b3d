#!/usr/bin/env python3
"""Estimators of the number of clusters side by side: the same feature sets, the same hierarchy, random class subsets.

    python benchmarks/cluster_count.py --features ../shared/features --draws 4
    python benchmarks/cluster_count.py --features ../shared/features --draws 4 --calibrated
    python benchmarks/cluster_count.py --features ../shared/features --draws 4 --calibrated --known 0.2
    python benchmarks/cluster_count.py --features ../shared/features --draws 4 --calibrated --picked 20
    python benchmarks/cluster_count.py --features ../shared/features --draws 4 --rows 6
    python benchmarks/cluster_count.py --features ../shared/features --draws 4 --uneven
    python benchmarks/cluster_count.py --features ../shared/features --mixtures 40 \\
        --sets clothing fashion_small grocery_packages lego_minifigs sneakers25

Each feature set is an .npz file with `codes` [N, D], `scale` and `labels` [N]; features are codes x scale. For every
set and every draw of its classes each method estimates the number of classes K without labels (with --calibrated: from
the labels of one half of the classes, for the other half; with --picked: of so many rows of each known class). With
--mixtures, so many draws of classes of several sets together take the place of those of single ones. --rows: so many
rows of each class at most; --uneven: of each a random share, the square of a uniform number, and three at least.

The table holds the median relative error of K, and of the count against the effective number of classes (so many
equally large ones are as diverse: 1 over the sum of squared shares); the shares within 20 % and within a factor of two;
the adjusted Rand index (ARI) over that of K-means told the true K; and of intervals, the share that hold K and their
width (highest over lowest, at the median). "Step 04" is all of it: the joined count, and clusters of features in which
what differs within products counts less; the other methods' clusters are cut from the plain hierarchy.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score, silhouette_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.counting.blind_count import blind_estimate
from imgcluster.counting.calibration import calibrated_estimate
from imgcluster.counting.cuts import candidate_counts, count_grid, modularity_peak, silhouette_peak
from imgcluster.counting.growth import growth_of_distances, growth_peaks
from imgcluster.counting.reciprocity import reciprocity_curve, reciprocity_peak
from imgcluster.counting.validity import modularity
from imgcluster.counting.variety import by_variety
from imgcluster.rows import sample_step, unit_length
from imgcluster.som import map_of
from imgcluster.structure.diffusion import diffusion_map
from imgcluster.structure.hierarchy import build_hierarchy, partition, sum_edges
from imgcluster.structure.linkage import cut

SCORED_ROWS = 2000
MIN_CLUSTER_SIZE = 10
PHOTOS_PER_MODEL = 70
CANDIDATES = 30


def finch_levels(points):
    """Return the cluster counts of first-neighbour merging (Sarfraz et al., CVPR 2019), fine to coarse."""
    counts, points, weights = [], points.astype(float), np.ones(len(points))
    while len(points) > 2:
        gaps = (points**2).sum(axis=1)[:, None] + (points**2).sum(axis=1) - 2 * points @ points.T
        np.fill_diagonal(gaps, np.inf)
        links = sparse.csr_matrix((np.ones(len(points)), (np.arange(len(points)), gaps.argmin(axis=1))), gaps.shape)
        num, group = sparse.csgraph.connected_components(links, directed=False)
        members = sparse.csr_matrix((weights, (group, np.arange(len(points)))), (num, len(points)))
        weights = np.asarray(members.sum(axis=1)).ravel()
        points = (members @ points) / weights[:, None]
        counts.append(num)
    return counts or [1]


def conn_graph(som, rows):
    """Return how many rows have each pair of units as best and second-best (Tasdemir & Merenyi 2009), symmetric."""
    best, _, second = som.best_matching_units(rows, second=True)
    graph = sparse.csr_matrix((np.ones(len(rows)), (best, second)), (len(som.prototypes),) * 2)
    return graph + graph.T


def conn_count(som, rows, hierarchy):
    """Return the count whose cut, seen on the units, has the greatest modularity on the CONN graph."""
    units = som.best_matching_units(rows)[0]
    graph = conn_graph(som, rows)
    counts = candidate_counts(hierarchy)
    scores = []
    for count in counts:
        labels = np.zeros(len(som.prototypes), int)
        labels[units] = cut(hierarchy.tree, count)[hierarchy.nodes]
        scores.append(modularity(sum_edges(graph, labels)))
    return int(counts[np.argmax(scores)])


def index_counts(rows):
    """Return the counts that three classical indices prefer over Ward's cuts in feature space, on about 2,000 rows."""
    some = rows[::sample_step(len(rows), SCORED_ROWS)]
    tree = linkage(some, "ward")
    counts = count_grid(len(some) // 4, steps=CANDIDATES)
    cuts = [fcluster(tree, count, "maxclust") for count in counts]
    return {"silhouette, Ward in feature space": counts[np.argmax([silhouette_score(some, each) for each in cuts])],
            "Davies-Bouldin": counts[np.argmin([davies_bouldin_score(some, each) for each in cuts])],
            "Calinski-Harabasz": counts[np.argmax([calinski_harabasz_score(some, each) for each in cuts])]}


def blind_counts(rows, som, hierarchy):
    """Return {method: count} of every blind estimator."""
    counts = candidate_counts(hierarchy)
    everywhere = np.ones(len(counts), bool)
    levels, curve = finch_levels(som.prototypes), reciprocity_curve(hierarchy.points, hierarchy.nearest)
    growth = growth_of_distances(hierarchy.points, hierarchy.nearest)
    grown = growth_peaks(growth, len(rows), lowest=1, highest=counts[-1])
    coordinates = diffusion_map(sum_edges(hierarchy.graph, hierarchy.nodes))
    dense = HDBSCAN(min_cluster_size=MIN_CLUSTER_SIZE, copy=True).fit_predict(coordinates)
    return index_counts(rows) | {
        "photos / 70": max(1, round(len(rows) / PHOTOS_PER_MODEL)),
        "square root of photos": round(np.sqrt(len(rows))),
        "HDBSCAN in the diffusion map": max(1, dense.max() + 1),
        "FINCH on prototypes, first level": levels[0],
        "FINCH on prototypes, near sqrt(N)": min(levels, key=lambda num: abs(np.log(num**2 / len(rows)))),
        "CONN modularity": conn_count(som, rows, hierarchy),
        "modularity, 5 neighbours": round(modularity_peak(hierarchy, counts)),
        "silhouette of the hierarchy's cuts": round(silhouette_peak(hierarchy, counts, everywhere)[0]),
        "reciprocity of nearest photos": max(1, round(reciprocity_peak(curve, len(rows))[0])),
        "growth of distances, or modularity": round(grown[0].count if grown else modularity_peak(hierarchy, counts)),
        "joined": blind_estimate(hierarchy).count}


def calibrated_counts(rows, hierarchy, known):
    """Return {method: count} of every calibrated estimator."""
    alone = blind_estimate(hierarchy)
    _, labels, sizes = np.unique(known[1], return_inverse=True, return_counts=True)
    return {"photos per known product": max(1, round(len(rows) / sizes.mean())),
            "variety of known products": max(1, round(by_variety(rows, known[0], labels).count)),
            "the photos alone": alone.count, "joined": calibrated_estimate(rows, known, alone).count}


def class_subsets(labels, draws, seed):
    """Yield masks: all rows, then those of `draws` random subsets of the classes."""
    yield np.ones(len(labels), bool)
    rng, classes = np.random.default_rng(seed), np.unique(labels)
    for _ in range(draws):
        count = int(rng.integers(max(3, len(classes) // 4), len(classes)))
        yield np.isin(labels, rng.choice(classes, count, replace=False))


def score(rows, labels, known):
    """Return {method: (count, true count, effective one, ARI over that of K-means told the true count, low, high)}.

    low, high: the interval of the count, NaN for a method that has none.
    """
    som = map_of(rows)
    hierarchy = build_hierarchy(rows, som.best_matching_units(rows)[0])
    counts = blind_counts(rows, som, hierarchy) if known is None else calibrated_counts(rows, hierarchy, known)
    true = len(np.unique(labels))
    told = adjusted_rand_score(labels, KMeans(true, n_init=3, random_state=0).fit_predict(rows))
    found = {method: (partition(hierarchy, int(count)), (np.nan, np.nan))
             for method, count in (counts | {"the true number": true}).items()}
    for method, count in (("step 04", None), ("step 04, told the true number", true)):
        shipped = cluster_photos(rows, som, num_clusters=count, known=known, within=known)
        found[method] = shipped.labels, shipped.interval if count is None else (np.nan, np.nan)
    return {method: (clusters.max() + 1, true, effective_number(labels),
                     adjusted_rand_score(labels, clusters) / max(told, 1e-9), *interval)
            for method, (clusters, interval) in found.items()}


def cut_to(labels, most, rng):
    """Return the rows, int ascending, of `most` random ones of each label."""
    return some_of_each(labels, rng, lambda _: most)


def random_shares(labels, rng):
    """Return the rows, int ascending, of a random share of each label: a uniform number squared, three at least."""
    return some_of_each(labels, rng, lambda num: max(3, int(num * rng.random()**2)))


def some_of_each(labels, rng, wanted):
    """Return the rows, int ascending, of random ones of each label: `wanted(n)` of n rows."""
    shuffled = (rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels))
    return np.sort(np.concatenate([rows[:wanted(len(rows))] for rows in shuffled]))


def effective_number(labels):
    """Return how many equally frequent labels would be as diverse: 1 over the sum of squared shares (Hill 1973)."""
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    return 1 / (shares**2).sum()


def mixture(sets, seed):
    """Return (rows, labels) of two to four of `sets`, {name: (rows, labels)}, in random order.

    Of each there are 2 to 20 random classes, of each class up to a number of rows, 10 to 59, which the set has.
    """
    rng = np.random.default_rng(seed)
    chosen_rows, chosen_labels = [], []
    for name in rng.choice(list(sets), int(rng.integers(2, min(5, len(sets) + 1))), replace=False):
        rows, labels = sets[name]
        classes = np.unique(labels)
        classes = rng.choice(classes, int(rng.integers(2, min(len(classes), 20) + 1)), replace=False)
        most, of_these = int(rng.integers(10, 60)), np.flatnonzero(np.isin(labels, classes))
        some = of_these[cut_to(labels[of_these], most, rng)]
        chosen_rows.append(rows[some])
        chosen_labels += [f"{name} {label}" for label in labels[some]]
    order = rng.permutation(len(chosen_labels))
    return np.concatenate(chosen_rows)[order], np.array(chosen_labels)[order]


def sets_parser(description, *, features=None, draws=0, rows=0):
    """Return the argument parser of a benchmark on feature sets, of whose classes or rows some may be drawn.

    features: their folder by default, None where it has to be given; draws, rows: the defaults of these.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", required=features is None, default=features, metavar="FOLDER")
    parser.add_argument("--sets", nargs="*", help="names of the sets, all by default")
    parser.add_argument("--draws", type=int, default=draws, help=f"of each set's classes (default: {draws})")
    parser.add_argument("--rows", type=int, default=rows, help=f"of each class at most (default: {rows or 'all'})")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def read_sets(folder, names=None):
    """Return {name: (rows of unit length, labels)} of the feature sets in the folder, of those named if any are."""
    sets = {}
    for path in sorted(Path(folder).glob("*.npz")):
        if not names or path.stem in names:
            data = np.load(path)
            sets[path.stem] = unit_length((data["codes"] * data["scale"]).astype(np.float32)), data["labels"]
    return sets


def runs(sets, *, draws=0, most=0, uneven=False, calibrated=False, share=0.5, picked=0, mixtures=0, seed=0):
    """Yield (set name, rows, labels, known) of every run on `sets`, {name: (rows, labels)}.

    draws: random subsets of each set's classes; most: so many rows of each class at most (0: all); uneven: of each a
    random share; calibrated: `share` of the classes are known, by `picked` rows of each (0: by all), and the run is on
    the others; mixtures: so many draws of classes of several sets, in place of all that.
    """
    for number in range(mixtures):
        yield f"mixture {number}", *mixture(sets, seed + number), None
    for name, (rows, labels) in () if mixtures else sets.items():
        for mask in class_subsets(labels, draws, seed):
            some, chosen = labels[mask], rows[mask]
            if most or uneven:
                draw = np.random.default_rng(seed)
                few = random_shares(some, draw) if uneven else cut_to(some, most, draw)
                some, chosen = some[few], chosen[few]
            if not calibrated:
                yield name, chosen, some, None
                continue
            rng = np.random.default_rng(seed + 1)
            classes = rng.permutation(np.unique(some))
            labelled = np.isin(some, classes[:max(2, int(share * len(classes)))])
            known, known_labels = chosen[labelled], some[labelled]
            if picked:
                few = cut_to(known_labels, picked, rng)
                known, known_labels = known[few], known_labels[few]
            yield name, chosen[~labelled], some[~labelled], (known, known_labels)


def main(argv=None):
    parser = sets_parser(__doc__, features=str(Path(__file__).resolve().parents[2] / "shared" / "features"))
    parser.add_argument("--uneven", action="store_true")
    parser.add_argument("--calibrated", action="store_true")
    parser.add_argument("--known", type=float, default=0.5, metavar="SHARE")
    parser.add_argument("--picked", type=int, default=0, metavar="ROWS")
    parser.add_argument("--mixtures", type=int, default=0, metavar="DRAWS")
    options = parser.parse_args(argv)
    table, sets = {}, read_sets(options.features, options.sets)
    for name, rows, labels, known in runs(sets, draws=options.draws, most=options.rows, uneven=options.uneven,
                                          calibrated=options.calibrated, share=options.known, picked=options.picked,
                                          mixtures=options.mixtures, seed=options.seed):
        for method, found in score(rows, labels, known).items():
            table.setdefault(method, []).append(found)
        print(f"{name} {len(rows)} photos, {len(np.unique(labels))} classes: "
              + ", ".join(f"{method} {found[-1][0]}" for method, found in table.items()), file=sys.stderr, flush=True)
    if not table:
        raise SystemExit(f"no feature sets (*.npz) in {options.features}; name their folder with --features")
    print_table(table)


def print_table(table):
    """Print one line per method of {method: [(count, true count, effective one, ARI ratio, low, high), ...]}."""
    print(f"{'method':36}{'median error':>13}{'of effective':>13}{'within 20 %':>13}{'within x2':>11}{'ARI ratio':>11}"
          f"{'interval holds':>16}{'width':>7}")
    for method, found in table.items():
        count, true, effective, ratio, low, high = np.array(found, float).T
        error = np.abs(count - true) / true
        print(f"{method:36}{np.median(error):13.2f}{np.median(np.abs(count / effective - 1)):13.2f}"
              f"{np.mean(error <= 0.2):13.2f}{np.mean(np.maximum(count / true, true / count) <= 2):11.2f}"
              f"{ratio.mean():11.2f}"
              + ("" if np.isnan(low).all() else f"{np.mean((low <= true) & (true <= high)):16.2f}"
                                                f"{np.median(high / low):7.2f}"))


if __name__ == "__main__":
    main()
