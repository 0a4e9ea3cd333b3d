"""The number of clusters seen from how the distances to photos' nearest photos grow: they jump where clusters end."""
from dataclasses import dataclass

import numpy as np

from imgcluster.counting.peaks import hill, plateau_mean, prominence
from imgcluster.rows import blocks, sample_step
from imgcluster.structure.neighbours import squared_gaps

RANKED_PHOTOS = 2000
# Of the curve: its points, and the standard deviation of the window that smooths it, in logarithms of the rank.
POINTS, WINDOW = 90, 0.25
# Distance of points of unit length below which photos are copies: how much less says nothing.
COPY = 1e-3
# By so much of its height a peak has to stand out beyond chance; by so much more it is clear. Its upper fifth counts.
SLIGHT_PEAK, CLEARER, TOP_OF_PEAK = 0.1, 0.1, 0.2
# Some photos of a cluster lie farther off than the first of others, so distances jump after nine in ten of them.
REACHED = 0.9


@dataclass(frozen=True)
class Growth:
    """How fast distances grow with the number of photos within them.

    sizes float [S], ascending: of clusters that would end there; heights float [S]: the growth of the logarithm of the
    distance over that of the rank, a mean over photos; noise float [S]: its standard error as a share of the height.
    """

    sizes: np.ndarray
    heights: np.ndarray
    noise: np.ndarray


def growth_peaks(growth, num_photos, *, lowest, highest):
    """Return [(count, clarity 0..1)] of the peaks of a Growth of so many photos, the most prominent first.

    A photo's distance to its k-th nearest photo grows as the k-th part of it for each further one, in as many
    dimensions as photos spread over: k (log d[k+1] - log d[k]) is 1 over their number (Levina & Bickel, NIPS 2004).
    Where a cluster ends, at k + 1 photos, the next one is far off. Peaks are at the sizes of clusters however many
    there are, of views as well as of products and of kinds; their spread and shape hardly matter. lowest, highest:
    the counts between which peaks are sought. Clarity grows with the share of its height by which a peak stands out
    on both sides, beyond a tenth and what chance makes.
    """
    found = []
    for top in range(1, len(growth.heights) - 1):
        drop = prominence(growth.heights, top)
        if not (drop > 0 and growth.heights[top] >= growth.heights[top - 1]):
            continue
        share = drop / growth.heights[top] - growth.noise[top] - SLIGHT_PEAK
        upper = hill(growth.heights, top, depth=TOP_OF_PEAK * drop)
        size = plateau_mean(growth.sizes[upper], growth.heights[upper], TOP_OF_PEAK * drop)
        count = num_photos * REACHED / size
        if share > 0 and lowest <= count <= highest:
            found.append((drop / growth.heights[top], max(count, 1.0), min(share / CLEARER, 1.0)))
    return [peak for _, *peak in sorted(found, reverse=True)]


def growth_of_distances(points, nearest):
    """Return the Growth of points [N, d] of unit length, with nearest int [N, k] the nearest photos of each.

    Of 4,000 photos or more, 2,000 to 4,000 evenly spaced ones are ranked among each other. That thins clusters out, so
    up to rank k distances are those to the nearest among all.
    """
    step = sample_step(len(points), RANKED_PHOTOS)
    sample = points[::step]
    ranks = np.arange(1, max(2, len(sample) // 2 - 1))
    growth = ranks * np.diff(mean_log_distances(sample)[:len(ranks) + 1])
    num_ranked = ranks.astype(float)
    if step > 1:
        near = np.arange(1, nearest.shape[1])
        far = step * ranks > near[-1]
        close = near * np.diff(_mean_log_nearest(points, nearest, step))
        ranks, growth = np.concatenate([near, step * ranks[far]]), np.concatenate([close, growth[far]])
        num_ranked = np.concatenate([near, num_ranked[far]])
    grid = np.linspace(0, np.log(ranks[-1]), POINTS)
    # Each rank weighs what it spans in logarithms.
    weights = np.exp(-0.5 * ((grid[:, None] - np.log(ranks)) / WINDOW) ** 2) / num_ranked
    heights = weights @ growth / weights.sum(axis=1)
    in_window = np.maximum(WINDOW * np.sqrt(2 * np.pi) * np.interp(grid, np.log(ranks), num_ranked), 1)
    return Growth(np.exp(grid) + 1, heights, 1 / np.sqrt(len(sample) * in_window))


def mean_log_distances(points):
    """Return float [N - 1]: the logarithm of the distance to the k-th nearest of the other points [N, d], a mean over
    points."""
    total = np.zeros(len(points) - 1)
    for rows in blocks(len(points)):
        gaps = np.sort(squared_gaps(points[rows], points), axis=1)[:, 1:]
        total += _log_distance(gaps).sum(axis=0)
    return total / len(points)


def _mean_log_nearest(points, nearest, step):
    """The same to the nearest [N, k] of all points, float [k], a mean over every step-th point."""
    asked = np.arange(0, len(points), step)
    total = np.zeros(nearest.shape[1])
    for rows in blocks(len(asked)):
        gaps = points[nearest[asked[rows]]] - points[asked[rows], None]
        total += _log_distance(np.einsum("nkd,nkd->nk", gaps, gaps)).sum(axis=0)
    return total / len(asked)


def _log_distance(squared):
    return np.log(np.maximum(squared, COPY**2), dtype=np.float64) / 2
