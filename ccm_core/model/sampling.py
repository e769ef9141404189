"""Samples of what each rule evaluated in a period; anybody can select the same ones."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.sample_sizes import SampleSizes
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One rule on one subject over the evaluations of the period."""

    id: str
    """Of the result: ``ccm explain ID``."""
    rule: str
    connection: str
    subject: Subject
    """As the last evaluation names it."""
    evaluations: int
    """How many have a result for it."""
    worst_status: Status
    """The worst of those results."""
    last_status: Status
    """The last of them."""
    last_evaluated_at: datetime
    evidence_digests: tuple[str, ...] = ()
    """Digests of the record bodies behind the last result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSamples:
    """The population of one test in a period, and the samples of it."""

    __test__ = False  # it is no test of pytest

    rule: str
    population: int
    """Different items that it applied to in the period."""
    risk: str
    """``low``, ``medium`` or ``high``, by the severity that the last evaluation had."""
    sample_size: int
    """How many are selected; all where there are no more."""
    samples: tuple[Sample, ...]
    """In the order of selection: a larger sample begins with these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """The samples of a period, and how they were selected."""

    random_seed: str
    """The digest of the last evaluation that the period counts. Items of each test are selected in
    the order of the SHA-256 of the seed, a line feed and the id of the result, the smallest
    first."""
    sample_size: int | None = None
    """How many of each test whoever made the report asked for; None: as many as ``sizes`` say."""
    sizes: tuple[SampleSizes, ...] = ()
    """The sample sizes that the last evaluation was made with; none: 60 of each test."""
    tests: tuple[TestSamples, ...] = ()
    """Each test, by its rule."""
