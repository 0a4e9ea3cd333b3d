#!/usr/bin/env python3
"""How well and how fast search finds products: one Markdown table for each.

    python benchmarks/search.py retrieval --work FOLDER --split PHOTOS SPLIT.csv --rest PHOTOS \\
        --network MobileNetV2:FILE.weights.h5 --network MobileNet_0.75:FILE.weights.h5 --background keep default white
    python benchmarks/search.py speed --like FEATURES.npy
    python benchmarks/search.py time PHOTO --set BACKBONE=bundled

retrieval: of the folder after --split, the photos whose line of SPLIT.csv (columns file, split) says "test" are
searched among those that say "train"; of one after --rest each photo is searched among the others, copies of it (as
step 01 finds them) left out. Sub-folders are the products where there are any, else the number in front of each name.
A network is NAME:WEIGHTS or a network.keras of step 02; --only P1,P2 keeps to some products, such as those that network
never saw. Things of another kind are the photos of the other folders, and 150 to 300 of those of each folder after
--others. Two networks and more are also put side by side (features joined). Features are kept in --work.
time: what 07_search.py and 08_app.py take for one photo, and where it goes, on the dataset of config.py and --set.
speed: a catalogue drawn around 2,000 centres, and after --like one of real photos, mixed in pairs; all sides take turns
within one run, and ratios are of medians.
"""
import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.running.cli import run  # noqa: E402


def main(argv=None):
    options = parse(argv)
    if options.what == "speed":
        from benchmarks.search_speed import speed_tables
        speed_tables(options)
    elif options.what == "time":
        from benchmarks.search_time import time_tables
        time_tables(options)
    else:
        from benchmarks.search_retrieval import retrieval_tables
        retrieval_tables(options)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="what", required=True)
    retrieval = kinds.add_parser("retrieval", help="top-1, 3, 5 and mean average precision on real photos")
    retrieval.add_argument("--work", type=Path, required=True, help="folder for features and prepared photos")
    retrieval.add_argument("--split", nargs=2, type=Path, action="append", default=[], metavar=("PHOTOS", "CSV"))
    retrieval.add_argument("--rest", type=Path, action="append", default=[], metavar="PHOTOS")
    retrieval.add_argument("--others", type=Path, nargs="+", default=[], metavar="PHOTOS")
    retrieval.add_argument("--network", action="append", required=True, metavar="NAME:WEIGHTS or FILE.keras")
    retrieval.add_argument("--background", nargs="+", default=["default"], choices=("keep", "default", "white"),
                           help="what step 01 does: nothing (keep), its default (crop where the ground is plain), "
                           "background removed (white)")
    retrieval.add_argument("--only", help="products to keep to, with commas between them")
    retrieval.add_argument("--workers", type=int, default=2)
    speed = kinds.add_parser("speed", help="seconds against a bare matrix product, faiss and scikit-learn")
    speed.add_argument("--rows", type=int, default=200_000)
    speed.add_argument("--columns", type=int, default=1280)
    speed.add_argument("--rounds", type=int, default=9)
    speed.add_argument("--like", type=Path, nargs="*", default=[], metavar="FEATURES.npy", help="features of real "
                       "photos, to mix a second catalogue from")
    speed.add_argument("--exact", action="store_true", help="without the approximate index, which takes minutes")
    answer = kinds.add_parser("time", help="seconds from a photo to its answer, by stage")
    answer.add_argument("photo", type=Path)
    answer.add_argument("--megapixels", type=float, default=12, help="size it is enlarged to (default: 12)")
    answer.add_argument("--rounds", type=int, default=5)
    answer.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="settings for both scripts")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run(main))
