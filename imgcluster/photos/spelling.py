"""Names that people and programs write in other ways than the dataset has them: photos, columns, words looked for."""
import unicodedata


def composed(text):
    """Return a text with accents composed: macOS and others write one letter with an accent as two characters."""
    return unicodedata.normalize("NFC", text)


def folded(text):
    """Return a text as it is compared with others, whatever its capitals and however its accents are composed."""
    return composed(composed(text).casefold())


def as_called(columns, names):
    """Return the names of columns, those of `names` (lower case) as they are there, whatever capitals they have and
    blanks stand around them.

    Of columns that differ by these alone, all keep theirs.
    """
    lowered = [column.strip().lower() for column in columns]
    return [lower if lower in names and lowered.count(lower) == 1 else column
            for column, lower in zip(columns, lowered)]


def with_columns(table, names):
    """Return a DataFrame whose columns are called as `as_called` returns them."""
    return table.set_axis(as_called(table.columns, names), axis=1)


def as_listed(paths, photos):
    """Return for each of `paths` the photo of `photos` (a set) that it leads to; the path itself where it leads to
    none. Paths may begin with "./", have "\\" for "/", accents composed in another way, or blanks around them."""
    spelled = {composed(photo): photo for photo in photos}
    return [_as_listed(path, photos, spelled) for path in paths]


def _as_listed(path, photos, spelled):
    # Where "\" or blanks may be in a name, that photo goes first.
    for written in (path, path.strip()):
        plain = written if written in photos else written.replace("\\", "/").removeprefix("./")
        if found := plain if plain in photos else spelled.get(composed(plain)):
            return found
    return path
