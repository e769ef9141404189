"""What an evaluation left of one connection, which the next one builds on."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.result import DerivedState
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The result before, and up to where it had read."""

    state: DerivedState
    watermarks: Mapping[str, Watermark]
    """By view and kind, with a space between."""
    sealed: Mapping[str, str]
    """By kind: the root over the records that it read."""
    groups: Mapping[tuple[str, str], AbstractSet[str]]
    """By pack and view: the rules that had a letter in its lines of verdicts."""
    scopes: tuple[FrameworkScope, ...] = ()
    """Those that had a letter after them."""
