"""Figures of a run: every function returns a `matplotlib.figure.Figure`, saved by the caller; no window opens."""
from imgcluster.plots.charts import confusion_figure, scores_figure, training_curves
from imgcluster.plots.layout import lay_out
from imgcluster.plots.map_figures import distance_map_figure, hits_figure, map_with_thumbnails
from imgcluster.plots.scatter import scatter_pair
from imgcluster.plots.sheets import before_after_sheet, contact_sheet
from imgcluster.plots.style import finding

__all__ = ["before_after_sheet", "confusion_figure", "contact_sheet", "distance_map_figure", "lay_out", "finding",
           "hits_figure", "map_with_thumbnails", "scatter_pair", "scores_figure", "training_curves"]
