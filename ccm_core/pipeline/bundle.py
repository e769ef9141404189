"""Bundle everything that a period and some controls depend on into one file with its proofs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccm_core.bundle.attestation import BundledCheckpoint, Predicate, envelope, pem, statement
from ccm_core.bundle.deterministic_zip import ArchiveWriter
from ccm_core.bundle.leaf_selection import LeafCriteria, select_leaves
from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.main import verify
from ccm_core.bundle.verifier.statement import STATEMENT, VERIFIER
from ccm_core.errors import IntegrityError, UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.ledger.multiproof import ProvenLeaves
from ccm_core.ledger.signed_note import Signer, VerifierKey, encoded
from ccm_core.model import json_codec
from ccm_core.model.assurance import Assurance
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.period import Period
from ccm_core.pipeline.assurance import (
    ControlName,
    assess_period,
    selected_controls,
    supported_controls,
)
from ccm_core.pipeline.context import Connection, Host
from ccm_core.report.period.bundle_page import BundlePage, bundle_page
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Shape
from ccm_core.store.interface.evaluations import EvaluationStore
from ccm_core.store.interface.evidence_store import EvidenceStore
from ccm_core.store.interface.ledger import LedgerStore

_NEXT_STEP = (
    "`ccm run` signs them where the signing key is at hand; `ccm checkpoint` shows the last head"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """What goes into a bundle, as it was requested."""

    connections: Sequence[Connection]
    packs: CompiledPacks
    """Which rules support which control."""
    period: Period
    controls: Collection[ControlName] = ()
    """None: every control that the packs support."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _IncludedEvaluations:
    """The evaluations of the period, their inputs, and the evidence they depend on."""

    evaluations: set[str] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    evidence_digests: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _BundleContent:
    """Everything that goes into a bundle, before it is written."""

    assurance: Assurance
    period: Period
    connections: Sequence[str]
    kinds: set[str]
    rules: set[str]
    evaluations: _IncludedEvaluations
    excerpts: Sequence[ProvenLeaves]
    """The store's own log first."""


def bundle(
    host: Host, store: EvidenceStore, order: BundleRequest, signer: Signer, path: Path
) -> Sequence[str]:
    """Write a bundle, verify it as its reader will, and return the facts it states.

    Args:
        host: What is installed, and the clock.
        store: Where the evidence is stored.
        order: What to bundle.
        signer: Signs the statement; the store's signing key.
        path: Where to write it. It is there whole, or as it was before.

    Raises:
        UsageError: Nothing can be bundled: the message says why.
        IntegrityError: What the store holds would not verify.
    """
    content = _bundle_content(host, store, order)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with ArchiveWriter(temporary) as archive:
            _write(store, archive, content)
            _write_statement(host, store.ledger, archive, content, signer)
        facts, problems = verify(str(temporary))
        if problems:
            raise IntegrityError("the bundle would not verify: " + "; ".join(problems[:5]))
        temporary.replace(path)
    except OSError as cause:
        raise UsageError(f"the bundle cannot be written to {path}: {cause.strerror}") from cause
    finally:
        temporary.unlink(missing_ok=True)
    return facts


def store_signer(ledger: LedgerStore, keys: Iterable[Signer]) -> Signer:
    """Return the key that the store is signed with, among those at hand.

    Raises:
        UsageError: The store was never signed, or its key is not at hand.
    """
    current = ledger.signing_keys()[-1:]
    if not current:
        raise UsageError(
            "nothing in this store is signed, so a bundle of it could prove nothing. `ccm keys "
            "make` makes a key; what is read from then on is signed"
        )
    for key in keys:
        if key.public == current[0].key.public:
            return key
    raise UsageError(
        f"the vault does not have the signing key of this store, {current[0].key}. Restore that "
        "vault, or replace the key with `ccm keys rotate --lost`"
    )


# -- what goes into it -------------------------------------------------------------------------


