#!/usr/bin/env python
"""Fit the pooling of a pretrained network to your own photos, so that it tells products apart better; no labels needed.

Reads:  photo folders, the network's weights
Writes: a weights file (float16, .weights.h5) with the same weights and how their maps are pooled, to be named in
        WEIGHTS; every later step, fine-tuning too, then works with it
Runtime: on two cores a minute or two for MobileNetV2, about six for InceptionV3

What its maps at three depths tell is joined, the middle of the picture counting most, and what changes between views
of one photo (other crops, light, angle, sharpness) counts less. Run it between steps 01 and 03, on the photos in img/:
those to be clustered and those to train on.

Example:
    python tools/fit_pooling.py --photos img/my_shop --backbone InceptionV3 --out weights/my_shop.weights.h5
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.cli import quiet_start, run  # noqa: E402

# Looks, and photos, below which the result may be worse than the plain average.
FEW_LOOKS, FEW_PHOTOS = 512, 50


def parse_arguments(argv):
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", nargs="+", required=True, metavar="FOLDER", help="photos, searched recursively")
    parser.add_argument("--backbone", required=True, metavar="NAME", help="network, as for the setting BACKBONE")
    parser.add_argument("--weights", default="imagenet", metavar="FILE", help="its weights file (default: imagenet)")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="side of its pictures (default: the network's own)")
    parser.add_argument("--count", type=int, default=1024,
                        help="photos looked at, in four views each; where there are fewer, each several times, which "
                             "helps too (default: 1024)")
    parser.add_argument("--hold-out", type=float, default=0.0, metavar="SHARE",
                        help="share of each folder's photos, chosen by name, that is not used (for measuring on)")
    parser.add_argument("--out", required=True, metavar="FILE.weights.h5", help="where to write the weights")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def main(argv=None):
    """Run the tool; returns its exit code."""
    arguments = parse_arguments(argv)
    # Keras takes seconds to import; --help and misspelt arguments need not wait for it.
    with quiet_start():
        from imgcluster.backbones import build_backbone, check_backbone
        from imgcluster.crops import CropStream
        from imgcluster.distill import argument_problems, find_photos
        from imgcluster.errors import UserError
        from imgcluster.pooling_fit import fit_to_views, write_half_precision
        from imgcluster.progress import progress

    check_backbone(arguments.backbone)
    problems = argument_problems(out=arguments.out, hold_out=arguments.hold_out)
    if arguments.count < 2:
        problems.append(f"--count {arguments.count}: at least 2, better a thousand")
    if problems:
        raise UserError("\n  ".join(problems))
    photos, held_out = find_photos(arguments.photos, hold_out=arguments.hold_out)
    if arguments.count < FEW_LOOKS or len(photos) < FEW_PHOTOS:
        print(f"warning: {arguments.count} looks at {len(photos)} photos are few: the features may tell less than by "
              f"the plain average; better --count {FEW_LOOKS} or more, {FEW_PHOTOS} photos or more", file=sys.stderr)
    embedding = build_backbone(arguments.backbone, weights=arguments.weights, input_size=arguments.size, pooling="avg")
    size = embedding.input_shape[1]
    print(f"{arguments.backbone} at {size} px looks at {len(photos)} photos; {len(held_out)} held out", flush=True)
    views = CropStream(photos, size=size, seed=arguments.seed).views(arguments.count)
    statistics = fit_to_views(embedding, iter(progress(views, description="looking", total=arguments.count)))
    write_half_precision(embedding.get_layer("backbone"), arguments.out, statistics)
    print(f"wrote {arguments.out}; to use it: BACKBONE = {arguments.backbone!r}, WEIGHTS = {arguments.out!r}, "
          f"INPUT_SIZE = {size} in config.py; next: step 02 where you train, else 03")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
