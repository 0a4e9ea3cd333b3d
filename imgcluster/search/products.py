"""From similar photos to similar products: photos of one model or cluster together, ranked by their best photos."""
from dataclasses import dataclass

import numpy as np

# Photos of a product that its similarity is the mean of: one photo may match by chance, three hardly do.
BEST_PHOTOS = 3
# Nearest photos that products are ranked from, at least.
NEAREST_PHOTOS = 200


@dataclass(frozen=True)
class Products:
    """Which product each photo of a catalogue shows.

    codes int [N], 0..P-1; labels: P texts as in labels_true or labels_pred (the file, for a photo that stands for
    itself); names: the same as people read them; sizes int [P]: photos of each; basis: "true labels", "clusters", or
    None where neither is known and every photo stands for itself.
    """

    codes: np.ndarray
    labels: list
    names: list
    sizes: np.ndarray
    basis: str | None


@dataclass(frozen=True)
class ProductHit:
    """A product found: its code, its similarity -1..1, the rows of its photos among the nearest, nearest first."""

    code: int
    similarity: float
    rows: list


def products_of(img_paths, true, clusters, cluster_names=None):
    """Return the Products of a catalogue; true, clusters: str [N], or None where they are not known.

    True labels go before clusters. Photos in cluster -1, which fits none, stand for themselves. cluster_names:
    {cluster: text} of the clusters that a person named.
    """
    if true is not None:
        labels, codes, sizes = np.unique(true, return_inverse=True, return_counts=True)
        return Products(codes, labels.tolist(), labels.tolist(), sizes, "true labels")
    if clusters is None:
        return Products(np.arange(len(img_paths)), list(img_paths), list(img_paths), np.ones(len(img_paths), int), None)
    # A file's path may look like a number; a NUL, which neither holds, keeps the two apart.
    keys = [f"\0{path}" if label == "-1" else label for label, path in zip(clusters, img_paths)]
    keys, codes, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    known = cluster_names or {}
    names = [key[1:] if key.startswith("\0") else known.get(key, f"cluster {key}") for key in keys.tolist()]
    return Products(codes, [key.removeprefix("\0") for key in keys.tolist()], names, sizes, "clusters")


def rank_products(rows, similarities, codes, sizes):
    """Return the ProductHits among the nearest photos of one query, most similar first.

    rows int [K], similarities [K]: its nearest photos, nearest first; codes int [N], sizes int [P] of the catalogue. A
    product's similarity is the mean over its best photos (three, or as many as it has); those not among the K count
    as the K-th.
    """
    groups = {}
    for row, similarity in zip(rows.tolist(), similarities.tolist()):
        groups.setdefault(int(codes[row]), []).append((row, similarity))
    hits = []
    for code, photos in groups.items():
        wanted = min(BEST_PHOTOS, int(sizes[code]))
        best = [similarity for _, similarity in photos[:wanted]]
        best += [float(similarities[-1])] * (wanted - len(best))
        hits.append(ProductHit(code, sum(best) / wanted, [row for row, _ in photos]))
    return sorted(hits, key=lambda hit: -hit.similarity)


def nearest_products(index, queries, products, count, *, without=None):
    """Return, for each query [Q, D], its `count` nearest products (fewer only where there are no more).

    A list of (ProductHits, rows int [K], similarities [K]) with the nearest photos they come from. without: a row of
    the catalogue to pass over, or None.
    """
    wanted, reach = min(count, len(products.names)), max(NEAREST_PHOTOS, 20 * count)
    found = [None] * len(queries)
    pending = np.arange(len(queries))
    while len(pending):
        rows, similarities = index.search(queries[pending], reach)
        for query, near, values in zip(pending, rows, similarities):
            other = near != without
            near, values = near[other], values[other]
            found[query] = rank_products(near, values, products.codes, products.sizes)[:count], near, values
        # One product may fill the nearest photos: look further for the queries where it does.
        pending = np.array([query for query in pending if len(found[query][0]) < wanted and reach < len(index)], int)
        reach *= 4
    return found
