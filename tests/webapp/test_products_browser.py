"""The page in Chromium: products, their windows and addresses, and what is like a photo of one."""
import json
import warnings
from dataclasses import replace

import pytest
from report_browser import wait
from shop import picture, save
from web_page import (
    HOSTILE,
    IS_OPEN,
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
    press,
    served,
)

pytest.importorskip("flask", reason="the web page is not installed: pip install -r requirements-app.txt")
pytest.importorskip("waitress", reason="the web page is not installed: pip install -r requirements-app.txt")

from imgcluster.search.calibration import calibrate  # noqa: E402
from imgcluster.search.cosine_index import CosineIndex  # noqa: E402
from imgcluster.search.product_data import ProductData  # noqa: E402
from imgcluster.search.products import products_of  # noqa: E402
from imgcluster.search.searcher import Searcher  # noqa: E402
from imgcluster.webapp import create_app  # noqa: E402


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


def test_there_are_no_more_products_to_add_while_others_are_looked_for(browser):
    browser.execute_script("""
        window.fetch = (url) => url.endsWith("text=") ? Promise.resolve(new Response('{"total": 50, "products": []}'))
            : new Promise(() => {});""")
    click(browser, "#go-browse")
    wait(browser, "!document.getElementById('more').hidden")
    browser.find_element("id", "filter").send_keys("blue")
    assert not browser.find_element("id", "more").is_displayed()


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


def test_back_leads_from_the_products_to_the_search(browser):
    click(browser, "#go-browse")
    wait(browser, "!document.getElementById('browse-page').hidden")
    browser.back()
    wait(browser, "!document.getElementById('search-page').hidden")
    browser.forward()
    wait(browser, "!document.getElementById('browse-page').hidden")


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
    one = replace(whole, paths=[whole.img_paths[:1]], img_paths=whole.img_paths[:1], index=index, products=products,
                  general=whole.general[:1], calibration=calibrate(index, products, whole.general[:1]))
    app = create_app(Searcher(one, shop.searcher.encoder, shop.searcher.recipe), name="one")
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
