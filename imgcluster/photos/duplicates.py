"""Find copies of the same photo: the same file, or the same picture resized, recompressed, cropped or written over.

Each photo is compared in detail with the few whose coarse structure is most like its own. Nothing is called a copy
before its pixels, aligned with the other's, have been found to agree in fine structure and colour, place by place.
Similar pictures (the same product photographed twice, or drawn in another colour) are no copies.
"""
import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache

import cv2
import imagehash
import numpy as np
from PIL import Image

from imgcluster.photos.detail import photo_detail

_SIDE = 64  # of the small picture that is kept of each photo, in pixels
_COARSE = 32  # of the one on which photos are first aligned
_FREQUENCIES = 8  # lowest ones of the cosine transform in each direction, that make up the coarse structure
_MIN_LIKENESS = 0.75  # cosine of the coarse structures of two photos, below which they are not compared
_NEIGHBOURS = 8
_CACHED = 4096  # photos whose pictures are kept ready, about 60 kB each
_BLOCK = 512  # photos compared with all others at a time
_ZOOMS = (1.0, 1 / 0.9, 0.9)  # from which an alignment sets out: none, and one cropped by 5 % at each side
_MAX_ZOOM, _MAX_SHEAR, _MAX_SHIFT = 0.16, 0.04, 0.12  # of an alignment; more is another view of a similar thing
_MIN_ALIGNED = 0.85  # correlation of two aligned pictures, below which their fine structure cannot agree
_CRITERIA = cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT
_PLACES = 8  # in each direction, in which the fine structure is compared
# Correlation from which a place agrees, and the share of the structure that must lie in such places. On clothing photos
# other than those of the benchmark, 95 % of the copies reach .74 (cropped), .79 (watermark) and .94 (others); of 1,491
# pairs of like photos that are no copies, three exceed .8.
_AGREES, _MIN_AGREEMENT = 0.6, 0.8
_WORTH_REFINING = 0.3  # agreement after the coarse alignment, below which an exact one cannot help
_OTHER_COLOUR = 12.0  # distance of a place's mean colours (a, b of CIE L*a*b*) from which it is another one
_NOISE = 128.0  # squared grey levels, summed over a place, that say nothing
_CONTRAST, _MAX_GAIN = 40.0, 4.0  # standard deviation to which pictures are brought, and the largest factor for that
_MAX_FRAME = 0.45  # share of the picture that a plain frame may take at each side
_GREY = 8  # levels by which the channels of a grey pixel may differ
_FLAT = 3.0  # grey levels of contrast below which a picture tells nothing


def photo_signature(image, data):
    """Return what `find_duplicates` needs to know of a photo, as a dict that JSON can hold (about 2 kB).

    image: uint8 [H, W, 3] RGB as decoded; data: the bytes of its file.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    inside = _within_frame(grey)
    small = cv2.resize(image[inside], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    packed = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    sharpness = cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var()
    return {"digest": file_digest(data), "picture": base64.b85encode(packed).decode("ascii"),
            "pixels": int(grey.size), "sharpness": round(float(sharpness), 1),
            "coloured": _is_coloured(image), "detail": photo_detail(grey, inside, data), "bytes": len(data)}


def file_digest(data):
    """Return what tells the bytes of a photo's file from others."""
    return hashlib.sha256(data).hexdigest()[:32]


def _is_coloured(image):
    """Whether more than a hundredth of the pixels are no grey."""
    channels = cv2.split(cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST))
    return bool((np.maximum.reduce(channels) - np.minimum.reduce(channels) > _GREY).mean() > 0.01)


def _within_frame(grey):
    """Two slices that leave out the rows and columns at the four sides that show one and the same grey.

    It may be a plain ground, or a border and within it a plain ground, which three sides or more must show.
    """
    rows, columns = (slice(0, length) for length in grey.shape)
    for sides in (0, 3):
        inside = grey[rows, columns]
        top, bottom = _plain_rows(inside), _plain_rows(inside[::-1])
        turned = np.ascontiguousarray(inside[top:len(inside) - bottom].T)
        left, right = _plain_rows(turned), _plain_rows(turned[::-1])
        if np.count_nonzero([top, bottom, left, right]) >= sides:
            rows = slice(rows.start + top, rows.stop - bottom)
            columns = slice(columns.start + left, columns.stop - right)
    return rows, columns


def _plain_rows(grey):
    """How many of the first rows show the grey of the first one and nothing else."""
    rows = grey[:int(len(grey) * _MAX_FRAME)].astype(np.int16)
    if not len(rows):
        return 0
    plain = (np.abs(rows - np.median(rows[0])) <= 8).mean(axis=1) > 0.98
    return len(rows) if plain.all() else int(np.argmin(plain))


