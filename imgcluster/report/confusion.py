"""Which true models a clustering confuses most."""
from itertools import combinations

import numpy as np
import pandas as pd

from imgcluster.scores.unplaced import is_placed


def confused_pairs(true, predicted, *, num=8):
    """Pairs of true models that share clusters, most photo pairs wrongly put together first.

    Returns dicts: "models" (two labels), "wrong_pairs" (pairs of photos, one of each model, in one cluster), "clusters"
    (those they share, the worst first), "rows" (for each model its rows inside these clusters). Photos in no cluster
    (-1) are not put together.
    """
    models, model = np.unique(np.asarray(true), return_inverse=True)
    predicted = np.asarray(predicted)
    placed = is_placed(predicted)
    counts = pd.Series(model[placed]).groupby(predicted[placed]).value_counts().sort_index()
    shared = {}
    for cluster, part in counts.groupby(level=0):
        inside = part.droplevel(0).nlargest(2 * num)
        for (first, n), (second, m) in combinations(sorted(inside.items()), 2):
            shared.setdefault((first, second), []).append((n * m, cluster))
    worst = sorted(shared, key=lambda pair: (-sum(n for n, _ in shared[pair]), pair))[:num]
    return [_pair(models, model, predicted, pair, shared[pair]) for pair in worst]


def _pair(models, model, predicted, pair, shared):
    clusters = [cluster for _, cluster in sorted(shared, key=lambda item: (-item[0], item[1]))]
    inside = np.isin(predicted, clusters)
    return {"models": [str(models[side]) for side in pair], "wrong_pairs": int(sum(n for n, _ in shared)),
            "clusters": [int(cluster) for cluster in clusters],
            "rows": [np.flatnonzero(inside & (model == side)) for side in pair]}


def split_models(true, predicted, *, num=8, least_share=0.1):
    """True models that lie in several clusters, as dicts "model", "photos", "clusters" ({cluster: photos}).

    Clusters with less than `least_share` of a model's photos are strays and do not count, nor do photos in no cluster
    (-1); most photos outside the model's largest cluster first.
    """
    placed = is_placed(predicted)
    models, model = np.unique(np.asarray(true)[placed], return_inverse=True)
    counts = pd.Series(np.asarray(predicted)[placed]).groupby(model).value_counts().sort_index()
    found = []
    for number, part in counts.groupby(level=0):
        name, clusters, photos = models[number], part.index.get_level_values(1).to_numpy(), part.to_numpy()
        order = [i for i in np.argsort(-photos, kind="stable") if photos[i] >= max(2, least_share * photos.sum())]
        if len(order) > 1:
            found.append({"model": str(name), "photos": int(photos.sum()),
                          "clusters": {int(clusters[i]): int(photos[i]) for i in order}})
    return sorted(found, key=lambda item: max(item["clusters"].values()) - item["photos"])[:num]
