"""Colours, marks, fonts and names of all figures."""
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
from configured import ROOT
from drawing import AWKWARD, drawn, thumbnail
from matplotlib import font_manager

from imgcluster.plots import (
    before_after_sheet,
    confusion_figure,
    scatter_pair,
)
from imgcluster.plots.style import (
    NUM_COLOURS,
    bold_style,
    clean,
    font_families,
    group_colour,
    group_marker,
    short_names,
    wrapped,
)

pytestmark = pytest.mark.filterwarnings("error")


def test_a_home_that_may_not_be_written_to_is_no_matter(tmp_path):
    (tmp_path / "file").touch()
    elsewhere = {name: value for name, value in os.environ.items()
                 if name not in ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    done = subprocess.run([sys.executable, "-c", "import imgcluster.plots"], capture_output=True, text=True, cwd=ROOT,
                          env=elsewhere | {"HOME": str(tmp_path / "file" / "home")})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


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


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names_are_drawn_without_a_warning(name):
    photo = thumbnail(3)
    drawn(before_after_sheet([photo], [photo], [name], title=name))
    drawn(scatter_pair(np.eye(3)[:, :2], [name, name, "other"], [0, 1, 1], title=name))
    drawn(confusion_figure([[2]], [name], [name], title=name))


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


# What those who see no green, or no red, see of a colour, in linear RGB (Machado, Oliveira & Fernandes, 2009).
VISION = {"usual": np.eye(3),
          "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
          "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]}


@pytest.mark.parametrize("number, apart", [(8, {"usual": 26, "no green": 15, "no red": 20}),
                                           (16, {"usual": 26, "no green": 13, "no red": 14}),
                                           (24, {"usual": 17, "no green": 8, "no red": 12})])
def test_the_first_colours_are_told_apart_best_whatever_the_colour_vision(number, apart):
    colours = np.array([group_colour(index) for index in range(number)])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    for vision, matrix in VISION.items():
        seen = np.clip(linear @ np.transpose(matrix), 0, 1)
        seen = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
        lab = cv2.cvtColor(np.float32(seen)[None], cv2.COLOR_RGB2LAB)[0]
        distances = np.linalg.norm(lab[:, None] - lab, axis=2)
        assert distances[~np.eye(number, dtype=bool)].min() > apart[vision], vision


def test_168_groups_look_different():
    assert len({(group_colour(index), group_marker(index)) for index in range(168)}) == 168


@pytest.mark.parametrize("words", [3, 15, 17, 30, 60])
def test_the_lines_of_a_title_are_about_equally_long(words):
    lines = wrapped(" ".join(["word"] * words), 6).split("\n")
    assert len(lines) == min(3, -(-words * 5 // 63)) and max(map(len, lines)) <= 63
    assert len(lines[-1]) > 0.7 * len(lines[0])


def test_a_title_of_one_long_word_is_broken():
    assert max(map(len, wrapped("x" * 100, 6).split("\n"))) <= 63
