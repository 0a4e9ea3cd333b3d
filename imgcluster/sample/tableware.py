"""Mugs and bottles as lists of surface parts, drawn from a look."""

import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import body, disc, rotation, smooth, tube


def mug(look):
    """Mug (cylinder, tapered, barrel or footed cup) with a handle and a print on either side."""
    rng = np.random.default_rng(look.seed)
    style = look.shape % 4
    height = (1.5, 1.25, 1.35, 1.1)[style] * rng.uniform(0.93, 1.07)
    top = height / 2
    profile = smooth(
        {
            0: [(0.6, top), (0.6, 0.06 - top), (0.52, -top)],
            1: [(0.74, top), (0.5, 0.04 - top), (0.46, -top)],
            2: [(0.58, top), (0.74, 0.1), (0.66, 0.1 - top), (0.5, -top)],
            3: [(0.82, top), (0.78, 0), (0.45, 0.25 - top), (0.36, 0.1 - top), (0.44, -top)],
        }[style],
        44,
        rounds=2,
    )
    wide = profile[:, 0].max()
    h, w = paint.texels(2 * np.pi * wide, height)
    glaze = paint.patterned((h, w), look.pattern, look.colors, rng, step=int(rng.integers(36, 54)), grain=0.012)
    for at in (0.25, 0.75) if look.pattern in ("plain", "ombre", "speckles") else ():
        paint.emblem(glaze, (w * at, h * 0.42), h * 0.17, look.emblem, look.colors[1:])
        paint.brand(glaze, (w * at, h * 0.72), look.brand, look.colors[1], height=h * 0.08)
    inside = paint.solid(look.colors[1] if look.shape % 2 else paint.tinted(look.colors[0], 0.5))
    bowl = profile[:-4] * (0.94, 1)
    liquid = paint.solid((70, 42, 26)) if look.seed % 2 else inside
    rim = np.array(
        [
            (np.cos(a) * profile[0, 0] * 0.97, top, np.sin(a) * profile[0, 0] * 0.97)
            for a in np.linspace(0, 2 * np.pi, 50)
        ]
    )
    # Turned so that the two prints face the viewer and the handle sits at the side.
    turn = rotation(yaw=np.pi / 2)
    parts = [
        body(profile, glaze, rows=44, gloss=0.5, sharpness=40).moved(matrix=turn),
        body(bowl, inside, rows=30, gloss=0.2),
        disc(
            top * 0.55,
            liquid,
            width=np.interp(-top * 0.55, -profile[:, 1], profile[:, 0]) * 0.95,
            depth=np.interp(-top * 0.55, -profile[:, 1], profile[:, 0]) * 0.95,
            gloss=0.3,
        ),
        tube(
            rim,
            paint.solid(look.colors[1] if look.shape % 3 == 0 else look.colors[0]),
            radius=0.025,
            side=(0, 1, 0),
            gloss=0.4,
        ),
    ]
    return parts + [_mug_handle(look, rng, profile, height)]


def _mug_handle(look, rng, profile, height):
    reach, angular = rng.uniform(0.38, 0.5), look.shape % 3 == 1
    high, low = height * 0.3, -height * rng.uniform(0.18, 0.32)
    x_high, x_low = (np.interp(-y, -profile[:, 1], profile[:, 0]) - 0.03 for y in (high, low))
    corners = [(x_high, high), (x_high + reach, high + 0.05), (x_high + reach, low), (x_low, low)]
    path = smooth(corners, 40, rounds=1 if angular else 4)
    color = look.colors[1] if look.shape % 2 else look.colors[0]
    return tube(
        np.column_stack([path, np.zeros(40)]),
        paint.solid(color),
        radius=(0.1, 0.055),
        power=2.5,
        gloss=0.5,
        sharpness=40,
    )


