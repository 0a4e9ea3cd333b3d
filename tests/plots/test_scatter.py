"""The scatter: each group drawn once, in its colour, named where there is room."""
from collections import Counter

import numpy as np
import pytest
from drawing import drawn, thumbnail
from matplotlib.collections import PathCollection
from matplotlib.text import Text

from imgcluster.plots import (
    map_with_thumbnails,
    scatter_pair,
)
from imgcluster.plots.style import (
    NUM_COLOURS,
    group_colour,
)

pytestmark = pytest.mark.filterwarnings("error")


def drawn_groups(axes):
    """{(marker, colour): how many photos are drawn like that} of a panel."""
    artists = [artist for artist in axes.collections if isinstance(artist, PathCollection)]
    return Counter((marker, tuple(colour[:3].tolist())) for marker, artist in enumerate(artists)
                   for colour in artist.get_facecolor())


@pytest.mark.parametrize("photos, clusters", [(1, 1), (5, 1), (40, 3), (600, 300)])
def test_scatter_draws_each_group_once_in_both_panels(photos, clusters):
    points = np.random.default_rng(0).normal(size=(photos, 2))
    predicted = np.arange(photos) % clusters
    true = np.array([f"model_{label // 2}" for label in predicted])
    figure = scatter_pair(points, true, predicted, title="shoes: $5 each")
    left, right = figure.axes
    looks = 4 * NUM_COLOURS  # then all come again
    assert len(drawn_groups(right)) == min(clusters, looks)
    assert len(drawn_groups(left)) == len(np.unique(true)) or clusters > looks
    assert drawn_groups(left).total() == drawn_groups(right).total() == photos
    assert left.get_legend() is None
    assert figure.get_suptitle() == "shoes: $5 each"
    drawn(figure)


def test_scatter_without_true_labels_has_one_panel():
    figure = scatter_pair(np.arange(8.0).reshape(4, 2), None, [0, 0, 1, 2], title="shoes")
    assert [axes.get_title() for axes in figure.axes] == ["3 predicted clusters"]
    drawn(figure)


def test_a_model_looks_like_its_matched_cluster():
    true, predicted = np.array(["a"] * 4 + ["b"] * 3 + ["c"] * 2), np.array([7] * 4 + [2] * 3 + [5] * 2)
    left, right = scatter_pair(np.arange(18.0).reshape(9, 2), true, predicted, title="").axes
    assert colours_of_groups(left) == colours_of_groups(right)
    assert sorted(drawn_groups(left).values()) == [2, 3, 4]


def colours_of_groups(axes):
    """{photos in a group: its colour}."""
    return {number: colour for (_, colour), number in drawn_groups(axes).items()}


def test_a_cluster_has_the_colour_of_its_number_whatever_its_size_and_no_cluster_is_grey():
    true, predicted = np.repeat(["a", "b", "c"], [5, 4, 2]), np.repeat([-1, 9, 3], [6, 3, 2])
    left, right = scatter_pair(np.arange(22.0).reshape(11, 2), true, predicted, title="").axes
    grey = group_colour(-1)
    assert colours_of_groups(right) == {6: grey, 3: group_colour(9), 2: group_colour(3)}
    assert colours_of_groups(left) == {5: group_colour(10), 4: group_colour(9), 2: group_colour(3)}
    assert (left.get_title(), right.get_title()) == ("3 true models", "2 predicted clusters; grey: in none")
    assert [text.get_text() for text in right.texts] == ["9", "3"]
    assert scatter_pair(np.ones((2, 2)), None, [-1, -1], title="").axes[0].get_title() == \
        "0 predicted clusters; grey: in none"
    assert len(set(grey)) == 1 and grey not in {group_colour(index) for index in range(NUM_COLOURS)}
    wall = map_with_thumbnails((1, 2), np.array([[0, 1]]), thumbnail, np.array([[-1, 3]]), topology="rectangular",
                               title="")
    canvas = wall.axes[0].images[0].get_array()
    for corner, cluster in ((canvas[0, 0], -1), (canvas[0, -1], 3)):
        assert corner.tolist() == np.rint(255 * np.array(group_colour(cluster))).tolist()


def test_scatter_names_cover_neither_each_other_nor_photos_where_there_is_room():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(12), 8)
    points = np.repeat(rng.random((4, 2)), 3, axis=0)[labels] + 0.04 * rng.random((96, 2))
    figure = scatter_pair(points, [f"a long name {label}" for label in labels], labels, title="")
    drawn(figure)
    for axes, number in zip(figure.axes, ("12 true models", "12 predicted clusters")):
        boxes = [Text.get_window_extent(text) for text in axes.texts]
        assert axes.get_title() == number and len(boxes) == 12
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
        assert not any(box.contains(*place) for box in boxes for place in axes.transData.transform(points))


def test_a_line_leads_from_a_name_to_its_group_where_that_is_not_close_by():
    square = np.stack(np.meshgrid(*[np.linspace(0.4, 0.6, 9)] * 2), axis=2).reshape(-1, 2)
    enclosed = np.abs(square - 0.5).max(axis=1) < 0.03
    points = np.vstack([square, [[0, 0], [1, 1]]])
    axes, = scatter_pair(points, None, [*np.where(enclosed, 1, 0), 0, 2], title="").axes
    lines = {text.get_text(): text.arrow_patch for text in axes.texts}
    assert set(lines) == {"0", "1", "2"} and lines["1"] is not None and lines["2"] is None


def test_scatter_shows_what_people_call_a_cluster():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    left, right = scatter_pair(points, ["a", "b", "b"], [3, 4, 4], title="", names={4: "red $5 mug"}).axes
    assert [text.get_text() for text in right.texts] == ["red $5 mug", "3"]
    assert [text.get_text() for text in left.texts] == ["b", "a"]
    assert right.texts[0].get_zorder() > right.texts[1].get_zorder()  # the larger one's line lies above
