"""Verify a bundle of evidence. Needs Python 3.9 and nothing else: no network, no account.

    python3 verify.py BUNDLE.zip [KEY]

KEY is the public key that you were given by another way than this bundle, or a file that holds it.
Without it the bundle is only shown to agree with itself, and the key that signed it is printed.
Take this file from somewhere you trust, such as ccm_core/bundle/verifier/verify.py of ccm-core: a
bundle that was changed may hold a verifier that was changed.

1. The archive is plain: no name twice, none that leads out of a folder, no more than fits.
2. The statement (in-toto, in a DSSE envelope) is signed, and names every file with its digest.
3. Each key of the store was handed over by the one before it.
4. The leaves of each log lead to its signed head (Merkle trees of RFC 9162): none is forged. They
   lead to every head that was stated before as well: nothing was written anew.
5. All contents have the digests that leaves say; none is missing that was not erased by order.
6. Nothing was left out: each collection has what it counted, each population has its root, each
   run has its collections, and the store stated its heads after every run and evaluation.
7. What the results rest on, and the packs that gave them, are here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ccm_core.bundle.verifier.ed25519 import holds
from ccm_core.bundle.verifier.log_checks import OWN, read_logs
from ccm_core.bundle.verifier.merkle import merkle
from ccm_core.bundle.verifier.signed_note import note, public, signed_by

MOST_FILES = 20_000
MOST_BYTES = 4 << 30
MOST_RATIO = 200
STATEMENT, VERIFIER = "statement.json", "verify.py"
CONTENTS = ("contents/", "evidence/")
PAYLOAD, FORM = "application/vnd.in-toto+json", "urn:ccm:bundle:v1"
SPEAKING = {"version", "collection", "manifest", "rejected", "evaluation", "document"}
"""The forms of leaves that speak of a content by its digest."""

Files = Mapping[str, bytes]
Leaves = Mapping[int, Mapping[str, Any]]


class Refused(Exception):
    """The bundle cannot be read any further."""


def main(arguments: Sequence[str]) -> int:
    """Verify the bundle that is named; 0 where it holds, 5 where it does not, 2 for misuse."""
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
    print("\n".join([*facts, *(f"NOT AS IT WAS: {problem}" for problem in problems)]))
    print(f"{arguments[0]}: {f'{len(problems)} problems' if problems else 'holds'}")
    return 5 if problems else 0


def verify(path: str, key: str | None = None) -> tuple[list[str], list[str]]:
    """Verify a bundle; give what it says of itself, and everything that is wrong with it.

    Args:
        path: The file.
        key: The public key that is trusted, as ``name+id+base64``; None: whatever is in it.
    """
    facts: list[str] = []
    problems: list[str] = []
    try:
        files = read_archive(path)
        keys = trusted(files, key, problems)
        statement = read_statement(files, keys, problems)
        logs = read_logs(files, keys, problems)
        about = statement["predicate"]
        known = read_contents(files, logs, about, problems)
        for leaves in logs.values():
            check_collections(leaves, known, problems)
        check_runs(files, about, logs, known, problems)
        check_results(about, logs, known, problems)
        facts.extend(described(about, keys[-1], logs, known))
        if key is None:
            facts.append("compare that key with the one that you were given by another way")
    except Refused as error:
        problems.append(str(error))
    except KeyError as error:
        problems.append(f"{error} is not there")
    except Exception as error:  # noqa: BLE001 - whatever a forged file brings about is a finding
        problems.append(f"it is not in the form of a bundle ({type(error).__name__}: {error})")
    return facts, problems


# -- 1: the archive ----------------------------------------------------------------------------


def read_archive(path: str) -> Files:
    """Read every file of the archive into memory; nothing is written anywhere."""
    files = {}
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, archive.infolist())
            for one in archive.infolist():
                with archive.open(one) as stream:
                    files[one.filename] = stream.read(one.file_size + 1)
                if len(files[one.filename]) != one.file_size:
                    raise Refused(f"{one.filename} has not as many bytes as it says")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise Refused(f"the archive is damaged: {error}") from error
    return files


def check_members(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse names that clash or climb, and more than fits, before anything is unpacked."""
    for name, count in Counter(one.filename for one in members).items():
        if count > 1:
            raise Refused(f"{name!r} is in the archive {count} times")
        parts = set(name.split("/"))
        if not name.isprintable() or "\\" in name or ":" in name or {"", ".", ".."} & parts:
            raise Refused(f"{name!r} is no name for a file in a bundle: it may lead out of it")
    size = sum(one.file_size for one in members)
    packed = sum(one.compress_size for one in members)
    bomb = size > MOST_RATIO * packed + (1 << 26)
    if bomb or len(members) > MOST_FILES or size > MOST_BYTES:
        raise Refused(f"it would unpack to {len(members)} files of {size} bytes, which is too much")
    if archive.comment or min((one.header_offset for one in members), default=0) != 0:
        raise Refused("the archive holds something beside its files")


