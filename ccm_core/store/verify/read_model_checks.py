"""The lines of the read model, against the rows and verdicts that they are derived from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import (
    ROWS,
    VERDICTS,
    connection_of,
    derived_log,
    is_derived,
    rows_kind,
    verdicts_kind,
)
from ccm_core.model.instant import parse_instant
from ccm_core.store.codec.bodies import verified
from ccm_core.store.log import content_dictionaries
from ccm_core.store.sql.instants import microseconds
from ccm_core.store.verify.line_letters import GroupLetters, group_letters
from ccm_core.store.verify.line_roots import line_root_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ccm_core.store.codec.compression import Decompressor
    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_BODIES = """
    SELECT current_version.key, current_version.digest, body.content
    FROM current_version LEFT JOIN body ON body.digest = current_version.digest
    WHERE current_version.connection = :connection AND current_version.kind = :kind
        AND current_version.digest IS NOT NULL
    ORDER BY current_version.key
"""
_SUBJECTS = """
    SELECT key, title, url, owners, occurred_at, final, shown FROM subject
    WHERE connection = :connection AND view = :view ORDER BY key
"""
_VERDICTS = """
    SELECT key, statuses FROM verdict
    WHERE connection = :connection AND pack = :pack AND view = :view ORDER BY key
"""
_SUBJECT = ("title", "url", "owners", "occurred_at", "final")
_STRAY = """
    SELECT trace.connection, trace.view, trace.name, trace.key
    FROM trace LEFT JOIN subject ON subject.connection = trace.connection
        AND subject.view = trace.view AND subject.key = trace.key
    WHERE subject.key IS NULL
