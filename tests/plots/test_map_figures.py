"""Figures of the map: every unit, named clusters, photos on a wall."""
import numpy as np
import pytest
from drawing import TOPOLOGIES, drawn, thumbnail
from matplotlib.collections import LineCollection, PathCollection, PolyCollection

from imgcluster.plots import (
    distance_map_figure,
    hits_figure,
    map_with_thumbnails,
)
from imgcluster.plots.cells import cell_centres
from imgcluster.plots.style import (
    group_colour,
)

pytestmark = pytest.mark.filterwarnings("error")


def grid_clusters(shape, num):
    return np.arange(np.prod(shape)).reshape(shape) % num


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("shape, clusters", [((1, 1), 1), ((1, 8), 2), ((6, 4), 1), ((16, 20), 300)])
def test_map_figures_show_every_unit(topology, shape, clusters):
    unit_clusters = grid_clusters(shape, clusters)
    distances = np.linspace(0, 1, np.prod(shape)).reshape(shape)
    for figure in (distance_map_figure(distances, unit_clusters, topology=topology, title="the map"),
                   hits_figure(unit_clusters, topology=topology, title="the map")):
        cells, = (artist for artist in figure.axes[0].collections if isinstance(artist, PolyCollection))
        assert len(cells.get_paths()) == np.prod(shape)
        assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("unit column", "unit row")
        drawn(figure)


@pytest.mark.parametrize("value", [0, 1])
def test_distances_that_are_all_equal_are_shown_within_0_to_1(value):
    figure = distance_map_figure(np.full((1, 2), float(value)), np.array([[0, 1]]), topology="rectangular", title="")
    cells, = (artist for artist in figure.axes[0].collections if isinstance(artist, PolyCollection))
    assert cells.get_clim() == (0, 1) and figure.axes[1].get_ylim() == (0, 1)
    drawn(figure)


def test_row_0_column_0_is_drawn_at_the_upper_left():
    hits = np.array([[100, 0, 0], [0, 0, 1]])
    figure = hits_figure(hits, topology="rectangular", title="")
    axes = figure.axes[0]
    places = {text.get_text(): axes.transData.transform(text.get_position()) for text in axes.texts}
    assert places["100"][0] < places["1"][0]
    assert places["100"][1] > places["1"][1]


def test_the_colours_of_hits_are_named_by_whole_numbers():
    figure = hits_figure(np.array([[3]]), topology="rectangular", title="shoes")
    drawn(figure)
    assert all(tick == round(tick) for tick in figure.axes[1].get_yticks())


def test_hits_of_an_untouched_map_are_drawn():
    drawn(hits_figure(np.zeros((3, 3), dtype=int), topology="rectangular", title="no photo"))


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 7), (16, 20)])
def test_wall_asks_for_each_occupied_unit_once(topology, shape):
    unit_photo = np.arange(np.prod(shape)).reshape(shape)
    unit_photo[-1, -1] = -1 if unit_photo.size > 1 else 0
    asked = []
    figure = map_with_thumbnails(shape, unit_photo, lambda row: asked.append(row) or thumbnail(row),
                                 grid_clusters(shape, 300), topology=topology, title="the wall")
    assert asked == unit_photo[unit_photo >= 0].tolist()
    drawn(figure)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_wall_shows_the_photo_inside_a_frame_of_its_clusters_colour(topology):
    photo = np.full((50, 50, 3), (255, 0, 255), dtype=np.uint8)
    figure = map_with_thumbnails((2, 2), np.full((2, 2), 3), lambda row: photo, np.ones((2, 2), dtype=int),
                                 topology=topology, title="")
    canvas = figure.axes[0].images[0].get_array().reshape(-1, 3)
    colours = {tuple(colour) for colour in np.unique(canvas, axis=0).tolist()}
    assert {(255, 0, 255), tuple(np.rint(255 * np.array(group_colour(1))).astype(int))} <= colours


@pytest.mark.parametrize("number, names, named", [
    (100, {7: "mug"}, range(60, 101)),
    (300, {cluster: f"a long name {cluster}" for cluster in range(300)}, range(20, 200))])
