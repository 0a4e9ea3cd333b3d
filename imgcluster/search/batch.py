"""Many query photos: read ahead by threads, searched in order; what cannot be read is passed over."""
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from imgcluster.errors import UserError
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_bytes
from imgcluster.photos.listing import list_files
from imgcluster.search.objects import open_photo

# Photos that a message names one by one.
SHOWN = 5


@dataclass(frozen=True)
class Source:
    """A photo to search with: its path, its name in the results."""

    path: Path
    name: str


def list_queries(paths, *, box=None, warn):
    """Return the Sources for files and folders (searched with all they hold).

    warn: function for lines about what is passed over: files that are not there, and photos of a folder whose names are
    no line of text. Raises UserError where nothing is left, or a box (as in `objects.read_query`) would go with several
    photos.
    """
    if not paths:
        raise UserError("no photo: name one or more, or folders of them, or --add FOLDER")
    sources, missing = [], []
    for given in paths:
        path = Path(given)
        # pathlib's tests stop at a name longer than file systems take, and "" is the folder one is in to it.
        if os.path.isdir(given):
            names, refused, _ = list_files(path)
            sources += [Source(path / name, str(path / name)) for name in names]
            for name, reason in refused:
                warn(f"{path / name}: {reason}; passed over")
        elif os.path.exists(given):
            sources.append(Source(path, str(path)))
        else:
            missing.append(str(given) or repr(given))
    if len(missing) == len(paths):
        raise UserError(f"{', '.join(missing)}: no such file; name a photo, or a folder of photos")
    for name in missing:
        warn(f"{name}: no such file; passed over")
    if box and len(sources) != 1:
        raise UserError(f"--box goes with one photo, not with {len(sources)}")
    return sources


def check_readable(sources, recipe, *, box=None):
    """Raise UserError where none of the Sources can be read, or the box does not lie in the photo."""
    refused = []
    for source in sources:
        try:
            open_photo(read_bytes(source.path), recipe, box=box)
            return
        except ImageError as error:
            refused.append((source, error))
    raise _none_readable(refused)


def _none_readable(refused):
    """The UserError for photos, [(Source, why)], none of which can be read."""
    lines = [f"{source.path}: {error}" for source, error in refused[:SHOWN]]
    more = [f"... and {len(refused) - SHOWN} more"] if len(refused) > SHOWN else []
    if len(refused) == 1:
        return UserError(f"{lines[0]}; name a photo that can be read")
    return UserError("\n  ".join([f"none of the {len(refused):,} photos can be read", *lines, *more]))


def search_photos(searcher, sources, *, count, workers, box=None, figures=None, warn, bar):
    """Return a list of (name of the photo, Answers) for the photos that can be read.

    Pictures are let go photo by photo: the Answers' regions are without theirs. box: as in `objects.read_query`, for a
    single photo; figures: a `figure.Figures` to save one of each photo; warn: function for lines about photos that lack
    a part or cannot be read; bar: progress bar. Raises UserError when none can be read.
    """
    found, refused = [], []
    for source, query in _read_ahead(searcher, sources, workers, box):
        bar.update(1)
        if not isinstance(query, ImageError):
            if query.warning:
                warn(f"{source.path}: {query.warning}; searched as it is")
            answers = searcher.search(query, count=count)
            if figures:
                figures.save(source.path, query, answers)
            found.append((source.name, [_without_picture(answer) for answer in answers]))
        else:
            warn(f"{source.path}: {query}; passed over")
            refused.append((source, query))
    if not found:
        raise _none_readable(refused)
    return found


def _read_ahead(searcher, sources, workers, box):
    """Yield each Source with its Query, or the ImageError that its reading ended in; threads read those to come."""
    def read(source):
        try:
            return searcher.read(read_bytes(source.path), box=box)
        except ImageError as error:
            return error

    waiting, pending = deque(sources), deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            while waiting or pending:
                while waiting and len(pending) <= 2 * workers:
                    pending.append((waiting[0], pool.submit(read, waiting.popleft())))
                source, future = pending.popleft()
                yield source, future.result()
        finally:
            for _, future in pending:
                future.cancel()


def _without_picture(answer):
    """The answer as it can be kept for thousands of photos."""
    return replace(answer, region=replace(answer.region, picture=None))
