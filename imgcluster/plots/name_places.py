"""Where the names of groups of points can stand, so that they hide few points and none of each other."""
import cv2
import numpy as np

_STEPS = 120  # places tried along each side of the panel
_POINT = 0.01  # half a point's side
_HIDING = 15.0  # what hiding a share of the points costs, measured by the way of a name to its group
_FARTHEST = 0.2  # such a way, or its like in points hidden: beyond it a group is not named


def name_places(points, groups, sizes):
    """Return {place in the list of groups: centre [2] of its name}, without those for which there is no room.

    All lengths are in sides of a panel, 0 to 1 across and up. points: [N, 2]; groups: points [n, 2] of each group to
    name, the most important first; sizes: half the width and height of each name, [groups, 2]. A name stands as near to
    the middle of its group as it can without hiding points.
    """
    grid = np.stack(np.meshgrid(*[(np.arange(_STEPS) + 0.5) / _STEPS] * 2, indexing="ij"), axis=2)
    density = np.histogram2d(*np.transpose(points), bins=_STEPS, range=((0, 1), (0, 1)))[0] / len(points)
    named, boxes = {}, []
    for place, (own, half) in enumerate(zip(groups, sizes)):
        cost = _way(grid - np.median(own, axis=0), half) + _HIDING * _hidden(density, half)
        cost[((grid < half) | (grid > 1 - half)).any(axis=2)] = np.inf
        for centre, room in boxes:
            cost[(np.abs(grid - centre) < half + room).all(axis=2)] = np.inf
        if cost.min() <= _FARTHEST:
            named[place] = grid.reshape(-1, 2)[cost.argmin()]
            boxes.append((named[place], half))
    return named


def nearest_to_name(centre, half, own):
    """Return (the one of a group's points [n, 2] that is nearest to its name, how far that is from the name's edge)."""
    ways = _way(own - centre, half)
    return own[ways.argmin()], float(ways.min())


def _way(offsets, half):
    """How far places are from the edge of a name, 0 inside, given as offsets [..., 2] from its centre."""
    return np.linalg.norm(np.maximum(np.abs(offsets) - half, 0), axis=-1)


def _hidden(density, half):
    """The sum of `density` [across, up] that a name hides from each place."""
    across, up = (2 * int(np.ceil((side + _POINT) * _STEPS)) + 1 for side in half)
    return cv2.boxFilter(density, -1, (up, across), normalize=False, borderType=cv2.BORDER_CONSTANT)
