"""Photos sorted into one folder per cluster, for browsing with any file manager: made anew without losing any."""
import hashlib
import os
import re
import shutil
from pathlib import Path

from imgcluster.files import first_free, read_json, write_json
from imgcluster.photos.listing import is_left_behind
from imgcluster.progress import progress
from imgcluster.wording import counted

# File systems allow 255 bytes; the rest is for the number of photos whose names are otherwise the same.
LONGEST_NAME = 245
# What was put there: "files", {path in the folder: [size in bytes, SHA-256, or what a link leads to]}; "copied", the
# photos that these are copies of, not links to; and of which "clusters", a text that tells them from others.
LIST_OF_FILES = ".exported.json"
# What Windows does not take in names.
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


def renew_export(gallery, out_dir, *, link, clusters, show, say, warn):
    """Put the photos of a Gallery into `out_dir`, and say so; what lies there goes only where all of it is made again.

    link, clusters: as in `export_clusters`; show: function of a path to what people read; say, warn: of a line of text.
    """
    lacking = [name for name in gallery.img_paths if not os.access(gallery.raw_dir / name, os.R_OK)]
    number = len(gallery.img_paths) - len(lacking)
    if lacking:
        where = "is left as it is" if number == 0 and out_dir.exists() else "is without them"
        warn(f"{counted(len(lacking), 'photo')} of {len(gallery.img_paths):,} cannot be read in {gallery.raw_dir}, the "
             f"first {lacking[0]}: {show(out_dir)} {where}")
        if number == 0:
            return
    changed = is_changed(out_dir)
    if changed or holds_the_last_copies(out_dir, gallery.raw_dir):
        why = "was changed by hand since it was made" if changed else "holds photos that cannot be put there again"
        warn(f"{show(out_dir)} {why}: kept as {show(put_aside(out_dir))}")
    count = export_clusters(gallery.raw_dir, gallery.img_paths, gallery.predicted, out_dir, names=gallery.names,
                            link=link, clusters=clusters)
    say(f"{counted(count, 'photo')} put into {show(out_dir)}")


def export_clusters(photo_dir, img_paths, labels, out_dir, *, names=None, link=False, clusters=""):
    """Copy (or link) each photo to `out_dir`/<cluster>/<path with "/" as "__">; return how many were put there.

    names: {cluster: what people call it}, which then follows the number; clusters: as of `is_of`. The folder is built
    anew beside the old one and takes its place at the end, whatever that holds (`renew_export`). Photos that cannot be
    read are left out.
    """
    out_dir, photo_dir = Path(os.path.realpath(out_dir)), Path(photo_dir)  # a link may lead to another disk
    fresh = out_dir.with_name(f".{out_dir.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    # A link's ".." goes up from where it really lies, whatever links lead there.
    linked_from, linked_to = os.path.realpath(out_dir), os.path.realpath(photo_dir)
    count, copied = 0, []
    with progress("export", len(img_paths)) as bar:
        for name, label in zip(img_paths, labels):
            bar.update(1)
            folder = fresh / folder_name(label, (names or {}).get(label, ""))
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / _free_name(folder, name)
            if not os.access(photo_dir / name, os.R_OK):
                continue
            if link:
                target.symlink_to(os.path.relpath(os.path.join(linked_to, name), f"{linked_from}/{folder.name}"))
            else:
                shutil.copyfile(photo_dir / name, target)
                copied.append(name)
            count += 1
    files = {name: [path.lstat().st_size, _content(path)] for name, path in sorted(_files(fresh).items())}
    write_json(fresh / LIST_OF_FILES, {"files": files, "copied": copied, "clusters": clusters})
    shutil.rmtree(out_dir, ignore_errors=True)
    os.replace(fresh, out_dir)
    return count


def is_changed(out_dir):
    """Whether a person added, moved, changed or deleted files in a folder of exported photos."""
    out_dir = Path(out_dir)
    if not out_dir.is_dir():
        return False
    made, found = read_json(out_dir / LIST_OF_FILES).get("files", {}), _files(out_dir)
    return found.keys() != made.keys() or any(_is_other(path, *made[name]) for name, path in found.items())


def _is_other(path, size, content):
    """Whether a file, or link, is another than the one of a size and content in a list."""
    return path.lstat().st_size != size or _content(path) != content


def _content(path):
    """The SHA-256 of a file, or where a link leads; None for a file that cannot be read."""
    if path.is_symlink():
        return os.readlink(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def holds_the_last_copies(out_dir, photo_dir):
    """Whether a folder of exported photos that nobody changed holds copies of some that `photo_dir` has no more."""
    copied = read_json(Path(out_dir) / LIST_OF_FILES).get("copied", ())
    return not all(os.access(Path(photo_dir) / name, os.R_OK) for name in copied)


def put_aside(out_dir):
    """Rename a folder of exported photos; return its new path."""
    out_dir = Path(out_dir)
    return out_dir.rename(first_free(out_dir.with_name(f"{out_dir.name}-1"),
                                     lambda number: out_dir.with_name(f"{out_dir.name}-{number}")))


def is_of(out_dir, clusters):
    """Whether a folder of exported photos is of the clusters that a text tells from others."""
    return read_json(Path(out_dir) / LIST_OF_FILES).get("clusters") == clusters


def _files(folder):
    """{path in a folder: its path} of the files there, and of links, wherever they lead, but for the list and for what
    file managers leave behind."""
    found = {}
    for path in folder.rglob("*"):
        within = path.relative_to(folder)
        if (path.is_symlink() or not path.is_dir()) and not any(map(is_left_behind, within.parts)):
            found[within.as_posix()] = path
    return found


def folder_name(label, name):
    """Return "<label> <name>" as any file system takes it: other characters as "_", and the end of a long name cut."""
    fit = NOT_IN_NAMES.sub("_", f"{label} {name}").encode()[:LONGEST_NAME].decode(errors="ignore")
    return fit.rstrip(" .")


def _free_name(folder, name):
    """One file name for a path, no longer than file systems allow, that is still free in the folder."""
    flat = _flat(name)
    return first_free(flat, lambda number: f"{number}_{flat}", is_taken=lambda free: os.path.lexists(folder / free))


def _flat(name):
    flat = name.replace("/", "__")
    while len(flat.encode()) > LONGEST_NAME:
        flat = flat[1:]
    return flat
