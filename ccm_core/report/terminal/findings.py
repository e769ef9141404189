"""Findings as text for a terminal of eighty columns: a list, and one with all that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ccm_core.control_characters import replace_controls
from ccm_core.model.finding.act import ActKind, FindingAct
from ccm_core.model.finding.finding import ACTIVE, FindingChange
from ccm_core.model.finding.work_item import (
    AcceptanceStanding,
    DueDate,
    OwnerSource,
    WorkItem,
    WorkState,
)
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import cells, fitted, wrap
from ccm_core.sdk.timestamps import format_instant

_LABEL = 15
_LINKS = {"link", "guide", "ticket"}
"""Facts that stay on one line, however long, so that they can be clicked on."""
_SOURCES = {
    OwnerSource.ASSIGNED: "assigned",
    OwnerSource.SETTINGS: "by the settings",
    OwnerSource.SOURCE: "owns it in the source",
}
_DONE = {
    ActKind.ASSIGNED: "assigned it to",
    ActKind.ACKNOWLEDGED: "acknowledged it",
    ActKind.COMMENTED: "commented",
    ActKind.ACCEPTANCE_ASKED: "asked to accept the risk",
    ActKind.ACCEPTANCE_APPROVED: "approved to accept the risk",
    ActKind.ACCEPTANCE_REFUSED: "refused to accept the risk",
    ActKind.ACCEPTANCE_WITHDRAWN: "withdrew the acceptance of the risk",
    ActKind.TICKET_OPENED: "opened ticket",
    ActKind.TICKET_UPDATED: "updated ticket",
    ActKind.TICKET_CLOSED: "closed ticket",
    ActKind.TICKET_REOPENED: "reopened ticket",
    ActKind.TICKET_LOST: "no longer has ticket",
}


def finding_lines(items: Sequence[WorkItem], now: datetime, width: int) -> Iterator[str]:
    """Yield two lines for each finding: what is to be done by whom, and what fails on what."""
    several = len({item.finding.connection for item in items}) > 1
    heads = [(item.finding.severity, _state(item), _due_in(item, now)) for item in items]
    columns = [max(map(len, column)) for column in zip(*heads, strict=True)]
    for item, head in zip(items, heads, strict=True):
        cells_of_head = (text.ljust(most) for text, most in zip(head, columns, strict=True))
        yield fitted("  ".join((item.finding.id, *cells_of_head, _owner(item))), width)
        where = f"{item.finding.connection}, " if several else ""
        yield fitted(f"  {where}{what_fails(item)}", width)


def what_fails(item: WorkItem) -> str:
    """Return what fails on which resource, in one line; reasons mostly begin with its title."""
    finding, title = item.finding, item.finding.subject.title
    is_named = finding.reason.startswith(title)
    return finding.reason if is_named else f"{title}: {finding.reason}"


def finding_text(
    item: WorkItem,
    changes: Sequence[FindingChange],
    acceptances: Sequence[AcceptanceStanding],
    now: datetime,
    width: int,
) -> Iterator[str]:
    """Yield all that somebody needs to act on a finding."""
    finding = item.finding
    yield f"{finding.id}: {_state(item)}, {finding.severity}"
    yield ""
    yield from wrap(item.title, width)
    for check in finding.checks:
        yield from _wrapped("- ", f"{check.rule}: {check.reason}", width)
    yield ""
    for label, text in _facts(item, acceptances, now):
        head = f"  {label:<{_LABEL}}"
        is_link = label in _LINKS
        yield from [f"{head}{text}"] if is_link else _wrapped(head, text, width)
    yield ""
    revision = sum(act.finding == finding.id for act in item.acts)
    yield f"History (revision {revision})"
    for at, text in history_lines(changes, item.acts):
        yield from _wrapped(f"  {_moment(at)}  ", text, width)


def history_lines(
    changes: Iterable[FindingChange], acts: Iterable[FindingAct]
) -> Sequence[tuple[datetime, str]]:
    """Return what evaluations and people did, each with its moment, in order."""
    return sorted([*_changes(changes), *_acts(acts)], key=lambda entry: entry[0])


def _facts(
    item: WorkItem, acceptances: Iterable[AcceptanceStanding], now: datetime
) -> Iterator[tuple[str, str]]:
    finding, subject = item.finding, item.finding.subject
    key = f"{subject.kind} {subject.key}".rstrip()
    yield "resource", f"{subject.title} ({key})"
    if link := phrases.link(subject.url):
        yield "link", link
    yield "connection", finding.connection or "none"
    if finding.occurred_at:
        yield "happened", _ago(finding.occurred_at, now)
    yield "failing since", _ago(finding.first_seen, now)
    if finding.opened > 1:
        yield "reopened", f"{_ago(finding.opened_at, now)}; opened {finding.opened} times"
    if finding.closed_at:
        yield "closed", _ago(finding.closed_at, now)
    yield "owner", _owner(item) + _owner_source(item)
    for due in item.due:
        yield "due", _due(due, now)
    if item.accepted_until:
        waivers = ", ".join(finding.waivers)
        yield "accepted", f"until {_moment(item.accepted_until)}, by risk acceptance {waivers}"
    for standing in acceptances:
        state = standing.state.value.replace("_", " ")
        yield "acceptance", f"{standing.acceptance} is {state}: {standing.reason}"
    yield from _instructions(item)


def _instructions(item: WorkItem) -> Iterator[tuple[str, str]]:
    if item.risk:
        yield "risk", item.risk
    if item.next_step and item.finding.state in ACTIVE:
        yield "next step", item.next_step
    if item.next_step_url and item.finding.state in ACTIVE:
        yield "guide", item.next_step_url
    if item.controls:
        yield "controls", ", ".join(item.controls)
    for ticket in item.tickets:
        yield "ticket", f"{ticket.key} {ticket.url}"
    yield "trace", ", ".join(f"ccm explain {check.result}" for check in item.finding.checks)


def _state(item: WorkItem) -> str:
    if item.state is WorkState.ACCEPTED and item.accepted_until:
        return f"accepted to {item.accepted_until:%Y-%m-%d}"
    return item.state.value.replace("_", " ")


def _owner(item: WorkItem) -> str:
    return ", ".join(item.owner.names) or "no owner"


def _owner_source(item: WorkItem) -> str:
    unknown = item.owner.unknown
    gone = f"; {', '.join(unknown)} is in no team and not under `people`" if unknown else ""
    source = _SOURCES.get(item.owner.source)
    return (f" ({source})" if source else "") + gone


def _due_in(item: WorkItem, now: datetime) -> str:
    if not item.due:
        return ""
    due = item.due[0].at
    if item.is_overdue:
        return f"overdue {phrases.duration((now - due).total_seconds())}"
    return f"due {due:%Y-%m-%d}"


def _due(due: DueDate, now: datetime) -> str:
    seconds = (due.at - now).total_seconds()
    far = phrases.duration(abs(seconds))
    when = f"in {far}" if seconds > 0 else f"{far} overdue"
    why = f", for {due.framework}" if due.framework else ""
    return f"{_moment(due.at)}, {when}{why}"


def _ago(at: datetime, now: datetime) -> str:
    seconds = (now - at).total_seconds()
    return f"{_moment(at)}, {phrases.duration(seconds)} ago" if seconds > 0 else _moment(at)


def _changes(changes: Iterable[FindingChange]) -> Iterator[tuple[datetime, str]]:
    for change in changes:
        yield change.at, f"{change.kind.value}: {change.reason}"


def _acts(acts: Iterable[FindingAct]) -> Iterator[tuple[datetime, str]]:
    for act in acts:
        about = [act.owner, act.ticket.key if act.ticket else "", act.waiver and f"({act.waiver})"]
        if act.kind is ActKind.ASSIGNED and not act.owner:
            about = ["its owner in the source again"]
        until = f"until {act.until:%Y-%m-%d}" if act.until else ""
        words = [act.by, _DONE[act.kind], *about, until]
        text = " ".join(filter(None, words))
        yield act.at, f"{text}: {act.text}" if act.text else text


def _wrapped(head: str, text: str, width: int) -> Iterator[str]:
    """Yield a text behind a head, in lines that are indented as far as the head is wide."""
    indent = cells(head)
    first, *others = wrap(replace_controls(text), max(width - indent, 30)) or [""]
    yield f"{head}{first}".rstrip()
    for line in others:
        yield f"{' ' * indent}{line}"


def _moment(at: datetime) -> str:
    return format_instant(at.replace(microsecond=0))