"""


def read_model_problems(
    transaction: Transaction, erased: frozenset[str]
) -> Iterator[VerificationProblem]:
    """Yield the lines that are missing, are too many or say something else than their records."""
    checker = _LineChecker(transaction, erased)
    for connection, view in _names(transaction, "subject", ROWS, 1):
        yield from checker.subjects(connection, view)
    letters = group_letters(transaction)
    for connection, pack, view in _names(transaction, "verdict", VERDICTS, 2):
        yield from checker.verdicts(connection, pack, view, letters.get((connection, pack, view)))
    for connection, view, name, key in transaction.rows(_STRAY):
        problem = f"it leads from {name}, and there is no such subject"
        yield _problem("trace", f"{key} in {view} of {connection}", problem)
    yield from line_root_problems(transaction)


def _names(
    transaction: Transaction, table: str, prefix: str, parts: int
) -> Iterable[tuple[str, ...]]:
    """Return the connections with their views, and packs, of which there are lines or records."""
    columns = "view" if parts == 1 else "pack, view"
    names = {
        tuple(map(str, row))
        for row in transaction.rows(f"SELECT DISTINCT connection, {columns} FROM {table}")
    }
    for log, kind in transaction.rows("SELECT DISTINCT connection, kind FROM current_version"):
        if is_derived(str(log)) and str(kind).startswith(prefix):
            names.add((connection_of(log), *kind.removeprefix(prefix).split("/", parts - 1)))
    return sorted(names)


@dataclass(slots=True)
class _LineChecker:
    transaction: Transaction
    erased: frozenset[str]
    _decompressor: Decompressor = field(init=False)

    def __post_init__(self) -> None:
        """Read contents with the dictionaries that they name."""
        self._decompressor = content_dictionaries.reader(self.transaction)

    def subjects(self, connection: str, view: str) -> Iterator[VerificationProblem]:
        """Compare the lines of a view's subjects with its rows."""
        lines = self.transaction.rows(_SUBJECTS, connection=connection, view=view)
        bodies = self._bodies(connection, rows_kind(view))
        for key, line, body in _paired(lines, bodies):
            label = f"{key} in {view} of {connection}"
            yield from _differing_subject(label, line, body)

    def verdicts(
        self, connection: str, pack: str, view: str, letters: GroupLetters | None
    ) -> Iterator[VerificationProblem]:
        """Compare the lines of what a pack says of a view's subjects with its verdicts."""
        lines = self.transaction.rows(_VERDICTS, connection=connection, pack=pack, view=view)
        bodies = self._bodies(connection, verdicts_kind(pack, view))
        checked = letters or GroupLetters()
        for key, line, body in _paired(lines, bodies):
            label = f"{key} by {pack} in {view} of {connection}"
            if (problem := _missing(line, body, "verdict")) is not None:
                yield _problem("verdict", label, problem)
            elif line is not None and body is not None and body != _UNREADABLE:
                (statuses,) = line
                if (problem := checked.problem(key, statuses, body)) is not None:
                    yield _problem("verdict", label, problem, "statuses")

    def _bodies(self, connection: str, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what is current of a kind; what cannot be read is named apart, by its version."""
        log = derived_log(connection)
        for key, digest, content in self.transaction.rows(_BODIES, connection=log, kind=kind):
            if content is None and digest in self.erased:
                continue  # it has no line any more
            try:
                body = json_codec.decode(verified(content, digest, self._decompressor))
            except ValueError:
                body = None
            yield key, body if isinstance(body, dict) else _UNREADABLE


_UNREADABLE: Mapping[str, Any] = {}


def _paired(
    lines: Iterator[Row], bodies: Iterator[tuple[str, Mapping[str, Any]]]
) -> Iterator[tuple[str, tuple[Any, ...] | None, Mapping[str, Any] | None]]:
    """Yield lines and bodies by key, both sorted, with None where one of them is not there."""
    line, body = next(lines, None), next(bodies, None)
    while line is not None or body is not None:
        key = min(str(row[0]) for row in (line, body) if row is not None)
        columns = tuple(line[1:]) if line is not None and str(line[0]) == key else None
        document = body[1] if body is not None and body[0] == key else None
        yield key, columns, document
        line = line if columns is None else next(lines, None)
        body = body if document is None else next(bodies, None)


def _differing_subject(
    label: str, line: tuple[Any, ...] | None, body: Mapping[str, Any] | None
) -> Iterator[VerificationProblem]:
    if (problem := _missing(line, body, "row")) is not None:
        yield _problem("subject", label, problem)
    elif line is not None and body is not None and body != _UNREADABLE:
        try:
            *columns, shown = line
            expected, problem = _columns(body), _shown_problem(shown, body["fields"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            yield _problem("subject", label, f"its row cannot be read ({error!r})")
            return
        if problem is not None:
            yield _problem("subject", label, problem, "shown")
        for name, stored, derived in zip(_SUBJECT, columns, expected, strict=True):
            if stored != derived:
                problem = f"it is {stored!r}, and {derived!r} by its row"
                yield _problem("subject", label, problem, name)


def _shown_problem(shown: str, fields: Mapping[str, Any]) -> str | None:
    """Return how the fields of a line differ from those of its row; it may have some of them."""
    for name, stored in sorted(json_codec.decode(shown).items()):
        if name not in fields or fields[name] != stored:
            return f"its {name} is {stored!r}, and {fields.get(name)!r} by its row"
    return None


def _columns(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the line of a row holds."""
    subject, occurred_at = row["subject"], row["occurred_at"]
    return (
        subject["title"],
        subject["url"],
        json.dumps(subject["owners"], ensure_ascii=False),
        None if occurred_at is None else microseconds(parse_instant(occurred_at)),
        int(row["final"]),
    )


def _missing(line: object, body: object, noun: str) -> str | None:
    if line is None:
        return f"its line is missing, and its {noun} is there"
    return f"its line is there, and no {noun} says so" if body is None else None


def _problem(
    table: str, label: str, problem: str, column: str | None = None
) -> VerificationProblem:
    return VerificationProblem(
        label=f"the line of {label}", table=table, field=column, problem=problem
    )
