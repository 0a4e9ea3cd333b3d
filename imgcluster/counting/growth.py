"""The number of clusters seen from how the distances to photos' nearest photos grow: they jump where clusters end."""
from dataclasses import dataclass

import numpy as np

from imgcluster.counting.peaks import hill, plateau_mean, prominence
from imgcluster.rows import blocks, sample_step
from imgcluster.structure.neighbours import squared_gaps

RANKED_PHOTOS = 2000
# Of the curve: its points, and the standard deviation of the window that smooths it, in logarithms of the rank.
POINTS, WINDOW = 90, 0.25
# Distance of points about a unit long below which photos are copies: how much less says nothing.
COPY = 1e-3
# Of photos without clusters the median growth is this share of the mean one, however many dimensions they spread
# over: it is distributed exponentially then. Jumps raise the mean, and the median only where most photos jump at the
# same rank: so it is smoothed over three ranks or more. There are fewer than 100 dimensions.
MEDIAN_OF_MEAN, FEWEST_RANKS, LEAST = np.log(2), 3, 0.01
# By so much of its height a peak has to stand out beyond chance; by so much more it is clear. Its upper fifth counts.
SLIGHT_PEAK, CLEARER, TOP_OF_PEAK = 0.1, 0.1, 0.2
# Some photos of a cluster lie farther off than the first of others, so distances jump after nine in ten of them.
REACHED = 0.9


@dataclass(frozen=True)
class Growth:
    """How fast distances grow with the number of photos within them.

    sizes float [S], ascending: of clusters that would end there; heights float [S]: the growth of the logarithm of the
    distance over that of the rank, a mean over photos; even float [S]: what it would be if photos were spread there
    without clusters, over as many dimensions; noise float [S]: the standard error of heights as a share of them.
    """

    sizes: np.ndarray
    heights: np.ndarray
    even: np.ndarray
    noise: np.ndarray


@dataclass(frozen=True, order=True)
class GrowthPeak:
    """A peak of a Growth: its clarity 0..1; whether it is one of the heights themselves, or else of how far they exceed
    the even ones; by which share of its height it stands out; the number of clusters that would end there, float."""

    clarity: float
    of_heights: bool
    prominence: float
    count: float


def growth_peaks(growth, num_photos, *, lowest, highest):
    """Return the GrowthPeaks of a Growth of so many photos, the clearest first.

    A photo's distance to its k-th nearest photo grows as the k-th part of it for each further one, in as many
    dimensions as photos spread over: k (log d[k+1] - log d[k]) is 1 over their number (Levina & Bickel, NIPS 2004).
    Where a cluster ends, at k + 1 photos, the next one is far off. Peaks are at the sizes of clusters however many
    there are, of views as well as of products and of kinds; their spread and shape hardly matter. lowest, highest:
    the counts between which peaks are sought. Clarity grows with the share of its height by which a peak stands out
    on both sides, beyond a tenth and what chance makes, and with no more of it than jumps account for: photos along a
    line, such as views of a turning product, spread over few dimensions nearby and over more farther off, which is a
    hill as well. So the heights over the `even` ones are looked at, too.
    """
    found = [peak for of_heights in (True, False) for peak in _peaks(growth, num_photos, of_heights)]
    return sorted((peak for peak in found if lowest <= peak.count <= highest), reverse=True)


def _peaks(growth, num_photos, of_heights):
    """Return the GrowthPeaks of the heights of a Growth, or of the heights over the `even` ones, at any count."""
    curve, found = growth.heights if of_heights else growth.heights / growth.even, []
    for top in range(1, len(curve) - 1):
        drop = prominence(curve, top)
        if not (drop > 0 and curve[top] >= curve[top - 1]):
            continue
        jumps = 1 - growth.even[top] / growth.heights[top]
        share = min(drop / curve[top], jumps) - growth.noise[top] - SLIGHT_PEAK
        upper = hill(curve, top, depth=TOP_OF_PEAK * drop)
        size = plateau_mean(growth.sizes[upper], curve[upper], TOP_OF_PEAK * drop)
        if share > 0:
            count = max(num_photos * REACHED / size, 1.0)
            found.append(GrowthPeak(min(share / CLEARER, 1.0), of_heights, drop / curve[top], count))
    return found


