"""Step 01 for a whole folder: every photo read, prepared and written, in several processes.

Each finished photo is noted in a ledger, so that a killed run goes on where it was, and a photo that did not change is
not done again. A photo that cannot be read, or that brings its process down, is noted with the reason.
"""
import contextlib
import os
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath, PurePosixPath

import cv2
import numpy as np
import pandas as pd

from imgcluster.csv_tables import read_table, write_table
from imgcluster.errors import UserError
from imgcluster.files import fitting, remove_leftovers
from imgcluster.photos.agreements import Agreements
from imgcluster.photos.completeness import missing_rows
from imgcluster.photos.decoding import ImageError, decode_image
from imgcluster.photos.duplicates import file_digest, photo_signature
from imgcluster.photos.images import read_bytes, write_image
from imgcluster.photos.listing import list_files
from imgcluster.photos.photo_audit import audit_photo, refusal
from imgcluster.photos.photo_tables import (
    LEDGER,
    gone_photos,
    ledger_line,
    photo_tables,
    read_ledger,
    replaced_photos,
    write_ledger,
)
from imgcluster.photos.prepare import prepare_photo, product_entry
from imgcluster.photos.processes import in_processes
from imgcluster.photos.spelling import folded
from imgcluster.wording import counted

# How far pairs of photos agree, by which photos that did not change are not compared again.
AGREEMENTS = "agreements.npz"
# Of what is done to a photo and noted of it; raised whenever that changes, so that older entries are made anew.
VERSION = 10
# Photos that cannot be used of which warnings say why.
SHOWN = 5


@dataclass(frozen=True)
class Folders:
    """Where photos are read (`raw`) and written (`img`, and `masks`)."""

    raw: Path
    img: Path
    masks: Path


@dataclass(frozen=True)
class Outcome:
    """What step 01 made of a dataset. kept: photos to go on with, sorted; usable: entries of all that could be used;
    skipped: (file, reason) of the others; copies: files that are copies of another photo; replaced: files that were
    others before; gone: files that were there before; tables: {file name: DataFrame} of skipped.csv, photos.csv and
    duplicates.csv."""

    kept: list
    usable: list
    skipped: list
    copies: set
    replaced: set
    gone: set
    tables: dict

    def remove_gone(self, folders):
        """Remove what was written of photos that have gone, and masks under names that they have no more; before the
        tables, by which those are known."""
        there = [*(entry["file"] for entry in self.usable), *(name for name, _ in self.skipped)]
        masks = {mask for name in (*there, *self.gone) for mask in _names_of_mask(name)} - {*mask_names(there).values()}
        for path in (*(folders.img / name for name in self.gone), *(folders.masks / name for name in masks)):
            if path.is_file():  # not where a folder has its name now
                path.unlink()

    def write_tables(self, folder):
        """Write the tables. They change after the rows or with them: by photos.csv replaced photos are known."""
        for name, table in self.tables.items():
            write_table(Path(folder) / name, table)


def preprocess_dataset(data_dir, folders, listing, recipe, *, filters, remove_duplicates, workers, progress):
    """Do step 01's work for all photos of `folders.raw` that it has not seen; return the Outcome.

    Writes the photos; the tables about them are the caller's to write (`Outcome.write_tables`). listing: the
    `listing.Listing` of `folders.raw`. filters: options of `photo_audit.refusal`; remove_duplicates: keep no
    copies; workers, progress: as in `preprocess_folder`. Raises UserError where no photo can be used, and names all
    reasons in skipped.csv.
    """
    data_dir = Path(data_dir)
    entries = preprocess_folder(folders, listing.photos, recipe, ledger=data_dir / LEDGER, workers=workers,
                                progress=progress)
    usable, skipped = sort_out(entries, filters)
    skipped = sorted([*listing.refused, *skipped])
    reasons = pd.DataFrame(skipped, columns=["file", "reason"])
    if not usable:
        write_table(data_dir / "skipped.csv", reasons)
        raise UserError(f"none of the {len(listing.photos)} photos in {folders.raw} can be used (the first, "
                        f"{skipped[0][0]}: {skipped[0][1]}); reasons of all in {data_dir / 'skipped.csv'}")
    agreements = Agreements.read(data_dir / AGREEMENTS, workers=workers, progress=progress)
    tables = {"skipped.csv": reasons, **photo_tables(usable, agreements)}
    agreements.write(data_dir / AGREEMENTS)
    copies = set(tables["duplicates.csv"]["file"])
    kept = [entry["file"] for entry in usable if not remove_duplicates or entry["file"] not in copies]
    return Outcome(kept, usable, skipped, copies, replaced_photos(data_dir, usable),
                   gone_photos(data_dir, listing.photos), tables)


