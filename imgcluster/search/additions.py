"""Photos added to a catalogue, and those deleted from its folder taken out, without computing the others again."""
import filecmp
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from imgcluster.datafiles.artefacts import (
    BEFORE,
    NO_CLUSTER,
    labels_files,
    read_clusters,
    read_features,
    read_img_paths,
    write_labels,
)
from imgcluster.datafiles.feature_record import (
    FEATURES,
    RECORD,
    features_digest,
    features_record,
    note_features,
    read_before,
)
from imgcluster.datafiles.own_labels import keep_own_labels
from imgcluster.datafiles.photo_rows import WHOLE, left_out
from imgcluster.datafiles.records import PHOTOS, fingerprint
from imgcluster.datafiles.staging import commit, discard, stage_folder
from imgcluster.errors import UserError
from imgcluster.extraction.features import extract_features
from imgcluster.files import new_array_file, remove_leftovers, replacing, write_lines
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_bytes
from imgcluster.photos.labels import labels_where_there_are
from imgcluster.photos.listing import list_files
from imgcluster.photos.photo_audit import refusal
from imgcluster.photos.prepare import prepare_photo, product_entry
from imgcluster.photos.preprocess import preprocess_dataset
from imgcluster.rows import Joined, blocks
from imgcluster.search.calibration import calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.objects import open_photo
from imgcluster.search.products import likeness, nearest_products, products_of
from imgcluster.wording import counted, listed

# Files of step 04 and 03 with one row per photo that cannot be kept up: those steps make them again.
PUT_ASIDE = ("clusters.csv", "review.csv", "features.tsv", "metadata.tsv", *WHOLE)
# Files that need not be there; where they are not made anew, an earlier one no longer holds.
KEPT_UP = (BEFORE, *labels_files("true"))
MOST_NAMED = 10  # photos in a message


@dataclass(frozen=True)
class Added:
    """What an addition did: numbers of photos that came and left, and the photos in all; unusable: how many new ones
    cannot be used; already: how many were known before; copies: how many are left out as such."""

    came: int
    left: int
    total: int
    unusable: int = 0
    already: int = 0
    copies: int = 0

    @property
    def in_words(self):
        """What was done, in one line."""
        others = ((self.already, f"{self.already:,} seen before"),
                  (self.copies, f"{counted(self.copies, 'copy', 'copies')} left out"),
                  (self.unusable, f"{self.unusable:,} could not be used"))
        return "; ".join([f"{counted(self.came, 'photo')} came, {self.left} left: {self.total:,} in the catalogue",
                          *(said for some, said in others if some)])


@dataclass(frozen=True)
class AdditionOptions:
    """How photos are added. filters: options of `photo_audit.refusal`; remove_duplicates: leave out copies of others;
    batch_size and pictures: for the network, as in `features.extract_features`; labels: options of
    `labels.make_labels`; warn: function for lines about photos that cannot be used."""

    filters: dict
    remove_duplicates: bool
    batch_size: int
    pictures: dict
    labels: dict
    warn: Callable


def check_addition(data_dir, folder, raw_dir, changes):
    """Raise UserError unless `folder` holds photos, and step 01 treats them as it did those of the catalogue.

    raw_dir: where these lie; changes: of its settings since then (`records.changed_settings`).
    """
    if not Path(folder).is_dir():
        raise UserError(f"--add {folder}: no such folder; name one that holds photos")
    if Path(folder).resolve() in Path(raw_dir).resolve().parents:
        raise UserError(f"--add {folder}: the catalogue's own photos, in {raw_dir}, are in it; name a folder of new "
                        f"photos alone, or {raw_dir} to take over what was added to it by hand")
    list_files(folder)
    if (Path(data_dir) / "img_paths.txt").exists():
        _require_any(_present(data_dir, raw_dir), data_dir, f"lies in RAW_IMG_DIR ({raw_dir}); is the folder mounted?")
    if changes:
        raise UserError(f"--add: step 01 ran under other settings ({'; '.join(changes)}); set them back, or run "
                        "01_img_preprocess.py and 03_extract_features.py again")


