"""Training curves, confusion and scores."""
import numpy as np
import pandas as pd
import pytest
from drawing import contrast, drawn
from matplotlib.collections import PolyCollection

from imgcluster.plots import (
    confusion_figure,
    finding,
    hits_figure,
    scores_figure,
    training_curves,
)

pytestmark = pytest.mark.filterwarnings("error")


def test_numbers_can_be_read_on_every_shade():
    for counts in (np.array([[1]]), np.arange(1, 21).reshape(4, 5)):
        figure = hits_figure(counts, topology="rectangular", title="")
        drawn(figure)
        cells, = (artist for artist in figure.axes[0].collections if isinstance(artist, PolyCollection))
        shades = dict(zip(counts.ravel(), cells.get_facecolors()))
        assert len(figure.axes[0].texts) == counts.size
        assert all(contrast(text.get_color(), shades[int(text.get_text())][:3]) > 3 for text in figure.axes[0].texts)
    shares = np.column_stack([counts.ravel(), 20 - counts.ravel()])
    axes = confusion_figure(shares, range(20), "ab", title="").axes[0]
    shade = axes.images[0]
    assert all(contrast(text.get_color(), shade.cmap(int(text.get_text()) / 20)[:3]) > 3 for text in axes.texts)


def test_training_curves_pair_training_with_validation_and_mark_the_phase():
    history = pd.DataFrame({"epoch": [1, 2, 3], "phase": ["head", "head", "blocks"], "loss": [3.0, 2, 1],
                            "val_loss": [3.0, 2, 2.5], "accuracy": [0.1, 0.5, 0.6], "val_accuracy": [0.1, 0.4, 0.5],
                            "learning_rate": [1e-3, 1e-3, 1e-4]})
    figure = training_curves(history, title="shoes: validation accuracy 0.50", kept=2)
    loss, accuracy, rate = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy", "learning rate"]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [
        "loss training", "loss validation", "until here the new layers alone", "epoch that was kept"]
    assert [line.get_xdata()[0] for line in loss.lines[-2:]] == [2.5, 2]
    drawn(figure)


def test_scores_of_models_held_out_stand_apart_under_their_names():
    history = pd.DataFrame({"epoch": [0, 1], "val_top_1": [0.5, 0.6], "holdout_recall_1": [0.7, 0.8],
                            "holdout_map_r": [0.3, 0.4], "holdout_ari": [0.2, 0.3]})
    held_out, accuracy = training_curves(history, title="shoes").axes
    named = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in (held_out, accuracy)]
    assert named == [["MAP@R", "recall@1", "ARI, told their number"], ["top 1 validation"]]


def test_curves_in_one_place_are_all_seen_and_whole_at_1():
    names = [f"val_top_{k}" for k in (1, 2, 3, 5)] + ["holdout_map_r", "holdout_recall_1", "holdout_ari"]
    figure = training_curves(pd.DataFrame({"epoch": range(4), **{name: np.ones(4) for name in names}}), title="shoes")
    drawn(figure)
    written = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert written == ["top 1 validation", "top 5 validation"]
    for axes in figure.axes:
        broad = [line.get_linewidth() for line in axes.lines]
        assert len(broad) > 1 and (np.diff(broad) < -1.5).all()  # the later ones are drawn above, and narrower
        at_1, top = axes.transData.transform([(0, 1), (0, axes.get_ylim()[1])])[:, 1]
        assert top - at_1 > broad[0] / 2 * figure.dpi / 72 and max(axes.get_yticks()) == 1


def test_training_curves_of_one_epoch_without_validation():
    figure = training_curves(pd.DataFrame({"loss": [2.0]}), title="one epoch")
    assert len(figure.axes) == 1
    drawn(figure)


def test_confusion_writes_the_counts_that_are_not_zero():
    figure = confusion_figure([[5, 0, 1], [0, 4, 0]], ["bag", "shoe"], ["4", "9", "other"], title="shoes")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["5", "1", "4"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "9", "other"]
    drawn(figure)


def test_scores_are_bars_in_groups_with_the_interval_of_ari():
    figure = scores_figure({"ari": 0.41, "nmi": 0.7, "num_clusters": 24}, title="shoes", interval=(0.38, 0.44))
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.41, 0.7]
    assert tuple(axes.lines[0].get_xdata()) == (0.38, 0.44)
    assert {"Against the true labels", "Shared information", "0.410"} <= {text.get_text() for text in axes.texts}
    drawn(figure)


def test_scores_below_zero_stay_in_the_picture():
    axes = scores_figure({"ari": -0.2}, title="shoes").axes[0]
    assert axes.get_xlim()[0] <= -0.2


def test_scores_just_below_zero_have_no_sign():
    figure = scores_figure({"ari": -0.0002}, title="")
    assert [text.get_text() for axes in figure.axes for text in axes.texts if "0.000" in text.get_text()] == ["0.000"]
    assert "ARI 0.00" in finding("shoes", num_clusters=3, ari=-0.003)


def test_finding_says_what_is_known():
    assert finding("shoes", num_clusters=24, num_models=25, ari=0.412) == "shoes: 24 clusters for 25 models, ARI 0.41"
    assert finding("mugs", num_clusters=1, num_photos=1200) == "mugs: 1 cluster (1,200 photos)"
