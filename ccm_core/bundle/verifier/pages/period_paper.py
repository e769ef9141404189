"""The report of the period, ``pages/period.html``: each control with what its tests found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.pages.facts import PageFacts
from ccm_core.bundle.verifier.pages.front import (
    CONCLUSIONS,
    MONITORING_WORDS,
    of_company,
    of_monitoring,
)
from ccm_core.bundle.verifier.pages.layout import (
    counted,
    html_page,
    instant,
    listed,
    percent,
    subject_cell,
    table,
    test_cell,
    text,
)

TEST_FIGURES = ("population", "passed", "failed", "inconclusive", "open")
TEST_NOTES = {
    "made_late": "tested as of a past moment alone",
    "test_changed": "failed until the test was changed",
    "read_back": "occurred before the connection was watched, and read back",
    "tested_late": "tested later than the slowest cadence",
}
STATED_HEAD = ("From the evaluation of", "To that of", "Evaluations")
MOST_EXCEPTIONS = 20
"""Of each control: one item can be an exception of many controls, and a page of its own has it."""
STATUSES = {
    "pass": "Passed",
    "fail": "Failed",
    "insufficient": "Inconclusive",
    "error": "Ended in an error",
    "not_applicable": "Not applicable",
}


def period_page(facts: PageFacts) -> bytes:
    """Return the page."""
    assurance = facts.assurance
    ended = "" if assurance["ended"] else " The period had not ended when this was made."
    return html_page(
        "pages/period.html",
        f"Period report for {assurance['period']}",
        [
            (
                f"<p>From {instant(assurance['since'])} up to {instant(assurance['until'])}."
                f"{ended} Items are what happened in the period, or was there at some time of it. "
                "An exception is an item that failed a test; where a test allows a share of a "
                "month to fail, the share decides, and what it tolerates counts as failed only.</p>"
            ),
            *scopes_section(assurance["scopes"]),
            *(
                line
                for control in of_company(assurance["controls"])
                for line in control_section(control, facts.titles)
            ),
            *monitoring_section(assurance["controls"], facts.titles),
            *parameters_section(facts),
            *collections_section(assurance["kinds"]),
        ],
    )


def control_section(control: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield what is concluded of one control."""
    yield f"<article>\n<h2>{text(control['framework'])}:{text(control['id'])}</h2>"
    yield (
        f"<p><strong>{CONCLUSIONS[control['conclusion']]}.</strong> Evidence coverage "
        f"{percent(control['evidence_coverage'])} of the period, in {control['evaluations']} "
        f"evaluations. {control['items']} items, of which {control['items_failed']} failed"
        f"{outside_words(control)}.</p>"
    )
    yield from tests_table(control["tests"], titles)
    for month in control["partial_months"]:
        yield (
            f'<p class="note">{text(month["month"])} is not whole in the period: '
            f"{text(month['rule'])} saw it from {instant(month['since'])} up to "
            f"{instant(month['until'])}, so it is not judged as a month.</p>"
        )
    yield from history_table(control["history"])
    yield from exceptions_table(control["exceptions"], titles)
    yield from gaps_table(control["evidence_gaps"])
    yield "</article>"


