"""The pooling of several depths fitted to photos without labels."""
from itertools import islice

import keras
import numpy as np

from imgcluster.network.depth_pooling import backbone_maps, fit_statistics, pooled_depths
from imgcluster.training.crops import resized

# Photos of which all views are pooled at once.
PHOTOS_TOGETHER = 12


def fit_to_views(embedding, views):
    """Return the statistics of `DepthPooling` for an embedding network of `build_backbone`.

    views: iterator of uint8 [V, S, S, 3], V >= 2 views of one photo each; a thousand photos are enough, a few hundred
    give most of it.
    """
    pool, groups = view_pooling(embedding), []
    while group := list(islice(views, PHOTOS_TOGETHER)):
        groups.append(pool(group))
    return fit_to_pooled(groups)


def view_pooling(embedding):
    """Return a function from a list of P photos' views, uint8 [V, S, S, 3] each, to their `pooled_depths` as a network
    of `build_backbone` sees them: six float32 arrays [P, V, D]."""
    maps = backbone_maps(embedding)(embedding.input, training=False)
    pooled = keras.Model(embedding.input, pooled_depths(maps))

    def pool(group):
        pictures = resized(np.concatenate(group), embedding.input_shape[1])
        return [part.reshape(len(group), -1, part.shape[-1]) for part in pooled.predict_on_batch(pictures)]
    return pool


def fit_to_pooled(groups):
    """Return what `fit_to_views` does, for an iterable of what the function of `view_pooling` returned."""
    return fit_statistics([np.concatenate(parts) for parts in zip(*groups)])
