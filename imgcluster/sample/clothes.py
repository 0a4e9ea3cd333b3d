"""T-shirts as lists of surface parts, drawn from a look."""

import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import Part, sheet, smooth, tube


def tshirt(look):
    """T-shirt laid flat: body, sleeves, neckband, folds and a chest print."""
    rng = np.random.default_rng(look.seed)
    width, length = 0.68 * rng.uniform(0.92, 1.08), 1.85 * rng.uniform(0.92, 1.05)
    neck = (0.2, 0.34, 0.27)[look.shape % 3]
    top = length / 2
    x = np.linspace(-1, 1, 61)
    slope = top - 0.13 * np.abs(x)
    collar = np.clip(1 - (x * width / 0.27) ** 2, 0, 1)
    upper = np.column_stack([x * width, slope - neck * np.sqrt(collar), np.zeros(61)])
    back = np.column_stack([x * width, slope - 0.06 * collar, np.zeros(61)])
    lower = np.column_stack([x * width * 1.02, np.full(61, -top) - 0.02 * np.cos(x * 2), np.zeros(61)])
    cloth = _shirt_front(look, rng, paint.texels(2 * width, length))
    lining = paint.solid(paint.tinted(look.colors[0], -0.3))
    parts = [sheet(upper, lower, cloth, thickness=0.07)[0], sheet(back, lower, lining, thickness=0.05)[1]]
    parts = [_folded(part, rng) for part in parts]
    band = np.column_stack([upper[18:43, :2], np.full(25, 0.045)])
    trim = look.colors[1] if look.shape % 2 else paint.tinted(look.colors[0], -0.12)
    parts.append(tube(smooth(band, 30, rounds=1), paint.solid(trim), radius=(0.02, 0.035)))
    long = look.shape % 4 == 3
    for side in (-1, 1):
        parts += _sleeve(look, rng, side, width, top, long, trim)
    return parts


def _shirt_front(look, rng, shape):
    h, w = shape
    image = paint.patterned(shape, look.pattern, look.colors, rng, step=48, grain=0.02)
    center, size = (w / 2, h * 0.4), w * 0.2
    if look.pattern in ("plain", "ombre"):
        paint.emblem(image, center, size, look.emblem, look.colors[1:])
        paint.brand(image, (w / 2, center[1] + size * 1.45), look.brand, look.colors[1], height=w * 0.06)
    elif look.shape % 2:
        paint.brand(image, center, look.brand, look.colors[2], height=w * 0.1)
    paint.stitches(image, [(0, h - 12), (w, h - 12)], paint.tinted(look.colors[0], -0.3), dash=4)
    return image


def _folded(part, rng):
    """Add shallow folds across the cloth."""
    rows, columns = part.points.shape[:2]
    points = part.points.copy()
    points[..., 2] += 0.014 * paint.noise((rows, columns), rng, cell=(14, 5))
    return Part(points, part.texture, part.gloss, part.sharpness)


def _sleeve(look, rng, side, width, top, long, trim):
    reach, drop = (0.62, 1.15) if long else (0.36, 0.42)
    shoulder, armpit = np.array([width * 0.93, top - 0.115, 0]), np.array([width * 0.97, top - 0.62, 0])
    cuff_top = shoulder + (reach, -drop, 0)
    cuff_low = cuff_top + ((-0.24, -0.1, 0) if long else (-0.2, -0.26, 0))
    share = np.linspace(0, 1, 30)[:, None]
    upper, lower = (1 - share) * shoulder + share * cuff_top, (1 - share) * armpit + share * cuff_low
    flip = np.array([side, 1, 1])
    cloth = look.colors[1] if look.shape % 3 == 2 else look.colors[0]
    pattern = look.pattern if look.pattern in ("bands", "stripes", "camo", "dots") else "plain"
    image = paint.patterned(paint.texels(0.6, 0.6), pattern, (cloth, *look.colors[1:]), rng, step=48, grain=0.02)
    image[:, -9:] = trim
    return [_folded(part, rng) for part in sheet(upper * flip, lower * flip, image, thickness=0.05, hem=0.8)]
