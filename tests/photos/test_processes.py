"""Work in several processes: one that dies, or has no memory left, costs nobody but its own task the result."""
import multiprocessing
import os
import time

import cv2
import pytest

from imgcluster.errors import UserError
from imgcluster.photos import processes
from imgcluster.photos.processes import in_processes


def act(what):
    """The square of a number; other tasks end their process, or ask for more memory than there is."""
    if what == "crash":
        os._exit(1)
    if what == "error":
        raise OSError("broken data stream")
    if what == "user":
        raise UserError("no room")
    if what == "numpy":
        raise MemoryError
    if what == "opencv":
        error = cv2.error("Failed to allocate 546000000 bytes")
        error.code = cv2.Error.StsNoMem
        raise error
    return {"square": what * what}


@pytest.mark.parametrize("end", ["crash", "numpy", "opencv"])
def test_a_task_that_ends_its_process_does_not_stop_the_others(monkeypatch, end):
    pools, pool = [], processes._pool
    monkeypatch.setattr(processes, "_pool", lambda workers: pools.append(workers) or pool(workers))
    results = dict(in_processes(act, [(0,), (1,), (end,), (2,), (3,), (4,)], 2))
    assert "ended the process (out of memory" in results.pop((end,))["reason"]
    assert results == {(number,): {"square": number * number} for number in range(5)}
    # All, those under suspicion up to the deadly one and after it, and the rest.
    assert len(pools) <= 4


def test_an_error_is_that_of_its_task_alone_unless_the_user_is_to_mend_it():
    results = dict(in_processes(act, [(0,), ("error",), (1,)], 1))
    assert results == {(0,): {"square": 0}, (1,): {"square": 1},
                       ("error",): {"reason": "cannot be used: OSError: broken data stream"}}
    with pytest.raises(UserError, match="no room"):
        dict(in_processes(act, [(0,), ("user",), (1,)], 1))


def test_processes_that_are_killed_between_two_tasks_lose_none():
    results = in_processes(act, [(number,) for number in range(12)], 1)
    finished = [next(results)]
    for process in multiprocessing.active_children():
        process.kill()
    time.sleep(0.5)  # the pool notices before it is given the next task
    finished += results
    assert sorted(finished) == [((number,), {"square": number * number}) for number in range(12)]
