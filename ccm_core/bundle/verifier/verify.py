"""Verify an evidence package. Needs Python 3.9 and nothing else: no network, no account.

    python3 verify.py BUNDLE.zip [KEY]

KEY is the public key that you received by another way than this package, or a file that holds it.
Without it the package is only shown to agree with itself, and the key that signed it is printed.
Take this file from somewhere you trust, such as ccm_core/bundle/verifier/verify.py of ccm-core: a
package that was changed may hold a verifier that was changed.

1. The archive is plain: no name twice, no path that leads out of a folder, no decompression bomb.
2. The statement (in-toto, in a DSSE envelope) is signed, and names every file with its digest.
3. Each key of the store was handed over by the key before it, and signs only from then on until
   it hands over itself: each checkpoint is signed by the key that the ledger named last.
4. The leaves of each log lead to its signed checkpoint (Merkle trees of RFC 9162): none is forged.
   They lead to every checkpoint that was stated before as well: no history was rewritten.
5. All contents have the digests that leaves name; only what was erased by order is missing.
6. Nothing was left out: each collection has what it counted, each population has its root, each
   run has its collections, and the store stated its heads after every run and evaluation.
7. The evidence behind the results, and the rule packs that gave them, are here.
"""

# Built from the modules beside it by `python -m ccm_core.bundle.verifier.build`: change those. It
# is one file, longer than others and outside the linters, because whoever has to trust it reads it
# in one go, and because it runs alone, in any folder, with nothing but Python.

from __future__ import annotations

import base64
import hashlib
import json
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn


def main(arguments: Sequence[str]) -> int:
    """Verify the package that is named; return 0 where it verifies, 5 where not, 2 for misuse."""
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        print((__doc__ or "").strip())
        return 2
    try:
        key = read_key(arguments[1]) if len(arguments) > 1 else None
        open(arguments[0], "rb").close()
    except (OSError, ValueError) as error:
        print(f"cannot be used: {error}")
        return 2
    facts, problems = verify(arguments[0], key)
    print("\n".join([*facts, *(f"PROBLEM: {problem}" for problem in problems)]))
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    print(f"{arguments[0]}: {count if problems else 'verified'}")
    return 5 if problems else 0


def verify(path: str, key: str | None = None) -> tuple[list[str], list[str]]:
    """Verify a package; return what it states of itself, and every problem.

    Args:
        path: The file.
        key: The public key that is trusted, as ``name+id+base64``; None: whatever key is in it.
    """
    facts: list[str] = []
    problems: list[str] = []
    try:
        files = read_archive(path)
        keys = trusted_keys(files, key, problems)
        predicate = read_statement(files, keys, problems)["predicate"]
        logs = read_logs(files, keys, problems)
        check_named_keys(files, logs, problems)
        contents = read_contents(files, logs, predicate, problems)
        check_nothing_left_out(files, logs, predicate, contents, problems)
        check_results(predicate, logs, contents, problems)
        facts.extend(describe(predicate, keys[-1], logs, contents))
        facts.extend(describe_signers(files, logs))
        if key is None:
            facts.append("compare that key with the one that you received by another way")
    except UnreadableBundle as error:
        problems.append(str(error))
    except KeyError as error:
        problems.append(f"{error} is missing")
    except Exception as error:  # noqa: BLE001 - whatever a forged file brings about is a problem
        problems.append(f"this is not an evidence package ({type(error).__name__}: {error})")
    return facts, problems


