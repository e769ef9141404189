"""Verify an evidence package. Needs Python 3.9 and nothing else: no network, no account.

    python3 verify.py BUNDLE.zip [KEY] [--report FOLDER]

KEY is the public key that you received by another way than this package, or a file that holds it.
Without it the package is only shown to agree with itself, and the key that signed it is printed.
Take this file from somewhere you trust, such as ccm_core/bundle/verifier/verify.py of ccm-core: a
package that was changed may hold a verifier that was changed.

1. The archive has the one form that ccm writes, to the byte: nothing is hidden in it, and nothing
   in it is larger than a verifier should read.
2. The statement (in-toto, in a DSSE envelope) is signed, and names every file with its digest.
3. Each key of the store was handed over by the key before it, and signs only from then on until
   it hands over itself: each checkpoint is signed by the key that the ledger named last. Where a
   key was lost and did not hand over, that is not proven, whichever key you give.
4. The leaves of each log lead to its signed checkpoint (Merkle trees of RFC 9162): none is forged.
   They lead to every checkpoint that was stated before as well: no history was rewritten.
5. Which rules and which evidence each control had stands in the inputs of the evaluations, which
   leaves name: so the statement cannot leave out any of them.
6. All contents have the digests that leaves name, each in the file of its kind; only what was
   erased by order is missing, and that is said. No file is there that no leaf speaks of.
7. Nothing was left out: each collection has what it counted, each population has its root, each
   run has its collections, and the store stated its heads after every run and evaluation. Each
   evaluation read the populations of snapshots that these leaves lead to, and no others. It read
   every manifest, and no fewer collections than are named here: the others are counted, and said.
8. The rows and verdicts of the period lead to the populations that each evaluation states that it
   left, and the counts and the status of each rule follow from them.
9. The evidence behind the results, and the rule packs that gave them, are here.
10. The conclusions, the pages and the tables are made anew from all this, and must be the same
    to the byte. With --report they are written to a folder as well, which must be new or empty:
    so you read what this verifier made, and trust no page that somebody gave you.

The exit code is 0 where the package verifies, 3 where nothing was changed but something is not
proven, 5 where there is a problem, and 2 for wrong arguments.
"""

# Built from the modules beside it by `python -m ccm_core.bundle.verifier.build`: change those. It
# is one file, longer than others and outside the linters, because whoever has to trust it reads it
# in one go, and because it runs alone, in any folder, with nothing but Python.

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import struct
import sys
import zlib
from array import array
from binascii import unhexlify
from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Callable, Collection, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from functools import partial
from heapq import nsmallest
from itertools import accumulate, chain, groupby, islice, zip_longest
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple, NoReturn, Protocol


def main(arguments: Sequence[str]) -> int:
    """Verify the package that is named, and return the exit code.

    It is 0 where it verifies, 3 where something is not proven, 5 for a problem, 2 for misuse.
    """
    places, folder = read_arguments(arguments)
    if not 1 <= len(places) <= 2:
        print((__doc__ or "").strip())
        return 2
    try:
        key = read_key(places[1]) if len(places) > 1 else None
        open(places[0], "rb").close()
        if folder:
            make_folder(Path(folder))
    except (OSError, ValueError) as error:
        print(printable(f"cannot be used: {error}"))
        return 2
    with open(__file__, "rb") as file:
        checked = verify_package(places[0], key, file.read())
    print("\n".join(printable(line) for line in checked.lines()))
    problems = len(checked.problems)
    if folder:
        print(printable(write_report(Path(folder), checked)))
    count = f"{problems} problem{'' if problems == 1 else 's'}"
    print(printable(f"{places[0]}: {count if problems else checked.conclusion()}"))
    if problems:
        return 5
    return 3 if checked.unproven else 0


def read_arguments(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Return the package and the key, and the folder of a report; nothing for what is no use."""
    places, folder = list(arguments), ""
    if "--report" in places[:-1]:
        at = places.index("--report")
        folder = places[at + 1]
        del places[at : at + 2]
    return ([] if any(place.startswith("-") for place in places) else places), folder


def make_folder(folder: Path) -> None:
    """Make the folder of a report, or refuse one that holds something."""
    folder.mkdir(parents=True, exist_ok=True)
    if next(folder.iterdir(), None):
        raise ValueError(f"the folder {folder} is not empty: name a new one for the report")


def write_report(folder: Path, checked: _PackageVerification) -> str:
    """Write the pages and tables of a package that has no problems, and return what was done."""
    if checked.problems:
        return "no report was written, because of the problems"
    for name, make in readable_files(checked.made).items():
        path = folder.joinpath(*name.split("/"))
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            file.writelines(make())
    return f"the report that follows from the contents: {folder / 'index.html'}"


def printable(line: str) -> str:
    """Escape what steers a terminal or turns text around: names come from whoever made the file."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in line
    )


class _PackageVerification(NamedTuple):
    """What verifying a package showed."""

    facts: list[str]
    """What the package states of itself, proven where there is no problem."""
    erased: list[str]
    """Which of its evidence was erased by order, and how many results rest on that."""
    unproven: list[str]
    """What is in the package and is not proven."""
    problems: list[str]
    exceeded: list[_BoundExceeded]
    """Those of the problems that are only a matter of size."""
    made: dict[str, MadeFile]
    """What makes each file that follows from the contents; proven where there is no problem."""

    def lines(self) -> Iterator[str]:
        """Yield all of it for a person."""
        yield from self.facts
        yield from self.erased
        yield from (f"not proven: {text}" for text in self.unproven)
        yield from (f"PROBLEM: {problem}" for problem in self.problems)

    def conclusion(self) -> str:
        """Return what a package without problems is."""
        if self.unproven:
            return "no change was found, but not everything is proven"
        return "verified, but for evidence that was erased by order" if self.erased else "verified"


def verify(
    path: str, key: str | None = None, limits: _Limits | None = None
) -> tuple[list[str], list[str]]:
    """Verify a package; return what it states of itself, and every problem."""
    checked = verify_package(path, key, limits=limits)
    return [*checked.facts, *checked.erased], checked.problems


def verify_package(
    path: str, key: str | None = None, verifier: bytes = b"", limits: _Limits | None = None
) -> _PackageVerification:
    """Verify a package.

    Args:
        path: The file.
        key: The public key that is trusted, as ``name+id+base64``; None: whatever key is in it.
        verifier: The published verifier that is running; the one in the package should be the same.
        limits: How much is read of it; None: what everybody reads.
    """
    checked = _PackageVerification([], [], [], [], [], {})
    problems = checked.problems
    try:
        files = read_archive(path, limits or LIMITS)
        keys = trusted_keys(files, key, problems, checked.unproven)
        predicate = read_statement(files, keys, problems)["predicate"]
        logs = read_logs(files, keys, problems)
        check_named_keys(files, logs, problems)
        package = read_package(files, predicate, logs)
        check_package(files, predicate, package, keys[-1], checked)
        checked.facts.extend(describe_signers(files, logs))
        if key is None:
            checked.facts.append("compare that key with the one that you received by another way")
        if verifier and digest(verifier) != f"sha256:{files.digests[VERIFIER]}":
            checked.unproven.append(
                f"{VERIFIER} in the package is not this verifier: do not run it, unless you know "
                "its version"
            )
    except _UnreadableBundle as error:
        problems.append(str(error))
    except _BoundExceeded as error:
        checked.exceeded.append(error)
        problems.append(str(error))
    except KeyError as error:
        problems.append(f"{error} is missing")
    except Exception as error:  # noqa: BLE001 - whatever a forged file brings about is a problem
        problems.append(f"this is not an evidence package ({type(error).__name__}: {error})")
    return checked


def read_package(files: Files, predicate: Mapping[str, Any], logs: Mapping[str, Leaves]) -> _Package:
    """Read which rules and kinds the package is of, from the inputs that leaves name."""
    bounds = period_bounds(predicate["period"])
    store_log = logs[STORE_LOG]
    names = scope_inputs(store_log, period_evaluations(store_log, *bounds))
    lines = files.lines(BASES) if BASES in files else ()
    inputs = {digest(line): line for line in lines if digest(line) in names}
    if names - inputs.keys():
        raise _UnreadableBundle(f"the inputs {min(names - inputs.keys())} are missing: {BASES}")
    scope = read_scope(read_json(inputs[name], f"the inputs {name}") for name in sorted(names))
    controls = sorted(set(predicate["controls"]) & scope.needs.keys())
    if not controls:
        raise _UnreadableBundle("the statement names no control that the evaluations tested")
    newest = newest_moment(logs, bounds[0])
    assessed = max(moment(predicate["assessed_until"]), min(newest, bounds[1]))
    evaluations = period_evaluations(store_log, *bounds)
    documents = scope_documents(files, evaluations)
    need = derived_need(store_log, evaluations, documents, scope.rules(controls))
    return _Package(predicate["period"], min(assessed, bounds[1]), controls, logs, scope, need)


def scope_documents(files: Files, evaluations: Leaves) -> Iterator[Mapping[str, Any]]:
    """Yield an evaluation for each of the inputs that those by change were made with."""
    leaves = {leaf["digest"]: leaf for leaf in evaluations.values() if "act" in leaf}
    read = set()
    for line in content_lines(files, EVALUATIONS):
        leaf = leaves.get(digest(line))
        if leaf is not None and leaf.get("inputs") not in read:
            read.add(leaf.get("inputs"))
            yield read_json(line)


def check_package(
    files: Files,
    predicate: Mapping[str, Any],
    package: _Package,
    key: str,
    checked: _PackageVerification,
) -> None:
    """Check everything that the package holds and states; add what is proven of it."""
    logs, problems = package.logs, checked.problems
    notes = {log: files[f"ledger/{log}/checkpoint.txt"].decode() for log in logs}
    expected = package.predicate(notes)
    check_predicate(predicate, expected, problems)
    history, reading = read_history(files, package, problems), package.reading
    content_logs, selection = package.content_logs, package.selection(history)
    labels = partial(leaf_labels, content_logs, selection)
    expected_contents = expected_files(content_logs, selection)
    contents = read_contents(files, expected_contents, reading.erased, labels, problems)
    kinds, since = package.scope.kinds(package.controls), package.bounds[0]
    whole = {
        log: whole_collections(logs[log], set(kinds), since, last_collections(history, log))
        for log in package.connections
    }
    for log, collections in whole.items():
        check_collections(logs[log], contents.kept, collections, problems)
    check_runs(files, package, contents.kept, problems)
    problems.extend(unread_populations(package, history))
    problems.extend(unread_runs(package, history, contents))
    problems.extend(missing_needs(package, history, contents))
    derived = derived_files(package, expected, history, contents, key)
    checked.made.update(derived)
    problems.extend(wrong_files(files, package, derived))
    checked.facts.extend(describe(expected, key, logs, contents))
    checked.erased.extend(describe_erasures(read_json(b"".join(derived["erasures.json"]()))))
    checked.facts.extend(describe_unshown(package, history, contents))
    checked.facts.extend(describe_earlier(package, whole))
    if package.other_connections:
        others = ", ".join(package.other_connections)
        checked.facts.append(f"not in this package: the connections {others} of the same store")


def read_history(files: Files, package: _Package, problems: list[str]) -> _History:
    """Read what the evaluations state; rows and verdicts are not in memory any longer than that."""
    history, reading = empty_history(), package.reading
    derived_logs = package_logs(files, package)
    reader = _DerivedHistory(package.derived, reading, derived_logs, history, problems)
    read_evaluations(evaluation_lines(files, package.evaluations), reading, history, reader)
    return history


def evaluation_lines(
    files: Files, evaluations: Leaves
) -> Iterator[tuple[int, Mapping[str, Any], bytes]]:
    """Yield some evaluations, each with the index of its leaf, in the order of the leaves."""
    indexes = {leaf["digest"]: index for index, leaf in evaluations.items()}
    last = -1
    for line in content_lines(files, EVALUATIONS):
        index = indexes.get(digest(line))
        if index is None:
            raise _UnreadableBundle(f"{EVALUATIONS} has a line that no leaf of the period names")
        if index <= last:
            raise _UnreadableBundle(
                f"the lines of {EVALUATIONS} are not those of its leaves, each once and in their "
                "order"
            )
        last = index
        yield index, evaluations[index], line


def wrong_files(files: Files, package: _Package, derived: Mapping[str, MadeFile]) -> Iterator[str]:
    """Yield the files that no leaf speaks of, and those that differ from what the leaves prove."""
    known = {*derived, STATEMENT, VERIFIER}
    known |= {
        f"ledger/{log}/{name}.txt"
        for log in package.logs
        for name in ("checkpoint", "hashes", "leaves")
        if DERIVED not in log or log in package.derived_logs
    }
    folders = ("contents/", "evidence/", "packs/", "keys/")  # each has a check of its own
    for name in files:
        if name not in known and not name.startswith(folders):
            yield f"{name} does not belong in a package: no leaf of the ledger speaks of it"
    for name, make in derived.items():
        if name not in files:
            yield f"{name} is missing: the verifier makes it of the contents of the package"
        elif files.digests[name] != sha256_of(make()):
            where = first_difference(make(), files.chunks(name))
            yield f"{name} is not what follows from the contents of the package: {where}"


def describe(
    predicate: Mapping[str, Any],
    key: str,
    logs: Mapping[str, Leaves],
    contents: _Contents,
) -> Iterator[str]:
    """Yield what the package is of, how much of it is proven, and which key signed it."""
    controls = ", ".join(predicate["controls"])
    yield f"evidence from {predicate['since']} up to {predicate['until']}: {controls}"
    leaves = sum(map(len, logs.values()))
    yield (
        f"{leaves} leaves of {len(logs)} logs lead to signed checkpoints, "
        f"{contents.number} contents match their digests"
    )
    yield f"signed by {key}"


def describe_signers(files: Files, logs: Mapping[str, Leaves]) -> Iterator[str]:
    """Yield which key signed the checkpoint of each log."""
    for log in logs:
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        key = signer_of(log, size, logs.get(STORE_LOG, {}))
        yield f"the checkpoint of the log {log} at {size} leaves is signed by {key}"


# -- The bounds of an evidence package: what nobody has to read, and what is therefore not written -


class _BoundExceeded(Exception):
    """Something in a package is larger than a verifier reads."""

    def __init__(self, place: str, count: int, bound: _Bound) -> None:
        super().__init__(
            f"{place}: {count:,} {bound.unit}, at most {bound.most:,} are read, as {bound.reason}"
        )
        self.place, self.bound = place, bound


class _Bound(NamedTuple):
    """How much of something a verifier reads."""

    most: int
    unit: str
    """What is counted."""
    reason: str

    def check(self, place: str, count: int) -> None:
        """Refuse more than this in some place."""
        if count > self.most:
            raise _BoundExceeded(place, count, self)


class _Limits(NamedTuple):
    """Every bound of a package."""

    files: _Bound = _Bound(
        20_000, "files", "the name and the digest of each are in memory at the same time"
    )
    name: _Bound = _Bound(512, "bytes in the name of a file", "names are read before any contents")
    packed: _Bound = _Bound(
        (4 << 30) - 1, "bytes of archive", "a zip archive without extensions counts up to there"
    )
    unpacked: _Bound = _Bound(
        (4 << 30) - 1, "bytes in its files", "a zip archive without extensions counts up to there"
    )
    ratio: _Bound = _Bound(
        40,
        "bytes from each compressed one",
        "evidence has about ten, and more would fill a machine from a small file",
    )
    """On average, beyond those that are free."""
    free: int = 1 << 24
    """Bytes that may unpack from however few: so little fills no machine."""
    line: _Bound = _Bound(256 << 20, "bytes in a line", "a line is in memory as a whole")
    whole: _Bound = _Bound(
        1 << 30,
        "bytes of evaluations",
        "each is read, although it is stated by what differs from the one before",
    )
    again: _Bound = _Bound(
        512 << 20,
        "bytes of inputs, collections and manifests",
        "they are in memory at the same time, as they are read again",
    )
    statement: _Bound = _Bound(16 << 20, "bytes", "it is in memory as a whole, several times")
    keys: _Bound = _Bound(256, "signing keys", "each costs milliseconds to check")
    note: _Bound = _Bound(1 << 16, "bytes in a signed note", "a signature covers all of them")
    signatures: _Bound = _Bound(
        32, "signatures in a note", "each costs milliseconds to check; one is genuine"
    )
    logs: _Bound = _Bound(500, "logs", "each has a signature and a tree of its own")
    ledger: _Bound = _Bound(
        (1 << 31) - 1, "bytes in its ledger", "all of it is unpacked and read, leaf by leaf"
    )
    leaves: _Bound = _Bound(
        4_000_000, "leaves", "up to a kilobyte of each is in memory, so that 4 GiB suffice"
    )
    leaf: _Bound = _Bound(1 << 18, "bytes in a leaf", "a leaf only names contents")


LIMITS = _Limits()
MOST_DEPTH = _Bound(100, "brackets open at a time", "deeper ones exhaust the stack of a reader")
"""Where a document can be anybody's."""
FREE_PARTS = 4096
BYTES_BY_BRACKET, BYTES_BY_COMMA = 40, 10
"""What JSON has at least, beyond so many that are free: more of them would fill the memory."""
PIECE = 1 << 16
DENSE = "JSON of hardly anything but brackets and commas fills the memory"


def check_density(place: str, text: str) -> None:
    """Refuse JSON that is many times larger in memory than in a file."""
    for marks, unit, share in (
        ("[{", "brackets", BYTES_BY_BRACKET),
        (",", "commas", BYTES_BY_COMMA),
    ):
        most = FREE_PARTS + len(text) // share
        if sum(map(text.count, marks)) > most:
            bound = _Bound(most, f"{unit} in {len(text):,} characters", DENSE)
            bound.check(place, count_structure(text, marks))


def count_structure(text: str, marks: str) -> int:
    """Count some marks of JSON that are in none of its strings."""
    text = text.replace("\\\\", "").replace('\\"', "")
    count = quoted = 0
    for start in range(0, len(text), PIECE):
        parts = text[start : start + PIECE].split('"')
        count += sum(part.count(mark) for part in parts[quoted::2] for mark in marks)
        quoted ^= (len(parts) - 1) % 2
    return count


def check_ratio(packed: int, size: int, limits: _Limits = LIMITS) -> None:
    """Refuse an archive that unpacks to many times its size."""
    most = limits.ratio.most * packed + limits.free
    unit = f"bytes in its files from {packed:,} compressed ones"
    _Bound(most, unit, limits.ratio.reason).check("the package", size)


def check_note(place: str, size: int, signatures: int, limits: _Limits = LIMITS) -> None:
    """Refuse a signed note that is large, or has many signatures."""
    limits.signatures.check(place, signatures)
    limits.note.check(place, size)


# -- Read the zip archive of an evidence package: in its one form, within bounds, to the last byte -


CHUNK = 1 << 16
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
END_RECORD = struct.Struct("<4s4H2LH")
VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY = 20, 0x800, 8, 0, 0x21
"""What every member has: ZIP 2.0, a name in UTF-8, one compression, and no time."""
UNIX, REGULAR_FILE = 3 << 8, 0o100644 << 16
FOLDERS = ("ledger/", "contents/", "evidence/", "packs/", "keys/", "tables/", "pages/")
LAST = (
    "key.pem",
    "assurance.json",
    "erasures.json",
    "verify.py",
    "README.txt",
    "index.html",
    "statement.json",
)


class _UnreadableBundle(Exception):
    """The package cannot be read any further."""


class _Archive(Mapping[str, bytes]):
    """The files of an archive, by name; one is unpacked only while somebody uses it."""

    def __init__(
        self, packed: _PackedFile, members: Sequence[_Member], limits: _Limits = LIMITS
    ) -> None:
        self.limits = limits
        """How much is read of it."""
        self._packed = packed
        self._members = {member.name: member for member in members}
        self.digests: dict[str, str] = {}
        """The SHA-256 of each file, in hexadecimal digits."""
        for name in self._members:
            self.digests[name] = self._digest(name)

    def __getitem__(self, name: str) -> bytes:
        """Return the bytes of a file."""
        return b"".join(self.chunks(name))

    def __iter__(self) -> Iterator[str]:
        """Yield the names in the order of the archive."""
        return iter(self._members)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        """Return whether a file is here, without reading it."""
        return name in self._members

    def size(self, name: str) -> int:
        """Return how many bytes a file has."""
        return self._members[name].size

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file; the last one needs its newline like every other."""
        rest: list[bytes] = []
        size = 0
        for chunk in self.chunks(name):
            first, *whole = chunk.split(b"\n")
            rest.append(first)
            size += len(first)
            self.limits.line.check(name, size)
            if whole:
                last = whole.pop()
                yield b"".join(rest)
                for line in whole:
                    self.limits.line.check(name, len(line))
                    yield line
                rest, size = [last], len(last)
                self.limits.line.check(name, size)
        if any(rest):
            raise _UnreadableBundle(f"{name}: bytes follow the last newline, so they are no line")

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file; they are exactly those that the archive declares."""
        digest = hashlib.sha256()
        for chunk in self._unpacked(self._members[name]):
            digest.update(chunk)
            yield chunk
        if self.digests.setdefault(name, digest.hexdigest()) != digest.hexdigest():
            raise _UnreadableBundle(f"{name} was changed while the package was read")

    def _unpacked(self, member: _Member) -> Iterator[bytes]:
        name = member.name
        unpack, size, crc = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
        for start in range(member.data_offset, member.end, CHUNK):
            packed = self._packed[start : min(start + CHUNK, member.end)]
            while packed:
                data = unpack.decompress(packed, CHUNK)
                size, crc, packed = size + len(data), zlib.crc32(data, crc), unpack.unconsumed_tail
                if size > member.size:
                    raise _UnreadableBundle(f"{name}: expected {member.size} bytes, got more")
                if unpack.unused_data or (not data and packed):
                    raise _UnreadableBundle(f"{name}: bytes follow its compressed bytes")
                if data:
                    yield data
        while not unpack.eof:
            data = unpack.decompress(b"", CHUNK)
            size, crc = size + len(data), zlib.crc32(data, crc)
            if not data or size > member.size:
                break
            yield data
        if not unpack.eof or (size, crc) != (member.size, member.crc):
            raise _UnreadableBundle(f"the archive is damaged: {name} is not what it declares")

    def _digest(self, name: str) -> str:
        for _ in self.chunks(name):
            pass
        return self.digests[name]


class _PackedFile:
    """The bytes of an archive: read when they are needed, never all of them."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")
        self._size = self._file.seek(0, 2)

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        """Return some of the bytes."""
        start, end, _ = part.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(end - start, 0))

    def __del__(self) -> None:
        """Close the file with the last who reads it."""
        if hasattr(self, "_file"):
            self._file.close()


Files = _Archive


def read_archive(path: str, limits: _Limits = LIMITS) -> _Archive:
    """Check every byte of the archive that is no content, and unpack each file once."""
    try:
        packed = _PackedFile(path)
        return _Archive(packed, read_members(packed, limits), limits)
    except (zlib.error, OSError, UnicodeDecodeError) as error:
        raise _UnreadableBundle(f"the archive is damaged: {error}") from error


def read_members(packed: _PackedFile, limits: _Limits = LIMITS) -> list[_Member]:
    """Read the directory, and hold it and every header against the form that they must have."""
    limits.packed.check("the package", len(packed))
    if len(packed) < END_RECORD.size:
        raise _UnreadableBundle(f"the archive is damaged: it has {len(packed)} bytes")
    last = packed[-END_RECORD.size :]
    mark, *_, length, start, _ = END_RECORD.unpack(last)
    if mark != b"PK\x05\x06":
        raise _UnreadableBundle("the archive is damaged: it does not end as a zip archive does")
    if start + length + END_RECORD.size != len(packed):
        raise _UnreadableBundle("the archive is damaged: its directory is not where it should be")
    directory = packed[start : start + length]
    members = list(parse_directory(directory, limits))
    check_members(members, limits)
    check_form(packed, members, start)
    entries = b"".join(map(directory_entry, members))
    if directory != entries or last != end_record(len(members), length, start):
        raise _UnreadableBundle("the archive's directory is not in the form that ccm writes")
    return members


def parse_directory(directory: bytes, limits: _Limits = LIMITS) -> Iterator[_Member]:
    """Yield the members that the directory names."""
    at = count = 0
    while at < len(directory):
        count += 1
        limits.files.check("the package", count)
        if len(directory) - at < DIRECTORY_ENTRY.size or directory[at : at + 4] != b"PK\x01\x02":
            raise _UnreadableBundle("the archive is damaged: its directory breaks off")
        fields = DIRECTORY_ENTRY.unpack_from(directory, at)
        crc, packed, size, name, extra, comment = fields[7:13]
        at += DIRECTORY_ENTRY.size
        yield _Member(directory[at : at + name].decode(), crc, packed, size, fields[-1])
        at += name + extra + comment


def check_members(members: Sequence[_Member], limits: _Limits = LIMITS) -> None:
    """Refuse names that clash or climb, and too much data, before anything is unpacked."""
    for name, count in Counter(member.name for member in members).items():
        if count > 1:
            raise _UnreadableBundle(f"{name!r} is in the archive {count} times")
    check_names([member.name for member in members], limits)
    size = sum(member.size for member in members)
    limits.unpacked.check("the package", size)
    check_ratio(sum(member.packed for member in members), size, limits)


def check_names(names: Collection[str], limits: _Limits = LIMITS) -> None:
    """Refuse more files than are read, and names that are long or lead out of a folder."""
    limits.files.check("the package", len(names))
    for name in names:
        limits.name.check(name[:100], len(name.encode()))
        parts = set(name.split("/"))
        if not name.isprintable() or "\\" in name or ":" in name or {"", ".", ".."} & parts:
            raise _UnreadableBundle(f"{name!r} is not a safe file name: it may lead out of a folder")


def check_form(packed: _PackedFile, members: Sequence[_Member], start: int) -> None:
    """Check that the members fill the archive up to its directory, one header before each."""
    if list(members) != sorted(members, key=lambda member: member_order(member.name)):
        raise _UnreadableBundle("the files of the archive are not in the order that ccm writes")
    expected = 0
    for member in members:
        header = local_header(member)
        actual = packed[expected : expected + len(header)]
        if member.offset != expected or actual != header:
            raise _UnreadableBundle(
                f"the archive holds data that belongs to no file, or another header: {member.name}"
            )
        expected = member.end
    if expected != start:
        raise _UnreadableBundle("the archive holds data that belongs to no file")


# -- the form of the archive ------------------------------------------------------------------


class _Member(NamedTuple):
    """One file of the archive."""

    name: str
    crc: int
    packed: int
    size: int
    offset: int

    @property
    def data_offset(self) -> int:
        """Where its compressed bytes begin."""
        return self.offset + LOCAL_HEADER.size + len(self.name.encode())

    @property
    def end(self) -> int:
        """Where they end."""
        return self.data_offset + self.packed


def local_header(member: _Member) -> bytes:
    """Return the bytes before the compressed bytes of a member."""
    name = member.name.encode()
    form = (VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY)
    sizes = (member.crc, member.packed, member.size, len(name), 0)
    return LOCAL_HEADER.pack(b"PK\x03\x04", *form, *sizes) + name


def directory_entry(member: _Member) -> bytes:
    """Return the bytes of a member in the directory."""
    name = member.name.encode()
    form = (UNIX | VERSION, VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY)
    sizes = (member.crc, member.packed, member.size, len(name))
    rest = (0, 0, 0, 0, REGULAR_FILE, member.offset)
    return DIRECTORY_ENTRY.pack(b"PK\x01\x02", *form, *sizes, *rest) + name


def end_record(members: int, length: int, start: int) -> bytes:
    """Return the last bytes of an archive."""
    return END_RECORD.pack(b"PK\x05\x06", 0, 0, members, members, length, start, 0)


def member_order(name: str) -> tuple[int, str]:
    """Return what members are sorted by: the ledger first, the statement last."""
    if name in LAST:
        return len(FOLDERS) + LAST.index(name), name
    matching = [rank for rank, folder in enumerate(FOLDERS) if name.startswith(folder)]
    return (matching[0] if matching else len(FOLDERS)), name


# -- The signed statement of an evidence package, and the store's keys that may sign it ------------


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
        raise _UnreadableBundle(
            f"{STATEMENT}: expected {PREDICATE_TYPE}, got {statement['predicateType']}; "
            "take the verifier of a newer ccm-core"
        )
    if statement != statement_of(files.digests, statement["predicate"]):
        problems.extend(different_digests(files, statement))
    return statement


def check_statement(size: int, payload: bytes, limits: _Limits) -> None:
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
        raise _UnreadableBundle("the package holds no public key")
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
            raise _UnreadableBundle(f"{name} is not signed by the key that it names")
        previous = lines[3][len("replaces ") :] if lines[3] else None
        last = chains[-1][-1] if chains else None
        if previous != last:
            problems.append(f"{name} does not follow on the key before it")
        if previous is None or not signed_by(previous, text, signatures):
            chains.append([])
        chains[-1].append(lines[1])
    return chains


# -- The logs of an evidence package: leaves, signed checkpoints, and heads stated before ----------


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


def read_logs(files: Files, keys: Sequence[str], problems: list[str]) -> dict[str, _LeafTable]:
    """Prove the leaves of every log; return them by log and index, the store's own log first."""
    check_sizes(files)
    names = [path.split("/")[1] for path in files if path.endswith("/checkpoint.txt")]
    logs: dict[str, _LeafTable] = {}
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
) -> _LeafTable:
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
) -> tuple[_LeafTable, dict[int, bytes]]:
    """Return the leaves of a log that are here, and the roots that they lead to, by size."""
    table = _LeafTable()

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


# -- What a package is of, derived from its proven leaves and contents, for writer and verifier ----


