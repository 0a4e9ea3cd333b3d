"""Lamps and chairs as lists of surface parts, drawn from a look."""

import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import Part, body, box, rotation, smooth, tube


def lamp(look):
    """Table lamp: vase, stick, tripod or ball base under a drum, cone or dome shade."""
    rng = np.random.default_rng(look.seed)
    foot, hood = look.shape % 4, (look.shape * 2 + look.shape // 4) % 3
    base_color = (look.colors[1], paint.METALS[look.emblem % 3], paint.WOODS[look.emblem % 4], look.colors[2])[foot]
    wide, tall = rng.uniform(0.62, 0.74), (0.62, 0.75, 0.55)[hood] * rng.uniform(0.95, 1.1)
    narrow = (0.86, 0.48, 0.3)[hood]
    h, w = paint.texels(2 * np.pi * wide * 0.9, tall)
    cloth = paint.patterned((h, w), look.pattern, look.colors, rng, step=46)
    cloth[:7] = cloth[-7:] = paint.tinted(look.colors[1], -0.1)
    edge = (
        [(narrow, 1.0), (1.0, 1.0 - tall)]
        if hood < 2
        else smooth([(narrow, 1.0), (0.75, 0.98), (0.95, 0.8), (1.0, 1.0 - tall)], 20)
    )
    shade = body(edge, cloth, width=wide, depth=wide, rows=30, gloss=0.03, glow=0.25)
    lining = body(
        np.asarray(edge) * (0.97, 1), paint.solid((250, 236, 206)), width=wide, depth=wide, rows=20, gloss=0, glow=0.5
    )
    bulb = body(
        smooth([(0.02, 0.72), (1, 0.7), (1, 0.5), (0.4, 0.35), (0.3, 0.2)], 24),
        paint.solid((255, 246, 222)),
        width=0.13,
        depth=0.13,
        rows=24,
        glow=0.6,
    )
    return [shade, lining, bulb] + _lamp_base(foot, base_color, rng, 1.0 - tall)


def _lamp_base(foot, color, rng, top):
    stem = tube(
        np.array([(0, y, 0) for y in np.linspace(-0.95, top + 0.3, 12)]),
        paint.solid(paint.METALS[int(rng.integers(3))]),
        radius=0.035,
        side=(1, 0, 0),
        gloss=0.5,
    )
    if foot == 0:
        vase = smooth(
            [(0.16, top - 0.02), (0.14, top - 0.12), (0.46, top - 0.45), (0.4, -0.6), (0.2, -0.9), (0.3, -1.0)], 40
        )
        return [stem, body(vase, paint.plain((240, 400), color, rng, grain=0.01), rows=40, gloss=0.55, sharpness=40)]
    if foot == 1:
        plate = body(
            [(0.02, -0.9), (0.9, -0.93), (1, -0.97), (1, -1.0)],
            paint.solid(color),
            width=0.42,
            depth=0.42,
            rows=16,
            gloss=0.5,
        )
        return [stem, plate]
    if foot == 2:
        legs = []
        for angle in np.array([0.3, 2.4, 4.5]):
            end = np.array([0.5 * np.sin(angle), -1.0, 0.5 * np.cos(angle)])
            path = np.linspace((0, top + 0.05, 0), end, 16)
            legs.append(
                tube(path, paint.wood((200, 20), color, rng, along=0), radius=0.045, side=(1, 0, 0.3), gloss=0.15)
            )
        return legs + [box((0.18, 0.08, 0.18), paint.solid(paint.METALS[0]), gloss=0.5).moved((0, top, 0))]
    angle = np.linspace(0.12, np.pi - 0.25, 40)
    ball = np.column_stack([0.44 * np.sin(angle), -0.56 + 0.44 * np.cos(angle)])
    return [stem, body(ball, paint.plain((260, 500), color, rng, grain=0.01), rows=40, gloss=0.6, sharpness=40)]


def chair(look):
    """Chair: slatted wood, upholstered with arms, or a moulded shell; four legs."""
    rng = np.random.default_rng(look.seed)
    style, grain = look.shape % 3, paint.WOODS[(look.shape + look.emblem) % 4]
    cloth = paint.patterned((260, 900), look.pattern, look.colors, rng, step=44)
    legs = (
        paint.wood((200, 24), grain, rng, along=0)
        if style != 2 or look.shape % 2
        else paint.solid(paint.METALS[look.emblem % 3])
    )
    half, deep = rng.uniform(0.5, 0.58), rng.uniform(0.48, 0.55)
    parts = _legs(legs, half, deep, splay=(0.02, 0.06, 0.16)[style])
    if style == 0:
        seat = paint.wood((260, 900), look.colors[0], rng) if look.pattern == "plain" else cloth
        parts += [
            box((2.1 * half, 0.12, 2.1 * deep), seat, power=12, gloss=0.12).moved((0, -0.02, 0)),
            _seat_top(seat[:, :300], half * 0.99, deep * 0.99),
        ]
        return parts + _slats(look, rng, half, deep, paint.wood((200, 300), look.colors[0], rng))
    if style == 1:
        cushion = body(
            smooth([(0.05, 0.14), (0.85, 0.15), (1, 0.05), (1, -0.08), (0.9, -0.12), (0.05, -0.12)], 30),
            cloth,
            width=half * 1.08,
            depth=deep * 1.08,
            power=5,
            rows=30,
        )
        return parts + [cushion] + _padded_back(look, cloth, half, deep) + _arms(legs, half, deep)
    return parts + _shell(cloth, half, deep)


def _seat_top(texture, half, deep):
    x, z = np.meshgrid(np.linspace(-half, half, 12), np.linspace(-deep, deep, 12))
    return Part(np.stack([x, np.full_like(x, 0.043), z], axis=2).astype(np.float32), texture, gloss=0.12)


def _legs(texture, half, deep, *, splay):
    legs = []
    for x in (-1, 1):
        for z in (-1, 1):
            path = np.linspace(
                (x * half * 0.86, -0.05, z * deep * 0.86),
                (x * (half * 0.88 + splay), -0.98, z * (deep * 0.88 + splay)),
                14,
            )
            legs.append(tube(path, texture, radius=0.048, side=(1, 0, 0), power=3, gloss=0.15))
    return legs


def _slats(look, rng, half, deep, wood):
    parts = []
    for x in (-1, 1):
        post = smooth(
            [
                (x * half * 0.92, -0.1, -deep * 0.9),
                (x * half * 0.92, 0.4, -deep * 0.95),
                (x * half * 0.9, 1.02, -deep * 1.2),
            ],
            24,
        )
        parts.append(tube(post, wood, radius=0.05, side=(1, 0, 0), power=3, gloss=0.12))
    for height in np.linspace(0.35, 0.92, 2 + look.shape % 4):
        z = -deep * (0.95 + 0.27 * max(0, height - 0.35))
        bow = smooth([(-half * 0.92, height, z), (0, height, z - 0.1), (half * 0.92, height, z)], 24)
        parts.append(tube(bow, wood, radius=(0.075, 0.024), side=(0, 1, 0), power=3, gloss=0.12))
    return parts


def _padded_back(look, cloth, half, deep):
    tall = 0.95 if look.shape % 2 else 0.75
    profile = smooth([(0.3, tall + 0.1), (0.85, tall + 0.08), (1, tall - 0.12), (1, 0.2), (0.9, 0.1)], 30)
    back = body(profile, cloth, width=half, depth=0.1, power=4, rows=30)
    return [back.moved((0, 0.02, -deep * 0.98), matrix=rotation(pitch=-0.16))]


def _arms(texture, half, deep):
    parts = []
    for x in (-1, 1):
        path = smooth(
            [
                (x * half * 0.98, 0.05, deep * 0.7),
                (x * half * 1.04, 0.38, deep * 0.75),
                (x * half * 1.04, 0.4, -deep * 0.9),
            ],
            30,
            rounds=2,
        )
        parts.append(tube(path, texture, radius=0.045, side=(1, 0, 0), power=3, gloss=0.15))
    return parts


def _shell(cloth, half, deep):
    profile = smooth(
        [(deep, 0.06), (deep * 0.9, -0.02), (-deep * 0.7, -0.06), (-deep * 1.0, 0.25), (-deep * 1.25, 0.95)], 40
    )
    across = np.linspace(-1, 1, 30)
    share = np.linspace(0, 1, 40)[:, None]
    rounding = 1 - 0.35 * np.clip(share - 0.75, 0, 1) * 4 * (share > 0.75) * 0.8
    points = np.empty((40, 30, 3), np.float32)
    points[..., 0] = across * half * 1.1 * rounding
    points[..., 1] = profile[:, 1:] + 0.16 * across**4 * (1 - 0.5 * share)
    points[..., 2] = profile[:, :1] + 0.2 * across**2 * share
    image = cloth[::-1, :420]
    return [Part(points, image, gloss=0.3, sharpness=25), Part(points - np.float32([0, 0.035, 0.02]), image, gloss=0.2)]
