"""What all figures share: fonts, safe text, colours and markers of groups, and figures without pyplot."""
import contextlib
import textwrap
import unicodedata
from collections import Counter
from functools import lru_cache

import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from imgcluster.wording import counted, text_width

DPI = 150
TITLE_SIZE = 12
BORDER_COLOUR = "#D55E00"

# Okabe & Ito (2008), told apart with any colour vision; without its yellow and black, which are lost on white and
# among outlines.
_HUES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#666666")
# Far in CIELAB from those, in all their shades, and from one another, on white and as the report lightens them on dark.
_FURTHER_HUES = ("#70C025", "#9772FE", "#BC020D", "#ACAC59", "#B4019A", "#FF3284", "#01B94E")
_SHADES = (0.0, -0.45, 0.4)
NUM_COLOURS = (len(_HUES) + len(_FURTHER_HUES)) * len(_SHADES)
# In which order these come, all shades of the former hues numbered before those of the latter: after the seven plain
# ones each is as far from all before it as can be, in CIELAB as people see it and twice as far as those do who see no
# red or no green (Machado, Oliveira & Fernandes, 2009). So the fewer groups there are, the better they are told apart.
_ORDER = (0, 1, 2, 3, 4, 5, 6, 30, 22, 38, 32, 27, 25, 23, 35, 9, 37, 31, 17, 7, 13, 10, 18, 16, 28, 19, 26, 15, 11, 36,
          21, 39, 29, 20, 33, 14, 34, 24, 8, 12, 41, 40)
_NO_GROUP = "#C8C8C8"  # lighter than any grey among the shades
# As many markers as share no divisor with the hues, so that a hue meets every marker before a pair comes again.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

# DejaVu Sans comes with matplotlib and is always there; the others add scripts that it lacks.
_FALLBACK_FONTS = (
    "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans KR", "Noto Sans JP",
    "Noto Sans SC", "Noto Sans TC", "Source Han Sans", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo",
    "AppleGothic", "UnDotum", "Hiragino Sans", "Yu Gothic", "Meiryo", "MS Gothic", "IPAexGothic", "IPAGothic",
    "TakaoGothic", "VL Gothic", "PingFang SC", "Hiragino Sans GB", "STHeiti", "Microsoft YaHei", "Microsoft JhengHei",
    "SimHei", "SimSun", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "AR PL UMing CN", "Droid Sans Fallback",
    "Noto Sans Thai", "Noto Sans Devanagari", "Noto Emoji",
    "Segoe UI Symbol", "Arial Unicode MS", "Unifont")
_UNKNOWN_CHARACTER = "\u25a1"


@lru_cache(maxsize=1)
def font_families():
    """Names of the fonts to draw text with, in order of preference: those of the list that this system has."""
    _add_new_fonts()
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in _FALLBACK_FONTS if name in installed))


def _add_new_fonts():
    """Tell matplotlib of fonts installed since it listed them: it keeps its list from its first run on."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with contextlib.suppress(RuntimeError, OSError):  # not a font that it can read
                font_manager.fontManager.addfont(path)


@lru_cache(maxsize=1)
def _drawable_characters():
    fonts = (font_manager.get_font(font_manager.findfont(name)) for name in font_families())
    return frozenset().union(*(font.get_charmap() for font in fonts))


def text_style():
    """Keywords for every text of a figure: fonts that show most scripts, and no mathtext, so that `$` is a dollar."""
    return {"fontfamily": list(font_families()), "parse_math": False}


def bold_style(text):
    """Keywords like `text_style`, bold where the always present font shows `text`: the others may have no bold."""
    style = text_style()
    bold = all(ord(character) in _bold_characters() for character in text)
    return style | {"fontfamily": font_families()[0], "fontweight": "bold"} if bold else style


@lru_cache(maxsize=1)
def _bold_characters():
    font = font_manager.FontProperties(family=font_families()[0], weight="bold")
    return frozenset(font_manager.get_font(font_manager.findfont(font)).get_charmap())


def _is_mark(character):
    """True for characters without a shape of their own: controls, joiners, variation selectors, surrogates."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") or "\ufe00" <= character <= "\ufe0f"


