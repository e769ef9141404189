"""The logs of an evidence package: leaves, signed checkpoints, and heads stated before."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.archive import Files
from ccm_core.bundle.verifier.proofs.leaf_table import LeafTable, other_leaves
from ccm_core.bundle.verifier.proofs.merkle import roots_by_size
from ccm_core.bundle.verifier.proofs.signed_note import read_note, signed_by
from ccm_core.bundle.verifier.strict_json import read_json

LEAF_FIELDS = (
    "leaf",
    "act",
    "at",
    "collection",
    "connection",
    "digest",
    "ended_at",
    "erased_at",
    "erasure",
    "evaluated_at",
    "failed",
    "form",
    "heads",
    "host_version",
    "id",
    "inputs",
    "key",
    "kind",
    "method",
    "note",
    "pack_digest",
    "passed",
    "reason",
    "run",
    "signed",
    "stored_at",
    "stored_before",
)
"""The fields of leaves that a verifier reads."""
STORE_LOG = "@store"
"""The store's own log, which states the heads of the others."""


def read_logs(files: Files, keys: Sequence[str], problems: list[str]) -> dict[str, LeafTable]:
    """Prove the leaves of every log; return them by log and index, the store's own log first."""
    check_sizes(files)
    names = [path.split("/")[1] for path in files if path.endswith("/checkpoint.txt")]
    logs: dict[str, LeafTable] = {}
    for log in sorted(names, key=lambda name: (name != STORE_LOG, name)):
        stated = list(stated_heads(log, logs.get(STORE_LOG, {})))
        logs[log] = read_log(files, log, keys, stated, problems)
        check_signer(files, log, logs, problems)
    return logs


def stated_heads(log: str, store_log: Mapping[int, Any]) -> Iterator[tuple[int, bytes]]:
    """Yield the size and the root of each head of a log that the store's own log states."""
    for _, leaf in other_leaves(store_log):
        for head in leaf.get("heads", ()):
            if head["log"] == log:
                yield head["size"], base64.b64decode(head["root"])


def read_log(
    files: Files,
    log: str,
    keys: Sequence[str],
    stated: Sequence[tuple[int, bytes]],
    problems: list[str],
) -> LeafTable:
    """Prove the leaves of one log against its signed checkpoint and the heads stated before it."""
    note = f"ledger/{log}/checkpoint.txt"
    text, _ = read_note(files[note], note, files.limits)
    origin, size, root = text.decode().split("\n")[:3]
    expected = keys[0].split("+")[0] + ("" if log == STORE_LOG else f"/{log}")
    if origin != expected:
        problems.append(f"the checkpoint of the log {log}: expected {expected}, got {origin}")
    leaves, roots = rebuild_roots(files, log, int(size), [at for at, _ in stated])
    if roots.get(int(size)) != base64.b64decode(root):
        problems.append(f"the leaves of the log {log} do not lead to its signed checkpoint")
    for at, earlier in stated:
        if roots.get(at, earlier) != earlier:  # a missing last leaf is reported elsewhere
            problems.append(f"the first {at} leaves of the log {log} were rewritten")
    if log == STORE_LOG and len(leaves) != int(size):
        problems.append(f"{int(size) - len(leaves)} leaves of the store's own log were left out")
    return leaves


def check_signer(
    files: Files,
    log: str,
    logs: Mapping[str, Mapping[int, Any]],
    problems: list[str],
) -> None:
    """Check that the checkpoint of a log is signed by the key that was in use at that moment."""
    name = f"ledger/{log}/checkpoint.txt"
    note = files[name]
    text, signatures = read_note(note, name, files.limits)
    size = int(text.split(b"\n")[1])
    if note != canonical_note(text, signatures):
        problems.append(
            f"the checkpoint of the log {log} is not in the form that ccm writes: an origin, a "
            "size, a root and one signature, each on a line"
        )
    key = signer_of(log, size, logs.get(STORE_LOG, {}))
    if key is None:
        problems.append(f"no signed statement of the store is of the log {log} at {size} leaves")
    elif not signed_by(key, text, signatures):
        problems.append(
            f"the checkpoint of the log {log} at {size} leaves is not signed by {key}, "
            "the key of that moment"
        )


