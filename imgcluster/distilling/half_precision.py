"""Weights files in half precision, with a network's pooling beside its weights."""
import h5py
import numpy as np

from imgcluster.files import replacing
from imgcluster.network.depth_pooling import write_statistics

LARGEST = np.finfo(np.float16).max


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
