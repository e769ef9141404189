"""What a period report is given, and how it is laid out: one part for each control."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ccm_core.model.assurance import Conclusion
from ccm_core.model.evidence.window import Window
from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ccm_core.model.assurance import Assurance, ControlAssurance, Hole
    from ccm_core.model.sampling import ControlSamples, Sampling

SAID = {
    Conclusion.EFFECTIVE: "operated effectively",
    Conclusion.EXCEPTIONS: "has exceptions",
    Conclusion.NOT_PROVEN: "not proven for the whole period",
}
TONE = {
    Conclusion.EFFECTIVE: "pass",
    Conclusion.EXCEPTIONS: "fail",
    Conclusion.NOT_PROVEN: "insufficient",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodInput:
    """Everything a period report may show."""

    assurance: Assurance
    sampling: Sampling
    titles: dict[str, str]
    """The titles of the rules, by id."""
    host_version: str


class PeriodFormat(Protocol):
    """One format."""

    name: str
    extension: str

    def render(self, given: PeriodInput) -> bytes:
        """Give the report. The same input gives the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of a control's course, in per cent from the left."""

    tone: str
    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch without proof, with everything that is missing in it for one reason."""

    since: datetime
    until: datetime
    length: str
    what: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodControl:
    """One control over the period."""

    control: ControlAssurance
    samples: ControlSamples
    said: str
    tone: str
    proven: str
    """The share of the period for which there was evidence and judging, rounded down."""
    course: tuple[Block, ...]
    gaps: tuple[Gap, ...]


def verdict(given: Assurance) -> str:
    """Say how many controls came to which conclusion."""
    seen = Counter(one.conclusion for one in given.controls)
    parts = [f"{seen[one]:,} {SAID[one]}" for one in Conclusion if seen[one]]
    total = phrases.count(len(given.controls), "control")
    return f"{total}: {', '.join(parts)}" if parts else "No control was looked at"


def controls(given: PeriodInput) -> Iterator[PeriodControl]:
    """Lay each control out."""
    drawn = {(one.framework, one.id): one for one in given.sampling.controls}
    window = Window(given.assurance.since, given.assurance.until)
    for one in given.assurance.controls:
        yield PeriodControl(
            control=one,
            samples=drawn[one.framework, one.id],
            said=SAID[one.conclusion],
            tone=TONE[one.conclusion],
            proven=percent(one.share),
            course=tuple(_course(one, window)),
            gaps=tuple(gaps(one.holes)),
        )


def percent(share: float) -> str:
    """Say a share without rounding it up: only the whole is 100 %."""
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"


def gaps(holes: Sequence[Hole]) -> Iterator[Gap]:
    """Give each stretch once, with every kind that lacks it for one reason."""
    together: dict[tuple[datetime, datetime, str], list[str]] = {}
    for one in sorted(holes, key=lambda one: (one.since, one.until, one.why)):
        name = f"{one.connection} {one.kind}".strip() if one.kind else "judging"
        together.setdefault((one.since, one.until, one.why), []).append(name)
    for (since, until, why), what in together.items():
        length = phrases.span((until - since).total_seconds())
        yield Gap(since=since, until=until, length=length, what=tuple(sorted(set(what))), why=why)


def _course(one: ControlAssurance, window: Window) -> Iterator[Block]:
    yield from _blocks(((part.status.value, part.since, part.until) for part in one.course), window)
    # What is not proven is drawn over what was said: a pass with a hole in it is no pass.
    yield from _blocks((("unknown", hole.since, hole.until) for hole in one.holes), window)


def _blocks(parts: Iterable[tuple[str, datetime, datetime]], window: Window) -> Iterator[Block]:
    length = window.length.total_seconds()
    for tone, since, until in parts:
        start = 100 * max((since - window.since).total_seconds(), 0) / length
        end = 100 * min((until - window.since).total_seconds(), length) / length
        if end > start:
            width = max(end - start, 0.3)
            start = min(start, 100 - width)
            yield Block(tone=tone, start=round(start, 3), width=round(width, 3))
