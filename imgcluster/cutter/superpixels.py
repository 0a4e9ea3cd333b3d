"""Superpixels: a picture as some 200 patches of one colour each, and what of it is next to what."""
from dataclasses import dataclass

import cv2
import numpy as np

COUNT = 200  # about how many patches a picture is divided into
_COLOUR_SCALE = (100 / 255, 2, 2)  # from 8-bit Lab
_MIN_STEP = 3  # pixels from one patch to the next, in very small pictures


@dataclass(frozen=True)
class Superpixels:
    """A picture's patches, n of them.

    labels: int32 [h, w], the patch of each pixel, 0..n-1. colour: float64 [n, 3], mean L*, a*, b*, the latter two
    doubled, since light changes lightness most. place: float64 [n, 2], centre (y, x) in frame sides from the middle.
    share: float64 [n], of the picture's pixels. frame: float64 [n], of the pixels on the frame. neighbours: int [m, 2],
    pairs of patches that touch.
    """

    labels: np.ndarray
    colour: np.ndarray
    place: np.ndarray
    share: np.ndarray
    frame: np.ndarray
    neighbours: np.ndarray

    def mean(self, values):
        """Average float [h, w] over each patch: float64 [n]."""
        return np.bincount(self.labels.ravel(), values.ravel()) / (self.share * self.labels.size)


def superpixels(lab):
    """Divide an 8-bit Lab picture [h, w, 3] of at least 8 x 8 pixels; returns its Superpixels.

    Watersheds from a regular grid of seeds ("waterpixels", Machairas et al., 2015), in OpenCV's form.
    """
    labels = _watersheds(lab)
    height, width = labels.shape
    counts = np.bincount(labels.ravel())
    y, x = (((np.arange(side) + 0.5) / side - 0.5) for side in labels.shape)
    channels = [*cv2.split(lab), np.repeat(y, width), np.tile(x, height)]
    means = np.stack([np.bincount(labels.ravel(), channel.ravel()) for channel in channels], axis=1) / counts[:, None]
    outer = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    return Superpixels(labels, means[:, :3] * _COLOUR_SCALE, means[:, 3:], counts / labels.size,
                       np.bincount(outer, minlength=len(counts)) / len(outer), _neighbours(labels, len(counts)))


def _watersheds(lab):
    """Label each pixel with its patch: int32 [h, w]."""
    height, width = lab.shape[:2]
    step = max(_MIN_STEP, np.sqrt(height * width / COUNT))
    rows, columns = (max(2, round(side / step)) for side in (height, width))
    y, x = (((np.arange(count) + 0.5) * side / count).astype(int) for count, side in ((rows, height), (columns, width)))
    seeds = np.zeros((height, width), np.float32)
    seeds[np.ix_(y, x)] = np.arange(1, rows * columns + 1).reshape(rows, columns)
    markers = cv2.dilate(seeds, np.ones((3, 3))).astype(np.int32)
    cv2.watershed(cv2.GaussianBlur(lab, (0, 0), 1.0), markers)
    labels = np.maximum(markers, 0).astype(np.float32)
    while not labels.all():  # lines between patches, and the picture's outermost pixels
        labels = np.where(labels == 0, cv2.dilate(labels, np.ones((3, 3))), labels)
    return np.unique(labels, return_inverse=True)[1].reshape(height, width).astype(np.int32)


def _neighbours(labels, count):
    pairs = np.concatenate([np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()]),
                            np.stack([labels[:-1].ravel(), labels[1:].ravel()])], axis=1).astype(np.int64)
    codes = np.unique(pairs.min(axis=0) * count + pairs.max(axis=0))
    first, second = np.divmod(codes, count)
    return np.stack([first, second], axis=1)[first != second]