def skipped_before(data_dir):
    """Return [(file, reason)] of the photos that step 01 could not use last time."""
    with contextlib.suppress(UserError, KeyError):  # not the table that it was
        table = read_table(Path(data_dir) / "skipped.csv")
        return [*zip(table["file"], table["reason"])]
    return []


def skipped_in_words(skipped, before, *, table):
    """Yield what to warn of photos that cannot be used: the first of them one by one, those of last time all together.

    skipped: [(file, reason)]; before: `skipped_before`; table: the file that lists all, as it is shown.
    """
    known = set(before)
    new, old = ([each for each in skipped if (each in known) == there] for there in (False, True))
    yield from (f"{name}: {reason}" for name, reason in new[:SHOWN])
    if new[SHOWN:]:
        yield f"{len(new) - SHOWN} more cannot be used: {table}"
    if old:
        yield f"{counted(len(old), 'photo')} that cannot be used, as before: {table}"


def preprocess_folder(folders, img_paths, recipe, *, ledger, workers, progress):
    """Preprocess every photo; return one entry per photo, in order.

    An entry is a dict with "file" and either "reason" (not usable) or what `audit_photo` tells, "share" (of the frame,
    taken by the product), "rim" (share of the frame's outermost pixels that it covers), "num_objects", "plain" and
    "plausible" (see `background.Cutout`), "signature", and "written", the size in bytes of what was written. ledger:
    path of the file that keeps the entries. progress: `progress.progress`.
    """
    entries, tasks = _split(folders, img_paths, recipe, ledger)
    # From here on photos may be there that nothing vouches for: older entries of what is done anew are struck out.
    write_ledger(ledger, entries.values())
    written = [path for _, name, mask_name, _ in tasks for path in ((folders.img, name), (folders.masks, mask_name))]
    for root, name in written:
        _make_way(root, name)
    for folder in {(root / name).parent for root, name in written}:
        remove_leftovers(folder)
    with progress("photos", len(img_paths), initial=len(entries)) as bar, _open_to_append(ledger) as file:
        for task, result in in_processes(preprocess_photo, tasks, workers):
            _, name, *_ = task
            entries[name] = {"file": name, "stamp": tasks[task], **result}
            file.write(ledger_line(entries[name]))
            file.flush()
            bar.update(1)
    ordered = [entries[name] for name in img_paths]
    write_ledger(ledger, ordered)
    return ordered


@contextlib.contextmanager
def _open_to_append(path):
    """Open a text file for what is to come after the rest of it; an OSError, as on a full disk, says which file it is
    of."""
    try:
        with path.open("a", encoding="utf-8") as file:
            yield file
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _split(folders, img_paths, recipe, ledger):
    """Return ({photo: entry} of what the ledger has done already, {task: stamp} of what is to be done)."""
    masks, known, written_to = mask_names(img_paths), read_ledger(ledger), _seen_from(ledger.parent, folders.img)
    entries, tasks = {}, {}
    for name in img_paths:
        task = (folders, name, masks[name], recipe)
        stamp = _stamp(task, written_to)
        old = known.get(name)
        # What could not be read may be now: for want of a permission, memory or a drive, no file changes.
        if old and old["stamp"] == stamp and "reason" not in old and _is_written(task, old):
            entries[name] = old | {"written": _size(folders.img / name)}
        else:
            tasks[task] = stamp
    return entries, tasks


def _make_way(root, name):
    """Remove what was written of earlier photos where a photo is now a folder, or a folder is now a photo."""
    for folder in PurePosixPath(name).parents[:-1]:
        if (root / folder).is_file():
            (root / folder).unlink()
    if (root / name).is_dir():
        shutil.rmtree(root / name)


def sort_out(entries, filters):
    """Return (entries of usable photos, [(file, reason)] of the others); filters: options of `photo_audit.refusal`."""
    reasons = [entry["reason"] if "reason" in entry else refusal(entry, **filters) for entry in entries]
    usable = [entry for entry, reason in zip(entries, reasons, strict=True) if reason is None]
    return usable, [(entry["file"], reason) for entry, reason in zip(entries, reasons, strict=True) if reason]


