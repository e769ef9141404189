"""The section "Service readiness": whether an incident on each service pages somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.report_figures import Cell, Table, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield one table; the least ready services come first."""
    owners = {row.subject.key: row.body for row in request.rows[OWNERS]}
    rows = [_row(row, owners.get(row.subject.key, {})) for row in request.rows[READINESS]]
    if rows:
        yield Table(
            title="Services",
            about="The least ready services come first.",
            columns=_COLUMNS,
            rows=tuple(sorted(rows, key=_sort_key)),
        )


def _row(row: Row, owner: JsonObject) -> tuple[Cell, ...]:
    body = row.body
    return (
        Cell(text=row.subject.title, url=row.subject.url),
        _status(body),
        _names(owner, "owner_teams", "none"),
        _policy(body),
        _levels(body),
        _yes(body, "every_level_reaches_a_person"),
        _yes(body, "first_level_covered_ahead"),
    )


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


def _yes(body: JsonObject, field: str) -> Cell:
    if field not in body:
        return _unknown()
    return Cell(text="yes", tone=Tone.GOOD) if body[field] else Cell(text="no", tone=Tone.BAD)


def _unknown() -> Cell:
    return Cell(text="unknown", tone=Tone.UNKNOWN)
