"""Exceptions, populations and samples as pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.bundle.verifier.pages.facts import (
    PageFacts,
    PeriodItem,
    TestSample,
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
from ccm_core.bundle.verifier.pages.sample_sizes import UNSTATED


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
    for item in rule_items(facts, rule):
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


def samples_page(facts: PageFacts, samples: Sequence[TestSample]) -> bytes:
    """Return the page of the samples, and how anybody selects the same."""
    body = [
        (
            "<p>Every item was tested, so these samples are for performing tests again at the "
            "source. They are drawn for each test apart, as many as its population and its risk "
            "ask for, and nobody chose them: the random seed is the digest of the last "
            "evaluation that the period counts, and the items come first by the SHA-256 of the "
            "seed, a line feed and the result id. A smaller sample is the beginning of these; for "
            "a larger one, go on in that order with <code>tables/populations.csv</code>.</p>"
        ),
        f"<p>Random seed: <code>{text(facts.seed)}</code></p>",
        "<p>The records of an item are in <code>evidence/CONNECTION/KIND.jsonl</code>.</p>",
        *sizes_section(facts),
    ]
    for test in samples:
        body.append(
            f"<section>\n<h2>{test_cell(test.rule, facts.titles)}</h2>\n"
            f"<p>{test.risk.capitalize()} risk: a sample of {test.size} from a population of "
            f"{test.population}.</p>"
        )
        rows = (
            (str(number), *item_cells(item), f"<code>{text(item.id)}</code>")
            for number, item in enumerate(test.items, 1)
        )
        if test.items:
            body.extend(table(SAMPLE_HEAD, rows, len(test.items), "tables/samples.csv"))
        else:
            body.append("<p>No items in the period.</p>")
        body.append("</section>")
    return html_page("pages/samples.html", "Samples", body)


SAMPLE_HEAD = ("No.", *ITEM_HEAD, "Result id")
SIZES_HEAD = ("Population", "Low risk", "Medium risk", "High risk")


def sizes_section(facts: PageFacts) -> Iterator[str]:
    """Yield the sizes of the samples, as the last evaluation was made with them."""
    sizes = facts.plan.sizes
    yield "<section>\n<h2>Sizes</h2>"
    if sizes:
        yield (
            "<p>As the last evaluation of the period states them. Tests of high and critical "
            "severity are of high risk, those of low and informational severity of low risk.</p>"
        )
        rows = (
            (
                "larger" if line["up_to"] is None else f"up to {text(line['up_to'])}",
                *(text(line[risk]) for risk in ("low", "medium", "high")),
            )
            for line in sizes
        )
        yield from table(SIZES_HEAD, rows, len(sizes))
    else:
        yield f"<p>{UNSTATED} of each test: the last evaluation of the period states none.</p>"
    yield "</section>"
