"""Paint what covers a product: materials, patterns, prints, seams and brands. Images are uint8 RGB [h, w, 3]."""

import cv2
import numpy as np

AA = cv2.LINE_AA
TEXELS = 190  # texture pixels per unit of length
METALS = ((206, 174, 104), (196, 198, 204), (92, 90, 92))
WOODS = ((176, 126, 80), (112, 72, 46), (212, 178, 132), (52, 40, 34))


def texels(width, height):
    """Return the texture shape (rows, columns) of a patch measured in units."""
    return int(height * TEXELS), int(width * TEXELS)


def solid(color):
    """Return a one-colour texture."""
    return np.full((4, 4, 3), color, np.uint8)


def noise(shape, rng, *, cell):
    """Return smooth noise float32 [h, w], about unit deviation, in blobs of `cell` pixels: (h, w) or one number."""
    cells = np.broadcast_to(cell, 2)
    small = rng.standard_normal([max(2, int(side / size) + 2) for side, size in zip(shape, cells)]).astype(np.float32)
    return cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def tinted(color, amount):
    """Return the colour lightened (amount > 0) or darkened (< 0), amount in -1..1."""
    goal = 255.0 if amount > 0 else 0.0
    return tuple(int(round(c + (goal - c) * abs(amount))) for c in color)


def plain(shape, color, rng, *, grain=0.03, cell=2.5, clouds=0.03):
    """Return a plain material: fine grain (leather, cloth) over faint broad clouds."""
    tone = 1 + grain * noise(shape, rng, cell=cell) + clouds * noise(shape, rng, cell=60)
    return np.clip(np.float32(color) * tone[..., None], 0, 255).astype(np.uint8)


def wood(shape, color, rng, *, along=1):
    """Return wood with its grain along axis `along` (1: horizontal)."""
    cell = (5, 180) if along == 1 else (180, 5)
    fine = (1.6, 90) if along == 1 else (90, 1.6)
    tone = 1 + 0.07 * noise(shape, rng, cell=cell) + 0.045 * noise(shape, rng, cell=fine)
    return np.clip(np.float32(color) * tone[..., None], 0, 255).astype(np.uint8)


