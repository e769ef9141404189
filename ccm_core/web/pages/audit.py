"""Audit: the paper of a period and its samples, and the evidence package to download."""

from __future__ import annotations

import re
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.app.audit.period_paper import PaperRequest, period_paper
from ccm_core.errors import UsageError
from ccm_core.model.console.activity import ActivityKind
from ccm_core.model.period import parse_period
from ccm_core.report.period.registry import PERIOD_FORMATS
from ccm_core.web.access.headers import POLICY
from ccm_core.web.answers import Answer, Download, HtmlPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.period import Period
    from ccm_core.web.visit import Visit

_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
}
_OWN_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')
_QUARTERS = 5


def audit(visit: Visit) -> Answer:
    """Show what can be asked for: periods, frameworks, the paper, the package."""
    frameworks = sorted({one.name for one in visit.workspace.settings.frameworks})
    with visit.reading() as store:
        responses = store.audit_acts.responses()
        manual = store.audit_acts.manual_evidence()
    return HtmlPage(
        template="audit.html",
        values={
            "periods": list(recent_periods(visit.now.date())),
            "frameworks": frameworks,
            "responses": responses[-20:][::-1],
            "manual": manual[-20:][::-1],
            "moment": visit.now,
        },
    )


def paper(visit: Visit) -> Answer:
    """Write the paper of a period: shown as a page, or downloaded in another format.

    Raises:
        UsageError: The period is none, or has not begun; or a framework is not known.
    """
    form = visit.asked("format", "html")
    if form not in PERIOD_FORMATS or form not in _MEDIA_TYPES:
        raise UsageError(f"format {form!r}: expected one of {', '.join(_MEDIA_TYPES)}")
    period, framework = _period(visit), visit.asked("framework").strip()
    request = PaperRequest(period=period, frameworks=[framework] if framework else [])
    content = PERIOD_FORMATS[form].render(period_paper(visit.workspace, request))
    name = f"{period.text}.{PERIOD_FORMATS[form].extension}"
    if form != "html" or visit.asked("download") == "yes":
        visit.note(ActivityKind.DOWNLOADED, f"paper {name}")
        return Download(content=content, name=name, media_type=_MEDIA_TYPES[form])
    return Download(
        content=content, name=name, media_type=_MEDIA_TYPES[form], inline=True, policy=_own(content)
    )


def package(visit: Visit) -> Answer:
    """Write the evidence package of a period and one framework's control, to be downloaded.

    Raises:
        UsageError: Something that is asked for is not known, or nothing is signed.
    """
    from ccm_core.app.audit.evidence_package import write_package

    period, control = _period(visit), visit.asked("control").strip()
    framework, colon, name = control.partition(":")
    if not colon or not name:
        raise UsageError(f"control {control!r}: expected FRAMEWORK:ID, such as soc2:CC7.4")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "package.zip"
        write_package(visit.workspace, period, [(framework, name)], (), path)
        content = path.read_bytes()
    visit.note(ActivityKind.DOWNLOADED, f"evidence package {control} {period.text}")
    file = f"evidence-{framework}-{name}-{period.text}.zip"
    return Download(content=content, name=file, media_type="application/zip")


def recent_periods(today: date) -> Sequence[str]:
    """Return this quarter and those before it, and this month and the one before."""
    quarters, year, number = [], today.year, (today.month - 1) // 3 + 1
    for _ in range(_QUARTERS):
        quarters.append(f"{year}-Q{number}")
        year, number = (year, number - 1) if number > 1 else (year - 1, 4)
    before = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    return [*quarters, f"{today:%Y-%m}", f"{before[0]}-{before[1]:02}"]


def _period(visit: Visit) -> Period:
    text = visit.asked("period").strip()
    try:
        return parse_period(text)
    except ValueError as error:
        raise UsageError(f"period: {error}") from error


def _own(content: bytes) -> str:
    """Return the policy that a page of ours states of itself: the digests of its own style."""
    match = _OWN_POLICY.search(content)
    if match is None:
        return POLICY
    return f"{match[1].decode().replace('&#39;', chr(39))}; frame-ancestors 'none'"
