"""When the tests of a period were made, read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccm_core.bundle.verifier.scope import closed_until
from ccm_core.model.assurance import Assurance
from ccm_core.model.period_basis import LateItem, PeriodBasis
from ccm_core.pipeline.period_basis.in_force import in_force, last_before, made_with
from ccm_core.pipeline.period_basis.late_tests import late_evaluations, late_items, tests_made
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.store.interface.evaluations import EvaluationStore


def with_times(
    basis: PeriodBasis,
    evaluations: EvaluationStore,
    packs: CompiledPacks,
    assurance: Assurance,
    late: Sequence[LateItem],
) -> PeriodBasis:
    """Return what the tests of a period rest on, with when they were made.

    Args:
        basis: What they rest on.
        evaluations: Where they are stored.
        packs: Which test is of which pack.
        assurance: What the period proves.
        late: What was tested late.
    """
    until = closed_until(assurance.until)
    made = evaluations.made(since=assurance.since, until=until)
    before = last_before(evaluations, assurance.since)
    stages = [*([before] if before else []), *in_force(evaluations, assurance.since, until)]
    past = {one.digest: made_with(evaluations, one) for one in made if one.of_past}
    one_of_each = {one.inputs: one.digest for one in made if one.inputs is not None}
    rules_of = {
        name: {scope.rule for scope in inputs.rules}
        for name, digest in one_of_each.items()
        if (inputs := evaluations.inputs(digest)) is not None
    }
    rules = {rule for control in assurance.controls for rule in control.rules}
    pack_of = {rule.id: one.pack.name for one in packs.packs for rule in one.pack.rules}
    return replace(
        basis,
        tests_made=tuple(tests_made(made, rules, rules_of)),
        late_tests=(
            *late_evaluations(made, stages, {name: one for name, one in past.items() if one}),
            *late_items(late, stages, pack_of),
        ),
    )
