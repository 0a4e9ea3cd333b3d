"""The page in Chromium: photos come in by every way, and boxes, products and the keys lead where they should."""
import json
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from report_browser import wait
from shop import picture, save
from web_page import HOSTILE, choose_file, click, message, names, png, served

pytest.importorskip("flask", reason="the web page is not installed: pip install -r requirements-app.txt")
pytest.importorskip("waitress", reason="the web page is not installed: pip install -r requirements-app.txt")

from imgcluster.search.calibration import calibrate  # noqa: E402
from imgcluster.search.cosine_index import CosineIndex  # noqa: E402
from imgcluster.search.product_data import ProductData  # noqa: E402
from imgcluster.search.products import products_of  # noqa: E402
from imgcluster.search.searcher import Searcher  # noqa: E402
from imgcluster.webapp import MAX_UPLOAD, create_app  # noqa: E402


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


def test_a_box_can_be_drawn(browser, two):
    from selenium.webdriver.common.action_chains import ActionChains
    choose_file(browser, two)
    photo = browser.find_element("id", "photo")
    width, height = photo.size["width"], photo.size["height"]
    actions = ActionChains(browser, duration=30).move_to_element_with_offset(photo, 0.02 * width, -0.49 * height)
    actions.click_and_hold().move_by_offset(0.2 * width, 0.4 * height).move_by_offset(0.25 * width, 0.55 * height)
    actions.release().perform()
    wait(browser, "document.querySelectorAll('#regions button').length === 4")
    assert names(browser)[0] == f"Blue {HOSTILE}"
    assert browser.find_element("css selector", "#regions [aria-pressed=true]").text == "Your box"


def press(driver, *keys):
    from selenium.webdriver.common.action_chains import ActionChains
    ActionChains(driver).send_keys(*keys).perform()


def focus(driver, selector):
    driver.execute_script("document.querySelector(arguments[0]).focus()", selector)


def focused(driver):
    return driver.execute_script("return document.activeElement.id")


OUTLINED = "return [...document.querySelectorAll('label')].filter((label) => label.offsetParent !== null " \
           "&& getComputedStyle(label).outlineStyle === 'solid').map((label) => label.textContent)"


def framed_part(driver):
    """Left, top, width and height of the frame that is shown, as whole percentages of the photo's."""
    return driver.execute_script("""
        const [part, all] = ["drawn", "boxes"].map((id) => document.getElementById(id).getBoundingClientRect());
        return [(part.x - all.x) / all.width, (part.y - all.y) / all.height, part.width / all.width,
                part.height / all.height].map((share) => Math.round(100 * share));""")


def resize(driver, keys):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    ActionChains(driver).key_down(Keys.SHIFT).send_keys(keys).key_up(Keys.SHIFT).perform()


def test_a_box_can_be_drawn_by_keyboard(browser, two):
    from selenium.webdriver.common.keys import Keys
    choose_file(browser, two)
    focus(browser, "#draw")
    press(browser, Keys.ENTER)
    assert focused(browser) == "drawn" and framed_part(browser) == [25, 25, 50, 50]
    help_text = browser.find_element("id", browser.find_element("id", "drawn").get_attribute("aria-describedby"))
    assert help_text.is_displayed() and "Enter searches" in help_text.text
    press(browser, Keys.ARROW_RIGHT * 3 + Keys.ARROW_LEFT + Keys.ARROW_UP)
    assert framed_part(browser) == [29, 23, 50, 50]
    resize(browser, Keys.ARROW_RIGHT + Keys.ARROW_DOWN * 2)
    assert framed_part(browser) == [29, 23, 52, 54]
    press(browser, Keys.ARROW_RIGHT * 30 + Keys.ARROW_UP * 30)
    assert framed_part(browser) == [48, 0, 52, 54]
    resize(browser, Keys.ARROW_DOWN * 30 + Keys.ARROW_RIGHT)
    assert framed_part(browser) == [48, 0, 52, 100]
    wait(browser, "document.getElementById('place').textContent === "
                  "'48 % from the left, 0 % from the top, 52 % wide, 100 % high'")
    press(browser, Keys.ENTER)
    wait(browser, "document.querySelectorAll('#regions button').length === 4")
    assert names(browser)[0] == f"Blue {HOSTILE}" and not help_text.is_displayed()
    assert focused(browser) == "draw" and framed_part(browser) == [48, 0, 52, 100]


