"""Corrections of photos that were just put in clusters."""
from imgcluster.clusters import carried_over
from imgcluster.clusters.clusterings import found_in


def corrected(data_dir, img_paths, features, clustering, *, earlier=None, **options):
    """What `carried_over.corrected` returns for photos in a Clustering that step 04 has found in a folder."""
    found = found_in(data_dir, img_paths, clustering.labels, earlier)
    return carried_over.corrected(data_dir, found, features, clustering, **options)
