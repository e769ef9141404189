"""Filters and sorts work items. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from ccm_core.documents import suggest
from ccm_core.errors import UsageError
from ccm_core.model.finding.finding import ACTIVE, SEVERITIES
from ccm_core.model.finding.tally import CLOSED
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.timestamps import format_duration

ACTIVE_STATES = frozenset(WorkState) - CLOSED
NOBODY = "nobody"
"""Selects what nobody owns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFilter:
    """What to keep; an empty field keeps all."""

    states: frozenset[WorkState] = frozenset()
    connections: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    """Teams or people, in whatever case; :data:`NOBODY`: what nobody owns."""
    controls: tuple[str, ...] = ()
    """As ``framework:id``."""
    frameworks: tuple[str, ...] = ()
    older_than: timedelta | None = None
    """Only what was opened longer ago."""
    overdue: bool = False

    @property
    def has_names(self) -> bool:
        """Whether it names something that there may not be."""
        return any((self.connections, self.rules, self.owners, self.controls, self.frameworks))

    @property
    def phrases(self) -> tuple[str, ...]:
        """Return one phrase for each selection: ``severity high``."""
        selected = {
            "connection": self.connections,
            "severity": self.severities,
            "rule": self.rules,
            "owner": self.owners,
            "control": self.controls,
            "framework": self.frameworks,
        }
        older = self.older_than
        states = () if self.states == ACTIVE_STATES else sorted(self.states)
        return (
            *(f"state {state.value.replace('_', ' ')}" for state in states),
            *(f"{noun} {name}" for noun, names in selected.items() for name in names),
            *([f"older than {format_duration(older.total_seconds())}"] if older else []),
            *(["overdue"] if self.overdue else []),
        )


def filter_findings(
    items: Sequence[WorkItem],
    selection: FindingFilter,
    now: datetime,
    *,
    connections: Collection[str] = (),
    rules: Collection[str] = (),
    controls: Collection[str] = (),
    owners: Collection[str] = (),
) -> tuple[WorkItem, ...]:
    """Return the selected findings, in their order.

    Args:
        items: All of them.
        selection: What to keep.
        now: The moment.
        connections: Those that were evaluated, beside those that findings are of.
        rules: The same for rules.
        controls: The same for controls, as ``framework:id``.
        owners: Teams and people that may own findings, beside those that do.

    Raises:
        UsageError: Something that is selected is in neither of them.
    """
    known = {"connection": {*connections}, "rule": {*rules}, "owner": {NOBODY, *owners}}
    known["control"] = {*controls}
    if selection.has_names:  # there are findings by the hundred thousand
        known["connection"].update(item.finding.connection for item in items)
        known["rule"].update(rule for item in items for rule in item.finding.rules)
        known["owner"].update(name for item in items for name in item.owner.names)
        known["control"].update(name for item in items for name in item.controls)
    _refuse_unknown(selection, known)
    chosen = {name.casefold() for name in selection.owners}
    return tuple(item for item in items if _is_selected(item, selection, chosen, now))


def by_urgency(item: WorkItem) -> tuple[object, ...]:
    """Return the key by which findings are sorted: what is to be done first comes first."""
    finding = item.finding
    return (
        finding.state not in ACTIVE,
        item.state is WorkState.ACCEPTED,
        SEVERITIES.index(finding.severity),
        not item.is_overdue,
        finding.rule,
        finding.connection,
        finding.subject.title,
        finding.id,
    )


def _is_selected(
    item: WorkItem, selection: FindingFilter, owners: Collection[str], now: datetime
) -> bool:
    finding = item.finding
    return (
        (not selection.states or item.state in selection.states)
        and _is_any((finding.severity,), selection.severities)
        and (not selection.has_names or _is_named(item, selection, owners))
        and (selection.older_than is None or now - finding.opened_at >= selection.older_than)
        and (item.is_overdue or not selection.overdue)
    )


def _is_named(item: WorkItem, selection: FindingFilter, owners: Collection[str]) -> bool:
    frameworks = {name.partition(":")[0] for name in item.controls}
    return (
        _is_any((item.finding.connection,), selection.connections)
        and _is_any(item.finding.rules, selection.rules)
        and _is_any(item.controls, selection.controls)
        and _is_any(frameworks, selection.frameworks)
        and _is_any([name.casefold() for name in item.owner.names or (NOBODY,)], owners)
    )


def _is_any(values: Iterable[str], selected: Collection[str]) -> bool:
    return not selected or any(value in selected for value in values)


def _refuse_unknown(selection: FindingFilter, known: dict[str, set[str]]) -> None:
    known["framework"] = {name.partition(":")[0] for name in known["control"]}
    selected = {
        "connection": selection.connections,
        "rule": selection.rules,
        "owner": selection.owners,
        "control": selection.controls,
        "framework": selection.frameworks,
    }
    mistakes = [
        suggest(noun, name, sorted(known[noun] - {""}))
        for noun, names in selected.items()
        for name in names
        if not _is_known(noun, name, known[noun])
    ]
    if mistakes:
        raise UsageError("\n".join(mistakes))


def _is_known(noun: str, name: str, known: Collection[str]) -> bool:
    if noun != "owner":
        return name in known
    return name.casefold() in {other.casefold() for other in known}
