"""The report for people: one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from ccm_core.control_characters import replace_controls
from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Status
from ccm_core.report.charts import timeline
from ccm_core.report.charts.plugin_sections import lay_out_sections
from ccm_core.report.content import bar, phrases
from ccm_core.report.content.bounds.evidence_bounds import MOST_SHORTFALLS, bounded_evidence
from ccm_core.report.content.bounds.omissions import PageOmissions, omissions, report_command
from ccm_core.report.content.bounds.page_bounds import (
    MOST,
    MOST_ALARMS,
    MOST_NOTES,
    MOST_REMARKS,
    bounded,
    drawn_bytes,
    left_out,
)
from ccm_core.report.content.bounds.urgent_findings import urgent_findings
from ccm_core.report.content.evidence import connection_evidence
from ccm_core.report.content.fair_shares import fair_lengths
from ccm_core.report.content.finding_list import (
    due_words,
    findings_command,
    owner_words,
    state_words,
)
from ccm_core.report.content.owners import busiest, owners
from ccm_core.report.content.posture import (
    STATUSES,
    frameworks,
    not_shown,
    scope_words,
    shown_controls,
    switched_off_words,
    trend,
)
from ccm_core.report.content.summary import summary
from ccm_core.report.content.waivers import waiver_summaries
from ccm_core.report.formats.resource_rows import PAPER, ResourceRows, shown, tickets
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment
    from markupsafe import Markup

    from ccm_core.model.evidence.collection import Outcome
    from ccm_core.report.content.waivers import WaiverSummary

FOLD = 10
"""Longer lists are collapsed after so many."""
SHOWN_FINDINGS = 5
"""Findings of one list that are not collapsed: the checks that fail follow below."""
MOST_NAMES = 12
"""Names in one sentence."""
MOST_TEAMS = 200
"""Teams to filter by: those with most to do."""
WAIVER_BYTES = 150_000
"""For the risk acceptances, the one that expires first at the top."""
_WAIVER = 600
"""Bytes of one, without its texts."""

_SHAPES = {"good": "pass", "bad": "fail", "unknown": "insufficient"}
"""The shape that stands before a cell of each tone."""
_TONES = {"complete": "pass", "failed": "error"}


class HtmlReport(ReportFormat):
    """One page: no outside scripts, fonts or pictures; for the screen and for paper."""

    name = "html"
    extension = "html"
    figures = True
    complete = False

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Fill the template. The same input gives the same bytes."""
        yield page("report.html", scripted=True, **_content(inputs))


def _content(inputs: ReportInput) -> dict[str, object]:
    """Return the variables of the template, with lists that a page can draw."""
    evaluation = inputs.evaluation
    controls = shown_controls(evaluation.controls, inputs.frameworks)
    report = bounded(summary(inputs))
    evidence = bounded_evidence(connection_evidence(inputs))
    sections = lay_out_sections(inputs)
    waivers = waiver_summaries(inputs)
    (drawn_waivers,) = fair_lengths([waivers], _waiver_bytes, WAIVER_BYTES, MOST)
    every_owner = owners(evaluation, report.finding_of)
    teams = busiest(every_owner.teams, MOST_TEAMS)
    urgent = urgent_findings(report.findings)
    not_drawn = PageOmissions(
        results=left_out(report),
        sections=sum(len(section.absent) for section in sections if section.last),
        lines=sum(figure.left_out for section in sections for figure in section.figures),
        connections=len(evidence.brief) + evidence.more,
        waivers=len(waivers) - drawn_waivers,
        findings=urgent.more,
    )
    return {
        "report": report,
        "evaluation": evaluation,
        "evidence": evidence,
        "digest": inputs.digest,
        "urgent": urgent,
        "findings_command": findings_command(inputs, "export"),
        "owners": every_owner,
        "teams": teams,
        "more_teams": len(every_owner.teams) - len(teams),
        "rows_of": ResourceRows(
            owners=every_owner,
            finding_of=report.finding_of,
            moment=inputs.findings.moment,
            connections=len(evaluation.connections) > 1,
        ),
        "sections": sections,
        "frameworks": tuple(frameworks(controls, inputs.frameworks)),
        "frameworks_not_shown": not_shown(evaluation.controls, inputs.frameworks),
        "switched_off": switched_off_words(controls, evaluation.switched_off),
        "scopes": scope_words(controls),
        "days": trend(inputs.trend, (rule.rule for rule in evaluation.rules)),
        "waivers": waivers[:drawn_waivers],
        "more_waivers": not_drawn.waivers,
        "omissions": omissions(inputs, not_drawn),
        "everything": report_command(inputs, "--format json", "-o report.json"),
        "anchors": {rule.rule: anchor(rule.pack, rule.rule) for rule in evaluation.rules},
        "control_ids": {(control.framework, control.id) for control in controls},
        "host_version": inputs.host_version,
    }


