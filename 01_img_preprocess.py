#!/usr/bin/env python3
"""Step 01: read every photo, find its product, crop it or remove its background, find copies.

Reads:   RAW_IMG_DIR (never changed)
Writes:  IMG_DIR (same relative paths), photos.csv, skipped.csv, duplicates.csv, img_paths.txt and labels_true of the
         photos that can be used; preprocess.jsonl, by which photos are not done again; DATA_DIR/masks/*.png with
         SAVE_MASKS
Runtime: about 15 photos a second and core where every product is cut out, two to three times that by default;
         photos that did not change are not done again
"""
import sys

from imgcluster.configuring.step_options import filter_options, label_options, recipe_options
from imgcluster.datafiles.photo_rows import write_photo_rows
from imgcluster.photos.labels import labels_where_there_are
from imgcluster.photos.listing import list_files
from imgcluster.photos.photo_audit import warnings
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_dataset, skipped_before, skipped_in_words
from imgcluster.progress import progress
from imgcluster.running.ahead import require_ahead
from imgcluster.running.cli import Step, run
from imgcluster.wording import counted


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    require_ahead(settings)
    folders = Folders(raw=settings.folder("RAW_IMG_DIR"), img=settings.folder("IMG_DIR"), masks=step.data_dir / "masks")
    listing = list_files(folders.raw)
    step.claim()
    before = skipped_before(step.data_dir)
    step.begin()
    done = preprocess_dataset(
        step.data_dir, folders, listing, Recipe(**recipe_options(settings)), filters=filter_options(settings),
        remove_duplicates=settings.REMOVE_DUPLICATES, workers=settings.workers, progress=progress)
    for said in skipped_in_words(done.skipped, before, table=step.show(step.data_dir / "skipped.csv")):
        step.warn(said)
    if done.replaced and (step.data_dir / "corrections.csv").exists():
        step.warn(f"{counted(len(done.replaced), 'photo')}, the first {min(done.replaced)}: another file than before "
                  "under the same name. In a cluster that you corrected it stays where it was: look at it")
    # Photos without labels are no reason to stop here, as they are for step 00.
    labels = labels_where_there_are(done.kept, needed=(step.data_dir / "labels_true.txt").exists(), warn=step.warn,
                                    left_out=set(listing.photos) - set(done.kept), **label_options(settings))
    write_photo_rows(step.data_dir, done.kept, labels, replaced=done.replaced)
    done.remove_gone(folders)
    done.write_tables(step.data_dir)
    step.record(["img_paths.txt", "photos.csv", "skipped.csv", "duplicates.csv"])
    plain = sum(entry["plain"] for entry in done.usable)
    doubtful = sum(bool(warnings(entry)) for entry in done.usable)
    copies = counted(len(done.copies), "copy", "copies")
    step.say(f"{counted(len(done.kept), 'photo')} usable, {len(done.skipped)} skipped, {copies} of another photo"
             f"{' left out' if settings.REMOVE_DUPLICATES else ''}; {plain} on a plain background; "
             f"{doubtful} with warnings (photos.csv)")
    among = ", copies among them," if done.copies else ""
    step.finish(f"{counted(len(done.usable), 'photo')}{among} to {step.show(folders.img)}",
                then="02_finetune_network.py" if settings.learns else "03_extract_features.py")


if __name__ == "__main__":
    sys.exit(run(main))
