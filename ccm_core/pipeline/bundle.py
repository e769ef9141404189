"""Bundling: everything that a period and some controls rest on, in one file that proves itself."""

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
from ccm_core.ledger.multiproof import Excerpt
from ccm_core.ledger.signed_note import Signer, VerifierKey, encoded
from ccm_core.model import json_codec
from ccm_core.model.assurance import Assurance
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.period import Period
from ccm_core.pipeline.assurance import ControlName, assess_period, selected_controls, supported_controls
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
    """What somebody wants to have bundled."""

    connections: Sequence[Connection]
    packs: CompiledPacks
    """Which rules support which control."""
    period: Period
    controls: Collection[ControlName] = ()
    """None: every control that the packs support."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _IncludedEvaluations:
    """The evaluations of the period, and what they were made with and rest on."""

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
    excerpts: Sequence[Excerpt]
    """The store's own log first."""


def bundle(
    host: Host, store: EvidenceStore, order: BundleRequest, signer: Signer, path: Path
) -> Sequence[str]:
    """Write a bundle, verify it as its reader will, and give what it says of itself.

    Args:
        host: Who we are.
        store: Where the evidence is kept.
        order: What to bundle.
        signer: Signs the statement; the store's signing key.
        path: Where to write it. It is there whole, or as it was before.

    Raises:
        UsageError: Nothing can be bundled: the message says why.
        IntegrityError: What the store holds would not verify.
    """
    chosen = _bundle_content(host, store, order)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with ArchiveWriter(fresh) as archive:
            _write(store, archive, chosen)
            _write_statement(host, store.ledger, archive, chosen, signer)
        facts, problems = verify(str(fresh))
        if problems:
            raise IntegrityError("the bundle would not verify: " + "; ".join(problems[:5]))
        fresh.replace(path)
    except OSError as cause:
        raise UsageError(f"the bundle cannot be written to {path}: {cause.strerror}") from cause
    finally:
        fresh.unlink(missing_ok=True)
    return facts


def store_signer(ledger: LedgerStore, keys: Iterable[Signer]) -> Signer:
    """Give the key that the store is signed with, among those at hand.

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


# -- what belongs into it ---------------------------------------------------------------------


def _bundle_content(host: Host, store: EvidenceStore, order: BundleRequest) -> _BundleContent:
    assurance = assess_period(host, order.connections, store, order.packs, order.period, order.controls)
    supports = supported_controls(order.packs)
    needs = [need for name in selected_controls(supports, order.controls) for need in supports[name]]
    rules = {need.rule for need in needs}
    kinds = {kind for need in needs for kind in need.kinds}
    names = sorted(one.name for one in order.connections)
    said = _included_evaluations(store.evaluations, order.period, rules, names)
    own = _store_excerpt(store.ledger, said)
    excerpts = [_connection_excerpt(host, store, order.period, kinds, said, own, name) for name in names]
    return _BundleContent(
        assurance=assurance,
        period=order.period,
        connections=names,
        kinds=kinds,
        rules=rules,
        evaluations=said,
        excerpts=[own, *excerpts],
    )


def _included_evaluations(
    evaluations: EvaluationStore, period: Period, rules: Collection[str], names: Collection[str]
) -> _IncludedEvaluations:
    said = _IncludedEvaluations()
    window = period.window
    for digest, evaluation in evaluations.between(since=window.since, until=window.until):
        said.evaluations.add(digest)
        said.documents.update(one.digest for one in evaluation.packs)
        said.evidence_digests.update(_evidence_digests(evaluation, rules, names))
        named, basis = evaluations.inputs_digest(digest), evaluations.inputs(digest)
        if named is not None and basis is not None:
            said.documents.add(named)
            said.documents.update(one.digest for one in basis.packs)
    return said


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
    said: _IncludedEvaluations,
    own: Excerpt,
    name: str,
) -> Excerpt:
    heads = [head for leaf in _leaves(own) for head in leaf.get("heads", ())]
    wanted = LeafCriteria(
        period=period.window,
        kinds=kinds,
        event_kinds={one.name for one in host.kinds.values() if one.shape is Shape.EVENT},
        evidence_digests=said.evidence_digests,
        run_ends={head["size"] - 1 for head in heads if head["log"] == name},
    )
    found = store.ledger.excerpt(name, lambda leaves: select_leaves(leaves, wanted))
    if found is None:
        raise UsageError(f"no head of the ledger of {name} was ever signed; {_NEXT_STEP}")
    there = {one.get("id") for one in _leaves(found)}
    lacking = [
        one.id
        for one in store.runs.collections(name)
        if one.kind in kinds and one.ended_at in period.window and one.id not in there
    ]
    if lacking:
        raise UsageError(
            f"{len(lacking)} collections of {name} are newer than the last signed head of its "
            f"ledger, so nothing proves them yet; {_NEXT_STEP}"
        )
    return found


def _store_excerpt(ledger: LedgerStore, said: _IncludedEvaluations) -> Excerpt:
    """Give the whole log of the store: so that it can be seen that no evaluation was left out."""
    found = ledger.excerpt(STORE_LOG, lambda leaves: [index for index, _ in leaves])
    there = {leaf.get("digest") for leaf in _leaves(found)} if found else set()
    if found is None or said.evaluations - there:
        raise UsageError(
            "evaluations of the period are newer than the last signed head of the store's ledger, "
            f"so nothing proves them yet; {_NEXT_STEP}"
        )
    return found


def _leaves(excerpt: Excerpt) -> Iterator[json_codec.JsonObject]:
    return (json_codec.decode(leaf) for leaf in excerpt.leaves.values())


# -- writing ----------------------------------------------------------------------------------


def _write(store: EvidenceStore, archive: ArchiveWriter, chosen: _BundleContent) -> None:
    for one in chosen.excerpts:
        folder = f"ledger/{one.log}"
        archive.add(f"{folder}/checkpoint.txt", one.checkpoint.encode())
        archive.stream(
            f"{folder}/leaves.txt", (b"%d %s\n" % item for item in sorted(one.leaves.items()))
        )
        archive.add(
            f"{folder}/hashes.txt", *(f"{encoded(each)}\n".encode() for each in one.hashes), b""
        )
    places = _file_digests(chosen)
    for name, form in sorted(places):
        archive.stream(name, _lines(store.ledger, form, places[name, form]))
    for digest in sorted(one for one in _packs(chosen) if one in chosen.evaluations.documents):
        archive.add(
            f"packs/{digest.removeprefix('sha256:')[:16]}.yaml", store.evaluations.document(digest)
        )
    for number, key in enumerate(store.ledger.signing_keys(), 1):
        archive.add(f"keys/{number:04}.txt", key.note.encode())


def _file_digests(chosen: _BundleContent) -> dict[tuple[str, str], dict[str, None]]:
    """Give the digests of each file, in the order of their leaves."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for one in chosen.excerpts:
        for leaf in _leaves(one):
            if "digest" in leaf and _is_included(leaf, chosen) and (name := _file_name(leaf)):
                found.setdefault((name, leaf["leaf"]), {})[leaf["digest"]] = None
    return found


