"""The account of a company through the third quarter of 2025, and what it was at each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ccm_pagerduty.kinds import kinds
from pagerduty_simulator.account.account import Account
from pagerduty_simulator.account.identifiers import object_id
from pagerduty_simulator.account.incident_store import Event, IncidentRecord
from pagerduty_simulator.account.operations import MaintenanceWindow
from pagerduty_simulator.api.control import SimulatorControl
from pagerduty_simulator.api.server import PagerDutySimulator
from pagerduty_simulator.demo_data.company.account import build_company, company_settings
from pagerduty_simulator.demo_data.company.story import story
from pagerduty_simulator.demo_data.company.through_time import AccountThroughTime, DatedChange

from ccm_core.sdk.secret import Secret
from ccm_core.sdk.types import DemoHistory, DemoSource, DemoStep

SINCE, UNTIL = datetime(2025, 7, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
NOW, DAYS = datetime(2025, 10, 1, 6, tzinfo=UTC), 93
DAY, HOUR, MINUTE = 86400, 3600, 60
CRITICAL = ("Payments API", "Card Gateway", "Invoice Ledger")
AUTHORIZED = ("Aino Abara", "Amara Dahl")
STRICTER_FROM, LOOSE, STRICT = datetime(2025, 8, 15, 6, tzinfo=UTC), 15 * MINUTE, 12 * MINUTE
"""From when on high-urgency incidents have to be acknowledged within the second limit."""
WINDOWS = (  # longer than a day, and shorter; of critical services
    ("2025-08-04T08", 30, 2),
    ("2025-09-09T08", 3, 0),
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the account was when it was collected and evaluated."""

    at: datetime
    objects: Mapping[str, Mapping]
    """By the name of the account's dictionary."""
    incidents: Mapping[int, IncidentRecord]


@dataclass(kw_only=True)
class Quarter:
    """The account, led through the quarter."""

    account: Account
    control: SimulatorControl
    steps: list[Snapshot] = field(default_factory=list)
    behind: timedelta = timedelta(0)
    through: AccountThroughTime

    def move(self, moment: datetime) -> None:
        """Lead the account and its clock to a moment, and keep what it is then."""
        self.behind = datetime.now(UTC) - moment
        self.through.move(moment)
        if self.steps and self.steps[-1].at == moment:
            return
        names = ("users", "deleted_users", "policies", "schedules", "services")
        names += ("webhook_subscriptions", "extensions", "teams")
        objects = {name: dict(getattr(self.account, name)) for name in names}
        incidents = {one.number: one for one in self.account.incidents}
        self.steps.append(Snapshot(at=moment, objects=objects, incidents=incidents))

    def clock(self) -> datetime:
        """Return the time at the source."""
        return datetime.now(UTC) - self.behind


