"""Numbers as people read them."""
from imgcluster.words import counted


def test_one_is_no_plural():
    assert [counted(number, "photo") for number in (0, 1, 2866)] == ["0 photos", "1 photo", "2,866 photos"]
    assert [counted(number, "copy", "copies") for number in (1, 2)] == ["1 copy", "2 copies"]