def _is_included(leaf: json_codec.JsonObject, chosen: _BundleContent) -> bool:
    """Whether the content of a leaf is wanted: of other times, there are only the leaves."""
    digest, said = leaf["digest"], chosen.evaluations
    if leaf["leaf"] == "manifest":
        ended = parse_instant(leaf["ended_at"])
        return ended in chosen.period.window or digest in said.evidence_digests
    wanted = {"evaluation": said.evaluations, "document": said.documents}
    return digest in wanted.get(leaf["leaf"], {digest})


def _file_name(leaf: json_codec.JsonObject) -> str | None:
    if leaf["leaf"] == "version":
        return f"evidence/{leaf['connection']}/{leaf['kind']}.jsonl"
    if leaf["leaf"] == "document":
        return "contents/bases.jsonl" if leaf["form"] == "inputs" else None
    known = {"collection", "manifest", "rejected", "evaluation"}
    return f"contents/{leaf['leaf']}s.jsonl" if leaf["leaf"] in known else None


def _packs(chosen: _BundleContent) -> set[str]:
    leaves = (leaf for one in chosen.excerpts for leaf in _leaves(one))
    return {leaf["digest"] for leaf in leaves if leaf.get("form") == "pack"}


def _lines(ledger: LedgerStore, form: str, digests: Iterable[str]) -> Iterator[bytes]:
    for _, content in ledger.contents(form, digests):
        if content is not None:  # else it was erased, and a leaf says so; the verifier looks for it
            yield content + b"\n"


def _write_statement(
    host: Host, ledger: LedgerStore, archive: ArchiveWriter, chosen: _BundleContent, signer: Signer
) -> None:
    about = _predicate(host, ledger, chosen)
    key = VerifierKey(about.origin, signer.public)
    archive.add("key.pem", pem(signer.public))
    archive.add("assurance.json", json_codec.encode(chosen.assurance), b"\n")
    archive.add(VERIFIER, published_verifier())
    page = BundlePage(
        assurance=chosen.assurance,
        connections=about.connections,
        kinds=about.kinds,
        key=str(key),
        files=archive.digests,
        host_version=host.version,
    )
    archive.add("index.html", bundle_page(page))
    archive.add(STATEMENT, envelope(statement(archive.digests, about), signer))


def _predicate(host: Host, ledger: LedgerStore, chosen: _BundleContent) -> Predicate:
    found = chosen.assurance
    return Predicate(
        origin=ledger.head().origin,
        period=found.period,
        since=chosen.period.window.since,
        until=chosen.period.window.until,
        assessed_until=found.until,
        controls=[f"{one.framework}:{one.id}" for one in found.controls],
        connections=chosen.connections,
        kinds=sorted(chosen.kinds),
        rules=sorted(chosen.rules),
        evaluations=len(chosen.evaluations.evaluations),
        checkpoints=[
            BundledCheckpoint(log=one.log, size=one.size, checkpoint=one.checkpoint)
            for one in chosen.excerpts
        ],
        host_version=host.version,
    )
