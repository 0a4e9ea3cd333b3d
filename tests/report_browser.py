"""What the tests of the report in Chromium share: to open a page, to press and to wait, and what was downloaded."""
import csv


def opened(driver, path):
    """Open a page, as a fixture does: yields the driver, and afterwards no complaint may be in its log."""
    driver.get_log("browser"), driver.get_log("performance")
    driver.get("about:blank")
    open_page(driver, path.as_uri())
    wait(driver, "document.documentElement.dataset.ready")
    yield driver
    assert [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    driver.execute_script("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")


def open_page(driver, address):
    """Open a page; once more where Chromium on a busy machine forgets that it was asked to (once in some hundred)."""
    from selenium.common.exceptions import TimeoutException
    driver.set_page_load_timeout(5)
    try:
        driver.get(address)
    except TimeoutException:
        driver.set_page_load_timeout(60)
        driver.get(address)


def waiting(driver, seconds, **options):
    """What waits so many seconds at most, and looks twenty times a second (selenium: twice)."""
    from selenium.webdriver.support.ui import WebDriverWait
    return WebDriverWait(driver, seconds, poll_frequency=0.05, **options)


def wait(driver, expression, seconds=20):
    return waiting(driver, seconds).until(lambda driver: driver.execute_script(f"return {expression}"))


def point(driver, selector, steps):
    """Press at the first of `steps` (shares of the element's width and height), move along the others, let go."""
    from selenium.webdriver.common.action_chains import ActionChains
    element = driver.find_element("css selector", selector)
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    width, height = element.size["width"], element.size["height"]
    actions = ActionChains(driver, duration=20)
    for index, (x, y) in enumerate(steps):
        actions.move_to_element_with_offset(element, (x - 0.5) * width, (y - 0.5) * height)
        if index == 0:
            actions.click_and_hold()
    actions.release().perform()


def click(driver, selector):
    """Click in the middle of the window, again while the page still moves under the pointer."""
    from selenium.common.exceptions import ElementClickInterceptedException

    def try_it(driver):
        element = driver.find_element("css selector", selector)
        driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()
        return True

    waiting(driver, 10, ignored_exceptions=[ElementClickInterceptedException]).until(try_it)


def merge_into(driver, cluster):
    """Merge the cluster in the window into another."""
    click(driver, "#cluster-merge")
    click(driver, f"#picker [data-cluster='{cluster}']")


def downloaded(driver, name):
    path = driver.downloads / name
    waiting(driver, 20).until(lambda _: path.exists() and path.read_bytes())
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    path.unlink()
    return lines
