"""The contents of an evidence package: each line in its leaf's file, in the leaves' order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.archive import Files, UnreadableBundle
from ccm_core.bundle.verifier.proofs.leaf_table import (
    as_table,
    other_leaves,
    pack_digest,
    unpack_digest,
)
from ccm_core.bundle.verifier.strict_json import read_json, write_json

BASES, EVALUATIONS = "contents/bases.jsonl", "contents/evaluations.jsonl"
KEPT = {BASES, "contents/collections.jsonl", "contents/manifests.jsonl"}
"""The files whose lines are read again; of all others the digest is enough."""
CONTENT_FOLDERS = ("contents/", "evidence/")

Leaves = Mapping[int, Mapping[str, Any]]
Expected = Mapping[str, Mapping[bytes, None]]
"""By the name of each file, the packed digests of its contents, in order."""


class ContentSelection(NamedTuple):
    """Which leaves have their content in the package."""

    history_since: datetime
    until: datetime
    evaluations: Collection[str]
    """Digests of the evaluations of the period."""
    documents: Collection[str]
    """Digests of what they were made with."""
    evidence: Collection[bytes]
    """Packed digests of the evidence behind results."""


class Contents(NamedTuple):
    """The contents that are here."""

    expected: Expected
    """Those that leaves speak of."""
    absent: set[bytes]
    """Those of them that are not here, packed."""
    kept: dict[str, bytes]
    """Those of the files that are read again, by digest."""

    @property
    def number(self) -> int:
        """How many are here."""
        return sum(map(len, self.expected.values())) - len(self.absent)

    def has(self, packed: bytes) -> bool:
        """Return whether the content of a packed digest is here."""
        return packed not in self.absent and any(packed in file for file in self.expected.values())


def is_selected(leaf: Mapping[str, Any], selection: ContentSelection) -> bool:
    """Return whether the content of a leaf must be in the package: of other times only leaves."""
    if leaf["leaf"] == "manifest":
        inside = selection.history_since <= moment(leaf["ended_at"]) < selection.until
        return inside or pack_digest(leaf["digest"]) in selection.evidence
    named = {"evaluation": selection.evaluations, "document": selection.documents}
    return leaf["leaf"] not in named or leaf["digest"] in named[leaf["leaf"]]


def file_of(leaf: Mapping[str, Any]) -> str:
    """Return the one file that holds the content of a leaf; empty where none does."""
    if leaf["leaf"] == "version":
        return version_file(leaf["connection"], leaf["kind"])
    if leaf["leaf"] == "document":
        packs = {"pack": pack_file(leaf["digest"])}
        return BASES if leaf["form"] == "inputs" else packs.get(leaf["form"], "")
    forms = {"collection", "manifest", "rejected", "evaluation"}
    return f"contents/{leaf['leaf']}s.jsonl" if leaf["leaf"] in forms else ""


def version_file(connection: str, kind: str) -> str:
    """Return the file that holds the versions of a kind."""
    return f"evidence/{connection}/{kind}.jsonl"


def form_of(file: str) -> str:
    """Return the form of the leaves that speak of the contents of a file."""
    if file == BASES or file.startswith("packs/"):
        return "document"
    folder, _, name = file.partition("/")
    return "version" if folder == "evidence" else name[: -len("s.jsonl")]


def pack_file(digest: str) -> str:
    """Return the file that holds a rule pack."""
    return f"packs/{digest[len('sha256:') :]}.yaml"


def selected_leaves(
    logs: Mapping[str, Leaves], selection: ContentSelection
) -> Iterator[Mapping[str, Any]]:
    """Yield the leaves whose content must be in the package."""
    for leaves in logs.values():
        for leaf in leaves.values():
            if "digest" in leaf and file_of(leaf) and is_selected(leaf, selection):
                yield leaf


def expected_files(
    logs: Mapping[str, Leaves], selection: ContentSelection
) -> dict[str, dict[bytes, None]]:
    """Return each file's contents in the order of their leaves: the first leaf of each digest."""
    files: dict[str, dict[bytes, None]] = {}
    for leaves in logs.values():
        for connection, kind, packed in as_table(leaves).contents():
            files.setdefault(version_file(connection, kind), {}).setdefault(packed)
        for _, leaf in other_leaves(leaves):
            if "digest" in leaf and file_of(leaf) and is_selected(leaf, selection):
                files.setdefault(file_of(leaf), {}).setdefault(pack_digest(leaf["digest"]))
    return files


def erased_digests(store_log: Leaves) -> set[str]:
    """Return the digests of the contents that were erased by order, as the ledger states it."""
    return {leaf["digest"] for _, leaf in other_leaves(store_log) if leaf["leaf"] == "erased"}


