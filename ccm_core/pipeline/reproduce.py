"""Store an evaluation with its inputs, and reproduce a past one from the store alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from ccm_core.errors import IntegrityError, PluginFault, UsageError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.evaluation_inputs import EvaluationAct, EvaluationInputs, StoredPack
from ccm_core.model.evaluation.result import Evaluation, StoredEvaluation
from ccm_core.model.evaluation.rule_choices import RuleChoices
from ccm_core.model.evaluation.sample_sizes import STANDARD_SIZES, SampleSizes
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.evaluate import compile_rules, evaluate_scopes, watch_scope
from ccm_core.pipeline.findings.track import TrackedPart, track_findings, tracked_part
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.pack.rule_scopes import rule_scopes
from ccm_core.rules.types import PackText
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.records import RecordStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Packs, parameters and waivers as people wrote them."""

    packs: Sequence[PackText]
    parameters: JsonObject = field(default_factory=dict)
    set_at: Mapping[str, str] = field(default_factory=dict)
    """Where each of the parameters was set, as ``file:line:column``."""
    choices: RuleChoices = field(default_factory=RuleChoices)
    """What the settings choose of the rules."""
    sampling: Sequence[SampleSizes] = STANDARD_SIZES
    """How many items of a test an audit samples: no result rests on it."""
    waivers: Sequence[Waiver] = ()


def store_evaluation(
    host: Host,
    connections: Sequence[Connection],
    store: EvidenceStore,
    evaluation: Evaluation,
    rule_set: RuleSet,
    packs: CompiledPacks,
    act: EvaluationAct | None = None,
) -> StoredEvaluation:
    """Store an evaluation with its inputs, track its findings, and return what people act on of it.

    Args:
        host: What is installed.
        connections: Whose evidence was evaluated.
        store: Where the evaluation goes.
        evaluation: The evaluation.
        rule_set: What it was made with, as people wrote it.
        packs: The same packs compiled: they state what each control's rules and kinds are.
        act: How it was made, where its results on single subjects are in the store.
    """
    inputs = EvaluationInputs(
        packs=tuple(
            StoredPack(source=pack.source, digest=digest(pack.text)) for pack in rule_set.packs
        ),
        rules=rule_scopes(packs),
        parameters=rule_set.parameters,
        set_at=dict(rule_set.set_at),
        choices=rule_set.choices,
        sampling=tuple(rule_set.sampling),
        waivers=tuple(rule_set.waivers),
        watch_scopes=tuple(watch_scope(host, connection) for connection in connections),
        plugins=host.plugins,
        host_version=host.version,
    )
    texts = [pack.text for pack in rule_set.packs]
    evaluation_digest = store.evaluations.append(
        evaluation, inputs, texts, act, made_at=host.clock() if act is None else act.made_at
    )
    part = (
        TrackedPart(digest=evaluation_digest, evaluation=evaluation, scope=None)
        if act is None
        else tracked_part(store, evaluation_digest)
    )
    track_findings(store, part)
    return StoredEvaluation(
        digest=evaluation_digest, evaluation=part.evaluation, complete=act is None
    )


def reproduce(host: Host, store: EvidenceStore, *, as_of: datetime | None = None) -> Evaluation:
    """Evaluate again as the last evaluation did, from the store alone, and compare the bytes.

    Args:
        host: What is installed, and the clock.
        store: Where evidence, packs, parameters and waivers are stored.
        as_of: The last evaluation by that moment; None: the last that was stored.

    Raises:
        UsageError: There is none; or it differs, and was made by other versions, or evidence of it
            was erased by order since.
        PluginFault: It differs, and the evidence is the same: a view is not a pure function.
        IntegrityError: It differs with the same versions.
    """
    latest = store.evaluations.latest(as_of=as_of)
    if latest is None:
        raise UsageError("the store holds no evaluation by then; `ccm evaluate` makes one")
    evaluation_digest, stored = latest.digest, latest.evaluation
    inputs = store.evaluations.inputs(evaluation_digest)
    if inputs is None:
        raise UsageError(
            f"evaluation {evaluation_digest} was stored without its inputs, so it cannot be "
            "reproduced"
        )
    packs, evaluation = _evaluate_again(host, store, stored, inputs)
    if json_codec.encode(evaluation) != json_codec.encode(stored):
        error = _difference_error(host, store.records, stored, inputs, evaluation_digest)
        if isinstance(error, IntegrityError):
            error = _impurity_error(packs, stored, evaluation, evaluation_digest) or error
        raise error
    return evaluation


