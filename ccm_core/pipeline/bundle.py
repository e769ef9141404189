"""Bundle everything that a period and some controls depend on into one file with its proofs."""

from __future__ import annotations

import os
from array import array
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from ccm_core.bundle.deterministic_zip import ArchiveWriter
from ccm_core.bundle.leaf_selection import LeafCriteria, select_leaves
from ccm_core.bundle.package_bounds import (
    refuse_beyond_bounds,
    refuse_unreadable_connections,
    refuse_unreadable_ledger,
    refuse_unreadable_statement,
)
from ccm_core.bundle.verifier.bounds import LIMITS, Limits
from ccm_core.bundle.verifier.contents import Leaves, expected_files
from ccm_core.bundle.verifier.derived.derived_log import derived_versions
from ccm_core.bundle.verifier.evaluations import History
from ccm_core.bundle.verifier.main import verify_package
from ccm_core.bundle.verifier.package import Package, newest_moment
from ccm_core.bundle.verifier.populations import last_collections
from ccm_core.bundle.verifier.proofs.leaf_table import LeafTable, other_leaves, pack_digest
from ccm_core.bundle.verifier.proofs.log_checks import read_fields
from ccm_core.bundle.verifier.scope import (
    Scope,
    closed_until,
    period_evaluations,
    read_scope,
    scope_inputs,
)
from ccm_core.bundle.verifier.strict_json import read_json
from ccm_core.errors import IntegrityError, UsageError
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint
from ccm_core.ledger.multiproof import ProvenLeaves
from ccm_core.ledger.signed_note import Signer
from ccm_core.model.evaluation.derived import connection_of, derived_log
from ccm_core.model.evidence.collection import Collection as CollectionOfKind
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.model.period import Period
from ccm_core.pipeline.assurance import (
    ControlName,
    assessment_moment,
    elapsed_period,
    selected_controls,
)
from ccm_core.pipeline.bundling.package_files import BundleContent, write_files
from ccm_core.pipeline.context import Connection, Host
from ccm_core.pipeline.derive.stored_history import StoredHistory
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
    period: Period
    controls: Collection[ControlName] = ()
    """None: every control that the evaluations of the period tested."""
    limits: Limits = LIMITS
    """How much whoever verifies it reads."""


def bundle(
    host: Host, store: EvidenceStore, order: BundleRequest, signer: Signer, path: Path
) -> Sequence[str]:
    """Write a bundle, verify it as its reader will, and return what its reader reads.

    Args:
        host: What is installed, and the clock.
        store: Where the evidence is stored.
        order: What to bundle.
        signer: Signs the statement; the store's signing key.
        path: Where to write it. It is there whole, or as it was before.

    Raises:
        UsageError: Nothing can be bundled, or more than a verifier reads: the message says why.
        IntegrityError: What the store holds would not verify.
    """
    refuse_unreadable_connections(connection.name for connection in order.connections)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with refuse_beyond_bounds():
        try:
            _write(host, store, order, signer, temporary)
            return _verified(temporary, path, order.limits)
        except OSError as cause:
            raise UsageError(f"the bundle cannot be written to {path}: {cause.strerror}") from cause
        finally:
            temporary.unlink(missing_ok=True)


def _write(
    host: Host, store: EvidenceStore, order: BundleRequest, signer: Signer, path: Path
) -> None:
    """Write a bundle; nothing of it is in memory afterwards."""
    content = _bundle_content(host, store, order)
    refuse_unreadable_ledger(content.excerpts, content.notes, order.limits)
    refuse_unreadable_statement(
        _file_names(content), content.excerpts, content.notes, content.predicate, order.limits
    )
    with ArchiveWriter(path, content.limits) as archive:
        write_files(store.ledger, archive, content, signer)


def _verified(temporary: Path, path: Path, limits: Limits) -> Sequence[str]:
    """Move a bundle that verifies to where it belongs, and return what its reader reads."""
    checked = verify_package(str(temporary), limits=limits)
    if checked.exceeded:
        raise checked.exceeded[0]
    if checked.problems:
        raise IntegrityError("the bundle would not verify: " + "; ".join(checked.problems[:5]))
    temporary.replace(path)
    return list(checked.lines())


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


