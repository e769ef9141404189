"""Rule packs that a plugin ships."""

from __future__ import annotations

from collections.abc import Callable

from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePackSource:
    """A rule pack that a plugin ships."""

    name: str
    text: Callable[[], bytes]
    """Reads the YAML."""
    location: str
    """Where a person can read it."""