def read_contents(
    files: Files,
    expected: Expected,
    erased: Collection[str],
    labels: Callable[[Collection[str]], Mapping[str, str]],
    problems: list[str],
) -> Contents:
    """Check each file against the leaves that speak of it, and return what is here.

    Args:
        files: The package.
        expected: What leaves speak of.
        erased: What was erased by order.
        labels: Returns what the leaves of some digests are of, for whoever reads a problem.
        problems: What is wrong is added to them.
    """
    size = sum(files.size(name) for name in KEPT if name in files)
    files.limits.again.check("the package", size)
    contents = Contents(expected, set(), {})
    named = {name for name in files if name.startswith((*CONTENT_FOLDERS, "packs/"))}
    for file in sorted(named | set(expected)):
        if file in files and not files.size(file):
            problems.append(f"{file} does not belong in a package: it is empty")
        names = expected.get(file, {})
        absent = absent_contents(files, file, names, contents.kept)
        if absent is None or any(name not in erased for name in map(unpack_digest, absent)):
            actual = read_file(files, file, len(names), contents.kept)
            problems.extend(compare_lines(file, actual, expected, erased, labels))
            absent = list(names.keys() - set(map(pack_digest, actual)))
        contents.absent.update(absent)
    return contents


def absent_contents(
    files: Files, file: str, expected: Mapping[bytes, None], kept: dict[str, bytes]
) -> list[bytes] | None:
    """Return which contents a file lacks, packed; None where it has others, or another order.

    Nothing of the file stays in memory but the contents that are read again.
    """
    absent: list[bytes] = []
    coming = iter(expected)
    for line in content_lines(files, file):
        packed = hashlib.sha256(line).digest()
        for name in coming:
            if name == packed:
                break
            absent.append(name)
        else:
            return None
        if file in KEPT:
            kept[unpack_digest(packed)] = line
    return [*absent, *coming]


def read_file(files: Files, file: str, most: int, kept: dict[str, bytes]) -> list[str]:
    """Return the digests of a file's contents, up to one too many."""
    digests: list[str] = []
    for line in islice(content_lines(files, file), most + 1):
        digests.append(digest(line))
        if file in KEPT and len(digests) <= most:
            kept[digests[-1]] = line
    return digests


def content_lines(files: Files, file: str) -> Iterator[bytes]:
    """Yield the contents of a file: a rule pack is one, and every other file has one a line."""
    if file not in files:
        return
    if file.startswith("packs/"):
        yield files[file]
    elif file == EVALUATIONS:
        yield from whole_lines(files)
    else:
        yield from files.lines(file)


def whole_lines(files: Files) -> Iterator[bytes]:
    """Yield the evaluations, of which nearly each is stated by what differs from the one before.

    Such a line is a JSON array of parts: text, or where a part of the one before begins and ends.
    """
    before, size = b"", 0
    for line in files.lines(EVALUATIONS):
        before = b"".join(read_parts(files, line, before)) if line.startswith(b"[") else line
        size += len(before)
        files.limits.whole.check(EVALUATIONS, size)
        yield before


def read_parts(files: Files, line: bytes, before: bytes) -> Iterator[bytes]:
    """Yield the parts of a line that is stated by what differs from the one before."""
    parts, size = read_json(line, EVALUATIONS), 0
    if write_json(parts) != line:
        raise UnreadableBundle(f"{EVALUATIONS} has a line that is not in the form that ccm writes")
    for part in parts:
        text = part.encode() if isinstance(part, str) else part_before(part, before)
        size += len(text)
        files.limits.line.check(EVALUATIONS, size)
        yield text


def part_before(part: Any, before: bytes) -> bytes:
    """Return a part of the line before: from where it begins to where it ends, in bytes."""
    if isinstance(part, list) and [type(end) for end in part] == [int, int]:
        start, end = part
        if 0 <= start < end <= len(before):
            return before[start:end]
    raise UnreadableBundle(f"{EVALUATIONS} has a line with what is no part of the one before")


def compare_lines(
    file: str,
    actual: Sequence[str],
    expected: Expected,
    erased: Collection[str],
    labels: Callable[[Collection[str]], Mapping[str, str]],
) -> Iterator[str]:
    """Yield how the contents of a file differ from what the leaves say of it."""
    names = list(map(unpack_digest, expected.get(file, {})))
    here, known = set(actual), set(names)
    homes = {unpack_digest(name): home for home in expected for name in expected[home]}
    for number, name in enumerate(actual, 1):
        if name not in known and name in homes:
            yield f"line {number} of {file} belongs in {homes[name]}"
        elif name not in known:
            yield f"no leaf of the ledger names the content of line {number} of {file}"
    missing = [name for name in names if name not in here and name not in erased]
    labelled = labels(set(missing)) if missing else {}
    for name in missing:
        yield f"the content {name} is missing: {labelled[name]}"
    if here <= known and list(actual) != [name for name in names if name in here]:
        yield f"the lines of {file} are not those of its leaves, each once and in their order"


def leaf_labels(
    logs: Mapping[str, Leaves], selection: ContentSelection, names: Collection[str]
) -> dict[str, str]:
    """Return what the first leaves of some digests are of."""
    labels: dict[str, str] = {}
    for leaf in selected_leaves(logs, selection):
        if leaf["digest"] in names and leaf["digest"] not in labels:
            keys = " ".join(str(leaf[key]) for key in ("kind", "key", "id", "run") if key in leaf)
            labels[leaf["digest"]] = f"{leaf['leaf']} {keys}"
    return labels


def moment(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def digest(data: bytes) -> str:
    """Return the digest of bytes as ccm writes it everywhere."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
