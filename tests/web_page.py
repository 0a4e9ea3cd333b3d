"""What the tests of the web page share: its server, and what a person does to the page in Chromium."""
import io
import threading

from PIL import Image
from report_browser import wait

HOSTILE = "<img src=x onerror=alert(1)>"
IS_OPEN = "document.getElementById('product').open"  # the window of a product


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def served(app):
    """The address of an application that is served as 08_app.py serves it, as long as the tests run."""
    from imgcluster.webapp import listen, serve
    ready, found = threading.Event(), []

    def note(url):
        found.append(url)
        ready.set()

    threading.Thread(target=serve, args=(app, listen("127.0.0.1", 0)), kwargs={"host": "127.0.0.1", "ready": note},
                     daemon=True).start()
    assert ready.wait(30)
    return found[0]


def click(driver, selector, index=0):
    element = driver.find_elements("css selector", selector)[index]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    element.click()


def choose_file(driver, path):
    driver.find_element("id", "file").send_keys(str(path))
    wait(driver, "document.getElementById('busy').hidden && (!document.getElementById('message').hidden "
                 "|| document.querySelectorAll('#cards .card').length > 0)")


def names(driver, selector="#cards h3"):
    return [element.text for element in driver.find_elements("css selector", selector)]


def message(driver):
    return driver.find_element("id", "message").text


def press(driver, *keys):
    from selenium.webdriver.common.action_chains import ActionChains
    ActionChains(driver).send_keys(*keys).perform()


def focus(driver, selector):
    driver.execute_script("document.querySelector(arguments[0]).focus()", selector)


def focused(driver):
    return driver.execute_script("return document.activeElement.id")


def draw(driver, left, right):
    """Draw a box from one share of the photo's width to another, without the click that follows where a mouse draws."""
    driver.execute_script("""
        const { left, top, width, height } = document.getElementById("photo").getBoundingClientRect();
        const point = (type, x, y) => document.getElementById("photo").dispatchEvent(new PointerEvent(type,
            { bubbles: true, clientX: left + x * width, clientY: top + y * height }));
        point("pointerdown", arguments[0], 0.4); point("pointermove", arguments[1], 0.6);
        point("pointerup", arguments[1], 0.6);""", left, right)


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


def fail_to_fetch(driver):
    """Let nothing be answered, until `driver` runs `answerAgain()`."""
    driver.execute_script("""
        const fetched = window.fetch;
        window.fetch = () => Promise.reject(new TypeError("no connection"));
        window.answerAgain = () => { window.fetch = fetched; };""")


def open_first(driver, *, of=4):
    """Open the window of the first product listed, `of` so many."""
    click(driver, "#go-browse")
    wait(driver, f"document.querySelectorAll('#browse-cards .card').length === {of}")
    click(driver, "#browse-cards .picture")
    wait(driver, IS_OPEN)