def _bundle_content(host: Host, store: EvidenceStore, order: BundleRequest) -> BundleContent:
    now = assessment_moment(host, order.connections, store)
    elapsed = elapsed_period(order.period, now)
    names = sorted(connection.name for connection in order.connections)
    store_excerpt, store_log = _store_excerpt(store.ledger, store.evaluations, order)
    scope = _scope(store.evaluations, store_log, order.period)
    controls = _controls(scope, order.controls)
    window, rules = order.period.window, scope.rules(controls)
    stored = StoredHistory.of(store.ledger, store_log, (window.since, window.until), rules)
    need, kinds = stored.need, scope.kinds(controls)
    collections = {name: store.runs.collections(name) for name in names}
    for name in names:
        _refuse_too_many(order, name, collections[name], kinds)
    manifests = {name: scope.manifest_kind(name) for name in names}
    frameworks = {name.partition(":")[0] for name in controls}
    history = stored.read(rules, names, manifests, frameworks)
    derived = [_derived_excerpt(stored, log) for log in map(derived_log, names) if need.size(log)]
    of_evidence = [_connection_excerpt(host, stored, order, kinds, history, name) for name in names]
    excerpts = [store_excerpt, *sorted([*of_evidence, *derived], key=lambda excerpt: excerpt.log)]
    logs = {STORE_LOG: store_log} | {
        excerpt.log: stored.table(excerpt.log).chosen(excerpt.indexes) for excerpt in excerpts[1:]
    }
    for name in names:
        _refuse_unproven(order, name, collections[name], kinds, history, logs[name])
    newest = newest_moment(logs, elapsed.until)
    package = Package(
        period=order.period.text,
        assessed_until=min(order.period.window.until, max(elapsed.until, newest)),
        controls=controls,
        logs=logs,
        scope=scope,
        derived=need,
    )
    return BundleContent(
        package=package,
        excerpts=excerpts,
        history=history,
        files=expected_files(package.content_logs, package.selection(history)),
        predicate=package.predicate({excerpt.log: excerpt.checkpoint for excerpt in excerpts}),
        limits=order.limits,
    )


def closing_window(period: Period) -> Window:
    """Return a period with the time in which evaluations close what happened in it."""
    return Window(period.window.since, closed_until(period.window.until))


def _file_names(content: BundleContent) -> Sequence[str]:
    """Return the names of the files of contents: where all of one was erased, there is none."""
    erased = set(map(pack_digest, content.package.reading.erased))
    return [name for name, digests in content.files.items() if digests.keys() - erased]


def _scope(evaluations: EvaluationStore, store_log: Leaves, period: Period) -> Scope:
    """Return which rules and kinds each control had, by the inputs of the evaluations."""
    window = period.window
    names = scope_inputs(store_log, period_evaluations(store_log, window.since, window.until))
    if not names:
        raise UsageError(
            "nothing was evaluated and stored yet, so nothing states which rules and which "
            "evidence a control needs. `ccm evaluate` does that"
        )
    return read_scope(
        read_json(evaluations.document(name), f"the inputs {name}") for name in sorted(names)
    )


def _controls(scope: Scope, requested: Collection[ControlName]) -> list[str]:
    supported = {(name.partition(":")[0], name.partition(":")[2]): name for name in scope.needs}
    return sorted(supported[name] for name in selected_controls(supported, requested))


def _refuse_too_many(
    order: BundleRequest,
    name: str,
    collections: Iterable[CollectionOfKind],
    kinds: Collection[str],
) -> None:
    """Check how many leaves the bundle has of a connection at least, before they are read.

    Raises:
        BoundExceeded: They are more than a verifier reads.
    """
    counted = [
        collection.counts
        for collection in collections
        if collection.kind in kinds and collection.ended_at in closing_window(order.period)
    ]
    leaves = sum(counts.appended + counts.tombstones + counts.rejected for counts in counted)
    order.limits.leaves.check(f"the log {name}", len(counted) + leaves)


