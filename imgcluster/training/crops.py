"""Views of a photo: parts of it, changed at random in light, colour, angle and sharpness."""
import json
from pathlib import Path

import cv2
import numpy as np

from imgcluster.errors import UserError
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_image, resize_for_network
from imgcluster.training.augmentation import LIGHTNESS, hue_turn

# Shares of the photo's area, and aspect ratios, much as in Inception's training (Szegedy et al., CVPR 2015).
AREA, ASPECT = (0.12, 1.0), (3 / 4, 4 / 3)
# Views of a photo leave most of it in sight, so that they show the same thing.
VIEWS, VIEW_AREA = 4, (0.4, 1.0)
# Shares of crops that are the whole photo as feature extraction pads it, and with other colours.
WHOLE, COLOR = 0.3, 0.7
# Shares of crops that are seen from another side, with another hue, and out of focus or noisy.
WARPED, HUE, SPOILT = 0.4, 0.3, 0.3
GREY = np.float32(LIGHTNESS)


class ViewStream:
    """Views of one photo after the other, in random order and again and again."""

    def __init__(self, photos, *, size, seed):
        """photos: paths; unreadable ones are passed over. size: side of the views in pixels."""
        self.photos, self.size = list(photos), size
        self.rng, self.order = np.random.default_rng(seed), []

    def views(self, count):
        """Yield uint8 [VIEWS, size, size, 3], views of one photo, `count` times; UserError where no photo can be read.
        """
        for _ in range(count):
            image = self.read_next()
            yield np.stack([random_crop(image, self.size, self.rng, area=VIEW_AREA, hue=0.0) for _ in range(VIEWS)])

    def state(self):
        """Return as text (JSON) where the stream of `views` is, for `go_on` of another one over the same photos."""
        return json.dumps([self.rng.bit_generator.state, self.order])

    def go_on(self, state):
        """Give the views that follow the `state` of another stream."""
        self.rng.bit_generator.state, self.order = json.loads(state)

    def read_next(self):
        """Return the next photo that can be read, uint8 [H, W, 3]; UserError where none can."""
        for _ in range(len(self.photos)):
            if not self.order:
                self.order = self.rng.permutation(len(self.photos)).tolist()
            try:
                return read_image(Path(self.photos[self.order.pop()]), min_side=2 * self.size)
            except ImageError:
                continue
        raise UserError(f"none of the {len(self.photos)} photos can be read, for one {self.photos[0]}; "
                        "run 01_img_preprocess.py again")


def random_crop(image, size, rng, *, area=AREA, hue=HUE):
    """Return a random part or the whole of uint8 [H, W, 3] at [size, size, 3], often mirrored or recoloured.

    area: least and greatest share of the photo's area; hue: share of the recoloured ones that get another hue.
    """
    if rng.random() < WHOLE:
        crop = resize_for_network(image, size, mode="pad")
    else:
        crop = _part(image, size, rng, area)
    if rng.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    for share, change, options in ((WARPED, warped, {}), (COLOR, recolored, {"hue": hue}), (SPOILT, spoilt, {})):
        if rng.random() < share:
            crop = change(crop, rng, **options)
    return np.ascontiguousarray(crop)


def _part(image, size, rng, area):
    height, width = image.shape[:2]
    area = height * width * rng.uniform(*area)
    aspect = np.exp(rng.uniform(*np.log(ASPECT)))
    high, wide = min(height, max(1, round(np.sqrt(area / aspect)))), min(width, max(1, round(np.sqrt(area * aspect))))
    top, left = rng.integers(height - high + 1), rng.integers(width - wide + 1)
    return resize_for_network(image[top:top + high, left:left + wide], size)


def recolored(crop, rng, *, hue=HUE):
    """Return uint8 [S, S, 3] with brightness, contrast, saturation and white balance changed at random.

    hue: share of crops whose hue is turned as well.
    """
    saturation, contrast = rng.uniform(0.3, 1.6), rng.uniform(0.6, 1.4)
    gains = contrast * rng.uniform(0.7, 1.3) * rng.uniform(0.85, 1.15, 3)
    # y = gains * (saturation * x + (1 - saturation) * grey(x)) + offset, as one product with a 3 x 4 matrix.
    matrix = saturation * np.eye(3) + (1 - saturation) * GREY
    if rng.random() < hue:
        matrix = matrix @ hue_turn(rng.uniform(0, 2 * np.pi))
    offset = 128 * (1 - contrast) + rng.uniform(-20, 20)
    affine = np.column_stack([gains[:, None] * matrix, np.full(3, offset)])
    return cv2.transform(np.ascontiguousarray(crop), affine.astype(np.float32))


def warped(crop, rng):
    """Return uint8 [S, S, 3] turned by up to 30 degrees and seen from aside; mirrored content fills the edges."""
    size = len(crop)
    corners = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]]) - 0.5
    angle = np.radians(rng.uniform(-30, 30))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (corners + rng.uniform(-0.15, 0.15, (4, 2))) @ turn * rng.uniform(0.8, 1.25)
    transform = cv2.getPerspectiveTransform(size * (corners + 0.5), (size * (moved + 0.5)).astype(np.float32))
    return cv2.warpPerspective(crop, transform, (size, size), borderMode=cv2.BORDER_REFLECT_101)


def spoilt(crop, rng):
    """Return uint8 [S, S, 3] as a worse camera would have seen it: blurred, or noisy."""
    if rng.random() < 0.7:
        return cv2.GaussianBlur(crop, (0, 0), len(crop) * rng.uniform(0.002, 0.012))
    noise = rng.normal(0, rng.uniform(3, 15), crop.shape)
    return np.clip(crop + noise, 0, 255).astype(np.uint8)


def resized(pictures, size):
    """Pictures [B, S, S, 3] of 0..255 as float32 [B, size, size, 3]."""
    if pictures.shape[1] != size:
        way = cv2.INTER_AREA if size < pictures.shape[1] else cv2.INTER_LINEAR
        pictures = np.stack([cv2.resize(picture, (size, size), interpolation=way) for picture in pictures])
    return pictures.astype(np.float32)
