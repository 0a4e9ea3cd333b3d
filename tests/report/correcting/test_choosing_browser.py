"""Photos in the window of a cluster, in Chromium: chosen by mouse and keys, split off, seen large, found right."""
from urllib.parse import urlparse
from urllib.request import url2pathname

import numpy as np
import pandas as pd
from PIL import Image
from report_browser import click, wait
from report_correcting import chosen, on_a_phone, open_cluster, own_lines, photos, press, shift_click
from report_gallery import HOSTILE_FILE

from imgcluster.clusters.corrections import apply_corrections


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
