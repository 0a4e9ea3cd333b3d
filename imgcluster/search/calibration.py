"""What a similarity is worth in this catalogue: how often a match at it shows the same product.

Every photo of a sample is searched in the rest of the catalogue; the matches found, right and wrong, give the share of
right ones at each similarity by isotonic regression (Zadrozny & Elkan, "Transforming classifier scores into accurate
multiclass probability estimates", KDD 2002, section 3.2).
"""
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

from imgcluster.search.products import NEAREST_PHOTOS, rank_products

SAMPLE = 1000
MIN_SAMPLE = 20
# Best matches of each photo that count.
MATCHES = 5
# Share of the catalogue's own photos whose best match lies below what is still called similar.
UNLIKE_SHARE = 0.05


@dataclass(frozen=True)
class Curve:
    """A non-decreasing step-free curve from similarities to the share of right matches, both float [n]."""

    similarities: np.ndarray
    shares: np.ndarray

    def __call__(self, similarity):
        """Return the share of right matches at a similarity, 0..1."""
        return float(np.interp(similarity, self.similarities, self.shares))


@dataclass(frozen=True)
class Calibration:
    """Curves for photos and for products (None where the catalogue cannot tell), and the least product similarity that
    is called similar (-1 where unknown)."""

    photos: Curve | None
    products: Curve | None
    floor: float


def calibrate(index, products, *, seed=0):
    """Return the Calibration of a catalogue: `index` its CosineIndex, `products` its Products.

    At most 1,000 photos are looked up, drawn with `seed` from the products of two photos or more: the others have
    nothing right to find. With fewer than 20 of them there is no curve.
    """
    rows = np.flatnonzero(products.sizes[products.codes] > 1)
    usable = len(rows) >= MIN_SAMPLE
    rows = rows if usable else np.arange(len(index))
    sample = np.sort(np.random.default_rng(seed).permutation(rows)[:SAMPLE])
    photo_pairs, product_pairs, best, sizes = [], [], [], products.sizes.copy()
    for row, near, values in _others(index, sample):
        code = products.codes[row]
        photo_pairs += zip(values[:MATCHES], products.codes[near[:MATCHES]] == code)
        sizes[code] -= 1
        hits = rank_products(near, values, products.codes, sizes)
        sizes[code] += 1
        product_pairs += [(hit.similarity, hit.code == code) for hit in hits[:MATCHES]]
        best += [hit.similarity for hit in hits[:1]]
    floor = float(np.quantile(best, UNLIKE_SHARE)) if len(best) >= MIN_SAMPLE else -1.0
    return Calibration(_curve(photo_pairs), _curve(product_pairs), floor) if usable else Calibration(None, None, floor)


def _others(index, sample):
    """Yield (row, its nearest other photos, their similarities)."""
    rows, similarities = index.search(index.rows(sample), NEAREST_PHOTOS + 1)
    for row, near, values in zip(sample, rows, similarities):
        other = near != row
        yield row, near[other][:NEAREST_PHOTOS], values[other][:NEAREST_PHOTOS]


def _curve(pairs):
    similarities, right = (np.array(part, float) for part in zip(*pairs))
    # One imagined exception at either end: as many as were seen cannot make a match certain, or impossible.
    similarities = np.concatenate([[similarities.min()], similarities, [similarities.max()]])
    right = np.concatenate([[1.0], right, [0.0]])
    fit = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(similarities, right)
    return Curve(fit.X_thresholds_, fit.y_thresholds_)
