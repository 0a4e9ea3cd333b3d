"""One run at a time on one set of files."""
from imgcluster.errors import UserError

try:
    import fcntl
except ImportError:  # Windows: nothing is checked there
    fcntl = None


def claim(file, *, what):
    """Lock an open file for this process until the file is closed or the process ends, however it ends.

    Raises UserError, naming `what`, where another process holds it. Where the file system knows no locks (some network
    folders), nothing is checked.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UserError(f"Another run is working on {what}: wait until it has ended, or stop it.") from error
    except OSError:
        return
