"""Results as table, CSV and JSON."""
import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from search_cases import PLAIN, opened, png, write_dataset
from shop import picture

from imgcluster.search.product_data import ProductData
from imgcluster.search.products import products_of
from imgcluster.search.results import as_csv, as_json, as_table, as_text, percent
from imgcluster.search.searcher import Searcher
from imgcluster.wording import text_width


def test_results_as_json_csv_and_table_agree(searcher):
    query = searcher.read(png(picture(0, 99)))
    found = [("q, \"1\".png", searcher.search(query, count=2))]
    data = json.loads(as_json(found, searcher.catalogue))
    assert data["scores_from"] == "true labels"
    region, = data["queries"][0]["regions"]
    assert region["box"] == [0, 0, 64, 64] and region["products"][0]["catalog"]["name"] == "Red, \"square\""
    lines = list(csv.DictReader(io.StringIO(as_csv(found, searcher.catalogue, level="products"))))
    assert [line["product"] for line in lines] == [item["product"] for item in region["products"]]
    assert lines[0]["query"] == "q, \"1\".png" and float(lines[0]["score"]) == region["products"][0]["score"]
    assert lines[0]["url"] == "https://x" and lines[1]["url"] == ""
    table = as_table(found, searcher.catalogue, level="products").splitlines()
    assert table[2].split()[:5] == ["1", f"{100 * region['products'][0]['score']:.0f}", "%", "model", "0"]
    photos = list(csv.DictReader(io.StringIO(as_csv(found, searcher.catalogue, level="photos"))))
    assert [line["photo"] for line in photos] == [item["file"] for item in region["photos"]]
    table = as_table(found, searcher.catalogue, level="photos").splitlines()
    shown = [float(line.split()[1]) for line in table[2:4]]
    assert table[1].split()[0] == "similarity" and shown == sorted(shown, reverse=True)
    assert shown == [pytest.approx(item["similarity"], abs=0.005) for item in region["photos"]]
    table = as_table(found, searcher.catalogue, level="products").splitlines()
    for form, text in (("json", as_json(found, searcher.catalogue)), ("table", "\n".join(table))):
        assert as_text(found, searcher.catalogue, form=form, level="products") == text


def test_a_product_is_the_same_text_in_both_levels_and_its_name_stands_apart(searcher):
    clusters = np.array([str(row % 4) for row in range(24)])
    products = products_of(searcher.catalogue.img_paths, None, clusters, {"0": "red boots"})
    named = Searcher(replace(searcher.catalogue, products=products), searcher.encoder, PLAIN)
    found = [("q.png", named.search(named.read(png(picture(0, 99))), count=2))]
    region, = json.loads(as_json(found, named.catalogue))["queries"][0]["regions"]
    for level in ("products", "photos"):
        line = next(csv.DictReader(io.StringIO(as_csv(found, named.catalogue, level=level))))
        assert (line["product"], line["product_name"]) == ("0", "red boots")
        assert (region[level][0]["product"], region[level][0]["name"]) == ("0", "red boots")
        assert "red boots" in as_table(found, named.catalogue, level=level)


def test_columns_of_a_catalog_called_like_others_of_the_csv_are_told_apart(searcher):
    details = {"photo": "studio", "catalog_photo": "shelf", "price": "\x1b[31m5"}
    data = ProductData(by_model={model: details for model in ("model_0", "model_1", "model_2", "model_3")},
                       columns=list(details))
    odd = Searcher(replace(searcher.catalogue, product_data=data), searcher.encoder, PLAIN)
    found = [("new\nline.png", odd.search(odd.read(png(picture(0, 99))), count=2))]
    line = next(csv.DictReader(io.StringIO(as_csv(found, odd.catalogue, level="products"))))
    assert line["photo"].endswith(".png") and line["catalog_photo"] == "shelf" and line["price"] == "\x1b[31m5"
    assert line["catalog_catalog_photo"] == "studio"
    table = as_table(found, odd.catalogue, level="products")
    assert "\x1b" not in table and table.startswith("new\N{REPLACEMENT CHARACTER}line.png")


def test_columns_stand_below_each_other_whatever_letters_products_have(searcher):
    products = replace(searcher.catalogue.products, names=["빨간 부츠", "boots", "赤いブーツ", "b"])
    named = Searcher(replace(searcher.catalogue, products=products), searcher.encoder, PLAIN)
    found = [("q.png", named.search(named.read(png(picture(0, 99))), count=4))]
    lines = as_table(found, named.catalogue, level="products").splitlines()[1:6]
    places = {text_width(line[:re.search(r" photos | 6 ", line).start()]) for line in lines}
    assert len(places) == 1


@pytest.mark.parametrize("file", ["Yoghurt/Yoghurt_006.jpg", "ebay  deals/WhatsApp Image 2024-01-02 at 225.jpeg",
                                  f"folder/{100 * 'x'}.jpg"])
def test_paths_are_whole_and_last_in_the_table_so_that_they_can_be_copied(searcher, file):
    data = ProductData(by_model={"model_0": {"stock": "7"}}, columns=["stock"])
    named = Searcher(replace(searcher.catalogue, img_paths=[file] * 24, product_data=data), searcher.encoder, PLAIN)
    found = [("q.png", named.search(named.read(png(picture(0, 99))), count=1))]
    for level in ("products", "photos"):
        header, line = as_table(found, named.catalogue, level=level).splitlines()[1:3]
        assert line.endswith(f"  {file}") and line.index(file) == header.index("nearest photo" if level == "products"
                                                                               else "photo")


def test_product_data_called_like_a_result_takes_no_results_place(searcher):
    catalog = ProductData(by_model={"model_0": {"photo": "https://x/1.jpg", "stock": "7"}}, columns=["photo", "stock"])
    named = Searcher(replace(searcher.catalogue, product_data=catalog), searcher.encoder, PLAIN)
    found = [("q.png", named.search(named.read(png(picture(0, 99))), count=1))]
    line, = csv.DictReader(io.StringIO(as_csv(found, named.catalogue, level="products")))
    assert line["photo"] == found[0][1][0].products[0].files[0]
    assert (line["catalog_photo"], line["stock"]) == ("https://x/1.jpg", "7")


@pytest.mark.parametrize("score, text", [(None, "-"), (0.0, "<1 %"), (0.014, "1 %"), (0.5, "50 %"), (0.9999, ">99 %")])
def test_no_match_is_certain_and_none_impossible(score, text):
    assert percent(score) == text


def test_the_legend_says_why_there_are_no_scores_and_what_similarity_is(tmp_path):
    for labels, why in ((np.arange(12) % 3, "fewer than 20 photos whose product has another"),
                        (np.zeros(30, int), "one product alone")):
        write_dataset(tmp_path, "pred", labels)
        catalogue = opened(tmp_path)
        products, photos = (as_text([], catalogue, form="table", level=level) for level in ("products", "photos"))
        assert f"(no scores: {why}" in products and f"(no scores: {why}" in photos
        assert "1 is the same" in photos and "1 is the same" not in products and "3 best photos" in products
