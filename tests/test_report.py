"""The report: thumbnails line up, nothing from outside is markup, what is missing is left out; and in a browser."""
import base64
import csv
import io
import json
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imgcluster.artefacts import write_arrays, write_json, write_labels, write_lines, write_table
from imgcluster.gallery import Gallery
from imgcluster.report import write_report
from imgcluster.report.confusion import confused_pairs, split_models
from imgcluster.report.sprites import pack_sprites, thumbnail

HOSTILE_FILE = '"><img src=x onerror=alert(1)>.jpg'
HOSTILE_LABEL = "</script><script>alert(2)</script>"
COLOURS = ((220, 40, 40), (40, 160, 60), (50, 60, 220), (230, 210, 40))


def make_gallery(folder, num_photos=24, num_clusters=3, *, labels=True, all_files=True, name="tiny"):
    """A finished dataset: photos of one colour for each cluster on a map of one row for each cluster."""
    data_dir, img_dir, raw_dir = (folder / part for part in ("data", "img", "raw"))
    cluster = np.sort(np.arange(num_photos) % num_clusters)
    files = [f"shop/{row:03d}, front.jpg" for row in range(num_photos)]
    files[0] = HOSTILE_FILE
    rng = np.random.default_rng(0)
    write_lines(data_dir / "img_paths.txt", files)
    write_labels(data_dir, "pred", cluster)
    for row, file in enumerate(files):
        for place, ground in ((raw_dir, 90), (img_dir, 255)):
            picture = np.full((48, 36, 3), ground, np.uint8)
            picture[8:40, 6:30] = COLOURS[cluster[row] % 4]
            path = place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path, "JPEG")
    if labels:
        true = [f"model {c}" for c in cluster]
        true[-1], true[0] = "model 0", HOSTILE_LABEL
        write_labels(data_dir, "true", true)
        write_json(data_dir / "metrics.json", {"ari": 0.8, "ari_interval": [0.7, 0.9], "purity": 0.95})
    if all_files:
        write_step_04(data_dir, files, cluster, rng)
        write_table(data_dir / "skipped.csv", pd.DataFrame({"file": ["<b>bad</b>.jpg"], "reason": ["not a picture"]}))
        write_table(data_dir / "duplicates.csv", pd.DataFrame({
            "file": [files[-1]], "kept": [files[0]], "kind": ["same"], "distance": ["0"]}))
        write_table(data_dir / "history.csv", pd.DataFrame({
            "phase": ["head", "network"], "epoch": [1, 1], "learning_rate": [1e-3, 1e-4], "loss": [2.0, 1.0],
            "val_loss": [1.5, 1.2], "val_top_1": [0.5, 0.7]}))
        write_json(data_dir / "made_by_04.json", {"step": "04", "settings": {"NUM_CLUSTERS": "<i>"}})
    return Gallery(name=name, data_dir=data_dir, img_dir=img_dir, raw_dir=raw_dir, train_dir=data_dir, seed=0,
                   max_sheets=20, max_photos=5000)


def write_step_04(data_dir, files, cluster, rng):
    count, num_clusters = len(files), cluster.max() + 1
    column = np.arange(count) % 2
    write_table(data_dir / "clusters.csv", pd.DataFrame({
        "file": files, "cluster": cluster, "unit_row": cluster, "unit_column": column,
        "distance": rng.random(count), "confidence": rng.random(count),
        "level_1": 0, f"level_{num_clusters}": cluster}))
    shape = (int(num_clusters), 2)
    hits = np.zeros(shape, int)
    np.add.at(hits, (cluster, column), 1)
    write_arrays(data_dir / "som.npz", hits=hits, distance_map=rng.random(shape), topology=np.array("rectangular"),
                 unit_clusters=np.repeat(np.arange(num_clusters), 2).reshape(shape))
    write_json(data_dir / "cluster_count.json", {"num_clusters": int(num_clusters), "interval": [2, 5]})
    features = np.eye(num_clusters, 8)[cluster] + 0.05 * rng.random((count, 8))
    np.save(data_dir / "features.npy", features.astype(np.float32))


