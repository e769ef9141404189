"""The filter of the list of findings, read from its address: it can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ccm_core.errors import UsageError
from ccm_core.findings.filter import ACTIVE_STATES, FindingFilter
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.work_item import WorkState
from ccm_core.sdk.timestamps import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from ccm_core.web.visit import Visit

NAMES = ("state", "severity", "owner", "rule", "connection", "control", "framework")
"""The parts of an address that may be given more than once."""
_ALL = "all"


def selected(query: Mapping[str, Sequence[str]]) -> FindingFilter:
    """Return what an address selects; without a state, what is not closed.

    Raises:
        UsageError: It selects what cannot be; every mistake is listed.
    """
    mistakes: list[str] = []
    states = _states(query, mistakes)
    severities = _values(query, "severity")
    known = {level.value for level in Severity}
    mistakes += [f"severity {one!r}: expected one of {', '.join(known)}" for one in severities
                 if one not in known]  # fmt: skip
    older_than = _duration(query, mistakes)
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return FindingFilter(
        states=states,
        connections=_values(query, "connection"),
        severities=severities,
        rules=_values(query, "rule"),
        owners=_values(query, "owner"),
        controls=_values(query, "control"),
        frameworks=_values(query, "framework"),
        older_than=older_than,
        overdue=query.get("overdue", ("",))[-1] == "yes",
    )


def address(visit: Visit, **changes: str) -> str:
    """Return the address of the list with the same filter, and some parts changed."""
    kept = [
        (name, value)
        for name, values in visit.query.items()
        for value in values
        if name not in {*changes, "done", "page"} and value
    ]
    kept += [(name, value) for name, value in changes.items() if value]
    return urlencode(kept)


def _values(query: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in query.get(name, ()) if value.strip()))


def _states(query: Mapping[str, Sequence[str]], mistakes: list[str]) -> frozenset[WorkState]:
    names = _values(query, "state")
    if _ALL in names:
        return frozenset()
    known = {state.value: state for state in WorkState}
    mistakes += [
        f"state {name!r}: expected one of {', '.join([*known, _ALL])}"
        for name in names
        if name not in known
    ]
    return frozenset(known[name] for name in names if name in known) or ACTIVE_STATES


def _duration(query: Mapping[str, Sequence[str]], mistakes: list[str]) -> timedelta | None:
    text = query.get("older_than", ("",))[-1].strip()
    try:
        return parse_duration(text) if text else None
    except ValueError as error:
        mistakes.append(f"older_than {text!r}: {error}")
        return None
