"""Files that broke off are told from whole ones, whatever stands at their ends."""
import io

import numpy as np
import pytest
from damaged import with_rubbish
from PIL import Image

from imgcluster.photos.completeness import filled_rows, missing_rows
from imgcluster.photos.decoding import decode_image

PICTURE = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
KINDS = {"baseline": ("RGB", "JPEG", {}), "progressive": ("RGB", "JPEG", {"progressive": True}),
         "CMYK": ("CMYK", "JPEG", {}), "grey": ("L", "JPEG", {}),
         "restarts": ("RGB", "JPEG", {"restart_marker_rows": 1}),
         "PNG": ("RGBA", "PNG", {}), "GIF": ("RGB", "GIF", {"interlace": False})}


def encoded(kind, picture=PICTURE):
    mode, name, options = KINDS[kind]
    stream = io.BytesIO()
    Image.fromarray(picture).convert(mode).save(stream, name, **options)
    return stream.getvalue()


def with_thumbnail(data):
    """A JPEG with another one in its EXIF block."""
    block = b"Exif\x00\x00" + encoded("baseline", PICTURE[:16, :16])
    return data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("more", [b"", b"\x00" * 7, b"trailer " * 1000, b"\xff\xda\xff\xd8"])
def test_whole_files_lack_nothing_whatever_follows_them(kind, more):
    assert missing_rows(encoded(kind) + more) is None


@pytest.mark.parametrize("kind", [kind for kind, (_, name, _) in KINDS.items() if name == "JPEG"])
def test_a_jpeg_that_lacks_its_end_marker_alone_is_whole(kind):
    white = np.full_like(PICTURE, 255)
    assert missing_rows(encoded(kind)[:-2]) is None and missing_rows(encoded(kind, white)[:-2]) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "progressive"])
@pytest.mark.parametrize("share", [0.9, 0.6, 0.3])
def test_the_missing_rows_are_those_that_the_bytes_do_not_reach(kind, share):
    data = encoded(kind)
    assert missing_rows(data[:int(share * len(data))]) == pytest.approx(1 - share, abs=0.12)


def on_black(mode):
    """A picture with a product in its middle on a ground whose samples are all zero, as a Pillow image."""
    picture = np.zeros((160, 160, 3), np.uint8)
    picture[60:100, 40:120] = PICTURE[60:100, 40:120]
    if mode != "P":
        return Image.fromarray(picture).convert(mode)
    image = Image.fromarray(picture[:, :, 0])  # grey values as indexes, 0 of which is white
    image.putpalette([255, 255, 255, *[index // 3 for index in range(3, 768)]], "RGB")
    return image


@pytest.mark.parametrize("name, mode, options", [
    ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "L", {}), ("PNG", "1", {}), ("PNG", "P", {}),
    ("PNG", "P", {"transparency": 0}), ("GIF", "P", {}), ("GIF", "P", {"transparency": 0}),
    ("GIF", "P", {"transparency": 7})])
def test_a_ground_of_zeros_is_not_missing(name, mode, options):
    stream = io.BytesIO()
    on_black(mode).save(stream, name, **options, interlace=0)
    data = stream.getvalue()
    assert missing_rows(data) is None
    # Nearly all of the file is the product, which ends at row 100 of 160.
    assert missing_rows(data[:len(data) * 9 // 10]) == pytest.approx(0.4, abs=0.05)
    assert missing_rows(data[:len(data) // 2]) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("end", [b";", b"IEND\xaeB`\x82"])
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_the_end_of_another_format_is_no_end(kind, end):
    data = encoded(kind)
    if not data.endswith(end):
        assert missing_rows(data[:len(data) // 2] + end) == pytest.approx(0.5, abs=0.12)


def test_a_progressive_jpeg_lacks_details_before_it_lacks_rows():
    data = encoded("progressive")
    assert missing_rows(data[:len(data) * 3 // 4]) == 0


def test_the_end_of_a_thumbnail_is_not_that_of_the_photo():
    data = with_thumbnail(encoded("baseline"))
    assert missing_rows(data) is None and missing_rows(data[:-2]) is None
    assert missing_rows(data[:len(data) // 2]) > 0.3


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0", b"\x89PNG", b"GIF89a", b"RIFF", b"text"])
def test_what_is_no_photo_is_not_judged(data):
    assert missing_rows(data) is None


def smooth_jpeg():
    rows = np.arange(160)[:, None, None]
    waves = np.broadcast_to(128 + 100 * np.sin(rows / 9 + np.arange(160)[:, None] / 7), (160, 160, 3))
    return encoded("baseline", waves.astype(np.uint8))


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("turns", range(4))
def test_a_jpeg_that_lost_a_part_before_its_end_shows_grey_at_one_side(turns):
    data = smooth_jpeg()
    third, cut = len(data) // 3, len(data) // 4
    damaged = data[:third] + data[third + cut:]
    assert missing_rows(damaged) is None
    assert 0.1 < filled_rows(np.rot90(pixels(damaged), turns), damaged) < 0.6
    assert filled_rows(np.rot90(pixels(data), turns), data) is None


def test_an_end_marker_amid_a_jpeg_ends_it():
    data = smooth_jpeg()
    damaged = data[:len(data) // 2] + b"\xff\xd9" + data[len(data) // 2 + 2:]
    assert missing_rows(damaged) is None and 0.2 < filled_rows(pixels(damaged), damaged) < 0.8


@pytest.mark.parametrize("kind", [kind for kind, (_, name, _) in KINDS.items() if name == "JPEG" and kind != "CMYK"])
@pytest.mark.parametrize("turns", range(4))
def test_a_photo_on_the_grey_that_damage_leaves_is_whole(kind, turns):
    picture = PICTURE.copy()
    picture[80:] = 128
    data = encoded(kind, np.rot90(picture, turns))
    shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert np.isin(np.rot90(shown, -turns)[100:], (127, 128)).all()
    assert filled_rows(shown, data) is None


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_block_of_rubbish_is_damage_though_another_decoder_gives_up(share):
    damaged = with_rubbish(share)
    with pytest.raises(OSError, match="broken data"):
        pixels(damaged)
    assert missing_rows(damaged) is None
    assert filled_rows(decode_image(damaged), damaged) == pytest.approx(1 - share, abs=0.1)


def test_a_grey_frame_is_no_damage():
    damaged = smooth_jpeg()[:2000] + b"\xff\xd9"
    framed = pixels(damaged).copy()
    assert filled_rows(framed, damaged) > 0.2
    framed[:5] = 128
    assert filled_rows(framed, damaged) is None
