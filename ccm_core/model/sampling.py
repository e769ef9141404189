"""Samples of what a control's rules judged in a period, chosen so that anybody chooses the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One rule on one subject, as the evaluations of the period saw it."""

    id: str
    """Of the result: ``ccm explain ID``."""
    rule: str
    connection: str
    subject: Subject
    """As the last one names it."""
    evaluations: int
    """How many said something of it."""
    worst: Status
    """The worst that one of them said."""
    last: Status
    """What the last one said."""
    last_at: datetime
    rests_on: tuple[str, ...] = ()
    """Digests of the record bodies behind what the last one said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSamples:
    """The population of one control in a period, and the samples out of it."""

    framework: str
    id: str
    population: int
    """Different pairs of a rule and a subject that it applied to in the period."""
    samples: tuple[Sample, ...]
    """In the order in which they were drawn: more samples begin with these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """The samples of a period, and how they were drawn."""

    seed: str
    """The digest of the last evaluation of the period. A pair is drawn the earlier, the smaller the
    SHA-256 of the seed, a line feed and its id is."""
    most: int
    """How many are drawn of each control; all where there are no more."""
    controls: tuple[ControlSamples, ...] = ()
