"""Which clusters may hold several products: those with most photos in doubt, of the ones that a finer level divides."""
import numpy as np

from imgcluster.clusters.cluster_results import DOUBTFUL

CLUSTERS = 24  # listed at most


def in_parts(labels, confidence, finer):
    """Return the clusters that a finer level divides and that have photos in doubt, those with most of these first.

    labels int [N], -1 for none; confidence float [N], below `DOUBTFUL` where in doubt; finer: labels int [N] at each
    finer level. How far the parts lie apart tells less: as far, where they are one product from two sides.
    """
    divided = [cluster for cluster in np.unique(labels[labels >= 0]).tolist()
               if any(len(np.unique(level[labels == cluster])) > 1 for level in finer)]
    doubts = np.bincount(labels[(labels >= 0) & (confidence < DOUBTFUL)], minlength=labels.max(initial=-1) + 1)
    return sorted((cluster for cluster in divided if doubts[cluster]), key=lambda cluster: -doubts[cluster])[:CLUSTERS]
