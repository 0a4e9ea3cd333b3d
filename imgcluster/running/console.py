"""What scripts say, and how it comes onto the screen: lines, paths, logs, and what is kept off it."""
import contextlib
import logging
import os
import sys
import warnings
from pathlib import Path


def tell(text, out=None):
    """Print a line on standard output, or `out`, at once."""
    print(text, file=out or sys.stdout, flush=True)


def shown(path):
    """Return a path as people read it: relative to the current folder where it lies in it."""
    path, here = Path(path), Path.cwd()
    # From the root of a drive all paths would be relative, and look like wrong ones.
    return str(path.relative_to(here)) if path.is_relative_to(here) and here != here.parent else str(path)


def configure_logging(*, overrides=True):
    """Have what is logged said on standard error; overrides: also which settings this run changes."""
    # Names in scripts that the terminal or file does not know are shown by number instead of ending the step.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("imgcluster.configuring.config_file").setLevel(logging.INFO if overrides else logging.WARNING)
    warnings.filterwarnings("ignore", module="PIL")  # of odd EXIF blocks and the like, which harm nothing here
    for noisy in ("absl", "tensorflow", "h5py", "PIL", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


@contextlib.contextmanager
def quiet_start():
    """Keep what TensorFlow's native libraries print while they are imported off the screen.

    They write to file descriptor 2 before any log level is heeded; Python's own errors are raised as ever.
    """
    # Heeded by what they print later, when they look for devices.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def write_utf_8():
    """Have standard output be UTF-8 whatever the terminal takes, for what programs read."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")


class Unhurt:
    """A stream that goes on, into nothing, where nobody reads it any more (`| head`)."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        return self._go_on(self._stream.write, text)

    def flush(self):
        self._go_on(self._stream.flush)

    def _go_on(self, act, *what):
        try:
            return act(*what)
        except BrokenPipeError:
            # What waits to be written would fail again at the end.
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())
            return None
