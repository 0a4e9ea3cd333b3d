"""The number of clusters learned from labelled products: how many photos and how much variety make one product."""
import numpy as np
from scipy.special import stdtrit

from imgcluster.blind_count import Estimate, count_grid
from imgcluster.errors import UserError
from imgcluster.hierarchy import hierarchy_of
from imgcluster.linkage import cut
from imgcluster.neighbours import membership
from imgcluster.rows import check_features, read_rows, sample_step

LEVELS = 40
VARIETY_SPREAD = 0.1
AGREEMENT_POWER = 8
INTERVAL_SIGMAS = 1.3
LEAST_SIGMA = 0.05
# Of counts by variety among equally many photos: their spread, when they stay, and what they are made from at least.
EVEN_SIGMA, EVEN_ENOUGH, EVEN_ROUNDS, LEAST_ROWS = 0.25, 0.1, 5, 20
# Factors within which two counts are alike, and beyond which they contradict each other.
ALIKE, CONTRADICTION = 1.5, 2.5
JOINT_EPOCHS = 10
# Variety is read on a smoother graph than clusters are: on 8 neighbours it was right less often.
JOINT_NEIGHBOURS = 15
COMPARED_ROWS = 1000
# Photos of the same kind of product as the known ones reached a kinship of .41 to .68 on seven sets, those of another
# kind .14 at most (where the known products were of many kinds: more, and rightly so).
OTHER_KIND = 0.2


def calibrated_estimate(features, known):
    """Return the Estimate for features [N, D], given known = (features [M, D], labels [M]).

    Two counts are joined: N over the known photos per product, and the known number of products times the ratio of
    varieties (`variety_ratio`). Each is trusted by the inverse of its variance per product: the first varies as the
    known products' sizes do; the second by a tenth for products far larger than the neighbourhoods that the graph is
    made of, and more for small ones, which the neighbourhoods blur. Where they contradict each other beyond what the
    known sizes' variation explains (of which few sizes tell little: Student's t), known products do not have as many
    photos as new ones, as where a few of each were picked, and `even_variety` counts alone.
    """
    known_features, labels = check_known(known, features.shape[1])
    _, labels, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    by_photos = len(features) / sizes.mean()
    by_variety = len(sizes) * variety_ratio(features, known_features, labels)
    variety_variance = (VARIETY_SPREAD * (1 + 2 * JOINT_NEIGHBOURS / sizes.mean())) ** 2
    size_variance = (sizes.std(ddof=1) / sizes.mean()) ** 2 if len(sizes) > 1 else variety_variance
    plural = "" if len(sizes) == 1 else "s"
    how = (f"calibrated on {len(sizes)} product{plural}: by photos per product {by_photos:.1f}, by variety "
           f"{by_variety:.1f}, ")
    words = f"learned from {len(sizes)} labelled product{plural}"
    if differ(by_photos, by_variety, ALIKE):
        even = even_variety(features, known_features, labels, by_variety)
        spread = np.sqrt(size_variance * (1 / len(sizes) + 1 / max(even, 1)))
        spread *= stdtrit(max(len(sizes) - 1, 1), 0.975)
        if differ(by_photos, even, np.exp(np.hypot(np.log(CONTRADICTION), spread))):
            how += f"by variety among equally many photos per product, which counts alone, {even:.1f}"
            return rounded(even, EVEN_SIGMA, len(features), how, words)
    trust = variety_variance / (variety_variance + size_variance)
    count = by_photos**trust * by_variety**(1 - trust)
    per_product = trust * size_variance + 1e-4
    sigma = max(np.sqrt(per_product * (1 / len(sizes) + 1 / max(count, 1))), LEAST_SIGMA)
    return rounded(count, sigma, len(features), how + f"weight of the former {trust:.2f}", words)


def differ(one, other, factor):
    """Return whether two counts differ by more than a factor."""
    return abs(np.log(one / other)) > np.log(factor)


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
        new, old = (np.sort(rng.permutation(size)[:max(LEAST_ROWS, round(min(part, 1) * size))])
                    for size, part in ((len(features), share), (len(labels), 1 / share)))
        _, some = np.unique(labels[old], return_inverse=True)
        count = (some.max() + 1) * variety_ratio(features[new], known_features[old], some)
        if abs(np.log(count / former)) < EVEN_ENOUGH:
            break
    return count