def _bundle_content(host: Host, store: EvidenceStore, order: BundleRequest) -> _BundleContent:
    assurance = assess_period(
        host, order.connections, store, order.packs, order.period, order.controls
    )
    supports = supported_controls(order.packs)
    needs = [
        need for name in selected_controls(supports, order.controls) for need in supports[name]
    ]
    rules = {need.rule for need in needs}
    kinds = {kind for need in needs for kind in need.kinds}
    names = sorted(connection.name for connection in order.connections)
    evaluations = _included_evaluations(store.evaluations, order.period, rules, names)
    store_excerpt = _store_excerpt(store.ledger, evaluations)
    excerpts = [
        _connection_excerpt(host, store, order.period, kinds, evaluations, store_excerpt, name)
        for name in names
    ]
    return _BundleContent(
        assurance=assurance,
        period=order.period,
        connections=names,
        kinds=kinds,
        rules=rules,
        evaluations=evaluations,
        excerpts=[store_excerpt, *excerpts],
    )


def _included_evaluations(
    evaluations: EvaluationStore, period: Period, rules: Collection[str], names: Collection[str]
) -> _IncludedEvaluations:
    included = _IncludedEvaluations()
    window = period.window
    for digest, evaluation in evaluations.between(since=window.since, until=window.until):
        included.evaluations.add(digest)
        included.documents.update(pack.digest for pack in evaluation.packs)
        included.evidence_digests.update(_evidence_digests(evaluation, rules, names))
        inputs_digest, inputs = evaluations.inputs_digest(digest), evaluations.inputs(digest)
        if inputs_digest is not None and inputs is not None:
            included.documents.add(inputs_digest)
            included.documents.update(pack.digest for pack in inputs.packs)
    return included


def _evidence_digests(
    evaluation: Evaluation, rules: Collection[str], names: Collection[str]
) -> Iterator[str]:
    for rule in evaluation.rules:
        if rule.rule in rules:
            for result in rule.results:
                if result.connection in names:
                    yield from result.evidence_digests


def _connection_excerpt(
    host: Host,
    store: EvidenceStore,
    period: Period,
    kinds: set[str],
    evaluations: _IncludedEvaluations,
    store_excerpt: ProvenLeaves,
    name: str,
) -> ProvenLeaves:
    heads = [head for leaf in _leaves(store_excerpt) for head in leaf.get("heads", ())]
    criteria = LeafCriteria(
        period=period.window,
        kinds=kinds,
        event_kinds={kind.name for kind in host.kinds.values() if kind.shape is Shape.EVENT},
        evidence_digests=evaluations.evidence_digests,
        run_ends={head["size"] - 1 for head in heads if head["log"] == name},
    )
    excerpt = store.ledger.prove_together(name, lambda leaves: select_leaves(leaves, criteria))
    if excerpt is None:
        raise UsageError(f"no head of the ledger of {name} was ever signed; {_NEXT_STEP}")
    proven = {leaf.get("id") for leaf in _leaves(excerpt)}
    unproven = [
        collection.id
        for collection in store.runs.collections(name)
        if collection.kind in kinds
        and collection.ended_at in period.window
        and collection.id not in proven
    ]
    if unproven:
        raise UsageError(
            f"{len(unproven)} collections of {name} are newer than the last signed head of its "
            f"ledger, so nothing proves them yet; {_NEXT_STEP}"
        )
    return excerpt


def _store_excerpt(ledger: LedgerStore, included: _IncludedEvaluations) -> ProvenLeaves:
    """Return the whole log of the store, which shows that no evaluation was left out."""
    excerpt = ledger.prove_together(STORE_LOG, lambda leaves: [index for index, _ in leaves])
    proven = {leaf.get("digest") for leaf in _leaves(excerpt)} if excerpt else set()
    if excerpt is None or included.evaluations - proven:
        raise UsageError(
            "evaluations of the period are newer than the last signed head of the store's ledger, "
            f"so nothing proves them yet; {_NEXT_STEP}"
        )
    return excerpt


def _leaves(excerpt: ProvenLeaves) -> Iterator[json_codec.JsonObject]:
    return (json_codec.decode(leaf) for leaf in excerpt.leaves.values())


# -- writing ----------------------------------------------------------------------------------


