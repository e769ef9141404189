"""What a ticket says of its finding: names and texts of checks, never a body of evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ccm_core.control_characters import replace_controls
from ccm_core.model.digest import digest
from ccm_core.model.finding.finding import FindingState, change_of_check
from ccm_core.model.finding.work_item import WorkItem, WorkState
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import encode
from ccm_core.tickets.templates import filled, placeholders, texts_for_severities
from ccm_core.tickets.types import (
    COMMON_LABEL,
    Draft,
    FieldMapping,
    TicketLine,
    TicketRules,
    TicketText,
)

_MAX_TITLE = 200
"""Characters; the systems take 255 and more."""
_MAX_TEXT = 2_000
"""Characters of one line of the description."""
_MAX_CHECKS = 20
_MAX_CONTROLS = 30
_MAX_LABEL = 50
"""Characters of a label of GitHub; Jira takes more."""
_DIGITS = 16
"""Of a digest: two states of one finding never have the same."""
_FOOTER = (
    "ccm keeps the title and this description up to date: write comments instead. "
    "It closes this ticket when the checks pass."
)
_FOOTER_LEFT = "ccm keeps the title and this description up to date: write comments instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fields:
    """What fills the fields of a ticket that people may set too."""

    issue_type: str
    priority: str
    components: tuple[str, ...]
    assignees: tuple[str, ...]
    custom: Mapping[str, Any]


def draft_of(item: WorkItem, rules: TicketRules) -> Draft:
    """Return what a ticket is to say of a finding; it is the same until that changes."""
    finding, mapping = item.finding, rules.fields
    places = placeholders(item)
    labels = {COMMON_LABEL, *(_label(filled(text, places)) for text in mapping.labels)} - {""}
    other = {label for text in mapping.labels for label in texts_for_severities(text, places)}
    fields = _fields(item, mapping)
    return Draft(
        finding=finding.id,
        title=_line(f"[{finding.severity}] {item.title}: {finding.subject.title}", _MAX_TITLE),
        text=TicketText(
            lead=_line(f"A control check fails: {item.title}.", _MAX_TEXT),
            rows=tuple(_rows(item, rules)),
            footer=_FOOTER if rules.close else _FOOTER_LEFT,
        ),
        labels=tuple(sorted(labels)),
        other_labels=frozenset(map(_label, other)) - labels,
        issue_type=fields.issue_type,
        priority=fields.priority,
        components=fields.components,
        assignees=fields.assignees,
        custom=fields.custom,
    )


def told_state(item: WorkItem, rules: TicketRules) -> str:
    """Return the digest of what a ticket is told of a finding: of its text, a dot, of its fields.

    It is made of what goes into the text, so that another version of ccm with other words for the
    same does not write every ticket anew.
    """
    finding = item.finding
    text = [
        finding.id,
        finding.severity,
        finding.subject,
        finding.occurred_at,
        finding.opened_at,
        finding.rules,
        item.state,
        item.title,
        item.owner.names,
        item.due,
        item.controls,
        item.risk,
        item.next_step,
        item.next_step_url,
        finding.reason if rules.include_reasons else "",
        rules.fields.labels,
        rules.close,
        rules.finding_url,
    ]
    return f"{_short_digest(text)}.{_short_digest(_fields(item, rules.fields))}"


def _fields(item: WorkItem, mapping: FieldMapping) -> _Fields:
    names, owners = (*mapping.components, *mapping.custom), item.owner.names
    places = placeholders(item) if names else {}
    components = (filled(text, places) for text in mapping.components)
    custom = {name: filled(value, places) for name, value in mapping.custom.items()}
    assignees = (login for owner in owners for login in mapping.assignees.get(owner, ()))
    return _Fields(
        issue_type=mapping.issue_type,
        priority=mapping.priorities.get(item.finding.severity, ""),
        components=tuple(component for component in components if component),
        assignees=tuple(dict.fromkeys(assignees)),
        custom={name: value for name, value in custom.items() if value is not None},
    )


def _short_digest(value: object) -> str:
    return digest(encode(value)).removeprefix("sha256:")[:_DIGITS]


def closing_remark(item: WorkItem, *, handed_over: bool) -> str:
    """Return why a ticket is closed."""
    finding = item.finding
    if handed_over:
        owner = ", ".join(item.owner.names) or "nobody"
        return f"Its owner is now {owner}, whose tickets are elsewhere: finding {finding.id}."
    if item.state is WorkState.ACCEPTED:
        until = f" until {item.accepted_until:%Y-%m-%d}" if item.accepted_until else ""
        return f"The risk is accepted{until}: finding {finding.id}. It is reopened after that."
    match finding.state:
        case FindingState.REMOVED:
            return f"The resource is no longer evaluated: finding {finding.id}."
        case FindingState.REPLACED:
            return f"Another finding follows the same cause now, in place of finding {finding.id}."
        case _:
            changed = change_of_check(finding.reason)
            note = f" Mind that {changed}." if changed else ""
            return f"The checks pass, or no longer apply: finding {finding.id} is resolved.{note}"


def reopening_remark(item: WorkItem, rules: TicketRules, *, closed_there: bool) -> str:
    """Return why a ticket is reopened; who reads it need not have ccm."""
    identity = item.finding.id
    if closed_there:
        where = f" It is shown at {url}" if (url := _shown_at(identity, rules)) else ""
        return (
            f"The check still fails, so ccm reopened this: finding {identity}. To leave it closed, "
            f"ask whoever operates ccm to have the risk of it accepted until a day.{where}"
        )
    return f"The check fails again: finding {identity}."


def _rows(item: WorkItem, rules: TicketRules) -> Iterator[TicketLine]:
    finding = item.finding
    subject = finding.subject
    yield _line_of("Resource", f"{subject.title} ({subject.kind} {subject.key})", subject.url)
    yield _line_of("Severity", finding.severity)
    yield _line_of("Owner", ", ".join(item.owner.names) or "nobody yet")
    yield _line_of("Due", _due(item))
    if finding.occurred_at:
        yield _line_of("Happened", f"{finding.occurred_at:%Y-%m-%d %H:%M} UTC")
    yield _line_of("Open since", f"{finding.opened_at:%Y-%m-%d %H:%M} UTC")
    yield _line_of("State", item.state.value.replace("_", " "))
    yield _line_of("Checks", _listed(finding.rules, _MAX_CHECKS))
    if item.controls:
        yield _line_of("Controls", _listed(item.controls, _MAX_CONTROLS))
    if rules.include_reasons and finding.state is FindingState.OPEN:
        yield _line_of("Why", finding.reason)
    if item.risk:
        yield _line_of("Risk", item.risk)
    yield _line_of(
        "Next step", item.next_step or "See why the check fails, and fix it", item.next_step_url
    )
    shown_at = _shown_at(finding.id, rules)
    where = "" if shown_at else ", by which whoever operates ccm shows why it fails"
    yield _line_of("Finding", f"{finding.id}{where}", shown_at)


def _shown_at(finding: str, rules: TicketRules) -> str | None:
    return rules.finding_url.replace("{finding}", finding) or None


def _due(item: WorkItem) -> str:
    if not item.due:
        return "no due date"
    return ", ".join(
        f"{due.at:%Y-%m-%d}" + (f" ({due.framework})" if due.framework else "") for due in item.due
    )


def _listed(names: tuple[str, ...], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _line_of(label: str, text: str, url: str | None = None) -> TicketLine:
    is_link = url is not None and url.startswith(("https://", "http://"))
    return TicketLine(label=label, text=_line(text, _MAX_TEXT), url=url if is_link else None)


def _line(text: str, most: int) -> str:
    line = " ".join(replace_controls(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _label(text: str | None) -> str:
    """Return a label that both systems take: no blanks and no commas."""
    return "-".join((text or "").replace(",", " ").split())[:_MAX_LABEL]
