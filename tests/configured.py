"""Settings for tests: the project's own config file, others, and what is wrong with them."""
from pathlib import Path

import pytest

from imgcluster.configuring.config_file import load_settings
from imgcluster.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
PATH_TEMPLATES = ("RAW_IMG_DIR", "IMG_DIR", "DATA_DIR", "RESULT_DIR")


def write_config(folder, text):
    path = folder / "config.py"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(*overrides, config=None, root=None):
    with pytest.raises(UserError) as caught:
        load_settings(config, overrides, root=root)
    return str(caught.value).splitlines()
