"""What the tests of figures share: a figure as it is saved, photos, names that are hard to draw."""
import io

import cv2
import numpy as np
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
