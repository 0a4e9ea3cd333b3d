"""Mugs, bottles, lamps, chairs and headphones as lists of surface parts, drawn from a look."""
import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.apparel import METALS, solid, texels
from imgcluster.sample.surfaces import Part, body, box, disc, rotation, smooth, tube

WOODS = ((176, 126, 80), (112, 72, 46), (212, 178, 132), (52, 40, 34))


def mug(look):
    """Mug (cylinder, tapered, barrel or footed cup) with a handle and a print on either side."""
    rng = np.random.default_rng(look.seed)
    style = look.shape % 4
    height = (1.5, 1.25, 1.35, 1.1)[style] * rng.uniform(0.93, 1.07)
    top = height / 2
    profile = smooth({0: [(0.6, top), (0.6, 0.06 - top), (0.52, -top)], 1: [(0.74, top), (0.5, 0.04 - top), (0.46, -top)],
                      2: [(0.58, top), (0.74, 0.1), (0.66, 0.1 - top), (0.5, -top)],
                      3: [(0.82, top), (0.78, 0), (0.45, 0.25 - top), (0.36, 0.1 - top), (0.44, -top)]}[style], 44, rounds=2)
    wide = profile[:, 0].max()
    h, w = texels(2 * np.pi * wide, height)
    glaze = paint.patterned((h, w), look.pattern, look.colors, rng, step=int(rng.integers(36, 54)), grain=0.012)
    for at in (0.25, 0.75) if look.pattern in ("plain", "ombre", "speckles") else ():
        paint.emblem(glaze, (w * at, h * 0.42), h * 0.17, look.emblem, look.colors[1:])
        paint.brand(glaze, (w * at, h * 0.72), look.brand, look.colors[1], height=h * 0.08)
    inside = solid(look.colors[1] if look.shape % 2 else paint.tinted(look.colors[0], 0.5))
    bowl = profile[:-4] * (0.94, 1)
    liquid = solid((70, 42, 26)) if look.seed % 2 else inside
    rim = np.array([(np.cos(a) * profile[0, 0] * 0.97, top, np.sin(a) * profile[0, 0] * 0.97)
                    for a in np.linspace(0, 2 * np.pi, 50)])
    # Turned so that the two prints face the viewer and the handle sits at the side.
    turn = rotation(yaw=np.pi / 2)
    parts = [body(profile, glaze, rows=44, gloss=0.5, sharpness=40).moved(matrix=turn),
             body(bowl, inside, rows=30, gloss=0.2), disc(top * 0.55, liquid, width=np.interp(
                 -top * 0.55, -profile[:, 1], profile[:, 0]) * 0.95, depth=np.interp(
                 -top * 0.55, -profile[:, 1], profile[:, 0]) * 0.95, gloss=0.3),
             tube(rim, solid(look.colors[1] if look.shape % 3 == 0 else look.colors[0]), radius=0.025, side=(0, 1, 0), gloss=0.4)]
    return parts + [_mug_handle(look, rng, profile, height)]


def _mug_handle(look, rng, profile, height):
    reach, angular = rng.uniform(0.38, 0.5), look.shape % 3 == 1
    high, low = height * 0.3, -height * rng.uniform(0.18, 0.32)
    x_high, x_low = (np.interp(-y, -profile[:, 1], profile[:, 0]) - 0.03 for y in (high, low))
    corners = [(x_high, high), (x_high + reach, high + 0.05), (x_high + reach, low), (x_low, low)]
    path = smooth(corners, 40, rounds=1 if angular else 4)
    color = look.colors[1] if look.shape % 2 else look.colors[0]
    return tube(np.column_stack([path, np.zeros(40)]), solid(color), radius=(0.1, 0.055), power=2.5, gloss=0.5, sharpness=40)


