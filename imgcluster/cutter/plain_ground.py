"""Products on a plain ground: one colour or a smooth gradient, known from the frame, is taken away with its shadows."""
import cv2
import numpy as np

_OUTLIER = 10.0  # Lab units from the ground beyond which a pixel of the frame does not belong to it
_MIN_FRAME = 0.5  # share of the frame that must show the ground
_MAX_ROUGHNESS = 3.5  # Lab units by which a plain ground varies
_SHADOW = 0.35  # what darkening counts for, beside a change of colour or brightening
# A shadow or a pool of light has the ground's colour, and its edge is soft: at most so many Lab units of colour, of
# darkening and of brightening; and over 3 pixels at most so many Lab units of change, or half of the change over 7.
_SHADOW_COLOUR, _DARKEST, _BRIGHTEST = 4.0, -130.0, 40.0
_SOFT, _STEEPEST = 12, 0.5


def cut_from_plain_ground(lab):
    """Return the product, bool [h, w], of a small 8-bit Lab picture; None where the ground is not plain.

    What differs from the ground is product, but for what can be reached from the frame without a sharp step: shadows.
    """
    difference, roughness = _difference_from_ground(lab)
    if difference is None:
        return None
    lightness, colour = difference[..., 0], np.sqrt(difference[..., 1] ** 2 + difference[..., 2] ** 2)
    weighted = lightness * np.where(lightness < 0, np.float32(_SHADOW), np.float32(1))
    distance = np.sqrt(weighted ** 2 + 2 * colour ** 2) / max(6.0, 4 * roughness)
    may_be_shadow = (colour < _SHADOW_COLOUR) & (lightness > _DARKEST) & (lightness < _BRIGHTEST)
    return (distance > 0.7) & ~_reached_from_frame(lab, may_be_shadow, distance < 1)


def _reached_from_frame(lab, passable, starts):
    """Pixels of the ground: those `passable` ones that a square of 3 pixels reaches without meeting a sharp edge.

    It sets out from the pixels of the frame that are `starts`; being that wide, it does not slip through where a
    product's outline is faint for a pixel or two.
    """
    soft = passable & (_local_range(lab, 3) <= np.maximum(_SOFT, _STEEPEST * _local_range(lab, 7)))
    padded = cv2.copyMakeBorder(soft.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    centres = cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    count, labels = cv2.connectedComponents(centres, connectivity=4)
    reached = np.zeros(count, bool)
    for side in np.s_[0, -1, (slice(None), 0), (slice(None), -1)]:
        reached[labels[side][starts[side]]] = True
    reached[0] = False
    # One pixel more than the square's own: the edge that stopped it is half ground.
    return (cv2.dilate(reached[labels].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & passable


def _local_range(lab, side):
    """Largest difference in any channel within a window, uint8 [h, w]."""
    return np.maximum.reduce(cv2.split(cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((side, side), np.uint8))))


def _difference_from_ground(lab):
    """Difference of each pixel from the ground, float32 [h, w, 3] in Lab units, and the ground's own roughness.

    The ground is a quadratic surface in each channel, fitted robustly to the frame's pixels and continued over the
    picture. (None, None) where it is not plain.
    """
    colours = lab.astype(np.float32)
    frame = _frame(lab.shape[:2])
    surface = _surface_terms(lab.shape[:2])
    terms, samples = surface[frame], colours[frame]
    median = np.median(samples, axis=0)
    close = np.abs(samples - median).max(axis=1) < 4 * _OUTLIER
    for _ in range(4):
        if close.mean() < _MIN_FRAME:
            return None, None
        weights = np.linalg.lstsq(terms[close], samples[close], rcond=None)[0]
        residuals = np.linalg.norm(samples - terms @ weights, axis=1)
        close = residuals < _OUTLIER
    roughness = np.sqrt(np.mean(residuals[close] ** 2)) if close.any() else np.inf
    if close.mean() < _MIN_FRAME or roughness > _MAX_ROUGHNESS:
        return None, None
    return colours - surface @ weights, roughness


def _frame(shape):
    thick = max(1, round(0.04 * min(shape)))
    frame = np.ones(shape, bool)
    frame[thick:-thick, thick:-thick] = False
    return frame


def _surface_terms(shape):
    y, x = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32) for side in shape), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
