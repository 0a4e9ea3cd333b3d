"""Photos sorted into one folder per cluster, for browsing with any file manager."""
import os
import re
import shutil
from pathlib import Path

from imgcluster.files import read_json, write_json
from imgcluster.progress import progress

# File systems allow 255 bytes; the rest is for the number of photos whose names are otherwise the same.
LONGEST_NAME = 245
# What was put there: "files", {path in the folder: [size in bytes, time of change in nanoseconds]}, and of which
# "clusters", a text that tells them from others.
LIST_OF_FILES = ".exported.json"
# What Windows does not take in names.
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


def export_clusters(photo_dir, img_paths, labels, out_dir, *, names=None, link=False, clusters=""):
    """Copy (or link) each photo to `out_dir`/<cluster>/<path with "/" as "__">; return how many were put there.

    names: {cluster: what people call it}, which then follows the number; clusters: as of `is_of`. The folder is built
    anew beside the old one and takes its place at the end, whatever that holds (`keep_changed`). Photos that cannot be
    read are left out.
    """
    out_dir, photo_dir = Path(out_dir), Path(photo_dir)
    fresh = out_dir.with_name(f".{out_dir.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    # A link's ".." goes up from where it really lies, whatever links lead there.
    linked_from, linked_to = os.path.realpath(out_dir), os.path.realpath(photo_dir)
    count = 0
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
            count += 1
    write_json(fresh / LIST_OF_FILES, {"files": _files(fresh), "clusters": clusters})
    shutil.rmtree(out_dir, ignore_errors=True)
    os.replace(fresh, out_dir)
    return count


def keep_changed(out_dir):
    """Rename a folder of exported photos in which a person added, moved, changed or deleted files; return its new path,
    None where there is no such folder, or nothing of a person's in it."""
    out_dir = Path(out_dir)
    made = read_json(out_dir / LIST_OF_FILES)
    # Earlier lists hold the files alone.
    if not out_dir.is_dir() or _files(out_dir) == made.get("files", made):
        return None
    number = 1
    while os.path.lexists(kept := out_dir.with_name(f"{out_dir.name}-{number}")):
        number += 1
    out_dir.rename(kept)
    return kept


def is_of(out_dir, clusters):
    """Whether a folder of exported photos is of the clusters that a text tells from others."""
    return read_json(Path(out_dir) / LIST_OF_FILES).get("clusters") == clusters


def _files(folder):
    """{path: [size, time of change]} of the files in a folder, and of links, wherever they lead, but for the list."""
    found = {}
    for path in folder.rglob("*"):
        if (path.is_symlink() or not path.is_dir()) and path.name != LIST_OF_FILES:
            facts = path.lstat()
            found[path.relative_to(folder).as_posix()] = [facts.st_size, facts.st_mtime_ns]
    return found


def folder_name(label, name):
    """Return "<label> <name>" as any file system takes it: other characters as "_", and the end of a long name cut."""
    fit = NOT_IN_NAMES.sub("_", f"{label} {name}").encode()[:LONGEST_NAME].decode(errors="ignore")
    return fit.rstrip(" .")


def _free_name(folder, name):
    """One file name for a path, no longer than file systems allow, that is still free in the folder."""
    flat, number = name.replace("/", "__"), 1
    while len(flat.encode()) > LONGEST_NAME:
        flat = flat[1:]
    free = flat
    while os.path.lexists(folder / free):
        number += 1
        free = f"{number}_{flat}"
    return free
