"""Exceptions, populations and samples for spreadsheets: CSV in which no cell is a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ccm_core.bundle.verifier.pages.facts import (
    PageFacts,
    TestSample,
    exceptions_by_item,
    rule_items,
)
from ccm_core.bundle.verifier.pages.layout import plain

FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, the full-width forms included."""
BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets see by it that the text is UTF-8."""
ROWS_AT_A_TIME = 1000
ITEM_COLUMNS = ("connection", "item_kind", "item_key", "occurred_at", "result", "result_id")


def exceptions_table_rows(facts: PageFacts) -> Iterator[tuple[object, ...]]:
    """Yield the exceptions, each once."""
    yield (
        *("rule", "test", "controls", "connection", "item_kind", "item_key", "item_title"),
        *("first_seen", "last_seen", "evaluations", "risk_accepted"),
    )
    for row in exceptions_by_item(facts.assurance):
        subject = row["subject"]
        yield (
            row["rule"],
            facts.titles.get(row["rule"], ""),
            " ".join(row["controls"]),
            row["connection"],
            subject["kind"],
            subject["key"],
            subject["title"],
            row["first_seen"],
            row["last_seen"],
            row["evaluations"],
            "yes" if row["waived"] else "no",
        )


def population_rows(facts: PageFacts) -> Iterator[tuple[object, ...]]:
    """Yield every item of every test."""
    yield ("rule", *ITEM_COLUMNS)
    for rule in facts.predicate["rules"]:
        for item in rule_items(facts, rule):
            yield (rule, *item.cells, item.id)


def sample_rows(facts: PageFacts, samples: Sequence[TestSample]) -> Iterator[tuple[object, ...]]:
    """Yield the samples of each test, in the order of their selection."""
    yield (
        *("rule", "risk", "population", "sample_size", "sample_number"),
        *ITEM_COLUMNS,
        "random_seed",
    )
    for test in samples:
        of_test = (test.rule, test.risk, test.population, test.size)
        for number, item in enumerate(test.items, 1):
            yield (*of_test, number, *item.cells, item.id, facts.seed)


def csv_chunks(rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """Yield a table as CSV (RFC 4180), many rows at a time."""
    lines = [BYTE_ORDER_MARK]
    for row in rows:
        lines.append(",".join(map(csv_cell, row)) + "\r\n")
        if len(lines) > ROWS_AT_A_TIME:
            yield "".join(lines).encode()
            lines = []
    if lines:
        yield "".join(lines).encode()


def csv_cell(value: object) -> str:
    """Return a quoted text that no spreadsheet runs: an apostrophe precedes a formula."""
    line = plain(value)
    shown = f"'{line}" if line.startswith(FORMULA) else line
    quoted = shown.replace('"', '""')
    return f'"{quoted}"'
