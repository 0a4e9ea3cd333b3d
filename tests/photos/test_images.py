"""The loader: every kind of file comes back as the same upright RGB pixels, and every bad one with its reason."""
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from imgcluster.errors import UserError
from imgcluster.photos.decoding import ImageError, decode_image
from imgcluster.photos.images import read_image, resize_for_network, write_image
from imgcluster.photos.listing import list_files


def picture(height=48, width=64):
    """A smooth, asymmetric colour picture: JPEG changes it little, and every flip or turn is seen."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([255 * x / (width - 1), 255 * y / (height - 1), 60 + 0 * x], axis=2).astype(np.uint8)


def encoded(image, form, **options):
    stream = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(stream, form, **options)
    return stream.getvalue()


def difference(one, two):
    assert one.shape == two.shape
    return np.abs(one.astype(int) - two).max()


@pytest.mark.parametrize("form, tolerance", [("JPEG", 8), ("PNG", 0), ("BMP", 0), ("TIFF", 0), ("PPM", 0), ("WEBP", 12),
                                             ("GIF", 60), ("AVIF", 12), ("HEIF", 12), ("JPEG2000", 12)])
def test_every_format_is_read_by_content(tmp_path, form, tolerance):
    if form == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    options = {"quality": 95} if form in ("JPEG", "WEBP", "AVIF", "HEIF") else {}
    path = tmp_path / "wrong suffix.jpg"
    path.write_bytes(encoded(picture(), form, **options))
    image = read_image(path)
    assert image.dtype == np.uint8 and image.flags.c_contiguous
    assert difference(image, picture()) <= tolerance


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_agrees_with_pillow(form, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(picture(), form, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    assert difference(decode_image(data), expected) == 0
    assert difference(decode_image(data, fast=False), expected) == 0


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("block", [b"no TIFF header", b"II*\0", b"II*\0\xff\xff\xff\x7f", b"MM"])
def test_a_damaged_exif_block_harms_no_pixel(form, block):
    data = encoded(picture(), form, exif=b"Exif\0\0" + block)
    assert difference(decode_image(data), decode_image(encoded(picture(), form))) == 0


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize("min_side", [None, 5, 12, 20, 47, 48, 1000])
@pytest.mark.parametrize("orientation", [1, 6])
def test_both_paths_agree_at_every_scale(form, min_side, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(picture(51, 65), form, exif=exif)
    fast, slow = (decode_image(data, min_side=min_side, fast=fast) for fast in (True, False))
    assert difference(fast, slow) <= 2
    assert min(fast.shape[:2]) >= min(min_side or 51, 51)
    if min_side is not None and min_side <= 12:
        assert max(fast.shape[:2]) <= 65 // 4 + 1


def test_cmyk_is_inverted_as_adobe_means_it():
    cmyk = Image.fromarray(picture()).convert("CMYK")
    assert difference(decode_image(encoded(cmyk, "JPEG", quality=95)), np.asarray(cmyk.convert("RGB"))) <= 8


def test_sixteen_bits_are_scaled_not_clipped():
    deep = picture()[:, :, 0].astype(np.uint16) * 257
    grey = np.repeat(picture()[:, :, :1], 3, axis=2)
    assert difference(decode_image(encoded(deep, "PNG")), grey) == 0
    colour = cv2.imencode(".png", picture()[:, :, ::-1].astype(np.uint16) * 257)[1].tobytes()
    assert difference(decode_image(colour), picture()) <= 1


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_are_scaled_by_their_range_whatever_the_order_of_their_bytes(order):
    dark = np.tile(np.arange(200, dtype=order), (40, 1))
    assert decode_image(encoded(dark, "TIFF")).max() == 1


def test_transparent_parts_of_sixteen_bits_are_white():
    deep = np.zeros((40, 40), np.uint16)
    deep[20:] = 40000
    image = decode_image(encoded(deep, "PNG", transparency=0))
    assert (image[:20] == 255).all() and (image[20:] == round(40000 / 257)).all()


@pytest.mark.parametrize("scale", [1.0, 1 / 255, 100.0])
def test_float_tiff_grey_and_colour(scale):
    samples = picture().astype(np.float32) * scale
    samples[0, 0, 0] = np.nan
    grey = decode_image(encoded(samples[:, :, 0], "TIFF"))
    colour = decode_image(cv2.imencode(".tif", samples[:, :, ::-1])[1].tobytes())
    assert grey.shape == colour.shape == picture().shape
    assert np.all(np.diff(grey[1, :, 0].astype(int)) >= 0) and np.ptp(grey) > 90
    if scale <= 1:
        assert difference(colour[1:], picture()[1:]) <= 1


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_an_infinite_sample_is_black_and_changes_no_other(infinite):
    samples = picture()[:, :, 0].astype(np.float32)
    samples[5, 7] = infinite
    expected = picture()[:, :, 0].copy()
    expected[5, 7] = 0
    assert difference(decode_image(encoded(samples, "TIFF"))[:, :, 0], expected) == 0


def test_a_float_tiff_of_one_negative_value_is_black():
    with np.errstate(invalid="raise"):
        image = decode_image(encoded(np.full((48, 64), -5, np.float32), "TIFF"))
    assert image.shape == (48, 64, 3) and not image.any()


def test_grey_palette_and_bilevel():
    grey = Image.fromarray(picture()).convert("L")
    expected = np.repeat(np.asarray(grey)[:, :, None], 3, axis=2)
    assert difference(decode_image(encoded(grey, "PNG")), expected) == 0
    assert difference(decode_image(encoded(grey, "JPEG", quality=95)), expected) <= 4
    palette = Image.fromarray(picture()).quantize(256)
    assert difference(decode_image(encoded(palette, "PNG")), np.asarray(palette.convert("RGB"))) == 0
    assert set(np.unique(decode_image(encoded(grey.convert("1"), "PNG")))) == {0, 255}


def test_transparency_lies_over_white():
    alpha = np.zeros((48, 64, 1), np.uint8)
    alpha[:, 32:] = 255
    data = encoded(np.concatenate([picture(), alpha], axis=2), "PNG")
    image = decode_image(data)
    assert (image[:, :32] == 255).all() and difference(image[:, 32:], picture()[:, 32:]) == 0
    palette = Image.fromarray(picture()).quantize(16)
    clear = decode_image(encoded(palette, "PNG", transparency=int(np.asarray(palette)[0, 0])))
    assert (clear[0, 0] == 255).all()


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_animation_gives_its_first_frame(form):
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert difference(decode_image(data), np.full((30, 40, 3), (255, 0, 0), np.uint8)) <= 6


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_truncated_tail_is_read_as_far_as_it_goes(form):
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(image, form)
    whole, part = decode_image(data), decode_image(data[:len(data) // 2])
    assert difference(part[:12], whole[:12]) == 0 and difference(part[-8:], whole[-8:]) > 0


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_no_prefix_of_a_file_raises_anything_but_image_error(form):
    data = encoded(picture(), form)
    for length in range(1, len(data), max(1, len(data) // 60)):
        try:
            assert decode_image(data[:length]).shape == picture().shape
        except ImageError as error:
            assert str(error)


def test_random_damage_raises_nothing_but_image_error():
    generator = np.random.default_rng(3)
    for form in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"):
        for _ in range(25):
            data = bytearray(encoded(picture(), form))
            for place in generator.integers(0, len(data), 6):
                data[place] = generator.integers(0, 256)
            try:
                assert decode_image(bytes(data), max_pixels=10**6).ndim == 3
            except ImageError as error:
                assert str(error)


@pytest.mark.parametrize("data, reason", [(b"", "empty file"), (b"<html>no photo</html>", "not an image"),
                                          (b"\xff\xd8\xff\xe0abc", "cannot be decoded|not an image")])
def test_reason_for_what_is_no_image(tmp_path, data, reason):
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=reason):
        read_image(path)


def test_pixel_limit_is_checked_before_decoding():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50001, 8000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"0" * 100)) + chunk(b"IEND", b"")
    with pytest.raises(ImageError, match="50001 x 8000 pixels are more than MAX_PIXELS = 200000000"):
        decode_image(bomb)
    colours = cv2.imencode(".tif", picture().astype(np.float32))[1].tobytes()  # of which Pillow knows nothing
    for data in (encoded(picture(), "JPEG"), colours):
        with pytest.raises(ImageError, match="MAX_PIXELS = 3000"):
            decode_image(data, max_pixels=3000)


def test_large_photo_at_a_reduced_scale():
    data = cv2.imencode(".jpg", cv2.resize(picture(), (8000, 6000)))[1].tobytes()
    assert decode_image(data, min_side=224).shape == (750, 1000, 3)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("shape", [(100, 900), (900, 100)])
def test_the_shorter_side_of_a_reduced_photo_is_no_less_than_asked_for(form, shape):
    data = encoded(picture(*shape), form)
    assert decode_image(data, min_side=51).shape[:2] == shape
    assert min(decode_image(data, min_side=50).shape[:2]) == 50


def test_one_pixel(tmp_path):
    write_image(tmp_path / "x.png", np.full((1, 1, 3), 7, np.uint8))
    assert read_image(tmp_path / "x.png", min_side=1).tolist() == [[[7, 7, 7]]]


def test_a_tiff_file_without_its_end_is_said_to_be(tmp_path):
    write_image(tmp_path / "a.tif", np.full((40, 40, 3), 7, np.uint8))
    data = (tmp_path / "a.tif").read_bytes()
    with pytest.raises(ImageError, match="cannot be decoded") as raised:
        decode_image(data[:len(data) // 2])
    assert "256" not in str(raised.value)


def test_reasons_for_what_is_no_file(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    os.symlink("nowhere.jpg", tmp_path / "dangling.jpg")
    os.symlink("loop.jpg", tmp_path / "loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    reasons = {"folder.jpg": "is a directory", "dangling.jpg": "link to a missing file", "gone.jpg": "vanished",
               "loop.jpg": "link that leads to itself", "pipe.jpg": "not a regular file"}
    for name, reason in reasons.items():
        with pytest.raises(ImageError, match=reason):
            read_image(tmp_path / name)
    assert list_files(tmp_path).photos == ["dangling.jpg", "loop.jpg"]


ODD_NAMES = ["a b.jpg", "comma, quote ' and \".PNG", "가방 사진.JPG", "👜.webp", "#%&;=+.Jpeg", "nested/deep er/x.jpg",
             "-rf.jpg", "no_suffix", "ends with dot..jpg", "x" * 250 + ".jpg"]


def test_odd_names_are_listed_sorted_read_and_written(tmp_path):
    for name in ODD_NAMES:
        write_image(tmp_path / name, picture())
    assert list_files(tmp_path).photos == sorted(ODD_NAMES)
    for name in ODD_NAMES:
        assert difference(read_image(tmp_path / name), picture()) <= 12


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read everything")
def test_no_permission(tmp_path):
    write_image(tmp_path / "x.jpg", picture())
    (tmp_path / "x.jpg").chmod(0)
    with pytest.raises(ImageError, match="permission denied"):
        read_image(tmp_path / "x.jpg")
    tmp_path.chmod(0)
    with pytest.raises(UserError, match="(?i)permission"):
        list_files(tmp_path)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("name, form", [("x.jpg", "JPEG"), ("x.JPEG", "JPEG"), ("x.png", "PNG"), ("x.webp", "WEBP"),
                                        ("x.bmp", "BMP"), ("x.tif", "TIFF"), ("x.gif", "JPEG"), ("x.heic", "JPEG"),
                                        ("x", "JPEG")])
def test_written_format_follows_the_suffix(tmp_path, name, form):
    write_image(tmp_path / "new folder" / name, picture())
    path = tmp_path / "new folder" / name
    assert Image.open(path).format == form
    assert difference(read_image(path), picture()) <= 12
    assert os.listdir(path.parent) == [name]


@pytest.mark.parametrize("name", ["x.png", "x.webp", "x.jpg", "x.bmp"])
def test_transparency_survives_writing(tmp_path, name):
    clear = np.dstack([picture(), np.zeros((48, 64), np.uint8)])
    write_image(tmp_path / name, clear)
    assert Image.open(tmp_path / name).mode == "RGBA"
    assert (read_image(tmp_path / name) == 255).all()


def test_failed_write_leaves_the_old_file(tmp_path):
    write_image(tmp_path / "x.png", picture())
    (tmp_path / "y.png").mkdir()
    with pytest.raises(UserError, match="y.png"):
        write_image(tmp_path / "y.png", picture())
    assert sorted(os.listdir(tmp_path)) == ["x.png", "y.png"]


def test_a_file_that_holds_the_same_picture_already_is_left_alone(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    write_image(tmp_path / "a.png", picture)
    os.utime(tmp_path / "a.png", (1, 1))
    write_image(tmp_path / "a.png", picture)
    assert (tmp_path / "a.png").stat().st_mtime == 1
    write_image(tmp_path / "a.png", picture[::-1])
    assert (tmp_path / "a.png").stat().st_mtime > 1 and (read_image(tmp_path / "a.png") == picture[::-1]).all()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_named_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    write_image(tmp_path / "x.png", picture())
    before = (tmp_path / "x.png").read_bytes()
    monkeypatch.setattr(Path, "write_bytes", lambda _, data: open("/dev/full", "wb", buffering=0).write(data))
    with pytest.raises(UserError, match=r"x\.png: No space left on device"):
        write_image(tmp_path / "x.png", picture()[::-1])
    assert (tmp_path / "x.png").read_bytes() == before and os.listdir(tmp_path) == ["x.png"]


def test_very_long_pictures_are_written(tmp_path):
    write_image(tmp_path / "x.jpg", np.zeros((70000, 2, 3), np.uint8))
    assert read_image(tmp_path / "x.jpg").shape == (70000, 2, 3)


@pytest.mark.parametrize("mode", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (48, 64), (300, 200), (32, 32)])
def test_network_input_has_its_size(mode, shape):
    image = np.full((*shape, 3), 90, np.uint8)
    resized = resize_for_network(image, 32, mode=mode)
    assert resized.shape == (32, 32, 3) and resized.dtype == np.uint8 and resized.flags.c_contiguous
    assert set(np.unique(resized)) <= ({90, 255} if mode == "pad" else {90})


def test_network_input_keeps_means_and_geometry():
    stripes = np.zeros((5000, 8, 3), np.uint8)
    stripes[::2] = 200
    assert np.abs(resize_for_network(stripes, 20) - 100.0).max() <= 2  # one side shrinks while the other grows
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert (resize_for_network(wide, 10, mode="crop") == 200).all()
    padded = resize_for_network(wide, 30, mode="pad")
    assert (padded[:10] == 255).all() and (padded[20:] == 255).all() and (padded[10:20] == wide).all()
    with pytest.raises(ValueError, match="tile"):
        resize_for_network(wide, 10, mode="tile")


def test_quiet_codecs_hides_libjpeg_but_not_python(tmp_path):
    data = encoded(picture(), "JPEG")
    (tmp_path / "x.jpg").write_bytes(data[:-2] + bytes(range(100, 140)) + data[-2:])
    code = ("import sys; from imgcluster.photos.images import quiet_codecs, read_image; quiet_codecs(); "
            f"read_image({str(tmp_path / 'x.jpg')!r}); print('mine', file=sys.stderr); 1 / 0")
    loud, quiet = (subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
                   for text in (code.replace("quiet_codecs(); ", ""), code))
    assert "Corrupt JPEG" in loud.stderr
    assert quiet.stderr.startswith("mine\n") and "ZeroDivisionError" in quiet.stderr
