"""How likely each number of products is: by a count that is off by some factor, and where numbers stand out."""
import numpy as np
import pytest

from imgcluster.counting.chances import ANY_FACTOR, PEAK_OFF, SUREST, Guess, chances_of, quantile


def test_chances_are_of_whole_numbers_about_the_guess_and_sum_to_one():
    chances = chances_of(Guess(10, 0.1), 40)
    assert chances.shape == (40,) and chances.sum() == pytest.approx(1) and chances.argmax() + 1 == 10
    # One standard deviation up and down in logarithms, and as likely beforehand per logarithm.
    assert chances[19] / chances[9] == pytest.approx(np.exp(-0.5 * (np.log(2) / 0.1)**2) / 2)


@pytest.mark.parametrize("count, sigma, most", [(1e-3, 0.05, 5), (1e6, 0.05, 3), (2, 1e-3, 1)])
def test_a_guess_beyond_the_numbers_there_are_is_for_the_nearest(count, sigma, most):
    chances = chances_of(Guess(count, sigma), most)
    assert np.isfinite(chances).all() and chances.argmax() + 1 == (1 if count < 1 else most)


def test_numbers_at_a_peak_are_the_likelier_the_surer_it_is_of_products():
    plain, vague, peaked, sure, surest = (chances_of(Guess(5, 0.5), 200, [(4.0, chance)])
                                          for chance in (0, 0.1, 0.3, 1, SUREST))
    at_peak = 0.3 / (PEAK_OFF * np.sqrt(2 * np.pi)) / ANY_FACTOR
    assert peaked[3] / peaked[99] == pytest.approx(plain[3] / plain[99] * (1 + at_peak / 0.7))
    assert plain[3] < vague[3] < peaked[3] < sure[3] < 1 and sure.argmax() == 3
    assert np.array_equal(sure, surest), "never so sure that nothing else counts"
    assert np.array_equal(plain, chances_of(Guess(5, 0.5), 200))


def test_a_sure_peak_far_from_the_guess_says_nothing():
    far, plain = (chances_of(Guess(5, 0.1), 300, peaks) for peaks in ([(200.0, 1.0)], []))
    assert far == pytest.approx(plain, abs=1e-9)


def test_peaks_of_both_kinds_together_say_more_than_one():
    one, two = (chances_of(Guess(5, 0.5), 50, peaks) for peaks in ([(4.0, 0.2)], [(4.0, 0.2), (4.0, 0.2)]))
    assert two[3] > one[3]


def test_a_quantile_is_the_least_number_up_to_which_chances_reach_it():
    chances = np.array([0.1, 0.3, 0.2, 0.4])
    assert [quantile(chances, share) for share in (0.05, 0.1, 0.11, 0.4, 0.5, 0.9, 1)] == [1, 1, 2, 2, 3, 4, 4]
    assert quantile(np.full(3, 1 / 3), 1 + 1e-12) == 3


def test_the_middle_of_a_guess_is_its_count():
    middles = [quantile(chances_of(Guess(count, 0.1), 400), 0.5) for count in (8, 31, 120)]
    assert middles == pytest.approx([8, 31, 120], abs=1)
