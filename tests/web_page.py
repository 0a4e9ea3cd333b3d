"""What the tests of the web page share: its server, and what a person does to the page in Chromium."""
import io
import threading

from PIL import Image
from report_browser import wait

HOSTILE = "<img src=x onerror=alert(1)>"


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
