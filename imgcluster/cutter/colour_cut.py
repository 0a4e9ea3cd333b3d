"""Split a picture into product and background by colour models and a minimum cut (after GrabCut, Rother et al. 2004).

GrabCut's smoothness is fixed in OpenCV and made for photos of half a megapixel: at 160 pixels it outweighs the colours
and swallows what is thin. Here the colour models are our own, and OpenCV's solver is given their log-odds, scaled, so
that a small picture can be cut as finely as a large one, at a fraction of the time.
"""
import cv2
import numpy as np

_ROWS, _COLUMNS = np.triu_indices(3)
_COMPONENTS = 5
_FEWEST = 20  # pixels of which colours can be modelled
_SAMPLES, _STEPS = 1000, 6  # of the k-means that starts a mixture; more of either gains nothing measurable
_NOISE = 0.3  # variance that every colour has, in squared Lab levels
_MAX_LOG_ODDS = 8.0
_MAX_GUESS, _TRUST = 5.5, 0.5  # log-odds of a first guess: how far they are believed, and their weight beside colours
_FINENESS = 5.0  # how much weaker than GrabCut's own the smoothness is
# Levels of the solver's picture over which the log-odds are spread: enough to tell them apart, but few beside the 255
# of the photo's own channels, whose edges the cut shall follow.
_LEVELS = 32


def refine_cut(lab, log_odds, *, rounds=1):
    """Return the product, bool [h, w], of an 8-bit Lab picture, from a first guess, log-odds [h, w].

    In each round the colours of what is called product and background so far are modelled by Gaussian mixtures, and the
    picture is cut by these and the guess together. A good guess gains nothing by a second round.
    """
    mask = log_odds > 0
    trusted = _TRUST * np.clip(log_odds, -_MAX_GUESS, _MAX_GUESS)
    pixels = lab.reshape(-1, 3).astype(np.float32)
    terms = _quadratic_terms(pixels)
    for _ in range(rounds):
        inside = mask.ravel()
        if min(inside.sum(), (~inside).sum()) < _FEWEST:
            break
        odds = _log_density(terms, pixels[inside]) - _log_density(terms, pixels[~inside])
        mask = minimum_cut(lab, np.clip(odds, -_MAX_LOG_ODDS, _MAX_LOG_ODDS).reshape(mask.shape) + trusted)
    return mask


def _quadratic_terms(pixels):
    """1, the three channels and their six products, centred, [10, N]: a Gaussian's log-density is linear in them."""
    centred = np.ascontiguousarray(pixels.T) - 128
    return np.concatenate([np.ones((1, len(pixels)), np.float32), centred, centred[_ROWS] * centred[_COLUMNS]])


def _log_density(terms, colours):
    """Log-density of each pixel, [N], under a mixture of Gaussians fitted to `colours` [M, 3] by k-means."""
    colours = np.ascontiguousarray(colours[::len(colours) // _SAMPLES + 1])
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, _STEPS, 0.5)
    labels = cv2.kmeans(colours, min(_COMPONENTS, len(colours)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)[1].ravel()
    return _log_sum_exp(_gaussians(colours.astype(np.float64) - 128, labels).astype(np.float32) @ terms)


def _gaussians(colours, labels):
    """Coefficients, [K, 10] in the order of `_quadratic_terms`, of log(share * density) of each group of colours."""
    members = np.eye(labels.max() + 1)[labels]
    members = members[:, members.sum(axis=0) > 3]
    if not members.shape[1]:
        members = np.ones((len(colours), 1))
    counts = members.sum(axis=0)
    means = members.T @ colours / counts[:, None]
    squares = (members.T @ (colours[:, :, None] * colours[:, None]).reshape(-1, 9)).reshape(-1, 3, 3)
    covariances = squares / counts[:, None, None] - means[:, :, None] * means[:, None]
    precisions = np.linalg.inv(covariances + _NOISE * np.eye(3))
    pulled = np.einsum("kij,kj->ki", precisions, means)
    constants = np.log(counts / len(colours)) + 0.5 * np.linalg.slogdet(precisions)[1] - 0.5 * (means * pulled).sum(1)
    products = -precisions[:, _ROWS, _COLUMNS] * np.where(_ROWS == _COLUMNS, 0.5, 1)
    return np.column_stack([constants, pulled, products])


def _log_sum_exp(values):
    peak = values.max(axis=0)
    return peak + np.log(np.exp(values - peak).sum(axis=0))


def minimum_cut(lab, log_odds):
    """Return the product, bool [h, w]: the cut that fits the log-odds best and follows edges of the picture.

    The picture given to OpenCV's solver carries the log-odds in its first channel; two fixed Gaussians that differ
    in this channel alone turn them back into exactly these odds.
    """
    guess = log_odds > 0
    if guess.all() or not guess.any():
        return guess
    scaled = np.clip((log_odds / _MAX_LOG_ODDS + 1) * _LEVELS / 2 + 0.5, 0, _LEVELS).astype(np.uint8)
    chroma = cv2.addWeighted(lab[:, :, 1], 1.0, lab[:, :, 2], 1.0, -128)
    picture = cv2.merge([scaled, np.ascontiguousarray(lab[:, :, 0]), chroma])
    variance = _LEVELS ** 2 / (2 * _MAX_LOG_ODDS * _FINENESS)
    mask = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    cv2.grabCut(picture, mask, None, _solver_model(0, variance), _solver_model(_LEVELS, variance), 1,
                cv2.GC_EVAL_FREEZE_MODEL)
    return mask == cv2.GC_PR_FGD


def _solver_model(mean, variance):
    """OpenCV's layout of a mixture: 5 weights, 5 means, 5 covariances; only the first component is used here."""
    model = np.zeros((1, 65))
    model[0, 0] = 1
    model[0, 5:8] = (mean, 128, 128)
    model[0, 20:29] = np.diag([variance, 1e6, 1e6]).ravel()
    return model
