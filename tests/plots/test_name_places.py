"""Places of names, or none where all is full."""
import numpy as np
import pytest

from imgcluster.plots.name_places import name_places

pytestmark = pytest.mark.filterwarnings("error")


def test_a_panel_where_all_is_full_leaves_names_out():
    points = np.stack(np.meshgrid(*[np.linspace(0, 1, 20)] * 2), axis=2).reshape(-1, 2)
    groups, sizes = [points[:9] * 0 + 0.5] * 200, np.full((200, 2), [0.1, 0.014])
    named = name_places(points, groups, sizes)
    assert 0 in named and len(named) < 100
