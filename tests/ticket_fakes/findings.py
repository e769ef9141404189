"""Findings as work items, and a ledger that keeps what is done about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.act import FindingAct
from ccm_core.model.finding.finding import Finding, FindingCheck, FindingState
from ccm_core.model.finding.work_item import DueDate, Owner, WorkItem, WorkState

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)
SECRET_REASON = "level 2 of Payments names Mia Meier, +49 171 5550123"
"""A reason as checks have it: it quotes evidence."""


def work_item(  # noqa: PLR0913 - each is one thing that a case varies
    identity: str = "aaaaaa-bbbbbbbbbb",
    *,
    severity: str = "critical",
    state: WorkState = WorkState.OPEN,
    owners: tuple[str, ...] = ("Payments",),
    resource: str = "Checkout",
    opened_at: datetime = NOON - timedelta(days=2),
    rule: str = "svc-01",
    follows: tuple[str, ...] = (),
    acts: tuple[FindingAct, ...] = (),
    due: bool = True,
) -> WorkItem:
    """One finding."""
    ended = {WorkState.RESOLVED, WorkState.REMOVED, WorkState.REPLACED, WorkState.INCONCLUSIVE}
    finding = Finding(
        id=identity,
        connection="acme-prod",
        subject=Subject(
            kind="acme.service", key="S1", title=resource, url="https://acme.example/s/S1"
        ),
        state=FindingState(state.value) if state in ended else FindingState.OPEN,
        checks=(
            FindingCheck(
                result=identity,
                rule=rule,
                severity=severity,
                status=Status.FAIL,
                reason=SECRET_REASON,
            ),
        ),
        reason=SECRET_REASON,
        first_seen=opened_at,
        opened_at=opened_at,
        last_seen=NOON,
        follows=follows,
    )
    return WorkItem(
        finding=finding,
        state=state,
        title="Every service reaches somebody",
        owner=Owner(names=owners),
        due=(DueDate(at=NOON + timedelta(days=1)),) if due else (),
        accepted_until=NOON + timedelta(days=90) if state is WorkState.ACCEPTED else None,
        controls=("iso-27001:A.5.24", "soc2:CC7.3"),
        risk="An outage is noticed by customers first.",
        next_step="Put somebody on the level.",
        next_step_url="https://docs.example/levels",
        acts=acts,
    )


class FindingLedger:
    """Findings and their acts; it is a store as far as a sync writes to one."""

    def __init__(self, *items: WorkItem) -> None:
        self._items = {item.finding.id: item for item in items}
        self.acts: list[FindingAct] = []
        self.now = NOON
        self.pace = timedelta(seconds=1)
        """How long each thing takes."""
        self.is_full = False
        """Whether nothing more can be noted, as where the process was killed."""

    @property
    def findings(self) -> FindingLedger:
        """The findings of the store."""
        return self

    def append_act(self, act: FindingAct, *, revision: int | None = None) -> int:
        """Keep what was done."""
        del revision
        if self.is_full:
            raise KeyboardInterrupt
        self.acts.append(act)
        return len(self.acts)

    def clock(self) -> datetime:
        """Return a later moment each time."""
        self.now += self.pace
        return self.now

    def put(self, item: WorkItem) -> None:
        """Let a finding be another."""
        self._items[item.finding.id] = item

    def item(self, identity: str) -> WorkItem:
        """A finding with what was done about it and about those that it continues."""
        item = self._items[identity]
        names = {identity, *item.finding.follows}
        return replace(item, acts=tuple(act for act in self.acts if act.finding in names))

    @property
    def items(self) -> list[WorkItem]:
        """All findings."""
        return [self.item(identity) for identity in self._items]

    def kinds(self, identity: str = "aaaaaa-bbbbbbbbbb") -> list[str]:
        """What was done about a finding."""
        return [act.kind.value for act in self.acts if act.finding == identity]
