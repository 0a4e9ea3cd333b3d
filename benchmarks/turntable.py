#!/usr/bin/env python3
"""Features of things that turn under the camera, for benchmarks/cluster_count.py: views from all sides of each.

    python benchmarks/turntable.py --photos ../shared/data/masks --weights mobilenet_v2.weights.h5 --out turned
    python benchmarks/cluster_count.py --features turned --draws 2

Each thing is an upright body with a section (round, a box, between both, or odd) and a profile, wrapped in pieces of up
to four random photos and lit from one side; it turns once about its axis, in even steps. For each number of views a
feature set NAME.npz (codes, scale, labels) is written to the folder --out: frozen features of --backbone.
"""
import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.network.backbones import load_backbone  # noqa: E402
from imgcluster.photos.listing import list_files  # noqa: E402

SIDE = 224
AROUND = 1440
LIGHT = np.array([0.5, 0.86])


def section(rng):
    """Return the outline, float [AROUND, 2], of a thing seen from above, within a circle of radius 1."""
    angle = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    along, across = np.cos(angle), np.sin(angle) / rng.uniform(0.35, 1)
    power = rng.choice([2, rng.uniform(2.5, 6), 50])
    radius = (np.abs(along)**power + np.abs(across)**power)**(-1 / power)
    if rng.random() < 0.25:
        waves = sum(rng.normal() * np.cos(order * angle + rng.uniform(0, 6.3)) / order for order in (1, 2, 3))
        radius = np.maximum(1 + 0.25 * waves, 0.4)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * (radius / radius.max())[:, None]


def thing(photos, rng):
    """Return (outline, profile [SIDE], wrapping [SIDE, W, 3], width, height as shares of the picture) at random."""
    profile = np.interp(np.linspace(0, 1, SIDE), np.linspace(0, 1, 6), rng.uniform(0.35, 1, 6))
    pieces = [piece(photos[rng.integers(len(photos))], rng) for _ in range(rng.integers(1, 5))]
    width = 3 * 480 // len(pieces)
    wrapping = np.hstack([cv2.resize(each, (width, SIDE)) for each in pieces])
    size = rng.uniform([0.4, 0.5], 0.95)
    return section(rng), np.ones(SIDE) if rng.random() < 0.5 else profile, wrapping, *size


def piece(path, rng):
    """Return a random part of a photo, at least 0.4 of its width and height."""
    photo = cv2.imread(str(path))[..., ::-1]
    size = (np.array(photo.shape[:2]) * rng.uniform(0.4, 1)).astype(int)
    top, left = (rng.integers(whole - part + 1) for whole, part in zip(photo.shape[:2], size, strict=True))
    return photo[top:top + size[0], left:left + size[1]]


def view(body, angle):
    """Return the picture, uint8 [SIDE, SIDE, 3], of a body turned by an angle, on black, from straight ahead."""
    outline, profile, wrapping, width, height = body
    cos, sin = np.cos(angle), np.sin(angle)
    turned = outline @ np.array([[cos, sin], [-sin, cos]])
    # Of the outline the nearest point is seen in each column, as points are taken from the back to the front; columns
    # between two points show that of the nearest column.
    seen = np.full(SIDE, -1)
    order = np.argsort(turned[:, 1])
    seen[((turned[order, 0] + 1) / 2 * (SIDE - 1)).round().astype(int)] = order
    hit, all_columns = np.flatnonzero(seen >= 0), np.arange(SIDE)
    between = (all_columns >= hit[0]) & (all_columns <= hit[-1])
    seen = np.where(between, seen[hit[np.abs(all_columns[:, None] - hit).argmin(axis=1)]], -1)
    ahead = np.roll(turned, -1, axis=0) - turned
    normal = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1) / np.linalg.norm(ahead, axis=1, keepdims=True)
    shade = 0.45 + 0.55 * np.clip(normal @ LIGHT, 0, 1)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE - 0.5
    down = rows / height + 0.5
    side = columns * 2 / width / profile[np.clip(down * SIDE, 0, SIDE - 1).astype(int)]
    point = seen[np.clip((side + 1) / 2 * (SIDE - 1), 0, SIDE - 1).astype(int)]
    inside = (down >= 0) & (down < 1) & (np.abs(side) < 1) & (point >= 0)
    around = point / AROUND * wrapping.shape[1]
    colours = cv2.remap(wrapping, around.astype(np.float32), (down * SIDE).astype(np.float32),
                        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(inside[..., None], colours * shade[point][..., None], 0).clip(0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, metavar="FOLDER")
    parser.add_argument("--backbone", default="MobileNetV2")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--things", type=int, default=50)
    parser.add_argument("--views", type=int, nargs="+", default=[72, 36, 24, 12])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True, metavar="FOLDER")
    options = parser.parse_args()
    rng, folder = np.random.default_rng(options.seed), Path(options.photos)
    photos = [folder / name for name in list_files(folder).photos if name.endswith(".jpg")]
    bodies = [thing(photos, rng) for _ in range(options.things)]
    network, _, _ = load_backbone(options.backbone, weights=options.weights, input_size=SIDE, pooling="avg")
    Path(options.out).mkdir(parents=True, exist_ok=True)
    for views in options.views:
        angles = 2 * np.pi * np.arange(views) / views
        rows = [network.predict(np.stack([view(body, angle) for angle in angles]).astype(np.float32), verbose=0)
                for body in bodies]
        path = Path(options.out) / f"{options.things}_things_{views}_views.npz"
        np.savez(path, codes=np.concatenate(rows), scale=1.0, labels=np.repeat(np.arange(options.things), views))
        print(f"{options.things} things, {views} views each", flush=True)


if __name__ == "__main__":
    main()
