"""Bags, shoes and clothes as lists of surface parts, drawn from a look."""
import cv2
import numpy as np

from imgcluster.sample import textures as paint
from imgcluster.sample.surfaces import Part, body, box, disc, resample, sheet, smooth, tube

TEXELS = 190  # texture pixels per unit of length
METALS = ((206, 174, 104), (196, 198, 204), (92, 90, 92))


def texels(width, height):
    """Return the texture shape (rows, columns) of a patch measured in units."""
    return int(height * TEXELS), int(width * TEXELS)


def solid(color):
    """Return a one-colour texture."""
    return np.full((4, 4, 3), color, np.uint8)


def arch(half, foot, rise, z, *, count=40):
    """Return a handle's path [count, 3] between (-half, foot) and (half, foot), `rise` high, in the plane z."""
    points = [(-half, foot - 0.12), (-half, foot), (-half * 0.98, foot + rise * 0.6), (-half * 0.6, foot + rise),
              (half * 0.6, foot + rise), (half * 0.98, foot + rise * 0.6), (half, foot), (half, foot - 0.12)]
    path = smooth(points, count)
    return np.column_stack([path, np.full(count, z)])


def _bag_profile(shape, height):
    top, half = height / 2, height / 2
    return {"satchel": [(0.80, top), (0.86, top - 0.04), (1.0, -half + 0.1), (0.97, -half)],
            "flap": [(0.96, top), (1.0, top - 0.05), (1.0, -half + 0.08), (0.95, -half)],
            "tote": [(1.0, top), (0.82, -half + 0.05), (0.79, -half)],
            "bucket": [(0.80, top), (0.72, top - 0.1), (0.86, top - 0.3), (1.0, -half + 0.15), (0.93, -half)],
            "dome": [(0.25, top), (0.55, top - 0.05), (0.80, top - 0.2), (0.95, top - 0.5), (1.0, -half + 0.15),
                     (0.95, -half)]}[shape]


_BAGS = {"satchel": (0.95, 1.05, 0.34, 5.0), "flap": (0.85, 0.95, 0.25, 6.0), "tote": (0.88, 1.35, 0.28, 5.0),
         "bucket": (0.62, 1.15, 0.55, 2.2), "dome": (0.98, 1.0, 0.36, 4.0)}


def handbag(look):
    """Satchel, flap bag, tote, bucket or bowling bag with handles, trim and clasp."""
    rng = np.random.default_rng(look.seed)
    shape = list(_BAGS)[look.shape % len(_BAGS)]
    width, height, depth, power = np.array(_BAGS[shape]) * (*rng.uniform(0.93, 1.07, 3), 1)
    metal, trim = METALS[rng.integers(3)], look.colors[1]
    face = _bag_face(look, rng, shape, width, depth, height)
    top = height / 2
    profile = _bag_profile(shape, height)
    parts = [body(profile, face, width=width, depth=depth, power=power, rows=48, gloss=0.16),
             disc(top, solid(paint.tinted(look.colors[0], -0.35)), width=width * profile[0][0],
                  depth=depth * profile[0][0], power=power, bulge=0.02 if shape == "dome" else -0.1)]
    if shape == "flap":
        parts += _flap(look, rng, width, depth, height, metal)
    return parts + _bag_straps(look, rng, shape, width, depth, height, trim, metal)


def _bag_face(look, rng, shape, width, depth, height):
    h, w = texels(3.6 * (width + depth), height)
    image = paint.patterned((h, w), look.pattern, look.colors, rng, step=int(rng.integers(34, 52)))
    trim = look.colors[1] if look.pattern != "plain" else paint.tinted(look.colors[0], -0.25)
    if shape in ("satchel", "tote", "bucket"):
        image[int(h * 0.8):] = paint.plain((h - int(h * 0.8), w), trim, rng)
        paint.seam(image, [(0, int(h * 0.8)), (w, int(h * 0.8))])
        paint.stitches(image, [(0, h * 0.8 + 6), (w, h * 0.8 + 6)], paint.tinted(trim, 0.5))
    band = 12
    image[:band] = paint.plain((band, w), trim, rng)
    paint.stitches(image, [(0, band + 4), (w, band + 4)], paint.tinted(look.colors[0], 0.45))
    for side in (-1, 1):
        x = int(w * (0.5 + side * 0.29 * width / (width + depth) * 1.62 / 1.9))
        paint.seam(image, [(x, band), (x, h)])
    if shape != "flap":
        paint.brand(image, (w / 2, h * 0.3), look.brand, METALS[look.emblem % 2] if sum(look.colors[0]) < 330
                    else paint.tinted(look.colors[0], -0.65), height=h * 0.05)
    return image


