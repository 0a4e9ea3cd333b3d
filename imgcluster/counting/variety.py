"""How many products photos show by their variety, told from how the variety of labelled products grows with them."""
from dataclasses import dataclass

import numpy as np

from imgcluster.counting.cuts import count_grid
from imgcluster.rows import Joined, Picked
from imgcluster.structure.hierarchy import hierarchy_of
from imgcluster.structure.linkage import cut
from imgcluster.structure.neighbours import membership

LEVELS = 40
AGREEMENT_POWER = 8
EPOCHS = 10
# Variety is read on a smoother graph than clusters are: on 8 neighbours it was right less often.
NEIGHBOURS = 15
# Random halves of the known products. Variety grows with a power of their number, which is 1 where they are all
# different, and next to 0 where a few already show nearly all there is to see; the usual one counts as much as one more
# product would, the least one bounds what chance makes.
HALVES, USUAL_POWER, LEAST_POWER = 20, 0.5, 0.05


@dataclass(frozen=True)
class Variety:
    """A number of products, `count` (float); the relative `variance` of what one product adds to it, None where there
    is a single known one, which shows none; the `power` of their number with which variety was taken to grow, above
    0."""

    count: float
    variance: float | None
    power: float


def by_variety(features, known_features, labels):
    """Return the Variety of features [N, D], from known_features [M, D] with labels int [M], 0..k-1.

    One hierarchy is built over both, on a map of both; at each level, a set has the `diversity` of its clusters. The
    more alike products are, the less each adds, as in ecology a larger sample of a site adds fewer species
    (accumulation curves: Ugland et al., J. Animal Ecology 72, 2003): diversity is taken to grow with a power of their
    number, which the known products and random halves of them show. The halves also show how far a number told that
    way is off. Levels are weighted by how well their clusters agree with the known labels (adjusted Rand index to the
    power 8).
    """
    from sklearn.metrics import adjusted_rand_score  # a second that every start would wait for

    num = labels.max() + 1
    # All known products, then the halves.
    chosen, own = np.vstack([np.ones(num), *_halves(num)]), membership(labels, num)
    logs, weights = [], []
    for new, old in _levels(features, known_features):
        known = own.T @ membership(old, old.max() + 1)
        logs.append([np.log(diversity(each)) for each in (np.bincount(new), *(known.T @ chosen.T).T)])
        weights.append(max(adjusted_rand_score(labels, old), 1e-3) ** AGREEMENT_POWER)
    new, old, *parts = np.average(logs, axis=0, weights=weights)
    power, variance = _growth(old, np.reshape(parts, (-1, 2)), num)
    return Variety(float(np.clip(num * np.exp((new - old) / power), 1, len(features))), variance, power)


def _halves(num):
    """Return [float [2, num]]: which of 0..num-1 are in either half, 1 or 0, at random; none of one."""
    rng = np.random.default_rng(0)
    firsts = [np.argsort(rng.permutation(num)) < num // 2 for _ in range(HALVES if num > 1 else 0)]
    return [np.array([first, ~first], float) for first in firsts]


def _levels(features, known_features):
    """Yield (clusters int [N], clusters int [M]) of two sets at the levels of a hierarchy over both."""
    both = Joined([features, known_features])
    # Shuffled, lest ties are settled for one set before the other.
    order = np.random.default_rng(0).permutation(len(both))
    joint, place = Picked(both, order), np.argsort(order)
    hierarchy = hierarchy_of(joint, epochs=EPOCHS, num_neighbours=NEIGHBOURS)
    for count in count_grid(min(len(joint) // 4, hierarchy.num_nodes), steps=LEVELS):
        yield np.split(cut(hierarchy.tree, count)[hierarchy.nodes][place], [len(features)])


def _growth(whole, halves, num):
    """Return (power, variance): with which power of their number diversity grows, and `Variety.variance`.

    whole: the logarithm of the diversity of `num` products; halves [H, 2]: those of halves of them.
    """
    if num == 1:
        return USUAL_POWER, None
    small, large = num // 2, num - num // 2
    shown = (whole - halves.mean()) / (np.log(num) - np.log([small, large]).mean())
    power = max(((num - 1) * shown + USUAL_POWER) / num, LEAST_POWER)
    off = (halves[:, 1] - halves[:, 0]) / power - np.log(large / small)
    return float(power), float(np.mean(off**2) / (1 / small + 1 / large))


def diversity(sizes):
    """Return how many equally large clusters would be as diverse as those of `sizes`: the Hill number of order 1/2
    (Ecology 54, 1973).

    That of order 0, their mere number, rises with every stray photo. The exponential of the entropy, of order 1, passes
    over what is rare.
    """
    return np.sqrt(sizes / np.sum(sizes)).sum() ** 2
