"""Work in several threads: the same results in the same order, few at a time, and no library threads beside them."""
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from imgcluster import threads
from imgcluster.threads import all_in_threads, counting_alone, in_threads, num_threads


@pytest.fixture(params=[1, 2, 5])
def cores(request, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "num_cores", lambda: request.param)
    return request.param


def test_results_come_in_the_order_of_the_tasks(cores):
    def slow_first(number):
        time.sleep(0.02 if number == 0 else 0)
        return number**2
    assert list(in_threads(slow_first, range(20))) == [number**2 for number in range(20)]
    assert list(in_threads(slow_first, [])) == []


def test_as_many_threads_work_as_there_are_cores(cores):
    together = threading.Barrier(cores, timeout=20)
    seen = set()
    all_in_threads(lambda _: (together.wait(), seen.add(threading.get_ident())), range(2 * cores))
    assert len(seen) == cores


def test_tasks_are_drawn_as_they_are_begun(cores):
    drawn = []
    results = in_threads(lambda task: task, (drawn.append(task) or task for task in range(100)))
    assert [next(results), next(results)] == [0, 1] and len(drawn) <= cores + 2


def test_an_error_in_a_thread_reaches_whoever_asked(cores):
    with pytest.raises(ZeroDivisionError):
        all_in_threads(lambda number: 1 / number, [1, 2, 0, 3])


@pytest.mark.parametrize("allowed, expected", [("", 8), ("3", 3), ("0", 8), ("many", 8), ("99", 8)])
def test_no_more_threads_than_cores_or_than_are_allowed(monkeypatch, allowed, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    monkeypatch.setattr(threads, "num_cores", lambda: 8)
    assert num_threads() == expected


def test_libraries_start_no_threads_of_their_own_meanwhile(monkeypatch):
    def of_libraries(_=None):
        np.ones((64, 64)) @ np.ones((64, 64))
        return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "num_cores", lambda: 2)
    before = of_libraries()
    assert counting_alone(of_libraries)() == set.union(*in_threads(of_libraries, range(4))) == {1}
    assert of_libraries() == before
