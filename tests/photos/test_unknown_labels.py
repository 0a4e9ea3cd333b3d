"""Labels of photos whose product is not known are noticed, and no others."""
import numpy as np
import pytest

from imgcluster.photos.unknown_labels import TO_LEARN_FROM, TO_SCORE_BY, doubt_of_unknown, is_unknown


@pytest.mark.parametrize("label", ["-1", "?", "unknown", "Unknown", "NONE", "NaN", "n/a"])
def test_a_label_that_means_not_known_is_named_with_its_photos(label):
    true = np.array(["boots", label, "hats", label])
    assert is_unknown(true).tolist() == [False, True] * 2
    assert f"the label {label!r} (2 photos), which is scored as a product" in doubt_of_unknown(true, TO_SCORE_BY)
    assert doubt_of_unknown(true, TO_LEARN_FROM).startswith(f"the label {label!r} (2 photos) is taken for a product")


def test_several_such_labels_are_all_named():
    assert "'-1' (1 photo) and '?' (2 photos)" in doubt_of_unknown(["?", "-1", "?", "7"], TO_SCORE_BY)


@pytest.mark.parametrize("label", ["-10", "1", "unknown-7", "none of these", "nano", "?1", "0"])
def test_other_labels_are_not(label):
    assert not is_unknown([label, "boots"]).any() and doubt_of_unknown([label, "boots"], TO_SCORE_BY) == ""
