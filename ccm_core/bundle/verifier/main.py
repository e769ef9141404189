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

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ccm_core.bundle.verifier.archive import Files, UnreadableBundle, read_archive
from ccm_core.bundle.verifier.bounds import LIMITS, BoundExceeded, Limits
from ccm_core.bundle.verifier.completeness import (
    check_collections,
    check_runs,
    describe_earlier,
    missing_needs,
)
from ccm_core.bundle.verifier.contents import (
    BASES,
    EVALUATIONS,
    Contents,
    Leaves,
    content_lines,
    digest,
    expected_files,
    leaf_labels,
    moment,
    read_contents,
)
from ccm_core.bundle.verifier.derived.derived_history import DerivedHistory
from ccm_core.bundle.verifier.derived.derived_log import DERIVED, derived_need
from ccm_core.bundle.verifier.derived_package import package_logs
from ccm_core.bundle.verifier.erasures import describe_erasures
from ccm_core.bundle.verifier.evaluations import History, empty_history, read_evaluations
from ccm_core.bundle.verifier.package import Package, derived_files, newest_moment
from ccm_core.bundle.verifier.pages.page_files import (
    MadeFile,
    first_difference,
    readable_files,
    sha256_of,
)
from ccm_core.bundle.verifier.populations import (
    last_collections,
    unread_populations,
    whole_collections,
)
from ccm_core.bundle.verifier.proofs.log_checks import (
    STORE_LOG,
    check_named_keys,
    read_logs,
    signer_of,
)
from ccm_core.bundle.verifier.proofs.signed_note import read_key
from ccm_core.bundle.verifier.run_seals import describe_unshown, unread_runs
from ccm_core.bundle.verifier.scope import (
    period_bounds,
    period_evaluations,
    read_scope,
    scope_inputs,
)
from ccm_core.bundle.verifier.statement import (
    STATEMENT,
    VERIFIER,
    check_predicate,
    read_statement,
    trusted_keys,
)
from ccm_core.bundle.verifier.strict_json import read_json


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


def write_report(folder: Path, checked: PackageVerification) -> str:
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


class PackageVerification(NamedTuple):
    """What verifying a package showed."""

    facts: list[str]
    """What the package states of itself, proven where there is no problem."""
    erased: list[str]
    """Which of its evidence was erased by order, and how many results rest on that."""
    unproven: list[str]
    """What is in the package and is not proven."""
    problems: list[str]
    exceeded: list[BoundExceeded]
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
    path: str, key: str | None = None, limits: Limits | None = None
) -> tuple[list[str], list[str]]:
    """Verify a package; return what it states of itself, and every problem."""
    checked = verify_package(path, key, limits=limits)
    return [*checked.facts, *checked.erased], checked.problems


def verify_package(
    path: str, key: str | None = None, verifier: bytes = b"", limits: Limits | None = None
) -> PackageVerification:
    """Verify a package.

    Args:
        path: The file.
        key: The public key that is trusted, as ``name+id+base64``; None: whatever key is in it.
        verifier: The published verifier that is running; the one in the package should be the same.
        limits: How much is read of it; None: what everybody reads.
    """
    checked = PackageVerification([], [], [], [], [], {})
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
    except UnreadableBundle as error:
        problems.append(str(error))
    except BoundExceeded as error:
        checked.exceeded.append(error)
        problems.append(str(error))
    except KeyError as error:
        problems.append(f"{error} is missing")
    except Exception as error:  # noqa: BLE001 - whatever a forged file brings about is a problem
        problems.append(f"this is not an evidence package ({type(error).__name__}: {error})")
    return checked


def read_package(files: Files, predicate: Mapping[str, Any], logs: Mapping[str, Leaves]) -> Package:
    """Read which rules and kinds the package is of, from the inputs that leaves name."""
    bounds = period_bounds(predicate["period"])
    store_log = logs[STORE_LOG]
    names = scope_inputs(store_log, period_evaluations(store_log, *bounds))
    lines = files.lines(BASES) if BASES in files else ()
    inputs = {digest(line): line for line in lines if digest(line) in names}
    if names - inputs.keys():
        raise UnreadableBundle(f"the inputs {min(names - inputs.keys())} are missing: {BASES}")
    scope = read_scope(read_json(inputs[name], f"the inputs {name}") for name in sorted(names))
    controls = sorted(set(predicate["controls"]) & scope.needs.keys())
    if not controls:
        raise UnreadableBundle("the statement names no control that the evaluations tested")
    newest = newest_moment(logs, bounds[0])
    assessed = max(moment(predicate["assessed_until"]), min(newest, bounds[1]))
    evaluations = period_evaluations(store_log, *bounds)
    documents = scope_documents(files, evaluations)
    need = derived_need(store_log, evaluations, documents, scope.rules(controls))
    return Package(predicate["period"], min(assessed, bounds[1]), controls, logs, scope, need)


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
    package: Package,
    key: str,
    checked: PackageVerification,
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


def read_history(files: Files, package: Package, problems: list[str]) -> History:
    """Read what the evaluations state; rows and verdicts are not in memory any longer than that."""
    history, reading = empty_history(), package.reading
    derived_logs = package_logs(files, package)
    reader = DerivedHistory(package.derived, reading, derived_logs, history, problems)
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
            raise UnreadableBundle(f"{EVALUATIONS} has a line that no leaf of the period names")
        if index <= last:
            raise UnreadableBundle(
                f"the lines of {EVALUATIONS} are not those of its leaves, each once and in their "
                "order"
            )
        last = index
        yield index, evaluations[index], line


def wrong_files(files: Files, package: Package, derived: Mapping[str, MadeFile]) -> Iterator[str]:
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
    contents: Contents,
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
