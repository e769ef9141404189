"""Who has which rights, who is on call, and whether a page reaches them: for the access review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.report_figures import Cell, Table, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.report_figures import Figure, SectionRequest
    from ccm_core.sdk.types import JsonObject, Row

RESPONDERS = "pagerduty.responder_reachability"
TEAMS = "pagerduty.team_ownership"
USERS = "pagerduty.user_access"
VIEWS = (RESPONDERS, TEAMS, USERS)

_COLUMNS = (
    "User",
    "Base role",
    "On call",
    "Ways to be reached",
    "Teams",
    "Manages",
    "CollectionNote",
)
_WAYS = 2
"""By how many different ways somebody on call is to be reached."""


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Give one table; what a reviewer should look at first comes first."""
    on_call = {row.subject.key: row.body for row in request.rows[RESPONDERS]}
    managed = _managed(request.rows[TEAMS])
    told = all("manager_count" in team.body for team in request.rows[TEAMS])
    none: list[JsonObject] | None = [] if told else None
    rows = [
        _row(row, on_call.get(row.subject.key), managed.get(row.subject.key, none))
        for row in request.rows[USERS]
    ]
    if rows:
        yield Table(
            title="Users",
            about="What a reviewer should look at comes first: notes, then the widest rights.",
            columns=_COLUMNS,
            rows=tuple(row for _, row in sorted(rows, key=lambda one: one[0])),
        )


def _managed(teams: Iterable[Row]) -> dict[str, list[JsonObject]]:
    """List the teams that each user manages."""
    found: dict[str, list[JsonObject]] = {}
    for team in teams:
        for manager in team.body["managers"]:
            found.setdefault(manager["id"], []).append(team.body)
    return found


def _row(
    row: Row, reached: JsonObject | None, managed: list[JsonObject] | None
) -> tuple[tuple[int, bool, bool, str], tuple[Cell, ...]]:
    """Give a row and its place; ``reached`` tells of the user where they are on call."""
    body, on_call = row.body, reached is not None
    notes = _notes(body, reached)
    role = body.get("role_name", body.get("role"))
    cells = (
        Cell(text=row.subject.title, url=row.subject.url),
        Cell(text=role) if role else _unknown(),
        Cell(text="yes" if on_call else "no"),
        Cell(text="") if reached is None else _ways(reached),
        _teams(body.get("teams")),
        _teams(managed),
        Cell(text="; ".join(notes), tone=Tone.BAD) if notes else Cell(text=""),
    )
    order = (
        -len(notes),
        not body.get("privileged", False),
        not on_call,
        row.subject.title.casefold(),
    )
    return order, cells


def _notes(body: JsonObject, reached: JsonObject | None) -> list[str]:
    if reached is None:
        return ["invitation pending"] if body.get("invitation_pending") else []
    told = {
        "on call, and may not respond": body.get("stakeholder"),
        "on call, and the invitation is pending": body.get("invitation_pending"),
        "on call, and cannot be reached in two ways": reached.get("contact_methods", _WAYS) < _WAYS,
    }
    return [note for note, true in told.items() if true]


def _ways(reached: JsonObject) -> Cell:
    if "contact_methods" not in reached:
        return _unknown()
    ways = ", ".join(one.replace("_", " ") for one in reached["contact_method_types"])
    few = reached["contact_methods"] < _WAYS
    return Cell(text=ways or "none", tone=Tone.BAD if few else Tone.PLAIN)


def _teams(teams: list[JsonObject] | None) -> Cell:
    return (
        _unknown()
        if teams is None
        else Cell(text=", ".join(one["title"] for one in teams) or "none")
    )


def _unknown() -> Cell:
    return Cell(text="not known", tone=Tone.UNKNOWN)
