"""The page in Chromium: photos come in by every way, and what is wrong with one is said."""
import re

import numpy as np
import pytest
from report_browser import wait
from shop import picture, save
from web_page import (
    HOSTILE,
    choose_file,
    click,
    fail_to_fetch,
    focus,
    focused,
    hold,
    let_go,
    message,
    names,
    open_first,
    png,
    press,
)

pytest.importorskip("flask", reason="the web page is not installed: pip install -r requirements-app.txt")
pytest.importorskip("waitress", reason="the web page is not installed: pip install -r requirements-app.txt")

from imgcluster.webapp import MAX_UPLOAD  # noqa: E402


def test_an_upload_shows_cards(browser, tmp_path):
    choose_file(browser, save(tmp_path / "query.jpg", picture(2, 50)))
    assert names(browser)[0] == f"Blue {HOSTILE}" and len(names(browser)) == 4
    card = browser.find_element("css selector", "#cards .card")
    score = card.find_element("css selector", ".score .value").text
    assert score.endswith(" %")
    # A frame says "this is it".
    likely = int(re.search(r"\d+", score).group()) >= 50
    assert len(browser.find_elements("css selector", "#cards .card.first")) == likely
    assert "5 €" in card.text and '"quoted" & more' in card.text
    link = card.find_element("css selector", ".shop")
    assert link.get_attribute("href") == "https://shop.example/2" and "noopener" in link.get_attribute("rel")
    wait(browser, "document.querySelector('#cards img').naturalWidth > 0")
    assert len([link for link in browser.find_elements("css selector", "#cards .shop") if link.is_displayed()]) == 1


def test_the_objects_found_can_be_chosen(browser, two):
    choose_file(browser, two)
    assert len(browser.find_elements("css selector", "#regions button")) == 3
    found = set()
    for index in (0, 1):
        click(browser, "#boxes button", index)
        found.add(names(browser)[0])
    assert found == {"Green thing", f"Blue {HOSTILE}"}
    click(browser, "#regions button", 0)
    assert browser.find_element("css selector", "#regions [aria-pressed=true]").text == "Whole photo"


OUTLINED = "return [...document.querySelectorAll('label')].filter((label) => label.offsetParent !== null " \
           "&& getComputedStyle(label).outlineStyle === 'solid').map((label) => label.textContent)"


def test_each_way_to_a_photo_can_be_reached_by_keyboard_and_shows_the_focus(browser, two):
    from selenium.webdriver.common.keys import Keys
    for before, label in (("#go-browse", "Choose a photo"), ("#go-browse", "Another photo")):
        focus(browser, before)
        press(browser, Keys.TAB)
        assert focused(browser) == "file" and browser.execute_script(OUTLINED) == [label]
        press(browser, Keys.TAB)
        assert focused(browser) != "camera", "only phones have one"
        choose_file(browser, two)


def test_the_focus_goes_on_to_what_was_chosen(browser, two):
    from selenium.webdriver.common.keys import Keys
    choose_file(browser, two)
    for place in ("#boxes", "#regions"):
        focus(browser, f"{place} [aria-pressed=false]")
        press(browser, Keys.ENTER)
        assert browser.execute_script("return document.activeElement.matches(arguments[0])",
                                      f"{place} [aria-pressed=true]")


def test_on_a_phone_a_long_name_leaves_room_for_the_photos(browser, shop, monkeypatch):
    data = {label: {"name": "long name " * 200} for label in "0123"}
    monkeypatch.setattr(shop.searcher.catalogue.product_data, "by_model", data)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True})
    try:
        open_first(browser)
        assert browser.find_element("id", "product-body").size["height"] > 400
        assert browser.find_element("id", "product-close").is_displayed() and focused(browser) == "product-close"
        assert browser.execute_script("const name = document.getElementById('product-name').parentElement;"
                                      "return name.scrollHeight > name.clientHeight"
                                      " && name.scrollWidth <= name.clientWidth")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("size", [16, 32])
