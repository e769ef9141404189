"""Record in the store what validated the method of rule packs, where it was run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ccm_core.model.audit.validation import ValidatedCase, Validation, ValidationMethod

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.rules.pack.compiled import CompiledPacks
    from ccm_core.rules.testing.mutation import MutationResult
    from ccm_core.rules.testing.runner import CaseResult


def record_tests(
    workspace: Workspace, packs: CompiledPacks, results: Sequence[CaseResult]
) -> Sequence[Validation]:
    """Store the outcome of the tests of some packs, and return it.

    Args:
        workspace: Where it is stored.
        packs: The packs.
        results: How each test went.

    Raises:
        StoreError: It cannot be stored.
    """
    cases = [
        (
            result.pack,
            ValidatedCase(
                rule=result.rule,
                test=result.test,
                mutation="",
                expected=result.expected,
                actual=result.actual,
                passed=result.passed,
            ),
        )
        for result in results
    ]
    return _record(workspace, ValidationMethod.TESTS, packs, cases)


def record_mutations(
    workspace: Workspace, packs: CompiledPacks, results: Sequence[MutationResult]
) -> Sequence[Validation]:
    """Store the outcome of the mutations of the tests of some packs, and return it.

    Args:
        workspace: Where it is stored.
        packs: The packs.
        results: What came of each mutation.

    Raises:
        StoreError: It cannot be stored.
    """
    cases = [
        (
            result.pack,
            ValidatedCase(
                rule=result.rule,
                test=result.test,
                mutation=result.mutation,
                expected=result.before,
                actual=result.after,
                passed=not result.false_pass,
            ),
        )
        for result in results
    ]
    return _record(workspace, ValidationMethod.MUTATIONS, packs, cases)


def _record(
    workspace: Workspace,
    method: ValidationMethod,
    packs: CompiledPacks,
    cases: Sequence[tuple[str, ValidatedCase]],
) -> Sequence[Validation]:
    """Store an outcome for each pack, with its cases, and return them."""
    host = workspace.host
    outcomes = [
        Validation(
            method=method,
            pack=one.pack.name,
            version=one.pack.version,
            pack_digest=one.pack.digest,
            host_version=host.version,
            plugins=host.plugins,
            at=host.clock(),
            cases=tuple(case for pack, case in cases if pack == one.pack.name),
        )
        for one in packs.packs
    ]
    with workspace.write_store(create=False) as store:
        store.audit_acts.record_validations(outcomes)
    return outcomes
