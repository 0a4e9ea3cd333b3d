"""Where a seller takes the photo: backdrops, the photo's grading, and what is written over it."""

import cv2
import numpy as np

from imgcluster.sample import textures as paint

AA = cv2.LINE_AA
WALLS = (
    (226, 222, 214),
    (206, 214, 214),
    (232, 220, 206),
    (190, 200, 190),
    (214, 204, 212),
    (168, 178, 190),
    (224, 210, 180),
    (150, 130, 118),
    (120, 134, 128),
)
GROUNDS = ((184, 138, 94), (132, 90, 58), (216, 184, 140), (92, 68, 52), (196, 190, 182))
CLOTHS = ((196, 186, 172), (120, 130, 142), (222, 214, 204), (170, 110, 100), (86, 96, 92), (200, 176, 140))
BOOKS = ((150, 60, 50), (60, 90, 120), (210, 180, 110), (70, 100, 80), (220, 214, 200), (50, 50, 60), (180, 120, 140))


def _planks(shape, rng):
    color = GROUNDS[rng.integers(len(GROUNDS))]
    image = paint.wood(shape, color, rng).astype(np.float32)
    board = int(rng.integers(36, 70))
    for y in range(0, shape[0], board):
        image[y : y + board] *= rng.uniform(0.88, 1.1)
        image[y : y + 2] *= 0.6
        x = int(rng.integers(shape[1]))
        image[y : y + board, x : x + 2] *= 0.65
    return image


def _fabric(shape, rng):
    image = np.float32(paint.plain(shape, CLOTHS[rng.integers(len(CLOTHS))], rng, grain=0.06, cell=1.6))
    return image * (1 + 0.07 * paint.noise(shape, rng, cell=(110, 45)))[..., None]


def _tiles(shape, rng):
    color = ((226, 226, 222), (190, 200, 204), (206, 180, 150), (100, 108, 112))[rng.integers(4)]
    image = np.float32(paint.plain(shape, color, rng, grain=0.01, clouds=0.04))
    size = int(rng.integers(48, 90))
    for y in range(0, shape[0], size):
        for x in range(0, shape[1], size):
            image[y : y + size, x : x + size] *= rng.uniform(0.95, 1.04)
    image[::size] *= 0.78
    image[:, ::size] *= 0.78
    image[1::size] *= 0.88
    return image


def _marble(shape, rng):
    base = (236, 234, 230) if rng.random() < 0.7 else (70, 72, 76)
    field = paint.noise(shape, rng, cell=70) + 0.5 * paint.noise(shape, rng, cell=26)
    vein = np.exp(-np.abs(field) * 14) * 0.35 + 0.05 * np.abs(field)
    return np.float32(base) * (1 - vein if base[0] > 128 else 1 + 2 * vein)[..., None]


def _carpet(shape, rng):
    color = CLOTHS[rng.integers(len(CLOTHS))]
    image = np.float32(paint.plain(shape, color, rng, grain=0.13, cell=2.2, clouds=0.05))
    if rng.random() < 0.5:
        cv2.rectangle(image, (30, 30), (shape[1] - 30, shape[0] - 30), paint.tinted(color, -0.35), 12)
    return image


SURFACES = (_planks, _fabric, _tiles, _marble, _carpet)


def _lit(image, rng, *, strength=0.16):
    """Let the light fall off across the frame in a random direction."""
    h, w = image.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    ramp = np.cos(angle) * np.linspace(-1, 1, w)[None] + np.sin(angle) * np.linspace(-1, 1, h)[:, None]
    return image * (1 + strength * ramp[..., None]).astype(np.float32)


def backdrop(kind, shape, seller, shot, *, plane, edge):
    """Return the scene behind a product, float32 [H, W, 3] in 0..255.

    `plane` is "floor" (the product stands; the wall meets the floor at pixel row `edge`) or "wall" (it lies flat).
    `seller` sets what the place looks like (the same in all photos of a listing), `shot` what differs between photos.
    """
    if kind == "white":
        return np.full((*shape, 3), 255, np.float32)
    if kind == "gradient":
        return _gradient(shape, seller)
    image = (
        _room(shape, seller, shot, plane=plane, edge=edge)
        if kind == "cluttered"
        else _surface(shape, seller, plane=plane, edge=edge)
    )
    return _lit(image, seller)


