"""Makes a catalogue of a CSV file: the columns id and title, and group and text if it has them."""

from __future__ import annotations

import csv
import io

from ccm_core.control_characters import printable_excerpt
from ccm_core.errors import UsageError
from ccm_core.frameworks.catalogue_file import MAX_BYTES, is_one_line, oscal_ids
from ccm_core.model.framework import Catalogue, Requirement
from ccm_core.model.frozen_json import FrozenDict

_SHOWN = 80
"""Characters of a first line that is not one of headings."""
_LONGEST = {"id": 60, "title": 300, "group": 60, "text": 20_000}


def import_csv(text: bytes, source: str, name: str, title: str = "") -> Catalogue:
    """Read a table of requirements.

    Args:
        text: The file's bytes, in UTF-8; separated by commas, semicolons or tabs.
        source: Where a person finds it; leads every mistake.
        name: What packs call the framework.
        title: What people call it; empty: its name.

    Raises:
        UsageError: It has no such columns, or mistakes in rows; all of them are listed.
    """
    if len(text) > MAX_BYTES:
        raise UsageError(f"{source}: {len(text):,} bytes, expected at most {MAX_BYTES:,}")
    rows = _rows(text, source)
    to_oscal = oscal_ids(None)
    requirements: dict[str, Requirement] = {}
    mistakes: list[str] = []
    for line, row in rows:
        mistake = _mistake(row, requirements)
        if mistake:
            mistakes.append(f"{source}:{line}:1: {mistake}")
            continue
        requirements[row["id"]] = Requirement(
            id=row["id"],
            title=row["title"],
            group=row.get("group") or "all",
            text=row.get("text", ""),
            oscal_id=to_oscal(row["id"]),
        )
    if mistakes or not requirements:
        raise UsageError("\n".join(mistakes[:20]) or f"{source}: it has no rows")
    return Catalogue(
        name=name,
        title=title or name,
        version="not stated",
        publisher="not stated",
        source=source,
        groups=FrozenDict({one.group: one.group for one in requirements.values()}),
        requirements=FrozenDict(requirements),
    )


def _rows(text: bytes, source: str) -> list[tuple[int, dict[str, str]]]:
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise UsageError(f"{source}: expected text in UTF-8: {cause}") from cause
    first = decoded.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter)
    try:
        headings = [cell.strip().lower() for cell in next(reader, [])]
        missing = [name for name in ("id", "title") if name not in headings]
        if missing:
            got = printable_excerpt(", ".join(headings), _SHOWN, "?") or "nothing"
            raise UsageError(
                f"{source}:1:1: expected the columns id and title (and group, text), got {got}"
            )
        return [
            (reader.line_num, {n: cell.strip() for n, cell in zip(headings, row, strict=False)})
            for row in reader
            if any(row)
        ]
    except csv.Error as cause:
        raise UsageError(f"{source}:{reader.line_num}:1: {cause}") from cause


def _mistake(row: dict[str, str], before: dict[str, Requirement]) -> str | None:
    for name in ("id", "title"):
        if not row.get(name):
            return f"expected a value for {name}"
    for name, longest in _LONGEST.items():
        if len(row.get(name, "")) > longest:
            return f"{name} has {len(row[name]):,} characters, expected at most {longest:,}"
    for name in ("id", "group"):
        if not is_one_line(row.get(name, "")):
            return f"{name} {row[name]!a} has characters that cannot be printed on one line"
    return f"the id {row['id']} is there twice" if row["id"] in before else None
