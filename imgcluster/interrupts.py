"""Ctrl-C and processes that share the work: it reaches them all, and one of them says so."""
import contextlib
import signal


@contextlib.contextmanager
def interrupts_wait():
    """Hold Ctrl-C back from this thread for the block.

    Processes that are started in it go on doing so, until `end_when_interrupted`.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def end_when_interrupted():
    """Let Ctrl-C end this process from now on, at once and without a traceback: that is for its parent to tell."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
