"""The report of a period: what it proves, and samples of its population."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from functools import cache

from ccm_core.assurance.noted_exceptions import people_added
from ccm_core.assurance.sampling import (
    NO_EVALUATION,
    planned_sizes,
    sample_of,
    select_histories,
)
from ccm_core.bundle.verifier.pages.sample_sizes import SamplePlan, sample_plan
from ccm_core.bundle.verifier.strict_json import read_json
from ccm_core.errors import StaleEvaluation
from ccm_core.model.evaluation.result_history import ResultHistory
from ccm_core.model.period import Period
from ccm_core.model.sampling import Sample, Sampling, TestSamples
from ccm_core.pipeline.assurance import (
    ControlName,
    assess_items,
    assessment_moment,
)
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.period_basis.configuration import with_configuration
from ccm_core.pipeline.period_basis.gather import StatedControls, period_basis
from ccm_core.pipeline.period_basis.times import with_times
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
    samples: int | None = None,
) -> PeriodInput:
    """Gather what a period report shows.

    Args:
        host: What is installed, and the clock.
        connections: Whose evidence.
        store: Where it is stored.
        packs: Which rules support which control, and what they are called.
        period: The period; what lies in the future is left out.
        controls: Which; none: every control that the packs support.
        samples: The sample size of each test; None: as the last evaluation states it.

    Raises:
        UsageError: The period has not begun, or a control that no pack supports is named.
    """
    assessed = assess_items(host, connections, store, packs, period, controls)
    assurance = assessed.assurance
    window = assessed.evaluated
    return PeriodInput(
        assurance=assurance,
        sampling=sampled(
            store,
            {"since": window.since, "until": window.until},
            {rule for control in assurance.controls for rule in control.rules},
            {connection.name for connection in connections},
            samples,
            assessed.populations,
        ),
        titles={rule.id: rule.title for control in packs.packs for rule in control.pack.rules},
        host_version=host.version,
        late=assessed.late,
        people=people_added(
            assurance,
            store.audit_acts.responses(),
            store.audit_acts.manual_evidence(),
            controls,
        ),
    )


def with_basis(
    inputs: PeriodInput,
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    stated: StatedControls,
) -> PeriodInput:
    """Return what a period report shows, with what the tests rest on.

    Args:
        inputs: Conclusions and samples.
        host: What is installed, and the clock.
        connections: Whose evidence.
        store: Where it is stored.
        packs: How tests are described.
        stated: What catalogues and settings say of controls.
    """
    made_at = assessment_moment(host, connections, store)
    basis = period_basis(host, connections, store, packs, inputs.assurance, stated, made_at)
    basis = with_configuration(basis, host, connections, store, inputs.assurance)
    basis = with_times(basis, store.evaluations, packs, inputs.assurance, inputs.late)
    return replace(inputs, basis=basis)


def sampled(
    store: EvidenceStore,
    span: Mapping[str, datetime],
    rules: AbstractSet[str],
    connections: AbstractSet[str],
    sample_size: int | None = None,
    populations: Mapping[tuple[str, str], AbstractSet[str]] | None = None,
) -> Sampling:
    """Select samples of what the evaluations of a time say; only those selected are read whole.

    Args:
        store: Where they are stored.
        span: ``since`` and ``until``.
        rules: The tests.
        connections: Whose items.
        sample_size: How many of each test; None: as the last of those evaluations states it.
        populations: By rule and connection, the only items to select from, as ``KIND:KEY``; None:
            all that the rules applied to in that time.
    """
    moments = store.evaluations.moments(**span)
    seed = moments[-1][0] if moments else NO_EVALUATION
    plan = sample_plan_of(store, seed if moments else None)
    histories: Iterable[ResultHistory]
    histories = store.evaluations.histories(rules, connections, **span)
    if populations is not None:
        histories = (
            history
            for history in histories
            if history.subject in populations.get((history.rule, history.connection), ())
        )
    selections = select_histories(seed, histories, rules, plan, sample_size)

    @cache
    def sample(history: ResultHistory) -> Sample:
        digest, evaluated_at = moments[history.last]
        on = (history.rule, history.connection, history.subject)
        result = store.evaluations.result_on(digest, *on)
        if result is None:
            raise StaleEvaluation("evidence was erased while its samples were read; report again")
        return sample_of(history, result, evaluated_at)

    return Sampling(
        random_seed=seed,
        sample_size=sample_size,
        sizes=planned_sizes(plan),
        tests=tuple(
            TestSamples(
                rule=selection.rule,
                population=selection.population,
                risk=plan.risk(selection.rule),
                sample_size=selection.size,
                samples=tuple(map(sample, selection.selected)),
            )
            for selection in selections
        ),
    )


def sample_plan_of(store: EvidenceStore, evaluation: str | None) -> SamplePlan:
    """Return how many items of each test an evaluation states to sample; None: there is none."""
    inputs = store.evaluations.inputs_digest(evaluation) if evaluation is not None else None
    document = None if inputs is None else store.evaluations.document(inputs)
    return sample_plan(
        None if document is None else read_json(document, "the inputs of an evaluation")
    )
