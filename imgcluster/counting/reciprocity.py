"""The number of clusters seen from how often photos are mutually among each other's nearest."""
import numpy as np

from imgcluster.counting.peaks import clarity, hill, plateau_mean, prominence
from imgcluster.rows import blocks, sample_step

RANKED_PHOTOS = 2000
SMALLEST_CLUSTER = 3
FLAT_PEAK, CLEAR_PEAK = 0.01, 0.15
# From which reciprocity on a peak counts in full, and up to which, where no more than half of the nearest photos are
# mutual beyond chance, for nothing.
MOSTLY_MUTUAL, RARELY_MUTUAL = 0.6, 0.5
# Peaks whose upper fifth is wider than a factor of four are broad.
TOP_OF_PEAK, BROAD = 0.2, np.log(4)


def reciprocity_peak(curve, num_photos, highest=np.inf):
    """Return (count, clarity 0..1) of the most prominent peak of a `reciprocity_curve` of so many photos.

    Of clusters of n photos the n - 1 nearest photos are the rest of the cluster, and mutually so; of fewer some are
    not, and more reach into other clusters, whose photos are nearer to each other. So reciprocity peaks at the size
    that clusters have, whatever their shape and spread, and N over it is their number. Clusters of unequal size count
    by their photos: the number is that of as many equal ones. A broad peak is the less clear, the broader: photos in no
    clusters at all make one broad hill. A low one is none: most of the nearest are not mutual there. highest: the
    greatest count allowed. Without a peak clarity is 0.
    """
    sizes, heights = curve
    counts = num_photos / sizes
    allowed = np.flatnonzero(counts <= highest)
    if not len(allowed):
        return 1.0, 0.0
    drops = np.array([prominence(heights, top) for top in allowed])
    top, drop = allowed[drops.argmax()], drops.max()
    around = hill(heights, top)
    near = slice(max(around.start, allowed[0]), around.stop)
    # Each size weighs what it spans in logarithms.
    low, high = edges(sizes)
    count = plateau_mean(counts[near], heights[near], FLAT_PEAK, weights=np.log(high / low)[near])
    broad = np.arange(len(sizes))[near][heights[near] >= heights[top] - TOP_OF_PEAK * drop]
    width = np.log(high[broad[-1]] / low[broad[0]])
    high_enough = np.clip((heights[top] - RARELY_MUTUAL) / (MOSTLY_MUTUAL - RARELY_MUTUAL), 0, 1)
    return count, clarity(drop / max(width / BROAD, 1), heights[top], clear=CLEAR_PEAK) * float(high_enough)


def reciprocity_curve(points, nearest):
    """Return (sizes int [S], ascending, of clusters; heights float [S]: the reciprocity at them).

    points [N, d]; nearest int [N, k]. Of 4,000 photos or more, 2,000 to 4,000 evenly spaced ones are ranked. That thins
    clusters out, so sizes up to k + 1 are seen from the nearest photos among all.
    """
    step = sample_step(len(points), RANKED_PHOTOS)
    sample = points[::step]
    sizes = np.arange(SMALLEST_CLUSTER, len(sample) // 2 + 1)
    if step == 1:
        return sizes, reciprocity(sample, sizes)
    small = np.arange(SMALLEST_CLUSTER, nearest.shape[1] + 2)
    sizes = sizes[step * sizes > small[-1]]
    return (np.concatenate([small, step * sizes]),
            np.concatenate([nearest_reciprocity(nearest, small, step=step), reciprocity(sample, sizes)]))


def edges(sizes):
    """Return (low, high), float [S]: half-way to the next smaller and larger of ascending sizes [S]."""
    middles = (sizes[1:] + sizes[:-1]) / 2
    return np.append(sizes[:1] - 0.5, middles), np.append(middles, sizes[-1:] + 0.5)


def reciprocity(points, sizes):
    """Return, float [S], which share of photos' n - 1 nearest photos have them among their own n - 1, for n in `sizes`.

    It is corrected for chance as Cohen's kappa is: 1 where all are mutual, 0 where as many are as of random ranks.
    The idea of counting mutual neighbours is Gowda and Krishna's (Pattern Recognition 10, 1978). points [N, d].
    """
    num = len(points)
    ranks = neighbour_ranks(points)
    mutual_from = sum(np.bincount(np.maximum(ranks[rows], ranks.T[rows]).ravel(), minlength=num)
                      for rows in blocks(num))
    mutual_from[0] = 0  # the photos themselves
    return _beyond_chance(mutual_from, sizes, num_asked=num, num=num)


def nearest_reciprocity(nearest, sizes, *, step=1):
    """Return the `reciprocity` at sizes up to k + 1 of photos whose nearest ones are int [N, k], nearest first.

    Every step-th photo is asked how many of its nearest have it among their own.
    """
    num, k = nearest.shape
    asked = np.arange(0, num, step)
    ranks = np.arange(1, k + 1)
    mutual_from = np.zeros(k + 1, np.int64)
    for rows in blocks(len(asked)):
        back = nearest[nearest[asked[rows]]] == asked[rows, None, None]
        mutual = np.maximum(back.argmax(axis=2) + 1, ranks)[back.any(axis=2)]
        mutual_from += np.bincount(mutual, minlength=k + 1)
    return _beyond_chance(mutual_from, sizes, num_asked=len(asked), num=num)


def _beyond_chance(mutual_from, sizes, *, num_asked, num):
    """The reciprocity at cluster sizes [S], from how many pairs are mutual from which rank on, of photos asked among
    all."""
    reach = np.asarray(sizes) - 1
    mutual, chance = np.cumsum(mutual_from)[reach] / (num_asked * reach), reach / (num - 1)
    return (mutual - chance) / (1 - chance)


def neighbour_ranks(points):
    """Return int [N, N]: which nearest photo of i photo j is, 1 for the nearest, 0 for itself (ties: by order)."""
    lengths = np.einsum("nd,nd->n", points, points)
    ranks = np.empty((len(points), len(points)), np.int32)
    places = np.arange(len(points), dtype=np.int32)[None]
    for rows in blocks(len(points)):
        gaps = lengths - 2 * points[rows] @ points.T
        gaps[places[0, rows] - rows.start, places[0, rows]] = -np.inf
        np.put_along_axis(ranks[rows], gaps.argsort(axis=1, kind="stable"), places, axis=1)
    return ranks
