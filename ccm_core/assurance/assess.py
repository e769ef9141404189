"""Everything a period proves, of every kind and control that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from ccm_core.assurance.controls import control_assurance
from ccm_core.assurance.evaluation_history import hear
from ccm_core.assurance.inputs import Asked, Watched
from ccm_core.assurance.kind_coverage import holes_of, kind_assurance
from ccm_core.model.assurance import Assurance, Hole


def assess(asked: Asked, watched: Sequence[Watched]) -> Assurance:
    """Say what a period proves, as far as it has passed.

    Args:
        asked: The period, the controls and the evaluations.
        watched: The connections, with everything that was ever collected over them.
    """
    period = asked.passed
    ordered = sorted(watched, key=lambda one: one.connection)
    by_name = {one.connection: one for one in ordered}
    rules = {need.rule for needs in asked.controls.values() for need in needs}
    heard = hear(asked.evaluations, asked.controls.keys(), rules)

    @cache
    def holes(connection: str, kind: str, max_age: timedelta | None) -> Sequence[Hole]:
        return holes_of(by_name[connection], kind, period, max_age)

    return Assurance(
        period=asked.text,
        since=period.since,
        until=period.until,
        over=asked.period.until <= asked.now,
        kinds=tuple(
            kind_assurance(one, kind, period) for one in ordered for kind in sorted(one.cadences)
        ),
        controls=tuple(
            control_assurance(asked, ordered, heard, holes, one) for one in sorted(asked.controls)
        ),
    )
