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
from ccm_core.report.content.evidence import connection_evidence
from ccm_core.report.content.owners import owners
from ccm_core.report.content.posture import STATUSES, frameworks, trend
from ccm_core.report.content.summary import summary
from ccm_core.report.content.waivers import waiver_summaries
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from ccm_core.model.evaluation.finding import Finding
    from ccm_core.model.evidence.collection import Outcome
    from ccm_core.report.types import ReportInput

FOLD = 10
"""Longer lists are collapsed after so many."""
MOST = 1000
"""Longer lists end here with the number that is left out; the JSON report has them all."""
PAPER = 25
"""On paper they end here with the number that only the file has."""

_SHAPES = {"good": "pass", "bad": "fail", "unknown": "insufficient"}
"""The shape that stands before a cell of each tone."""
_TONES = {"complete": "pass", "failed": "error"}


class HtmlReport:
    """One page: no outside scripts, fonts or pictures; for the screen and for paper."""

    name = "html"
    extension = "html"
    figures = True

    def render(self, inputs: ReportInput) -> bytes:
        """Fill the template. The same input gives the same bytes."""
        return page(
            "report.html",
            scripted=True,
            report=summary(inputs),
            evaluation=inputs.evaluation,
            evidence=connection_evidence(inputs),
            digest=inputs.digest,
            findings=inputs.findings,
            owners=owners(inputs.evaluation),
            ages={name: _age(finding, inputs) for name, finding in inputs.findings.items()},
            sections=lay_out_sections(inputs),
            frameworks=tuple(frameworks(inputs.evaluation.controls)),
            days=trend(inputs.trend, (rule.rule for rule in inputs.evaluation.rules)),
            waivers=waiver_summaries(inputs),
            anchors={rule.rule: anchor(rule.pack, rule.rule) for rule in inputs.evaluation.rules},
            control_ids={(control.framework, control.id) for control in inputs.evaluation.controls},
            host_version=inputs.host_version,
        )


def page(template: str, *, scripted: bool = False, **values: object) -> bytes:
    """Fill one of the templates, all in the same style.

    Args:
        template: Its file name.
        scripted: Whether it has the script, and the search fields.
        values: Its variables.
    """
    templates = _templates()
    style = _source(templates, "style.css")
    script = _source(templates, "script.js") if scripted else ""
    filled = templates.get_template(template).render(
        style=style, script=script, policy=_policy(style, script), **values
    )
    # Half of a surrogate pair has no bytes; `clean` has replaced it wherever text is shown.
    return filled.encode()


def _age(finding: Finding, inputs: ReportInput) -> str:
    seconds = (inputs.evaluation.evaluated_at - finding.first_seen).total_seconds()
    return phrases.duration(seconds) if seconds else "new"


@cache  # compiling the templates takes longer than filling them
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        autoescape=True,
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
        "numbered": lambda rows: list(enumerate(rows, 1)),
        "scope_words": phrases.scope,
        "duration": phrases.duration,
        "sum_of": lambda days, index: sum(day.numbers[index] for day in days),
        "status_words": phrases.STATUS.__getitem__,
        "automated_words": phrases.AUTOMATED.__getitem__,
        "tone": tone,
    }
    templates.globals |= {
        "FOLD": FOLD,
        "MOST": MOST,
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
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return replace_controls(value)
    return value


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
