"""A query photo on its way: objects and boxes, features like the catalogue's, product data, results as text."""
import csv
import errno
import io
import json
import os
import re
import unicodedata
import weakref
from dataclasses import replace

import cv2
import numpy as np
import pytest
from damaged import with_rubbish
from shop import COLOURS, picture, save

from imgcluster.datafiles.artefacts import read_lines, write_labels
from imgcluster.datafiles.feature_record import note_features
from imgcluster.errors import UserError
from imgcluster.extraction.features import extract_features
from imgcluster.files import write_array, write_json, write_lines
from imgcluster.photos.background import product_mask
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_image
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_folder
from imgcluster.search.batch import check_readable, list_queries, search_photos
from imgcluster.search.calibration import Calibration
from imgcluster.search.catalogue import Catalogue, open_catalogue
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.encoder import Encoder, check_network, check_settings, read_whitening, usual_suffix
from imgcluster.search.figure import Figures, figure_name, figure_of
from imgcluster.search.objects import read_query
from imgcluster.search.product_data import ProductData, read_product_data, safe_url
from imgcluster.search.products import products_of
from imgcluster.search.results import as_csv, as_json, as_table, as_text, percent
from imgcluster.search.searcher import Searcher, best_answer, check_count
from imgcluster.wording import text_width

PLAIN = Recipe(method="contours", fill="white", max_side=128)


def opened(data_dir):
    return open_catalogue(data_dir, seed=0, say=print)


def png(image):
    return cv2.imencode(".png", image[:, :, ::-1])[1].tobytes()


def scene(*squares, width=200, height=100):
    """Squares (x, y, side, colour) on white."""
    image = np.full((height, width, 3), 255, np.uint8)
    for x, y, side, colour in squares:
        image[y:y + side, x:x + side] = colour
    return image


# ---------------------------------------------------------------- objects

def test_one_thing_on_a_plain_ground_is_the_whole_photo():
    query = read_query(png(scene((60, 20, 60, COLOURS[0]))), PLAIN)
    assert [region.name for region in query.regions] == ["photo"]
    assert query.regions[0].box == (0, 0, 200, 100) == (0, 0, *query.size)


