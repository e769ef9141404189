"""Periods whose end, and clocks whose hand, fall close to what was evaluated last."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.bundle.verifier.main import verify
from ccm_core.errors import ClockMismatch, UsageError
from ccm_core.model.period import parse_period
from ccm_core.pipeline.assurance import assess_period
from ccm_core.pipeline.bundle import BundleRequest, bundle
from ccm_core.pipeline.period_report import period_input

HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
PERIODS = ("2026-08-03", "2026-08-04")
BEHIND = [
    pytest.param(INSTANT, id="an instant"),
    pytest.param(HOUR / 7200, id="half a second"),
    pytest.param(HOUR / 3600, id="a second"),
    pytest.param(HOUR, id="an hour"),
]


@pytest.fixture
def two_days(old_firm):
    """Return a firm that was read and evaluated on two days; its clock is set right afterwards."""
    now = old_firm.now
    yield old_firm
    old_firm.now = now


def assessed(firm, period):
    """Assess a period, and gather its report; both read the same evaluations."""
    compiled, _ = firm.ruling()
    arguments = (firm.host, [firm.connection()], firm.store, compiled, parse_period(period))
    assurance = assess_period(*arguments)
    assert period_input(*arguments, samples=3).assurance == assurance
    return assurance


def write_package(firm, path, period):
    """Write a package of a period."""
    order = BundleRequest(
        connections=[firm.connection()],
        period=parse_period(period),
        controls=[("soc2", "CC7.4")],
    )
    return bundle(firm.host, firm.store, order, firm.signer, path)


@pytest.mark.attack(
    "Clocks",
    "A period is reported and packed up to an hour before its last evaluation, by this clock",
    "The report and the package end with that evaluation",
)
@pytest.mark.parametrize("behind", BEHIND)
def test_a_clock_a_little_behind_ends_the_period_with_the_last_evaluation(
    two_days, tmp_path, behind
):
    """And with nothing that is later; periods that ended before are as they are."""
    last = two_days.now
    expected = {period: assessed(two_days, period) for period in PERIODS}
    assert expected["2026-08-04"].until == last
    two_days.now = last - behind
    assert {period: assessed(two_days, period) for period in PERIODS} == expected
    write_package(two_days, tmp_path / "b.zip", "2026-08")
    assert verify(str(tmp_path / "b.zip"))[1] == []


@pytest.mark.attack(
    "Clocks",
    "A period is reported and packed with a clock that is days behind the stored evidence",
    "Refused: the clock is named",
)
@pytest.mark.parametrize("behind", [HOUR + INSTANT, 26 * HOUR, 400 * 24 * HOUR])
def test_a_clock_far_behind_is_refused(two_days, tmp_path, behind):
    """As for evaluating."""
    two_days.now -= behind
    for period in ("2026-08", *PERIODS):
        with pytest.raises(ClockMismatch, match="Synchronize"):
            assessed(two_days, period)
    with pytest.raises(ClockMismatch, match="Synchronize"):
        write_package(two_days, tmp_path / "b.zip", "2026-08")
    assert not (tmp_path / "b.zip").exists()


def test_an_evaluation_of_the_future_is_left_out(firm):
    """One that a clock far ahead dated; it refuses nothing, and says nothing of the present."""
    firm.now += INSTANT
    firm.evaluate()
    now, before = firm.now, assessed(firm, "2026-08")
    firm.now += 20 * 24 * HOUR
    firm.evaluate()
    firm.now = now
    assert assessed(firm, "2026-08") == before


@pytest.mark.parametrize("period", ["2026-08-05", "2026-09", "2999"])
def test_a_period_that_has_not_begun_is_refused(two_days, tmp_path, period):
    """With its beginning."""
    with pytest.raises(UsageError, match="has not begun"):
        assessed(two_days, period)
    with pytest.raises(UsageError, match="has not begun"):
        write_package(two_days, tmp_path / "b.zip", period)


def test_a_period_without_an_evaluation_is_a_result(two_days):
    """A day before anything was read: nothing was tested, and nothing is proven."""
    assurance = assessed(two_days, "2026-08-02")
    assert {control.evaluations for control in assurance.controls} == {0}
