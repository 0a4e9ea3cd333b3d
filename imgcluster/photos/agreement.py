"""How far two photos show the same picture: their pixels, aligned, compared in fine structure and colour, place by
place."""
import base64
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 64  # of the small picture that is kept of each photo, in pixels
COARSE = 32  # of the one on which photos are first aligned
_ZOOMS = (1.0, 1 / 0.9, 0.9)  # from which an alignment sets out: none, and one cropped by 5 % at each side
# Correlation of two pictures, the second zoomed, from which an alignment that failed from the best zoom may still
# succeed from another. Of 750 copies on photos other than those of the benchmark, one needs less.
_WORTH_OTHERS = 0.9
_MAX_ZOOM, _MAX_SHEAR, _MAX_SHIFT = 0.16, 0.04, 0.12  # of an alignment; more is another view of a similar thing
_MIN_ALIGNED = 0.85  # correlation of two aligned pictures, below which their fine structure cannot agree
_CRITERIA = cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT
_PLACES = 8  # in each direction, in which the fine structure is compared
# Correlation from which a place agrees, and the share of the structure that must lie in such places. On clothing photos
# other than those of the benchmark, 95 % of the copies reach .74 (cropped), .79 (watermark) and .94 (others); of 1,491
# pairs of like photos that are no copies, three exceed .8.
_AGREES, MIN_AGREEMENT = 0.6, 0.8
_WORTH_REFINING = 0.3  # agreement after the coarse alignment, below which an exact one cannot help
_OTHER_COLOUR = 12.0  # distance of a place's mean colours (a, b of CIE L*a*b*) from which it is another one
_NOISE = 128.0  # squared grey levels, summed over a place, that say nothing
_CONTRAST, _MAX_GAIN = 40.0, 4.0  # standard deviation to which pictures are brought, and the largest factor for that


@dataclass(frozen=True)
class Picture:
    """A photo's small picture as it is compared: grey [64, 64] at equal contrast, softened twice, fine structure, and
    how much of that is in each place; zoomed [3, 1024]: the coarse one from each of the zooms, at length 1; its
    colours, a and b of CIE L*a*b* [64, 64, 2], None where it has none."""

    grey: np.ndarray
    coarse: np.ndarray
    soft: np.ndarray
    fine: np.ndarray
    power: np.ndarray
    zoomed: np.ndarray
    colour: np.ndarray | None


def packed(small):
    """Return a small picture, uint8 RGB [64, 64, 3], as the text that a signature holds of it."""
    jpeg = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return base64.b64encode(jpeg).decode("ascii")


def unpacked(text, *, flags=cv2.IMREAD_GRAYSCALE):
    """Return the small picture of a text, uint8 [64, 64], or BGR [64, 64, 3] by another flag of cv2.imdecode."""
    return cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), flags)


def picture_of(signature):
    """Return the Picture of a photo; signature: as `duplicates.photo_signature` gives it."""
    grey = unpacked(signature["picture"]).astype(np.float32)
    grey = grey * min(_MAX_GAIN, _CONTRAST / max(float(grey.std()), 1e-3))
    coarse = cv2.GaussianBlur(cv2.resize(grey, (COARSE, COARSE), interpolation=cv2.INTER_AREA), (0, 0), 0.7)
    fine = _fine(grey)
    return Picture(grey, coarse, cv2.GaussianBlur(grey, (0, 0), 1.0), fine, _by_place(fine * fine), _zoomed(coarse),
                   _colour(signature))


def _fine(grey):
    return grey - cv2.GaussianBlur(grey, (0, 0), 2.0)


def _zoomed(coarse):
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    rows = np.stack([cv2.warpAffine(coarse, _start(zoom), (COARSE, COARSE), flags=flags,
                                    borderMode=cv2.BORDER_REPLICATE).ravel() for zoom in _ZOOMS])
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6)


def _start(zoom):
    """The map from a picture onto itself, zoomed about its middle, in pixels of 32."""
    shift = (1 - zoom) * (COARSE - 1) / 2
    return np.array([[zoom, 0, shift], [0, zoom, shift]], np.float32)


def _colour(signature):
    if not signature["coloured"]:
        return None
    picture = unpacked(signature["picture"], flags=cv2.IMREAD_COLOR).astype(np.float32) / 255
    return np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_BGR2LAB)[:, :, 1:])


