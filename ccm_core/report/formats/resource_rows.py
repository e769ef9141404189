"""The rows of tables of failing resources: a page has thousands, and a template takes long for one.

What is written into them is escaped as the templates of the page do it.
"""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from ccm_core.control_characters import replace_controls
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.content.finding_list import due_words, state_words
from ccm_core.report.content.owners import owners_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from markupsafe import Markup

    from ccm_core.model.evaluation.result import Result
    from ccm_core.model.evaluation.subject import Subject
    from ccm_core.model.finding.work_item import WorkItem
    from ccm_core.report.content.owners import Owners
    from ccm_core.report.content.result_findings import ResultFinding, ResultFindings

PAPER = 25
"""On paper lists end here with the number that only the file has."""
MOST_LETTERS = 8_000
"""Of one text that a source wrote."""
_WAIVED = (
    '<svg class="shape waived" viewBox="0 0 16 16" aria-hidden="true">'
    '<use href="#shape-waived"/></svg>'
)


def shown(text: str) -> str:
    """Return a text as a page shows it: not too long, and without controls; not escaped."""
    more = len(text) - MOST_LETTERS
    if more > 0:
        text = f"{text[:MOST_LETTERS]}… ({phrases.count(more, 'more character')})"
    return replace_controls(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRows:
    """The columns of the tables of a page."""

    owners: Owners
    finding_of: ResultFindings
    moment: datetime | None
    """Of which findings are shown; None: they are not known."""
    connections: bool
    """Whether there are several, so that each row names its own."""

    def rows(self, results: Sequence[Result], *, kinds: bool, before: int) -> Markup:
        """Return the rows of a table.

        Args:
            results: One for each row.
            kinds: Whether they are of several kinds, so that each row names its own.
            before: How many rows there are before, in another table of the same list.
        """
        from markupsafe import Markup

        rows = (
            self._row(result, kinds=kinds, beyond=index > PAPER)
            for index, result in enumerate(results, before + 1)
        )
        return Markup("".join(rows))  # noqa: S704 - escaped

    def _row(self, result: Result, *, kinds: bool, beyond: bool) -> str:
        names = " ".join(
            name for name, has in (("is-waived", result.waiver), ("beyond", beyond)) if has
        )
        classes = f' class="{names}"' if names else ""
        return (
            f'<tr data-owner="{self.owners.of(owners_of(result, self.finding_of))}"{classes}>\n'
            f"{''.join(self._cells(result, kinds=kinds))}</tr>\n"
        )

    def _cells(self, result: Result, *, kinds: bool) -> Iterator[str]:
        subject = result.subject
        kind = f"{_text(subject.kind)} " if kinds else ""
        finding = self.finding_of.of(result) if self.moment else None
        about = f"{kind}<code>{_text(subject.key)}</code>{_trace(result, finding)}"
        yield f"<td>{_named(subject)} <small>{about}</small></td>\n"
        if self.connections:
            yield f"<td>{_text(result.connection)}</td>\n"
        if self.owners.teams:
            yield f'<td class="owner">{_owners(owners_of(result, self.finding_of))}</td>\n'
        if self.moment:
            yield f'<td class="since">{_finding(finding, self.moment)}</td>\n'
        waived = ""
        if result.waiver:
            until = f" until {day}" if (day := _accepted_until(finding)) else ""
            accepted = f"{_WAIVED}Risk accepted by {_text(result.waiver)}{until}"
            waived = f'<span class="status waived">{accepted}</span> '
        yield f"<td>{waived}<bdi>{_text(result.reason)}</bdi></td>\n"


def _trace(result: Result, finding: ResultFinding | None) -> str:
    """Return the id by which a result is acted on, or else traced; the other one in its title."""
    if not result.id:
        return ""
    explain = _text(result.id)
    if finding is None or finding.in_share or finding.item is None:
        return f' <code title="ccm explain {explain}">{explain}</code>'
    name = _text(finding.id)
    return f' <code title="ccm findings show {name}, ccm explain {explain}">{name}</code>'


def _finding(finding: ResultFinding | None, moment: datetime) -> str:
    """Return the state of a finding, by when it is due, since when it fails, and its tickets."""
    if finding is not None and finding.in_share:
        name = f" of <code>{_text(finding.id)}</code>" if finding.id else ""
        return f'<span class="none">counts in the share{name}</span>'
    if finding is None or finding.item is None:
        return '<span class="none">not tracked</span>'
    item = finding.item
    state = f'<span class="state {item.state.value}">{_text(state_words(item))}</span>'
    due = due_words(item, moment)
    tone = "overdue" if item.is_overdue else "due"
    by_when = f'<small class="{tone}">{_text(due)}</small>' if due else ""
    times = item.finding.opened
    again = f", opened {times} times" if times > 1 else ""
    since = f"since {_since(item.finding.first_seen, moment)}"
    return f"{state}{by_when}<small>{since}{again}</small>{tickets(item)}"


def tickets(item: WorkItem) -> str:
    """Return links to the tickets of a finding, escaped."""
    links = (
        f'<a href="{_text(url)}" rel="noopener noreferrer">{_text(ticket.key)}</a>'
        for ticket in item.tickets
        if (url := phrases.link(ticket.url))
    )
    listed = ", ".join(links)
    return f"<small>ticket {listed}</small>" if listed else ""


def _accepted_until(finding: ResultFinding | None) -> str:
    item = finding.item if finding and not finding.in_share else None
    return f"{item.accepted_until:%Y-%m-%d}" if item and item.accepted_until else ""


@lru_cache(maxsize=1024)  # very many failures are known since the same evaluation
def _since(at: datetime, moment: datetime) -> str:
    seconds = (moment - at).total_seconds()
    return f"{_day(at)} ({phrases.duration(seconds) if seconds > 0 else 'new'})"


def _day(at: datetime) -> str:
    """Return the day of a moment; the page's script adds the time of the reader's own zone."""
    return f'<time datetime="{at.isoformat()}">{at.astimezone(UTC):%Y-%m-%d}</time>'


def _named(subject: Subject) -> str:
    url, title = phrases.link(subject.url), f"<bdi>{_text(subject.title)}</bdi>"
    return f'<a href="{_text(url)}" rel="noopener noreferrer">{title}</a>' if url else title


def _owners(names: Sequence[str]) -> str:
    listed = ", ".join(f"<bdi>{_text(name)}</bdi>" for name in names)
    return listed or '<span class="none">no owner</span>'


def _text(text: str) -> str:
    """Return a text as the templates write it; marking each as escaped takes half of the time."""
    text = shown(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")
