"""Photos laid out in the plane, so that those with similar features lie together."""
from typing import NamedTuple

import numpy as np
from sklearn.manifold import TSNE

from imgcluster.rows import blocks
from imgcluster.structure.neighbours import project
from imgcluster.threads import counting_alone

MIN_PHOTOS_FOR_TSNE = 10
PERPLEXITY, LEAST_PERPLEXITY = 30.0, 5.0
NEIGHBOURS, AGREEING = 5, 3
ROUNDING = 1e-5  # of the features' length, which is 1


class Layout(NamedTuple):
    """`points` float32 [N, 2], one for each photo; `method` says how they were found, such as "t-SNE"."""

    points: np.ndarray
    method: str


def lay_out(features, *, seed, max_photos=3000):
    """Lay photos out in the plane so that similar ones lie together, as a `Layout`.

    features: [N, D], memory-mapped if large, compared by cosine: on their 128 leading axes, laid out by t-SNE (van der
    Maaten & Hinton, JMLR 9, 2008) with perplexity 30 or a third of the photos. Of more than `max_photos` a seeded
    sample of that many is laid out, with a perplexity less by as much as products have fewer photos in it, and each
    other photo lies among its nearest ones of these: t-SNE's time stays bounded, the rest grows with N alone. Fewer
    than ten different photos, which t-SNE cannot place, are shown by their two principal components.
    """
    points = project(features)
    landmarks = np.arange(len(points))
    if len(points) > max_photos:
        landmarks = np.sort(np.random.default_rng(seed).choice(len(points), size=max_photos, replace=False))
    if len(np.unique(points[landmarks].round(5), axis=0)) < MIN_PHOTOS_FOR_TSNE:
        return Layout(_principal_components(points), "principal components")
    laid_out = _tsne(points[landmarks], PERPLEXITY * len(landmarks) / len(points), seed)
    if len(landmarks) == len(points):
        return Layout(laid_out, "t-SNE")
    placed = place_among(points, points[landmarks], laid_out)
    placed[landmarks] = laid_out
    return Layout(placed, f"t-SNE of {len(landmarks):,} photos, the others beside those most like them")


@counting_alone
def _tsne(points, perplexity, seed):
    # On a busy machine several threads wait for each other longer than they work: 3,000 photos then took six minutes
    # with two threads, half a minute with one.
    perplexity = min(max(perplexity, LEAST_PERPLEXITY), (len(points) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(points).astype(np.float32)


def place_among(points, landmarks, laid_out):
    """Return places [N, 2] for `points` [N, d], given those `laid_out` [L, 2] of `landmarks` [L, d].

    Each point lies at the weighted mean of its five nearest landmarks, less the two farthest from their median: a
    single neighbour in another part of the plane does not pull it into the void between.
    """
    k, squares = min(NEIGHBOURS, len(landmarks)), np.einsum("ld,ld->l", landmarks, landmarks)
    placed = np.empty((len(points), 2), np.float32)
    for rows in blocks(len(points)):
        gaps = squares - 2 * points[rows] @ landmarks.T
        near = np.argpartition(gaps, k - 1, axis=1)[:, :k]
        distance = np.take_along_axis(gaps, near, axis=1) + np.einsum("nd,nd->n", points[rows], points[rows])[:, None]
        weights, places = 1 / np.maximum(distance, 1e-6), laid_out[near]
        apart = np.linalg.norm(places - np.median(places, axis=1, keepdims=True), axis=2)
        weights *= apart <= np.partition(apart, min(AGREEING, k) - 1, axis=1)[:, [min(AGREEING, k) - 1]]
        placed[rows] = np.einsum("nk,nkp->np", weights, places) / weights.sum(axis=1, keepdims=True)
    return placed


def _principal_components(points):
    """The first two principal components; zeros where the photos span fewer dimensions, but for rounding."""
    centred = points - points.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    scale = np.where(scale > ROUNDING * np.sqrt(len(points)), scale, 0)
    plane = np.zeros((len(points), 2), dtype=np.float32)
    kept = min(2, len(scale))
    plane[:, :kept] = left[:, :kept] * scale[:kept]
    return plane