def test_all_text_grows_with_the_browsers_and_no_name_of_a_region_is_cut(browser, two, size):
    choose_file(browser, two)
    browser.execute_script("document.documentElement.style.fontSize = `${arguments[0]}px`", size)
    buttons = browser.find_elements("css selector", "#regions button")
    assert [browser.execute_script("return arguments[0].scrollWidth <= arguments[0].clientWidth", button)
            for button in buttons] == [True] * 3
    assert browser.find_element("id", "draw").value_of_css_property("font-size") == f"{size}px"
    assert buttons[0].size["width"] >= 92 and (size == 32 or buttons[0].size["width"] < 100)


def test_a_photo_that_lacks_a_part_is_searched_with_a_word_on_it(browser, tmp_path):
    data = png(np.random.default_rng(0).integers(1, 255, (100, 100, 3), dtype=np.uint8))
    (tmp_path / "half.png").write_bytes(data[:len(data) * 7 // 10])
    choose_file(browser, tmp_path / "half.png")
    wait(browser, "document.querySelectorAll('#cards .card').length > 0")
    assert message(browser).startswith("half.png: incomplete file: ")


def test_a_search_that_another_overtakes_leaves_nothing_waiting(browser, tmp_path):
    browser.execute_script("""
        const ask = window.fetch;
        window.fetch = (url, options) => url.startsWith("/api/search") ? new Promise((_, reject) => {
            options.signal.addEventListener("abort", () => { window.ended = true; reject(new TypeError()); });
        }) : ask(url, options);""")
    browser.find_element("id", "file").send_keys(str(save(tmp_path / "slow.png", picture(0, 50))))
    wait(browser, "!document.getElementById('busy').hidden")
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    click(browser, "#browse-cards .picture")
    wait(browser, "document.getElementById('product').open")
    click(browser, "#product-photos button")
    wait(browser, "document.querySelectorAll('#cards .card').length > 0")
    assert not browser.find_element("id", "busy").is_displayed()
    assert browser.execute_script("return window.ended") and not browser.find_element("id", "message").is_displayed()


def test_an_earlier_search_does_not_take_away_what_was_wrong_with_a_later_file(browser, two, tmp_path):
    hold(browser, "/api/search")
    browser.find_element("id", "file").send_keys(str(two))
    wait(browser, "held.length === 1")
    with open(tmp_path / "huge.jpg", "wb") as file:
        file.truncate(MAX_UPLOAD + 1)
    browser.find_element("id", "file").send_keys(str(tmp_path / "huge.jpg"))
    wait(browser, "!document.getElementById('message').hidden")
    let_go(browser, 0)
    assert message(browser).startswith("huge.jpg: ") and names(browser) == []


def test_what_could_not_be_shown_is_told_until_it_is_shown(browser):
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    for wanted, shown in (("#browse-cards .picture", "document.getElementById('product').open"),
                          ("#product-photos button", "document.querySelectorAll('#cards .card').length > 0")):
        fail_to_fetch(browser)
        click(browser, wanted)
        wait(browser, "!document.getElementById('message').hidden")
        assert "The server does not answer" in message(browser)
        browser.execute_script("answerAgain()")
        if wanted.startswith("#product"):  # the window is closed by then
            click(browser, "#browse-cards .picture")
            wait(browser, "document.getElementById('product').open")
        click(browser, wanted)
        wait(browser, shown)
        assert not browser.find_element("id", "message").is_displayed()


def test_a_bad_file_is_said_to_be_one(browser, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    choose_file(browser, tmp_path / "bad.jpg")
    assert message(browser).startswith("bad.jpg: This file cannot be read as a photo")
    assert browser.find_element("id", "start").is_displayed()
    choose_file(browser, save(tmp_path / "good.png", picture(0, 50)))
    assert names(browser) and not browser.find_element("id", "message").is_displayed()


CANNOT_BE_READ = "This cannot be read. It is a folder, or it was moved or changed after it was chosen."


def test_a_dropped_folder_is_said_to_be_one(browser, tmp_path):
    (tmp_path / "holiday").mkdir()
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.execute_cdp_cmd("Input.dispatchDragEvent", {
            "type": kind, "x": 300, "y": 300,
            "data": {"items": [], "files": [str(tmp_path / "holiday")], "dragOperationsMask": 1}})
    wait(browser, "!document.getElementById('message').hidden")
    assert message(browser) == f"holiday: {CANNOT_BE_READ}"


def hold_file(driver, path):
    """Let the page hold a file of the disk as `held`, which `openHeld()` drops on it."""
    driver.execute_script("""
        const other = document.createElement("input");
        other.type = "file";
        other.id = "other";
        other.addEventListener("change", () => { window.held = other.files[0]; });
        window.openHeld = () => {
            const data = new DataTransfer();
            data.items.add(held);
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        };
        document.body.append(other);""")
    driver.find_element("id", "other").send_keys(str(path))
    wait(driver, "window.held !== undefined")


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"another")])
def test_a_photo_that_is_gone_or_changed_before_it_is_read_is_said_to_be(browser, tmp_path, change):
    path = save(tmp_path / "query.png", picture(2, 50))
    hold_file(browser, path)
    change(path)
    browser.execute_script("openHeld()")
    wait(browser, "!document.getElementById('message').hidden")
    assert message(browser) == f"query.png: {CANNOT_BE_READ}"