def moment(text: str) -> int:
    """Return an instant in seconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def build_quarter() -> Quarter:
    """Build the account as of the first step."""
    account = build_company(NOW, DAYS)
    _add_incidents(account)
    for number, (begins, hours, service) in enumerate(WINDOWS):
        start = moment(begins)
        window = MaintenanceWindow(
            id=f"PQWINDOW{number}",
            start=start,
            end=start + hours * HOUR,
            service_ids=(object_id("service", service),),
        )
        account.maintenance_windows.append(window)
    control = SimulatorControl(rate_limit=1_000_000, on_call_limit=1_000_000)
    through = AccountThroughTime(account, [*story(NOW, DAYS), *_own_changes()])
    quarter = Quarter(account=account, control=control, through=through)
    control.now = quarter.clock
    return quarter


@contextmanager
def served(quarter: Quarter, connection: str) -> Iterator[DemoSource]:
    """Serve it as a demonstration with a past: one step a day, each collected and evaluated."""
    moments = [NOW - timedelta(days=number) for number in range(DAYS, -1, -1)]
    stricter = {"ack_within_high": "12m"}
    with PagerDutySimulator(quarter.account, control=quarter.control) as simulator:
        yield DemoSource(
            connection=connection,
            settings={"base_url": simulator.base_url, "lookback": "30d", "lookahead": "14d"},
            auth_method="api_key",
            secrets={"key": Secret(simulator.api_key)},
            history=DemoHistory(
                steps=tuple(
                    DemoStep(
                        at=at, evaluates=True, parameters=stricter if at == STRICTER_FROM else {}
                    )
                    for at in moments
                ),
                move=quarter.move,
                clock=quarter.clock,
                settings=company_settings(quarter.account),
                cadences={kind.name: "1d" for kind in kinds()},
            ),
        )


# -- what happens beside the story of the company ------------------------------------------------


def _own_changes() -> list[DatedChange]:
    def on(day: str, change: Callable[[Account], None]) -> DatedChange:
        at = datetime.fromisoformat(day).replace(tzinfo=UTC, hour=3)
        return DatedChange(at=at, apply=lambda account, _: change(account))

    def user(number: int, **fields: object) -> Callable[[Account], None]:
        key = object_id("user", number)
        return lambda account: account.users.update({key: replace(account.users[key], **fields)})

    def service(number: int, **fields: object) -> Callable[[Account], None]:
        key = object_id("service", number)
        return lambda account: account.services.update(
            {key: replace(account.services[key], **fields)}
        )

    def policy(number: int, levels: slice) -> Callable[[Account], None]:
        key = object_id("escalation_policy", number)

        def change(account: Account) -> None:
            before = account.policies[key]
            account.policies[key] = replace(before, levels=before.levels[levels])

        return change

    return [
        on("2025-07-20", user(8, role="admin")),  # in no audit record
        on("2025-07-23", user(8, role="limited_user")),
        on("2025-08-11", policy(1, slice(2))),  # in no audit record: one level fewer
        on("2025-08-20", user(3, contact_methods=())),  # on the last level of a policy
        on("2025-08-20", service(4, integrations=())),  # events are routed to it
        on("2025-08-20", service(7, integrations=())),  # nothing is
        on("2025-08-24", service(5, team_ids=())),
        on("2025-08-26", service(5, team_ids=(object_id("team", 1),))),
    ]


def _add_incidents(account: Account) -> None:
    """Add incidents at the edges of the quarter and of its days, and of low urgency."""
    first = next(iter(account.incidents))
    rows = (  # when, acknowledged and resolved so many minutes after, urgency
        ("2025-06-30T23:59:59", 40, 50, "high"),  # of the quarter before
        ("2025-07-01T00:00:00", 40, 50, "high"),
        ("2025-09-30T23:59:59", 40, 50, "high"),
        ("2025-10-01T00:00:00", 40, 50, "high"),  # of the quarter after
        ("2025-07-22T01:00:00", None, 3 * 60, "high"),  # two of a day that nobody acknowledged
        ("2025-07-22T01:30:00", None, 9 * 60, "high"),
        ("2025-09-30T23:10:00", None, None, "high"),  # of the last hour, and nobody has it yet
        ("2025-07-14T12:00:00", 3 * 60, 4 * 60, "low"),  # a Monday: acknowledged at once
        ("2025-07-14T12:10:00", 22 * 60, 23 * 60, "low"),  # in the 8 hours, the night between
        ("2025-07-18T12:00:00", 4 * DAY // 60, 5 * DAY // 60, "low"),  # too late, the weekend too
        ("2025-07-15T12:00:00", 30, 8 * DAY // 60, "low"),  # acknowledged, and resolved late
        ("2025-09-30T16:30:00", None, None, "low"),  # due after the cut-off
        ("2025-08-15T01:00:00", 13, 30, "high"),  # in time by one limit, not by the other
        ("2025-08-05T01:00:00", 13, 30, "high"),  # the same, and not tested any more since
    )
    incidents = []
    for number, (at, acknowledged, resolved, urgency) in enumerate(rows):
        agent = {"id": object_id("user", 4), "type": "user_reference", "summary": "Arjun Novak"}
        events = list(first.state.events[:3])
        for minutes, name in ((acknowledged, "acknowledge"), (resolved, "resolve")):
            if minutes is not None:
                by_person = name == "acknowledge" or acknowledged is not None
                who = agent if by_person else first.state.events[0].agent
                channel = "website" if by_person else "api"
                events.append(Event(minutes * MINUTE, name, who, channel))
        incidents.append(
            replace(
                first,
                number=9000 + number,
                created=moment(at),
                urgency=urgency,
                title=f"Edge {number}",
                state=replace(first.state, events=tuple(events), merged_into=None),
            )
        )
    account.incidents.put(incidents)
