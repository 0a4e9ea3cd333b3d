"""Charts of numbers: training curves, confusion of models and clusters, the scores at a glance."""
import re

import numpy as np
from matplotlib.ticker import MaxNLocator

from imgcluster.plots.style import clean, group_colour, new_figure, short_names, text_style
from imgcluster.scores.score_names import MAIN, OTHERS

_RATE_NAMES = ("learning_rate", "lr")
_NOT_CURVES = ("epoch", "phase", "seconds", *_RATE_NAMES)
_HELD_OUT = {"holdout_map_r": "MAP@R", "holdout_recall_1": "recall@1", "holdout_ari": "ARI, told their number"}
_AGREEMENT = {"Against the true labels": MAIN, **OTHERS}


def training_curves(history, *, title, kept=None):
    """Loss, accuracies and learning rate by epoch: training dashed, validation solid; scores of held-out models apart.

    history: DataFrame with one row per epoch in Keras' names (`loss`, `val_loss`, `accuracy`, `top_2`, ...,
    `learning_rate`), plus `epoch` and `phase` where there are such columns; a change of phase is a dotted line. Of
    `top_1`, `top_2` and so on the first and the last are drawn. kept: the epoch whose weights are in use, a black line.
    """
    epochs = history["epoch"].to_numpy() if "epoch" in history else np.arange(1, len(history) + 1)
    panels = [panel for panel in _panels(history) if panel[1]]
    figure = new_figure(max(4.8 * len(panels), 6.0), 4.4, title=title)
    for axes, (name, curves) in zip(np.atleast_1d(figure.subplots(1, max(1, len(panels)))), panels):
        for index, curve in enumerate(curves):
            # The first ones broader, so that they are seen on both sides of a later one in the same place.
            _draw_curve(axes, epochs, history, curve, group_colour(index), width=2 + 2.2 * (len(curves) - 1 - index))
        for change in _phase_changes(history, epochs):
            axes.axvline(change, color="#777777", linewidth=1.2, linestyle=":", label="until here the new layers alone")
        if kept is not None:
            axes.axvline(kept, color="black", linewidth=1.2, label="epoch that was kept")
        _finish_curves(axes, epochs, name)
    return figure


def _panels(history):
    """Name of each panel with the curves in it, `val_` left off."""
    numeric = history.select_dtypes("number").columns
    names = list(dict.fromkeys(str(name).removeprefix("val_") for name in numeric))
    losses = [name for name in names if name.endswith("loss")]
    rates = [name for name in names if name in _RATE_NAMES]
    held_out = [name for name in _HELD_OUT if name in names]
    tops = sorted((name for name in names if re.fullmatch(r"top_\d+", name)), key=lambda name: int(name[4:]))
    names = [name for name in names if name not in tops[1:-1]]
    return [("loss", losses), ("score on models held out", held_out),
            ("accuracy", [name for name in names if name not in (*losses, *held_out, *_NOT_CURVES)]),
            ("learning rate", rates)]


def _draw_curve(axes, epochs, history, name, colour, *, width):
    marker = "o" if len(epochs) == 1 else ""
    if name in history:
        kind = "training" if f"val_{name}" in history else ""
        axes.plot(epochs, history[name], linestyle="--" if kind else "-", marker=marker, color=colour,
                  linewidth=0.7 * width, label=f"{_spaced(name)} {kind}".strip())
    validation = history.get(f"val_{name}")
    if validation is not None:
        axes.plot(epochs, validation, marker=marker, color=colour, linewidth=width,
                  label=f"{_spaced(name)} validation")


def _spaced(name):
    return _HELD_OUT.get(name) or clean(name.replace("_", " "), 24)


def _phase_changes(history, epochs):
    """Epochs between which the phase changes, as places on the axis."""
    if "phase" not in history:
        return []
    changed = np.flatnonzero(history["phase"].to_numpy()[1:] != history["phase"].to_numpy()[:-1])
    return [(epochs[row] + epochs[row + 1]) / 2 for row in changed]


def _finish_curves(axes, epochs, name):
    axes.set_xlabel("epoch", **text_style())
    axes.set_ylabel(name, **text_style())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(min(epochs) - 0.5, max(epochs) + 0.5)
    if name in ("score on models held out", "accuracy"):
        axes.set_ylim(0, 1.06)  # what is at 1 is seen whole
        axes.set_yticks(np.linspace(0, 1, 6))
    if name == "learning rate":
        axes.set_yscale("log")
    else:
        axes.legend(fontsize=8, framealpha=0.8)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def confusion_figure(table, row_names, column_names, *, title):
    """Photos of true models by cluster; shade: share of the model, number: photos.

    table: counts [rows, columns]; row_names: models; column_names: clusters, as `metrics.confusion_table` gives
    them, so that agreement lies on the diagonal.
    """
    table = np.asarray(table)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    height, width = (1.0 + 0.33 * side for side in table.shape)
    figure = new_figure(max(width + 3.2, 5.5), max(height + 1.2, 3.0), title=title)
    axes = figure.add_subplot()
    shade = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    figure.colorbar(shade, ax=axes, shrink=0.8, pad=0.02).set_label("share of the model's photos", **text_style())
    axes.set_xticks(range(table.shape[1]), short_names(column_names, 14), rotation=90, fontsize=8, **text_style())
    axes.set_yticks(range(table.shape[0]), short_names(row_names, 24), fontsize=8, **text_style())
    axes.set_xlabel("predicted cluster", **text_style())
    axes.set_ylabel("true model", **text_style())
    for row, column in np.argwhere(table > 0):
        axes.text(column, row, str(table[row, column]), ha="center", va="center", fontsize=7,
                  color="white" if shares[row, column] > 0.55 else "black")
    return figure


def scores_figure(scores, *, title, interval=None):
    """Agreement scores as bars from 0 to 1 in groups, `ari` first, with its interval (low, high) as a whisker."""
    groups = {group: {score: text for score, (text, _) in members.items() if score in scores}
              for group, members in _AGREEMENT.items()}
    lines = [line for group, members in groups.items() if members for line in [(None, group), *members.items()]]
    figure = new_figure(7.5, 1.4 + 0.28 * len(lines), title=title)
    axes = figure.add_subplot()
    axes.set_yticks(range(len(lines)), ["" if name is None else text for name, text in lines], **text_style())
    axes.tick_params(left=False)
    for place, (name, text) in enumerate(lines):
        if name is None:
            axes.text(0.008, place + 0.1, text, va="center", fontsize=9, color="#555555", style="italic",
                      **text_style())
            continue
        axes.barh(place, scores[name], height=0.74, color=[group_colour(5 if name == "ari" else 0)])
        axes.text(1.02, place, f"{scores[name]:z.3f}", va="center", fontsize=9, transform=axes.get_yaxis_transform())
        if name == "ari" and interval is not None:
            axes.plot(interval, [place] * 2, color="black", linewidth=2, solid_capstyle="butt", marker="|")
    axes.set_xlim(min(0.0, *(scores[name] for name, _ in lines if name), *(interval or (0.0,))), 1.0)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlabel("score (1 = perfect; random labels score 0 in ARI and AMI)", **text_style())
    axes.spines[["top", "right"]].set_visible(False)
    return figure
