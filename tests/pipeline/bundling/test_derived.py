"""A package proves the rows and verdicts that its evaluations left, and refuses any others."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from forging import ForgedPackage

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.merkle_hash import leaf_hash
from ccm_core.ledger.merkle_tree import MerkleTree
from ccm_core.ledger.multiproof import multiproof

LOG = "firm@derived"
EVIDENCE = f"evidence/{LOG}"
EVALUATIONS = "contents/evaluations.jsonl"


@pytest.fixture
def genuine(whole, old_firm):
    """Return a genuine package in the hands of whoever owns the key."""
    return ForgedPackage(read_archive(str(whole)), old_firm.signer, old_firm.store.ledger)


@pytest.fixture
def problems_of(old_firm, key_of, tmp_path):
    """Return the problems with a forgery that is signed with the store's key."""
    return lambda forged: verify(forged.write(tmp_path / "forged.zip"), key_of(old_firm))[1]


def a_file(forged, form, text=b""):
    """Return the name of a file of rows, or of verdicts, with a text, and the kind of both."""
    names = [name for name in forged.files if name.startswith(f"{EVIDENCE}/{form}/")]
    name = min(name for name in names if text in forged.files[name])
    return name, name.removeprefix(f"{EVIDENCE}/").removesuffix(".jsonl")


def leaves_of(forged, kind):
    """Return the versions of a derived kind that are in the package, by index."""
    lines = (line.split(b" ", 1) for line in forged.files[f"ledger/{LOG}/leaves.txt"].splitlines())
    leaves = {int(number): json.loads(leaf) for number, leaf in lines}
    return {index: leaf for index, leaf in leaves.items() if leaf.get("kind") == kind}


def swap_body(form, old, new):
    """Return what rewrites the first body of its kind that has a text."""

    def forge(forged):
        name, kind = a_file(forged, form, old)
        forged.files[name] = forged.files[name].replace(old, new, 1)
        return kind

    return forge


def leave_out_body(form):
    """Return what leaves out the first body of a kind."""

    def forge(forged):
        name, kind = a_file(forged, form)
        forged.files[name] = forged.files[name].partition(b"\n")[2]
        return kind

    return forge


def leave_out_version(form):
    """Return what leaves out a version that nothing follows, and its body where it is its own."""

    def forge(forged):
        _, kind = a_file(forged, form)
        ends = {leaf["key"]: index for index, leaf in leaves_of(forged, kind).items()}
        key = min(ends)
        forged.leave_out(LOG, lambda leaf: (leaf.get("kind"), leaf.get("key")) == (kind, key))
        return kind

    return forge


def move_verdict(forged):
    """Put the name of another subject into a leaf."""
    _, kind = a_file(forged, "verdicts")
    first, second, *_ = (leaf["key"] for leaf in leaves_of(forged, kind).values())
    old, new = (f'"key":"{key}","kind":"{kind}"'.encode() for key in (first, second))
    forged.replace(f"ledger/{LOG}/leaves.txt", old, new)
    return LOG


def truncate(forged):
    """Hand over the log as it was after the first evaluation, with its genuine checkpoint."""
    heads = [
        head
        for leaf in map(json.loads, (line.split(b" ", 1)[1] for line in store_lines(forged)))
        for head in leaf.get("heads", ())
        if head["log"] == LOG
    ]
    size = heads[0]["size"]
    hashes = [leaf_hash(leaf) for _, leaf in forged.ledger.lines(LOG, range(size))]
    folder = f"ledger/{LOG}"
    lines = forged.files[f"{folder}/leaves.txt"].splitlines(keepends=True)
    kept = [line for line in lines if int(line.split(b" ")[0]) < size]
    indexes = [int(line.split(b" ")[0]) for line in kept]
    origin = forged.files[f"{folder}/checkpoint.txt"].decode().split("\n")[0]
    checkpoint = Checkpoint(origin=origin, size=size, root=MerkleTree.of(hashes).root)
    note = signed_note.sign(checkpoint.text, origin.split("/firm")[0], forged.signer)
    parts = multiproof(hashes, size, indexes)
    forged.files[f"{folder}/checkpoint.txt"] = note.encode()
    forged.files[f"{folder}/leaves.txt"] = b"".join(kept)
    forged.files[f"{folder}/hashes.txt"] = b"".join(
        signed_note.encoded(part).encode() + b"\n" for part in parts
    )
    for entry in forged.predicate["checkpoints"]:
        if entry["log"] == LOG:
            entry.update(size=size, checkpoint=note)
    return LOG


def store_lines(forged):
    """Return the lines of the leaves of the store's own log."""
    return forged.files["ledger/@store/leaves.txt"].splitlines()


def restate(old, new):
    """Return what rewrites what the evaluations state."""

    def forge(forged):
        assert old in forged.files[EVALUATIONS]
        forged.files[EVALUATIONS] = forged.files[EVALUATIONS].replace(old, new, 1)
        return EVALUATIONS

    return forge


