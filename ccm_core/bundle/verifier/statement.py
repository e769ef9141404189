"""The signed statement of an evidence package, and the store's keys that may sign it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ccm_core.bundle.verifier.archive import Files, UnreadableBundle
from ccm_core.bundle.verifier.bounds import Limits, check_density
from ccm_core.bundle.verifier.proofs.ed25519 import verify_signature
from ccm_core.bundle.verifier.proofs.signed_note import public_key, read_note, signed_by
from ccm_core.bundle.verifier.strict_json import read_canonical, write_json

STATEMENT, VERIFIER = "statement.json", "verify.py"
PAYLOAD_TYPE, PREDICATE_TYPE = "application/vnd.in-toto+json", "urn:ccm:bundle:v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


def read_statement(files: Files, keys: Sequence[str], problems: list[str]) -> dict[str, Any]:
    """Check the signed statement against the files, and return it. The newest key signs it."""
    size = files.size(STATEMENT)
    check_statement(size, b"", files.limits)
    envelope = read_canonical(STATEMENT, files[STATEMENT])
    payload = base64.b64decode(envelope["payload"], validate=True)
    check_statement(size, payload, files.limits)
    newest = public_key(keys[-1])
    signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
    if envelope != envelope_of(payload, newest, signature):
        problems.append(f"the envelope in {STATEMENT} is not in the form that ccm writes")
    if not verify_signature(newest, signed_bytes(payload), signature):
        problems.append(f"{STATEMENT} is not signed by {keys[-1]}, the newest key of the store")
    statement: dict[str, Any] = read_canonical(f"the payload of {STATEMENT}", payload)
    if statement["predicateType"] != PREDICATE_TYPE:
        raise UnreadableBundle(
            f"{STATEMENT}: expected {PREDICATE_TYPE}, got {statement['predicateType']}; "
            "take the verifier of a newer ccm-core"
        )
    if statement != statement_of(files.digests, statement["predicate"]):
        problems.extend(different_digests(files, statement))
    return statement


def check_statement(size: int, payload: bytes, limits: Limits) -> None:
    """Refuse a statement that is large in its envelope, or in memory."""
    limits.statement.check(STATEMENT, size)
    check_density(f"the payload of {STATEMENT}", payload.decode())


def statement_of(digests: Mapping[str, str], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement about files, by their SHA-256."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": digests[name]}}
            for name in sorted(digests)
            if name != STATEMENT
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def envelope_of(payload: bytes, public: bytes, signature: bytes) -> dict[str, Any]:
    """Return a payload and the one signature of it in an envelope (DSSE 1.0)."""
    key_id = hashlib.sha256(public).hexdigest()
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}],
    }


def signed_bytes(payload: bytes) -> bytes:
    """Return the bytes that are signed: DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def different_digests(files: Files, statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield which files are not those that the statement names."""
    digests = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
    yield "the statement is not what ccm states of the files of the package"
    for name in sorted(digests.keys() | files.keys() - {STATEMENT}):
        if name not in files:
            yield f"{name} was removed: the statement names it"
        elif name not in digests:
            yield f"{name} was added: the statement does not name it"
        elif files.digests[name] != digests[name]:
            yield f"{name} was changed: its digest is not the one in the statement"


def check_predicate(
    stated: Mapping[str, Any], expected: Mapping[str, Any], problems: list[str]
) -> None:
    """Check what the statement says of the package against what its leaves and contents show."""
    problems.extend(
        f"the statement's {name}: expected {shortened(expected.get(name))}, "
        f"got {shortened(stated.get(name))}"
        for name in sorted(stated.keys() | expected.keys())
        if name not in stated.keys() & expected.keys()
        or write_json(stated[name]) != write_json(expected[name])  # 2.0 is not 2
    )


def shortened(value: Any) -> str:
    """Return a value in few words."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def trusted_keys(
    files: Files, key: str | None, problems: list[str], unproven: list[str]
) -> list[str]:
    """Return the newest keys of the store, linked by hand-overs; a key that is given is of them.

    Where one was lost, nothing shows that its owner made the next, whichever key is given.
    """
    chains = key_chains(files, problems)
    if not chains:
        raise UnreadableBundle("the package holds no public key")
    newest = chains[-1]
    unproven.extend(lost_keys(chains))
    if any(key in chain for chain in chains[:-1]):
        unproven.append(
            f"the key that was given, {key}, is from before that loss, and {newest[-1]} signed "
            "this package: verify it with that key, received by another way"
        )
    elif key is not None and key not in newest:
        problems.append(
            f"the package was signed with another key: expected {key}, got {newest[-1]}"
        )
    return newest


def lost_keys(chains: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield which keys were lost: they did not sign over to the chain that follows them."""
    for index, chain in enumerate(chains[1:]):
        yield (
            f"the key {chain[0]} replaces {chains[index][-1]}, which was lost and did not hand "
            "over: a key or a checkpoint from before vouches for nothing that was signed since"
        )


def key_chains(files: Files, problems: list[str]) -> list[list[str]]:
    """Return the keys of the store; each key of a chain signed over to the next."""
    chains: list[list[str]] = []
    names = sorted(path for path in files if path.startswith("keys/"))
    files.limits.keys.check("the package", len(names))
    for name in names:
        text, signatures = read_note(files[name], name, files.limits)
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