def test_an_empty_file_is_said_to_be_one(browser, tmp_path):
    (tmp_path / "empty.png").touch()
    choose_file(browser, tmp_path / "empty.png")
    assert message(browser) == "empty.png: This file is empty."


def test_a_huge_file_is_not_even_sent(browser, tmp_path):
    with open(tmp_path / "huge.jpg", "wb") as file:
        file.truncate(MAX_UPLOAD + 1)
    choose_file(browser, tmp_path / "huge.jpg")
    assert message(browser).startswith("huge.jpg: This file is too large: 25 MB")
    assert "/api/search" not in str(browser.get_log("performance"))


def test_a_file_named_with_html_is_text(browser, tmp_path):
    name = "<img src=x onerror=alert(1)>.png"
    choose_file(browser, save(tmp_path / name, picture(0, 50)))
    assert browser.find_element("id", "file-name").text == name
    (tmp_path / f"bad {name}").write_bytes(b"no photo")
    choose_file(browser, tmp_path / f"bad {name}")
    assert message(browser).startswith(f"bad {name}: ")
    assert browser.execute_script("return document.querySelectorAll('img[src=x]').length") == 0


def test_a_dropped_photo_is_searched(browser, tmp_path):
    browser.execute_script("""
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [64, 64];
        const pen = canvas.getContext("2d");
        pen.fillStyle = "white"; pen.fillRect(0, 0, 64, 64);
        pen.fillStyle = "rgb(40 200 60)"; pen.fillRect(12, 12, 40, 40);
        canvas.toBlob((blob) => {
            const data = new DataTransfer();
            data.items.add(new File([blob], "dropped.png"));
            document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        });""")
    wait(browser, "document.querySelectorAll('#cards .card').length > 0")
    assert names(browser)[0] == "Green thing"


def test_what_went_wrong_is_not_covered_by_the_bar_at_the_top(browser, tmp_path):
    choose_file(browser, save(tmp_path / "good.png", picture(0, 50)))
    browser.execute_script("document.body.style.minHeight = '4000px'; scrollTo({top: 2000, behavior: 'instant'})")
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    browser.find_element("id", "file").send_keys(str(tmp_path / "bad.jpg"))
    wait(browser, "!document.getElementById('message').hidden")
    assert browser.execute_script("""return document.getElementById("message").getBoundingClientRect().top
        >= document.querySelector(".top").getBoundingClientRect().bottom""")
