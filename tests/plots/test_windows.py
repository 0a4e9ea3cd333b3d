"""Windows: none unless asked for; where none can be opened, one message says so."""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.errors import UserError
from imgcluster.files import write_array, write_arrays, write_lines
from imgcluster.plots.windows import LARGEST, require_screen, show_windows

ROOT = Path(__file__).parents[2]


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

    def start(*arguments, **environment):
        headless = {name: value for name, value in os.environ.items()
                    if name not in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND")}
        settings = [part for name, value in folders.items() for part in ("--set", f"{name}={value}")]
        return subprocess.Popen([sys.executable, ROOT / "06_visualize.py", *settings, *arguments], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=headless | environment)

    def run(*arguments, **environment):
        step = start(*arguments, **environment)
        stdout, stderr = step.communicate()
        return subprocess.CompletedProcess(step.args, step.returncode, stdout, stderr)

    run.start = start
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


@pytest.fixture
def screen(tmp_path):
    """The name of a screen that nobody sees, as DISPLAY wants it."""
    pytest.importorskip("tkinter", reason="this Python has no tkinter to open windows with")
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        pytest.skip("no Xvfb and xdotool found (Debian: apt-get install xvfb xdotool)")
    reader, writer = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
                              pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as file:
        yield f":{file.readline().strip()}"
    server.terminate()
    server.wait()


def test_on_a_screen_every_figure_has_a_window_and_the_step_ends_when_they_are_closed(visualize, screen):
    def windows():
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", r"\.png$"], check=False,
                               capture_output=True, text=True, env=os.environ | {"DISPLAY": screen})
        return found.stdout.split()

    with visualize.start("--show", DISPLAY=screen) as step:
        deadline = time.monotonic() + 240
        while len(windows()) < 4 and step.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
        titles = [subprocess.run(["xdotool", "getwindowname", window], check=True, capture_output=True, text=True,
                                 env=os.environ | {"DISPLAY": screen}).stdout.strip() for window in windows()]
        for window in windows():  # q closes a window of matplotlib
            subprocess.run(["xdotool", "windowfocus", window, "key", "q"], check=False,
                           env=os.environ | {"DISPLAY": screen})
        assert step.wait(60) == 0
    assert {"map.png", "scatter.png", "hits.png", "distance_map.png"} <= set(titles)
    assert (visualize.result_dir / "report.html").is_file()


def test_saved_pictures_are_shown_no_larger_than_a_screen(monkeypatch, save_photos, tmp_path):
    from matplotlib import pyplot
    sizes = {"map.png": (3000, 1000, 3), "hits.png": (90, 120, 3)}
    save_photos(tmp_path, {name: np.zeros(size, np.uint8) for name, size in sizes.items()})
    monkeypatch.setattr(pyplot, "show", lambda: shown.update(
        {name: pyplot.figure(name).get_size_inches() * pyplot.figure(name).dpi for name in pyplot.get_figlabels()}))
    shown, before = {}, pyplot.get_backend()
    try:
        pyplot.switch_backend("agg")
        with pytest.raises(UserError, match="agg"):
            require_screen()
        show_windows([tmp_path / "map.png", tmp_path / "hits.png"])
        assert shown["hits.png"] == pytest.approx([120, 90])
        assert shown["map.png"] == pytest.approx([LARGEST[1] / 3, LARGEST[1]])
    finally:
        pyplot.close("all")
        pyplot.switch_backend(before)
