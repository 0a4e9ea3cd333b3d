"""Sneakers and boots as lists of surface parts, drawn from a look."""

import cv2
import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import Part, arch, body, disc, resample, smooth, tube


def _shoe_sections(lengths, heights, halves, opening, base, count=64):
    """Loft of shoe cross-sections along x: grid [rows around, columns heel to toe, 3]."""
    spine = resample(np.column_stack([lengths, heights, halves, opening]), count)
    closed = np.array([(1.0, 0), (1.06, 0.25), (1.0, 0.55), (0.78, 0.82), (0.42, 0.97), (0.0, 1.0)])
    open_ = np.array([(1.0, 0), (1.04, 0.25), (0.9, 0.6), (0.76, 0.9), (0.6, 1.0), (0.0, 0.42)])
    grid = np.empty((48, count, 3), np.float32)
    for i, (x, height, half, gap) in enumerate(spine):
        side = smooth(closed * (1 - gap) + open_ * gap, 24)
        arc = np.concatenate([side * (-1, 1), side[::-1]])
        grid[:, i] = np.column_stack([np.full(48, x), base + arc[:, 1] * height, arc[:, 0] * half])
    return grid


def _sole(texture, *, thick, flare=1.07, heel=0.0):
    """Shoe sole: the outline swept from the ground up; `heel` lifts the back above the ball."""
    x = np.array([-1.02, -0.98, -0.7, -0.2, 0.3, 0.6, 0.85, 0.98, 1.03])
    half = np.array([0.02, 0.2, 0.29, 0.27, 0.36, 0.36, 0.27, 0.14, 0.02]) * flare
    outline = np.concatenate([np.column_stack([x, half]), np.column_stack([x, -half])[::-1]])
    outline = smooth(np.concatenate([outline, outline[:1]]), 90, rounds=2)
    rows = []
    for share, y in ((0.03, thick), (0.98, thick), (1.0, thick * 0.9), (1.03, thick * 0.2), (1.0, 0.0), (0.03, 0.0)):
        rows.append(np.column_stack([outline[:, 0] * share, np.full(90, y), outline[:, 1] * share]))
    grid = np.stack(rows)
    dense = cv2.resize(grid.astype(np.float32), (90, 30))
    dense[..., 1] += heel * np.clip(-dense[..., 0] * 0.9 + 0.1, 0, 1)
    return Part(dense, texture, gloss=0.12)


def sneaker(look):
    """Low or high sneaker: panelled upper, laces, side mark and a rubber sole."""
    rng = np.random.default_rng(look.seed)
    high = look.shape % 3 == 1
    thick = (0.16, 0.2, 0.27)[look.shape % 3] * rng.uniform(0.9, 1.1)
    collar = 1.02 if high else 0.62
    x = np.array([-1.0, -0.97, -0.85, -0.55, -0.3, -0.12, 0.1, 0.45, 0.75, 0.93, 1.0])
    tall = np.array(
        [0.3, collar, collar * 1.05, collar * 0.9, collar, collar * 0.93 + 0.04, 0.5, 0.36, 0.27, 0.2, 0.05]
    )
    half = np.array([0.06, 0.16, 0.24, 0.26, 0.25, 0.25, 0.28, 0.33, 0.3, 0.18, 0.04])
    gap = np.array([0.0, 0.9, 1, 1, 1, 0.7, 0.0, 0, 0, 0, 0])
    grid = _shoe_sections(x, tall, half, gap, thick * 0.92, count=72)
    parts = [Part(grid, _upper(look, rng, high), gloss=0.12), _sole(_sole_texture(look, rng), thick=thick)]
    lace = paint.tinted(look.colors[2], 0.4) if look.shape % 2 else (240, 240, 236)
    for share in np.linspace(0.0, 1.0, 6 if high else 5):
        column = int(round(np.interp(share, [0, 1], [33 if high else 30, 50])))
        arc = grid[14:34, min(column, 66)] + np.float32([0, 0.025, 0])
        arc = arc + np.linspace(-0.03, 0.03, len(arc))[:, None] * np.float32([1, 0, 0])
        parts.append(
            tube(smooth(arc, 16, rounds=1), paint.solid(lace), radius=(0.03, 0.016), side=(1, 0, 0), columns=8)
        )
    return parts


