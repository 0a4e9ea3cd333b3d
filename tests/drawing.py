"""What the tests of figures share: a figure as it is saved, photos, names that are hard to draw, contrasts."""
import io

import cv2
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

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


def contrast(one, other):
    """The contrast ratio of two colours, 1..21 (WCAG 2.2, relative luminance)."""
    def luminance(colour):
        channels = np.array(to_rgb(colour))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055)**2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return light / dark
