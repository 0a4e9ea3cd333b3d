"""Find copies of the same photo: the same file, or the same picture resized, recompressed, cropped or written over.

Photos are compared by a 256-bit perceptual hash; nothing is called a copy before its pixels, aligned and at equal
exposure, have been compared too. Similar pictures (the same product photographed twice) are no copies.
"""
import base64
import hashlib
from collections import defaultdict

import cv2
import imagehash
import numpy as np
from PIL import Image

_SIDE = 32  # of the small grey picture that is kept of each photo
_MAX_DISTANCE = 96  # bits of 256; unrelated photos lie around 128
_NEIGHBOURS = 8
_BLOCK = 512
_MIN_CORRELATION = 0.9
# Share of the picture's structure that must agree (a watermark disturbs less than the rest): at equal hashes, and what
# is asked on top for each differing bit, since unlike pictures come closer and closer as the hashes part.
_MIN_AGREEMENT, _AGREEMENT_PER_BIT = 0.5, 0.002
_MAX_FRAME = 0.45  # share of the picture that a plain frame may take at each side
_TOLERANCE = 0.12  # of the picture's contrast
_FLAT = 3.0  # grey levels of contrast below which a picture tells nothing


def photo_signature(image, data):
    """Return what `find_duplicates` needs to know of a photo, as a dict that JSON can hold (about 2 kB).

    image: uint8 [H, W, 3] RGB as decoded; data: the bytes of its file.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(_without_frame(grey), (4 * _SIDE, 4 * _SIDE), interpolation=cv2.INTER_AREA)
    thumbnail = cv2.resize(small, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return {"digest": hashlib.sha256(data).hexdigest()[:32], "hash": _hash(small), "mirrored": _hash(small[:, ::-1]),
            "grey": base64.b85encode(thumbnail.tobytes()).decode("ascii"), "pixels": int(grey.size),
            "sharpness": round(float(cv2.Laplacian(small, cv2.CV_32F).var()), 1), "bytes": len(data)}


def _without_frame(grey):
    """Cut off the rows and columns at the four sides that show one and the same grey."""
    for _ in range(2):
        top, bottom = _plain_rows(grey), _plain_rows(grey[::-1])
        grey = np.ascontiguousarray(grey[top:len(grey) - bottom].T)
    return grey


def _plain_rows(grey):
    """How many of the first rows show the grey of the first one and nothing else."""
    rows = grey[:int(len(grey) * _MAX_FRAME)].astype(np.int16)
    if not len(rows):
        return 0
    plain = (np.abs(rows - np.median(rows[0])) <= 8).mean(axis=1) > 0.98
    return len(rows) if plain.all() else int(np.argmin(plain))


def _hash(grey):
    return str(imagehash.phash(Image.fromarray(np.ascontiguousarray(grey)), hash_size=16))


def find_duplicates(files, signatures, *, flips=False):
    """Tell which photos are copies of others: rows (file, kept, kind, distance), in the order of `files`.

    files: names; signatures: as `photo_signature` gives them. `kept` is the best copy (most pixels, then sharpest,
    then largest file, then first in order) and never itself a copy; each copy was compared with the kept photo itself,
    so that chains of similar photos do not grow. kind: "same file", "same picture", with `flips` "mirrored picture".
    distance: differing bits of the 256-bit hashes. Memory grows with the number of photos, not with its square.
    """
    kept_of, unique = _same_files(signatures)
    for copy, (kept, kind, distance) in _same_pictures([signatures[k] for k in unique], flips).items():
        kept_of[unique[copy]] = (unique[kept], kind, distance)
    rows = []
    for index, name in enumerate(files):
        if index in kept_of:
            kept, kind, distance = kept_of[index]
            if kept in kept_of:  # a file's twin is itself a copy of a better picture
                kept, kind, distance = kept_of[kept]
            rows.append((name, files[kept], kind, distance))
    return rows


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


def _same_pictures(signatures, flips):
    """Return {copy: (kept, kind, distance)} among photos of different content."""
    if len(signatures) < 2:
        return {}
    thumbnails = np.stack([np.frombuffer(base64.b85decode(item["grey"]), np.uint8) for item in signatures])
    thumbnails = thumbnails.reshape(-1, _SIDE, _SIDE)
    order = sorted(range(len(signatures)), key=lambda k: (-signatures[k]["pixels"], -signatures[k]["sharpness"],
                                                          -signatures[k]["bytes"], k))
    plain = _bits(signatures, "hash")
    copies = _stars(order, _near(plain, plain), thumbnails, plain, plain, "same picture", {})
    if flips:
        mirrored = _bits(signatures, "mirrored")
        copies = _stars(order, _near(plain, mirrored), thumbnails, plain, mirrored, "mirrored picture", copies)
    return copies


def _bits(signatures, key):
    """Hashes as uint64 [N, 4]."""
    return np.array([np.frombuffer(bytes.fromhex(item[key]), np.uint64) for item in signatures])


def _near(hashes, others):
    """Return, for each photo, up to five others with the nearest hashes, in blocks of rows (multi-pass, exact)."""
    near = defaultdict(set)
    count = min(_NEIGHBOURS + 1, len(hashes))
    for start in range(0, len(hashes), _BLOCK):
        distances = _distances(hashes[start:start + _BLOCK], others)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, :count] if len(hashes) <= 64 else \
            np.argpartition(distances, count - 1, axis=1)[:, :count]
        for row, columns in enumerate(nearest):
            for column in columns[distances[row, columns] <= _MAX_DISTANCE]:
                if column != start + row:
                    near[start + row].add(int(column))
                    near[int(column)].add(start + row)
    return near


def _distances(one, two):
    distances = np.zeros((len(one), len(two)), np.uint16)
    for word in range(one.shape[1]):
        distances += np.bitwise_count(one[:, word, None] ^ two[None, :, word])
    return distances


def _stars(order, near, thumbnails, hashes, others, kind, copies):
    """Give each photo, best first, to the nearest kept photo that shows the same picture, if there is one."""
    copies = dict(copies)
    kept = set()
    for index in order:
        if index in copies:
            continue
        found = {copies[k][0] if k in copies else k for k in near[index]} & kept
        distance = {k: int(_distances(hashes[index][None], others[k][None])[0, 0]) for k in found}
        for candidate in sorted(found, key=lambda k: (distance[k], k)):
            other = thumbnails[candidate]
            if distance[candidate] <= _MAX_DISTANCE and \
                    same_picture(thumbnails[index], other[:, ::-1] if kind == "mirrored picture" else other,
                                 distance=distance[candidate]):
                copies[index] = (candidate, kind, distance[candidate])
                break
        else:
            kept.add(index)
    # A kept photo may have become a mirrored copy: those that were given to it follow.
    return {k: (copies[v[0]] if v[0] in copies else v) for k, v in copies.items()}


def same_picture(one, two, *, distance=0):
    """Tell whether two small grey pictures, uint8 [32, 32], show the same, up to a slight crop, exposure and overlays.

    The one is aligned with the other (ECC, Evangelidis & Psarakis 2008), brought to the same exposure, and the share of
    its structure (gradient) that agrees is counted. distance: differing bits of their hashes; the more, the more must
    agree.
    """
    one, two = (cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.7) for picture in (one, two))
    if min(one.std(), two.std()) < _FLAT or np.corrcoef(one.ravel(), two.ravel())[0, 1] < 0.3:
        return False
    warped, seen = _aligned(one, two)
    if warped is None:
        return False
    inner = seen > 0
    if inner.mean() < 0.5:
        return False
    a, b = one[inner], warped[inner]
    if np.corrcoef(a, b)[0, 1] < _MIN_CORRELATION:
        return False
    gain, offset = np.polyfit(b, a, 1)
    weight = (_gradient(one) + _gradient(warped))[inner] + 0.1
    agrees = np.abs(a - gain * b - offset) < _TOLERANCE * a.std() + 1
    return float((weight * agrees).sum() / weight.sum()) >= _MIN_AGREEMENT + _AGREEMENT_PER_BIT * distance


def _aligned(one, two):
    """Return `two` warped onto `one` and where it is defined; None where no slight affine change does it."""
    warp = np.eye(2, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        warp = cv2.findTransformECC(one, two, warp, cv2.MOTION_AFFINE, criteria, None, 3)[1]
    except cv2.error:  # no alignment found
        return None, None
    # A crop scales and shifts; what has to be turned or sheared is another view of a similar thing.
    if np.any(np.abs(warp - np.eye(2, 3)) > np.array([[0.15, 0.04, 0.12 * _SIDE], [0.04, 0.15, 0.12 * _SIDE]])):
        return None, None
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(np.ones_like(two), warp, (_SIDE, _SIDE), flags=flags)
    return cv2.warpAffine(two, warp, (_SIDE, _SIDE), flags=flags), seen > 0.99


def _gradient(picture):
    return cv2.magnitude(cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1))