def add_folder(data_dir, folder, folders, recipe, encoder, options, *, progress):
    """Add the photos under `folder` to the catalogue in `data_dir`, and take out those deleted; returns `Added`.

    folders: the dataset's `preprocess.Folders`; recipe: its `prepare.Recipe`; encoder: a compiled `encoder.Encoder`,
    opened for adding. The folder is to be claimed. A run that was killed goes on where it was when it is started again.
    """
    data_dir = Path(data_dir)
    read_features(data_dir)
    new, there, refused = find_new(folder, folders.raw, recipe, filters=options.filters,
                                   workers=options.pictures["workers"])
    _tell(refused, options.warn)
    # Nothing is copied where photos lack the labels that the others have; where none are needed, that is said later.
    labels_of = partial(labels_where_there_are, needed=(data_dir / "labels_true.txt").exists(), **options.labels)
    labels_of([*_present(data_dir, folders.raw), *new], warn=lambda _: None, folder=folder)
    copy_photos(folder, folders.raw, new)
    skipped, known = left_out(data_dir, duplicates=False), _known(data_dir)
    done = preprocess_dataset(data_dir, folders, list_files(folders.raw), recipe, filters=options.filters,
                              remove_duplicates=options.remove_duplicates, workers=options.pictures["workers"],
                              progress=progress)
    # Before the network looks at them for minutes: so may photos that were put there by hand.
    labels = labels_of(done.kept, warn=options.warn)
    added = update_catalogue(data_dir, folders, done, labels, encoder, options, progress=progress)
    unusable = [(file, reason) for file, reason in done.skipped if file not in skipped]
    _tell(unusable, options.warn)
    return replace(added, unusable=len(refused) + len(unusable), already=len(known & set(there)),
                   copies=len(done.copies - set(done.kept) - known))


def _tell(unusable, warn):
    """Warn of each photo that cannot be used, [(file, reason)]."""
    for name, reason in unusable:
        warn(f"{name}: {reason}")


def _known(data_dir):
    """The photos of the catalogue and those left out of it: a killed run may have copied others."""
    return left_out(data_dir, duplicates=True) | set(read_img_paths(data_dir))


def find_new(folder, raw_dir, recipe, *, filters, workers):
    """Return (photos under `folder` that `raw_dir` lacks, those that it has, [(file, reason)] of unusable ones).

    Paths are relative; filters: options of `photo_audit.refusal`. A folder inside `raw_dir` has neither. Raises
    UserError naming photos whose places are taken by others.
    """
    folder, raw_dir = Path(folder), Path(raw_dir)
    if folder.resolve().is_relative_to(raw_dir.resolve()):
        return [], [], []
    names, refused, _ = list_files(folder)
    # A link that leads nowhere can be compared with no photo; why it cannot be read is told below.
    new = [name for name in names if not (raw_dir / name).exists() or not os.access(folder / name, os.R_OK)]
    there = sorted(set(names) - set(new))
    others = [name for name in there if not filecmp.cmp(folder / name, raw_dir / name, shallow=False)]
    if others:
        are, them = ("are", "them") if others[1:] else ("is", "it")
        raise UserError(f"--add {folder}: {listed(others, MOST_NAMED)} {are} there already, as another photo, in "
                        f"{raw_dir}; rename {them}, or put {them} into a sub-folder of {folder}")
    taken = [parent for name in new for parent in Path(name).parents if (raw_dir / parent).is_file()]
    if taken:
        raise UserError(f"--add {folder}: there is a photo called {taken[0]} in {raw_dir}; rename the folder")
    with ThreadPoolExecutor(workers) as pool:
        reasons = list(pool.map(lambda name: _unusable(folder / name, recipe, filters), new))
    return ([name for name, reason in zip(new, reasons) if reason is None], there,
            refused + [(name, reason) for name, reason in zip(new, reasons) if reason is not None])