def bottle(look):
    """Drinking bottle, glass bottle with a label, or vacuum flask."""
    rng = np.random.default_rng(look.seed)
    style = look.shape % 4
    height = (2.1, 2.2, 1.9, 1.75)[style] * rng.uniform(0.95, 1.05)
    top, wide = height / 2, (0.36, 0.34, 0.42, 0.46)[style] * rng.uniform(0.94, 1.06)
    neck = {
        0: [(0.62, top - 0.3), (0.66, top - 0.36), (1, top - 0.6)],
        1: [(0.3, top - 0.1), (0.34, top - 0.62), (1, top - 1.0)],
        2: [(0.86, top - 0.4), (0.97, top - 0.44), (1, top - 0.6)],
        3: [(0.5, top - 0.25), (0.55, top - 0.4), (1, top - 0.55)],
    }
    profile = smooth(neck[style] + [(1.0, 0.0), (1.0, 0.08 - top), (0.9, -top), (0.02, -top)], 60, rounds=2)
    h, w = paint.texels(2 * np.pi * wide, height - 0.2)
    skin = paint.patterned((h, w), look.pattern, look.colors, rng, step=40, grain=0.012)
    _label(skin, look, style)
    cap_color = (look.colors[1], paint.METALS[look.emblem % 3], paint.WOODS[look.emblem % 4], look.colors[2])[style]
    cap = _cap(style, top, wide, cap_color)
    return [body(profile, skin, width=wide, depth=wide, rows=60, gloss=0.55, sharpness=45)] + cap


def _label(skin, look, style):
    h, w = skin.shape[:2]
    if style in (1, 3):
        ground = look.colors[2] if look.pattern == "plain" else (240, 236, 226)
        ink = paint.tinted(look.colors[0], -0.4) if sum(ground) > 380 else (240, 236, 226)
        skin[int(h * 0.46) : int(h * 0.8), int(w * 0.2) : int(w * 0.8)] = ground
        skin[int(h * 0.48) : int(h * 0.495), int(w * 0.22) : int(w * 0.78)] = ink
        paint.emblem(skin, (w / 2, h * 0.56), w * 0.06, look.emblem, (look.colors[1] if style == 1 else ink, ground))
        paint.brand(skin, (w / 2, h * 0.68), look.brand, ink, height=w * 0.05)
        paint.brand(skin, (w / 2, h * 0.745), f"No. {look.seed % 90 + 7}", ink, height=w * 0.025)
    elif look.pattern in ("plain", "ombre"):
        paint.emblem(skin, (w / 2, h * 0.42), w * 0.085, look.emblem, look.colors[1:])
        paint.brand(skin, (w / 2, h * 0.62), look.brand, look.colors[2], height=w * 0.055)


def _cap(style, top, wide, color):
    ribs = paint.solid(color).repeat(20, axis=1)
    ribs[:, ::5] = paint.tinted(color, -0.35)
    if style == 0:
        cap = [
            body(
                [(0.95, top), (1, top - 0.04), (1, top - 0.3)],
                ribs,
                width=wide * 0.68,
                depth=wide * 0.68,
                rows=16,
                gloss=0.3,
            ),
            disc(top, paint.solid(color), width=wide * 0.65, depth=wide * 0.65),
        ]
        loop = smooth([(-0.16, top - 0.04, 0), (-0.17, top + 0.2, 0), (0.17, top + 0.2, 0), (0.16, top - 0.04, 0)], 30)
        return cap + [tube(loop, paint.solid(color), radius=(0.06, 0.03), gloss=0.3)]
    low, size = {1: (0.16, 0.34), 2: (0.42, 0.88), 3: (0.28, 0.56)}[style]
    if style == 1:
        top += 0.02
    return [
        body(
            [(0.92, top), (1, top - 0.03), (1, top - low)],
            ribs if style != 3 else paint.solid(color),
            width=wide * size,
            depth=wide * size,
            rows=16,
            gloss=0.4,
        ),
        disc(top, paint.solid(color), width=wide * size * 0.92, depth=wide * size * 0.92),
    ]