class _Package(NamedTuple):
    """What a package is of, and the leaves that it holds."""

    period: str
    assessed_until: datetime
    controls: list[str]
    logs: Mapping[str, Leaves]
    """The store's own first, then those of the connections."""
    scope: _Scope
    derived: _DerivedNeed

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """When the period begins and ends."""
        return period_bounds(self.period)

    @property
    def store_log(self) -> Leaves:
        """The store's own log."""
        return self.logs[STORE_LOG]

    @property
    def connections(self) -> list[str]:
        """The connections whose evidence is in it."""
        return sorted(name for name in self.logs if name != STORE_LOG and DERIVED not in name)

    @property
    def other_connections(self) -> list[str]:
        """The other connections of the same store."""
        leaves = other_leaves(self.store_log)
        heads = (head for _, leaf in leaves for head in leaf.get("heads", ()))
        return sorted({head["log"].split(DERIVED)[0] for head in heads} - self.logs.keys())

    @property
    def derived_logs(self) -> list[str]:
        """The logs of rows and verdicts that it needs."""
        logs = [f"{name}{DERIVED}" for name in self.connections]
        return [log for log in logs if self.derived.size(log)]

    @property
    def content_logs(self) -> dict[str, Leaves]:
        """The leaves whose contents may be here: of rows and verdicts those of the period."""
        logs = dict(self.logs)
        for log in logs:
            if DERIVED in log:
                leaves = as_table(self.logs[log])
                logs[log] = leaves.chosen(derived_versions(leaves, self.derived, log))
        return logs

    @property
    def evaluations(self) -> Leaves:
        """The leaves of the evaluations of the period."""
        return period_evaluations(self.store_log, *self.bounds)

    @property
    def reading(self) -> _Reading:
        """What is read of the evaluations."""
        rules = set(self.scope.rules(self.controls))
        erased = erased_digests(self.store_log)
        frameworks = {name.partition(":")[0] for name in self.controls}
        return _Reading(rules, set(self.connections), erased, self.bounds, frameworks)

    def selection(self, history: _History) -> _ContentSelection:
        """Return which leaves have their content in the package."""
        since, until = self.bounds
        return _ContentSelection(
            self.scope.history_since(self.connections, since),
            closed_until(until),
            {leaf["digest"] for leaf in self.evaluations.values()},
            scope_inputs(self.store_log, self.evaluations) | history.needs.keys(),
            history.evidence,
        )

    def predicate(self, checkpoints: Mapping[str, str]) -> dict[str, Any]:
        """Return what the statement says of the package.

        Args:
            checkpoints: The signed checkpoint of each log.
        """
        since, until = self.bounds
        return {
            "origin": checkpoints[STORE_LOG].split("\n")[0],
            "period": self.period,
            "since": instant_text(since),
            "until": instant_text(until),
            "assessed_until": instant_text(self.assessed_until),
            "controls": self.controls,
            "connections": self.connections,
            "kinds": self.scope.kinds(self.controls),
            "rules": self.scope.rules(self.controls),
            "evaluations": len(self.evaluations),
            "checkpoints": [
                {
                    "log": log,
                    "size": int(checkpoints[log].split("\n")[1]),
                    "checkpoint": checkpoints[log],
                }
                for log in self.logs
            ],
        }


def derived_files(
    package: _Package,
    predicate: Mapping[str, Any],
    history: _History,
    contents: _Contents,
    key: str,
) -> dict[str, MadeFile]:
    """Return what makes the files that follow from proven contents, and from nothing else."""
    since, until = package.bounds
    question = _PeriodQuestion(
        package.period, (since, package.assessed_until), until, package.controls
    )
    collecting = [
        read_collecting(name, package.logs[name], contents.kept, package.scope)
        for name in package.connections
    ]
    assurance = conclude(question, package.scope, history, collecting)
    absent = {unpack_digest(name) for name in contents.absent}
    orders = erasures(package.content_logs if absent else {}, package.store_log, absent, history)
    last = last_evaluation(package.evaluations)
    facts = _PageFacts(
        assurance=assurance,
        orders=orders,
        predicate=predicate,
        others=package.other_connections,
        key=key,
        history=history,
        collecting=collecting,
        inputs=list(read_inputs(contents)),
        seed=str(last.get("digest", NO_EVALUATION)),
        plan=stated_plan(contents, last),
        validations=[
            leaf for _, leaf in other_leaves(package.store_log) if leaf["leaf"] == "validation"
        ],
    )
    return {
        "key.pem": lambda: [pem(public_key(key))],
        "assurance.json": lambda: [write_json(assurance) + b"\n"],
        "erasures.json": lambda: [write_json(orders) + b"\n"],
        **page_files(facts),
    }


def read_inputs(contents: _Contents) -> Iterator[Mapping[str, Any]]:
    """Yield which versions the evaluations of the package were made with, by each inputs."""
    for packed in contents.expected.get(BASES, ()):
        content = contents.kept.get(unpack_digest(packed))
        if content is not None:
            inputs = read_json(content, "the inputs of an evaluation")
            yield {name: share_texts(inputs[name]) for name in ("host_version", "plugins")}


def stated_plan(contents: _Contents, evaluation: Mapping[str, Any]) -> _SamplePlan:
    """Return what the inputs of an evaluation state of samples, by its leaf."""
    content = contents.kept.get(evaluation.get("inputs", ""))
    return sample_plan(
        None if content is None else read_json(content, "the inputs of an evaluation")
    )


def newest_moment(logs: Mapping[str, Leaves], default: datetime) -> datetime:
    """Return the newest moment at which the ledger states that a run or an evaluation was."""
    texts: Collection[str] = {
        leaf[name]
        for leaves in logs.values()
        for _, leaf in other_leaves(leaves)
        for name in ("ended_at", "evaluated_at")
        if name in leaf
    }
    return max(map(moment, texts), default=default)


def pem(public: bytes) -> bytes:
    """Return a public key in PEM (RFC 8410)."""
    der = bytes.fromhex("302a300506032b6570032100") + public
    return b"-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % base64.b64encode(der)


# -- What a package of some controls must hold: rules, kinds and connections, as leaves state them -


CLOSING = timedelta(days=7)
"""How long after the end of a period evaluations may close what happened in it."""
PART = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|([0-9]{2})(?:-([0-9]{2}))?))?")
"""A period, or one end of it."""


class _Need(NamedTuple):
    """The evidence that one rule needs."""

    rule: str
    kinds: frozenset[str]
    max_age: float | None


class _Watch(NamedTuple):
    """What one connection collects: of several evaluations the strictest."""

    cadences: Mapping[str, float]
    lookback: float
    refreshed: frozenset[str]
    events: frozenset[str]
    manifests: str
    """The kind of its manifests; empty where they are no evidence."""


class _Scope(NamedTuple):
    """What the inputs of the evaluations of a period state."""

    needs: Mapping[str, Sequence[_Need]]
    """By control."""
    watches: Mapping[str, _Watch]
    """By connection."""

    def rules(self, controls: Iterable[str]) -> list[str]:
        """Return the rules that support some controls."""
        return sorted({need.rule for name in controls for need in self.needs.get(name, ())})

    def kinds(self, controls: Iterable[str]) -> list[str]:
        """Return the evidence kinds that those rules need."""
        needs = (need for name in controls for need in self.needs.get(name, ()))
        return sorted({kind for need in needs for kind in need.kinds})

    def manifest_kind(self, connection: str) -> str:
        """Return the kind of the manifests of a connection; empty where they are no evidence."""
        return self.watches[connection].manifests if connection in self.watches else ""

    def history_since(self, connections: Collection[str], since: datetime) -> datetime:
        """Return from when on collections decide what is known during a period."""
        watches = [self.watches[name] for name in connections if name in self.watches]
        lookback = max((watch.lookback for watch in watches), default=0)
        cadence = max((age for watch in watches for age in watch.cadences.values()), default=0)
        ages = (need.max_age or 0 for needs in self.needs.values() for need in needs)
        margin = timedelta(seconds=lookback + 2 * cadence + max(ages, default=0))
        return since - min(margin, since - datetime.min.replace(tzinfo=since.tzinfo))


def closed_until(until: datetime) -> datetime:
    """Return until when evaluations close what happened in a period that ends at a moment."""
    return until + min(CLOSING, datetime.max.replace(tzinfo=until.tzinfo) - until)


def period_evaluations(
    store_log: Leaves, since: datetime, until: datetime
) -> dict[int, Mapping[str, Any]]:
    """Return the leaves of the evaluations of a period, and of those that close it, by index.

    What happened in its last hours is known only afterwards.
    """
    last = closed_until(until)
    return {
        index: leaf
        for index, leaf in store_log.items()
        if leaf["leaf"] == "evaluation" and since <= moment(leaf["evaluated_at"]) < last
    }


def scope_inputs(store_log: Leaves, evaluations: Leaves) -> set[str]:
    """Return the digests of the inputs that state the scope.

    Those of the evaluations of the period; where there are none, of the newest evaluation of all.
    """
    stated = {leaf["inputs"] for leaf in evaluations.values() if "inputs" in leaf}
    every = [
        (moment(leaf["evaluated_at"]), index, leaf["inputs"])
        for index, leaf in store_log.items()
        if leaf["leaf"] == "evaluation" and "inputs" in leaf
    ]
    return stated or {digest for _, _, digest in sorted(every)[-1:]}


def read_scope(inputs: Iterable[Mapping[str, Any]]) -> _Scope:
    """Return what the inputs of evaluations state, together."""
    needs: dict[str, dict[_Need, None]] = {}
    watches: dict[str, _Watch] = {}
    for document in inputs:
        for rule in document["rules"]:
            need = _Need(rule["rule"], frozenset(rule["kinds"]), rule["max_age"])
            for control in rule["controls"]:
                needs.setdefault(control, {})[need] = None
        for watch in document["watch_scopes"]:
            name = watch["connection"]
            watches[name] = strictest(watches.get(name), watch)
    by_rule = {
        control: sorted(
            supporting, key=lambda need: (need.rule, sorted(need.kinds), need.max_age or 0)
        )
        for control, supporting in needs.items()
    }
    return _Scope(by_rule, watches)


def strictest(before: _Watch | None, stated: Mapping[str, Any]) -> _Watch:
    """Return what a connection collects, held to the strictest of two statements."""
    cadences = dict(stated["cadences"])
    manifests = stated["manifests"] or {"kind": "", "cadence": 0}
    if manifests["kind"]:
        cadences[manifests["kind"]] = manifests["cadence"]
    if before is None:
        before = _Watch({}, 0, frozenset(), frozenset(), "")
    for kind, cadence in before.cadences.items():
        cadences[kind] = min(cadence, cadences.get(kind, cadence))
    return _Watch(
        cadences,
        max(before.lookback, stated["lookback"]),
        before.refreshed | set(stated["refreshed"]),
        before.events | set(stated["event_kinds"]),
        manifests["kind"] or before.manifests,
    )


def period_bounds(text: str) -> tuple[datetime, datetime]:
    """Return when a period begins and ends; of two dates the second is its last day. In UTC."""
    first, dots, last = text.partition("..")
    since, until = day_bounds(first)
    if dots:
        until = day_bounds(last)[1]
    if until <= since:
        raise ValueError(f"{text!r} is not a period")
    return since, until


def day_bounds(text: str) -> tuple[datetime, datetime]:
    """Return the beginning of the first day of a part, and of the day after its last."""
    match = PART.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a period")
    year, quarter, month, day = (int(part) if part else 0 for part in match.groups())
    if day:
        since = datetime(year, month, day, tzinfo=timezone.utc)
        return since, since + timedelta(days=1)
    first = month or (3 * quarter - 2 if quarter else 1)
    months = 1 if month else (3 if quarter else 12)
    after = year * 12 + first - 1 + months
    since = datetime(year, first, 1, tzinfo=timezone.utc)
    return since, datetime(after // 12, after % 12 + 1, 1, tzinfo=timezone.utc)


# -- The contents of an evidence package: each line in its leaf's file, in the leaves' order -------


BASES, EVALUATIONS = "contents/bases.jsonl", "contents/evaluations.jsonl"
KEPT = {BASES, "contents/collections.jsonl", "contents/manifests.jsonl"}
"""The files whose lines are read again; of all others the digest is enough."""
CONTENT_FOLDERS = ("contents/", "evidence/")

Leaves = Mapping[int, Mapping[str, Any]]
Expected = Mapping[str, Mapping[bytes, None]]
"""By the name of each file, the packed digests of its contents, in order."""


class _ContentSelection(NamedTuple):
    """Which leaves have their content in the package."""

    history_since: datetime
    until: datetime
    evaluations: Collection[str]
    """Digests of the evaluations of the period."""
    documents: Collection[str]
    """Digests of what they were made with."""
    evidence: Collection[bytes]
    """Packed digests of the evidence behind results."""


class _Contents(NamedTuple):
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


def is_selected(leaf: Mapping[str, Any], selection: _ContentSelection) -> bool:
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
    logs: Mapping[str, Leaves], selection: _ContentSelection
) -> Iterator[Mapping[str, Any]]:
    """Yield the leaves whose content must be in the package."""
    for leaves in logs.values():
        for leaf in leaves.values():
            if "digest" in leaf and file_of(leaf) and is_selected(leaf, selection):
                yield leaf


def expected_files(
    logs: Mapping[str, Leaves], selection: _ContentSelection
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
) -> _Contents:
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
    contents = _Contents(expected, set(), {})
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
        raise _UnreadableBundle(f"{EVALUATIONS} has a line that is not in the form that ccm writes")
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
    raise _UnreadableBundle(f"{EVALUATIONS} has a line with what is no part of the one before")


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
    logs: Mapping[str, Leaves], selection: _ContentSelection, names: Collection[str]
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


# -- Check that nothing was left out of an evidence package: collections, populations and runs -----


COUNTED = ("appended", "tombstones", "rejected")


def check_collections(
    leaves: Leaves, contents: Mapping[str, bytes], whole: Collection[str], problems: list[str]
) -> None:
    """Check what is here of each whole collection against what it counted when it was made."""
    collections: dict[str, dict[str, Any]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    populations: dict[tuple[str, str], dict[str, str]] = {}
    last = ""
    stated = rooted_kinds(leaves, contents, whole)
    for leaf in chain(leaves.values(), [{"leaf": "end"}]):
        current = leaf.get("collection", leaf.get("id") if leaf["leaf"] == "collection" else "")
        if current != last and last in collections:
            check_population(collections[last], populations, problems)
        last = current
        if leaf["leaf"] == "collection" and current in whole:
            collections[current] = read_json(contents.get(leaf["digest"], b"{}"))
        elif leaf["leaf"] == "version":
            counted[current, "appended" if "digest" in leaf else "tombstones"] += 1
            if (leaf["connection"], leaf["kind"]) not in stated:
                continue
            population = populations.setdefault((leaf["connection"], leaf["kind"]), {})
            population.pop(leaf["key"], None)
            if "digest" in leaf:
                population[leaf["key"]] = leaf["digest"]
        elif leaf["leaf"] == "rejected":
            counted[current, "rejected"] += 1
    problems.extend(wrong_counts(collections, counted))


def rooted_kinds(
    leaves: Leaves, contents: Mapping[str, bytes], whole: Collection[str]
) -> set[tuple[Any, Any]]:
    """Return the connections and kinds of which a whole collection states a population."""
    documents = (
        read_json(contents.get(leaf["digest"], b"{}"))
        for _, leaf in other_leaves(leaves)
        if leaf["leaf"] == "collection" and leaf["id"] in whole
    )
    return {
        (document.get("connection"), document.get("kind"))
        for document in documents
        if document.get("population_root")
    }


def wrong_counts(
    collections: Mapping[str, Mapping[str, Any]], counted: Mapping[tuple[str, str], int]
) -> Iterator[str]:
    """Yield the counts of collections that differ from what is here."""
    for name, collection in collections.items():
        for event in COUNTED:
            expected, actual = (
                collection.get("counts", {}).get(event),
                counted.get((name, event), 0),
            )
            if expected != actual:
                yield f"the collection {name}: expected {expected} {event}, got {actual}"


def check_population(
    collection: Mapping[str, Any], populations: Mapping[tuple[str, str], Any], problems: list[str]
) -> None:
    """Check the population after a collection against the root that it stated."""
    name = str(collection.get("connection")), str(collection.get("kind"))
    population, root = populations.get(name, {}), collection.get("population_root")
    if not root:
        return
    lines = [f"{key}\0{population[key]}".encode() for key in sorted(population)]
    if root != merkle_root(lines):
        problems.append(f"the population after {collection.get('id')} differs from its root")


def check_runs(
    files: Files,
    package: _Package,
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check runs against the heads that the store stated after each, collections against runs."""
    stated = [head for leaf in package.store_log.values() for head in leaf.get("heads", ())]
    for log, leaves in package.logs.items():
        ends = {head["size"] - 1 for head in stated if head["log"] == log}
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        missing = [end for end in sorted(ends - leaves.keys()) if end < size]
        problems.extend(
            f"leaf {end} of the log {log}, the end of a run, was left out" for end in missing
        )
        problems.extend(
            f"the collection {name} was left out"
            for name in missing_collections(leaves, package, contents)
        )


def missing_collections(
    leaves: Leaves, package: _Package, contents: Mapping[str, bytes]
) -> Iterator[str]:
    """Yield the ids of collections that the manifests name and the log does not have."""
    present = {leaf.get("id") for _, leaf in other_leaves(leaves) if leaf["leaf"] == "collection"}
    kinds, (since, end) = set(package.scope.kinds(package.controls)), package.bounds
    until = closed_until(end)
    for _, leaf in other_leaves(leaves):
        if leaf["leaf"] != "manifest" or not since <= moment(leaf["ended_at"]) < until:
            continue
        manifest = read_json(contents.get(leaf["digest"], b"{}"))
        for collection in manifest.get("collections", ()):
            if (
                collection["kind"] in kinds
                and moment(collection["ended_at"]) >= since
                and collection["id"] not in present
            ):
                yield collection["id"]


def missing_needs(package: _Package, history: _History, contents: _Contents) -> Iterator[str]:
    """Yield the packs, inputs and evidence that results rest on and that are not here."""
    erased = package.reading.erased
    for name in sorted(history.needs):
        if name not in erased and not contents.has(pack_digest(name)):
            yield f"the evaluation of {history.needs[name]} needs {name}, which is missing"
    missing = history.evidence.difference(*contents.expected.values())
    missing |= history.evidence & contents.absent
    for name in sorted(map(unpack_digest, missing)):
        if name not in erased:
            yield f"a result of the period needs {name}, which is missing"


def describe_earlier(package: _Package, whole: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Yield of how many records it is not shown that a version behind results was the newest.

    Of what no seal is compared and no whole collection appended, as of events from before the
    period and of kinds that no rule needs, a newer version may have been left out: a row names the
    record, and not its version.

    Args:
        package: The package.
        whole: By connection, the collections of which every leaf is here.
    """
    for connection in package.connections:
        table, watch = as_table(package.logs[connection]), package.scope.watches.get(connection)
        sealed = set(package.scope.kinds(package.controls)) - (watch.events if watch else set())
        kinds = {kind for _, kind, _, _ in table.versions()} - sealed
        earlier = sum(
            "digest" in leaf and leaf["collection"] not in whole[connection]
            for _, leaf in table.of_kinds(kinds)
        )
        if earlier:
            yield (
                f"not shown by this package: that up to {earlier} records of {connection} on which "
                "results rest, of events from before the period or of kinds that the rules do not "
                "need, are here in their newest version. `ccm verify` compares with the store what "
                "evaluations sealed"
            )


# -- Check what evaluations read: the populations that they sealed, against those of the leaves ----


class _SealedRoot(NamedTuple):
    """A population that an evaluation sealed, and what it must have read."""

    bound: int
    """The index of the last leaf."""
    at: datetime
    root: str


class _Version(NamedTuple):
    """A leaf that changed a population."""

    number: int
    """Its index."""
    stored_at: datetime
    key: str
    digest: str | None
    """None: it vanished."""


def last_collections(history: _History, connection: str) -> set[str]:
    """Return the collections of a connection that evaluations name as the last that they read."""
    return {
        read["last_collection"]
        for _, _, reads in history.reads
        for read in reads
        if read["connection"] == connection and read["last_collection"] is not None
    }


def whole_collections(
    leaves: Leaves, kinds: Collection[str], since: datetime, named: Collection[str]
) -> set[str]:
    """Return the collections of which every leaf must be here.

    Of each kind, from the first one that ended after ``since`` or that was stored after one that
    an evaluation names. What was before is here only as far as it was current then.
    """
    whole: set[str] = set()
    begun: set[str] = set()
    for _, leaf in other_leaves(leaves):
        if leaf["leaf"] == "collection":
            if leaf["kind"] in kinds and moment(leaf["ended_at"]) >= since:
                begun.add(leaf["kind"])
            if leaf["kind"] in begun:
                whole.add(leaf["id"])
            if leaf["id"] in named:
                begun.update(kinds)
    return whole


def unread_populations(package: _Package, history: _History) -> Iterator[str]:
    """Yield the snapshots that an evaluation sealed and the leaves do not lead to.

    So a record that was taken out while it was evaluated, and put back, is noticed, and one that
    was put in before it was collected.
    """
    for connection in package.connections:
        leaves, watch = package.logs[connection], package.scope.watches.get(connection)
        kinds = set(package.scope.kinds(package.controls)) - (watch.events if watch else set())
        for name in sorted(last_collections(history, connection) - collection_ends(leaves).keys()):
            yield f"the collection {name}, which an evaluation names as its last, was left out"
        versions = versions_by_kind(leaves, kinds)
        for kind, seals in sorted(sealed_roots(package, history, connection).items()):
            if kind in kinds:
                for seal in differing_seals(versions.get(kind, ()), sorted(seals)):
                    yield (
                        f"the evaluation of {seal.at.isoformat()} read another population of "
                        f"{kind} of {connection} than its leaves lead to"
                    )


def sealed_roots(
    package: _Package, history: _History, connection: str
) -> dict[str, list[_SealedRoot]]:
    """Return what evaluations sealed of a connection, by kind.

    An evaluation reads up to the last collection that it names, or up to the head that the store's
    own log states before it, where that is later.
    """
    bounds = _ReadBounds(package.store_log, package.logs[connection], connection)
    roots: dict[str, list[_SealedRoot]] = {}
    for index, at, reads in history.reads:
        for read in (read for read in reads if read["connection"] == connection):
            bound = bounds.leaves(index, read)
            for kind in read["kinds"]:
                seal = _SealedRoot(bound - 1, at, kind["root"])
                roots.setdefault(kind["kind"], []).append(seal)
    return roots


class _ReadBounds:
    """How many leaves of the log of a connection an evaluation could read."""

    def __init__(self, store_log: Leaves, leaves: Leaves, connection: str) -> None:
        heads = [
            (index, head["size"])
            for index, leaf in other_leaves(store_log)
            for head in leaf.get("heads", ())
            if head["log"] == connection
        ]
        self.ends: dict[Any, int] = collection_ends(leaves)
        self.indexes = [index for index, _ in heads]
        self.sizes: list[int] = [0, *accumulate((size for _, size in heads), max)]

    def leaves(self, index: int, read: Mapping[str, Any] | None) -> int:
        """Return the number of leaves, by the leaf of the evaluation and what it says it read."""
        stated = self.sizes[bisect_left(self.indexes, index)]
        named = self.ends.get(read["last_collection"], -1) + 1 if read else 0
        return max(stated, named)


def collection_ends(leaves: Leaves) -> dict[Any, int]:
    """Return the index of the last leaf of each collection, by its id."""
    if isinstance(leaves, _LeafTable):
        return leaves.collection_ends()
    return {
        leaf["id"] if leaf["leaf"] == "collection" else leaf["collection"]: index
        for index, leaf in leaves.items()
        if leaf["leaf"] == "collection" or "collection" in leaf
    }


def versions_by_kind(leaves: Leaves, kinds: Collection[str]) -> dict[str, list[_Version]]:
    """Return the leaves that change the populations of some kinds, in their order."""
    versions: dict[str, list[_Version]] = {}
    for index, leaf in as_table(leaves).of_kinds(kinds):
        version = _Version(index, moment(leaf["stored_at"]), leaf["key"], leaf.get("digest"))
        versions.setdefault(leaf["kind"], []).append(version)
    return versions


def differing_seals(
    versions: Sequence[_Version], seals: Sequence[_SealedRoot]
) -> Iterator[_SealedRoot]:
    """Yield the seals, sorted, whose root is not that of the versions up to their bound."""
    population, position = _PopulationRoot(), 0
    newest = list(accumulate((version.stored_at for version in versions), max))
    for seal in seals:
        end = bisect_left(versions, (seal.bound + 1,))
        for version in versions[position:end]:
            digest = version.digest
            population.put(version.key, None if digest is None else pack_digest(digest))
        position = max(position, end)
        expected = population.root
        if end and newest[end - 1] > seal.at:  # it is of a moment of the past, or clocks went back
            past: dict[str, str] = {}
            apply_versions(past, (entry for entry in versions[:end] if entry.stored_at <= seal.at))
            expected = population_root(past)
        if expected != seal.root:
            yield seal


def apply_versions(population: dict[str, str], versions: Iterable[_Version]) -> None:
    """Change a population by versions, in their order."""
    for version in versions:
        population.pop(version.key, None)
        if version.digest is not None:
            population[version.key] = version.digest


def population_root(population: Mapping[str, str]) -> str:
    """Return the root over a population: a tree over the trees of 1,024 buckets."""
    buckets: dict[int, list[bytes]] = {}
    for key in sorted(population):
        bucket = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") >> 6
        buckets.setdefault(bucket, []).append(f"{key}\0{population[key]}".encode())
    roots = [
        bucket.to_bytes(2, "big") + bytes.fromhex(merkle_root(buckets[bucket])[len("sha256:") :])
        for bucket in sorted(buckets)
    ]
    return merkle_root(roots)


# -- Check what evaluations sealed of runs: all manifests, and all collections as far as they show -


COLLECTIONS, MANIFESTS = "@collections", "@manifests"
MOST_OF_A_RUN = 2_000
"""Collections that may have been stored by runs that went on during an evaluation."""


class _SealedCollections(NamedTuple):
    """How many collections an evaluation sealed, and how many of them the package names."""

    bound: int
    at: datetime
    sealed: int
    named: int
    """How many of them the package names."""
    perhaps: int
    """How many it names of a run that went on meanwhile: these were stored before it, or after."""

    @property
    def least_unnamed(self) -> int:
        """Return how many at least are not named in the package."""
        return self.sealed - self.named - self.perhaps

    @property
    def most_unnamed(self) -> int:
        """Return how many at most are not named in the package."""
        return self.sealed - self.named


def unread_runs(package: _Package, history: _History, contents: _Contents) -> Iterator[str]:
    """Yield the manifests and the collections that an evaluation sealed otherwise."""
    for connection in package.connections:
        leaves = package.logs[connection]
        manifests = [
            _Version(index, moment(leaf["ended_at"]), leaf["run"], leaf["digest"])
            for index, leaf in other_leaves(leaves)
            if leaf["leaf"] == "manifest"
        ]
        collections = named_collections(leaves, contents.kept)
        seals = [
            _SealedRoot(bound - 1, at, kind["root"])
            for bound, at, kind in seals_of(package, history, connection, MANIFESTS)
        ]
        for seal in differing_seals(manifests, sorted(seals)):
            yield (
                f"the evaluation of {seal.at.isoformat()} read other runs of {connection} than "
                "its leaves lead to"
            )
        counts = list(sealed_collections(package, history, connection, collections))
        for at in sorted(fewer_collections(counts)):
            yield (
                f"the evaluation of {at.isoformat()} read fewer collections of {connection} than "
                "its leaves lead to"
            )


def describe_unshown(package: _Package, history: _History, contents: _Contents) -> Iterator[str]:
    """Yield of which collections the package does not show that evaluations read them."""
    for connection in package.connections:
        collections = named_collections(package.logs[connection], contents.kept)
        counts = sealed_collections(package, history, connection, collections)
        most = max((count.least_unnamed for count in counts), default=0)
        if most > 0:
            yield (
                f"not shown by this package: that its evaluations read each of up to {most} "
                f"collections of {connection} that are of other controls or earlier. Their seals "
                "are in it, and `ccm verify` compares them with the store"
            )


def named_collections(leaves: Leaves, contents: Mapping[str, bytes]) -> list[_Version]:
    """Return the collections whose leaves are here, or that a manifest names, in their order."""
    named: dict[str, _Version] = {}
    for index, leaf in other_leaves(leaves):
        if leaf["leaf"] == "collection":
            named[leaf["id"]] = _Version(index, moment(leaf["ended_at"]), leaf["id"], leaf["digest"])
        elif leaf["leaf"] == "manifest":
            for listed in read_json(contents.get(leaf["digest"], b"{}")).get("collections", ()):
                version = _Version(index, moment(listed["ended_at"]), listed["id"], None)
                named.setdefault(listed["id"], version)
    return sorted(named.values(), key=lambda version: version.number)


def seals_of(
    package: _Package, history: _History, connection: str, name: str
) -> Iterator[tuple[int, datetime, Mapping[str, Any]]]:
    """Yield what evaluations sealed, each with how many leaves they could read and its moment."""
    leaves = package.logs[connection]
    bounds = _ReadBounds(package.store_log, leaves, connection)
    manifests = (pair for pair in other_leaves(leaves) if pair[1]["leaf"] == "manifest")
    runs = {leaf["run"]: index for index, leaf in manifests}
    for index, at, reads in history.reads:
        for read in (read for read in reads if read["connection"] == connection):
            bound = bounds.leaves(index, read)
            if name == MANIFESTS:
                bound = max(bounds.leaves(index, None), runs.get(read["last_run"], -1) + 1)
            for kind in (kind for kind in read["kinds"] if kind["kind"] == name):
                yield bound, at, kind


def sealed_collections(
    package: _Package, history: _History, connection: str, collections: Sequence[_Version]
) -> Iterator[_SealedCollections]:
    """Yield how many collections evaluations sealed and how many of these are here."""
    numbers = [version.number for version in collections]
    newest = list(accumulate((version.stored_at for version in collections), max))
    for bound, at, kind in seals_of(package, history, connection, COLLECTIONS):
        named = bisect_left(numbers, bound)
        perhaps = sum(
            version.digest is None and version.stored_at <= at
            for version in collections[named : named + MOST_OF_A_RUN]
        )
        if named and newest[named - 1] > at:  # it is of a moment of the past, or clocks went back
            named = sum(version.stored_at <= at for version in collections[:named])
        yield _SealedCollections(bound - 1, at, kind["records"], named, perhaps)


def fewer_collections(counts: Sequence[_SealedCollections]) -> set[datetime]:
    """Return the moments of the evaluations that sealed fewer collections than there were."""
    fewer = {count.at for count in counts if count.most_unnamed < 0}
    newest, least = counts[:1], 0
    for count in counts:
        if (count.bound, count.at) < (newest[0].bound, newest[0].at):
            continue  # it is of a moment of the past
        if count.most_unnamed < least:
            fewer.add(count.at)
        newest, least = [count], max(least, count.least_unnamed)
    return fewer


# -- The root over a population, by change: what did not change is not hashed again ----------------


class _PopulationRoot:
    """Keys with the digests of their newest versions, and the tree over the trees of its buckets.

    A key is in the bucket that the first twelve bits of its SHA-256 name. A changed key costs the
    tree of its bucket, and the hashes from there to the root.
    """

    def __init__(self) -> None:
        self.size = 0
        self.buckets: dict[int, dict[str, bytes]] = {}
        """By number: the leaf hash of each key with its digest."""
        self.touched: set[int] = set()
        """The buckets that changed since the root was computed."""
        self.numbers: list[int] = []
        """The buckets that are not empty, at that time."""
        self.levels: list[list[bytes]] = []
        """The hashes of the tree over the buckets, the leaves first."""

    def put(self, key: str, packed: bytes | None) -> None:
        """Set the packed digest of a key; None: it is not there any more."""
        name = key.encode()
        number = int.from_bytes(hashlib.sha256(name).digest()[:2], "big") >> 6
        bucket = self.buckets.setdefault(number, {})
        self.size += (packed is not None) - (key in bucket)
        if packed is None:
            bucket.pop(key, None)
        else:
            entry = b"%s\0%s" % (name, unpack_digest(packed).encode())
            bucket[key] = hashlib.sha256(b"\x00" + entry).digest()
        self.touched.add(number)

    @property
    def root(self) -> str:
        """The root, as ``sha256:`` and hexadecimal digits."""
        appeared = {number for number in self.touched if self.buckets[number]}
        if self.touched:
            numbers = sorted((set(self.numbers) - self.touched) | appeared)
            if numbers == self.numbers:
                for number in sorted(appeared):
                    self.change(self.position(number), self.leaf(number))
            else:
                self.build(numbers)
            self.touched = set()
        top = self.levels[-1][0] if self.levels else hashlib.sha256(b"").digest()
        return "sha256:" + top.hex()

    def position(self, number: int) -> int:
        """Return the place of a bucket among those that are not empty."""
        low, high = 0, len(self.numbers)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.numbers[middle] < number else (low, middle)
        return low

    def leaf(self, number: int) -> bytes:
        """Return the hash of the leaf of a bucket."""
        bucket = self.buckets[number]
        value = number.to_bytes(2, "big") + root_over([bucket[key] for key in sorted(bucket)])
        return hashlib.sha256(b"\x00" + value).digest()

    def build(self, numbers: list[int]) -> None:
        """Hash the tree over the buckets anew: one appeared, or became empty."""
        before = dict(zip(self.numbers, self.levels[0])) if self.levels else {}
        level = [
            self.leaf(number) if number in self.touched else before[number] for number in numbers
        ]
        self.numbers, self.levels = numbers, [level] if level else []
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2])
            parents = [hashlib.sha256(b"\x01" + first + second).digest() for first, second in pairs]
            level = parents + level[len(parents) * 2 :]
            self.levels.append(level)

    def change(self, place: int, value: bytes) -> None:
        """Hash the way from one leaf to the root."""
        self.levels[0][place] = value
        for lower, upper in zip(self.levels, self.levels[1:]):
            place //= 2
            upper[place] = self.parent(lower, place)

    def parent(self, level: list[bytes], place: int) -> bytes:
        """Return the hash over two neighbours; the last one of an odd number has none."""
        pair = level[2 * place : 2 * place + 2]
        return pair[0] if len(pair) == 1 else hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest()