def _flap(look, rng, width, depth, height, metal):
    top, drop = height / 2, height * rng.uniform(0.5, 0.68)
    h, w = texels(2.0 * width, drop)
    image = paint.patterned((h, w), look.pattern, look.colors, rng, step=44)
    frame = np.array([(9, 0), (9, h - 10), (w - 9, h - 10), (w - 9, 0)])
    paint.stitches(image, frame, paint.tinted(look.colors[0], 0.5))
    x = np.linspace(-1, 1, 40)
    hem = top - drop * (1 - 0.22 * np.abs(x) ** 3)
    rows = np.linspace(0, 1, 30)[:, None]
    bulge = np.sqrt(np.clip(rows * 5, 0, 1))
    points = np.stack(np.broadcast_arrays(x[None] * width * 0.98, top + 0.03 - rows * (top + 0.03 - hem)[None],
                                          depth * (1.02 - 0.1 * x[None] ** 8) * (0.3 + 0.7 * bulge) + 0.05 * bulge), axis=2)
    clasp = box((0.2, 0.13, 0.06), solid(metal), gloss=0.7, sharpness=30)
    return [Part(points.astype(np.float32), image, gloss=0.18),
            clasp.moved((0, hem[20] + 0.09, depth + 0.09))]


def _bag_straps(look, rng, shape, width, depth, height, trim, metal):
    top = height / 2
    leather = paint.plain((64, 16), trim, rng)
    if shape in ("flap", "bucket"):
        rise = rng.uniform(0.65, 0.9)
        path = arch(width * 0.93, top - 0.02, rise, 0.0, count=60)
        texture = paint.plain((240, 8), trim, rng)
        if shape == "flap":
            texture = np.repeat(np.tile(np.uint8([metal] * 3 + [paint.tinted(metal, -0.5)] * 2), (60, 1))[:, None], 4, 1)
        return [tube(path, texture, radius=(0.045, 0.02), gloss=0.3)] + _rings(width * 0.93, top - 0.1, 0.0, metal)
    rise, half = {"tote": (0.62, 0.36), "satchel": (0.42, 0.34), "dome": (0.36, 0.36)}[shape]
    parts = []
    for z in (depth * 0.78, -depth * 0.78):
        z, foot = (z, top - 0.1) if shape != "dome" else (z * 1.1, top - 0.28)
        parts.append(tube(arch(half * width * 1.1, foot, rise * rng.uniform(0.9, 1.1) if z > 0 else rise, z), leather,
                          radius=0.036, gloss=0.2))
        parts += _rings(half * width * 1.1, foot - 0.1, z + 0.06 * np.sign(z), metal)
    return parts


def _rings(half, y, z, metal):
    stud = box((0.1, 0.13, 0.06), solid(metal), power=3, gloss=0.7, sharpness=30)
    return [stud.moved((side * half, y, z)) for side in (-1, 1)]


def backpack(look):
    """Backpack with a front pocket, zips, side pockets, top handle and shoulder straps."""
    rng = np.random.default_rng(look.seed)
    width, height, depth = 0.62 * rng.uniform(0.9, 1.1), 1.75 * rng.uniform(0.9, 1.08), 0.34
    round_top = (look.shape % 2) == 0
    top = height / 2
    crown = [(0.2, top), (0.6, top - 0.05), (0.88, top - 0.22)] if round_top else [(0.3, top), (0.94, top - 0.03)]
    profile = crown + [(1.0, top - 0.5), (1.0, 0.16 - top), (0.9, 0.02 - top), (0.1, -top)]
    h, w = texels(3.6 * (width + depth), height)
    shell = paint.patterned((h, w), look.pattern, look.colors, rng, step=46)
    zip_y = 0.3 if round_top else 0.17
    paint.zipper(shell, [(0, int(h * 0.5)), (int(w * 0.27), int(h * 0.4)), (int(w * 0.31), int(h * zip_y)),
                         (int(w * 0.69), int(h * zip_y)), (int(w * 0.73), int(h * 0.4)), (w, int(h * 0.5))], look.colors[2])
    parts = [body(profile, shell, width=width, depth=depth, power=3.6, rows=56, gloss=0.06)]
    parts += _pockets(look, rng, width, height, depth)
    handle = arch(0.14, top - 0.02, 0.16, -0.08)
    parts.append(tube(handle, solid(look.colors[1]), radius=(0.03, 0.045)))
    for side in (-1, 1):
        strap = smooth([(side * 0.2, top - 0.06, -depth), (side * 0.34, top - 0.02, -depth - 0.24),
                        (side * (width * 0.95), 0.1, -depth - 0.36), (side * (width + 0.12), -0.4 * top, -depth - 0.1),
                        (side * width * 0.9, 0.15 - top, -depth * 0.8)], 40)
        parts.append(tube(strap, paint.plain((120, 24), look.colors[1], rng), radius=(0.035, 0.1), side=(0, 0, 1)))
    return parts


