"""A query's answers: the right product first, and how sure."""
from dataclasses import replace

import numpy as np
import pytest
from search_cases import PLAIN, png
from shop import picture

from imgcluster.errors import UserError
from imgcluster.search.calibration import Calibration
from imgcluster.search.catalogue import Catalogue
from imgcluster.search.product_data import ProductData
from imgcluster.search.results import as_table
from imgcluster.search.searcher import Searcher, best_answer, check_count


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
