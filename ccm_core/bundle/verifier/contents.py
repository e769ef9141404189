"""The contents of an evidence package, checked against the leaves of the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ccm_core.bundle.verifier.archive import Files

CONTENT_FOLDERS = ("contents/", "evidence/")
DIGEST_LEAVES = {"version", "collection", "manifest", "rejected", "evaluation", "document"}
"""The forms of leaves that name a content by its digest."""

Leaves = Mapping[int, Mapping[str, Any]]


def read_contents(
    files: Files, logs: Mapping[str, Leaves], predicate: Mapping[str, Any], problems: list[str]
) -> dict[str, bytes]:
    """Check contents and leaves against each other; return the contents by digest."""
    located = {digest(data): (location, data) for location, data in locate_contents(files)}
    leaves = [leaf for log in logs.values() for leaf in log.values()]
    erased = {leaf["digest"] for leaf in leaves if leaf["leaf"] == "erased"}
    leaf_by_digest = {
        leaf["digest"]: leaf
        for leaf in leaves
        if leaf["leaf"] in DIGEST_LEAVES and "digest" in leaf
    }
    for name, leaf in leaf_by_digest.items():
        if name not in located and name not in erased and belongs(leaf, predicate):
            keys = " ".join(str(leaf[key]) for key in ("kind", "key", "id", "run") if key in leaf)
            problems.append(f"the content {name} is missing: {leaf['leaf']} {keys}")
    for name, (location, _) in located.items():
        if name not in leaf_by_digest:
            problems.append(f"no leaf of the ledger names the content of {location}")
    return {name: data for name, (_, data) in located.items()}


def belongs(leaf: Mapping[str, Any], predicate: Mapping[str, Any]) -> bool:
    """Return whether the content of a leaf must be in the package: all but that of another time."""
    if leaf["leaf"] == "document":
        return False  # the documents that evaluations name are checked in step 7
    key = {"evaluation": "evaluated_at", "manifest": "ended_at"}.get(leaf["leaf"])
    at = leaf[key] if key else predicate["since"]
    return moment(predicate["since"]) <= moment(at) < moment(predicate["until"])


def moment(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def locate_contents(files: Files) -> Iterator[tuple[str, bytes]]:
    """Yield each content with its location: a line of a file, or a whole rule pack."""
    for name, data in files.items():
        if name.startswith("packs/"):
            yield name, data
        elif name.startswith(CONTENT_FOLDERS):
            for number, line in enumerate(data.split(b"\n")[:-1], 1):
                yield f"line {number} of {name}", line


def digest(data: bytes) -> str:
    """Return the digest of bytes as ccm writes it everywhere."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
