"""The views of the plugin: pure functions from records to the rows that rules judge.

A view never guesses. What the evidence does not tell is left out of the row, so that a rule
that asks for it is ``insufficient``; ``null`` says that there is none.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module, resources
from typing import TYPE_CHECKING

from ccm_core.sdk.json import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccm_core.sdk.types import JsonObject, Row, View, ViewRequest

_TITLES = {
    "account_visibility": "Account visibility",
    "collection_health": "Collection health",
    "incident_response": "Incident response",
    "policy_coverage": "Escalation policy coverage",
    "responder_reachability": "Responder reachability",
    "schedule_coverage": "Schedule coverage",
    "service_ownership": "Service ownership",
    "service_readiness": "Service readiness",
    "service_responders": "Service responders",
    "team_ownership": "Team ownership",
    "user_access": "User access",
}
"""Each view is the module of its name."""


def views() -> tuple[View, ...]:
    """Give every view of the plugin, sorted by name."""
    return tuple(_view(name, title) for name, title in _TITLES.items())


def _view(name: str, title: str) -> View:
    from ccm_core.sdk.types import View

    module = import_module(f"{__name__}.{name}")
    rows: Callable[[ViewRequest], Iterable[Row]] = module.rows
    return View(
        name=f"pagerduty.{name}",
        title=title,
        inputs=module.INPUTS,
        rows=rows,
        schema=partial(_schema, name),
    )


def _schema(name: str) -> JsonObject:
    text = resources.files(__name__).joinpath("schemas", f"{name}.json").read_bytes()
    schema: JsonObject = decode(text)
    return schema
