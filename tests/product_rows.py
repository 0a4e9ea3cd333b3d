"""Features of labelled products, for the tests of what is learned from them."""
import numpy as np


def products(num, sizes, *, width=24, noise=0.2, rng):
    """Return (rows [N, width], labels [N]) of `num` products: clouds of as many rows as `sizes` says, each or all."""
    labels = np.repeat(np.arange(num), sizes)
    rows = rng.standard_normal((num, width))[labels] + noise * rng.standard_normal((len(labels), width))
    return rows.astype(np.float32), labels