def _gradient(shape, rng):
    color = np.float32(paint.tinted(WALLS[rng.integers(len(WALLS))], rng.uniform(0.1, 0.6)))
    y, x = np.linspace(0, 1, shape[0])[:, None], np.linspace(-1, 1, shape[1])[None]
    glow = np.exp(-((x - rng.uniform(-0.4, 0.4)) ** 2 + ((y - rng.uniform(0.3, 0.6)) * 1.6) ** 2) * 1.4)
    if rng.random() < 0.4:
        glow = np.broadcast_to(1 - y * rng.uniform(0.4, 1), shape)
    return color * (0.72 + 0.3 * glow[..., None]).astype(np.float32)


def _surface(shape, rng, *, plane, edge):
    """A textured surface filling the frame, or a floor of it before a painted wall."""
    texture = SURFACES[rng.integers(len(SURFACES))]
    if plane == "wall" or edge < 0.12 * shape[0]:
        return texture(shape, rng)
    wall = np.float32(paint.plain(shape, WALLS[rng.integers(len(WALLS))], rng, grain=0.008, clouds=0.02))
    return _with_floor(wall, texture((256, 420), rng), edge)


def _with_floor(wall, texture, edge):
    """Lay a texture in perspective below row `edge`, with a skirting shadow where it meets the wall."""
    h, w = wall.shape[:2]
    edge = int(np.clip(edge, 4, h - 4))
    (th, tw), deep = texture.shape[:2], h - edge
    source = np.float32([(0, 0), (tw, 0), (tw, th), (0, th)])
    goal = np.float32([(-0.1 * w, 0), (1.1 * w, 0), (1.7 * w, deep), (-0.7 * w, deep)])
    wall[edge:] = cv2.warpPerspective(np.float32(texture), cv2.getPerspectiveTransform(source, goal), (w, deep))
    wall[edge : edge + 2] *= 0.75
    fade = 1 - 0.22 * np.exp(-np.abs(np.arange(h) - edge) / 14.0)
    return wall * fade[:, None, None].astype(np.float32)


def _room(shape, seller, shot, *, plane, edge):
    """A lived-in place: wall and floor with furniture, or a surface strewn with things; slightly out of focus."""
    if plane == "wall":
        image = SURFACES[seller.integers(len(SURFACES))](shape, seller)
        for _ in range(int(shot.integers(4, 8))):
            _strewn(image, seller, shot)
        return cv2.GaussianBlur(image, (0, 0), 0.8)
    wall = np.float32(paint.plain(shape, WALLS[seller.integers(len(WALLS))], seller, grain=0.01))
    edge = int(np.clip(edge, 0.25 * shape[0], 0.85 * shape[0]))
    image = _with_floor(wall, SURFACES[seller.integers(len(SURFACES))]((256, 420), seller), edge)
    things = [_shelf, _picture, _window, _plant, _sofa, _curtain, _cabinet]
    slide = int(shot.integers(-40, 41))
    for number in seller.permutation(len(things))[: int(seller.integers(3, 6))]:
        things[number](image, seller, edge, slide)
    return cv2.GaussianBlur(image, (0, 0), shot.uniform(0.8, 2.4))


def _block(image, x, y, width, height, color):
    """Fill a box with a soft sideways shade, clipped to the frame."""
    h, w = image.shape[:2]
    left, right, top, bottom = max(0, int(x)), min(w, int(x + width)), max(0, int(y)), min(h, int(y + height))
    if right > left and bottom > top:
        shade = np.linspace(1.08, 0.86, right - left, dtype=np.float32)[None, :, None]
        image[top:bottom, left:right] = np.float32(color) * shade


def _shelf(image, rng, edge, slide):
    h, w = image.shape[:2]
    x, width, wood = rng.uniform(-0.15, 0.7) * w + slide, rng.uniform(0.3, 0.5) * w, GROUNDS[rng.integers(len(GROUNDS))]
    top, step = edge - 0.9 * h, 0.19 * h
    _block(image, x, top, width, edge - top + 6, paint.tinted(wood, -0.45))
    for row in range(5):
        low, at = top + (row + 1) * step, x + 5
        while at < x + width - 12:
            thick, tall = rng.uniform(5, 15), step * rng.uniform(0.5, 0.85)
            if rng.random() < 0.85:
                _block(image, at, low - tall, thick, tall, BOOKS[rng.integers(len(BOOKS))])
            at += thick + 1
        _block(image, x, low, width, 5, wood)


def _picture(image, rng, edge, slide):
    h, w = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        x, y, size = rng.uniform(0, 0.85) * w + slide, rng.uniform(0, 0.35) * h, rng.uniform(0.12, 0.25) * w
        _block(image, x - 4, y - 4, size + 8, size * 1.3 + 8, BOOKS[rng.integers(len(BOOKS))])
        _block(image, x, y, size, size * 1.3, (240, 238, 232))
        cv2.circle(
            image, (int(x + size / 2), int(y + size * 0.6)), int(size * 0.28), BOOKS[rng.integers(len(BOOKS))], -1, AA
        )


