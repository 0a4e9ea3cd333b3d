"""Handbags and backpacks as lists of surface parts, drawn from a look."""

import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import Part, arch, body, box, disc, smooth, tube


def _bag_profile(shape, height):
    top, half = height / 2, height / 2
    return {
        "satchel": [(0.80, top), (0.86, top - 0.04), (1.0, -half + 0.1), (0.97, -half)],
        "flap": [(0.96, top), (1.0, top - 0.05), (1.0, -half + 0.08), (0.95, -half)],
        "tote": [(1.0, top), (0.82, -half + 0.05), (0.79, -half)],
        "bucket": [(0.80, top), (0.72, top - 0.1), (0.86, top - 0.3), (1.0, -half + 0.15), (0.93, -half)],
        "dome": [
            (0.25, top),
            (0.55, top - 0.05),
            (0.80, top - 0.2),
            (0.95, top - 0.5),
            (1.0, -half + 0.15),
            (0.95, -half),
        ],
    }[shape]


_BAGS = {
    "satchel": (0.95, 1.05, 0.34, 5.0),
    "flap": (0.85, 0.95, 0.25, 6.0),
    "tote": (0.88, 1.35, 0.28, 5.0),
    "bucket": (0.62, 1.15, 0.55, 2.2),
    "dome": (0.98, 1.0, 0.36, 4.0),
}


def handbag(look):
    """Satchel, flap bag, tote, bucket or bowling bag with handles, trim and clasp."""
    rng = np.random.default_rng(look.seed)
    shape = list(_BAGS)[look.shape % len(_BAGS)]
    width, height, depth, power = np.array(_BAGS[shape]) * (*rng.uniform(0.93, 1.07, 3), 1)
    metal, trim = paint.METALS[rng.integers(3)], look.colors[1]
    face = _bag_face(look, rng, shape, width, depth, height)
    top = height / 2
    profile = _bag_profile(shape, height)
    parts = [
        body(profile, face, width=width, depth=depth, power=power, rows=48, gloss=0.16),
        disc(
            top,
            paint.solid(paint.tinted(look.colors[0], -0.35)),
            width=width * profile[0][0],
            depth=depth * profile[0][0],
            power=power,
            bulge=0.02 if shape == "dome" else -0.1,
        ),
    ]
    if shape == "flap":
        parts += _flap(look, rng, width, depth, height, metal)
    return parts + _bag_straps(look, rng, shape, width, depth, height, trim, metal)


def _bag_face(look, rng, shape, width, depth, height):
    h, w = paint.texels(3.6 * (width + depth), height)
    image = paint.patterned((h, w), look.pattern, look.colors, rng, step=int(rng.integers(34, 52)))
    trim = look.colors[1] if look.pattern != "plain" else paint.tinted(look.colors[0], -0.25)
    if shape in ("satchel", "tote", "bucket"):
        image[int(h * 0.8) :] = paint.plain((h - int(h * 0.8), w), trim, rng)
        paint.seam(image, [(0, int(h * 0.8)), (w, int(h * 0.8))])
        paint.stitches(image, [(0, h * 0.8 + 6), (w, h * 0.8 + 6)], paint.tinted(trim, 0.5))
    band = 12
    image[:band] = paint.plain((band, w), trim, rng)
    paint.stitches(image, [(0, band + 4), (w, band + 4)], paint.tinted(look.colors[0], 0.45))
    for side in (-1, 1):
        x = int(w * (0.5 + side * 0.29 * width / (width + depth) * 1.62 / 1.9))
        paint.seam(image, [(x, band), (x, h)])
    if shape != "flap":
        paint.brand(
            image,
            (w / 2, h * 0.3),
            look.brand,
            paint.METALS[look.emblem % 2] if sum(look.colors[0]) < 330 else paint.tinted(look.colors[0], -0.65),
            height=h * 0.05,
        )
    return image


def _flap(look, rng, width, depth, height, metal):
    top, drop = height / 2, height * rng.uniform(0.5, 0.68)
    h, w = paint.texels(2.0 * width, drop)
    image = paint.patterned((h, w), look.pattern, look.colors, rng, step=44)
    frame = np.array([(9, 0), (9, h - 10), (w - 9, h - 10), (w - 9, 0)])
    paint.stitches(image, frame, paint.tinted(look.colors[0], 0.5))
    x = np.linspace(-1, 1, 40)
    hem = top - drop * (1 - 0.22 * np.abs(x) ** 3)
    rows = np.linspace(0, 1, 30)[:, None]
    bulge = np.sqrt(np.clip(rows * 5, 0, 1))
    points = np.stack(
        np.broadcast_arrays(
            x[None] * width * 0.98,
            top + 0.03 - rows * (top + 0.03 - hem)[None],
            depth * (1.02 - 0.1 * x[None] ** 8) * (0.3 + 0.7 * bulge) + 0.05 * bulge,
        ),
        axis=2,
    )
    clasp = box((0.2, 0.13, 0.06), paint.solid(metal), gloss=0.7, sharpness=30)
    return [Part(points.astype(np.float32), image, gloss=0.18), clasp.moved((0, hem[20] + 0.09, depth + 0.09))]


