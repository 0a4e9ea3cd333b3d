"""Building blocks of the drawn products: textured surface patches in three dimensions.

World axes: x to the right, y up, z towards the viewer. A product spans about two units.
"""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Part:
    """One smooth patch: points float32 [rows, columns, 3]; texture uint8 [h, w, 3] RGB stretched over rows and columns.

    `gloss` is the strength (0 to 1) and `sharpness` the exponent of the highlight; `glow` (0 to 1) is light of its own.
    """

    points: np.ndarray
    texture: np.ndarray
    gloss: float = 0.08
    sharpness: float = 12.0
    glow: float = 0.0

    def moved(self, offset=(0, 0, 0), *, matrix=None):
        """Return the part after a linear map [3, 3] and a shift [3]."""
        points = self.points if matrix is None else self.points @ np.asarray(matrix, np.float32).T
        return replace(self, points=(points + np.asarray(offset, np.float32)).astype(np.float32))


def rotation(*, yaw=0.0, pitch=0.0, roll=0.0):
    """Return the matrix [3, 3] that turns by yaw (about y), then pitch (about x), then roll (about z); radians."""
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return (about_z @ about_x @ about_y).astype(np.float32)


def resample(points, count):
    """Return `count` points [count, D] evenly spaced along the polyline [n, D]."""
    points = np.asarray(points, np.float64)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, column) for column in points.T], axis=1)


def smooth(points, count, *, rounds=3):
    """Return `count` even points along the polyline with its corners cut (Chaikin, 1974); the ends stay."""
    points = np.asarray(points, np.float64)
    for _ in range(rounds):
        near, far = points[:-1], points[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], axis=1).reshape(-1, points.shape[1])
        points = np.concatenate([points[:1], cut, points[-1:]])
    return resample(points, count)


def ring(count, *, power=2.0, start=-np.pi, stop=np.pi):
    """Return a superellipse [count, 2] of unit half-axes, evenly spaced; angle 0 faces the viewer (second axis)."""
    angle = np.linspace(start, stop, 8 * count)
    s, c = np.sin(angle), np.cos(angle)
    radius = (np.abs(s) ** power + np.abs(c) ** power) ** (-1.0 / power)
    return resample(np.stack([s * radius, c * radius], axis=1), count)


def body(profile, texture, *, width=1.0, depth=1.0, power=2.0, rows=40, columns=64, angles=(-np.pi, np.pi), **material):
    """Return an upright body: superellipse sections scaled along a profile [(scale, y)...] given from top to bottom."""
    profile = resample(profile, rows)
    section = ring(columns, power=power, start=angles[0], stop=angles[1])
    points = np.empty((rows, columns, 3), np.float32)
    points[..., 0] = profile[:, :1] * section[None, :, 0] * width
    points[..., 1] = profile[:, 1:]
    points[..., 2] = profile[:, :1] * section[None, :, 1] * depth
    return Part(points, texture, **material)


def disc(y, texture, *, width, depth, power=2.0, bulge=0.0, columns=64, **material):
    """Return a horizontal cap at height y, its middle raised by `bulge`."""
    scale = np.linspace(0.01, 1.0, 10)
    profile = np.stack([scale, y + bulge * (1 - scale**2)], axis=1)
    return body(profile, texture, width=width, depth=depth, power=power, rows=12, columns=columns, **material)


def tube(path, texture, *, radius, side=(0, 0, 1), power=2.0, columns=14, **material):
    """Return a rod swept along a path [n, 3] with closed ends.

    `radius` is one number or (half-width along `side`, half-width across it).
    """
    path = np.asarray(path, np.float64)
    across, along = np.broadcast_to(radius, 2)
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    first = np.asarray(side, np.float64) - tangent * (tangent @ np.asarray(side, np.float64))[:, None]
    first /= np.linalg.norm(first, axis=1, keepdims=True) + 1e-9
    second = np.cross(tangent, first)
    section = ring(columns, power=power)
    points = (
        path[:, None] + across * section[None, :, :1] * first[:, None] + along * section[None, :, 1:] * second[:, None]
    )
    start, end = path[0] + 0.05 * (points[0] - path[0]), path[-1] + 0.05 * (points[-1] - path[-1])
    return Part(np.concatenate([start[None], points, end[None]]).astype(np.float32), texture, **material)


def arch(half, foot, rise, z, *, count=40):
    """Return a handle's path [count, 3] between (-half, foot) and (half, foot), `rise` high, in the plane z."""
    points = [
        (-half, foot - 0.12),
        (-half, foot),
        (-half * 0.98, foot + rise * 0.6),
        (-half * 0.6, foot + rise),
        (half * 0.6, foot + rise),
        (half * 0.98, foot + rise * 0.6),
        (half, foot),
        (half, foot - 0.12),
    ]
    path = smooth(points, count)
    return np.column_stack([path, np.full(count, z)])


def box(size, texture, *, power=8.0, **material):
    """Return closed parts of a rounded block of the given (width, height, depth), its centre at the origin."""
    width, height, depth = np.asarray(size) / 2
    bevel = min(width, height, depth) * 0.25
    edge = 1 - bevel / max(width, depth)
    profile = [
        (0.02, height),
        (edge, height),
        (1, height - bevel),
        (1, bevel - height),
        (edge, -height),
        (0.02, -height),
    ]
    return body(profile, texture, width=width, depth=depth, power=power, rows=26, columns=48, **material)


def sheet(upper, lower, texture, *, thickness, rows=36, hem=0.35, **material):
    """Return front and back of a soft sheet between two curves [n, 3], thickest in the middle, thin at its rim.

    `hem` (0 to 1) is the thickness at the first and last columns, as a share of the middle's.
    """
    share = np.linspace(0, 1, rows)[:, None, None]
    middle = (1 - share) * np.asarray(upper)[None] + share * np.asarray(lower)[None]
    along = np.linspace(-1, 1, middle.shape[1])
    swell = (hem + (1 - hem) * (1 - along**4))[None, :] * (1 - np.abs(np.linspace(-1, 1, rows)) ** 6)[:, None]
    lift = np.zeros_like(middle)
    lift[..., 2] = thickness * swell
    return [
        Part((middle + lift).astype(np.float32), texture, **material),
        Part((middle - lift).astype(np.float32), texture, **material),
    ]
