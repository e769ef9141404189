"""The rows that an evaluation left, of its period, as they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.derived import rows_kind
from ccm_core.model.instant import parse_instant
from ccm_core.store.derived import read_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from ccm_core.model.evaluation.derived import SubjectLine
    from ccm_core.store.evaluations.derived_bodies import Body, KeptBodies


def period_rows(
    bodies: KeptBodies, view: str, keys: AbstractSet[str] | None = None
) -> Iterator[Body]:
    """Yield the bodies of a view's rows, or of some, without what was final before the period.

    Raises:
        IntegrityError: They are not those that the evaluation left, or the read model says
            something else of them.
    """
    kind, connection = rows_kind(view), bodies.state.connection
    lines = {
        line.key: line
        for line in read_model.subjects(
            bodies.transaction, connection, view, since=bodies.state.period_since
        )
        if keys is None or line.key in keys
    }
    _compare_number(bodies, view)
    number = 0
    for key, body in bodies.some(kind, lines):
        number += 1
        if not _is_of(body, lines[key]):
            raise bodies.damage(kind, f"{key} is not what its line says")
        yield body
    if number != len(lines):
        raise bodies.damage(kind, f"{len(lines):,} lines are there, and {number:,} rows")


def _compare_number(bodies: KeptBodies, view: str) -> None:
    query = "SELECT count(*) FROM subject WHERE connection = :connection AND view = :view"
    number = bodies.transaction.value(query, connection=bodies.state.connection, view=view)
    stated = bodies.kinds[rows_kind(view)].records
    if number != stated:
        raise bodies.damage(
            rows_kind(view), f"the evaluation left {stated:,}, and the index has {number:,}"
        )


def _is_of(body: Body, line: SubjectLine) -> bool:
    occurred_at = body["occurred_at"]
    moment = None if occurred_at is None else parse_instant(occurred_at)
    return (moment, body["final"]) == (line.occurred_at, line.final)