def check_nothing_left_out(
    files: Files,
    logs: Mapping[str, Leaves],
    predicate: Mapping[str, Any],
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check that every collection and every run is here, with all that it counted."""
    for leaves in logs.values():
        check_collections(leaves, contents, problems)
    check_runs(files, predicate, logs, contents, problems)


def describe(
    predicate: Mapping[str, Any],
    key: str,
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
) -> Iterator[str]:
    """Yield what the package is of, how much of it is proven, and which key signed it."""
    controls = ", ".join(predicate["controls"])
    yield f"evidence from {predicate['since']} up to {predicate['until']}: {controls}"
    leaves = sum(map(len, logs.values()))
    yield (
        f"{leaves} leaves of {len(logs)} logs lead to signed checkpoints, "
        f"{len(contents)} contents match their digests"
    )
    yield f"signed by {key}"


def describe_signers(files: Files, logs: Mapping[str, Leaves]) -> Iterator[str]:
    """Yield which key signed the checkpoint of each log."""
    for log in logs:
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        key = signer_of(log, size, logs.get(STORE_LOG, {}))
        yield f"the checkpoint of the log {log} at {size} leaves is signed by {key}"


# -- Read the zip archive of an evidence package: in its one form, within bounds, to the last byte -


MOST_FILES = 20_000
MOST_RATIO = 60
"""Bytes that one compressed byte may unpack to; evidence stays far below."""
FREE_BYTES = 1 << 24
"""Bytes that may unpack from however little."""
MOST_NAME = 512
MOST_LINE = 256 << 20
CHUNK = 1 << 16


class UnreadableBundle(Exception):
    """The package cannot be read any further."""


class Archive(Mapping[str, bytes]):
    """The files of an archive, by name; one is unpacked only while somebody uses it."""

    def __init__(self, packed: bytes, members: Sequence[Member]) -> None:
        self._packed = packed
        self._members = {member.name: member for member in members}
        self.digests = {name: self._digest(name) for name in self._members}
        """The SHA-256 of each file, in hexadecimal digits."""

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
        for chunk in self.chunks(name):
            first, *others = chunk.split(b"\n")
            rest.append(first)
            for other in others:
                yield b"".join(rest)
                rest = [other]
            if len(rest) * CHUNK > MOST_LINE:
                raise UnreadableBundle(f"{name} has a line of more than {MOST_LINE} bytes")
        if any(rest):
            raise UnreadableBundle(f"{name}: bytes follow the last newline, so they are no line")

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file; they are exactly those that the archive declares."""
        member = self._members[name]
        unpack, size, crc = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
        for start in range(member.data_offset, member.end, CHUNK):
            packed = self._packed[start : min(start + CHUNK, member.end)]
            while packed:
                data = unpack.decompress(packed, CHUNK)
                size, crc, packed = size + len(data), zlib.crc32(data, crc), unpack.unconsumed_tail
                if size > member.size:
                    raise UnreadableBundle(f"{name}: expected {member.size} bytes, got more")
                if unpack.unused_data or (not data and packed):
                    raise UnreadableBundle(f"{name}: bytes follow its compressed bytes")
                if data:
                    yield data
        while not unpack.eof:
            data = unpack.decompress(b"", CHUNK)
            size, crc = size + len(data), zlib.crc32(data, crc)
            if not data or size > member.size:
                break
            yield data
        if not unpack.eof or (size, crc) != (member.size, member.crc):
            raise UnreadableBundle(f"the archive is damaged: {name} is not what it declares")

    def _digest(self, name: str) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks(name):
            digest.update(chunk)
        return digest.hexdigest()


Files = Archive


def read_archive(path: str) -> Archive:
    """Check every byte of the archive that is no content, and unpack each file once."""
    try:
        with open(path, "rb") as file:
            packed = file.read(MOST_BYTES + 1)
        return Archive(packed, read_members(packed))
    except (zlib.error, OSError, UnicodeDecodeError) as error:
        raise UnreadableBundle(f"the archive is damaged: {error}") from error


def read_members(packed: bytes) -> list[Member]:
    """Read the directory, and hold it and every header against the form that they must have."""
    if not END_RECORD.size <= len(packed) <= MOST_BYTES:
        raise UnreadableBundle(f"the archive is damaged: it has {len(packed)} bytes")
    last = packed[-END_RECORD.size :]
    mark, *_, length, start, _ = END_RECORD.unpack(last)
    if mark != b"PK\x05\x06":
        raise UnreadableBundle("the archive is damaged: it does not end as a zip archive does")
    if start + length + END_RECORD.size != len(packed) or length > MOST_FILES * MOST_NAME:
        raise UnreadableBundle("the archive is damaged: its directory is not where it should be")
    directory = packed[start : start + length]
    members = list(parse_directory(directory))
    check_members(members)
    check_form(packed, members, start)
    entries = b"".join(map(directory_entry, members))
    if directory != entries or last != end_record(len(members), length, start):
        raise UnreadableBundle("the archive's directory is not in the form that ccm writes")
    return members


def parse_directory(directory: bytes) -> Iterator[Member]:
    """Yield the members that the directory names."""
    at = 0
    while at < len(directory):
        if len(directory) - at < DIRECTORY_ENTRY.size or directory[at : at + 4] != b"PK\x01\x02":
            raise UnreadableBundle("the archive is damaged: its directory breaks off")
        fields = DIRECTORY_ENTRY.unpack_from(directory, at)
        crc, packed, size, name, extra, comment = fields[7:13]
        at += DIRECTORY_ENTRY.size
        yield Member(directory[at : at + name].decode(), crc, packed, size, fields[-1])
        at += name + extra + comment


def check_members(members: Sequence[Member]) -> None:
    """Refuse names that clash or climb, and too much data, before anything is unpacked."""
    for name, count in Counter(member.name for member in members).items():
        if count > 1:
            raise UnreadableBundle(f"{name!r} is in the archive {count} times")
        parts = set(name.split("/"))
        if not name.isprintable() or "\\" in name or ":" in name or {"", ".", ".."} & parts:
            raise UnreadableBundle(f"{name!r} is not a safe file name: it may lead out of a folder")
    size = sum(member.size for member in members)
    packed = sum(member.packed for member in members)
    bomb = size > MOST_RATIO * packed + FREE_BYTES
    if bomb or len(members) > MOST_FILES or size > MOST_BYTES:
        raise UnreadableBundle(
            f"the archive would unpack to {len(members)} files of {size} bytes, which is too much"
        )


def check_form(packed: bytes, members: Sequence[Member], start: int) -> None:
    """Check that the members fill the archive up to its directory, one header before each."""
    if list(members) != sorted(members, key=lambda member: member_order(member.name)):
        raise UnreadableBundle("the files of the archive are not in the order that ccm writes")
    expected = 0
    for member in members:
        header = local_header(member)
        actual = packed[expected : expected + len(header)]
        if member.offset != expected or actual != header:
            raise UnreadableBundle(
                f"the archive holds data that belongs to no file, or another header: {member.name}"
            )
        expected = member.end
    if expected != start:
        raise UnreadableBundle("the archive holds data that belongs to no file")


# -- The one form of the archive: every byte of an evidence package but its contents is determined -


LOCAL_HEADER = struct.Struct("<4s5H3L2H")
DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
END_RECORD = struct.Struct("<4s4H2LH")
VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY = 20, 0x800, 8, 0, 0x21
"""What every member has: ZIP 2.0, a name in UTF-8, one compression, and no time."""
UNIX, REGULAR_FILE = 3 << 8, 0o100644 << 16
MOST_BYTES = 4 << 30
"""Of an archive, and of all that is in it: without the extension for larger ones."""
FOLDERS = ("ledger/", "contents/", "evidence/", "packs/", "keys/")
LAST = ("key.pem", "assurance.json", "erasures.json", "verify.py", "index.html", "statement.json")


class Member(NamedTuple):
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


def local_header(member: Member) -> bytes:
    """Return the bytes before the compressed bytes of a member."""
    name = member.name.encode()
    form = (VERSION, UTF_8, DEFLATED, MIDNIGHT, FIRST_DAY)
    sizes = (member.crc, member.packed, member.size, len(name), 0)
    return LOCAL_HEADER.pack(b"PK\x03\x04", *form, *sizes) + name


def directory_entry(member: Member) -> bytes:
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


# -- The logs of an evidence package: leaves, signed checkpoints, and heads stated before ----------


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
        check_signer(files, log, logs, problems)
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
    text, _ = read_note(files[f"ledger/{log}/checkpoint.txt"])
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


def check_signer(
    files: Mapping[str, bytes],
    log: str,
    logs: Mapping[str, Mapping[int, Any]],
    problems: list[str],
) -> None:
    """Check that the checkpoint of a log is signed by the key that was in use at that moment."""
    text, signatures = read_note(files[f"ledger/{log}/checkpoint.txt"])
    size = int(text.split(b"\n")[1])
    key = signer_of(log, size, logs.get(STORE_LOG, {}))
    if key is None:
        problems.append(f"no signed statement of the store is of the log {log} at {size} leaves")
    elif not signed_by(key, text, signatures):
        problems.append(
            f"the checkpoint of the log {log} at {size} leaves is not signed by {key}, "
            "the key of that moment"
        )


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
    files: Mapping[str, bytes], logs: Mapping[str, Mapping[int, Any]], problems: list[str]
) -> None:
    """Check that the keys of the package are those that the store's own log names, in order."""
    names = sorted(path for path in files if path.startswith("keys/"))
    notes = [note.encode() for _, _, note in named_keys(logs.get(STORE_LOG, {}))]
    if [files[name] for name in names] != notes:
        problems.append("the keys in keys/ are not those that the store's ledger names")


