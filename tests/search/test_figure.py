"""Figures of a search: what they show, and their names."""
import numpy as np
import pytest
from search_cases import png
from shop import COLOURS, picture

from imgcluster.search.figure import figure_name, figure_of


def title_of(figure):
    """The title of a figure, wherever it is written."""
    return " ".join([figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)])


def test_the_figure_shows_query_and_hits(searcher):
    query = searcher.read(png(np.hstack([picture(1, 50), picture(2, 51)])))
    figure = figure_of("two.png", query, searcher.search(query, count=2), searcher.catalogue)
    assert "most like model" in title_of(figure)
    axes = figure.axes[0]
    assert len(axes.texts) == 2 * 3 * 4  # three regions, two pictures and two hits each, two texts below each
    canvas = axes.images[0].get_array()
    assert all((np.abs(canvas.astype(int) - COLOURS[product]).max(axis=2) < 30).any() for product in (1, 2))


def test_the_figure_calls_a_product_by_its_name_in_the_catalogue(searcher):
    query = searcher.read(png(picture(0, 50)))
    figure = figure_of("red.png", query, searcher.search(query, count=1), searcher.catalogue)
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
