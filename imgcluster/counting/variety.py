"""How much variety photos show, measured against that of labelled products: so many times as many products."""
import numpy as np
from sklearn.metrics import adjusted_rand_score

from imgcluster.counting.cuts import count_grid
from imgcluster.rows import read_rows
from imgcluster.structure.hierarchy import hierarchy_of
from imgcluster.structure.linkage import cut

LEVELS = 40
AGREEMENT_POWER = 8
EPOCHS = 10
# Variety is read on a smoother graph than clusters are: on 8 neighbours it was right less often.
NEIGHBOURS = 15
# Of counts among equally many photos: when they stay, after how many rounds they are taken as they are, and what they
# are made from at least.
EVEN_ENOUGH, EVEN_ROUNDS, LEAST_ROWS = 0.1, 5, 20


def variety_ratio(features, known_features, labels):
    """Return how many times the variety of the known photos the variety of `features` is.

    One hierarchy is built over both, on a map of both; at each level, the effective number of clusters that a set
    occupies is its `diversity`. The ratio of both is averaged, in logarithms, over the levels, each weighted by how
    well its clusters agree with the known labels (adjusted Rand index to the power 8).
    """
    joint = np.concatenate([read_rows(features), read_rows(known_features)])
    # Shuffled, lest ties are settled for one set before the other.
    order = np.random.default_rng(0).permutation(len(joint))
    joint, place = joint[order], np.argsort(order)
    hierarchy = hierarchy_of(joint, epochs=EPOCHS, num_neighbours=NEIGHBOURS)
    ratios, weights = [], []
    for count in count_grid(min(len(joint) // 4, hierarchy.num_nodes), steps=LEVELS):
        clusters = cut(hierarchy.tree, count)[hierarchy.nodes][place]
        new, old = clusters[:len(features)], clusters[len(features):]
        ratios.append(np.log(diversity(new) / diversity(old)))
        weights.append(max(adjusted_rand_score(labels, old), 1e-3) ** AGREEMENT_POWER)
    return float(np.exp(np.average(ratios, weights=weights)))


def even_variety(features, known_features, labels, count):
    """Return the number of products in `features` [N, D] by variety alone, from known ones that are photographed
    more or less often.

    More photos of a product seem more varied. So as many of either set are left out, at random, as bring both to the
    same number of photos per product, given `count`; this gives another count, and so on until it stays. labels int
    [M], 0..k-1, of known_features [M, D].
    """
    for number in range(EVEN_ROUNDS):
        rng, former = np.random.default_rng(number), count
        share = len(labels) / (labels.max() + 1) * count / len(features)
        new, old = (np.sort(rng.permutation(size)[:max(LEAST_ROWS, round(part * size))])
                    for size, part in ((len(features), share), (len(labels), 1 / share)))
        _, some = np.unique(labels[old], return_inverse=True)
        count = (some.max() + 1) * variety_ratio(features[new], known_features[old], some)
        if abs(np.log(count / former)) < EVEN_ENOUGH:
            break
    return count


def diversity(labels):
    """Return how many equally frequent labels would be as diverse: the Hill number of order 1/2 (Ecology 54, 1973).

    That of order 0, their mere number, rises with every stray photo. The exponential of the entropy, of order 1, passes
    over what is rare.
    """
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    return np.sqrt(shares).sum() ** 2
