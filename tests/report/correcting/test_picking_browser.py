"""Another cluster picked for photos or for a whole cluster, in Chromium."""
import numpy as np
import pandas as pd
from report_browser import click, downloaded, open_page, wait
from report_correcting import listed, numbers, on_a_phone, open_cluster, own_lines, photos, press, tap
from report_gallery import make_gallery

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.corrections import apply_corrections
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import read_clusters, read_img_paths
from imgcluster.report import write_report
from imgcluster.report.gallery import Gallery


def test_the_nearest_clusters_are_offered_first_with_photos(browser):
    open_cluster(browser, 0)
    click(browser, "#cluster-merge")
    assert listed(browser) == ["2", "4", "1", "3"]
    first = browser.find_element("css selector", "#picker [role=option]")
    assert first.text.split("\n") == ["Cluster 2", "6 photos"]
    assert len(first.find_elements("css selector", ".picture")) == 4
    click(browser, "#picker-close")
    click(browser, "#cluster-close")
    open_cluster(browser, 3)
    click(browser, "#choose-all")
    click(browser, "#move")
    assert listed(browser) == ["1", "4", "2", "0", "-1"]


def test_nearness_follows_corrections(browser):
    open_cluster(browser, 3)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-merge")
    assert listed(browser)[0] == "new-1"  # it came from there
    click(browser, "#picker [data-cluster='4']")
    click(browser, "#cluster-merge")
    assert browser.find_element("id", "picker-title").text == "Merge Winter boots into …"  # the name came along
    assert set(listed(browser)) == {"0", "1", "2", "new-1"}


def test_a_cluster_is_picked_by_keys_and_typing(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 0)
    browser.find_element("id", "cluster-merge").send_keys(Keys.ENTER)
    assert listed(browser) == ["2", "4", "1", "3"]
    field, options = browser.switch_to.active_element, "#picker [role=option]"
    assert field.get_attribute("role") == "combobox" and field.get_attribute("aria-controls") == "picker-list"
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    active = browser.find_element("id", field.get_attribute("aria-activedescendant"))
    assert active.get_attribute("data-cluster") == "4"
    assert [option.get_attribute("aria-selected") for option in browser.find_elements("css selector", options)] == [
        "false", "true", "false", "false"]
    press(browser, Keys.ESCAPE)
    wait(browser, "!document.getElementById('picker').open")
    assert [browser.find_element("id", name).is_displayed() for name in ("cluster", "tray")] == [True, False]
    assert browser.switch_to.active_element.get_attribute("id") == "cluster-merge"
    press(browser, Keys.ENTER, *"BOOTS win")
    assert listed(browser) == ["3"]
    press(browser, *"x")
    assert listed(browser) == [] and "No other cluster" in browser.find_element("id", "picker-note").text
    press(browser, Keys.ENTER, Keys.BACKSPACE, Keys.ENTER)
    wait(browser, "!document.getElementById('picker').open")
    assert own_lines(browser) == [("merge", "", "0", "3")]


def test_a_number_typed_whole_comes_before_those_that_it_is_a_part_of(browser, tmp_path):
    gallery = make_gallery(tmp_path, 26, 13)
    angles = (gallery.predicted - 4) % 13 * 0.1  # 10 to 12 are nearer to 5 than 1 is
    np.save(gallery.data_dir / "features.npy", np.float32(np.column_stack([np.cos(angles), np.sin(angles)])))
    write_report(tmp_path / "report.html", gallery)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    click(browser, "#cards .title[title='Cluster 5']")
    click(browser, "#cluster-merge")
    press(browser, "1")
    assert listed(browser)[0] == "1" and set(listed(browser)) == {"1", "10", "11", "12"}
    press(browser, "2")
    assert listed(browser) == ["12"]


def test_photos_are_moved_to_a_picked_cluster(browser, written):
    open_cluster(browser, 4)
    file = photos(browser)[2].get_attribute("title")
    photos(browser)[2].click()
    click(browser, "#move")
    click(browser, "#picker [data-cluster='1']")
    assert own_lines(browser) == [("move", file, "4", "1")]


