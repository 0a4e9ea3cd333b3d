"""Photos as points in the plane, coloured by true model and by cluster."""
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from imgcluster.metrics import matched_clusters
from imgcluster.plots.style import (
    bare_axes,
    bold_style,
    clean,
    group_colour,
    group_marker,
    marker_scale,
    new_figure,
    outline,
    text_style,
)

FEW_PHOTOS = 2000
MIN_PHOTOS_FOR_TSNE = 10
MAX_NAMES = 40


class Embedding(NamedTuple):
    """`points` float32 [M, 2] of the photos `rows` int [M], sorted; `method` is "t-SNE" or "PCA"."""

    points: np.ndarray
    rows: np.ndarray
    method: str


def embed_2d(features, *, seed, max_photos=3000):
    """Lay photos out in the plane so that similar ones lie together, as an `Embedding`.

    features: [N, D], compared by cosine. PCA to at most 50 dimensions, then t-SNE (van der Maaten & Hinton, JMLR 9,
    2008) with perplexity 30 or a third of the photos; fewer than ten different photos, which t-SNE cannot place,
    are shown by their two principal components. Above `max_photos` a seeded sample is shown: time stays bounded.
    """
    rows = np.arange(len(features))
    if len(rows) > max_photos:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), size=max_photos, replace=False))
    shown = normalize(np.asarray(features[rows], dtype=np.float32))
    if len(np.unique(shown, axis=0)) < MIN_PHOTOS_FOR_TSNE:
        return Embedding(_principal_components(shown), rows, "PCA")
    reduced = PCA(min(50, *shown.shape), random_state=seed).fit_transform(shown)
    perplexity = min(30.0, (len(rows) - 1) / 3)
    # For few photos the threads' meetings take longer than the work, a hundred times so on a busy machine.
    with threadpool_limits(1 if len(rows) < FEW_PHOTOS else None, user_api="openmp"):
        points = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(reduced)
    return Embedding(points.astype(np.float32), rows, "t-SNE")


def _principal_components(features):
    """The first two principal components; zeros where the photos span fewer dimensions."""
    centred = features - features.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(features), 2), dtype=np.float32)
    kept = min(2, len(scale))
    points[:, :kept] = left[:, :kept] * scale[:kept]
    return points


def scatter_pair(points, true, predicted, *, title, method="t-SNE"):
    """Points coloured by true model and by predicted cluster side by side; clusters alone where `true` is None.

    points: [M, 2]; true, predicted: labels [M]. A model has the colour and marker of the cluster matched to it, so
    that what agrees looks alike in both panels. The largest groups are named on the spot; there is no legend.
    """
    points, predicted = np.asarray(points), np.asarray(predicted)
    if true is None:
        panels = [("predicted cluster", predicted, _looks(predicted))]
    else:
        true = np.asarray(true)
        looks = _looks(true)
        matched = {cluster: looks[model] for model, cluster in matched_clusters(true, predicted).items()}
        panels = [("true model", true, looks), ("predicted cluster", predicted, _looks(predicted, matched, len(looks)))]
    figure = new_figure(7.2 * len(panels), 7.4, title=title)
    for axes, (name, labels, looks) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels):
        _draw_groups(axes, points, labels, looks)
        named = _name_largest(axes, points, labels, looks)
        bare_axes(axes)
        axes.set_title(_panel_title(name, len(looks), named), fontsize=10, **text_style())
        axes.set_xlabel(f"{method} 1", **text_style())
        axes.set_ylabel(f"{method} 2", **text_style())
    return figure


def _panel_title(name, number, named):
    title = f"{number} {name}" if number == 1 else f"{number} {name}s"
    return title if named == number else f"{title}, {named} of the largest named"


def _looks(labels, given=None, first=0):
    """Number of colour and marker of each label: the one `given`, else from `first` on, the largest group first."""
    names, sizes = np.unique(labels, return_counts=True)
    looks = dict(given or {})
    others = [name for name in names[np.argsort(-sizes, kind="stable")].tolist() if name not in looks]
    return looks | {name: first + index for index, name in enumerate(others)}


def _draw_groups(axes, points, labels, looks):
    size = float(np.clip(30_000 / len(points), 8, 60))
    for label in np.unique(labels).tolist():
        inside = labels == label
        axes.scatter(*points[inside].T, s=size * marker_scale(looks[label]), color=[group_colour(looks[label])],
                     marker=group_marker(looks[label]), linewidths=0.2, edgecolors="white", alpha=0.9)
    axes.margins(0.06)


def _name_largest(axes, points, labels, looks):
    """Write the names of the largest groups at their middle photo unless they would cover a larger one's; how many."""
    names, sizes = np.unique(labels, return_counts=True)
    extent = np.maximum(np.ptp(points, axis=0), 1e-12)
    raised = 9 if len(points) < 200 else 0
    taken = []
    for name in names[np.argsort(-sizes, kind="stable")][:MAX_NAMES].tolist():
        place, text = _middle(points[labels == name]), clean(name, 16)
        half_width = 0.0065 * (len(text) + 1)
        near = [abs(place - other) / extent < (half_width + other_half, 0.027) for other, other_half in taken]
        if not any(overlap.all() for overlap in near):
            taken.append((place, half_width))
            axes.annotate(text, place, xytext=(0, raised), textcoords="offset points", fontsize=9, ha="center",
                          va="center", color=[0.55 * c for c in group_colour(looks[name])], path_effects=outline(),
                          **bold_style(text))
    return len(taken)


def _middle(points):
    """The point nearest to the median of a group: it lies among its photos even where the group falls apart."""
    return points[np.linalg.norm(points - np.median(points, axis=0), axis=1).argmin()]