def _pockets(look, rng, width, height, depth):
    size = height * rng.uniform(0.36, 0.46)
    profile = [(0.55, size / 2), (0.94, size / 2 - 0.05), (1.0, 0.0), (0.97, 0.06 - size / 2), (0.4, -size / 2)]
    h, w = texels(4 * width, size)
    image = paint.plain((h, w), look.colors[1] if look.shape % 3 else look.colors[0], rng)
    paint.zipper(image, [(int(w * 0.2), int(h * 0.2)), (int(w * 0.8), int(h * 0.2))], look.colors[2])
    paint.stitches(image, [(w * 0.26, h * 0.3), (w * 0.26, h * 0.92), (w * 0.74, h * 0.92), (w * 0.74, h * 0.3)],
                   paint.tinted(look.colors[2], 0.3))
    contrast = look.colors[2]
    if look.shape % 2:
        paint.emblem(image, (w / 2, h * 0.58), h * 0.16, look.emblem, (contrast, look.colors[0]))
    else:
        paint.brand(image, (w / 2, h * 0.55), look.brand, contrast, height=h * 0.11)
    front = body(profile, image, width=width * 0.82, depth=0.2, power=3.4, rows=36, gloss=0.06)
    side = [(0.8, 0.2), (1.0, 0.1), (1.0, -0.15), (0.8, -0.22)]
    net = body(side, paint.plain((60, 120), paint.tinted(look.colors[1], -0.2), rng), width=0.12, depth=depth * 0.7, power=3)
    low = 0.3 - height / 2
    return [front.moved((0, size / 2 + 0.12 - height / 2, depth * 0.93))] + [
        net.moved((s * (width * 0.98), low, 0)) for s in (-1, 1)]


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
    tall = np.array([0.3, collar, collar * 1.05, collar * 0.9, collar, collar * 0.93 + 0.04, 0.5, 0.36, 0.27, 0.2, 0.05])
    half = np.array([0.06, 0.16, 0.24, 0.26, 0.25, 0.25, 0.28, 0.33, 0.3, 0.18, 0.04])
    gap = np.array([0.0, 0.9, 1, 1, 1, 0.7, 0.0, 0, 0, 0, 0])
    grid = _shoe_sections(x, tall, half, gap, thick * 0.92, count=72)
    parts = [Part(grid, _upper(look, rng, high), gloss=0.12), _sole(_sole_texture(look, rng), thick=thick)]
    lace = paint.tinted(look.colors[2], 0.4) if look.shape % 2 else (240, 240, 236)
    for share in np.linspace(0.0, 1.0, 6 if high else 5):
        column = int(round(np.interp(share, [0, 1], [27 if high else 30, 50])))
        arc = grid[14:34, min(column, 66)] + np.float32([0, 0.025, 0])
        arc = arc + np.linspace(-0.03, 0.03, len(arc))[:, None] * np.float32([1, 0, 0])
        parts.append(tube(smooth(arc, 16, rounds=1), solid(lace), radius=(0.03, 0.016), side=(1, 0, 0), columns=8))
    return parts


