"""The report of a period: what it proves, and samples of its population."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence

from ccm_core.assurance.sampling import select_samples
from ccm_core.model.period import Period
from ccm_core.pipeline.assurance import (
    ControlName,
    assess_period,
    assessment_moment,
    evaluated_window,
)
from ccm_core.pipeline.context import Connection, Host
from ccm_core.report.period.layout import PeriodInput
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.store.interface.evidence_store import EvidenceStore


def period_input(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    period: Period,
    controls: Some[ControlName] = (),
    *,
    samples: int,
) -> PeriodInput:
    """Gather what a period report shows.

    Args:
        host: What is installed, and the clock.
        connections: Whose evidence.
        store: Where it is stored.
        packs: Which rules support which control, and what they are called.
        period: The period; what lies in the future is left out.
        controls: Which; none: every control that the packs support.
        samples: The sample size of each control.

    Raises:
        UsageError: The period has not begun, or a control that no pack supports is named.
    """
    assurance = assess_period(host, connections, store, packs, period, controls)
    window = evaluated_window(period, assessment_moment(host, connections, store))
    return PeriodInput(
        assurance=assurance,
        sampling=select_samples(
            store.evaluations.between(since=window.since, until=window.until),
            {
                (control.framework, control.id): frozenset(control.rules)
                for control in assurance.controls
            },
            {control.name for control in connections},
            samples,
        ),
        titles={rule.id: rule.title for control in packs.packs for rule in control.pack.rules},
        host_version=host.version,
    )
