"""What an assessment reads: the period, the controls, and the history of each connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ccm_core.assurance.evaluation_history import EvaluationHistory
from ccm_core.assurance.seen_period import Seen
from ccm_core.model.assurance import ScopeAssurance
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHistory:
    """One connection and everything that was ever collected over it."""

    connection: str
    cadences: Mapping[str, timedelta]
    """By kind, for collections whose manifest names no required frequency."""
    event_kinds: frozenset[str]
    """Which of the kinds are event kinds."""
    refreshed_kinds: frozenset[str]
    """Of those, the ones of which old events may change and are read again."""
    lookback: timedelta
    """How far back events must be known at any moment."""
    collections: Sequence[Collection]
    manifests: Sequence[Manifest]

    def seen(self, period: Window) -> Seen:
        """Return what was seen of a period over it."""
        ended = (collection.ended_at for collection in self.collections)
        return Seen.of(period, ended, self.lookback, self.cadences)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEvidence:
    """The evidence that one rule needs."""

    rule: str
    kinds: frozenset[str]
    max_age: timedelta | None = None
    """How old its evidence may be, where the rule states it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssuranceInputs:
    """The period, and which rules support which control."""

    period_name: str
    """As it was asked for."""
    period: Window
    now: datetime
    """No collection is due after it."""
    controls: Mapping[tuple[str, str], Sequence[RuleEvidence]]
    """By framework and id."""
    evaluated: EvaluationHistory
    """What the evaluations of the period say of the controls."""
    scopes: Sequence[ScopeAssurance] = ()
    """What the scopes of their frameworks were."""

    @property
    def elapsed(self) -> Window:
        """The part of the period that has elapsed."""
        return Window(self.period.since, min(self.period.until, self.now))
