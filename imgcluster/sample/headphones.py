"""Headphones as lists of surface parts, drawn from a look."""

import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import Part, body, smooth, tube


def headphones(look):
    """Over-ear or on-ear headphones: headband, sliders, cups and cushions."""
    rng = np.random.default_rng(look.seed)
    cup = (0.4, 0.3, 0.36)[look.shape % 3] * rng.uniform(0.95, 1.05)
    angle = np.linspace(-1.72, 1.72, 60)
    band = np.column_stack([0.72 * np.sin(angle), 0.05 + 0.85 * np.cos(angle), np.zeros(60)])
    trim = paint.METALS[look.emblem % 3]
    leather = paint.plain((300, 40), look.colors[1] if look.shape % 2 else look.colors[0], rng)
    parts = [tube(band[8:-8], leather, radius=(0.13, 0.045), power=3, gloss=0.2)]
    for side, ends in ((-1, band[:12]), (1, band[-12:])):
        parts.append(tube(ends, paint.solid(trim), radius=(0.06, 0.02), power=3, gloss=0.6, sharpness=30))
        parts += [part.moved((side * 0.70, -0.2, 0)) for part in _ear_cup(look, rng, cup, side, trim)]
    return parts


def _ear_cup(look, rng, cup, side, trim):
    """One cup whose outer face points along x (side -1 or 1)."""
    power = 2.0 if look.shape % 2 else 2.6
    face = paint.patterned((200, 200), look.pattern, look.colors, rng, step=30, grain=0.015)
    shell = body(
        smooth([(0.02, 0.2), (0.7, 0.2), (0.97, 0.13), (1, 0.0)], 30),
        np.full((8, 8, 3), look.colors[0], np.uint8),
        width=cup,
        depth=cup * 1.12,
        power=power,
        rows=30,
        gloss=0.4,
        sharpness=25,
    )
    plate = _plate(look, face, cup, power)
    ring = body(
        [(1.02, 0.02), (1.05, 0.0), (1.02, -0.03)],
        paint.solid(trim),
        width=cup,
        depth=cup * 1.12,
        power=power,
        rows=8,
        gloss=0.6,
    )
    cushion = body(
        smooth([(0.96, -0.02), (1.02, -0.1), (0.95, -0.2), (0.55, -0.2), (0.5, -0.1), (0.02, -0.08)], 30),
        paint.solid(paint.tinted(look.colors[2], -0.35)),
        width=cup,
        depth=cup * 1.12,
        power=power,
        rows=30,
        gloss=0.1,
    )
    # The cup is built lying; its top (y) turns to the outside (x), its depth (z) to the height.
    turn = np.array([[0, side, 0], [0, 0, 1], [1, 0, 0]])
    return [part.moved(matrix=turn) for part in (shell, plate, ring, cushion)]


def _plate(look, face, cup, power):
    h, w = face.shape[:2]
    second = look.colors[1] if look.pattern == "plain" else look.colors[2]
    paint.emblem(face, (w / 2, h / 2), w * 0.2, look.emblem, (second, look.colors[0]))
    grid = np.linspace(-0.62, 0.62, 24)
    x, z = np.meshgrid(grid, -grid)
    lift = 0.215 - 0.02 * np.maximum(np.abs(x), np.abs(z)) ** 2
    reach = np.maximum(np.abs(x), np.abs(z)) / np.maximum(np.hypot(x, z), 1e-6)
    points = np.stack([x * reach * cup, lift, z * reach * cup * 1.12], axis=2)
    return Part(points.astype(np.float32), face, gloss=0.35, sharpness=25)