def _bag_straps(look, rng, shape, width, depth, height, trim, metal):
    top = height / 2
    leather = paint.plain((64, 16), trim, rng)
    if shape in ("flap", "bucket"):
        rise = rng.uniform(0.65, 0.9)
        path = arch(width * 0.93, top - 0.02, rise, 0.0, count=60)
        texture = paint.plain((240, 8), trim, rng)
        if shape == "flap":
            texture = np.repeat(
                np.tile(np.uint8([metal] * 3 + [paint.tinted(metal, -0.5)] * 2), (60, 1))[:, None], 4, 1
            )
        return [tube(path, texture, radius=(0.045, 0.02), gloss=0.3)] + _rings(width * 0.93, top - 0.1, 0.0, metal)
    rise, half = {"tote": (0.62, 0.36), "satchel": (0.42, 0.34), "dome": (0.36, 0.36)}[shape]
    parts = []
    for z in (depth * 0.78, -depth * 0.78):
        z, foot = (z, top - 0.1) if shape != "dome" else (z * 1.1, top - 0.28)
        parts.append(
            tube(
                arch(half * width * 1.1, foot, rise * rng.uniform(0.9, 1.1) if z > 0 else rise, z),
                leather,
                radius=0.036,
                gloss=0.2,
            )
        )
        parts += _rings(half * width * 1.1, foot - 0.1, z + 0.06 * np.sign(z), metal)
    return parts


def _rings(half, y, z, metal):
    stud = box((0.1, 0.13, 0.06), paint.solid(metal), power=3, gloss=0.7, sharpness=30)
    return [stud.moved((side * half, y, z)) for side in (-1, 1)]


def backpack(look):
    """Backpack with a front pocket, zips, side pockets, top handle and shoulder straps."""
    rng = np.random.default_rng(look.seed)
    width, height, depth = 0.62 * rng.uniform(0.9, 1.1), 1.75 * rng.uniform(0.9, 1.08), 0.34
    round_top = (look.shape % 2) == 0
    top = height / 2
    crown = [(0.2, top), (0.6, top - 0.05), (0.88, top - 0.22)] if round_top else [(0.3, top), (0.94, top - 0.03)]
    profile = crown + [(1.0, top - 0.5), (1.0, 0.16 - top), (0.9, 0.02 - top), (0.1, -top)]
    h, w = paint.texels(3.6 * (width + depth), height)
    shell = paint.patterned((h, w), look.pattern, look.colors, rng, step=46)
    zip_y = 0.3 if round_top else 0.17
    paint.zipper(
        shell,
        [
            (0, int(h * 0.5)),
            (int(w * 0.27), int(h * 0.4)),
            (int(w * 0.31), int(h * zip_y)),
            (int(w * 0.69), int(h * zip_y)),
            (int(w * 0.73), int(h * 0.4)),
            (w, int(h * 0.5)),
        ],
        look.colors[2],
    )
    parts = [body(profile, shell, width=width, depth=depth, power=3.6, rows=56, gloss=0.06)]
    parts += _pockets(look, rng, width, height, depth)
    handle = arch(0.14, top - 0.02, 0.16, -0.08)
    parts.append(tube(handle, paint.solid(look.colors[1]), radius=(0.03, 0.045)))
    for side in (-1, 1):
        strap = smooth(
            [
                (side * 0.2, top - 0.06, -depth),
                (side * 0.34, top - 0.02, -depth - 0.24),
                (side * (width * 0.95), 0.1, -depth - 0.36),
                (side * (width + 0.12), -0.4 * top, -depth - 0.1),
                (side * width * 0.9, 0.15 - top, -depth * 0.8),
            ],
            40,
        )
        parts.append(tube(strap, paint.plain((120, 24), look.colors[1], rng), radius=(0.035, 0.1), side=(0, 0, 1)))
    return parts


def _pockets(look, rng, width, height, depth):
    size = height * rng.uniform(0.36, 0.46)
    profile = [(0.55, size / 2), (0.94, size / 2 - 0.05), (1.0, 0.0), (0.97, 0.06 - size / 2), (0.4, -size / 2)]
    h, w = paint.texels(4 * width, size)
    image = paint.plain((h, w), look.colors[1] if look.shape % 3 else look.colors[0], rng)
    paint.zipper(image, [(int(w * 0.2), int(h * 0.2)), (int(w * 0.8), int(h * 0.2))], look.colors[2])
    paint.stitches(
        image,
        [(w * 0.26, h * 0.3), (w * 0.26, h * 0.92), (w * 0.74, h * 0.92), (w * 0.74, h * 0.3)],
        paint.tinted(look.colors[2], 0.3),
    )
    contrast = look.colors[2]
    if look.shape % 2:
        paint.emblem(image, (w / 2, h * 0.58), h * 0.16, look.emblem, (contrast, look.colors[0]))
    else:
        paint.brand(image, (w / 2, h * 0.55), look.brand, contrast, height=h * 0.11)
    front = body(profile, image, width=width * 0.82, depth=0.2, power=3.4, rows=36, gloss=0.06)
    side = [(0.8, 0.2), (1.0, 0.1), (1.0, -0.15), (0.8, -0.22)]
    net = body(
        side, paint.plain((60, 120), paint.tinted(look.colors[1], -0.2), rng), width=0.12, depth=depth * 0.7, power=3
    )
    low = 0.3 - height / 2
    return [front.moved((0, size / 2 + 0.12 - height / 2, depth * 0.93))] + [
        net.moved((s * (width * 0.98), low, 0)) for s in (-1, 1)
    ]
