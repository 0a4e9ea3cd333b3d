"""Benchmarks: all that they import, patch and are told on the command line is there, and those of clusters run."""
import ast
import importlib
import runpy
import sys

import numpy as np
import pytest
from configured import ROOT

from benchmarks import cluster_count, confidence, new_photos, partly_labelled
from benchmarks.search_time import STAGES, found

FILES = sorted((ROOT / "benchmarks").glob("*.py"))
SCRIPTS = [path for path in FILES if ".parse_args(" in path.read_text(encoding="utf-8")]


@pytest.fixture(autouse=True)
def path_of_modules(monkeypatch):
    """Scripts put folders in front of sys.path."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_benchmark_says_how_it_is_used(path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code in (0, None) and capsys.readouterr().out.startswith(f"usage: {path.name}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_somewhere_is_there(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in ("imgcluster", "benchmarks"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")


@pytest.mark.parametrize("stage, module, name", STAGES)
def test_what_is_timed_of_a_search_is_there(stage, module, name):
    if "webapp" in module:
        pytest.importorskip("flask", reason="the web page is not installed (make install-app)")
    assert callable(getattr(*found(module, name)))


@pytest.fixture
def features(tmp_path):
    """A folder with one feature set: 8 classes of 12 photos."""
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(8), 12)
    codes = rng.standard_normal((8, 16))[labels] + 0.4 * rng.standard_normal((len(labels), 16))
    np.savez(tmp_path / "things.npz", codes=codes, scale=1.0, labels=labels)
    return ["--features", str(tmp_path)]


@pytest.mark.parametrize("main, arguments, line", [
    (confidence.main, [], "| things | 1 | "), (new_photos.main, ["--draws", "1"], "| things | "),
    (partly_labelled.main, [], "| what differs within a product | 1 | "),
    (cluster_count.main, [], "step 04 "), (cluster_count.main, ["--calibrated", "--picked", "5"], "step 04 ")])
def test_benchmarks_of_clusters_print_their_table(main, arguments, line, features, capsys):
    main([*features, *arguments])
    assert any(printed.startswith(line) for printed in capsys.readouterr().out.splitlines())
