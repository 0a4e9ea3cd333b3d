"""Photos whose features are next to equal: one file saved anew, where nobody has compared the photos themselves."""
import hashlib

import numpy as np
from scipy.spatial import KDTree

from imgcluster.rows import blocks, picked, read_rows, read_sample, sample_step, unit_length, with_direction
from imgcluster.structure.neighbours import squared_gaps

# Next to equal: of the distance that half of the photos have to their nearest one, so much. Of seven public sets of
# products two photos in a thousand at most are as near, nearly all of them copies; a photo saved anew is nearer still.
NEXT_TO_EQUAL = 0.1
# Photos that show how far the nearest one usually is.
SAMPLE = 500
# Random axes on which nearby photos are sought: on so many two are as far apart as they are, give or take a fifth
# (Johnson & Lindenstrauss, 1984), and farther than twice that for three pairs in a million.
AXES, AT_MOST = 12, 2


def near_copies(features):
    """Return int [N]: the number of the photo that each one is a copy of by its features [N, D], its own for none.

    They are next to equal, as directions, to the first of their group, not just to each other: photos of a thing that
    turns under the camera are no copies. Of rows that are the same to the last bit one counts. Time grows with N where
    copies are few.
    """
    return _of_those_with_direction(features, _first_next_to_equal)


def equal_rows(features):
    """Return int [N]: for each row of features [N, D] the number of the first one that is the same to the last bit."""
    return _of_those_with_direction(features, _first_equal)


def _of_those_with_direction(features, find):
    """Numbers int [N] that `find` returns for rows of features [N, D]; their own for those of length 0, which tell
    nothing and so are no copies of each other."""
    shown, numbers = with_direction(features), np.arange(len(features))
    if len(shown):
        numbers[shown] = shown[find(picked(features, shown))]
    return numbers


def _first_equal(features):
    known, first = {}, []
    for rows in blocks(len(features)):
        for number, row in enumerate(read_rows(features, rows), rows.start):
            first.append(known.setdefault(hashlib.blake2b(row.tobytes(), digest_size=16).digest(), number))
    return np.array(first)


def _first_next_to_equal(features):
    first = _first_equal(features)
    distinct, places = np.unique(first, return_inverse=True)
    return distinct[_leaders(picked(features, distinct))][places]


def _leaders(features):
    """`near_copies` of features [N, D] that are all different and point anywhere."""
    leaders, reach = np.arange(len(features)), NEXT_TO_EQUAL * usual_gap(features)
    places, around = _on_random_axes(features), AT_MOST * reach
    tree, settled = KDTree(places), np.zeros(len(features), bool)
    for row in np.flatnonzero(tree.query_ball_point(places, around, return_length=True) > 1):
        if settled[row]:
            continue
        near = np.array([other for other in tree.query_ball_point(places[row], around) if not settled[other]])
        gaps = np.linalg.norm(_directions(features, near) - _directions(features, [row]), axis=1)
        copies = near[gaps <= reach]
        leaders[copies], settled[copies] = row, True
    return leaders


def usual_gap(features):
    """Return the median distance between the direction of a photo and the nearest other one, of some of the features
    [N, D]; 0 of fewer than two."""
    if len(features) < 2:
        return 0.0
    numbers = np.arange(0, len(features), sample_step(len(features), SAMPLE))
    sample, nearest = read_sample(features, SAMPLE, normalize=True), np.full(len(numbers), np.inf, np.float32)
    for rows in blocks(len(features)):
        gaps = squared_gaps(sample, read_rows(features, rows, normalize=True))
        own = np.flatnonzero((numbers >= rows.start) & (numbers < rows.stop))
        gaps[own, numbers[own] - rows.start] = np.inf
        nearest = np.minimum(nearest, gaps.min(axis=1))
    return float(np.sqrt(np.median(np.maximum(nearest, 0))))


def _on_random_axes(features):
    """Directions of features [N, D] as float32 [N, AXES], at distances like those between them."""
    axes = np.random.default_rng(0).standard_normal((features.shape[1], AXES)).astype(np.float32) / AXES ** 0.5
    return np.concatenate([read_rows(features, rows, normalize=True) @ axes for rows in blocks(len(features))])


def _directions(features, numbers):
    return unit_length(np.asarray(features[numbers], np.float32))
