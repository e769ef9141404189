"""The rule packs that ship with the plugin."""

from __future__ import annotations

from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.sdk.types import RulePackSource

_NAMES = (
    "pagerduty-access",
    "pagerduty-changes",
    "pagerduty-collection",
    "pagerduty-escalation",
    "pagerduty-resolution",
    "pagerduty-response",
    "pagerduty-schedules",
    "pagerduty-services",
)
"""Each pack is the YAML file of its name."""


def rule_packs() -> tuple[RulePackSource, ...]:
    """Return every rule pack of the plugin, sorted by name."""
    return tuple(_source(name) for name in sorted(_NAMES))


def _source(name: str) -> RulePackSource:
    from ccm_core.sdk.types import RulePackSource

    return RulePackSource(
        name=name, text=partial(_text, name), location=f"ccm_pagerduty/rulepacks/{name}.yaml"
    )


def _text(name: str) -> bytes:
    return resources.files(__name__).joinpath(f"{name}.yaml").read_bytes()