def bottle(look):
    """Drinking bottle, glass bottle with a label, or vacuum flask."""
    rng = np.random.default_rng(look.seed)
    style = look.shape % 4
    height = (2.1, 2.2, 1.9, 1.75)[style] * rng.uniform(0.95, 1.05)
    top, wide = height / 2, (0.36, 0.34, 0.42, 0.46)[style] * rng.uniform(0.94, 1.06)
    neck = {0: [(0.62, top - 0.3), (0.66, top - 0.36), (1, top - 0.6)], 1: [(0.3, top - 0.1), (0.34, top - 0.62), (1, top - 1.0)],
            2: [(0.86, top - 0.4), (0.97, top - 0.44), (1, top - 0.6)], 3: [(0.5, top - 0.25), (0.55, top - 0.4), (1, top - 0.55)]}
    profile = smooth(neck[style] + [(1.0, 0.0), (1.0, 0.08 - top), (0.9, -top), (0.02, -top)], 60, rounds=2)
    h, w = texels(2 * np.pi * wide, height - 0.2)
    skin = paint.patterned((h, w), look.pattern, look.colors, rng, step=40, grain=0.012)
    _label(skin, look, style)
    cap_color = (look.colors[1], METALS[look.emblem % 3], WOODS[look.emblem % 4], look.colors[2])[style]
    cap = _cap(style, top, wide, cap_color)
    return [body(profile, skin, width=wide, depth=wide, rows=60, gloss=0.55, sharpness=45)] + cap


def _label(skin, look, style):
    h, w = skin.shape[:2]
    if style in (1, 3):
        ground = look.colors[2] if look.pattern == "plain" else (240, 236, 226)
        ink = paint.tinted(look.colors[0], -0.4) if sum(ground) > 380 else (240, 236, 226)
        skin[int(h * 0.46):int(h * 0.8), int(w * 0.2):int(w * 0.8)] = ground
        skin[int(h * 0.48):int(h * 0.495), int(w * 0.22):int(w * 0.78)] = ink
        paint.emblem(skin, (w / 2, h * 0.56), w * 0.06, look.emblem, (look.colors[1] if style == 1 else ink, ground))
        paint.brand(skin, (w / 2, h * 0.68), look.brand, ink, height=w * 0.05)
        paint.brand(skin, (w / 2, h * 0.745), "No. %d" % (look.seed % 90 + 7), ink, height=w * 0.025)
    elif look.pattern in ("plain", "ombre"):
        paint.emblem(skin, (w / 2, h * 0.42), w * 0.085, look.emblem, look.colors[1:])
        paint.brand(skin, (w / 2, h * 0.62), look.brand, look.colors[2], height=w * 0.055)


def _cap(style, top, wide, color):
    ribs = solid(color).repeat(20, axis=1)
    ribs[:, ::5] = paint.tinted(color, -0.35)
    if style == 0:
        cap = [body([(0.95, top), (1, top - 0.04), (1, top - 0.3)], ribs, width=wide * 0.68, depth=wide * 0.68, rows=16, gloss=0.3),
               disc(top, solid(color), width=wide * 0.65, depth=wide * 0.65)]
        loop = smooth([(-0.16, top - 0.04, 0), (-0.17, top + 0.2, 0), (0.17, top + 0.2, 0), (0.16, top - 0.04, 0)], 30)
        return cap + [tube(loop, solid(color), radius=(0.06, 0.03), gloss=0.3)]
    low, size = {1: (0.16, 0.34), 2: (0.42, 0.88), 3: (0.28, 0.56)}[style]
    if style == 1:
        top += 0.02
    return [body([(0.92, top), (1, top - 0.03), (1, top - low)], ribs if style != 3 else solid(color), width=wide * size,
                 depth=wide * size, rows=16, gloss=0.4), disc(top, solid(color), width=wide * size * 0.92, depth=wide * size * 0.92)]


