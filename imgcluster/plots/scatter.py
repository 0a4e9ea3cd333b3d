"""Photos as points in the plane, coloured by true model and by cluster."""
import numpy as np

from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.plots.name_places import name_places, nearest_to_name
from imgcluster.plots.style import (
    bare_axes,
    bold_style,
    group_colour,
    group_marker,
    marker_scale,
    new_figure,
    outline,
    short_names,
    text_style,
)
from imgcluster.scores.metrics import numbers_of_models
from imgcluster.wording import text_width

MAX_NAMES = 40
CLOSE_BY = 0.03  # of a panel's side


def scatter_pair(points, true, predicted, *, title, method="t-SNE", names=None):
    """Points coloured by true model and by predicted cluster side by side; clusters alone where `true` is None.

    points: [M, 2]; true: labels [M]; predicted: int [M], -1 for photos in no cluster, which are grey; names: {cluster:
    what people call it}, where they do. Clusters look as their numbers say (`group_colour`), and a model as the cluster
    matched to it, so that what agrees looks alike in both panels. The largest groups are named beside their points;
    there is no legend.
    """
    points, predicted = np.asarray(points), np.asarray(predicted)
    panels = [("predicted cluster", predicted, {cluster: cluster for cluster in np.unique(predicted).tolist()})]
    if true is not None:
        true = np.asarray(true)
        panels.insert(0, ("true model", true, numbers_of_models(true, predicted)))
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


def _draw_groups(axes, points, labels, looks):
    """Draw the points of all groups, those of one marker at once: there may be thousands of groups."""
    size = float(np.clip(30_000 / len(points), 8, 60))
    groups, group = np.unique(labels, return_inverse=True)
    markers, scales, colours = (np.array([look(looks[label]) for label in groups.tolist()])
                                for look in (group_marker, marker_scale, group_colour))
    for marker in np.unique(markers).tolist():
        inside = markers[group] == marker
        axes.scatter(*points[inside].T, s=size * scales[group[inside]], c=colours[group[inside]], marker=marker,
                     linewidths=0.2, edgecolors="white", alpha=0.9)
    axes.margins(0.06)


def _name_largest(axes, points, labels, looks, names=None):
    """Write the names of the largest groups where there is room for them; how many."""
    groups, sizes = np.unique(labels, return_counts=True)
    largest = [group for group in groups[np.argsort(-sizes, kind="stable")].tolist() if group != NO_CLUSTER][:MAX_NAMES]
    texts = short_names([(names or {}).get(group, group) for group in largest], 16)
    halves = [np.array([0.0065 * (text_width(text) + 1), 0.0135]) for text in texts]
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    own = [(points[labels == group] - low) / (high - low) for group in largest]
    named = name_places((points - low) / (high - low), own, halves)
    for place, centre in named.items():
        nearest, way = nearest_to_name(centre, halves[place], own[place])
        _write_name(axes, texts[place], centre, group_colour(looks[largest[place]]),
                    pointed_at=nearest if way > CLOSE_BY else None, order=place)
    return len(named)


def _write_name(axes, text, centre, colour, *, pointed_at, order):
    """A name at its place in the panel, with a line to a point of its group, beneath the names that come before it."""
    dark = [0.55 * channel for channel in colour]
    line = {"arrowstyle": "-", "color": dark, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0}
    axes.annotate(text, centre if pointed_at is None else pointed_at, xytext=centre, xycoords="axes fraction",
                  textcoords="axes fraction", fontsize=9, ha="center", va="center", color=dark,
                  zorder=4 - order / MAX_NAMES, path_effects=outline(),
                  arrowprops=None if pointed_at is None else line, **bold_style(text))
