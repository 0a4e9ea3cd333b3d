"""Evidence of where in a photo the product is, from colour, enclosure and position alone.

Measures of saliency detection that need no learning, for each pixel or each superpixel; `product_network` joins them.
"""
import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from imgcluster.cutter.colour_cut import refine_cut
from imgcluster.cutter.superpixels import superpixels

# Semi-axes, height and width in half frame sides, of ellipses in the middle from which cuts are begun: something
# upright such as a garment that is worn or a bottle, something large, something small.
_GUESSES = ((0.95, 0.4), (0.8, 0.8), (0.5, 0.5))
_THRESHOLDS = 12
_SPREAD = 10.0  # Lab units by which neighbouring superpixels may differ and still be one region of background


def evidence(lab, side):
    """Return what speaks for and against each cell of a photo being product: float32 [side, side, 20].

    lab: a small 8-bit Lab picture of at least 8 x 8 pixels; it is stretched to a square of cells. First what is seen
    pixel by pixel: the three channels; enclosure; colour unlike the frame's most similar, second most similar and least
    similar side; gradient; focus. Then what `region_evidence` tells of superpixels, and the cuts of `_guessed_cuts`.
    """
    enclosure, distances = np.log1p(_enclosure(lab) / 10), np.log1p(_distances_to_sides(lab))
    regions = superpixels(lab)
    by_region = region_evidence(lab, regions, enclosure, distances[1])
    maps = np.dstack([lab, enclosure, *distances[[0, 1, 3]], np.log1p(_gradient(lab)), _focus(lab),
                      by_region.astype(np.float32)[regions.labels], *_guessed_cuts(lab)])
    # Four channels at a time: OpenCV does not resize many at once.
    return np.dstack([cv2.resize(np.ascontiguousarray(maps[..., first:first + 4]), (side, side),
                                 interpolation=cv2.INTER_AREA) for first in range(0, maps.shape[2], 4)])


def region_evidence(lab, regions, enclosure, unlike_sides):
    """What speaks for each of n superpixels being product: float64 [n, 8].

    Enclosure; colour unlike the frame's sides; colours that gather in the middle (Perazzi et al., CVPR 2012); colour
    changes on the way to the frame; boundary connectivity and contrast with background (Zhu et al., CVPR 2014); what is
    ranked unlike all four sides (Yang et al., CVPR 2013); roughness. The first two are given by pixel, float [h, w].
    """
    share, place = regions.share, regions.place
    colours, distances = cdist(regions.colour, regions.colour), cdist(place, place)
    paths = _colour_paths(regions, colours)
    connectivity = _boundary_connectivity(regions, paths)
    near = np.exp(-distances ** 2 / (2 * 0.25 ** 2)) * share
    background = 1 - np.exp(-connectivity ** 2 / (2 * 0.25 ** 2))
    contrast = (colours * near) @ background / near.sum(axis=1)
    central = np.exp(-(place ** 2).sum(axis=1) / (2 * 0.22 ** 2))
    alike = np.exp(-colours ** 2 / (2 * 6.0 ** 2)) * share
    gathered = np.log((alike @ central / alike.sum(axis=1) + 0.01) / (share @ central + 0.01))
    return np.column_stack([
        regions.mean(enclosure), regions.mean(unlike_sides), gathered,
        np.log1p(paths[:, regions.frame > 0].min(axis=1) / 5), connectivity, np.log1p(contrast / 5),
        _rank_against_sides(regions, colours), np.log1p(regions.mean(_gradient(lab[..., :1])))])