def find_duplicates(files, signatures):
    """Tell which photos are copies of others: rows (file, kept, kind, distance), in the order of `files`.

    files: names; signatures: as `photo_signature` gives them, with "broken_off" where that is known of the files.
    `kept` is the best copy (whole files before broken-off ones, colour before grey, then most detail, then the largest
    file, then the first in order) and never itself a copy; all copies of one photo were compared with the same one of
    them, so that chains of similar photos do not grow. kind: "same file" or "same picture".
    distance: differing bits of the 256-bit hashes. A mirror image is no copy. Memory grows with the number of photos,
    not its square.
    """
    kept_of, unique = _same_files(signatures)
    for copy, (kept, kind, distance) in _same_pictures([signatures[k] for k in unique]).items():
        kept_of[unique[copy]] = (unique[kept], kind, distance)
    rows = []
    for index, name in enumerate(files):
        if index in kept_of:
            kept, kind, distance = kept_of[index]
            if kept in kept_of:  # a file's twin is itself a copy of a better picture
                kept, kind, distance = kept_of[kept]
            rows.append((name, files[kept], kind, distance))
    return rows


def copies_among(signatures, others):
    """Return which photos are copies of one of the others, bool [N]; signatures [N] and others as of
    `photo_signature`, both at least one."""
    digests = {other["digest"] for other in others}
    structures, among = (np.stack([_structure(_unpack(item)) for item in items]) for items in (signatures, others))
    picture = lru_cache(_CACHED)(lambda index: _picture(others[index]))
    return np.array([own["digest"] in digests or _shows_one_of(own, map(picture, candidates)) for own, candidates
                     in zip(signatures, _most_alike(structures, among, itself=True), strict=True)])


def _shows_one_of(signature, pictures):
    own = _picture(signature)
    return any(agreement(picture, own) >= _MIN_AGREEMENT for picture in pictures)


def _same_files(signatures):
    """Return {copy: (first, kind, 0)} of files with equal content, and the indices of all others."""
    first, copies, unique = {}, {}, []
    for index, signature in enumerate(signatures):
        kept = first.setdefault(signature["digest"], index)
        if kept == index:
            unique.append(index)
        else:
            copies[index] = (kept, "same file", 0)
    return copies, unique


@dataclass(frozen=True)
class _Picture:
    """A photo's small picture as it is compared: grey [64, 64] at equal contrast, softened twice, fine structure; and
    its colours, a and b of CIE L*a*b* [64, 64, 2], None where it has none."""

    grey: np.ndarray
    coarse: np.ndarray
    soft: np.ndarray
    fine: np.ndarray
    colour: np.ndarray | None


def _unpack(signature, *, flags=cv2.IMREAD_GRAYSCALE):
    """The small picture of a photo, uint8 [64, 64], or BGR [64, 64, 3] by another flag of cv2.imdecode."""
    return cv2.imdecode(np.frombuffer(base64.b85decode(signature["picture"]), np.uint8), flags)


def _colour(signature):
    if not signature["coloured"]:
        return None
    picture = _unpack(signature, flags=cv2.IMREAD_COLOR).astype(np.float32) / 255
    return np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_BGR2LAB)[:, :, 1:])


def _picture(signature):
    grey = _unpack(signature).astype(np.float32)
    grey = grey * min(_MAX_GAIN, _CONTRAST / max(float(grey.std()), 1e-3))
    coarse = cv2.GaussianBlur(cv2.resize(grey, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA), (0, 0), 0.7)
    return _Picture(grey, coarse, cv2.GaussianBlur(grey, (0, 0), 1.0), _fine(grey), _colour(signature))


def _fine(grey):
    return grey - cv2.GaussianBlur(grey, (0, 0), 2.0)


def _same_pictures(signatures):
    """Return {copy: (kept, kind, distance)} among photos of different content."""
    if len(signatures) < 2:
        return {}
    order = sorted(range(len(signatures)), key=lambda k: (-signatures[k]["pixels"], -signatures[k]["sharpness"],
                                                          -signatures[k]["bytes"], k))
    structures = np.stack([_structure(_unpack(item)) for item in signatures])
    return _with_the_best_kept(_stars(order, _near(structures), signatures), signatures)


