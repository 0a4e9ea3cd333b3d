"""Ctrl-C, and being told to end, among processes that share the work: all of them end, and one of them says so."""
import contextlib
import signal
import sys

# As shells report it.
TOLD_TO_END = 128 + signal.SIGTERM


@contextlib.contextmanager
def interrupts_wait():
    """Hold Ctrl-C back from this thread for the block.

    Processes that are started in it go on doing so, until `heed_interrupts` or `end_when_interrupted`.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def ends_undisturbed(pool):
    """For the block, which gives work to a pool of processes: where Ctrl-C or an error leaves it, they end before a
    second Ctrl-C is heard, which would end the pool while its processes start."""
    try:
        yield
    except BaseException:
        with interrupts_wait():
            pool.shutdown(cancel_futures=True)
        raise


def heed_interrupts():
    """Let Ctrl-C reach this process, if it was started while interrupts waited: one that came since then comes now."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextlib.contextmanager
def cleaned_up_when_told_to_end():
    """For the block, have SIGTERM (`kill`, a container that stops) raise SystemExit, so that what is open is closed.

    For the main thread alone.
    """
    def end(*_):
        sys.exit(TOLD_TO_END)
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def end_when_interrupted():
    """Let Ctrl-C end this process from now on, at once and without a traceback: that is for its parent to tell."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    heed_interrupts()
