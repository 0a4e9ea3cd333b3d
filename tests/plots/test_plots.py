"""Figures: what is drawn, without a warning, and at the edges: one photo, one cluster, empty units, 300 clusters."""
import io
import shutil
from collections import Counter

import cv2
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from imgcluster.plots import (
    before_after_sheet,
    confusion_figure,
    contact_sheet,
    distance_map_figure,
    finding,
    hits_figure,
    lay_out,
    map_with_thumbnails,
    scatter_pair,
    scores_figure,
    training_curves,
)
from imgcluster.plots.canvas import fitted
from imgcluster.plots.cells import cell_centres, cell_outlines, cluster_borders
from imgcluster.plots.layout import place_among
from imgcluster.plots.name_places import name_places
from imgcluster.plots.style import (
    NUM_COLOURS,
    bold_style,
    clean,
    font_families,
    group_colour,
    group_marker,
    short_names,
)

pytestmark = pytest.mark.filterwarnings("error")
TOPOLOGIES = ["rectangular", "hexagonal"]
AWKWARD = ["$x_1$", "a_b^{c", "가방 신발.jpg", "\U0001f45f sneaker", "tab\tand\nline", "\udcff\x00", "x" * 300, ""]


def drawn(figure):
    """Pixels of the figure as saved, uint8 [h, w, 3]; fails where nothing but one colour was drawn."""
    assert isinstance(figure, Figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    pixels = cv2.imdecode(np.frombuffer(buffer.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.std() > 1
    return pixels


def thumbnail(row):
    """A photo of its own grey and shape for each row."""
    return np.full((20 + row % 7, 30, 3), 10 * (row % 25), dtype=np.uint8)


def grid_clusters(shape, num):
    return np.arange(np.prod(shape)).reshape(shape) % num


def drawn_groups(axes):
    """{(marker, colour): how many photos are drawn like that} of a panel."""
    artists = [artist for artist in axes.collections if isinstance(artist, PathCollection)]
    return Counter((marker, tuple(colour[:3].tolist())) for marker, artist in enumerate(artists)
                   for colour in artist.get_facecolor())


@pytest.mark.parametrize("name", ["Noto Sans JP", "Meiryo", "IPAexGothic", "SimSun", "Microsoft JhengHei",
                                  "WenQuanYi Micro Hei", "Hiragino Sans GB"])
def test_any_usual_font_of_a_system_with_chinese_or_japanese_is_used_and_none_that_is_missing(monkeypatch, name):
    file = font_manager.findfont("DejaVu Sans")
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    monkeypatch.setattr(font_manager.fontManager, "ttflist",
                        [font_manager.FontEntry(fname=file, name=each) for each in ("DejaVu Sans", name)])
    assert font_families.__wrapped__() == ("DejaVu Sans", name)


def test_fonts_installed_since_matplotlib_listed_them_are_found(monkeypatch, tmp_path):
    new, broken = tmp_path / "new.ttf", tmp_path / "broken.ttf"
    shutil.copy(font_manager.findfont("DejaVu Sans"), new)
    broken.write_bytes(b"no font")
    fonts = font_manager.fontManager.ttflist
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(fonts))
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(new), str(broken)])
    assert font_families.__wrapped__()[0] == "DejaVu Sans"
    assert {font.fname for font in font_manager.fontManager.ttflist} - {font.fname for font in fonts} == {str(new)}


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


def test_a_panel_where_all_is_full_leaves_names_out():
    points = np.stack(np.meshgrid(*[np.linspace(0, 1, 20)] * 2), axis=2).reshape(-1, 2)
    groups, sizes = [points[:9] * 0 + 0.5] * 200, np.full((200, 2), [0.1, 0.014])
    named = name_places(points, groups, sizes)
    assert 0 in named and len(named) < 100


def test_scatter_shows_what_people_call_a_cluster():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    left, right = scatter_pair(points, ["a", "b", "b"], [3, 4, 4], title="", names={4: "red $5 mug"}).axes
    assert [text.get_text() for text in right.texts] == ["red $5 mug", "3"]
    assert [text.get_text() for text in left.texts] == ["b", "a"]
    assert right.texts[0].get_zorder() > right.texts[1].get_zorder()  # the larger one's line lies above


def test_a_sample_of_the_photos_is_laid_out_with_as_much_less_perplexity(monkeypatch):
    asked = []
    monkeypatch.setattr("imgcluster.plots.layout._tsne", lambda points, perplexity, seed: (
        asked.append((len(points), perplexity)), points[:, :2])[1])
    features = np.random.default_rng(0).normal(size=(200, 8))
    for most in (200, 50):
        lay_out(features, seed=0, max_photos=most)
    assert asked == [(200, 30), (50, 7.5)]


