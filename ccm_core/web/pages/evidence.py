"""Evidence: kinds, their records, and the history of one with its differences and its origin."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ccm_core.model.console.activity import ActivityKind
from ccm_core.pipeline.change_log.differences import differences
from ccm_core.web.answers import Answer, Download, HtmlPage, NotFound
from ccm_core.web.json_text import indented
from ccm_core.web.record_page import record_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evidence.record import Record
    from ccm_core.web.visit import Visit

_PAGE = 100
_MOST_VERSIONS = 50


def kinds(visit: Visit) -> Answer:
    """Count the current records, by connection and kind; and list manual evidence."""
    with visit.reading() as store:
        counts = store.records.current_counts(as_of=visit.now)
        manual = store.audit_acts.manual_evidence()
    return HtmlPage(
        template="evidence/kinds.html",
        values={"counts": counts, "manual": manual, "moment": visit.now},
    )


def records(visit: Visit) -> Answer:
    """List the records of a kind, page by page in the order of their keys.

    Raises:
        NotFound: No connection has evidence of the kind.
    """
    connection, kind, after = visit.parts["connection"], visit.parts["kind"], visit.asked("after")
    with visit.reading() as store:
        found, following = record_page(store, connection, kind, after=after, size=_PAGE)
    return HtmlPage(
        template="evidence/records.html",
        values={
            "connection": connection,
            "kind": kind,
            "records": found,
            "after": following or "",
            "title": title_of,
        },
    )


def record(visit: Visit) -> Answer:
    """Show one record: what it says, its history with differences, and where it was read.

    Raises:
        NotFound: It was never stored.
    """
    connection, kind, key = visit.parts["connection"], visit.parts["kind"], visit.asked("key")
    with visit.reading() as store:
        history = list(store.records.history(connection, kind, key))
    if not history:
        raise NotFound(f"no {kind} {key!r} of {connection} was ever stored")
    versions = history[-_MOST_VERSIONS:]
    return HtmlPage(
        template="evidence/record.html",
        values={
            "connection": connection,
            "kind": kind,
            "key": key,
            "newest": history[-1],
            "body": indented(history[-1].body),
            "steps": list(reversed(_steps(versions))),
            "more": len(history) - len(versions),
            "title": title_of(history[-1]),
        },
    )


def download(visit: Visit) -> Answer:
    """Download one version of a record as it was stored, with its digest.

    Raises:
        NotFound: It was never stored.
    """
    connection, kind, key = visit.parts["connection"], visit.parts["kind"], visit.asked("key")
    digest = visit.asked("digest")
    with visit.reading() as store:
        history = store.records.history(connection, kind, key)
        found = next((one for one in history if one.digest == digest), None)
    if found is None:
        raise NotFound(f"no version of {kind} {key!r} has the digest {digest!r}")
    visit.note(ActivityKind.DOWNLOADED, f"{kind} {key} of {connection}")
    content = indented(found).encode()
    return Download(content=content, name=f"{kind}.json", media_type="application/json")


def title_of(record: Record) -> str:
    """Return what an object is called, by whichever of the usual fields it has; else its key."""
    names = (record.body.get(name) for name in ("name", "summary", "title", "email"))
    return next((name for name in names if isinstance(name, str) and name), record.key)


def _steps(versions: Sequence[Record]) -> list[tuple[Record, Sequence[Any]]]:
    """Return each version with the fields that differ from the one before."""
    first = [(versions[0], ())]
    return first + [
        (after, differences(before.body, after.body)) for before, after in pairwise(versions)
    ]