def canonical_note(text: bytes, signatures: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the note of a checkpoint in the one form that ccm writes: with one signature."""
    if len(signatures) != 1:
        return b""
    ((name, signature),) = signatures
    origin, size, root = text.decode().split("\n")[:3]
    root = base64.b64encode(base64.b64decode(root)).decode()
    encoded = base64.b64encode(signature).decode()
    return f"{origin}\n{int(size)}\n{root}\n\n\u2014 {name} {encoded}\n".encode()


def signer_of(log: str, size: int, store_log: Mapping[int, Any]) -> str | None:
    """Return the key that signs a log's head of a size: the one that the store's log named last.

    None: no leaf of the store's own log states that the head is signed.
    """
    stated = size if log == STORE_LOG else 0
    for index, leaf in store_log.items():
        if not stated and leaf.get("signed") is True:
            heads = {(head["log"], head["size"]) for head in leaf["heads"]}
            stated = index + 1 if (log, size) in heads else 0
    keys = [key for index, key, _ in named_keys(store_log) if index < stated]
    return keys[-1] if keys else None


def named_keys(store_log: Mapping[int, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield each key that the store's own log names, with its leaf's index and its note."""
    for index, leaf in store_log.items():
        if leaf["leaf"] == "signing_key":
            yield index, leaf["key"], leaf["note"]


def check_named_keys(
    files: Files, logs: Mapping[str, Mapping[int, Any]], problems: list[str]
) -> None:
    """Check that the keys of the package are those that the store's own log names, in order."""
    stated = {name: files[name] for name in files if name.startswith("keys/")}
    notes = [note.encode() for _, _, note in named_keys(logs.get(STORE_LOG, {}))]
    if stated != {f"keys/{number:04}.txt": note for number, note in enumerate(notes, 1)}:
        problems.append("the keys in keys/ are not those that the store's ledger names")


def leaf_lines(files: Files, log: str, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the leaves of a log that are here, with their indexes, which ascend."""
    last = -1
    for count, line in enumerate(files.lines(f"ledger/{log}/leaves.txt"), 1):
        number, _, leaf = line.partition(b" ")
        index = int(number)
        if number != b"%d" % index or index <= last:
            raise ValueError(f"the leaves of the log {log} are not in order at {number[:20]!r}")
        if index >= size:
            raise ValueError(f"the log {log} has {size} leaves, and the package has leaf {index}")
        last = index
        files.limits.leaves.check(f"the log {log}", count)
        files.limits.leaf.check(f"leaf {index} of the log {log}", len(leaf))
        yield index, leaf


def rebuild_roots(
    files: Files, log: str, size: int, sizes: Sequence[int]
) -> tuple[LeafTable, dict[int, bytes]]:
    """Return the leaves of a log that are here, and the roots that they lead to, by size."""
    table = LeafTable()

    def leaves() -> Iterator[tuple[int, bytes]]:
        for index, line in leaf_lines(files, log, size):
            if not table.append_line(index, line):
                table.append(index, read_leaf(log, index, line))
            yield index, line

    name = f"ledger/{log}/hashes.txt"
    hashes = [base64.b64decode(line, validate=True) for line in files.lines(name)]
    if any(len(digest) != 32 for digest in hashes):
        raise ValueError(f"the hashes of the log {log} are no SHA-256")
    if files[name] != b"".join(base64.b64encode(digest) + b"\n" for digest in hashes):
        raise ValueError(f"{name} is not written in the form that ccm writes")
    return table, roots_by_size(size, leaves(), hashes, frozenset(sizes))


def read_leaf(log: str, index: int, line: bytes) -> dict[str, Any]:
    """Read a leaf, and keep what a verifier reads of it: somebody may have put in anything."""
    return read_fields(read_json(line, f"leaf {index} of the log {log}"))


def read_fields(leaf: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a leaf that a verifier reads."""
    return {name: leaf[name] for name in LEAF_FIELDS if name in leaf}


def check_sizes(files: Files) -> None:
    """Refuse more logs and leaves than a verifier can hold, before any is read."""
    logs = sum(name.endswith("/checkpoint.txt") for name in files)
    files.limits.logs.check("the package", logs)
    size = sum(files.size(name) for name in files if name.startswith("ledger/"))
    files.limits.ledger.check("the package", size)
