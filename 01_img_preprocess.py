#!/usr/bin/env python3
"""Step 01: read every photo, find its product, crop it or remove its background, find copies.

Reads:   RAW_IMG_DIR (never changed)
Writes:  IMG_DIR (same relative paths), photos.csv, skipped.csv, duplicates.csv, img_paths.txt and labels_true of the
         photos that can be used; DATA_DIR/masks/*.png with SAVE_MASKS
Runtime: about 15 photos a second and core where every product is cut out, many times that by default;
         photos that did not change are not done again
"""
import sys

import pandas as pd

from imgcluster.artefacts import write_table
from imgcluster.cli import Step, run
from imgcluster.errors import UserError
from imgcluster.images import scan_images
from imgcluster.labels import make_labels
from imgcluster.photo_audit import warnings
from imgcluster.photo_rows import write_photo_rows
from imgcluster.photo_tables import write_photo_tables
from imgcluster.preprocess import Folders, Recipe, preprocess_folder, sort_out
from imgcluster.progress import progress


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    folders = Folders(raw=settings.folder("RAW_IMG_DIR"), img=settings.folder("IMG_DIR"), masks=step.data_dir / "masks")
    found, refused = scan_images(folders.raw)
    entries = preprocess_folder(folders, found, Recipe(**settings.recipe_options()), workers=settings.workers,
                                ledger=step.data_dir / "preprocess.jsonl",
                                progress=lambda total, done: progress(description="photos", total=total, initial=done))
    usable, skipped = sort_out(entries, settings.filter_options())
    skipped = sorted([*refused, *skipped])
    write_table(step.data_dir / "skipped.csv", pd.DataFrame(skipped, columns=["file", "reason"]))
    for name, reason in skipped[:5]:
        step.warn(f"{name}: {reason}")
    if not usable:
        raise UserError(f"none of the {len(found)} photos in {folders.raw} can be used; reasons in "
                        f"{step.data_dir / 'skipped.csv'}")
    copies = write_photo_tables(step.data_dir, usable)
    kept = [entry["file"] for entry in usable if not settings.REMOVE_DUPLICATES or entry["file"] not in copies]
    write_photo_rows(step.data_dir, kept, find_labels(step, kept))
    step.record(["img_paths.txt", "photos.csv", "skipped.csv", "duplicates.csv"])
    plain, doubtful = sum(entry["plain"] for entry in usable), sum(bool(warnings(entry)) for entry in usable)
    step.say(f"{len(kept)} photos usable, {len(skipped)} skipped, {len(copies)} copies of another photo"
             f"{' left out' if settings.REMOVE_DUPLICATES else ''}; {plain} on a plain background; "
             f"{doubtful} with warnings (photos.csv)")
    step.finish(f"{len(usable)} photos to {step.show(folders.img)}",
                then="02_finetune_network.py" if settings.TRAIN_DATASET else "03_extract_features.py")


def find_labels(step, img_paths):
    """Return the true labels, or None. Where there are none it is for step 00 to stop: masks and photos need none."""
    try:
        return make_labels(img_paths, **step.settings.label_options())
    except UserError as error:
        if (step.data_dir / "labels_true.txt").exists():
            raise
        step.warn(str(error))
        return None


if __name__ == "__main__":
    sys.exit(run(main))
