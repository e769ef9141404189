"""How much of each framework the checks in use cover, by the newest evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.app.frameworks.catalogues import catalogue_names, read_framework
from ccm_core.errors import StoreNotFound
from ccm_core.frameworks.coverage import (
    Applicability,
    PackMapping,
    framework_coverage,
    mentioned,
)
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.framework_coverage import FrameworkCoverage
from ccm_core.model.frozen_json import FrozenDict

if TYPE_CHECKING:
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.audit.manual_evidence import ManualEvidence
    from ccm_core.model.evaluation.result import RuleResult
    from ccm_core.rules.pack.compiled import CompiledPacks

_RULES_ALONE = ResultScope(whole=False, evidence=False)


def pack_mapping(packs: CompiledPacks, now: datetime) -> PackMapping:
    """Return what packs say of controls, and which of their rules are switched off at a moment."""
    from ccm_core.rules.choices.chosen_packs import chosen_packs

    return PackMapping(
        controls=[
            (rule.id, rule.title, control)
            for pack in packs.packs
            for rule in pack.pack.rules
            for control in rule.controls
        ],
        manual_procedures=[
            manual for pack in packs.packs for manual in pack.pack.manual_procedures
        ],
        switched_off=FrozenDict(
            {off.rule: off.why for off in chosen_packs(packs, now).switched_off}
        ),
    )


def workspace_coverage(workspace: Workspace, names: Sequence[str] = ()) -> list[FrameworkCoverage]:
    """Return how much of some frameworks is covered.

    Args:
        workspace: The settings: packs, catalogues and what does not apply.
        names: Which; none: those that the settings show, else those that the packs in use map to
            and those that the settings say something of.

    Raises:
        UsageError: One is not known, or something has mistakes.
    """
    from ccm_core.app.rule_sets import compile_configured_packs

    mapping = pack_mapping(compile_configured_packs(workspace), workspace.host.clock())
    own = {entry.name for entry in workspace.settings.frameworks}
    known = {*catalogue_names(workspace)}
    shown = [name for name in workspace.settings.rules.frameworks if name in known]
    chosen = names or shown or sorted({*mentioned(mapping), *own} & known)
    rules, evidence = _stored(workspace)
    return [
        framework_coverage(
            read_framework(workspace, name),
            mapping,
            rules,
            applicability(workspace, name),
            evidence,
        )
        for name in chosen
    ]


def scope_warnings(workspace: Workspace) -> Sequence[str]:
    """Return the scopes that leave out nothing or everything, by the newest evaluation."""
    from ccm_core.rules.choices.control_scopes import useless_scopes

    with suppress(StoreNotFound), workspace.read_store() as store:
        latest = store.evaluations.latest(scope=_RULES_ALONE)
        if latest is not None:
            evaluation = latest.evaluation
            return tuple(useless_scopes(evaluation.scopes, evaluation.rules))
    return ()


def applicability(workspace: Workspace, name: str) -> Applicability:
    """Return what the settings say of a framework."""
    for entry in workspace.settings.frameworks:
        if entry.name == name:
            return Applicability(
                not_applicable=entry.not_applicable, owner=entry.owner, owners=entry.owners
            )
    return Applicability(not_applicable=FrozenDict(), owners=FrozenDict())


def _stored(workspace: Workspace) -> tuple[Sequence[RuleResult], Sequence[ManualEvidence]]:
    """Return the rules of the newest evaluation, and manual evidence; none where no store is."""
    with suppress(StoreNotFound), workspace.read_store() as store:
        latest = store.evaluations.latest(scope=_RULES_ALONE)
        return (latest.evaluation.rules if latest else ()), store.audit_acts.manual_evidence()
    return (), ()