def agreement(one, two):
    """Return how much of the fine structure of two Pictures agrees, 0..1, once the second is aligned with the first.

    What has another colour does not agree, unless one of the pictures has no colours at all. Overlays disturb some
    places and leave the others as they are: places weigh what structure they have, and agree or do not. The alignment
    is found on the small pictures, and made exact on the large ones where that may help.
    """
    best = _agreement_of(one, two)
    likeness = two.zoomed @ one.zoomed[0]
    nearest_first = np.argsort(-likeness, kind="stable")
    for start in nearest_first if likeness.max() >= _WORTH_OTHERS else nearest_first[:1]:
        if best >= MIN_AGREEMENT:
            break
        warp = _coarse_alignment(one, two, _start(_ZOOMS[start]))
        if warp is not None and _agreement_under(one, two, warp) >= _WORTH_REFINING:
            best = max(best, _agreement_under(one, two, _refined(one, two, warp)))
    return best


def _coarse_alignment(one, two, warp):
    """Affine map [2, 3] of `one` onto `two`, in pixels of 64, found from a first one in pixels of 32; None where there
    is none.

    ECC (Evangelidis & Psarakis, 2008) on the small pictures.
    """
    limits = np.array([[_MAX_ZOOM, _MAX_SHEAR, _MAX_SHIFT * COARSE], [_MAX_SHEAR, _MAX_ZOOM, _MAX_SHIFT * COARSE]])
    try:
        likeness, warp = cv2.findTransformECC(one.coarse, two.coarse, warp, cv2.MOTION_AFFINE, (_CRITERIA, 30, 1e-3),
                                              None, 3)
    except cv2.error:  # no alignment found
        return None
    if likeness < _MIN_ALIGNED or np.any(np.abs(warp - np.eye(2, 3)) > limits):
        return None
    scale = SIDE / COARSE
    warp[:, 2] = scale * warp[:, 2] + (scale - 1) / 2 * (1 - warp[:, :2].sum(axis=1))
    return warp


def _refined(one, two, warp):
    try:
        return cv2.findTransformECC(one.soft, two.soft, warp, cv2.MOTION_AFFINE, (_CRITERIA, 15, 1e-3), None, 3)[1]
    except cv2.error:  # no better alignment found
        return warp


def _agreement_of(one, two):
    """Agreement of two pictures that lie upon each other as they are."""
    gap = None if one.colour is None or two.colour is None else one.colour - two.colour
    return _share_that_agrees(_by_place(one.fine * two.fine), one.power, two.power, gap, _PLACE)


def _agreement_under(one, two, warp):
    """Agreement of two pictures, the second warped onto the first, where it covers that."""
    onto = {"M": warp, "dsize": (SIDE, SIDE), "borderMode": cv2.BORDER_REPLICATE}
    warped = cv2.warpAffine(two.grey, **onto, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    seen = cv2.warpAffine(_ALL, warp, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP) > 0.99
    first, second, gap = one.fine * seen, _fine(warped) * seen, None
    if one.colour is not None and two.colour is not None:
        colour = cv2.warpAffine(two.colour, **onto, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        gap = (one.colour - colour) * seen[..., None]
    return _share_that_agrees(_by_place(first * second), _by_place(first * first), _by_place(second * second), gap,
                              np.maximum(_by_place(seen), 1))


def _share_that_agrees(product, power, other_power, gap, area):
    """Share of the structure in those places, [8, 8], whose fine structures correlate and whose colours are alike.

    product, power, other_power: of the fine structures of both, summed over each place. gap: what their colours
    differ by in each pixel, or None; area: how many pixels of each place both have.
    """
    correlation = product / np.sqrt((power + _NOISE) * (other_power + _NOISE))
    weight, agrees = (power * other_power) ** 0.25, correlation > _AGREES
    if gap is not None:
        agrees &= np.hypot(*map(_by_place, np.moveaxis(gap, 2, 0))) <= _OTHER_COLOUR * area
    return float((weight * agrees).sum() / (weight.sum() + 1e-6))


def _by_place(values):
    side = SIDE // _PLACES
    return values.reshape(_PLACES, side, _PLACES, side).sum(axis=(1, 3))


_ALL = np.ones((SIDE, SIDE), np.float32)
_PLACE = (SIDE // _PLACES) ** 2
