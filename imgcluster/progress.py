"""Progress bars: one look for every step."""
import sys

from tqdm import tqdm


def progress(iterable=None, *, description, unit="photo", total=None, initial=0):
    """Return a tqdm bar over `iterable` (or one to be moved by hand with `.update()`), written to standard error.

    Where standard error is no terminal, the bar is redrawn at most every ten seconds, so that logs stay short.
    """
    interval = 0.2 if sys.stderr.isatty() else 10.0
    return tqdm(iterable, desc=description, unit=" " + unit, total=total, initial=initial, mininterval=interval,
                maxinterval=interval, dynamic_ncols=True, file=sys.stderr, leave=True)


def named_progress(text, total, unit="photo"):
    """A progress bar over `total` of something, moved by `update`: as `progress` makes it."""
    return progress(description=text, total=total, unit=unit)
