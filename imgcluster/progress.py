"""Progress bars: one look for every step."""
import sys

from tqdm import tqdm


def progress(description, total, unit="photo", *, initial=0):
    """Return a tqdm bar over `total` of something, on standard error: a `with` block, moved by `.update(n)`.

    initial: how many were done before. Where standard error is no terminal, the bar is redrawn at most every ten
    seconds, so that logs stay short. What takes this function as `progress` takes any other of its form.
    """
    interval = 0.2 if sys.stderr.isatty() else 10.0
    return tqdm(desc=description, unit=" " + unit, total=total, initial=initial, mininterval=interval,
                maxinterval=interval, dynamic_ncols=True, file=sys.stderr, leave=True)