def growth_of_distances(points, nearest):
    """Return the Growth of points [N, d] about a unit long, with nearest int [N, k] the nearest photos of each.

    Of 4,000 photos or more, 2,000 to 4,000 evenly spaced ones are ranked among each other. That thins clusters out, so
    up to rank k distances are those to the nearest among all.
    """
    step = sample_step(len(points), RANKED_PHOTOS)
    sample = points[::step]
    ranks = np.arange(1, max(2, len(sample) // 2 - 1))
    growth = mean_and_median(rank_growth(sample, len(ranks)))
    num_ranked = ranks.astype(float)
    if step > 1:
        near = np.arange(1, nearest.shape[1])
        far = step * ranks > near[-1]
        growth = np.hstack([mean_and_median(_nearest_growth(points, nearest, step)), growth[:, far]])
        ranks, num_ranked = np.concatenate([near, step * ranks[far]]), np.concatenate([near, num_ranked[far]])
    grid = np.linspace(0, np.log(ranks[-1]), POINTS)
    heights = _weights(grid, ranks, num_ranked, WINDOW) @ growth[0]
    wider = np.maximum(WINDOW, FEWEST_RANKS / (np.sqrt(2 * np.pi) * np.exp(grid)))
    medians = np.log(np.maximum(growth[1] / MEDIAN_OF_MEAN, LEAST))
    even = np.exp(_weights(grid, ranks, num_ranked, wider) @ medians)
    in_window = np.maximum(WINDOW * np.sqrt(2 * np.pi) * np.interp(grid, np.log(ranks), num_ranked), 1)
    return Growth(np.exp(grid) + 1, heights, even, 1 / np.sqrt(len(sample) * in_window))


def _weights(grid, ranks, num_ranked, windows):
    """Return float [S, R]: what each rank [R] weighs at points [S] of their logarithms, for windows [S], or one.

    Each rank weighs what it spans in logarithms; the sum is 1.
    """
    distances = (grid[:, None] - np.log(ranks)) / np.reshape(windows, (-1, 1))
    weights = np.exp(-0.5 * distances**2) / num_ranked
    return weights / weights.sum(axis=1, keepdims=True)


def rank_growth(points, num_ranks):
    """Return, float32 [N, num_ranks], how fast the distance of each point [N, d] to the others grows at each rank k:
    k (log d[k+1] - log d[k]), d[k] that to its k-th nearest."""
    growth = np.zeros((len(points), num_ranks), np.float32)
    for rows in blocks(len(points)):
        gaps = np.sort(squared_gaps(points[rows], points), axis=1)[:, 1:num_ranks + 2]
        growth[rows, :gaps.shape[1] - 1] = _growth(gaps)
    return growth


def _nearest_growth(points, nearest, step):
    """The same as `rank_growth` of every step-th point, among its nearest [N, k] of all points: float32 [n, k - 1]."""
    asked = np.arange(0, len(points), step)
    growth = np.empty((len(asked), nearest.shape[1] - 1), np.float32)
    for rows in blocks(len(asked)):
        gaps = points[nearest[asked[rows]]] - points[asked[rows], None]
        growth[rows] = _growth(np.einsum("nkd,nkd->nk", gaps, gaps))
    return growth


def _growth(squared):
    distances = np.log(np.maximum(squared, COPY**2), dtype=np.float64) / 2
    return np.arange(1, squared.shape[1]) * np.diff(distances, axis=1)


def mean_and_median(growth):
    """Return float [2, R]: the mean and the median of a growth [N, R] over the points."""
    return np.stack([growth.mean(axis=0, dtype=np.float64), np.median(growth, axis=0)])
