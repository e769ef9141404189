"""A refusal for size names a next step that helps, and strings are no structure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ccm_core.bundle.package_bounds import refuse_beyond_bounds, refuse_unreadable_statement
from ccm_core.bundle.verifier.bounds import (
    BYTES_BY_BRACKET,
    BYTES_BY_COMMA,
    FREE_PARTS,
    LIMITS,
    MOST_DEPTH,
    BoundExceeded,
)
from ccm_core.bundle.verifier.strict_json import read_json
from ccm_core.errors import UsageError

STEPS = {
    "leaves of a connection": ("leaves", "the log hq", "Bundle a shorter period, fewer controls"),
    "files": ("files", "the package", "Bundle a shorter period, fewer controls"),
    "leaves of the store": ("leaves", "the log @store", "begin a new store"),
    "a leaf of the store": ("leaf", "leaf 4 of the log @store", "begin a new store"),
    "keys": ("keys", "the package", "begin a new store"),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_refusal_for_size_names_a_step_that_helps(name):
    """A shorter period leaves the store's own log as it is."""
    field, place, step = STEPS[name]
    bound = getattr(LIMITS, field)
    refusal = f"at most {bound.most:,} are read, as .*{step}"
    with pytest.raises(UsageError, match=refusal), refuse_beyond_bounds():
        bound.check(place, bound.most + 1)


def test_a_refusal_for_size_is_not_made_at_the_bound():
    """The largest of each is allowed."""
    for bound in LIMITS:
        if not isinstance(bound, int):
            bound.check("the package", bound.most)


def in_words(number):
    """Return a number as the documentation has it."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if number % (1 << shift) == 0:
            return f"{number >> shift} {unit}"
        if (number + 1) % (1 << shift) == 0:
            return f"{(number + 1) >> shift} {unit} less a byte"
    return f"{number:,}"


def test_every_bound_is_documented():
    """With its number; the reasons are those of the messages, in other words or the same."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "bundles.md").read_text("utf-8")
    _, _, bounds = page.partition("## Bounds")
    cells = [row.split("|")[2] for row in bounds.splitlines() if row.startswith("|")]
    sizes = [limit if isinstance(limit, int) else limit.most for limit in LIMITS]
    counts = [MOST_DEPTH.most, FREE_PARTS, BYTES_BY_BRACKET, BYTES_BY_COMMA]
    for number in [*map(in_words, sizes), *(f"{count:,}" for count in counts)]:
        assert any(re.search(rf"(?<![\d,]){number}(?![\d,]*\d)", cell) for cell in cells), number


UNSAFE = {
    "climbs": "evidence/../rows.jsonl",
    "is a drive": "evidence/c:/rows.jsonl",
    "has a line feed": "evidence/hq/a\nb.jsonl",
    "turns text around": "evidence/hq/\u202eb.jsonl",
    "has a backslash": "evidence/hq/a\\b.jsonl",
}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_file_name_that_a_verifier_refuses_is_refused_before(name):
    """As a matter of the request, and with the name."""
    with pytest.raises(UsageError, match=r"not a safe file name.*nothing was written"):
        refuse_unreadable_statement([UNSAFE[name]], (), (), {}, LIMITS)


def test_a_statement_that_names_more_than_a_verifier_reads_is_refused_before():
    """Thousands of rules with names of one letter."""
    predicate = {"rules": ["a"] * (3 * FREE_PARTS)}
    with pytest.raises(BoundExceeded, match=r"the payload of statement\.json: .* commas"):
        refuse_unreadable_statement((), (), (), predicate, LIMITS)


DENSE = {
    "brackets": ([[]] * (FREE_PARTS + 1_000), "brackets in"),
    "objects": ([{}] * (FREE_PARTS + 1_000), "brackets in"),
    "commas": ([1] * (2 * FREE_PARTS), "commas in"),
    "a string with a quote before": (['\\"', *([1] * 2 * FREE_PARTS)], "commas in"),
}
HARMLESS = {
    "commas in a string": "," * 200_000,
    "brackets in a string": '"[{\\"' * 100_000,
    "a backslash at the end of strings": ["\\,,,,,,,,,,,,,,,,,,,,,,,\\"] * 3_000,
    "as many brackets as are free": [[]] * (FREE_PARTS - 2),
}


@pytest.mark.parametrize("name", DENSE)
def test_json_of_hardly_anything_but_structure_is_refused(name):
    """It is many times larger in memory; the message names the document."""
    value, text = DENSE[name]
    with pytest.raises(BoundExceeded, match=f"^the row: .*{text}"):
        read_json(json.dumps(value), "the row")


@pytest.mark.parametrize("name", HARMLESS)
def test_json_with_commas_and_brackets_in_its_strings_is_read(name):
    """Titles of alerts are somebody's lists, and cost no more memory than other text."""
    assert read_json(json.dumps(HARMLESS[name])) == HARMLESS[name]