class Page(HTMLParser):
    """A page as a browser would read it: its tags, and the text of each script and style."""

    def __init__(self, path):
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.tags, self.blocks, self.ids = [], [], set()
        self.feed(self.text)
        self.data = json.loads(next(text for attributes, text in self.blocks if attributes.get("id") == "data"))
        self.sheets = [base64.b64decode(text) for attributes, text in self.blocks
                       if attributes.get("id", "").startswith("sheet-")]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids.add(dict(attrs).get("id"))
        if tag in ("script", "style"):
            self.blocks.append((dict(attrs), ""))

    def handle_data(self, data):
        if self.cdata_elem:
            self.blocks[-1] = (self.blocks[-1][0], self.blocks[-1][1] + data)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A gallery with every file, its page and the path of it."""
    folder = tmp_path_factory.mktemp("report")
    gallery = make_gallery(folder)
    summary = write_report(folder / "report.html", gallery)
    return SimpleNamespace(gallery=gallery, path=folder / "report.html", summary=summary,
                           page=Page(folder / "report.html"))


def tile(page, index):
    sprites = page.data["sprites"]
    side, columns = sprites["side"], sprites["columns"]
    sheet = Image.open(io.BytesIO(page.sheets[index // columns**2])).convert("RGB")
    left, top = index % columns**2 % columns * side, index % columns**2 // columns * side
    return np.asarray(sheet.crop((left, top, left + side, top + side))).astype(int)


def test_each_photo_has_its_own_thumbnail(written):
    photos = written.page.data["photos"]
    assert sorted(photos["file"]) == sorted(written.gallery.img_paths)
    for index, cluster in enumerate(photos["cluster"]):
        middle = tile(written.page, index)[60:100, 60:100].mean(axis=(0, 1))
        assert np.abs(middle - COLOURS[cluster]).max() < 30


def test_a_photo_before_background_removal_shows_its_ground(written):
    for after, before in written.page.data["beforeAfter"]:
        assert tile(written.page, after)[5:15, 70:90].mean() > 240
        assert tile(written.page, before)[5:15, 70:90].mean() < 120


def test_names_from_outside_are_text(written):
    assert HOSTILE_FILE in written.page.data["photos"]["file"]
    assert HOSTILE_LABEL in [model["name"] for model in written.page.data["models"]]
    assert not {"img", "b", "i"} & {tag for tag, _ in written.page.tags}
    assert "alert(" not in "".join(text for attributes, text in written.page.blocks if "type" not in attributes)
    assert not [attributes for _, attributes in written.page.tags if any(name.startswith("on") for name in attributes)]
    assert "&lt;b&gt;bad&lt;/b&gt;.jpg" in written.page.text


def test_data_cannot_end_their_block(written):
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', written.page.text, re.S).group(1)
    assert not re.search("[<>&\u2028\u2029]", block)


def test_line_separators_and_other_scripts_survive(tmp_path):
    gallery = make_gallery(tmp_path, name="가방\u2028<&>")
    write_report(tmp_path / "report.html", gallery)
    assert Page(tmp_path / "report.html").data["name"] == "가방\u2028<&>"


def test_policy_names_the_only_script_and_style(written):
    import hashlib
    policy = next(attributes["content"] for tag, attributes in written.page.tags if tag == "meta"
                  and attributes.get("http-equiv") == "Content-Security-Policy")
    digests = re.findall(r"'(sha256-[^']+)'", policy)
    blocks = [text for attributes, text in written.page.blocks if "type" not in attributes]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert sorted(digests) == sorted("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
                                     for text in blocks)


def test_nothing_lies_outside_the_file(written):
    for tag, attributes in written.page.tags:
        for name in ("src", "href", "action", "data-src"):
            assert re.match(r"#|data:", attributes.get(name) or "#"), (tag, attributes)
    assert "http://" not in re.sub(r"http://www\.w3\.org/2000/svg", "", written.page.text)


def test_every_section_is_there(written):
    assert {"answer", "map", "clusters", "scatter", "review", "levels", "scores", "confusion", "training", "background",
            "files", "run"} <= written.page.ids
    assert written.summary == {"photos": 24, "bytes": written.path.stat().st_size}


def test_what_is_missing_is_left_out(tmp_path):
    gallery = make_gallery(tmp_path, labels=False, all_files=False)
    shutil.rmtree(gallery.img_dir)
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert {"answer", "clusters"} <= page.ids
    assert not {"map", "scatter", "review", "levels", "scores", "confusion", "training", "background", "files",
                "run"} & page.ids


def test_review_csv_sets_the_review_list(tmp_path):
    gallery = make_gallery(tmp_path)
    write_table(gallery.data_dir / "review.csv", pd.DataFrame({"file": [gallery.img_paths[5], "gone.jpg"],
                                                               "reason": ["between two clusters", ""]}))
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    item, = page.data["review"]["items"]
    assert page.data["photos"]["file"][item["photo"]] == gallery.img_paths[5]
    assert item["notes"] == [["reason", "between two clusters"]]


def test_a_sample_is_seeded_says_so_and_shows_every_cluster(tmp_path):
    gallery = make_gallery(tmp_path, num_photos=60)
    pages = []
    for name in ("first.html", "second.html"):
        assert write_report(tmp_path / name, gallery, max_photos=12)["photos"] == 12
        pages.append(Page(tmp_path / name))
    assert pages[0].data == pages[1].data
    assert "sampled" in pages[0].ids and set(pages[0].data["photos"]["cluster"]) == {0, 1, 2}
    assert sum(cluster["size"] for cluster in pages[0].data["clusters"]) == 60
    shown = len(pages[0].data["photos"]["file"])
    assert all(-1 <= place < shown for place in pages[0].data["map"]["photo"])


def test_one_photo(tmp_path):
    gallery = make_gallery(tmp_path, num_photos=1, num_clusters=1)
    assert write_report(tmp_path / "report.html", gallery)["photos"] == 1


def test_unreadable_numbers_become_null(tmp_path):
    gallery = make_gallery(tmp_path)
    gallery.clusters.loc[0, "confidence"] = np.nan
    write_report(tmp_path / "report.html", gallery)
    photos = Page(tmp_path / "report.html").data["photos"]
    assert photos["confidence"][photos["file"].index(HOSTILE_FILE)] is None


def test_thumbnail_holds_the_whole_photo():
    photo = np.full((10, 40, 3), 200, np.uint8)
    photo[3:7, 5:35] = 10
    square = thumbnail(photo, 32)
    assert square.shape == (32, 32, 3)
    assert (square[0] == 200).all() and (square[16, 6:26] == 10).all()


def test_noisy_photos_keep_to_the_budget():
    noise = np.random.default_rng(0).integers(0, 255, (160, 160, 3)).astype(np.uint8)
    sprites = pack_sprites(range(200), lambda _: noise, budget=600_000)
    assert sprites.size < 1.2 * 600_000 and sprites.side < 160


def test_most_confused_pair_comes_first():
    true = np.array(["a"] * 6 + ["b"] * 6 + ["c"] * 3)
    predicted = np.array([0] * 6 + [0] * 5 + [1] + [1, 2, 2])
    first, second = confused_pairs(true, predicted)
    assert (first["models"], first["wrong_pairs"], first["clusters"]) == (["a", "b"], 30, [0])
    assert first["rows"][1].tolist() == [6, 7, 8, 9, 10]
    assert (second["models"], second["wrong_pairs"]) == (["b", "c"], 1)
    assert confused_pairs(true, np.unique(true, return_inverse=True)[1]) == []


def test_strays_do_not_split_a_model():
    true = np.array(["a"] * 10 + ["b"] * 10)
    predicted = np.array([0] * 9 + [1] + [1] * 6 + [2] * 4)
    found, = split_models(true, predicted)
    assert found == {"model": "b", "photos": 10, "clusters": {1: 6, 2: 4}}


# ---------------------------------------------------------------- in a browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--window-size=1280,900")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    if not (CHROMIUM and DRIVER):
        pytest.skip("no Chromium with its chromedriver found (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    downloads = tmp_path_factory.mktemp("downloads")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.downloads = downloads
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium, written):
    """The page, freshly opened."""
    chromium.get_log("browser"), chromium.get_log("performance")
    chromium.get("about:blank")
    chromium.get(written.path.as_uri())
    wait(chromium, "document.documentElement.dataset.ready")
    yield chromium
    assert [entry for entry in chromium.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    chromium.execute_script("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")


def wait(driver, expression, seconds=20):
    from selenium.webdriver.support.ui import WebDriverWait
    return WebDriverWait(driver, seconds).until(lambda driver: driver.execute_script(f"return {expression}"))


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
    element = driver.find_element("css selector", selector)
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
    element.click()


def choose(driver, selector, value):
    from selenium.webdriver.support.ui import Select
    Select(driver.find_element("css selector", selector)).select_by_value(value)


def downloaded(driver, name):
    path = driver.downloads / name
    from selenium.webdriver.support.ui import WebDriverWait
    WebDriverWait(driver, 20).until(lambda _: path.exists() and path.read_bytes())
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    path.unlink()
    return lines


def test_page_opens_without_a_request(browser, written):
    wait(browser, "document.querySelector('#opening .picture').style.backgroundImage.startsWith('url(\"blob:')")
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requested = {message["params"]["request"]["url"] for message in messages
                 if message["method"] == "Network.requestWillBeSent"}
    assert {url for url in requested if re.match("(https?|wss?|ftp|file):", url)} == {written.path.as_uri()}


def test_hostile_names_do_nothing(browser):
    for section in ("review", "confusion", "files", "run"):
        browser.execute_script("document.getElementById(arguments[0]).scrollIntoView()", section)
    browser.find_element("id", "search").send_keys("onerror")
    wait(browser, "document.querySelectorAll('#results-photos .photo').length === 1")
    click(browser, "#results-photos .photo")
    wait(browser, "document.getElementById('cluster').open")
    assert browser.execute_script("return document.querySelectorAll('img').length + document.scripts.length") <= 3
    assert browser.execute_script("return document.querySelector('.marked').title") == HOSTILE_FILE


def test_a_unit_opens_its_cluster(browser):
    point(browser, "#map-canvas", [(0.45, 0.85)])
    wait(browser, "document.getElementById('cluster').open")
    assert browser.execute_script("return document.getElementById('cluster').dataset.cluster") == "2"
    assert len(browser.find_elements("css selector", "#cluster-photos .photo")) == 8


def test_the_map_obeys_keys(browser):
    from selenium.webdriver.common.keys import Keys
    canvas = browser.find_element("id", "map-canvas")
    canvas.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert "Cluster 1" in browser.find_element("id", "map-status").get_attribute("textContent")
    canvas.send_keys(Keys.ENTER)
    wait(browser, "document.getElementById('cluster').open")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait(browser, "!document.getElementById('cluster').open")


def test_the_wheel_zooms_the_map(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
    canvas = browser.find_element("id", "map-canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", canvas)
    before = browser.execute_script("return scrollY")
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -200).perform()
    wait(browser, "document.getElementById('map-canvas').style.touchAction === 'none'")
    assert browser.execute_script("return scrollY") == before


def test_lasso_lists_and_exports_what_is_inside(browser, written):
    point(browser, "#scatter-canvas", [(0.005, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99)])
    wait(browser, "!document.getElementById('lasso').hidden")
    assert browser.find_element("id", "lasso-title").text == "24 photos of 3 clusters inside"
    click(browser, "#lasso-select")
    click(browser, "#tray [data-part=selection] button")
    lines = downloaded(browser, "selection.csv")
    assert sorted(line["file"] for line in lines) == sorted(written.gallery.img_paths)


def ground_of_map(driver):
    """What the map shows, as text, once its photos are there."""
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                          driver.find_element("id", "map-canvas"))
    wait(driver, "document.getElementById('map-canvas').dataset.missing === '0'")
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    return driver.execute_script("return document.getElementById('map-canvas').toDataURL()")


def test_slider_recolours_the_map_and_the_cards(browser):
    from selenium.webdriver.common.keys import Keys
    level, number = browser.find_element("id", "level"), browser.find_element("css selector", ".level-bar .level-count")
    assert number.text == "3 clusters" and not browser.find_elements("css selector", ".level-card")
    before = ground_of_map(browser)
    level.send_keys(Keys.ARROW_LEFT)
    assert number.text == "1 cluster"
    assert browser.find_element("css selector", ".level-card button.quiet").text == "0 + 1 + 1 more"
    assert len(browser.find_elements("css selector", "#cards .card")) == 1
    assert ground_of_map(browser) != before
    click(browser, "#cards .title")
    assert not browser.find_element("id", "cluster-merge").is_displayed()
    click(browser, "#cluster-close")
    click(browser, ".level-bar button")
    assert number.text == "3 clusters" and len(browser.find_elements("css selector", "#cards .card")) == 3
    assert ground_of_map(browser) == before


def test_corrections_are_exported_in_order(browser, written):
    from selenium.webdriver.common.keys import Keys
    browser.find_element("id", "search").send_keys("onerror")
    wait(browser, "document.querySelectorAll('#results-photos .photo').length === 1")
    click(browser, "#results-photos .photo")
    wait(browser, "document.getElementById('cluster').open")
    browser.find_element("id", "cluster-name").send_keys("red, \"good\"", Keys.ENTER)
    click(browser, "#cluster-photos .marked")
    choose(browser, "#tray select", "new")
    choose(browser, "#cluster-merge", "1")
    click(browser, "#cluster-close")
    wait(browser, "document.getElementById('tray').parentElement === document.body")
    assert len(browser.find_elements("css selector", "#cards .card")) == 3  # 3, one split off, one merged away
    click(browser, "#tray [data-part=corrections] .primary")
    assert downloaded(browser, "corrections.csv") == [
        {"action": "name", "file": "", "cluster": "0", "value": 'red, "good"'},
        {"action": "split", "file": HOSTILE_FILE, "cluster": "0", "value": "new-1"},
        {"action": "merge", "file": "", "cluster": "0", "value": "1"}]


@pytest.mark.parametrize("width", [390, 820, 1920])
def test_no_width_scrolls_sideways(browser, width):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_light_and_dark(browser):
    ground = "return getComputedStyle(document.body).backgroundColor"
    first = browser.execute_script(ground)
    click(browser, "#theme")
    assert browser.execute_script(ground) != first
    click(browser, "#theme")
    assert browser.execute_script(ground) == first
