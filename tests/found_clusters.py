"""Clusterings in a line: photos are letters."""
import numpy as np

from imgcluster.clusters.clusterings import Found


def clustering(clusters, begun=None):
    """A Found of {file: cluster}."""
    files, labels = list(clusters), np.array(list(clusters.values()))
    return Found(files, labels, begun=labels if begun is None else np.array([begun[file] for file in files]))


def spread(**groups):
    """{photo: cluster} of texts of photos, one letter each: c0="abc", c1="d", none="e"."""
    return {photo: -1 if name == "none" else int(name[1:]) for name, photos in groups.items() for photo in photos}
