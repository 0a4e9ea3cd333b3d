"""The report in Chromium: it asks for nothing, obeys mouse and keys, and exports what step 04 applies."""
import base64
import io
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report_browser import click, downloaded, merge_into, open_page, opened, point, wait
from report_correcting import on_a_phone
from report_gallery import HOSTILE_FILE, make_gallery

from imgcluster.clusters.corrections import apply_corrections
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_json, write_lines
from imgcluster.report import sprites, write_report


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A gallery with every file, and the path of its page, with as many sheets of thumbnails as thousands fill."""
    folder = tmp_path_factory.mktemp("report")
    gallery = make_gallery(folder)
    write_lines(gallery.data_dir / "corrections.csv", ["action,file,cluster,value,clustering", "name,,2,boots,",
                                                       "split,a.jpg,0,new-1,another"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sprites, "SHEET_SIDE", 160)
        write_report(folder / "report.html", gallery)
    return SimpleNamespace(gallery=gallery, path=folder / "report.html")


@pytest.fixture
def browser(chromium, written):
    """The page, freshly opened."""
    yield from opened(chromium, written.path)


def test_page_opens_without_a_request(browser, written):
    wait(browser, "document.querySelector('#opening .picture').style.backgroundImage.startsWith('url(\"blob:')")
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requested = {message["params"]["request"]["url"] for message in messages
                 if message["method"] == "Network.requestWillBeSent"}
    assert {url for url in requested if re.match("(https?|wss?|ftp|file):", url)} == {written.path.as_uri()}


def test_hostile_names_do_nothing(browser):
    for section in ("review", "confusion", "files", "run"):
        browser.execute_script("document.getElementById(arguments[0]).scrollIntoView()", section)
    browser.find_element("id", "search").send_keys("onerror")
    wait(browser, "document.querySelectorAll('#results-photos .photo').length === 1")
    click(browser, "#results-photos .photo")
    wait(browser, "document.getElementById('cluster').open")
    assert browser.execute_script("return document.querySelectorAll('img, script:not([id^=sheet-])').length") == 2
    assert browser.execute_script("return document.querySelector('.marked').title") == HOSTILE_FILE


def test_a_unit_opens_its_cluster(browser):
    point(browser, "#map-canvas", [(0.45, 0.85)])
    wait(browser, "document.getElementById('cluster').open")
    assert browser.execute_script("return document.getElementById('cluster').dataset.cluster") == "2"
    assert len(browser.find_elements("css selector", "#cluster-photos .photo")) == 8


def test_only_the_first_button_of_a_mouse_opens_a_cluster(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    canvas = browser.find_element("id", "map-canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
    down = canvas.size["height"] * 0.35
    ActionChains(browser).move_to_element_with_offset(canvas, 0, down).context_click().perform()
    assert not browser.find_element("id", "cluster").is_displayed()
    ActionChains(browser).move_to_element_with_offset(canvas, 0, down).click().perform()
    wait(browser, "document.getElementById('cluster').open")


def test_buttons_lie_on_no_photo(browser):
    for plot in ("map", "scatter"):
        canvas, zoom = (browser.find_element("id", f"{plot}-{part}").rect for part in ("canvas", "zoom"))
        assert zoom["x"] >= canvas["x"] + canvas["width"] or zoom["y"] >= canvas["y"] + canvas["height"]


def test_the_map_obeys_keys(browser):
    from selenium.webdriver.common.keys import Keys
    canvas = browser.find_element("id", "map-canvas")
    canvas.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert "Cluster 1" in browser.find_element("id", "map-status").get_attribute("textContent")
    canvas.send_keys(Keys.ENTER)
    wait(browser, "document.getElementById('cluster').open")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait(browser, "!document.getElementById('cluster').open")


def test_the_wheel_zooms_the_map(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
    canvas = browser.find_element("id", "map-canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
    before = browser.execute_script("return scrollY")
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -200).perform()
    wait(browser, "document.getElementById('map-canvas').style.touchAction === 'none'")
    assert browser.execute_script("return scrollY") == before


def test_lasso_lists_and_exports_what_is_inside(browser, written):
    point(browser, "#scatter-canvas", [(0.005, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99)])
    wait(browser, "!document.getElementById('lasso').hidden")
    assert browser.find_element("id", "lasso-title").text == "24 photos of 3 clusters inside"
    click(browser, "#lasso-select")
    click(browser, "#save-selection")
    lines = downloaded(browser, "selection.csv")
    assert sorted(line["file"] for line in lines) == sorted(written.gallery.img_paths)


def shown_in_scatter(driver):
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    return driver.execute_script("return document.getElementById('scatter-canvas').toDataURL()")


def test_keys_choose_photos_in_the_scatter_by_a_ring(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    canvas, status = browser.find_element("id", "scatter-canvas"), browser.find_element("id", "scatter-status")
    assert status.get_attribute("aria-live") == "polite"
    seen = {shown_in_scatter(browser)}
    for arrow in (Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_DOWN):  # the first brings the ring, the others move it
        canvas.send_keys(arrow)
        assert " in the ring" in status.text
        seen.add(shown_in_scatter(browser))
    assert len(seen) == 4
    canvas.send_keys(*[Keys.SHIFT + Keys.ARROW_UP + Keys.NULL] * 20)
    assert status.text == "24 photos of 3 clusters in the ring: Cluster 0 (8), Cluster 1 (8), Cluster 2 (8)"
    canvas.send_keys(*[Keys.SHIFT + Keys.ARROW_DOWN + Keys.NULL] * 40)
    assert not status.text.startswith("24")
    assert not browser.find_element("id", "lasso").is_displayed()
    canvas.send_keys(*[Keys.SHIFT + Keys.ARROW_UP + Keys.NULL] * 40, Keys.ENTER)
    assert browser.find_element("id", "lasso-title").text == "24 photos of 3 clusters inside"
    ActionChains(browser).send_keys(*[Keys.TAB] * 4, Keys.ENTER).perform()  # past the zoom buttons to the list
    assert "24 photos chosen" in browser.find_element("id", "tray").text
    canvas.send_keys(Keys.ESCAPE)
    assert not browser.find_element("id", "lasso").is_displayed() and not status.is_displayed()


def ground_of_map(driver):
    """What the map shows, as text, once its photos are there."""
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                          driver.find_element("id", "map-canvas"))
    wait(driver, "document.getElementById('map-canvas').dataset.missing === '0'")
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    return driver.execute_script("return document.getElementById('map-canvas').toDataURL()")


def colours_of_map(driver, *places):
    """The colours of the map at places (shares of its width and height)."""
    picture = Image.open(io.BytesIO(base64.b64decode(ground_of_map(driver).partition(",")[2]))).convert("RGB")
    return [picture.getpixel((int(x * picture.width), int(y * picture.height))) for x, y in places]


def test_slider_recolours_the_map_and_the_cards(browser):
    from selenium.webdriver.common.keys import Keys
    level, number = browser.find_element("id", "level"), browser.find_element("css selector", ".level-bar .level-count")
    assert number.text == "3 clusters" and not browser.find_elements("css selector", ".level-card")
    before = ground_of_map(browser)
    level.send_keys(Keys.ARROW_LEFT)
    assert number.text == "1 cluster"
    assert browser.find_element("id", "level-note").text.startswith("Clusters that join. Corrections are")
    how = "To take about this level: NUM_CLUSTERS = 1 in config.py, then python run_all.py --from 04"
    said = {each.text for each in browser.find_elements("css selector", ".level-how")}
    assert said == {f"{how}. Clusters that you corrected stay as you left them; to have all found anew, remove "
                    "corrections.csv"}
    assert browser.find_element("css selector", ".level-card button.quiet").text == "0 + 1 + 1 more"
    assert len(browser.find_elements("css selector", "#cards .card")) == 1
    assert ground_of_map(browser) != before
    click(browser, "#cards .title")
    assert not browser.find_element("id", "cluster-merge").is_displayed()
    click(browser, "#cluster-close")
    click(browser, ".level-bar button")
    assert not any(each.is_displayed() for each in browser.find_elements("css selector", ".level-how"))
    assert number.text == "3 clusters" and len(browser.find_elements("css selector", "#cards .card")) == 3
    assert ground_of_map(browser) == before


def test_parts_of_one_cluster_are_numbered_from_the_largest(browser, tmp_path):
    from selenium.webdriver.common.keys import Keys
    gallery = make_gallery(tmp_path)
    table, half = gallery.clusters, np.where(gallery.predicted == 0, 1 + np.arange(24) % 4 // 3, 0)
    table.assign(level_4=4 * half + gallery.predicted).to_csv(gallery.data_dir / "clusters.csv", index=False)
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    browser.find_element("id", "level").send_keys(Keys.ARROW_RIGHT)
    cards = browser.find_elements("css selector", "#cards .card")
    assert {card.find_element("css selector", ".title").text: card.find_element("css selector", ".size").text
            for card in cards} == {"Cluster 1": "8 photos", "Cluster 2": "8 photos", "Part 1 of Cluster 0": "6 photos",
                                   "Part 2 of Cluster 0": "2 photos"}


def test_corrections_are_exported_in_order_and_step_04_applies_them(browser, written):
    from selenium.webdriver.common.keys import Keys
    browser.find_element("id", "search").send_keys("onerror")
    wait(browser, "document.querySelectorAll('#results-photos .photo').length === 1")
    click(browser, "#results-photos .photo")
    wait(browser, "document.getElementById('cluster').open")
    browser.find_element("id", "cluster-name").send_keys("red, \"good\"", Keys.ENTER)
    click(browser, "#cluster-photos .marked")
    click(browser, "#split")
    merge_into(browser, 1)
    click(browser, "#cluster-close")
    wait(browser, "document.getElementById('tray').parentElement === document.body")
    assert len(browser.find_elements("css selector", "#cards .card")) == 3  # 3, one split off, one merged away
    assert 'red, "good"' in browser.find_element("id", "cards").text
    click(browser, "#save-corrections")
    lines = downloaded(browser, "corrections.csv")
    assert lines == [
        {"action": "name", "file": "", "cluster": "2", "value": "boots", "clustering": "drawn"},
        {"action": "split", "file": "a.jpg", "cluster": "0", "value": "new-1", "clustering": "another"},
        {"action": "name", "file": "", "cluster": "0", "value": 'red, "good"', "clustering": "drawn"},
        {"action": "split", "file": HOSTILE_FILE, "cluster": "0", "value": "new-1", "clustering": "drawn"},
        {"action": "merge", "file": "", "cluster": "0", "value": "1", "clustering": "drawn"}]
    gallery = written.gallery
    own = [line for line in lines if line["clustering"] == "drawn"]
    found = apply_corrections(gallery.predicted, gallery.img_paths, pd.DataFrame(own))
    expected = np.where(gallery.predicted == 0, 1, gallery.predicted)
    expected[gallery.img_paths.index(HOSTILE_FILE)] = 3
    assert found.labels.tolist() == expected.tolist() and found.names == {1: 'red, "good"', 2: "boots"}


def test_corrections_are_counted_as_lines_and_once_saved_the_page_says_what_next(browser):
    for photo in browser.find_elements("css selector", "#review-photos .choosable")[:2]:
        browser.execute_script("arguments[0].click()", photo)
    click(browser, "#split")
    summary = browser.find_element("css selector", "#tray summary")
    status = browser.find_element("css selector", "#tray [role=status]")
    assert summary.text == "2 corrections"
    assert status.text.startswith("2 photos now in a new cluster: open Cluster new-")
    click(browser, "#save-corrections")
    assert browser.find_element("css selector", "#tray [role=status]").text == (
        "Saved, with the 1 correction made before. Now put corrections.csv into data/tiny/, in place of the one there "
        "(if no newer report made that), and run python run_all.py --from 04")
    assert [line["clustering"] for line in downloaded(browser, "corrections.csv")].count("drawn") == 1 + 2
    merge_named(browser)
    assert browser.find_element("css selector", "#tray summary").text == "4 corrections"
    assert not browser.find_element("css selector", "#tray [role=status]").text


def merge_named(browser):
    """Call cluster 0 "red" and merge it into cluster 1; return the field with the name of that."""
    from selenium.webdriver.common.keys import Keys
    click(browser, "#cards .title[title='Cluster 0']")
    browser.find_element("id", "cluster-name").send_keys("red", Keys.ENTER)
    merge_into(browser, 1)
    return browser.find_element("id", "cluster-name")


def test_a_name_that_came_with_a_merged_cluster_can_be_taken_away(browser):
    from selenium.webdriver.common.keys import Keys
    field = merge_named(browser)
    assert field.get_attribute("value") == "red"
    field.send_keys(*3 * [Keys.BACKSPACE], Keys.ENTER)
    click(browser, "#cluster-close")
    titles = browser.find_elements("css selector", "#cards .title")
    assert [title.text for title in titles] == ["Cluster 1", "Cluster 2"]
    click(browser, "#save-corrections")
    own = [line for line in downloaded(browser, "corrections.csv") if line["clustering"] == "drawn"]
    assert [(line["action"], line["cluster"], line["value"]) for line in own[1:]] == [
        ("name", "0", "red"), ("merge", "0", "1"), ("name", "1", "")]


def test_a_cluster_of_another_dataset_hands_its_name_on_as_well(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "clustering_id": "drawn+2"})
    write_report(tmp_path / "report.html", gallery)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    assert merge_named(browser).get_attribute("value") == "red"


def test_the_legend_shows_where_a_cluster_lies(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    chips = browser.find_elements("css selector", "#scatter-chips .chip")
    assert [chip.get_attribute("textContent") for chip in chips] == [f"Cluster {number}8" for number in range(3)]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", chips[0])
    seen = "return document.getElementById('scatter-canvas').toDataURL()"
    wait_frames = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
    browser.execute_async_script(wait_frames)
    before = browser.execute_script(seen)
    ActionChains(browser).move_to_element(chips[1]).perform()
    browser.execute_async_script(wait_frames)
    assert browser.execute_script(seen) != before


def test_corrected_clusters_count_the_photos_that_are_not_in_the_page_as_well(browser, tmp_path):
    write_report(tmp_path / "report.html", make_gallery(tmp_path), max_photos=12)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    click(browser, "#review-photos .choosable")
    click(browser, "#split")
    sizes = {card.find_element("css selector", ".title").text: card.find_element("css selector", ".size").text
             for card in browser.find_elements("css selector", "#cards .card")}
    assert sizes.pop("Cluster new-1") == "1 photo"
    assert sorted(sizes.values()) == ["7 photos", "8 photos", "8 photos"]
    for chips, numbers in (("#map-chips", ["8", "8", "7", "1"]), ("#scatter-chips", ["8", "8", "7", "1"])):
        assert [chip.text for chip in browser.find_elements("css selector", f"{chips} .number")] == numbers
    click(browser, "#scatter-colour button:nth-child(2)")
    of_models = [int(chip.text) for chip in browser.find_elements("css selector", "#scatter-chips .number")]
    assert of_models == [8, 8, 7]


def test_a_true_label_in_the_legend_shows_its_photos_and_no_others(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    true = np.repeat(["5", "15"], [9, 15])
    write_labels(gallery.data_dir, "true", true)
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    click(browser, "#scatter-colour button:nth-child(2)")
    for place, title in ((1, "15 photos of 15"), (2, "9 photos of 5")):
        click(browser, f"#scatter-chips .chip:nth-child({place})")
        assert browser.find_element("id", "results-title").text == title
        assert len(browser.find_elements("css selector", "#results-photos .photo")) == int(title.split()[0])
        browser.switch_to.active_element.send_keys("\ue00c")  # Escape
        assert not browser.find_element("id", "results").is_displayed()


@pytest.mark.parametrize("width", [390, 1280])
def test_long_names_without_blanks_keep_inside(browser, tmp_path, width):
    gallery = make_gallery(tmp_path)
    label = "Nike_Air_Max_270_React_ENG_white_blue_" * 3
    write_labels(gallery.data_dir, "true", np.repeat([f"{label}a", f"{label}b"], 12))
    (gallery.data_dir / "cluster_names.csv").write_text(f"cluster,name\n0,{'LongNameWithoutBlanks' * 4}\n")
    write_report(tmp_path / "report.html", replace(gallery))
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    try:
        open_page(browser, (tmp_path / "report.html").as_uri())
        wait(browser, "document.documentElement.dataset.ready")
        click(browser, "#cards .card button")
        wait(browser, "document.getElementById('cluster').open")
        for element in ("document.documentElement", "document.getElementById('cluster')",
                        "document.querySelector('#cluster .dialog-box')"):
            assert browser.execute_script(f"return {element}.scrollWidth - {element}.clientWidth") <= 0, element
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_clusters_of_one_size_stand_in_the_legend_by_their_numbers(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", 7 - np.arange(24) // 3)
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    chips = browser.find_elements("css selector", "#map-chips .chip")
    assert [chip.get_attribute("textContent") for chip in chips] == [f"Cluster {number}3" for number in range(8)]


def test_corrections_wait_while_another_level_is_looked_at(browser):
    from selenium.webdriver.common.keys import Keys
    click(browser, "#review-photos .choosable")
    browser.find_element("id", "level").send_keys(Keys.ARROW_LEFT)
    assert not any(browser.find_element("id", name).is_enabled() for name in ("split", "move"))
    click(browser, ".level-bar button")
    assert all(browser.find_element("id", name).is_enabled() for name in ("split", "move"))


@pytest.mark.parametrize("width", [390, 820, 1920])
def test_no_width_scrolls_sideways(browser, width):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_tables_of_files_fit_a_phone(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    file = "a_folder_with_a_long_name/and_a_photo_with_one_that_is_longer_still_0123456789.jpg"
    write_lines(gallery.data_dir / "duplicates.csv", ["file,kept,kind", f"{file},{file},same picture"])
    write_report(tmp_path / "report.html", gallery)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True})
    try:
        open_page(browser, (tmp_path / "report.html").as_uri())
        wait(browser, "document.documentElement.dataset.ready")
        assert browser.execute_script("""return [...document.querySelectorAll("#files .scroll")].map(
            (box) => box.scrollWidth - box.clientWidth)""") == [0, 0]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_long_names_of_clusters_do_not_widen_a_phone(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    named = [f"{number},{'a long name ' * 12}" for number in range(3)]
    write_lines(gallery.data_dir / "cluster_names.csv", ["cluster,name", *named])
    write_report(tmp_path / "report.html", replace(gallery))
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 375, "height": 812, "deviceScaleFactor": 1, "mobile": True})
    try:
        open_page(browser, (tmp_path / "report.html").as_uri())
        wait(browser, "document.documentElement.dataset.ready")
        assert browser.execute_script("return document.documentElement.scrollWidth") == 375
        assert all(title.size["height"] < 60 for title in browser.find_elements("css selector", "#cards .title"))
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_paper_is_light_and_the_screen_as_it_was_afterwards(browser):
    ground = "return getComputedStyle(document.body).backgroundColor"
    click(browser, "#theme")
    screen = browser.execute_script(ground)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    paper = browser.execute_script(ground)
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert paper == "rgb(246, 247, 249)" and browser.execute_script(ground) == screen
    click(browser, "#theme")


def test_each_part_of_a_cluster_on_the_map_bears_its_name(browser, tmp_path):
    gallery = make_gallery(tmp_path, num_photos=40, num_clusters=5)
    joined = np.where(gallery.predicted == 4, 0, gallery.predicted)  # the first line of the map, and the last
    write_labels(gallery.data_dir, "pred", joined)
    table = gallery.clusters.assign(cluster=joined)
    write_table(gallery.data_dir / "clusters.csv", table.drop(columns=table.filter(like="level_").columns))
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    browser.execute_script("""
        window.drawn = [];
        const draw = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
          if (this.canvas.id === "map-canvas") window.drawn.push(text);
          return draw.call(this, text, ...place);
        };""")
    click(browser, "#map-zoom button")
    drawn = wait(browser, "window.drawn.length >= 5 && window.drawn")
    times = {name: drawn.count(name) for name in "0123"}
    assert times == {"0": 2 * times["1"], "1": times["1"], "2": times["1"], "3": times["1"]} and times["1"]


def test_the_legend_of_the_map_shows_where_a_cluster_lies(browser):
    before = ground_of_map(browser)
    browser.find_elements("css selector", "#map-chips .chip")[1].send_keys("")
    assert ground_of_map(browser) != before


def test_the_legend_lights_a_unit_that_shows_a_photo_of_another_cluster(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    behind = next(row for row in range(8) if row not in gallery.unit_photo)
    labels = np.where(np.arange(24) == behind, 9, gallery.predicted)
    write_labels(gallery.data_dir, "pred", labels)
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    before = colours_of_map(browser, (0.45, 0.15), (0.55, 0.15), (0.45, 0.85))
    browser.find_elements("css selector", "#map-chips .chip")[-1].send_keys("")
    lit = colours_of_map(browser, (0.45, 0.15), (0.55, 0.15), (0.45, 0.85))
    assert [one == other for one, other in zip(before, lit)] == [behind % 2 == 0, behind % 2 == 1, False]


def test_colours_go_by_the_numbers_of_clusters_and_photos_in_none_are_grey_and_last(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.repeat([-1, 1, 7], [12, 4, 8]))
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    palette = browser.execute_script("return JSON.parse(document.getElementById('data').textContent).palette")
    colours = {chip.get_attribute("textContent"): chip.find_element("css selector", ".swatch").value_of_css_property(
        "background-color") for chip in browser.find_elements("css selector", "#map-chips .chip")}
    rgb = [f"rgba({', '.join(str(int(colour[at:at + 2], 16)) for at in (1, 3, 5))}, 1)" for colour in palette]
    assert list(colours.items()) == [("Cluster 78", rgb[7]), ("Cluster 14", rgb[1]),
                                     ("No cluster12", "rgba(200, 200, 200, 1)")]
    for selector, expected in (("#opening .strip-size", ["8", "4"]), ("#unplaced .strip-size", ["12"]),
                               ("#cards .title", ["Cluster 7", "Cluster 1", "No cluster"])):
        assert [element.text for element in browser.find_elements("css selector", selector)] == expected
    assert {button.text for button in browser.find_elements("css selector", "#review-photos .in")} <= {
        "in no cluster", "in Cluster 1", "in Cluster 7"}


def test_photos_in_no_cluster_are_chosen_by_the_groups_they_form(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.repeat([-1, 1, 7], [12, 4, 8]))
    table = pd.read_csv(gallery.data_dir / "clusters.csv")
    table["new_group"] = np.repeat([0, 1, -1], [8, 4, 12])
    write_table(gallery.data_dir / "clusters.csv", table)
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    lead = "12 photos fit none of them, in 2 groups of photos that look alike."
    assert lead in browser.find_element("id", "answer").text
    click(browser, "#unplaced .strip")
    parts = browser.find_elements("css selector", ".part")
    assert [part.text for part in parts] == ["8", "4"]
    parts[1].click()
    assert browser.find_element("id", "chosen").text == "4 photos chosen"
    assert "confidence" not in browser.find_element("id", "cluster-facts").text
    orders = [button.text for button in browser.find_elements("css selector", "#cluster-photos-order button")]
    assert orders == ["Typical first", "Alike together"]
    click(browser, "#split")
    assert [part.text for part in browser.find_elements("css selector", ".part") if part.is_displayed()] == []
    click(browser, "#cluster-close")
    assert [title.text for title in browser.find_elements("css selector", "#cards .title")][-2:] == [
        "Cluster new-1", "No cluster"]


def test_long_names_keep_below_their_photos(browser):
    click(browser, "#unplaced .strip, #opening .strip")
    wide = browser.execute_script("""document.querySelectorAll(".caption .file").forEach((file) => {
        file.textContent = "W".repeat(40); });
        return [...document.querySelectorAll("#review-photos > *, #cluster-photos > *")].filter((item) =>
            item.querySelector(".caption").scrollWidth > item.clientWidth).length""")
    assert wide == 0
    assert all(browser.find_elements("css selector", f"#{name}-photos .caption") for name in ("review", "cluster"))


def test_names_in_a_window_are_told_apart_by_their_ends_and_if_need_be_by_their_folders(browser, tmp_path):
    gallery = make_gallery(tmp_path, 12, 1, labels=False, all_files=False)
    files = ["a/it's #21, 50% off.JPG", "a/it's #22, 50% off.JPG", "Holiday shop/IMG 0246.jpg", "b/IMG 0246.jpg",
             "b/WhatsApp Image 2024-01-15 at 378.jpeg", *gallery.img_paths[5:]]
    write_lines(gallery.data_dir / "img_paths.txt", files)
    table = pd.read_csv(gallery.data_dir / "clusters.csv")
    write_table(gallery.data_dir / "clusters.csv", table.assign(file=files))
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    click(browser, "#opening .strip")
    shown = {photo.get_attribute("title"): photo.find_element("css selector", ".file").text
             for photo in browser.find_elements("css selector", "#cluster-photos .choosable")}
    assert len(set(shown.values())) == 12
    assert [shown[file] for file in files[2:5]] == ["Holida…op/IMG 0246", "b/IMG 0246", "Wha…t 378"]
    assert shown[files[0]].endswith("1, 50% off") and shown[files[1]].endswith("2, 50% off")


def test_where_fingers_point_nothing_is_said_of_keys(browser):
    def displays(words):
        return set(browser.execute_script("return [...document.querySelectorAll(arguments[0])].map((each) => "
                                          "getComputedStyle(each).display)", words))

    assert displays(".with-fingers") == {"none"} and "none" not in displays(".with-keys")
    with on_a_phone(browser):
        assert displays(".with-keys") == {"none"} and "none" not in displays(".with-fingers")


def test_training_curves_say_what_they_measure(browser):
    captions = [caption.text for caption in browser.find_elements("css selector", "#training-charts figcaption")]
    assert captions == ["Loss\nwhat training makes smaller",
                        "Top-1 accuracy\nphotos whose model is the most probable one",
                        "Learning rate\nhow large the steps of training are"]


def test_light_and_dark(browser):
    ground = "return getComputedStyle(document.body).backgroundColor"
    first = browser.execute_script(ground)
    click(browser, "#theme")
    assert browser.execute_script(ground) != first
    click(browser, "#theme")
    assert browser.execute_script(ground) == first


def test_all_photos_are_there_for_print_without_being_scrolled_to(browser):
    assert browser.execute_script("return document.querySelectorAll('script[id^=sheet-]').length") >= 24
    wait(browser, """[...document.querySelectorAll("main .picture[data-tile]")].every(
        (element) => element.style.backgroundImage.startsWith("url("))""")
    wait(browser, "document.getElementById('map-canvas').dataset.missing === '0'")
    assert browser.execute_script("return scrollY") == 0


def test_clusters_that_photos_were_placed_in_show_earlier_photos(browser, tmp_path):
    earlier = make_gallery(tmp_path / "first", 16, 2, name="first")
    write_report(tmp_path / "report.html", replace(make_gallery(tmp_path / "week"), earlier=(earlier,)))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    cards = browser.find_elements("css selector", "#cards .card")
    shown = [len(card.find_elements("css selector", ".earlier .picture")) for card in cards]
    assert [card.find_element("css selector", ".title").text for card in cards] == [f"Cluster {n}" for n in range(3)]
    assert shown == [4, 4, 0]
    click(browser, "#cards .card .title")
    photos = browser.find_elements("css selector", "#cluster-earlier .before")
    assert len(photos) == 4 and {photo.get_attribute("title") for photo in photos} <= {
        f"first: {file}" for file in earlier.img_paths}
    click(browser, "#cluster-close")
    browser.find_elements("css selector", "#cards .card .title")[2].click()
    assert not browser.find_element("id", "cluster-earlier").is_displayed()
