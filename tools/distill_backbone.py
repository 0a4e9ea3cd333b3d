#!/usr/bin/env python
"""Teach a small network to reproduce a large network's features on your own photos; no labels needed.

Reads:  photo folders, teacher weights
Writes: the student's weights (float16, .weights.h5) and how its maps are pooled, to be named in WEIGHTS with BACKBONE
        set to the student; beside them a folder .state with what a killed run goes on from (remove it when done), and
        a list of the photos held out
Runtime: as long as --hours says; a useful network takes about a million crops (minutes on a GPU, hours on a CPU)

Example: an InceptionV3 made much faster that was fine-tuned with KEEP_PRETRAINED = False (else its file holds two
networks, and a student can learn the maps of one)
    python tools/distill_backbone.py --photos img/my_shop --teacher data/my_shop/network.keras \\
        --student MobileNetV3Small --hours 8 --out weights/my_shop.weights.h5
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.running.cli import run  # noqa: E402
from imgcluster.running.console import quiet_start  # noqa: E402

DEFAULT_HOURS = 8.0


def parse_arguments(argv):
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", nargs="+", required=True, metavar="FOLDER", help="photos, searched recursively")
    parser.add_argument("--teacher", action="append", required=True, metavar="NAME[:WEIGHTS]",
                        help="network to imitate: a name such as InceptionV3 (ImageNet weights), NAME:FILE.weights.h5, "
                             "or a network.keras that holds one network; several are imitated jointly")
    parser.add_argument("--student", default="MobileNetV3Small", metavar="NAME", help="small network to teach")
    parser.add_argument("--start", metavar="WEIGHTS", help="weights to begin from: a file of the student's, such as "
                        "the one in weights/ for a MobileNetV3Small, or \"imagenet\" (default: random ones)")
    parser.add_argument("--out", required=True, metavar="FILE.weights.h5", help="where to write the student's weights")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, help=f"how long to teach (default: {DEFAULT_HOURS:g})")
    length.add_argument("--steps", type=int, help="how long to teach, in batches")
    parser.add_argument("--sizes", type=int, nargs="+", default=[96, 128], metavar="PIXELS",
                        help="sides of the student's pictures, one after the other; the teacher sees the largest")
    parser.add_argument("--batch-size", type=int, default=48)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--hold-out", type=float, default=0.0, metavar="SHARE",
                        help="share of each folder's photos, chosen by name, that is not used (for measuring on)")
    parser.add_argument("--save-minutes", type=float, default=5.0, help="time between two saves")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def main(argv=None):
    """Run the tool; returns its exit code."""
    arguments = parse_arguments(argv)
    # Keras takes seconds to import; --help and misspelt arguments need not wait for it.
    with quiet_start():
        from imgcluster.distilling import distill
    from imgcluster.datafiles.artefacts import write_lines
    from imgcluster.progress import progress

    hours = DEFAULT_HOURS if arguments.hours is None and arguments.steps is None else arguments.hours
    recipe = distill.Recipe(student=arguments.student, start=arguments.start,
                            sizes=tuple(sorted(arguments.sizes)), hours=hours,
                            steps=arguments.steps, batch_size=arguments.batch_size,
                            learning_rate=arguments.learning_rate, seed=arguments.seed)
    distill.check_recipe(recipe, out=arguments.out, hold_out=arguments.hold_out)
    stem = arguments.out.removesuffix(".weights.h5")
    photos, held_out = distill.find_photos(arguments.photos, hold_out=arguments.hold_out)
    teachers = [distill.load_teacher(teacher, size=max(recipe.sizes)) for teacher in arguments.teacher]
    print(f"{recipe.student} learns from {' and '.join(arguments.teacher)} on {len(photos)} photos; "
          f"{len(held_out)} held out", flush=True)
    if held_out:
        write_lines(f"{stem}.held_out.txt", held_out)
    distillation = distill.Distillation(recipe, teachers, photos, f"{stem}.state")
    position, total = distillation.position()
    unit = "s" if recipe.steps is None else "step"
    with progress("distil", total, unit, initial=position) as bar:
        distillation.run(Path(arguments.out), bar=bar, save_seconds=60 * arguments.save_minutes)
    size = max(recipe.sizes)
    print(f"wrote {arguments.out} after {distillation.step} steps; to use it: BACKBONE = {recipe.student!r}, "
          f"WEIGHTS = {arguments.out!r}, INPUT_SIZE = {size}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