@pytest.mark.parametrize("photos", [1, 2, 3, 5, 9, 12])
def test_embedding_of_few_photos_is_finite(photos):
    points, method = lay_out(np.random.default_rng(0).normal(size=(photos, 20)), seed=0)
    assert points.shape == (photos, 2) and np.isfinite(points).all()
    assert method == ("principal components" if photos < 10 else "t-SNE")


def test_embedding_of_equal_photos_is_one_point():
    for row in (np.ones(8), np.random.default_rng(0).normal(size=200)):
        points, _ = lay_out(np.tile(row, (30, 1)), seed=0)
        assert np.ptp(points, axis=0).max() == 0


def test_embedding_of_many_photos_places_all_repeats_and_keeps_groups_apart():
    labels = np.arange(400) % 4
    features = np.eye(16)[labels] + 0.05 * np.random.default_rng(0).normal(size=(400, 16))
    points, method = lay_out(features, seed=1, max_photos=80)
    again, _ = lay_out(features, seed=1, max_photos=80)
    assert points.shape == (400, 2) and (points == again).all() and "80 photos" in method
    middles = np.stack([np.median(points[labels == label], axis=0) for label in range(4)])
    nearest = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == labels).all()


def test_a_photo_among_landmarks_lies_by_its_like_and_not_in_between():
    landmarks = np.array([[0.0, 0], [0, 1], [1, 0], [9, 9], [9, 8]])
    laid_out = np.array([[0.0, 0], [0, 2], [2, 0], [100, 100], [100, 98]], np.float32)
    placed = place_among(np.array([[0.3, 0.3], [0.0, 0.0]]), landmarks, laid_out)
    assert (placed >= 0).all() and (placed <= 2).all()
    assert np.linalg.norm(placed[1]) < 0.1
    assert place_among(np.ones((2, 2)), landmarks[:1], laid_out[:1]).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("topology, corners", [("rectangular", 4), ("hexagonal", 6)])
def test_cells_tile_the_map(topology, corners):
    outlines = cell_outlines(cell_centres((4, 6), topology=topology), topology=topology)
    assert outlines.shape == (24, corners, 2)
    edges = cluster_borders(outlines, np.arange(24))
    inner = 4 * 5 + 3 * 6 if topology == "rectangular" else 3 * 6 + 5 * (2 * 4 - 1)
    assert len(edges) == inner


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_borders_run_only_between_clusters(topology):
    outlines = cell_outlines(cell_centres((3, 4), topology=topology), topology=topology)
    assert len(cluster_borders(outlines, np.zeros(12, dtype=int))) == 0
    halves = (np.indices((3, 4))[0] > 0).astype(int).ravel()
    edges = cluster_borders(outlines, halves)
    assert len(edges) == (4 if topology == "rectangular" else 7)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("shape, clusters", [((1, 1), 1), ((1, 8), 2), ((6, 4), 1), ((30, 30), 300)])
def test_map_figures_show_every_unit(topology, shape, clusters):
    unit_clusters = grid_clusters(shape, clusters)
    distances = np.linspace(0, 1, np.prod(shape)).reshape(shape)
    for figure in (distance_map_figure(distances, unit_clusters, topology=topology, title="the map"),
                   hits_figure(unit_clusters, topology=topology, title="the map")):
        cells, = (artist for artist in figure.axes[0].collections if isinstance(artist, PolyCollection))
        assert len(cells.get_paths()) == np.prod(shape)
        assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("unit column", "unit row")
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


def contrast(one, other):
    """The contrast ratio of two colours, 1..21 (WCAG 2.2, relative luminance)."""
    def luminance(colour):
        channels = np.array(to_rgb(colour))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055)**2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return light / dark


def test_numbers_can_be_read_on_every_shade():
    for counts in (np.array([[1]]), np.arange(1, 21).reshape(4, 5)):
        figure = hits_figure(counts, topology="rectangular", title="")
        drawn(figure)
        cells, = (artist for artist in figure.axes[0].collections if isinstance(artist, PolyCollection))
        shades = dict(zip(counts.ravel(), cells.get_facecolors()))
        assert len(figure.axes[0].texts) == counts.size
        assert all(contrast(text.get_color(), shades[int(text.get_text())][:3]) > 3 for text in figure.axes[0].texts)
    shares = np.column_stack([counts.ravel(), 20 - counts.ravel()])
    axes = confusion_figure(shares, range(20), "ab", title="").axes[0]
    shade = axes.images[0]
    assert all(contrast(text.get_color(), shade.cmap(int(text.get_text()) / 20)[:3]) > 3 for text in axes.texts)


