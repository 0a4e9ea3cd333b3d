"""Putting the page together: where it says that photos are."""
from dataclasses import replace
from urllib.parse import unquote

import pytest
from report_gallery import Page, make_gallery

from imgcluster.report import write_report


@pytest.mark.parametrize("photos, page, address", [
    ("raw_img/a b#1", "result/tiny", "../../raw_img/a%20b%231/"),
    ("result/tiny/photos", "result/tiny", "photos/"),
    ("result", "result/tiny", "../"),
    ("raw_img/tiny", "result/of/tiny", None)])  # it would tell what lies beside the project
def test_the_page_says_where_photos_are_within_the_project(tmp_path, photos, page, address):
    gallery = make_gallery(tmp_path)
    (tmp_path / photos).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / page).mkdir(parents=True, exist_ok=True)
    write_report(tmp_path / page / "report.html", replace(gallery, raw_dir=tmp_path / photos))
    found = Page(tmp_path / page / "report.html").data["photosAt"]
    assert found == address
    assert not found or (tmp_path / page / unquote(found)).resolve() == tmp_path / photos
