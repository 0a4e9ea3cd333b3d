"""Many query photos: read ahead by threads, searched in order; what cannot be read is passed over or refused."""
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from imgcluster.errors import UserError
from imgcluster.images import ImageError, list_images, read_bytes
from imgcluster.search.objects import open_photo


@dataclass(frozen=True)
class Source:
    """A photo to search with: its path, its name in the results, whether it was named by itself."""

    path: Path
    name: str
    named: bool


def list_queries(paths):
    """Return the Sources for files and folders (searched with all they hold). Raises UserError where one is missing."""
    sources = []
    for path in map(Path, paths):
        if path.is_dir():
            sources += [Source(path / name, str(path / name), False) for name in list_images(path)]
        elif path.exists():
            sources.append(Source(path, str(path), True))
        else:
            raise UserError(f"{path}: no such file; name a photo, or a folder of photos")
    return sources


def check_named(sources, recipe, *, box=None):
    """Raise UserError for the first photo named by itself that cannot be read, or that the box does not lie in."""
    for source in sources:
        if source.named:
            try:
                open_photo(read_bytes(source.path), recipe, box=box)
            except ImageError as error:
                raise _refused(source, error) from error


def _refused(source, error):
    return UserError(f"{source.path}: {error}; name a photo that can be read")


def search_photos(searcher, sources, *, count, workers, box=None, warn, bar):
    """Return a list of (Source, Query, Answers) for the photos that can be read.

    box: as in `objects.read_query`, for a single photo. warn: function for lines about photos of a folder that cannot
    be read; bar: progress bar. Raises UserError when a photo named by itself cannot be read, or none can.
    """
    def read(source):
        try:
            return searcher.read(read_bytes(source.path), box=box)
        except ImageError as error:
            return error

    found = []
    with ThreadPoolExecutor(workers) as pool:
        pending, waiting = deque(), iter(sources)
        for source in waiting:
            pending.append((source, pool.submit(read, source)))
            if len(pending) > 2 * workers:
                found += _next(searcher, pending, count, warn, bar)
        while pending:
            found += _next(searcher, pending, count, warn, bar)
    if not found:
        raise UserError(f"none of the {len(sources)} photos could be read")
    return found


def _next(searcher, pending, count, warn, bar):
    """The result of the photo whose turn it is, as a list of one, or of none."""
    source, future = pending.popleft()
    query = future.result()
    bar.update(1)
    if not isinstance(query, ImageError):
        return [(source, query, searcher.search(query, count=count))]
    if source.named:
        for _, other in pending:
            other.cancel()
        raise _refused(source, query)
    warn(f"{source.path}: {query}; passed over")
    return []
