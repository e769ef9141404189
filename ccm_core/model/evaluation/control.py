"""Controls: the requirements of frameworks that rules support, such as ``soc2:CC7.4``."""

from __future__ import annotations

from dataclasses import field

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A framework's requirement that a rule supports."""

    framework: str
    id: str
    why: str | None = None
    relation: str = "intersects"
    """How what the rule shows relates to the requirement: ``equivalent``, ``subset`` (all of it is
    in the requirement) or ``intersects``, as NIST IR 8477 names them."""
    requires: JsonObject = field(default_factory=dict)
    """Bounds on parameters, such as ``{"ack_within_high": {"at_most": "15m"}}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualProcedures:
    """Manual procedures of a control: what no rule covers."""

    framework: str
    id: str
    procedures: tuple[str, ...]
    """Each in one line; empty: the rules cover all of the control."""
