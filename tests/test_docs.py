"""README and documentation: their links lead to files and headings that are there."""
import re
from pathlib import Path

import pytest

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


def test_pages_are_found_and_have_links():
    assert {"README.md", "CONTRIBUTING.md", "results.md"} <= {page.name for page in PAGES}
    assert "steps" in " ".join(anchors(ROOT / "README.md"))
