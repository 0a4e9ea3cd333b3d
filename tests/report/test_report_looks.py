"""How the report looks in Chromium: what fits, what can be read, what shows that there is more."""
import io
import re

import numpy as np
import pytest
from drawing import contrast
from PIL import Image
from report_browser import open_page, opened, wait
from report_gallery import make_gallery

from imgcluster.files import write_lines
from imgcluster.report import write_report


@pytest.fixture
def browser(chromium, written):
    """The page, freshly opened."""
    yield from opened(chromium, written.path)


def rgb(colour):
    """What getComputedStyle says, such as "rgb(0, 114, 178)", as floats."""
    return [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]


@pytest.mark.parametrize("width, height", [(1920, 800), (1280, 1400), (900, 900)])
def test_the_box_of_the_map_is_as_wide_as_the_map(browser, width, height):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    try:
        wide, high, ratio, legend = browser.execute_script("""
            const canvas = document.getElementById("map-canvas");
            const legend = document.querySelector("#map .legend");
            return [canvas.clientWidth, canvas.clientHeight, canvas.style.aspectRatio, legend.offsetWidth]""")
        assert wide / high == pytest.approx(float(ratio.split()[0]), rel=0.02) and legend >= 280
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_of_a_legend_can_be_read(browser, theme):
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), and 3 to 1 of the lines that they explain (1.4.11)."""
    texts, ground, lines, surface = browser.execute_script("""
        document.documentElement.dataset.theme = arguments[0];
        const style = (element, name) => getComputedStyle(element)[name];
        return [[...document.querySelectorAll("#training .key")].map((key) => style(key, "color")),
            style(document.body, "backgroundColor"),
            [...document.querySelectorAll("#training-charts polyline")].map((line) => style(line, "stroke")),
            style(document.querySelector("#training-charts figure"), "backgroundColor")]""", theme)
    assert len(texts) > 2 and all(contrast(*map(rgb, (text, ground))) >= 4.5 for text in texts)
    assert len(set(lines)) > 2 and all(contrast(*map(rgb, (line, surface))) >= 3 for line in lines)


def test_tables_of_files_show_that_they_go_on_and_one_long_name_leaves_room_for_the_rest(browser, tmp_path):
    gallery = make_gallery(tmp_path)
    file = f"a_folder/{'and a photo with a long name_' * 8}.jpg"
    lines = [f"bad_{row}.jpg,not a picture" for row in range(40)]
    write_lines(gallery.data_dir / "skipped.csv", ["file,reason", *lines, f"{file},not a picture"])
    write_lines(gallery.data_dir / "duplicates.csv", ["file,kept,kind", "a.jpg,b.jpg,same picture"])
    write_report(tmp_path / "report.html", gallery)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    box, (name, reason), last = browser.execute_script("""
        const box = document.querySelector("#skipped .scroll");
        box.scrollIntoView({ behavior: "instant" });
        return [box, [...box.querySelectorAll("th")].map((cell) => cell.offsetWidth), box.querySelector("tbody")
            .lastElementChild.firstElementChild.textContent]""")
    assert reason > 0.35 * (name + reason) and last == file


    def lower_edge():
        pixels = np.asarray(Image.open(io.BytesIO(box.screenshot_as_png)).convert("L"))
        return np.median(pixels[-4:-2])  # between the letters, above the last line

    more = lower_edge()
    browser.execute_script("arguments[0].scrollTop = 1e6", box)
    assert more < 225 < lower_edge()
