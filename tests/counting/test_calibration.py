"""Calibration: two ways in which known products may tell of new ones, how they are weighed, and what is refused."""
import re
from functools import partial

import numpy as np
import product_rows
import pytest

from imgcluster.counting import calibration
from imgcluster.counting.calibration import (
    Guess,
    as_known,
    calibrated_estimate,
    chance_of_picking,
    interval,
    prior_estimate,
    rounded,
    size_variance,
    variety_variance,
)
from imgcluster.errors import UserError

RNG = np.random.default_rng(0)


START = RNG.bit_generator.state
products = partial(product_rows.products, rng=RNG)


@pytest.fixture(autouse=True)
def begin_anew():
    """Each test draws the same rows, whichever ran before it."""
    RNG.bit_generator.state = START


def estimated(monkeypatch, *, photos, sizes, by_variety, even):
    """The Estimate of so many photos by known products of the given sizes, were their varieties these."""
    monkeypatch.setattr(calibration, "variety_ratio", lambda *_: by_variety / len(sizes))
    monkeypatch.setattr(calibration, "even_variety", lambda *_: even)
    return calibrated_estimate(np.zeros((photos, 2), np.float32), (
        np.zeros((sum(sizes), 2), np.float32), np.repeat(np.arange(len(sizes)), sizes)))


def chance(found):
    said = re.search(r"with a chance of ([0-9.]+)$", found.method)
    return float(said[1]) if said else 0.0


def weight_of_photos(found):
    return float(re.search("weight of the former ([0-9.]+)", found.method)[1])


def test_uneven_known_sizes_lend_weight_to_variety():
    known = products(8, [8, 10, 12, 15, 20, 40, 80, 160])
    even = calibrated_estimate(products(8, 30)[0], products(8, 30))
    uneven = calibrated_estimate(products(8, 30)[0], known)
    assert weight_of_photos(even) == 1 and weight_of_photos(uneven) == 0.02
    assert abs(uneven.count - 8) <= 1


def test_few_known_products_of_uneven_sizes_widen_the_interval(monkeypatch):
    many, few = (estimated(monkeypatch, photos=240, sizes=sizes, by_variety=8, even=8)
                 for sizes in ([30] * 8, [8, 160]))
    assert few.interval[1] / few.interval[0] > 1.2 * many.interval[1] / many.interval[0]


def test_where_both_counts_agree_the_one_among_equally_many_photos_cannot_stray(monkeypatch):
    found = estimated(monkeypatch, photos=240, sizes=[30] * 8, by_variety=7.8, even=2)
    assert found.count == 8 and found.interval[0] >= 6


@pytest.mark.parametrize("by_variety, even, count", [
    (10, 5, 5), (10, 1, 3), (10, 30, 20), (40, 90, 90), (40, 1000, 160), (40, 5, 20)])
def test_the_count_among_equally_many_photos_lies_at_most_three_times_as_far_as_variety(monkeypatch, by_variety, even,
                                                                                        count):
    # Photos per product say 20: variety half or twice as many, equally many photos at most an eighth or eight times.
    found = estimated(monkeypatch, photos=240, sizes=[12] * 20, by_variety=by_variety, even=even)
    assert chance(found) > 0.9 and found.count == count
    assert found.interval[0] <= count <= found.interval[1] <= 4 * found.interval[0]


def test_even_known_sizes_set_the_count():
    found = calibrated_estimate(products(10, 20)[0], products(6, 20))
    assert found.count == 10 and found.words == "learned from 6 labelled products"
    assert calibrated_estimate(products(3, 20)[0], products(1, 20)).words == "learned from 1 labelled product"


@pytest.mark.parametrize("new, known", [((9, 60), (6, 12)), ((12, 10), (6, 70))])
def test_known_products_photographed_more_or_less_often_do_not_mislead(new, known):
    rng = np.random.default_rng(2)
    photos, known = (products(*each, width=8, noise=0.3, rng=rng) for each in (new, known))
    found = calibrated_estimate(photos[0], known)
    by_photos = len(photos[0]) / np.bincount(known[1]).mean()
    assert max(found.count / new[0], new[0] / found.count) < 1.5 < max(by_photos / new[0], new[0] / by_photos)
    assert chance(found) > 0.5 and found.words == "learned from the variety of 6 labelled products"
    assert found.interval[0] <= new[0] <= found.interval[1]


@pytest.mark.parametrize("sizes, photos, picked", [
    ([8, 8, 8], 300, True), ([246, 559, 297], 1849, False), ([280], 614, False), ([8], 300, False),
    ([246, 559, 297] * 10, 1849, True)])