def _derived_excerpt(stored: StoredHistory, log: str) -> ProvenLeaves:
    """Return the rows and verdicts of a connection in the period."""
    size = _signed_size(stored.ledger, log)
    if size < stored.need.size(log):
        raise UsageError(
            f"rows and verdicts of {connection_of(log)} are newer than the last signed head of "
            f"their ledger, so nothing proves them yet; {_NEXT_STEP}"
        )
    indexes = {
        *derived_versions(stored.table(log), stored.need, log),
        *_run_ends(stored.store_log, log),
    }
    return _excerpt(stored.ledger, log, (index for index in indexes if index < size))


def _signed_size(ledger: LedgerStore, log: str) -> int:
    """Return at how many leaves the newest head of a log was signed; 0: none ever was."""
    note = ledger.signed_head(log)
    return 0 if note is None else Checkpoint.read(signed_note.read(note).text).size


def _excerpt(ledger: LedgerStore, log: str, indexes: Iterable[int]) -> ProvenLeaves:
    excerpt = ledger.prove_together(log, lambda _: array("q", indexes))
    if excerpt is None:
        raise UsageError(f"no head of the ledger of {log} was ever signed; {_NEXT_STEP}")
    return excerpt


def _run_ends(store_log: Leaves, log: str) -> set[int]:
    heads = [head for _, leaf in other_leaves(store_log) for head in leaf.get("heads", ())]
    return {head["size"] - 1 for head in heads if head["log"] == log}


def _connection_excerpt(
    host: Host,
    stored: StoredHistory,
    order: BundleRequest,
    kinds: Collection[str],
    history: History,
    name: str,
) -> ProvenLeaves:
    criteria = LeafCriteria(
        period=closing_window(order.period),
        kinds=frozenset(kinds),
        event_kinds={kind.name for kind in host.kinds.values() if kind.shape is Shape.EVENT},
        evidence_digests=history.evidence,
        last_collections=last_collections(history, name),
        run_ends=_run_ends(stored.store_log, name),
    )
    size = _signed_size(stored.ledger, name)
    leaves = takewhile(lambda leaf: leaf[0] < size, stored.table(name).items())
    indexes = select_leaves(leaves, criteria)
    return _excerpt(stored.ledger, name, (index for index in indexes if index < size))


def _refuse_unproven(
    order: BundleRequest,
    name: str,
    collections: Iterable[CollectionOfKind],
    kinds: Collection[str],
    history: History,
    leaves: Leaves,
) -> None:
    """Refuse where collections of the period are newer than what is signed."""
    proven = {leaf.get("id") for _, leaf in other_leaves(leaves)}
    last = last_collections(history, name)
    unproven = [
        collection.id
        for collection in collections
        if collection.id not in proven
        and (
            collection.id in last
            or (collection.kind in kinds and collection.ended_at in closing_window(order.period))
        )
    ]
    if unproven:
        raise UsageError(
            f"{len(unproven)} collections of {name} are newer than the last signed head of its "
            f"ledger, so nothing proves them yet; {_NEXT_STEP}"
        )


def _store_excerpt(
    ledger: LedgerStore, evaluations: EvaluationStore, order: BundleRequest
) -> tuple[ProvenLeaves, LeafTable]:
    """Return the whole log of the store, which shows that no evaluation was left out."""
    table = LeafTable()

    def every(leaves: Iterable[tuple[int, JsonObject]]) -> Sequence[int]:
        for index, leaf in leaves:
            table.append(index, read_fields(leaf))
        return table.indexes

    order.limits.leaves.check(f"the log {STORE_LOG}", _signed_size(ledger, STORE_LOG))
    excerpt = ledger.prove_together(STORE_LOG, every)
    proven = {leaf.get("digest") for _, leaf in other_leaves(table)}
    window = closing_window(order.period)
    stored = evaluations.moments(since=window.since, until=window.until)
    if excerpt is None or {digest for digest, _ in stored} - proven:
        raise UsageError(
            "evaluations of the period are newer than the last signed head of the store's ledger, "
            f"so nothing proves them yet; {_NEXT_STEP}"
        )
    return excerpt, table
