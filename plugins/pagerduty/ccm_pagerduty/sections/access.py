"""The section "User access review": the roles of users, their on-call duty and contact methods."""

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
    "Contact methods",
    "Teams",
    "Teams managed",
    "CollectionNote",
)
_REQUIRED_METHODS = 2
"""How many different types of contact method an on-call user needs."""


def figures(request: SectionRequest) -> Iterable[Figure]:
    """Yield one table; users who need attention come first."""
    on_call = {row.subject.key: row.body for row in request.rows[RESPONDERS]}
    managed = _managed(request.rows[TEAMS])
    roles_known = all("manager_count" in team.body for team in request.rows[TEAMS])
    none: list[JsonObject] | None = [] if roles_known else None
    rows = [
        _row(row, on_call.get(row.subject.key), managed.get(row.subject.key, none))
        for row in request.rows[USERS]
    ]
    if rows:
        yield Table(
            title="Users",
            about="Users with notes come first, then those with the most privileges.",
            columns=_COLUMNS,
            rows=tuple(row for _, row in sorted(rows, key=lambda entry: entry[0])),
        )


def _managed(teams: Iterable[Row]) -> dict[str, list[JsonObject]]:
    """Return the teams that each user manages."""
    managed: dict[str, list[JsonObject]] = {}
    for team in teams:
        for manager in team.body["managers"]:
            managed.setdefault(manager["id"], []).append(team.body)
    return managed


def _row(
    row: Row, reachability: JsonObject | None, managed: list[JsonObject] | None
) -> tuple[tuple[int, bool, bool, str], tuple[Cell, ...]]:
    """Return a table row with its sort key; ``reachability`` is set for users on call."""
    body, on_call = row.body, reachability is not None
    notes = _notes(body, reachability)
    role = body.get("role_name", body.get("role"))
    cells = (
        Cell(text=row.subject.title, url=row.subject.url),
        Cell(text=role) if role else _unknown(),
        Cell(text="yes" if on_call else "no"),
        Cell(text="") if reachability is None else _contact_methods(reachability),
        _teams(body.get("teams")),
        _teams(managed),
        Cell(text="; ".join(notes), tone=Tone.BAD) if notes else Cell(text=_accepted(body)),
    )
    order = (
        -len(notes),
        not body.get("privileged", False),
        not on_call,
        row.subject.title.casefold(),
    )
    return order, cells


def _notes(body: JsonObject, reachability: JsonObject | None) -> list[str]:
    if reachability is None:
        return ["invitation pending"] if body.get("invitation_pending") else []
    conditions = {
        "on call with a role that cannot respond": body.get("stakeholder"),
        "on call with a pending invitation": body.get("invitation_pending"),
        f"on call with fewer than {_REQUIRED_METHODS} contact methods": reachability.get(
            "contact_methods", _REQUIRED_METHODS
        )
        < _REQUIRED_METHODS,
    }
    return [note for note, true in conditions.items() if true]


def _accepted(body: JsonObject) -> str:
    """Return by what an invitation was accepted that stays marked as sent; empty: by none."""
    act = body.get("first_act")
    if act is None:
        return ""
    incident = f" on {act['incident']['title']}" if act["incident"] else ""
    return f"invitation stays sent; acted on {act['at'][:10]} ({act['type']}{incident})"


def _contact_methods(reachability: JsonObject) -> Cell:
    if "contact_methods" not in reachability:
        return _unknown()
    types = ", ".join(
        method_type.replace("_", " ") for method_type in reachability["contact_method_types"]
    )
    few = reachability["contact_methods"] < _REQUIRED_METHODS
    return Cell(text=types or "none", tone=Tone.BAD if few else Tone.PLAIN)


def _teams(teams: list[JsonObject] | None) -> Cell:
    return (
        _unknown()
        if teams is None
        else Cell(text=", ".join(team["title"] for team in teams) or "none")
    )


def _unknown() -> Cell:
    return Cell(text="unknown", tone=Tone.UNKNOWN)
