"""What a match is worth in this catalogue: how likely it shows the same product, and what is like nothing in it.

Similarity alone says little: what counts is how far a product is ahead of the others. The score of a product is its
share of exp(sharpness x similarity) over all products found, a softmax whose one number is learned as in temperature
scaling (Guo et al., "On calibration of modern neural networks", ICML 2017, section 4.2): every photo of a sample is
searched in the rest of the catalogue, and the right products are made as likely as they can be.

That holds for photos like those of the catalogue. One is ahead among things of another kind, too: so scores fall where
the photo is less of the catalogue's kind (`products.likeness`) than nearly all of its own are, and below the floor,
where photos of unknown products of the kind hardly come, nothing is similar.
"""
from dataclasses import dataclass

import numpy as np

from imgcluster.search.products import NEAREST_PHOTOS, gather, likeness

SAMPLE = 1000
MIN_SAMPLE = 20
# Between hardly any difference among products and the first one taken for certain.
SHARPNESS = 0.1, 1000.0
# Share of the catalogue's photos that are less of its kind than is usual, and, if their own product were not in it,
# that would be called unlike everything.
UNLIKE_SHARE = 0.05


@dataclass(frozen=True)
class Calibration:
    """sharpness: what a difference in similarity is worth (None where the catalogue cannot tell); floor: the least
    `products.likeness` that is called similar (-1 where unknown); usual: the least at which scores do not fall."""

    sharpness: float | None
    floor: float
    usual: float

    def scores(self, nearest, kind):
        """Return how likely each product of a `products.Nearest` is the one searched for, if the catalogue has it:
        a list of 0..1, of None where the catalogue cannot tell. kind: the photo's likeness, the floor or more."""
        if self.sharpness is None:
            return [None] * len(nearest.hits)
        similarities = _similarities(nearest)
        shares = np.exp(self.sharpness * (similarities - similarities.max()))
        fallen = (kind - self.floor) / (self.usual - self.floor) if kind < self.usual else 1.0
        return (fallen * shares / shares.sum())[:len(nearest.hits)].tolist()


def calibrate(index, products, general, *, seed=0):
    """Return the Calibration of a catalogue: `index` its CosineIndex, `products` its Products, `general` the features
    [N, E] that `products.likeness` goes by.

    At most 1,000 photos are looked up, drawn with `seed` from the products of two photos or more: the others have
    nothing right to find. With fewer than 20 of them, or one product alone, there are no scores. Two photos of a
    product that are each other's nearest may be of one shoot, which a new photo is not: where the product has others,
    one does not help to find the other.

    The floor is learned from photos whose own product is left out. Matches of the same product would set it too high,
    as photos of one shoot are more alike than a new photo ever is.
    """
    rows = np.flatnonzero(products.sizes[products.codes] > 1)
    usable = len(rows) >= MIN_SAMPLE and len(products.names) > 1
    rows = rows if usable else np.arange(len(index))
    sample = np.sort(np.random.default_rng(seed).permutation(rows)[:SAMPLE])
    found = index.search(index.rows(sample), NEAREST_PHOTOS + 1)
    floor = _floor(general, products, sample, found[0])
    if not usable:
        return Calibration(None, floor, floor)
    matches, kinds = [], []
    for row, partner, near, values in zip(sample, _partners(index, products, sample, found[0]), *found):
        code = products.codes[row]
        apart = [row, partner] if partner >= 0 and products.sizes[code] > 2 else [row]
        nearest = gather(near, values, products, left_out=apart)
        matches.append(_match(nearest, code))
        kinds.append(likeness(general, general[row], nearest.rows))
    return Calibration(_fit(matches), floor, float(np.quantile(kinds, UNLIKE_SHARE)))


def _match(nearest, code):
    """(similarities as in `_similarities`, place of the product `code` among them) of a Nearest."""
    codes = [hit.code for hit in nearest.hits]
    return _similarities(nearest), codes.index(code) if code in codes else len(codes)


def _similarities(nearest):
    """Similarities of the products found and, last, what stands for those not found, where there are such."""
    values = [hit.similarity for hit in nearest.hits]
    return np.array(values if nearest.rest is None else [*values, nearest.rest])


def _floor(general, products, sample, near):
    """The likeness below which only few photos lie though their own product is left out."""
    likenesses = [likeness(general, general[row], others) for row, rows in zip(sample, near)
                  if len(others := rows[products.codes[rows] != products.codes[row]])]
    return float(np.quantile(likenesses, UNLIKE_SHARE)) if len(likenesses) >= MIN_SAMPLE else -1.0


def _partners(index, products, sample, near):
    """For each photo the nearest of its own product, if it is the nearest to that one as well; else -1."""
    nearest = _nearest_own(products, sample, near)
    known = nearest >= 0
    back = np.full(len(sample), -1)
    if known.any():
        others = nearest[known]
        back[known] = _nearest_own(products, others, index.search(index.rows(others), NEAREST_PHOTOS + 1)[0])
    return np.where(back == sample, nearest, -1)


def _nearest_own(products, rows, near):
    """The first of the photos `near` [n, K] that shows the product of the photo `rows` [n], itself apart; -1: none."""
    own = (products.codes[near] == products.codes[rows][:, None]) & (near != rows[:, None])
    return np.where(own.any(axis=1), near[np.arange(len(rows)), own.argmax(axis=1)], -1)


def _fit(matches):
    """The sharpness that makes the right ones likeliest. matches: (similarities float [n], place of the right one)."""
    from scipy.optimize import minimize_scalar  # only where nothing is kept from an earlier search

    widest = max(len(similarities) for similarities, _ in matches)
    table = np.full((len(matches) + 1, widest), -np.inf)
    places = np.array([*(place for _, place in matches), 1])
    for line, (similarities, _) in zip(table, matches):
        line[:len(similarities)] = similarities
    # One imagined photo whose second is the right one: as many as were seen cannot make the first one certain.
    table[-1, :2] = np.median([similarities[:2] for similarities, _ in matches if len(similarities) > 1], axis=0)
    behind = table - table[np.arange(len(table)), places][:, None]

    def loss(logarithm):
        exponents = np.exp(logarithm) * behind
        most = exponents.max(axis=1)
        return np.mean(most + np.log(np.exp(exponents - most[:, None]).sum(axis=1)))

    return float(np.exp(minimize_scalar(loss, bounds=np.log(SHARPNESS), method="bounded").x))
