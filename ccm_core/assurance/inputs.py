"""What the assurance room is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One connection and everything that was ever collected over it."""

    connection: str
    cadences: Mapping[str, timedelta]
    """By kind, for collections whose manifest promises nothing."""
    events: frozenset[str]
    """Which of the kinds are event kinds."""
    refreshed: frozenset[str]
    """Of those, the ones of which old events may change and are read again."""
    lookback: timedelta
    """How far back events must be known at any moment."""
    collections: Sequence[Collection]
    manifests: Sequence[Manifest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one rule rests on."""

    rule: str
    kinds: frozenset[str]
    max_age: timedelta | None = None
    """How old its evidence may be, where the rule says so itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The period, and who supports which control."""

    text: str
    period: Window
    now: datetime
    """Nothing is promised after it."""
    controls: Mapping[tuple[str, str], Sequence[Need]]
    """By framework and id."""
    evaluations: Iterable[Evaluation]
    """Those of the period, in the order of their moments; read once."""

    @property
    def passed(self) -> Window:
        """The part of the period that has passed."""
        return Window(self.period.since, min(self.period.until, self.now))
