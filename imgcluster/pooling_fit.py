"""The pooling of several depths fitted to photos without labels, and written into a weights file beside the weights."""
from itertools import islice

import h5py
import keras
import numpy as np

from imgcluster.artefacts import replacing
from imgcluster.crops import resized
from imgcluster.depth_pooling import fit_statistics, pooled_depths, with_inner_maps, write_statistics

# Photos of which all views are pooled at once.
PHOTOS_TOGETHER = 12
LARGEST = np.finfo(np.float16).max


def fit_to_views(embedding, views):
    """Return the statistics of `DepthPooling` for an embedding network of `build_backbone`.

    views: iterator of uint8 [V, S, S, 3], V >= 2 views of one photo each; a thousand photos are enough, a few hundred
    give most of it.
    """
    maps, rows = keras.Model(embedding.input, backbone_maps(embedding)(embedding.input, training=False)), []
    while group := list(islice(views, PHOTOS_TOGETHER)):
        pictures = resized(np.concatenate(group), embedding.input_shape[1])
        rows.append([keras.ops.convert_to_numpy(part).reshape(len(group), -1, part.shape[-1])
                     for part in pooled_depths(maps(pictures, training=False))])
    return fit_statistics([np.concatenate(parts) for parts in zip(*rows)])


def backbone_maps(embedding):
    """Return a function from pictures and training=... to the backbone's maps at each of STRIDES and at the end."""
    backbone = embedding.get_layer("backbone")
    scaling = [layer for layer in embedding.layers if layer.name == "scaling"]
    inner = with_inner_maps(backbone)

    def maps(pictures, **options):
        return inner(scaling[0](pictures) if scaling else pictures, **options)
    return maps


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
