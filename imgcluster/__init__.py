"""Cluster product photos by product model: the importable part behind the numbered scripts."""
import sys
from importlib.util import find_spec

# The packages of requirements.txt, by the names that they are imported under.
PACKAGES = ("cv2", "filelock", "imagehash", "jinja2", "keras", "matplotlib", "minisom", "numpy", "pandas", "PIL",
            "pillow_heif", "pydantic", "scipy", "sklearn", "tensorflow", "threadpoolctl", "tqdm")


def _require_packages():
    """End the process with one clear message where the wrong Python runs it, as is easily done beside a .venv."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if sys.version_info < (3, 11):  # noqa: UP036
        lack, remedy = "Python 3.11 or newer is needed", "make install PYTHON=python3.12"
    elif missing:
        lack, remedy = f"not installed: {', '.join(missing)}", "make install"
    else:
        return
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]} ({sys.executable})"
    sys.stderr.write(f"error: {lack}; this is {here}, use that in .venv, which \"{remedy}\" makes (without make: "
                     "README.md, Quick start)\n")
    sys.exit(2)


_require_packages()
