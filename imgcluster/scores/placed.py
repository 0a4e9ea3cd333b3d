"""How well photos were placed in the clusters of earlier datasets, where all have true labels."""
import numpy as np
from sklearn.metrics.cluster import contingency_matrix

from imgcluster.datafiles.artefacts import read_labels_true
from imgcluster.datafiles.chain import chain_behind, chain_labels
from imgcluster.errors import UserError
from imgcluster.scores.unplaced import is_placed


def placing_in(data_dir, true, predicted, *, folder_of):
    """Return the `placing_scores` of photos in `data_dir`; {} where they were not placed in earlier clusters, or where
    one of the earlier datasets (`chain_behind`) has no true labels or its files do not agree (any more).

    true, predicted: labels [N] of the photos. folder_of: function from the name of a dataset to its DATA_DIR.
    """
    try:
        chain = chain_behind(data_dir, folder_of=folder_of)
        earlier_true, earlier = [read_labels_true(folder) for folder in chain.values()], chain_labels(chain)
    except UserError:
        return {}
    if not chain or any(labels is None for labels in earlier_true):
        return {}
    return placing_scores(true, predicted, np.concatenate(earlier_true), np.concatenate(earlier).astype(str))


def placing_scores(true, predicted, earlier_true, earlier):
    """Return shares, 0 to 1, of photos: "known_in_own_cluster" and "known_in_no_cluster" of those that show products of
    the earlier photos, "new_in_no_cluster" of the others.

    true, predicted: labels [N] of the photos, earlier_true and earlier [M] of the earlier ones; text, clusters -1 for
    none. A product is known where its name is among the labels of both. Its own clusters are the one that holds most of
    its earlier photos, and those that hold more photos of it than of any other product. A cluster without earlier
    photos, as a person may have made, counts as none. Where no name is among both, products may be named otherwise: {}.
    A share of no photos is left out.
    """
    known, placed = np.isin(true, earlier_true), is_placed(earlier)
    if not known.any() or not placed.any():
        return {}
    clusters, products = np.unique(earlier[placed]), np.unique(earlier_true[placed])
    photos = contingency_matrix(earlier[placed], earlier_true[placed], sparse=True)
    owner = dict(zip(clusters, products[np.asarray(photos.argmax(axis=1)).ravel()]))
    home = dict(zip(products, clusters[np.asarray(photos.argmax(axis=0)).ravel()]))
    nowhere = ~np.isin(predicted, clusters)
    own = np.array([owner.get(cluster) == label or home.get(label) == cluster
                    for cluster, label in zip(predicted, true)])
    found = {"known_in_own_cluster": own[known], "known_in_no_cluster": nowhere[known],
             "new_in_no_cluster": nowhere[~known]}
    return {name: float(share.mean()) for name, share in found.items() if len(share)}