def test_each_of_several_things_is_found_and_shown_alone():
    query = read_query(png(scene((10, 20, 60, COLOURS[0]), (130, 30, 50, COLOURS[2]))), PLAIN)
    assert [region.name for region in query.regions] == ["photo", "object 1", "object 2"]
    for region, (x, y, side, colour) in zip(query.regions[1:], [(10, 20, 60, COLOURS[0]), (130, 30, 50, COLOURS[2])]):
        left, top, width, height = region.box
        assert left <= x and top <= y and left + width >= x + side and top + height >= y + side
        assert width < 1.4 * side and height < 1.4 * side
        middle = region.picture[region.picture.shape[0] // 2, region.picture.shape[1] // 2]
        assert np.abs(middle.astype(int) - colour).max() < 10


def test_boxes_are_in_pixels_of_the_photo_though_it_is_decoded_smaller():
    big = cv2.resize(scene((10, 20, 60, COLOURS[0]), (130, 30, 50, COLOURS[2])), (1600, 800),
                     interpolation=cv2.INTER_NEAREST)
    data = cv2.imencode(".jpg", big[:, :, ::-1])[1].tobytes()
    query = read_query(data, PLAIN)
    assert query.size == (1600, 800) and query.image.shape[1] < 1600
    left, top, width, height = query.regions[1].box
    assert left <= 80 and top <= 160 and left + width >= 560 and top + height >= 640 and width < 700


def test_a_box_is_searched_alone():
    query = read_query(png(scene((10, 20, 60, COLOURS[0]), (130, 30, 50, COLOURS[2]))), PLAIN, box=(110, 10, 90, 90))
    region, = query.regions
    assert (region.name, region.box) == ("box", (110, 10, 90, 90))
    assert not (region.picture == COLOURS[0]).all(axis=2).any()


@pytest.mark.parametrize("box", [(-1, 0, 10, 10), (0, 0, 201, 10), (150, 50, 60, 10), (0, 90, 10, 20), (5, 5, 0, 3)])
def test_a_box_outside_the_photo_is_refused(box):
    with pytest.raises(UserError, match="does not lie in the photo of 200 x 100 pixels"):
        read_query(png(scene((60, 20, 60, COLOURS[0]))), PLAIN, box=box)


@pytest.mark.parametrize("data", [b"", b"no photo", b"\xff\xd8\xff\xe0"])
def test_what_is_no_photo_is_refused(data):
    with pytest.raises(ImageError):
        read_query(data, PLAIN)


def test_a_background_that_is_kept_is_kept_around_objects_too():
    recipe = Recipe(method="contours", fill="keep", max_side=128)
    image = scene((10, 20, 60, COLOURS[0]), (130, 30, 50, COLOURS[2]))
    image[:5] = (7, 8, 9)
    regions = read_query(png(image), recipe).regions
    np.testing.assert_array_equal(regions[0].picture[0, 0], (7, 8, 9))


@pytest.mark.parametrize("recipe, cuts", [
    (Recipe(max_side=128), 2), (Recipe(max_side=128, crop=True), 1), (Recipe(max_side=128, fill="white"), 1),
    (Recipe(max_side=128, save_masks=True), 1), (Recipe(max_side=128, every_mask=True), 1)])
def test_a_product_that_the_recipe_looks_for_is_not_looked_for_again(monkeypatch, recipe, cuts):
    looked = []

    def product_mask_counted(image, **options):
        looked.append(options)
        return product_mask(image, **options)
    for module in ("photos.prepare", "search.objects"):
        monkeypatch.setattr(f"imgcluster.{module}.product_mask", product_mask_counted)
    noise = np.random.default_rng(0).integers(0, 255, (100, 200, 3)).astype(np.uint8)
    read_query(png(noise), recipe)
    assert len(looked) == cuts, "on a ground that is not plain"


# ---------------------------------------------------------------- features

@pytest.mark.parametrize("suffix, fill, compiled", [
    (".jpg", "white", True), (".jpg", "transparent", False), (".jpg", "keep", False), (".png", "keep", False),
    (".WEBP", "keep", False), (".WEBP", "transparent", False), (".heic", "white", False)])
def test_a_photo_of_the_catalogue_gets_the_features_it_has(tmp_path, tiny_embedding, silent, suffix, fill, compiled):
    names = [save(tmp_path / "raw" / f"{row}{suffix}", picture(row % 4, row)).name for row in range(5)]
    folders = Folders(tmp_path / "raw", tmp_path / "img", tmp_path / "masks")
    recipe = Recipe(method="contours", fill=fill, max_side=40)
    preprocess_folder(folders, names, recipe, ledger=tmp_path / "ledger", workers=1, progress=silent)
    network = tiny_embedding()
    extract_features(network, folders.img, names, tmp_path / "features.npy", batch_size=4, key=0,
                     max_pixels=10**8, workers=1, progress=silent)
    queries = [read_query((tmp_path / "raw" / name).read_bytes(), recipe).regions[0].picture for name in names]
    found, general = Encoder(network, suffix=usual_suffix(names), compiled=compiled).encode(queries)
    np.testing.assert_array_equal(general, found)
    np.testing.assert_allclose(found, np.load(tmp_path / "features.npy"), atol=1e-5)


def test_queries_are_compressed_as_most_of_the_catalogue_is():
    assert usual_suffix(["a.jpg", "b.PNG", "sub/c.png", "d"]) == ".png" and usual_suffix([]) == ".jpg"


@pytest.mark.parametrize("recipe", [Recipe(max_side=100), Recipe(max_side=100, save_masks=True, fill="white")])
def test_a_large_photo_of_a_small_product_is_prepared_as_it_was_for_the_catalogue(tmp_path, silent, recipe):
    large = np.full((600, 800, 3), 250, np.uint8)
    large[250:350, 350:450] = np.where(np.arange(100)[:, None] % 4 < 2, 200, 20)[:, :, None]
    data = cv2.imencode(".jpg", large)[1].tobytes()
    folders = Folders(tmp_path / "raw", tmp_path / "img", tmp_path / "masks")
    folders.raw.mkdir()
    (folders.raw / "a.png").write_bytes(data)  # written without loss, whatever is in it
    preprocess_folder(folders, ["a.png"], recipe, ledger=tmp_path / "ledger", workers=1, progress=silent)
    picture = read_query(data, recipe).regions[0].picture
    assert picture.shape == (100, 100, 3)
    np.testing.assert_array_equal(picture, read_image(folders.img / "a.png"))


def test_what_the_network_saw_before_comes_beside_its_features(tiny_embedding):
    import keras

    learnt, before, pictures = tiny_embedding(1), tiny_embedding(), [picture(0), picture(1)]
    both = keras.Model(learnt.input, [learnt.output, before(learnt.input)])
    for found, network in zip(Encoder(both).encode(pictures), (learnt, before)):
        np.testing.assert_allclose(found, Encoder(network).encode(pictures)[0], atol=1e-5)


def test_features_made_otherwise_are_refused(tmp_path):
    settings = {"RANDOM_SEED": 0, "BACKBONE": "MobileNetV2", "WEIGHTS": "imagenet", "PCA_WHITENING": None}
    source = {"network": "MobileNetV2", "trained_on": None, "network_file": "abc"}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    with pytest.raises(UserError, match="features.npy: step 03 did not make it"):
        check_settings(tmp_path, settings, trained=False)
    check_network(tmp_path, source, 5)
    with pytest.raises(UserError, match="5 features a photo, the network MobileNetV2 gives 6"):
        check_network(tmp_path, source, 6)
    write_json(tmp_path / "made_by_03.json", {"settings": settings, **source})
    check_settings(tmp_path, settings | {"RANDOM_SEED": 9}, trained=False)
    with pytest.raises(UserError, match="BACKBONE: 'MobileNetV2' -> 'VGG16'"):
        check_settings(tmp_path, settings | {"BACKBONE": "VGG16"}, trained=False)
    with pytest.raises(UserError, match="network_file: abc -> def"):
        check_network(tmp_path, source | {"network_file": "def"}, 5)


def test_photos_placed_in_an_earlier_dataset_are_searched_by_its_network(tmp_path):
    settings = {"TRAIN_DATASET": "week1", "RESIZE_MODE": "pad", "WEIGHTS": None}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    write_json(tmp_path / "made_by_03.json", {"settings": settings})
    for assigned, name, told in (("week1", "TRAIN_DATASET", "clusters of week1: set ASSIGN_TO = 'week1'"),
                                 ("week1", "RESIZE_MODE", "run 03_extract_features.py again"),
                                 (None, "TRAIN_DATASET", "run 03_extract_features.py again")):
        write_json(tmp_path / "cluster_count.json", {"assigned_to": assigned})
        with pytest.raises(UserError, match=f"{told}$"):
            check_settings(tmp_path, settings | {name: "other"}, trained=True)


def test_by_a_network_of_step_02_features_can_be_compared_whatever_network_is_set(tmp_path):
    # Step 03 uses its file all the same, and notes what was set then.
    settings = {"BACKBONE": "MobileNetV2", "WEIGHTS": "a.h5", "INPUT_SIZE": 96, "RANDOM_SEED": 0, "RESIZE_MODE": "pad"}
    source = {"network": "InceptionV3", "trained_on": "others", "network_file": "abc"}
    np.save(tmp_path / "features.npy", np.ones((2, 5), np.float32))
    write_json(tmp_path / "made_by_03.json", {"settings": settings, **source})
    other = settings | {"BACKBONE": "InceptionV3", "WEIGHTS": None, "INPUT_SIZE": None, "RANDOM_SEED": 9}
    check_settings(tmp_path, other, trained=True)
    check_network(tmp_path, source, 5)
    with pytest.raises(UserError, match="RESIZE_MODE: 'pad' -> 'stretch'"):
        check_settings(tmp_path, other | {"RESIZE_MODE": "stretch"}, trained=True)
    with pytest.raises(UserError, match="BACKBONE: 'MobileNetV2' -> 'InceptionV3'; WEIGHTS"):
        check_settings(tmp_path, other, trained=False)


def test_whitening_is_applied_and_missed(tmp_path, tiny_embedding):
    assert read_whitening(tmp_path, None) is None
    with pytest.raises(UserError, match="whitening.npz is missing"):
        read_whitening(tmp_path, 3)
    (tmp_path / "whitening.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match="whitening.npz: damaged"):
        read_whitening(tmp_path, 3)
    network, pictures = tiny_embedding(), [picture(0), picture(1)]
    mean, axes = np.full(8, 0.1, np.float32), np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    np.testing.assert_allclose(Encoder(network, whitening=(mean, axes)).encode(pictures)[0],
                               (Encoder(network).encode(pictures)[0] - mean) @ axes, atol=1e-5)


# ---------------------------------------------------------------- catalog.csv

def test_product_data_by_file_and_by_model(tmp_path):
    path = tmp_path / "catalog.csv"
    path.write_text("\ufeffmodel,file,name,price\n12,,Mug,\"1,50 €\"\n,a/b.jpg,Special mug,3\n", encoding="utf-8")
    catalog = read_product_data(path)
    assert catalog.columns == ["name", "price"]
    assert catalog.of_photo("x.jpg", "12") == {"name": "Mug", "price": "1,50 €"}
    assert catalog.of_photo("a/b.jpg", "12")["name"] == "Special mug"
    assert catalog.of_product("13", ["x.jpg", "a/b.jpg"])["name"] == "Special mug"
    assert catalog.of_product("13", ["x.jpg"]) == {}
    assert read_product_data(tmp_path / "none.csv").columns == []


@pytest.mark.parametrize("label", ["Air_Max", "Air Max"])
def test_models_match_labels_whichever_blanks_became_one_word(tmp_path, label):
    (tmp_path / "catalog.csv").write_text("model,name\n Air  Max,Nike\n")
    catalog = read_product_data(tmp_path / "catalog.csv")
    assert catalog.of_photo("x.jpg", label) == catalog.of_product(label, []) == {"name": "Nike"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_lines_of_a_catalog_are_known_however_other_programs_write_them(tmp_path, form):
    (tmp_path / "catalog.csv").write_text(unicodedata.normalize(form, "Model,FILE,Name,Price\nMüller 1,,Mug,5\n"
                                          ",sub\\é.jpg,Cup,\n"), encoding="utf-8")
    for other in ("NFC", "NFD"):
        photo, label = (unicodedata.normalize(other, text) for text in ("sub/é.jpg", "Müller_1"))
        catalog = read_product_data(tmp_path / "catalog.csv", [photo])
        assert catalog.of_product(label, []) == {"name": "Mug", "price": "5"} and catalog.columns == ["name", "price"]
        assert catalog.of_photo(photo, "other")["name"] == "Cup" and catalog.strays([photo], [label]) == []


def test_a_photo_whose_line_comes_again_in_another_spelling_is_told(tmp_path):
    (tmp_path / "catalog.csv").write_text("file,name\na\\b.jpg,x\na/b.jpg,y\n")
    with pytest.raises(UserError, match="line 3: file 'a/b.jpg' comes a second time"):
        read_product_data(tmp_path / "catalog.csv", ["a/b.jpg"])


def test_lines_that_match_nothing_are_told(tmp_path):
    write_dataset(tmp_path, "true", np.array(["Air_Max", "Boot"] * 15))
    for text, said in (("file,model,name\n,Air Max,a\n7.jpg,,b\n", []),
                       ("file,model,name\n,Air Min,a\n,Boot,b\n70.jpg,,c\n",
                        ["catalog.csv: 2 of its 3 lines match no photo and no product, first file '70.jpg'"])):
        (tmp_path / "catalog.csv").write_text(text)
        lines = []
        open_catalogue(tmp_path, seed=0, say=lines.append)
        assert lines == said


def test_clusters_are_found_in_a_catalog_by_their_names_too(tmp_path):
    write_dataset(tmp_path, "pred", np.arange(30) % 3)
    (tmp_path / "cluster_names.csv").write_text("cluster,name\n0,Red mug\n1,2\n2,Cup\n")
    (tmp_path / "catalog.csv").write_text("model,price\nred mug,0\n2,1\nRed mug,2\nSaucer,3\n")
    said = []
    data = open_catalogue(tmp_path, seed=0, say=said.append).product_data
    # A number is that of a cluster, though another one is called by it.
    assert [data.of_product(label, []) for label in "012"] == [{"price": "2"}, {}, {"price": "1"}]
    assert said == ["catalog.csv: 2 of its 4 lines match no photo and no product, first model 'red_mug'"]


def test_a_catalog_that_a_spreadsheet_saved_with_semicolons_is_read(tmp_path):
    (tmp_path / "catalog.csv").write_text("model;price\nx;1,99\n")
    assert read_product_data(tmp_path / "catalog.csv").columns == ["price"]
    (tmp_path / "catalog.csv").write_text('model;"price, in €";;\nx;1,99;;\n', encoding="utf-8")
    assert read_product_data(tmp_path / "catalog.csv").columns == ["price, in €"]
    (tmp_path / "catalog.csv").write_text('size 5";model;price 6"\n1;x;2\n')
    assert read_product_data(tmp_path / "catalog.csv").columns == ['size 5"', 'price 6"']


@pytest.mark.parametrize("text, said", [("name,price\nMug,1\n", "one must be file or model"),
                                        ("model,name\n1,a\n1,b\n", "line 3: model '1' comes a second time"),
                                        ("model,name\n1,a\n\n\"2\n3\",c\n1,b\n", "line 6: model '1' comes a"),
                                        ("model,name\n1,a\n   \n1,b\n", "line 4: model '1' comes a second time"),
                                        (f"model,name\n1,{'a' * 140_000}\n1,b\n", "line 3: model '1' comes a second"),
                                        ("model,name\nA b,a\nA_b,b\n", "line 3: model 'A_b' comes a second time"),
                                        ("", "columns none; one must be"),
                                        ("model,price\nx,1,99\n", "line 2")])
def test_a_wrong_catalog_is_refused(tmp_path, text, said):
    (tmp_path / "catalog.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        read_product_data(tmp_path / "catalog.csv")


@pytest.mark.parametrize("text, link", [("https://x.example/1?a=b", "https://x.example/1?a=b"), (" http://x ", "http://x"),
                                        ("javascript:alert(1)", ""), ("data:text/html,x", ""), ("//x/y", ""),
                                        ("https://[bad", ""), ("", "")])
def test_only_links_to_the_web_are_links(text, link):
    assert safe_url(text) == link


# ---------------------------------------------------------------- searcher and results

def colour_network():
    """A network whose three features are how much of each colour is missing in a picture."""
    import keras

    pictures = keras.Input((16, 16, 3))
    missing = keras.layers.Rescaling(-1 / 255, offset=1.0)(pictures)
    return keras.Model(pictures, keras.layers.GlobalAveragePooling2D()(missing))


@pytest.fixture(scope="module")
def searcher():
    """Searches 24 photos of four products."""
    encoder = Encoder(colour_network())
    pictures = [picture(row % 4, row) for row in range(24)]
    features, general = encoder.encode([read_query(png(image), PLAIN).regions[0].picture for image in pictures])
    paths = [f"{row}.png" for row in range(24)]
    products = products_of(paths, np.array([f"model {row % 4}" for row in range(24)]), None)
    data = ProductData(by_model={"model_0": {"name": "Red, \"square\"", "url": "https://x"}}, columns=["name", "url"])
    return Searcher(Catalogue(paths, CosineIndex(features), general, products, Calibration(5.0, 0.2, 0.2), data),
                    encoder, PLAIN)


def test_the_same_product_comes_first(searcher):
    for product in range(4):
        query = searcher.read(png(picture(product, 99)))
        answer, = searcher.search(query, count=3)
        assert answer.similar and answer.products[0].label == f"model {product}"
        assert answer.photos[0].label == f"model {product}" and len(answer.photos) == 3
        scores = [item.score for item in answer.products]
        assert scores == sorted(scores, reverse=True) and 0.3 < scores[0] < 1 and sum(scores) < 1
        assert [photo.score for photo in answer.photos] == [scores[0]] * 3


def test_objects_of_a_scene_each_find_their_product(searcher):
    image = np.hstack([picture(1, 50), picture(2, 51)])
    query = searcher.read(png(image))
    answers = searcher.search(query, count=2)
    assert {answer.products[0].label for answer in answers[1:]} == {"model 1", "model 2"}
    assert best_answer(answers) in answers[1:]
    strange = [answers[0], *(replace(answer, similar=False) for answer in answers[1:])]
    assert best_answer(strange) is answers[0]


def test_a_line_for_one_photo_of_a_product_is_shown_whichever_of_its_photos_are_found(searcher):
    # 5.png is left out of what is like it, and so is not among the photos found.
    data = ProductData(by_file={"5.png": {"name": "Green"}, "17.png": {"name": "Later"}}, columns=["name"])
    one = Searcher(replace(searcher.catalogue, product_data=data), searcher.encoder, PLAIN)
    product, *others = one.like(5, count=4).products
    assert product.label == "model 1" and product.details == {"name": "Later"}, "what was found goes first"
    data.by_file.pop("17.png")
    product, *others = one.like(5, count=4).products
    assert product.details == {"name": "Green"} and [other.details for other in others] == [{}] * 3


def test_like_a_photo_of_the_catalogue_without_itself(searcher):
    answer = searcher.like(5, count=4)
    assert "5.png" not in [photo.file for photo in answer.photos] and answer.products[0].label == "model 1"


def test_nothing_similar_is_said_below_the_floor(searcher):
    strict = Searcher(Catalogue(**{**vars(searcher.catalogue), "calibration": Calibration(5.0, 1.1, 1.1)}),
                      searcher.encoder, PLAIN)
    query = strict.read(png(picture(0, 99)))
    answers = strict.search(query, count=2)
    assert not answers[0].similar and answers[0].products[0].score is None and len(answers[0].products) == 2
    table = as_table([("x", answers)], strict.catalogue, level="products").splitlines()
    assert "nothing similar in the catalogue" in table[0] and table[2].split()[:2] == ["1", "-"]


def test_counts_are_checked_against_the_catalogue(searcher):
    catalogue = searcher.catalogue
    assert check_count(None, catalogue, level="products") == 4 and check_count(None, catalogue, level="photos") == 5
    assert check_count(4, catalogue, level="products") == 4
    for count, level, size in ((5, "products", 4), (25, "photos", 24), (0, "photos", 24), (-1, "products", 4)):
        with pytest.raises(UserError, match=f"--top {count}: the catalogue has {size} {level}"):
            check_count(count, catalogue, level=level)


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


@pytest.mark.parametrize("file, shown", [
    ("Yoghurt/Yoghurt_006.jpg", "Yoghurt/Yoghurt_006.jpg"),
    ("Valio-Vanilla-Yoghurt/Valio-Vanilla-Yoghurt_006.jpg", "Valio-Van…/Valio-Vanilla-Yoghurt_006.jpg"),
    ("brand/" + 2 * "Valio-Vanilla-Yoghurt_" + "6.jpg", "Valio-Vanilla-Yoghur…nilla-Yoghurt_6.jpg"),
    (f"folder/{38 * 'x'}", f"…/{38 * 'x'}"), (f"folder/{39 * 'x'}", 39 * "x")])
def test_a_file_keeps_its_own_name_in_the_table_where_there_is_room(searcher, file, shown):
    named = Searcher(replace(searcher.catalogue, img_paths=[file] * 24), searcher.encoder, PLAIN)
    found = [("q.png", named.search(named.read(png(picture(0, 99))), count=1))]
    for level in ("products", "photos"):
        assert f" {shown}" in as_table(found, named.catalogue, level=level).splitlines()[2]


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


def title_of(figure):
    """The title of a figure, wherever it is written."""
    return " ".join([figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)])


def test_the_figure_shows_query_and_hits(searcher, tmp_path):
    query = searcher.read(png(np.hstack([picture(1, 50), picture(2, 51)])))
    for row in range(24):
        save(tmp_path / f"{row}.png", picture(row % 4, row))
    figure = figure_of("two.png", query, searcher.search(query, count=2), searcher.catalogue, [tmp_path])
    assert "most like model" in title_of(figure)
    axes = figure.axes[0]
    assert len(axes.texts) == 2 * 3 * 4  # three regions, two pictures and two hits each, two texts below each
    canvas = axes.images[0].get_array()
    assert all((np.abs(canvas.astype(int) - COLOURS[product]).max(axis=2) < 30).any() for product in (1, 2))


def test_the_figure_calls_a_product_by_its_name_in_the_catalogue(searcher, tmp_path):
    query = searcher.read(png(picture(0, 50)))
    figure = figure_of("red.png", query, searcher.search(query, count=1), searcher.catalogue, [tmp_path])
    assert "most like Red, \"square\"" in title_of(figure)


@pytest.mark.parametrize("photos, figures", [
    (["a/x.jpg", "b/x.png", "y.jpg"], ["x.png", "x_2.png", "y.png"]),
    (["a/x.jpg", "b/x.png", "x_2.jpg"], ["x.png", "x_2.png", "x_2_2.png"]),
    (["x_2.jpg", "a/x.jpg", "b/x.png", "X.jpg"], ["x_2.png", "x.png", "x_3.png", "X_4.png"])])
def test_figures_have_names_of_their_own(photos, figures):
    taken = []
    for photo in photos:
        taken.append(figure_name(photo, {name.lower() for name in taken}))
    assert taken == figures


def test_pictures_are_let_go_as_photos_are_searched(searcher, tmp_path, silent):
    pictures, alive = [], []

    class Watched(Searcher):
        def read(self, data, *, box=None):
            query = super().read(data, box=box)
            pictures.extend(weakref.ref(picture) for picture in (query.image, query.regions[0].picture))
            return query

        def search(self, query, *, count):
            alive.append(sum(picture() is not None for picture in pictures))
            return super().search(query, count=count)

    for row in range(20):
        save(tmp_path / "queries" / f"{row}.png", picture(row % 4, row))
    watched = Watched(searcher.catalogue, searcher.encoder, PLAIN)
    figures = Figures(tmp_path / "figures", searcher.catalogue, [tmp_path])
    with silent() as bar:
        found = search_photos(watched, list_queries([tmp_path / "queries"], warn=print), count=2, workers=1,
                              figures=figures, warn=print, bar=bar)
    assert len(found) == 20 == len(list((tmp_path / "figures").glob("*.png"))) and len(pictures) == 40
    assert max(alive) <= 8 and not any(picture() is not None for picture in pictures)
    assert as_table(found, searcher.catalogue, level="products").count("nearest photo") == 20


def test_a_search_goes_on_without_bad_photos_named_or_in_a_folder(searcher, tmp_path, silent):
    for name in ("b.png", "c.png"):
        save(tmp_path / "queries" / name, picture(1, 77))
    (tmp_path / "queries" / "a.png").write_bytes(b"no photo")
    warnings = []
    options = {"count": 2, "workers": 2, "warn": warnings.append}
    with silent() as bar:
        found = search_photos(searcher, list_queries([tmp_path / "queries"], warn=print), bar=bar, **options)
        assert [name for name, _ in found] == [str(tmp_path / "queries" / name) for name in ("b.png", "c.png")]
        assert "a.png: " in warnings[0]
        named = list_queries([tmp_path / "queries" / "b.png", tmp_path / "queries" / "a.png"], warn=print)
        found = search_photos(searcher, named, bar=bar, **options)
        assert [name for name, _ in found] == [str(tmp_path / "queries" / "b.png")] and "a.png: " in warnings[1]
        with pytest.raises(UserError, match="a.png: .*name a photo that can be read"):
            search_photos(searcher, named[1:], bar=bar, **options)
    check_readable(named[::-1], PLAIN)
    with pytest.raises(UserError, match=r"none of the 7 photos can be read(\n  .*a.png: .*){5}\n  ... and 2 more$"):
        check_readable(named[1:] * 7, PLAIN)
    for name in (tmp_path / "none.jpg", tmp_path / ("a" * 300), ""):
        with pytest.raises(UserError, match="no such file; name a photo"):
            list_queries([name], warn=print)
    with pytest.raises(UserError, match="--box goes with one photo, not with 3"):
        list_queries([tmp_path / "queries"], box=(0, 0, 6, 6), warn=print)


def broken_off(share):
    """A PNG photo whose file ends after a share of it."""
    data = png(np.random.default_rng(0).integers(1, 255, (100, 100, 3), dtype=np.uint8))
    return data[:int(share * len(data))]


def test_a_photo_that_lacks_a_part_is_searched_with_a_warning_and_none_that_lacks_most(searcher, tmp_path, silent):
    for name, data in (("a.png", broken_off(0.3)), ("b.png", broken_off(0.7)), ("c.png", broken_off(1))):
        (tmp_path / name).write_bytes(data)
    said = []
    with silent() as bar:
        found = search_photos(searcher, list_queries([tmp_path], warn=print), count=1, workers=1, warn=said.append,
                              bar=bar)
    assert [name for name, _ in found] == [str(tmp_path / name) for name in ("b.png", "c.png")] and len(said) == 2
    assert "a.png: incomplete file: 7" in said[0] and said[0].endswith("% of its rows are missing; passed over")
    assert "b.png: incomplete file: 3" in said[1] and said[1].endswith("% of its rows are missing; searched as it is")
    for box in (None, (0, 0, 10, 10)):
        assert "incomplete" in read_query(broken_off(0.7), PLAIN, box=box).warning
        with pytest.raises(ImageError, match="incomplete file"):
            read_query(broken_off(0.3), PLAIN, box=box)
    assert read_query(broken_off(1), PLAIN).warning is None
    assert "incomplete file" in read_query(with_rubbish(0.75), PLAIN).warning
    with pytest.raises(ImageError, match="rows are missing"):
        read_query(with_rubbish(0.25), PLAIN)


def test_a_photo_of_one_colour_is_refused_as_step_01_does():
    with pytest.raises(ImageError, match="nothing but one colour"):
        read_query(png(scene(width=400, height=400)), PLAIN)
    assert read_query(png(scene((200, 200, 40, COLOURS[0]), width=400, height=400)), PLAIN).warning is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names with line breaks")
def test_a_photo_of_a_folder_whose_name_is_no_line_is_said_to_be_passed_over(tmp_path):
    for name in ("a.png", "line\nbreak.png"):
        save(tmp_path / name, picture(1, 77))
    said = []
    assert [source.path.name for source in list_queries([tmp_path], warn=said.append)] == ["a.png"]
    assert len(said) == 1 and "line\\nbreak.png: the name holds a line break" in said[0]


# ---------------------------------------------------------------- the opened dataset

def write_dataset(data_dir, kind, labels):
    """A dataset of N photos, ten dimensions and labels (true or pred) [N] by which their features lie together."""
    groups = np.unique(labels, return_inverse=True)[1]
    features = np.random.default_rng(0).normal(size=(len(labels), 10)) + 9 * np.eye(10)[groups]
    np.save(data_dir / "features.npy", features.astype(np.float32))
    write_lines(data_dir / "img_paths.txt", [f"{row}.jpg" for row in range(len(labels))])
    write_labels(data_dir, kind, labels)


def test_a_cluster_that_is_no_longer_named_goes_by_its_number(tmp_path):
    write_dataset(tmp_path, "pred", np.arange(30) % 3)
    (tmp_path / "cluster_names.csv").write_text("cluster,name\n0,Red boots\n1,\n")
    assert opened(tmp_path).products.names == ["Red boots", "cluster 1", "cluster 2"]


def test_the_calibration_is_kept_until_the_labels_change(tmp_path):
    write_dataset(tmp_path, "true", (np.arange(60) % 6).astype(str))
    first = opened(tmp_path)
    kept = (tmp_path / "search_calibration.json").read_bytes()
    again = opened(tmp_path)
    assert (tmp_path / "search_calibration.json").read_bytes() == kept
    assert again.calibration == first.calibration
    write_labels(tmp_path, "true", np.random.default_rng(1).permutation(np.arange(60) % 6).astype(str))
    assert opened(tmp_path).calibration.sharpness < first.calibration.sharpness


def test_a_dataset_that_may_only_be_read_is_searched_all_the_same(tmp_path, monkeypatch):
    write_dataset(tmp_path, "true", (np.arange(60) % 6).astype(str))

    def refuse(path, _):
        raise OSError(errno.EROFS, "Read-only file system", str(path))
    monkeypatch.setattr("imgcluster.search.catalogue.write_json", refuse)
    first = opened(tmp_path)
    assert not (tmp_path / "search_calibration.json").exists()
    monkeypatch.undo()
    assert opened(tmp_path).calibration == first.calibration


def one_more_photo(data_dir):
    """Let a photo come first, of a product of its own, as `07_search.py --add` and steps 00 to 03 do."""
    names, labels = read_lines(data_dir / "img_paths.txt"), read_lines(data_dir / "labels_true.txt")
    features = np.load(data_dir / "features.npy")
    write_array(data_dir / "features.npy", np.concatenate([-features[-1:], features]))
    write_lines(data_dir / "img_paths.txt", [f"{len(names)}.jpg", *names])
    write_labels(data_dir, "true", [f"new {len(names)}", *labels])


@pytest.mark.parametrize("changes", [1, 2])
def test_a_dataset_that_changes_while_it_is_read_is_read_anew(tmp_path, monkeypatch, changes):
    class Slow(CosineIndex):
        def __init__(self, features):
            super().__init__(features)
            if len(features) < 30 + changes:
                one_more_photo(tmp_path)

    write_dataset(tmp_path, "true", (np.arange(30) % 3).astype(str))
    own = np.load(tmp_path / "features.npy")[:1]
    monkeypatch.setattr("imgcluster.search.catalogue.CosineIndex", Slow)
    catalogue = opened(tmp_path)
    row = catalogue.index.search(own, 1)[0][0, 0]
    assert len(catalogue.img_paths) == len(catalogue.index) == len(catalogue.products.codes) == 30 + changes
    assert catalogue.img_paths[row] == "0.jpg" and catalogue.products.labels[catalogue.products.codes[row]] == "0"


def test_a_dataset_that_never_stays_as_it_is_is_refused_but_damage_is_told_as_such(tmp_path, monkeypatch):
    write_dataset(tmp_path, "true", (np.arange(30) % 3).astype(str))
    write_lines(tmp_path / "labels_true.txt", ["0"] * 29)
    with pytest.raises(UserError, match="labels_true.txt: 29 rows, but img_paths.txt has 30"):
        opened(tmp_path)
    write_dataset(tmp_path, "true", (np.arange(30) % 3).astype(str))
    monkeypatch.setattr("imgcluster.search.catalogue.read_names", lambda data_dir: one_more_photo(data_dir) or {})
    with pytest.raises(UserError, match="another run changes its files while they are read; wait until it has ended"):
        opened(tmp_path)


def test_another_kind_is_told_by_the_features_from_before_where_there_are_such(tmp_path):
    write_dataset(tmp_path, "true", (np.arange(60) % 6).astype(str))
    note_features(tmp_path, {"network": "some"})
    alone = opened(tmp_path)
    assert alone.general.shape == (60, 10)
    np.save(tmp_path / "features_before.npy", np.random.default_rng(1).normal(size=(60, 4)).astype(np.float16) + 3)
    beside = opened(tmp_path)
    assert beside.general.shape == (60, 4) and beside.calibration.floor != alone.calibration.floor
    assert beside.calibration.sharpness == alone.calibration.sharpness
    assert opened(tmp_path).calibration == beside.calibration


def test_the_legend_says_why_there_are_no_scores_and_what_similarity_is(tmp_path):
    for labels, why in ((np.arange(12) % 3, "fewer than 20 photos whose product has another"),
                        (np.zeros(30, int), "one product alone")):
        write_dataset(tmp_path, "pred", labels)
        catalogue = opened(tmp_path)
        products, photos = (as_text([], catalogue, form="table", level=level) for level in ("products", "photos"))
        assert f"(no scores: {why}" in products and f"(no scores: {why}" in photos
        assert "1 is the same" in photos and "1 is the same" not in products and "3 best photos" in products
