"""A shop whose page is served, and the page in a browser."""
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from report_browser import wait
from shop import make_shop, picture, save
from web_page import HOSTILE, served

from imgcluster.configuring.config_file import load_settings
from imgcluster.configuring.step_options import network_options, recipe_options
from imgcluster.configuring.step_settings import of_step
from imgcluster.photos.prepare import Recipe
from imgcluster.search.session import open_searcher
from imgcluster.search.sources import Source

CATALOG = f'model,name,price,url,note\n2,"Blue {HOSTILE}",5 €,https://shop.example/2,"""quoted"" & more"\n' \
          '1,Green thing,7 €,javascript:alert(2),\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory, tiny_backbone):
    """A catalogue of four products with hostile product data, and its application."""
    from imgcluster.webapp import create_app  # Flask, without which the tests that need it are skipped
    project = make_shop(tmp_path_factory.mktemp("shop") / "project")
    (project / "data" / "shop" / "catalog.csv").write_text(CATALOG, encoding="utf-8")
    settings = load_settings(project / "config.py")
    source = Source("shop", settings.folder("DATA_DIR"), [settings.folder("RAW_IMG_DIR")])
    searcher = open_searcher([source], settings=of_step(settings, "03"),
                             network=network_options(settings), recipe=Recipe(**recipe_options(settings)), say=print)
    app = create_app(searcher, name=f"shop {HOSTILE}")
    return SimpleNamespace(project=project, app=app, searcher=searcher)


@pytest.fixture
def client(shop):
    return shop.app.test_client()


@pytest.fixture(scope="module")
def address(shop):
    """The address of the page, served as 08_app.py serves it."""
    return served(shop.app)


@pytest.fixture
def browser(chromium, address):
    """The page, freshly opened; afterwards nothing may have been refused, and nothing come from elsewhere."""
    chromium.get_log("browser"), chromium.get_log("performance")
    chromium.get("about:blank")
    chromium.get(address)
    wait(chromium, "document.documentElement.dataset.ready")
    yield chromium
    logged = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [text for text in logged if "status of 415" not in text] == []
    messages = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    asked = {message["params"]["request"]["url"] for message in messages
             if message["method"] == "Network.requestWillBeSent"}
    assert [url for url in asked if re.match("(https?|wss?|ftp|file):", url) and not url.startswith(address)] == []


@pytest.fixture
def two(tmp_path):
    """A photo of two things."""
    return save(tmp_path / "two.png", np.hstack([picture(1, 60, side=200), picture(2, 61, side=200)]))
