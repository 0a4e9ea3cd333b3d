"""Files written whole or not at all, read with errors that name the file and the remedy."""
import contextlib
import errno
import hashlib
import io
import itertools
import json
import os
import zipfile
from pathlib import Path

import numpy as np

from imgcluster.errors import UserError

# Part of the names of files that are not complete yet, after the number of the process that writes them.
PARTIAL = ".partial."
# Characters of a file's name by which libraries know its kind: .weights.h5 and the like.
ENDING = 16
LONGEST_NAME = 255  # bytes


@contextlib.contextmanager
def replacing(path):
    """Yield a temporary path beside `path`, renamed to it when the block ends well and removed when it does not.

    It ends as `path` does, and is short whatever that is called: names may be as long as file systems allow. An OSError
    that names no file, such as a library's on a full disk, is of this one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    temporary = path.with_name(f".{os.getpid()}{PARTIAL}{digest}{path.name[-ENDING:]}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):  # where nothing may be written, what went wrong is told already
            temporary.unlink(missing_ok=True)


def fitting(name):
    """Return a file's name as file systems take it, 255 bytes long at most: of a longer one the beginning, a digest of
    the whole and its suffix."""
    data, suffix = os.fsencode(name), os.fsencode(Path(name).suffix)
    if len(data) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(data).hexdigest()[:16].encode()
    # What is cut within a letter leaves that out.
    return data[:LONGEST_NAME - len(digest) - len(suffix)].decode("utf-8", "ignore") + os.fsdecode(digest + suffix)


def first_free(name, another, *, is_taken=os.path.lexists):
    """Return a name (or path), or where it is taken the first of another(2), another(3), ... that is not."""
    return next(free for free in itertools.chain([name], map(another, itertools.count(2))) if not is_taken(free))


def remove_leftovers(folder):
    """Remove the temporary files that killed runs left in a folder, or in one in it; it is to be claimed first.

    Files of processes that are still at work, such as one that reads the folder and saves a setting of its own, stay.
    """
    for pattern in (f".*{PARTIAL}*", f"*/.*{PARTIAL}*"):
        for path in Path(folder).glob(pattern):
            if path.is_file() and not _is_running(path.name[1:].split(PARTIAL)[0]):
                path.unlink(missing_ok=True)


def _is_running(number):
    if os.name == "nt":  # asking is killing there
        return True
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass
    return True


def are_older(paths, than):
    """Return whether files are all there, and none was changed after the file `than` was."""
    made = Path(than).stat().st_mtime_ns
    return all(path.exists() and path.stat().st_mtime_ns <= made for path in paths)


def write_text(path, text):
    """Write UTF-8 text with "\\n" line ends."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_lines(path, lines):
    """Write one value per line."""
    text = "".join(f"{line}\n" for line in lines)
    # A byte-order mark that is part of a name is not to be taken for the file's.
    write_text(path, "\ufeff" * text.startswith("\ufeff") + text)


def write_array(path, array):
    """Write an array as .npy that loads with `allow_pickle=False`."""
    with replacing(path) as temporary:
        np.save(temporary, array, allow_pickle=False)


def new_array_file(path, *, dtype, shape):
    """Return a new .npy file as memory map, to be filled row by row; its room on the disk is taken at once.

    Else a disk that is full before all rows are written ends the process without a word. Raises OSError where the room
    is not there.
    """
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        _take_room(path)
    return array


def _take_room(path):
    try:
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.path.getsize(path))
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # else the file system knows no such thing
            os.unlink(path)
            raise OSError(error.errno, error.strerror, str(path)) from error


def write_arrays(path, **arrays):
    """Write arrays as .npz that loads with `allow_pickle=False`; the same arrays give the same bytes."""
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            # Without a date of its own the entry would carry the time of day, as np.savez's entries do.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue())


def read_arrays(path):
    """Return {name: array} of a .npz; UserError where the file is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise
    except (TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:  # TypeError: a single array
        raise UserError(f"{path}: damaged, or no file of arrays (.npz); run the step that makes it again") from error


def arrays_if_whole(path):
    """Return {name: array} of a .npz that can be made again; None where it is missing or damaged."""
    try:
        return read_arrays(path)
    except (FileNotFoundError, UserError):
        return None


def write_json(path, value):
    """Write indented JSON, non-ASCII characters as they are."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path):
    """Return the object {name: value} in a JSON file, or {} where there is none."""
    path = Path(path)
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if not isinstance(found, dict):
            raise ValueError(f"{type(found).__name__} found, names with values expected")
        return found
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error}); delete it and run the step that makes it") from error


def not_utf8(path):
    """Return the UserError of a file that is no UTF-8 text, with the line where that shows first."""
    try:
        Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return UserError(f"{path}, line {line}: not UTF-8 text; save the file as UTF-8 (in Excel: \"CSV UTF-8\"), or, "
                         "where a step made it, delete it and run that step again")
