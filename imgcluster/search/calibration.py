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
# Share of the catalogue's photos whose nearest other product is less similar than what is still called similar.
UNLIKE_SHARE = 0.05


@dataclass(frozen=True)
class Curve:
    """Non-decreasing curves from similarities to the share of right matches, each a pair of float [n].

    first: of best matches; later: of those after it, which are less often right at the same similarity.
    """

    first: tuple
    later: tuple

    def __call__(self, similarity, rank):
        """Return the share of right matches, 0..1, at a similarity and rank (0 is the best match)."""
        return float(np.interp(similarity, *(self.later if rank else self.first)))


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
    nothing right to find. With fewer than 20 of them there is no curve. What is less alike than different products of
    the catalogue are among themselves is another kind of thing: that is the floor. Matches of the same product would
    set it too high, as photos of one shoot are more alike than a new photo ever is.
    """
    rows = np.flatnonzero(products.sizes[products.codes] > 1)
    usable = len(rows) >= MIN_SAMPLE
    rows = rows if usable else np.arange(len(index))
    sample = np.sort(np.random.default_rng(seed).permutation(rows)[:SAMPLE])
    photo_pairs, product_pairs, best, sizes = [], [], [], products.sizes.copy()
    for row, near, values in _others(index, sample):
        code = products.codes[row]
        photo_pairs.append([(value, products.codes[other] == code) for other, value in zip(near[:MATCHES], values)])
        sizes[code] -= 1
        hits = rank_products(near, values, products.codes, sizes)
        sizes[code] += 1
        product_pairs.append([(hit.similarity, hit.code == code) for hit in hits[:MATCHES]])
        best += [hit.similarity for hit in hits if hit.code != code][:1]
    floor = float(np.quantile(best, UNLIKE_SHARE)) if len(best) >= MIN_SAMPLE else -1.0
    return Calibration(_curve(photo_pairs), _curve(product_pairs), floor) if usable else Calibration(None, None, floor)


def _others(index, sample):
    """Yield (row, its nearest other photos, their similarities)."""
    rows, similarities = index.search(index.rows(sample), NEAREST_PHOTOS + 1)
    for row, near, values in zip(sample, rows, similarities):
        other = near != row
        yield row, near[other][:NEAREST_PHOTOS], values[other][:NEAREST_PHOTOS]


def _curve(matches):
    """The Curve of lists of (similarity, right or not), one list per photo, best match first."""
    first = _fit([pairs[0] for pairs in matches])
    return Curve(first, _fit([pair for pairs in matches for pair in pairs[1:]]) or first)


def _fit(pairs):
    if not pairs:
        return None
    similarities, right = (np.array(part, float) for part in zip(*pairs))
    # One imagined exception at either end: as many as were seen cannot make a match certain, or impossible.
    similarities = np.concatenate([[similarities.min()], similarities, [similarities.max()]])
    right = np.concatenate([[1.0], right, [0.0]])
    fit = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(similarities, right)
    return fit.X_thresholds_, fit.y_thresholds_
