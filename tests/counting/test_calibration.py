"""Calibration: two ways in which known products may tell of new ones, how they are weighed, and what is refused."""
import re
from functools import partial

import numpy as np
import product_rows
import pytest

from imgcluster.counting import calibration
from imgcluster.counting.blind_count import Estimate
from imgcluster.counting.calibration import (
    blind_guess,
    by_photos,
    calibrated_estimate,
    chance_of_picking,
    guess_of,
    joined,
    prior_estimate,
    variance_of,
)
from imgcluster.counting.chances import Guess
from imgcluster.counting.variety import Variety

RNG = np.random.default_rng(0)


START = RNG.bit_generator.state
products = partial(product_rows.products, rng=RNG)


@pytest.fixture(autouse=True)
def begin_anew():
    """Each test draws the same rows, whichever ran before it."""
    RNG.bit_generator.state = START


def alone_at(count, reach=1.5, peaks=()):
    """What the photos alone are to suggest, with an interval of that factor either way."""
    return Estimate(count, (count / reach, count * reach), "blind", peaks=peaks)


def learned(photos, known, alone=None):
    """The Estimate of the rows of known products, where the photos alone suggest so many."""
    return calibrated_estimate(photos, known, alone_at(alone or 8))


def estimated(monkeypatch, *, photos, sizes, by_variety, alone, variance=0.1, peaks=()):
    """The Estimate of so many photos by known products of the given sizes, were their varieties these."""
    monkeypatch.setattr(calibration, "by_variety", lambda *_: Variety(by_variety, variance, 0.8))
    return calibrated_estimate(np.zeros((photos, 2), np.float32), (
        np.zeros((sum(sizes), 2), np.float32), np.repeat(np.arange(len(sizes)), sizes)), alone_at(alone, peaks=peaks))


def chance(found):
    return float(re.search(r"which counts with a chance of ([0-9.]+)$", found.method)[1])


def weight_of_photos(found):
    return float(re.search("weight of the former ([0-9.]+)", found.method)[1])


def test_uneven_known_sizes_leave_the_count_to_variety():
    # By photos per product there are five or six.
    uneven = learned(products(8, 30)[0], products(8, [8, 10, 12, 15, 20, 40, 80, 160]))
    assert abs(uneven.count - 8) <= 1 and weight_of_photos(uneven) < 0.5


def test_few_known_products_of_uneven_sizes_widen_the_interval(monkeypatch):
    many, few = (estimated(monkeypatch, photos=240, sizes=sizes, by_variety=8, alone=8)
                 for sizes in ([30] * 8, [8, 160]))
    assert few.interval[1] / few.interval[0] > 1.2 * many.interval[1] / many.interval[0]


def test_even_known_sizes_set_the_count():
    found = learned(products(10, 20)[0], products(6, 20), alone=10)
    assert found.count == 10 and found.words == "learned from 6 labelled products of about 20 photos each"
    words = learned(products(3, 20)[0], products(1, 20), alone=3).words
    assert words == "learned from 1 labelled product of about 20 photos each"


@pytest.mark.parametrize("known", [[10] * 8, [70] * 8])
def test_known_products_photographed_more_or_less_often_do_not_mislead(known):
    # By photos per product there are five times as many, or half as many.
    rng = np.random.default_rng(2)
    photos, known = (product_rows.products(8, sizes, width=8, noise=0.3, rng=rng) for sizes in (50, known))
    by_photos = len(photos[0]) / np.bincount(known[1]).mean()
    found = learned(photos[0], known, alone=9 if by_photos > 8 else 8)
    if by_photos > 8:
        assert (found.count, chance(found) > 0.5) == (9, True) and found.words.startswith(
            "estimated from the photos alone, as photos seem to be picked from 8 labelled products")
    assert found.interval[0] <= 8 <= found.interval[1]


@pytest.mark.parametrize("sizes, picked", [
    ([12] * 6, True), ([12] * 9 + [11], True), ([10, 10, 9, 10, 7, 10], True), ([20] * 8 + [5, 12], True),
    ([10, 14] * 3, False), ([189, 202, 182, 186, 199], False), ([12], False),
    ([12] * 2 + [13] * 6 + [14] * 5 + [15] * 5 + [16] * 6, False)])
def test_a_contradiction_is_taken_for_picking_where_equal_sizes_seldom_come_by_themselves(monkeypatch, sizes, picked):
    # A few photos may be missing, and a few products have fewer than were picked.
    photos = round(8 * np.mean(sizes))
    found = estimated(monkeypatch, photos=photos, sizes=sizes, by_variety=8, alone=3)
    assert (chance(found) > 0.5) == picked and found.count == (3 if picked else 8)


def test_with_uneven_known_sizes_a_contradiction_widens_the_interval_alone(monkeypatch):
    # The photos alone may be far off.
    found = estimated(monkeypatch, photos=1060, sizes=[4, 8, 20] * 2, by_variety=100, alone=10)
    assert 0.1 < chance(found) < 0.5 and found.count > 80 and found.interval[0] < 20