def _structure(grey):
    """Coarse structure of a picture: its lowest frequencies but the mean, float32 of length 1; zeros for a flat one."""
    small = cv2.resize(grey, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < _FLAT:
        return np.zeros(_FREQUENCIES ** 2 - 1, np.float32)
    frequencies = cv2.dct(small)[:_FREQUENCIES, :_FREQUENCIES].ravel()[1:]
    return frequencies / (np.linalg.norm(frequencies) + 1e-6)


def _near(structures):
    """Return, for each photo, the set of those with the most similar structures."""
    near = [set() for _ in structures]
    for row, found in enumerate(_most_alike(structures, structures, itself=False)):
        for other in found:
            near[row].add(other)
            near[other].add(row)
    return near


def _most_alike(structures, others, *, itself):
    """Yield, for each structure, the indices of the others most similar to it, the nearest first: in blocks of rows,
    exact. itself: whether the one of the same index may be among them."""
    for start in range(0, len(structures), _BLOCK):
        for row, values in enumerate(structures[start:start + _BLOCK] @ others.T, start):
            if not itself:
                values[row] = -1
            found = np.flatnonzero(values > _MIN_LIKENESS)
            yield found[np.argsort(-values[found], kind="stable")[:_NEIGHBOURS]].tolist()


def _stars(order, near, signatures):
    """Give each photo, in order, to the one before it whose picture it shows most exactly and that is given to none.

    Returns {photo: the one it is given to}.
    """
    copies, centres = {}, set()
    picture = lru_cache(_CACHED)(lambda index: _picture(signatures[index]))
    for index in order:
        candidates = sorted({copies.get(k, k) for k in near[index]} & centres)
        scores = [agreement(picture(k), picture(index)) for k in candidates]
        if max(scores, default=0) < _MIN_AGREEMENT:
            centres.add(index)
        else:
            copies[index] = candidates[int(np.argmax(scores))]
    return copies


def _with_the_best_kept(copies, signatures):
    """Return {copy: (kept, kind, distance)}: of each photo and those given to it, the best is kept."""
    groups = {centre: [centre] for centre in copies.values()}
    for index, centre in copies.items():
        groups[centre].append(index)
    result = {}
    for members in groups.values():
        kept = min(members, key=lambda index: _rank(signatures[index], index))
        own = _hash(signatures[kept])
        result |= {index: (kept, "same picture", int(_hash(signatures[index]) - own))
                   for index in members if index != kept}
    return result


def _rank(signature, index):
    """What photos are sorted by, best first: whole files, colour, detail, size of the file, order."""
    broken_off = signature.get("broken_off", False)
    return broken_off, not signature["coloured"], -signature["detail"], -signature["bytes"], index


def _hash(signature):
    return imagehash.phash(Image.fromarray(_unpack(signature)), hash_size=16)


def agreement(one, two):
    """Return how much of the fine structure of two pictures agrees, 0..1, once the second is aligned with the first.

    What has another colour does not agree, unless one of the pictures has no colours at all. Overlays disturb some
    places and leave the others as they are: places weigh what structure they have, and agree or do not. The alignment
    is found on the small pictures, and made exact on the large ones where that may help.
    """
    best = _agreement_under(one, two, np.eye(2, 3))
    for zoom in _ZOOMS:
        if best >= _MIN_AGREEMENT:
            break
        warp = _coarse_alignment(one, two, zoom)
        if warp is not None and _agreement_under(one, two, warp) >= _WORTH_REFINING:
            best = max(best, _agreement_under(one, two, _refined(one, two, warp)))
    return best


def _coarse_alignment(one, two, zoom):
    """Affine map [2, 3] of `one` onto `two`, in pixels of 64, found from a first zoom; None where there is none.

    ECC (Evangelidis & Psarakis, 2008) on the small pictures.
    """
    middle = (_COARSE - 1) / 2
    warp = np.array([[zoom, 0, (1 - zoom) * middle], [0, zoom, (1 - zoom) * middle]], np.float32)
    limits = np.array([[_MAX_ZOOM, _MAX_SHEAR, _MAX_SHIFT * _COARSE], [_MAX_SHEAR, _MAX_ZOOM, _MAX_SHIFT * _COARSE]])
    try:
        likeness, warp = cv2.findTransformECC(one.coarse, two.coarse, warp, cv2.MOTION_AFFINE, (_CRITERIA, 30, 1e-3),
                                              None, 3)
    except cv2.error:  # no alignment found
        return None
    if likeness < _MIN_ALIGNED or np.any(np.abs(warp - np.eye(2, 3)) > limits):
        return None
    scale = _SIDE / _COARSE
    warp[:, 2] = scale * warp[:, 2] + (scale - 1) / 2 * (1 - warp[:, :2].sum(axis=1))
    return warp


def _refined(one, two, warp):
    try:
        return cv2.findTransformECC(one.soft, two.soft, warp, cv2.MOTION_AFFINE, (_CRITERIA, 15, 1e-3), None, 3)[1]
    except cv2.error:  # no better alignment found
        return warp


def _agreement_under(one, two, warp):
    """Share of the structure in those places whose fine structures correlate when `two` is warped onto `one`, and whose
    colours are alike."""
    inverse = cv2.WARP_INVERSE_MAP
    onto = {"M": warp, "dsize": (_SIDE, _SIDE), "borderMode": cv2.BORDER_REPLICATE}
    warped = cv2.warpAffine(two.grey, **onto, flags=cv2.INTER_CUBIC | inverse)
    seen = cv2.warpAffine(np.ones_like(two.grey), warp, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | inverse) > 0.99
    first, second = one.fine * seen, _fine(warped) * seen
    power, other_power = _by_place(first * first), _by_place(second * second)
    correlation = _by_place(first * second) / np.sqrt((power + _NOISE) * (other_power + _NOISE))
    weight, agrees = (power * other_power) ** 0.25, correlation > _AGREES
    if one.colour is not None and two.colour is not None:
        gap = (one.colour - cv2.warpAffine(two.colour, **onto, flags=cv2.INTER_LINEAR | inverse)) * seen[..., None]
        agrees &= np.hypot(*map(_by_place, np.moveaxis(gap, 2, 0))) <= _OTHER_COLOUR * np.maximum(_by_place(seen), 1)
    return float((weight * agrees).sum() / (weight.sum() + 1e-6))


def _by_place(values):
    side = _SIDE // _PLACES
    return values.reshape(_PLACES, side, _PLACES, side).sum(axis=(1, 3))