def test_photos_that_show_no_product_are_moved_to_no_cluster(browser, written):
    from selenium.webdriver.common.keys import Keys
    before = numbers(browser)
    open_cluster(browser, 4)
    first, *files = [photo.get_attribute("title") for photo in photos(browser)[:3]]
    photos(browser)[0].click()
    click(browser, "#split")  # new-1 has "-1" in its name
    for place in (0, 1):
        photos(browser)[place].click()
    click(browser, "#move")
    assert listed(browser)[-1] == "-1", "a product is likelier"
    press(browser, "1")
    assert listed(browser) == ["1", "new-1"], "a number finds no cluster only by its sign"
    press(browser, Keys.BACKSPACE)
    for words in ("no", "None", "no cluster", "-1"):
        press(browser, *words)
        assert listed(browser)[0] == "-1"
        press(browser, *[Keys.BACKSPACE] * len(words))
    press(browser, *"none", Keys.ENTER)
    wait(browser, "!document.getElementById('picker').open")
    click(browser, "#cluster-close")
    assert numbers(browser)[0] == before[0] + 1, "no cluster is no product"
    assert [title.text for title in browser.find_elements("css selector", "#cards .title")][-2:] == [
        "Cluster new-1", "No cluster"]
    assert "2 photos in no cluster:" in browser.find_element("id", "answer").text
    gallery, lines = written.gallery, own_lines(browser)
    assert lines == [("split", first, "4", "new-1"), *(("move", file, "4", "-1") for file in files)]
    table = pd.DataFrame(lines, columns=["action", "file", "cluster", "value"])
    found = apply_corrections(gallery.predicted, gallery.img_paths, table)
    assert not (found.idle or found.astray or found.lost)
    assert {gallery.img_paths[row] for row in np.flatnonzero(found.labels == -1)} == set(files)
    for _ in range(2):
        click(browser, "#undo")
    assert numbers(browser) == before and "in no cluster" not in browser.find_element("id", "answer").text


def test_no_cluster_is_offered_for_photos_that_are_in_one(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    click(browser, "#cluster-merge")
    assert "-1" not in listed(browser), "a cluster is not merged into none"
    press(browser, Keys.ESCAPE)
    click(browser, "#choose-all")
    click(browser, "#move")
    click(browser, "#picker [data-cluster='-1']")
    wait(browser, "!document.getElementById('cluster').open")
    assert numbers(browser)[0] == 4
    click(browser, "#unplaced .strip")
    click(browser, "#choose-all")
    click(browser, "#move")
    assert set(listed(browser)) == {"0", "1", "2", "3"}
    click(browser, "#picker [data-cluster='0']")
    wait(browser, "!document.getElementById('cluster').open")
    assert numbers(browser)[0] == 4 and not browser.find_element("id", "unplaced").is_displayed()


def week_galleries(weeks, raw_dir):
    """The Gallery of each week, the last one first, with those before it."""
    galleries = ()
    for week in (1, 2, 3):
        name = f"week{week}"
        galleries = (Gallery(name=name, data_dir=weeks.folder(name), img_dir=raw_dir, raw_dir=raw_dir, train_dir=None,
                             seed=0, max_sheets=20, max_photos=5000, earlier=galleries), *galleries)
    return galleries


def test_photos_go_to_products_of_earlier_weeks_that_have_no_photos_this_week(browser, weeks, tmp_path, squares,
                                                                               save_photos):
    from selenium.webdriver.common.keys import Keys
    weeks.add_corrections("week2", "merge,,3,4", "name,,2,twos")
    for name, on in (("week2", "week1"), ("week3", "week2")):
        weeks.place(name, on)
    save_photos(tmp_path / "raw", dict(zip([f"{product}_0.jpg" for product in range(7)], squares(np.arange(7) % 4))))
    write_report(tmp_path / "report.html", week_galleries(weeks, tmp_path / "raw")[0])
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    before = numbers(browser)
    browser.find_element("id", "search").send_keys("6_")
    click(browser, "#results-photos .photo")
    file = photos(browser)[0].get_attribute("title")
    photos(browser)[0].click()
    click(browser, "#move")
    assert listed(browser)[-3:] == ["2", "4", "-1"], "3 has joined 4"
    for words in ("two", "2"):
        press(browser, *words)
        assert listed(browser)[0] == "2"
        press(browser, *[Keys.BACKSPACE] * len(words))
    option = browser.find_element("css selector", "#picker [data-cluster='2']")
    assert option.text.split("\n") == ["twos (2)", "none in week3"]
    assert len(option.find_elements("css selector", ".picture")) == 1, "an earlier photo"
    option.click()
    click(browser, "#cluster-close")
    assert numbers(browser)[0] == before[0] + 1
    assert "twos" in [title.text for title in browser.find_elements("css selector", "#cards .title")]
    click(browser, "#save-corrections")
    lines = downloaded(browser, "corrections.csv")
    assert [(line["action"], line["file"], line["value"]) for line in lines] == [("move", file, "2")]
    write_table(weeks.folder("week3") / "corrections.csv", pd.DataFrame(lines))
    weeks.place("week3", "week2")
    labels = dict(zip(read_img_paths(weeks.folder("week3")), read_clusters(weeks.folder("week3")).tolist()))
    assert labels[file] == 2 and weeks.said == []
    assert read_names(weeks.folder("week3")) == {1: "ones", 2: "twos", 5: "boots"}


def test_a_cluster_is_picked_by_finger_with_no_keyboard_in_the_way(browser):
    with on_a_phone(browser):
        open_cluster(browser, 0)
        click(browser, "#cluster-merge")
        wait(browser, "document.activeElement.id === 'picker-list'")
        tap(browser, "#picker [data-cluster='1']")
        wait(browser, "!document.getElementById('picker').open")
        assert browser.find_element("id", "cluster-title").text == "Cluster 1"
