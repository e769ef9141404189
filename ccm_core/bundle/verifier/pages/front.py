"""The first page of an evidence package, ``index.html``: what it is, and how to verify it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.pages.facts import PageFacts, exceptions_by_item
from ccm_core.bundle.verifier.pages.layout import (
    INDEX,
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

CONCLUSIONS = {
    "no_exceptions": "No exceptions noted in automated tests",
    "exceptions": "Exceptions noted in automated tests",
    "no_occurrences": "No occurrences in the period",
    "open_at_cut_off": "Open at the cut-off",
    "evidence_incomplete": "Evidence incomplete for the period",
}
MONITORING_WORDS = (
    "Only tests of the monitoring itself support these controls: its credential, how often "
    "evidence is collected, fields that are not known, and what can be seen. They are no controls "
    "of the company's operation, and are counted apart."
)
COMMAND = "python3 verify.py PACKAGE.zip KEY"
CONTENTS = (
    ("pages/period.html", "The period report: each control with its tests, exceptions and gaps."),
    ("pages/exceptions.html", "Every item that failed a test in the period."),
    ("pages/populations.html", "How many items each test had, and what became of each."),
    ("pages/samples.html", "A reproducible random sample of each population."),
    ("pages/method.html", "What was tested with what, and what shows that it works."),
    ("tables/", "Exceptions, populations and samples for a spreadsheet (CSV)."),
    ("evidence/", "The records as the source sent them, one on each line (JSON)."),
    ("contents/", "Collections, manifests and evaluations, one on each line (JSON)."),
    ("packs/", "The rule packs: what each test asserts, to the byte."),
    ("ledger/, keys/, statement.json", "The proofs: signed checkpoints, hashes and keys."),
    ("README.txt", "The first steps in plain text."),
)


def front_page(facts: PageFacts) -> bytes:
    """Return the page."""
    title = f"Evidence package for {facts.assurance['period']}"
    return html_page(
        INDEX,
        title,
        [
            *introduction(facts),
            *conclusions_section(facts),
            *verification(facts.key),
            *proven_section(),
            *erased_section(facts),
            *contents_section(),
        ],
    )


def introduction(facts: PageFacts) -> Iterator[str]:
    """Yield what the package is of."""
    assurance, predicate = facts.assurance, facts.predicate
    ended = "" if assurance["ended"] else ". The period had not ended when this was made"
    since, until = instant(assurance["since"]), instant(assurance["until"])
    frameworks = sorted({control["framework"] for control in assurance["controls"]})
    controls = counted(len(assurance["controls"]), "control")
    yield (
        "<p>This package holds the evidence that a company collected from its own systems for "
        "the controls below, the automated tests of it, and proofs that nothing was changed or "
        "left out. You can read all of it without the software that made it.</p>\n<dl>"
    )
    yield f"<dt>Period</dt><dd>From {since} up to {until}, in UTC{ended}.</dd>"
    yield "<dt>Collected from</dt>"
    for name in predicate["connections"]:
        yield f"<dd>{text(name)}: {account_of(facts, name)}</dd>"
    yield f"<dt>Controls</dt><dd>{controls} of {listed(frameworks)}; see below.</dd>"
    if facts.others:
        yield (
            f"<dt>Not in this package</dt><dd>The connections {listed(facts.others)} of the same "
            "store.</dd>"
        )
    yield (
        "<dt>Whose it is</dt><dd>The accounts above, as the source identified them. The name of "
        "the company is not part of the evidence: who handed the package over to you, and with "
        "which key, says whose it is.</dd>\n</dl>"
    )


def account_of(facts: PageFacts, connection: str) -> str:
    """Return which account a connection read, and how."""
    accounts = set(facts.history.method.accounts.get(connection, ()))
    connectors = set()
    for source in facts.collecting:
        if source.connection == connection:
            for run in source.runs:
                connectors.add(run["connector"])
                if run["credential"] is not None and run["credential"]["account"] is not None:
                    accounts.add(run["credential"]["account"])
    account = f"the account {listed(sorted(accounts))}" if accounts else "an account without a name"
    through = f", through {listed(sorted(connectors))}" if connectors else ""
    return account + through


def of_monitoring(controls: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the controls that only tests of the monitoring itself support."""
    return [
        control
        for control in controls
        if control["tests"] and all(test["monitoring"] for test in control["tests"])
    ]


