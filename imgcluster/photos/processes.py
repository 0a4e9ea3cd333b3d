"""Photos worked on in several processes, whichever of them a photo ends."""
import multiprocessing
import os
import sys
import threading
import warnings
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import cv2
from threadpoolctl import threadpool_limits

from imgcluster.errors import UserError
from imgcluster.interrupts import end_when_interrupted, ends_undisturbed, interrupts_wait
from imgcluster.photos.images import quiet_codecs
from imgcluster.wording import first_line

NO_LEAKS = "ignore:resource_tracker:UserWarning"


def in_processes(function, tasks, workers):
    """Yield (task, function(*task)) as tasks are done, in so many processes.

    function: of a module, that returns a dict. A task that ends its process, for want of memory or by a crash in a
    decoder, gives {"reason": ...}, and so does one that raises anything but a UserError.
    """
    waiting = deque(tasks)
    while waiting:
        suspects = deque((yield from _until_broken(function, waiting, workers, at_once=workers * 4)))
        while suspects:
            # One after the other: whichever is under way when the process dies is to blame.
            for task in (yield from _until_broken(function, suspects, 1, at_once=1)):
                yield task, {"reason": "reading it ended the process (out of memory, or a damaged file)"}


def _until_broken(function, waiting, workers, *, at_once):
    """Work through `waiting`, `at_once` under way; returns those that were when a process died, or [] at the end."""
    running = {}
    try:
        with _pool(workers) as pool, ends_undisturbed(pool):
            while waiting or running:
                while waiting and len(running) < at_once:
                    # Taken off the list once it is under way: a pool whose process just died takes nothing.
                    running[_submit(pool, function, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    yield running.pop(future), result
    except BrokenProcessPool:
        return list(running.values())
    return []


def _start_worker():
    end_when_interrupted()
    cv2.setNumThreads(1)
    threadpool_limits(1)  # as many processes as cores do the work already
    quiet_codecs()
    warnings.filterwarnings("ignore", module="PIL")  # as in `cli.configure_logging`
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    # A parent that is killed cannot tell its workers to stop.
    multiprocessing.parent_process().join()
    os._exit(1)


def _submit(pool, function, task):
    # A pool starts its processes when it is given work.
    with interrupts_wait():
        return pool.submit(_alone, function, *task)


def _alone(function, *task):
    """Call the function, so that what goes wrong is a matter of its task: see `in_processes`. A process without memory
    for it ends, as the system may end it."""
    try:
        return function(*task)
    except UserError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError) or getattr(error, "code", None) == cv2.Error.StsNoMem:
            os._exit(1)
        return {"reason": f"cannot be used: {type(error).__name__}: {first_line(error)}"}


def _pool(workers):
    # What a killed run leaves, Python's tracker cleans up; it would also warn of it, unless it is started with this.
    if NO_LEAKS not in sys.warnoptions:
        sys.warnoptions.append(NO_LEAKS)
    # Spawned, not forked: a fork copies locks that other threads (the progress bar's) may hold.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_start_worker)
