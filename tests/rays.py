"""Photos whose features lie along rays, one for each product."""
import numpy as np


def rays(num_products=5, photos=40, seed=0):
    """(features of photos along rays, at all lengths, their products)."""
    rng, labels = np.random.default_rng(seed), np.repeat(np.arange(num_products), photos)
    features = rng.standard_normal((num_products, 16))[labels] + 0.3 * rng.standard_normal((len(labels), 16))
    return (features * rng.uniform(0.1, 10, (len(labels), 1))).astype(np.float32), labels
