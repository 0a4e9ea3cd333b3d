"""Where in a photo the product is likely to be, from colour, enclosure and position alone (nothing is learned per set).

The evidence is that of weight-free saliency detection: what no path from the frame reaches without crossing a change
of colour (Zhang et al., "Minimum barrier salient object detection at 80 FPS", ICCV 2015, in the threshold form of
Zhang & Sclaroff's Boolean maps, ICCV 2013), what is unlike the frame's four sides, and colours that gather in the
middle (after Perazzi et al., "Saliency filters", CVPR 2012).
"""
import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

# Weight of each piece of evidence in the log-odds, and the constant: logistic regression on half of the ECSSD and CCP
# photos. Order: enclosure, distance to the sides, narrow and wide centre prior, spread and centredness of the colour.
_WEIGHTS = (0.74, 1.07, 1.69, 3.04, 2.79, 2.74)
_CONSTANT = -5.95

_BINS = (12, 20, 20)
_THRESHOLDS = 12


def product_log_odds(lab):
    """Return the log-odds, float32 [h, w], that each pixel of an 8-bit Lab picture [h, w, 3] shows the product.

    Made for pictures of about 160 pixels on the longer side; any size of at least 8 x 8 will do.
    """
    spread, centredness = _colour_gathering(lab)
    evidence = (np.log1p(_enclosure(lab) / 10), np.log1p(_distance_to_sides(lab)), centre_prior(lab.shape[:2], 0.25),
                centre_prior(lab.shape[:2], 0.4), spread, centredness)
    return sum(weight * piece for weight, piece in zip(_WEIGHTS, evidence, strict=True)) + np.float32(_CONSTANT)


def centre_prior(shape, width):
    """Return a Gaussian around the middle, float32 of `shape`; `width` is its standard deviation in frame sides."""
    y, x = (((np.arange(side) + 0.5) / side - 0.5).astype(np.float32) for side in shape)
    return np.exp(-(y[:, None] ** 2 + x[None] ** 2) / np.float32(2 * width * width))


def _enclosure(lab):
    """Levels of the three channels, summed, at which a pixel is cut off from the frame."""
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


def _distance_to_sides(lab):
    """Mahalanobis distance to the second most similar of the frame's four sides (one may be hidden by the product)."""
    thick = max(1, round(0.08 * min(lab.shape[:2])))
    pixels = lab.reshape(-1, 3).astype(np.float32)
    distances = []
    for strip in (lab[:thick], lab[-thick:], lab[:, :thick], lab[:, -thick:]):
        colours = strip.reshape(-1, 3).astype(np.float64)
        whitening = np.linalg.cholesky(np.linalg.inv(np.cov(colours.T) + 25 * np.eye(3))).astype(np.float32)
        offset = (pixels - colours.mean(0).astype(np.float32)) @ whitening
        distances.append(np.sqrt((offset * offset).sum(1)))
    return np.partition(np.stack(distances), 1, axis=0)[1].reshape(lab.shape[:2])


def colour_bins(lab):
    """Return the colour bin of each pixel, int [h * w], and the number of bins; nearly grey colours are kept apart."""
    lightness, a, b = (lab[:, :, k].ravel().astype(np.intp) for k in range(3))
    a, b = (np.clip((chroma - 128) // 5 + _BINS[1] // 2, 0, _BINS[1] - 1) for chroma in (a, b))
    return (lightness * _BINS[0] // 256 * _BINS[1] + a) * _BINS[2] + b


def smooth_histogram(bins, weights, sigma=1.0):
    """Sum `weights` [N] by colour bin, smoothed over neighbouring colours: float [bins]."""
    counts = np.bincount(bins, weights, int(np.prod(_BINS))).reshape(_BINS)
    return gaussian_filter(counts, sigma, truncate=3).ravel()


def _colour_gathering(lab):
    """How widely the pixels of each colour are spread (variance, squared frame sides), and how central they are."""
    height, width = lab.shape[:2]
    bins = colour_bins(lab)
    y = np.repeat((np.arange(height) + 0.5) / height - 0.5, width)
    x = np.tile((np.arange(width) + 0.5) / width - 0.5, height)
    prior = centre_prior((height, width), 0.22).ravel()
    count, sum_y, sum_x, squares, central = (smooth_histogram(bins, weights) for weights in
                                             (np.ones_like(y), y, x, y * y + x * x, prior))
    count = count + 1e-6
    spread = squares / count - (sum_y / count) ** 2 - (sum_x / count) ** 2
    centredness = np.log((central / count + 0.01) / (prior.mean() + 0.01))
    return (values[bins].reshape(height, width).astype(np.float32) for values in (spread, centredness))
