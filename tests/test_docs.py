"""README and documentation: their links lead to files and headings that are there."""
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from project import known_and_new, run

from imgcluster.files import read_json

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(page for folder in (".", "docs", "weights") for page in (ROOT / folder).glob("*.md"))


def anchors(page):
    """Return the anchors of a page's headings, as they are on GitHub."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text(encoding="utf-8"))
    for path, anchor in links:
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {path} is not there"
        assert not anchor or anchor in anchors(target), f"{page.name}: {target.name} has no heading for #{anchor}"


def test_the_lines_of_python_give_the_labels_of_step_04(tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs" / "cluster_count.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    data = known_and_new(tmp_path) / "data" / "shop"
    features = np.load(data / "features.npy")
    features[7] = features[100]
    np.save(data / "features.npy", features)
    run("04_cluster_som.py", data.parent.parent, "--set", "CALIBRATION_DATASET=None", "--set", "SOM_EPOCHS=20")
    monkeypatch.chdir(data)
    there = {}
    exec(snippet, there)  # noqa: S102
    count = read_json(data / "cluster_count.json")
    np.testing.assert_array_equal(there["found"].labels, np.load(data / "labels_pred.npy"))
    np.testing.assert_allclose(there["found"].confidence, pd.read_csv(data / "clusters.csv")["confidence"], atol=1e-4)
    assert (f"{count['num_clusters']} clusters, likely {count['interval'][0]} to {count['interval'][1]}"
            in capsys.readouterr().out)


def test_pages_are_found_and_have_links():
    assert {"README.md", "CONTRIBUTING.md", "results.md"} <= {page.name for page in PAGES}
    assert "steps" in " ".join(anchors(ROOT / "README.md"))
