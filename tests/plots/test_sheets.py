"""Sheets of photos in rows."""
import numpy as np
import pytest
from drawing import drawn, thumbnail

from imgcluster.plots import (
    before_after_sheet,
    contact_sheet,
)

pytestmark = pytest.mark.filterwarnings("error")


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


def test_before_and_after_lie_side_by_side():
    before, after = (np.full((40, 40, 3), value, dtype=np.uint8) for value in (60, 180))
    figure = before_after_sheet([before] * 4, [after] * 4, list("abcd"), title="background removed")
    canvas = figure.axes[0].images[0].get_array()
    columns_of = [np.flatnonzero((canvas[75] == value).all(axis=1)) for value in (60, 180)]
    assert columns_of[0].min() < columns_of[1].min()
    texts = figure.axes[0].texts
    assert [text.get_text() for text in texts] == ["before", "after"] * 3 + list("abcd")
    for head, columns in zip(texts, columns_of):
        place = head.get_position()[0]
        assert place in columns and head.get_position()[1] < np.flatnonzero((canvas != 255).any(axis=(1, 2))).min()
