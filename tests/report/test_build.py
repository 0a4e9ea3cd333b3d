"""Putting the page together: where it says that photos are."""
from dataclasses import replace
from urllib.parse import unquote

import pytest
from report_gallery import Page, make_gallery

from imgcluster.report import write_report


@pytest.mark.parametrize("photos, page, project, address", [
    ("raw_img/a b#1", "result/tiny", None, "../../raw_img/a%20b%231/"),
    ("result/tiny/photos", "result/tiny", None, "photos/"),
    ("result", "result/tiny", None, "../"),
    ("raw_img/tiny", "result/of/tiny", None, None),  # it would tell what lies beside the project
    ("raw_img/tiny", "runs/tiny/result", ".", "../../../raw_img/tiny/"),
    ("raw_img/tiny", "mine/runs/tiny/result", "mine", None), ("mine/raw_img", "runs/of/tiny", "mine", None),
    ("disk/raw_img/tiny", "disk/result/tiny", "mine", "../../raw_img/tiny/")])  # as it lies in a project
def test_the_page_says_where_photos_are_within_the_project(tmp_path, photos, page, project, address):
    gallery = make_gallery(tmp_path)
    (tmp_path / photos).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / page).mkdir(parents=True, exist_ok=True)
    write_report(tmp_path / page / "report.html", replace(gallery, raw_dir=tmp_path / photos),
                 project=project and tmp_path / project)
    found = Page(tmp_path / page / "report.html").data["photosAt"]
    assert found == address
    assert not found or (tmp_path / page / unquote(found)).resolve() == tmp_path / photos
