"""A search through several datasets: those in whose clusters a week's photos were placed."""
import json
import shutil

import numpy as np
import pytest
from search_cases import SEARCH, opened, write_dataset
from shop import call, picture, save

from imgcluster.datafiles.artefacts import read_img_paths, read_labels, write_labels
from imgcluster.files import write_json, write_lines
from imgcluster.search.catalogue import open_catalogue
from imgcluster.search.products import nearest_products
from imgcluster.search.sources import sources_of

WEEKS = ("week3", "week2", "week1")


@pytest.fixture
def weeks(tmp_path):
    """Three datasets of 20 photos of clusters 0 to 4, of which the last week has 0 to 2 alone, each placed in the one
    before it; all have the folder `raw` for their photos."""
    for seed, (name, before) in enumerate(zip(WEEKS, (*WEEKS[1:], None))):
        folder = tmp_path / name
        folder.mkdir()
        labels = np.arange(20) % (3 if name == "week3" else 5)
        write_dataset(folder, "pred", labels)
        features = np.random.default_rng(seed).normal(size=(20, 10)) + 9 * np.eye(10)[labels]
        np.save(folder / "features.npy", features.astype(np.float32))
        write_json(folder / "cluster_count.json", {"assigned_to": before, "num_clusters": 5})
    return tmp_path


def found_in(folder, warn=pytest.fail):
    return sources_of("week3", lambda name: (folder / name, [folder / name / "raw"]), warn=warn)


def catalogue_of(folder):
    return open_catalogue(found_in(folder), seed=0, say=print)


def test_all_weeks_are_searched_as_if_they_were_one_dataset(weeks, tmp_path):
    catalogue, one = catalogue_of(weeks), tmp_path / "one"
    one.mkdir()
    assert [source.name for source in catalogue.sources] == [*WEEKS]
    np.save(one / "features.npy", np.concatenate([np.load(weeks / name / "features.npy") for name in WEEKS]))
    write_lines(one / "img_paths.txt", [f"{row:02}" for row in range(60)])
    write_labels(one, "pred", np.concatenate([read_labels(weeks / name, "pred") for name in WEEKS]))
    whole, queries = opened(one), np.random.default_rng(9).normal(size=(8, 10)).astype(np.float32)
    for part, expected in zip(catalogue.index.search(queries, 7), whole.index.search(queries, 7)):
        np.testing.assert_allclose(part, expected, atol=1e-6)
    assert catalogue.products.names == whole.products.names
    assert catalogue.products.codes.tolist() == whole.products.codes.tolist()
    assert catalogue.calibration.sharpness == pytest.approx(whole.calibration.sharpness)


def test_a_product_that_only_earlier_weeks_have_is_found_with_its_photos(weeks):
    catalogue = catalogue_of(weeks)
    hit = nearest_products(catalogue.index, 9 * np.eye(10, dtype=np.float32)[[4]], catalogue.products, 1)[0].hits[0]
    assert catalogue.products.names[hit.code] == "cluster 4"
    files = {catalogue.img_paths[row] for row in hit.rows[:3]}
    assert all(file.startswith(("week2/", "week1/")) for file in files)
    for row in (0, 19, 20, 39, 40, 59):
        [folder], name = catalogue.place(row)
        assert folder == weeks / WEEKS[row // 20] / "raw"
        assert name == read_img_paths(weeks / WEEKS[row // 20])[row % 20]


def test_clusters_that_a_later_week_merged_are_one_product(weeks):
    write_json(weeks / "week2" / "cluster_count.json", {"assigned_to": "week1", "merged": {"4": 3}})
    np.savetxt(weeks / "week2" / "labels_pred.txt", np.arange(20) % 4, fmt="%d")
    products = catalogue_of(weeks).products
    assert products.names == [f"cluster {number}" for number in range(4)]
    assert products.sizes[3] == 5 + 8


def test_true_labels_are_the_products_where_all_weeks_have_them(weeks):
    for name in WEEKS[:2]:
        write_labels(weeks / name, "true", np.arange(20) % 7)
    assert catalogue_of(weeks).products.basis == "clusters"
    write_labels(weeks / "week1", "true", np.arange(20) % 9)
    products = catalogue_of(weeks).products
    assert products.basis == "true labels" and products.sizes.sum() == 60 and len(products.names) == 9


def test_product_data_of_every_week_are_shown_and_this_weeks_go_first(weeks):
    (weeks / "week3" / "catalog.csv").write_text("model,name\n1,Cup\n")
    (weeks / "week2" / "catalog.csv").write_text("model,name,price\n1,Mug,5\n4,Pan,7\n")
    (weeks / "week1" / "catalog.csv").write_text("file,url\n3.jpg,https://x\n99.jpg,\n")
    said = []
    data = open_catalogue(found_in(weeks), seed=0, say=said.append).product_data
    assert data.columns == ["name", "price", "url"]
    assert data.of_photo("0.jpg", "1") == {"name": "Cup"} and data.of_photo("0.jpg", "4")["price"] == "7"
    assert data.of_photo("week1/3.jpg", "3") == {"url": "https://x"} and data.of_photo("3.jpg", "3") == {}
    assert said == ["catalog.csv: 1 of its 4 lines match no photo and no product, first file 'week1/99.jpg'"]


def test_weeks_that_cannot_be_compared_are_left_out_and_told(weeks):
    said, before = [], weeks / "week2" / "features_before.npy"
    np.save(before, np.zeros((20, 3), np.float16))
    assert [source.name for source in found_in(weeks, said.append)] == ["week3"]
    assert said.pop().startswith(f"photos of week2 are not searched: {weeks / 'week3' / 'features_before.npy'} is miss")
    before.unlink()
    (weeks / "week1" / "features.npy").unlink()
    assert [source.name for source in found_in(weeks, said.append)] == ["week3", "week2"]
    assert said.pop().startswith(f"photos of week1 are not searched: {weeks / 'week1' / 'features.npy'} is missing")


def test_a_product_of_last_week_is_found_by_its_photos_of_then(shop, tmp_path):
    this_week = ("--set", "DATASET=august", "--set", "ASSIGN_TO=shop")
    assert call("04_cluster_som.py", shop)[0] == 0
    for product in range(3):
        for seed in range(20, 24):
            save(shop / "raw_img" / "august" / f"{product}_{seed}_0.png", picture(product, seed))
    for script in ("00_make_labels_true.py", "01_img_preprocess.py", "03_extract_features.py", "04_cluster_som.py"):
        code, out, err = call(script, shop, *this_week)
        assert code == 0, out + err
    query = save(tmp_path / "query.png", picture(3, 50))
    code, out, err = call(SEARCH, shop, query, *this_week, "--format", "json", "--figure")
    first = json.loads(out)["queries"][0]["regions"][0]["products"][0]
    assert code == 0 and "among 40 of 4 products in august and shop" in err
    assert first["product"] == "3" and first["num_photos"] == 7 and first["files"][0].startswith("shop/3_")
    # The features of then are gone: this week's are searched alone.
    shutil.rmtree(shop / "data" / "shop")
    code, out, err = call(SEARCH, shop, query, *this_week)
    assert code == 0 and "among 12 of 3 products in august" in err
