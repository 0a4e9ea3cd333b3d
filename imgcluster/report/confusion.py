"""Which true models a clustering confuses most."""
import numpy as np
import pandas as pd
from scipy import sparse

from imgcluster.rows import blocks
from imgcluster.scores.unplaced import is_placed

MODELS_AT_ONCE = 500
MOST, STRAY = 8, 0.1


def confused_pairs(true, predicted, *, num=MOST):
    """Pairs of true models that share clusters, most photo pairs wrongly put together first.

    Returns dicts: "models" (two labels), "wrong_pairs" (pairs of photos, one of each model, in one cluster), "clusters"
    (those they share, the worst first), "rows" (for each model its rows inside these clusters). Photos in no cluster
    (-1) are not put together.
    """
    true, predicted = np.asarray(true), np.asarray(predicted)
    placed = is_placed(predicted)
    models, model = np.unique(true[placed], return_inverse=True)
    clusters, cluster = np.unique(predicted[placed], return_inverse=True)
    counts = sparse.csr_array((np.ones(len(model), np.int64), (model, cluster)), shape=(len(models), len(clusters)))
    found = []
    for number, *pair in _worst(counts, num):
        in_each = np.prod(counts[pair].toarray(), axis=0)
        shared = clusters[np.argsort(-in_each, kind="stable")[:np.count_nonzero(in_each)]]
        inside = np.isin(predicted, shared)
        found.append({"models": models[pair].astype(str).tolist(), "wrong_pairs": int(number),
                      "clusters": shared.tolist(), "rows": [np.flatnonzero(inside & (true == models[side]))
                                                            for side in pair]})
    return found


def _worst(counts, num):
    """The `num` pairs of models that share most pairs of photos by counts [models, clusters], a sparse matrix, as
    [pairs of photos, one model, the other]; some models are compared with all at a time."""
    worst = []
    for rows in blocks(counts.shape[0], size=MODELS_AT_ONCE):
        both = (counts[rows] @ counts.T).tocoo()
        number, one, other = both.data, both.row + rows.start, both.col
        order = np.lexsort([other, one, -number])
        worst += np.stack([number, one, other], axis=1)[order[(one < other)[order]][:num]].tolist()
    return sorted(worst, key=lambda pair: (-pair[0], *pair[1:]))[:num]


def split_models(true, predicted):
    """True models that lie in several clusters, as dicts "model", "photos", "clusters" ({cluster: photos}).

    true: labels [N], strings or integers; predicted: clusters, int [N], -1 for none. Clusters with less than a tenth of
    a model's photos, or with one, are strays and do not count, nor do photos in no cluster; "photos" counts all others,
    and "clusters" has the largest first. The eight with most photos outside their largest cluster, these first.
    """
    placed = is_placed(predicted)
    models, model = np.unique(np.asarray(true)[placed], return_inverse=True)
    counts = pd.Series(np.asarray(predicted)[placed]).groupby(model).value_counts().sort_index()
    found = []
    for number, part in counts.groupby(level=0):
        name, clusters, photos = models[number], part.index.get_level_values(1).to_numpy(), part.to_numpy()
        order = [i for i in np.argsort(-photos, kind="stable") if photos[i] >= max(2, STRAY * photos.sum())]
        if len(order) > 1:
            found.append({"model": str(name), "photos": int(photos.sum()),
                          "clusters": {int(clusters[i]): int(photos[i]) for i in order}})
    return sorted(found, key=lambda item: max(item["clusters"].values()) - item["photos"])[:MOST]
