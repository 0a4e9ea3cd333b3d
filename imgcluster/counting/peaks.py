"""Peaks of curves over numbers of clusters: where the middle of one is, and how clearly it stands out."""
import numpy as np


def plateau_mean(counts, heights, depth, *, weights=1):
    """Return the mean, in logarithms, of the counts within `depth` of the greatest height, weighted by their lead.

    Flat peaks move with any small change of the photos, their middle does not. weights: of the counts, beside that.
    """
    return weighted_geometric_mean(counts, weights * np.maximum(heights - np.max(heights) + depth, 0))


def hill(heights, top, *, depth=np.inf):
    """Return the slice of a curve around its point `top` in which it neither rises above it nor falls `depth` below."""
    outside = np.flatnonzero((heights > heights[top]) | (heights <= heights[top] - depth))
    return slice(outside[outside < top].max(initial=-1) + 1, outside[outside > top].min(initial=len(heights)))


def prominence(heights, top):
    """Return how far a curve falls on both sides of its point `top` before it rises above it, or ends."""
    around = hill(heights, top)
    return float(heights[top] - max(heights[around.start:top + 1].min(), heights[top:around.stop].min()))


def clarity(drop, height, *, clear):
    """Return how clear a peak of this prominence and height is: 0 for none, 1 from the share `clear` of its height on.

    In between it grows with the square, so that slight peaks hardly count.
    """
    return float(np.clip(drop / height / clear, 0, 1)**2) if drop > 0 and height > 0 else 0.0


def weighted_geometric_mean(values, weights):
    """Return exp(sum(weights * log(values)) / sum(weights))."""
    return float(np.exp(np.average(np.log(values), weights=weights)))
