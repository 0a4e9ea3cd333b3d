"""Blocks of work in several threads, each of which counts alone.

The threads that a linear algebra library starts for each product wait for each other busily: beside other programs two
of them once took 177 s to cluster 370 photos, one alone 4 s. And the last digits of a sum depend on how many share it.
Blocks of rows need no waiting, and come out the same however many threads there are.
"""
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

# More hardly help, as they share the memory, and each holds a block.
MOST_THREADS = 16


def num_cores():
    """Return how many processor cores this process may use."""
    # macOS and Windows cannot say which those are.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def num_threads():
    """Return how many threads share the work: a core each, or as many as OMP_NUM_THREADS allows, 16 at most."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return min(num_cores(), int(allowed) if allowed.isdecimal() and int(allowed) else MOST_THREADS, MOST_THREADS)


# Of a function during whose calls every product is worked out by the thread that asks for it.
counting_alone = threadpool_limits.wrap(limits=1)


def in_threads(function, tasks):
    """Yield function(task) of each task, in their order, worked out by several threads.

    function: mostly calls of NumPy, which let other threads run meanwhile. Tasks are drawn as they are begun, one more
    than there are threads at most, so that few results are held at once.
    """
    tasks, threads = iter(tasks), num_threads()
    if threads == 1:
        yield from map(function, tasks)
        return
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        begun = deque()
        for task in tasks:
            begun.append(pool.submit(function, task))
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def all_in_threads(function, tasks):
    """Call function(task) for each task, in several threads, as `in_threads` does; what it returns is dropped."""
    for _ in in_threads(function, tasks):
        pass
