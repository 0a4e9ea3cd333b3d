"""What of a query photo is searched: things, boxes, and what is refused."""
import cv2
import numpy as np
import pytest
from search_cases import PLAIN, png, scene
from shop import COLOURS

from imgcluster.errors import UserError
from imgcluster.photos.background import product_mask
from imgcluster.photos.decoding import ImageError
from imgcluster.photos.images import read_image
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_folder
from imgcluster.search.objects import read_query


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


def test_a_photo_of_one_colour_is_refused_as_step_01_does():
    with pytest.raises(ImageError, match="nothing but one colour"):
        read_query(png(scene(width=400, height=400)), PLAIN)
    assert read_query(png(scene((200, 200, 40, COLOURS[0]), width=400, height=400)), PLAIN).warning is None