def test_hits_of_an_untouched_map_are_drawn():
    drawn(hits_figure(np.zeros((3, 3), dtype=int), topology="rectangular", title="no photo"))


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("shape", [(1, 1), (2, 7), (25, 20)])
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
def test_each_cluster_of_the_wall_is_named_once_and_names_do_not_meet(number, names, named):
    clusters = grid_clusters((30, 30), number).reshape(30, 30)
    figure = map_with_thumbnails((30, 30), np.zeros((30, 30), int), thumbnail, clusters, topology="rectangular",
                                 title="", names=names)
    drawn(figure)
    texts = figure.axes[0].texts
    written = [text.get_text() for text in texts]
    assert len(written) == len(set(written)) and len(written) in named and "7" not in written
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


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


@pytest.mark.parametrize("photos", [1, 5, 60])
def test_contact_sheet_shows_the_photos_in_order(photos):
    asked = []
    figure = contact_sheet(range(photos), lambda row: asked.append(row) or thumbnail(row), title="cluster 3",
                           captions=[f"{row / 100:.2f}" for row in range(photos)])
    assert asked == list(range(photos))
    assert [text.get_text() for text in figure.axes[0].texts] == [f"{row / 100:.2f}" for row in range(photos)]
    drawn(figure)


def test_captions_of_two_lines_have_room():
    one, two = (contact_sheet([1, 2], thumbnail, title="cluster 3", captions=[caption] * 2)
                for caption in ("a.jpg", "a.jpg\n0.52"))
    assert two.axes[0].texts[0].get_text() == "a.jpg\n0.52"
    assert two.get_figheight() > one.get_figheight()


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names_are_drawn_without_a_warning(name):
    photo = thumbnail(3)
    drawn(before_after_sheet([photo], [photo], [name], title=name))
    drawn(scatter_pair(np.eye(3)[:, :2], [name, name, "other"], [0, 1, 1], title=name))
    drawn(confusion_figure([[2]], [name], [name], title=name))


def test_before_and_after_lie_side_by_side():
    before, after = (np.full((40, 40, 3), value, dtype=np.uint8) for value in (60, 180))
    figure = before_after_sheet([before] * 4, [after] * 4, list("abcd"), title="background removed")
    canvas = figure.axes[0].images[0].get_array()
    columns_of = [np.flatnonzero((canvas[75] == value).all(axis=1)) for value in (60, 180)]
    assert columns_of[0].min() < columns_of[1].min()
    assert [text.get_text() for text in figure.axes[0].texts] == list("abcd")


@pytest.mark.parametrize("shape", [(10, 40), (40, 10), (1, 1), (500, 300)])
def test_fitted_keeps_the_shape_of_a_photo(shape):
    cell = fitted(np.zeros((*shape, 3), dtype=np.uint8), 64)
    assert cell.shape == (64, 64, 3)
    dark = (cell < 128).all(axis=2)
    height, width = dark.any(axis=1).sum(), dark.any(axis=0).sum()
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.05)
    assert max(height, width) == 64


def test_training_curves_pair_training_with_validation_and_mark_the_phase():
    history = pd.DataFrame({"epoch": [1, 2, 3], "phase": ["head", "head", "blocks"], "loss": [3.0, 2, 1],
                            "val_loss": [3.0, 2, 2.5], "accuracy": [0.1, 0.5, 0.6], "val_accuracy": [0.1, 0.4, 0.5],
                            "learning_rate": [1e-3, 1e-3, 1e-4]})
    figure = training_curves(history, title="shoes: validation accuracy 0.50", kept=2)
    loss, accuracy, rate = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy", "learning rate"]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [
        "loss training", "loss validation", "epoch that was kept"]
    assert [line.get_xdata()[0] for line in loss.lines[-2:]] == [2.5, 2]
    drawn(figure)


def test_scores_of_models_held_out_stand_apart_under_their_names():
    history = pd.DataFrame({"epoch": [0, 1], "val_top_1": [0.5, 0.6], "holdout_recall_1": [0.7, 0.8],
                            "holdout_map_r": [0.3, 0.4], "holdout_ari": [0.2, 0.3]})
    held_out, accuracy = training_curves(history, title="shoes").axes
    named = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in (held_out, accuracy)]
    assert named == [["MAP@R", "recall@1", "ARI, told their number"], ["top 1 validation"]]


