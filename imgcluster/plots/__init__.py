"""Figures of a run: every function returns a `matplotlib.figure.Figure`, saved by the caller; no window opens."""
import logging

# Before it is imported, when it would tell of a home that may not be written to, and of a font cache elsewhere.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

from imgcluster.plots.charts import confusion_figure, scores_figure, training_curves  # noqa: E402
from imgcluster.plots.layout import lay_out  # noqa: E402
from imgcluster.plots.map_figures import distance_map_figure, hits_figure, map_with_thumbnails  # noqa: E402
from imgcluster.plots.scatter import scatter_pair  # noqa: E402
from imgcluster.plots.sheets import before_after_sheet, contact_sheet  # noqa: E402
from imgcluster.plots.style import finding  # noqa: E402

__all__ = ["before_after_sheet", "confusion_figure", "contact_sheet", "distance_map_figure", "lay_out", "finding",
           "hits_figure", "map_with_thumbnails", "scatter_pair", "scores_figure", "training_curves"]
