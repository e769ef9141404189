"""A change log in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccm_core.model.json_codec import encode
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.report.content.logged_change import LoggedChange

_LONGEST = 160
_MOST = 12
"""Of more fields than this, the rest is counted; ``--json`` has all."""


def change_lines(changes: Iterable[LoggedChange]) -> Iterator[str]:
    """Yield the lines of a change log: each change with its fields below it."""
    for change in changes:
        noun = "object" if change.kind is None else change.kind
        title = f"{plain(change.title)} ({plain(noun)} {plain(change.key)})"
        yield f"{when_words(change)}  {plain(change.action)}  {title}"
        yield f"    by {_who(change)}; {sources_words(change)}"
        for field in change.fields[:_MOST]:
            values = f"{value_words(field.before)} -> {value_words(field.after)}"
            yield f"    {plain(field.name)}: {values}"
        if len(change.fields) > _MOST:
            yield f"    and {len(change.fields) - _MOST} more fields"


def when_words(change: LoggedChange) -> str:
    """Return when something changed, as far as it is known."""
    if change.at is not None:
        return moment(change.at)
    since = "" if change.since is None else moment(change.since)
    return f"{since} to {moment(change.until)}"


def _who(change: LoggedChange) -> str:
    who = ", ".join(map(plain, change.actors)) or "unknown"
    return who if change.method is None else f"{who}, by {plain(change.method)}"


def sources_words(change: LoggedChange) -> str:
    """Return which of the two witnesses of a change there are."""
    if change.in_versions is None:
        return "in the source's trail; ccm had not read it before"
    if not change.in_versions:
        return "in the source's trail alone"
    return {
        True: "in the source's trail too",
        False: "not in the source's trail",
        None: "the source's trail of that time is not known",
    }[change.in_trail]


def value_words(value: Any) -> str:
    """Return the value of a field as text, cut where it is long."""
    text = value if isinstance(value, str) else "none" if value is None else encode(value).decode()
    shown = plain(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
