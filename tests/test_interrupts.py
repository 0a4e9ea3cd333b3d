"""Ctrl-C ends all processes that share the work, and none but the first says a word."""
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imgcluster.interrupts import interrupts_wait

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals to groups of processes there")

# Processes that are started to share the work read this file too: the first interrupts them all while it starts.
SCRIPT = """import contextlib, os, signal, sys, time
from pathlib import Path

from imgcluster.running.cli import run

if __name__ == "__mp_main__":
    with contextlib.suppress(FileExistsError):
        Path(sys.argv[1], "interrupted").touch(exist_ok=False)
        for _ in range({times}):
            os.killpg(os.getpgrp(), signal.SIGINT)
            time.sleep(0.2)


def preprocess(folder):
    from imgcluster.photos.prepare import Recipe
    from imgcluster.photos.preprocess import Folders, preprocess_folder
    from imgcluster.progress import progress
    folders = Folders(folder / "raw", folder / "img", folder / "masks")
    preprocess_folder(folders, ["a.png"], Recipe(), ledger=folder / "ledger.jsonl", workers=1,
                      progress=progress)


def draw(folder):
    from imgcluster.sample import Catalogue, draw_sample
    draw_sample(Catalogue(seed=0, num_models=2, min_imgs=1, max_imgs=1, size=40), folder, workers=2)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run(lambda: {work}(Path(sys.argv[1]))))
"""


@pytest.mark.parametrize("work, times", [("preprocess", 1), ("preprocess", 2), ("draw", 1), ("draw", 2)])
def test_processes_that_are_interrupted_show_no_traceback(tmp_path, save_photos, squares, work, times):
    save_photos(tmp_path / "raw", {"a.png": squares([0])[0]})
    (tmp_path / "script.py").write_text(SCRIPT.replace("{work}", work).replace("{times}", str(times)))
    done = subprocess.run([sys.executable, tmp_path / "script.py", tmp_path], capture_output=True, text=True,
                          start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("stopped") == 1


def test_an_interrupt_that_was_held_back_comes_after_the_block():
    reached = False
    with pytest.raises(KeyboardInterrupt):
        with interrupts_wait():
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            reached = True
    assert reached
