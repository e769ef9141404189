"""Which tracked evaluations count: findings go on from what a clock that was ahead has not touched.

Findings follow the evaluations from one moment to the next. An evaluation by a clock that was hours
ahead lies in the future until its moment has passed. The first evaluation after it by a right clock
is tracked all the same, from the findings as they were at its moment. So whatever was tracked
before it and is of a later moment counts no more. Nothing else states that: the order of storing,
which the ledger proves, and the moments do.
"""

from __future__ import annotations

COUNTING = """
    (
        SELECT tracked.*,
            min(evaluated_at) OVER (
                ORDER BY seq DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS later_moment
        FROM finding_changes AS tracked
    )
"""
"""As a table: all that was tracked, each with the earliest moment of what was tracked after it."""
COUNTS = "(later_moment IS NULL OR evaluated_at < later_moment)"
"""Whether a row of :data:`COUNTING` counts."""
LAST = "SELECT evaluated_at FROM finding_changes ORDER BY seq DESC LIMIT 1"
"""The moment of the evaluation that was tracked last."""
UNTRACKED = """
    WITH last AS (
        SELECT tracked.evaluated_at AS moment, evaluation.seq AS seq
        FROM finding_changes AS tracked
        JOIN evaluation ON evaluation.digest = tracked.evaluation
        ORDER BY tracked.seq DESC LIMIT 1
    )
    SELECT digest FROM evaluation WHERE seq IN (
        SELECT min(seq)
        FROM evaluation
        WHERE evaluated_at > coalesce((SELECT moment FROM last), :before_all)
            AND (
                seq > coalesce((SELECT seq FROM last), 0)
                OR evaluated_at > (SELECT max(evaluated_at) FROM finding_changes)
            )
        GROUP BY evaluated_at
    ) OR (
        act IS NOT NULL
        AND seq > (SELECT seq FROM last)
        AND evaluated_at < (SELECT moment FROM last) - :tolerance
    )
    ORDER BY evaluated_at
"""
"""Evaluations that are later than what was tracked last. An evaluation by change is of the moment
at which it was made: one that was stored later and is far before that was made by a clock that is
right again. An evaluation as of a past moment has no act, and is not tracked."""
