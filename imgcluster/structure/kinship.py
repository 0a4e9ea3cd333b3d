"""Whether photos show the same kind of product as known ones, read from features."""
import numpy as np

from imgcluster.rows import read_sample, sample_step
from imgcluster.structure.neighbours import group_means

COMPARED_ROWS = 1000
# Photos of the same kind of product as the known ones have a higher kinship than this, also where these are of a few
# brands, those of another kind a lower one, but where the known products are of many kinds themselves
# (docs/finetuning.md).
LEAST_KINSHIP = 0.35


def kinship(features, known_features, labels):
    """Return how far photos are of the same kind of product as known ones: about 0.5 or more if so, near 0 if not.

    features [N, D]; known_features [M, D] with M labels. It is how often a photo is more like the known one nearest to
    it than known photos are like the nearest one of the other products, of which only the farther half is looked at, as
    products of one brand or line may lie much closer together than those of a kind do (cosine; the area under the ROC
    curve), over 1,000 to 2,000 evenly spaced photos of either, or all. 0.5 where fewer than two products are known.
    """
    products, labels = np.unique(np.asarray(labels)[::sample_step(len(labels), COMPARED_ROWS)], return_inverse=True)
    if len(products) < 2:
        return 0.5
    new, known = (read_sample(rows, COMPARED_ROWS, normalize=True) for rows in (features, known_features))
    among_known = known @ known.T
    among_known[~farther_half(group_means(known, labels, np.bincount(labels)))[labels][:, labels]] = -np.inf
    to_others, to_known = np.sort(among_known.max(axis=1)), (new @ known.T).max(axis=1)
    return float(np.searchsorted(to_others, to_known).mean() / len(to_others))


def farther_half(means):
    """Return, bool [K, K], for each product which others are the less like it, by the products' means [K, D].

    It is half of the others, or one more than the rest where their number is odd; of two products, the other one.
    """
    likeness = means @ means.T
    np.fill_diagonal(likeness, np.inf)
    return likeness.argsort(axis=1, kind="stable").argsort(axis=1) < len(means) // 2
