"""The logs of an evidence package: leaves, signed checkpoints, and heads stated before."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.merkle import roots_by_size
from ccm_core.bundle.verifier.signed_note import read_note, signed_by

STORE_LOG = "@store"
"""The store's own log, which states the heads of the others."""


def read_logs(
    files: Mapping[str, bytes], keys: Sequence[str], problems: list[str]
) -> dict[str, dict[int, Any]]:
    """Prove the leaves of every log; return them by log and index, the store's own log first."""
    names = [path.split("/")[1] for path in files if path.endswith("/checkpoint.txt")]
    logs: dict[str, dict[int, Any]] = {}
    for log in sorted(names, key=lambda name: (name != STORE_LOG, name)):
        stated = list(stated_heads(log, logs.get(STORE_LOG, {})))
        logs[log] = read_log(files, log, keys, stated, problems)
    return logs


def stated_heads(log: str, store_log: Mapping[int, Any]) -> Iterator[tuple[int, bytes]]:
    """Yield the size and the root of each head of a log that the store's own log states."""
    for leaf in store_log.values():
        for head in leaf.get("heads", ()):
            if head["log"] == log:
                yield head["size"], base64.b64decode(head["root"])


def read_log(
    files: Mapping[str, bytes],
    log: str,
    keys: Sequence[str],
    stated: Sequence[tuple[int, bytes]],
    problems: list[str],
) -> dict[int, Any]:
    """Prove the leaves of one log against its signed checkpoint and the heads stated before it."""
    text, signatures = read_note(files[f"ledger/{log}/checkpoint.txt"])
    if not any(signed_by(key, text, signatures) for key in keys):
        problems.append(f"the checkpoint of the log {log} has no valid signature of the store")
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
    return {number: json.loads(leaves[number]) for number in sorted(leaves)}


def rebuild_roots(
    files: Mapping[str, bytes], log: str, size: int, sizes: Sequence[int]
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Return the leaves of a log that are here, and the roots that they lead to, by size."""
    lines = (line.split(b" ", 1) for line in files[f"ledger/{log}/leaves.txt"].splitlines())
    leaves = {int(number): leaf for number, leaf in lines}
    hashes = [base64.b64decode(line) for line in files[f"ledger/{log}/hashes.txt"].splitlines()]
    return leaves, roots_by_size(size, leaves, hashes, frozenset(sizes))