def kinship(features, known_features, labels):
    """Return how far photos are of the same kind of product as known ones: about 0.5 or more if so, near 0 if not.

    features [N, D]; known_features [M, D] with M labels. It is how often a photo is more like the known one nearest to
    it than known photos are like the nearest one of another product (cosine; the area under the ROC curve), over
    1,000 to 2,000 evenly spaced photos of either, or all. 0.5 where fewer than two products are known.
    """
    labels = np.asarray(labels)[::sample_step(len(labels), COMPARED_ROWS)]
    if len(np.unique(labels)) < 2:
        return 0.5
    new, known = (read_rows(np.asarray(rows[::sample_step(len(rows), COMPARED_ROWS)]), normalize=True)
                  for rows in (features, known_features))
    among_known = known @ known.T
    among_known[labels[:, None] == labels] = -np.inf
    to_others, to_known = np.sort(among_known.max(axis=1)), (new @ known.T).max(axis=1)
    return float(np.searchsorted(to_others, to_known).mean() / len(to_others))


def prior_estimate(num_photos, imgs_per_model):
    """Return the Estimate of `num_photos` photos at `imgs_per_model` photos per product, with a margin of a quarter."""
    return rounded(num_photos / imgs_per_model, np.log(1.25) / INTERVAL_SIGMAS, num_photos,
                   f"{imgs_per_model:g} photos per product, given by hand")


def rounded(count, sigma, num_photos, method, words=""):
    """Return the Estimate whose interval reaches 1.3 `sigma` (of the logarithm) and half a cluster or more each way.

    Its count is the whole number nearest in ratio, as errors are relative.
    """
    whole = np.floor(count)
    best = int(np.clip(whole + (count > np.sqrt(whole * (whole + 1))), 1, num_photos))
    reach = np.exp(INTERVAL_SIGMAS * sigma)
    low = int(np.clip(np.floor(min(count / reach, count - 0.5)), 1, best))
    high = int(np.clip(np.ceil(max(count * reach, count + 0.5)), best, num_photos))
    return Estimate(best, (low, high), method, words)


def variety_ratio(features, known_features, labels):
    """Return how many times the variety of the known photos the variety of `features` is.

    One hierarchy is built over both, on a map of both; at each level, the effective number of clusters that a set
    occupies is the exponential of its entropy over the clusters. The ratio of both is averaged, in logarithms, over the
    levels, each weighted by how well its clusters agree with the known labels (adjusted Rand index to the power 8).
    """
    joint = np.concatenate([np.asarray(features, np.float32), np.asarray(known_features, np.float32)])
    # Shuffled, lest ties are settled for one set before the other.
    order = np.random.default_rng(0).permutation(len(joint))
    joint, place = joint[order], np.argsort(order)
    hierarchy = hierarchy_of(joint, epochs=JOINT_EPOCHS, num_neighbours=JOINT_NEIGHBOURS)
    ratios, weights = [], []
    for count in count_grid(min(len(joint) // 4, hierarchy.num_nodes), steps=LEVELS):
        clusters = cut(hierarchy.tree, count)[hierarchy.nodes][place]
        new, old = clusters[:len(features)], clusters[len(features):]
        ratios.append(entropy(new) - entropy(old))
        weights.append(max(adjusted_rand_index(labels, old), 1e-3) ** AGREEMENT_POWER)
    return float(np.exp(np.average(ratios, weights=weights)))


def entropy(labels):
    """Return the entropy, in nats, of the shares of the labels."""
    sizes = np.unique(labels, return_counts=True)[1]
    return float(np.log(sizes.sum()) - (sizes * np.log(sizes)).sum() / sizes.sum())


def adjusted_rand_index(first, second):
    """Return the adjusted Rand index (Hubert & Arabie 1985) of two labelings of the same photos."""
    first, second = (np.unique(labels, return_inverse=True)[1] for labels in (first, second))
    table = (membership(first, first.max() + 1).astype(float).T @ membership(second, second.max() + 1)).tocsr()
    pairs, rows, columns = (float((each * (each - 1)).sum() / 2) for each in (
        table.data, np.bincount(first).astype(float), np.bincount(second).astype(float)))
    total = len(first) * (len(first) - 1) / 2
    expected, largest = rows * columns / max(total, 1), (rows + columns) / 2
    return 1.0 if largest == expected else (pairs - expected) / (largest - expected)


def check_known(known, width):
    """Return known = (features, labels) checked: UserError unless they match each other and `width` columns."""
    features, labels = check_features(known[0], name="calibration features"), np.asarray(known[1])
    if features.shape[1] != width:
        raise UserError(f"CALIBRATION_DATASET: its features have {features.shape[1]} columns, those to be clustered "
                        f"{width}; make both with the same network (step 03)")
    if labels.shape != (len(features),):
        raise UserError(f"CALIBRATION_DATASET: {labels.shape} labels for {len(features)} photos found; make them again "
                        "with steps 00 and 03")
    return features, labels
