"""The page of an evidence package, ``index.html``: made of what is proven, and of nothing else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MOST_ROWS = 200
"""Of more gaps, exceptions or results than this the rest is counted; the JSON files have all."""
CONCLUSIONS = {
    "no_exceptions": "No exceptions noted in automated tests",
    "exceptions": "Exceptions noted in automated tests",
    "no_occurrences": "No occurrences in the period",
    "open_at_cut_off": "Open at the cut-off",
    "evidence_incomplete": "Evidence incomplete for the period",
}
TEST_FIGURES = ("population", "passed", "failed", "inconclusive", "open")
STATUSES = {
    "pass": "Passed",
    "fail": "Failed",
    "insufficient": "Inconclusive",
    "error": "Ended in an error",
    "not_applicable": "Not applicable",
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #8886;text-align:left;"
    "padding:.25rem .75rem .25rem 0;vertical-align:top;overflow-wrap:anywhere}"
    "pre{overflow-x:auto;border:1px solid #8886;padding:.5rem}small{opacity:.75}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(
    assurance: Mapping[str, Any],
    orders: Sequence[Mapping[str, Any]],
    predicate: Mapping[str, Any],
    others: Sequence[str],
    key: str,
) -> bytes:
    """Return the page.

    Args:
        assurance: What ``assurance.json`` holds.
        orders: What ``erasures.json`` holds.
        predicate: What the statement says that the package is of.
        others: Connections of the store that are not in the package.
        key: The public key that signed it.
    """
    title = f"Evidence package for {text(assurance['period'])}"
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="color-scheme" content="light dark">\n<title>{title}</title>',
        f"<style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>",
        *introduction(assurance, predicate, others),
        "</header>\n<main>",
        *verification(key),
        *erased_section(orders),
        "<section>\n<h2>Controls</h2>",
        *(line for control in assurance["controls"] for line in control_section(control)),
        "</section>",
        *collections_section(assurance["kinds"]),
        "</main>\n<footer><p>Times are in UTC.</p></footer>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode()


def introduction(
    assurance: Mapping[str, Any], predicate: Mapping[str, Any], others: Sequence[str]
) -> Iterator[str]:
    """Yield what the package is of."""
    ended = "" if assurance["ended"] else ". The period had not ended when this was made"
    until = text(assurance["until"])
    yield f"<p>From {text(assurance['since'])} up to {until}{ended}.</p>"
    yield f"<p>Controls: {listed(predicate['controls'])}.</p>"
    yield f"<p>Collected from {listed(predicate['connections'])}.</p>"
    if others:
        yield f"<p>Not in this package: the connections {listed(others)} of the same store.</p>"


def verification(key: str) -> Iterator[str]:
    """Yield how the package is verified, and what that proves."""
    yield "<section>\n<h2>How to verify this evidence package</h2>"
    yield (
        "<p>This page proves nothing by itself: somebody may have changed it. The verifier makes "
        "it anew from the evidence, and refuses a package in which it differs. You need Python "
        "and nothing else: no network, no account, no installed package. Take "
        "<code>verify.py</code> from a source that you trust, rather than from here, and run</p>"
    )
    yield "<pre>python3 verify.py BUNDLE.zip KEY</pre>"
    yield "<p>KEY is the public key that you received by another way. This one was signed with</p>"
    yield f"<pre>{text(key)}</pre>"
    yield (
        "<p>Where it verifies, every record, manifest, evaluation and rule pack is as it was "
        "stored, nothing was left out of what was collected, the rules and the evidence of each "
        "control are those that were evaluated, and this page says what follows from them. The "
        "rules are not evaluated again: for that, run <code>ccm evaluate --reproduce</code>."
        "</p>\n</section>"
    )


def erased_section(orders: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what was erased by order, and which results rest on it."""
    yield "<section>\n<h2>Erased evidence</h2>"
    if not orders:
        yield "<p>No evidence of this package was erased.</p>"
    for order in orders:
        yield (
            f"<p>{len(order['contents'])} contents were erased by order {text(order['id'])} at "
            f"{text(order['erased_at'])}: {text(order['reason'])}. They were proven to have been "
            f"stored, and cannot be read any more. {len(order['results'])} results rest on them"
            f"{'.' if not order['results'] else ':'}</p>"
        )
        if order["results"]:
            yield from table(
                ("Test", "Item", "Evaluations"),
                (
                    (text(row["rule"]), subject_cell(row), text(row["evaluations"]))
                    for row in order["results"]
                ),
                len(order["results"]),
                "erasures.json",
            )
    yield "</section>"


