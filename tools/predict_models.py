#!/usr/bin/env python
"""Name the likeliest models of new photos, with the network that step 02 trained.

Reads:  network.keras and classes.txt of TRAIN_DATASET (steps 00 to 02); a folder of photos, which are prepared as step
        01 prepares photos under the same settings, as the network learnt from such
Writes: a CSV: file, model_1, p_1, ... model_5, p_5, the likeliest model first; a photo that cannot be read, or most of
        which is missing, has an empty row and is named on the screen

Only models the network was trained on can be named (classes.txt); for others use steps 03 and 04. Which were held out
of training for good (TRAIN_ON_ALL = False) is said at the end.

Example:
    python tools/predict_models.py --photos new_photos --out predictions.csv --set TRAIN_DATASET=shoes
"""
import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.configuring.config_file import load_settings  # noqa: E402
from imgcluster.configuring.step_options import picture_options, recipe_options  # noqa: E402
from imgcluster.csv_tables import write_table  # noqa: E402
from imgcluster.datafiles.artefacts import read_lines, require  # noqa: E402
from imgcluster.datafiles.records import read_record  # noqa: E402
from imgcluster.errors import UserError  # noqa: E402
from imgcluster.photos.listing import list_files  # noqa: E402
from imgcluster.photos.photo_tables import LEDGER  # noqa: E402
from imgcluster.photos.prepare import Recipe  # noqa: E402
from imgcluster.photos.preprocess import Folders, preprocess_folder, sort_out  # noqa: E402
from imgcluster.progress import progress  # noqa: E402
from imgcluster.running.cli import add_settings_arguments, run  # noqa: E402
from imgcluster.running.console import quiet_start  # noqa: E402


def parse(argv):
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True, type=Path, metavar="FOLDER", help="photos, searched recursively")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.csv", help="the table to write")
    add_settings_arguments(parser)
    return parser.parse_args(argv)


def main(argv=None):
    """Run the tool; returns its exit code."""
    options = parse(argv)
    settings = load_settings(options.config, options.set, root=ROOT)
    if settings.train_dataset is None or not settings.learns_labels:
        raise UserError(f"TRAIN_DATASET = {settings.TRAIN_DATASET!r}: there is no trained network; name the dataset "
                        "that step 02 trained on")
    data_dir = settings.for_dataset(settings.train_dataset).folder("DATA_DIR")
    path = require(data_dir / "network.keras")
    listing = list_files(options.photos)
    with quiet_start():
        from imgcluster.network.ensemble import average_views
        from imgcluster.network.saved import load_classifier
        from imgcluster.training.prediction import likeliest_models, predict_files
    classifier = average_views(load_classifier(path), settings.ZOOM_AVERAGING, probabilities=True)
    classes = read_lines(data_dir / "classes.txt")
    probabilities = np.full((len(listing.photos), len(classes)), np.nan)
    with tempfile.TemporaryDirectory() as folder:
        prepared, skipped = prepare(listing, Folders(options.photos, Path(folder) / "img", Path(folder) / "masks"),
                                    settings)
        if prepared:
            with progress("predictions", len(prepared)) as bar:
                known, _ = predict_files(classifier, Path(folder) / "img", prepared, bar=bar,
                                         batch_size=settings.BATCH_SIZE, flip_averaging=settings.FLIP_AVERAGING,
                                         **picture_options(settings))
            probabilities[np.isin(listing.photos, prepared)] = known
    for name, reason in [*listing.refused, *skipped]:
        print(f"warning: {name}: {reason}", file=sys.stderr)
    write_table(options.out, likeliest_models(listing.photos, probabilities, classes))
    print(f"wrote {options.out}: {len(prepared)} photos, {len(classes)} models")
    held = [name for name in read_record(data_dir, "02").get("holdout_models", []) if name not in classes]
    if held:
        print(f"held out of training, so never named: {', '.join(held[:5])}{', ...' if held[5:] else ''} "
              "(TRAIN_ON_ALL = True trains on them too)")
    return 0


def prepare(listing, folders, settings):
    """Write the photos of a `listing.Listing` as step 01 would; return (those that can be used, in the same order,
    [(file, reason)] of the others)."""
    recipe = replace(Recipe(**recipe_options(settings)), save_masks=False)
    entries = preprocess_folder(folders, listing.photos, recipe, ledger=folders.img.parent / LEDGER,
                                workers=settings.workers, progress=progress)
    usable, skipped = sort_out(entries, {})
    return [entry["file"] for entry in usable], skipped


if __name__ == "__main__":
    sys.exit(run(main))