# -- 2: the statement --------------------------------------------------------------------------


def read_statement(files: Files, keys: Sequence[str], problems: list[str]) -> dict[str, Any]:
    """Check the signed statement against the files, and give it."""
    envelope = json.loads(files[STATEMENT])
    payload = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"]
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
    good = any(holds(public(key), signed, one) for key in keys for one in signatures)
    if kind != PAYLOAD or not good:
        problems.append(f"{STATEMENT} bears no signature of the store's keys that holds")
    statement: dict[str, Any] = json.loads(payload)
    if statement["predicateType"] != FORM:
        raise Refused(f"it is {statement['predicateType']}, and this verifier knows {FORM}")
    named = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    for name in sorted(named.keys() | files.keys() - {STATEMENT}):
        if name not in files:
            problems.append(f"{name} was removed: the statement names it")
        elif name not in named:
            problems.append(f"{name} was added: the statement does not name it")
        elif hashlib.sha256(files[name]).hexdigest() != named[name]:
            problems.append(f"{name} was changed: it has another digest than the statement says")
    return statement


# -- 3: keys -----------------------------------------------------------------------------------


def trusted(files: Files, key: str | None, problems: list[str]) -> list[str]:
    """Give the keys of the store that hang together by hand-overs, and with the key given."""
    chains: list[list[str]] = []
    for name in sorted(one for one in files if one.startswith("keys/")):
        text, signatures = note(files[name])
        said = text.decode().split("\n")
        if said[0] != "ccm signing key" or not signed_by(said[1], text, signatures):
            raise Refused(f"{name} is not signed by the key that it names")
        before = said[3][len("replaces ") :] if said[3] else None
        last = chains[-1][-1] if chains else None
        if before != last:
            problems.append(f"{name} does not follow on the key before it")
        if before is None or not signed_by(before, text, signatures):
            chains.append([])
        chains[-1].append(said[1])
    if not chains:
        raise Refused("it holds no public key")
    if key is None:
        return chains[-1]
    for chain in chains:
        if key in chain:
            return chain
    problems.append(f"it was signed by a foreign key: {chains[-1][-1]} and not {key}")
    return chains[-1]


def read_key(text: str) -> str:
    """Give the public key of a text, of a file with it, or of a signed head that is in a file."""
    if "+" not in text:
        with open(text, encoding="utf-8") as file:
            text = file.read()
    found = [one for one in text.split() if one.count("+") >= 2]
    if not found:
        raise ValueError("the key is no name+id+base64")
    public(found[0])
    return found[0]


# -- 5: contents -------------------------------------------------------------------------------


def read_contents(
    files: Files, logs: Mapping[str, Leaves], about: Mapping[str, Any], problems: list[str]
) -> dict[str, bytes]:
    """Hold contents and leaves against each other; give the contents by digest."""
    places = {digest(data): (where, data) for where, data in contents(files)}
    every = [leaf for leaves in logs.values() for leaf in leaves.values()]
    erased = {leaf["digest"] for leaf in every if leaf["leaf"] == "erased"}
    spoken = {one["digest"]: one for one in every if one["leaf"] in SPEAKING and "digest" in one}
    for name, leaf in spoken.items():
        if name not in places and name not in erased and due(leaf, about):
            what = " ".join(str(leaf[key]) for key in ("kind", "key", "id", "run") if key in leaf)
            problems.append(f"the content {name} of a {leaf['leaf']} {what} is not there")
    for name, (where, _) in places.items():
        if name not in spoken:
            problems.append(f"no leaf of the ledger speaks of {where}")
    return {name: data for name, (_, data) in places.items()}