def test_a_box_drawn_by_keyboard_is_never_too_small_to_be_seen(browser, two):
    from selenium.webdriver.common.keys import Keys
    choose_file(browser, two)
    focus(browser, "#draw")
    press(browser, Keys.SPACE)
    resize(browser, Keys.ARROW_LEFT * 40 + Keys.ARROW_UP * 40)
    assert 12 <= min(browser.find_element("id", "drawn").size.values()) < 16


def test_who_leaves_a_box_drawn_by_keyboard_finds_all_as_it_was(browser, two):
    from selenium.webdriver.common.keys import Keys
    choose_file(browser, two)
    frame, draw = browser.find_element("id", "drawn"), browser.find_element("id", "draw")
    for key, then in ((Keys.ESCAPE, "draw"), (Keys.TAB, None)):
        focus(browser, "#draw")
        press(browser, Keys.ENTER, Keys.ARROW_DOWN)
        assert frame.is_displayed() and draw.get_attribute("aria-pressed") == "true"
        press(browser, key)
        assert not frame.is_displayed() and draw.get_attribute("aria-pressed") == "false"
        assert then is None or focused(browser) == then
    draw_by_finger(browser)
    before = framed_part(browser)
    focus(browser, "#draw")
    press(browser, Keys.ENTER)
    assert framed_part(browser) == before, "it begins there"
    press(browser, Keys.ARROW_LEFT * 3)
    assert framed_part(browser) != before
    press(browser, Keys.ESCAPE)
    assert framed_part(browser) == before and len(browser.find_elements("css selector", "#regions button")) == 4


def test_a_mouse_draws_with_the_button_pressed_as_well(browser, two):
    choose_file(browser, two)
    click(browser, "#draw")
    assert not browser.find_element("id", "drawn").is_displayed() and focused(browser) == "draw"
    draw_by_finger(browser)
    assert browser.find_element("id", "draw").get_attribute("aria-pressed") == "false"


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


def test_the_focus_is_at_the_photo_that_was_chosen_among_those_of_a_product(browser, two):
    from selenium.webdriver.common.keys import Keys
    choose_file(browser, two)
    focus(browser, "#cards .picture")
    press(browser, Keys.ENTER)
    wait(browser, "document.getElementById('product').open")
    focus(browser, "#product-photos button")
    press(browser, Keys.ENTER)
    wait(browser, "document.getElementById('file-name').textContent !== 'two.png'")
    assert focused(browser) == "stage"


def test_long_product_data_takes_a_few_lines_of_a_card_and_all_that_it_needs_in_the_window(browser, shop, monkeypatch):
    columns = {"name": "long name " * 40, "price": "5" * 60, "note": "long note " * 90, "column" * 9: "x" * 90}
    data = ProductData(by_model={label: columns for label in "0123"}, columns=list(columns))
    monkeypatch.setattr(shop.searcher.catalogue.product_data, "by_model", data.by_model)
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    card, title = (browser.find_element("css selector", f"#browse-cards {part}") for part in (".card", "h3"))
    assert title.size["height"] < 80 and card.size["height"] < 700
    click(browser, "#browse-cards .picture")
    wait(browser, "document.getElementById('product').open")
    close = browser.find_element("id", "product-close")
    assert close.size["height"] <= 44 and close.is_displayed()
    assert browser.find_element("id", "product-name").size["height"] > 80
    assert browser.execute_script("const box = document.getElementById('product-body');"
                                  "return box.scrollWidth <= box.clientWidth")


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


def draw(driver, left, right):
    """Draw a box from one share of the photo's width to another, without the click that follows where a mouse draws."""
    driver.execute_script("""
        const { left, top, width, height } = document.getElementById("photo").getBoundingClientRect();
        const point = (type, x, y) => document.getElementById("photo").dispatchEvent(new PointerEvent(type,
            { bubbles: true, clientX: left + x * width, clientY: top + y * height }));
        point("pointerdown", arguments[0], 0.4); point("pointermove", arguments[1], 0.6);
        point("pointerup", arguments[1], 0.6);""", left, right)


def draw_by_finger(browser):
    draw(browser, 0.55, 0.9)
    wait(browser, "document.querySelectorAll('#regions button').length === 4")


