"""catalog.csv: whose line is whose, and what is refused."""
import unicodedata

import pytest

from imgcluster.errors import UserError
from imgcluster.search.product_data import read_product_data, safe_url


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
