"""Numbers agree with their nouns, and texts take the room that they are said to."""
import shlex

import pytest

from imgcluster.wording import counted, first_line, in_shell, listed, meant, text_width


def test_one_is_singular_and_thousands_are_set_apart():
    assert [counted(number, "photo") for number in (0, 1, 2866)] == ["0 photos", "1 photo", "2,866 photos"]
    assert [counted(number, "copy", "copies") for number in (1, 2)] == ["1 copy", "2 copies"]


def test_of_many_names_the_first_are_listed():
    assert [listed("abcde"[:number]) for number in range(1, 6)] == [
        "a", "a and b", "a, b and c", "a, b, c and 1 more", "a, b, c and 2 more"]
    assert listed(name for name in ("week2", "week1")) == "week2 and week1"


def test_hangul_and_the_like_take_two_columns():
    assert [text_width(text) for text in ("", "boots", "Müsli", "부츠 3", "靴")] == [0, 5, 5, 6, 2]


@pytest.mark.parametrize("words, line", [
    (["python", "run_all.py"], "python run_all.py"), (["--set", "ASSIGN_TO=woche 1"], '--set "ASSIGN_TO=woche 1"'),
    (["A=['x', 3]"], '"A=[\'x\', 3]"'), (["C:\\my photos\\a.py"], '"C:\\my photos\\a.py"'), (["5 $"], "'5 $'"),
    ([""], '""'), (['a "b"', "a`b", "a\\", "a \\\\b", "a!"], None)])
def test_words_are_typed_in_a_shell_in_double_quotes_wherever_these_hide_nothing(words, line):
    assert shlex.split(in_shell(words)) == words
    assert line in (None, in_shell(words))


def test_an_error_that_says_nothing_is_called_by_its_type():
    assert first_line(ValueError("no such layer\n  in this file")) == "no such layer"
    assert first_line(MemoryError()) == "MemoryError"


def test_a_misspelt_name_is_taken_for_the_nearest_one_there_is():
    known = ["MobileNetV2", "'shoes'", "None"]
    assert meant("mobilnetv2", known) == " (did you mean MobileNetV2?)"
    assert (meant("Shoe", known), meant("none", known)) == (" (did you mean 'shoes'?)", " (did you mean None?)")
    assert meant("bags", known) == meant("bags", []) == ""