def test_a_drawn_box_is_framed_for_as_long_as_it_is_chosen(browser, two):
    choose_file(browser, two)
    draw_by_finger(browser)
    frame = browser.find_element("id", "drawn")
    first = frame.rect
    browser.execute_script("dispatchEvent(new PointerEvent('pointercancel'))")  # as at each scroll by finger
    assert frame.is_displayed()
    click(browser, "#regions button", 0)
    assert not frame.is_displayed()
    click(browser, "#regions button", 3)
    assert frame.is_displayed() and all(abs(frame.rect[side] - first[side]) < 8 for side in ("width", "height"))


def test_the_tap_after_a_box_drawn_by_finger_counts(browser, two):
    choose_file(browser, two)
    draw_by_finger(browser)
    click(browser, "#regions button", 0)
    assert browser.find_element("css selector", "#regions [aria-pressed=true]").text == "Whole photo"


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


def hold(driver, part):
    """Let no request whose address has this part be sent before `driver` runs `letGo(number)`, the first of them 0."""
    driver.execute_script("""
        const [ask, part] = [window.fetch, arguments[0]];
        window.held = [];
        window.letGo = (number) => held[number]();
        window.fetch = async (url, options) => {
            if (url.includes(part)) {
                await new Promise((resolve, reject) => {
                    held.push(resolve);
                    options.signal?.addEventListener("abort", () => reject(new TypeError()));
                });
            }
            return ask(url, options);
        };""", part)


def let_go(driver, number):
    """Let a request that is held be answered, and the page show what comes of it."""
    driver.execute_async_script("letGo(arguments[0]); setTimeout(arguments[1], 500)", number)


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


def test_the_frame_is_that_of_the_box_that_is_looked_for_and_then_of_the_one_that_was_found(browser, two):
    choose_file(browser, two)
    hold(browser, "box=")
    frame = browser.find_element("id", "drawn")
    draw(browser, 0.05, 0.45)
    wait(browser, "held.length === 1")
    draw(browser, 0.55, 0.95)
    wait(browser, "held.length === 2")
    later = frame.rect
    browser.execute_async_script("setTimeout(arguments[0], 200)")  # the first one is overtaken
    assert frame.is_displayed() and frame.rect == later
    let_go(browser, 1)
    wait(browser, "document.querySelectorAll('#regions button').length === 4")
    assert abs(frame.rect["x"] - later["x"]) < 8
    found = frame.rect
    fail_to_fetch(browser)
    draw(browser, 0.05, 0.45)
    wait(browser, "!document.getElementById('message').hidden")
    # The message moves all down.
    assert frame.is_displayed() and {**frame.rect, "y": found["y"]} == found
    assert browser.find_element("css selector", "#regions [aria-pressed=true]").text == "Your box"