def _window(image, rng, edge, slide):
    h, w = image.shape[:2]
    x, width = rng.uniform(-0.1, 0.6) * w + slide, rng.uniform(0.3, 0.5) * w
    _block(image, x, -10, width, edge * 0.8, (246, 246, 242))
    for column in (0, 1):
        _block(image, x + 8 + column * width / 2, -10, width / 2 - 14, edge * 0.8 - 8, (206, 226, 240))


def _plant(image, rng, edge, slide):
    h, w = image.shape[:2]
    x, base, size = rng.uniform(0.02, 0.98) * w + slide, edge + rng.uniform(0, 0.12) * h, rng.uniform(0.14, 0.26) * h
    for _ in range(26):
        angle, reach = rng.uniform(-2.7, -0.45), size * rng.uniform(0.5, 1.1)
        tip = (int(x + reach * np.cos(angle) * 0.8), int(base - size * 0.4 + reach * np.sin(angle)))
        green = (50 + int(rng.integers(50)), 100 + int(rng.integers(60)), 50 + int(rng.integers(30)))
        cv2.ellipse(image, tip, (int(size * 0.24), int(size * 0.08)), np.degrees(angle), 0, 360, green, -1, AA)
    pot = np.array(
        [
            (x - size * 0.25, base - size * 0.45),
            (x + size * 0.25, base - size * 0.45),
            (x + size * 0.18, base),
            (x - size * 0.18, base),
        ]
    )
    cv2.fillConvexPoly(image, pot.astype(np.int32), BOOKS[rng.integers(len(BOOKS))], AA)


def _sofa(image, rng, edge, slide):
    h, w = image.shape[:2]
    x, width, color = rng.uniform(-0.3, 0.5) * w + slide, rng.uniform(0.5, 0.8) * w, CLOTHS[rng.integers(len(CLOTHS))]
    _block(image, x, edge - 0.3 * h, width, 0.32 * h, paint.tinted(color, -0.12))
    _block(image, x - 0.04 * w, edge - 0.2 * h, 0.1 * w, 0.25 * h, color)
    _block(image, x + width - 0.06 * w, edge - 0.2 * h, 0.1 * w, 0.25 * h, color)
    for seat in (0, 1):
        _block(
            image,
            x + 0.06 * w + seat * (width - 0.12 * w) / 2,
            edge - 0.12 * h,
            (width - 0.13 * w) / 2,
            0.12 * h,
            paint.tinted(color, 0.1),
        )
    _block(
        image, x + rng.uniform(0.15, 0.6) * width, edge - 0.24 * h, 0.13 * w, 0.13 * h, BOOKS[rng.integers(len(BOOKS))]
    )


def _curtain(image, rng, edge, slide):
    h, w = image.shape[:2]
    x, width = (0 if rng.random() < 0.5 else 0.82 * w), rng.uniform(0.12, 0.22) * w
    left, right = int(x), int(min(w, x + width))
    folds = 1 + 0.13 * np.sin(np.arange(right - left) * rng.uniform(0.35, 0.6))
    image[: int(edge * 0.97), left:right] = np.float32(CLOTHS[rng.integers(len(CLOTHS))]) * folds[None, :, None]


def _cabinet(image, rng, edge, slide):
    h, w = image.shape[:2]
    x, width, tall = rng.uniform(-0.1, 0.6) * w + slide, rng.uniform(0.3, 0.5) * w, rng.uniform(0.2, 0.35) * h
    wood = GROUNDS[rng.integers(len(GROUNDS))]
    _block(image, x, edge - tall, width, tall + 0.04 * h, wood)
    for row in range(2):
        _block(image, x + 5, edge - tall + 6 + row * tall / 2, width - 10, tall / 2 - 6, paint.tinted(wood, 0.12))
        cv2.circle(image, (int(x + width / 2), int(edge - tall + row * tall / 2 + tall / 4)), 3, (60, 50, 40), -1, AA)
    for number in range(int(rng.integers(1, 4))):
        size = rng.uniform(0.05, 0.12) * h
        _block(
            image,
            x + width * (0.15 + 0.28 * number),
            edge - tall - size,
            size * 0.7,
            size,
            BOOKS[rng.integers(len(BOOKS))],
        )