def monitoring_section(
    controls: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> Iterator[str]:
    """Yield the controls that only tests of the monitoring itself support."""
    monitoring = of_monitoring(controls)
    if monitoring:
        yield "<h2>Health of monitoring</h2>"
        yield f"<p>{MONITORING_WORDS}</p>"
    for control in monitoring:
        yield from control_section(control, titles)


def outside_words(control: Mapping[str, Any]) -> str:
    """Return how many items the scope of a control's framework leaves out."""
    if not control["items_outside"]:
        return ""
    framework = text(control["framework"])
    number = counted(control["items_outside"], "item")
    return f"; outside of the scope of {framework}, and not concluded on: {number}"


def scopes_section(scopes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the scopes of frameworks: several lines of one are a change in the period."""
    if not scopes:
        return
    yield "<section>\n<h2>Scopes of frameworks</h2>"
    for scope in scopes:
        if scope["problem"]:
            name, problem = text(scope["framework"]), text(scope["problem"])
            yield f"<p><strong>Warning: the scope of {name} {problem}.</strong></p>"
    yield (
        "<p>Conclusions on the controls of these frameworks are about the items in scope alone. "
        "An item of which it is not known whether a scope names it is in scope. What failed while "
        "it was in scope is an exception, even if a later scope leaves it out.</p>"
    )
    yield from table(
        ("Framework", "Scope", *STATED_HEAD, "In scope", "Named", "Outside"),
        (
            (
                *map(text, (scope["framework"], stated["scope"])),
                *(instant(stated[name]) for name in ("since", "until")),
                text(stated["evaluations"]),
                *(text(scope[name]) for name in ("items", "items_named", "items_outside")),
            )
            for scope in scopes
            for stated in scope["stated"]
        ),
        sum(len(scope["stated"]) for scope in scopes),
    )
    yield "</section>"


def tests_table(tests: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield the figures of each test."""
    yield from table(
        ("Test", "Items", "Passed", "Failed", "Inconclusive", "Open at the cut-off", "Notes"),
        (
            (
                test_cell(row["rule"], titles),
                *(text(row[name]) for name in TEST_FIGURES),
                "; ".join(test_notes(row)),
            )
            for row in tests
        ),
        len(tests),
    )


def test_notes(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is to be known of a test beside its figures."""
    if row["monitoring"]:
        yield "health of monitoring"
    yield from (f"{row[name]} {words}" for name, words in TEST_NOTES.items() if row[name])


def history_table(history: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the results of a control over time."""
    if history:
        yield "<h3>Results over time</h3>"
        yield from table(
            ("From", "Until", "Result", "Evaluations"),
            (
                (
                    instant(row["since"]),
                    instant(row["until"]),
                    STATUSES[row["status"]],
                    text(row["evaluations"]),
                )
                for row in history
            ),
            len(history),
        )


def exceptions_table(
    exceptions: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> Iterator[str]:
    """Yield what failed."""
    if exceptions:
        yield "<h3>Exceptions</h3>"
        yield from table(
            ("Test", "Item", "First seen", "Last seen", ""),
            (
                (
                    test_cell(row["rule"], titles),
                    subject_cell(row),
                    instant(row["first_seen"]),
                    instant(row["last_seen"]),
                    "risk accepted" if row["waived"] else "",
                )
                for row in exceptions
            ),
            len(exceptions),
            "tables/exceptions.csv",
            MOST_EXCEPTIONS,
        )


def gaps_table(gaps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield when the evidence was not sufficient, and why."""
    if gaps:
        yield "<h3>Evidence gaps</h3>"
        yield from table(
            ("From", "Until", "Evidence", "Reason"),
            (
                (instant(row["since"]), instant(row["until"]), evidence_cell(row), reason_cell(row))
                for row in gaps
            ),
            len(gaps),
        )


def parameters_section(facts: PageFacts) -> Iterator[str]:
    """Yield the parameters in force: several lines of one are a change in the period."""
    parameters = facts.history.method.parameters
    yield "<section>\n<h2>Parameters in force</h2>"
    yield "<p>A parameter with more than one line was changed in the period.</p>"
    yield from table(
        ("Pack", "Parameter", "Value", "From the evaluation of", "To that of"),
        (
            (*map(text, key), instant(parameters[key].first), instant(parameters[key].last))
            for key in sorted(parameters)
        ),
        len(parameters),
        "contents/evaluations.jsonl",
    )
    yield "</section>"


def collections_section(kinds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield how often each kind was collected."""
    yield "<section>\n<h2>Collections</h2>"
    yield from table(
        ("Connection", "Kind", "Scheduled", "Completed", "Evidence coverage"),
        (
            (
                text(row["connection"]),
                text(row["kind"]),
                text(row["scheduled"]),
                text(row["completed"]),
                percent(row["evidence_coverage"]),
            )
            for row in kinds
        ),
        len(kinds),
    )
    yield "</section>"


def evidence_cell(gap: Mapping[str, Any]) -> str:
    """Return the cell that names the evidence of a gap."""
    connection = f" of {text(gap['connection'])}" if gap["connection"] else ""
    return text(gap["kind"]) + connection


def reason_cell(gap: Mapping[str, Any]) -> str:
    """Return the cell with the reason of a gap."""
    subjects = f" ({listed(gap['subjects'])})" if gap["subjects"] else ""
    return text(gap["reason"]) + subjects
