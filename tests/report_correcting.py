"""What the tests of corrections in the report in Chromium share."""
import contextlib

from report_browser import click, downloaded, wait


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


def listed(driver):
    wait(driver, "document.getElementById('picker').open")
    options = driver.find_elements("css selector", "#picker [role=option]")
    return [option.get_attribute("data-cluster") for option in options]


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


def pairs(driver):
    """The pairs of clusters that may be one product, as {stays, joins}."""
    return [[button.text for button in pair.find_elements("css selector", "p button")]
            for pair in driver.find_elements("css selector", "#alike-pairs .pair")]