def clean(text, limit=None):
    """Text as it can be drawn: composed, on one line, a box for what no font shows; shortened to `limit` columns.

    A file name is shortened in the middle, as both its ends tell it apart; Hangul and the like take two columns.
    """
    text = unicodedata.normalize("NFC", " ".join(str(text).split()))
    drawable = _drawable_characters()
    text = "".join(c if ord(c) in drawable else _UNKNOWN_CHARACTER for c in text if not _is_mark(c))
    if limit is None or text_width(text) <= limit:
        return text
    head, tail = _fitting(text, (limit - 1) - (limit - 1) // 2), _fitting(text[::-1], (limit - 1) // 2)[::-1]
    return f"{head}\u2026{tail}"


def short_names(names, limit):
    """Return names shortened as by `clean` to `limit` columns; to up to twice as many where they would look alike."""
    short = [clean(name, limit) for name in names]
    for wider in range(limit + 1, 2 * limit + 1):
        often = Counter(short)
        short = [clean(name, wider) if often[text] > 1 else text for name, text in zip(names, short)]
    return short


def _fitting(text, columns):
    """The longest beginning of `text` that is at most `columns` wide."""
    widths = np.cumsum([text_width(c) for c in text])
    return text[:int(np.searchsorted(widths, columns, side="right"))]


def group_colour(index):
    """RGB floats of group `index`: 7 hues told apart with any colour vision, then those and 7 further ones in three
    shades, always one that is far from all before it; then the same again.

    A cluster's index is its number, whatever its size, so that it has one colour in all figures, also after
    corrections; -1, no cluster, is grey.
    """
    if index < 0:
        return to_rgb(_NO_GROUP)
    rest, place = divmod(_ORDER[index % NUM_COLOURS], len(_HUES))
    further, shade = divmod(rest, len(_SHADES))
    colour, shade = np.array(to_rgb((_HUES, _FURTHER_HUES)[further][place])), _SHADES[shade]
    return tuple(float(c) for c in (colour * (1 + shade) if shade < 0 else colour + (1 - colour) * shade))


def group_marker(index):
    """Marker of group `index`; colour and marker together come again after 168 groups. That of -1 is round."""
    return _MARKERS[max(index, 0) % len(_MARKERS)]


def marker_scale(index):
    """Factor on the area of group `index`'s marker that makes all markers look equally large."""
    return {"*": 2.0, "X": 1.3, "P": 1.3, "D": 0.85}.get(group_marker(index), 1.0)


def outline(width=2.5):
    """Path effect that keeps a text readable on any ground."""
    return [withStroke(linewidth=width, foreground="white")]


def new_figure(width, height, *, title):
    """An empty figure, `width` x `height` inches, with its title wrapped to the width; axes arrange themselves."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    figure.suptitle(wrapped(title, width), fontsize=TITLE_SIZE, **text_style())
    return figure


def wrapped(title, width):
    """Title as at most three lines that fit `width` inches, all about as long: no word is left alone on the last."""
    columns = max(16, int(width * 10.5))
    text = clean(title, 3 * columns - 6)
    lines = textwrap.wrap(text, columns, break_long_words=True)
    longest = max((len(word) for word in text.split()), default=1)
    for narrower in range(columns - 1, min(longest, columns) - 1, -1):
        fewer = textwrap.wrap(text, narrower, break_long_words=True)
        if len(fewer) > len(lines):
            break
        lines = fewer
    return "\n".join(lines)


def bare_axes(axes):
    """Take the frame, ticks and scale off axes that hold a picture."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def finding(dataset, *, num_clusters, num_models=None, ari=None, num_photos=None):
    """The sentence that titles a figure: "shoes: 24 clusters for 25 models, ARI 0.41 (2,866 photos)"."""
    sentence = f"{dataset}: {counted(num_clusters, 'cluster')}"
    if num_models is not None:
        sentence += f" for {counted(num_models, 'model')}"
    if ari is not None:
        sentence += f", ARI {ari:z.2f}"
    return sentence if num_photos is None else f"{sentence} ({counted(num_photos, 'photo')})"
