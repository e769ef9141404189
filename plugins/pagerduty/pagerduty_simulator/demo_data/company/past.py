"""The company's quarter: when it is looked at, and what the simulator serves at each moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from ccm_core.sdk.types import DemoAcceptance, DemoHistory, DemoStep
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.faults import refuse_path
from pagerduty_simulator.demo_data.company.account import company_settings
from pagerduty_simulator.demo_data.company.story import QUARTER, story
from pagerduty_simulator.demo_data.company.through_time import AccountThroughTime, days_before

_PER_DAY = 2
_UNLIMITED = 1_000_000
"""Requests a minute: a quarter passes in less than one."""
_EXPIRED, _PARAMETER, _KEY, _ACCEPTED = 72, 45, 28, 21
"""How many days ago, of a quarter, the source began to refuse the key, which had expired and was
renewed after a long weekend; a limit was changed; the signing key was replaced; a risk was
accepted."""
_UNNOTICED = timedelta(days=2, hours=12)
"""How long nobody renewed the key."""
_OFTEN = ("incident", "incident_log_entry")
_DAILY = ("audit_record", "maintenance_window", "on_call", "schedule", "schedule_rendering")
_SLOW = (
    "business_service",
    "event_orchestration",
    "event_orchestration_path",
    "extension",
    "priority",
    "service_custom_fields",
    "service_dependencies",
    "service_orchestration",
    "service_standards",
)


class CompanyPast:
    """A company's account that is led through its past, with the controls of its simulator."""

    def __init__(
        self, account: Account, now: datetime, days: int, control: SimulatorControl | None = None
    ) -> None:
        """Begin so many days before now.

        Args:
            account: The account as it is now.
            now: The moment at which the past ends.
            days: How long it is.
            control: The controls of the simulator; None: it lets a quarter pass in a minute.
        """
        self.account = account
        self.control = control or SimulatorControl(rate_limit=_UNLIMITED, on_call_limit=_UNLIMITED)
        self.control.now = self.clock
        self._now, self._days = now, days
        self._settings = company_settings(account)
        self._behind = timedelta(0)
        self._account = AccountThroughTime(account, story(now, days))
        self.control.inject(
            "/teams/{id}/members", refuse_path(f"/teams/{min(account.teams)}/members")
        )

    def history(self) -> DemoHistory:
        """Return the steps through the past, and what leads the account along them."""
        return DemoHistory(
            steps=tuple(self._steps()),
            move=self.move,
            clock=self.clock,
            settings=self._settings,
            cadences=cadences(),
        )

    def _steps(self) -> Iterator[DemoStep]:
        count = self._days * _PER_DAY
        for number in range(count, -1, -1):
            days, part = divmod(number, _PER_DAY)
            begins = part == 0
            yield DemoStep(
                at=days_before(self._now, number / _PER_DAY),
                evaluates=begins,
                parameters={"ack_within_high": "12m"}
                if begins and days == self._ago(_PARAMETER)
                else {},
                rotates_key=begins and days == self._ago(_KEY),
                accepts=_acceptance() if begins and days == self._ago(_ACCEPTED) else None,
            )

    def move(self, moment: datetime) -> None:
        """Lead the account and its clock to a moment, which is not before the last one."""
        self._behind = datetime.now(UTC) - moment
        self._account.move(moment)
        expired = days_before(self._now, self._ago(_EXPIRED) + 0.25)
        if expired <= moment < expired + _UNNOTICED:
            self.control.deny("*", 401)
        else:
            self.control.allow("*")

    def _ago(self, days: int) -> int:
        """Return how many days ago something happens that does so many days ago in a quarter."""
        return round(days * self._days / QUARTER)

    def clock(self) -> datetime:
        """Return the time at the source."""
        return datetime.now(UTC) - self._behind


def cadences() -> Mapping[str, str]:
    """Return how often the company collects kinds, where that is not their own cadence."""
    return {
        **{f"pagerduty.{noun}": "12h" for noun in _OFTEN},
        **{f"pagerduty.{noun}": "1d" for noun in _DAILY},
        **{f"pagerduty.{noun}": "7d" for noun in _SLOW},
    }


def _acceptance() -> DemoAcceptance:
    return DemoAcceptance(
        check="pagerduty_schedule_gives_time_off",
        reason="Two people are being hired for this rotation; they begin next quarter",
        owner="dana",
        approver="sam",
        days=60,
    )
