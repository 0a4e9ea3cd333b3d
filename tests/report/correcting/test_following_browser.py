"""What follows at once from corrections in the page, and from undoing them, in Chromium."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_browser import click, downloaded, merge_into, open_page, wait
from report_correcting import chosen, numbers, on_a_phone, open_cluster, own_lines, pairs, photos, press, strips
from report_gallery import make_gallery

from imgcluster.clusters.corrections import apply_corrections
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_json
from imgcluster.report import write_report


def test_the_count_follows_corrections_and_undo_brings_it_back(browser):
    from selenium.webdriver.common.keys import Keys
    before = (5, "", 5, "")
    opening = strips(browser)
    assert numbers(browser) == before
    open_cluster(browser, 0)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    merged = (4, "5 clusters found, 4 after your corrections", 4, "5 clusters found, 4 now")
    assert numbers(browser) == merged
    assert strips(browser)[0].startswith("Cluster 2, 12 photos")
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    assert numbers(browser) == before  # one less, one more
    click(browser, "#undo")
    assert numbers(browser) == merged
    press(browser, (Keys.CONTROL, "z"))
    assert numbers(browser) == before and not browser.find_element("id", "tray").is_displayed()
    assert strips(browser) == opening


@pytest.fixture
def placed(browser, tmp_path):
    """The page of photos placed in clusters 0 and 1, 8 and 4 of them, and of 12 in none, in groups of 8, 3 and 1."""
    gallery = make_gallery(tmp_path, all_files=False)
    write_labels(gallery.data_dir, "pred", np.repeat([0, 1, -1], [8, 4, 12]))
    write_json(gallery.data_dir / "cluster_count.json", {
        "num_clusters": 2, "interval": [2, 2], "assigned_to": "week1", "clustering_id": "drawn+1", "numbers": "a+1"})
    table = pd.read_csv(gallery.data_dir / "clusters.csv").assign(new_group=np.repeat([-1, 0, 1, 2], [12, 8, 3, 1]))
    write_table(gallery.data_dir / "clusters.csv", table)
    write_report(tmp_path / "report.html", replace(gallery))
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    return browser


def headline(driver):
    return " ".join(driver.find_element("css selector", "h1").text.split())


def unplaced(driver):
    return [strip.get_attribute("aria-label") for strip in driver.find_elements("css selector", "#unplaced .strip")]


def test_known_and_new_products_are_counted_apart_as_corrections_leave_them(placed):
    assert headline(placed) == "2 known products, and about 2 new"
    click(placed, "#unplaced .strip:nth-child(2)")
    placed.find_elements("css selector", ".part")[0].click()
    click(placed, "#split")
    click(placed, "#cluster-close")
    assert headline(placed) == "2 known products, and about 2 new", "a cluster instead of a group"
    click(placed, "#unplaced .strip")
    for photo in photos(placed):
        photo.click()
    click(placed, "#move")
    click(placed, "#picker [data-cluster='0']")
    wait(placed, "!document.getElementById('cluster').open")
    assert headline(placed) == "2 known products, and 1 new"
    open_cluster(placed, 1)
    merge_into(placed, 0)
    click(placed, "#cluster-close")
    assert headline(placed) == "1 known product, and 1 new"


def test_photos_in_no_cluster_are_shown_by_their_groups_until_these_have_clusters(placed):
    groups = ["No cluster, group 1, 8 photos: open", "No cluster, group 2, 3 photos: open"]
    assert unplaced(placed) == groups and "by groups that look alike" in placed.find_element("id", "unplaced-box").text
    click(placed, "#unplaced .strip")
    placed.find_elements("css selector", ".part")[0].click()
    click(placed, "#split")
    click(placed, "#cluster-close")
    assert unplaced(placed) == ["No cluster, group 1, 3 photos: open"]
    click(placed, "#undo")
    assert unplaced(placed) == groups


def test_what_was_estimated_is_said_to_be_what_was_found_while_it_is_corrected(browser):
    def lead():
        return browser.find_element("css selector", ".lead").text

    estimated = lead()
    assert estimated.startswith("30 photos show about 5 products, likely between 2 and 5.")
    open_cluster(browser, 0)
    browser.find_element("id", "cluster-name").send_keys("Boots\n")
    click(browser, "#cluster-close")
    assert lead() == estimated, "a name changes no number"
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    assert lead() == f"As found: {estimated}"
    click(browser, "#undo")
    assert lead() == estimated


def test_step_04_makes_as_many_clusters_of_the_file_as_the_page_says(browser, written):
    open_cluster(browser, 4)
    browser.find_elements("css selector", ".part")[1].click()
    click(browser, "#split")
    photos(browser)[0].click()
    click(browser, "#move")
    click(browser, "#picker [data-cluster='new-1']")
    click(browser, "#cluster-next")
    merge_into(browser, 1)
    click(browser, "#tray summary")
    assert browser.find_element("id", "products").get_attribute("textContent") == "5"
    browser.find_element("css selector", "#corrections-list button").click()  # the split; what moved there stays there
    gallery, lines = written.gallery, own_lines(browser)
    table = pd.DataFrame(lines, columns=["action", "file", "cluster", "value"])
    assert table["action"].tolist() == ["move", "merge"]
    found = apply_corrections(gallery.predicted, gallery.img_paths, table)
    assert not (found.idle or found.astray or found.lost)
    assert len(set(found.labels.tolist())) == 5 == int(
        browser.find_element("id", "products").get_attribute("textContent"))


def test_the_window_goes_through_clusters_in_one_order_whatever_is_corrected(browser):
    def title():
        return browser.find_element("id", "cluster-title").text

    open_cluster(browser, 1)
    browser.find_elements("css selector", ".part")[1].click()
    click(browser, "#split")  # now the smallest but one
    seen = []
    for _ in range(6):
        click(browser, "#cluster-next")
        seen.append(title())
    assert seen == ["Cluster new-1", "Cluster 2", "Winter boots", "Cluster 4", "Cluster 0", "Cluster 1"]
    click(browser, "#cluster-next")
    merge_into(browser, 2)
    click(browser, "#cluster-previous")
    assert title() == "Cluster 1"


def test_undo_in_the_window_of_a_cluster_brings_its_photos_back_and_keeps_the_focus(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    press(browser, Keys.SPACE, (Keys.SHIFT, Keys.ARROW_RIGHT))
    browser.find_element("id", "split").send_keys(Keys.ENTER)
    assert len(photos(browser)) == 4
    assert browser.execute_script("return document.getElementById('tray').contains(document.activeElement)")
    browser.find_element("id", "undo").send_keys(Keys.ENTER)
    assert len(photos(browser)) == 6 and browser.switch_to.active_element == photos(browser)[0]


def test_typing_a_name_is_undone_by_its_field_alone(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    browser.find_element("id", "cluster-name").click()
    press(browser, "a", (Keys.CONTROL, "z"))
    assert browser.find_element("css selector", "#tray summary").text == "1 correction"


def test_a_new_cluster_that_is_undone_takes_its_name_and_its_mergers_with_it(browser):
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    while browser.find_element("id", "cluster-title").text != "Cluster new-1":
        click(browser, "#cluster-next")
    browser.find_element("id", "cluster-name").send_keys("Clogs")
    merge_into(browser, 0)
    click(browser, "#cluster-close")
    assert [line[0] for line in own_lines(browser)] == ["split", "name", "merge"]
    click(browser, "#tray summary")
    browser.find_element("css selector", "#corrections-list button").click()  # the split
    assert browser.find_element("id", "corrections-count").text == "0 corrections"


def test_undone_new_clusters_take_along_what_was_said_of_others_that_they_filled(browser):
    open_cluster(browser, 4)
    for _ in range(2):
        photos(browser)[0].click()
        click(browser, "#split")
    while browser.find_element("id", "cluster-title").text != "Cluster new-2":
        click(browser, "#cluster-next")
    browser.find_element("id", "cluster-name").send_keys("Clogs")
    while browser.find_element("id", "cluster-title").text != "Cluster new-1":
        click(browser, "#cluster-next")
    merge_into(browser, "new-2")
    click(browser, "#cluster-close")
    click(browser, "#tray summary")
    for left, place in (("3 corrections", 1), ("0 corrections", 0)):  # the second split, then the first
        browser.find_elements("css selector", "#corrections-list button")[place].click()
        assert browser.find_element("id", "corrections-count").get_attribute("textContent") == left


def test_from_making_a_new_cluster_a_button_leads_to_naming_it(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 4)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    level = browser.find_element("id", "level")
    level.send_keys(Keys.ARROW_RIGHT)
    assert not browser.find_element("id", "tray-status").text, "there are other clusters at this level"
    level.send_keys(Keys.ARROW_LEFT)
    click(browser, "#tray-status button")
    assert browser.find_element("id", "cluster-title").text == "Cluster new-1" and len(photos(browser)) == 1
    browser.find_element("id", "cluster-name").send_keys("Clogs\n")
    assert browser.find_element("id", "cluster-title").text == "Clogs"
    assert not browser.find_element("id", "tray-status").text


@pytest.mark.parametrize("window, opener", [("cluster", None), ("picker", "#cluster-merge"), ("large", ".enlarge")])
def test_no_window_is_wider_than_a_phone(browser, window, opener):
    with on_a_phone(browser):
        open_cluster(browser, 3)
        click(browser, "#choose-all")
        if opener:
            browser.execute_script(f"document.querySelector('#cluster {opener}').click()")
        wide = browser.execute_script("""return [...document.querySelectorAll(`#${arguments[0]} *`)].filter((each) =>
            each.checkVisibility() && !each.classList.contains("visually-hidden")
            && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.id || each.className)""", window)
        assert wide == []


def test_saved_corrections_that_are_undone_are_taken_out_by_saving_again(browser):
    open_cluster(browser, 1)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    click(browser, "#save-corrections")
    assert len(downloaded(browser, "corrections.csv")) == 1
    click(browser, "#undo")
    assert browser.find_element("id", "tray").is_displayed()
    assert browser.find_element("id", "corrections-count").text == "0 corrections"
    click(browser, "#save-corrections")
    assert downloaded(browser, "corrections.csv") == []


def test_a_click_that_leaves_the_field_of_the_name_chooses_the_part_under_it(browser):
    open_cluster(browser, 1)
    browser.find_element("id", "cluster-name").send_keys("Boots")
    browser.find_element("css selector", "#cluster-parts-buttons button").click()
    assert len(chosen(browser)) == 4
    assert browser.find_element("id", "corrections-count").text == "1 correction"


def test_pairs_that_may_be_one_product_are_merged_or_put_aside_one_after_the_other(browser):
    before = pairs(browser)
    clusters = int(browser.find_element("id", "products").text)
    assert len(before) >= 3 and all(stays != joins for stays, joins in before)
    click(browser, "#alike-pairs .apart")
    assert pairs(browser)[:7] == before[1:] and browser.find_element("id", "products").text == str(clusters)
    focused = browser.switch_to.active_element
    assert focused.get_attribute("class") == "merge" and before[1][1] in focused.get_attribute("aria-label")
    click(browser, "#alike-pairs .merge")
    gone = before[1][1]
    assert browser.find_element("id", "products").text == str(clusters - 1)
    assert not any(gone in pair for pair in pairs(browser)) and before[0] not in pairs(browser)
    click(browser, "#undo")
    assert pairs(browser)[:7] == before[1:]


def test_the_last_pair_leaves_a_word(browser):
    while pairs(browser):
        click(browser, "#alike-pairs .apart")
    assert browser.find_element("id", "alike-pairs").text == "No pair is left."


def mixed(driver):
    """The clusters offered as several products, as {name: photos in each part}."""
    return {card.find_element("css selector", "p button").text:
            [int(number.text) for number in card.find_elements("css selector", ".part-row .number")]
            for card in driver.find_elements("css selector", "#several-clusters .pair")}


def test_clusters_of_several_products_are_split_or_put_aside_one_after_the_other(browser):
    before = mixed(browser)
    assert len(before) >= 3 and set(map(tuple, before.values())) == {(4, 2)}
    first, second, third = [*before][:3]
    click(browser, "#several-clusters .whole")
    assert [*mixed(browser)] == [*before][1:] and browser.find_element("id", "products").text == "5"
    focused = browser.switch_to.active_element
    assert focused.get_attribute("class") == "split-up" and second in focused.get_attribute("aria-label")
    click(browser, "#several-clusters .split-up")
    assert [*mixed(browser)] == [*before][2:] and browser.find_element("id", "products").text == "6"
    assert third in browser.switch_to.active_element.get_attribute("aria-label")
    assert [line[0] for line in own_lines(browser)] == ["split", "split"]
    click(browser, "#undo")
    assert [*mixed(browser)] == [*before][1:]


def test_clusters_that_were_merged_or_split_are_no_longer_offered_as_several_products(browser):
    before = set(mixed(browser))
    open_cluster(browser, 0)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    assert set(mixed(browser)) == before - {"Cluster 0", "Cluster 2"}
    open_cluster(browser, 1)
    photos(browser)[0].click()
    click(browser, "#split")
    click(browser, "#cluster-close")
    assert set(mixed(browser)) == before - {"Cluster 0", "Cluster 1", "Cluster 2"}
    while mixed(browser):
        click(browser, "#several-clusters .whole")
    assert browser.find_element("id", "several-clusters").text == "No cluster is left."


def test_confused_products_lead_to_the_clusters_that_there_are(browser):
    button = browser.find_element("css selector", "#pairs .pair footer button")
    number = int(button.text.split()[-1]) if button.text != "Winter boots" else 3
    open_cluster(browser, number)
    merge_into(browser, next(other for other in (0, 1, 2) if other != number))
    click(browser, "#cluster-close")
    click(browser, "#pairs .pair footer button")
    assert wait(browser, "document.getElementById('cluster').open") and len(photos(browser)) == 12


def test_cards_that_were_shown_stay_where_a_cluster_is_corrected(browser, tmp_path):
    gallery = make_gallery(tmp_path, 120, 60)
    write_report(tmp_path / "report.html", gallery)
    open_page(browser, (tmp_path / "report.html").as_uri())
    wait(browser, "document.documentElement.dataset.ready")
    cards = "document.querySelectorAll('#cards .card').length"
    assert wait(browser, cards) == 48
    click(browser, "#cards .more")
    assert wait(browser, cards) == 60
    open_cluster(browser, 50)
    merge_into(browser, 2)
    assert wait(browser, cards) == 59
    browser.execute_script("addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")


def test_the_card_of_a_merged_cluster_shows_photos_of_both(browser, written):
    def shown(number):
        photos = browser.find_elements("css selector", f"#cards .card:has([data-cluster='{number}']) .faces .photo")
        return [written.gallery.img_paths.index(photo.get_attribute("title")) // 6 for photo in photos]

    assert shown(0) == [0, 0, 0]
    open_cluster(browser, 0)
    merge_into(browser, 2)
    click(browser, "#cluster-close")
    assert sorted(shown(2)[:2]) == [0, 2]


def test_the_focus_goes_to_the_card_of_a_cluster_that_was_corrected(browser):
    from selenium.webdriver.common.keys import Keys
    open_cluster(browser, 1)
    browser.find_element("id", "cluster-name").send_keys("Boots", Keys.ENTER)
    press(browser, Keys.ESCAPE)
    wait(browser, "!document.getElementById('cluster').open")
    assert wait(browser, "document.activeElement.dataset.cluster") == "1"
    assert browser.switch_to.active_element.text == "Boots"


def test_clusters_that_no_correction_touches_keep_what_is_said_of_them(browser):
    said = "[...document.querySelectorAll('#cards .card')].map((card) => card.querySelector('header').innerText)"
    before = browser.execute_script(f"return {said}")
    open_cluster(browser, 1)
    merge_into(browser, 2)
    after = browser.execute_script(f"return {said}")
    assert len(after) == 4 and len(set(before) & set(after)) == 3
