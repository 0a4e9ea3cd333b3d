"""What the package needs: said in one message where it is not there."""
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from configured import ROOT

import imgcluster


def test_every_package_that_is_looked_for_is_one_of_the_requirements():
    required = re.findall(r"^[\w-]+", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    installed = packages_distributions()
    found = {installed[name][0].lower().replace("_", "-") for name in imgcluster.PACKAGES}
    assert found == set(required)


def test_a_python_without_the_packages_is_told_apart_from_that_in_venv():
    # -S: a Python that sees nothing of what is installed.
    ended = subprocess.run([sys.executable, "-S", ROOT / "run_all.py", "--help"], capture_output=True, text=True)
    assert ended.returncode == 2 and ended.stdout == ""
    assert re.fullmatch(r'error: not installed: cv2, .*, tqdm; this is Python 3\.\d+ \(.+\), use that in \.venv, which '
                        r'"make install" makes \(without make: README\.md, Quick start\)\n', ended.stderr)
