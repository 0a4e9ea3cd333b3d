"""Where in a photo the product is likely to be, from colour, enclosure and position alone.

Evidence of weight-free saliency detection is gathered for each superpixel and joined by logistic regression, twice:
first what a superpixel is in itself and beside the frame, then how it compares with what the first answer calls product
and background (auto-context, Tu, CVPR 2008). The few coefficients were fitted by tools/fit_cutter.py.
"""
import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

# Coefficients in the order of `frame_evidence` and `context_evidence`, the constant last: tools/fit_cutter.py, on the
# tuning half of ECSSD and CCP (by a hash of the file name) and of drawn products.
FRAME_WEIGHTS = np.array([0.249, 1.167, 1.815, -0.168, 1.25, 4.498, -6.007, 0.281, -1.639, -0.295, 3.421, 0.519, -0.5,
                          -3.689])
CONTEXT_WEIGHTS = np.array([0.229, 0.066, -0.67, 0.857, 0.557, 0.637, 0.322, 0.205])

_THRESHOLDS = 12
_SPREAD = 10.0  # Lab units by which neighbouring superpixels may differ and still be one region of background
_MAX_LOG_ODDS = 5.5


def product_log_odds(lab, regions):
    """Return the log-odds, float32 [h, w], that each pixel of an 8-bit Lab picture [h, w, 3] shows the product.

    regions: its Superpixels. Made for pictures of about 160 pixels on the longer side; any size of at least 8 x 8 will
    do.
    """
    look = appearance(lab, regions)
    first = joined(frame_evidence(lab, regions, look), FRAME_WEIGHTS)
    return joined(context_evidence(regions, look, first), CONTEXT_WEIGHTS).astype(np.float32)[regions.labels]


def joined(evidence, weights):
    """Log-odds, [n], of evidence [n, m] under logistic coefficients [m + 1], the constant last."""
    return np.clip(evidence @ weights[:-1] + weights[-1], -_MAX_LOG_ODDS, _MAX_LOG_ODDS)


def centre_prior(shape, width):
    """Return a Gaussian around the middle, float32 of `shape`; `width` is its standard deviation in frame sides."""
    y, x = (((np.arange(side) + 0.5) / side - 0.5).astype(np.float32) for side in shape)
    return np.exp(-(y[:, None] ** 2 + x[None] ** 2) / np.float32(2 * width * width))


def appearance(lab, regions):
    """Colour and roughness of each superpixel, in comparable units: float64 [n, 5]."""
    lightness = lab[:, :, 0].astype(np.float32)
    gradient = cv2.magnitude(cv2.Sobel(lightness, cv2.CV_32F, 1, 0), cv2.Sobel(lightness, cv2.CV_32F, 0, 1)) / 8
    variance = np.maximum(regions.mean(lightness * lightness) - regions.mean(lightness) ** 2, 0)
    return np.column_stack([regions.colour, 8 * np.log1p(np.sqrt(variance)), 8 * np.log1p(regions.mean(gradient))])


def frame_evidence(lab, regions, look):
    """What speaks for each superpixel being product: float64 [n, 13].

    Enclosure; colour unlike the frame's sides; colours that gather in the middle (Perazzi et al., CVPR 2012); nearness
    to the middle, and place; colour changes on the way to the frame; boundary connectivity and contrast with background
    (Zhu et al., CVPR 2014); what is ranked unlike all four sides (Yang et al., CVPR 2013); roughness; frame.
    """
    share, place = regions.share, regions.place
    colours, distances = cdist(regions.colour, regions.colour), cdist(place, place)
    on_frame = regions.frame > 0
    paths = _colour_paths(regions, colours)
    connectivity = _boundary_connectivity(regions, paths)
    near = np.exp(-distances ** 2 / (2 * 0.25 ** 2)) * share
    background = 1 - np.exp(-connectivity ** 2 / (2 * 0.25 ** 2))
    contrast = (colours * near) @ background / near.sum(axis=1)
    central = np.exp(-(place ** 2).sum(axis=1) / (2 * 0.22 ** 2))
    alike = np.exp(-colours ** 2 / (2 * 6.0 ** 2)) * share
    gathered = np.log((alike @ central / alike.sum(axis=1) + 0.01) / (share @ central + 0.01))
    return np.column_stack([
        np.log1p(regions.mean(_enclosure(lab)) / 10), np.log1p(_distance_to_sides(lab, regions)), gathered,
        np.exp(-(place ** 2).sum(axis=1) / (2 * 0.25 ** 2)), place[:, 0], place ** 2,
        np.log1p(paths[:, on_frame].min(axis=1) / 5), connectivity, np.log1p(contrast / 5),
        _rank_against_sides(regions, colours), look[:, 4] / 8, on_frame])


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


def _distance_to_sides(lab, regions):
    """Mahalanobis distance of each superpixel to the second most similar of the frame's sides: one may show product."""
    thick = max(1, round(0.08 * min(lab.shape[:2])))
    colours = np.stack([regions.mean(channel) for channel in cv2.split(lab)], axis=1)
    distances = []
    for strip in (lab[:thick], lab[-thick:], lab[:, :thick], lab[:, -thick:]):
        samples = strip.reshape(-1, 3).astype(np.float64)
        whitening = np.linalg.cholesky(np.linalg.inv(np.cov(samples.T) + 25 * np.eye(3)))
        distances.append(np.linalg.norm((colours - samples.mean(axis=0)) @ whitening, axis=1))
    return np.sort(distances, axis=0)[1]


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


def context_evidence(regions, look, log_odds):
    """What a first answer, log-odds [n], says of each superpixel through the others: float64 [n, 7].

    The answer itself; what superpixels of like colour (near and far), of like look, of like colour nearby, and nearby
    were called; height above or below the answer's centre, in standard deviations.
    """
    likely, share, place = 1 / (1 + np.exp(-log_odds)), regions.share, regions.place
    colours, looks = cdist(regions.colour, regions.colour, "sqeuclidean"), cdist(look, look, "sqeuclidean")
    distances = cdist(place, place, "sqeuclidean")
    kernels = (colours / (2 * 6.0 ** 2), colours / (2 * 14.0 ** 2), looks / (2 * 10.0 ** 2),
               colours / (2 * 12.0 ** 2) + distances / (2 * 0.12 ** 2), distances / (2 * 0.1 ** 2))
    weight = likely * share / (likely @ share)
    centre = weight @ place[:, 0]
    spread = np.sqrt(weight @ (place[:, 0] - centre) ** 2) + 0.02
    return np.column_stack([log_odds, *(_called(kernel, likely, share) for kernel in kernels),
                            np.abs(place[:, 0] - centre) / spread])


def _called(exponent, likely, share):
    """Log-odds of product among the others, weighted by exp(-exponent) [n, n] and their share of the picture."""
    weights = np.exp(-exponent) * share
    np.fill_diagonal(weights, 0)
    return np.log((weights @ likely + 1e-3 * likely.mean()) / (weights @ (1 - likely) + 1e-3 * (1 - likely).mean()))