def _upper(look, rng, high):
    """Texture of a shoe's upper: rows run from the far ground line over the top to the near ground line."""
    h, w = 190, 520
    main, first, second = look.colors
    side = paint.patterned((h, w), look.pattern, look.colors, rng, step=34)
    toe = cv2.ellipse(np.zeros((h, w), np.uint8), (w, h // 2), (int(w * 0.2), h), 0, 0, 360, 255, -1, paint.AA) > 0
    heel = (
        cv2.ellipse(
            np.zeros((h, w), np.uint8),
            (int(w * 0.1), int(h * 1.0)),
            (int(w * 0.2), int(h * 0.72)),
            0,
            0,
            360,
            255,
            -1,
            paint.AA,
        )
        > 0
    )
    eyestay = np.array(
        [(int(w * 0.43), 0), (int(w * 0.74), 0), (int(w * 0.68), int(h * 0.32)), (int(w * 0.47), int(h * 0.5))]
    )
    panel = first if look.shape % 2 else paint.tinted(main, -0.28)
    cloth = paint.plain((h, w), panel, rng)
    overlay = np.zeros((h, w), np.uint8)
    cv2.fillPoly(overlay, [eyestay], 255, paint.AA)
    overlay[heel] = 255
    if look.shape % 4 != 2:
        overlay[toe] = 255
    side[overlay > 127] = cloth[overlay > 127]
    for contour in cv2.findContours(overlay, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]:
        contour = contour.reshape(-1, 2)
        paint.seam(side, contour[::3], closed=True)
        paint.stitches(side, contour[::12] - (0, 4), paint.tinted(panel, 0.5), dash=5)
    _side_mark(side, look, second if look.pattern != "plain" else first)
    side[: int(h * 0.26), int(w * 0.05) : int(w * 0.4)] = paint.tinted(second, -0.35)
    return np.concatenate([side[::-1], side])


def _side_mark(image, look, color):
    h, w = image.shape[:2]
    mark = look.emblem % 4
    if mark == 0:
        for x in (0.42, 0.48, 0.54):
            quad = np.array(
                [(w * x, h * 0.98), (w * (x + 0.03), h * 0.98), (w * (x + 0.08), h * 0.4), (w * (x + 0.05), h * 0.4)]
            )
            cv2.fillPoly(image, [quad.astype(np.int32)], color, paint.AA)
    elif mark == 1:
        curve = smooth([(w * 0.3, h * 0.6), (w * 0.42, h * 0.98), (w * 0.72, h * 0.5)], 30)
        back = smooth([(w * 0.72, h * 0.5), (w * 0.45, h * 0.76), (w * 0.3, h * 0.6)], 30)
        cv2.fillPoly(image, [np.concatenate([curve, back]).astype(np.int32)], color, paint.AA)
    elif mark == 2:
        paint.emblem(image, (w * 0.42, h * 0.72), h * 0.2, 0, (color, color))
    else:
        zigzag = np.array([(0.34, 0.9), (0.42, 0.6), (0.47, 0.85), (0.56, 0.5)]) * (w, h)
        cv2.polylines(image, [zigzag.astype(np.int32)], False, color, 12, paint.AA)


def _sole_texture(look, rng):
    rubber = (238, 236, 228) if look.shape % 3 != 1 else paint.tinted(look.colors[1], -0.1)
    image = paint.plain((90, 400), rubber, rng, grain=0.015)
    image[44:50] = look.colors[2] if look.shape % 2 else paint.tinted(rubber, -0.25)
    image[62:, ::9] = paint.tinted(rubber, -0.3)
    return image


def boot(look):
    """Ankle boot: Chelsea (elastic side), laced, or zipped with a tall shaft; stacked heel."""
    rng = np.random.default_rng(look.seed)
    style = look.shape % 3
    shaft = (0.85, 1.0, 1.55)[style] * rng.uniform(0.93, 1.07)
    lift = (0.16, 0.12, 0.3)[style] * rng.uniform(0.9, 1.15)
    x = np.array([-1.0, -0.97, -0.8, -0.5, -0.25, 0.0, 0.3, 0.6, 0.85, 0.97, 1.0])
    tall = np.array([0.2, 0.5, 0.68, 0.74, 0.72, 0.6, 0.44, 0.34, 0.27, 0.16, 0.04])
    half = np.array([0.05, 0.16, 0.24, 0.26, 0.25, 0.26, 0.32, 0.32, 0.26, 0.14, 0.04])
    grid = _shoe_sections(x, tall, half, np.zeros(11), 0.1)
    grid[..., 1] += lift * np.clip(-grid[..., 0] * 0.9 + 0.1, 0, 1)
    leather = paint.patterned((380, 520), look.pattern, look.colors, rng, step=30)
    if style == 1:
        leather[:, int(520 * 0.82) :] = paint.plain((380, 520 - int(520 * 0.82)), look.colors[1], rng)
    gloss = 0.3 if look.pattern == "plain" else 0.15
    parts = [
        Part(grid, leather, gloss=gloss, sharpness=18),
        _sole(paint.solid(paint.tinted(look.colors[1], -0.45)), thick=0.1, heel=lift),
    ]
    heel = body(
        [(1.0, lift), (0.92, 0)],
        paint.solid(paint.tinted(look.colors[1], -0.55)),
        width=0.24,
        depth=0.25,
        power=3,
        rows=12,
    )
    parts.append(heel.moved((-0.72, 0, 0)))
    return parts + _shaft(look, rng, style, shaft, lift, gloss)


def _shaft(look, rng, style, shaft, lift, gloss):
    low, top = 0.45 + lift, 0.45 + lift + shaft
    profile = [(1.04, top), (1.0, top - 0.03), (0.92, low + 0.35), (1.0, low + 0.1), (0.95, low)]
    h, w = paint.texels(2.4, shaft)
    image = paint.patterned((h, w), look.pattern, look.colors, rng, step=34)
    front = body(profile, image, width=0.4, depth=0.29, power=2.2, rows=40, gloss=gloss, sharpness=18)
    if style == 0:
        for at in (0.5, 0.0, 1.0):
            cv2.ellipse(
                image,
                (int(w * at), int(h * 0.4)),
                (int(w * 0.075), int(h * 0.5)),
                0,
                0,
                360,
                paint.tinted(look.colors[1], -0.2),
                -1,
                paint.AA,
            )
    else:
        x = int(w * 0.5)
        paint.zipper(image, [(x, 0), (x, h)], paint.METALS[1]) if style == 2 else paint.seam(image, [(x, 0), (x, h)])
    paint.stitches(image, [(0, 8), (w, 8)], paint.tinted(look.colors[0], 0.4))
    parts = [
        front.moved((-0.55, 0, 0)),
        disc(top - 0.02, paint.solid((30, 26, 24)), width=0.39, depth=0.28, bulge=-0.12).moved((-0.55, 0, 0)),
    ]
    if style == 1:
        for y in np.linspace(low + 0.12, top - 0.12, 6):
            rung = smooth([(-0.3, y, 0.2), (-0.14, y + 0.05, 0.1), (-0.13, y + 0.05, -0.1), (-0.3, y, -0.2)], 16)
            parts.append(tube(rung, paint.solid(paint.tinted(look.colors[2], 0.3)), radius=0.022, columns=8))
    if style != 1:
        loop = arch(0.05, 0.02, 0.1, 0.0, count=16) + (-0.9, top, 0.0)
        parts.append(tube(loop, paint.solid(look.colors[1]), radius=(0.04, 0.012)))
    return parts
