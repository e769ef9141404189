"""Every damage to a bundle is a problem, whoever did it and whatever they signed again."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import pytest
from forging import ForgedPackage
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.bundle.attestation import envelope
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify
from ccm_core.bundle.verifier.proofs.merkle import roots_by_size
from ccm_core.bundle.verifier.strict_json import write_json
from ccm_core.ledger import signed_note
from ccm_core.ledger.key_history import key_note


@settings(max_examples=60)
@given(st.data())
def test_one_changed_byte_is_a_problem_or_changes_no_file(whole, tmp_path_factory, data):
    """Wherever it is: else every file that a reader gets out is what it was, to the byte."""
    content = bytearray(whole.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.zip"
    path.write_bytes(bytes(content))
    _, problems = verify(str(path))
    if not problems:
        assert read_archive(str(path)) == read_archive(str(whole))


def drop(name):
    """Remove a file."""
    return lambda files: files.pop(name)


def line(name, change):
    """Change the lines of a file."""

    def spoil(files):
        files[name] = b"".join(change(files[name].splitlines(keepends=True)))

    return spoil


INCIDENTS = "evidence/firm/pagerduty.incident.jsonl"
LEAVES = "ledger/firm/leaves.txt"
DAMAGE = [
    pytest.param(drop(INCIDENTS), f"{INCIDENTS} was removed", id="a file removed"),
    pytest.param(
        lambda files: files.update({"evidence/firm/x.jsonl": b"{}\n"}),
        "evidence/firm/x.jsonl was added",
        id="a file added",
    ),
    pytest.param(
        line(INCIDENTS, lambda lines: [lines[0].replace(b"high", b"low"), *lines[1:]]),
        "was changed",
        id="a record changed",
    ),
    pytest.param(
        line("verify.py", lambda lines: [*lines, b"# trust me\n"]),
        "verify.py was changed",
        id="the verifier changed",
    ),
    pytest.param(drop("statement.json"), "'statement.json' is missing", id="no statement"),
    pytest.param(drop("keys/0001.txt"), "no public key", id="no key"),
    pytest.param(drop("ledger/firm/hashes.txt"), "hashes.txt", id="no hashes"),
]


@pytest.mark.parametrize(("change", "text"), DAMAGE)
def test_damage_to_a_bundle_is_a_problem(spoiled, change, text):
    """By whoever has no key at all."""
    _, problems = verify(spoiled(change))
    assert any(text in problem for problem in problems), problems


INSIDE = [
    pytest.param(
        line(INCIDENTS, lambda lines: lines[1:]),
        "is missing: version pagerduty.incident",
        id="a record left out",
    ),
    pytest.param(
        line(INCIDENTS, lambda lines: [*lines, b'{"id":"MADE UP"}\n']),
        "no leaf of the ledger names the content of line",
        id="a record made up",
    ),
    pytest.param(
        line(LEAVES, lambda lines: lines[1:]),
        "leaves of the log firm do not lead to its signed checkpoint",
        id="a leaf left out",
    ),
    pytest.param(
        line(LEAVES, lambda lines: [lines[0].replace(b"2026", b"2025"), *lines[1:]]),
        "leaves of the log firm do not lead to its signed checkpoint",
        id="a leaf changed",
    ),
    pytest.param(
        line("contents/evaluations.jsonl", lambda lines: lines[:1]),
        "is missing: evaluation",
        id="an evaluation left out",
    ),
    pytest.param(
        lambda files: files.pop(next(name for name in files if name.startswith("packs/"))),
        "needs sha256:",
        id="a pack left out",
    ),
]


@pytest.mark.parametrize(("change", "text"), INSIDE)
def test_omissions_by_somebody_with_the_key_are_problems(
    resigned, key_of, old_firm, spoiled, change, text
):
    """The statement can be signed anew; the signed heads of the ledger still tell."""

    def spoil(files):
        change(files)
        resigned(files, old_firm.signer)

    _, problems = verify(spoiled(spoil), key_of(old_firm))
    assert any(text in problem for problem in problems), problems


LEFT_OUT = [
    pytest.param(
        "@store",
        lambda leaf: leaf["leaf"] == "evaluation" and leaf["evaluated_at"] > "2026-08-04",
        "leaves of the store's own log were left out",
        id="the last evaluation",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf["leaf"] == "version" and leaf["kind"] == "pagerduty.service",
        "appended, got 0",
        id="every service",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf["leaf"] == "version" and "digest" not in leaf,
        "tombstones, got 0",
        id="that something vanished",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf["leaf"] == "manifest",
        "the end of a run, was left out",
        id="a run's manifest",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf.get("kind") == "pagerduty.service",
        "was left out",
        id="every collection of services",
    ),
]


@pytest.mark.parametrize(("log", "removed", "text"), LEFT_OUT)
def test_omissions_with_a_right_proof_of_the_rest_are_problems(
    key_of, old_firm, whole, tmp_path, log, removed, text
):
    """Even with the key and a right proof: what was kept says how much of it there was."""
    forged = ForgedPackage(read_archive(str(whole)), old_firm.signer, old_firm.store.ledger)
    forged.leave_out(log, removed)
    _, problems = verify(forged.write(tmp_path / "forged.zip"), key_of(old_firm))
    assert any(text in problem for problem in problems), problems


def test_a_bundle_of_another_version_is_refused(old_firm, spoiled):
    """A newer ccm may write one; what this verifier does not know it does not vouch for."""

    def spoil(files):
        payload = json.loads(b64decode(json.loads(files["statement.json"])["payload"]))
        payload["predicateType"] = "urn:ccm:bundle:v2"
        files["statement.json"] = envelope(write_json(payload), old_firm.signer)

    (problem,) = verify(spoiled(spoil))[1]
    assert problem == (
        "statement.json: expected urn:ccm:bundle:v1, got urn:ccm:bundle:v2; "
        "take the verifier of a newer ccm-core"
    )


def test_another_signing_key_is_a_problem_for_whoever_has_the_right_one(
    resigned, key_of, old_firm, spoiled
):
    """Even where all of it was signed anew, and the keys are those of the forged ledger."""
    forger = type(old_firm.signer)(seed=2)

    def forge(files):
        name = old_firm.store.ledger.head().origin
        files["keys/0001.txt"] = key_note(name, forger, old_firm.now).encode()
        for log in ("@store", "firm"):
            path = f"ledger/{log}/checkpoint.txt"
            text = signed_note.read(files[path]).text
            files[path] = signed_note.sign(text, name, forger).encode()
        resigned(files, forger)

    path = spoiled(forge)
    assert any("ledger names" in problem for problem in verify(path)[1])
    problems = verify(path, key_of(old_firm))[1]
    assert problems[0].startswith("the package was signed with another key")


def headed(files, log, signer, leaves):
    """Write another signed head of a log, over the leaves and hashes that there are."""
    path = f"ledger/{log}/checkpoint.txt"
    origin, _, _ = signed_note.read(files[path]).text.splitlines()
    leaf_by_index = {
        int(number): leaf for number, leaf in (line_.split(b" ", 1) for line_ in leaves)
    }
    hashes = [
        signed_note.decoded(line_.decode())
        for line_ in files[f"ledger/{log}/hashes.txt"].splitlines()
    ]
    size = max(leaf_by_index) + 1
    root = signed_note.encoded(roots_by_size(size, sorted(leaf_by_index.items()), hashes)[size])
    files[f"ledger/{log}/leaves.txt"] = b"".join(line_ + b"\n" for line_ in leaves)
    name = origin.removesuffix(f"/{log}")
    files[path] = signed_note.sign(f"{origin}\n{size}\n{root}\n", name, signer).encode()
    return {"log": log, "size": size, "root": root}


def test_a_rewritten_history_is_a_problem(old_firm, spoiled, resigned, key_of):
    """With the key, and a new head that is stated as it should be: the older heads still tell."""

    def rewrite(files):
        leaves = files[LEAVES].splitlines()
        at = next(n for n, leaf in enumerate(leaves) if b'"leaf":"version"' in leaf)
        leaves[at] = re.sub(
            rb'"observed_at":"[^"]*"', b'"observed_at":"2026-01-01T00:00:00Z"', leaves[at]
        )
        head = headed(files, "firm", old_firm.signer, leaves)
        own = files["ledger/@store/leaves.txt"].splitlines()
        stated = {"leaf": "heads", "heads": [head], "signed": True}
        own.append(b"%d %s" % (len(own), json.dumps(stated).encode()))
        headed(files, "@store", old_firm.signer, own)
        resigned(files, old_firm.signer)

    _, problems = verify(spoiled(rewrite), key_of(old_firm))
    assert any("leaves of the log firm were rewritten" in problem for problem in problems)