def _grid(shape, step):
    h, w = shape
    return [
        (x + (step // 2 if row % 2 else 0), y)
        for row, y in enumerate(range(0, h + step, step))
        for x in range(0, w + step, step)
    ]


def _stripes(image, colors, rng, step):
    for x in range(0, image.shape[1], step):
        image[:, x : x + step * 2 // 5] = colors[0]
        image[:, x + step // 2 : x + step // 2 + max(1, step // 12)] = colors[1]


def _bands(image, colors, rng, step):
    for y in range(step // 2, image.shape[0], step * 2):
        image[y : y + step] = colors[0]


def _plaid(image, colors, rng, step):
    for color, offset, size in ((colors[0], 0, step // 2), (colors[1], step * 2 // 3, max(2, step // 10))):
        for axis in (0, 1):
            layer = np.zeros(image.shape[:2], np.float32)
            for at in range(offset, image.shape[axis], step):
                layer[(slice(at, at + size),) if axis == 0 else (slice(None), slice(at, at + size))] = 0.55
            image[:] = image + (np.float32(color) - image) * layer[..., None]


def _dots(image, colors, rng, step):
    for point in _grid(image.shape[:2], step):
        cv2.circle(image, point, max(2, step // 4), colors[0], -1, AA)


def _chevron(image, colors, rng, step):
    zigzag = np.arange(-step, image.shape[1] + step, step // 2)
    for number, y in enumerate(range(-step, image.shape[0] + step, step)):
        line = np.stack([zigzag, y + (np.arange(zigzag.size) % 2) * step // 2], axis=1)
        cv2.polylines(image, [line.astype(np.int32)], False, colors[number % 2], max(2, step // 4), AA)


def _floral(image, colors, rng, step):
    for x, y in _grid(image.shape[:2], int(step * 1.3)):
        x, y, size = x + rng.integers(-5, 6), y + rng.integers(-5, 6), step * rng.uniform(0.2, 0.3)
        leaf = rng.uniform(0, 360)
        cv2.ellipse(
            image,
            (int(x + step * 0.4), int(y + step * 0.3)),
            (int(size), max(1, int(size / 3))),
            leaf,
            0,
            360,
            (70, 120, 70),
            -1,
            AA,
        )
        for petal in np.linspace(0, 2 * np.pi, 6)[:-1] + leaf:
            center = (int(x + size * np.cos(petal)), int(y + size * np.sin(petal)))
            cv2.circle(image, center, int(size * 0.62), colors[0], -1, AA)
        cv2.circle(image, (int(x), int(y)), max(1, int(size * 0.4)), colors[1], -1, AA)


def _camo(image, colors, rng, step):
    for color, threshold in ((colors[0], 0.3), (colors[1], 0.7), (tinted(colors[0], -0.5), 0.9)):
        image[noise(image.shape[:2], rng, cell=step * 1.2) > threshold] = color


def _leopard(image, colors, rng, step):
    for x, y in _grid(image.shape[:2], int(step * 0.8)):
        center = (int(x + rng.integers(-4, 5)), int(y + rng.integers(-4, 5)))
        axes = (int(step * rng.uniform(0.2, 0.3)), int(step * rng.uniform(0.15, 0.24)))
        turn = rng.uniform(0, 180)
        cv2.ellipse(image, center, axes, turn, 0, 360, colors[0], -1, AA)
        cv2.ellipse(image, center, axes, turn, 30, 300, tinted(colors[1], -0.6), max(2, step // 8), AA)


def _quilted(image, colors, rng, step):
    h, w = image.shape[:2]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    pillow = np.abs(np.sin(np.pi * (x + y) / step) * np.sin(np.pi * (x - y) / step))
    image[:] = np.clip(image * (0.72 + 0.4 * np.sqrt(pillow))[..., None], 0, 255)


def _monogram(image, colors, rng, step):
    letters = "".join(rng.choice(list("ABEGHKLMRSV"), 2))
    for number, (x, y) in enumerate(_grid(image.shape[:2], step)):
        if number % 2:
            cv2.putText(
                image, letters, (x - step // 3, y + step // 5), cv2.FONT_HERSHEY_DUPLEX, step / 60, colors[0], 1, AA
            )
        else:
            diamond = np.array([(x, y - step // 4), (x + step // 5, y), (x, y + step // 4), (x - step // 5, y)])
            cv2.polylines(image, [diamond.astype(np.int32)], True, colors[0], max(1, step // 18), AA)


def _blocks(image, colors, rng, step):
    h, w = image.shape[:2]
    image[int(h * 0.55) :] = colors[0]
    image[int(h * 0.5) : int(h * 0.55)] = colors[1]


def _ombre(image, colors, rng, step):
    share = np.linspace(0, 1, image.shape[0], dtype=np.float32)[:, None, None] ** 1.3
    image[:] = image * (1 - share) + np.float32(colors[0]) * share


def _speckles(image, colors, rng, step):
    for _ in range(image.shape[0] * image.shape[1] // 420):
        at = (int(rng.integers(image.shape[1])), int(rng.integers(image.shape[0])))
        cv2.circle(image, at, int(rng.integers(1, 4)), colors[int(rng.integers(2))], -1, AA)


def _triangles(image, colors, rng, step):
    for number, (x, y) in enumerate(_grid(image.shape[:2], step)):
        triangle = np.array([(x, y), (x + step, y), (x + step // 2, y + step)])
        cv2.fillConvexPoly(image, triangle.astype(np.int32), colors[number % 3 % 2], AA) if number % 3 else None


def _woven(image, colors, rng, step):
    h, w = image.shape[:2]
    y, x = np.mgrid[:h, :w]
    cell = max(4, step // 4)
    over = ((x // cell + y // cell) % 2).astype(bool)
    along = np.where(over, x % cell, y % cell) / cell
    image[:] = np.clip(image * (0.7 + 0.45 * np.sin(np.pi * along))[..., None], 0, 255)


PATTERNS = {
    "stripes": _stripes,
    "bands": _bands,
    "plaid": _plaid,
    "dots": _dots,
    "chevron": _chevron,
    "floral": _floral,
    "camo": _camo,
    "leopard": _leopard,
    "quilted": _quilted,
    "monogram": _monogram,
    "blocks": _blocks,
    "ombre": _ombre,
    "speckles": _speckles,
    "triangles": _triangles,
    "woven": _woven,
}


def patterned(shape, pattern, colors, rng, *, step=40, grain=0.03):
    """Return a cloth of colours (ground, first, second) with a pattern of PATTERNS, or a plain one for "plain"."""
    image = plain(shape, colors[0], rng, grain=grain)
    if pattern != "plain":
        weave = image / np.float32(colors[0]).clip(1)
        PATTERNS[pattern](image, colors[1:], rng, step)
        image = np.clip(image * (1 + 0.5 * (weave.mean(axis=2, keepdims=True) - 1)), 0, 255).astype(np.uint8)
    return image


def stitches(image, points, color, *, dash=6, thickness=1):
    """Sew a dashed line along the polyline [n, 2] (x, y) in pixels, in place."""
    points = np.asarray(points, np.float64)
    for start, end in zip(points[:-1], points[1:]):
        count = max(1, int(np.linalg.norm(end - start) / dash))
        for i in range(count):
            a, b = start + (end - start) * (i / count), start + (end - start) * ((i + 0.55) / count)
            cv2.line(image, tuple(int(v) for v in a), tuple(int(v) for v in b), color, thickness, AA)


def seam(image, points, *, thickness=2, closed=False):
    """Press a seam along the polyline [n, 2] into the material, in place: a dark line with a light one beside it."""
    points = np.ascontiguousarray(points, np.int32)
    groove = np.zeros(image.shape[:2], np.uint8)
    cv2.polylines(groove, [points], closed, 255, thickness, AA)
    ridge = np.zeros_like(groove)
    cv2.polylines(ridge, [points + thickness], closed, 255, max(1, thickness // 2), AA)
    tone = 1 - 0.45 * groove[..., None] / np.float32(255) + 0.12 * ridge[..., None] / np.float32(255)
    image[:] = np.clip(image * tone, 0, 255)


def zipper(image, points, color):
    """Draw a zip along the polyline [n, 2], in place."""
    points = np.ascontiguousarray(points, np.int32)
    cv2.polylines(image, [points], False, (28, 28, 30), 7, AA)
    stitches(image, points, color, dash=4, thickness=3)


def brand(image, center, text, color, *, height):
    """Write a brand's name, `height` pixels tall, centred at (x, y), in place."""
    size, _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 1)
    scale = height / max(size[1], 1)
    origin = (int(center[0] - size[0] * scale / 2), int(center[1] + height / 2))
    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_DUPLEX, scale, color, max(1, round(height / 11)), AA)


def emblem(image, center, size, kind, colors):
    """Draw one emblem (number `kind`, 0 to 7), about 2 x `size` pixels wide, at (x, y), in place."""
    x, y = center
    turn = np.linspace(0, 2 * np.pi, 11)[:-1] - np.pi / 2
    if kind == 0:
        reach = np.where(np.arange(10) % 2, 0.42, 1.0)
        points = np.stack([x + size * reach * np.cos(turn), y + size * reach * np.sin(turn)], axis=1)
        cv2.fillPoly(image, [points.astype(np.int32)], colors[0], AA)
    elif kind == 1:
        for radius, color in ((1.0, colors[0]), (0.72, colors[1]), (0.42, colors[0])):
            cv2.circle(image, (int(x), int(y)), int(size * radius), color, -1, AA)
    elif kind == 2:
        for number, share in enumerate((1.0, 0.62)):
            peak = np.array(
                [(x - size * share, y + size * 0.7), (x, y - size * share), (x + size * share, y + size * 0.7)]
            )
            cv2.fillPoly(image, [(peak + (size * 0.35 * number, 0)).astype(np.int32)], colors[number], AA)
    elif kind == 3:
        for number in range(3):
            wave = np.linspace(-size, size, 24)
            line = np.stack([x + wave, y + (number - 1) * size * 0.5 + size * 0.2 * np.sin(wave / size * 6)], axis=1)
            cv2.polylines(image, [line.astype(np.int32)], False, colors[number % 2], max(2, int(size / 6)), AA)
    elif kind == 4:
        angle = np.linspace(0, 2 * np.pi, 40)
        heart = np.stack(
            [
                x + size * np.sin(angle) ** 3,
                y
                - size
                * 0.06
                * (13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)),
            ],
            axis=1,
        )
        cv2.fillPoly(image, [heart.astype(np.int32)], colors[0], AA)
    elif kind == 5:
        bolt = np.array([(0.1, -1), (-0.6, 0.15), (-0.05, 0.15), (-0.2, 1), (0.6, -0.25), (0.05, -0.25), (0.4, -1)])
        cv2.fillPoly(image, [(bolt * size + (x, y)).astype(np.int32)], colors[0], AA)
    elif kind == 6:
        for petal in turn[::2]:
            at = (int(x + size * 0.55 * np.cos(petal)), int(y + size * 0.55 * np.sin(petal)))
            cv2.circle(image, at, int(size * 0.4), colors[0], -1, AA)
        cv2.circle(image, (int(x), int(y)), int(size * 0.3), colors[1], -1, AA)
    else:
        _cat(image, x, y, size, colors)


def _cat(image, x, y, size, colors):
    ears = np.array([(-0.85, -0.9), (-0.2, -0.55), (0.2, -0.55), (0.85, -0.9), (0.8, 0.2), (-0.8, 0.2)]) * size + (x, y)
    cv2.fillPoly(image, [ears.astype(np.int32)], colors[0], AA)
    cv2.ellipse(image, (int(x), int(y + size * 0.1)), (int(size * 0.85), int(size * 0.7)), 0, 0, 360, colors[0], -1, AA)
    for side in (-1, 1):
        cv2.circle(image, (int(x + side * size * 0.35), int(y)), max(1, int(size * 0.13)), colors[1], -1, AA)
        for lift in (-0.1, 0.1):
            cv2.line(
                image,
                (int(x + side * size * 0.3), int(y + size * 0.35)),
                (int(x + side * size * 1.1), int(y + size * (0.35 + lift))),
                colors[1],
                1,
                AA,
            )
