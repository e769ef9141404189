"""Whoever owns the key and a genuine ledger forges a package; its reader knows the checkpoint."""

from __future__ import annotations

import subprocess
import sys

import pytest
from forging import ForgedPackage

from ccm_core.bundle.compare_pins import compare_with_pins
from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify
from ccm_core.ledger.checkpoint import PinnedCheckpoint

pytestmark = pytest.mark.no_cover  # its lines are covered by others

INCIDENTS = "evidence/firm/pagerduty.incident.jsonl"
SERVICES = "evidence/firm/pagerduty.service.jsonl"
EVALUATIONS = "contents/evaluations.jsonl"
LEAVES = "ledger/firm/leaves.txt"


@pytest.fixture
def genuine(whole, old_firm):
    """Return a genuine package in the hands of whoever owns the key."""
    return ForgedPackage(read_archive(str(whole)), old_firm.signer, old_firm.store.ledger)


@pytest.fixture
def problems_of(old_firm, key_of, tmp_path):
    """Return the problems that `ccm verify` and the published verifier have with a forgery."""

    def find(forged, path=None):
        path = path or forged.write(tmp_path / "forged.zip")
        (tmp_path / "trusted.py").write_bytes(published_verifier())
        published = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
            [sys.executable, "-I", "-S", "trusted.py", path, key_of(old_firm)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        _, problems = verify(path, key_of(old_firm))
        assert (published.returncode, published.stderr) == (5 if problems else 0, "")
        assert all(f"PROBLEM: {problem}" in published.stdout for problem in problems)
        return problems

    return find


def test_a_package_that_is_only_signed_again_verifies(genuine, old_firm, problems_of, whole):
    """So it is not the new signature that gives the forgeries away; the pin matches as well."""
    assert problems_of(genuine) == []
    pin = PinnedCheckpoint(name="pin", note=old_firm.store.ledger.signed_head())
    assert compare_with_pins(read_archive(str(whole)), [pin]).pins == 1


def conclusions(forged):
    """Rewrite the page and what it was made of, so that both agree."""
    for name in ("index.html", "assurance.json"):
        forged.files[name] = b"all controls operated effectively\n"


def state(**fields):
    """Change what the statement says."""
    return lambda forged: forged.predicate.update(fields)


def without_services(forged):
    """Leave services out of the control: their leaves, their collections, their kind."""
    forged.leave_out("firm", lambda leaf: leaf.get("kind") == "pagerduty.service")
    forged.predicate["kinds"].remove("pagerduty.service")


def without_rules_on_services(forged):
    """State that the rules which need services do not support the control at all."""
    without_services(forged)
    forged.predicate["rules"] = forged.predicate["rules"][:1]


def rename_key(forged):
    """Give the file of the store's key another name."""
    forged.files["keys/0001-.txt"] = forged.files.pop("keys/0001.txt")


def add_signature(forged):
    """Add a line of nobody to the store's checkpoint, and state it."""
    name, line = "ledger/@store/checkpoint.txt", "\u2014 anybody AAAA\n"
    forged.files[name] += line.encode()
    forged.predicate["checkpoints"][0]["checkpoint"] += line


def put(name, content):
    """Put a file into the package."""
    return lambda forged: forged.files.update({name: content})


FORGERIES = {
    "an empty file of evidence": (put("evidence/firm/acme.door.jsonl", b""), "it is empty"),
    "an empty file of contents": (put("contents/waived.jsonl", b""), "it is empty"),
    "an empty rule pack": (put("packs/0.yaml", b""), "it is empty"),
    "a key under another name": (rename_key, "the keys in keys/ are not those"),
    "a checkpoint with a line of nobody": (add_signature, "is not in the form that ccm writes"),
    "hashes of which one is empty": (put("ledger/@store/hashes.txt", b"\n"), "no SHA-256"),
    "hashes with another end of line": (
        put("ledger/@store/hashes.txt", b"\r\n"),
        "not an evidence",
    ),
    "hashes without an end of line": (put("ledger/@store/hashes.txt", b"\r"), "the last newline"),
    "a leaf beyond the end of its log": (
        lambda forged: forged.files.update(
            {LEAVES: forged.files[LEAVES] + b'999999999999999999 {"leaf":"run"}\n'}
        ),
        "and the package has leaf 999999999999999999",
    ),
    "a number of another type": (state(evaluations=2.0), "the statement's evaluations"),
    "a field of its own without a value": (state(opinion=None), "the statement's opinion"),
    "the page": (
        lambda forged: forged.files.update({"index.html": b"<h1>No exceptions noted</h1>"}),
        "index.html is not what follows",
    ),
    "a figure of the page": (
        lambda forged: forged.replace("index.html", b"Evidence incomplete", b"No exceptions noted"),
        "index.html is not what follows from the contents of the package: line ",
    ),
    "the period report": (
        lambda forged: forged.replace("pages/period.html", b"<h3>Evidence gaps</h3>", b""),
        "pages/period.html is not what follows",
    ),
    "the page of the method": (
        lambda forged: forged.replace("pages/method.html", b"has no evidence of", b"proves"),
        "pages/method.html is not what follows",
    ),
    "a row of the populations": (
        lambda forged: forged.replace("tables/populations.csv", b'"failed"', b'"passed"'),
        "tables/populations.csv is not what follows",
    ),
    "no exceptions in the table": (
        lambda forged: forged.files.update(
            {"tables/exceptions.csv": forged.files["tables/exceptions.csv"].split(b"\n")[0] + b"\n"}
        ),
        "got the end of the file",
    ),
    "other samples": (
        lambda forged: forged.replace("tables/samples.csv", b',"1",', b',"2",'),
        "tables/samples.csv is not what follows",
    ),
    "the command that verifies": (
        lambda forged: forged.replace("README.txt", b"verify.py package.zip", b"trust.py p.zip"),
        "README.txt is not what follows",
    ),
    "no page of the method": (
        lambda forged: forged.files.pop("pages/method.html"),
        "pages/method.html is missing",
    ),
    "another page beside the pages": (
        put("pages/opinion.html", b"unqualified"),
        "pages/opinion.html does not belong in a package",
    ),
    "another table beside the tables": (
        put("tables/waivers.csv", b"all"),
        "tables/waivers.csv does not belong in a package",
    ),
    "the assurance": (
        lambda forged: forged.replace("assurance.json", b"evidence_incomplete", b"no_exceptions"),
        "assurance.json is not what follows",
    ),
    "the page and the assurance alike": (conclusions, "assurance.json is not what follows"),
    "the list of erased evidence": (
        lambda forged: forged.files.update({"erasures.json": b'[{"made":"up"}]\n'}),
        "erasures.json is not what follows",
    ),
    "the key file": (
        lambda forged: forged.replace("key.pem", b"MCow", b"MCox"),
        "key.pem is not what follows",
    ),
    "a record without its newline": (
        lambda forged: forged.files.update({INCIDENTS: forged.files[INCIDENTS] + b'{"id":"X"}'}),
        "bytes follow the last newline",
    ),
    "a record": (
        lambda forged: forged.files.update({INCIDENTS: forged.files[INCIDENTS] + b'{"id":"X"}\n'}),
        "no leaf of the ledger names",
    ),
    "evidence in another kind's file": (
        lambda forged: forged.move_line(SERVICES, INCIDENTS),
        f"belongs in {SERVICES}",
    ),
    "evidence among the collections": (
        lambda forged: forged.move_line(SERVICES, "contents/collections.jsonl"),
        f"belongs in {SERVICES}",
    ),
    "evidence of a connection that does not exist": (
        lambda forged: forged.files.update(
            {"evidence/other/pagerduty.service.jsonl": forged.files[SERVICES]}
        ),
        f"belongs in {SERVICES}",
    ),
    "a record twice": (
        lambda forged: forged.files.update(
            {SERVICES: forged.files[SERVICES].splitlines(keepends=True)[0] + forged.files[SERVICES]}
        ),
        "each once and in their order",
    ),
    "records in another order": (
        lambda forged: forged.files.update(
            {SERVICES: b"".join(reversed(forged.files[SERVICES].splitlines(keepends=True)))}
        ),
        "each once and in their order",
    ),
    "a page that no leaf speaks of": (
        lambda forged: forged.files.update({"opinion.html": b"unqualified"}),
        "opinion.html does not belong in a package",
    ),
    "contents that no leaf speaks of": (
        lambda forged: forged.files.update({"contents/waivers.jsonl": b'{"rule":"all"}\n'}),
        "no leaf of the ledger names",
    ),
    "a log that the statement does not name": (
        lambda forged: forged.files.update({"ledger/other/notes.txt": b"all is well\n"}),
        "ledger/other/notes.txt does not belong",
    ),
    "no kinds": (state(kinds=[]), "the statement's kinds: expected"),
    "no rules": (state(rules=[]), "the statement's rules: expected"),
    "kinds and rules left out": (state(kinds=[], rules=[]), "the statement's rules: expected"),
    "a shorter period": (
        state(until="2026-08-04T00:00:00Z", assessed_until="2026-08-04T00:00:00Z"),
        "the statement's until: expected '2026-09-01T00:00:00Z'",
    ),
    "a period that ends before the last evaluation": (
        state(assessed_until="2026-08-04T00:00:00Z"),
        "the statement's assessed_until: expected",
    ),
    "another name of the period": (
        state(period="2026-08-03"),
        "the statement's until: expected '2026-08-04T00:00:00Z'",
    ),
    "a control with a text of its own": (
        state(controls=["soc2:CC7.4", "soc2:CC7.4 operated effectively"]),
        "the statement's controls: expected ['soc2:CC7.4']",
    ),
    "a control that nothing tested": (
        state(controls=["iso27001:A.99"]),
        "no control that the evaluations tested",
    ),
    "no control": (state(controls=[]), "no control that the evaluations tested"),
    "another number of evaluations": (state(evaluations=400), "the statement's evaluations"),
    "a connection that is not in it": (
        state(connections=["firm", "other"]),
        "the statement's connections: expected ['firm']",
    ),
    "other checkpoints": (state(checkpoints=[]), "the statement's checkpoints: expected"),
    "another origin": (state(origin="ccm/trusted"), "the statement's origin: expected"),
    "a field of its own": (state(opinion="unqualified"), "the statement's opinion: expected None"),
    "services left out of the control": (
        without_services,
        "the statement's kinds: expected",
    ),
    "services and their rules left out of the control": (
        without_rules_on_services,
        "the statement's rules: expected",
    ),
}


@pytest.mark.attack(
    "Evidence packages",
    "The owner of the key rewrites the page, the conclusions, the statement or the files of a "
    "package over a genuine ledger whose checkpoint its reader knows, and signs it again",
    "The package is refused: everything in it follows from the leaves of the ledger",
)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_by_the_owner_of_the_key_is_refused(genuine, problems_of, forgery):
    """By the published verifier as well, and the message names what was forged."""
    forge, text = FORGERIES[forgery]
    forge(genuine)
    problems = problems_of(genuine)
    assert any(text in problem for problem in problems), problems


@pytest.mark.attack(
    "Evidence packages",
    "The envelope of a package is signed a second time, or has a field of its own",
    "The package is refused: the statement has one form",
)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"payload":', b'"payload":"e30=","payload":', id="a key twice"),
        pytest.param(b'{"payload"', b'{"note":"trusted","payload"', id="another field"),
        pytest.param(b'{"payload"', b'{ "payload"', id="white space"),
        pytest.param(b'"signatures":[', b'"signatures":[{"keyid":"","sig":""},', id="signatures"),
    ],
)
def test_the_statement_has_one_form(genuine, problems_of, tmp_path, old, new):
    """Programs disagree about everything else."""
    from forging import write_package

    genuine.write(tmp_path / "signed.zip")
    genuine.replace("statement.json", old, new)
    path = write_package(tmp_path / "forged.zip", genuine.files)
    assert problems_of(genuine, path) != []


@pytest.mark.attack(
    "Evidence packages",
    "The payload of the statement names a key twice, one value for each reader",
    "The package is refused",
)
def test_a_key_of_the_payload_stands_once(genuine, problems_of, tmp_path):
    """Signed with the right key."""
    import json
    from base64 import b64decode

    from forging import write_package

    from ccm_core.bundle.attestation import envelope

    genuine.write(tmp_path / "signed.zip")
    payload = b64decode(json.loads(genuine.files["statement.json"])["payload"])
    twice = payload.replace(b'"period":', b'"period":"2026","period":', 1)
    genuine.files["statement.json"] = envelope(twice, genuine.signer)
    problems = problems_of(genuine, write_package(tmp_path / "forged.zip", genuine.files))
    assert any("names one key twice" in problem for problem in problems), problems
