"""Who has which rights, who is on call, and whether a page reaches them: for the access review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.figures import Cell, Table, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

USERS = "pagerduty.user_access"
VIEWS = (USERS,)

_COLUMNS = ("User", "Base role", "On call", "Ways to be reached", "Teams", "Manages", "Note")
_WAYS = 2
"""By how many different ways somebody on call is to be reached."""


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Give one table; what a reviewer should look at first comes first."""
    rows = [_row(row) for row in request.rows[USERS]]
    if rows:
        yield Table(
            title="Users",
            about="What a reviewer should look at comes first: notes, then the widest rights.",
            columns=_COLUMNS,
            rows=tuple(row for _, row in sorted(rows, key=lambda one: one[0])),
        )


def _row(row: Row) -> tuple[tuple[int, bool, bool, str], tuple[Cell, ...]]:
    body = row.body
    notes = _notes(body)
    role = body.get("role_name", body.get("role"))
    cells = (
        Cell(text=row.subject.title, url=row.subject.url),
        Cell(text=role) if role else _unknown(),
        Cell(text="yes" if body["on_call"] else "no"),
        _ways(body),
        _teams(body.get("teams")),
        _teams(body.get("manager_of")),
        Cell(text="; ".join(notes), tone=Tone.BAD) if notes else Cell(text=""),
    )
    order = (
        -len(notes),
        not body.get("privileged", False),
        not body["on_call"],
        row.subject.title.casefold(),
    )
    return order, cells


def _notes(body: JsonObject) -> list[str]:
    told = {
        "on call, and may not respond": body["on_call"] and body.get("stakeholder"),
        "on call, and the invitation is pending": body["on_call"]
        and body.get("invitation_pending"),
        "invitation pending": not body["on_call"] and body.get("invitation_pending"),
        "on call, and cannot be reached in two ways": body["on_call"]
        and body.get("contact_methods", _WAYS) < _WAYS,
    }
    return [note for note, true in told.items() if true]


def _ways(body: JsonObject) -> Cell:
    if "contact_methods" not in body:
        return _unknown()
    ways = ", ".join(one.replace("_", " ") for one in body["contact_method_types"])
    few = body["on_call"] and body["contact_methods"] < _WAYS
    return Cell(text=ways or "none", tone=Tone.BAD if few else Tone.PLAIN)


def _teams(teams: list[JsonObject] | None) -> Cell:
    return (
        _unknown()
        if teams is None
        else Cell(text=", ".join(one["title"] for one in teams) or "none")
    )


def _unknown() -> Cell:
    return Cell(text="not known", tone=Tone.UNKNOWN)
