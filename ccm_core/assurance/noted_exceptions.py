"""The exceptions of an assessed period with management's responses. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from ccm_core.model.assurance import Assurance, ControlException
from ccm_core.model.audit.exception_response import (
    ExceptionName,
    ExceptionResponse,
    responses_of,
)
from ccm_core.model.audit.manual_evidence import ManualEvidence
from ccm_core.model.audit.noted_exception import NotedException, PeopleAdded, PeriodExceptions
from ccm_core.model.period import parse_period

_INSTANT = timedelta(microseconds=1)
"""Before a period ends: what expires with it counts in it."""


def exception_name(exception: ControlException) -> ExceptionName:
    """Return what an exception is about; its id is the same for every control."""
    subject = exception.subject
    return ExceptionName(
        rule=exception.rule,
        connection=exception.connection,
        kind=subject.kind,
        key=subject.key,
    )


def noted_exceptions(
    assurance: Assurance, responses: Iterable[ExceptionResponse]
) -> PeriodExceptions:
    """Return every exception of a period once, with the responses in exactly this period.

    Args:
        assurance: What the period proves.
        responses: All that were stored.
    """
    answers = responses_of(responses, parse_period(assurance.period).window)
    noted: dict[str, ControlException] = {}
    controls: dict[str, list[str]] = {}
    for control in assurance.controls:
        for exception in control.exceptions:
            name = exception_name(exception).id
            noted.setdefault(name, exception)
            controls.setdefault(name, []).append(f"{control.framework}:{control.id}")
    exceptions = (
        NotedException(
            name=exception_name(exception),
            title=exception.subject.title,
            controls=tuple(controls[name]),
            first_seen=exception.first_seen,
            last_seen=exception.last_seen,
            evaluations=exception.evaluations,
            waived=exception.waived,
            responses=tuple(answers.get(name, ())),
        )
        for name, exception in noted.items()
    )
    return PeriodExceptions(
        period=assurance.period,
        ended=assurance.ended,
        exceptions=tuple(sorted(exceptions, key=_order)),
        left_over=tuple(
            response
            for name, some in answers.items()
            if name not in noted
            for response in some[-1:]
        ),
    )


def people_added(
    assurance: Assurance,
    responses: Iterable[ExceptionResponse],
    evidence: Iterable[ManualEvidence],
    controls: Collection[tuple[str, str]] = (),
) -> PeopleAdded:
    """Return what people added to an assessed period.

    Args:
        assurance: What the period proves.
        responses: All that were stored.
        evidence: All pieces that were stored.
        controls: The controls that were asked for; none: all. What is for others is left out.
    """
    window = parse_period(assurance.period).window
    noted = noted_exceptions(assurance, responses)
    names = {":".join(control) for control in controls}
    return PeopleAdded(
        exceptions=noted.exceptions,
        # What they were responses to may be an exception of a control that was not asked for.
        left_over=() if controls else noted.left_over,
        evidence=tuple(
            piece
            for piece in evidence
            if piece.statement.window.intersection(window)
            and (not names or names & set(piece.statement.controls))
        ),
        moment=assurance.until - _INSTANT,
    )


def _order(exception: NotedException) -> tuple[bool, str, str, str, str]:
    name = exception.name
    return exception.response is not None, name.rule, name.connection, exception.title, name.key
