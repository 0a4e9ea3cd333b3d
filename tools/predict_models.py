#!/usr/bin/env python
"""Name the likeliest models of new photos, with the network that step 02 trained.

Reads:  network.keras and classes.txt of TRAIN_DATASET (steps 00 to 02); a folder of photos, as they are
Writes: a CSV: file, model_1, p_1, ... model_5, p_5, the likeliest model first; a photo that cannot be read, or most of
        which is missing, has an empty row and is named on the screen

Only models the network was trained on can be named (classes.txt); for others use steps 03 and 04. Which were held out
of training for good (TRAIN_ON_ALL = False) is said at the end.

Example:
    python tools/predict_models.py --photos new_photos --out predictions.csv --set TRAIN_DATASET=shoes
"""
import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.configuring.config_file import load_settings  # noqa: E402
from imgcluster.configuring.step_options import picture_options  # noqa: E402
from imgcluster.csv_tables import write_table  # noqa: E402
from imgcluster.datafiles.artefacts import read_lines, require  # noqa: E402
from imgcluster.datafiles.records import read_record  # noqa: E402
from imgcluster.errors import UserError  # noqa: E402
from imgcluster.photos.images import read_bytes  # noqa: E402
from imgcluster.photos.listing import list_files  # noqa: E402
from imgcluster.photos.photo_audit import refusal_of_file  # noqa: E402
from imgcluster.progress import progress  # noqa: E402
from imgcluster.running.cli import add_settings_arguments, quiet_start, run  # noqa: E402


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
    img_paths, refused, _ = list_files(options.photos)
    with quiet_start():
        from imgcluster.network.ensemble import average_views
        from imgcluster.network.saved import load_classifier
        from imgcluster.training.prediction import likeliest_models, predict_files
    classifier = average_views(load_classifier(path), settings.ZOOM_AVERAGING, probabilities=True)
    classes = read_lines(data_dir / "classes.txt")
    with progress("photos", len(img_paths)) as bar:
        probabilities, errors = predict_files(classifier, options.photos, img_paths, bar=bar,
                                              batch_size=settings.BATCH_SIZE, flip_averaging=settings.FLIP_AVERAGING,
                                              **picture_options(settings))
    for row, name in enumerate(img_paths):
        if row not in errors and (reason := refusal_of_file(read_bytes(options.photos / name))):
            errors[row], probabilities[row] = reason, np.nan
    for name, reason in [*refused, *((img_paths[row], errors[row]) for row in sorted(errors))]:
        print(f"warning: {name}: {reason}", file=sys.stderr)
    write_table(options.out, likeliest_models(img_paths, probabilities, classes))
    print(f"wrote {options.out}: {len(img_paths) - len(errors)} photos, {len(classes)} models")
    held = [name for name in read_record(data_dir, "02").get("holdout_models", []) if name not in classes]
    if held:
        print(f"held out of training, so never named: {', '.join(held[:5])}{', ...' if held[5:] else ''} "
              "(TRAIN_ON_ALL = True trains on them too)")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
