"""Which clusters may hold several products: in doubt, and in parts that lie apart at the next finer level."""
import numpy as np

from imgcluster.clusters.directions import summed_directions
from imgcluster.rows import unit_length

CLUSTERS = 24  # listed at most


def in_parts(features, rows, labels, confidence, finer):
    """Return the clusters that a finer level divides into parts that lie apart, those likeliest to be several products
    first: by how separate their parts are, times how much their photos are in doubt, all together.

    Either alone tells less: parts lie as far apart where they are one product from two sides. features [N, D] as the
    network made them: where what differs within clusters counts less, so does what tells products in one of them apart.
    rows int [n]: the photos that are looked at; labels int [n]: their clusters, -1 for none; confidence float [n];
    finer: their labels int [n] at each finer level, coarse to fine.
    """
    found = {}
    for cluster in np.unique(labels[labels >= 0]).tolist():
        inside = np.flatnonzero(labels == cluster)
        parts = next((level[inside] for level in finer if len(np.unique(level[inside])) > 1), None)
        if parts is not None:
            found[cluster] = separation(features[rows[inside]], parts) * (1 - confidence[inside]).sum()
    likely = [cluster for cluster in found if found[cluster] > 0]
    return sorted(likely, key=lambda cluster: -found[cluster])[:CLUSTERS]


def separation(features, parts):
    """Return how separate parts are, -1 to 1: the mean over them of the silhouettes of their photos, where a photo's
    distance to a part is one minus its cosine to the mean direction of the other photos in it.

    features [n, D]; parts int [n]. A photo that is a part by itself counts as 0, so that strays are no products
    (Rousseeuw, J. Comput. Appl. Math. 20, 1987; simplified as in Hruschka et al., Inf. Sci. 176, 2006).
    """
    parts, sizes = np.unique(parts, return_inverse=True, return_counts=True)[1:]
    photos = unit_length(np.asarray(features, np.float32))
    sums = summed_directions(photos, parts)
    inside = 1 - (unit_length(sums[parts] - photos) * photos).sum(axis=1)
    likeness = photos @ unit_length(sums).T
    likeness[np.arange(len(parts)), parts] = -np.inf
    outside = 1 - likeness.max(axis=1)
    values = np.where(sizes[parts] > 1, (outside - inside) / np.maximum(np.maximum(outside, inside), 1e-9), 0)
    return float((np.bincount(parts, values) / sizes).mean())
