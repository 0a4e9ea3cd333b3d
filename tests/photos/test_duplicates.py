"""Copies are found whatever was done to them, similar pictures are not, and the best copy is kept."""
import io
import json
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from imgcluster.photos.decoding import decode_image
from imgcluster.photos.duplicates import find_duplicates, photo_signature
from imgcluster.sample.catalogue import Catalogue, plan_photos
from imgcluster.sample.render import render_photo


@cache
def photos():
    """Photos of four products, several of each."""
    return [render_photo(photo)[0] for photo in plan_photos(Catalogue(seed=3, num_models=4, min_imgs=5, max_imgs=5,
                                                                      size=240))]


def signature(image, quality=95):
    data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return photo_signature(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), data.tobytes())


def marked(image):
    text = cv2.putText(image.copy(), "my shop", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    return cv2.addWeighted(image, 0.5, text, 0.5, 0)


CHANGES = {
    "resized": lambda image: cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
    "brighter": lambda image: np.clip(image * 1.2, 0, 255).astype(np.uint8),
    "cropped by 5 %": lambda image: image[12:-12, 12:-12],
    "cropped at one side": lambda image: image[12:],
    "framed": lambda image: cv2.copyMakeBorder(image, 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=(255, 255, 255)),
    "marked": marked,
    "recompressed": lambda image: image,
}


def test_signature_is_json():
    item = signature(photos()[0])
    assert json.loads(json.dumps(item)) == item


def test_different_photos_of_one_product_are_no_copies():
    items = [signature(image) for image in photos()]
    assert find_duplicates([str(k) for k in range(len(items))], items) == []


@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_found(change):
    originals = photos()
    items = [signature(image) for image in originals]
    items += [signature(CHANGES[change](image), quality=40) for image in originals]
    count = len(originals)
    rows = find_duplicates(list(range(2 * count)), items)
    assert all(abs(name - kept) == count and kind == "same picture" for name, kept, kind, _ in rows)
    assert len(rows) >= 0.8 * count


def scaled(factor):
    return lambda image: cv2.resize(image, None, fx=factor, fy=factor,
                                    interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def jpeg(image, quality=90):
    return cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def grey_16_bits(image):
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.imencode(".png", grey.astype(np.uint16) * 257)[1].tobytes()


def cmyk(image):
    stream = io.BytesIO()
    Image.fromarray(image).convert("CMYK").save(stream, "TIFF")
    return stream.getvalue()


def of_colours(image, colours, kind):
    file = io.BytesIO()
    Image.fromarray(image).convert("P", palette=Image.Palette.ADAPTIVE, colors=colours).save(file, kind)
    return file.getvalue()


WORSE = {
    "enlarged a little": lambda image: jpeg(scaled(1.5)(image), 95),
    "enlarged": lambda image: jpeg(scaled(4)(image), 95),
    "enlarged, lossless": lambda image: cv2.imencode(".png", scaled(2)(image)[..., ::-1])[1].tobytes(),
    "shrunk": lambda image: jpeg(scaled(0.5)(image), 95),
    "shrunk and enlarged": lambda image: jpeg(scaled(2)(scaled(0.5)(image)), 95),
    "recompressed": lambda image: jpeg(image, 30),
    "blurred": lambda image: jpeg(cv2.GaussianBlur(image, (0, 0), 1), 95),
    "grey": lambda image: jpeg(np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2), 95),
    "grey, 16 bits": grey_16_bits,
    "CMYK": cmyk,
    "framed": lambda image: jpeg(CHANGES["framed"](image), 95),
    "256 colours": lambda image: of_colours(image, 256, "GIF"),
    "16 colours": lambda image: of_colours(image, 16, "PNG"),
    "16 colours, enlarged": lambda image: of_colours(scaled(1.5)(image), 16, "PNG"),
    "16 colours, framed": lambda image: of_colours(CHANGES["framed"](image), 16, "PNG"),
}


@pytest.mark.parametrize("change", WORSE)
def test_the_best_copy_is_kept(change):
    for photo in photos()[::4]:
        original = jpeg(photo)
        files = [original, WORSE[change](decode_image(original))]
        for names in (["original", "copy"], ["copy", "original"]):
            items = {name: photo_signature(decode_image(data), data) for name, data in zip(["original", "copy"], files)}
            rows = find_duplicates(names, [items[name] for name in names])
            assert [row[:2] for row in rows] == [("copy", "original")]


def best_of(files):
    """The name of the file that is kept, of two files {name: bytes} that show the same picture."""
    [row] = find_duplicates(list(files), [photo_signature(decode_image(data), data) for data in files.values()])
    return row[1]


@pytest.mark.parametrize("colours", [16, 256])
def test_a_copy_of_few_colours_is_not_kept_where_one_in_all_colours_is_at_least_half_as_high_and_wide(colours):
    for blur in (0, 1, 3):
        image = cv2.GaussianBlur(photos()[4], (0, 0), blur) if blur else photos()[4]
        few = of_colours(image, colours, "GIF")
        assert {best_of({"few": few, "all": jpeg(scaled(scale)(image))}) for scale in (1, 0.7, 0.5)} == {"all"}
    few = of_colours(photos()[4], colours, "GIF")
    assert best_of({"few": few, "all": jpeg(scaled(0.3)(photos()[4]))}) == "few"


def test_a_grey_or_broken_off_copy_in_all_shades_does_not_come_before_a_whole_one_in_few_colours():
    image = photos()[4]
    grey, few = WORSE["grey"](image), of_colours(image, 256, "GIF")
    items = {"few": photo_signature(decode_image(few), few), "grey": photo_signature(decode_image(grey), grey),
             "broken off": {**signature(image), "broken_off": True}}
    rows = find_duplicates(list(items), list(items.values()))
    assert [row[:2] for row in rows] == [("grey", "few"), ("broken off", "few")]


def test_same_file_and_same_picture_are_told_apart():
    one, other = photos()[0], photos()[7]
    small = cv2.resize(one, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    names = ["a", "b", "other", "small", "small again"]
    rows = find_duplicates(names, [signature(x) for x in (one, one, other, small, small)])
    assert rows[0] == ("b", "a", "same file", 0)
    assert [row[:3] for row in rows[1:]] == [("small", "a", "same picture"), ("small again", "a", "same picture")]


def test_a_whole_file_is_kept_before_a_broken_off_one_that_shows_more():
    image = photos()[0]
    small = cv2.resize(image, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    whole, broken_off = {**signature(small), "broken_off": False}, {**signature(image), "broken_off": True}
    [row] = find_duplicates(["broken off", "whole"], [broken_off, whole])
    assert row[:2] == ("broken off", "whole")


def test_a_mirror_image_is_no_copy():
    image = photos()[3]
    assert find_duplicates(["a", "b"], [signature(image), signature(image[:, ::-1].copy())]) == []


def test_one_product_in_two_colours_is_two_pictures_and_a_grey_copy_is_one():
    for photo in photos()[::5]:
        lightness, *colours = cv2.split(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB))
        other = cv2.cvtColor(cv2.merge([lightness, *(255 - colour for colour in colours)]), cv2.COLOR_LAB2RGB)
        grey = cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        assert find_duplicates(["one", "other"], [signature(photo), signature(other)]) == []
        rows = find_duplicates(["one", "grey"], [signature(photo), signature(grey)])
        assert [row[:2] for row in rows] == [("grey", "one")]


@pytest.mark.parametrize("ground", [120, 225, 255])
def test_a_copy_with_a_border_is_one_on_whatever_plain_ground_the_photo_is(ground):
    for photo in photos()[::5]:
        on_ground = cv2.copyMakeBorder(photo, 70, 50, 90, 70, cv2.BORDER_CONSTANT, value=(ground,) * 3)
        bordered = cv2.copyMakeBorder(on_ground, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=(255, 255, 255))
        assert len(find_duplicates(["one", "bordered"], [signature(on_ground), signature(bordered)])) == 1


def test_pictures_without_content_are_no_copies():
    items = [signature(np.full((60, 60, 3), grey, np.uint8)) for grey in (0, 10, 200, 255)]
    assert find_duplicates("abcd", items) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 2)])
def test_any_shape_has_a_signature(shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    items = [photo_signature(image, b"1"), photo_signature(image, b"1")]
    assert find_duplicates(["a", "b"], items) == [("b", "a", "same file", 0)]


def test_kept_photos_are_never_copies_themselves():
    image = photos()[5]
    versions = [image[k:240 - k, k:200 - k] for k in range(0, 40, 2)]
    rows = find_duplicates(list(range(len(versions))), [signature(x) for x in versions])
    assert rows and not {row[0] for row in rows} & {row[1] for row in rows}


def test_few_and_none():
    assert find_duplicates([], []) == []
    assert find_duplicates(["a"], [signature(photos()[0])]) == []
