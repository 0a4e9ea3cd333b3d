"""Put the report together and write it."""
import base64
import itertools
import os
from functools import partial
from pathlib import Path, PurePath
from urllib.parse import quote

from imgcluster.files import write_text
from imgcluster.photos.images import read_thumbnail
from imgcluster.progress import progress
from imgcluster.report import tables
from imgcluster.report.content import earlier_photos, page_data, rows_shown
from imgcluster.report.gallery import THUMBNAIL, before_and_after, load_thumbnail
from imgcluster.report.page import render
from imgcluster.report.sprites import pack_sprites
from imgcluster.wording import listed

MAX_PHOTOS = 10_000
RERUN = "python run_all.py --from 04"
MOST_UP = 2  # from RESULT_DIR, result/NAME, to the project's folder


def write_report(path, gallery, *, max_photos=MAX_PHOTOS, rerun=RERUN, project=None, progress=progress):
    """Write the report of a `gallery.Gallery` to `path`, one HTML file that needs nothing else.

    max_photos: of more photos a seeded sample is shown, and the page says so. rerun: the command line by which
    corrections are applied. project: the project's folder, in which the page leads to photos wherever both are;
    elsewhere it leads no further up than two folders. progress: `progress.progress`, or any other of its form. Returns
    the file's size in bytes. Raises UserError when img_paths.txt, features.npy, labels_pred.txt, clusters.csv or
    som.npz is missing; whatever else is missing is left out.
    """
    rows = rows_shown(gallery, max_photos)
    data = page_data(gallery, rows)
    prepared = before_and_after(gallery, rows)
    pairs = list(prepared.pairs)
    earlier = earlier_photos(gallery)
    photos = [*(partial(load_thumbnail, gallery, row) for row in rows),
              *(partial(_raw, gallery, rows[index]) for index in pairs),
              *(partial(load_thumbnail, *photo) for each in earlier.values() for photo in each)]
    data["beforeAfter"] = [[index, len(rows) + number] for number, index in enumerate(pairs)]
    data["earlier"] = _earlier(gallery, earlier, len(rows) + len(pairs))
    data["rerun"] = rerun
    data["photosAt"] = _address(gallery.raw_dir, path.parent, project)
    data["training"] = tables.training(gallery)
    sprites = pack_sprites(photos, progress=progress)
    data["sprites"] = {"side": sprites.side, "columns": sprites.columns, "count": sprites.count}
    page = render({
        "name": gallery.name, "title": gallery.title,
        "answer": tables.answer(gallery), "scores": tables.scores(gallery),
        "network": tables.network(gallery),
        "skipped": tables.skipped_files(gallery), "records": tables.records(gallery),
        "doubtful": tables.doubtful_files(gallery),
        "duplicates": tables.copies(gallery), "shown": len(rows), "data": data,
        "prepared": {"changed": prepared.changed, "looked_at": prepared.looked_at},
        "sheets": [base64.b64encode(sheet).decode("ascii") for sheet in sprites.sheets]})
    write_text(path, page)
    return len(page.encode("utf-8"))


def _address(folder, start, project):
    """Where a folder is for a page in `start`, a relative address ending in a slash; None where there is no such way,
    or only one that would tell others, to whom the page is sent, of folders that are none of the project's."""
    paths = [Path(os.path.abspath(path)) for path in (folder, start)]
    within = project is not None and all(path.is_relative_to(project) for path in paths)
    try:
        parts = PurePath(os.path.relpath(folder, start)).parts
    except ValueError:  # another drive
        return None
    leaves = parts[:MOST_UP + 1] == ("..",) * (MOST_UP + 1) and not within
    return None if leaves else "".join(f"{quote(part)}/" for part in parts)


def _earlier(gallery, photos, start):
    """The names of the earlier datasets, and [thumbnail, file] of photos {cluster: (Gallery, row)} of theirs, which
    begin at `start`."""
    if not photos:
        return None
    numbers = itertools.count(start)
    return {"name": listed(each.name for each in gallery.earlier), "photos": {cluster: [
        [next(numbers), f"{earlier.name}: {earlier.img_paths[row]}"] for earlier, row in each]
        for cluster, each in photos.items()}}


def _raw(gallery, row):
    return read_thumbnail([gallery.raw_dir], gallery.img_paths[row], side=THUMBNAIL)