def _strewn(image, seller, shot):
    """Something lying about near the frame's rim: a book, a plate, a scarf, a leaf; with a shadow."""
    h, w = image.shape[:2]
    angle = shot.uniform(0, 2 * np.pi)
    x, y = w / 2 + 0.5 * w * np.cos(angle), h / 2 + 0.5 * h * np.sin(angle)
    color, size, kind = BOOKS[seller.integers(len(BOOKS))], shot.uniform(0.1, 0.2) * w, int(shot.integers(4))
    if kind == 0:
        corners = cv2.boxPoints(((x, y), (size * 1.6, size * 2.1), shot.uniform(0, 180)))
        cv2.fillConvexPoly(image, (corners + 5).astype(np.int32), tuple(0.5 * c for c in color), AA)
        cv2.fillConvexPoly(image, corners.astype(np.int32), color, AA)
        cv2.polylines(
            image, [((corners - (x, y)) * 0.8 + (x, y)).astype(np.int32)], True, paint.tinted(color, 0.5), 2, AA
        )
    elif kind == 1:
        for grow, shade in ((1.04, -0.5), (1.0, 0.75), (0.72, 0.65), (0.68, 0.8)):
            cv2.circle(image, (int(x), int(y)), int(size * grow), paint.tinted(color, shade), -1, AA)
    elif kind == 2:
        path = np.stack(
            [np.linspace(x - size * 2, x + size * 2, 30), y + size * 0.4 * np.sin(np.linspace(0, 5, 30))], axis=1
        )
        for wide, shade in ((1.1, -0.4), (1.0, 0), (0.5, 0.12)):
            cv2.polylines(
                image, [path.astype(np.int32)], False, paint.tinted(color, shade), max(1, int(size * wide)), AA
            )
    else:
        for turn in range(0, 360, 45):
            tip = (int(x + size * 0.6 * np.cos(np.radians(turn))), int(y + size * 0.6 * np.sin(np.radians(turn))))
            cv2.ellipse(
                image, tip, (int(size * 0.6), int(size * 0.22)), turn, 0, 360, (60, 100 + turn // 9, 60), -1, AA
            )


def graded(image, seller, shot):
    """Return the photo as the seller's camera gives it: warmth, exposure, contrast, vignette, softness, grain."""
    warm = seller.normal(0, 0.05)
    tint = np.float32([1 + warm, 1.0, 1 - warm]) * seller.uniform(0.86, 1.1) * shot.uniform(0.96, 1.04)
    image = (image * tint - 128) * np.float32(seller.uniform(0.85, 1.12)) + 128
    h, w = image.shape[:2]
    if seller.random() < 0.5:
        y, x = np.linspace(-1, 1, h)[:, None] ** 2, np.linspace(-1, 1, w)[None] ** 2
        image = image * (1 - seller.uniform(0.05, 0.14) * (x + y))[..., None].astype(np.float32)
    if shot.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), shot.uniform(0.5, 1.1))
    return image + shot.standard_normal((h, w, 1), np.float32) * np.float32(seller.uniform(0.5, 3.5))


def overlay(image, seller, words):
    """Draw the seller's watermark, price badge or caption on a uint8 photo, in place."""
    h, w = image.shape[:2]
    style = int(seller.integers(4))
    if style == 0:
        layer = image.copy()
        text = words.lower() + ".shop"
        scale = w / 420
        cv2.putText(
            layer, text, (int(w * 0.08), int(h * 0.93)), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 3, AA
        )
        cv2.putText(
            layer, text, (int(w * 0.08), int(h * 0.93)), cv2.FONT_HERSHEY_SIMPLEX, scale, (120, 120, 120), 1, AA
        )
        image[:] = cv2.addWeighted(image, 0.4, layer, 0.6, 0)
    elif style == 1:
        center, radius = (int(w * (0.13 if seller.random() < 0.5 else 0.87)), int(h * 0.13)), int(w * 0.1)
        cv2.circle(image, center, radius, ((214, 40, 44), (240, 180, 40), (40, 120, 90))[seller.integers(3)], -1, AA)
        paint.brand(image, center, f"-{10 * int(seller.integers(1, 7))}%", (255, 255, 255), height=radius * 0.5)
    elif style == 2:
        color = ((30, 30, 34), (180, 40, 50), (40, 70, 120))[seller.integers(3)]
        cv2.rectangle(image, (0, int(h * 0.92)), (w, h), color, -1)
        paint.brand(image, (w / 2, h * 0.955), "FREE SHIPPING  " + words, (255, 255, 255), height=h * 0.028)
    else:
        paint.brand(image, (w * 0.82, h * 0.95), f"{int(seller.integers(9, 120))}.90", (40, 40, 44), height=h * 0.04)
