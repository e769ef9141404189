"""The rows of tables of failing resources: a page has thousands, and a template takes long for one.

What is written into them is escaped as the templates of the page do it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ccm_core.control_characters import replace_controls
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from markupsafe import Markup

    from ccm_core.model.evaluation.result import Result
    from ccm_core.model.evaluation.subject import Subject
    from ccm_core.model.finding.finding import Finding
    from ccm_core.report.content.owners import Owners

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
    findings: Mapping[str, Finding]
    ages: Mapping[str, str]
    """For how long each failure has been known, by the id of the finding."""
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
            f'<tr data-owner="{_text(self.owners.of(result.subject))}"{classes}>\n'
            f"{''.join(self._cells(result, kinds=kinds))}</tr>\n"
        )

    def _cells(self, result: Result, *, kinds: bool) -> Iterator[str]:
        subject = result.subject
        kind = f"{_text(subject.kind)} " if kinds else ""
        name = _text(result.id)
        trace = f' <code title="ccm explain {name}">{name}</code>' if result.id else ""
        about = f"{kind}<code>{_text(subject.key)}</code>{trace}"
        yield f"<td>{_named(subject)} <small>{about}</small></td>\n"
        if self.connections:
            yield f"<td>{_text(result.connection)}</td>\n"
        if self.owners.teams:
            yield f'<td class="owner">{_owners(subject.owners)}</td>\n'
        if self.findings:
            yield f'<td class="since">{self._since(result.id)}</td>\n'
        waived = ""
        if result.waiver:
            accepted = f"{_WAIVED}Risk accepted by {_text(result.waiver)}"
            waived = f'<span class="status waived">{accepted}</span> '
        yield f"<td>{waived}<bdi>{_text(result.reason)}</bdi></td>\n"

    def _since(self, name: str) -> str:
        finding = self.findings.get(name)
        if finding is None:
            return '<span class="none">not tracked</span>'
        at, times = finding.first_seen, finding.opened
        again = f", opened {times} times" if times > 1 else ""
        return f"{_time(at)}<small>{_text(self.ages[name])}{again}</small>"


@lru_cache(maxsize=1024)  # very many failures are known since the same evaluation
def _time(at: datetime) -> str:
    return f'<time datetime="{at.isoformat()}">{phrases.moment(at)}</time>'


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
