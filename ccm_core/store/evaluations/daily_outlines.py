"""Outlines of evaluations: of the last one of each day, and when each was made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.made_evaluation import MadeEvaluation
from ccm_core.model.evaluation.result import TrendPoint
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT, decode_evaluation
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ccm_core.store.sql.transaction import Transaction


def daily_outlines(
    transaction: Transaction, since: datetime, until: datetime
) -> Sequence[TrendPoint]:
    """Return an outline of the last evaluation of each UTC day, ``since <= moment < until``.

    One of a past moment counts where none was made on the day.
    """
    moments = transaction.rows(
        """
        SELECT seq, evaluated_at, act IS NULL
        FROM evaluation
        WHERE evaluated_at >= :since AND evaluated_at < :until
        ORDER BY evaluated_at, seq
        """,
        since=microseconds(since),
        until=microseconds(until),
    )
    last: dict[date, tuple[int, bool]] = {}
    for seq, moment, late in moments:
        day = instant(moment).astimezone(UTC).date()
        if not late or last.get(day, (seq, True))[1]:
            last[day] = (seq, bool(late))
    query = f"SELECT digest, document, {BASE_DOCUMENT} FROM evaluation WHERE seq = :seq"
    return [
        replace(
            decode_evaluation(document, base, digest, TrendPoint, f"evaluation {digest}"),
            made_late=late,
        )
        for seq, late in last.values()
        for digest, document, base in transaction.rows(query, seq=seq)
    ]


def made_evaluations(
    transaction: Transaction, since: datetime | None, until: datetime | None
) -> Sequence[MadeEvaluation]:
    """Return when evaluations were made, by the moments that they speak of."""
    later = "" if since is None else "AND evaluated_at >= :since"
    earlier = "" if until is None else "AND evaluated_at < :until"
    rows = transaction.rows(
        f"""
        SELECT digest, evaluated_at, made_at, inputs, act IS NULL FROM evaluation
        WHERE TRUE {later} {earlier}
        ORDER BY evaluated_at, seq
        """,
        since=None if since is None else microseconds(since),
        until=None if until is None else microseconds(until),
    )
    return [
        MadeEvaluation(
            digest=digest,
            evaluated_at=instant(evaluated_at),
            made_at=None if made_at is None else instant(made_at),
            inputs=inputs,
            of_past=bool(of_past),
        )
        for digest, evaluated_at, made_at, inputs, of_past in rows
    ]
