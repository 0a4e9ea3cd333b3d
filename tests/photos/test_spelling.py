"""Names in other spellings: columns by their capitals, photos by their paths, words by their accents, labels mistyped.
"""
import itertools
import time
import unicodedata

import pandas as pd
import pytest

from imgcluster.photos.spelling import Spelled, as_listed, evenly_spaced, folded, with_columns, written_otherwise

FORMS = ("NFC", "NFD")


def test_columns_are_known_by_any_capitals_and_blanks_but_never_two_by_one_name():
    names = ("file", "name")
    for given, known in ((["File", "NAME", "Size"], ["file", "name", "Size"]), (["File", "file"], ["File", "file"]),
                         (["Name", "NAME", "FILE"], ["Name", "NAME", "file"]), (["file", " name "], ["file", "name"])):
        assert list(with_columns(pd.DataFrame(columns=given), names).columns) == known


@pytest.mark.parametrize("path, photo", [("a/b.jpg", "a/b.jpg"), ("./a/b.jpg", "a/b.jpg"), ("a\\b.jpg", "a/b.jpg"),
                                         (".\\a\\b.jpg", "a/b.jpg"), ("A/b.jpg", "A/b.jpg"), ("x\\y.jpg", "x\\y.jpg"),
                                         (" c.jpg ", "c.jpg"), ("./c.jpg ", "c.jpg"), (" d.jpg", " d.jpg")])
def test_a_path_leads_to_its_photo_or_stays_as_it_is(path, photo):
    assert as_listed([path], {"a/b.jpg", "c.jpg", "d.jpg", " d.jpg"}) == [photo]


@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("listed", FORMS)
def test_accents_are_compared_however_they_are_composed(written, listed):
    written, listed = (unicodedata.normalize(form, "Öl/é.jpg") for form in (written, listed))
    assert as_listed([written], {listed}) == [listed] and folded(written) == folded(listed.upper())
    assert folded("Straße") == folded("STRASSE") and folded("a") != folded("b")


PHOTOS = ["Zoë´s Laden/Foto ü84.jpg", "ebay 🛒/DSC162.PNG", "ebay 🛒/DSC163.PNG", "b/IMG 0216.JPEG", "c/IMG 0216.JPEG",
          "red boots.jpg"]


@pytest.mark.parametrize("path, photos", [
    ("Zoe's Laden/Foto u84.jpg", PHOTOS[:1]), ("foto ü84", PHOTOS[:1]), ("ebay/DSC162.PNG", PHOTOS[1:2]),
    ("DSC162.jpg", PHOTOS[1:2]), ("DCS162.PNG", PHOTOS[1:2]), ("IMG 0216.jpeg", PHOTOS[3:5]),
    ("shop c\\img_0216.jpeg", PHOTOS[4:5]), ("red bots.png", PHOTOS[5:]),
    ("DSC164.PNG", []), ("gone.jpg", []), ("2", []), ("", [])])
def test_a_path_that_leads_to_none_may_be_meant_for_photos_called_much_like_it(path, photos):
    assert Spelled(PHOTOS).meant(path) == photos
    assert Spelled([]).meant(path) == []


@pytest.mark.parametrize("text", [" a  b ", "a\u00a0b", "a\tb\n", "\u3000a b"])
def test_blanks_of_any_kind_are_single_ones(text):
    assert evenly_spaced(text) == "a b"


@pytest.mark.parametrize("one, other", [
    ("Arla Sour Cream", "arla sour cream"), ("Air-Max", "Air Max"), ("AirMax", "Air_Max"), ("Levi's", "Levis"),
    ("crème", "creme"), ("iPhone11", "iphone 11"), ("ｉｐｈｏｎｅ", "iphone"), ("boots\u200b", "boots"),
    ("\u00e9", "e\u0301")])
def test_texts_written_alike_are_pairs_however_often_they_are_there(one, other):
    assert written_otherwise({one: 3, other: 4}) == [(one, other)] == written_otherwise({other: 4, one: 3})


@pytest.mark.parametrize("wrong", ["Alpro Vaanilla Soyghurt", "Alpro Vanila Soyghurt", "alpro vanulla-soyghurt",
                                   "Alpro Vnailla Soyghurt", "Alpro Vanilla Soyghurtt"])
def test_a_seldom_text_with_one_letter_wrong_is_a_pair_with_the_usual_one(wrong):
    right = "Alpro Vanilla Soyghurt"
    assert written_otherwise({wrong: 2, right: 10}) == [(wrong, right)]
    assert written_otherwise({wrong: 3, right: 10}) == [], "as often as two products are"
    other = "Alpro Vonilla Soyghurt"
    assert sorted(written_otherwise({wrong: 1, right: 20, other: 1})) == sorted([(wrong, right), (other, right)])


@pytest.mark.parametrize("one, other", [
    ("12", "13"), ("iphone 11", "iphone 12"), ("size 38", "size 39"), ("boots 1", "boots 11"),
    ("boots 1.5", "boots 15"), ("boots 1 2", "boots 12"), ("boots", "boots 2"), ("Galaxy S9", "Galaxy S9+"),
    ("model A", "model B"), ("size S", "size M"), ("hat", "bat"), ("classic shirts", "klassik shirts"),
    ("여성운동화", "남성운동화"), ("バナナジュース", "パナナジュース"), ("👟", "👞")])
def test_texts_that_name_two_things_are_no_pair(one, other):
    assert written_otherwise({one: 1, other: 50}) == written_otherwise({one: 50, other: 1}) == []


def test_one_that_is_as_near_to_several_is_no_pair():
    letters = {f"product{letter}": count for letter, count in zip("ABCDE", (1, 30, 30, 2, 30))}
    assert written_otherwise(letters) == [] == written_otherwise({})


def test_ten_thousand_labels_take_no_time_to_speak_of():
    words = ["".join(word) for word in itertools.permutations("abcdefgh", 5)]
    counts = {f"{one} {other} shoe": row % 40 + 1 for row, (one, other) in enumerate(zip(words * 2, words[7:] * 2))}
    counts |= {f"{one} {other} boots": 1 for one, other in zip(words, words[99:])}
    began = time.perf_counter()
    written_otherwise(counts)
    assert len(counts) > 10_000 and time.perf_counter() - began < 15
