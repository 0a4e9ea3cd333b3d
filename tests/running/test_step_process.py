"""Steps in processes of their own: interrupts reach them, and none outlives the run."""
import os
import subprocess
import sys
import time

import pytest
from configured import ROOT

from imgcluster.running.step_process import reason, run_step


def test_only_a_step_that_could_say_so_has_said_what_was_wrong():
    assert "above" in reason(2, "03") and "above" not in reason(-9, "03")
    assert "lower NUM_WORKERS or BATCH_SIZE" in reason(-9, "03") and "NUM_WORKERS" not in reason(-9, "04")


# The first second is for the parent to begin its waiting; half of one is longer than `Popen` itself still waits.
WAITS = """import os, signal, sys, time
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
time.sleep(1)
os.kill(os.getppid(), signal.SIGINT)
time.sleep(0.5)
sys.exit({code})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to other processes there")
def test_an_interrupt_leaves_a_step_the_time_to_end(tmp_path):
    script = tmp_path / "waits.py"
    script.write_text(WAITS.format(code=130))
    assert run_step([sys.executable, script]) == 130
    script.write_text(WAITS.format(code=1))
    with pytest.raises(KeyboardInterrupt):
        run_step([sys.executable, script])


HEARS_NOTHING = """import os, signal, sys, time
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
time.sleep(1)
os.kill(os.getppid(), signal.SIGINT)
try:
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to other processes there")
def test_an_interrupt_of_the_run_alone_reaches_the_step(tmp_path):
    script = tmp_path / "hears_nothing.py"
    script.write_text(HEARS_NOTHING)
    assert run_step([sys.executable, script]) == 130


IMPORTS = """import os, signal, sys, time
os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C does while modules are imported
time.sleep(0.5)
from imgcluster.running.cli import run
sys.exit(run(lambda: 0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals that wait there")
def test_an_interrupt_of_a_step_that_is_still_importing_is_told_as_any_other(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    script = tmp_path / "imports.py"
    script.write_text(IMPORTS)
    assert run_step([sys.executable, script]) == 130
    told = capfd.readouterr().err
    assert "Traceback" not in told and told.count("stopped; run the step again to go on") == 1


LASTING = """import os, sys, time
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(60)
"""
RUNS = "import sys; from imgcluster.running.step_process import run_step; run_step([sys.executable, *sys.argv[1:]])"


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to other processes there")
def test_a_step_ends_with_a_run_that_is_told_to_end(tmp_path):
    script, note = tmp_path / "lasting.py", tmp_path / "pid"
    script.write_text(LASTING)
    run = subprocess.Popen([sys.executable, "-c", RUNS, script, note], cwd=ROOT)
    while not (note.exists() and note.read_text()):
        time.sleep(0.05)
    run.terminate()
    assert run.wait(30) == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
