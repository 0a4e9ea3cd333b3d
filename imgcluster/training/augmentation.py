"""Random changes to training photos: what another seller's photo of the same product might have looked like.

Each photo is drawn anew once, by one affine map and one change of colours, whatever the number of changes: several
times faster than a layer for each, and blurred once instead of five times.
"""
from dataclasses import dataclass

import cv2
import numpy as np

WHITE = (255, 255, 255)
# Turns of hue in degrees at full strength: product colours drift, they do not swap.
HUE_DEGREES = 36
# The share of red, green and blue in lightness (ITU-R BT.601).
LIGHTNESS = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Augmentation:
    """Strength of each change; 0 switches one off. Shares of the picture's side or value range, rotation in degrees."""

    crop: float = 0.0
    rotation: float = 0.0
    flip: bool = False
    translation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    color: float = 0.0
    noise: float = 0.0

    def changes_anything(self):
        """Whether any change is switched on."""
        return any(vars(self).values())


def augment(pictures, augmentation, rng):
    """Return uint8 pictures [B, S, S, 3], each changed at random; what comes into view is white.

    pictures: uint8 [B, S, S, 3], left as they are. rng: a NumPy generator; the same one gives the same pictures.
    """
    if not augmentation.changes_anything():
        return pictures
    changed = np.empty_like(pictures)
    for index, picture in enumerate(pictures):
        picture = cv2.warpAffine(picture, _placement(augmentation, picture.shape[0], rng), picture.shape[:2],
                                 flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=WHITE)
        changed[index] = cv2.transform(picture, _colours(augmentation, picture, rng))
    return _with_noise(changed, augmentation.noise, rng)


def _placement(a, size, rng):
    """The affine map [2, 3] from places in the new picture to places in the old one."""
    angle = np.deg2rad(rng.uniform(-a.rotation, a.rotation))
    scale = (1 - a.crop) * rng.uniform(1 - a.zoom, 1 + a.zoom)
    mirror = -1 if a.flip and rng.random() < 0.5 else 1
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[:, 0] *= mirror
    center = np.full(2, (size - 1) / 2)
    shift = size * (rng.uniform(-a.crop, a.crop, 2) / 2 + rng.uniform(-a.translation, a.translation, 2))
    return np.column_stack([turn, center + shift - turn @ center])


def _colours(a, picture, rng):
    """The affine map [3, 4] of RGB: contrast, saturation and hue about grey, then brightness."""
    contrast = 1 + rng.uniform(-a.contrast, a.contrast)
    saturation = 1 + rng.uniform(-a.color, a.color)
    hue = np.deg2rad(HUE_DEGREES * rng.uniform(-a.color, a.color))
    colours = hue_turn(hue) @ (saturation * np.eye(3) + (1 - saturation) * LIGHTNESS)
    mean = np.array(cv2.mean(picture)[:3])
    offset = (1 - contrast) * mean + 255 * rng.uniform(-a.brightness, a.brightness)
    return np.column_stack([contrast * colours, offset])


def hue_turn(angle):
    """Return the matrix [3, 3] that turns RGB colours about the grey axis by `angle` in radians."""
    axis = np.full(3, 3 ** -0.5)
    cross = np.cross(np.eye(3), axis)
    return np.cos(angle) * np.eye(3) + (1 - np.cos(angle)) * np.outer(axis, axis) + np.sin(angle) * cross


def _with_noise(pictures, strength, rng):
    """Add normal noise; each picture takes another part of one strip of it, as drawing noise is slow."""
    if not strength:
        return pictures
    length = pictures[0].size
    strip = np.rint(rng.standard_normal(2 * length, np.float32) * (255 * strength)).astype(np.int16)
    for picture, start in zip(pictures, rng.integers(0, length, len(pictures))):
        cv2.add(picture, strip[start:start + length].reshape(picture.shape), dst=picture, dtype=cv2.CV_8U)
    return pictures
