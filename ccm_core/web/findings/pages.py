"""The list of findings, and one of them with its whole history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ccm_core.findings.documents import COLUMNS, finding_cells
from ccm_core.model.console.activity import ActivityKind
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.finding.document import revision
from ccm_core.model.finding.tally import tally
from ccm_core.model.finding.work_item import WorkState
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.report.formats.csv import csv_blocks
from ccm_core.report.terminal.findings import history_lines
from ccm_core.web.access.roles import Permission
from ccm_core.web.answers import Answer, Download, HtmlPage
from ccm_core.web.findings.selection import address, selected
from ccm_core.web.whole_number import whole_number

if TYPE_CHECKING:
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.web.question import Question
    from ccm_core.web.visit import Visit

PAGE = 50
"""Findings of one page."""
_DIGITS = 7
"""Of the number of a page, at most."""


def reader(question: Question, store: EvidenceStore) -> FindingReader:
    """Return what reads findings for whoever asks."""
    return FindingReader(store=store, policy=question.workspace.finding_policy, now=question.now)


def findings(visit: Visit) -> Answer:
    """List the findings that the address selects, the most urgent first."""
    selection = selected(visit.query)
    with visit.reading() as store:
        reading = reader(visit, store)
        listed = reading.select(selection)
        owners = sorted(reading.known_owners())
    pages = max(1, math.ceil(len(listed.items) / PAGE))
    number = min(max(whole_number(visit.asked("page"), _DIGITS) or 1, 1), pages)
    return HtmlPage(
        template="findings/list.html",
        values={
            "items": listed.items[(number - 1) * PAGE : number * PAGE],
            "tally": tally(listed.items).words,
            "selection": selection,
            "phrases": selection.phrases,
            "total": listed.total,
            "number": number,
            "pages": pages,
            "address": address(visit),
            "owners": owners,
            "people": _people(visit),
            "severities": [level.value for level in reversed(Severity)],
            "states": [state.value for state in WorkState],
            "moment": visit.now,
            "works": visit.identity is not None and visit.identity.may(Permission.WORK),
        },
    )


def export(visit: Visit) -> Answer:
    """Write the selected findings as a table, all of them; the download is an activity."""
    selection = selected(visit.query)
    with visit.reading() as store:
        listed = reader(visit, store).select(selection)
    content = b"".join(csv_blocks([COLUMNS, *map(finding_cells, listed.items)]))
    visit.note(ActivityKind.DOWNLOADED, f"findings.csv ({len(listed.items)} findings)")
    return Download(content=content, name="findings.csv", media_type="text/csv; charset=utf-8")


def finding(visit: Visit) -> Answer:
    """Show one finding: what fails, who has to act, its history and how to trace it."""
    with visit.reading() as store:
        reading = reader(visit, store)
        history = reading.history(visit.parts["finding"])
        owners = sorted(reading.known_owners())
    item = history.item
    return HtmlPage(
        template="findings/one.html",
        values={
            "item": item,
            "finding": item.finding,
            "acceptances": history.acceptances,
            "history": list(history_lines(history.changes, item.acts)),
            "revision": revision(item),
            "owners": owners,
            "people": _people(visit),
            "moment": visit.now,
            "works": visit.identity is not None and visit.identity.may(Permission.WORK),
        },
    )


def _people(visit: Visit) -> list[tuple[str, str]]:
    people = visit.workspace.settings.people
    return [(name, f"{person.name} ({person.role})") for name, person in sorted(people.items())]
