"""A file is claimed by one process at a time, and free again when it is closed."""
import subprocess
import sys

import pytest

from imgcluster.errors import UserError
from imgcluster.locks import claim

pytest.importorskip("fcntl", reason="no file locks on this system")


def test_one_at_a_time(tmp_path):
    with (tmp_path / "ledger").open("a") as one, (tmp_path / "ledger").open("a") as two:
        claim(one, what="data/shop")
        with pytest.raises(UserError, match="data/shop"):
            claim(two, what="data/shop")
    with (tmp_path / "ledger").open("a") as again:
        claim(again, what="data/shop")


def test_a_killed_process_leaves_no_claim(tmp_path):
    code = ("import sys, time; from imgcluster.locks import claim; file = open(sys.argv[1], 'a'); "
            "claim(file, what='it'); print('claimed', flush=True); time.sleep(60)")
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path / "ledger"], stdout=subprocess.PIPE)
    with process, (tmp_path / "ledger").open("a") as file:
        assert process.stdout.readline().strip() == b"claimed"
        with pytest.raises(UserError):
            claim(file, what="it")
        process.kill()
        process.wait()
        claim(file, what="it")
