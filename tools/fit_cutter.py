#!/usr/bin/env python
"""Fit the cutter's network (imgcluster/cutter/product_network.py) to photos with true masks.

Reads:  folders with images/ and masks/ (same names), of which the half that a hash of the file name picks is used (the
        other half is for reporting: benchmarks/preprocess.py), and products drawn for the purpose
Writes: --out, the network's numbers (default: weights/cutter.npz)
Runtime: about half an hour on two cores

Example: python tools/fit_cutter.py ../shared/data/masks/ecssd ../shared/data/masks/ccp
"""
import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.cutter import cutout  # noqa: E402
from imgcluster.cutter.product_network import SIDE, WEIGHTS_FILE, WIDTHS, places  # noqa: E402
from imgcluster.cutter.saliency import evidence  # noqa: E402
from imgcluster.files import replacing  # noqa: E402
from imgcluster.running.cli import run  # noqa: E402
from tools.cutter_photos import changed, composed, drawn_photos, real_photos  # noqa: E402

VIEWS = 10  # changed copies of each real photo, and as many composed photos
BATCH, STEPS, RATE, DECAY = 24, 6000, 3e-3, 0.02
# What is done to evidence while the network is fitted: gain and offset of each channel vary by so much (standard
# deviations), and a channel is left out so often.
GAIN, OFFSET, LEFT_OUT = 0.1, 0.15, 0.05


def examples(photos):
    """Return (evidence float16 [n, SIDE, SIDE, C], product's share of each cell) of those photos on no plain ground."""
    inputs, targets = [], []
    for image, truth in photos:
        _, lab, rows, columns = cutout.small_picture(image)
        mask = cv2.resize(truth.astype(np.float32), lab.shape[1::-1], interpolation=cv2.INTER_AREA)[rows, columns]
        lab = np.ascontiguousarray(lab[rows, columns])
        if cutout.plain_cut(lab) is None:
            inputs.append(evidence(lab, SIDE).astype(np.float16))
            targets.append(cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float16))
    return np.stack(inputs), np.stack(targets)[..., None]


def views(photos, rng):
    """Yield a set's photos as they are, changed, and composed of two of them."""
    yield from photos
    for _ in range(VIEWS):
        yield from (changed(*photo, rng) for photo in photos)
        yield from (composed(photos, rng) for _ in photos)


def network(channels):
    """Return the Keras model whose answer `product_network.product_cells` computes, from evidence and places."""
    import keras
    from keras import layers

    def layer(cells, width, name, size=3):
        cells = layers.Conv2D(width, size, padding="same", use_bias=False, name=name)(cells)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(cells))

    inputs = keras.Input((SIDE, SIDE, channels))
    cells, levels = layer(inputs, WIDTHS[0], "entry", 1), []
    for level, width in enumerate(WIDTHS):
        cells = layer(layers.AveragePooling2D(2)(cells) if level else cells, width, f"down{level}a")
        cells = layers.SpatialDropout2D(0.1)(cells)
        cells = layer(cells, width, f"down{level}b") if level else cells
        levels.append(cells)
    whole = layers.GlobalAveragePooling2D(keepdims=True)(cells)
    cells = layers.Add()([cells, layers.Conv2D(WIDTHS[-1], 1, name="whole")(whole)])
    for level in reversed(range(len(WIDTHS) - 1)):
        risen = layers.UpSampling2D(2)(layers.Conv2D(WIDTHS[level], 1, name=f"rise{level}")(cells))
        skipped = layers.Conv2D(WIDTHS[level], 1, name=f"skip{level}")(levels[level])
        cells = layer(layers.Add()([risen, skipped]), WIDTHS[level], f"up{level}")
    return keras.Model(inputs, layers.Conv2D(1, 1, name="answer")(cells))


def fit(sets, *, steps, seed):
    """Return the fitted numbers, {name: array}, for `product_cells`; sets: what `examples` gives of each, alike often.

    The loss is the overlap (IoU) of soft masks, and a little cross-entropy.
    """
    import keras
    from keras import ops

    def loss(truth, odds):
        likely = ops.sigmoid(odds)
        both = ops.sum(likely * truth, axis=(1, 2, 3))
        union = ops.sum(likely + truth - likely * truth, axis=(1, 2, 3))
        entropy = ops.binary_crossentropy(truth, odds, from_logits=True)
        return 1 - (both + 1) / (union + 1) + 0.5 * ops.mean(entropy, axis=(1, 2, 3))

    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    sample = np.concatenate([inputs[rng.choice(len(inputs), 100)] for inputs, _ in sets]).astype(np.float32)
    mean, spread = sample.mean(axis=(0, 1, 2)), sample.std(axis=(0, 1, 2)) + 1e-3
    model = network(len(mean) + places().shape[2])
    rate = keras.optimizers.schedules.CosineDecay(RATE / 30, steps, warmup_target=RATE, warmup_steps=steps // 30)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), loss)
    model.fit(_batches(sets, mean, spread, rng), steps_per_epoch=steps // 10, epochs=10, verbose=2)
    return {"mean": mean, "spread": spread, **folded(model)}


def _batches(sets, mean, spread, rng):
    while True:
        picks = [_one_of(*sets[number], rng) for number in rng.integers(len(sets), size=BATCH)]
        inputs, targets = (np.stack(parts).astype(np.float32) for parts in zip(*picks))
        noise = rng.standard_normal((2, BATCH, 1, 1, len(mean)), dtype=np.float32)
        inputs = (inputs - mean) / spread * (1 + GAIN * noise[0]) + OFFSET * noise[1]
        inputs *= rng.random((BATCH, 1, 1, len(mean)), dtype=np.float32) > LEFT_OUT
        mirror = rng.random(BATCH) < 0.5
        inputs[mirror], targets[mirror] = inputs[mirror, :, ::-1], targets[mirror, :, ::-1]
        yield np.concatenate([inputs, np.broadcast_to(places(), (BATCH, *places().shape))], axis=3), targets


def _one_of(inputs, targets, rng):
    row = rng.integers(len(inputs))
    return inputs[row], targets[row]


def folded(model):
    """Return {"LAYER": kernel, "LAYER_bias": bias} of a model's convolutions, normalisations folded into them."""
    weights = {}
    for layer in model.layers:
        if not hasattr(layer, "kernel"):
            continue
        kernel = np.asarray(layer.kernel)
        if layer.use_bias:
            bias = np.asarray(layer.bias)
        else:
            norm = model.get_layer(f"{layer.name}_norm")
            gamma, beta, mean, variance = (np.asarray(part) for part in norm.get_weights())
            kernel = kernel * (scale := gamma / np.sqrt(variance + norm.epsilon))
            bias = beta - mean * scale
        weights |= {layer.name: kernel, f"{layer.name}_bias": bias}
    return weights


def main(argv=None):
    """Run the tool; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS_FILE)
    parser.add_argument("--steps", type=int, default=STEPS, help=f"batches to fit it to (default: {STEPS})")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    rng = np.random.default_rng(options.seed)
    sets = [examples(views(real_photos(folder), rng)) for folder in options.folders] + [examples(drawn_photos())]
    print("examples:", *(len(inputs) for inputs, _ in sets), flush=True)
    weights = fit(sets, steps=options.steps, seed=options.seed)
    with replacing(options.out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **{name: array.astype(np.float16) for name, array in weights.items()})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
