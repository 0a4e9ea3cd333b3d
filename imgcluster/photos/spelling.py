"""Names that people and programs write in other ways than the dataset has them: photos, columns, labels, words looked
for."""
import difflib
import re
import unicodedata
from collections import defaultdict

# Letters of a word in which one may be mistyped: with fewer it is as likely another word.
LETTERS = 5
# How many times as often as a mistyped text the right one is there.
TIMES = 5
# How alike, of 1, a misspelt name is to the right one (`difflib`).
ALIKE = 0.8
ACCENTS = re.compile("[\u0300-\u036f]")


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


class Spelled:
    """Photos by their names, to find those that a path which leads to none may be meant to lead to."""

    def __init__(self, photos):
        self._alike, self._numbered = defaultdict(list), defaultdict(list)
        for photo in photos:
            for key in _readings(photo):
                self._alike[key].append(photo)
            self._numbered[_digits(photo)].append(photo)

    def meant(self, path):
        """Return the photos whose path, else file name, else that without its ending, is as in `path` but for capitals,
        accents and punctuation; else the one whose name has the same numbers and is spelt much alike; [] for none."""
        path = path.replace("\\", "/").strip()
        for key in _readings(path):
            if found := self._alike.get(key):
                # The folder tells which, where it is given.
                return difflib.get_close_matches(path, found, n=1, cutoff=0) if "/" in path else found
        stems = {_readings(photo)[-1]: photo for photo in self._numbered.get(_digits(path), ())}
        return [stems[stem] for stem in difflib.get_close_matches(_readings(path)[-1], stems, n=1, cutoff=ALIKE)]


def _readings(path):
    """The words of a path, of its file name, and of that without its ending."""
    name = path.rpartition("/")[2]
    return [_words(text) for text in (path, name, name.rpartition(".")[0] or name)]


def _digits(path):
    return tuple(re.findall(r"\d+", _readings(path)[-1]))


def evenly_spaced(text):
    """Return a text without blanks around it and with single ones within, whatever kinds of blanks it has."""
    return " ".join(text.split())


def written_otherwise(counts):
    """Return pairs of texts that may be meant to be the same, the seldomer one first; counts: {text: how often}.

    They differ by capitals, accents, blanks and punctuation alone; or one letter of a long word is missing, too much,
    wrong or out of place in a text that is seldom beside the other (`TIMES`), and no third one is as near to it. Those
    whose digits differ are never a pair.
    """
    alike = defaultdict(list)
    for text in counts:
        alike[re.sub(r"(?<!\d) | (?!\d)", "", _words(text))].append(text)
    groups = [sorted(texts, key=counts.get, reverse=True) for texts in alike.values()]
    pairs = [(other, most) for most, *others in groups for other in others]
    return pairs + _mistyped({most: counts[most] for most, *_ in groups})


def _mistyped(counts):
    right, most = defaultdict(set), max(counts.values(), default=0)
    for text in (text for text, count in counts.items() if count >= TIMES):
        for less in _one_letter_less(text):
            right[less].add(text)
    pairs = []
    for text in (text for text, count in counts.items() if count * TIMES <= most):
        near = {other for less in _one_letter_less(text) for other in right.get(less, ())
                if counts[other] >= TIMES * counts[text]}
        pairs += [(text, other) for other in near if len(near) == 1]
    return pairs


def _words(text):
    """The words and numbers of a text, without capitals and accents; symbols stay: S9 and S9+ are two."""
    bare = composed(ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())))
    return evenly_spaced("".join(" " if unicodedata.category(character)[0] in "PZC" else character
                                 for character in bare))


def _one_letter_less(text):
    """The words of a text, and the same without one letter of a long word: what two texts share that differ by one."""
    words = _words(text)
    yield words
    for word in re.finditer(rf"[^\W\d_]{{{LETTERS},}}", words):
        if word.group().islower():  # in other scripts a letter may be a syllable or a word
            yield from (words[:at] + words[at + 1:] for at in range(*word.span()))
