"""Everything a period proves, of every kind and control that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ccm_core.assurance.controls import control_assurance
from ccm_core.assurance.interface import Asked, Watched
from ccm_core.assurance.kinds import kind_assurance
from ccm_core.model.assurance import Assurance


def assess(asked: Asked, watched: Sequence[Watched]) -> Assurance:
    """Say what a period proves, as far as it has passed.

    Args:
        asked: The period, the controls and the evaluations.
        watched: The connections, with everything that was ever collected over them.
    """
    period = asked.passed
    ordered = sorted(watched, key=lambda one: one.connection)
    return Assurance(
        period=asked.text,
        since=period.since,
        until=period.until,
        over=asked.period.until <= asked.now,
        kinds=tuple(
            kind_assurance(one, kind, period) for one in ordered for kind in sorted(one.cadences)
        ),
        controls=tuple(control_assurance(asked, ordered, one) for one in sorted(asked.controls)),
    )
