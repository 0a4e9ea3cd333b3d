"""Scripts run as their command lines do: in a process of their own, or in that of the tests, which has imported all."""
import contextlib
import io
import logging
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

from imgcluster.locks import claim
from imgcluster.running.cli import run

ROOT = Path(__file__).resolve().parent.parent


def apart(script, *arguments, cwd, before=()):
    """Run a script as a user does, in a folder; `before` are words that its command line begins with."""
    return subprocess.run([*before, sys.executable, ROOT / script, *arguments], cwd=cwd, capture_output=True, text=True,
                          check=False)


def here(script, *arguments, cwd="."):
    """The same, with the same result, without a process that imports TensorFlow anew. An unexpected error is raised."""
    out, err = io.StringIO(), io.StringIO()
    names = runpy.run_path(str(ROOT / script))
    main = names["main"]
    if "run_step" in names:  # run_all.py
        main.__globals__["run_step"] = run_step
    with contextlib.chdir(cwd), heard(out, err), locks_let_go():
        try:
            code = run(lambda: main(list(map(str, arguments))))
        except SystemExit as error:
            code = error.code
    return subprocess.CompletedProcess([script, *arguments], code, out.getvalue(), err.getvalue())


def run_step(command):
    """Do with the command line of a step what run_all.py does with it, but here."""
    done = here(*command[1:])
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done.returncode


@contextlib.contextmanager
def locks_let_go():
    """Let go at the end what a step that failed would have held until its process ended."""
    locks = []

    def claimed(folder):
        locks.append(claim(folder))
        return locks[-1]
    try:
        with mock.patch("imgcluster.running.cli.claim", claimed):
            yield
    finally:
        for lock in locks:
            lock.release()


@contextlib.contextmanager
def heard(out, err):
    """What is said on standard output, on standard error and by loggers, as in a process that has just begun."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