def _upper(look, rng, high):
    """Texture of a shoe's upper: rows run from the far ground line over the top to the near ground line."""
    h, w = 190, 520
    main, first, second = look.colors
    side = paint.patterned((h, w), look.pattern, look.colors, rng, step=34)
    toe = cv2.ellipse(np.zeros((h, w), np.uint8), (w, h // 2), (int(w * 0.2), h), 0, 0, 360, 255, -1, paint.AA) > 0
    heel = cv2.ellipse(np.zeros((h, w), np.uint8), (int(w * 0.1), int(h * 1.0)), (int(w * 0.2), int(h * 0.72)), 0, 0, 360,
                       255, -1, paint.AA) > 0
    eyestay = np.array([(int(w * 0.43), 0), (int(w * 0.74), 0), (int(w * 0.68), int(h * 0.32)), (int(w * 0.47), int(h * 0.5))])
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
    side[:int(h * 0.26), int(w * 0.05):int(w * 0.4)] = paint.tinted(second, -0.35)
    return np.concatenate([side[::-1], side])


def _side_mark(image, look, color):
    h, w = image.shape[:2]
    mark = look.emblem % 4
    if mark == 0:
        for x in (0.42, 0.48, 0.54):
            quad = np.array([(w * x, h * 0.98), (w * (x + 0.03), h * 0.98), (w * (x + 0.08), h * 0.4), (w * (x + 0.05), h * 0.4)])
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
        leather[:, int(520 * 0.82):] = paint.plain((380, 520 - int(520 * 0.82)), look.colors[1], rng)
    gloss = 0.3 if look.pattern == "plain" else 0.15
    parts = [Part(grid, leather, gloss=gloss, sharpness=18),
             _sole(solid(paint.tinted(look.colors[1], -0.45)), thick=0.1, heel=lift)]
    heel = body([(1.0, lift), (0.92, 0)], solid(paint.tinted(look.colors[1], -0.55)), width=0.24, depth=0.25, power=3, rows=12)
    parts.append(heel.moved((-0.72, 0, 0)))
    return parts + _shaft(look, rng, style, shaft, lift, gloss)


def _shaft(look, rng, style, shaft, lift, gloss):
    low, top = 0.45 + lift, 0.45 + lift + shaft
    profile = [(1.04, top), (1.0, top - 0.03), (0.92, low + 0.35), (1.0, low + 0.1), (0.95, low)]
    h, w = texels(2.4, shaft)
    image = paint.patterned((h, w), look.pattern, look.colors, rng, step=34)
    front = body(profile, image, width=0.4, depth=0.29, power=2.2, rows=40, gloss=gloss, sharpness=18)
    if style == 0:
        for at in (0.5, 0.0, 1.0):
            cv2.ellipse(image, (int(w * at), int(h * 0.4)), (int(w * 0.075), int(h * 0.5)), 0, 0, 360,
                        paint.tinted(look.colors[1], -0.2), -1, paint.AA)
    else:
        x = int(w * 0.5)
        paint.zipper(image, [(x, 0), (x, h)], METALS[1]) if style == 2 else paint.seam(image, [(x, 0), (x, h)])
    paint.stitches(image, [(0, 8), (w, 8)], paint.tinted(look.colors[0], 0.4))
    parts = [front.moved((-0.55, 0, 0)),
             disc(top - 0.02, solid((30, 26, 24)), width=0.39, depth=0.28, bulge=-0.12).moved((-0.55, 0, 0))]
    if style == 1:
        for y in np.linspace(low + 0.12, top - 0.12, 6):
            rung = smooth([(-0.3, y, 0.2), (-0.14, y + 0.05, 0.1), (-0.13, y + 0.05, -0.1), (-0.3, y, -0.2)], 16)
            parts.append(tube(rung, solid(paint.tinted(look.colors[2], 0.3)), radius=0.022, columns=8))
    if style != 1:
        loop = arch(0.05, 0.02, 0.1, 0.0, count=16) + (-0.9, top, 0.0)
        parts.append(tube(loop, solid(look.colors[1]), radius=(0.04, 0.012)))
    return parts


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
    cloth = _shirt_front(look, rng, texels(2 * width, length))
    lining = solid(paint.tinted(look.colors[0], -0.3))
    parts = [sheet(upper, lower, cloth, thickness=0.07)[0], sheet(back, lower, lining, thickness=0.05)[1]]
    parts = [_folded(part, rng) for part in parts]
    band = np.column_stack([upper[18:43, :2], np.full(25, 0.045)])
    trim = look.colors[1] if look.shape % 2 else paint.tinted(look.colors[0], -0.12)
    parts.append(tube(smooth(band, 30, rounds=1), solid(trim), radius=(0.02, 0.035)))
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
    image = paint.patterned(texels(0.6, 0.6), pattern, (cloth, *look.colors[1:]), rng, step=48, grain=0.02)
    image[:, -9:] = trim
    return [_folded(part, rng) for part in sheet(upper * flip, lower * flip, image, thickness=0.05, hem=0.8)]
