"""The files of step 02: what an earlier training left does not outlive another."""
import pytest

from imgcluster.extraction.kind import KIND_FILE
from imgcluster.extraction.network_files import NETWORK, OF_LABELS, write_fitted


@pytest.fixture
def trained(tmp_path):
    """A folder as a training on labels leaves it."""
    for name in (NETWORK, *OF_LABELS, "made_by_02.json", "features.npy"):
        (tmp_path / name).write_text("earlier")
    assert KIND_FILE in OF_LABELS
    return tmp_path


def test_a_fitted_network_replaces_a_trained_one_and_what_told_about_it(trained, tiny_embedding):
    write_fitted(trained, tiny_embedding())
    assert sorted(path.name for path in trained.iterdir()) == ["features.npy", NETWORK]
    assert (trained / NETWORK).read_bytes() != b"earlier"


def test_where_nothing_is_fitted_no_earlier_network_is_left(trained):
    write_fitted(trained, None)
    assert [path.name for path in trained.iterdir()] == ["features.npy"]


def test_a_network_that_cannot_be_written_leaves_the_earlier_one(trained):
    with pytest.raises(AttributeError):
        write_fitted(trained, "no network")
    assert {path.read_text() for path in trained.iterdir()} == {"earlier"}