def _guessed_cuts(lab):
    """Yield where colour models and minimum cuts end that begin with an ellipse, float32 [h, w] of 0 to 1 each.

    At half the size, which is fine enough for cells.
    """
    height, width = lab.shape[:2]
    small = cv2.resize(lab, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    y, x = (((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32) for side in small.shape[:2])
    for high, wide in _GUESSES:
        cut = refine_cut(small, 4 - 4 * ((y[:, None] / high) ** 2 + (x[None] / wide) ** 2), rounds=2)
        yield cv2.resize(cut.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)


def _gradient(lab):
    """Length of the gradient over all channels, float32 [h, w], in levels per pixel."""
    parts = [cv2.Sobel(channel, cv2.CV_32F, dx, 1 - dx) for channel in cv2.split(lab) for dx in (0, 1)]
    return np.sqrt(sum(part * part for part in parts)) / 8


def _focus(lab):
    """How much of the gradient a slight blur takes away, float32 [h, w]: little where the lens had blurred already."""
    return np.log1p(_gradient(lab)) - np.log1p(_gradient(cv2.GaussianBlur(lab, (0, 0), 1.5)))


def _enclosure(lab):
    """Levels of the three channels, summed, at which a pixel is cut off from the frame, float32 [h, w].

    Minimum barrier distance (Zhang et al., ICCV 2015) in the threshold form of Boolean maps (Zhang & Sclaroff, ICCV
    2013).
    """
    total = np.zeros(lab.shape[:2], np.float32)
    for channel in cv2.split(lab):
        low, high = np.percentile(channel, (1, 99))
        for level in np.linspace(low, high, _THRESHOLDS + 2)[1:-1]:
            above = (channel > level).astype(np.uint8)
            for side in (0, 1):
                framed = cv2.copyMakeBorder(above, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=side)
                cv2.floodFill(framed, None, (0, 0), 2)
                total += (framed[1:-1, 1:-1] == side) * np.float32((high - low) / _THRESHOLDS)
    return total


def _distances_to_sides(lab):
    """Mahalanobis distances of each pixel to the colours of the four sides, the smallest first: float32 [4, h, w]."""
    smooth = cv2.GaussianBlur(lab.astype(np.float32), (0, 0), 1.5)
    thick = max(1, round(0.08 * min(lab.shape[:2])))
    distances = []
    for strip in (smooth[:thick], smooth[-thick:], smooth[:, :thick], smooth[:, -thick:]):
        samples = strip.reshape(-1, 3)
        whitening = np.linalg.cholesky(np.linalg.inv(np.cov(samples.T) + 25 * np.eye(3))).astype(np.float32)
        distances.append(np.linalg.norm((smooth - samples.mean(axis=0)) @ whitening, axis=2))
    return np.sort(distances, axis=0)


def _colour_paths(regions, colours):
    """Smallest sum of colour changes on a way between two superpixels, [n, n]; what is usual in the photo is free."""
    first, second = regions.neighbours.T
    steps = colours[first, second]
    steps = np.maximum(steps - 0.5 * np.median(steps), 0) + 1e-3
    graph = csr_array((steps, (first, second)), shape=colours.shape)
    return dijkstra(graph, directed=False)


def _boundary_connectivity(regions, paths):
    """How much of the frame a superpixel's region takes, for the region's size: small for what stands by itself."""
    same = np.exp(-paths ** 2 / (2 * _SPREAD ** 2))
    return same @ regions.frame / np.sqrt(same @ regions.share)


def _rank_against_sides(regions, colours):
    """Manifold ranking: the product of what each superpixel is unlike each of the four sides, 0..1."""
    linked = np.eye(len(colours))
    linked[tuple(regions.neighbours.T)] = linked[tuple(regions.neighbours.T[::-1])] = 1
    on_frame = regions.frame > 0
    linked = (linked @ linked > 0) | (on_frame[:, None] & on_frame)
    weights = np.where(linked, np.exp(-colours / 15.0), 0)
    np.fill_diagonal(weights, 0)
    ranking = np.linalg.inv(np.diag(weights.sum(axis=1) + 1e-9) - 0.99 * weights)
    np.fill_diagonal(ranking, 0)
    unlike = np.ones(len(colours))
    for side in (regions.labels[0], regions.labels[-1], regions.labels[:, 0], regions.labels[:, -1]):
        score = ranking[:, np.unique(side)].sum(axis=1)
        unlike *= 1 - (score - score.min()) / (np.ptp(score) + 1e-9)
    return unlike
