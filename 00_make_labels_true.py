#!/usr/bin/env python3
"""Step 00: list the photos and find the true product model of each.

Reads:   RAW_IMG_DIR (for the dataset "sample", draws it on first use)
Writes:  DATA_DIR/img_paths.txt, labels_true.txt .npy .tsv (no labels with LABELS_FROM = None)
Runtime: a second; drawing the sample about 20 s
"""
import sys

from imgcluster.configuring.step_options import label_options
from imgcluster.datafiles.artefacts import labels_files
from imgcluster.datafiles.feature_record import FEATURES, features_record
from imgcluster.datafiles.photo_rows import usable_of, write_photo_rows
from imgcluster.errors import UserError
from imgcluster.photos.labels import describe_labels, doubt_of_labels, lines_of_no_photo, make_labels
from imgcluster.photos.listing import list_files, passed_over
from imgcluster.running.ahead import require_ahead
from imgcluster.running.cli import Step, run
from imgcluster.sample import SAMPLES, draw_sample
from imgcluster.wording import counted


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    require_ahead(settings)
    folder = settings.folder("RAW_IMG_DIR")
    if settings.DATASET in SAMPLES:
        draw_sample(SAMPLES[settings.DATASET], folder, workers=settings.workers)
    if not folder.exists() and (step.data_dir / FEATURES).exists() and not features_record(step.data_dir):
        raise UserError(f"there is no photo folder {step.show(folder)}, but {step.show(step.data_dir / FEATURES)}, of "
                        f"your own: {step.command('run_all.py', '--from', '04')} goes on from it")
    found, refused, others = list_files(folder)
    step.claim()
    for name, reason in refused:
        step.warn(f"{name}: {reason}")
    options = label_options(settings)
    if told := passed_over(folder, others, besides=[options["csv_path"]] if options["csv_path"] else []):
        step.say(told)
    img_paths = usable_of(found, step.data_dir, duplicates=settings.REMOVE_DUPLICATES)
    if len(img_paths) < len(found):
        step.say(f"left out, as step 01 found: {len(found) - len(img_paths)} of {len(found)} photos (skipped.csv"
                 f"{', duplicates.csv' if settings.REMOVE_DUPLICATES else ''})")
    labels = make_labels(img_paths, **options, left_out=set(found) - set(img_paths), doubt=step.warn)
    if labels and options["csv_path"] and (strange := lines_of_no_photo(found, options["csv_path"])):
        step.warn(strange)
    write_photo_rows(step.data_dir, img_paths, labels)
    step.say(describe_labels(labels) if labels else
             f"{counted(len(img_paths), 'photo')}, no true labels (LABELS_FROM = None)")
    doubtful = doubt_of_labels(labels, options["labels_from"]) if labels else ""
    if doubtful:
        step.warn(doubtful)
    outputs = ["img_paths.txt", *(labels_files("true") if labels else [])]
    step.record(outputs)
    step.finish(f"{', '.join(outputs[:2])} to {step.show(step.data_dir)}", then="01_img_preprocess.py")


if __name__ == "__main__":
    sys.exit(run(main))
