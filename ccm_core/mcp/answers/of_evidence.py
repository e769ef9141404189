"""What the tools say of evidence: records, coverage, changes, runs, a page, and proofs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccm_core.app.audit.record_proof import record_proof
from ccm_core.app.simulate_page import simulate_page
from ccm_core.errors import UsageError
from ccm_core.mcp.answers.of_checks import VERIFY, document_of, prove
from ccm_core.mcp.sufficiency import lacking, plain_name
from ccm_core.mcp.tool import Found, ToolCall
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result_scope import OUTLINED
from ccm_core.model.evidence.collection import Outcome
from ccm_core.pipeline.change_log.change_log import change_log
from ccm_core.pipeline.report import report_input
from ccm_core.sdk.simulation.page import PageOutcome
from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_core.sdk.types import Window
from ccm_core.web.answers import NotFound
from ccm_core.web.api import documents

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import KindSufficiency
    from ccm_core.report.types import Section

_DAYS = timedelta(days=7)
_RUNS = "500"
_LINES = ("rows", "lanes", "groups")
"""Where a table, a timeline and a distribution keep what they show."""
_YEARS = range(1970, 9001)


def evidence(call: ToolCall) -> Found:
    """Say how many records there are of each kind, and when they were collected."""
    return Found(
        document=document_of(documents.evidence, call),
        items="kinds",
        key=lambda count: f"{count['connection']}/{count['kind']}",
        proof=("ccm prove KIND KEY", VERIFY),
    )


def records(call: ToolCall) -> Found:
    """List the records of a kind in the order of their keys."""
    connection, kind = call.asked("connection"), call.asked("kind")
    document = document_of(documents.records, call)
    known = call.evaluation.evaluation.sufficiency if call.evaluation else ()
    of_kind = tuple(one for one in known if (one.connection, one.kind) == (connection, kind))
    first = [prove(kind, one["key"], connection) for one in document["records"][:1]]
    return Found(
        document=document,
        items="records",
        key=lambda record: str(record["key"]),
        is_page=True,
        kinds=of_kind,
        inconclusive=() if of_kind else ("the newest evaluation read nothing of this kind",),
        proof=(*first, VERIFY),
    )


def coverage(call: ToolCall) -> Found:
    """List the sections that connectors add, or show the figures of one.

    Raises:
        UsageError: There is no such section.
    """
    sections = _sections(call)
    name, connection = call.asked("section"), call.asked("connection")
    if not name:
        listed = [one for one in sections if connection in {"", one.connection}]
        return Found(
            document={"sections": [_heading(one) for one in listed]},
            items="sections",
            key=lambda one: f"{one['connection']}/{one['section']}",
            kinds=_problems(listed),
            inconclusive=_failures(listed),
            proof=("ccm report", VERIFY),
        )
    found = [one for one in sections if one.name == name and connection in {"", one.connection}]
    if len(found) != 1:
        known = ", ".join(f"{one.name} of {one.connection}" for one in sections)
        raise NotFound(f"section {name!r} of {connection or 'any'}: expected one of {known}")
    return Found(
        document={**_heading(found[0]), "lines": list(_lines(found[0]))},
        items="lines",
        key=lambda line: str(line["line"]),
        kinds=_problems(found),
        inconclusive=_failures(found),
        proof=("ccm report", VERIFY),
    )


def changes(call: ToolCall) -> Found:
    """List what changed in the sources in a period, the newest first.

    Raises:
        UsageError: It is no period, or of a kind that nobody changes.
    """
    until = min(_instant(call, "until") or call.now, call.now)
    since = _instant(call, "since") or until - _DAYS
    if since >= until:
        raise UsageError("since: expected a moment before until, and before now")
    kind, workspace = call.asked("kind"), call.workspace
    connections = workspace.connections(secrets=False)
    log = change_log(
        workspace.host, connections, call.store, Window(since, until), [kind] if kind else ()
    )
    listed: list[Any] = [json_codec.plain(change) for change in log.changes[::-1]]
    words = f"{len(log.notes)} notes say what may be missing of the period"
    of_kind = f" --kind {plain_name(kind, 'KIND')}" if kind else ""
    return Found(
        document={
            "since": format_instant(since),
            "until": format_instant(until),
            "notes": list(log.notes),
            "total": len(listed),
            "changes": listed,
        },
        items="changes",
        key=lambda change: digest(json_codec.encode(change)),
        kinds=(),
        inconclusive=(words,) if log.notes else (),
        proof=(f"ccm changes --since {format_instant(since)}{of_kind}", VERIFY),
    )


def runs(call: ToolCall) -> Found:
    """List the newest runs, the newest first."""
    query = {"limit": (_RUNS,)}
    document = document_of(documents.runs, replace(call, query=query))
    newest_first = document["runs"][::-1]
    lacking_runs = sum(run["outcome"] != Outcome.COMPLETE for run in newest_first)
    reason = f"{lacking_runs} of the {len(newest_first)} newest runs were not complete"
    return Found(
        document={"runs": newest_first},
        items="runs",
        key=lambda run: str(run["run"]),
        kinds=(),
        inconclusive=(reason,) if lacking_runs else (),
        proof=("ccm runs show RUN", VERIFY),
    )


def simulated_page(call: ToolCall) -> Found:
    """Say whom an incident on a service would reach.

    Raises:
        UsageError: There is no such service, or the moment is none.
    """
    moment, connection = _instant(call, "at"), call.asked("connection")
    simulated = simulate_page(
        call.workspace,
        call.store,
        call.asked("service"),
        at=moment or call.now,
        urgency=call.asked("urgency") or None,
        connections=[connection] if connection else (),
    )
    reasons = [
        *(["the evidence does not tell"] * (simulated.walk.outcome is PageOutcome.UNKNOWN)),
        *(["evidence that the answer rests on does not suffice"] * bool(simulated.insufficient)),
    ]
    return Found(
        document=json_codec.plain(simulated),
        kinds=(),
        inconclusive=tuple(reasons),
        proof=(f"ccm simulate page {plain_name(call.asked('service'), 'SERVICE')}", VERIFY),
    )


def proof(call: ToolCall) -> Found:
    """Return the proof that the newest version of a record is in the ledger.

    Raises:
        UsageError: There is none.
    """
    kind, key, connection = call.asked("kind"), call.asked("key"), call.asked("connection")
    names = [call.workspace.settings.connection(connection).name]
    return Found(
        document={
            "kind": kind,
            "key": key,
            "connection": connection,
            "tlog_proof": record_proof(call.store, kind, key, names),
        },
        kinds=(),
        proof=(prove(kind, key, connection), "ccm verify FILE --key KEY"),
    )


def _sections(call: ToolCall) -> tuple[Section, ...]:
    latest = call.store.evaluations.latest(scope=OUTLINED, compact=True)
    if latest is None:
        raise NotFound("nothing is evaluated yet, so there is no section")
    inputs = report_input(
        call.workspace.host,
        call.store,
        latest.evaluation,
        digest=latest.digest,
        complete=False,
        findings=None,
    )
    return tuple(inputs.sections)


def _heading(section: Section) -> dict[str, Any]:
    return {
        "section": section.name,
        "connection": section.connection,
        "title": section.title,
        "failure": section.failure,
    }


def _lines(section: Section) -> Iterator[dict[str, Any]]:
    """Yield the figures of a section line by line: of each its heading first."""
    for number, figure in enumerate(section.figures, start=1):
        heading: dict[str, Any] = json_codec.plain(figure)
        lines = [line for name in _LINES for line in heading.pop(name, ())]
        kind = type(figure).__name__.lower()
        yield {"line": f"{number}.0", "figure": kind, "lines": len(lines), **heading}
        for place, line in enumerate(lines, start=1):
            yield {"line": f"{number}.{place}", "shows": line}


def _problems(sections: list[Section]) -> tuple[KindSufficiency, ...]:
    found: dict[tuple[str, str], KindSufficiency] = {}
    for section in sections:
        found |= {(one.connection, one.kind): one for one in lacking(section.problems)}
    return tuple(found.values())


def _failures(sections: list[Section]) -> tuple[str, ...]:
    def failed() -> Iterator[str]:
        for section in sections:
            if section.failure is not None:
                yield f"section {plain_name(section.name, 'of a plugin')} could not be drawn"

    return tuple(failed())


def _instant(call: ToolCall, name: str) -> datetime | None:
    text = call.asked(name)
    try:
        moment = parse_instant(text) if text else None
    except (ValueError, OverflowError) as cause:
        raise UsageError(
            f"{name} {text!r}: expected an instant with its offset, such as 2026-11-23T12:00:00Z"
        ) from cause
    if moment is not None and moment.year not in _YEARS:
        raise UsageError(f"{name} {text!r}: expected a moment in the years 1970 to 9000")
    return moment
