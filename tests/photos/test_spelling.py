"""Names in other spellings: columns by their capitals, photos by their paths, words by their accents."""
import unicodedata

import pandas as pd
import pytest

from imgcluster.photos.spelling import as_listed, folded, with_columns

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
