"""Exceptions, populations and samples as pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ccm_core.bundle.verifier.pages.facts import (
    SAMPLE_SIZE,
    PageFacts,
    PeriodItem,
    exceptions_by_item,
    rule_items,
)
from ccm_core.bundle.verifier.pages.layout import (
    MOST_ROWS,
    counted,
    html_page,
    instant,
    listed,
    subject_cell,
    table,
    test_cell,
    text,
)

Samples = Mapping[str, Sequence[PeriodItem]]
"""By rule."""


def exceptions_page(facts: PageFacts) -> bytes:
    """Return the page of the exceptions, each once."""
    rows = list(exceptions_by_item(facts.assurance))
    body = [
        (
            f"<p>{counted(len(rows), 'exception')} of the period: items that failed a test, each "
            "with the controls that it concerns. <code>tables/exceptions.csv</code> has the same "
            "for a spreadsheet. What the company answered to them is not in this package.</p>"
        ),
        *table(
            ("Test", "Item", "Controls", "First seen", "Last seen", "Evaluations", ""),
            (
                (
                    test_cell(row["rule"], facts.titles),
                    subject_cell(row),
                    listed(row["controls"]),
                    instant(row["first_seen"]),
                    instant(row["last_seen"]),
                    text(row["evaluations"]),
                    "risk accepted" if row["waived"] else "",
                )
                for row in rows
            ),
            len(rows),
            "tables/exceptions.csv",
        ),
    ]
    return html_page("pages/exceptions.html", "Exceptions", body)


def populations_page(facts: PageFacts) -> Iterator[bytes]:
    """Yield the page of the populations: what each test had to test, and its result."""
    head = (
        "<p>The population of a test is every item that it applied to in the period. The tests "
        "evaluated all of it (a census): no item was chosen. <code>tables/populations.csv</code> "
        "has every item; here are the first of each test.</p>"
    )
    body = [head]
    for rule in facts.predicate["rules"]:
        body.extend(population_section(facts, rule))
    yield html_page("pages/populations.html", "Populations", body)


def population_section(facts: PageFacts, rule: str) -> Iterator[str]:
    """Yield the first items of a test."""
    first: list[PeriodItem] = []
    number = 0
    for item in rule_items(facts.history, rule, facts.predicate["connections"]):
        number += 1
        if number <= MOST_ROWS:
            first.append(item)
    yield f"<section>\n<h2>{test_cell(rule, facts.titles)}</h2>\n<p>{counted(number, 'item')}.</p>"
    if number:
        rows = (item_cells(item) for item in first)
        yield from table(ITEM_HEAD, rows, number, "tables/populations.csv")
    yield "</section>"


ITEM_HEAD = ("Connection", "Kind", "Item", "Occurred", "Result")


def item_cells(item: PeriodItem) -> tuple[str, ...]:
    """Return the cells of an item."""
    connection, kind, key, occurred, result = item.cells
    return (text(connection), text(kind), text(key), instant(occurred), text(result))


def samples_page(facts: PageFacts, samples: Samples) -> bytes:
    """Return the page of the samples, and how anybody selects the same."""
    body = [
        (
            "<p>Every item was tested, so these samples are for performing tests again at the "
            "source. Nobody chose them: the random seed is the digest of the last evaluation "
            f"that the period counts, and the {SAMPLE_SIZE} items of each test come first by the "
            "SHA-256 of the seed, a line feed and the result id. A sample of 25 is the first 25 "
            "of them.</p>"
        ),
        f"<p>Random seed: <code>{text(facts.seed)}</code></p>",
        "<p>The records of an item are in <code>evidence/CONNECTION/KIND.jsonl</code>.</p>",
    ]
    for rule, items in samples.items():
        body.append(f"<section>\n<h2>{test_cell(rule, facts.titles)}</h2>")
        rows = (
            (str(number), *item_cells(item), f"<code>{text(item.id)}</code>")
            for number, item in enumerate(items, 1)
        )
        if items:
            body.extend(table(("No.", *ITEM_HEAD, "Result id"), rows, len(items)))
        else:
            body.append("<p>No items in the period.</p>")
        body.append("</section>")
    return html_page("pages/samples.html", "Samples", body)