def _waiver_bytes(entry: WaiverSummary) -> int:
    waiver = entry.waiver
    texts = (waiver.id, *waiver.rules, *waiver.rules, waiver.reason, waiver.owner, waiver.approver)
    texts += (entry.problem or "",)
    return _WAIVER + drawn_bytes(*texts)


def page(template: str, *, scripted: bool = False, **values: object) -> bytes:
    """Fill one of the templates, all in the same style.

    Args:
        template: Its file name.
        scripted: Whether it has the script, and the search fields.
        values: Its variables.
    """
    templates = page_templates()
    style = _source(templates, "style.css")
    script = _source(templates, "script.js") if scripted else ""
    filled = templates.get_template(template).render(
        style=style, script=script, policy=_policy(style, script), **values
    )
    # Half of a surrogate pair has no bytes; `clean` has replaced it wherever text is shown.
    return filled.encode()


@cache  # compiling the templates takes longer than filling them
def page_templates() -> Environment:
    """Return the templates of pages, with the filters and names that they use."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from ccm_core.report.template_cache import TemplateCache

    templates = Environment(
        autoescape=True,
        bytecode_cache=TemplateCache(),
        finalize=_shown,
        keep_trailing_newline=True,
        loader=PackageLoader("ccm_core.report", "templates"),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters |= {
        "anchor": anchor,
        "breakable": breakable,
        "capital": phrases.capital,
        "counted": phrases.count,
        "json": lambda value: json_codec.encode(value).decode(),
        "link": phrases.link,
        "listed": phrases.listed,
        "unseen": phrases.unseen,
        "instant": format_instant,
        "moment": phrases.moment,
        "to_the_minute": phrases.to_the_minute,
        "numbered": lambda rows: list(enumerate(rows, 1)),
        "scope_words": phrases.scope,
        "duration": phrases.duration,
        "due_words": due_words,
        "owner_words": owner_words,
        "state_words": state_words,
        "untitled": phrases.untitled,
        "tickets": lambda item: Markup(tickets(item)),  # noqa: S704 - escaped
        "sum_of": lambda days, index: sum(day.numbers[index] for day in days),
        "status_words": phrases.STATUS.__getitem__,
        "automated_words": phrases.AUTOMATED.__getitem__,
        "tone": tone,
    }
    templates.globals |= {
        "FOLD": FOLD,
        "SHOWN_FINDINGS": SHOWN_FINDINGS,
        "MOST": MOST,
        "MOST_ALARMS": MOST_ALARMS,
        "MOST_NAMES": MOST_NAMES,
        "MOST_NOTES": MOST_NOTES,
        "MOST_REMARKS": MOST_REMARKS,
        "MOST_SHORTFALLS": MOST_SHORTFALLS,
        "PAPER": PAPER,
        "LANES_FOLD": timeline.FOLD,
        "TONES": _SHAPES,
        "OUTCOME": phrases.OUTCOME,
        "REASON": phrases.REASON,
        "STATUSES": STATUSES,
        "INCONCLUSIVE_MEANS": phrases.INCONCLUSIVE_MEANS,
        "population_bar": bar.population_bar,
        "status_bar": bar.status_bar,
    }
    return templates


def anchor(*names: str) -> str:
    """Return an id within the page; different names have different ids."""
    return "-".join(re.sub(r"[^A-Za-z0-9_.]", _code, name) for name in names)


def breakable(name: str) -> Markup:
    """Return a long name that may be broken after its underscores and dots."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([_.])", r"\1<wbr>", str(escape(replace_controls(name)))))  # noqa: S704 - escaped


def tone(outcome: Outcome | None) -> str:
    """Return the status whose color and shape an outcome has."""
    return _TONES.get(outcome or "", Status.INSUFFICIENT.value)


def _code(match: re.Match[str]) -> str:
    return f"~{ord(match[0]):x}~"


def _shown(value: Any) -> Any:
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return shown(value)


def _source(templates: Environment, name: str) -> str:
    text, *_ = templates.loader.get_source(templates, name)  # type: ignore[union-attr]
    return text


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
