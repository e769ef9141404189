"""The exceptions of a period as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ccm_core.model.audit.noted_exception import NotedException, PeriodExceptions
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import fitted
from ccm_core.report.content.exception_responses import response_line
from ccm_core.sdk.timestamps import format_instant


def exception_lines(period: PeriodExceptions, width: int) -> Iterator[str]:
    """Yield two lines for each exception, and one for the response that counts."""
    for exception in period.exceptions:
        yield from _lines(exception, width)
    for response in period.left_over:
        name = response.exception
        yield fitted(f"{name.id}  no exception of this period any more: {name.rule}", width)
        yield fitted(f"  {response_line(response)}", width)


def exception_text(exception: NotedException) -> Iterator[str]:
    """Yield everything that is known of one exception, with all responses in full."""
    name = exception.name
    yield f"{name.id}  {exception.title}"
    yield f"  test        {name.rule}"
    yield f"  item        {name.connection} {name.kind} {name.key}"
    yield f"  controls    {', '.join(exception.controls)}"
    yield f"  seen        {_seen(exception)}"
    if exception.waived:
        yield "  accepted    a risk acceptance covered it every time"
    if not exception.responses:
        yield "  response    none yet"
    for response in reversed(exception.responses):
        is_last = response is exception.response
        yield f"  {'response' if is_last else 'superseded'}".ljust(14) + response_line(response)
        yield from (f"    | {line}" for line in response.text.splitlines())


def _lines(exception: NotedException, width: int) -> Iterator[str]:
    name, response = exception.name, exception.response
    state = "responded" if response else "no response"
    accepted = ", risk accepted" if exception.waived else ""
    yield fitted(f"{name.id}  {state}{accepted}  {name.rule}", width)
    yield fitted(f"  {exception.title} ({name.connection}), {_seen(exception)}", width)
    if response is not None:
        first = response.text.strip().splitlines()[0]
        yield fitted(f"  {response_line(response)}: {first}", width)


def _seen(exception: NotedException) -> str:
    first, last = (
        format_instant(moment.replace(microsecond=0))
        for moment in (exception.first_seen, exception.last_seen)
    )
    span = first if first == last else f"{first} to {last}"
    return f"{span}, in {phrases.count(exception.evaluations, 'evaluation')}"