def picking(photos, varied, sizes, *, sigma=0.1):
    return chance_of_picking(Guess(photos, sigma), Guess(varied, sigma), np.array(sizes))


def test_equal_known_sizes_are_taken_for_picked_sooner_than_unequal_ones():
    equal, unequal = [12] * 10, [5, 7, 8, 10, 11, 12, 13, 15, 18, 21]
    assert picking(42, 30, equal) > 2 * picking(42, 30, unequal)
    assert picking(45, 30, equal) > 2 * picking(35, 30, equal)
    assert picking(30, 30, equal) < 0.2
    assert picking(40, 30, [12, 12]) > 1.5 * picking(40, 30, [11, 13])


def test_products_are_photographed_more_or_less_often_as_likely_but_never_picked_in_excess():
    equal, unequal = [12] * 10, [5, 7, 8, 10, 11, 12, 13, 15, 18, 21]
    # As likely beforehand, and .1: density 1.1 / (2 ln 10) = .2389 of the one; of the other .85 times 2.821, a
    # Gaussian's of variance .02 in its middle, and .15 times 1 / (2 ln 10), for the photos alone may be far off.
    # A standard deviation off, the latter is lower by the root of e, and the chance is .8413 that known products have
    # fewer photos: (.1 + 2 * .8413) / (2 ln 10) = .3871.
    assert [picking(10 * factor, 10, equal) for factor in (1, np.exp(np.sqrt(0.02)))] == pytest.approx(
        [0.2389 / (0.2389 + 2.398 + 0.0326), 0.3871 / (0.3871 + 1.454 + 0.0326)], rel=1e-3)
    assert picking(15, 10, unequal) == pytest.approx(picking(10 / 1.5, 10, unequal))
    chances = [picking(10 * factor, 10, equal) for factor in (1, 1.2, 1.5, 2, 4, 100)]
    assert chances == sorted(chances) and chances[-1] > 0.85
    assert picking(10 / 4, 10, equal) == pytest.approx(picking(10 / 4, 10, unequal))
    assert picking(10 / 4, 10, unequal) < 0.5


def test_a_contradiction_says_less_where_either_count_is_less_certain():
    assert picking(45, 30, [12] * 10, sigma=0.1) > 2 * picking(45, 30, [12] * 10, sigma=0.4)


def test_the_more_photos_known_products_have_the_fewer_new_ones_are_counted(monkeypatch):
    sizes = np.array([5, 7, 8, 10, 12, 18])
    counts = [estimated(monkeypatch, photos=240, sizes=sizes * times, by_variety=12, alone=18).count
              for times in (1, 2, 3)]
    assert counts[0] > counts[1] > counts[2]


def test_the_size_of_a_single_known_product_is_equal_to_no_other():
    assert picking(30, 30, [12]) < picking(30, 30, [12, 12]) <= picking(30, 30, [12] * 6) < 0.1


def test_a_doubt_whether_known_products_were_picked_widens_the_interval(monkeypatch):
    # Eight known products of twelve photos each: by their number there are 18 of 213.
    doubtful = estimated(monkeypatch, photos=213, sizes=[12] * 8, by_variety=18, alone=10)
    sure = estimated(monkeypatch, photos=213, sizes=[12] * 8, by_variety=18, alone=18)
    assert doubtful.interval[0] <= 10 and doubtful.interval[1] >= 18 and 0.1 < chance(doubtful) < 0.9
    assert sure.count == 18 and sure.interval[0] > 12


def test_the_wider_its_interval_is_the_less_certain_are_the_photos_alone():
    narrow, wide = (blind_guess(alone_at(10, reach)) for reach in (1.5, 3))
    assert narrow.sigma == pytest.approx(np.log(1.5) / 1.2816, rel=1e-3) and wide.sigma > 2 * narrow.sigma
    assert blind_guess(alone_at(10, 1.01)).sigma == 0.25


def test_few_known_products_tell_little_of_how_products_vary():
    # Of a variance of 1, one more product of .2 makes .6 of two products, and .92 of ten; one alone shows none.
    known_and_new = 1 / 2 + 1 / 8
    assert variance_of(1.0, 0.2, 2, 8) == pytest.approx(0.6 * known_and_new)
    assert variance_of(1.0, 0.2, 10, 8) == pytest.approx(0.92 * (1 / 10 + 1 / 8))
    assert variance_of(None, 0.2, 1, 8) == pytest.approx(0.2 * (1 + 1 / 8))
    assert variance_of(0.0, 0.2, 50, 10) > 0, "sizes that do not vary make nothing certain"
    assert variance_of(1.0, 0.2, 4, 0.1) == variance_of(1.0, 0.2, 4, 1)


def test_few_known_products_tell_less_by_their_variety_than_by_their_number_of_photos():
    variety, sizes = Variety(12.0, 0.1, 0.8), np.array([9, 12, 15])
    assert guess_of(variety, 3, 3).sigma > 1.5 * by_photos(36, sizes).sigma
    assert guess_of(variety, 30, 30).sigma < by_photos(360, np.repeat(sizes, 10)).sigma


