"""One run at a time on the files of a dataset."""
import errno
from pathlib import Path

from filelock import FileLock, Timeout

from imgcluster.errors import UserError

NAME = ".lock"
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


def claim(folder):
    """Return a lock on `folder` that holds until it is released or forgotten, or the process ends, however it ends.

    The folder is made where there is none. Raises UserError where another run holds it. Where the file system knows no
    locks (some network folders), nothing is checked.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / NAME, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise UserError(f"Another run is working on {folder}: wait until it has ended, or stop it.") from error
    except NotImplementedError:
        pass
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return lock
