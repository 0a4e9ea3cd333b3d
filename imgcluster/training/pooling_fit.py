"""The pooling of several depths fitted to photos without labels, and written into a weights file beside the weights."""
from itertools import islice

import h5py
import keras
import numpy as np

from imgcluster.files import replacing
from imgcluster.network.depth_pooling import backbone_maps, fit_statistics, pooled_depths, write_statistics
from imgcluster.training.crops import resized

# Photos of which all views are pooled at once.
PHOTOS_TOGETHER = 12
LARGEST = np.finfo(np.float16).max


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


def write_half_precision(network, path, statistics):
    """Write a network's weights (.weights.h5) in float16, at half the size; Keras widens them on loading.

    Arrays with numbers too large for that stay as they are.

    statistics: of its pooling (`depth_pooling`), for the same file; an empty mapping for none.
    """
    with replacing(path) as temporary:
        whole = temporary.with_name(temporary.name.removesuffix(".weights.h5") + ".whole.weights.h5")
        network.save_weights(whole)
        with h5py.File(whole) as source, h5py.File(temporary, "w") as target:
            _copy_half(source, target)
        if statistics:
            write_statistics(temporary, statistics)
        whole.unlink()


def _copy_half(source, target):
    target.attrs.update(source.attrs)
    for name, item in source.items():
        if hasattr(item, "items"):
            _copy_half(item, target.create_group(name))
        else:
            array = item[()]
            fits = getattr(array, "dtype", None) == np.float32 and np.abs(array).max(initial=0) < LARGEST
            target.create_dataset(name, data=array.astype(np.float16) if fits else array)
            target[name].attrs.update(item.attrs)
