"""Assess a period: every kind, and every control that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from ccm_core.assurance.control_conclusion import control_assurance
from ccm_core.assurance.inputs import AssuranceInputs, ConnectionHistory
from ccm_core.assurance.kind_coverage import find_evidence_gaps, kind_assurance
from ccm_core.model.assurance import Assurance, EvidenceGap


def assess(inputs: AssuranceInputs, connections: Sequence[ConnectionHistory]) -> Assurance:
    """Return what the evidence of a period proves, as far as it has elapsed.

    Args:
        inputs: The period, the controls and the evaluations.
        connections: The connections, with everything that was ever collected over them.
    """
    period = inputs.elapsed
    ordered = sorted(connections, key=lambda history: history.connection)
    by_name = {history.connection: history for history in ordered}

    @cache
    def gaps(connection: str, kind: str, max_age: timedelta | None) -> Sequence[EvidenceGap]:
        return find_evidence_gaps(by_name[connection], kind, period, max_age)

    return Assurance(
        period=inputs.period_name,
        since=period.since,
        until=period.until,
        ended=inputs.period.until <= inputs.now,
        kinds=tuple(
            kind_assurance(history, kind, period)
            for history in ordered
            for kind in sorted(history.cadences)
        ),
        scopes=tuple(inputs.scopes),
        controls=tuple(
            control_assurance(inputs, ordered, inputs.evaluated, gaps, control)
            for control in sorted(inputs.controls)
        ),
    )