def test_a_box_that_is_being_drawn_by_keyboard_stays_when_an_answer_comes(browser, two):
    from selenium.webdriver.common.keys import Keys
    choose_file(browser, two)
    hold(browser, "box=")
    focus(browser, "#draw")
    press(browser, Keys.ENTER, Keys.ENTER)
    wait(browser, "held.length === 1")
    press(browser, Keys.ENTER, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    frame = browser.find_element("id", "drawn")
    place = frame.rect
    let_go(browser, 0)
    assert len(browser.find_elements("css selector", "#regions button")) == 4, "the first one was found"
    assert frame.rect == place and browser.find_element("id", "keys").is_displayed()
    assert browser.execute_script("return document.activeElement.id") == "drawn"
    press(browser, Keys.ARROW_RIGHT)
    assert frame.rect["x"] > place["x"]


def test_who_went_on_is_not_called_back_by_what_is_like_a_photo(browser):
    hold(browser, "/api/like/")
    open_first(browser)
    click(browser, "#product-photos button")
    wait(browser, f"held.length === 1 && !{IS_OPEN}")
    click(browser, "#browse-cards .picture", 1)
    wait(browser, IS_OPEN)
    let_go(browser, 0)
    assert browser.execute_script(f"return {IS_OPEN}")
    assert not browser.find_element("id", "busy").is_displayed()
    click(browser, "#product-photos button", 2)
    wait(browser, "held.length === 2")
    let_go(browser, 1)
    wait(browser, f"!{IS_OPEN} && document.querySelectorAll('#cards .card').length > 0")
    assert browser.execute_script("return history.state") is None


@pytest.mark.parametrize("part", ["/api/like/", "/photo/large/"])
def test_without_a_server_what_is_like_a_photo_is_not_found_in_plain_words(browser, part):
    open_first(browser)
    browser.execute_script("""
        const [ask, part] = [window.fetch, arguments[0]];
        window.fetch = (url, options) => url.includes(part) ? Promise.reject(new TypeError("x")) : ask(url, options);
        """, part)
    click(browser, "#product-photos button")
    wait(browser, "!document.getElementById('message').hidden")
    assert message(browser).endswith(": The server does not answer. Is it still running?")
    click(browser, "#go-search")
    assert not browser.find_element("id", "message").is_displayed(), "it is of the page that was left"


def fail_to_fetch(driver):
    """Let nothing be answered, until `driver` runs `answerAgain()`."""
    driver.execute_script("""
        const fetched = window.fetch;
        window.fetch = () => Promise.reject(new TypeError("no connection"));
        window.answerAgain = () => { window.fetch = fetched; };""")


def test_products_that_could_not_be_listed_are_listed_the_next_time(browser):
    fail_to_fetch(browser)
    click(browser, "#go-browse")
    wait(browser, "!document.getElementById('message').hidden")
    assert message(browser) == "The server does not answer. Is it still running?"
    browser.execute_script("answerAgain()")
    click(browser, "#go-search")
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    assert not browser.find_element("id", "message").is_displayed()


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


def test_there_are_no_more_products_to_add_while_others_are_looked_for(browser):
    browser.execute_script("""
        window.fetch = (url) => url.endsWith("text=") ? Promise.resolve(new Response('{"total": 50, "products": []}'))
            : new Promise(() => {});""")
    click(browser, "#go-browse")
    wait(browser, "!document.getElementById('more').hidden")
    browser.find_element("id", "filter").send_keys("blue")
    assert not browser.find_element("id", "more").is_displayed()


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


def test_boxes_are_searched_in_a_photo_that_is_gone_by_now(browser, two):
    choose_file(browser, two)
    two.unlink()
    draw_by_finger(browser)
    assert browser.find_element("css selector", "#regions [aria-pressed=true]").text == "Your box"
    assert not browser.find_element("id", "message").is_displayed()


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


def test_products_are_browsed_and_searched_from(browser):
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    browser.find_element("id", "filter").send_keys("blue")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 1")
    click(browser, "#browse-cards .picture")
    wait(browser, "document.getElementById('product').open")
    assert browser.find_element("id", "product-name").text == f"Blue {HOSTILE}"
    assert len(browser.find_elements("css selector", "#product-photos img")) == 7
    click(browser, "#product-photos button", 2)
    wait(browser, "document.querySelectorAll('#cards .card').length > 0")
    assert names(browser)[0] == f"Blue {HOSTILE}" and browser.find_element("id", "file-name").text.startswith("2_")


def test_a_box_can_be_drawn_in_a_photo_of_the_catalogue(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    click(browser, "#browse-cards .picture")
    wait(browser, "document.querySelectorAll('#product-photos button').length > 0")
    click(browser, "#product-photos button")
    wait(browser, "document.querySelectorAll('#cards .card').length > 0")
    photo = browser.find_element("id", "photo")
    offset = 0.4 * photo.size["height"]
    actions = ActionChains(browser, duration=30).move_to_element_with_offset(photo, -offset, -offset)
    actions.click_and_hold().move_by_offset(offset, offset).move_by_offset(offset, offset).release().perform()
    wait(browser, "document.querySelector('#regions [aria-pressed=true]')?.textContent === 'Your box'")
    assert browser.find_element("id", "hint").is_displayed() and names(browser)


def test_what_went_wrong_is_not_covered_by_the_bar_at_the_top(browser, tmp_path):
    choose_file(browser, save(tmp_path / "good.png", picture(0, 50)))
    browser.execute_script("document.body.style.minHeight = '4000px'; scrollTo({top: 2000, behavior: 'instant'})")
    (tmp_path / "bad.jpg").write_bytes(b"no photo")
    browser.find_element("id", "file").send_keys(str(tmp_path / "bad.jpg"))
    wait(browser, "!document.getElementById('message').hidden")
    assert browser.execute_script("""return document.getElementById("message").getBoundingClientRect().top
        >= document.querySelector(".top").getBoundingClientRect().bottom""")


def test_back_leads_from_the_products_to_the_search(browser):
    click(browser, "#go-browse")
    wait(browser, "!document.getElementById('browse-page').hidden")
    browser.back()
    wait(browser, "!document.getElementById('search-page').hidden")
    browser.forward()
    wait(browser, "!document.getElementById('browse-page').hidden")


IS_OPEN = "document.getElementById('product').open"


def open_first(driver, *, of=4):
    """Open the window of the first product listed, `of` so many."""
    click(driver, "#go-browse")
    wait(driver, f"document.querySelectorAll('#browse-cards .card').length === {of}")
    click(driver, "#browse-cards .picture")
    wait(driver, IS_OPEN)


def close_by_cross(driver):
    click(driver, "#product-close")


def close_by_escape(driver):
    from selenium.webdriver.common.keys import Keys
    press(driver, Keys.ESCAPE)


def close_beside(driver):
    driver.execute_script("document.getElementById('product').click()")


def close_by_back(driver):
    driver.back()


@pytest.mark.parametrize("close", [close_by_cross, close_by_escape, close_beside, close_by_back])
def test_back_closes_the_window_of_a_product_and_nothing_else_takes_a_step_of_its_own(browser, close):
    for _ in range(2):
        open_first(browser)
        close(browser)
        wait(browser, f"!{IS_OPEN} && history.state === null")
        assert browser.find_element("id", "browse-page").is_displayed()
    browser.forward()
    wait(browser, IS_OPEN)
    name = browser.find_element("id", "product-name").text
    browser.refresh()
    wait(browser, f"{IS_OPEN} && document.documentElement.dataset.ready")
    assert browser.find_element("id", "product-name").text == name
    for page in ("browse-page", "search-page"):
        browser.back()
        wait(browser, f"!{IS_OPEN} && !document.getElementById('{page}').hidden")


def test_a_window_whose_entry_is_left_already_is_closed_as_any(browser, two):
    open_first(browser)
    browser.execute_script("history.replaceState(null, '')")
    close_by_cross(browser)
    wait(browser, f"!{IS_OPEN}")
    choose_file(browser, two)
    assert len(names(browser)) == 4


def test_a_products_address_can_be_opened_elsewhere(browser, address):
    open_first(browser)
    name, link = browser.find_element("id", "product-name").text, browser.current_url
    assert "#browse/" in link
    browser.switch_to.new_window("tab")
    try:
        browser.get(link)
        wait(browser, f"{IS_OPEN} && document.documentElement.dataset.ready")
        assert browser.find_element("id", "product-name").text == name
        close_by_cross(browser)
        wait(browser, f"!{IS_OPEN} && location.hash === '#browse'")
        assert browser.find_element("id", "browse-page").is_displayed()
    finally:
        browser.close()
        browser.switch_to.window(browser.window_handles[0])


def test_the_address_of_a_product_that_is_gone_opens_none_and_says_so(browser, address):
    for part, said in (("Gone%20boots", "There is no product 'Gone boots' in this catalogue."), ("%", "")):
        browser.get("about:blank")
        browser.get(f"{address}#browse/{part}")
        wait(browser, f"document.getElementById('message').textContent === {json.dumps(said)}")
        wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
        assert not browser.execute_script(f"return {IS_OPEN}")
    assert ["status of 404" in entry["message"] for entry in browser.get_log("browser")] == [True]  # and nothing else


def test_back_from_what_is_like_a_photo_leads_to_the_products(browser):
    open_first(browser)
    click(browser, "#product-photos button")
    wait(browser, "document.querySelectorAll('#cards .card').length > 0")
    assert not browser.execute_script(f"return {IS_OPEN}")
    browser.back()
    wait(browser, f"!{IS_OPEN} && !document.getElementById('browse-page').hidden")
    browser.back()
    wait(browser, f"!{IS_OPEN} && !document.getElementById('search-page').hidden")


def test_a_product_that_comes_after_back_opens_no_window(browser):
    browser.execute_script("""
        const ask = window.fetch;
        window.fetch = async (url, options) => {
            const answer = await ask(url, options);
            if (url.includes("/api/product?")) {
                await new Promise((resolve) => { window.goOn = resolve; });
            }
            return answer;
        };""")
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    click(browser, "#browse-cards .picture")
    wait(browser, "window.goOn !== undefined")
    browser.back()
    wait(browser, "!document.getElementById('search-page').hidden")
    browser.execute_async_script("goOn(); setTimeout(arguments[0], 100)")
    assert not browser.execute_script(f"return {IS_OPEN}")


@pytest.mark.parametrize("url", ["www.example.com/x", "javascript:alert(1)"])
def test_an_address_that_is_no_link_is_shown_as_text(browser, shop, monkeypatch, url):
    data = {label: {"name": "thing", "url": url} for label in "0123"}
    monkeypatch.setattr(shop.searcher.catalogue.product_data, "by_model", data)
    click(browser, "#go-browse")
    wait(browser, "document.querySelectorAll('#browse-cards .card').length === 4")
    card = browser.find_element("css selector", "#browse-cards .card")
    assert url in card.text and not card.find_element("css selector", ".shop").is_displayed()
    click(browser, "#browse-cards .picture")
    wait(browser, IS_OPEN)
    assert browser.find_element("id", "product-more").text.split() == ["url", url]


def test_what_is_like_nothing_has_no_score(browser, shop, tmp_path, monkeypatch):
    strict = replace(shop.searcher.catalogue.calibration, floor=1.1)
    monkeypatch.setattr(shop.searcher, "catalogue", replace(shop.searcher.catalogue, calibration=strict))
    choose_file(browser, save(tmp_path / "query.png", picture(2, 50)))
    assert browser.find_element("id", "verdict").text == "Nothing similar here" and len(names(browser)) == 4
    assert not any(score.is_displayed() for score in browser.find_elements("css selector", "#cards .score"))


def test_in_a_catalogue_of_one_photo_nothing_is_like_it(chromium, shop, tmp_path):
    whole = shop.searcher.catalogue
    index, products = CosineIndex(whole.index.features[:1]), products_of(whole.img_paths[:1], None, None)
    one = replace(whole, img_paths=whole.img_paths[:1], index=index, general=whole.general[:1], products=products,
                  calibration=calibrate(index, products, whole.general[:1]))
    app = create_app(Searcher(one, shop.searcher.encoder, shop.searcher.recipe), name="one",
                     folders=[shop.project / "raw_img" / "shop"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert app.test_client().get("/api/like/0").get_json() == {"similar": False, "products": []}
    chromium.get(served(app))
    open_first(chromium, of=1)
    click(chromium, "#product-photos button")
    wait(chromium, "document.getElementById('verdict').textContent === 'There is no other photo in this catalogue'")
    assert chromium.find_element("id", "verdict-note").text == "" and names(chromium) == []
    choose_file(chromium, save(tmp_path / "query.png", picture(2, 50)))
    assert len(names(chromium)) == 1


@pytest.mark.parametrize("width", [360, 820, 1920])
def test_no_width_scrolls_sideways_and_a_phone_can_draw(browser, two, width):
    phone = width < 500
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 780, "deviceScaleFactor": 1, "mobile": phone})
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": phone})
    try:
        assert browser.find_elements("css selector", "#drop .camera")[0].is_displayed() is phone
        choose_file(browser, two)
        assert browser.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
        if phone:
            click(browser, "#draw")
            drag_finger(browser)
            wait(browser, "document.querySelectorAll('#regions button').length === 4")
            assert names(browser)[0] == "Green thing"
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})


def drag_finger(driver):
    """Draw a box around the left half of the photo with a finger."""
    driver.execute_script("document.getElementById('photo').scrollIntoView({block: 'center', behavior: 'instant'})")
    frame = driver.execute_script("return document.getElementById('photo').getBoundingClientRect().toJSON()")
    points = [(0.01, 0.02), (0.2, 0.5), (0.48, 0.98)]
    places = [{"x": frame["x"] + x * frame["width"], "y": frame["y"] + y * frame["height"]} for x, y in points]
    for kind, touches in (("touchStart", places[:1]), ("touchMove", places[1:2]), ("touchMove", places[2:]),
                          ("touchEnd", [])):
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
