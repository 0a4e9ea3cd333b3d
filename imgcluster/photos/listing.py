"""Photos in a folder: which files are photos, which cannot be listed, and what else there is."""
import os
import stat
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from imgcluster.errors import UserError
from imgcluster.photos.decoding import looks_like_image
from imgcluster.wording import counted, listed, meant

SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".heic",
    ".heif", ".hif", ".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm", ".mpo"))
_SIDE_FOLDERS = frozenset(("__MACOSX", "@eaDir"))  # thumbnails and resource forks that macOS and Synology leave behind
# What file managers leave behind, and what this project looks for in a folder of photos: not worth a word.
_LEFT_BEHIND = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "picasa.ini", "icon\r"))
_NOT_TOLD = _LEFT_BEHIND | {"catalog.csv"}
_SUFFIXES_TOLD = _NAMES_TOLD = 6


class Listing(NamedTuple):
    """What lies under a folder.

    photos: sorted relative paths with "/" of all files with an image's suffix (any case), or with an image's first
    bytes under another name, such as "Boots 2.0", save those of raw photos. Links to files are followed, dangling ones
    listed (reading them gives the reason), each folder is visited once however many links lead to it; hidden files and
    folders are left out. refused: sorted (printable path, reason) of names that cannot be a line of text, and of
    folders that cannot be read. others: relative paths of other files, save those that file managers leave there.
    """

    photos: list
    refused: list
    others: list


def passed_over(folder, others, *, besides=()):
    """Return in words how many files under `folder` are no photos, by suffix, of the `others` of its Listing; "" for
    none. Those of the paths `besides` are not counted."""
    folder, besides = Path(folder), {Path(path) for path in besides}
    others = [name for name in others if folder / name not in besides]
    if not others:
        return ""
    are = "is no photo and is" if len(others) == 1 else "are no photos and are"
    return f"{counted(len(others), 'file')} {are} passed over: {_by_suffix(others)}"


def list_files(folder):
    """Return the Listing of a folder, recursively.

    Raises UserError for a folder that is missing, no folder, unreadable, empty or without photos.
    """
    folder = Path(folder)
    _require_folder(folder)
    refused, found, others, empty = [], [], [], True
    for relative, entry in _walk(folder, refused):
        empty = False
        if not _is_candidate(entry):
            if entry.is_symlink() and not os.path.exists(entry.path):
                refused.append((ascii(relative)[1:-1], "a link to what is not there (a drive?)"))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                refused.append((ascii(relative)[1:-1], "not a regular file"))
            elif entry.name.lower() not in _NOT_TOLD:
                others.append(relative)
            continue
        if relative.splitlines() != [relative] or not _is_text(relative):
            refused.append((ascii(relative)[1:-1], "the name holds a line break or bytes that are no text: rename it"))
        else:
            found.append(relative)
    if not found:
        raise UserError(_nothing_found(folder, refused, empty, others))
    return Listing(sorted(found), sorted(refused), others)


def is_left_behind(name):
    """Whether a file or folder of this name is hidden, or one that file managers leave behind in folders."""
    return name.startswith(".") or name in _SIDE_FOLDERS or name.lower() in _LEFT_BEHIND


def _by_suffix(names):
    """How many names there are of each suffix, the most frequent first: "4 .mp4, 3 .pdf"."""
    counts = Counter(ascii(os.path.splitext(name)[1].lower())[1:-1] or "without a suffix" for name in names)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [f"{number} {suffix}" for suffix, number in ranked[:_SUFFIXES_TOLD]]
    rest = sum(number for _, number in ranked[_SUFFIXES_TOLD:])
    return ", ".join([*told, *([f"{rest} of other suffixes"] if rest else [])])


def _require_folder(folder):
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except OSError as error:
        if isinstance(error, PermissionError):
            raise UserError(f"No permission to read the photo folder {folder}: change its access rights.") from error
        beside = sorted(path.name for path in folder.parent.glob("*/"))
        there = meant(folder.name, beside) or (f" (beside it: {listed(beside, _NAMES_TOLD)})" if beside else "")
        raise UserError(f"The photo folder {folder} does not exist{there}: create it and put "
                        "photos into it, or correct what names it (the settings DATASET and RAW_IMG_DIR, or an "
                        "argument).") from error
    if not is_folder:
        raise UserError(f"The photo folder {folder} is a file: name the folder that holds the photos.")
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise UserError(f"Cannot read the photo folder {folder}: {error.strerror}. "
                        "Change its access rights.") from error


def _nothing_found(folder, refused, empty, others):
    if refused:
        return (f"The photo folder {folder} has no photo that can be listed; the first of {len(refused)} problems: "
                f"{refused[0][0]}: {refused[0][1]}.")
    if empty:
        return f"The photo folder {folder} is empty: put photos into it."
    return (f"The photo folder {folder} holds no photos: nothing in it has an image's suffix "
            "(.jpg, .png, .webp, .gif, .bmp, .tif, .heic, .avif, ...) or content"
            + (f" ({counted(len(others), 'file')}: {_by_suffix(others)})." if others else "."))


def _walk(folder, refused):
    """Yield (relative path, directory entry) of all files, those in linked folders last: links hide nothing."""
    pending, linked, visited = [(folder, "")], [], set()
    while pending or linked:
        if not pending:
            linked.sort(key=lambda item: item[1], reverse=True)
            pending.append(linked.pop())
        path, prefix = pending.pop()
        try:
            status = os.stat(path)
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(path) as entries:
                entries = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            refused.append((ascii(prefix)[1:-1], f"folder cannot be read: {error.strerror}"))
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _SIDE_FOLDERS:
                continue
            if _is_folder(entry):
                (linked if entry.is_symlink() else pending).append((entry.path, f"{prefix}{entry.name}/"))
            else:
                yield prefix + entry.name, entry


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_candidate(entry):
    suffix = os.path.splitext(entry.name)[1].lower()
    try:
        return stat.S_ISREG(entry.stat().st_mode) and (suffix in SUFFIXES or _begins_as_image(entry.path, suffix))
    except OSError:  # a dangling or circular link, a file that vanished or may not be read
        return suffix in SUFFIXES


def _begins_as_image(path, suffix):
    head = _head(path)
    # Raw photos begin as TIFF does, though little but a thumbnail can be read of them, and any text may begin with BM.
    return looks_like_image(head) and not (suffix and head.startswith((b"II", b"MM", b"BM")))


def _head(path):
    with open(path, "rb") as file:
        return file.read(32)


def _is_text(name):
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