def lamp(look):
    """Table lamp: vase, stick, tripod or ball base under a drum, cone or dome shade."""
    rng = np.random.default_rng(look.seed)
    foot, hood = look.shape % 4, (look.shape * 2 + look.shape // 4) % 3
    base_color = (look.colors[1], METALS[look.emblem % 3], WOODS[look.emblem % 4], look.colors[2])[foot]
    wide, tall = rng.uniform(0.62, 0.74), (0.62, 0.75, 0.55)[hood] * rng.uniform(0.95, 1.1)
    narrow = (0.86, 0.48, 0.3)[hood]
    h, w = texels(2 * np.pi * wide * 0.9, tall)
    cloth = paint.patterned((h, w), look.pattern, look.colors, rng, step=46)
    cloth[:7] = cloth[-7:] = paint.tinted(look.colors[1], -0.1)
    edge = [(narrow, 1.0), (1.0, 1.0 - tall)] if hood < 2 else smooth(
        [(narrow, 1.0), (0.75, 0.98), (0.95, 0.8), (1.0, 1.0 - tall)], 20)
    shade = body(edge, cloth, width=wide, depth=wide, rows=30, gloss=0.03, glow=0.25)
    lining = body(np.asarray(edge) * (0.97, 1), solid((250, 236, 206)), width=wide, depth=wide, rows=20, gloss=0, glow=0.5)
    bulb = body(smooth([(0.02, 0.72), (1, 0.7), (1, 0.5), (0.4, 0.35), (0.3, 0.2)], 24), solid((255, 246, 222)), width=0.13,
                depth=0.13, rows=24, glow=0.6)
    return [shade, lining, bulb] + _lamp_base(foot, base_color, rng, 1.0 - tall)


def _lamp_base(foot, color, rng, top):
    stem = tube(np.array([(0, y, 0) for y in np.linspace(-0.95, top + 0.3, 12)]), solid(METALS[int(rng.integers(3))]),
                radius=0.035, side=(1, 0, 0), gloss=0.5)
    if foot == 0:
        vase = smooth([(0.16, top - 0.02), (0.14, top - 0.12), (0.46, top - 0.45), (0.4, -0.6), (0.2, -0.9), (0.3, -1.0)], 40)
        return [stem, body(vase, paint.plain((240, 400), color, rng, grain=0.01), rows=40, gloss=0.55, sharpness=40)]
    if foot == 1:
        plate = body([(0.02, -0.9), (0.9, -0.93), (1, -0.97), (1, -1.0)], solid(color), width=0.42, depth=0.42, rows=16, gloss=0.5)
        return [stem, plate]
    if foot == 2:
        legs = []
        for angle in np.array([0.3, 2.4, 4.5]):
            end = np.array([0.5 * np.sin(angle), -1.0, 0.5 * np.cos(angle)])
            path = np.linspace((0, top + 0.05, 0), end, 16)
            legs.append(tube(path, paint.wood((200, 20), color, rng, along=0), radius=0.045, side=(1, 0, 0.3), gloss=0.15))
        return legs + [box((0.18, 0.08, 0.18), solid(METALS[0]), gloss=0.5).moved((0, top, 0))]
    angle = np.linspace(0.12, np.pi - 0.25, 40)
    ball = np.column_stack([0.44 * np.sin(angle), -0.56 + 0.44 * np.cos(angle)])
    return [stem, body(ball, paint.plain((260, 500), color, rng, grain=0.01), rows=40, gloss=0.6, sharpness=40)]


def chair(look):
    """Chair: slatted wood, upholstered with arms, or a moulded shell; four legs."""
    rng = np.random.default_rng(look.seed)
    style, grain = look.shape % 3, WOODS[(look.shape + look.emblem) % 4]
    cloth = paint.patterned((260, 900), look.pattern, look.colors, rng, step=44)
    legs = paint.wood((200, 24), grain, rng, along=0) if style != 2 or look.shape % 2 else solid(METALS[look.emblem % 3])
    half, deep = rng.uniform(0.5, 0.58), rng.uniform(0.48, 0.55)
    parts = _legs(legs, half, deep, splay=(0.02, 0.06, 0.16)[style])
    if style == 0:
        seat = paint.wood((260, 900), look.colors[0], rng) if look.pattern == "plain" else cloth
        parts += [part.moved((0, -0.02, 0)) for part in [box((2.1 * half, 0.12, 2.1 * deep), seat, power=6, gloss=0.12)]]
        return parts + _slats(look, rng, half, deep, paint.wood((200, 300), look.colors[0], rng))
    if style == 1:
        cushion = body(smooth([(0.05, 0.14), (0.85, 0.15), (1, 0.05), (1, -0.08), (0.9, -0.12), (0.05, -0.12)], 30), cloth,
                       width=half * 1.08, depth=deep * 1.08, power=5, rows=30)
        return parts + [cushion] + _padded_back(look, cloth, half, deep) + _arms(legs, half, deep)
    return parts + _shell(cloth, half, deep)


def _legs(texture, half, deep, *, splay):
    legs = []
    for x in (-1, 1):
        for z in (-1, 1):
            path = np.linspace((x * half * 0.86, -0.05, z * deep * 0.86),
                               (x * (half * 0.88 + splay), -0.98, z * (deep * 0.88 + splay)), 14)
            legs.append(tube(path, texture, radius=0.048, side=(1, 0, 0), power=3, gloss=0.15))
    return legs


def _slats(look, rng, half, deep, wood):
    parts = []
    for x in (-1, 1):
        post = smooth([(x * half * 0.92, -0.1, -deep * 0.9), (x * half * 0.92, 0.4, -deep * 0.95), (x * half * 0.9, 1.02, -deep * 1.2)], 24)
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
        path = smooth([(x * half * 0.98, 0.05, deep * 0.7), (x * half * 1.04, 0.38, deep * 0.75), (x * half * 1.04, 0.4, -deep * 0.9)], 30, rounds=2)
        parts.append(tube(path, texture, radius=0.045, side=(1, 0, 0), power=3, gloss=0.15))
    return parts


def _shell(cloth, half, deep):
    profile = smooth([(deep, 0.06), (deep * 0.9, -0.02), (-deep * 0.7, -0.06), (-deep * 1.0, 0.25), (-deep * 1.25, 0.95)], 40)
    across = np.linspace(-1, 1, 30)
    share = np.linspace(0, 1, 40)[:, None]
    rounding = 1 - 0.35 * np.clip(share - 0.75, 0, 1) * 4 * (share > 0.75) * 0.8
    points = np.empty((40, 30, 3), np.float32)
    points[..., 0] = across * half * 1.1 * rounding
    points[..., 1] = profile[:, 1:] + 0.16 * across ** 4 * (1 - 0.5 * share)
    points[..., 2] = profile[:, :1] + 0.2 * across ** 2 * share
    image = cloth[::-1, :420]
    return [Part(points, image, gloss=0.3, sharpness=25), Part(points - np.float32([0, 0.035, 0.02]), image, gloss=0.2)]


def headphones(look):
    """Over-ear or on-ear headphones: headband, sliders, cups and cushions."""
    rng = np.random.default_rng(look.seed)
    cup = (0.4, 0.3, 0.36)[look.shape % 3] * rng.uniform(0.95, 1.05)
    angle = np.linspace(-1.72, 1.72, 60)
    band = np.column_stack([0.72 * np.sin(angle), 0.05 + 0.85 * np.cos(angle), np.zeros(60)])
    trim = METALS[look.emblem % 3]
    leather = paint.plain((300, 40), look.colors[1] if look.shape % 2 else look.colors[0], rng)
    parts = [tube(band[8:-8], leather, radius=(0.13, 0.045), power=3, gloss=0.2)]
    for side, ends in ((-1, band[:12]), (1, band[-12:])):
        parts.append(tube(ends, solid(trim), radius=(0.06, 0.02), power=3, gloss=0.6, sharpness=30))
        parts += [part.moved((side * 0.70, -0.2, 0)) for part in _ear_cup(look, rng, cup, side, trim)]
    return parts


def _ear_cup(look, rng, cup, side, trim):
    """One cup whose outer face points along x (side -1 or 1)."""
    power = 2.0 if look.shape % 2 else 2.6
    face = paint.patterned((200, 200), look.pattern, look.colors, rng, step=30, grain=0.015)
    shell = body(smooth([(0.02, 0.2), (0.7, 0.2), (0.97, 0.13), (1, 0.0)], 30), np.full((8, 8, 3), look.colors[0], np.uint8),
                 width=cup, depth=cup * 1.12, power=power, rows=30, gloss=0.4, sharpness=25)
    plate = _plate(look, face, cup, power)
    ring = body([(1.02, 0.02), (1.05, 0.0), (1.02, -0.03)], solid(trim), width=cup, depth=cup * 1.12, power=power, rows=8, gloss=0.6)
    cushion = body(smooth([(0.96, -0.02), (1.02, -0.1), (0.95, -0.2), (0.55, -0.2), (0.5, -0.1), (0.02, -0.08)], 30),
                   solid(paint.tinted(look.colors[2], -0.35)), width=cup, depth=cup * 1.12, power=power, rows=30, gloss=0.1)
    # The cup is built lying; its top (y) turns to the outside (x), its depth (z) to the height.
    turn = np.array([[0, side, 0], [0, 0, 1], [1, 0, 0]])
    return [part.moved(matrix=turn) for part in (shell, plate, ring, cushion)]


def _plate(look, face, cup, power):
    h, w = face.shape[:2]
    second = look.colors[1] if look.pattern == "plain" else look.colors[2]
    paint.emblem(face, (w / 2, h / 2), w * 0.2, look.emblem, (second, look.colors[0]))
    grid = np.linspace(-0.62, 0.62, 24)
    x, z = np.meshgrid(grid, -grid)
    lift = 0.205 - 0.03 * (x ** 2 + z ** 2)
    reach = np.maximum(np.abs(x), np.abs(z)) / np.maximum(np.hypot(x, z), 1e-6)
    points = np.stack([x * reach * cup, lift, z * reach * cup * 1.12], axis=2)
    return Part(points.astype(np.float32), face, gloss=0.35, sharpness=25)