# -- The evaluations of a period, read one at a time: statuses, exceptions, and what they rest on --


PASSING = {"pass", "not_applicable"}

ResultKey = tuple[str, str, str, str]
"""Rule, connection, kind and key of the subject."""


class _Rested(NamedTuple):
    """Results on one subject that rest on evidence that was erased since."""

    subject: Mapping[str, Any]
    evaluations: int
    digests: frozenset[str]


class _History(NamedTuple):
    """What the evaluations of a period state of some rules."""

    statuses: dict[str, list[tuple[datetime, int, str]]]
    """By control: when, the index of the leaf, and the status."""
    failures: dict[ResultKey, dict[str, Any]]
    evidence: set[bytes]
    """Packed digests of the evidence behind results."""
    needs: dict[str, str]
    """When the evaluation was that needs a document, by digest."""
    rested: dict[ResultKey, _Rested]
    reads: list[tuple[int, datetime, list[Mapping[str, Any]]]]
    """What each evaluation read: the index of its leaf, its moment, and populations it sealed."""
    items: dict[tuple[str, str], _Items]
    """What became of the items of the period, by rule and connection."""
    off: dict[str, list[tuple[datetime, str]]]
    """Of what nothing is concluded, by rule or control: when evaluations were, and why."""
    shares: dict[tuple[str, str, str], _MonthShare]
    """By rule, connection and month: how many of its items passed."""
    method: _MethodFacts
    """What evaluations state of how they were made."""
    scopes: dict[str, _ScopedHistory]
    """By framework that has a scope: what they state of what is in it."""

    def of_framework(self, framework: str) -> _History:
        """Return what they state of what a framework concerns: all, unless it has a scope."""
        return self.scopes[framework].history if framework in self.scopes else self


class _ScopedHistory(NamedTuple):
    """What the evaluations of a period state of what is in the scope of a framework."""

    history: _History
    """Items, shares and failures alone."""
    stated: dict[str, _StatedStretch]
    """By the scope in words."""
    named: set[tuple[str, str]]
    """Connection and name of the items that the scope names, and does not only leave in."""
    left_out: set[tuple[str, str]]
    """The same of those that it left out in some evaluation."""


class _Reading(NamedTuple):
    """What is read of an evaluation."""

    rules: Collection[str]
    connections: Collection[str]
    erased: Collection[str]
    """Digests of contents that were erased by order."""
    period: tuple[datetime, datetime] | None = None
    """The period whose items are counted; None: none are."""
    frameworks: Collection[str] = ()
    """Those whose scopes are read."""


class _ResultReader(Protocol):
    """Reads the results of evaluations that are not in their documents."""

    def read(
        self, order: Evaluated, evaluation: Mapping[str, Any], leaf: Mapping[str, Any]
    ) -> None:
        """Read those of one evaluation; they come in the order of their leaves."""

    def finish(self) -> None:
        """Add what lasts up to the last one."""


def empty_history() -> _History:
    """Return a history of no evaluation."""
    return _History({}, {}, set(), {}, {}, [], {}, {}, {}, _MethodFacts(), {})


def read_evaluations(
    evaluations: Iterable[tuple[int, Mapping[str, Any], bytes]],
    reading: _Reading,
    history: _History,
    reader: _ResultReader | None = None,
) -> None:
    """Read evaluations, each with the index of its leaf and the leaf, into a history.

    Args:
        evaluations: In the order of their leaves.
        reading: What is read of them.
        history: What they state is added to it.
        reader: Reads the results that are not in the documents.
    """
    seals: dict[Any, Mapping[str, Any]] = {}
    for index, leaf, content in evaluations:
        evaluation = read_json(content, f"an evaluation, leaf {index} of the store's own log")
        at = moment(evaluation["evaluated_at"])
        history.method.add(evaluation, late="act" not in leaf)
        history.reads.append((index, at, share_seals(evaluation["evidence_read"], seals)))
        documents = [pack["digest"] for pack in evaluation["packs"]]
        documents += [leaf["inputs"]] if "inputs" in leaf else []
        for name in documents:
            history.needs.setdefault(name, evaluation["evaluated_at"])
        for control in evaluation["controls"]:
            name = f"{control['framework']}:{control['id']}"
            history.statuses.setdefault(name, []).append((at, index, control["status"]))
            if control["scope"] is not None and control["framework"] not in history.scopes:
                why = f"not proven: what is outside of the scope of {control['framework']}"
                history.off.setdefault(name, []).append((at, f"{why} is not told apart"))
        for rule in evaluation["switched_off"]:
            why = f"the check {rule['rule']} was switched off: {rule['reason']}"
            history.off.setdefault(rule["rule"], []).append((at, why))
        since = {state["connection"]: state["period_since"] for state in evaluation["derived"]}
        for rule in evaluation["rules"]:
            if rule["rule"] in reading.rules:
                add_shares(history, (at, index), rule, since)
                add_results(history, (at, index), rule, reading, late="act" not in leaf)
        if reader is not None:
            reader.read((at, index), evaluation, leaf)
    if reader is not None:
        reader.finish()