def test_few_known_sizes_explain_more_of_a_contradiction(monkeypatch, sizes, photos, picked):
    # Photos per product say four and a half times as many products as equally many photos of each do, or a fraction.
    by_photos = photos / np.mean(sizes)
    even = by_photos / 4.5 if by_photos > 3 else by_photos * 4.5
    found = estimated(monkeypatch, photos=photos, sizes=sizes, by_variety=even, even=even)
    assert (chance(found) > 0.5) == picked


def test_equal_known_sizes_are_taken_for_picked_sooner_than_unequal_ones():
    equal, unequal = np.full(10, 12), np.array([5, 7, 8, 10, 11, 12, 13, 15, 18, 21])
    assert chance_of_picking(45, 30, equal) > 2 * chance_of_picking(45, 30, unequal)
    assert chance_of_picking(45, 30, equal) > 2 * chance_of_picking(35, 30, equal)
    assert chance_of_picking(30, 30, equal) < 0.2
    assert chance_of_picking(45, 30, np.array([12, 12])) > 2 * chance_of_picking(45, 30, np.array([11, 13]))


def test_a_contradiction_is_as_likely_either_way_and_certain_where_it_is_large():
    equal = np.full(10, 12)
    # Both ways as likely beforehand, but for .02: density 1.02 / (2 ln 10) = .2215 of the one; 2.821 of the other, a
    # Gaussian's of variance .1 (1 / 10 + 1 / 10) in its middle.
    # A standard deviation off, the latter is lower by the root of e.
    assert [chance_of_picking(10 * factor, 10, equal) for factor in (1, np.exp(np.sqrt(0.02)))] == pytest.approx(
        [0.2215 / (0.2215 + 2.821), 0.2215 / (0.2215 + 1.711)], rel=1e-3)
    assert chance_of_picking(15, 10, equal) == pytest.approx(chance_of_picking(10 / 1.5, 10, equal))
    chances = [chance_of_picking(10 * factor, 10, equal) for factor in (1, 1.2, 1.5, 2, 4, 100)]
    assert chances == sorted(chances) and chances[-1] > 0.999


def test_the_more_photos_known_products_have_the_fewer_new_ones_are_counted(monkeypatch):
    sizes = np.array([5, 7, 8, 10, 12, 18])
    counts = [estimated(monkeypatch, photos=240, sizes=sizes * times, by_variety=12, even=12).count
              for times in (1, 2, 4)]
    assert counts[0] > counts[1] == 12 > counts[2]


def test_the_size_of_a_single_known_product_is_equal_to_no_other():
    assert chance_of_picking(30, 30, np.array([280])) < 0.02 < chance_of_picking(30, 30, np.array([280, 280]))


def test_a_doubt_whether_known_products_were_picked_widens_the_interval(monkeypatch):
    # Eight known products of twelve photos each: by their number there are 18 of 213, by their variety 10 to 13.
    doubtful = estimated(monkeypatch, photos=213, sizes=[12] * 8, by_variety=13, even=10)
    sure = estimated(monkeypatch, photos=213, sizes=[12] * 8, by_variety=18, even=18)
    assert doubtful.interval[0] <= 10 and doubtful.interval[1] >= 18 and 0.1 < chance(doubtful) < 0.9
    assert sure.count == 18 and sure.interval[0] >= 15


def test_a_single_size_varies_as_variety_does_and_two_as_they_do():
    assert size_variance(np.array([12])) == variety_variance(np.array([12]))
    assert size_variance(np.array([8, 16])) == pytest.approx(32 / 144)


def test_no_number_of_known_products_makes_a_count_certain():
    assert as_known(1000, 1000, np.full(1000, 500))[0].sigma == calibration.LEAST_SIGMA >= 0.05


def test_the_more_certain_count_has_more_weight_among_products_photographed_alike():
    wide, narrow = np.array([10, 40, 90]), np.array([45, 46, 49])
    assert as_known(10, 20, wide)[0].count > 18 and as_known(10, 20, narrow)[0].count < 11


def test_two_counts_that_are_as_certain_meet_in_the_middle_and_more_products_make_them_surer():
    count, trust = as_known(10, 40, np.array([12]))
    assert (count.count, trust) == pytest.approx((20, 0.5)) and count.sigma < 0.3, "either alone: .36, .32"
    sigmas = [as_known(10, 12, np.tile([8, 12, 16], times))[0].sigma for times in (1, 3, 9)]
    assert sigmas == sorted(sigmas, reverse=True)
    assert as_known(0.1, 0.1, np.array([8, 12]))[0].sigma == as_known(1, 1, np.array([8, 12]))[0].sigma
    assert as_known(10, 12, np.full(50, 30))[0].sigma > 0, "sizes that do not vary make nothing certain"