def mask_names(img_paths):
    """Return {photo: relative path of its mask}: the suffix replaced by .png.

    Photos whose paths differ in nothing but the suffix, and in capitals, which some file systems take for the same,
    keep it, so that no mask overwrites another (a.jpg.png); all do where that is not enough.
    """
    names = {name: _names_of_mask(name) for name in img_paths}
    counts = Counter(folded(short) for short, _ in names.values())
    masks = {name: short if counts[folded(short)] == 1 else long for name, (short, long) in names.items()}
    apart = len(set(map(folded, masks.values()))) == len(masks)
    return masks if apart else {name: long for name, (_, long) in names.items()}


def _names_of_mask(name):
    """The names that the mask of a photo may have: with .png instead of its suffix, and behind it."""
    path = PurePosixPath(name)
    return tuple(str(path.with_name(fitting(each))) for each in (path.stem + ".png", path.name + ".png"))


def preprocess_photo(folders, name, mask_name, recipe):
    """Read one photo, cut its product out, write it; return its entry (see `preprocess_folder`)."""
    try:
        data = read_bytes(folders.raw / name)
        image = decode_image(data, max_pixels=recipe.max_pixels, min_side=recipe.max_side)
        finished, cutout = prepare_photo(image, recipe, data)
    except ImageError as error:
        return {"reason": str(error)}
    signature, audit = photo_signature(image, data), audit_photo(image, data)
    if recipe.save_masks:
        mask = cv2.resize(cutout.mask, (audit["width"], audit["height"]), interpolation=cv2.INTER_LINEAR)
        write_image(folders.masks / mask_name, np.where(mask > 127, 255, 0).astype(np.uint8))
    write_image(folders.img / name, finished)
    return {**audit, **product_entry(cutout), "signature": signature, "written": _size(folders.img / name)}


def photos_changed(raw_dir, ledger, *, renamed=True):
    """Whether a folder holds other photos than those that a ledger is of; False where either is not there any more.

    renamed: whether the same photos under other names are others.
    """
    known = read_ledger(ledger)
    try:
        found = list_files(raw_dir).photos
    except UserError:
        return False
    came = [name for name in found if name not in known or _is_other(Path(raw_dir) / name, known[name])]
    left = set(known) - (set(found) - set(came))
    if renamed or not known or len(came) != len(left):
        return bool(known) and bool(came or left)
    return Counter(_content(Path(raw_dir) / name) for name in came) != Counter(
        known[name].get("signature", {}).get("digest") for name in left)


def _content(path):
    """The digest of a file, None where it cannot be read."""
    try:
        return file_digest(read_bytes(path))
    except ImageError:
        return None


def _is_other(path, entry):
    now, then = _size_and_time(path), entry["stamp"][1:3]
    if now == then:
        return False
    if "signature" not in entry:  # it could not be read: of its content nothing is known but how long it is
        return now[0] != then[0]
    return _content(path) != entry["signature"]["digest"]


def _seen_from(folder, other):
    """The path to another folder: where there is one, relative, which stays as it is when both are moved."""
    try:
        return PurePath(os.path.relpath(other, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return PurePath(other).as_posix()


def _stamp(task, written_to):
    """What must be the same for a photo not to be done again."""
    folders, name, mask_name, recipe = task
    # Under the name of a mask that of another photo may lie, which had the name before.
    return [VERSION, *_size_and_time(folders.raw / name), asdict(recipe.in_use), written_to,
            *[mask_name] * recipe.save_masks]


def _size_and_time(path):
    try:
        status = path.stat()
        return [status.st_size, status.st_mtime_ns]
    except OSError:
        return [None, None]


def _is_written(task, entry):
    """Whether what was written of a photo is there, and whole: a full disk or a power cut may have damaged it since."""
    folders, name, mask_name, recipe = task
    path = folders.img / name
    same = path.is_file() and _size(path) == entry.get("written")
    return (same or _is_whole(path)) and (not recipe.save_masks or (folders.masks / mask_name).exists())


def _size(path):
    return path.stat().st_size


def _is_whole(path):
    try:
        data = read_bytes(path)
        decode_image(data)
    except ImageError:
        return False
    return missing_rows(data) is None
