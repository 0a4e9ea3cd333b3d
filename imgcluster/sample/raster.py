"""Draw textured surface patches: point splatting with a depth buffer, light per pixel, shadow on a plane."""

from dataclasses import dataclass

import cv2
import numpy as np

from imgcluster.sample.surfaces import rotation

OVERSAMPLING = 1.5
SPACING = 0.8  # pixels between neighbouring splats
CAMERA_DISTANCE = 7.0
LINEAR = (np.arange(256, dtype=np.float32) / 255.0) ** 2.2


@dataclass(frozen=True)
class View:
    """Where the camera stands: angles in radians, `scale` in pixels per unit, the product's origin in pixels."""

    yaw: float
    pitch: float
    roll: float
    scale: float
    center: tuple
    mirrored: bool = False

    def project(self, points):
        """Return pixel x, pixel y and nearness (units) [..., 3] of points [..., 3]."""
        turned = points @ rotation(yaw=self.yaw, pitch=self.pitch, roll=self.roll).T
        near = 1.0 / (1.0 - turned[..., 2] / CAMERA_DISTANCE)
        flip = -1.0 if self.mirrored else 1.0
        seen = np.empty_like(turned)
        seen[..., 0] = self.center[0] + flip * self.scale * turned[..., 0] * near
        seen[..., 1] = self.center[1] - self.scale * turned[..., 1] * near
        seen[..., 2] = turned[..., 2]
        return seen


@dataclass(frozen=True)
class Light:
    """`direction` towards the light (x right, y up, z to the viewer); strengths around 1; `tint` RGB around 1."""

    direction: tuple
    key: float = 0.8
    ambient: float = 0.45
    tint: tuple = (1.0, 1.0, 1.0)


def _normals(seen, view):
    """Unit normals [rows, columns, 3] of projected points, y up; either side of the surface."""
    flat = seen * np.float32([1.0, -1.0, view.scale])
    normal = np.cross(np.gradient(flat, axis=1), np.gradient(flat, axis=0))
    normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-6
    return normal.astype(np.float32)


