"""Gather what the tests of a period rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from ccm_core.bundle.verifier.scope import closed_until
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint
from ccm_core.ledger.signed_note import encoded, read
from ccm_core.model.assurance import Assurance, ControlException
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.evidence.window import Window
from ccm_core.model.framework import NO_CATALOGUES, Catalogues
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.period_basis import (
    CheckpointHead,
    ControlText,
    ParameterValue,
    PeriodBasis,
    RiskAcceptance,
    RuleDescription,
)
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.period_basis.connections import connection_basis
from ccm_core.pipeline.period_basis.in_force import InForce, design_changes, in_force, shown
from ccm_core.pipeline.period_basis.validations import validated_packs
from ccm_core.rules.evaluate.apply_waivers import subject_pattern
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.ledger import LedgerStore

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedControls:
    """What catalogues and settings say of controls."""

    catalogues: Catalogues = field(default_factory=lambda: NO_CATALOGUES)
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By framework and id; with an empty id, of all others of the framework."""
    not_applicable: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Why, by framework and id."""


def period_basis(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    packs: CompiledPacks,
    assurance: Assurance,
    stated: StatedControls,
    made_at: datetime,
) -> PeriodBasis:
    """Return what the tests of a period rest on. No source is asked.

    Args:
        host: What is installed.
        connections: Whose evidence.
        store: Where it is stored.
        packs: The packs of the settings: how tests are described.
        assurance: What the period proves.
        stated: What catalogues and settings say of controls.
        made_at: The moment of the report.
    """
    # The moment of the report is in a period that has not ended.
    until = assurance.until if assurance.ended else assurance.until + _INSTANT
    window = Window(assurance.since, until)
    stages = in_force(store.evaluations, window.since, window.until)
    # What closes the period may be made with another limit, or another acceptance.
    closed = closed_until(until) if assurance.ended else until
    closing = in_force(store.evaluations, window.since, closed)
    rules = {rule for control in assurance.controls for rule in control.rules}
    return PeriodBasis(
        made_at=made_at,
        plugins=host.plugins,
        connections=tuple(connection_basis(store.runs, one, window) for one in connections),
        tests=tuple(_descriptions(packs, rules)),
        parameters=tuple(_parameters(packs, stages)),
        design_changes=tuple(design_changes(closing)),
        validated_packs=tuple(validated_packs(stages, store.audit_acts.validations())),
        risk_acceptances=tuple(_acceptances(closing, assurance, window)),
        controls=tuple(_control_texts(packs, assurance, stated)),
        heads=tuple(_heads(store.ledger, [STORE_LOG, *(one.name for one in connections)])),
    )


def _descriptions(packs: CompiledPacks, rules: set[str]) -> Iterator[RuleDescription]:
    for compiled in packs.packs:
        for rule in compiled.pack.rules:
            if rule.id in rules:
                yield RuleDescription(
                    rule=rule.id,
                    title=rule.title,
                    severity=rule.severity.value,
                    over=rule.over,
                    condition=rule.assertion,
                    risk=rule.risk or "",
                    pack=compiled.pack.name,
                    pack_version=compiled.pack.version,
                )


def _parameters(packs: CompiledPacks, stages: Sequence[InForce]) -> Iterator[ParameterValue]:
    """Yield those of the last evaluation of the period."""
    described = {
        (compiled.pack.name, parameter.name): parameter.description
        for compiled in packs.packs
        for parameter in compiled.pack.parameters
    }
    for pack in stages[-1].packs if stages else ():
        for name, value in sorted(pack.parameters.items()):
            yield ParameterValue(
                pack=pack.name,
                name=name,
                value=shown(value),
                description=described.get((pack.name, name), ""),
            )


def _acceptances(
    stages: Sequence[InForce], assurance: Assurance, window: Window
) -> Iterator[RiskAcceptance]:
    """Yield the risk acceptances that touched the period, and what was added after it for it."""
    by_id = {waiver.id: waiver for stage in stages for waiver in stage.inputs.waivers}
    exceptions = {
        (one.rule, one.connection, one.subject.kind, one.subject.key): one
        for control in assurance.controls
        for one in control.exceptions
    }
    for _, waiver in sorted(by_id.items()):
        late = waiver.created >= window.until
        covered = [one for one in exceptions.values() if _covers(waiver, one)]
        if waiver.expires > window.since and (covered or not late):
            yield RiskAcceptance(
                id=waiver.id,
                rules=waiver.rules,
                subjects=waiver.subjects,
                reason=waiver.reason,
                owner=waiver.owner,
                approver=waiver.approver,
                approved_by=waiver.approval.method.value if waiver.approval else "not signed",
                created=waiver.created,
                expires=waiver.expires,
                added_afterwards=sum(late or one.first_seen < waiver.created for one in covered),
            )


def _covers(waiver: Waiver, exception: ControlException) -> bool:
    if exception.rule not in waiver.rules:
        return False
    if waiver.connections and exception.connection not in waiver.connections:
        return False
    patterns = [subject_pattern(selector) for selector in waiver.subjects]
    key = exception.subject.key
    return not patterns or any(pattern.fullmatch(key) for pattern in patterns)


def _control_texts(
    packs: CompiledPacks, assurance: Assurance, stated: StatedControls
) -> Iterator[ControlText]:
    manual: dict[tuple[str, str], list[str]] = {}
    for compiled in packs.packs:
        for one in compiled.pack.manual_procedures:
            manual.setdefault((one.framework, one.id), []).extend(one.procedures)
    for control in assurance.controls:
        name = (control.framework, control.id)
        catalogue = stated.catalogues.get(control.framework)
        requirement = catalogue.requirements.get(control.id) if catalogue else None
        yield ControlText(
            framework=control.framework,
            id=control.id,
            title=requirement.title if requirement else "",
            text=requirement.text if requirement else "",
            owner=stated.owners.get(name) or stated.owners.get((control.framework, ""), ""),
            not_applicable=stated.not_applicable.get(name, ""),
            manual_procedures=tuple(dict.fromkeys(manual.get(name, ()))),
        )


def _heads(ledger: LedgerStore, logs: Sequence[str]) -> Iterator[CheckpointHead]:
    for log in logs:
        note = ledger.signed_head(log)
        if note is None:
            continue
        signed = read(note)
        head = Checkpoint.read(signed.text)
        yield CheckpointHead(
            log=log,
            size=head.size,
            root=encoded(head.root),
            keys=tuple(f"{name}+{signature[:4].hex()}" for name, signature in signed.signatures),
        )
