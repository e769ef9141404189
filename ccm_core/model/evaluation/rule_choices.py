"""What the settings choose about the rules of packs: which are switched off, and severities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase

from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict


@dataclass(frozen=True, slots=True, kw_only=True)
class DisabledRules:
    """Rules that the settings switch off, and why."""

    rule: str
    """An id, or several with ``*`` as wildcard."""
    reason: str
    by: str = ""
    """The id of whoever decided it; empty: that is not stated."""
    until: date | None = None
    """The last day, in UTC, on which they are off; None: there is none."""

    def matches(self, rule: str) -> bool:
        """Return whether it names a rule."""
        return fnmatchcase(rule, self.rule)

    def is_in_force(self, now: datetime) -> bool:
        """Return whether the rules are off at a moment."""
        return self.until is None or now.astimezone(UTC).date() <= self.until

    @property
    def why(self) -> str:
        """The reason, who decided it, and until when, as one text."""
        return _why(self.reason, self.by, self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoices:
    """What the settings choose about the rules of all packs."""

    disabled: tuple[DisabledRules, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=FrozenDict)
    """By id of the rules whose severity is not that of their pack."""
    scopes: tuple[FrameworkScope, ...] = ()
    """Sorted by framework; one that is not there concerns everything."""

    def switching_off(self, rule: str, now: datetime) -> DisabledRules | None:
        """Return the first entry that switches a rule off at a moment; None: it is on."""
        entries = (entry for entry in self.disabled if entry.is_in_force(now))
        return next((entry for entry in entries if entry.matches(rule)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """A rule that was not evaluated, because the settings switch it off."""

    rule: str
    pack: str
    title: str
    severity: Severity
    controls: tuple[str, ...]
    """Those that it supports, as ``framework:id``, sorted."""
    reason: str
    by: str = ""
    until: str = ""
    """The last day, in UTC, on which it is off; empty: there is none."""

    @property
    def why(self) -> str:
        """The reason, who decided it, and until when, as one text."""
        return _why(self.reason, self.by, self.until)


def _why(reason: str, by: str, until: date | str | None) -> str:
    parts = (f"by {by}" if by else "", f"until {until}" if until else "")
    beside = ", ".join(part for part in parts if part)
    return f"{reason} ({beside})" if beside else reason
