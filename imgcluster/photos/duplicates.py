"""Find copies of the same photo: the same file, or the same picture resized, recompressed, cropped or written over.

Each photo is compared in detail with the few whose coarse structure is most like its own. Nothing is called a copy
before its pixels, aligned with the other's, have been found to agree in fine structure and colour, place by place.
Similar pictures (the same product photographed twice, or drawn in another colour) are no copies.
"""
import hashlib

import cv2
import imagehash
import numpy as np
from PIL import Image

from imgcluster.photos.agreement import COARSE, MIN_AGREEMENT, SIDE, packed, unpacked
from imgcluster.photos.agreements import Agreements
from imgcluster.photos.detail import has_few_colours, photo_detail

_FREQUENCIES = 8  # lowest ones of the cosine transform in each direction, that make up the coarse structure
_MIN_LIKENESS = 0.75  # cosine of the coarse structures of two photos, below which they are not compared
_NEIGHBOURS = 8
_BLOCK = 512  # photos compared with all others at a time
SAMPLE = 2000  # photos compared with those of another dataset, at most: some ten seconds
_MAX_FRAME = 0.45  # share of the picture that a plain frame may take at each side
_GREY = 8  # levels by which the channels of a grey pixel may differ
_FLAT = 3.0  # grey levels of contrast below which a picture tells nothing


def photo_signature(image, data):
    """Return what `find_duplicates` needs to know of a photo, as a dict that JSON can hold (about 2 kB).

    image: uint8 [H, W, 3] RGB as decoded; data: the bytes of its file.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    inside = _within_frame(grey)
    small = cv2.resize(image[inside], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    sharpness = cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var()
    return {"digest": file_digest(data), "picture": packed(small),
            "pixels": int(grey.size), "sharpness": round(float(sharpness), 1),
            "coloured": _is_coloured(image), "few_colours": has_few_colours(data),
            "detail": photo_detail(grey, inside, data), "bytes": len(data)}


def file_digest(data):
    """Return what tells the bytes of a photo's file from others."""
    return hashlib.sha256(data).hexdigest()[:32]


def _is_coloured(image):
    """Whether more than a hundredth of the pixels are no grey."""
    channels = cv2.split(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST))
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


def find_duplicates(files, signatures, agreements=None):
    """Tell which photos are copies of others: rows (file, kept, kind, distance), in the order of `files`.

    files: names; signatures: as `photo_signature` gives them, with "broken_off" where that is known of the files.
    `kept` is the best copy (whole files before broken-off ones, colour before grey, then most detail, then the largest
    file, then the first in order; none of few colours where one in all colours is at least half as high and wide) and
    never itself a copy; all copies of one photo were compared with the same one of
    them, so that chains of similar photos do not grow. kind: "same file" or "same picture".
    distance: differing bits of the 256-bit hashes. A mirror image is no copy. agreements: the `agreements.Agreements`
    that pairs are looked up in or added to. Memory and most of the time grow with the number of photos; which others
    are like a photo takes a time that grows with its square (2 s for 20,000).
    """
    kept_of, unique = _same_files(signatures)
    for copy, (kept, kind, distance) in _same_pictures([signatures[k] for k in unique],
                                                       agreements or Agreements()).items():
        kept_of[unique[copy]] = (unique[kept], kind, distance)
    rows = []
    for index, name in enumerate(files):
        if index in kept_of:
            kept, kind, distance = kept_of[index]
            if kept in kept_of:  # a file's twin is itself a copy of a better picture
                kept, kind, distance = kept_of[kept]
            rows.append((name, files[kept], kind, distance))
    return rows


def share_of_copies(signatures, others):
    """Return which share of photos, 0 to 1, are copies of one of the others; both at least one, as of
    `photo_signature`. Of more than 2,000 files that are none of the others', it is estimated from a random sample."""
    digests = {other["digest"] for other in others}
    rest = [own for own in signatures if own["digest"] not in digests]
    if not rest:
        return 1.0
    chosen = [rest[number] for number in np.random.default_rng(0).permutation(len(rest))[:SAMPLE]]
    structures, among = (np.stack([_structure(item) for item in items]) for items in (chosen, others))
    pairs = [(len(chosen) + other, row) for row, alike in enumerate(_most_alike(structures, among, itself=True))
             for other in alike]
    agreeing = Agreements().compare([*chosen, *others], pairs)
    copies = {row for (_, row), value in zip(pairs, agreeing) if value >= MIN_AGREEMENT}
    return 1 - len(rest) / len(signatures) * (1 - len(copies) / len(chosen))


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


def _same_pictures(signatures, agreements):
    """Return {copy: (kept, kind, distance)} among photos of different content."""
    if len(signatures) < 2:
        return {}
    order = sorted(range(len(signatures)), key=lambda k: (-signatures[k]["pixels"], -signatures[k]["sharpness"],
                                                          -signatures[k]["bytes"], k))
    near = _near(np.stack([_structure(item) for item in signatures]))
    return _with_the_best_kept(_stars(order, near, signatures, agreements), signatures)


def _structure(signature):
    """Coarse structure of a photo: its lowest frequencies but the mean, float32 of length 1; zeros for a flat one."""
    grey = unpacked(signature["picture"])
    small = cv2.resize(grey, (COARSE, COARSE), interpolation=cv2.INTER_AREA).astype(np.float32)
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
            if len(found) > _NEIGHBOURS:  # only those are put in order
                found = found[values[found] >= np.partition(values[found], -_NEIGHBOURS)[-_NEIGHBOURS]]
            yield found[np.argsort(-values[found], kind="stable")[:_NEIGHBOURS]].tolist()


def _stars(order, near, signatures, agreements):
    """Give each photo, in order, to the one before it whose picture it shows most exactly and that is given to none.

    Returns {photo: the one it is given to}.
    """
    place = {index: number for number, index in enumerate(order)}
    # Nearly all that will be asked for, in one go.
    agreements.compare(signatures, [(k, index) for index in order for k in sorted(near[index])
                                    if place[k] < place[index]])
    copies, centres = {}, set()
    for index in order:
        candidates = sorted({copies.get(k, k) for k in near[index]} & centres)
        scores = agreements.compare(signatures, [(k, index) for k in candidates])
        if max(scores, default=0) < MIN_AGREEMENT:
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
        best = [index for index in members
                if not any(_shows_more_colours(signatures[other], signatures[index]) for other in members)]
        kept = min(best, key=lambda index: _rank(signatures[index], index))
        own = _hash(signatures[kept])
        result |= {index: (kept, "same picture", int(_hash(signatures[index]) - own))
                   for index in members if index != kept}
    return result


def _shows_more_colours(other, signature):
    """Whether a photo is in all colours, of which another shows but a few, and no smaller than that one at half its
    size: what looks like finer detail there is speckles (see `detail.photo_detail`)."""
    return (signature["few_colours"] and not other["few_colours"] and 4 * other["pixels"] >= signature["pixels"]
            and _rank(other)[:2] <= _rank(signature)[:2])


def _rank(signature, index=0):
    """What photos are sorted by, best first: whole files, colour, detail, size of the file, order."""
    broken_off = signature.get("broken_off", False)
    return broken_off, not signature["coloured"], -signature["detail"], -signature["bytes"], index


def _hash(signature):
    return imagehash.phash(Image.fromarray(unpacked(signature["picture"])), hash_size=16)