def _write(store: EvidenceStore, archive: ArchiveWriter, content: _BundleContent) -> None:
    for excerpt in sorted(content.excerpts, key=lambda excerpt: f"{excerpt.log}/"):
        folder = f"ledger/{excerpt.log}"
        archive.add(f"{folder}/checkpoint.txt", excerpt.checkpoint.encode())
        archive.add(
            f"{folder}/hashes.txt",
            *(f"{encoded(digest)}\n".encode() for digest in excerpt.hashes),
            b"",
        )
        archive.stream(
            f"{folder}/leaves.txt", (b"%d %s\n" % item for item in sorted(excerpt.leaves.items()))
        )
    files = _file_digests(content)
    for name, form in sorted(files):
        archive.stream(name, _lines(store.ledger, form, files[name, form]))
    for digest in sorted(_packs(content) & content.evaluations.documents):
        archive.add(
            f"packs/{digest.removeprefix('sha256:')[:16]}.yaml", store.evaluations.document(digest)
        )
    notes = [leaf["note"] for leaf in _leaves(content.excerpts[0]) if leaf["leaf"] == "signing_key"]
    for number, note in enumerate(notes, 1):
        archive.add(f"keys/{number:04}.txt", note.encode())


def _file_digests(content: _BundleContent) -> dict[tuple[str, str], dict[str, None]]:
    """Return the digests of each file, in the order of their leaves."""
    digests: dict[tuple[str, str], dict[str, None]] = {}
    for excerpt in content.excerpts:
        for leaf in _leaves(excerpt):
            if "digest" in leaf and _is_included(leaf, content) and (name := _file_name(leaf)):
                digests.setdefault((name, leaf["leaf"]), {})[leaf["digest"]] = None
    return digests


def _is_included(leaf: json_codec.JsonObject, content: _BundleContent) -> bool:
    """Return whether the content of a leaf belongs in: of other times, only the leaves do."""
    digest, evaluations = leaf["digest"], content.evaluations
    if leaf["leaf"] == "manifest":
        ended = parse_instant(leaf["ended_at"])
        return ended in content.period.window or digest in evaluations.evidence_digests
    included = {"evaluation": evaluations.evaluations, "document": evaluations.documents}
    return digest in included.get(leaf["leaf"], {digest})


def _file_name(leaf: json_codec.JsonObject) -> str | None:
    if leaf["leaf"] == "version":
        return f"evidence/{leaf['connection']}/{leaf['kind']}.jsonl"
    if leaf["leaf"] == "document":
        return "contents/bases.jsonl" if leaf["form"] == "inputs" else None
    forms = {"collection", "manifest", "rejected", "evaluation"}
    return f"contents/{leaf['leaf']}s.jsonl" if leaf["leaf"] in forms else None


def _packs(content: _BundleContent) -> set[str]:
    leaves = (leaf for excerpt in content.excerpts for leaf in _leaves(excerpt))
    return {leaf["digest"] for leaf in leaves if leaf.get("form") == "pack"}


def _lines(ledger: LedgerStore, form: str, digests: Iterable[str]) -> Iterator[bytes]:
    for _, content in ledger.contents(form, digests):
        if content is not None:  # else it was erased, and a leaf says so; the verifier looks for it
            yield content + b"\n"


def _write_statement(
    host: Host, ledger: LedgerStore, archive: ArchiveWriter, content: _BundleContent, signer: Signer
) -> None:
    predicate = _predicate(host, ledger, content)
    key = VerifierKey(predicate.origin, signer.public)
    archive.add("key.pem", pem(signer.public))
    archive.add("assurance.json", json_codec.encode(content.assurance), b"\n")
    archive.add(VERIFIER, published_verifier())
    page = BundlePage(
        assurance=content.assurance,
        connections=predicate.connections,
        kinds=predicate.kinds,
        key=str(key),
        files=archive.digests,
        host_version=host.version,
    )
    archive.add("index.html", bundle_page(page))
    archive.add(STATEMENT, envelope(statement(archive.digests, predicate), signer))


def _predicate(host: Host, ledger: LedgerStore, content: _BundleContent) -> Predicate:
    assurance = content.assurance
    return Predicate(
        origin=ledger.head().origin,
        period=assurance.period,
        since=content.period.window.since,
        until=content.period.window.until,
        assessed_until=assurance.until,
        controls=[f"{control.framework}:{control.id}" for control in assurance.controls],
        connections=content.connections,
        kinds=sorted(content.kinds),
        rules=sorted(content.rules),
        evaluations=len(content.evaluations.evaluations),
        checkpoints=[
            BundledCheckpoint(log=excerpt.log, size=excerpt.size, checkpoint=excerpt.checkpoint)
            for excerpt in content.excerpts
        ],
        host_version=host.version,
    )