def test_training_curves_of_one_epoch_without_validation():
    figure = training_curves(pd.DataFrame({"loss": [2.0]}), title="one epoch")
    assert len(figure.axes) == 1
    drawn(figure)


def test_confusion_writes_the_counts_that_are_not_zero():
    figure = confusion_figure([[5, 0, 1], [0, 4, 0]], ["bag", "shoe"], ["4", "9", "other"], title="shoes")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["5", "1", "4"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "9", "other"]
    drawn(figure)


def test_scores_are_bars_in_groups_with_the_interval_of_ari():
    figure = scores_figure({"ari": 0.41, "nmi": 0.7, "num_clusters": 24}, title="shoes", interval=(0.38, 0.44))
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [0.41, 0.7]
    assert tuple(axes.lines[0].get_xdata()) == (0.38, 0.44)
    assert {"Against the true labels", "Shared information", "0.410"} <= {text.get_text() for text in axes.texts}
    drawn(figure)


def test_scores_below_zero_stay_in_the_picture():
    axes = scores_figure({"ari": -0.2}, title="shoes").axes[0]
    assert axes.get_xlim()[0] <= -0.2


def test_scores_just_below_zero_have_no_sign():
    figure = scores_figure({"ari": -0.0002}, title="")
    assert [text.get_text() for axes in figure.axes for text in axes.texts if "0.000" in text.get_text()] == ["0.000"]
    assert "ARI 0.00" in finding("shoes", num_clusters=3, ari=-0.003)


def test_finding_says_what_is_known():
    assert finding("shoes", num_clusters=24, num_models=25, ari=0.412) == "shoes: 24 clusters for 25 models, ARI 0.41"
    assert finding("mugs", num_clusters=1, num_photos=1200) == "mugs: 1 cluster (1,200 photos)"


def test_names_are_bold_whether_shortened_or_accented_or_not():
    assert all(bold_style(name)["fontweight"] == "bold" for name in ("milk", "Oat\u2026Milk", "M\u00fcsli"))
    assert "fontweight" not in bold_style("\uc2e0\ubc1c")


def test_clean_shortens_in_the_middle_and_composes_hangul():
    assert clean("abcdefghij", 5) == "ab…ij"
    assert clean("  a \n b ") == "a b"
    assert clean("\u1100\u1161") == clean("\uac00")


def test_names_that_differ_stay_apart_when_shortened():
    names = ["Arla-Natural-Yoghurt", "Arla-Natural-Mild-Low-Fat-Yoghurt", "Oatly-Oat-Milk", "Bravo-Apple-Juice", 7]
    assert len({clean(name, 16) for name in names}) < len(names)
    short = short_names(names, 16)
    assert len(set(short)) == len(names) and short[2:] == [clean(name, 16) for name in names[2:]]
    assert all(len(name) <= 32 for name in short_names(["x" * 40 + "y" * 40, "x" * 41 + "y" * 40], 16))


def test_42_colours_differ_and_then_come_again():
    colours = np.float32([group_colour(index) for index in range(NUM_COLOURS)])
    lab = cv2.cvtColor(colours[None], cv2.COLOR_RGB2LAB)[0]
    apart = np.linalg.norm(lab[:, None] - lab, axis=2)
    assert NUM_COLOURS == 42 and apart[~np.eye(NUM_COLOURS, dtype=bool)].min() > 9
    assert group_colour(NUM_COLOURS) == group_colour(0)


def test_168_groups_look_different():
    assert len({(group_colour(index), group_marker(index)) for index in range(168)}) == 168


def test_names_at_the_edge_of_the_map_are_whole():
    names = {0: "Air Jordan 1 Retro", 1: "Air Jordan 2 Retro"}
    figure = distance_map_figure(np.ones((2, 12)), np.repeat([[0, 1]], 6, axis=1).repeat(2, axis=0), names=names,
                                 topology="rectangular", title="")
    narrow = distance_map_figure(np.ones((2, 12)), np.pad([[0], [0]], ((0, 0), (0, 11)), constant_values=-1),
                                 names=names, topology="rectangular", title="")
    for drawn, number in ((figure, 2), (narrow, 1)):
        axes, panel = drawn.axes[0], drawn.axes[0].get_window_extent()
        assert len(axes.texts) == number
        for text in axes.texts:
            extent = text.get_window_extent()
            assert panel.x0 <= extent.x0 + 2 and extent.x1 - 2 <= panel.x1