def test_notes(test: Mapping[str, Any]) -> str:
    """Return what a reader has to know of the figures of a test."""
    notes = (
        (test["made_late"], "tested as of a past moment alone"),
        (test["test_changed"], "failed until the test was changed"),
    )
    return "; ".join(f"{number} {words}" for number, words in notes if number)


def control_section(control: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is concluded of one control."""
    yield f"<article>\n<h3>{text(control['framework'])}:{text(control['id'])}</h3>"
    yield (
        f"<p><strong>{CONCLUSIONS[control['conclusion']]}.</strong> Evidence coverage "
        f"{percent(control['evidence_coverage'])} of the period, in {control['evaluations']} "
        "evaluations.</p>"
    )
    yield from table(
        ("Test", "Items", "Passed", "Failed", "Inconclusive", "Open at the cut-off", "Notes"),
        (
            (
                text(row["rule"]),
                *(text(row[name]) for name in TEST_FIGURES),
                test_notes(row),
            )
            for row in control["tests"]
        ),
        len(control["tests"]),
    )
    if control["history"]:
        yield from table(
            ("From", "Until", "Result", "Evaluations"),
            (
                (
                    text(row["since"]),
                    text(row["until"]),
                    STATUSES[row["status"]],
                    text(row["evaluations"]),
                )
                for row in control["history"]
            ),
            len(control["history"]),
        )
    if control["exceptions"]:
        yield "<h4>Exceptions</h4>"
        yield from table(
            ("Test", "Item", "First seen", "Last seen", ""),
            (
                (
                    text(row["rule"]),
                    subject_cell(row),
                    text(row["first_seen"]),
                    text(row["last_seen"]),
                    "risk accepted" if row["waived"] else "",
                )
                for row in control["exceptions"]
            ),
            len(control["exceptions"]),
        )
    if control["evidence_gaps"]:
        yield "<h4>Evidence gaps</h4>"
        yield from table(
            ("From", "Until", "Evidence", "Reason"),
            (
                (text(row["since"]), text(row["until"]), evidence_cell(row), reason_cell(row))
                for row in control["evidence_gaps"]
            ),
            len(control["evidence_gaps"]),
        )
    yield "</article>"


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


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], count: int, more: str = "assurance.json"
) -> Iterator[str]:
    """Yield a table of cells that are escaped already."""
    columns = "".join(f"<th>{cell}</th>" for cell in head)
    yield f"<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>"
    for _, row in zip(range(MOST_ROWS), rows):
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody>\n</table>"
    if count > MOST_ROWS:
        yield f"<p>{count - MOST_ROWS} more: see <code>{more}</code>.</p>"


def subject_cell(row: Mapping[str, Any]) -> str:
    """Return the cell of a subject."""
    subject = row["subject"]
    place = f"{text(subject['kind'])} {text(subject['key'])} of {text(row['connection'])}"
    return f"{text(subject['title'])} <small>{place}</small>"


def evidence_cell(gap: Mapping[str, Any]) -> str:
    """Return the cell that names the evidence of a gap."""
    connection = f" of {text(gap['connection'])}" if gap["connection"] else ""
    return text(gap["kind"]) + connection


def reason_cell(gap: Mapping[str, Any]) -> str:
    """Return the cell with the reason of a gap."""
    subjects = f" ({listed(gap['subjects'])})" if gap["subjects"] else ""
    return text(gap["reason"]) + subjects


def percent(share: float) -> str:
    """Return a share in percent, never rounded up: only the whole is 100 %."""
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"


def listed(names: Sequence[str]) -> str:
    """Return names in one line."""
    return ", ".join(map(text, names)) or "none"


def text(value: object) -> str:
    """Return a text of the source as it may stand in a page: escaped, and without controls."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in str(value))
    return html.escape(shown)
