"""Words that messages and pages share, and how wide they are."""
import difflib
import shlex
import unicodedata

# What is wrong with the ASSIGN_TO that a message begins with.
OWN_CLUSTERS = ("names DATASET itself; give the new photos a dataset of their own, and ASSIGN_TO the one that was "
                "clustered before")

# Stands for a character that is none to see.
REPLACED = "\N{REPLACEMENT CHARACTER}"
# What shells see within double quotes, too.
SEEN_IN_QUOTES = {*'"$`!'}


def text_width(text):
    """Return how many columns a text takes where all letters are of one width: Hangul and the like take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def printable(text, *, lines=False):
    """Return a text without what would tell a terminal what to do, or, unless it may have `lines`, end its line."""
    return "".join(REPLACED if unicodedata.category(character) == "Cc" and not (lines and character == "\n") else
                   character for character in text)


def meant(name, known):
    """Return " (did you mean X?)" for the one of the `known` names that is nearest to a misspelt one, "" for none.

    Case makes no difference, nor do quotes around the known ones.
    """
    plain = {each.strip("'\"").lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), plain, n=1)
    return f" (did you mean {plain[close[0]]}?)" if close else ""


def in_shell(words):
    """Return words as they are typed in a shell: in double quotes, which all know, where they do not stand alone."""
    return " ".join(map(_in_shell, words))


def _in_shell(word):
    in_doubt = set(word) & SEEN_IN_QUOTES or "\\\\" in word or word.endswith("\\")
    return shlex.quote(word) if in_doubt or shlex.quote(word) == word else f'"{word}"'


def counted(number, noun, plural=None):
    """Return "1 photo", "2,866 photos"; plural: where that is more than an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names, most=3):
    """Return "a", "a and b", "a, b and c", or "a, b, c and 4 more" where they are more than `most`."""
    names = [*map(str, names)]
    shown = names if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def first_line(error):
    """Return the first line of what an exception says, its type where it says nothing (a MemoryError, say)."""
    return next(iter(str(error).splitlines()), type(error).__name__)
