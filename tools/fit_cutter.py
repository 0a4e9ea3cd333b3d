#!/usr/bin/env python
"""Fit the few coefficients of the weight-free cutter (saliency.py, cutout.py) on photos with true masks.

Reads:  folders with images/ and masks/ (same names), of which the half that a hash of the file name picks is used (the
        other half is for reporting: benchmarks/preprocess.py), and products drawn for the purpose
Writes: nothing; prints the coefficients
Runtime: a few minutes

Example: python tools/fit_cutter.py ../shared/data/masks/ecssd ../shared/data/masks/ccp
"""
import argparse
import hashlib
import sys
from pathlib import Path

import cv2
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster import cutout, saliency  # noqa: E402
from imgcluster.cli import run  # noqa: E402
from imgcluster.images import read_image  # noqa: E402
from imgcluster.sample import Catalogue, plan_photos, render_photo  # noqa: E402
from imgcluster.superpixels import superpixels  # noqa: E402

DRAWN = [Catalogue(seed=seed, num_models=20, min_imgs=9, max_imgs=9, first_model=9_200_000_101, first_style=style)
         for seed, style in ((101, 6), (102, 8))]


def for_tuning(name):
    """Tell whether a photo, by its file name without suffix, belongs to the half that may be tuned on."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0


def tuning_photos(folders):
    """Yield (photo, true mask) of the tuning half of each folder, and of drawn products."""
    for folder in folders:
        for path in sorted((folder / "masks").rglob("*.png")):
            if for_tuning(path.stem):
                stem = (folder / "images" / path.relative_to(folder / "masks")).with_suffix("")
                yield (read_image(next(stem.parent.glob(f"{stem.name}.*"))),
                       cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127)
    for catalogue in DRAWN:
        for photo in plan_photos(catalogue):
            if photo.background in ("textured", "cluttered"):
                image, mask = render_photo(photo)
                yield image, mask > 127


def prepare(image, truth):
    """Return (small Lab picture, its superpixels, their looks, true mask) of a photo; None on a plain ground."""
    lab, rows, columns = cutout.small_picture(image)[1:]
    inner = np.ascontiguousarray(lab[rows, columns])
    if cutout.plain_cut(inner) is not None:
        return None
    small = cv2.resize(truth.astype(np.uint8) * 255, lab.shape[1::-1], interpolation=cv2.INTER_AREA) > 127
    regions = superpixels(inner)
    return inner, regions, saliency.appearance(inner, regions), np.ascontiguousarray(small[rows, columns])


def fit_odds(evidence, photos):
    """Return logistic coefficients, the constant last, that tell product from background superpixels by `evidence`."""
    inputs = np.concatenate(evidence)
    target = np.concatenate([regions.mean(truth.astype(float)) > 0.5 for _, regions, _, truth in photos])
    weights = np.concatenate([regions.share for _, regions, _, _ in photos]) * 200
    scale = inputs.std(axis=0) + 1e-9
    model = LogisticRegression(max_iter=1000).fit(inputs / scale, target, sample_weight=weights)
    return np.append(model.coef_[0] / scale, model.intercept_)


def fit_choice(odds, photos):
    """Return the coefficients of `cutout.cut_qualities` that tell the better of a photo's candidates."""
    inputs, targets = [], []
    for (lab, regions, _, truth), values in zip(photos, odds, strict=True):
        pixels = values.astype(np.float32)[regions.labels]
        cuts = cutout.candidate_cuts(lab, pixels)
        qualities = np.array([cutout.cut_qualities(lab, pixels, cut) for cut in cuts])
        overlaps = np.array([cutout.overlap(cut, truth) for cut in cuts])
        inputs.append(qualities - qualities.mean(axis=0))
        targets.append(overlaps - overlaps.mean())
    inputs = np.concatenate(inputs)
    scale = inputs.std(axis=0) + 1e-9
    return Ridge(alpha=5, fit_intercept=False).fit(inputs / scale, np.concatenate(targets)).coef_ / scale


def main(argv=None):
    """Run the tool; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    photos = [photo for pair in tuning_photos(parser.parse_args(argv).folders) if (photo := prepare(*pair))]
    evidence = [saliency.frame_evidence(lab, regions, look) for lab, regions, look, _ in photos]
    frame_weights = fit_odds(evidence, photos)
    evidence = [saliency.context_evidence(regions, look, saliency.joined(values, frame_weights))
                for (_, regions, look, _), values in zip(photos, evidence, strict=True)]
    context_weights = fit_odds(evidence, photos)
    choice = fit_choice([saliency.joined(values, context_weights) for values in evidence], photos)
    for name, weights in (("FRAME_WEIGHTS", frame_weights), ("CONTEXT_WEIGHTS", context_weights),
                          ("QUALITY_WEIGHTS", choice)):
        print(f"{name} = np.array({np.round(weights, 3).tolist()})")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