def share_seals(
    reads: Iterable[Mapping[str, Any]], seals: dict[Any, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return what an evaluation read, of which equal seals are one in memory: most repeat."""
    return [
        {
            **share_texts({name: read[name] for name in read if name != "kinds"}),
            "kinds": [
                seals.setdefault(tuple(sorted(kind.items())), share_texts(kind))
                for kind in read["kinds"]
            ],
        }
        for read in reads
    ]


def items_of(history: _History, reading: _Reading, rule: str, connection: str) -> _Items:
    """Return what became of the items of a rule over a connection so far."""
    return history.items.setdefault((rule, connection), _Items(reading.period))


def add_items(
    history: _History, order: Evaluated, result: Mapping[str, Any], reading: _Reading, *, late: bool
) -> None:
    """Add an item whose result is in the document of an evaluation."""
    subject, at = result["subject"], result["occurred_at"]
    if subject["kind"] in WHOLE or reading.period is None:
        return
    is_due_later = result["due_at"] is not None
    items_of(history, reading, result["rule"], result["connection"]).add(
        _ItemEvaluation(
            key=f"{subject['kind']}:{subject['key']}",
            occurred_at=None if at is None else moment(at),
            status=item_status(result["status"], is_due_later=is_due_later),
            last=order,
            inside=reading.period[0] <= order[0] < reading.period[1],
            late=late,
        )
    )


def add_shares(
    history: _History,
    order: Evaluated,
    rule: Mapping[str, Any],
    since: Mapping[str, str],
) -> None:
    """Add the shares of months by one rule, with how far back the evaluation looked."""
    for result in rule["results"]:
        connection, subject = result["connection"], result["subject"]
        month = subject["key"]
        if subject["kind"] == "population" and connection in since and PART.fullmatch(month):
            share = history.shares.setdefault((rule["rule"], connection, month), _MonthShare())
            share.add(month, moment(since[connection]), order, result["status"])


def add_results(
    history: _History,
    order: Evaluated,
    rule: Mapping[str, Any],
    reading: _Reading,
    *,
    late: bool,
) -> None:
    """Add the results of one rule that are in the document."""
    for result in rule["results"]:
        subject, digests = result["subject"], result["evidence_digests"]
        key = (rule["rule"], result["connection"], subject["kind"], subject["key"])
        if result["connection"] in reading.connections:
            add_items(history, order, result, reading, late=late)
            history.evidence.update(map(pack_digest, digests))
            gone = frozenset(name for name in digests if name in reading.erased)
            if gone:
                before = history.rested.get(key, _Rested(subject, 0, frozenset()))
                history.rested[key] = _Rested(subject, before.evaluations + 1, before.digests | gone)
        # Where a pass rate decides, failures within it are tolerated.
        if result["status"] == "fail" and rule["status"] not in PASSING:
            waived = result["waiver"] is not None
            merge_failure(history.failures, key, (order, order), 1, subject, waived=waived)


def merge_failure(
    failures: dict[ResultKey, dict[str, Any]],
    key: ResultKey,
    bounds: tuple[Evaluated, Evaluated],
    evaluations: int,
    subject: Mapping[str, Any],
    *,
    waived: bool,
) -> None:
    """Add some evaluations, from a first to a last one, in which a subject failed."""
    first, last = bounds
    entry = failures.setdefault(
        key, {"first": first, "last": last, "evaluations": 0, "waived": True, "subject": subject}
    )
    entry["first"], entry["last"] = min(entry["first"], first), max(entry["last"], last)
    if entry["last"] == last:
        entry["subject"] = subject
    entry["evaluations"] += evaluations
    entry["waived"] = entry["waived"] and waived


# -- What became of the items of a period: those of one rule over one connection -------------------


Evaluated = tuple[datetime, int]
"""When an evaluation was, and the index of its leaf."""

RANKS = ("not_applicable", "open", "pass", "insufficient", "error", "fail")
"""What may become of an item; what is not due yet is open. The worst last."""


WHOLE = {"connection", "population"}
"""The kinds of subjects that are no single items."""
INAPPLICABLE = {"not_applicable", "open"}
DECIDED = {"pass", "fail"}
LEFT_SCOPE = "left_scope"
"""In place of a status: an item was in the scope of a framework, and is not any more."""


class _ItemEvaluation(NamedTuple):
    """What evaluations say of one item, from a first to a last one."""

    key: str
    """``KIND:KEY``."""
    occurred_at: datetime | None
    status: str
    last: Evaluated
    inside: bool
    """Whether one of them was in the period itself."""
    late: bool = False
    """Whether they were made of a past moment: they clear nothing."""
    changed: bool = False
    """Whether it was the test that changed after them, and not the item alone."""
    first: Evaluated | None = None
    """The first of them; None: the last."""


class _OccurredItem(NamedTuple):
    """What became of an item that occurred in the period."""

    last: Evaluated
    """The last evaluation that counts for its status."""
    status: str
    occurred_at: datetime
    undecided: datetime | None
    """The last evaluation before the first that decided on it."""
    decided: datetime | None
    """The first one that decided on it."""


class _Items:
    """What became of the items of one rule over one connection in a period.

    What occurred belongs to the period in which it did, and counts as it was found last: later
    evidence closes it. What is there at any time counts by the worst that was found in the period.
    """

    def __init__(self, period: tuple[datetime, datetime] | None) -> None:
        self.period = period
        self.there: dict[str, str] = {}
        """The worst of what is there at any time."""
        self.occurred: dict[str, _OccurredItem] = {}
        """What occurred in the period."""
        self.elsewhere: set[str] = set()
        """What failed and did not occur in the period."""
        self.found: set[str] = set()
        """What failed, and is found to fail no more since its test was changed."""
        self.late: set[str] = set()
        """What was evaluated as of a past moment alone, or worse then."""

    def add(self, item: _ItemEvaluation) -> None:
        """Add what evaluations say of an item."""
        if self.period is None:
            return
        if item.occurred_at is None:
            if item.inside:
                self.there[item.key] = worse(self.there.get(item.key), item.status)
        elif self.period[0] <= item.occurred_at < self.period[1]:
            self.add_occurred(item, item.occurred_at)
        elif item.status == "fail":
            self.elsewhere.add(item.key)

    def add_occurred(self, item: _ItemEvaluation, at: datetime) -> None:
        """Add what is said of an item that occurred in the period."""
        before = self.occurred.get(item.key)
        last, status = self.last_said(item, before)
        undecided, decided = decided_on(item, before)
        self.occurred[item.key] = _OccurredItem(last, status, at, undecided, decided)

    def last_said(self, item: _ItemEvaluation, before: _OccurredItem | None) -> tuple[Evaluated, str]:
        """Return the evaluation that counts for an item, and what it says."""
        if item.changed and item.status == "fail":
            self.found.add(item.key)
        if item.late:
            status = worse(before.status if before else None, item.status)
            if before is None or status != before.status:
                self.late.add(item.key)
            return before.last if before else item.last, status
        if before is not None and before.last > item.last:
            return before.last, before.status
        self.late.discard(item.key)
        # What failed and does not apply any more, as what is not open any more, did fail.
        gone = before is not None and before.status == "fail" and item.status in INAPPLICABLE
        return item.last, "fail" if gone else item.status

    @property
    def cleared_by_change(self) -> set[str]:
        """What failed, and was not found to fail again since its test was changed."""
        return {key for key in self.found if self.occurred[key].status != "fail"}

    def month_of(self, key: str) -> str | None:
        """Return the month in which an item of the period occurred; None: it is of no moment."""
        item = self.occurred.get(key)
        return None if item is None else f"{item.occurred_at:%Y-%m}"

    def read_back(self, watched_since: datetime | None) -> int:
        """Count the items that occurred before their connection was watched."""
        if watched_since is None:
            return 0
        return sum(
            self.occurred[key].occurred_at < watched_since
            for key in self.population & self.occurred.keys()
        )

    def tested_late(self, allowed: timedelta) -> int:
        """Count the items of which nobody knew for longer than allowed, once they could be tested.

        An item could be tested once it had occurred, or, where an evaluation found that it was not
        due or could not decide on it, after that evaluation.
        """
        return len(self.late_items(allowed))

    def late_items(self, allowed: timedelta) -> list[tuple[datetime, datetime]]:
        """Return from when such items could be tested, and when they were."""
        population = self.population
        tested = (
            (max(item.occurred_at, item.undecided or item.occurred_at), item.decided)
            for key, item in self.occurred.items()
            if item.decided is not None and key in population
        )
        return [(since, at) for since, at in tested if at - since > allowed]

    @property
    def population(self) -> set[str]:
        """The items that the rule applied to."""
        there = {key for key, status in self.there.items() if status != "not_applicable"}
        for key, item in self.occurred.items():
            (there.discard if item.status == "not_applicable" else there.add)(key)
        return there | self.found

    def is_exception(self, key: str) -> bool:
        """Return whether an item that failed at some time is an exception of the period."""
        if key not in self.there and key.partition(":")[0] in WHOLE:
            return True
        if key in self.found:
            return True
        if key in self.occurred:
            return self.occurred[key].status == "fail"
        return self.there.get(key) == "fail"

    def counts(self) -> Counter[str]:
        """Count the items by what became of them; without those that the rule does not apply to."""
        counter = Counter(self.there.values())
        counter.update(
            "fail" if key in self.found else item.status for key, item in self.occurred.items()
        )
        del counter["not_applicable"]
        return counter


def decided_on(
    item: _ItemEvaluation, before: _OccurredItem | None
) -> tuple[datetime | None, datetime | None]:
    """Return the last evaluation that could not decide on an item, and the first that did."""
    undecided, decided = (before.undecided, before.decided) if before else (None, None)
    if item.late:
        return undecided, decided
    if item.status in DECIDED:
        first = (item.first or item.last)[0]
        return undecided, first if decided is None else min(decided, first)
    if decided is None:
        last = item.last[0]
        return last if undecided is None else max(undecided, last), None
    return undecided, decided


def worse(one: str | None, other: str) -> str:
    """Return the worse of two statuses of an item."""
    return other if one is None else max(one, other, key=RANKS.index)


def item_status(status: str, *, is_due_later: bool) -> str:
    """Return the status of an item: what does not apply because it is not due yet is open.

    To what left the scope of a framework, its controls do not apply any more.
    """
    if status == LEFT_SCOPE:
        return "not_applicable"
    return "open" if is_due_later and status == "not_applicable" else status


# -- What the logs of a package hold of rows, verdicts and the evidence behind them ----------------


def package_logs(files: Files, package: _Package) -> dict[str, _ConnectionLogs]:
    """Return the logs of each connection of a package, with the bodies that its files hold."""
    logs, content_logs = {}, package.content_logs
    for name in package.connections:
        leaves, log = package.logs[name], f"{name}{DERIVED}"
        versions = _VersionEntries(as_table(content_logs.get(log, {})))
        checkpoint = f"ledger/{log}/checkpoint.txt"
        size = int(files[checkpoint].split(b"\n")[1]) if checkpoint in files else 0

        def lines(kind: str, log: str = log) -> Iterator[tuple[bytes, bytes | None]]:
            file = version_file(log, kind)
            for line in files.lines(file) if file in files else ():
                yield hashlib.sha256(line).digest(), line

        logs[name] = _ConnectionLogs(
            versions,
            body_readers(name, versions, package.reading.erased, lines, package.derived.scopes),
            _EvidenceEntries(as_table(leaves), package.scope.manifest_kind(name)),
            _ReadBounds(package.store_log, leaves, name),
            size,
        )
    return logs


class _VersionEntries:
    """The versions of rows and verdicts among leaves; read whenever they are needed."""

    def __init__(self, leaves: _LeafTable) -> None:
        self.leaves = leaves

    def __iter__(self) -> Iterator[_DerivedVersion]:
        """Yield them in order."""
        return map(_DerivedVersion._make, self.leaves.versions())


def body_readers(
    connection: str,
    versions: Iterable[_DerivedVersion],
    erased: Collection[str],
    lines: Callable[[str], Iterable[tuple[bytes, bytes | None]]],
    scopes: FrameworkScopes = (),
) -> Callable[[str], _DerivedBodies]:
    """Return what reads the bodies of a kind.

    Args:
        connection: Whose rows and verdicts.
        versions: All that are read.
        erased: Digests of contents that were erased by order.
        lines: Yields the bodies of a kind with their packed digests, each once, in the order of
            the versions.
        scopes: Those of frameworks, for which each row has a letter.
    """
    uses: dict[str, Counter[bytes]] = {}
    gone = set(map(pack_digest, erased))

    def reader(kind: str) -> _DerivedBodies:
        if not uses:
            uses.update(repeated_uses(versions))
        label = f"{kind} of {connection}"
        bodies = _DerivedBodies(label, lines(kind), gone, connection, scopes)
        bodies.uses = uses.get(kind, Counter())
        return bodies

    return reader


def repeated_uses(versions: Iterable[_DerivedVersion]) -> dict[str, Counter[bytes]]:
    """Return by kind how many versions name a body, of those that several name."""
    seen: dict[str, set[bytes]] = {}
    uses: dict[str, Counter[bytes]] = {}
    for _, kind, _, packed in versions:
        if packed is not None:
            of_kind, before = uses.setdefault(kind, Counter()), seen.setdefault(kind, set())
            if packed in before:
                of_kind[packed] += 1 if packed in of_kind else 2
            before.add(packed)
    return uses


class _EvidenceEntries:
    """What records and manifests were, by the name that rows have for them."""

    def __init__(self, leaves: _LeafTable, manifests: str) -> None:
        self.leaves, self.manifests = leaves, manifests

    def __iter__(self) -> Iterator[_EvidenceVersion]:
        """Yield them in the order of their leaves."""
        runs = deque(self.runs())
        for index, kind, key, digest in self.leaves.versions():
            while runs and runs[0].number < index:
                yield runs.popleft()
            if digest is not None:
                yield _EvidenceVersion(index, intern(f"{kind}:{key}"), digest)
        yield from runs

    def runs(self) -> Iterator[_EvidenceVersion]:
        """Yield the manifests."""
        for index, leaf in other_leaves(self.leaves) if self.manifests else ():
            if leaf["leaf"] == "manifest":
                name = intern(f"{self.manifests}:{leaf['run']}")
                yield _EvidenceVersion(index, name, pack_digest(leaf["digest"]))


# -- The results of evaluations in the logs of rows and verdicts, read by change and checked -------


class _EvidenceVersion(NamedTuple):
    """A leaf that states what a record was, or a manifest."""

    number: int
    """Its index."""
    name: str
    """As rows name it: ``kind:key``."""
    digest: bytes
    """Packed."""


class _EvidenceBounds(Protocol):
    """How many leaves of the evidence an evaluation could read."""

    def leaves(self, index: int, read: Mapping[str, Any] | None) -> int:
        """Return that, by the leaf of the evaluation and what it says it read."""


class _ConnectionLogs(NamedTuple):
    """What the logs of one connection hold, in the order of their leaves."""

    versions: Iterable[_DerivedVersion]
    """Of rows and verdicts, as far as a package has them."""
    bodies: Callable[[str], _DerivedBodies]
    """By kind."""
    evidence: Iterable[_EvidenceVersion] | None
    """Read twice where something was erased; None: nobody asks for the evidence behind results."""
    bounds: _EvidenceBounds
    size: int
    """Of the log of rows and verdicts: what its checkpoint proves."""


class _DerivedConnection:
    """The rows and verdicts of one connection, at one evaluation after the other."""

    def __init__(
        self, connection: str, logs: _ConnectionLogs, erased: Collection[str], history: _History
    ) -> None:
        self.connection, self.logs, self.history = connection, logs, history
        self.erased = set(map(pack_digest, erased))
        self.versions = _Lookahead(logs.versions)
        evidence = logs.evidence or ()
        self.erased_names = {
            entry.name for entry in (evidence if erased else ()) if entry.digest in self.erased
        }
        self.evidence = _Lookahead(evidence)
        self.digests: dict[str, bytes] = {}
        """The newest of each record, packed, by its name."""
        self.roots: dict[str, _PopulationRoot] = {}
        self.bodies: dict[str, _DerivedBodies] = {}
        self.views: dict[str, _DerivedSubjects] = {}

    def view(self, over: str) -> _DerivedSubjects:
        """Return the subjects of a view."""
        return self.views.setdefault(over, _DerivedSubjects())

    def advance(self, bound: int, evidence_bound: int) -> Iterator[str]:
        """Read up to some leaves of the two logs; yield what is wrong with rows or verdicts."""
        for version in self.versions.up_to(bound):
            self.roots.setdefault(version.kind, _PopulationRoot()).put(version.key, version.digest)
            body = None
            if version.digest is not None:
                if version.kind not in self.bodies:
                    self.bodies[version.kind] = self.logs.bodies(version.kind)
                body = self.bodies[version.kind].body(version)
            form, _, name = version.kind.partition("/")
            if form == "rows":
                self.view(name).set_row(version.key, body, version.digest)
                if isinstance(body, _SubjectRow) and row_key(body) != version.key:
                    yield (
                        f"{version.kind} of {self.connection}: the row of {version.key} is about "
                        f"{row_key(body)}"
                    )
            else:
                pack, _, over = name.partition("/")
                self.view(over).set_verdicts(pack, version.key, body, version.digest)
        views = list(self.views.values())
        for entry in self.evidence.up_to(evidence_bound):
            if self.digests.get(entry.name) != entry.digest:
                self.digests[entry.name] = entry.digest
                for view in views:
                    if entry.name in view.names.keys or entry.name in view.looked_up.keys:
                        view.record_changed(entry.name, erased=entry.name in self.erased_names)

    def check_roots(self, state: Mapping[str, Any], kinds: Collection[str]) -> Iterator[str]:
        """Yield the kinds of which an evaluation left another population."""
        for stated in state["kinds"]:
            root = self.roots.setdefault(stated["kind"], _PopulationRoot())
            if stated["kind"] in kinds and (stated["root"], stated["records"]) != (
                root.root,
                root.size,
            ):
                yield stated["kind"]

    def finish(self) -> None:
        """Add what lasts up to the last evaluation."""
        for view in self.views.values():
            for group in view.groups.values():
                for tally in group.tallies.values():
                    tally.finish(self.history)


class _Lookahead:
    """Yields what has a number below a bound, and goes on from there the next time."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self.entries = iter(entries)
        self.next = next(self.entries, None)

    def up_to(self, bound: int) -> Iterator[Any]:
        """Yield the entries whose number is below a bound."""
        while self.next is not None and self.next.number < bound:
            entry, self.next = self.next, next(self.entries, None)
            yield entry


class _DerivedHistory:
    """Adds the results on single subjects to a history, and checks what evaluations state."""

    def __init__(
        self,
        need: _DerivedNeed,
        reading: _Reading,
        logs: Mapping[str, _ConnectionLogs],
        history: _History,
        problems: list[str],
    ) -> None:
        self.need, self.reading, self.logs = need, reading, logs
        self.history, self.problems = history, problems
        self.connections = {
            name: _DerivedConnection(name, entry, reading.erased, history)
            for name, entry in logs.items()
        }
        self.reported: set[str] = set()
        for framework in {scope["framework"] for scope in need.scopes} & {*reading.frameworks}:
            history.scopes[framework] = _ScopedHistory(empty_history(), {}, set(), set())

    def read(
        self, order: Evaluated, evaluation: Mapping[str, Any], leaf: Mapping[str, Any]
    ) -> None:
        """Read what an evaluation left."""
        states = {state["connection"]: state for state in evaluation["derived"]}
        when = evaluation["evaluated_at"]
        if bool(states) and "act" not in leaf:
            self.report("act", when, "states rows and verdicts, and no act of making them")
        self.read_scopes(evaluation)
        for name in sorted(states.keys() & self.reading.connections):
            self.advance(self.connections[name], order[1], states[name], evaluation)
        for rule in evaluation["rules"]:
            if rule["rule"] in self.reading.rules:
                self.read_rule(order, rule, states, when)
                for framework in self.scoped_for(rule):
                    self.read_scoped_rule(order, rule, states, evaluation, framework)

    def read_scopes(self, evaluation: Mapping[str, Any]) -> None:
        """Note which scopes an evaluation states, and that its inputs state them too."""
        at = evaluation["evaluated_at"]
        for framework, part in self.history.scopes.items():
            scope = stated_scope(evaluation, framework)
            extend(part.stated, EVERYTHING if scope is None else scope_words(scope), at)
            known = scope is None or active_letter(self.need.scopes, scope) is not None
            if not known and evaluation["derived"]:
                text = "than the others that were made with the same inputs"
                self.report(f"scope {framework}", at, f"states another scope of {framework} {text}")

    def scoped_for(self, rule: Mapping[str, Any]) -> Iterator[str]:
        """Yield the frameworks with a scope that a rule supports."""
        yield from (name for name in sorted(self.history.scopes) if supports(rule, name))

    def letter_of(self, evaluation: Mapping[str, Any], framework: str) -> int | None:
        """Return which letter of rows tells what is outside in an evaluation; None: nothing is."""
        return active_letter(self.need.scopes, stated_scope(evaluation, framework))

    def read_scoped_rule(
        self,
        order: Evaluated,
        rule: Mapping[str, Any],
        states: Mapping[str, Any],
        evaluation: Mapping[str, Any],
        framework: str,
    ) -> None:
        """Read what an evaluation states of a rule for what is in the scope of a framework."""
        scoped, history = scoped_rule(rule, framework), self.history.scopes[framework].history
        since = {name: state["period_since"] for name, state in states.items()}
        if states:
            self.read_rule(order, scoped, states, evaluation["evaluated_at"], framework)
        elif scoped is not rule:
            letter = self.letter_of(evaluation, framework)
            rows = results_on_rows(rule, scoped["results"], partial(self.is_outside, rule, letter))
            scoped = {**scoped, "results": [*scoped["results"], *rows]}
        add_shares(history, order, scoped, since)
        add_results(history, order, scoped, self.reading, late=not states)

    def is_outside(
        self, rule: Mapping[str, Any], letter: int | None, result: Mapping[str, Any]
    ) -> bool:
        """Return whether a result is on a row that is known to be outside of a scope."""
        connection, subject = self.connections.get(result["connection"]), result["subject"]
        if connection is None:
            return False
        row = connection.view(rule["over"]).rows.get(f"{subject['kind']}:{subject['key']}")
        return row is not None and row.is_outside(letter)

    def advance(
        self,
        connection: _DerivedConnection,
        index: int,
        state: Mapping[str, Any],
        evaluation: Mapping[str, Any],
    ) -> None:
        """Bring one connection to what an evaluation left of it."""
        name, when = connection.connection, evaluation["evaluated_at"]
        bound = self.need.bounds.get(index, {}).get(name + DERIVED, 0)
        if bound > connection.logs.size:
            text = f"left {bound} leaves of the log {name}{DERIVED}"
            proven = f"{connection.logs.size} are proven: it was truncated"
            self.report(f"{name} size", when, f"{text}, of which {proven}")
        read = next((r for r in evaluation["evidence_read"] if r["connection"] == name), None)
        self.problems.extend(connection.advance(bound, connection.logs.bounds.leaves(index, read)))
        for kind in connection.check_roots(state, self.need.kinds):
            text = f"left another population of {kind} of {name} than its leaves lead to"
            self.report(f"{name} {kind}", when, text)
        for rule in self.rules_of(evaluation, state):
            view, rated = connection.view(rule["over"]), rule["rule"] in state["rated"]
            for framework in ("", *self.scoped_for(rule)):
                letter = self.letter_of(evaluation, framework) if framework else None
                tally = self.tally(connection, rule, framework)
                tally.key = f"{state['rule_keys'][rule['rule']]} {letter}"
                view.set_rated(tally, rated=rated)
                view.set_letter(tally, letter)
        since = moment(state["period_since"])
        for view in connection.views.values():
            view.set_period(since)
            view.refresh(self.history)
        for rule in self.rules_of(evaluation, state):
            waived = state["waived"].get(rule["rule"], {})
            for framework in ("", *self.scoped_for(rule)):
                self.tally(connection, rule, framework).set_waived(waived, self.history)

    def tally(
        self, connection: _DerivedConnection, rule: Mapping[str, Any], framework: str = ""
    ) -> _RuleTally:
        """Return the tally of a rule over a connection: of all, or of the scope of a framework."""
        scoped = self.history.scopes.get(framework)
        history = self.history if scoped is None else scoped.history
        items = items_of(history, self.reading, rule["rule"], connection.connection)
        view = connection.view(rule["over"])
        name = (rule["rule"], rule["pack"], connection.connection)
        return view.tally(*name, items, (framework, scoped))

    def rules_of(
        self, evaluation: Mapping[str, Any], state: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the rules of the package that an evaluation has over a connection."""
        for rule in evaluation["rules"]:
            if rule["rule"] in self.reading.rules and rule["rule"] in state["rule_keys"]:
                yield rule

    def read_rule(
        self,
        order: Evaluated,
        rule: Mapping[str, Any],
        states: Mapping[str, Any],
        when: str,
        framework: str = "",
    ) -> None:
        """Count one rule, hold the counts against what is stated, and add its results.

        Args:
            order: When the evaluation was, and the index of its leaf.
            rule: As the evaluation states it: for all, or for what is in scope.
            states: What the evaluation left of each connection.
            when: Its moment.
            framework: Whose scope is counted; empty: all.
        """
        name, history = rule["rule"], self.history.of_framework(framework)
        counted, others = [], []
        for connection in sorted(states):
            state = states[connection]
            if name not in state["rule_keys"]:
                continue
            if connection not in self.connections:
                others.append(connection)
                continue
            here = self.connections[connection]
            view, tally = here.view(rule["over"]), self.tally(here, rule, framework)
            judged = name in state["judged"]
            rows = unevaluated_rows(rule, connection, len(view.present)) if not judged else 0
            counted.append(
                _ConnectionCounts(connection, tally if judged else None, rows, view.unreadable)
            )
            if judged:
                for key in () if framework else unused_waivers(tally):
                    text = f"has a waiver of {name} for {key} of {connection}, which does not fail"
                    self.report(f"{name} waiver", when, text)
                unstated = view.add_evidence(tally, here.digests, here.erased, self.history)
                if here.logs.evidence is not None:
                    self.report_unstated(connection, unstated, when)
                tally.judge(order, failures=rule["status"] not in PASSING)
        failed = rule["population"]["failed"] - count_figures(rule, counted)["failed"]
        if others and failed > 0 and rule["status"] not in PASSING:
            self.add_elsewhere(history, order, name, others)
        about = f"{name} in the scope of {framework}" if framework else name
        for figure, problem in count_problems(rule, counted, others, whole=not states):
            self.report(f"{about} {figure}", when, f"states of {about} {problem}")

    def report_unstated(self, connection: str, names: Collection[str], when: str) -> None:
        """Report the records that results rest on and that no leaf states, once for each kind.

        What a row was handed no record of, it names as absent; what was erased still has its leaf.
        """
        by_kind: dict[str, list[str]] = {}
        for name in sorted(names):
            kind, _, key = name.partition(":")
            by_kind.setdefault(kind, []).append(key)
        for kind, keys in by_kind.items():
            count = f"{len(keys)} records" if len(keys) > 1 else "a record"
            text = f"has results that rest on {count} of {kind} of {connection}"
            problem = f"{text} that no leaf states, such as {keys[0]}: expected each of them"
            self.report(f"{connection} {kind} unstated", when, problem)

    def add_elsewhere(
        self, history: _History, order: Evaluated, rule: str, others: Sequence[str]
    ) -> None:
        """Add that subjects fail of connections that are not here: nothing says which."""
        places = ", ".join(others)
        title = f"subjects of {places}, which is not in this package"
        subject: dict[str, Any] = {
            "kind": "connection",
            "key": places,
            "title": title,
            "url": None,
            "owners": [],
        }
        key = (rule, places, "connection", places)
        merge_failure(history.failures, key, (order, order), 1, subject, waived=False)

    def report(self, about: str, when: str, problem: str) -> None:
        """Add a problem of an evaluation; of one thing only the first."""
        if about not in self.reported:
            self.reported.add(about)
            self.problems.append(f"the evaluation of {when} {problem}")

    def finish(self) -> None:
        """Add what lasts up to the last evaluation."""
        for connection in self.connections.values():
            connection.finish()


# -- The logs of rows and verdicts: what of them belongs into a package ----------------------------


DERIVED = "@derived"
"""Ends the name of the log of what was derived from the evidence of a connection."""


class _DerivedNeed(NamedTuple):
    """Which versions of such a log a package holds."""

    kinds: frozenset[str]
    """``rows/OVER`` and ``verdicts/PACK/OVER`` of the rules of its controls."""
    bounds: Mapping[int, Mapping[str, int]]
    """By the leaf of each evaluation that was made by change, how long each log was, in order."""
    scopes: FrameworkScopes = ()
    """Every scope that one of these evaluations states."""

    def size(self, log: str) -> int:
        """Return how long a log was for the last of the evaluations."""
        return max((sizes.get(log, 0) for sizes in self.bounds.values()), default=0)

    def first(self, log: str) -> int:
        """Return how long a log was for the first of the evaluations."""
        return next((sizes.get(log, 0) for sizes in self.bounds.values()), 0)


def derived_need(
    store_log: Leaves,
    evaluations: Leaves,
    documents: Iterable[Mapping[str, Any]],
    rules: Collection[str],
) -> _DerivedNeed:
    """Return what some evaluations need.

    Args:
        store_log: The store's own log, every leaf of it.
        evaluations: The leaves of the evaluations.
        documents: One of them for each of the inputs that they were made with.
        rules: Those of the controls.
    """
    kinds: set[str] = set()
    scopes: list[Mapping[str, Any]] = []
    for document in documents:
        scopes.extend(document["scopes"])
        for rule in document["rules"]:
            kinds.update(rule_kinds(rule) if rule["rule"] in rules else ())
    bounds = derived_bounds(store_log, by_change(evaluations))
    return _DerivedNeed(frozenset(kinds), bounds, distinct_scopes(scopes))


def by_change(evaluations: Leaves) -> dict[int, Mapping[str, Any]]:
    """Return the leaves of the evaluations of which results are in such logs."""
    return {index: leaf for index, leaf in evaluations.items() if "act" in leaf}


def rule_kinds(rule: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kinds of the rows that a rule is about, and of what it says of them."""
    return f"rows/{rule['over']}", f"verdicts/{rule['pack']}/{rule['over']}"


def derived_bounds(store_log: Leaves, evaluations: Leaves) -> dict[int, dict[str, int]]:
    """Return how long the logs were for each evaluation.

    That is the newest length that was stated up to the first statement after its leaf: what it
    changed was stored before it, and is stated with it.
    """
    sizes: dict[str, int] = {}
    bounds: dict[int, dict[str, int]] = {}
    pending: list[int] = []
    for index, leaf in store_log.items():
        if index in evaluations:
            pending.append(index)
        for head in leaf.get("heads", ()):
            if head["log"].endswith(DERIVED):
                sizes[head["log"]] = max(head["size"], sizes.get(head["log"], 0))
        if "heads" in leaf:
            bounds.update((waiting, dict(sizes)) for waiting in pending)
            pending = []
    bounds.update((waiting, dict(sizes)) for waiting in pending)
    return bounds


def derived_versions(leaves: _LeafTable, need: _DerivedNeed, log: str) -> Sequence[int]:
    """Return the indexes of the versions that a package holds of such a log, in order.

    The newest of each key for the first evaluation, and all from there to the last one.
    """
    first, last = need.first(log), need.size(log)
    current: dict[tuple[str, str], int] = {}
    later = array("q")
    for index, kind, key, _ in leaves.versions():
        if index >= last:
            break
        if kind not in need.kinds:
            continue
        if index < first:
            current[kind, key] = index
        else:
            later.append(index)
    return array("q", sorted(current.values())) + later


# -- The bodies of rows and verdicts: one reading of each, and a name for whatever is wrong --------


RESULT_STATUSES = ("error", "fail", "insufficient", "pass", "not_applicable")
"""The worst first."""
ROW_FIELDS = {"subject", "fields", "names", "absent", "unknown", "occurred_at", "final"}
SUBJECT_FIELDS = {"kind", "key", "title", "url", "owners"}
VERDICT_FIELDS = {"status", "reason", "due_at", "cause", "looked_up"}


class _SubjectRow(NamedTuple):
    """What of a row decides which results on its subject count."""

    subject: Mapping[str, Any]
    names: tuple[str, ...]
    """The records that it was read from, as ``kind:key``."""
    occurred_at: datetime | None
    final: bool
    letters: str = ""
    """One for each scope that evaluations state: whether it is in it."""

    def is_outside(self, letter: int | None) -> bool:
        """Return whether the scope of a letter leaves it out; None leaves nothing out."""
        return letter is not None and self.letters[letter] == OUTSIDE

    def counts(self, since: datetime, *, rated: bool) -> bool:
        """Return whether it counts in a period that begins at a moment."""
        before = self.occurred_at is not None and self.occurred_at < since
        return not (before and (self.final or rated))


class _RuleVerdict(NamedTuple):
    """What one rule says of one subject."""

    status: str
    looked_up: tuple[str, ...]
    is_due_later: bool = False
    """Whether it does not apply because it is not due yet."""


class _DerivedVersion(NamedTuple):
    """A leaf that changed rows or verdicts."""

    number: int
    """Its index."""
    kind: str
    key: str
    digest: bytes | None
    """Packed; None: the subject is not there any more."""


class _DerivedBodies:
    """Reads the bodies of one kind as its versions need them: each is there once, in their order.

    A body stays in memory for as long as a later version may name it again.
    """

    def __init__(
        self,
        label: str,
        lines: Iterable[tuple[bytes, bytes | None]],
        erased: Collection[bytes],
        connection: str = "",
        scopes: FrameworkScopes = (),
    ) -> None:
        self.label, self.erased = label, erased
        self.connection, self.scopes = connection, scopes
        self.lines: Iterator[tuple[bytes, bytes | None]] = iter(lines)
        self.next: tuple[bytes, bytes | None] | None = None
        self.uses: Counter[bytes] = Counter()
        """How many versions are still to come that name a body, of those that several name."""
        self.read: dict[bytes, Any] = {}

    def body(self, version: _DerivedVersion) -> Any:
        """Return the body of a version, read; None where it was erased by order."""
        name = version.digest or b""
        if name not in self.read:
            self.read[name] = self.parse(version, self.content(version, name))
        if self.uses[name] > 1:
            self.uses[name] -= 1
            return self.read[name]
        self.uses.pop(name, None)
        return self.read.pop(name)

    def content(self, version: _DerivedVersion, name: bytes) -> bytes | None:
        """Return the bytes that come next, where they are those of a version."""
        if self.next is None:
            self.next = next(self.lines, None)
        if self.next is not None and self.next[0] == name:
            content, self.next = self.next[1], None
            if content is not None:
                return content
        if name not in self.erased:
            raise _UnreadableBundle(
                f"{self.label}: the body {unpack_digest(name)} of {version.key} is missing, or "
                "another one is in its place"
            )
        return None

    def parse(self, version: _DerivedVersion, content: bytes | None) -> Any:
        """Read the body of a row or of verdicts."""
        if content is None:
            return None
        try:
            body = read_json(content, f"{self.label}: the body of {version.key}")
            if not version.kind.startswith("rows/"):
                return read_verdicts(body)
            return read_row(body, row_letters(self.scopes, self.connection, body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _UnreadableBundle(
                f"{self.label}: the body of {version.key} has no form that is known ({error})"
            ) from error


def read_row(body: Mapping[str, Any], letters: str = "") -> _SubjectRow:
    """Read the body of a row."""
    if set(body) != ROW_FIELDS or set(body["subject"]) != SUBJECT_FIELDS:
        raise ValueError(f"expected the fields {', '.join(sorted(ROW_FIELDS))}")
    if body["final"] not in (True, False):
        raise ValueError(f"expected true or false for final, got {body['final']!r}")
    at = body["occurred_at"]
    absent = set(body["absent"])
    names = tuple(intern(name) for name in body["names"] if name not in absent)
    occurred_at = None if at is None else moment(at)
    subject = body["subject"]
    shared = {name: share_texts(subject[name]) for name in ("kind", "owners")}
    return _SubjectRow({**subject, **shared}, names, occurred_at, body["final"], intern(letters))


def read_verdicts(body: Mapping[str, Mapping[str, Any]]) -> dict[str, _RuleVerdict]:
    """Read the body of what the rules of a pack say of a subject."""
    verdicts = {}
    for rule, verdict in body.items():
        if not {"status", "reason"} <= set(verdict) <= VERDICT_FIELDS:
            raise ValueError(f"{rule}: expected the fields {', '.join(sorted(VERDICT_FIELDS))}")
        if verdict["status"] not in RESULT_STATUSES:
            raise ValueError(f"{rule}: {verdict['status']!r} is no status")
        names = tuple(intern(name) for name in verdict.get("looked_up", ()))
        later = "due_at" in verdict
        verdicts[intern(rule)] = _RuleVerdict(intern(verdict["status"]), names, later)
    return verdicts


def row_key(row: _SubjectRow) -> str:
    """Return the key under which a row must stand."""
    return f"{row.subject['kind']}:{row.subject['key']}"


# -- The rows of one view of one connection and what rules say of them, kept by change -------------


Verdicts = Mapping[str, _RuleVerdict]


class _GroupTallies(NamedTuple):
    """The rules of one pack over the view, and what they say by subject."""

    verdicts: dict[str, Any]
    """By key; None where it was erased."""
    tallies: dict[tuple[str, str], _RuleTally]
    """By framework, which is empty for all that there is, and rule."""


class _NamedRecords:
    """Which subjects name a record: one subject as its key, several as a set of keys."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}

    def add(self, names: Iterable[str], key: str) -> None:
        """Note that a subject names some records."""
        for name in names:
            before = self.keys.get(name)
            if before is None:
                self.keys[name] = key
            elif isinstance(before, set):
                before.add(key)
            elif before != key:
                self.keys[name] = {before, key}

    def remove(self, names: Iterable[str], key: str) -> None:
        """Note that a subject does not name some records any more."""
        for name in names:
            before = self.keys.get(name)
            if isinstance(before, set):
                before.discard(key)
            elif before == key:
                del self.keys[name]

    def of(self, name: str) -> Iterable[str]:
        """Return the subjects that name a record."""
        keys = self.keys.get(name, ())
        return (keys,) if isinstance(keys, str) else keys


class _DerivedSubjects:
    """The subjects of one view, and which of them count in the period of an evaluation."""

    def __init__(self) -> None:
        self.rows: dict[str, _SubjectRow | None] = {}
        """None: it was erased."""
        self.groups: dict[str, _GroupTallies] = {}
        """By pack."""
        self.dated: list[tuple[datetime, str]] = []
        self.names = _NamedRecords()
        """Which of the subjects that count have a row that names a record."""
        self.looked_up = _NamedRecords()
        self.since: datetime | None = None
        self.present: set[str] = set()
        """The subjects of the period."""
        self.unreadable: set[str] = set()
        self.erased: dict[tuple[str, str], bytes] = {}
        """Packed digests of rows and verdicts that were erased, by pack (none: a row) and key."""
        self.changed: set[str] = set()

    def tally(
        self,
        rule: str,
        pack: str,
        connection: str,
        items: _Items,
        scoped: tuple[str, _ScopedHistory | None] = ("", None),
    ) -> _RuleTally:
        """Return the tally of a rule, which begins with what is known where it is new.

        Args:
            rule: The rule.
            pack: Whose it is.
            connection: Whose rows.
            items: What becomes of its items.
            scoped: The framework whose scope is counted, and to what that is added.
        """
        group = self.groups.setdefault(pack, _GroupTallies({}, {}))
        name = (scoped[0], rule)
        if name not in group.tallies:
            group.tallies[name] = _RuleTally(rule, connection, items, scoped[1])
            self.changed.update(self.rows)
        return group.tallies[name]

    def note_erased(self, pack: str, key: str, digest: bytes | None) -> None:
        """Note that a row, or what a pack says of a subject, was erased; None: it was not."""
        self.erased.pop((pack, key), None)
        if digest is not None:
            self.erased[pack, key] = digest

    def set_row(self, key: str, row: _SubjectRow | None, digest: bytes | None) -> None:
        """Set the row of a subject: None where it was erased, and no digest where it is gone."""
        gone = digest is None
        before = self.rows.pop(key, None)
        if before is not None:
            self.names.remove(before.names, key)
            if before.occurred_at is not None:
                entry = (before.occurred_at, key)
                del self.dated[bisect_left(self.dated, entry)]
        if not gone:
            self.rows[key] = row
        self.note_erased("", key, digest if row is None else None)
        if row is not None and row.occurred_at is not None:
            insort(self.dated, (row.occurred_at, key))
        self.changed.add(key)

    def set_verdicts(
        self, pack: str, key: str, verdicts: Verdicts | None, digest: bytes | None
    ) -> None:
        """Set what a pack says: None where that was erased, and no digest where it is gone."""
        gone = digest is None
        group = self.groups.setdefault(pack, _GroupTallies({}, {}))
        before = group.verdicts.pop(key, None)
        if before is not None:
            for verdict in before.values():
                self.looked_up.remove(verdict.looked_up, key)
        if not gone:
            group.verdicts[key] = verdicts
        self.note_erased(pack, key, digest if verdicts is None else None)
        for verdict in (verdicts or {}).values():
            self.looked_up.add(verdict.looked_up, key)
        self.changed.add(key)

    def set_period(self, since: datetime) -> None:
        """Set when the period begins: what lies between the two beginnings is looked at again."""
        if self.since is None:
            self.changed.update(self.rows)
        elif since != self.since:
            first, last = sorted((since, self.since))
            start, end = bisect_left(self.dated, (first, "")), bisect_left(self.dated, (last, ""))
            self.changed.update(key for _, key in self.dated[start:end])
        self.since = since

    def set_rated(self, tally: _RuleTally, *, rated: bool) -> None:
        """Set whether a rule judges a share: what occurred before the period is not its own."""
        if tally.rated != rated:
            tally.rated = rated
            self.changed.update(self.rows)

    def set_letter(self, tally: _RuleTally, letter: int | None) -> None:
        """Set which letter of rows tells what is outside of the scope of a tally."""
        if tally.letter != letter:
            tally.letter, tally.rescoped = letter, True
            self.changed.update(self.rows)

    def refresh(self, history: _History) -> None:
        """Count again what changed."""
        if self.since is None:
            return
        since = self.since
        for key in self.changed:
            row = self.rows.get(key)
            known = key in self.rows
            (self.unreadable.add if known and row is None else self.unreadable.discard)(key)
            counts = row is not None and row.counts(since, rated=False)
            if row is not None:
                (self.names.add if counts else self.names.remove)(row.names, key)
            (self.present.add if counts else self.present.discard)(key)
            for pack, group in self.groups.items():
                verdicts = group.verdicts.get(key)
                erased = key in group.verdicts and verdicts is None
                for (_, rule), tally in group.tallies.items():
                    standing = None
                    verdict = verdicts.get(rule) if verdicts else None
                    if row is not None and verdict and row.counts(since, rated=tally.rated):
                        standing = in_scope(tally, key, _Standing(row, verdict))
                    tally.put(key, standing, history)
                    unreadable = known and (erased or row is None) and key in group.verdicts
                    (tally.unreadable.add if unreadable else tally.unreadable.discard)(key)
                    if unreadable and (verdicts is None or rule in verdicts):
                        names = (self.erased.get((place, key)) for place in ("", pack))
                        tally.rest_on_erased(key, frozenset(filter(None, names)))
        self.changed.clear()
        for tally in (t for group in self.groups.values() for t in group.tallies.values()):
            tally.rescoped = False

    def record_changed(self, name: str, *, erased: bool) -> None:
        """Note that a record changed, for the evidence behind the subjects that name it."""
        if self.since is None:
            return
        keys = self.naming(name)
        for tally in (t for group in self.groups.values() for t in group.tallies.values()):
            resting = [key for key in keys if names_record(tally.standings.get(key), name)]
            if erased:
                tally.fresh.update(resting)
            elif resting:
                tally.fresh_names.add(name)

    def naming(self, name: str) -> list[str]:
        """Return the subjects whose row or verdicts name a record."""
        return [*self.names.of(name), *self.looked_up.of(name)]

    def add_evidence(
        self,
        tally: _RuleTally,
        digests: Mapping[str, bytes],
        erased: Collection[bytes],
        history: _History,
    ) -> set[str]:
        """Add what changed behind the results of a rule, in an evaluation in which they count.

        Returns:
            The records that these results rest on and that no leaf states.
        """
        tally.fresh_names = {
            name
            for name in tally.fresh_names
            if any(names_record(tally.standings.get(key), name) for key in self.naming(name))
        }
        return tally.add_evidence(digests, erased, history)


def in_scope(tally: _RuleTally, key: str, standing: _Standing) -> _Standing | None:
    """Return what counts of a subject in the scope of a tally, where it has one.

    What was in scope and is not any more left it; of what never was nothing counts. Where the scope
    was changed instead, what was found before stands: nobody takes items away afterwards.
    """
    if tally.scoped is None:
        return standing
    row, letter = standing.row, tally.letter
    if row.is_outside(letter):
        tally.scoped.left_out.add((tally.connection, key))
        left = _Standing(row, _RuleVerdict(LEFT_SCOPE, ()))
        return left if key in tally.standings and not tally.rescoped else None
    if letter is not None and row.letters[letter] == INSIDE:
        tally.scoped.named.add((tally.connection, key))
    return standing


def names_record(standing: _Standing | None, name: str) -> bool:
    """Return whether a result that counts rests on a record."""
    return standing is not None and (
        name in standing.row.names or name in standing.verdict.looked_up
    )


# -- What one rule says of the subjects of one connection, kept by change --------------------------


class _Standing(NamedTuple):
    """A subject that counts, and what the rule says of it."""

    row: _SubjectRow
    verdict: _RuleVerdict


class _OpenSpan(NamedTuple):
    """Since when something has been true of a subject: from which of the rule's evaluations on."""

    start: int
    subject: Mapping[str, Any]
    waived: bool = False
    erased: frozenset[bytes] = frozenset()
    """Packed digests."""


class _StoredOrder:
    """Evaluations in the order of their leaves: nearly always the order of their moments."""

    def __init__(self) -> None:
        self.entries: list[Evaluated] = []
        self.ascending = True

    def append(self, entry: Evaluated) -> None:
        """Add an evaluation."""
        self.ascending = self.ascending and (not self.entries or self.entries[-1] <= entry)
        self.entries.append(entry)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.entries)

    def first_from(self, start: int) -> Evaluated:
        """Return the first by its moment of those from one on."""
        return self.entries[start] if self.ascending else min(self.entries[start:])

    def last_from(self, start: int) -> Evaluated:
        """Return the last by its moment of those from one on."""
        return self.entries[-1] if self.ascending else max(self.entries[start:])


class _RuleTally:
    """The counts of one rule, its failing subjects, and the evidence behind its results."""

    def __init__(
        self, rule: str, connection: str, items: _Items, scoped: _ScopedHistory | None = None
    ) -> None:
        self.rule, self.connection, self.items = rule, connection, items
        self.scoped = scoped
        """What is in the scope of a framework, where only that is counted."""
        self.letter: int | None = None
        """Which letter of rows tells what is outside of it; None: everything is in scope."""
        self.rescoped = False
        """Whether the scope was changed since the rows were counted last."""
        self.key = self.judged_key = ""
        """The digest of what its verdicts depend on: now, and when they counted last."""
        self.inside = 0
        """In how many evaluations of the period itself its verdicts counted."""
        self.since: dict[str, tuple[int, int]] = {}
        """From which of its evaluations on a subject has counted: of all, and of the period."""
        self.rated = False
        self.standings: dict[str, _Standing] = {}
        self.unreadable: set[str] = set()
        """Subjects whose row or verdict was erased: nobody knows whether they count."""
        self.counts: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        """Of the results on the connection itself."""
        self.failing: dict[str, _OpenSpan] = {}
        self.rested: dict[str, _OpenSpan] = {}
        self.waived: Mapping[str, str] = {}
        self.fresh: set[str] = set()
        """Subjects whose evidence was not added yet, since they or it changed."""
        self.fresh_names: set[str] = set()
        """Records that changed behind subjects that did not."""
        self.judged = 0
        """In how many evaluations its verdicts counted."""
        self.orders = _StoredOrder()
        """These evaluations."""
        self.failed = _StoredOrder()
        """The evaluations in which its failures count."""

    def put(self, key: str, standing: _Standing | None, history: _History) -> None:
        """Set whether a subject counts, and what is said of it."""
        history = self.target(history)
        before = self.standings.pop(key, None)
        self.end_rested(key, history)
        if before is not None:
            self.end_item(key, before)
            self.count(before, -1)
            self.end_failing(key, history)
        self.fresh.discard(key)
        if standing is not None:
            self.standings[key] = standing
            self.since[key] = (self.judged, self.inside)
            self.count(standing, 1)
            self.fresh.add(key)
            self.begin_failing(key)

    def target(self, history: _History) -> _History:
        """Return to what this tally adds: to the history, or to that of its scope."""
        return history if self.scoped is None else self.scoped.history

    def count(self, standing: _Standing, number: int) -> None:
        """Count a subject in or out."""
        counter = self.whole if standing.row.subject["kind"] in WHOLE else self.counts
        counter[standing.verdict.status] += number

    # -- items --------------------------------------------------------------------------------

    def end_item(self, key: str, standing: _Standing) -> None:
        """Add what was said of a subject in the evaluations since it changed last."""
        judged, inside = self.since.pop(key)
        row, verdict = standing
        if self.judged == judged or row.subject["kind"] in WHOLE:
            return
        self.items.add(
            _ItemEvaluation(
                key=key,
                occurred_at=row.occurred_at,
                status=item_status(verdict.status, is_due_later=verdict.is_due_later),
                last=self.orders.last_from(judged),
                inside=self.inside > inside,
                changed=self.key != self.judged_key,
                first=self.orders.first_from(judged),
            )
        )

    # -- failures -----------------------------------------------------------------------------

    def begin_failing(self, key: str) -> None:
        """Note from when on a subject fails, where it does."""
        standing = self.standings[key]
        if standing.verdict.status == "fail":
            subject = standing.row.subject
            self.failing[key] = _OpenSpan(len(self.failed), subject, waived=key in self.waived)

    def end_failing(self, key: str, history: _History) -> None:
        """Add the evaluations in which a subject failed."""
        span = self.failing.pop(key, None)
        if span is None or span.start == len(self.failed):
            return
        count = len(self.failed) - span.start
        subject = span.subject
        result_key = (self.rule, self.connection, subject["kind"], subject["key"])
        first = self.failed.first_from(span.start)
        last = self.failed.last_from(span.start)
        merge_failure(
            history.failures, result_key, (first, last), count, subject, waived=span.waived
        )

    def set_waived(self, waived: Mapping[str, str], history: _History) -> None:
        """Set which failing subjects are covered by a waiver."""
        history = self.target(history)
        changed = waived.keys() ^ self.waived.keys()
        self.waived = waived
        for key in changed & self.failing.keys():
            self.end_failing(key, history)
            self.begin_failing(key)

    # -- evidence -----------------------------------------------------------------------------

    def end_rested(self, key: str, history: _History) -> None:
        """Add the evaluations in which a result rested on erased evidence."""
        span = self.rested.pop(key, None)
        if span is None or span.start == self.judged:
            return
        subject = span.subject
        result_key = (self.rule, self.connection, subject["kind"], subject["key"])
        before = history.rested.get(result_key, _Rested(subject, 0, frozenset()))
        evaluations = before.evaluations + self.judged - span.start
        history.rested[result_key] = _Rested(
            subject, evaluations, before.digests | set(map(unpack_digest, span.erased))
        )

    def rest_on_erased(self, key: str, digests: frozenset[bytes]) -> None:
        """Note that the row of a subject, or the verdict on it, was erased itself."""
        kind, _, name = key.partition(":")
        subject = {"kind": kind, "key": name, "title": name}
        self.rested[key] = _OpenSpan(self.judged, subject, erased=digests)

    def add_evidence(
        self, digests: Mapping[str, bytes], erased: Collection[bytes], history: _History
    ) -> set[str]:
        """Add the packed digests of what changed behind results of an evaluation that counts.

        Returns:
            The records that results rest on and that no leaf states: they were left out.
        """
        unstated: set[str] = set()
        if self.scoped is not None:  # the tally of all adds it
            self.fresh.clear()
            self.fresh_names.clear()
            return unstated
        for key in self.fresh:
            standing = self.standings[key]
            names = (*standing.row.names, *standing.verdict.looked_up)
            unstated.update(name for name in names if name not in digests)
            behind = {digests[name] for name in names if name in digests}
            history.evidence.update(behind)
            gone = frozenset(behind.intersection(erased)) if erased else frozenset()
            if key not in self.rested or self.rested[key].erased != gone:
                self.end_rested(key, history)
                if gone:
                    subject = standing.row.subject
                    self.rested[key] = _OpenSpan(self.judged, subject, erased=gone)
        history.evidence.update(digests[name] for name in self.fresh_names)
        self.fresh.clear()
        self.fresh_names.clear()
        return unstated

    def judge(self, order: Evaluated, *, failures: bool) -> None:
        """Count an evaluation in which the verdicts of the rule count."""
        self.judged += 1
        self.orders.append(order)
        self.judged_key = self.key
        period = self.items.period
        self.inside += period is not None and period[0] <= order[0] < period[1]
        if failures:
            self.failed.append(order)

    def finish(self, history: _History) -> None:
        """End what lasts up to the last evaluation."""
        history = self.target(history)
        self.key = self.judged_key
        for key, standing in self.standings.items():
            self.end_item(key, standing)
        for key in list(self.failing):
            self.end_failing(key, history)
        for key in list(self.rested):
            self.end_rested(key, history)

    def waived_failures(self) -> int:
        """Return how many failing subjects are covered by a waiver."""
        return sum(
            self.standings[key].row.subject["kind"] not in WHOLE
            for key in self.waived
            if key in self.failing
        )


def unused_waivers(tally: _RuleTally) -> list[str]:
    """Return the subjects that a waiver covers although they do not fail."""
    return sorted(
        key
        for key in tally.waived
        if key not in tally.failing
        and key not in tally.unreadable
        and key.partition(":")[0] not in WHOLE
    )


# -- Hold the counts and the status that an evaluation states of a rule against its results --------


FIGURES = {
    "passed": "pass",
    "failed": "fail",
    "insufficient": "insufficient",
    "not_applicable": "not_applicable",
    "error": "error",
}


class _ConnectionCounts(NamedTuple):
    """What was counted of a rule over one connection."""

    connection: str
    tally: _RuleTally | None
    """None: its evidence did not suffice, or there were no rows."""
    unevaluated: int
    """Rows that were not judged, as the evidence did not suffice."""
    unreadable: Collection[str]
    """Subjects whose row was erased."""

    @property
    def unknown(self) -> int:
        """How many subjects may count or not."""
        return len(self.tally.unreadable if self.tally else self.unreadable)


def unevaluated_rows(rule: Mapping[str, Any], connection: str, rows: int) -> int:
    """Return how many rows count as insufficient, because the evidence of all is."""
    insufficient = any(
        result["connection"] == connection
        and result["subject"]["kind"] == "connection"
        and result["status"] == "insufficient"
        for result in rule["results"]
    )
    return rows if insufficient else 0


def count_problems(
    rule: Mapping[str, Any],
    counted: Sequence[_ConnectionCounts],
    others: Sequence[str],
    *,
    whole: bool,
) -> Iterator[tuple[str, str]]:
    """Yield each figure of a rule that differs from its results, and how.

    Args:
        rule: As an evaluation states it.
        counted: What was counted, by connection.
        others: Connections that are not in the package: of them nothing is known but the sum.
        whole: Whether every result is in the document.
    """
    figures = count_figures(rule, counted)
    unknown = sum(entry.unknown for entry in counted)
    open_rows = 0
    if whole and any(is_doubt(result) for result in rule["results"]):
        open_rows = max(rule["population"]["insufficient"] - figures["insufficient"], 0)
    for figure in sorted(figures.keys() & rule["population"].keys()):
        stated, actual = rule["population"][figure], figures[figure]
        if figure in {"insufficient", "total"}:
            actual += open_rows
        if stated < actual or (not others and stated > actual + unknown):
            places = ", ".join(entry.connection for entry in counted) or "its document"
            yield figure, f"{stated} {figure}, and its results on {places} are {actual}"
    expected = worst_status(rule, counted, whole=whole)
    # Where nothing was counted here, nothing follows for what other connections were found to be.
    is_stated = rule["status"] is not None  # nothing is in the scope of a framework
    if is_stated and not unknown and expected != rule["status"] and (counted or not others):
        better = RESULT_STATUSES.index(rule["status"]) > RESULT_STATUSES.index(expected)
        if better or not others:
            yield "status", f"the status {rule['status']}, and {expected} follows from its results"


def is_doubt(result: Mapping[str, Any]) -> bool:
    """Return whether a result says that the evidence of a whole connection does not suffice."""
    return (result["subject"]["kind"], result["status"]) == ("connection", "insufficient")


def count_figures(rule: Mapping[str, Any], counted: Sequence[_ConnectionCounts]) -> dict[str, int]:
    """Return how many subjects of a rule have which status."""
    inside = [result for result in rule["results"] if result["subject"]["kind"] not in WHOLE]
    statuses = Counter(result["status"] for result in inside)
    waived = sum(result["status"] == "fail" and result["waiver"] is not None for result in inside)
    for entry in counted:
        statuses["insufficient"] += entry.unevaluated
        if entry.tally is not None:
            statuses.update(entry.tally.counts)
            waived += entry.tally.waived_failures()
    figures = {figure: statuses[status] for figure, status in FIGURES.items()}
    return {**figures, "total": sum(figures.values()), "waived": waived}


def worst_status(
    rule: Mapping[str, Any], counted: Sequence[_ConnectionCounts], *, whole: bool
) -> str:
    """Return the status of a rule: the worst of the results that decide.

    Where a rule has a tolerance, the share decides over a connection, and not each subject.
    """
    tallies = {entry.connection: entry.tally for entry in counted}
    places = {"" if whole else result["connection"] for result in rule["results"]} | set(tallies)
    present: set[str] = set()
    for place in places:
        results = [r for r in rule["results"] if whole or r["connection"] == place]
        deciding = [r for r in results if r["subject"]["kind"] in WHOLE]
        tally = tallies.get(place)
        if any(result["subject"]["kind"] == "population" for result in results):
            present.update(result["status"] for result in deciding)
            continue
        present.update(result["status"] for result in results)
        if tally is not None:
            present.update(status for status, number in tally.counts.items() if number)
            present.update(status for status, number in tally.whole.items() if number)
    return next((status for status in RESULT_STATUSES if status in present), "insufficient")


# -- Whether a row is in the scope of a framework, as evaluations state the scope ------------------


INSIDE, UNNAMED, OUTSIDE = "i", "u", "o"
"""Letters of a row: the scope names it, says nothing of it, or leaves it out."""
LISTS = {
    "connections": "connection",
    "services": "service",
    "teams": "team",
    "priorities": "priority",
    "incident_types": "incident type",
    "urgencies": "urgency",
}
"""What a scope may state, and how it is called."""
EVERYTHING = "everything: no scope was stated"

FrameworkScopes = Sequence[Mapping[str, Any]]


def distinct_scopes(scopes: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return each scope once, in a fixed order."""
    by_text = {write_json(scope): scope for scope in scopes}
    return tuple(by_text[text] for text in sorted(by_text))


def row_letters(scopes: FrameworkScopes, connection: str, row: Mapping[str, Any]) -> str:
    """Return a letter for each scope: whether a row of a connection is in it."""
    return "".join(row_letter(scope, connection, row) for scope in scopes)


def row_letter(scope: Mapping[str, Any], connection: str, row: Mapping[str, Any]) -> str:
    """Return whether a row is in a scope, as a letter."""
    if scope["connections"] and not is_named([connection], scope["connections"]):
        return OUTSIDE
    if row["subject"]["kind"] == "connection":
        return UNNAMED
    answers = {
        is_named(values, patterns)
        for patterns, values in asked_values(scope, row)
        if values is not None
    }
    if False in answers:
        return OUTSIDE
    return INSIDE if answers or scope["connections"] else UNNAMED


def asked_values(
    scope: Mapping[str, Any], row: Mapping[str, Any]
) -> Iterator[tuple[Sequence[str], Sequence[str] | None]]:
    """Yield what a scope asks for, and what a row says of it; None: it says nothing."""
    if scope["services"]:
        yield scope["services"], service_names(row)
    if scope["teams"]:
        yield scope["teams"], row["subject"]["owners"] or None
    for name, path in (
        ("priorities", "priority"),
        ("incident_types", "incident_type"),
        ("urgencies", "urgency"),
    ):
        if scope[name]:
            yield scope[name], field_values(row["fields"], path)
    for path in sorted(scope["fields"]):
        yield scope["fields"][path], field_values(row["fields"], path)


def service_names(row: Mapping[str, Any]) -> Sequence[str] | None:
    """Return the ids and names of the service of a row, which may be about one itself."""
    subject, service = row["subject"], row["fields"].get("service")
    if subject["kind"].endswith(".service"):
        return (subject["key"], subject["title"])
    if not isinstance(service, Mapping):
        return None
    return [str(service[name]) for name in ("id", "title", "name") if service.get(name)]


def field_values(fields: Mapping[str, Any], path: str) -> Sequence[str] | None:
    """Return the values at a path as texts; none where it is null; None where it is not there."""
    value: Any = fields
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    members = value if isinstance(value, list) else [value]
    return [value_text(member) for member in members if member is not None]


def value_text(value: Any) -> str:
    """Return a value as scopes write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_named(values: Sequence[str], patterns: Sequence[str]) -> bool:
    """Return whether one of some values matches one of some patterns."""
    return any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


def scope_words(scope: Mapping[str, Any]) -> str:
    """Return what a scope names, in words; of several parts all have to match."""
    named = [(words, scope[name]) for name, words in LISTS.items()]
    named += [(path, scope["fields"][path]) for path in sorted(scope["fields"])]
    parts = [f"{words} {' or '.join(patterns)}" for words, patterns in named if patterns]
    return " and ".join(parts) or "everything: the scope names nothing"


# -- What an evaluation states of a rule for a framework: of what is in its scope ------------------


def supports(rule: Mapping[str, Any], framework: str) -> bool:
    """Return whether a rule supports a control of a framework."""
    return any(control["framework"] == framework for control in rule["controls"])


def stated_scope(evaluation: Mapping[str, Any], framework: str) -> Mapping[str, Any] | None:
    """Return the scope of a framework in an evaluation; None: everything is in scope."""
    scopes = (scope for scope in evaluation["scopes"] if scope["framework"] == framework)
    return next(scopes, None)


def active_letter(scopes: FrameworkScopes, scope: Mapping[str, Any] | None) -> int | None:
    """Return which letter of rows tells what a scope leaves out; None: it leaves out nothing.

    A scope that is not among the scopes leaves out nothing either: nothing is known to be outside.
    """
    if scope is None:
        return None
    return next((index for index, known in enumerate(scopes) if known == scope), None)


def scoped_rule(rule: Mapping[str, Any], framework: str) -> Mapping[str, Any]:
    """Return what an evaluation states of a rule for a framework, in the form of a rule.

    Its results are those on whole connections, shares, and objects behind no row.
    """
    scoped = next((part for part in rule["scoped"] if part["framework"] == framework), None)
    if scoped is None:
        return rule
    waivers = {result["id"]: result["waiver"] for result in rule["results"]}
    population = {name: scoped["population"][name] for name in scoped["population"]}
    del population["waived"]  # which of them are waived is not counted
    return {
        **rule,
        "status": scoped["status"],
        "population": population,
        "results": [
            {**result, "waiver": waivers.get(result["id"])} for result in scoped["results"]
        ],
    }


def results_on_rows(
    rule: Mapping[str, Any],
    stated: Sequence[Mapping[str, Any]],
    is_outside: Callable[[Mapping[str, Any]], bool],
) -> Iterator[Mapping[str, Any]]:
    """Yield the results on single rows that are in the document, and not known to be outside.

    Args:
        rule: As an evaluation of a past moment states it.
        stated: What it states of what is in scope beside them.
        is_outside: Whether a result is on a row that is known to be outside of the scope.
    """
    known = {result["id"] for result in stated}
    for result in rule["results"]:
        is_row = result["subject"]["kind"] not in WHOLE and result["id"] not in known
        if is_row and not is_outside(result):
            yield result


# -- What is concluded of the scope of a framework over a period: what it was and left out ---------


def scopes_of(controls: Iterable[str], scope: _Scope, history: _History) -> Iterator[dict[str, Any]]:
    """Yield each scope of the frameworks of some controls."""
    rules: dict[str, set[str]] = {}
    for name in controls:
        needs: Sequence[Any] = scope.needs.get(name, ())
        rules.setdefault(name.partition(":")[0], set()).update(need.rule for need in needs)
    for framework in sorted(rules.keys() & history.scopes.keys()):
        yield scope_assurance(framework, rules[framework], history)


def concluded_items(
    history: _History, rule: str, connection: str, frameworks: Collection[str]
) -> set[str]:
    """Return the items of a rule that controls of some frameworks conclude on, by name."""
    populations = [
        items.population
        for part in map(history.of_framework, frameworks)
        for items in [part.items.get((rule, connection))]
        if items is not None
    ]
    return set().union(*populations)


def scope_assurance(framework: str, rules: Collection[str], history: _History) -> dict[str, Any]:
    """Return what a scope was, and how many items of some rules are in it."""
    part = history.scopes[framework]
    inside = items_named(rules, part.history)
    every = items_named(rules, history)
    named = len(inside & part.named)
    return {
        "framework": framework,
        "stated": list(statements(part)),
        "items": len(inside),
        "items_named": named,
        "items_outside": len(every - inside),
        "problem": scope_problem(len(inside), named, len(every & part.left_out)),
    }


def statements(part: _ScopedHistory) -> Iterator[Mapping[str, Any]]:
    """Yield each scope that was stated, with the first and the last evaluation that did."""
    for words in sorted(part.stated, key=lambda name: (part.stated[name].first, name)):
        stretch = part.stated[words]
        yield {
            "scope": words,
            "since": stretch.first,
            "until": stretch.last,
            "evaluations": stretch.evaluations,
        }


def scope_problem(inside: int, named: int, outside: int) -> str:
    """Return what a scope does that left out nothing, or all that it speaks of; empty: neither."""
    if not inside + outside:
        return ""
    if not outside:
        return f"leaves nothing out: all {inside} items are in it"
    if not named:
        return f"matches nothing: outside of it are {outside} items, and it names none"
    return ""


# -- What the evidence of a period proves of each kind and each control: ``assurance.json`` --------


RUN_FIELDS = ("started_at", "scheduled", "connector", "host_version", "plugins", "credential")
"""What is kept of a manifest."""


class _PeriodQuestion(NamedTuple):
    """What is concluded."""

    period: str
    elapsed: Window
    """The part of the period that has elapsed."""
    until: datetime
    controls: Sequence[str]


def conclude(
    question: _PeriodQuestion, scope: _Scope, history: _History, collecting: Sequence[_Collecting]
) -> dict[str, Any]:
    """Return what the evidence of a period proves, as ``assurance.json`` has it."""
    kinds = scope.kinds(question.controls)
    return {
        "document": "ccm.assurance/v1",
        "period": question.period,
        "since": instant_text(question.elapsed[0]),
        "until": instant_text(question.elapsed[1]),
        "ended": question.until <= question.elapsed[1],
        "kinds": [
            kind_assurance(source, kind, question.elapsed)
            for source in collecting
            for kind in kinds
            if kind in source.watch.cadences
        ],
        "scopes": list(scopes_of(question.controls, scope, history)),
        "controls": [
            control_assurance(
                name,
                scope.needs[name],
                history,
                collecting,
                _Asked(question.elapsed, question.until),
            )
            for name in question.controls
        ],
    }


def read_collecting(
    connection: str, leaves: Leaves, kept: Mapping[str, bytes], scope: _Scope
) -> _Collecting:
    """Read what was collected over a connection, from its manifests and its collections."""
    watch = scope.watches.get(connection, _Watch({}, 0, frozenset(), frozenset(), ""))
    runs, collections = [], {}
    for _, leaf in other_leaves(leaves):
        content = kept.get(leaf.get("digest", ""))
        if content is not None and leaf["leaf"] == "manifest":
            run = read_json(content, f"the manifest {leaf['run']} of {connection}")
            runs.append({name: share_texts(run[name]) for name in RUN_FIELDS})
            for document in run["collections"]:
                collections[document["id"]] = read_collection(document)
        elif content is not None and leaf["leaf"] == "collection":
            body = read_json(content, f"the collection {leaf['id']} of {connection}")
            collections[leaf["id"]] = read_collection(body)
    if watch.manifests:
        # Manifests are as old as the newest collection, whatever its outcome.
        for name, collection in list(collections.items()):
            collections[f"{name} of manifests"] = collection._replace(
                kind=watch.manifests, outcome="complete", shortfalls=(), window=None
            )
    ordered = sorted(
        collections.values(), key=lambda entry: (entry.ended_at, entry.started_at, entry.id)
    )
    return _Collecting(connection, watch, ordered, sorted(runs, key=started))


# -- What the tests of a period say of one control: items, exceptions, gaps and a conclusion -------


INCONCLUSIVE = {"insufficient", "error"}

Statuses = Sequence[tuple[datetime, str]]


def control_assurance(
    name: str,
    needs: Sequence[_Need],
    history: _History,
    collecting: Sequence[_Collecting],
    period: _Asked,
) -> dict[str, Any]:
    """Return what the evidence of a period proves of one control."""
    moments = [(at, status) for at, _, status in sorted(history.statuses.get(name, ()))]
    statuses = [(at, status) for at, status in moments if at < period.until]
    closing = next((at for at, _ in moments if at >= period.until), None)
    elapsed = period.elapsed
    rules = {need.rule for need in needs}
    missing = list(missing_evidence(needs, collecting, elapsed))
    missing += left_untold(history.off, {*rules, name}, [at for at, _ in statuses], elapsed)
    untested = [
        *unevaluated(statuses, closing, needs, collecting, period),
        *inconclusive(statuses, missing, elapsed),
    ]
    gaps = distinct([*missing, *untested])
    framework, _, number = name.partition(":")
    scoped = history.of_framework(framework)
    health = history.method.monitoring
    tests = [
        rule_test(need, scoped, collecting, period, monitoring=need.rule in health)
        for need in tests_of(needs)
    ]
    exceptions = list(exceptions_of(rules, scoped, collecting, period))
    return {
        "framework": framework,
        "id": number,
        "conclusion": conclusion_of(gaps, exceptions, tests),
        "rules": sorted(rules),
        "tests": tests,
        **control_items(rules, scoped, exceptions),
        "items_outside": len(items_named(rules, history) - items_named(rules, scoped)),
        "partial_months": list(partial_months(rules, scoped, collecting, period)),
        "evidence_coverage": coverage(gaps, elapsed),
        "evaluations": len(statuses),
        "history": list(status_history(statuses)),
        "exceptions": exceptions,
        "evidence_gaps": [gap_texts(gap) for gap in gaps],
    }


def conclusion_of(
    gaps: Sequence[Gap], exceptions: Sequence[Any], tests: Iterable[Mapping[str, Any]]
) -> str:
    """Return what the tests of a control say of it."""
    if gaps:
        return "evidence_incomplete"
    if exceptions:
        return "exceptions"
    tests = list(tests)
    if any(test["passed"] + test["failed"] + test["inconclusive"] for test in tests):
        return "no_exceptions"
    return "open_at_cut_off" if any(test["open"] for test in tests) else "no_occurrences"


def missing_evidence(
    needs: Sequence[_Need], collecting: Sequence[_Collecting], period: Window
) -> Iterator[Gap]:
    """Yield the gaps in the evidence that rules need."""
    for need in needs:
        sources = [source for source in collecting if need.kinds <= source.watch.cadences.keys()]
        if not sources:
            yield gap_of(period, f"no connection collects the evidence that {need.rule} needs")
        for source in sources:
            for kind in sorted(need.kinds):
                yield from find_gaps(source, kind, period, need.max_age)


def unevaluated(
    statuses: Statuses,
    closing: datetime | None,
    needs: Sequence[_Need],
    collecting: Sequence[_Collecting],
    period: _Asked,
) -> Iterator[Gap]:
    """Yield the parts of the period that no evaluation has seen.

    An evaluation says nothing of what happened after it: of a period that has ended, the time after
    the last one is proven by one that was made afterwards.
    """
    begins, ends = period.elapsed
    kinds = {kind for need in needs for kind in need.kinds}
    cadences = [
        source.watch.cadences[kind]
        for source in collecting
        for kind in kinds & source.watch.cadences.keys()
    ]
    allowed = 2 * timedelta(seconds=max(cadences, default=USUAL_CADENCE))
    moments = [at for at, _ in statuses]
    for since, until in zip([begins, *moments], [*moments, closing or ends]):
        first = since == begins
        if until - since > allowed or (first and not statuses):
            gap = (since if first else since + allowed, min(until, ends))
            if gap[0] < gap[1]:
                yield gap_of(gap, "it was not evaluated")
    if closing is None and period.ended and moments and moments[-1] + allowed >= ends:
        yield gap_of((moments[-1], ends), "no later evaluation has seen what happened then")


def inconclusive(statuses: Statuses, missing: Sequence[Gap], period: Window) -> Iterator[Gap]:
    """Yield the times of inconclusive results that no missing evidence explains."""
    explained = [(gap["since"], gap["until"]) for gap in missing if not gap["subjects"]]
    ends = [*(at for at, _ in statuses[1:]), period[1]]
    for (at, status), following in zip(statuses, ends):
        if status in INCONCLUSIVE:
            for window in subtract([(at, following)], explained):
                yield gap_of(window, f"its result was {status}")


def exceptions_of(
    rules: Collection[str], history: _History, collecting: Sequence[_Collecting], period: _Asked
) -> Iterator[dict[str, Any]]:
    """Yield what failed some rules in the period, sorted by rule and subject."""
    for key in sorted(history.failures):
        failure = history.failures[key]
        if key[0] in rules and is_of_period(key, history, collecting, period):
            yield {
                "rule": key[0],
                "connection": key[1],
                "subject": failure["subject"],
                "first_seen": instant_text(failure["first"][0]),
                "last_seen": instant_text(failure["last"][0]),
                "evaluations": failure["evaluations"],
                "waived": failure["waived"],
            }


def status_history(statuses: Statuses) -> Iterator[dict[str, Any]]:
    """Yield the times during which a control kept one status."""
    groups = [list(group) for _, group in groupby(statuses, key=lambda pair: pair[1])]
    ends = [*(group[0][0] for group in groups[1:]), *(at for at, _ in statuses[-1:])]
    for group, until in zip(groups, ends):
        yield {
            "since": instant_text(group[0][0]),
            "until": instant_text(until),
            "status": group[0][1],
            "evaluations": len(group),
        }


# -- The items of a period: how many each test had, each control, and each share of a month --------


class _Asked(NamedTuple):
    """The period that is asked about."""

    elapsed: Window
    """The part of it that has elapsed."""
    until: datetime

    @property
    def ended(self) -> bool:
        """Whether all of it has elapsed."""
        return self.until <= self.elapsed[1]


def tests_of(needs: Sequence[_Need]) -> list[_Need]:
    """Return one need of each rule, with the kinds of all, sorted by rule."""
    kinds: dict[str, frozenset[str]] = {}
    for need in needs:
        kinds[need.rule] = kinds.get(need.rule, frozenset()) | need.kinds
    return [_Need(rule, kinds[rule], None) for rule in sorted(kinds)]


def rule_test(
    need: _Need,
    history: _History,
    collecting: Sequence[_Collecting],
    period: _Asked,
    *,
    monitoring: bool,
) -> dict[str, Any]:
    """Return how many items a test had in the period, and what became of them."""
    counts: Counter[str] = Counter()
    sources = {source.connection: source for source in collecting}
    late = changed = read_back = tested_late = 0
    for (name, connection), items in history.items.items():
        if name == need.rule:
            counts.update(items.counts())
            late, changed = late + len(items.late), changed + len(items.cleared_by_change)
            source = sources.get(connection)
            read_back += items.read_back(watched_since(source, period.elapsed[0]))
            tested_late += items.tested_late(slowest_cadence(source, need.kinds))
    return {
        "rule": need.rule,
        "population": counts.total(),
        "passed": counts["pass"],
        "failed": counts["fail"],
        "inconclusive": counts["insufficient"] + counts["error"],
        "open": counts["open"],
        "made_late": late,
        "test_changed": changed,
        "read_back": read_back,
        "tested_late": tested_late,
        "monitoring": monitoring,
    }


def watched_since(source: _Collecting | None, since: datetime) -> datetime | None:
    """Return when a connection was collected first, from one lookback before the period on."""
    if source is None:
        return None
    earliest = go_back(since, source.watch.lookback)
    moments = (entry.ended_at for entry in source.collections if entry.ended_at >= earliest)
    return min(moments, default=None)


def slowest_cadence(source: _Collecting | None, kinds: Collection[str]) -> timedelta:
    """Return how often the slowest of some kinds is collected."""
    cadences = source.watch.cadences if source is not None else {}
    slowest = max((cadences[kind] for kind in kinds if kind in cadences), default=USUAL_CADENCE)
    return timedelta(seconds=slowest)


def go_back(moment: datetime, seconds: float) -> datetime:
    """Return a moment some time earlier, or the beginning of time."""
    return moment - min(timedelta(seconds=seconds), moment - EARLIEST)


def items_named(rules: Collection[str], history: _History) -> set[tuple[str, str]]:
    """Return the items that some rules applied to: connection, and kind and key."""
    return {
        (connection, key)
        for (rule, connection), items in history.items.items()
        if rule in rules
        for key in items.population
    }


def control_items(
    rules: Collection[str], history: _History, exceptions: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Count the items of a control, each once, however many tests apply to it or fail."""
    population = items_named(rules, history)
    failed = {
        (entry["connection"], entry["subject"]["kind"], entry["subject"]["key"])
        for entry in exceptions
        if entry["subject"]["kind"] not in WHOLE
    }
    return {"items": len(population), "items_failed": len(failed)}


def partial_months(
    rules: Collection[str], history: _History, collecting: Sequence[_Collecting], period: _Asked
) -> Iterator[dict[str, Any]]:
    """Yield the shares of months that are not whole in the period, and what of them was seen."""
    sources = {source.connection: source for source in collecting}
    for rule, connection, kind, name in sorted(history.failures):
        if rule not in rules or kind != "population":
            continue
        seen = seen_part(name, sources.get(connection), period)
        if seen is not None and not is_whole_month(name, seen):
            yield {
                "rule": rule,
                "connection": connection,
                "month": name,
                "since": instant_text(seen[0]),
                "until": instant_text(seen[1]),
            }


def seen_part(name: str, source: _Collecting | None, period: _Asked) -> Window | None:
    """Return the part of a month that is in the period and was watched or read back, if any."""
    try:
        since, until = period_bounds(name)
    except ValueError:
        return None
    begins = max(since, period.elapsed[0])
    watched = watched_since(source, period.elapsed[0])
    if source is not None and watched is not None:
        begins = max(begins, go_back(watched, source.watch.lookback))
    ends = min(until, period.elapsed[1])
    return (begins, ends) if begins < ends else None


def is_whole_month(name: str, seen: Window) -> bool:
    """Return whether all of a month was seen."""
    return seen == period_bounds(name)


def is_of_period(
    key: ResultKey, history: _History, collecting: Sequence[_Collecting], period: _Asked
) -> bool:
    """Return whether what failed is an exception of the period: its share, or an item of it."""
    rule, connection, kind, name = key
    source = next((one for one in collecting if one.connection == connection), None)
    if kind == "population":
        share = history.shares.get((rule, connection, name))
        return is_month_of(name, source, period) and (share is None or share.fails)
    items = history.items.get((rule, connection))
    if items is None:
        return True
    month = items.month_of(f"{kind}:{name}")
    share = history.shares.get((rule, connection, month)) if month else None
    if month and share and not share.fails and is_month_of(month, source, period):
        return False  # tolerated by the share of its month
    return items.is_exception(f"{kind}:{name}")


def is_month_of(name: str, source: _Collecting | None, period: _Asked) -> bool:
    """Return whether a share is of a month that was seen whole in the period, or of no month."""
    try:
        period_bounds(name)
    except ValueError:
        return True
    seen = seen_part(name, source, period)
    return seen is not None and is_whole_month(name, seen)


# -- The share of a month that passed a test, as the evaluations found it that saw most of the month 


class _SeenShare(NamedTuple):
    """The share of a month as one evaluation found it: the later, the more it counts."""

    seen: timedelta
    """How much of the month it looked at."""
    order: tuple[datetime, int]
    """When it was, and the index of its leaf."""
    status: str


class _MonthShare:
    """What evaluations say of the share of one month."""

    def __init__(self) -> None:
        self.whole: _SeenShare | None = None
        """The last that saw all of the month."""
        self.begun: _SeenShare | None = None
        """Of those before the month ended, the one that saw most of it."""
        self.ended: _SeenShare | None = None
        """Of those after it, the one that saw most of it."""

    def add(self, month: str, since: datetime, order: tuple[datetime, int], status: str) -> None:
        """Add what an evaluation says that looks back to a moment."""
        begins, ends = period_bounds(month)
        at = order[0]
        share = _SeenShare(min(at, ends) - max(since, begins), order, status)
        if share.seen == ends - begins:
            self.whole = max(share, self.whole or share)
        elif at < ends:
            self.begun = max(share, self.begun or share)
        else:
            self.ended = max(share, self.ended or share)

    @property
    def fails(self) -> bool:
        """Return whether too few items of the month passed.

        Where no evaluation saw all of it, two together did: then none of them may find so.
        """
        shares = [self.whole] if self.whole else [self.begun, self.ended]
        return any(share is not None and share.status == "fail" for share in shares)


# -- What the evidence of a period proves of one kind of one connection ----------------------------


WORST_FIRST = ("failed", "unavailable", "partial", "complete")
USUAL_CADENCE = 86400.0


class _Collecting(NamedTuple):
    """One connection, and what was collected over it."""

    connection: str
    watch: _Watch
    collections: Sequence[_Collected]
    runs: Sequence[Mapping[str, Any]]
    """When its runs began, in that order, and what each was to collect how often."""


def started(run: Mapping[str, Any]) -> datetime:
    """Return when a run began."""
    return moment(run["started_at"])


def kind_assurance(source: _Collecting, kind: str, period: Window) -> dict[str, Any]:
    """Return what the evidence of a period proves of one kind of one connection."""
    gaps = find_gaps(source, kind, period, None)
    frequencies = list(required_frequencies(source, kind, period))
    runs: dict[str, list[_Collected]] = {}
    for collection in source.collections:
        if collection.kind == kind and period[0] <= collection.ended_at < period[1]:
            runs.setdefault(collection.run, []).append(collection)
    worst = Counter(
        min((entry.outcome for entry in run), key=WORST_FIRST.index) for run in runs.values()
    )
    return {
        "connection": source.connection,
        "kind": kind,
        "required_frequency": frequencies[-1][1].total_seconds() if frequencies else None,
        "scheduled": int(sum((end - at) / every for (at, end), every in frequencies if every)),
        "completed": sum(
            all(entry.doubted == frozenset() for entry in run) for run in runs.values()
        ),
        "outcomes": dict(worst),
        "evidence_coverage": coverage(gaps, period),
        "evidence_gaps": [gap_texts(gap) for gap in gaps],
    }


def find_gaps(source: _Collecting, kind: str, period: Window, max_age: float | None) -> list[Gap]:
    """Return every part of a period for which the evidence of a kind was not sufficient."""
    gaps: list[Gap] = []
    for limited, allowed in age_limits(source, kind, period, max_age):
        for span in kind_spans(source, kind, allowed):
            window = intersection(span.window, limited)
            if window and (span.problem or span.subjects):
                reason = span.problem or "the evidence of these objects was incomplete"
                gap = gap_of(window, reason, source.connection, kind, sorted(span.subjects))
                if gaps and continues(gaps[-1], gap):
                    gaps[-1]["until"] = gap["until"]
                else:
                    gaps.append(gap)
    return gaps


def kind_spans(source: _Collecting, kind: str, allowed: timedelta) -> Iterator[_EvidenceSpan]:
    """Return the spans of a kind."""
    collections = [entry for entry in source.collections if entry.kind == kind]
    if kind in source.watch.events:
        lookback = timedelta(seconds=source.watch.lookback)
        return event_spans(collections, allowed, lookback, refreshed=kind in source.watch.refreshed)
    return snapshot_spans(collections, allowed)


def age_limits(
    source: _Collecting, kind: str, period: Window, max_age: float | None
) -> list[tuple[Window, timedelta]]:
    """Return how old the evidence might be: twice the frequency that was required at the time."""
    if max_age is not None:
        return [(period, timedelta(seconds=max_age))]
    frequencies = list(required_frequencies(source, kind, period))
    usual = 2 * timedelta(seconds=source.watch.cadences.get(kind, USUAL_CADENCE))
    unstated = subtract([period], [window for window, _ in frequencies])
    limits = [(window, 2 * frequency) for window, frequency in frequencies]
    return sorted([*limits, *((window, usual) for window in unstated)])


def required_frequencies(
    source: _Collecting, kind: str, period: Window
) -> Iterator[tuple[Window, timedelta]]:
    """Yield each frequency with the time it was in force: from a run that states it to the next."""
    stated = []
    for run in source.runs:
        cadences = [plan["cadence"] for plan in run["scheduled"] if plan["kind"] == kind]
        stated.append((started(run), cadences[0] if cadences else None))
    changes = [next(group) for _, group in groupby(stated, key=lambda pair: pair[1])]
    for (since, seconds), until in zip(changes, [*(at for at, _ in changes[1:]), LATEST]):
        window = intersection((since, until), period)
        if seconds is not None and window:
            yield window, timedelta(seconds=seconds)


# -- Evidence gaps: when nothing is proven, of what, and why ---------------------------------------


Gap = dict[str, Any]
"""An evidence gap, its instants as such."""


def gap_of(
    window: Window, reason: str, connection: str = "", kind: str = "", subjects: Sequence[str] = ()
) -> Gap:
    """Return an evidence gap."""
    return {
        "connection": connection,
        "kind": kind,
        "since": window[0],
        "until": window[1],
        "reason": reason,
        "subjects": list(subjects),
    }


def continues(previous: Gap, gap: Gap) -> bool:
    """Return whether a gap is the rest of the one before it."""
    same = all(previous[name] == gap[name] for name in ("reason", "subjects"))
    return bool(same and previous["until"] == gap["since"])


def distinct(gaps: Iterable[Gap]) -> list[Gap]:
    """Return each gap once, in order."""
    fields = ("since", "until", "connection", "kind", "reason", "subjects")
    by_fields = {tuple(map(str, map(gap.get, fields))): gap for gap in gaps}
    return sorted(by_fields.values(), key=lambda gap: tuple(gap[name] for name in fields))


def coverage(gaps: Iterable[Gap], period: Window) -> float:
    """Return the share of a period without gaps; those of named objects do not count."""
    if period[0] >= period[1]:
        return 0.0
    missing = union((gap["since"], gap["until"]) for gap in gaps if not gap["subjects"])
    covered = subtract([period], missing)
    return sum((end - since for since, end in covered), timedelta()) / (period[1] - period[0])


def left_untold(
    off: Mapping[str, Sequence[tuple[datetime, str]]],
    names: Collection[str],
    moments: Sequence[datetime],
    period: Window,
) -> Iterator[Gap]:
    """Yield the times of which nothing is concluded: a rule was off, or a control has a scope.

    Args:
        off: By rule or control: the moments of the evaluations that it is so in, and why.
        names: Those that are asked about.
        moments: Those of the evaluations of the period, sorted.
        period: The part of it that has elapsed.
    """
    ends = dict(zip(moments, [*moments[1:], period[1]]))
    for name in sorted(names):
        open_gap: Gap | None = None
        for at, why in sorted(off.get(name, ())):
            if at not in ends:
                continue
            gap = gap_of((at, ends[at]), why)
            if open_gap is not None and continues(open_gap, gap):
                open_gap["until"] = gap["until"]
                continue
            if open_gap is not None:
                yield open_gap
            open_gap = gap
        if open_gap is not None:
            yield open_gap


def gap_texts(gap: Gap) -> Gap:
    """Return a gap with its instants as text."""
    return {**gap, "since": instant_text(gap["since"]), "until": instant_text(gap["until"])}


# -- What evaluations state of the method: their packs, parameters, and what settings narrowed -----


MONITORING = "monitoring"
"""The purpose of packs that test the health of monitoring itself."""


class _StatedStretch(NamedTuple):
    """From which evaluation to which something was stated, and in how many."""

    first: str
    last: str
    evaluations: int


class _MethodFacts:
    """How the evaluations of a period were made; of what repeats only the bounds are kept."""

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}
        """What each test asserts, by its rule; the last that was stated."""
        self.monitoring: set[str] = set()
        """The tests of the health of monitoring itself: those of packs that are for it."""
        self.packs: dict[tuple[str, str, str], _StatedStretch] = {}
        """By name, version and digest of a pack."""
        self.parameters: dict[tuple[str, str, str], _StatedStretch] = {}
        """By pack, name and value, as JSON."""
        self.narrowing: dict[str, _StatedStretch] = {}
        """By what settings changed or leave out, in words."""
        self.plugin_failures: dict[str, _StatedStretch] = {}
        """By which plugin did not load, in words."""
        self.switched_off: dict[str, _StatedStretch] = {}
        """By which check the settings switched off, in words with the reason."""
        self.accounts: dict[str, set[str]] = {}
        """By connection: the accounts that were read."""
        self.on_time = 0
        """Evaluations of the moment at which they were made."""
        self.as_of = 0
        """Evaluations of a past moment."""

    def add(self, evaluation: Mapping[str, Any], *, late: bool) -> None:
        """Add what one evaluation states."""
        at = evaluation["evaluated_at"]
        self.on_time += not late
        self.as_of += late
        names = {p["name"] for p in evaluation["packs"] if p.get("purpose") == MONITORING}
        for rule in evaluation["rules"]:
            self.titles[rule["rule"]] = rule["title"]
            if rule["pack"] in names:
                self.monitoring.add(rule["rule"])
        for pack in evaluation["packs"]:
            extend(self.packs, (pack["name"], pack["version"], pack["digest"]), at)
            for name, value in pack["parameters"].items():
                extend(self.parameters, (pack["name"], name, write_json(value).decode()), at)
        for words in evaluation["narrowing"]:
            extend(self.narrowing, words, at)
        for words in evaluation["plugin_failures"]:
            extend(self.plugin_failures, words, at)
        for rule in evaluation["switched_off"]:
            words = f"the check {rule['rule']} was switched off: {rule['reason']}"
            extend(self.switched_off, words, at)
        for state in evaluation["derived"]:
            if state["account"] is not None:
                self.accounts.setdefault(state["connection"], set()).add(state["account"])


def extend(stretches: dict[Any, _StatedStretch], key: Any, at: str) -> None:
    """Add an evaluation of a moment to a stretch."""
    before = stretches.get(key)
    if before is None:
        stretches[key] = _StatedStretch(at, at, 1)
    else:
        first, last, number = before
        stretches[key] = _StatedStretch(min(first, at), max(last, at), number + 1)


# -- Since when, and how long, the evidence of a kind was sufficient: exact, not sampled -----------


EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
LATEST = datetime.max.replace(tzinfo=timezone.utc)

Window = tuple[datetime, datetime]
"""Half-open: since, until."""


TRANSPORT = frozenset({"source_error", "rate_limited", "interrupted"})
"""Reasons that state nothing about what is at the source."""


class _Collected(NamedTuple):
    """One collection, as far as it decides what is known."""

    id: str
    run: str
    kind: str
    window: Window | None
    started_at: datetime
    ended_at: datetime
    outcome: str
    shortfalls: Sequence[Mapping[str, Any]]

    @property
    def doubted(self) -> frozenset[str] | None:
        """The only objects whose evidence is in doubt; None: any may be."""
        if self.outcome == "complete" and not self.shortfalls:
            return frozenset()
        narrow = self.outcome in {"complete", "partial"} and self.shortfalls
        if narrow and all(fall["subjects"] for fall in self.shortfalls):
            return frozenset(name for fall in self.shortfalls for name in fall["subjects"])
        return None


class _EvidenceSpan(NamedTuple):
    """A time during which evidence was sufficient (no problem, no subjects), or was not."""

    window: Window
    problem: str
    subjects: frozenset[str]


def read_collection(document: Mapping[str, Any]) -> _Collected:
    """Read a collection from its document."""
    window = document["window"]
    return _Collected(
        intern(document["id"]),
        intern(document["run"]),
        intern(document["kind"]),
        window and (moment(window["since"]), moment(window["until"])),
        moment(document["started_at"]),
        moment(document["ended_at"]),
        intern(document["outcome"]),
        document["shortfalls"],
    )


def is_transport_failure(collection: _Collected) -> bool:
    """Return whether a collection states nothing about what is at the source."""
    if collection.outcome == "failed":
        return True
    reasons = {fall["reason"] for fall in collection.shortfalls} - {"visibility"}
    partial = collection.outcome == "partial" and collection.doubted is None
    return partial and bool(reasons) and reasons <= TRANSPORT


def snapshot_spans(collections: Sequence[_Collected], allowed: timedelta) -> Iterator[_EvidenceSpan]:
    """Yield the spans of a snapshot kind: one collection decides, unless it is too old."""
    yield before_the_first(collections)
    conclusive: _Collected | None = None
    for collection, following in with_next(collections):
        if conclusive is None or not is_transport_failure(collection):
            conclusive = collection
        too_old_at = add_capped(conclusive.ended_at, allowed)
        for window in split((collection.ended_at, following), [too_old_at]):
            decisive = conclusive if window[0] < too_old_at else collection
            if decisive.doubted is None:
                yield _EvidenceSpan(window, outcome_words(decisive), frozenset())
                continue
            stale = (add_capped(decisive.ended_at, allowed), too_old(allowed))
            yield from cut(window, (EARLIEST, ""), stale, decisive.doubted)


class _KnownEvents:
    """What is known of past events, collection by collection."""

    def __init__(self) -> None:
        self.covered: list[Window] = []
        self.incomplete: list[Window] = []
        self.partial: list[tuple[Window, frozenset[str]]] = []
        self.failed: list[Window] = []
        self.refresh: _Collected | None = None
        self.refresh_attempt: _Collected | None = None

    def add(self, collection: _Collected) -> None:
        """Replace what was known of a collection's window with what it read."""
        failure = is_transport_failure(collection)
        if collection.window is None:
            self.refresh = self.refresh if self.refresh and failure else collection
            self.refresh_attempt = collection
            return
        since, until = collection.window[0], min(collection.window[1], collection.ended_at)
        if until <= since:
            return
        if failure:
            self.failed = subtract([*self.failed, (since, until)], self.covered)
            return
        self.failed = subtract(self.failed, [(since, until)])
        self.covered = union([*self.covered, (since, until)])
        self.incomplete = subtract(self.incomplete, [(since, until)])
        self.partial = [
            (rest, subjects)
            for earlier, subjects in self.partial
            for rest in subtract([earlier], [(since, until)])
        ]
        if collection.doubted is None:
            self.incomplete = union([*self.incomplete, (since, until)])
        elif collection.doubted:
            self.partial.append(((since, until), collection.doubted))

    def decisive(self, *, in_date: bool, refresh_in_date: bool) -> _KnownEvents:
        """Return what decides: failures only where nothing better does, or it is too old."""
        failed = self.failed
        if in_date:
            failed = subtract(failed, [(self.covered[-1][1], LATEST)])
        events = _KnownEvents()
        events.covered = union([*self.covered, *failed])
        events.incomplete = union([*self.incomplete, *failed])
        events.partial = self.partial
        events.refresh = self.refresh if refresh_in_date else self.refresh_attempt
        return events

    def lacking(self, since: datetime) -> frozenset[str]:
        """Return the objects that lack evidence at some time from a moment on."""
        refresh = self.refresh.doubted if self.refresh else None
        partial = (subjects for window, subjects in self.partial if window[1] > since)
        return frozenset().union(refresh or (), *partial)


def event_spans(
    collections: Sequence[_Collected], allowed: timedelta, lookback: timedelta, *, refreshed: bool
) -> Iterator[_EvidenceSpan]:
    """Yield the spans of an event kind: all events within the lookback must be known."""
    yield before_the_first(collections)
    known = _KnownEvents()
    for collection, following in with_next(collections):
        known.add(collection)
        yield from spans_within(
            known, (collection.ended_at, following), allowed, lookback, refreshed=refreshed
        )


def spans_within(
    known: _KnownEvents, whole: Window, allowed: timedelta, lookback: timedelta, *, refreshed: bool
) -> Iterator[_EvidenceSpan]:
    """Yield the spans from one collection of events to the next."""
    read, refresh = known.covered, known.refresh
    read_until = add_capped(read[-1][1], min(allowed, lookback)) if read else EARLIEST
    refreshed_until = add_capped(refresh.ended_at, allowed) if refresh else EARLIEST
    for window in split(whole, [read_until, refreshed_until]):
        events = known.decisive(
            in_date=window[0] < read_until, refresh_in_date=window[0] < refreshed_until
        )
        yield from spans_of(events, window, allowed, lookback, refreshed=refreshed)


def spans_of(
    known: _KnownEvents, whole: Window, allowed: timedelta, lookback: timedelta, *, refreshed: bool
) -> Iterator[_EvidenceSpan]:
    """Yield the spans of a window in which the same collections decide."""
    if known.refresh is None and refreshed:
        yield _EvidenceSpan(whole, "later changes to events were never read", frozenset())
        return
    if known.refresh is not None and known.refresh.doubted is None:
        yield _EvidenceSpan(whole, outcome_words(known.refresh), frozenset())
        return
    if not known.covered:
        yield _EvidenceSpan(whole, "no events were read yet", frozenset())
        return
    newest = known.covered[-1]
    unread = max([newest[0], *(window[1] for window in known.incomplete)])
    stale = add_capped(newest[1], min(allowed, lookback))
    if known.refresh is not None:
        stale = min(stale, add_capped(known.refresh.ended_at, allowed))
    reason = f"events before {instant_text(unread)} were not completely read"
    lacking = known.lacking(whole[0] - lookback)
    ready = (add_capped(unread, lookback), reason)
    yield from cut(whole, ready, (stale, too_old(allowed)), lacking)


def cut(
    whole: Window,
    ready: tuple[datetime, str],
    stale: tuple[datetime, str],
    subjects: frozenset[str],
) -> Iterator[_EvidenceSpan]:
    """Cut a window into what is too early, what is sufficient, and what is too late."""
    begins = min(max(whole[0], ready[0]), whole[1])
    ends = max(begins, min(whole[1], stale[0]))
    for window, problem in (
        ((whole[0], begins), ready[1]),
        ((begins, ends), ""),
        ((ends, whole[1]), stale[1]),
    ):
        if window[0] < window[1]:
            yield _EvidenceSpan(window, problem, frozenset() if problem else subjects)


def split(whole: Window, moments: Sequence[datetime]) -> Iterator[Window]:
    """Split a window at those of some moments that lie in it."""
    inner = sorted({at for at in moments if whole[0] < at < whole[1]})
    return zip([whole[0], *inner], [*inner, whole[1]])


def before_the_first(collections: Sequence[_Collected]) -> _EvidenceSpan:
    """Return the span before anything was collected."""
    first = collections[0].ended_at if collections else LATEST
    return _EvidenceSpan((EARLIEST, first), "it had not been collected yet", frozenset())


def with_next(collections: Sequence[_Collected]) -> Iterator[tuple[_Collected, datetime]]:
    """Yield each collection with the end of the next one."""
    return zip(collections, [*(later.ended_at for later in collections[1:]), LATEST])


def outcome_words(collection: _Collected) -> str:
    """Return what is wrong with a collection."""
    reasons = sorted({f"{fall['reason']}: {fall['detail']}" for fall in collection.shortfalls})
    return (
        f"the collection was {collection.outcome} "
        f"({reasons[0] if reasons else 'no reason was given'})"
    )


def too_old(allowed: timedelta) -> str:
    """Return why evidence does not count any more."""
    return f"nothing was collected for longer than {duration_text(allowed.total_seconds())}"


# -- time -------------------------------------------------------------------------------------


def add_capped(at: datetime, duration: timedelta) -> datetime:
    """Add a duration to a moment, at most to the end of time."""
    return LATEST if duration > LATEST - at else at + duration


def intersection(window: Window, other: Window) -> Window | None:
    """Return the window that both share; None where they do not overlap."""
    since, until = max(window[0], other[0]), min(window[1], other[1])
    return (since, until) if since < until else None


def union(windows: Iterable[Window]) -> list[Window]:
    """Return disjoint windows in order that cover the same time."""
    merged: list[Window] = []
    for since, until in sorted(window for window in windows if window[0] < window[1]):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def subtract(whole: Iterable[Window], covered: Iterable[Window]) -> list[Window]:
    """Return what is in the first windows and in none of the second."""
    merged, rest = union(covered), []
    for since, until in union(whole):
        begins = since
        for covers, ends in merged:
            if ends <= begins:
                continue
            if covers >= until:
                break
            if begins < covers:
                rest.append((begins, covers))
            begins = max(begins, ends)
        if begins < until:
            rest.append((begins, until))
    return rest


def instant_text(at: datetime) -> str:
    """Write an instant in UTC with ``Z``."""
    return at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def duration_text(seconds: float) -> str:
    """Write seconds the way people do."""
    rest, parts = round(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


# -- Evidence of the package that was erased by order, and the results that rest on it -------------


EVIDENCE_LEAVES = {"version", "rejected"}
ORDER_FIELDS = ("id", "erased_at", "reason", "connection", "kind", "key", "stored_before")


def erasures(
    logs: Mapping[str, Leaves], store_log: Leaves, absent: Collection[str], history: _History
) -> list[dict[str, Any]]:
    """Return each order that erased evidence of the package: ``erasures.json``."""
    missing = {
        leaf["digest"]: leaf
        for leaves in (logs.values() if absent else ())
        for leaf in leaves.values()
        if leaf["leaf"] in EVIDENCE_LEAVES and leaf.get("digest") in absent
    }
    by_order: dict[str, dict[str, Mapping[str, Any]]] = {}
    for leaf in store_log.values():
        if leaf["leaf"] == "erased" and leaf["digest"] in missing:
            by_order.setdefault(leaf["erasure"], {})[leaf["digest"]] = missing[leaf["digest"]]
    return [
        {
            **{name: leaf.get(name) for name in ORDER_FIELDS},
            "contents": [content_of(name, entry) for name, entry in by_order[leaf["id"]].items()],
            "results": list(results_of(by_order[leaf["id"]].keys(), history)),
        }
        for leaf in store_log.values()
        if leaf["leaf"] == "erasure" and leaf["id"] in by_order
    ]


def content_of(digest: str, leaf: Mapping[str, Any]) -> dict[str, Any]:
    """Return which content is missing."""
    names = ("connection", "kind", "key", "collection")
    content = {"digest": digest, **{name: leaf.get(name) for name in names}}
    if content["connection"] is not None:
        content["connection"] = content["connection"].split(DERIVED)[0]
    return content


def results_of(digests: Collection[str], history: _History) -> Iterator[dict[str, Any]]:
    """Yield the results that rest on erased contents."""
    for (rule, connection, kind, key), rested in sorted(history.rested.items()):
        if not rested.digests.isdisjoint(digests):
            yield {
                "rule": rule,
                "connection": connection,
                "subject": {"kind": kind, "key": key, "title": rested.subject["title"]},
                "evaluations": rested.evaluations,
            }


def describe_erasures(orders: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what was erased, in one line for each order."""
    for order in orders:
        kinds = ", ".join(
            sorted({str(content["kind"] or "rejected") for content in order["contents"]})
        )
        yield (
            f"erased by order {order['id']} at {order['erased_at']} ({order['reason']}): "
            f"{len(order['contents'])} contents ({kinds}); "
            f"{len(order['results'])} results rest on them"
        )


# -- The files of an evidence package that are made of proven contents, for writer and verifier ----


MadeFile = Callable[[], Iterable[bytes]]
"""Makes a file anew, chunk by chunk, so that none has to be in memory as a whole."""
PIECE_SIZE = 4096
SHOWN, BEFORE = 160, 20
"""How many bytes of a difference are shown, and how many of them before it."""
READABLE = (
    "README.txt",
    "index.html",
    "pages/exceptions.html",
    "pages/method.html",
    "pages/period.html",
    "pages/populations.html",
    "pages/samples.html",
    "tables/exceptions.csv",
    "tables/populations.csv",
    "tables/samples.csv",
)
"""What is made for people."""


def page_files(facts: _PageFacts) -> dict[str, MadeFile]:
    """Return what makes each file for people, by its name."""
    samples = [sample_of_test(facts, rule) for rule in facts.predicate["rules"]]
    makers: tuple[MadeFile, ...] = (
        lambda: [readme(facts)],
        lambda: [front_page(facts)],
        lambda: [exceptions_page(facts)],
        lambda: [method_page(facts)],
        lambda: [period_page(facts)],
        lambda: populations_page(facts),
        lambda: [samples_page(facts, samples)],
        lambda: csv_chunks(exceptions_table_rows(facts)),
        lambda: csv_chunks(population_rows(facts)),
        lambda: csv_chunks(sample_rows(facts, samples)),
    )
    return dict(zip(READABLE, makers))


def sha256_of(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of a file that is made, in hexadecimal digits."""
    made = hashlib.sha256()
    for chunk in chunks:
        made.update(chunk)
    return made.hexdigest()


def first_difference(expected: Iterable[bytes], actual: Iterable[bytes]) -> str:
    """Return where a file first differs from what it should be, for whoever reads a problem."""
    for (line, here), (other, there) in zip_longest(
        numbered_pieces(expected), numbered_pieces(actual), fillvalue=(0, b"")
    ):
        if here != there:
            shorter = min(len(here), len(there))
            different = (i for i in range(shorter) if here[i] != there[i])
            at = max(0, next(different, shorter) - BEFORE)
            return (
                f"line {line or other}: expected {shown_piece(here, at)}, "
                f"got {shown_piece(there, at)}"
            )
    return "nowhere"


def shown_piece(piece: bytes, start: int) -> str:
    """Return a part of a line, or that there is none."""
    shown = piece[start : start + SHOWN].decode("utf-8", "replace")
    return repr(shown) if piece else "the end of the file"


def numbered_pieces(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers; long ones in pieces, so that none is large."""
    number, rest = 1, b""
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_SIZE):
            *lines, rest = (rest + chunk[start : start + PIECE_SIZE]).split(b"\n")
            for line in lines:
                yield from ((number, piece) for piece in pieces_of(line + b"\n"))
                number += 1
            while len(rest) >= 2 * PIECE_SIZE:
                yield number, rest[:PIECE_SIZE]
                rest = rest[PIECE_SIZE:]
    yield from ((number, piece) for piece in pieces_of(rest))


def pieces_of(line: bytes) -> Iterator[bytes]:
    """Yield a line in pieces of one size."""
    for start in range(0, len(line), PIECE_SIZE):
        yield line[start : start + PIECE_SIZE]


def readable_files(files: Mapping[str, MadeFile]) -> dict[str, MadeFile]:
    """Return those of some files that are made for people."""
    return {name: make for name, make in files.items() if name in READABLE}


# -- What the pages of an evidence package show: proven facts, and nothing else --------------------


NO_EVALUATION = "no evaluation"
RESULTS = {
    "pass": "passed",
    "fail": "failed",
    "insufficient": "inconclusive",
    "error": "inconclusive (error)",
    "open": "open at the cut-off",
}


class _PageFacts(NamedTuple):
    """Everything that the pages are made of."""

    assurance: Mapping[str, Any]
    """What ``assurance.json`` holds."""
    orders: Sequence[Mapping[str, Any]]
    """What ``erasures.json`` holds."""
    predicate: Mapping[str, Any]
    """What the statement says that the package is of."""
    others: Sequence[str]
    """Connections of the store that are not in the package."""
    key: str
    """The public key that signed it."""
    history: _History
    collecting: Sequence[_Collecting]
    inputs: Sequence[Mapping[str, Any]]
    """What the evaluations were made with, each once."""
    seed: str
    """The digest of the last evaluation, which selects the samples."""
    plan: _SamplePlan
    """How many items of each test that evaluation states to sample."""
    validations: Sequence[Mapping[str, Any]]
    """Leaves of recorded outcomes of tests and mutations of packs, in the order of storing."""

    @property
    def titles(self) -> Mapping[str, str]:
        """What each test asserts, as its pack says."""
        return self.history.method.titles


class _PeriodItem(NamedTuple):
    """One item of the population of a test."""

    rule: str
    connection: str
    kind: str
    key: str
    occurred_at: str
    """Empty for what is there at any time."""
    result: str
    """In words."""
    of_rule: str
    """The part of ids that all results of the test share."""

    @property
    def id(self) -> str:
        """The id of its result, as ``ccm explain`` takes it."""
        return f"{self.of_rule}-{short_digest(10, self.connection, self.kind, self.key)}"

    @property
    def cells(self) -> tuple[str, ...]:
        """What tables show of it, beside its test and its id."""
        return (self.connection, self.kind, self.key, self.occurred_at, self.result)


def rule_items(facts: _PageFacts, rule: str) -> Iterator[_PeriodItem]:
    """Yield the population of a test, sorted by connection and item.

    What is outside of the scope of each framework whose controls it supports is not of it.
    """
    of_rule = short_digest(6, rule)
    controls = facts.assurance["controls"]
    frameworks = {one["framework"] for one in controls if rule in one["rules"]}
    for connection in facts.predicate["connections"]:
        items = facts.history.items.get((rule, connection))
        if items is not None:
            for name in sorted(concluded_items(facts.history, rule, connection, frameworks)):
                kind, _, key = name.partition(":")
                item = items.occurred.get(name)
                occurred = "" if item is None else instant_text(item.occurred_at)
                result = RESULTS[item_result(items, name)]
                yield _PeriodItem(rule, connection, kind, key, occurred, result, of_rule)


def item_result(items: _Items, name: str) -> str:
    """Return what became of an item of the population."""
    if name in items.found:
        return "fail"
    if name in items.occurred:
        return items.occurred[name].status
    return items.there[name]


class _TestSample(NamedTuple):
    """The population of one test, and the samples of it."""

    rule: str
    population: int
    risk: str
    size: int
    """How many are selected; all where there are no more."""
    items: Sequence[_PeriodItem]
    """In the order of selection."""


def sample_of_test(facts: _PageFacts, rule: str) -> _TestSample:
    """Return the samples of a test.

    The first items by the SHA-256 of the seed, a line feed and the result's id.
    """
    population = 0

    def counted_items() -> Iterator[_PeriodItem]:
        nonlocal population
        for item in rule_items(facts, rule):
            population += 1
            yield item

    first = nsmallest(
        facts.plan.largest(rule), counted_items(), key=lambda item: sample_key(facts.seed, item.id)
    )
    size = facts.plan.size(rule, population)
    return _TestSample(rule, population, facts.plan.risk(rule), size, first[:size])


def sample_key(seed: str, name: str) -> str:
    """Return what an item is ranked by."""
    return hashlib.sha256(f"{seed}\n{name}".encode("utf-8", "surrogatepass")).hexdigest()


def last_evaluation(leaves: Mapping[int, Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the leaf of the evaluation that is last by its moment; empty: there is none."""
    moments = [(moment(leaf["evaluated_at"]), index) for index, leaf in leaves.items()]
    return leaves[max(moments)[1]] if moments else {}


def short_digest(length: int, *names: str) -> str:
    """Return a part of the id of a result: the first bits of a digest, five in each letter."""
    data = "\0".join(names).encode("utf-8", "surrogatepass")
    return base64.b32encode(hashlib.sha256(data).digest()[:10])[:length].decode().lower()


def exceptions_by_item(assurance: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield each exception once, with the controls that it concerns."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for control in assurance["controls"]:
        name = f"{control['framework']}:{control['id']}"
        for row in control["exceptions"]:
            subject = row["subject"]
            key = (row["rule"], row["connection"], subject["kind"], subject["key"])
            found.setdefault(key, {**row, "controls": []})["controls"].append(name)
    for _, row in sorted(found.items(), key=lambda entry: entry[0]):
        yield row


# -- How many items of each test are sampled: by its population and risk, as evaluations state -----


UNSTATED = 60
"""The sample size where the last evaluation of a period states none."""
RISKS = {"critical": "high", "high": "high", "medium": "medium"}
"""By severity; every other one is low, and an unknown one high."""
LOW = {"low", "informational"}


class _SamplePlan(NamedTuple):
    """What the last evaluation of a period states of samples."""

    sizes: Sequence[Mapping[str, Any]]
    """For small populations first; none: :data:`UNSTATED`."""
    severities: Mapping[str, str]
    """By test."""

    def risk(self, rule: str) -> str:
        """Return the risk of a test; of one that the last evaluation did not have, the highest."""
        severity = self.severities.get(rule, "")
        return "low" if severity in LOW else RISKS.get(severity, "high")

    def size(self, rule: str, population: int) -> int:
        """Return the sample size of a test, which may be larger than its population."""
        for sizes in self.sizes:
            if sizes["up_to"] is None or population <= sizes["up_to"]:
                return int(sizes[self.risk(rule)])
        return UNSTATED

    def largest(self, rule: str) -> int:
        """Return the largest sample that the test can have, whatever its population is."""
        return max([int(sizes[self.risk(rule)]) for sizes in self.sizes], default=UNSTATED)


def sample_plan(inputs: Mapping[str, Any] | None) -> _SamplePlan:
    """Return what the inputs of an evaluation state of samples; None: it has none."""
    if inputs is None:
        return _SamplePlan((), {})
    severities = {rule["rule"]: rule["severity"] for rule in inputs["rules"]}
    return _SamplePlan(inputs["sampling"], severities)


# -- The first page of an evidence package, ``index.html``: what it is, and how to verify it -------


CONCLUSIONS = {
    "no_exceptions": "No exceptions noted in automated tests",
    "exceptions": "Exceptions noted in automated tests",
    "no_occurrences": "No occurrences in the period",
    "open_at_cut_off": "Open at the cut-off",
    "evidence_incomplete": "Evidence incomplete for the period",
}
MONITORING_WORDS = (
    "Only tests of the monitoring itself support these controls: its credential, how often "
    "evidence is collected, fields that are not known, and what can be seen. They are no controls "
    "of the company's operation, and are counted apart."
)
COMMAND = "python3 verify.py PACKAGE.zip KEY"
CONTENTS = (
    ("pages/period.html", "The period report: each control with its tests, exceptions and gaps."),
    ("pages/exceptions.html", "Every item that failed a test in the period."),
    ("pages/populations.html", "How many items each test had, and what became of each."),
    ("pages/samples.html", "A reproducible random sample of each population."),
    ("pages/method.html", "What was tested with what, and what shows that it works."),
    ("tables/", "Exceptions, populations and samples for a spreadsheet (CSV)."),
    ("evidence/", "The records as the source sent them, one on each line (JSON)."),
    ("contents/", "Collections, manifests and evaluations, one on each line (JSON)."),
    ("packs/", "The rule packs: what each test asserts, to the byte."),
    ("ledger/, keys/, statement.json", "The proofs: signed checkpoints, hashes and keys."),
    ("README.txt", "The first steps in plain text."),
)


def front_page(facts: _PageFacts) -> bytes:
    """Return the page."""
    title = f"Evidence package for {facts.assurance['period']}"
    return html_page(
        INDEX,
        title,
        [
            *introduction(facts),
            *conclusions_section(facts),
            *verification(facts.key),
            *proven_section(),
            *erased_section(facts),
            *contents_section(),
        ],
    )


def introduction(facts: _PageFacts) -> Iterator[str]:
    """Yield what the package is of."""
    assurance, predicate = facts.assurance, facts.predicate
    ended = "" if assurance["ended"] else ". The period had not ended when this was made"
    since, until = instant(assurance["since"]), instant(assurance["until"])
    frameworks = sorted({control["framework"] for control in assurance["controls"]})
    controls = counted(len(assurance["controls"]), "control")
    yield (
        "<p>This package holds the evidence that a company collected from its own systems for "
        "the controls below, the automated tests of it, and proofs that nothing was changed or "
        "left out. You can read all of it without the software that made it.</p>\n<dl>"
    )
    yield f"<dt>Period</dt><dd>From {since} up to {until}, in UTC{ended}.</dd>"
    yield "<dt>Collected from</dt>"
    for name in predicate["connections"]:
        yield f"<dd>{text(name)}: {account_of(facts, name)}</dd>"
    yield f"<dt>Controls</dt><dd>{controls} of {listed(frameworks)}; see below.</dd>"
    if facts.others:
        yield (
            f"<dt>Not in this package</dt><dd>The connections {listed(facts.others)} of the same "
            "store.</dd>"
        )
    yield (
        "<dt>Whose it is</dt><dd>The accounts above, as the source identified them. The name of "
        "the company is not part of the evidence: who handed the package over to you, and with "
        "which key, says whose it is.</dd>\n</dl>"
    )


def account_of(facts: _PageFacts, connection: str) -> str:
    """Return which account a connection read, and how."""
    accounts = set(facts.history.method.accounts.get(connection, ()))
    connectors = set()
    for source in facts.collecting:
        if source.connection == connection:
            for run in source.runs:
                connectors.add(run["connector"])
                if run["credential"] is not None and run["credential"]["account"] is not None:
                    accounts.add(run["credential"]["account"])
    account = f"the account {listed(sorted(accounts))}" if accounts else "an account without a name"
    through = f", through {listed(sorted(connectors))}" if connectors else ""
    return account + through


def of_monitoring(controls: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the controls that only tests of the monitoring itself support."""
    return [
        control
        for control in controls
        if control["tests"] and all(test["monitoring"] for test in control["tests"])
    ]


def of_company(controls: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the other controls: those of the company."""
    monitoring = of_monitoring(controls)
    return [control for control in controls if control not in monitoring]


def conclusions_section(facts: _PageFacts) -> Iterator[str]:
    """Yield what the tests conclude of each control."""
    company = of_company(facts.assurance["controls"])
    monitoring = of_monitoring(facts.assurance["controls"])
    exceptions = sum(1 for _ in exceptions_by_item(facts.assurance))
    yield "<section>\n<h2>What it concludes</h2>"
    for scope in facts.assurance["scopes"]:
        if scope["problem"]:
            name, problem = text(scope["framework"]), text(scope["problem"])
            yield f"<p><strong>Warning: the scope of {name} {problem}.</strong></p>"
    yield (
        f"<p>{summary_of(company)}. {counted(exceptions, 'exception')}. A "
        "conclusion is about the automated tests alone. Whether a control operated effectively "
        "is for its auditor to say, and so is what people do by hand.</p>"
    )
    yield from conclusions_table(company)
    yield (
        "<p>Evidence coverage is the share of the period for which the evidence was sufficient; "
        "gaps that concern single objects alone do not lower it. The "
        '<a href="pages/period.html">period report</a> names each evidence gap.</p>'
    )
    if monitoring:
        yield f"<h3>Health of monitoring</h3>\n<p>{summary_of(monitoring)}. {MONITORING_WORDS}</p>"
        yield from conclusions_table(monitoring)
    yield "</section>"


def summary_of(controls: Sequence[Mapping[str, Any]]) -> str:
    """Return how many controls have which conclusion."""
    numbers = Counter(row["conclusion"] for row in controls)
    parts = [
        f"{numbers[name]} {words[0].lower()}{words[1:]}"
        for name, words in CONCLUSIONS.items()
        if numbers[name]
    ]
    total = counted(len(controls), "control")
    return f"{total}: {', '.join(parts)}" if parts else total


def conclusions_table(controls: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the conclusion on each of some controls."""
    yield from table(
        ("Control", "Conclusion", "Evidence coverage", "Items", "Items that failed", "Evaluations"),
        (
            (
                f"{text(row['framework'])}:{text(row['id'])}",
                f"<strong>{CONCLUSIONS[row['conclusion']]}</strong>",
                percent(row["evidence_coverage"]),
                text(row["items"]),
                text(row["items_failed"]),
                text(row["evaluations"]),
            )
            for row in controls
        ),
        len(controls),
    )


def verification(key: str) -> Iterator[str]:
    """Yield how the package is verified."""
    yield "<section>\n<h2>How to verify this evidence package</h2>"
    yield (
        "<p>This page proves nothing by itself: somebody may have changed it. The verifier makes "
        "it anew from the evidence, and refuses a package in which it differs. You need Python "
        "3.9 or newer and nothing else: no network, no account, no installed package. Take "
        "<code>verify.py</code> from a source that you trust, rather than from here, and run</p>"
    )
    yield f"<pre>{text(COMMAND)}</pre>"
    yield (
        "<p>PACKAGE.zip is this package as you received it, not unpacked. KEY is the public key, "
        "or a file with it, that you received by another way. The last line of the output "
        "says <q>verified</q>. This package was signed with</p>"
    )
    yield f"<pre>{text(key)}</pre>"
    yield (
        "<p>Without KEY the verifier shows that the package agrees with itself, and prints the key "
        "for you to compare. To have these pages made by the verifier, so that you need not "
        "trust the ones in the package at all, run</p>"
        "<pre>python3 verify.py PACKAGE.zip KEY --report FOLDER</pre>\n</section>"
    )


def proven_section() -> Iterator[str]:
    """Yield what is proven where the package verifies, and what is not."""
    yield "<section>\n<h2>What is proven, and what is not</h2>"
    yield (
        "<p>Where it verifies, every record, manifest, evaluation and rule pack is as it was "
        "stored, nothing was left out of what was collected, the rules and the evidence of each "
        "control are those that were evaluated, and every page and table says what follows from "
        "them.</p>\n<p>Not proven:</p>\n<ul>"
    )
    yield (
        "<li>That the source answered truthfully. The package proves what was received.</li>"
        "<li>That the whole ledger was not written anew by whoever has its key: compare it "
        "with a checkpoint that you received earlier (<code>ccm verify PACKAGE.zip --pin "
        "CHECKPOINT</code>).</li>"
        '<li>That the tests are right. <a href="pages/method.html">How do you know that the '
        "method works?</a> says what there is. The verifier counts results and does not evaluate "
        "the rules again: for that, run <code>ccm evaluate --reproduce</code>.</li>"
        "<li>Names, titles, reasons and descriptions are the words of the source, of the rule "
        "packs and of the company's settings: it is proven that they were recorded, not that "
        "they are true.</li>\n</ul>\n</section>"
    )


def erased_section(facts: _PageFacts) -> Iterator[str]:
    """Yield what was erased by order, and which results rest on it."""
    yield "<section>\n<h2>Erased evidence</h2>"
    if not facts.orders:
        yield "<p>No evidence of this package was erased.</p>"
    for order in facts.orders:
        yield from erasure_of(order, facts.titles)
    yield "</section>"


def erasure_of(order: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield what one order erased."""
    results: Sequence[Mapping[str, Any]] = order["results"]
    yield (
        f"<p>{len(order['contents'])} contents were erased by order {text(order['id'])} at "
        f"{instant(order['erased_at'])}: {text(order['reason'])}. They were proven to have been "
        f"stored, and cannot be read any more. {len(results)} results rest on them"
        f"{':' if results else '.'}</p>"
    )
    if results:
        yield from table(
            ("Test", "Item", "Evaluations"),
            (
                (test_cell(row["rule"], titles), subject_cell(row), text(row["evaluations"]))
                for row in results
            ),
            len(results),
            "erasures.json",
        )


def contents_section() -> Iterator[str]:
    """Yield what stands where in the package."""
    yield "<section>\n<h2>What is where</h2>"
    rows = (
        (
            f'<a href="{name}">{name}</a>' if name.endswith(".html") else f"<code>{name}</code>",
            words,
        )
        for name, words in CONTENTS
    )
    yield from table(("File or folder", "What it holds"), rows, len(CONTENTS))
    yield "</section>"


# -- The report of the period, ``pages/period.html``: each control with what its tests found -------


TEST_FIGURES = ("population", "passed", "failed", "inconclusive", "open")
TEST_NOTES = {
    "made_late": "tested as of a past moment alone",
    "test_changed": "failed until the test was changed",
    "read_back": "occurred before the connection was watched, and read back",
    "tested_late": "tested later than the slowest cadence",
}
STATED_HEAD = ("From the evaluation of", "To that of", "Evaluations")
MOST_EXCEPTIONS = 20
"""Of each control: one item can be an exception of many controls, and a page of its own has it."""
STATUSES = {
    "pass": "Passed",
    "fail": "Failed",
    "insufficient": "Inconclusive",
    "error": "Ended in an error",
    "not_applicable": "Not applicable",
}


def period_page(facts: _PageFacts) -> bytes:
    """Return the page."""
    assurance = facts.assurance
    ended = "" if assurance["ended"] else " The period had not ended when this was made."
    return html_page(
        "pages/period.html",
        f"Period report for {assurance['period']}",
        [
            (
                f"<p>From {instant(assurance['since'])} up to {instant(assurance['until'])}."
                f"{ended} Items are what happened in the period, or was there at some time of it. "
                "An exception is an item that failed a test; where a test allows a share of a "
                "month to fail, the share decides, and what it tolerates counts as failed only.</p>"
            ),
            *scopes_section(assurance["scopes"]),
            *(
                line
                for control in of_company(assurance["controls"])
                for line in control_section(control, facts.titles)
            ),
            *monitoring_section(assurance["controls"], facts.titles),
            *parameters_section(facts),
            *collections_section(assurance["kinds"]),
        ],
    )


def control_section(control: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield what is concluded of one control."""
    yield f"<article>\n<h2>{text(control['framework'])}:{text(control['id'])}</h2>"
    yield (
        f"<p><strong>{CONCLUSIONS[control['conclusion']]}.</strong> Evidence coverage "
        f"{percent(control['evidence_coverage'])} of the period, in {control['evaluations']} "
        f"evaluations. {control['items']} items, of which {control['items_failed']} failed"
        f"{outside_words(control)}.</p>"
    )
    yield from tests_table(control["tests"], titles)
    for month in control["partial_months"]:
        yield (
            f'<p class="note">{text(month["month"])} is not whole in the period: '
            f"{text(month['rule'])} saw it from {instant(month['since'])} up to "
            f"{instant(month['until'])}, so it is not judged as a month.</p>"
        )
    yield from history_table(control["history"])
    yield from exceptions_table(control["exceptions"], titles)
    yield from gaps_table(control["evidence_gaps"])
    yield "</article>"


def monitoring_section(
    controls: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> Iterator[str]:
    """Yield the controls that only tests of the monitoring itself support."""
    monitoring = of_monitoring(controls)
    if monitoring:
        yield "<h2>Health of monitoring</h2>"
        yield f"<p>{MONITORING_WORDS}</p>"
    for control in monitoring:
        yield from control_section(control, titles)


def outside_words(control: Mapping[str, Any]) -> str:
    """Return how many items the scope of a control's framework leaves out."""
    if not control["items_outside"]:
        return ""
    framework = text(control["framework"])
    number = counted(control["items_outside"], "item")
    return f"; outside of the scope of {framework}, and not concluded on: {number}"


def scopes_section(scopes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the scopes of frameworks: several lines of one are a change in the period."""
    if not scopes:
        return
    yield "<section>\n<h2>Scopes of frameworks</h2>"
    for scope in scopes:
        if scope["problem"]:
            name, problem = text(scope["framework"]), text(scope["problem"])
            yield f"<p><strong>Warning: the scope of {name} {problem}.</strong></p>"
    yield (
        "<p>Conclusions on the controls of these frameworks are about the items in scope alone. "
        "An item of which it is not known whether a scope names it is in scope. What failed while "
        "it was in scope is an exception, even if a later scope leaves it out.</p>"
    )
    yield from table(
        ("Framework", "Scope", *STATED_HEAD, "In scope", "Named", "Outside"),
        (
            (
                *map(text, (scope["framework"], stated["scope"])),
                *(instant(stated[name]) for name in ("since", "until")),
                text(stated["evaluations"]),
                *(text(scope[name]) for name in ("items", "items_named", "items_outside")),
            )
            for scope in scopes
            for stated in scope["stated"]
        ),
        sum(len(scope["stated"]) for scope in scopes),
    )
    yield "</section>"


def tests_table(tests: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> Iterator[str]:
    """Yield the figures of each test."""
    yield from table(
        ("Test", "Items", "Passed", "Failed", "Inconclusive", "Open at the cut-off", "Notes"),
        (
            (
                test_cell(row["rule"], titles),
                *(text(row[name]) for name in TEST_FIGURES),
                "; ".join(test_notes(row)),
            )
            for row in tests
        ),
        len(tests),
    )


def test_notes(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is to be known of a test beside its figures."""
    if row["monitoring"]:
        yield "health of monitoring"
    yield from (f"{row[name]} {words}" for name, words in TEST_NOTES.items() if row[name])


def history_table(history: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the results of a control over time."""
    if history:
        yield "<h3>Results over time</h3>"
        yield from table(
            ("From", "Until", "Result", "Evaluations"),
            (
                (
                    instant(row["since"]),
                    instant(row["until"]),
                    STATUSES[row["status"]],
                    text(row["evaluations"]),
                )
                for row in history
            ),
            len(history),
        )


def exceptions_table(
    exceptions: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> Iterator[str]:
    """Yield what failed."""
    if exceptions:
        yield "<h3>Exceptions</h3>"
        yield from table(
            ("Test", "Item", "First seen", "Last seen", ""),
            (
                (
                    test_cell(row["rule"], titles),
                    subject_cell(row),
                    instant(row["first_seen"]),
                    instant(row["last_seen"]),
                    "risk accepted" if row["waived"] else "",
                )
                for row in exceptions
            ),
            len(exceptions),
            "tables/exceptions.csv",
            MOST_EXCEPTIONS,
        )


def gaps_table(gaps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield when the evidence was not sufficient, and why."""
    if gaps:
        yield "<h3>Evidence gaps</h3>"
        yield from table(
            ("From", "Until", "Evidence", "Reason"),
            (
                (instant(row["since"]), instant(row["until"]), evidence_cell(row), reason_cell(row))
                for row in gaps
            ),
            len(gaps),
        )


def parameters_section(facts: _PageFacts) -> Iterator[str]:
    """Yield the parameters in force: several lines of one are a change in the period."""
    parameters = facts.history.method.parameters
    yield "<section>\n<h2>Parameters in force</h2>"
    yield "<p>A parameter with more than one line was changed in the period.</p>"
    yield from table(
        ("Pack", "Parameter", "Value", "From the evaluation of", "To that of"),
        (
            (*map(text, key), instant(parameters[key].first), instant(parameters[key].last))
            for key in sorted(parameters)
        ),
        len(parameters),
        "contents/evaluations.jsonl",
    )
    yield "</section>"


def collections_section(kinds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield how often each kind was collected."""
    yield "<section>\n<h2>Collections</h2>"
    yield from table(
        ("Connection", "Kind", "Scheduled", "Completed", "Evidence coverage"),
        (
            (
                text(row["connection"]),
                text(row["kind"]),
                text(row["scheduled"]),
                text(row["completed"]),
                percent(row["evidence_coverage"]),
            )
            for row in kinds
        ),
        len(kinds),
    )
    yield "</section>"


def evidence_cell(gap: Mapping[str, Any]) -> str:
    """Return the cell that names the evidence of a gap."""
    connection = f" of {text(gap['connection'])}" if gap["connection"] else ""
    return text(gap["kind"]) + connection


def reason_cell(gap: Mapping[str, Any]) -> str:
    """Return the cell with the reason of a gap."""
    subjects = f" ({listed(gap['subjects'])})" if gap["subjects"] else ""
    return text(gap["reason"]) + subjects


# -- Exceptions, populations and samples as pages --------------------------------------------------


def exceptions_page(facts: _PageFacts) -> bytes:
    """Return the page of the exceptions, each once."""
    rows = list(exceptions_by_item(facts.assurance))
    body = [
        (
            f"<p>{counted(len(rows), 'exception')} of the period: items that failed a test, each "
            "with the controls that it concerns. <code>tables/exceptions.csv</code> has the same "
            "for a spreadsheet. What the company answered to them is not in this package.</p>"
        ),
        *table(
            ("Test", "Item", "Controls", "First seen", "Last seen", "Evaluations", ""),
            (
                (
                    test_cell(row["rule"], facts.titles),
                    subject_cell(row),
                    listed(row["controls"]),
                    instant(row["first_seen"]),
                    instant(row["last_seen"]),
                    text(row["evaluations"]),
                    "risk accepted" if row["waived"] else "",
                )
                for row in rows
            ),
            len(rows),
            "tables/exceptions.csv",
        ),
    ]
    return html_page("pages/exceptions.html", "Exceptions", body)


def populations_page(facts: _PageFacts) -> Iterator[bytes]:
    """Yield the page of the populations: what each test had to test, and its result."""
    head = (
        "<p>The population of a test is every item that it applied to in the period. The tests "
        "evaluated all of it (a census): no item was chosen. <code>tables/populations.csv</code> "
        "has every item; here are the first of each test.</p>"
    )
    body = [head]
    for rule in facts.predicate["rules"]:
        body.extend(population_section(facts, rule))
    yield html_page("pages/populations.html", "Populations", body)


def population_section(facts: _PageFacts, rule: str) -> Iterator[str]:
    """Yield the first items of a test."""
    first: list[_PeriodItem] = []
    number = 0
    for item in rule_items(facts, rule):
        number += 1
        if number <= MOST_ROWS:
            first.append(item)
    yield f"<section>\n<h2>{test_cell(rule, facts.titles)}</h2>\n<p>{counted(number, 'item')}.</p>"
    if number:
        rows = (item_cells(item) for item in first)
        yield from table(ITEM_HEAD, rows, number, "tables/populations.csv")
    yield "</section>"


ITEM_HEAD = ("Connection", "Kind", "Item", "Occurred", "Result")


def item_cells(item: _PeriodItem) -> tuple[str, ...]:
    """Return the cells of an item."""
    connection, kind, key, occurred, result = item.cells
    return (text(connection), text(kind), text(key), instant(occurred), text(result))


def samples_page(facts: _PageFacts, samples: Sequence[_TestSample]) -> bytes:
    """Return the page of the samples, and how anybody selects the same."""
    body = [
        (
            "<p>Every item was tested, so these samples are for performing tests again at the "
            "source. They are drawn for each test apart, as many as its population and its risk "
            "ask for, and nobody chose them: the random seed is the digest of the last "
            "evaluation that the period counts, and the items come first by the SHA-256 of the "
            "seed, a line feed and the result id. A smaller sample is the beginning of these; for "
            "a larger one, go on in that order with <code>tables/populations.csv</code>.</p>"
        ),
        f"<p>Random seed: <code>{text(facts.seed)}</code></p>",
        "<p>The records of an item are in <code>evidence/CONNECTION/KIND.jsonl</code>.</p>",
        *sizes_section(facts),
    ]
    for test in samples:
        body.append(
            f"<section>\n<h2>{test_cell(test.rule, facts.titles)}</h2>\n"
            f"<p>{test.risk.capitalize()} risk: a sample of {test.size} from a population of "
            f"{test.population}.</p>"
        )
        rows = (
            (str(number), *item_cells(item), f"<code>{text(item.id)}</code>")
            for number, item in enumerate(test.items, 1)
        )
        if test.items:
            body.extend(table(SAMPLE_HEAD, rows, len(test.items), "tables/samples.csv"))
        else:
            body.append("<p>No items in the period.</p>")
        body.append("</section>")
    return html_page("pages/samples.html", "Samples", body)


SAMPLE_HEAD = ("No.", *ITEM_HEAD, "Result id")
SIZES_HEAD = ("Population", "Low risk", "Medium risk", "High risk")


def sizes_section(facts: _PageFacts) -> Iterator[str]:
    """Yield the sizes of the samples, as the last evaluation was made with them."""
    sizes = facts.plan.sizes
    yield "<section>\n<h2>Sizes</h2>"
    if sizes:
        yield (
            "<p>As the last evaluation of the period states them. Tests of high and critical "
            "severity are of high risk, those of low and informational severity of low risk.</p>"
        )
        rows = (
            (
                "larger" if line["up_to"] is None else f"up to {text(line['up_to'])}",
                *(text(line[risk]) for risk in ("low", "medium", "high")),
            )
            for line in sizes
        )
        yield from table(SIZES_HEAD, rows, len(sizes))
    else:
        yield f"<p>{UNSTATED} of each test: the last evaluation of the period states none.</p>"
    yield "</section>"


# -- The page ``pages/method.html``: what shows that the method works, and what there is none of ---


TITLE = "How do you know that the method works?"
STRETCH_HEAD = ("From the evaluation of", "To that of", "Evaluations")
UNRECORDED = (
    "<li><strong>The outcome of the tests, or mutation results, of some packs</strong>: those that "
    "say so above. The tests are in the texts under <code>packs/</code>, which the digests cover; "
    "with ccm of the version above, <code>ccm rules test packs/*.yaml</code> and <code>ccm rules "
    "mutate packs/*.yaml</code> find out.</li>"
)
ABSENT = (
    (
        "<li><strong>Results of connector conformance tests</strong> for the plugin versions "
        "above. They are run where a connector is developed, and nothing of them is recorded with "
        "an evaluation.</li>"
    ),
    (
        "<li><strong>Who or what started an evaluation</strong>: a person or a scheduler. The "
        "ledger states each evaluation and its moment, and not who asked for it.</li>"
    ),
)


def method_page(facts: _PageFacts) -> bytes:
    """Return the page."""
    body = [
        (
            "<p>Everything on this page was recorded with the evaluations and collections of the "
            "period, and is covered by the proofs of the package, except where it says that "
            "there is no evidence of something.</p>"
        ),
        *selection_section(facts),
        *packs_section(facts),
        *validation_section(facts),
        *versions_section(facts),
        *rights_section(facts),
        *narrowing_section(facts),
        (
            "<section>\n<h2>What the verifier computes itself</h2>\n<p>The verifier does not "
            "take the results over: it counts from the result on each single item how many "
            "passed and failed, whether the evidence was complete, what the exceptions and "
            "evidence gaps are, and which items the samples have. It does not evaluate the rules "
            "again.</p>\n</section>"
        ),
        "<section>\n<h2>What this package has no evidence of</h2>\n<ul>",
        *([] if all(row[3] for row in validation_rows(facts)) else [UNRECORDED]),
        *ABSENT,
        "</ul>\n</section>",
    ]
    return html_page("pages/method.html", TITLE, body)


def selection_section(facts: _PageFacts) -> Iterator[str]:
    """Yield how items were selected, and when evaluations were made."""
    method = facts.history.method
    yield "<section>\n<h2>Selection and timing</h2>"
    yield (
        "<p>Census: each evaluation tested every item that its evidence held; nobody selected "
        "items. It is proven which snapshots an evaluation read. Of events, such as incidents, it "
        "is proven what was collected, and not that an evaluation read every one from before the "
        "period: <code>ccm verify</code> shows that on the company's store. The "
        '<a href="samples.html">samples</a> are random, and serve for performing tests again.</p>'
    )
    yield (
        f"<p>{counted(method.on_time + method.as_of, 'evaluation')}, of the period and of the "
        f"seven days after it: {method.on_time} as of the moment at which they were made, "
        f"{method.as_of} as of a past moment (these clear nothing).</p>\n</section>"
    )


def packs_section(facts: _PageFacts) -> Iterator[str]:
    """Yield the rule packs that were evaluated; their tests are in the same texts."""
    packs = facts.history.method.packs
    yield "<section>\n<h2>Rule packs and their tests</h2>"
    yield (
        "<p>Each digest covers the rules and their tests alike: the text is "
        "<code>packs/DIGEST.yaml</code>. Two lines of one pack mean that it was changed.</p>"
    )
    yield from table(
        ("Pack", "Version", "Digest (SHA-256)", *STRETCH_HEAD),
        (
            (text(name), text(version), f"<code>{text(digest)}</code>", *stretch_cells(packs[key]))
            for key in sorted(packs)
            for name, version, digest in [key]
        ),
        len(packs),
        "contents/evaluations.jsonl",
    )
    yield "</section>"


METHODS = {"tests": "its tests", "mutations": "mutations of its tests"}


def validation_section(facts: _PageFacts) -> Iterator[str]:
    """Yield what validated the packs, as it was recorded where it was run."""
    rows = list(validation_rows(facts))
    yield "<section>\n<h2>Validation of the packs</h2>"
    yield (
        "<p>Each rule carries tests with made-up records and the result that it must have. A "
        "mutation removes evidence from a test: no result may become a pass by it. The ledger "
        "states these outcomes for the very versions above, where the company recorded them; it "
        "is proven that they were recorded, and running them again shows whether they hold.</p>"
    )
    yield from table(
        ("Pack", "By", "Passed", "Failed", "At", "With ccm", "Outcome (SHA-256)"),
        (
            (
                f"{text(name)} <small>{text(digest)}</small>",
                METHODS[method],
                *(
                    (
                        text(leaf["passed"]),
                        text(leaf["failed"]),
                        instant(leaf["at"]),
                        text(leaf["host_version"]),
                        f"<code>{text(leaf['digest'])}</code>",
                    )
                    if leaf
                    else ("none recorded", "", "", "", "")
                ),
            )
            for name, digest, method, leaf in rows
        ),
        len(rows),
        "ledger/@store/leaves.txt",
    )
    yield "</section>"


def validation_rows(
    facts: _PageFacts,
) -> Iterator[tuple[str, str, str, Mapping[str, Any] | None]]:
    """Yield each pack by each method, with the leaf of what was recorded last; None: nothing."""
    last = {(leaf["pack_digest"], leaf["method"]): leaf for leaf in facts.validations}
    for name, _, digest in sorted(facts.history.method.packs):
        for method in METHODS:
            yield name, digest, method, last.get((digest, method))


def versions_section(facts: _PageFacts) -> Iterator[str]:
    """Yield the versions of ccm and its plugins that collected and evaluated."""
    rows = sorted(
        {("evaluation", *version) for document in facts.inputs for version in versions_of(document)}
        | {
            (f"collection over {source.connection}", *version)
            for source in facts.collecting
            for run in source.runs
            for version in versions_of(run)
        }
    )
    yield "<section>\n<h2>Versions used</h2>"
    yield from table(
        ("Used for", "Software", "Distribution", "Version", "Problem"),
        (tuple(map(text, row)) for row in rows),
        len(rows),
        "contents/manifests.jsonl",
    )
    yield "</section>"


def versions_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the versions that inputs or a manifest state: name, distribution, version, problem."""
    yield ("ccm", "ccm-core", document["host_version"], "")
    for plugin in document["plugins"]:
        yield (
            plugin["name"],
            plugin["distribution"],
            plugin["version"],
            plugin["failure"] or "",
        )


def rights_section(facts: _PageFacts) -> Iterator[str]:
    """Yield with which credentials was read, and what they were shown to see."""
    rows = sorted(
        {
            (
                source.connection,
                run["connector"],
                credential["kind"],
                credential["role"] or "not stated",
                ", ".join(credential["scopes"])
                if credential["scopes"] is not None
                else "not stated",
                credential["account"] or "not stated",
                credential["visibility"],
            )
            for source in facts.collecting
            for run in source.runs
            for credential in [run["credential"]]
            if credential is not None
        }
    )
    yield "<section>\n<h2>Credentials and rights</h2>"
    yield "<p>As the source stated them to each run. Where a credential may not see the whole of "
    yield "an account, no list counts as complete.</p>"
    yield from table(
        ("Connection", "Connector", "Credential", "Role", "Scopes", "Account", "Sees"),
        (tuple(map(text, row)) for row in rows),
        len(rows),
        "contents/manifests.jsonl",
    )
    yield "</section>"


def narrowing_section(facts: _PageFacts) -> Iterator[str]:
    """Yield what settings changed, left out or switched off, and which plugins did not load."""
    method = facts.history.method
    stated = {**method.narrowing, **method.plugin_failures, **method.switched_off}
    yield "<section>\n<h2>What settings changed or left out</h2>"
    if stated:
        yield from table(
            ("What", *STRETCH_HEAD),
            ((text(words), *stretch_cells(stated[words])) for words in sorted(stated)),
            len(stated),
            "contents/evaluations.jsonl",
        )
    else:
        yield "<p>Nothing: the rule packs were evaluated with their own parameters.</p>"
    yield "</section>"


def stretch_cells(stretch: _StatedStretch) -> tuple[str, str, str]:
    """Return the cells that say from when to when something was stated."""
    return instant(stretch.first), instant(stretch.last), text(stretch.evaluations)


# -- Exceptions, populations and samples for spreadsheets: CSV in which no cell is a formula -------


FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, the full-width forms included."""
BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets see by it that the text is UTF-8."""
ROWS_AT_A_TIME = 1000
ITEM_COLUMNS = ("connection", "item_kind", "item_key", "occurred_at", "result", "result_id")


def exceptions_table_rows(facts: _PageFacts) -> Iterator[tuple[object, ...]]:
    """Yield the exceptions, each once."""
    yield (
        *("rule", "test", "controls", "connection", "item_kind", "item_key", "item_title"),
        *("first_seen", "last_seen", "evaluations", "risk_accepted"),
    )
    for row in exceptions_by_item(facts.assurance):
        subject = row["subject"]
        yield (
            row["rule"],
            facts.titles.get(row["rule"], ""),
            " ".join(row["controls"]),
            row["connection"],
            subject["kind"],
            subject["key"],
            subject["title"],
            row["first_seen"],
            row["last_seen"],
            row["evaluations"],
            "yes" if row["waived"] else "no",
        )


def population_rows(facts: _PageFacts) -> Iterator[tuple[object, ...]]:
    """Yield every item of every test."""
    yield ("rule", *ITEM_COLUMNS)
    for rule in facts.predicate["rules"]:
        for item in rule_items(facts, rule):
            yield (rule, *item.cells, item.id)


def sample_rows(facts: _PageFacts, samples: Sequence[_TestSample]) -> Iterator[tuple[object, ...]]:
    """Yield the samples of each test, in the order of their selection."""
    yield (
        *("rule", "risk", "population", "sample_size", "sample_number"),
        *ITEM_COLUMNS,
        "random_seed",
    )
    for test in samples:
        of_test = (test.rule, test.risk, test.population, test.size)
        for number, item in enumerate(test.items, 1):
            yield (*of_test, number, *item.cells, item.id, facts.seed)


def csv_chunks(rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """Yield a table as CSV (RFC 4180), many rows at a time."""
    lines = [BYTE_ORDER_MARK]
    for row in rows:
        lines.append(",".join(map(csv_cell, row)) + "\r\n")
        if len(lines) > ROWS_AT_A_TIME:
            yield "".join(lines).encode()
            lines = []
    if lines:
        yield "".join(lines).encode()


def csv_cell(value: object) -> str:
    """Return a quoted text that no spreadsheet runs: an apostrophe precedes a formula."""
    line = plain(value)
    shown = f"'{line}" if line.startswith(FORMULA) else line
    quoted = shown.replace('"', '""')
    return f'"{quoted}"'


# -- The first steps with an evidence package in plain text, ``README.txt`` ------------------------


README = """\
EVIDENCE PACKAGE FOR {period}

Evidence from {since} up to {until},
collected from {connections}.
It concludes on {controls} with {exceptions}.

READ IT
  Open index.html in a browser. It needs no network and runs no script.
  tables/ has exceptions, populations and samples for a spreadsheet.

VERIFY IT
  You need Python 3.9 or newer, and nothing else: no network, no account, no
  installed package. Keep the package as you received it, and run in its folder

    python3 verify.py package.zip

  verify.py is in the package. A package that somebody changed may hold a
  verifier that was changed: better take it from ccm-core, or from a package
  that you trust. To prove who signed it, name the public key as well, which
  you received by another way:

    python3 verify.py package.zip KEY

  The last line says "verified" where nothing was changed. To have the pages made
  anew by the verifier, so that you need not trust those in the package:

    python3 verify.py package.zip KEY --report FOLDER

  Exit codes: 0 verified, 3 not everything is proven, 5 a problem, 2 wrong use.

  This package was signed with
    {key}

WHAT IS PROVEN
  Where it verifies, everything in it is as it was recorded and nothing was left
  out; every page and table says what follows from it. It is not proven that the
  source answered truthfully, nor that the tests are right: index.html and
  pages/method.html say more.
"""


def readme(facts: _PageFacts) -> bytes:
    """Return the text."""
    assurance, predicate = facts.assurance, facts.predicate
    controls = assurance["controls"]
    failing = sum(bool(control["exceptions"]) for control in controls)
    return README.format(
        period=plain(assurance["period"]),
        since=plain(assurance["since"]),
        until=plain(assurance["until"]),
        connections=plain(", ".join(predicate["connections"])),
        controls=f"{len(controls)} control{'' if len(controls) == 1 else 's'}",
        exceptions="no exceptions" if not failing else f"exceptions in {failing} of them",
        key=plain(facts.key),
    ).encode()


# -- How a page of an evidence package is laid out: no script, no link to elsewhere, text escaped --


MOST_ROWS = 200
"""Of more rows than this the rest is counted; the tables for spreadsheets have all."""
INDEX = "index.html"
PAGES = {
    INDEX: "Overview",
    "pages/period.html": "Period report",
    "pages/exceptions.html": "Exceptions",
    "pages/populations.html": "Populations",
    "pages/samples.html": "Samples",
    "pages/method.html": "How do you know that the method works?",
}
STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}"
    "nav{border-bottom:1px solid #8886;padding-bottom:.75rem}nav a,nav strong{margin-right:1rem;"
    "display:inline-block}.wide{overflow-x:auto}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #8886;text-align:left;"
    "padding:.25rem .75rem .25rem 0;vertical-align:top}td{overflow-wrap:break-word;"
    "min-width:4.5rem}p,li,h1,h2,td code{overflow-wrap:anywhere}"
    "h2 small{display:block;font-size:.9rem;font-weight:400}"
    "td code{display:inline-block;min-width:9rem}time{white-space:nowrap}"
    "pre{overflow-x:auto;border:1px solid #8886;padding:.5rem}small{opacity:.75}"
    ".note{border-left:.25rem solid #8886;padding-left:.75rem}"
    "dt{font-weight:600}dd{margin:0 0 .5rem}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_page(name: str, title: str, body: Iterable[str]) -> bytes:
    """Return a page.

    Args:
        name: Its name in the package.
        title: What it is; plain text.
        body: Its parts, escaped already.
    """
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="color-scheme" content="light dark">\n<title>{text(title)}</title>',
        f"<style>{STYLE}</style>\n</head>\n<body>\n<header>",
        navigation(name),
        f"<h1>{text(title)}</h1>\n</header>\n<main>",
        *body,
        (
            "</main>\n<footer><p>Times are in UTC. This page was made from the evidence in the "
            "package; the verifier makes it anew, and refuses a package in which it differs.</p>"
            "</footer>\n</body>\n</html>\n"
        ),
    ]
    return "\n".join(parts).encode()


def navigation(name: str) -> str:
    """Return links to the other pages."""
    up = "" if name == INDEX else "../"
    links = (
        f"<strong>{text(title)}</strong>"
        if page == name
        else f'<a href="{up}{page}">{text(title)}</a>'
        for page, title in PAGES.items()
    )
    return f"<nav>{''.join(links)}</nav>"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    count: int,
    more: str = "assurance.json",
    most: int = MOST_ROWS,
) -> Iterator[str]:
    """Yield a table of cells that are escaped already."""
    columns = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    yield f'<div class="wide"><table>\n<thead><tr>{columns}</tr></thead>\n<tbody>'
    for _, row in zip(range(most), rows):
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody>\n</table></div>"
    if count > most:
        yield f"<p>{count - most} more: see <code>{more}</code> in the package.</p>"


def subject_cell(row: Mapping[str, Any]) -> str:
    """Return the cell of a subject."""
    subject = row["subject"]
    place = f"{text(subject['kind'])} {text(subject['key'])} of {text(row['connection'])}"
    return f"{text(subject['title'])} <small>{place}</small>"


def test_cell(rule: str, titles: Mapping[str, str]) -> str:
    """Return the cell of a test: what it asserts, and its id."""
    if rule not in titles:
        return text(rule)
    return f"{text(titles[rule])} <small>{text(rule)}</small>"


def percent(share: float) -> str:
    """Return a share in percent, never rounded up: only the whole is 100 %."""
    return "100 %" if share >= 1 else f"{int(share * 1000) / 10:.1f} %"


def listed(names: Iterable[str]) -> str:
    """Return names in one line."""
    return ", ".join(map(text, names)) or "none"


def instant(value: str) -> str:
    """Return an instant in UTC as people read it, to the second; escaped."""
    return f"<time>{text(value[:19].replace('T', ' '))}</time>" if value else ""


def counted(number: int, word: str) -> str:
    """Return a number of things."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def plain(value: object) -> str:
    """Return a text of the source on one line, without what steers a terminal or turns text."""
    shown = str(value)
    if shown.isprintable():  # nearly every text is, and populations have millions
        return shown
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in shown)


def text(value: object) -> str:
    """Return a text of the source as it may stand in a page: escaped, and without controls."""
    return html.escape(plain(value))


# -- JSON that has one reading: no key twice, no number that is none, and one way to write it ------


def read_json(data: bytes | str, name: str = "a document") -> Any:
    """Read JSON text that names no key of an object twice."""
    text = data.decode() if isinstance(data, bytes) else data
    check_density(name, text)
    return DECODER.decode(text)


def read_canonical(name: str, data: bytes) -> Any:
    """Read JSON text that is written in the one form that ccm writes."""
    depth = deepest = 0
    for byte in data:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
    MOST_DEPTH.check(name, deepest)
    value = read_json(data, name)
    if write_json(value) != data:
        raise ValueError(f"{name} is not written in the form that ccm writes")
    return value


def write_json(value: Any) -> bytes:
    """Return JSON with sorted keys and without white space."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, or refuse one that names a key twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a JSON object names one key twice")
    return value


def refuse_constant(text: str) -> NoReturn:
    """Refuse what JSON has no number for."""
    raise ValueError(f"{text} is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=distinct_keys, parse_constant=refuse_constant)
"""Made once: leaves are read by the million."""


# -- The leaves of a log in memory: those of records in columns, a hundred bytes or so for each ----


DIGEST_BYTES = 32
MARK = "sha256:"
NO_DIGEST = bytes(DIGEST_BYTES)
REPEATED = ("collection", "connection", "kind", "stored_at")
"""The fields of versions that many leaves have in common."""
TEXT = r'"([^"\\\x00-\x1f]*)"'
NUMBER = "(?:0|[1-9][0-9]*)"
VERSION_LEAF = re.compile(
    rf'\{{"collection":{TEXT},"connection":{TEXT},"digest":"sha256:([0-9a-f]{{64}})",'
    rf'"endpoint":{TEXT},"key":{TEXT},"kind":{TEXT},"kind_version":{NUMBER},"leaf":"version",'
    rf'"observed_at":{TEXT},"page":{NUMBER},(?:"response_digest":{TEXT},)?"stored_at":{TEXT}'
    rf'(?:,"window_since":{TEXT},"window_until":{TEXT})?\}}'
)
"""The JSON of nearly all leaves, each name once. Others are read as JSON: that takes longer."""
ODD = b"?" * (DIGEST_BYTES + 1)
"""Begins the packed form of what is no digest: it is longer than one."""


def pack_digest(text: str) -> bytes:
    """Return the bytes of a digest; what has another form than ccm writes stays what it is."""
    if len(text) == len(MARK) + 2 * DIGEST_BYTES and text.startswith(MARK) and text.islower():
        try:
            packed = bytes.fromhex(text[len(MARK) :])
        except ValueError:
            packed = b""
        if len(packed) == DIGEST_BYTES:
            return packed
    return ODD + text.encode("utf-8", "surrogatepass")


def unpack_digest(packed: bytes) -> str:
    """Return the text of a packed digest."""
    if len(packed) == DIGEST_BYTES:
        return MARK + packed.hex()
    return packed[len(ODD) :].decode("utf-8", "surrogatepass")


class _LeafTable(Mapping[int, Mapping[str, Any]]):
    """The leaves of one log by their index, in order; read the leaves that it returns only.

    Nearly all leaves state a version of a record: the key and the digest of each are in columns,
    and what they have in common is there once. Every other leaf is there as it is.
    """

    def __init__(self, leaves: Iterable[tuple[int, Mapping[str, Any]]] = ()) -> None:
        self.indexes = array("q")
        self.forms = array("q")
        """By leaf: the number of what it has in common with others; below zero: of a whole leaf."""
        self.common: list[tuple[str, ...]] = []
        self.whole: list[Mapping[str, Any]] = []
        self.numbers: dict[tuple[str, ...], int] = {}
        self.places = array("q")
        """Where the key of each leaf ends; that of the next one begins there."""
        self.keys_text = bytearray()
        self.digests = bytearray()
        for index, leaf in leaves:
            self.append(index, leaf)

    def append(self, index: int, leaf: Mapping[str, Any]) -> None:
        """Add a leaf behind the others."""
        packed = NO_DIGEST
        common = common_fields(leaf)
        if common is not None and "digest" in leaf:
            packed = pack_digest(leaf["digest"]) if type(leaf["digest"]) is str else b""
        if common is None or len(packed) != DIGEST_BYTES:
            packed = NO_DIGEST
            self.forms.append(-1 - len(self.whole))
            self.whole.append(share_texts(leaf))
        else:
            self.forms.append(self.number_of(common))
            self.keys_text += leaf["key"].encode("utf-8", "surrogatepass")
        self.digests += packed
        self.indexes.append(index)
        self.places.append(len(self.keys_text))

    def append_line(self, index: int, line: bytes) -> bool:
        """Add the leaf of a line, where it has the form of nearly all; return whether it has."""
        match = VERSION_LEAF.fullmatch(line.decode())
        if match is None:
            return False
        collection, connection, digest, _, key, kind, _, _, stored_at = match.groups()[:9]
        self.forms.append(self.number_of((collection, connection, kind, stored_at, "digest")))
        self.keys_text += key.encode()
        self.digests += unhexlify(digest)
        self.indexes.append(index)
        self.places.append(len(self.keys_text))
        return True

    def number_of(self, common: tuple[str, ...]) -> int:
        """Return the number of what some leaves have in common."""
        number = self.numbers.get(common)
        if number is None:
            number = self.numbers[common] = len(self.common)
            self.common.append(common)
        return number

    def at(self, place: int) -> Mapping[str, Any]:
        """Return the leaf at a place among the others."""
        form = self.forms[place]
        if form < 0:
            return self.whole[-1 - form]
        collection, connection, kind, stored_at, digest = self.common[form]
        leaf = {
            "leaf": "version",
            "collection": collection,
            "connection": connection,
            "kind": kind,
            "stored_at": stored_at,
            "key": self.key_at(place),
        }
        if digest:
            leaf["digest"] = self.digest_at(place)
        return leaf

    def key_at(self, place: int) -> str:
        """Return the key of the version at a place."""
        start = self.places[place - 1] if place else 0
        return self.keys_text[start : self.places[place]].decode("utf-8", "surrogatepass")

    def digest_at(self, place: int) -> str:
        """Return the digest of the version at a place."""
        start = place * DIGEST_BYTES
        return MARK + self.digests[start : start + DIGEST_BYTES].hex()

    def packed_at(self, place: int) -> bytes:
        """Return the packed digest of the version at a place."""
        start = place * DIGEST_BYTES
        return bytes(self.digests[start : start + DIGEST_BYTES])

    def versions(self) -> Iterator[tuple[int, str, str, bytes | None]]:
        """Yield index, kind, key and packed digest of each version; none of one that vanished."""
        for place, form in enumerate(self.forms):
            if form >= 0:
                _, _, kind, _, digest = self.common[form]
                packed = self.packed_at(place) if digest else None
                yield self.indexes[place], kind, self.key_at(place), packed
                continue
            leaf = self.whole[-1 - form]
            if leaf.get("leaf") == "version":
                yield self.indexes[place], leaf["kind"], leaf["key"], packed_digest(leaf)

    def contents(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield connection, kind and packed digest of each version that has one."""
        for place, form in enumerate(self.forms):
            if form >= 0:
                _, connection, kind, _, digest = self.common[form]
                if digest:
                    yield connection, kind, self.packed_at(place)
                continue
            leaf = self.whole[-1 - form]
            if leaf.get("leaf") == "version" and "digest" in leaf:
                yield leaf["connection"], leaf["kind"], pack_digest(leaf["digest"])

    def of_kinds(self, kinds: Collection[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the versions of some kinds, with their indexes."""
        for place, form in enumerate(self.forms):
            if form >= 0:
                if self.common[form][2] in kinds:
                    yield self.indexes[place], self.at(place)
            elif self.whole[-1 - form].get("leaf") == "version":
                leaf = self.whole[-1 - form]
                if leaf["kind"] in kinds:
                    yield self.indexes[place], leaf

    def others(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the leaves that state no version, with their indexes."""
        for place, form in enumerate(self.forms):
            if form < 0 and self.whole[-1 - form].get("leaf") != "version":
                yield self.indexes[place], self.whole[-1 - form]

    def collection_ends(self) -> dict[Any, int]:
        """Return the index of the last leaf of each collection, by its id."""
        ends: dict[Any, int] = {}
        for place, form in enumerate(self.forms):
            if form >= 0:
                ends[self.common[form][0]] = self.indexes[place]
                continue
            leaf = self.whole[-1 - form]
            if leaf.get("leaf") == "collection" or "collection" in leaf:
                name = leaf["id"] if leaf.get("leaf") == "collection" else leaf["collection"]
                ends[name] = self.indexes[place]
        return ends

    def chosen(self, indexes: Iterable[int]) -> _LeafTable:
        """Return a table of some of the leaves."""
        table = _LeafTable()
        table.common, table.numbers = list(self.common), dict(self.numbers)
        for index in indexes:
            place = self.place_of(index)
            form = self.forms[place]
            if form < 0:
                table.append(index, self.whole[-1 - form])
                continue
            table.forms.append(form)
            table.keys_text += self.keys_text[
                self.places[place - 1] if place else 0 : self.places[place]
            ]
            table.digests += self.packed_at(place)
            table.indexes.append(index)
            table.places.append(len(table.keys_text))
        return table

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        """Return the leaf of an index."""
        return self.at(self.place_of(index))

    def place_of(self, index: int) -> int:
        """Return the place of the leaf of an index."""
        place = bisect_left(self.indexes, index)
        if place == len(self.indexes) or self.indexes[place] != index:
            raise KeyError(index)
        return place

    def __contains__(self, index: object) -> bool:
        """Return whether the leaf of an index is here."""
        if type(index) is not int:
            return False
        place = bisect_left(self.indexes, index)
        return place < len(self.indexes) and self.indexes[place] == index

    def __iter__(self) -> Iterator[int]:
        """Yield the indexes."""
        return iter(self.indexes)

    def __len__(self) -> int:
        """Return the number of leaves."""
        return len(self.indexes)

    def values(self) -> ValuesView[Mapping[str, Any]]:
        """Return the leaves, in order."""
        return _TableValues(self)

    def items(self) -> ItemsView[int, Mapping[str, Any]]:
        """Return the leaves with their indexes, in order."""
        return _TableItems(self)


def common_fields(leaf: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what a version has in common with others; None for any other leaf."""
    if leaf.get("leaf") != "version" or len(leaf) != 6 + ("digest" in leaf):
        return None
    common = (*map(leaf.get, REPEATED), "digest" if "digest" in leaf else "")
    texts = [text for text in (*common, leaf.get("key")) if type(text) is str]
    return tuple(texts[:-1]) if len(texts) == len(common) + 1 else None


def share_texts(value: Any) -> Any:
    """Return a JSON value of which equal texts are one in memory: they repeat from hour to hour."""
    kind = type(value)
    if kind is str:
        return intern(value)
    if kind is dict:
        return {intern(name): share_texts(child) for name, child in value.items()}
    return list(map(share_texts, value)) if kind is list else value


class _TableValues(ValuesView[Mapping[str, Any]]):
    """The leaves of a table, without looking for each."""

    def __init__(self, table: _LeafTable) -> None:
        super().__init__(table)
        self.table = table

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield them."""
        return map(self.table.at, range(len(self.table.indexes)))


class _TableItems(ItemsView[int, Mapping[str, Any]]):
    """The leaves of a table with their indexes, without looking for each."""

    def __init__(self, table: _LeafTable) -> None:
        super().__init__(table)
        self.table = table

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield them."""
        return zip(self.table.indexes, self.table.values())


def other_leaves(
    leaves: Mapping[int, Mapping[str, Any]],
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the leaves that state no version, with their indexes: a few of a hundred."""
    if isinstance(leaves, _LeafTable):
        return leaves.others()
    return ((index, leaf) for index, leaf in leaves.items() if leaf["leaf"] != "version")


def packed_digest(leaf: Mapping[str, Any]) -> bytes | None:
    """Return the packed digest of a version; None where it vanished."""
    return pack_digest(leaf["digest"]) if "digest" in leaf else None


def as_table(leaves: Mapping[int, Mapping[str, Any]]) -> _LeafTable:
    """Return leaves as a table."""
    return leaves if isinstance(leaves, _LeafTable) else _LeafTable(leaves.items())


# -- Roots of Merkle trees, recomputed from leaves and hashes (RFC 9162, section 2.1.1) ------------


def roots_by_size(
    size: int,
    leaves: Iterable[tuple[int, bytes]],
    hashes: Sequence[bytes],
    sizes: Collection[int] = (),
) -> dict[int, bytes]:
    """Return the root that leaves lead to, and those of the tree when it was smaller, by size.

    An earlier size has a root where the last leaf of that tree is here: the complete subtrees that
    the rest of that tree is made of are on the way to it. Where leaves or hashes remain, or a hash
    is missing, none has.

    Args:
        size: Of the tree.
        leaves: With their indexes, in order; not all need be here. None is kept.
        hashes: Of the subtrees that hold none of them, from the left.
        sizes: Earlier ones.
    """
    coming, remaining, roots = iter(leaves), iter(hashes), {}
    ahead, missing = list(islice(coming, 1)), []

    def walk(start: int, end: int, before: tuple[bytes, ...]) -> bytes:
        if not (ahead and start <= ahead[0][0] < end):
            subtree = next(remaining, b"")
            if not subtree:
                missing.append(start)
            return subtree
        if end - start == 1:
            leaf = hashlib.sha256(b"\x00" + ahead.pop()[1]).digest()
            ahead.extend(islice(coming, 1))
            if end in sizes:
                roots[end] = fold_subtrees((*before, leaf))
            return leaf
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left_hash = walk(start, middle, before)
        return fold_subtrees((left_hash, walk(middle, end, (*before, left_hash))))

    roots[size] = walk(0, size, ())
    return {} if ahead or missing or next(remaining, None) is not None else roots


def fold_subtrees(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, the largest and leftmost first."""
    root = hashes[-1]
    for left_hash in hashes[-2::-1]:
        root = hashlib.sha256(b"\x01" + left_hash + root).digest()
    return root


def merkle_root(leaves: Sequence[bytes]) -> str:
    """Return the root of a whole tree (RFC 9162, section 2.1.1)."""
    return "sha256:" + root_over([leaf_hash(leaf) for leaf in leaves]).hex()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def root_over(level: list[bytes]) -> bytes:
    """Return the root of a whole tree over the hashes of its leaves."""
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        parents = [
            hashlib.sha256(b"\x01" + left_hash + right).digest() for left_hash, right in pairs
        ]
        level = parents + level[len(parents) * 2 :]
    return level[0] if level else hashlib.sha256(b"").digest()


# -- Signed notes and the keys that sign them (C2SP signed-note) -----------------------------------


def public_key(key: str) -> bytes:
    """Return the 32 bytes of a key in the form of signed notes."""
    name, number, encoded = key.split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    identity = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    if len(data) != 33 or data[:1] != b"\x01" or identity != number:
        raise ValueError(f"{key} is not an Ed25519 key in the form name+id+base64")
    return data[1:]


def read_key(text: str) -> str:
    """Return the public key in a text, in a file, or in a signed checkpoint in a file."""
    if "+" not in text:
        with open(text, encoding="utf-8") as file:
            text = file.read()
    words = [word for word in text.split() if word.count("+") >= 2]
    if not words:
        raise ValueError("no public key in the form name+id+base64 was found")
    public_key(words[0])
    return words[0]


def read_note(
    data: bytes, name: str = "a signed note", limits: _Limits = LIMITS
) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Split a signed note (C2SP signed-note) into its text, and names with signatures."""
    text, _, rest = data.rpartition(b"\n\n")
    check_note(name, len(data), rest.count(b"\n"), limits)
    if not data.endswith(b"\n"):
        raise ValueError("a signed note does not end with a newline")
    lines = [line.split(" ") for line in rest.decode().split("\n")[:-1]]
    return text + b"\n", [(line[1], base64.b64decode(line[2], validate=True)) for line in lines]


def signed_by(key: str, text: bytes, signatures: Sequence[tuple[str, bytes]]) -> bool:
    """Return whether a note has a valid signature of a key."""
    name, number = key.split("+", 2)[:2]
    return any(
        signer == name
        and data[:4].hex() == number
        and verify_signature(public_key(key), text, data[4:])
        for signer, data in signatures
    )


# -- Verify Ed25519 signatures (RFC 8032, section 5.1.7): no secrets, so plain and slow ------------


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z."""


def verify_signature(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a key made an Ed25519 signature of a message."""
    start, r = decode_point(key), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if start is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    actual, expected = multiply(s, BASE), add_points(r, multiply(h, start))
    return all((actual[at] * expected[2] - expected[at] * actual[2]) % P == 0 for at in (0, 1))


def decode_point(data: bytes) -> Point | None:
    """Read a point (section 5.1.3)."""
    y, sign = int.from_bytes(data, "little") & ((1 << 255) - 1), data[-1] >> 7 if data else 0
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if len(data) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add_points(p: Point, q: Point) -> Point:
    """Add two points (section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar: int, point: Point) -> Point:
    """Add a point to itself so many times."""
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add_points(total, point)
        point = add_points(point, point)
        scalar >>= 1
    return total


_Y = 4 * pow(5, P - 2, P) % P
BASE: Any = decode_point(_Y.to_bytes(32, "little"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
