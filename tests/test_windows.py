"""Windows: none unless asked for; where none can be opened, one message says so."""
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imgcluster.artefacts import write_array, write_arrays, write_labels, write_lines, write_table
from imgcluster.errors import UserError
from imgcluster.plots import hits_figure
from imgcluster.plots.windows import require_screen, show_windows

ROOT = Path(__file__).parents[1]


@pytest.fixture
def visualize(tmp_path, squares, save_photos):
    """Run step 06 on a finished dataset of six photos, on a machine without a screen."""
    data_dir, names = tmp_path / "data", [f"{row}.png" for row in range(6)]
    clusters = np.arange(6) % 2
    save_photos(tmp_path / "raw", dict(zip(names, squares(clusters))))
    write_lines(data_dir / "img_paths.txt", names)
    write_labels(data_dir, "pred", clusters)
    write_array(data_dir / "features.npy", np.eye(6, dtype=np.float32))
    write_table(data_dir / "clusters.csv", pd.DataFrame({
        "file": names, "cluster": clusters, "unit_row": 0, "unit_column": clusters, "distance": 0.1,
        "confidence": 0.5}))
    write_arrays(data_dir / "som.npz", hits=np.array([[3, 3]]), distance_map=np.array([[0.5, 1.0]]),
                 topology=np.array("rectangular"), unit_clusters=np.array([[0, 1]]))
    folders = {"DATASET": "shop", "TRAIN_DATASET": None, "RAW_IMG_DIR": tmp_path / "raw", "DATA_DIR": data_dir,
               "IMG_DIR": tmp_path / "img", "RESULT_DIR": tmp_path / "result"}

    def run(*arguments, **environment):
        headless = {name: value for name, value in os.environ.items()
                    if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
        settings = [part for name, value in folders.items() for part in ("--set", f"{name}={value}")]
        return subprocess.run([sys.executable, ROOT / "06_visualize.py", *settings, *arguments], check=False,
                              capture_output=True, text=True, env=headless | environment)

    run.result_dir = tmp_path / "result"
    return run


def test_by_default_figures_are_saved_and_no_window_is_thought_of(visualize):
    # A backend that needs a screen would fail at once if a figure went through pyplot.
    done = visualize(MPLBACKEND="TkAgg")
    assert done.returncode == 0, done.stderr
    assert (visualize.result_dir / "map.png").is_file() and (visualize.result_dir / "report.html").is_file()
    assert "open in a browser" in done.stdout and "report.html" in done.stdout


def test_windows_without_a_screen_are_refused_before_any_work(visualize):
    done = visualize("--show", MPLBACKEND="agg")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "--show: no window can be opened here" in done.stderr
    assert not visualize.result_dir.exists()


def test_figures_made_without_pyplot_can_be_shown(monkeypatch):
    from matplotlib import pyplot
    monkeypatch.setattr(pyplot, "show", lambda: shown.extend(pyplot.get_fignums()))
    shown, before = [], pyplot.get_backend()
    try:
        pyplot.switch_backend("agg")
        with pytest.raises(UserError, match="agg"):
            require_screen()
        show_windows({f"{name}.png": hits_figure(np.ones((2, 2), int), topology="rectangular", title="")
                      for name in "ab"})
        assert len(shown) == 2
    finally:
        pyplot.close("all")
        pyplot.switch_backend(before)
