"""From similar photos to similar products: photos of one model or cluster together, ranked by their best photos."""
from collections import Counter
from dataclasses import dataclass

import numpy as np

from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.rows import blocks, unit_length
from imgcluster.structure.neighbours import add_by_group

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


def typical_first(index, products):
    """Return a list with the rows of each of P Products, those most like the product's mean first.

    index: the `cosine_index.CosineIndex` of the catalogue; one block of features is held at a time.
    """
    means = np.zeros((len(products.sizes), index.features.shape[1]), np.float32)
    for rows in blocks(len(index)):
        add_by_group(means, index.directions(index.features[rows]), products.codes[rows])
    like = np.concatenate([np.einsum("nd,nd->n", index.directions(index.features[rows]), means[products.codes[rows]])
                           for rows in blocks(len(index))])
    order = np.lexsort((-like, products.codes))
    return np.split(order, np.cumsum(products.sizes)[:-1])


@dataclass(frozen=True)
class ProductHit:
    """A product found: its code, its similarity -1..1, the rows of its photos among the nearest, nearest first."""

    code: int
    similarity: float
    rows: list


@dataclass(frozen=True)
class Nearest:
    """What one query found.

    hits: ProductHits of all products among its nearest photos, most similar first; rows int [K], similarities [K]:
    those photos, nearest first; rest: the similarity that stands for the products not among them, None where there are
    no others.
    """

    hits: list
    rows: np.ndarray
    similarities: np.ndarray
    rest: float | None


def products_of(img_paths, true, clusters, cluster_names=None):
    """Return the Products of a catalogue; true, clusters: str [N], or None where they are not known.

    True labels go before clusters. Photos in cluster -1, which fits none, stand for themselves. cluster_names:
    {cluster: text} of the clusters that a person named; no two products have the same name.
    """
    if true is not None:
        labels, codes, sizes = np.unique(true, return_inverse=True, return_counts=True)
        return Products(codes, labels.tolist(), labels.tolist(), sizes, "true labels")
    if clusters is None:
        return Products(np.arange(len(img_paths)), list(img_paths), list(img_paths), np.ones(len(img_paths), int), None)
    # A file's path may look like a number; a NUL, which neither holds, keeps the two apart.
    keys = [f"\0{path}" if label == str(NO_CLUSTER) else label for label, path in zip(clusters, img_paths)]
    keys, codes, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    known = cluster_names or {}
    names = [key[1:] if key.startswith("\0") else known.get(key, f"cluster {key}") for key in keys.tolist()]
    times = Counter(names)
    names = [f"{name} (cluster {key})" if times[name] > 1 and not key.startswith("\0") else name
             for name, key in zip(names, keys.tolist())]
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


def gather(rows, similarities, products, *, left_out=()):
    """Return the Nearest of one query from its nearest photos, rows int [K] and similarities [K], nearest first.

    left_out: rows of the catalogue to pass over, as if it did not have them.
    """
    left_out, sizes = np.asarray(left_out, int), products.sizes
    if len(left_out):
        kept = ~np.isin(rows, left_out)
        rows, similarities, sizes = rows[kept], similarities[kept], sizes.copy()
        np.subtract.at(sizes, products.codes[left_out], 1)
    hits = rank_products(rows, similarities, products.codes, sizes)
    others = np.count_nonzero(sizes) > len(hits)
    return Nearest(hits, rows, similarities, float(similarities[-1]) if others and len(rows) else None)


def nearest_products(index, queries, products, count, *, without=None):
    """Return the Nearest of each query [Q, D], with `count` products at least (fewer only where there are no more).

    without: a row of the catalogue to pass over, or None.
    """
    wanted, reach = min(count, len(products.names)), max(NEAREST_PHOTOS, 20 * count)
    left_out = () if without is None else (without,)
    found = [None] * len(queries)
    pending = np.arange(len(queries))
    while len(pending):
        for query, near, values in zip(pending, *index.search(queries[pending], reach)):
            found[query] = gather(near, values, products, left_out=left_out)
        # One product may fill the nearest photos: look further for the queries where it does.
        pending = np.array([query for query in pending if len(found[query].hits) < wanted and reach < len(index)], int)
        reach *= 4
    return found


def likeness(general, query, rows):
    """Return how much a query [E] is of the catalogue's kind: its plain cosine with the nearest of `rows`, their mean.

    general: features [N, E] of the catalogue's photos that were not learnt from its kind of product, as the query's.
    Learnt ones tell its products apart, and so do similarities about the catalogue's mean. A thing of another kind may
    lie in any direction from there; what it lacks is what all the photos share, and that is in the plain cosine. Where
    there are no rows nothing is alike: -inf.
    """
    if not len(rows):
        return -np.inf
    near = np.asarray(general[np.asarray(rows[:BEST_PHOTOS])], np.float32)
    return float(np.mean(unit_length(near) @ unit_length(np.atleast_2d(np.asarray(query, np.float32)))[0]))
