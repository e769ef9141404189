"""What a period report reads, and its layout: one part for each control."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from ccm_core.model.assurance import Conclusion
from ccm_core.model.audit.noted_exception import NOTHING_ADDED, PeopleAdded
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.period.people import ShownEvidence, evidence_of_control
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ccm_core.model.assurance import Assurance, ControlAssurance, EvidenceGap
    from ccm_core.model.period_basis import ControlText, LateItem, PeriodBasis
    from ccm_core.model.sampling import Sampling, TestSamples

TONE = {
    Conclusion.NO_EXCEPTIONS: "pass",
    Conclusion.EXCEPTIONS: "fail",
    Conclusion.NO_OCCURRENCES: "not_applicable",
    Conclusion.OPEN_AT_CUT_OFF: "insufficient",
    Conclusion.EVIDENCE_INCOMPLETE: "insufficient",
}


MOST_OBJECTS = 5
"""Objects that are named of one evidence gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodInput:
    """Everything a period report may show."""

    assurance: Assurance
    sampling: Sampling
    titles: dict[str, str]
    """The titles of the rules, by id."""
    host_version: str
    people: PeopleAdded = NOTHING_ADDED
    """Responses to exceptions, and manual evidence."""
    late: Sequence[LateItem] = ()
    """What was tested late, for the basis."""
    basis: PeriodBasis | None = None
    """What the tests rest on; None: only conclusions and samples are shown."""
    hidden: str = ""
    """Which frameworks are evaluated and not shown, in words; empty: there are none."""


class PeriodFormat(Protocol):
    """One format."""

    name: str
    extension: str

    def render(self, inputs: PeriodInput) -> bytes:
        """Return the report. The same input gives the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySegment:
    """A part of a control's history, in percent from the left."""

    tone: str
    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedGap:
    """An evidence gap, with everything that is missing in it for one reason."""

    since: datetime
    until: datetime
    length: str
    missing: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodControl:
    """One control over the period."""

    control: ControlAssurance
    conclusion: str
    tone: str
    evidence_coverage: str
    """The share of the period with evidence and evaluations, rounded down."""
    history: tuple[HistorySegment, ...]
    gaps: tuple[JoinedGap, ...]
    stated: ControlText | None = None
    """What its catalogue and the company say of it."""
    evidence: tuple[ShownEvidence, ...] = ()
    """What people attached to it: the conclusion does not rest on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOnPaper:
    """The samples of one test."""

    __test__ = False  # it is no test of pytest

    samples: TestSamples
    title: str
    controls: tuple[str, ...]
    """Those that it supports, as ``framework:id``."""


def headline(assurance: Assurance) -> str:
    """Return how many of the company's controls have which conclusion."""
    company = [control for control in assurance.controls if not control.of_monitoring]
    return _conclusions(company) if company else "No control was tested"


def monitoring_headline(assurance: Assurance) -> str:
    """Return the same of the controls that only tests of monitoring support; empty: none are."""
    monitoring = [control for control in assurance.controls if control.of_monitoring]
    return f"Health of monitoring: {_conclusions(monitoring)}" if monitoring else ""


def _conclusions(controls: Sequence[ControlAssurance]) -> str:
    counts = Counter(control.conclusion for control in controls)
    texts = [
        f"{counts[conclusion]:,} with {phrases.CONCLUSION[conclusion]}"
        for conclusion in Conclusion
        if counts[conclusion]
    ]
    return f"{phrases.count(len(controls), 'control')}: {', '.join(texts)}"


def findings_note(assurance: Assurance) -> tuple[str, str]:
    """Return why a period has no findings of its own, and the command for those at its end."""
    why = (
        "Exceptions are counted by item and test over the period; a finding is one cause, followed "
        "from one evaluation to the next. The findings as they were at the end of this period:"
    )
    return why, f"ccm findings list --all --as-of {format_instant(assurance.until)}"


def sampling_note(sampling: Sampling) -> str:
    """Return how samples were selected, and what they are for."""
    if sampling.sample_size is not None:
        number = f"{sampling.sample_size:,} of each test, as was asked for"
    elif sampling.sizes:
        number = "as many of each test as its population and its risk ask for"
    else:
        number = "60 of each test"
    return (
        f"Every item was tested, so samples serve to perform tests again at the source: {number}, "
        "or the whole population where it is smaller. The random seed is the digest of the last "
        "evaluation that the period counts, which nobody can choose. Items are selected in the "
        "order of the SHA-256 of the seed, a line feed and the result id, so anybody who holds "
        "the evaluations selects the same ones, and a smaller sample is the beginning of a larger "
        "one."
    )


