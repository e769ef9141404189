"""The contents of an evidence package: each line in its leaf's file, in the leaves' order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.archive import Files

BASES, EVALUATIONS = "contents/bases.jsonl", "contents/evaluations.jsonl"
KEPT = {BASES, "contents/collections.jsonl", "contents/manifests.jsonl"}
"""The files whose lines are read again; of all others the digest is enough."""
CONTENT_FOLDERS = ("contents/", "evidence/")

Leaves = Mapping[int, Mapping[str, Any]]


class ContentSelection(NamedTuple):
    """Which leaves have their content in the package."""

    history_since: datetime
    until: datetime
    evaluations: Collection[str]
    """Digests of the evaluations of the period."""
    documents: Collection[str]
    """Digests of what they were made with."""
    evidence: Collection[str]
    """Digests of the evidence behind results."""


class Contents(NamedTuple):
    """The contents that are here."""

    digests: set[str]
    kept: dict[str, bytes]
    """Those of the files that are read again, by digest."""


def is_selected(leaf: Mapping[str, Any], selection: ContentSelection) -> bool:
    """Return whether the content of a leaf must be in the package: of other times only leaves."""
    if leaf["leaf"] == "manifest":
        inside = selection.history_since <= moment(leaf["ended_at"]) < selection.until
        return inside or leaf["digest"] in selection.evidence
    named = {"evaluation": selection.evaluations, "document": selection.documents}
    return leaf["leaf"] not in named or leaf["digest"] in named[leaf["leaf"]]


def file_of(leaf: Mapping[str, Any]) -> str:
    """Return the one file that holds the content of a leaf; empty where none does."""
    if leaf["leaf"] == "version":
        return f"evidence/{leaf['connection']}/{leaf['kind']}.jsonl"
    if leaf["leaf"] == "document":
        packs = {"pack": pack_file(leaf["digest"])}
        return BASES if leaf["form"] == "inputs" else packs.get(leaf["form"], "")
    forms = {"collection", "manifest", "rejected", "evaluation"}
    return f"contents/{leaf['leaf']}s.jsonl" if leaf["leaf"] in forms else ""


def pack_file(digest: str) -> str:
    """Return the file that holds a rule pack."""
    return f"packs/{digest[len('sha256:') :]}.yaml"


def expected_files(
    logs: Mapping[str, Leaves], selection: ContentSelection
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Return each file's contents in the order of their leaves: the first leaf of each digest."""
    files: dict[str, dict[str, Mapping[str, Any]]] = {}
    for leaves in logs.values():
        for leaf in leaves.values():
            if "digest" in leaf and file_of(leaf) and is_selected(leaf, selection):
                files.setdefault(file_of(leaf), {}).setdefault(leaf["digest"], leaf)
    return files


def erased_digests(store_log: Leaves) -> set[str]:
    """Return the digests of the contents that were erased by order, as the ledger states it."""
    return {leaf["digest"] for leaf in store_log.values() if leaf["leaf"] == "erased"}


def read_contents(
    files: Files,
    expected: Mapping[str, Mapping[str, Mapping[str, Any]]],
    erased: Collection[str],
    problems: list[str],
) -> Contents:
    """Check each file against the leaves that speak of it, and return what is here."""
    size = sum(files.size(name) for name in KEPT if name in files)
    files.limits.again.check("the package", size)
    contents = Contents(set(), {})
    homes = {name: file for file, leaves in expected.items() for name in leaves}
    named = {name for name in files if name.startswith((*CONTENT_FOLDERS, "packs/"))}
    for file in sorted(named | set(expected)):
        leaves = expected.get(file, {})

        def keep(name: str, line: bytes, file: str = file) -> None:
            contents.digests.add(name)
            if file in KEPT:
                contents.kept[name] = line

        if file in files and not files.size(file):
            problems.append(f"{file} does not belong in a package: it is empty")
        actual = read_file(files, file, len(leaves), keep)
        problems.extend(compare_lines(file, actual, leaves, erased, homes))
    return contents


def read_file(files: Files, file: str, most: int, keep: Callable[[str, bytes], None]) -> list[str]:
    """Return the digests of a file's contents, and hand each content on, up to one too many."""
    digests: list[str] = []
    for line in content_lines(files, file):
        digests.append(digest(line))
        if len(digests) > most:
            break
        keep(digests[-1], line)
    return digests


def content_lines(files: Files, file: str) -> Iterator[bytes]:
    """Yield the contents of a file: a rule pack is one, and every other file has one a line."""
    if file not in files:
        return
    if file.startswith("packs/"):
        yield files[file]
    else:
        yield from files.lines(file)


def compare_lines(
    file: str,
    actual: Sequence[str],
    leaves: Mapping[str, Mapping[str, Any]],
    erased: Collection[str],
    homes: Mapping[str, str],
) -> Iterator[str]:
    """Yield how the contents of a file differ from what the leaves say of it."""
    for number, name in enumerate(actual, 1):
        if name not in leaves and name in homes:
            yield f"line {number} of {file} belongs in {homes[name]}"
        elif name not in leaves:
            yield f"no leaf of the ledger names the content of line {number} of {file}"
    here = set(actual)
    for name, leaf in leaves.items():
        if name not in here and name not in erased:
            keys = " ".join(str(leaf[key]) for key in ("kind", "key", "id", "run") if key in leaf)
            yield f"the content {name} is missing: {leaf['leaf']} {keys}"
    if here <= leaves.keys() and list(actual) != [name for name in leaves if name in here]:
        yield f"the lines of {file} are not those of its leaves, each once and in their order"


def moment(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def digest(data: bytes) -> str:
    """Return the digest of bytes as ccm writes it everywhere."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
