"""The signed statement of an evidence package, and the store's keys that may sign it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from ccm_core.bundle.verifier.archive import Files, UnreadableBundle
from ccm_core.bundle.verifier.ed25519 import verify_signature
from ccm_core.bundle.verifier.signed_note import public_key, read_note, signed_by

STATEMENT, VERIFIER = "statement.json", "verify.py"
PAYLOAD_TYPE, PREDICATE_TYPE = "application/vnd.in-toto+json", "urn:ccm:bundle:v1"


def read_statement(files: Files, keys: Sequence[str], problems: list[str]) -> dict[str, Any]:
    """Check the signed statement against the files, and return it. The newest key signs it."""
    envelope = json.loads(files[STATEMENT])
    payload = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"]
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signatures = [base64.b64decode(entry["sig"], validate=True) for entry in envelope["signatures"]]
    newest = public_key(keys[-1])
    valid = any(verify_signature(newest, signed, signature) for signature in signatures)
    if kind != PAYLOAD_TYPE or not valid:
        problems.append(f"{STATEMENT} is not signed by {keys[-1]}, the newest key of the store")
    statement: dict[str, Any] = json.loads(payload)
    if statement["predicateType"] != PREDICATE_TYPE:
        raise UnreadableBundle(
            f"{STATEMENT}: expected {PREDICATE_TYPE}, got {statement['predicateType']}; "
            "take the verifier of a newer ccm-core"
        )
    check_digests(files, statement, problems)
    return statement


def check_digests(files: Files, statement: dict[str, Any], problems: list[str]) -> None:
    """Check every file against the digest that the statement names."""
    digests = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
    for name in sorted(digests.keys() | files.keys() - {STATEMENT}):
        if name not in files:
            problems.append(f"{name} was removed: the statement names it")
        elif name not in digests:
            problems.append(f"{name} was added: the statement does not name it")
        elif hashlib.sha256(files[name]).hexdigest() != digests[name]:
            problems.append(f"{name} was changed: its digest is not the one in the statement")


def trusted_keys(files: Files, key: str | None, problems: list[str]) -> list[str]:
    """Return the newest keys of the store, linked by hand-overs: one of them must be trusted."""
    chains = key_chains(files, problems)
    if not chains:
        raise UnreadableBundle("the package holds no public key")
    newest = chains[-1]
    if any(key in chain for chain in chains[:-1]):
        problems.append(
            f"{key} did not hand over to {newest[0]}, which replaces a key that was lost: it "
            "vouches for nothing that was signed since"
        )
    elif key is not None and key not in newest:
        problems.append(
            f"the package was signed with another key: expected {key}, got {newest[-1]}"
        )
    return newest


def key_chains(files: Files, problems: list[str]) -> list[list[str]]:
    """Return the keys of the store; each key of a chain signed over to the next."""
    chains: list[list[str]] = []
    for name in sorted(path for path in files if path.startswith("keys/")):
        text, signatures = read_note(files[name])
        lines = text.decode().split("\n")
        if lines[0] != "ccm signing key" or not signed_by(lines[1], text, signatures):
            raise UnreadableBundle(f"{name} is not signed by the key that it names")
        previous = lines[3][len("replaces ") :] if lines[3] else None
        last = chains[-1][-1] if chains else None
        if previous != last:
            problems.append(f"{name} does not follow on the key before it")
        if previous is None or not signed_by(previous, text, signatures):
            chains.append([])
        chains[-1].append(lines[1])
    return chains