def test_an_interval_of_two_guesses_reaches_as_far_as_a_tenth_of_both():
    first, second = Guess(10, 0.1), Guess(30, 0.1)
    tail = np.exp(0.12816)
    assert interval(first, second, 0) == pytest.approx((10 / tail, 10 * tail), rel=1e-3)
    assert interval(first, second, 1) == pytest.approx((30 / tail, 30 * tail), rel=1e-3)
    low, high = interval(first, second, 0.2)
    assert low < 9.2 and 28 < high < 31
    assert interval(first, second, 0.05)[1] < 12
    # A tenth of both is a fifth of the one that is uncertain.
    assert interval(Guess(10, 0.001), Guess(10, 0.5), 0.5)[1] == pytest.approx(10 * np.exp(0.5 * 0.8416), rel=1e-3)


@pytest.mark.parametrize("by_variety, picked, count", [(18, False, 18), (13, False, 18), (8, True, 8)])
def test_the_likelier_way_decides_on_the_count(monkeypatch, by_variety, picked, count):
    # By their number of photos there are 17.75; of 13 by variety it is nearly as likely that they were picked.
    found = estimated(monkeypatch, photos=213, sizes=[12] * 8, by_variety=by_variety, even=by_variety)
    assert found.count == count and (chance(found) > 0.5) == picked and (chance(found) > 0.4) == (by_variety < 18)
    assert found.words.startswith("learned from the variety of 8" if picked else "learned from 8")


@pytest.mark.parametrize("count, whole", [(1.41, 1), (1.42, 2), (2.44, 2), (2.46, 3), (3.46, 3), (3.47, 4),
                                          (7.0, 7), (30.6, 31)])
def test_the_count_is_the_whole_number_nearest_in_ratio(count, whole):
    found = rounded(count, (count, count), 100, "method")
    assert found.count == whole and found.interval[0] <= min(whole, count) and found.interval[1] >= max(whole, count)


@pytest.mark.parametrize("count, interval, holding", [
    (7.4, (7.4, 7.4), (6, 8)), (6.6, (6.6, 6.6), (6, 8)), (7, (4.5, 9.5), (4, 10)), (1, (0.2, 99), (1, 20)),
    (0.1, (0.1, 0.1), (1, 1)), (99, (50, 120), (20, 20))])
def test_the_interval_holds_half_a_cluster_each_way_and_no_count_that_cannot_be(count, interval, holding):
    found = rounded(count, interval, 20, "method")
    assert found.interval == holding and holding[0] <= found.count <= holding[1]


def test_products_smaller_than_the_neighbourhoods_lend_weight_to_the_number_of_photos():
    sizes = np.array([7, 8, 9, 10, 12, 14])
    small, large = (as_known(10, 10, sizes * times)[1] for times in (1, 8))
    assert small > 2 * large > 0


def test_prior_by_hand():
    assert prior_estimate(100, 20).count == 5
    assert prior_estimate(1000, 10).interval == (80, 125)
    assert prior_estimate(3, 1000).count == 1


@pytest.mark.parametrize("features, labels, words", [
    (np.ones((4, 3)), np.zeros(4), "have 3 columns, those to be clustered 24; make both with the same network"),
    (np.ones((4, 24)), np.zeros(3), r"\(3,\) labels for 4 photos found; make them again"),
    (np.full((4, 24), np.nan), np.zeros(4), "calibration features: 4 of 4 rows hold NaN")])
def test_mismatched_known_products_are_refused(features, labels, words):
    with pytest.raises(UserError, match=words):
        calibrated_estimate(products(2, 5)[0], (features, labels))


def test_photos_are_left_out_only_where_known_products_may_have_been_picked(monkeypatch):
    called = []
    monkeypatch.setattr(calibration, "variety_ratio", lambda *_: 1)
    monkeypatch.setattr(calibration, "even_variety", lambda *_: called.append(1) or 10)
    for sizes, times in (([12, 25, 40, 18, 60, 33, 9, 20, 30, 53], 0), ([30] * 10, 1)):
        known = np.zeros((sum(sizes), 2), np.float32), np.repeat(np.arange(10), sizes)
        calibrated_estimate(np.zeros((300, 2), np.float32), known)
        assert len(called) == times
