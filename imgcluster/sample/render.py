"""Render planned photos and write them as JPEG files."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from imgcluster.interrupts import end_when_interrupted, ends_undisturbed, interrupts_wait
from imgcluster.progress import progress
from imgcluster.sample import bags, clothes, footwear, furniture, scenes, tableware
from imgcluster.sample.catalogue import plan_photos
from imgcluster.sample.headphones import headphones
from imgcluster.sample.looks import BRANDS, look_of
from imgcluster.sample.raster import Light, View, cast_shadow, draw_product


@dataclass(frozen=True)
class Pose:
    """How sellers show a kind: half-range of yaw and range of pitch in radians, on the floor or flat on a wall."""

    yaw: float
    pitch: tuple
    plane: str = "floor"


BUILDERS = {
    "handbag": bags.handbag,
    "backpack": bags.backpack,
    "sneaker": footwear.sneaker,
    "boot": footwear.boot,
    "tshirt": clothes.tshirt,
    "mug": tableware.mug,
    "bottle": tableware.bottle,
    "lamp": furniture.lamp,
    "chair": furniture.chair,
    "headphones": headphones,
}
POSES = {
    "handbag": Pose(0.95, (0.0, 0.55)),
    "backpack": Pose(1.0, (0.0, 0.45)),
    "sneaker": Pose(0.9, (0.05, 0.8)),
    "boot": Pose(0.95, (0.0, 0.55)),
    "tshirt": Pose(0.3, (-0.25, 0.25), "wall"),
    "mug": Pose(0.8, (0.1, 0.75)),
    "bottle": Pose(0.7, (0.0, 0.5)),
    "lamp": Pose(1.5, (-0.1, 0.35)),
    "chair": Pose(1.2, (0.05, 0.55)),
    "headphones": Pose(1.2, (0.0, 0.5)),
}


@lru_cache(maxsize=16)
def _parts(look):
    return BUILDERS[look.kind](look)


def render_photo(photo):
    """Return the photo, uint8 [H, W, 3] RGB, and the product's silhouette, uint8 [H, W] of 0 and 255 (no shadow)."""
    shape, pose, parts = (photo.height, photo.width), POSES[photo.look.kind], _parts(photo.look)
    seller, shot = np.random.default_rng(photo.listing_seed), np.random.default_rng(photo.image_seed)
    light = _light(seller)
    view = _view(parts, pose, shape, shot)
    edge = _floor_edge(parts, view)
    scene = scenes.backdrop(photo.background, shape, seller, shot, plane=pose.plane, edge=edge)
    if photo.background == "cluttered" and pose.plane == "floor":
        _add_props(scene, light, seller, view, edge)
    softness = seller.uniform(0.012, 0.04) * max(shape)
    shadow = cast_shadow(parts, view, light, shape, plane=pose.plane, softness=softness)
    scene *= 1 - seller.uniform(0.25, 0.6) * shadow[..., None]
    product, alpha = draw_product(parts, view, light, shape)
    image = scene * (1 - alpha[..., None]) + 255 * product * alpha[..., None]
    if photo.background != "white":  # shops burn studio photos out to pure white
        image = scenes.graded(image, seller, shot)
    image = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    if seller.random() < 0.3:
        scenes.overlay(image, seller, BRANDS[seller.integers(len(BRANDS))])
    return image, np.where(alpha >= 0.5, np.uint8(255), np.uint8(0))


def _light(seller):
    direction = np.array([seller.uniform(-0.8, 0.8), seller.uniform(0.55, 1.0), seller.uniform(0.45, 0.9)])
    warm = seller.normal(0, 0.07)
    return Light(
        tuple(direction / np.linalg.norm(direction)),
        key=seller.uniform(0.6, 0.95),
        ambient=seller.uniform(0.35, 0.55),
        tint=(1 + warm, 1.0, 1 - warm),
    )