def due(leaf: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
    """Say whether the content of a leaf belongs into the bundle: all but that of another time."""
    if leaf["leaf"] == "document":
        return False  # whatever evaluations name is asked for in step 7
    key = {"evaluation": "evaluated_at", "manifest": "ended_at"}.get(leaf["leaf"])
    at = leaf[key] if key else about["since"]
    return moment(about["since"]) <= moment(at) < moment(about["until"])


def moment(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def contents(files: Files) -> Iterator[tuple[str, bytes]]:
    """Give each content with its place: a line of a file, or a whole rule pack."""
    for name, data in files.items():
        if name.startswith("packs/"):
            yield name, data
        elif name.startswith(CONTENTS):
            for number, line in enumerate(data.split(b"\n")[:-1], 1):
                yield f"line {number} of {name}", line


def digest(data: bytes) -> str:
    """Give the digest of bytes as it is written everywhere."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


# -- 6: nothing was left out -------------------------------------------------------------------


def check_collections(leaves: Leaves, known: Mapping[str, bytes], problems: list[str]) -> None:
    """Hold what is here of each collection against what it counted when it was made."""
    told: dict[str, dict[str, Any]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    standing: dict[tuple[str, str], dict[str, str]] = {}
    last = ""
    for leaf in [*leaves.values(), {"leaf": "end"}]:
        of = leaf.get("collection", leaf.get("id") if leaf["leaf"] == "collection" else "")
        if of != last and last in told:
            check_population(told[last], standing, problems)
        last = of
        if leaf["leaf"] == "collection":
            told[of] = json.loads(known.get(leaf["digest"], b"{}"))
        elif leaf["leaf"] == "version":
            counted[of, "appended" if "digest" in leaf else "tombstones"] += 1
            population = standing.setdefault((leaf["connection"], leaf["kind"]), {})
            population.pop(leaf["key"], None)
            if "digest" in leaf:
                population[leaf["key"]] = leaf["digest"]
        elif leaf["leaf"] == "rejected":
            counted[of, "rejected"] += 1
    for name, collection in told.items():
        for what in ("appended", "tombstones", "rejected"):
            said, here = collection.get("counts", {}).get(what), counted[name, what]
            if said != here:
                problems.append(f"the collection {name} counted {said} {what}; here are {here}")


def check_population(
    collection: Mapping[str, Any], standing: Mapping[tuple[str, str], Any], problems: list[str]
) -> None:
    """Hold the population after a collection against the root that it stated."""
    about = str(collection.get("connection")), str(collection.get("kind"))
    population, root = standing.get(about, {}), collection.get("population_root")
    if root and root != merkle(
        [f"{key}\0{population[key]}".encode() for key in sorted(population)]
    ):
        problems.append(f"the population after {collection.get('id')} is not what it was")


def check_runs(
    files: Files,
    about: Mapping[str, Any],
    logs: Mapping[str, Leaves],
    known: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Hold runs against the heads that the store stated after each, collections against runs."""
    stated = [head for leaf in logs.get(OWN, {}).values() for head in leaf.get("heads", ())]
    for log, leaves in logs.items():
        ends = {head["size"] - 1 for head in stated if head["log"] == log}
        size = int(files[f"ledger/{log}/checkpoint.txt"].split(b"\n")[1])
        gone = [end for end in sorted(ends - leaves.keys()) if end < size]
        problems.extend(f"leaf {end} of the log {log} ended a run, was left out" for end in gone)
        there = {leaf.get("id") for leaf in leaves.values() if leaf["leaf"] == "collection"}
        for leaf in leaves.values():
            if leaf["leaf"] == "manifest" and due(leaf, about):
                made = json.loads(known.get(leaf["digest"], b"{}")).get("collections", ())
                problems.extend(
                    f"the collection {one['id']} was left out"
                    for one in made
                    if one["kind"] in about["kinds"]
                    and moment(one["ended_at"]) >= moment(about["since"])
                    and one["id"] not in there
                )


# -- 7: results --------------------------------------------------------------------------------


def check_results(
    about: Mapping[str, Any],
    logs: Mapping[str, Leaves],
    known: Mapping[str, bytes],
    problems: list[str],
) -> None:
    """Hold each evaluation to its basis, its packs, and what the results rest on."""
    leaves = logs.get(OWN, {}).values()
    erased = {leaf["digest"] for leaf in leaves if leaf["leaf"] == "erased"}
    rules = set(about["rules"])
    for leaf in leaves:
        if leaf["leaf"] != "evaluation" or leaf["digest"] not in known:
            continue
        said = json.loads(known[leaf["digest"]])
        basis = json.loads(known.get(leaf.get("basis", ""), b'{"packs":[]}'))
        wanted = {one["digest"] for one in [*said["packs"], *basis["packs"]]}
        wanted |= {leaf["basis"]} if "basis" in leaf else set()
        wanted |= {
            name
            for rule in said["rules"]
            if rule["rule"] in rules
            for result in rule["results"]
            if result["connection"] in logs
            for name in result["rests_on"]
        }
        missing = sorted(wanted - known.keys() - erased)
        it = f"the evaluation of {said['evaluated_at']}"
        problems.extend(f"{it} rests on {name}, which is not there" for name in missing)


def described(
    about: Mapping[str, Any], key: str, logs: Mapping[str, Leaves], known: Mapping[str, bytes]
) -> Iterator[str]:
    """Say what the bundle is of, how much of it is proven, and by which key."""
    yield f"evidence from {about['since']} up to {about['until']}: {', '.join(about['controls'])}"
    proven = sum(map(len, logs.values()))
    yield f"{proven} leaves of {len(logs)} logs lead to signed heads, {len(known)} contents fit"
    yield f"signed by {key}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
