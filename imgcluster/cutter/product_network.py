"""The network that joins a photo's evidence into one answer: where the product is.

A small U-Net (Ronneberger et al., MICCAI 2015) over cells of the photo. Its 220,000 numbers, in weights/cutter.npz,
were fitted by tools/fit_cutter.py to a few hundred true masks; nothing in it was pretrained. It runs in NumPy: any
framework would take longer to load than a hundred photos take here.
"""
from functools import cache
from pathlib import Path

import numpy as np

SIDE = 80  # cells along each side of the square that the whole photo is brought to
WIDTHS = (16, 24, 40, 56, 64)  # channels at the full side, its half, ...
WEIGHTS_FILE = Path(__file__).resolve().parents[2] / "weights" / "cutter.npz"


def product_cells(evidence, weights=None):
    """Return the log-odds, float32 [SIDE, SIDE], that each cell shows the product.

    It is the mean of the answers to the photo and to the mirrored photo.

    evidence: float32 [SIDE, SIDE, C], what `saliency.evidence` gives. weights: {name: array}, the fitted ones unless
    given; "mean" and "spread" [C] standardise the evidence, "LAYER" and "LAYER_bias" belong to a convolution.
    """
    weights = weights or _fitted_weights()
    mirrored = _answer(evidence[:, ::-1], weights)[:, ::-1]
    return (_answer(evidence, weights) + mirrored) / 2


def _answer(evidence, weights):
    cells = np.concatenate([(evidence - weights["mean"]) / weights["spread"], places()], axis=2)
    cells = _layer(cells, weights, "entry")
    levels = []
    for level in range(len(WIDTHS)):
        cells = _layer(_halved(cells) if level else cells, weights, f"down{level}a")
        if level:
            cells = _layer(cells, weights, f"down{level}b")
        levels.append(cells)
    cells = cells + _convolved(cells.mean(axis=(0, 1), keepdims=True), weights, "whole")
    for level in reversed(range(len(WIDTHS) - 1)):
        risen = _convolved(cells, weights, f"rise{level}").repeat(2, axis=0).repeat(2, axis=1)
        cells = _layer(risen + _convolved(levels[level], weights, f"skip{level}"), weights, f"up{level}")
    return _convolved(cells, weights, "answer")[..., 0]


@cache
def _fitted_weights():
    with np.load(WEIGHTS_FILE, allow_pickle=False) as file:
        return {name: file[name].astype(np.float32) for name in file.files}


def places():
    """Where each cell is: height, its square, and distance to the middle column squared; float32 [SIDE, SIDE, 3]."""
    y, x = np.meshgrid(*[(np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1] * 2, indexing="ij")
    return np.dstack([y, y * y, x * x])


def _layer(cells, weights, name):
    return np.maximum(_convolved(cells, weights, name), 0)


def _convolved(cells, weights, name):
    kernel = weights[name]
    if kernel.shape[0] > 1:
        padded = np.pad(cells, ((1, 1), (1, 1), (0, 0)))
        height, width = cells.shape[:2]
        cells = np.concatenate([padded[y:y + height, x:x + width] for y in range(3) for x in range(3)], axis=2)
    return cells @ kernel.reshape(-1, kernel.shape[-1]) + weights[f"{name}_bias"]


def _halved(cells):
    height, width, channels = cells.shape
    return cells.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
