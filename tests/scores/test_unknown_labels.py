"""Labels of photos whose product is not known are noticed, and no others."""
import numpy as np
import pytest

from imgcluster.scores.unknown_labels import unknown_labels, warning_of_unknown


@pytest.mark.parametrize("label", ["-1", "?", "unknown", "Unknown", "NONE", "NaN", "n/a"])
def test_a_label_that_means_not_known_is_named_with_its_photos(label):
    true = np.array(["boots", label, "hats", label])
    assert unknown_labels(true) == {label: 2}
    assert f"the label {label!r} (2 photos), which is scored as a product" in warning_of_unknown(true)


def test_several_such_labels_are_all_named():
    assert "'-1' (1 photo) and '?' (2 photos)" in warning_of_unknown(np.array(["?", "-1", "?", "7"]))


@pytest.mark.parametrize("label", ["-10", "1", "unknown-7", "none of these", "nano", "?1", "0"])
def test_other_labels_are_not(label):
    assert unknown_labels(np.array([label, "boots"])) == {} and warning_of_unknown(np.array([label, "boots"])) == ""
