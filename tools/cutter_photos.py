"""Photos with true masks to fit the cutter to: real ones, changed ones, objects on other grounds, drawn ones."""
import hashlib

import cv2
import numpy as np

from imgcluster.photos.images import read_image
from imgcluster.sample import Catalogue, plan_photos, render_photo

_LONGER_SIDE = 320  # pixels of real photos while they are changed
_SMALLEST, _LARGEST = 0.01, 0.85  # shares of the frame that an object may take
# No style of these is in the sample, its training part, or what benchmarks/preprocess.py draws.
DRAWN = [Catalogue(seed=seed, num_models=10 * styles, min_imgs=9, max_imgs=9, first_model=9_200_000_101,
                   first_style=first)
         for seed in range(101, 107) for first, styles in ((6, 6), (16, 4))]


def for_tuning(name):
    """Tell whether a photo, by its file name without suffix, belongs to the half that may be tuned on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0


def real_photos(folder):
    """Return [(photo, true mask)] of the tuning half of a folder with images/ and masks/, shrunk."""
    pairs = []
    for path in sorted((folder / "masks").rglob("*.png")):
        if for_tuning(path.stem):
            stem = (folder / "images" / path.relative_to(folder / "masks")).with_suffix("")
            image = read_image(next(stem.parent.glob(f"{stem.name}.*")))
            scale = min(1.0, _LONGER_SIDE / max(image.shape[:2]))
            pairs.append((cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
                          _resized(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127, fx=scale, fy=scale)))
    return pairs


def drawn_photos():
    """Yield (photo, true mask) of drawn products, half of them in rooms, the others on textures and gradients."""
    for catalogue in DRAWN:
        for number, photo in enumerate(plan_photos(catalogue)):
            if photo.background == "cluttered" or photo.background != "white" and number % 2:
                image, mask = render_photo(photo)
                yield image, mask > 127


def changed(image, truth, rng):
    """Return a cropped photo of other colours, and its true mask."""
    image, truth = _cropped(image, truth, rng)
    colours = np.clip(image.astype(np.float32) / 255, 1e-3, 1) ** np.exp(rng.normal(0, 0.2))
    colours = np.clip(colours * np.exp(rng.normal(0, 0.08, 3)), 0, 1).astype(np.float32)
    hsv = cv2.cvtColor(colours, cv2.COLOR_RGB2HSV)
    if rng.random() < 0.6:
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 360)) % 360
    hsv[..., 1] = np.clip(hsv[..., 1] * np.exp(rng.normal(0, 0.2)), 0, 1)
    return (cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8), truth


def _cropped(image, truth, rng):
    """A random part of the photo in which most of the object is."""
    for _ in range(20):
        scale = rng.uniform(0.6, 1)
        high, wide = (int(side * min(1, scale * rng.uniform(0.85, 1.15))) for side in truth.shape)
        top, left = rng.integers(truth.shape[0] - high + 1), rng.integers(truth.shape[1] - wide + 1)
        part = np.s_[top:top + high, left:left + wide]
        if truth[part].sum() > 0.8 * truth.sum() and _SMALLEST < truth[part].mean() < _LARGEST:
            return image[part], truth[part]
    return image, truth


def composed(photos, rng):
    """Return an object of one photo before the ground of another, and its true mask."""
    while True:
        (image, truth), (behind, hidden) = (photos[rng.integers(len(photos))] for _ in range(2))
        if hidden.mean() < 0.5 and truth.sum() > 50:
            picture, mask = _pasted(image, truth, _ground(behind, hidden), rng)
            if 0.02 < mask.mean() < 0.8:
                return picture, mask


def _ground(image, truth):
    """A photo without its object: where that was, the mirrored photo, or else a smooth continuation; float32."""
    grown = cv2.dilate(truth.astype(np.uint8), np.ones((9, 9)))
    small = cv2.resize(image, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    hole = cv2.dilate(cv2.resize(truth.astype(np.uint8), small.shape[1::-1]), np.ones((5, 5)))
    smooth = cv2.resize(cv2.inpaint(small, hole, 3, cv2.INPAINT_TELEA), image.shape[1::-1])
    mirrored = np.where(grown[:, ::-1, None] > 0, smooth, image[:, ::-1])
    return np.where(grown[..., None] > 0, mirrored, image).astype(np.float32)


def _pasted(image, truth, ground, rng):
    """An object of random size, brightness and place, near the middle, on a ground."""
    rows, columns = (np.flatnonzero(truth.any(axis=axis)) for axis in (1, 0))
    part = np.s_[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
    high, wide = truth[part].shape
    height, width = ground.shape[:2]
    share = np.exp(rng.uniform(np.log(0.06), np.log(0.5)))
    scale = min(np.sqrt(share * height * width / truth.sum()), 1.05 * height / high, 1.05 * width / wide)
    mirror = -1 if rng.random() < 0.5 else 1
    left = width * rng.normal(0.5, 0.12) - (columns[0] + wide / 2 if mirror > 0 else -columns[0] - wide / 2) * scale
    top = height * rng.normal(0.5, 0.1) - (rows[0] + high / 2) * scale
    move = np.array([[mirror * scale, 0, left], [0, scale, top]])
    lit = np.clip(image * np.exp(rng.normal(0, 0.12)), 0, 255).astype(np.float32)
    moved, mask = (cv2.warpAffine(part, move, (width, height), flags=cv2.INTER_AREA)
                   for part in (lit, truth.astype(np.float32)))
    opacity = (cv2.GaussianBlur(mask, (0, 0), 0.8) * (mask > 0.05))[..., None]
    return (ground * (1 - opacity) + moved * opacity + 0.5).astype(np.uint8), mask > 0.5


def _resized(mask, **options):
    return cv2.resize(mask.astype(np.uint8) * 255, None, interpolation=cv2.INTER_AREA, **options) > 127