def _unusable(path, recipe, filters):
    """Why step 01 would leave a photo out; None where it would not."""
    try:
        image, entry = open_photo(data := read_bytes(path), recipe)
    except ImageError as error:
        return str(error)
    if recipe.every_mask:  # finding the product takes long, and only the filters ask for it
        entry |= product_entry(prepare_photo(image, recipe, data)[1])
    return refusal(entry, **filters)


def _present(data_dir, raw_dir):
    """The photos of the catalogue that still lie in their folder."""
    return [name for name in read_img_paths(data_dir) if (Path(raw_dir) / name).exists()]


def _require_any(photos, data_dir, missing):
    """Raise a UserError, which says what is `missing`, where there are none of the catalogue's photos."""
    if not photos:
        raise UserError(f"none of the {len(read_img_paths(data_dir))} photos of the catalogue {missing} To begin anew, "
                        "run 00_make_labels_true.py, 01 and 03")


def copy_photos(folder, raw_dir, names):
    """Copy the photos `names` under `folder` into `raw_dir`, same relative paths, each whole or not at all."""
    for place in {(Path(raw_dir) / name).parent for name in names}:
        remove_leftovers(place)
    for name in names:
        with replacing(Path(raw_dir) / name) as path:
            shutil.copyfile(Path(folder) / name, path)


def update_catalogue(data_dir, folders, done, labels, encoder, options, *, progress):
    """Make the photos that step 01 kept the rows of the catalogue: new ones get features and a cluster, others leave.

    folders: the dataset's `preprocess.Folders`; done: its `preprocess.Outcome`, whose replaced photos count as new;
    labels: true ones of the photos kept, or None. Returns `Added`. All files change together, or none.
    """
    # Windows replaces no file that is mapped: the features are let go before the files change places.
    added, files = _prepare(data_dir, folders, done, labels, encoder, options, progress)
    done.remove_gone(folders)
    if files:
        keep_own_labels(data_dir, done.kept, labels, warn=options.warn)
        commit(data_dir, files, outdated=[*PUT_ASIDE, *(name for name in KEPT_UP if name not in files)])
    else:
        done.write_tables(data_dir)
        discard(data_dir)
    return added


def _prepare(data_dir, folders, done, labels, encoder, options, progress):
    """(`Added`, names of the files made for it in the stage folder: none where the rows stay as they are)."""
    old, kept = read_img_paths(data_dir), set(done.kept)
    stay = kept & set(old) - done.replaced
    _require_any(kept & set(old), data_dir, f"can be used any more; do they lie in {folders.raw}?")
    stage = stage_folder(data_dir)
    new, *vectors = _extract(data_dir, folders.img, sorted(kept - stay), done, encoder, options, progress)
    rows = sorted(stay | set(new))
    if rows == old and not new:
        return Added(0, 0, len(old)), []
    write_lines(stage / "img_paths.txt", rows)
    done.write_tables(stage)
    files = ["img_paths.txt", *done.tables, *_stage_features(data_dir, stage, rows, old, new, vectors)]
    if labels is not None:
        true = dict(zip(done.kept, labels))
        write_labels(stage, "true", [true[row] for row in rows])
        files += labels_files("true")
    if (data_dir / "labels_pred.txt").exists():
        write_labels(stage, "pred", _clusters(data_dir, rows, old, new, vectors))
        files += labels_files("pred")
    return Added(len(new), len(set(old) - set(rows)), len(rows)), files


def _stage_features(data_dir, stage, rows, old, new, vectors):
    """Write the features of the photos `rows`, and their record, to the stage folder; return the files' names.

    vectors: features of the photos `new`, and those from before or None.
    """
    features, before = vectors
    files, record, old_before = [FEATURES, RECORD], features_record(data_dir), read_before(data_dir)
    _merge(stage / FEATURES, rows, (old, read_features(data_dir)), (new, features), dtype=np.float32)
    if old_before is not None:
        _merge(stage / BEFORE, rows, (old, old_before), (new, before), dtype=np.float16)
        files.append(BEFORE)
    inputs = {**record.get("inputs", {}), **{name: fingerprint(stage / name) for name in PHOTOS}}
    note_features(stage, {**record, "inputs": inputs})
    return files