def _evaluate_again(
    host: Host, store: EvidenceStore, stored: Evaluation, inputs: EvaluationInputs
) -> tuple[CompiledPacks, Evaluation]:
    host_at_evaluation = host_at(host, inputs)
    packs = stored_rules(host_at_evaluation, store, inputs)
    evaluation = evaluate_scopes(
        host_at_evaluation,
        inputs.watch_scopes,
        store,
        packs,
        inputs.waivers,
        now=stored.evaluated_at,
    )
    # It is made from the records alone. Where the stored one left its rows is no result.
    return packs, replace(evaluation, derived=stored.derived)


def host_at(host: Host, inputs: EvaluationInputs) -> Host:
    """Return the host with the plugins of an evaluation: those that had failed are part of it."""
    return replace(host, plugins=inputs.plugins)


def stored_rules(host: Host, store: EvidenceStore, inputs: EvaluationInputs) -> CompiledPacks:
    """Compile the packs of an evaluation as they are stored, with its parameters.

    Raises:
        DocumentError: What is installed now cannot compile them.
    """
    texts = [
        PackText(text=store.evaluations.document(pack.digest), source=pack.source)
        for pack in inputs.packs
    ]
    return replace(compile_rules(host, texts, inputs.parameters), choices=inputs.choices)


def _impurity_error(
    packs: CompiledPacks, stored: Evaluation, evaluation: Evaluation, name: str
) -> PluginFault | None:
    """Return the views that give other rows for the same records; None where those may differ.

    What was read is sealed in the evaluation. Where the seals are equal, so is the evidence.
    """
    if not stored.evidence_read or evaluation.evidence_read != stored.evidence_read:
        return None
    over = {rule.id: rule.over for pack in packs.packs for rule in pack.pack.rules}
    before = {rule.rule: rule for rule in stored.rules}
    sources = sorted(
        {over[rule.rule] for rule in evaluation.rules if before.get(rule.rule) != rule}
    )
    if not sources:
        return None
    return PluginFault(
        f"evaluation {name} differs, and the evidence that it read is the same to the byte. The "
        f"rules over {', '.join(sources)} give other results for the same records: the plugin "
        "derives them by more than the records, such as a clock, a random number or an order that "
        "is not fixed. Its views must be pure functions; report this to its author"
    )


def _difference_error(
    host: Host, records: RecordStore, stored: Evaluation, inputs: EvaluationInputs, name: str
) -> UsageError | IntegrityError:
    erased = [
        f"{kind} {key!r}"
        for scope in inputs.watch_scopes
        for kind in sorted(scope.cadences)
        for key, _ in records.erased_keys(scope.connection, kind, as_of=stored.evaluated_at)
    ]
    if erased:
        return UsageError(
            f"evaluation {name} cannot be reproduced: its evidence of {len(erased)} objects was "
            f"erased by order, such as {erased[0]}. `ccm verify` shows that it was stored so"
        )
    differing = differing_versions(host, inputs)
    if differing:
        return UsageError(
            f"evaluation {name} differs, and it was made by other versions: "
            f"{'; '.join(differing)}. Install those to reproduce it."
        )
    return IntegrityError(
        f"evaluation {name} differs with the same packs, parameters, waivers and "
        "versions: the evidence of that moment is not what it was. Run `ccm verify`."
    )


def differing_versions(host: Host, inputs: EvaluationInputs) -> Sequence[str]:
    """List ccm and its plugins of which an evaluation was made by another version, in words."""
    previous, current = (
        dict(_versions(*side)) for side in ((inputs, inputs.host_version), (host, host.version))
    )
    return [
        f"{name} {previous.get(name, 'none')} then, {current.get(name, 'none')} now"
        for name in sorted(previous.keys() | current.keys())
        if previous.get(name) != current.get(name)
    ]


def _versions(source: EvaluationInputs | Host, core: str) -> list[tuple[str, str]]:
    return [
        ("ccm-core", core),
        *((plugin.distribution, plugin.version) for plugin in source.plugins),
    ]
