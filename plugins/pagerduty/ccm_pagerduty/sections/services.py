"""The section "Service readiness": whether an incident on each service pages somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.report_figures import Cell, Table, Tone
from ccm_pagerduty.sections.row_intervals import known_parts, observed_within, split, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

OWNERS = "pagerduty.service_ownership"
READINESS = "pagerduty.service_readiness"
VIEWS = (OWNERS, READINESS)

_COLUMNS = (
    "Service",
    "Status",
    "Owner",
    "Escalation policy",
    "Levels",
    "Every level reaches a person",
    "First level covered (lookahead)",
)
_SUPPORTS, _STANDARDS = "Supports", "Standards met"
"""Columns of accounts that have business services, and standards."""
_DISCARD_COLUMNS = ("Service", "Rules of", "Rule", "What becomes of events", "Which events")
_EFFECTS = {
    "drop": "dropped, no alert",
    "suppress": "suppressed, no incident",
    "low_urgency": "of low urgency",
    "suspend": "an incident only after a while",
}


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield the services, the least ready first, and the rules that discard events."""
    owners = {row.subject.key: row.body for row in request.rows[OWNERS]}
    readiness = request.rows[READINESS]
    optional = _optional_columns(readiness)
    rows = [
        (
            *_row(row, owners.get(row.subject.key, {}), request),
            *(cell(row.body) for cell in optional.values()),
        )
        for row in readiness
    ]
    if rows:
        yield Table(
            title="Services",
            about="The least ready services come first.",
            columns=(*_COLUMNS, *optional),
            rows=tuple(sorted(rows, key=_sort_key)),
        )
    discards = [cells for row in readiness for cells in _discards(row)]
    if discards:
        yield Table(
            title="Rules that keep events from waking somebody",
            about="Of event orchestrations. Those that decide of every other event come first.",
            columns=_DISCARD_COLUMNS,
            rows=tuple(sorted(discards, key=_sort_key)),
        )


def _row(row: Row, owner: JsonObject, request: SectionRequest) -> tuple[Cell, ...]:
    body = row.body
    observed = observed_within(body, request.horizon)
    ahead = split(observed, request.now)[1] if observed else None
    return (
        Cell(text=row.subject.title, url=row.subject.url),
        _status(body),
        _names(owner, "owner_teams", "none"),
        _policy(body),
        _levels(body),
        _yes(answer=_every_level_reaches_a_person(body, ahead)),
        _yes(answer=_first_level_covered(body, ahead)),
    )


def _optional_columns(rows: Iterable[Row]) -> Mapping[str, Callable[[JsonObject], Cell]]:
    """Return the columns of what not every account has, each with how a cell of it is made."""
    bodies = [row.body for row in rows]
    columns = {
        _SUPPORTS: (_supported, any(body.get("business_services") for body in bodies)),
        _STANDARDS: (_standards, any("standards" in body for body in bodies)),
    }
    return {title: cell for title, (cell, is_shown) in columns.items() if is_shown}


def _discards(row: Row) -> Iterable[tuple[Cell, ...]]:
    for discard in row.body.get("discards", ()):
        unmatched = discard["unmatched"]
        bad = unmatched and discard["effect"] != "suspend"
        yield (
            Cell(text=row.subject.title, url=row.subject.url),
            Cell(text="the service" if discard["path"] == "service" else "an orchestration"),
            Cell(text=discard["rule"] or "none, at the end"),
            Cell(text=_EFFECTS[discard["effect"]]),
            Cell(
                text="all that no other rule matches" if unmatched else "those that it looks for",
                tone=Tone.BAD if bad else Tone.PLAIN,
            ),
        )


def _supported(body: JsonObject) -> Cell:
    names = body.get("business_services")
    return _unknown() if names is None else Cell(text=", ".join(names) or "none")


def _standards(body: JsonObject) -> Cell:
    standards = body.get("standards")
    if standards is None:
        return _unknown()
    applied, missed = standards["applied"], len(standards["missed"])
    tone = Tone.BAD if missed else Tone.PLAIN
    return Cell(text=f"{applied - missed} of {applied}", tone=tone)


def _sort_key(row: tuple[Cell, ...]) -> tuple[int, int, str]:
    tones = [cell.tone for cell in row]
    return (-tones.count(Tone.BAD), -tones.count(Tone.UNKNOWN), row[0].text.casefold())


def _status(body: JsonObject) -> Cell:
    status = body.get("status")
    if status is None:
        return _unknown()
    return Cell(text=status)


def _policy(body: JsonObject) -> Cell:
    policy = body.get("policy", ...)
    if policy is ...:
        return _unknown()
    if policy is None:
        return Cell(text="none", tone=Tone.BAD)
    deleted = body.get("has_policy") is False
    return Cell(text=policy["title"], tone=Tone.BAD if deleted else Tone.PLAIN)


def _levels(body: JsonObject) -> Cell:
    count = body.get("level_count")
    if count is None:
        return _unknown()
    return Cell(text=str(count), tone=Tone.PLAIN if count > 1 else Tone.BAD)


def _names(body: JsonObject, field: str, empty: str) -> Cell:
    if field not in body:
        return _unknown()
    names = ", ".join(ref["title"] for ref in body[field])
    return Cell(text=names) if names else Cell(text=empty, tone=Tone.BAD)


def _every_level_reaches_a_person(body: JsonObject, ahead: Window | None) -> bool | None:
    """Return whether somebody is on call on each level from now on; None where it is unknown."""
    if body.get("level_count") == 0:
        return False
    if ahead is None or "levels" not in body:
        return None
    answers = [_reaches_a_person(level, ahead) for level in body["levels"]]
    if False in answers:
        return False
    return None if None in answers else True


def _reaches_a_person(level: JsonObject, ahead: Window) -> bool | None:
    if within(level["covered"], ahead):
        return True
    return False if _is_known(level, ahead) else None


def _first_level_covered(body: JsonObject, ahead: Window | None) -> bool | None:
    """Return whether the first level has no gap from now on; None where it is unknown."""
    if ahead is None or not body.get("levels"):
        return None
    first = body["levels"][0]
    return not within(first["gaps"], ahead) if _is_known(first, ahead) else None


def _is_known(level: JsonObject, ahead: Window) -> bool:
    return known_parts(level["gaps"], ahead) == (ahead,)


def _yes(*, answer: bool | None) -> Cell:
    if answer is None:
        return _unknown()
    return Cell(text="yes", tone=Tone.GOOD) if answer else Cell(text="no", tone=Tone.BAD)


def _unknown() -> Cell:
    return Cell(text="unknown", tone=Tone.UNKNOWN)
