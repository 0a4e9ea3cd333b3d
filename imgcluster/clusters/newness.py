"""Which new photos show a product that earlier ones do not.

Conformal novelty detection (Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World", Springer 2005): what is
farther off than photos of known products are that were held out. Across two folds: Vovk, "Cross-conformal predictors",
Annals of Mathematics and Artificial Intelligence 74, 2015.
"""
import numpy as np

from imgcluster.clusters.directions import axes_shown_by, place_in_cluster
from imgcluster.rows import Joined, OnAxes, Picked, picked, read_all
from imgcluster.structure.neighbours import Nearby

# Which share of the photos of known products may pass for new; among fewer than some 40 earlier photos .13 to .15 do,
# as the limit is one of them.
MISTAKEN = 0.1
# A photo counts by itself, and with the seven nearest ones beside it.
COMPANY = 8
# Least distance that is told from none.
ROUNDING = 1e-3
# The half that a photo alone in its cluster is in.
NEITHER = -1


def are_new(old, new, labels, units, new_units, prototypes, *, by_direction):
    """Return, bool [M], which photos new [M, D] show a product that is not among old ones [N, D], in clusters int [N].

    One half of the photos of each cluster after the other is held out and measured like the new ones, by the other half
    (`_shares_as_far`). Those photos are new that are farther off than nine in ten of the held-out ones. Halves are as
    photos follow each other, because those in a row are often one seller's, and new ones another's. units int [N],
    new_units int [M]: where photos lie on the map with `prototypes` [U, D]; by_direction: as of `assign.EarlierPhotos`.
    Where each cluster has one photo, those are new that are farther off than half of the old ones are from each other.
    """
    halves, units = halves_of(labels), np.concatenate([units, new_units])
    is_old, shares = np.arange(len(units)) < len(old), []
    if (halves == NEITHER).all():
        return _beyond_half(_places(old, new, halves, labels, by_direction), units, is_old, prototypes)
    for half in (0, 1):
        shown, held = np.flatnonzero(halves != half), np.flatnonzero(halves == half)
        places = _places(old, new, shown, labels[shown], by_direction)
        asked = np.append(held, np.flatnonzero(~is_old))
        own, theirs = Picked(places, asked), units[asked]
        gaps = Nearby(Picked(places, shown), units[shown], prototypes).nearest(own, theirs, 1)[1][:, 0]
        near = Nearby(own, theirs, prototypes).nearest(own, theirs, COMPANY)[0]
        shares.append(_shares_as_far(np.log(np.maximum(gaps, ROUNDING)), near, is_old[asked]))
    return np.mean(shares, axis=0) <= MISTAKEN


def halves_of(labels):
    """Return in which half of its cluster each photo is, int [N]: 0, 1, or -1 for a photo alone in it."""
    sizes = np.bincount(labels)[labels]
    return np.where(sizes == 1, NEITHER, 2 * place_in_cluster(labels) >= sizes)


def _places(old, new, shown, labels, by_direction):
    """The places [N + M, d] at which photos are compared: on axes on which what differs within clusters counts less, as
    the old ones `shown`, rows int [n] in clusters int [n], show it, or as they are."""
    both = Joined([old, new])
    if by_direction or np.bincount(labels).max() == 1:
        return both
    return read_all(OnAxes(both, *axes_shown_by(picked(old, shown), labels)))


def _shares_as_far(gaps, near, held):
    """Of the photos asked, `held` bool [A], the share float [M] that are as far off as each of the others.

    gaps: float [A], how far each photo lies from those shown; near: int [A, k], the nearest of those asked, itself
    among them. A new product may be told by one photo that is far off, or by several that are somewhat far off side by
    side: the rarer of both among the photos held out is how rare a photo is.
    """
    common = np.minimum(*(_share_above(each, each[held]) for each in (gaps, gaps[near].mean(axis=1))))
    return _share_above(-common[~held], -common[held])


def _share_above(values, others):
    """Which share of `others` is at least as large as each of `values`."""
    return 1 - np.searchsorted(np.sort(others), values) / len(others)


def _beyond_half(places, units, old, prototypes):
    """Which of the others are farther from photos `old`, bool [N + M], than half of these are from each other."""
    (known, there), (others, theirs) = ((Picked(places, np.flatnonzero(own)), units[own]) for own in (old, ~old))
    nearby = Nearby(known, there, prototypes)
    between = nearby.nearest(known, there, 2)[1][:, 1:]
    return nearby.nearest(others, theirs, 1)[1][:, 0] > (np.median(between) if between.size else np.inf)