def without_log(forged):
    """Leave out all rows and verdicts."""
    for name in [name for name in forged.files if LOG in name]:
        del forged.files[name]
    forged.predicate["checkpoints"] = [
        entry for entry in forged.predicate["checkpoints"] if entry["log"] != LOG
    ]
    return LOG


FORGERIES = {
    "a verdict is another one": (
        swap_body("verdicts", b'"status":"fail"', b'"status":"pass"'),
        "is missing, or another one is in its place",
    ),
    "a row is another one": (
        swap_body("rows", b'"final":', b'"final": '),
        "is missing, or another one is in its place",
    ),
    "a verdict is not there": (leave_out_body("verdicts"), "is missing, or another one"),
    "a row is not there": (leave_out_body("rows"), "is missing, or another one"),
    "a verdict and its leaves are left out": (
        leave_out_version("verdicts"),
        "left another population of verdicts/",
    ),
    "a row and its leaves are left out": (
        leave_out_version("rows"),
        "left another population of rows/",
    ),
    "a verdict is moved to another subject": (move_verdict, "do not lead to its signed checkpoint"),
    "the log is truncated": (truncate, "are proven: it was truncated"),
    "the log is not there": (without_log, "of which 0 are proven: it was truncated"),
    "a root is another one": (restate(b'"root":"sha256:', b'"root":"sha257:'), "has a line that"),
    "a count is another one": (restate(b'"failed":', b'"failed":1'), "has a line that"),
    "a waiver is another one": (restate(b'"waived":{', b'"waived":{"x":{},'), "has a line that"),
}


@pytest.mark.attack(
    "Evidence packages",
    "The owner of the key swaps, leaves out, moves or truncates the rows and verdicts of a "
    "package, or what its evaluations state of them, and signs it again",
    "The package is refused, and the problem names the connection and the kind",
)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_other_rows_and_verdicts_than_the_evaluations_left_are_refused(
    genuine, problems_of, forgery
):
    """Over a genuine ledger, of which its reader knows the checkpoint."""
    forge, text = FORGERIES[forgery]
    place = forge(genuine)
    problems = problems_of(genuine)
    assert any(text in problem and place in problem for problem in problems), problems


def test_bodies_that_are_wrong_are_named_with_their_subject(genuine, problems_of):
    """A reader can look for it."""
    kind = swap_body("verdicts", b'"status":"fail"', b'"status":"pass"')(genuine)
    keys = {leaf["key"] for leaf in leaves_of(genuine, kind).values()}
    (problem,) = [text for text in problems_of(genuine) if "is missing, or another" in text]
    assert problem.startswith(f"{kind} of firm: the body ")
    assert any(f" of {key} is missing" in problem for key in keys)


def test_a_package_holds_what_counts_of_rows_and_verdicts(genuine, old_firm):
    """Each body once, those of the rules of its controls alone, and fewer leaves than the log."""
    kinds = {name.removeprefix(f"{EVIDENCE}/") for name in genuine.files if EVIDENCE in name}
    every = {leaf.get("kind") for _, leaf in old_firm.store.ledger.leaves(LOG)}
    assert {kind.removesuffix(".jsonl") for kind in kinds} < every
    for name in (name for name in genuine.files if EVIDENCE in name):
        bodies = genuine.files[name].splitlines()
        assert len(bodies) == len(set(bodies))


def test_the_exceptions_are_those_of_the_whole_evaluations(genuine, old_firm):
    """With the results on every subject put back, by which nothing of the package was made."""
    assurance = json.loads(genuine.files["assurance.json"])
    (control,) = assurance["controls"]
    begin, end = (datetime.fromisoformat(assurance[name]) for name in ("since", "until"))
    unseen = {month["month"] for month in control["partial_months"]}
    failing = {}
    for _, evaluation in old_firm.store.evaluations.between():
        for rule in (rule for rule in evaluation.rules if rule.rule in control["rules"]):
            for result in rule.results if rule.status not in ("pass", "not_applicable") else ():
                # What occurred belongs to its period, and a share to a month that was seen whole.
                at, kind = result.occurred_at, result.subject.kind
                is_of_period = at is None or begin <= at < end
                if kind == "population":
                    is_of_period = result.subject.key in {f"{begin:%Y-%m}"} - unseen
                if result.status == "fail" and is_of_period:
                    key = (rule.rule, result.subject.kind, result.subject.key)
                    failing.setdefault(key, []).append(result)
    assert {
        (entry["rule"], entry["subject"]["kind"], entry["subject"]["key"]): (
            entry["evaluations"],
            entry["waived"],
        )
        for entry in control["exceptions"]
    } == {
        key: (len(results), all(result.waiver for result in results))
        for key, results in failing.items()
    }


def test_evaluations_of_both_forms_are_in_one_package(firm, write_bundle, key_of, tmp_path):
    """One by change, and one as of a moment of the past, which holds its results."""
    firm.evaluate()
    moment = firm.now
    firm.now = moment.replace(day=moment.day + 1)
    firm.collect()
    firm.evaluate()
    firm.evaluate_as_of(moment.replace(minute=30))
    write_bundle(firm, tmp_path / "b.zip")
    assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []
