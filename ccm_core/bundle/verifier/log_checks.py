"""The logs of a bundle: leaves, their signed heads, and the heads that were stated before."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.merkle import roots_of
from ccm_core.bundle.verifier.signed_note import note, signed_by

OWN = "@store"
"""The store's own log, which states the heads of the others."""


def read_logs(
    files: Mapping[str, bytes], keys: Sequence[str], problems: list[str]
) -> dict[str, dict[int, Any]]:
    """Prove the leaves of every log, and give them by log and index; the store's own log first."""
    names = [one.split("/")[1] for one in files if one.endswith("/checkpoint.txt")]
    logs: dict[str, dict[int, Any]] = {}
    for log in sorted(names, key=lambda name: (name != OWN, name)):
        stated = list(heads_of(log, logs.get(OWN, {})))
        logs[log] = read_log(files, log, keys, stated, problems)
    return logs


def heads_of(log: str, own: Mapping[int, Any]) -> Iterator[tuple[int, bytes]]:
    """Give the size and the root of each head of a log that the store's own log states."""
    for leaf in own.values():
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
    """Prove the leaves of one log against its signed head and those stated before it."""
    text, signatures = note(files[f"ledger/{log}/checkpoint.txt"])
    if not any(signed_by(key, text, signatures) for key in keys):
        problems.append(f"the head of the log {log} bears no signature of the store's keys")
    origin, size, root = text.decode().split("\n")[:3]
    expected = keys[0].split("+")[0] + ("" if log == OWN else f"/{log}")
    if origin != expected:
        problems.append(f"the head of the log {log} is that of {origin}")
    leaves, roots = grown(files, log, int(size), [at for at, _ in stated])
    if roots.get(int(size)) != base64.b64decode(root):
        problems.append(f"the leaves of the log {log} are not those of its signed head")
    for at, said in stated:
        if roots.get(at, said) != said:  # where the leaf at its end is not here, that is told
            problems.append(f"the first {at} leaves of the log {log} are not what they were")
    if log == OWN and len(leaves) != int(size):
        problems.append(f"{int(size) - len(leaves)} leaves of the store's own log were left out")
    return {number: json.loads(leaves[number]) for number in sorted(leaves)}


def grown(
    files: Mapping[str, bytes], log: str, size: int, sizes: Sequence[int]
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Give the leaves of a log that are here, and the roots that they lead to, by size."""
    lines = (one.split(b" ", 1) for one in files[f"ledger/{log}/leaves.txt"].splitlines())
    leaves = {int(number): leaf for number, leaf in lines}
    hashes = [base64.b64decode(one) for one in files[f"ledger/{log}/hashes.txt"].splitlines()]
    return leaves, roots_of(size, leaves, hashes, frozenset(sizes))
