"""The page in Chromium: boxes are drawn by mouse, finger and keyboard, framed, and searched."""
import pytest
from report_browser import wait
from web_page import HOSTILE, choose_file, click, draw, fail_to_fetch, focus, focused, hold, let_go, names, press

pytest.importorskip("flask", reason="the web page is not installed: pip install -r requirements-app.txt")
pytest.importorskip("waitress", reason="the web page is not installed: pip install -r requirements-app.txt")


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


def test_boxes_are_searched_in_a_photo_that_is_gone_by_now(browser, two):
    choose_file(browser, two)
    two.unlink()
    draw_by_finger(browser)
    assert browser.find_element("css selector", "#regions [aria-pressed=true]").text == "Your box"
    assert not browser.find_element("id", "message").is_displayed()


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
