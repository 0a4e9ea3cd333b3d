"""Correcting clusters in the report, in Chromium: photos chosen, clusters split and picked, what follows at once."""
import contextlib
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlparse
from urllib.request import url2pathname

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report_browser import click, downloaded, merge_into, open_page, opened, wait
from report_gallery import HOSTILE_FILE, make_gallery

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.corrections import apply_corrections
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import read_clusters, read_img_paths
from imgcluster.datafiles.feature_record import note_features
from imgcluster.files import write_lines
from imgcluster.report import write_report
from imgcluster.report.gallery import Gallery

# Clusters of six photos each by their angles on a circle: which are near to which.
ANGLES = np.array([0.0, 1.2, 0.3, 2.4, 0.9])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A gallery of 5 clusters of 6 photos, which fall in 2 and then in 3 parts at finer levels, and its page."""
    folder = tmp_path_factory.mktemp("report")
    gallery = make_gallery(folder, 30, 5)
    place = np.arange(30) % 6
    finer = {f"level_{parts * 5}": parts * gallery.predicted + place // share for parts, share in ((2, 4), (3, 2))}
    gallery.clusters.assign(**finer).to_csv(gallery.data_dir / "clusters.csv", index=False)
    angles = ANGLES[gallery.predicted] + 0.001 * place
    np.save(gallery.data_dir / "features.npy", np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32))
    note_features(gallery.data_dir, {"trained_on": "others"})  # so angles are compared as they are
    write_lines(gallery.data_dir / "cluster_names.csv", ["cluster,name", "3,Winter boots"])
    path = folder / "result" / "report.html"
    path.parent.mkdir()
    gallery = replace(gallery)  # nothing read yet
    write_report(path, gallery)
    return SimpleNamespace(gallery=gallery, path=path)


@pytest.fixture
def browser(chromium, written):
    """The page, freshly opened."""
    yield from opened(chromium, written.path)


@contextlib.contextmanager
def on_a_phone(driver):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True})
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def open_cluster(driver, number):
    name = {3: "Winter boots"}.get(number, f"Cluster {number}")
    click(driver, f"#cards .title[title='{name}']")
    wait(driver, "document.getElementById('cluster').open")


def photos(driver):
    return driver.find_elements("css selector", "#cluster-photos .choosable")


def chosen(driver):
    """Places of the photos chosen in the window, and in how many the tray says that are."""
    places = [place for place, photo in enumerate(photos(driver)) if photo.get_attribute("aria-pressed") == "true"]
    said = driver.find_element("id", "chosen").text if places else ""
    assert said.startswith(f"{len(places)} photo") if places else not said
    return places


def press(driver, *keys):
    """Keys pressed one after the other; a tuple of them at once."""
    from selenium.webdriver.common.action_chains import ActionChains
    actions = ActionChains(driver)
    for key in keys:
        *held, last = key if isinstance(key, tuple) else (key,)
        for each in held:
            actions.key_down(each)
        actions.send_keys(last)
        for each in held:
            actions.key_up(each)
    actions.perform()


def shift_click(driver, element):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    ActionChains(driver).key_down(Keys.SHIFT).click(element).key_up(Keys.SHIFT).perform()


def own_lines(driver):
    click(driver, "#save-corrections")
    return [(line["action"], line["file"], line["cluster"], line["value"])
            for line in downloaded(driver, "corrections.csv") if line["clustering"] == "drawn"]


def test_shift_click_chooses_exactly_what_lies_between(browser):
    open_cluster(browser, 0)
    photos(browser)[1].click()
    assert chosen(browser) == [1]
    shift_click(browser, photos(browser)[4])
    assert chosen(browser) == [1, 2, 3, 4]
    shift_click(browser, photos(browser)[2])  # the range ends elsewhere
    assert chosen(browser) == [1, 2]
    shift_click(browser, photos(browser)[0])
    assert chosen(browser) == [0, 1]
    photos(browser)[5].click()
    assert chosen(browser) == [0, 1, 5]


def test_a_range_from_a_photo_that_was_left_out_leaves_out(browser):
    open_cluster(browser, 0)
    click(browser, "#choose-all")
    photos(browser)[1].click()
    shift_click(browser, photos(browser)[3])
    assert chosen(browser) == [0, 4, 5]
    shift_click(browser, photos(browser)[2])
    assert chosen(browser) == [0, 3, 4, 5]


def test_without_a_beginning_a_shift_click_chooses_one(browser):
    open_cluster(browser, 0)
    shift_click(browser, photos(browser)[3])
    assert chosen(browser) == [3]
    click(browser, "#choose-none")
    shift_click(browser, photos(browser)[1])
    assert chosen(browser) == [1]


def test_keys_go_from_photo_to_photo_and_choose(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 0)
    assert browser.switch_to.active_element == photos(browser)[0]
    press(browser, Keys.ARROW_RIGHT, Keys.SPACE)
    assert chosen(browser) == [1] and browser.switch_to.active_element == photos(browser)[1]
    press(browser, (Keys.SHIFT, Keys.ARROW_RIGHT), (Keys.SHIFT, Keys.ARROW_RIGHT))
    assert chosen(browser) == [1, 2, 3]
    press(browser, (Keys.SHIFT, Keys.ARROW_LEFT))
    assert chosen(browser) == [1, 2]
    press(browser, Keys.END, (Keys.SHIFT, Keys.SPACE))
    assert chosen(browser) == [1, 2, 3, 4, 5]
    press(browser, Keys.HOME, (Keys.SHIFT, Keys.ARROW_RIGHT))
    assert chosen(browser) == [0, 1, 2, 3, 4, 5]
    press(browser, Keys.SPACE)
    assert chosen(browser) == [0, 2, 3, 4, 5]
    press(browser, (Keys.CONTROL, "a"))
    assert chosen(browser) == [0, 1, 2, 3, 4, 5]


def test_arrows_down_go_to_the_photo_below(browser):
    from selenium.webdriver.common.keys import Keys
    with on_a_phone(browser):
        open_cluster(browser, 0)
        above, below = photos(browser)[1], photos(browser)[4]
        assert above.rect["x"] == below.rect["x"] and above.rect["y"] < below.rect["y"]
        press(browser, Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
        assert browser.switch_to.active_element == below
        press(browser, Keys.ARROW_DOWN, (Keys.SHIFT, Keys.ARROW_UP))
        assert chosen(browser) == [1, 2, 3, 4]


def test_tab_stops_once_at_the_photos_and_at_the_glass_of_one(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 0)
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.TAB)
    glass = browser.switch_to.active_element
    assert glass.get_attribute("class") == "enlarge"
    assert glass.find_element("xpath", "..") == photos(browser)[2].find_element("xpath", "..")
    press(browser, (Keys.SHIFT, Keys.TAB), (Keys.SHIFT, Keys.TAB))
    assert browser.switch_to.active_element.find_element("xpath", "..").get_attribute("id") == "cluster-photos-order"
    press(browser, Keys.TAB)
    assert browser.switch_to.active_element == photos(browser)[2]


def test_all_none_and_the_rest(browser):
    open_cluster(browser, 1)
    click(browser, "#choose-all")
    assert chosen(browser) == [0, 1, 2, 3, 4, 5]
    photos(browser)[0].click()
    click(browser, "#choose-rest")
    assert chosen(browser) == [0]
    click(browser, "#choose-rest")
    assert chosen(browser) == [1, 2, 3, 4, 5]
    click(browser, "#cluster-next")
    assert browser.find_element("id", "chosen").text == "5 photos chosen, 5 elsewhere"
    click(browser, "#cluster-previous")
    click(browser, "#choose-none")
    assert chosen(browser) == []


def test_two_clicks_split_a_cluster_as_a_finer_level_does(browser, written):
    open_cluster(browser, 2)
    parts = browser.find_elements("css selector", ".part")
    assert [part.text for part in parts] == ["4", "2"]
    parts[1].click()
    assert len(chosen(browser)) == 2
    click(browser, "#split")
    files = [file for row, file in enumerate(written.gallery.img_paths) if row // 6 == 2 and row % 6 >= 4]
    assert len(photos(browser)) == 4
    assert sorted(own_lines(browser)) == sorted(("split", file, "2", "new-1") for file in files)


def test_parts_of_a_finer_level_still_are_offered_and_those_of_what_is_left(browser):
    open_cluster(browser, 2)
    texts = [element.text for element in browser.find_elements("css selector", "#cluster-parts-buttons button")]
    assert texts == ["4", "2", "finer"]
    browser.find_elements("css selector", "#cluster-parts-buttons button")[2].click()
    buttons = browser.find_elements("css selector", "#cluster-parts-buttons button")
    assert [element.text for element in buttons] == ["2", "2", "2", "coarser"]
    buttons[0].click()
    buttons = browser.find_elements("css selector", "#cluster-parts-buttons button")
    assert [element.get_attribute("aria-pressed") for element in buttons[:3]] == ["true", "false", "false"]
    assert browser.switch_to.active_element == buttons[0]
    click(browser, "#split")
    click(browser, "#choose-all")
    pressed = {element.get_attribute("aria-pressed") for element in browser.find_elements("css selector", ".part")}
    assert pressed == {"true"}
    browser.find_elements("css selector", ".part")[0].click()
    assert len(chosen(browser)) == 2


def test_alike_together_puts_the_parts_one_after_the_other(browser, written):
    open_cluster(browser, 1)
    browser.find_elements("css selector", "#cluster-photos-order button")[2].click()
    rows = [written.gallery.img_paths.index(photo.get_attribute("title")) % 6 for photo in photos(browser)]
    assert [row // 4 for row in rows] == [0, 0, 0, 0, 1, 1]
    assert all(row // 2 == next_row // 2 for row, next_row in zip(rows[::2], rows[1::2]))
    click(browser, "#cluster-next")  # the order stays
    assert browser.find_element("css selector", "#cluster-photos-order [aria-pressed=true]").text == "Alike together"


def listed(driver):
    wait(driver, "document.getElementById('picker').open")
    options = driver.find_elements("css selector", "#picker [role=option]")
    return [option.get_attribute("data-cluster") for option in options]


def test_the_nearest_clusters_are_offered_first_with_photos(browser):
    open_cluster(browser, 0)
    click(browser, "#cluster-merge")
    assert listed(browser) == ["2", "4", "1", "3"]
    first = browser.find_element("css selector", "#picker [role=option]")
    assert first.text.split("\n") == ["Cluster 2", "6 photos"]
    assert len(first.find_elements("css selector", ".picture")) == 4
    click(browser, "#picker-close")
    click(browser, "#cluster-close")
    open_cluster(browser, 3)
    click(browser, "#choose-all")
    click(browser, "#move")
    assert listed(browser) == ["1", "4", "2", "0", "-1"]


def test_nearness_follows_corrections(browser):
    open_cluster(browser, 3)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-merge")
    assert listed(browser)[0] == "new-1"  # it came from there
    click(browser, "#picker [data-cluster='4']")
    click(browser, "#cluster-merge")
    assert browser.find_element("id", "picker-title").text == "Merge Winter boots into …"  # the name came along
    assert set(listed(browser)) == {"0", "1", "2", "new-1"}


def test_a_cluster_is_picked_by_keys_and_typing(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 0)
    browser.find_element("id", "cluster-merge").send_keys(Keys.ENTER)
    assert listed(browser) == ["2", "4", "1", "3"]
    field, options = browser.switch_to.active_element, "#picker [role=option]"
    assert field.get_attribute("role") == "combobox" and field.get_attribute("aria-controls") == "picker-list"
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    active = browser.find_element("id", field.get_attribute("aria-activedescendant"))
    assert active.get_attribute("data-cluster") == "4"
    assert [option.get_attribute("aria-selected") for option in browser.find_elements("css selector", options)] == [
        "false", "true", "false", "false"]
    press(browser, Keys.ESCAPE)
    wait(browser, "!document.getElementById('picker').open")
    assert [browser.find_element("id", name).is_displayed() for name in ("cluster", "tray")] == [True, False]
    assert browser.switch_to.active_element.get_attribute("id") == "cluster-merge"
    press(browser, Keys.ENTER, *"BOOTS win")
    assert listed(browser) == ["3"]
    press(browser, *"x")
    assert listed(browser) == [] and "No other cluster" in browser.find_element("id", "picker-note").text
    press(browser, Keys.ENTER, Keys.BACKSPACE, Keys.ENTER)
    wait(browser, "!document.getElementById('picker').open")
    assert own_lines(browser) == [("merge", "", "0", "3")]


def test_a_number_typed_whole_comes_before_those_that_it_is_a_part_of(browser, tmp_path):
    gallery = make_gallery(tmp_path, 26, 13)
    angles = (gallery.predicted - 4) % 13 * 0.1  # 10 to 12 are nearer to 5 than 1 is
    np.save(gallery.data_dir / "features.npy", np.float32(np.column_stack([np.cos(angles), np.sin(angles)])))
    write_report(tmp_path / "report.html", gallery)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    click(browser, "#cards .title[title='Cluster 5']")
    click(browser, "#cluster-merge")
    press(browser, "1")
    assert listed(browser)[0] == "1" and set(listed(browser)) == {"1", "10", "11", "12"}
    press(browser, "2")
    assert listed(browser) == ["12"]


def test_photos_are_moved_to_a_picked_cluster(browser, written):
    open_cluster(browser, 4)
    file = photos(browser)[2].get_attribute("title")
    photos(browser)[2].click()
    click(browser, "#move")
    click(browser, "#picker [data-cluster='1']")
    assert own_lines(browser) == [("move", file, "4", "1")]


def test_photos_that_show_no_product_are_moved_to_no_cluster(browser, written):
    from selenium.webdriver.common.keys import Keys
    before = numbers(browser)
    open_cluster(browser, 4)
    first, *files = [photo.get_attribute("title") for photo in photos(browser)[:3]]
    photos(browser)[0].click()
    click(browser, "#split")  # new-1 has "-1" in its name
    for place in (0, 1):
        photos(browser)[place].click()
    click(browser, "#move")
    assert listed(browser)[-1] == "-1", "a product is likelier"
    press(browser, "1")
    assert listed(browser) == ["1", "new-1"], "a number finds no cluster only by its sign"
    press(browser, Keys.BACKSPACE)
    for words in ("no", "None", "no cluster", "-1"):
        press(browser, *words)
        assert listed(browser)[0] == "-1"
        press(browser, *[Keys.BACKSPACE] * len(words))
    press(browser, *"none", Keys.ENTER)
    wait(browser, "!document.getElementById('picker').open")
    click(browser, "#cluster-close")
    assert numbers(browser)[0] == before[0] + 1, "no cluster is no product"
    assert [title.text for title in browser.find_elements("css selector", "#cards .title")][-2:] == [
        "Cluster new-1", "No cluster"]
    assert "2 photos in no cluster:" in browser.find_element("id", "answer").text
    gallery, lines = written.gallery, own_lines(browser)
    assert lines == [("split", first, "4", "new-1"), *(("move", file, "4", "-1") for file in files)]
    table = pd.DataFrame(lines, columns=["action", "file", "cluster", "value"])
    found = apply_corrections(gallery.predicted, gallery.img_paths, table)
    assert not (found.idle or found.astray or found.lost)
    assert {gallery.img_paths[row] for row in np.flatnonzero(found.labels == -1)} == set(files)
    for _ in range(2):
        click(browser, "#undo")
    assert numbers(browser) == before and "in no cluster" not in browser.find_element("id", "answer").text


def test_no_cluster_is_offered_for_photos_that_are_in_one(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    click(browser, "#cluster-merge")
    assert "-1" not in listed(browser), "a cluster is not merged into none"
    press(browser, Keys.ESCAPE)
    click(browser, "#choose-all")
    click(browser, "#move")
    click(browser, "#picker [data-cluster='-1']")
    wait(browser, "!document.getElementById('cluster').open")
    assert numbers(browser)[0] == 4
    click(browser, "#unplaced .strip")
    click(browser, "#choose-all")
    click(browser, "#move")
    assert set(listed(browser)) == {"0", "1", "2", "3"}
    click(browser, "#picker [data-cluster='0']")
    wait(browser, "!document.getElementById('cluster').open")
    assert numbers(browser)[0] == 4 and not browser.find_element("id", "unplaced").is_displayed()


def week_galleries(weeks, raw_dir):
    """The Gallery of each week, the last one first, with those before it."""
    galleries = ()
    for week in (1, 2, 3):
        name = f"week{week}"
        galleries = (Gallery(name=name, data_dir=weeks.folder(name), img_dir=raw_dir, raw_dir=raw_dir, train_dir=None,
                             seed=0, max_sheets=20, max_photos=5000, earlier=galleries), *galleries)
    return galleries


def test_photos_go_to_products_of_earlier_weeks_that_have_no_photos_this_week(browser, weeks, tmp_path, squares,
                                                                               save_photos):
    from selenium.webdriver.common.keys import Keys
    weeks.add_corrections("week2", "merge,,3,4", "name,,2,twos")
    for name, on in (("week2", "week1"), ("week3", "week2")):
        weeks.place(name, on)
    save_photos(tmp_path / "raw", dict(zip([f"{product}_0.jpg" for product in range(7)], squares(np.arange(7) % 4))))
    write_report(tmp_path / "report.html", week_galleries(weeks, tmp_path / "raw")[0])
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    before = numbers(browser)
    browser.find_element("id", "search").send_keys("6_")
    click(browser, "#results-photos .photo")
    file = photos(browser)[0].get_attribute("title")
    photos(browser)[0].click()
    click(browser, "#move")
    assert listed(browser)[-3:] == ["2", "4", "-1"], "3 has joined 4"
    for words in ("two", "2"):
        press(browser, *words)
        assert listed(browser)[0] == "2"
        press(browser, *[Keys.BACKSPACE] * len(words))
    option = browser.find_element("css selector", "#picker [data-cluster='2']")
    assert option.text.split("\n") == ["twos (2)", "none in week3"]
    assert len(option.find_elements("css selector", ".picture")) == 1, "an earlier photo"
    option.click()
    click(browser, "#cluster-close")
    assert numbers(browser)[0] == before[0] + 1
    assert "twos" in [title.text for title in browser.find_elements("css selector", "#cards .title")]
    click(browser, "#save-corrections")
    lines = downloaded(browser, "corrections.csv")
    assert [(line["action"], line["file"], line["value"]) for line in lines] == [("move", file, "2")]
    write_table(weeks.folder("week3") / "corrections.csv", pd.DataFrame(lines))
    weeks.place("week3", "week2")
    labels = dict(zip(read_img_paths(weeks.folder("week3")), read_clusters(weeks.folder("week3")).tolist()))
    assert labels[file] == 2 and weeks.said == []
    assert read_names(weeks.folder("week3")) == {1: "ones", 2: "twos", 5: "boots"}


def test_photos_that_are_right_where_they_are_are_not_asked_about_again(browser, written):
    open_cluster(browser, 0)
    for place in (1, 2):
        photos(browser)[place].click()
    files = [photos(browser)[place].get_attribute("title") for place in (1, 2)]
    click(browser, "#confirm")
    assert chosen(browser) == [] and len(photos(browser)) == 6, "nothing moves"
    browser.find_element("css selector", "#tray-corrections summary").click()
    assert "2 photos right where they are" in browser.find_element("id", "corrections-list").text
    lines = own_lines(browser)
    assert lines == [("move", file, "0", "0") for file in files]
    labels = np.asarray(written.gallery.predicted)
    table = pd.DataFrame([dict(zip(("action", "file", "cluster", "value"), line)) for line in lines], index=[2, 3])
    found = apply_corrections(labels, written.gallery.img_paths, table)
    assert (found.labels == labels).all() and found.by_hand.sum() == 2 and not found.idle and not found.astray
    click(browser, "#undo")
    assert not browser.find_elements("css selector", "#corrections-list li")


def test_a_cluster_is_picked_by_finger_with_no_keyboard_in_the_way(browser):
    with on_a_phone(browser):
        open_cluster(browser, 0)
        click(browser, "#cluster-merge")
        wait(browser, "document.activeElement.id === 'picker-list'")
        tap(browser, "#picker [data-cluster='1']")
        wait(browser, "!document.getElementById('picker').open")
        assert browser.find_element("id", "cluster-title").text == "Cluster 1"


def tap(driver, selector):
    from selenium.webdriver.common.actions.action_builder import ActionBuilder
    from selenium.webdriver.common.actions.pointer_input import PointerInput
    actions = ActionBuilder(driver, mouse=PointerInput("touch", "finger"))
    actions.pointer_action.move_to(driver.find_element("css selector", selector)).pointer_down().pointer_up()
    actions.perform()


def numbers(driver):
    """What the page says of its clusters: first of all, where the cards are, and at its foot."""
    return (int(driver.find_element("id", "products").text), driver.find_element("id", "products-recounted").text,
            len(driver.find_elements("css selector", "#cards .card")), driver.find_element("id", "recounted").text)


def strips(driver):
    return [strip.get_attribute("aria-label") for strip in driver.find_elements("css selector", "#opening .strip")]


def test_the_count_follows_corrections_and_undo_brings_it_back(browser):
    from selenium.webdriver.common.keys import Keys
    before = (5, "", 5, "")
    opening = strips(browser)
    assert numbers(browser) == before
    open_cluster(browser, 0)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    merged = (4, "5 clusters found, 4 after your corrections", 4, "5 clusters found, 4 now")
    assert numbers(browser) == merged
    assert strips(browser)[0].startswith("Cluster 2, 12 photos")
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    assert numbers(browser) == before  # one less, one more
    click(browser, "#undo")
    assert numbers(browser) == merged
    press(browser, (Keys.CONTROL, "z"))
    assert numbers(browser) == before and not browser.find_element("id", "tray").is_displayed()
    assert strips(browser) == opening


def test_what_was_estimated_is_said_to_be_what_was_found_while_it_is_corrected(browser):
    def lead():
        return browser.find_element("css selector", ".lead").text

    estimated = lead()
    assert estimated.startswith("30 photos show about 5 products, likely between 2 and 5.")
    open_cluster(browser, 0)
    browser.find_element("id", "cluster-name").send_keys("Boots\n")
    click(browser, "#cluster-close")
    assert lead() == estimated, "a name changes no number"
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    assert lead() == f"As found: {estimated}"
    click(browser, "#undo")
    assert lead() == estimated


def test_step_04_makes_as_many_clusters_of_the_file_as_the_page_says(browser, written):
    open_cluster(browser, 4)
    browser.find_elements("css selector", ".part")[1].click()
    click(browser, "#split")
    photos(browser)[0].click()
    click(browser, "#move")
    click(browser, "#picker [data-cluster='new-1']")
    click(browser, "#cluster-next")
    merge_into(browser, 1)
    click(browser, "#tray summary")
    assert browser.find_element("id", "products").get_attribute("textContent") == "5"
    browser.find_element("css selector", "#corrections-list button").click()  # the split; what moved there stays there
    gallery, lines = written.gallery, own_lines(browser)
    table = pd.DataFrame(lines, columns=["action", "file", "cluster", "value"])
    assert table["action"].tolist() == ["move", "merge"]
    found = apply_corrections(gallery.predicted, gallery.img_paths, table)
    assert not (found.idle or found.astray or found.lost)
    assert len(set(found.labels.tolist())) == 5 == int(
        browser.find_element("id", "products").get_attribute("textContent"))


def test_the_window_goes_through_clusters_in_one_order_whatever_is_corrected(browser):
    def title():
        return browser.find_element("id", "cluster-title").text

    open_cluster(browser, 1)
    browser.find_elements("css selector", ".part")[1].click()
    click(browser, "#split")  # now the smallest but one
    seen = []
    for _ in range(6):
        click(browser, "#cluster-next")
        seen.append(title())
    assert seen == ["Cluster new-1", "Cluster 2", "Winter boots", "Cluster 4", "Cluster 0", "Cluster 1"]
    click(browser, "#cluster-next")
    merge_into(browser, 2)
    click(browser, "#cluster-previous")
    assert title() == "Cluster 1"


def test_undo_in_the_window_of_a_cluster_brings_its_photos_back_and_keeps_the_focus(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    press(browser, Keys.SPACE, (Keys.SHIFT, Keys.ARROW_RIGHT))
    browser.find_element("id", "split").send_keys(Keys.ENTER)
    assert len(photos(browser)) == 4
    assert browser.execute_script("return document.getElementById('tray').contains(document.activeElement)")
    browser.find_element("id", "undo").send_keys(Keys.ENTER)
    assert len(photos(browser)) == 6 and browser.switch_to.active_element == photos(browser)[0]


def test_typing_a_name_is_undone_by_its_field_alone(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    browser.find_element("id", "cluster-name").click()
    press(browser, "a", (Keys.CONTROL, "z"))
    assert browser.find_element("css selector", "#tray summary").text == "1 correction"


def test_a_new_cluster_that_is_undone_takes_its_name_and_its_mergers_with_it(browser):
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    while browser.find_element("id", "cluster-title").text != "Cluster new-1":
        click(browser, "#cluster-next")
    browser.find_element("id", "cluster-name").send_keys("Clogs")
    merge_into(browser, 0)
    click(browser, "#cluster-close")
    assert [line[0] for line in own_lines(browser)] == ["split", "name", "merge"]
    click(browser, "#tray summary")
    browser.find_element("css selector", "#corrections-list button").click()  # the split
    assert browser.find_element("id", "corrections-count").text == "0 corrections"


def test_undone_new_clusters_take_along_what_was_said_of_others_that_they_filled(browser):
    open_cluster(browser, 4)
    for _ in range(2):
        photos(browser)[0].click()
        click(browser, "#split")
    while browser.find_element("id", "cluster-title").text != "Cluster new-2":
        click(browser, "#cluster-next")
    browser.find_element("id", "cluster-name").send_keys("Clogs")
    while browser.find_element("id", "cluster-title").text != "Cluster new-1":
        click(browser, "#cluster-next")
    merge_into(browser, "new-2")
    click(browser, "#cluster-close")
    click(browser, "#tray summary")
    for left, place in (("3 corrections", 1), ("0 corrections", 0)):  # the second split, then the first
        browser.find_elements("css selector", "#corrections-list button")[place].click()
        assert browser.find_element("id", "corrections-count").get_attribute("textContent") == left


def test_from_making_a_new_cluster_a_button_leads_to_naming_it(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    level = browser.find_element("id", "level")
    level.send_keys(Keys.ARROW_RIGHT)
    assert not browser.find_element("id", "tray-status").text, "there are other clusters at this level"
    level.send_keys(Keys.ARROW_LEFT)
    click(browser, "#tray-status button")
    assert browser.find_element("id", "cluster-title").text == "Cluster new-1" and len(photos(browser)) == 1
    browser.find_element("id", "cluster-name").send_keys("Clogs\n")
    assert browser.find_element("id", "cluster-title").text == "Clogs"
    assert not browser.find_element("id", "tray-status").text


def test_a_photo_is_seen_large_and_the_next_ones_by_arrows(browser, written):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 0)
    shown = [photo.get_attribute("title") for photo in photos(browser)]
    small = photos(browser)[1].size["width"]
    press(browser, Keys.ARROW_RIGHT, Keys.TAB, Keys.ENTER)
    wait(browser, "document.getElementById('large').open")
    name = browser.find_element("id", "large-file")
    assert name.text == shown[1]
    assert browser.find_element("css selector", "#large-picture .picture").size["width"] >= 3 * small
    press(browser, Keys.ARROW_LEFT)
    assert name.text == shown[0]
    press(browser, Keys.ARROW_LEFT)
    assert name.text == shown[5]
    click(browser, "#large-choose")
    press(browser, Keys.ESCAPE)
    wait(browser, "!document.getElementById('large').open")
    assert chosen(browser) == [5] and browser.find_element("id", "cluster").is_displayed()


def test_the_photo_itself_is_where_the_page_says(browser, written):
    browser.find_element("id", "search").send_keys("onerror")
    wait(browser, "document.querySelectorAll('#results-photos .photo').length === 1")
    click(browser, "#results-photos .photo")
    browser.execute_script("document.querySelector('#cluster-photos .enlarge').click()")
    link = browser.find_element("id", "large-original")
    assert link.is_displayed() and link.get_attribute("rel") == "noopener"
    path = url2pathname(urlparse(link.get_attribute("href")).path)
    assert path == str(written.gallery.raw_dir / HOSTILE_FILE)
    with Image.open(path) as photo:
        assert photo.size == (36, 48)


@pytest.mark.parametrize("window, opener", [("cluster", None), ("picker", "#cluster-merge"), ("large", ".enlarge")])
def test_no_window_is_wider_than_a_phone(browser, window, opener):
    with on_a_phone(browser):
        open_cluster(browser, 3)
        click(browser, "#choose-all")
        if opener:
            browser.execute_script(f"document.querySelector('#cluster {opener}').click()")
        wide = browser.execute_script("""return [...document.querySelectorAll(`#${arguments[0]} *`)].filter((each) =>
            each.checkVisibility() && !each.classList.contains("visually-hidden")
            && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.id || each.className)""", window)
        assert wide == []


def test_saved_corrections_that_are_undone_are_taken_out_by_saving_again(browser):
    open_cluster(browser, 1)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    click(browser, "#save-corrections")
    assert len(downloaded(browser, "corrections.csv")) == 1
    click(browser, "#undo")
    assert browser.find_element("id", "tray").is_displayed()
    assert browser.find_element("id", "corrections-count").text == "0 corrections"
    click(browser, "#save-corrections")
    assert downloaded(browser, "corrections.csv") == []


def test_a_click_that_leaves_the_field_of_the_name_chooses_the_part_under_it(browser):
    open_cluster(browser, 1)
    browser.find_element("id", "cluster-name").send_keys("Boots")
    browser.find_element("css selector", "#cluster-parts-buttons button").click()
    assert len(chosen(browser)) == 4
    assert browser.find_element("id", "corrections-count").text == "1 correction"


def pairs(driver):
    """The pairs of clusters that may be one product, as {stays, joins}."""
    return [[button.text for button in pair.find_elements("css selector", "p button")]
            for pair in driver.find_elements("css selector", "#alike-pairs .pair")]


def test_pairs_that_may_be_one_product_are_merged_or_put_aside_one_after_the_other(browser):
    before = pairs(browser)
    clusters = int(browser.find_element("id", "products").text)
    assert len(before) >= 3 and all(stays != joins for stays, joins in before)
    click(browser, "#alike-pairs .apart")
    assert pairs(browser)[:7] == before[1:] and browser.find_element("id", "products").text == str(clusters)
    focused = browser.switch_to.active_element
    assert focused.get_attribute("class") == "merge" and before[1][1] in focused.get_attribute("aria-label")
    click(browser, "#alike-pairs .merge")
    gone = before[1][1]
    assert browser.find_element("id", "products").text == str(clusters - 1)
    assert not any(gone in pair for pair in pairs(browser)) and before[0] not in pairs(browser)
    click(browser, "#undo")
    assert pairs(browser)[:7] == before[1:]


def test_the_last_pair_leaves_a_word(browser):
    while pairs(browser):
        click(browser, "#alike-pairs .apart")
    assert browser.find_element("id", "alike-pairs").text == "No pair is left."


def test_confused_products_lead_to_the_clusters_that_there_are(browser):
    button = browser.find_element("css selector", "#pairs .pair footer button")
    number = int(button.text.split()[-1]) if button.text != "Winter boots" else 3
    open_cluster(browser, number)
    merge_into(browser, next(other for other in (0, 1, 2) if other != number))
    click(browser, "#cluster-close")
    click(browser, "#pairs .pair footer button")
    assert wait(browser, "document.getElementById('cluster').open") and len(photos(browser)) == 12


def test_cards_that_were_shown_stay_where_a_cluster_is_corrected(browser, tmp_path):
    gallery = make_gallery(tmp_path, 120, 60)
    write_report(tmp_path / "report.html", gallery)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    cards = "document.querySelectorAll('#cards .card').length"
    assert wait(browser, cards) == 48
    click(browser, "#cards .more")
    assert wait(browser, cards) == 60
    open_cluster(browser, 50)
    merge_into(browser, 2)
    assert wait(browser, cards) == 59
    browser.execute_script("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")


def test_the_card_of_a_merged_cluster_shows_photos_of_both(browser, written):
    def shown(number):
        photos = browser.find_elements("css selector", f"#cards .card:has([data-cluster='{number}']) .faces .photo")
        return [written.gallery.img_paths.index(photo.get_attribute("title")) // 6 for photo in photos]

    assert shown(0) == [0, 0, 0]
    open_cluster(browser, 0)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    assert sorted(shown(2)[:2]) == [0, 2]


def test_the_focus_goes_to_the_card_of_a_cluster_that_was_corrected(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 1)
    browser.find_element("id", "cluster-name").send_keys("Boots", Keys.ENTER)
    press(browser, Keys.ESCAPE)
    wait(browser, "!document.getElementById('cluster').open")
    assert wait(browser, "document.activeElement.dataset.cluster") == "1"
    assert browser.switch_to.active_element.text == "Boots"


def test_clusters_that_no_correction_touches_keep_what_is_said_of_them(browser):
    said = "[...document.querySelectorAll('#cards .card')].map((card) => card.querySelector('header').innerText)"
    before = browser.execute_script(f"return {said}")
    open_cluster(browser, 1)
    merge_into(browser, 2)
    after = browser.execute_script(f"return {said}")
    assert len(after) == 4 and len(set(before) & set(after)) == 3
