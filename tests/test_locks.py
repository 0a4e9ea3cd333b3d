"""A folder is claimed by one run at a time, and free again when that lets it go or ends, however it ends."""
import contextlib
import errno
import subprocess
import sys

import pytest

from imgcluster.errors import UserError
from imgcluster.locks import claim


def test_one_at_a_time(tmp_path):
    lock = claim(tmp_path / "shop")
    with pytest.raises(UserError, match="shop"):
        claim(tmp_path / "shop")
    lock.release()
    claim(tmp_path / "shop").release()


def test_a_lock_that_is_forgotten_holds_nothing(tmp_path):
    lock = claim(tmp_path)
    del lock
    claim(tmp_path).release()


def test_other_folders_are_free(tmp_path):
    lock = claim(tmp_path / "shop")
    claim(tmp_path / "week2").release()
    lock.release()


def test_a_killed_process_leaves_no_claim(tmp_path):
    code = ("import sys, time; from imgcluster.locks import claim; lock = claim(sys.argv[1]); "
            "print('claimed', flush=True); time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline().strip() == b"claimed"
        with pytest.raises(UserError):
            claim(tmp_path)
        process.kill()
        process.wait()
        claim(tmp_path).release()


@pytest.mark.parametrize("error, passes", [(NotImplementedError(), True), (OSError(errno.ENOLCK, "no locks"), True),
                                           (OSError(errno.EACCES, "denied"), False)])
def test_where_the_file_system_knows_no_locks_nothing_is_checked(tmp_path, monkeypatch, error, passes):
    def refuse(lock):
        raise error
    monkeypatch.setattr("imgcluster.locks.FileLock.acquire", refuse)
    with contextlib.nullcontext() if passes else pytest.raises(OSError):
        claim(tmp_path)
