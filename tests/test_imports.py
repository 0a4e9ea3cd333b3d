"""Imports of the package: one way among its parts, and never of a script or of config.py."""
import ast
from graphlib import TopologicalSorter

from configured import ROOT

SOURCES = sorted((ROOT / "imgcluster").rglob("*.py"))
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES}


def imported_by(path):
    """Return the full names of all that a source file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def part(name):
    """Return the package or module of imgcluster that a name lies in."""
    return ".".join(name.split(".")[:2])


def table():
    """Return the packages in the order in which CONTRIBUTING.md lists them, those without one first."""
    rows = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("| package |")[1].split("\n\n")[0].splitlines()
    return ["imgcluster." + row.split("`")[1] for row in rows[3:]]


def test_each_part_imports_only_what_stands_above_it():
    listed = table()
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py" and name != "imgcluster"}
    assert set(listed) == packages and len(listed) == len(packages)
    for name, path in MODULES.items():
        own = part(name)
        others = {part(target) for target in imported_by(path) if target.startswith("imgcluster.")} - {own}
        if own in packages:
            assert all(listed.index(other) < listed.index(own) for other in others & packages), (name, others)


def test_no_part_imports_itself_by_way_of_others():
    parts = {}
    for name, path in MODULES.items():
        parts.setdefault(part(name), set()).update(part(target) for target in imported_by(path)
                                                   if target.startswith("imgcluster."))
    assert list(TopologicalSorter({own: others - {own} for own, others in parts.items()}).static_order())


def test_package_imports_neither_config_nor_scripts():
    scripts = {path.stem for path in ROOT.glob("*.py")}
    assert scripts >= {"config", "run_all"}
    for name, path in MODULES.items():
        assert not {target.split(".")[0] for target in imported_by(path)} & scripts, name


def test_figures_but_for_those_in_windows_are_drawn_without_pyplot():
    # It would open a window, or fail without a screen, and keeps every figure in memory.
    using = {name for name, path in MODULES.items()
             if any(target.startswith(("matplotlib.pyplot", "pylab")) for target in imported_by(path))}
    assert using == {"imgcluster.plots.windows"}