def _clusters(data_dir, rows, old, new, vectors):
    """The clusters, int [N], of the photos `rows`: those of the `old` ones stay; vectors: as in `_stage_features`."""
    clusters, features, before = read_clusters(data_dir).astype(str), read_features(data_dir), read_before(data_dir)
    (added, added_before), known = vectors, (features, features if before is None else before)
    placed = place(old, known, clusters, (added, added if before is None else added_before))
    placed = dict(zip(old, clusters)) | dict(zip(new, placed))
    return np.array([placed[row] for row in rows]).astype(int)


def _extract(data_dir, img_dir, new, done, encoder, options, progress):
    """(new photos that can be read, their features, those from before or None): a killed run goes on where it was.

    Not so where features.npy was made anew since then: what it left would be by another network, or other settings.
    """
    if not new:
        return new, None, None
    stage = stage_folder(data_dir)
    digests = {entry["file"]: entry["signature"]["digest"] for entry in done.usable}
    outs = [stage / "new.npy", stage / "new_before.npy"][:len(encoder.embedding.outputs)]
    errors = extract_features(encoder.embedding, img_dir, new, *outs, batch_size=options.batch_size,
                              key={"photos": [[name, digests[name]] for name in new],
                                   "beside": features_digest(data_dir)},
                              progress=progress, **encoder.options, **options.pictures)
    readable = [row for row in range(len(new)) if row not in errors]
    if not readable:
        return [], None, None
    features, *before = (np.load(out, mmap_mode="r", allow_pickle=False)[readable] for out in outs)
    return [new[row] for row in readable], encoder.whitened(features), before[0] if before else None


def _merge(path, rows, *parts, dtype):
    """Write the features of the photos `rows` from parts of (photos, features [n, D])."""
    places = {name: number for number, name in enumerate(chain.from_iterable(names for names, _ in parts))}
    numbers, features = np.array([places[row] for row in rows]), Joined([part for names, part in parts if names])
    merged = new_array_file(path, dtype=dtype, shape=(len(rows), features.shape[1]))
    for some in blocks(len(rows)):
        merged[some] = features[numbers[some]]
    merged.flush()


def place(img_paths, known, clusters, new):
    """Return the cluster, as text, of each new photo: that of its nearest product, -1 if nothing is similar.

    img_paths and clusters str [N] are the catalogue's. known, new: pairs of features [N, D] and those that
    `products.likeness` goes by [N, E], of the catalogue's photos and of new ones (of which there may be None).
    """
    (features, general), (added, added_general) = known, new
    if added is None or not len(added):
        return []
    index, products = CosineIndex(features), products_of(img_paths, None, clusters)
    floor = calibrate(index, products, general).floor
    found = nearest_products(index, added, products, 1)
    cluster_of = {code: clusters[row] for row, code in enumerate(products.codes)}
    return [cluster_of[nearest.hits[0].code] if likeness(general, query, nearest.rows) >= floor else str(NO_CLUSTER)
            for query, nearest in zip(added_general, found)]


def what_next(data_dir, dataset, *, command, came, assign_to):
    """Return in words what is left to do after photos came to (`came` of them) or left a dataset (its name), and what
    becomes of its clusters. command: the command line of the steps from 04 on; assign_to: the dataset in whose clusters
    step 04 places these photos, or None."""
    data_dir = Path(data_dir)
    steps = f"for clusters, map and report: {command}"
    if assign_to or not (data_dir / "labels_pred.txt").exists():
        return steps
    carried = " and carries corrections.csv over to them" if (data_dir / "corrections.csv").exists() else ""
    kept = ("; to keep the present ones: a dataset of its own for photos to come, with ASSIGN_TO = "
            f"{dataset!r}") if came else ""
    return f"{steps}, which finds clusters anew{carried}{kept}"