def test_the_further_the_known_number_is_the_less_certain_is_variety():
    variety = Variety(10.0, 0.1, 0.8)
    sigmas = [guess_of(variety, 10, likely).sigma for likely in (10, 20, 40)]
    assert sigmas == sorted(sigmas) and sigmas[2] > 0.25 * np.log(4) > 1.5 * sigmas[0]
    assert guess_of(Variety(10.0, 0.1, 0.2), 10, 20).sigma > 2 * sigmas[1]


def test_the_more_the_known_sizes_vary_the_less_certain_are_photos_per_product():
    sigmas = [by_photos(120, np.array(sizes)).sigma for sizes in ([12, 12, 12], [8, 12, 16], [2, 8, 26])]
    assert sigmas == sorted(sigmas)
    assert [by_photos(120, np.tile([8, 12, 16], times)).count for times in (1, 4)] == [10, 10]
    assert by_photos(120, np.tile([8, 12, 16], 4)).sigma < sigmas[1]


def test_the_more_certain_count_has_more_weight_and_both_make_it_surer():
    assert joined(Guess(10, 0.1), Guess(20, 0.5))[0].count < 11 and joined(Guess(10, 0.5), Guess(20, 0.1))[0].count > 19
    both, trust = joined(Guess(10, 0.3), Guess(40, 0.3))
    assert (both.count, both.sigma, trust) == pytest.approx((20, 0.3 / np.sqrt(2), 0.5))
    assert joined(Guess(9, 1e-3), Guess(9, 1e-3))[0].sigma == calibration.LEAST_SIGMA


def test_a_clear_peak_near_the_number_by_known_products_is_the_number(monkeypatch):
    # By photos per product there are 3.9, by variety 3.8.
    few = {"photos": 730, "sizes": [189, 186], "by_variety": 3.8, "alone": 4}
    found, at_three, vague, far_off = (estimated(monkeypatch, **few, peaks=peaks) for peaks in (
        (), ((3.0, 0.4), (1.0, 0.0)), ((3.0, 0.02), (1.0, 0.0)), ((42.0, 0.4), (42.0, 0.2))))
    assert found.count == vague.count == far_off.count == 4 and at_three.count == 3
    assert "; peaks at 3.0 (chance 0.40); by the photos alone 4," in at_three.method
    assert far_off.interval == found.interval, "a level of views, or of kinds"
    narrower = estimated(monkeypatch, **few, peaks=((4.0, 0.4), (4.0, 0.2)))
    assert narrower.interval[1] / narrower.interval[0] < found.interval[1] / found.interval[0]


def test_many_known_products_outweigh_a_peak(monkeypatch):
    sizes = [10, 12, 14, 9, 13, 11] * 10
    found, peaked = (estimated(monkeypatch, photos=690, sizes=sizes, by_variety=60, alone=60, peaks=peaks)
                     for peaks in ((), ((45.0, 0.4), (1.0, 0.0))))
    assert found.count == 60 and 57 <= peaked.count <= 60


@pytest.mark.parametrize("alone, picked, count", [(18, False, 18), (13, False, 18), (5, True, 5), (60, False, 18)])
def test_the_likelier_way_decides_on_the_count(monkeypatch, alone, picked, count):
    # By their number of photos there are 17.75.
    found = estimated(monkeypatch, photos=213, sizes=[12] * 8, by_variety=18, alone=alone)
    assert found.count == count and (chance(found) > 0.5) == picked


def test_prior_by_hand():
    assert prior_estimate(100, 20).count == 5
    assert prior_estimate(1000, 10).count == 100 and prior_estimate(1000, 10).interval == (80, 125)
    assert prior_estimate(3, 1000).count == 1 and prior_estimate(30, 1).count == 30
    assert prior_estimate(1000, 10).method == "10 photos per product, given by hand"


def test_what_stands_out_near_a_prior_by_hand_counts_towards_it():
    found = prior_estimate(1000, 10, [(80.0, 0.5)])
    assert 79 <= found.count < 90 and found.interval[0] > 65
    assert found.method == "10 photos per product, given by hand (100 clusters), and what stands out in the photos"
    for peaks in ([(80.0, 0.0)], [(8.0, 0.9)], [(700.0, 0.9)]):
        assert prior_estimate(1000, 10, peaks).count == 100
    agreeing = prior_estimate(1000, 10, [(100.0, 0.5)])
    assert agreeing.count == 100 and agreeing.interval[0] > 80 and agreeing.interval[1] < 125



@pytest.mark.parametrize("chances, count, expected", [
    ([0.97, 0.01, 0.01, 0.01], 4, (1, 4)), ([0.01, 0.01, 0.01, 0.97], 1, (1, 4)), ([0.2] * 5, 3, (1, 5)),
    ([0.05, 0.9, 0.05], 2, (2, 2))])
def test_the_interval_holds_four_fifths_and_the_count(chances, count, expected):
    assert calibration.interval(np.array(chances), count) == expected
