"""The report's page: nothing from outside is markup, nothing lies outside the file, what is missing is left out."""
import base64
import re
import shutil

from report_gallery import HOSTILE_FILE, HOSTILE_LABEL, Page, make_gallery

from imgcluster.report import write_report
from imgcluster.report.page import breakable


def test_names_from_outside_are_text(written):
    assert HOSTILE_FILE in written.page.data["photos"]["file"]
    assert HOSTILE_LABEL in [model["name"] for model in written.page.data["models"]]
    assert not {"img", "b", "i"} & {tag for tag, _ in written.page.tags}
    assert "alert(" not in "".join(text for attributes, text in written.page.blocks if "type" not in attributes)
    assert not [attributes for _, attributes in written.page.tags if any(name.startswith("on") for name in attributes)]
    assert "&lt;b&gt;bad&lt;/<wbr>b&gt;.jpg" in written.page.text


def test_data_cannot_end_their_block(written):
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', written.page.text, re.S).group(1)
    assert not re.search("[<>&\u2028\u2029]", block)


def test_line_separators_and_other_scripts_survive(tmp_path):
    gallery = make_gallery(tmp_path, name="가방\u2028<&>")
    write_report(tmp_path / "report.html", gallery)
    assert Page(tmp_path / "report.html").data["name"] == "가방\u2028<&>"


def test_paths_go_on_in_another_line_between_their_parts_and_stay_text():
    assert breakable("shop_1/a-b__c.jpg_") == "shop_<wbr>1/<wbr>a-<wbr>b_<wbr>_<wbr>c.jpg_"
    assert breakable("<b>/&.jpg") == "&lt;b&gt;/<wbr>&amp;.jpg" and breakable("") == ""


def test_policy_names_the_only_script_and_style(written):
    import hashlib
    policy = next(attributes["content"] for tag, attributes in written.page.tags if tag == "meta"
                  and attributes.get("http-equiv") == "Content-Security-Policy")
    digests = re.findall(r"'(sha256-[^']+)'", policy)
    blocks = [text for attributes, text in written.page.blocks if "type" not in attributes]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert sorted(digests) == sorted("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                                     for text in blocks)


def test_nothing_lies_outside_the_file(written):
    for tag, attributes in written.page.tags:
        for name in ("src", "href", "action", "data-src"):
            assert re.match(r"#|data:", attributes.get(name) or "#"), (tag, attributes)
    assert "http://" not in re.sub(r"http://www\.w3\.org/2000/svg", "", written.page.text)


def test_every_section_is_there(written):
    assert {"answer", "map", "clusters", "scatter", "review", "levels", "scores", "confusion", "training", "background",
            "files", "run"} <= written.page.ids
    assert written.size == written.path.stat().st_size


def test_what_is_missing_is_left_out(tmp_path):
    gallery = make_gallery(tmp_path, labels=False, all_files=False)
    shutil.rmtree(gallery.img_dir)
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert {"answer", "map", "clusters", "scatter", "review", "levels"} <= page.ids
    assert not {"scores", "confusion", "training", "background", "files",
                "run"} & page.ids


def test_one_photo(tmp_path):
    gallery = make_gallery(tmp_path, num_photos=1, num_clusters=1)
    write_report(tmp_path / "report.html", gallery)
    assert Page(tmp_path / "report.html").data["photos"]["cluster"] == [0]
