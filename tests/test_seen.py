"""What a network has seen of the photos that are scored, under whatever name of a dataset."""
import pandas as pd
import pytest

from imgcluster.artefacts import write_lines, write_table
from imgcluster.score_table import score_table
from imgcluster.seen import seen_by_network, share_of_photos, warning_of_seen

NOTHING = {"trained_on_these_photos": 0, "fitted_to_these_photos": 0, "trained_on_these_models": 0}


@pytest.fixture
def seen(tmp_path):
    """seen(digests here, digests there, record, ...): the shares for a dataset "here"."""
    def shares(here, there, record, *, true=("a", "b"), classes=()):
        for name, digests in (("here", here), ("there", there)):
            files = [f"{name}_{row}.jpg" for row in range(len(digests))]
            write_table(tmp_path / name / "photos.csv", pd.DataFrame({"file": files, "digest": list(digests)}))
        write_lines(tmp_path / "there" / "classes.txt", classes)
        return seen_by_network(record, tmp_path / "here", true, folder_of=lambda name: tmp_path / name)
    return shares


def test_the_dataset_itself_is_seen_and_others_are_not(seen):
    assert seen("abcd", "efgh", {"trained_on": "here"}) == {**NOTHING, "trained_on_these_photos": 1}
    assert seen("abcd", "efgh", {"trained_on": None, "fitted_to": "here"}) == {**NOTHING, "fitted_to_these_photos": 1}
    assert seen("abcd", "efgh", {"trained_on": "there"}) == seen("abcd", "abcd", {"trained_on": None}) == NOTHING


def test_copies_under_another_name_are_seen_and_warned_of(seen):
    half = seen("abcd", "bdx", {"trained_on": "there"})
    assert half == {**NOTHING, "trained_on_these_photos": 0.5}
    assert "trained on 50 % of these very photos" in warning_of_seen(half)
    assert "trained on 50 % of these photos" in score_table(half)
    whole = seen("abcd", "abcd", {"trained_on": "there"})
    assert "trained on these very photos" in warning_of_seen(whole)
    fitted = seen("abcd", "abxy", {"trained_on": None, "fitted_to": "there"})
    assert fitted["fitted_to_these_photos"] == 0.5 and warning_of_seen(fitted) == ""


def test_equal_labels_are_warned_of_and_said_to_be_labels(seen):
    shares = seen("abcd", "efgh", {"trained_on": "there"}, true=list("aabbccdd"), classes=["a", "z"])
    assert shares == {**NOTHING, "trained_on_these_models": 0.25}
    assert warning_of_seen(shares).startswith("25 % of the true labels are also names of models")
    assert "trained_on_these_models" not in seen("abcd", "efgh", {"trained_on": "there"}, true=None)
    assert warning_of_seen(NOTHING) == warning_of_seen({}) == ""
    all_known = seen("abcd", "efgh", {"trained_on": "there"}, true=list("aabb"), classes=["a", "b", "z"])
    assert warning_of_seen(all_known).startswith("all of the true labels are also names of models")
    assert "trained on these labels" in score_table(all_known)


def test_a_photo_of_many_is_no_share_of_zero_percent(seen):
    assert "1 %" in warning_of_seen({"trained_on_these_photos": 0.001})
    assert "99 %" in warning_of_seen({"trained_on_these_photos": 0.999})


def test_without_a_table_of_photos_nothing_is_known_to_be_shared(tmp_path):
    assert share_of_photos(tmp_path / "here", tmp_path / "there") == 0
    assert share_of_photos(tmp_path / "here", tmp_path / "here") == 1