def of_company(controls: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the other controls: those of the company."""
    monitoring = of_monitoring(controls)
    return [control for control in controls if control not in monitoring]


def conclusions_section(facts: PageFacts) -> Iterator[str]:
    """Yield what the tests conclude of each control."""
    company = of_company(facts.assurance["controls"])
    monitoring = of_monitoring(facts.assurance["controls"])
    exceptions = sum(1 for _ in exceptions_by_item(facts.assurance))
    yield "<section>\n<h2>What it concludes</h2>"
    for scope in facts.assurance["scopes"]:
        if scope["problem"]:
            name, problem = text(scope["framework"]), text(scope["problem"])
            yield f"<p><strong>Warning: the scope of {name} {problem}.</strong></p>"
    yield (
        f"<p>{summary_of(company)}. {counted(exceptions, 'exception')}. A "
        "conclusion is about the automated tests alone. Whether a control operated effectively "
        "is for its auditor to say, and so is what people do by hand.</p>"
    )
    yield from conclusions_table(company)
    yield (
        "<p>Evidence coverage is the share of the period for which the evidence was sufficient; "
        "gaps that concern single objects alone do not lower it. The "
        '<a href="pages/period.html">period report</a> names each evidence gap.</p>'
    )
    if monitoring:
        yield f"<h3>Health of monitoring</h3>\n<p>{summary_of(monitoring)}. {MONITORING_WORDS}</p>"
        yield from conclusions_table(monitoring)
    yield "</section>"


def summary_of(controls: Sequence[Mapping[str, Any]]) -> str:
    """Return how many controls have which conclusion."""
    numbers = Counter(row["conclusion"] for row in controls)
    parts = [
        f"{numbers[name]} {words[0].lower()}{words[1:]}"
        for name, words in CONCLUSIONS.items()
        if numbers[name]
    ]
    total = counted(len(controls), "control")
    return f"{total}: {', '.join(parts)}" if parts else total


def conclusions_table(controls: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the conclusion on each of some controls."""
    yield from table(
        ("Control", "Conclusion", "Evidence coverage", "Items", "Items that failed", "Evaluations"),
        (
            (
                f"{text(row['framework'])}:{text(row['id'])}",
                f"<strong>{CONCLUSIONS[row['conclusion']]}</strong>",
                percent(row["evidence_coverage"]),
                text(row["items"]),
                text(row["items_failed"]),
                text(row["evaluations"]),
            )
            for row in controls
        ),
        len(controls),
    )


def verification(key: str) -> Iterator[str]:
    """Yield how the package is verified."""
    yield "<section>\n<h2>How to verify this evidence package</h2>"
    yield (
        "<p>This page proves nothing by itself: somebody may have changed it. The verifier makes "
        "it anew from the evidence, and refuses a package in which it differs. You need Python "
        "3.9 or newer and nothing else: no network, no account, no installed package. Take "
        "<code>verify.py</code> from a source that you trust, rather than from here, and run</p>"
    )
    yield f"<pre>{text(COMMAND)}</pre>"
    yield (
        "<p>PACKAGE.zip is this package as you received it, not unpacked. KEY is the public key, "
        "or a file with it, that you received by another way. The last line of the output "
        "says <q>verified</q>. This package was signed with</p>"
    )
    yield f"<pre>{text(key)}</pre>"
    yield (
        "<p>Without KEY the verifier shows that the package agrees with itself, and prints the key "
        "for you to compare. To have these pages made by the verifier, so that you need not "
        "trust the ones in the package at all, run</p>"
        "<pre>python3 verify.py PACKAGE.zip KEY --report FOLDER</pre>\n</section>"
    )


def proven_section() -> Iterator[str]:
    """Yield what is proven where the package verifies, and what is not."""
    yield "<section>\n<h2>What is proven, and what is not</h2>"
    yield (
        "<p>Where it verifies, every record, manifest, evaluation and rule pack is as it was "
        "stored, nothing was left out of what was collected, the rules and the evidence of each "
        "control are those that were evaluated, and every page and table says what follows from "
        "them.</p>\n<p>Not proven:</p>\n<ul>"
    )
    yield (
        "<li>That the source answered truthfully. The package proves what was received.</li>"
        "<li>That the whole ledger was not written anew by whoever has its key: compare it "
        "with a checkpoint that you received earlier (<code>ccm verify PACKAGE.zip --pin "
        "CHECKPOINT</code>).</li>"
        '<li>That the tests are right. <a href="pages/method.html">How do you know that the '
        "method works?</a> says what there is. The verifier counts results and does not evaluate "
        "the rules again: for that, run <code>ccm evaluate --reproduce</code>.</li>"
        "<li>Names, titles, reasons and descriptions are the words of the source, of the rule "
        "packs and of the company's settings: it is proven that they were recorded, not that "
        "they are true.</li>\n</ul>\n</section>"
    )


def erased_section(facts: PageFacts) -> Iterator[str]:
    """Yield what was erased by order, and which results rest on it."""
    yield "<section>\n<h2>Erased evidence</h2>"
    if not facts.orders:
        yield "<p>No evidence of this package was erased.</p>"
    for order in facts.orders:
        yield from erasure_of(order, facts.titles)
    yield "</section>"


def erasure_of(order: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield what one order erased."""
    results: Sequence[Mapping[str, Any]] = order["results"]
    yield (
        f"<p>{len(order['contents'])} contents were erased by order {text(order['id'])} at "
        f"{instant(order['erased_at'])}: {text(order['reason'])}. They were proven to have been "
        f"stored, and cannot be read any more. {len(results)} results rest on them"
        f"{':' if results else '.'}</p>"
    )
    if results:
        yield from table(
            ("Test", "Item", "Evaluations"),
            (
                (test_cell(row["rule"], titles), subject_cell(row), text(row["evaluations"]))
                for row in results
            ),
            len(results),
            "erasures.json",
        )


def contents_section() -> Iterator[str]:
    """Yield what stands where in the package."""
    yield "<section>\n<h2>What is where</h2>"
    rows = (
        (
            f'<a href="{name}">{name}</a>' if name.endswith(".html") else f"<code>{name}</code>",
            words,
        )
        for name, words in CONTENTS
    )
    yield from table(("File or folder", "What it holds"), rows, len(CONTENTS))
    yield "</section>"
