"""Numbers agree with their nouns."""
from imgcluster.wording import counted


def test_one_is_singular_and_thousands_are_set_apart():
    assert [counted(number, "photo") for number in (0, 1, 2866)] == ["0 photos", "1 photo", "2,866 photos"]
    assert [counted(number, "copy", "copies") for number in (1, 2)] == ["1 copy", "2 copies"]
