"""A step in a process of its own: Ctrl-C reaches it, and it never outlives the run."""
import contextlib
import os
import signal
import subprocess

from imgcluster.interrupts import cleaned_up_when_told_to_end, interrupts_wait
from imgcluster.running.cli import INTERRUPTED

# After an interrupt: until it is passed on to a step that does not end, and until that is ended.
SECONDS_TO_HEAR, SECONDS_TO_STOP = 3, 10


def run_step(command):
    """Return the exit code of a step.

    Ctrl-C in a terminal reaches it as well as this process: it is given the time to stop and to say so. An interrupt of
    this process alone, as by an editor's button, is passed on. It never outlives this one. While it is still importing
    what it needs, interrupts wait until `cli.run` heeds them.
    """
    with cleaned_up_when_told_to_end(), contextlib.ExitStack() as starting:
        starting.enter_context(interrupts_wait())
        return _wait_for(subprocess.Popen(command), starting)


def _wait_for(step, starting):
    """Return the exit code of a process; starting: what is to be closed before an interrupt can come."""
    with step as process:
        try:
            starting.close()
            return process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_HEAR)
            if process.returncode is None and os.name != "nt":
                process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_STOP)
            if process.returncode != INTERRUPTED:
                raise
            return INTERRUPTED
        finally:
            process.kill()


def reason(code, number):
    """Say where to look for what made a step of this number fail, by its exit code."""
    if code > 0:
        return "its message is above"
    # The system ends what takes more memory than there is, by signal 9, and the step cannot say so.
    remedy = ", so lower NUM_WORKERS or BATCH_SIZE" if number in ("01", "02", "03") else ""
    return f"ended by signal {-code}: 9 mostly means too little memory{remedy}"