def test_each_cluster_of_the_wall_in_one_piece_is_named_once_and_names_do_not_meet(number, names, named):
    row, column = np.indices((30, 30))
    wide = 300 // number
    clusters = row // 3 * (30 // wide) + column // wide
    figure = map_with_thumbnails((30, 30), np.zeros((30, 30), int), thumbnail, clusters, topology="rectangular",
                                 title="", names=names)
    drawn(figure)
    texts = figure.axes[0].texts
    written = [text.get_text() for text in texts]
    assert len(written) == len(set(written)) and len(written) in named and "7" not in written
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_each_part_of_a_cluster_is_named_within_it(topology):
    clusters = np.array([[4, 4, -1, 7, 7], [4, -1, -1, -1, 7], [-1, -1, 4, -1, -1], [7, -1, -1, -1, 5]])
    photos = np.where(clusters < 0, -1, 0)
    wall = map_with_thumbnails(clusters.shape, photos, thumbnail, clusters, topology=topology, title="")
    distances = distance_map_figure(np.ones((4, 5)), clusters, topology=topology, title="")
    for figure in (wall, distances):
        assert sorted(text.get_text() for text in figure.axes[0].texts) == ["4", "4", "5", "7", "7"]
    for text in distances.axes[0].texts:
        unit = np.linalg.norm(cell_centres((4, 5), topology=topology) - text.get_position(), axis=1).argmin()
        assert str(clusters.ravel()[unit]) == text.get_text()


def test_where_there_is_no_room_for_all_each_cluster_is_named_before_a_second_part_is():
    clusters = np.tile([[0], [0], [1], [0]], 40)
    clusters[3, ::2] = -1
    names = {0: "a rather long name", 1: "another long name"}
    figure = map_with_thumbnails(clusters.shape, clusters, thumbnail, clusters, topology="rectangular", title="",
                                 names=names)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert len(set(written[:2])) == 2 and 2 < len(written) < 20


def test_of_units_that_hold_photos_each_bears_a_dot_or_a_name():
    hits = np.array([[3, 1, 0], [0, 0, 2], [0, 5, 0]])
    clusters = np.array([[0, 0, -1], [-1, -1, 1], [-1, -1, -1]])  # the five fit none
    axes = distance_map_figure(np.ones((3, 3)), clusters, topology="rectangular", title="", hits=hits).axes[0]
    dots, = (artist for artist in axes.collections if isinstance(artist, PathCollection))
    marked = [*dots.get_offsets().tolist(), *(text.get_position() for text in axes.texts)]
    assert sorted(tuple(place) for place in marked) == [(0, 0), (1, 0), (1, 2), (2, 1)]
    assert len(axes.texts) == 2


def test_wall_of_a_large_map_is_thinned_and_says_so():
    asked = []
    unit_photo = np.full((90, 65), -1)
    unit_photo[1, 1], unit_photo[89, 64] = 5, 8
    figure = map_with_thumbnails((90, 65), unit_photo, lambda row: asked.append(row) or thumbnail(row),
                                 np.zeros((90, 65), dtype=int), topology="hexagonal", title="the wall")
    assert asked == [5, 8]
    assert "one photo for 2 x 2 units" in figure.get_suptitle()


def test_wall_draws_lines_between_clusters():
    figure = map_with_thumbnails((1, 2), np.array([[0, 1]]), thumbnail, np.array([[0, 1]]), topology="rectangular",
                                 title="")
    lines, = (artist for artist in figure.axes[0].collections if isinstance(artist, LineCollection))
    assert len(lines.get_segments()) == 1


def test_names_at_the_edge_of_the_map_are_whole():
    names = {0: "Air Jordan 1 Retro", 1: "Air Jordan 2 Retro"}
    figure = distance_map_figure(np.ones((2, 12)), np.repeat([[0, 1]], 6, axis=1).repeat(2, axis=0), names=names,
                                 topology="rectangular", title="")
    narrow = distance_map_figure(np.ones((2, 12)), np.pad([[0], [0]], ((0, 0), (0, 11)), constant_values=-1),
                                 names=names, topology="rectangular", title="")
    for named, number in ((figure, 2), (narrow, 1)):
        axes, panel = named.axes[0], named.axes[0].get_window_extent()
        assert len(axes.texts) == number
        for text in axes.texts:
            extent = text.get_window_extent()
            assert panel.x0 <= extent.x0 + 2 and extent.x1 - 2 <= panel.x1
