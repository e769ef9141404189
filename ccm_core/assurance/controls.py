"""A control over a period: its evidence, what was said of it, and whether that is all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from ccm_core.assurance.evaluation_history import ControlName, Heard
from ccm_core.assurance.inputs import Asked, Need, Watched
from ccm_core.assurance.kind_coverage import share
from ccm_core.model.assurance import (
    Conclusion,
    ControlAssurance,
    Deviation,
    Hole,
    Stretch,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.window import Window, subtract

_UNDECIDED = {Status.INSUFFICIENT, Status.ERROR}
_DEFAULT = timedelta(days=1)


HolesOf = Callable[[str, str, timedelta | None], Sequence[Hole]]
"""Gives the holes of a kind, by connection, kind, and how old the evidence may be."""


def control_assurance(
    asked: Asked,
    watched: Sequence[Watched],
    heard: Heard,
    holes_of: HolesOf,
    control: ControlName,
) -> ControlAssurance:
    """Say what a period proves of one control.

    Args:
        asked: The period, and which rules support the control.
        watched: The connections.
        heard: What the evaluations of the period said.
        holes_of: Where evidence was not sufficient.
        control: Framework and id.
    """
    needs, period = asked.controls[control], asked.passed
    said = heard.statuses[control]
    lacking = set(_evidence_holes(needs, watched, holes_of, period))
    unsaid = {*_unjudged(said, needs, watched, period), *_undecided(said, lacking, period)}
    holes = tuple(
        sorted(
            lacking | unsaid,
            key=lambda one: (one.since, one.until, one.connection, one.kind, one.why),
        )
    )
    deviations = tuple(heard.deviations({one.rule for one in needs}))
    return ControlAssurance(
        framework=control[0],
        id=control[1],
        conclusion=_conclusion(holes, deviations),
        rules=tuple(sorted(one.rule for one in needs)),
        share=share(holes, period),
        evaluations=len(said),
        course=tuple(_course(said)),
        deviations=deviations,
        holes=holes,
    )


def _conclusion(holes: Sequence[Hole], deviations: Sequence[Deviation]) -> Conclusion:
    if holes:
        return Conclusion.NOT_PROVEN
    return Conclusion.EXCEPTIONS if deviations else Conclusion.EFFECTIVE


# -- evidence ---------------------------------------------------------------------------------


def _evidence_holes(
    needs: Sequence[Need], watched: Sequence[Watched], holes_of: HolesOf, period: Window
) -> Iterator[Hole]:
    for need in needs:
        concerned = [one for one in watched if one.cadences.keys() >= need.kinds]
        if not concerned:
            why = f"no connection gives what {need.rule} rests on"
            yield Hole(connection="", kind="", since=period.since, until=period.until, why=why)
        for one in concerned:
            for kind in sorted(need.kinds):
                yield from holes_of(one.connection, kind, need.max_age)


# -- judging ----------------------------------------------------------------------------------


def _unjudged(
    said: Sequence[tuple[datetime, Status]],
    needs: Sequence[Need],
    watched: Sequence[Watched],
    period: Window,
) -> Iterator[Hole]:
    """Give the stretches for which nobody said anything.

    What was said speaks for as long as the slowest evidence behind it may be old.
    """
    kinds = {kind for need in needs for kind in need.kinds}
    cadences = [one.cadences[kind] for one in watched for kind in kinds & one.cadences.keys()]
    allowed = 2 * max(cadences, default=_DEFAULT)
    for since, until in pairwise([period.since, *(at for at, _ in said), period.until]):
        first = since == period.since
        if until - since > allowed or (first and not said):
            begins = since if first else since + allowed
            yield _unsaid(Window(begins, until), "it was not judged")


def _undecided(
    said: Sequence[tuple[datetime, Status]], lacking: Iterable[Hole], period: Window
) -> Iterator[Hole]:
    """Give the stretches for which what was said decides nothing, and no hole says why."""
    known = [Window(one.since, one.until) for one in lacking if not one.subjects]
    for (at, status), (following, _) in pairwise([*said, (period.until, Status.PASS)]):
        if status in _UNDECIDED:
            for rest in subtract([Window(at, following)], known):
                yield _unsaid(rest, f"it was judged {status}")


def _unsaid(window: Window, why: str) -> Hole:
    return Hole(connection="", kind="", since=window.since, until=window.until, why=why)


def _course(said: Sequence[tuple[datetime, Status]]) -> Iterator[Stretch]:
    groups = [list(group) for _, group in groupby(said, key=lambda one: one[1])]
    ends = [group[0][0] for group in groups[1:]]
    for group, until in zip(groups, [*ends, said[-1][0] if said else None], strict=False):
        if until is not None:
            yield Stretch(
                since=group[0][0], until=until, status=group[0][1], evaluations=len(group)
            )
