"""Photos as points in the plane, coloured by true model and by cluster."""
import numpy as np

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
from imgcluster.scores.metrics import matched_clusters

FEW_PHOTOS = 2000
MAX_NAMES = 40
NO_CLUSTER = -1


def scatter_pair(points, true, predicted, *, title, method="t-SNE", names=None):
    """Points coloured by true model and by predicted cluster side by side; clusters alone where `true` is None.

    points: [M, 2]; true: labels [M]; predicted: int [M], -1 for photos in no cluster, which are grey; names: {cluster:
    what people call it}, where they do. Clusters look as their numbers say (`group_colour`), and a model as the cluster
    matched to it, so that what agrees looks alike in both panels. The largest groups are named on the spot; there is no
    legend.
    """
    points, predicted = np.asarray(points), np.asarray(predicted)
    panels = [("predicted cluster", predicted, {cluster: cluster for cluster in np.unique(predicted).tolist()})]
    if true is not None:
        true = np.asarray(true)
        panels.insert(0, ("true model", true, _looks_of_models(true, predicted)))
    figure = new_figure(7.2 * len(panels), 7.4, title=title)
    for axes, (name, labels, looks) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels):
        _draw_groups(axes, points, labels, looks)
        named = _name_largest(axes, points, labels, looks, names if labels is predicted else None)
        bare_axes(axes)
        title = _panel_title(name, len(looks) - (NO_CLUSTER in looks), named)
        axes.set_title(f"{title}; grey: in none" if NO_CLUSTER in looks else title, fontsize=10, **text_style())
    figure.supxlabel(f"Each point is a photo, close to those that look alike ({method}).", fontsize=9, **text_style())
    return figure


def _panel_title(name, number, named):
    title = f"{number} {name}" if number == 1 else f"{number} {name}s"
    return title if named == number else f"{title}, {named} of them named"


def _looks_of_models(true, predicted):
    """Number of colour and marker of each model: its cluster's, else one no cluster has, the largest model first."""
    inside = predicted >= 0
    looks = matched_clusters(true[inside], predicted[inside]) if inside.any() else {}
    names, sizes = np.unique(true, return_counts=True)
    others = [name for name in names[np.argsort(-sizes, kind="stable")].tolist() if name not in looks]
    return looks | {name: predicted.max() + 1 + index for index, name in enumerate(others)}


def _draw_groups(axes, points, labels, looks):
    size = float(np.clip(30_000 / len(points), 8, 60))
    for label in np.unique(labels).tolist():
        inside = labels == label
        axes.scatter(*points[inside].T, s=size * marker_scale(looks[label]), color=[group_colour(looks[label])],
                     marker=group_marker(looks[label]), linewidths=0.2, edgecolors="white", alpha=0.9)
    axes.margins(0.06)


def _name_largest(axes, points, labels, looks, names=None):
    """Write the names of the largest groups unless they would cover a larger one's; how many.

    Few photos would be hidden: their group's name stands above it, else at its middle photo.
    """
    groups, sizes = np.unique(labels, return_counts=True)
    extent = np.maximum(np.ptp(points, axis=0), 1e-12)
    above = len(points) < FEW_PHOTOS
    taken = []
    for group in groups[np.argsort(-sizes, kind="stable")][:MAX_NAMES].tolist():
        if group == NO_CLUSTER:
            continue
        own, text = points[labels == group], clean((names or {}).get(group, group), 16)
        place = _top(own) if above else _middle(own)
        half_width = 0.0065 * (len(text) + 1)
        near = [abs(place - other) / extent < (half_width + other_half, 0.027) for other, other_half in taken]
        if not any(overlap.all() for overlap in near):
            taken.append((place, half_width))
            axes.annotate(text, place, xytext=(0, 5 if above else 0), textcoords="offset points", fontsize=9,
                          ha="center", va="bottom" if above else "center",
                          color=[0.55 * c for c in group_colour(looks[group])], path_effects=outline(),
                          **bold_style(text))
    return len(taken)


def _middle(points):
    """The point nearest to the median of a group: it lies among its photos even where the group falls apart."""
    return points[np.linalg.norm(points - np.median(points, axis=0), axis=1).argmin()]


def _top(points):
    """Above the half of a group that lies nearest to its middle."""
    middle = _middle(points)
    apart = np.linalg.norm(points - middle, axis=1)
    near = points[apart <= np.median(apart)]
    return np.array([middle[0], near[:, 1].max()])