def _subdivided(lengths, spacing):
    """Grid coordinates float32 [n] splitting intervals of the given pixel lengths into steps of at most `spacing`."""
    counts = np.clip(np.ceil(lengths / spacing), 1, 200).astype(np.int64)
    interval = np.repeat(np.arange(counts.size), counts)
    within = np.arange(interval.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.append(interval + within / counts[interval], counts.size).astype(np.float32)


def _between(grid, at):
    """Interpolate a grid linearly along its first axis at float coordinates."""
    low = np.minimum(at.astype(np.int64), len(grid) - 2)
    first, second = grid[low], grid[low + 1]
    second -= first
    second *= (at - low).astype(np.float32).reshape(-1, *[1] * (grid.ndim - 1))
    second += first
    return second


@dataclass(frozen=True)
class _Patch:
    """A projected part: coarse normals, the grid coordinates of its splats (columns x rows), their nearness."""

    rows: np.ndarray
    columns: np.ndarray
    normal: np.ndarray
    near: np.ndarray


def _splat(parts, view, shape):
    """Return flat indices of covered pixels, the nearest splat of each (part << 24 | number in it), the patches."""
    height, width = shape
    keys = np.zeros(height * width, np.int64)
    patches = []
    for number, part in enumerate(parts):
        seen = view.project(part.points)
        rows = _subdivided(np.abs(np.diff(seen[..., :2], axis=0)).max(axis=(1, 2)), SPACING)
        columns = _subdivided(np.abs(np.diff(seen[..., :2], axis=1)).max(axis=(0, 2)), SPACING)
        # The long axis last at every step, so that whole rows of memory are copied.
        dense = _between(_between(seen, rows).transpose(1, 2, 0), columns)
        x, y, near = (np.ascontiguousarray(dense[:, axis]).ravel() for axis in range(3))
        inside = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
        pixel = y[inside].astype(np.int64) * width + x[inside].astype(np.int64)
        depth = (near[inside] + np.float32(8.0)).view(np.int32).astype(np.int64)
        np.maximum.at(keys, pixel, (depth << 32) | (number << 24) | inside)
        patches.append(_Patch(rows, columns, _normals(seen, view), near))
    covered = np.flatnonzero(keys)
    return covered, keys[covered] & 0xFFFFFFFF, patches


def _shade(albedo, normal, light, part):
    """Light reflected by points of albedo [n, 3] (linear) under a key light, a sky and a soft highlight."""
    normal = np.where(normal[:, 2:] < 0, -normal, normal)
    towards = np.float32(light.direction)
    facing = np.clip(normal @ towards, -0.25, 1.0)
    sky = 0.75 + 0.25 * normal[:, 1]
    halfway = towards + np.float32([0, 0, 1])
    shine = np.clip(normal @ (halfway / np.linalg.norm(halfway)), 0, 1) ** part.sharpness * part.gloss
    # A floor under the key light stands for what walls reflect.
    strength = light.ambient * sky + light.key * np.clip(0.12 + 0.88 * facing, 0, 1) + part.glow
    return (albedo * strength[:, None] + shine[:, None]) * np.float32(light.tint)


def _color(parts, winners, patches, light):
    """Return linear RGB [n, 3] and nearness [n] of the winning splats."""
    color, depth = np.empty((winners.size, 3), np.float32), np.empty(winners.size, np.float32)
    owner = (winners >> 24).astype(np.uint8)
    order = np.argsort(owner, kind="stable")
    bounds = np.cumsum(np.bincount(owner, minlength=len(parts)))
    for part, patch, mine in zip(parts, patches, np.split(order, bounds[:-1])):
        if mine.size:
            local = winners[mine] & 0xFFFFFF
            row, column = patch.rows[local % patch.rows.size], patch.columns[local // patch.rows.size]
            (last_row, last_column), (h, w) = np.array(patch.normal.shape[:2]) - 1, part.texture.shape[:2]
            texel = _sampled(
                part.texture, row * np.float32(h / last_row) - 0.5, column * np.float32(w / last_column) - 0.5
            )
            color[mine] = _shade(LINEAR[texel], _sampled(patch.normal, row, column), light, part)
            depth[mine] = patch.near[local]
    return color, depth


def _sampled(image, row, column):
    """Interpolate an image [h, w, 3] at float coordinates [n]: [n, 3]."""
    wide = 256  # OpenCV's remap takes pictures, not lists: fold the list into one
    size = -(-row.size // wide) * wide
    down, right = (np.resize(at.astype(np.float32), size).reshape(-1, wide) for at in (row, column))
    return cv2.remap(image, right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(-1, 3)[: row.size]


def draw_product(parts, view, light, shape):
    """Return the product's RGB float32 [H, W, 3] in 0..1 and its opacity float32 [H, W] on a frame of `shape`."""
    height, width = shape
    fine = (round(height * OVERSAMPLING), round(width * OVERSAMPLING))
    closer = View(
        view.yaw,
        view.pitch,
        view.roll,
        view.scale * OVERSAMPLING,
        tuple(OVERSAMPLING * c for c in view.center),
        view.mirrored,
    )
    covered, winners, patches = _splat(parts, closer, fine)
    color, depth = _color(parts, winners, patches, light)
    layers = np.zeros((*fine, 5), np.float32)
    flat = layers.reshape(-1, 5)
    flat[covered, :3], flat[covered, 3], flat[covered, 4] = color, 1.0, depth * view.scale
    _close_pinholes(layers)
    color = cv2.resize(layers[..., :3], (width, height), interpolation=cv2.INTER_AREA)
    alpha, depth = cv2.split(cv2.resize(layers[..., 3:], (width, height), interpolation=cv2.INTER_AREA))
    weight = np.maximum(alpha, 1e-4)
    rgb = color * (_occlusion(depth / weight, alpha, view.scale) / weight)[..., None]
    return np.clip(rgb, 0, 1) ** (1 / 2.2), alpha


def _close_pinholes(layers):
    """Fill single uncovered pixels between splats with the mean of their neighbours, in place."""
    mask = layers[..., 3].astype(np.uint8)
    holes = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > mask
    if holes.any():
        around = cv2.blur(layers, (3, 3))[holes]
        layers[holes] = around / np.maximum(around[:, 3:4], 1e-4)


def _occlusion(depth, alpha, scale):
    """Darken what lies behind its surroundings (screen-space ambient occlusion); 1 is open, [H, W]."""
    size = int(scale * 0.16) | 1
    around = cv2.blur(depth * alpha, (size, size)) / np.maximum(cv2.blur(alpha, (size, size)), 0.05)
    return 1 - 0.45 * np.clip((around - depth) / (0.22 * scale), 0, 1)


def cast_shadow(parts, view, light, shape, *, plane, softness):
    """Return the shadow's density float32 [H, W] in 0..1 on the floor (`plane` "floor") or the wall behind."""
    turn = rotation(yaw=view.yaw, pitch=view.pitch, roll=view.roll)
    axis = 1 if plane == "floor" else 2
    toward = np.float32(light.direction) * np.float32([-1.0 if view.mirrored else 1.0, 1, 1]) @ turn
    toward[axis] = max(toward[axis], 0.45)
    level = min(part.points[..., axis].min() for part in parts)
    height, width = (side // 2 for side in shape)
    density = np.zeros((height, width), np.float32)
    for part in parts:
        points = cv2.resize(part.points, (part.points.shape[1] * 3, part.points.shape[0] * 3))
        rise = points[..., axis : axis + 1] - level
        seen = view.project((points - toward * (rise / toward[axis])).astype(np.float32)) / 2
        x, y = seen[..., 0].astype(np.int32), seen[..., 1].astype(np.int32)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        density[y[inside], x[inside]] = 1.0
    density = cv2.morphologyEx(density, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    density = cv2.GaussianBlur(density, (0, 0), max(softness / 2, 0.8))
    return cv2.resize(density, (shape[1], shape[0]))
