"""The curve of what still waits: as scipy has it, on a thousand made data sets; and what nobody disputes, by hand."""

import random
import warnings

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from storage.rules.survival import Spell, curve

DATA_SETS = 1000


def spells_of(chance):
    """One made data set: few or many, with ties or without, all answered, none, or some; counts now and then."""
    size = chance.choice((1, 2, 5, chance.randrange(3, 60)))
    last = chance.choice((3, 30, 400))  # the fewer days there are, the more ties
    answered = chance.choice((0.0, 1.0, chance.random()))
    most = chance.choice((1, 1, 4))
    return [
        Spell(chance.randrange(last + 1), chance.random() < answered, chance.randrange(most) + 1) for _ in range(size)
    ]


def published(spells):
    """The same by scipy: days, shares that still wait, and their band; where it has none, NaN."""
    rows = [spell for spell in spells for _ in range(spell.count)]
    days = [spell.days for spell in rows]
    found = ecdf(CensoredData.right_censored(days, [not spell.ended for spell in rows])).sf
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # that the band is undefined where all or none wait
        band = found.confidence_interval(confidence_level=0.95, method="log-log")
    return found.quantiles, found.probabilities, band.low.probabilities, band.high.probabilities


@pytest.mark.parametrize("tens", range(10))
def test_a_thousand_data_sets_have_the_curve_that_scipy_draws(tens):
    for seed in range(tens * DATA_SETS // 10, (tens + 1) * DATA_SETS // 10):
        spells = spells_of(random.Random(seed))
        ours = curve(spells)
        days, shares, lows, highs = published(spells)
        assert [step.days for step in ours.steps] == days.tolist(), seed
        assert [step.waiting for step in ours.steps] == pytest.approx(shares.tolist(), abs=1e-9), seed
        told = [n for n, share in enumerate(shares) if 1e-9 < share < 1 - 1e-9]
        assert [ours.steps[n].low for n in told] == pytest.approx(lows[told].tolist(), abs=1e-9), seed
        assert [ours.steps[n].high for n in told] == pytest.approx(highs[told].tolist(), abs=1e-9), seed
        for share in (0.5, 0.9):
            reached = days[shares <= 1 - share + 1e-9]
            assert ours.quantile(share) == (reached[0] if len(reached) else None), (seed, share)
        assert ours.count == sum(spell.count for spell in spells)
        assert ours.answered == sum(spell.count for spell in spells if spell.ended)


def test_who_never_answers_is_not_left_out():
    four_of_ten = curve([Spell(10, ended=True, count=4), Spell(300, ended=False, count=6)])
    assert four_of_ten.quantile(0.4) == 10
    assert four_of_ten.median is None
    assert four_of_ten.share_within(365) == pytest.approx(0.4)


def test_what_was_lost_sight_of_counts_for_as_long_as_it_waited():
    found = curve([Spell(5, ended=False), Spell(10, ended=True), Spell(20, ended=True)])
    assert [(step.days, step.at_risk, step.answered) for step in found.steps] == [(5, 3, 0), (10, 2, 1), (20, 1, 1)]
    assert (found.median, found.quantile(0.9)) == (10, 20)
    assert [found.share_within(days) for days in (4, 5, 9, 10, 19, 20)] == pytest.approx([0, 0, 0, 0.5, 0.5, 1])


def test_the_band_is_certain_before_the_first_answer_and_stays_open_above_after_the_last():
    before, first, last = curve([Spell(1, ended=False), Spell(2, ended=True), Spell(3, ended=True)]).steps
    assert (before.low, before.high) == (1, 1)
    assert 0 < first.low < first.waiting < first.high < 1
    assert (last.low, last.waiting, last.high) == (0, 0, first.high)


def test_nothing_makes_no_curve():
    nothing = curve([])
    assert (nothing.steps, nothing.count, nothing.answered, nothing.median) == ((), 0, 0, None)
    assert nothing.share_within(30) == 0


def test_a_half_is_a_half_however_many_fractions_lead_to_it():
    assert curve([Spell(day, ended=True) for day in range(1, 61)]).median == 30
