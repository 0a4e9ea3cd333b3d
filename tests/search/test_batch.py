"""Many query photos: in order, without the bad ones, and without keeping their pictures."""
import os
import weakref

import pytest
from damaged import with_rubbish
from search_cases import PLAIN, broken_off
from shop import picture, save

from imgcluster.errors import UserError
from imgcluster.photos.decoding import ImageError
from imgcluster.search.batch import check_readable, list_queries, search_photos
from imgcluster.search.figure import Figures
from imgcluster.search.objects import read_query
from imgcluster.search.results import as_table
from imgcluster.search.searcher import Searcher


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
    figures = Figures(tmp_path / "figures", searcher.catalogue)
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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names with line breaks")
def test_a_photo_of_a_folder_whose_name_is_no_line_is_said_to_be_passed_over(tmp_path):
    for name in ("a.png", "line\nbreak.png"):
        save(tmp_path / name, picture(1, 77))
    said = []
    assert [source.path.name for source in list_queries([tmp_path], warn=said.append)] == ["a.png"]
    assert len(said) == 1 and "line\\nbreak.png: the name holds a line break" in said[0]