def rebuild_roots(
    files: Mapping[str, bytes], log: str, size: int, sizes: Sequence[int]
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Return the leaves of a log that are here, and the roots that they lead to, by size."""
    lines = (line.split(b" ", 1) for line in files[f"ledger/{log}/leaves.txt"].splitlines())
    leaves = {int(number): leaf for number, leaf in lines}
    hashes = [base64.b64decode(line) for line in files[f"ledger/{log}/hashes.txt"].splitlines()]
    return leaves, roots_by_size(size, leaves, hashes, frozenset(sizes))


# -- The contents of an evidence package: each line stands in its leaf's file, in the leaves' order 


BASES, EVALUATIONS = "contents/bases.jsonl", "contents/evaluations.jsonl"
KEPT = {BASES, "contents/collections.jsonl", "contents/manifests.jsonl"}
"""The files whose lines are read again; of all others the digest is enough."""
CONTENT_FOLDERS = ("contents/", "evidence/")
MOST_KEPT = 512 << 20
"""Bytes of those files together."""

Leaves = Mapping[int, Mapping[str, Any]]


class Selection(NamedTuple):
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


def is_selected(leaf: Mapping[str, Any], selection: Selection) -> bool:
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
        return BASES if leaf["form"] == "inputs" else pack_file(leaf["digest"])
    forms = {"collection", "manifest", "rejected", "evaluation"}
    return f"contents/{leaf['leaf']}s.jsonl" if leaf["leaf"] in forms else ""


def pack_file(digest: str) -> str:
    """Return the file that holds a rule pack."""
    return f"packs/{digest[len('sha256:') :]}.yaml"


def expected_files(
    logs: Mapping[str, Leaves], selection: Selection
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
    if sum(files.size(name) for name in KEPT if name in files) > MOST_KEPT:
        raise UnreadableBundle(f"collections and manifests have more than {MOST_KEPT} bytes")
    contents = Contents(set(), {})
    homes = {name: file for file, leaves in expected.items() for name in leaves}
    named = {name for name in files if name.startswith((*CONTENT_FOLDERS, "packs/"))}
    for file in sorted(named | set(expected)):
        leaves = expected.get(file, {})

        def keep(name: str, line: bytes, file: str = file) -> None:
            contents.digests.add(name)
            if file in KEPT:
                contents.kept[name] = line

        actual = read_file(files, file, len(leaves), keep)
        problems.extend(compare_lines(file, actual, leaves, erased, homes))
    return contents


def read_file(
    files: Files, file: str, most: int, keep: Callable[[str, bytes], None]
) -> list[str]:
    """Return the digests of a file's contents, and hand each content on; stop where there are
    more than leaves speak of."""
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


# -- Check that nothing was left out of an evidence package: collections, populations and runs -----


COUNTED = ("appended", "tombstones", "rejected")


def check_collections(leaves: Leaves, contents: Mapping[str, bytes], problems: list[str]) -> None:
    """Check what is here of each collection against what it counted when it was made."""
    collections: dict[str, dict[str, Any]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    populations: dict[tuple[str, str], dict[str, str]] = {}
    last = ""
    for leaf in [*leaves.values(), {"leaf": "end"}]:
        current = leaf.get("collection", leaf.get("id") if leaf["leaf"] == "collection" else "")
        if current != last and last in collections:
            check_population(collections[last], populations, problems)
        last = current
        if leaf["leaf"] == "collection":
            collections[current] = json.loads(contents.get(leaf["digest"], b"{}"))
        elif leaf["leaf"] == "version":
            counted[current, "appended" if "digest" in leaf else "tombstones"] += 1
            population = populations.setdefault((leaf["connection"], leaf["kind"]), {})
            population.pop(leaf["key"], None)
            if "digest" in leaf:
                population[leaf["key"]] = leaf["digest"]
        elif leaf["leaf"] == "rejected":
            counted[current, "rejected"] += 1
    problems.extend(wrong_counts(collections, counted))


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
    lines = [f"{key}\0{population[key]}".encode() for key in sorted(population)]
    if root and root != merkle_root(lines):
        problems.append(f"the population after {collection.get('id')} differs from its root")


def check_runs(
    files: Files,
    predicate: Mapping[str, Any],
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check runs against the heads that the store stated after each, collections against runs."""
    stated = [head for leaf in logs.get(STORE_LOG, {}).values() for head in leaf.get("heads", ())]
    for log, leaves in logs.items():
        ends = {head["size"] - 1 for head in stated if head["log"] == log}
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        missing = [end for end in sorted(ends - leaves.keys()) if end < size]
        problems.extend(
            f"leaf {end} of the log {log}, the end of a run, was left out" for end in missing
        )
        problems.extend(
            f"the collection {name} was left out"
            for name in missing_collections(leaves, predicate, contents)
        )


def missing_collections(
    leaves: Leaves, predicate: Mapping[str, Any], contents: Mapping[str, bytes]
) -> Iterator[str]:
    """Yield the ids of collections that the manifests name and the log does not have."""
    present = {leaf.get("id") for leaf in leaves.values() if leaf["leaf"] == "collection"}
    for leaf in leaves.values():
        if leaf["leaf"] != "manifest" or not belongs(leaf, predicate):
            continue
        manifest = json.loads(contents.get(leaf["digest"], b"{}"))
        for collection in manifest.get("collections", ()):
            if (
                collection["kind"] in predicate["kinds"]
                and moment(collection["ended_at"]) >= moment(predicate["since"])
                and collection["id"] not in present
            ):
                yield collection["id"]


# -- Check that the evidence behind the results, and the packs that gave them, are in the package --


def check_results(
    predicate: Mapping[str, Any],
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Check each evaluation: its inputs, its packs, and the evidence behind its results."""
    leaves = logs.get(STORE_LOG, {}).values()
    erased = {leaf["digest"] for leaf in leaves if leaf["leaf"] == "erased"}
    rules = set(predicate["rules"])
    for leaf in leaves:
        if leaf["leaf"] != "evaluation" or leaf["digest"] not in contents:
            continue
        evaluation = json.loads(contents[leaf["digest"]])
        digests = required_digests(evaluation, leaf, rules, logs, contents)
        problems.extend(
            f"the evaluation of {evaluation['evaluated_at']} needs {name}, which is missing"
            for name in sorted(digests - contents.keys() - erased)
        )


def required_digests(
    evaluation: Mapping[str, Any],
    leaf: Mapping[str, Any],
    rules: set[str],
    logs: Mapping[str, Leaves],
    contents: Mapping[str, bytes],
) -> set[str]:
    """Return the digests of everything that an evaluation was made with and is based on."""
    inputs = json.loads(contents.get(leaf.get("inputs", ""), b'{"packs":[]}'))
    digests = {pack["digest"] for pack in [*evaluation["packs"], *inputs["packs"]]}
    digests |= {leaf["inputs"]} if "inputs" in leaf else set()
    return digests | {
        name
        for rule in evaluation["rules"]
        if rule["rule"] in rules
        for result in rule["results"]
        if result["connection"] in logs
        for name in result["evidence_digests"]
    }


# -- JSON that has one reading: no key twice, no number that is none, and one way to write it ------


MOST_DEPTH = 100
"""Brackets that may be open at a time where a document can be anybody's."""


def read_json(data: bytes | str) -> Any:
    """Read JSON text that names no key of an object twice."""
    return json.loads(data, object_pairs_hook=distinct_keys, parse_constant=refuse_constant)


def read_canonical(name: str, data: bytes) -> Any:
    """Read JSON text that is written in the one form that ccm writes."""
    depth = deepest = 0
    for byte in data:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
        if deepest > MOST_DEPTH:
            raise ValueError(f"{name} is nested too deeply")
    value = read_json(data)
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


# -- Roots of Merkle trees, recomputed from leaves and hashes (RFC 9162, section 2.1.1) ------------


def roots_by_size(
    size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes], sizes: Collection[int] = ()
) -> dict[int, bytes]:
    """Return the root that leaves lead to, and those of the tree when it was smaller, by size.

    An earlier size has a root where the last leaf of that tree is here: the complete subtrees that
    the rest of that tree is made of are on the way to it. Where leaves or hashes remain, none has.

    Args:
        size: Of the tree.
        leaves: By their index; not all need be here.
        hashes: Of the subtrees that hold none of them, from the left.
        sizes: Earlier ones.
    """
    indexes, remaining, roots = sorted(leaves, reverse=True), iter(hashes), {}

    def walk(start: int, end: int, before: tuple[bytes, ...]) -> bytes:
        if not (indexes and start <= indexes[-1] < end):
            return next(remaining)
        if end - start == 1:
            leaf = hashlib.sha256(b"\x00" + leaves[indexes.pop()]).digest()
            if end in sizes:
                roots[end] = fold_subtrees((*before, leaf))
            return leaf
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        left_hash = walk(start, middle, before)
        return fold_subtrees((left_hash, walk(middle, end, (*before, left_hash))))

    roots[size] = walk(0, size, ())
    return {} if indexes or next(remaining, None) is not None else roots


def fold_subtrees(hashes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, the largest and leftmost first."""
    root = hashes[-1]
    for left_hash in hashes[-2::-1]:
        root = hashlib.sha256(b"\x01" + left_hash + root).digest()
    return root


def merkle_root(leaves: Sequence[bytes]) -> str:
    """Return the root of a whole tree (RFC 9162, section 2.1.1)."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2])
        parents = [
            hashlib.sha256(b"\x01" + left_hash + right).digest() for left_hash, right in pairs
        ]
        level = parents + level[len(parents) * 2 :]
    return "sha256:" + (level[0] if level else hashlib.sha256(b"").digest()).hex()


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


def read_note(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Split a signed note (C2SP signed-note) into its text, and names with signatures."""
    text, _, rest = data.rpartition(b"\n\n")
    lines = [line.split(" ") for line in rest.decode().splitlines()]
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
