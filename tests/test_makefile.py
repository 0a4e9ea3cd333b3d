"""The Makefile: what it leaves where setting up fails."""
import shutil
import subprocess

import pytest
from configured import ROOT

# As Debian's python3 without python3-venv does it: the link is made before pip is missed.
WITHOUT_PIP = """#!/bin/sh
if [ "$1" = -m ]; then mkdir -p .venv/bin; ln -s /bin/sh .venv/bin/python; exit 1; fi
"""


@pytest.mark.skipif(not shutil.which("make"), reason="GNU make is not installed")
def test_an_environment_that_could_not_be_made_is_made_again(tmp_path):
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(WITHOUT_PIP)
    python.chmod(0o755)
    for _ in range(2):
        done = subprocess.run(["make", "install", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True,
                              check=False)
        assert done.returncode and f"{python} -m venv" in done.stdout