def size_rows(sampling: Sampling) -> Iterator[tuple[str, ...]]:
    """Yield the sample sizes that the last evaluation states, as cells of a table."""
    for line in sampling.sizes:
        limit = "larger" if line.up_to is None else f"up to {line.up_to:,}"
        yield (limit, *(f"{size:,}" for size in (line.low, line.medium, line.high)))


def samples_by_test(inputs: PeriodInput) -> Iterator[TestOnPaper]:
    """Yield the samples of each test, with the controls that it supports."""
    controls: dict[str, list[ControlAssurance]] = {}
    for control in inputs.assurance.controls:
        for rule in control.rules:
            controls.setdefault(rule, []).append(control)
    for test in inputs.sampling.tests:
        yield TestOnPaper(
            samples=test,
            title=inputs.titles.get(test.rule, test.rule),
            controls=tuple(f"{one.framework}:{one.id}" for one in controls.get(test.rule, ())),
        )


def period_controls(inputs: PeriodInput) -> Iterator[PeriodControl]:
    """Lay each control out."""
    stated = {(one.framework, one.id): one for one in inputs.basis.controls} if inputs.basis else {}
    window = Window(inputs.assurance.since, inputs.assurance.until)
    for control in inputs.assurance.controls:
        yield PeriodControl(
            control=control,
            conclusion=phrases.CONCLUSION[control.conclusion],
            tone=TONE[control.conclusion],
            evidence_coverage=phrases.percent(control.evidence_coverage),
            history=tuple(_history(control, window)),
            gaps=tuple(joined_gaps(control.evidence_gaps)),
            stated=stated.get((control.framework, control.id)),
            evidence=evidence_of_control(inputs.people, control.framework, control.id),
        )


def joined_gaps(gaps: Sequence[EvidenceGap]) -> Iterator[JoinedGap]:
    """Yield each gap once, with every kind that is missing in it for one reason.

    Those of the same kinds and one reason that follow each other are one.
    """
    missing: dict[tuple[datetime, datetime, str], set[str]] = {}
    for gap in sorted(gaps, key=lambda gap: (gap.since, gap.until, gap.reason)):
        name = f"{gap.connection} {gap.kind}".strip() if gap.kind else "evaluation"
        if gap.subjects:
            name = f"{name} of {phrases.listed_first(gap.subjects, MOST_OBJECTS)}"
        missing.setdefault((gap.since, gap.until, gap.reason), set()).add(name)
    last: dict[tuple[frozenset[str], str], datetime] = {}
    spans: dict[tuple[frozenset[str], str, datetime], datetime] = {}
    for (since, until, reason), those in missing.items():
        same = (frozenset(those), reason)
        begins = last[same] if spans.get((*same, last.get(same, until))) == since else since
        last[same], spans[*same, begins] = begins, until
    for (names, reason, since), until in sorted(
        spans.items(), key=lambda pair: (pair[0][2], pair[1], pair[0][1])
    ):
        yield JoinedGap(
            since=since,
            until=until,
            length=phrases.duration((until - since).total_seconds()),
            missing=tuple(sorted(names)),
            reason=reason,
        )


def _history(control: ControlAssurance, window: Window) -> Iterator[HistorySegment]:
    statuses = ((part.status.value, part.since, part.until) for part in control.history)
    yield from _segments(statuses, window)
    # Gaps are drawn over the results: a pass without evidence is not a pass.
    gaps = (("unknown", gap.since, gap.until) for gap in control.evidence_gaps)
    yield from _segments(gaps, window)


def _segments(
    parts: Iterable[tuple[str, datetime, datetime]], window: Window
) -> Iterator[HistorySegment]:
    length = window.length.total_seconds()
    for tone, since, until in parts:
        start = 100 * max((since - window.since).total_seconds(), 0) / length
        end = 100 * min((until - window.since).total_seconds(), length) / length
        if end > start:
            width = max(end - start, 0.3)
            start = min(start, 100 - width)
            yield HistorySegment(tone=tone, start=round(start, 3), width=round(width, 3))