def _view(parts, pose, shape, shot):
    """Choose the camera so that the product fills a plausible share of the frame; now and then it is cropped."""
    height, width = shape
    roll = shot.normal(0, 0.05) if pose.plane == "floor" else shot.normal(0, 0.2)
    angles = (pose.yaw * shot.uniform(-1, 1), shot.uniform(*pose.pitch), roll)
    mirrored = bool(shot.random() < 0.25)
    seen = np.concatenate(
        [View(*angles, 1.0, (0, 0), mirrored).project(part.points).reshape(-1, 3)[:, :2] for part in parts]
    )
    low, high = seen.min(axis=0), seen.max(axis=0)
    fill = shot.uniform(1.0, 1.2) if shot.random() < 0.12 else shot.uniform(0.55, 0.94)
    scale = fill * min(width / (high[0] - low[0]), height / (high[1] - low[1]))
    room = np.abs(np.array([width, height]) - scale * (high - low)) / 2
    center = np.array([width, height]) / 2 + shot.uniform(-0.6, 0.6, 2) * room - scale * (low + high) / 2
    return View(*angles, float(scale), tuple(center), mirrored)


def _floor_edge(parts, view):
    """Pixel row where the floor a little behind the product meets the wall."""
    points = np.concatenate([part.points.reshape(-1, 3) for part in parts])
    behind = np.float32([[0, points[:, 1].min(), points[:, 2].min() - 2.2]])
    return float(view.project(behind)[0, 1])


def _add_props(scene, light, seller, view, edge):
    """Set one or two other things of the shop behind the product, out of focus."""
    h, w = scene.shape[:2]
    for kind in seller.permutation(["chair", "lamp", "bottle", "mug"])[: int(seller.integers(1, 3))]:
        parts = _parts(look_of(str(kind), 19, 0))
        scale = h * seller.uniform(0.12, 0.2)
        center = (
            w * seller.choice([seller.uniform(0.02, 0.2), seller.uniform(0.8, 0.98)]),
            max(edge, 0.3 * h) - scale * 0.7,
        )
        prop, alpha = draw_product(
            parts, View(seller.uniform(-0.6, 0.6), view.pitch, 0.0, scale, center), light, (h, w)
        )
        alpha = cv2.GaussianBlur(alpha, (0, 0), 1.2)[..., None]
        scene += (cv2.GaussianBlur(255 * prop, (0, 0), 1.2) - scene) * alpha


def _write_photos(folder, photos):
    for photo in photos:
        image, _ = render_photo(photo)
        done, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, photo.quality])
        if not done:
            raise RuntimeError(f"{photo.file}: OpenCV could not encode the photo as JPEG")
        unfinished = folder / f".{photo.file}.part"
        unfinished.write_bytes(data.tobytes())
        os.replace(unfinished, folder / photo.file)
    return len(photos)


def _start_worker():
    end_when_interrupted()
    cv2.setNumThreads(1)


def draw_sample(catalogue, folder, *, workers=2):
    """Draw a catalogue's photos into `folder` (made if need be) and return all their paths, list[Path].

    Photos that are there already are left as they are, so that a run that was stopped goes on where it ended. The bytes
    depend on the catalogue alone, not on `workers` (processes; 1 draws in this one).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    photos = plan_photos(catalogue)
    missing = [photo for photo in photos if not (folder / photo.file).exists()]
    by_model = {}
    for photo in missing:
        by_model.setdefault(photo.model, []).append(photo)
    with progress("Draw sample", len(photos), initial=len(photos) - len(missing)) as bar:
        if workers <= 1 or len(by_model) <= 1:
            for photo in missing:
                bar.update(_write_photos(folder, [photo]))
        else:
            pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
            with pool, ends_undisturbed(pool):
                with interrupts_wait():  # a pool starts its processes when it is given work
                    counts = pool.map(_write_photos, [folder] * len(by_model), by_model.values())
                for count in counts:
                    bar.update(count)
    return [folder / photo.file for photo in photos]
