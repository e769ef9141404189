"""A bundle proves itself to whoever has nothing but Python, and every damage to it is found."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from base64 import b64decode
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from ccm_core.bundle.statement import PAYLOAD, envelope
from ccm_core.bundle.verifier import MOST_BYTES, digest, read_archive, verify
from ccm_core.errors import IntegrityError, UsageError
from ccm_core.ledger import note
from ccm_core.ledger.keys import begin
from ccm_core.ledger.note import VerifierKey
from ccm_core.model.erasure import Erasure
from ccm_core.model.period import parse_period
from ccm_core.pipeline.bundling import Order, bundle, signer_of
from ccm_core.store.interface import StoreSettings
from ccm_core.store.open import open_store

CONTROL = ("soc2", "CC7.4")


def written(firm, path, controls=(CONTROL,), period="2026-08", signer=None):
    """Write a bundle; give what it says of itself."""
    compiled, _ = firm.ruling()
    order = Order(
        connections=[firm.connection()],
        packs=compiled,
        period=parse_period(period),
        controls=controls,
    )
    return bundle(firm.host, firm.store, order, signer or firm.signer, path)


@pytest.fixture(scope="module")
def whole(old_firm, tmp_path_factory):
    """Give the path of a bundle of two days, which nobody may change."""
    path = tmp_path_factory.mktemp("bundle") / "cc7.4.zip"
    written(old_firm, path)
    return path


@pytest.fixture
def store_without_key(tmp_path):
    """Give a store that was never signed."""
    with closing(open_store(StoreSettings(url="sqlite:///none.db"), base=tmp_path)) as store:
        yield store


@pytest.fixture
def spoiled(whole, tmp_path):
    """Give a function that writes the bundle again with some files changed, added or removed."""

    def spoil(change):
        files = dict(read_archive(str(whole)))
        change(files)
        path = tmp_path / "spoiled.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return str(path)

    return spoil


def key_of(firm):
    """Give the public key of the firm's store."""
    return str(VerifierKey(firm.store.head().origin, firm.signer.public))


def resigned(files, signer):
    """State anew what the files are, as somebody with a key can."""
    payload = json.loads(b64decode(json.loads(files["statement.json"])["payload"]))
    payload["subject"] = [
        {"name": name, "digest": {"sha256": sha256(data).hexdigest()}}
        for name, data in files.items()
        if name != "statement.json"
    ]
    files["statement.json"] = envelope(json.dumps(payload).encode(), signer)


# -- whole ------------------------------------------------------------------------------------


def test_a_bundle_holds_in_a_bare_python(old_firm, whole, tmp_path):
    """With its own verifier, in an empty folder, without site packages, with a key or without."""
    (tmp_path / "verify.py").write_bytes(read_archive(str(whole))["verify.py"])
    for arguments in ([], [key_of(old_firm)]):
        ran = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
            [sys.executable, "-I", "-S", "verify.py", str(whole), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.endswith(": holds\n")
        assert key_of(old_firm) in ran.stdout


def test_a_bundle_holds_everything_that_a_reader_needs(whole):
    """Evidence, manifests, packs, parameters, results, proofs, heads, keys, a page, a verifier."""
    names = set(read_archive(str(whole)))
    assert names >= {
        "assurance.json",
        "contents/bases.jsonl",
        "contents/collections.jsonl",
        "contents/evaluations.jsonl",
        "contents/manifests.jsonl",
        "evidence/firm/pagerduty.incident.jsonl",
        "evidence/firm/pagerduty.schedule_rendering.jsonl",
        "index.html",
        "key.pem",
        "keys/0001.txt",
        "ledger/@store/checkpoint.txt",
        "ledger/firm/hashes.txt",
        "ledger/firm/leaves.txt",
        "statement.json",
        "verify.py",
    }
    assert [name for name in names if name.startswith("packs/")]


def test_the_same_inputs_give_the_same_bytes(old_firm, whole, tmp_path):
    """Whenever it is asked for."""
    written(old_firm, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == whole.read_bytes()


def test_a_tool_that_nobody_here_wrote_reads_the_statement(old_firm, whole, judges):
    """The DSSE envelope is verified by securesystemslib; the payload is an in-toto statement."""
    files = read_archive(str(whole))
    found = Envelope.from_dict(json.loads(files["statement.json"]))
    key = SSlibKey(
        keyid=next(iter(found.signatures)),
        keytype="ed25519",
        scheme="ed25519",
        keyval={"public": old_firm.signer.public.hex()},
    )
    assert found.verify([key], 1)
    assert found.payload_type == PAYLOAD
    statement = json.loads(found.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert {one["name"] for one in statement["subject"]} == set(files) - {"statement.json"}
    assert judges("bundle.v1").problems(statement["predicate"]) == []
    assert judges("assurance.v1").problems(json.loads(files["assurance.json"])) == []


def test_the_public_key_is_there_as_other_tools_read_it(old_firm, whole):
    """A PEM file, as RFC 8410 says."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(read_archive(str(whole))["key.pem"])
    assert key.public_bytes_raw() == old_firm.signer.public


def test_what_was_erased_by_order_is_missing_and_the_bundle_holds(firm, tmp_path):
    """The order stands in the ledger, and the ledger is in the bundle."""
    firm.evaluate()
    firm.now += timedelta(minutes=1)
    firm.store.erase(Erasure(id="e1", kind="pagerduty.user", reason="asked to", erased_at=firm.now))
    path = tmp_path / "b.zip"
    written(firm, path)
    assert verify(str(path), key_of(firm))[1] == []
    assert not any("pagerduty.user" in name for name in read_archive(str(path)))


# -- damage -----------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.data())
def test_one_changed_byte_is_found_or_changes_nothing(whole, tmp_path_factory, data):
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
    pytest.param(drop("statement.json"), "'statement.json' is not there", id="no statement"),
    pytest.param(drop("keys/0001.txt"), "no public key", id="no key"),
    pytest.param(drop("ledger/firm/hashes.txt"), "hashes.txt", id="no hashes"),
]


@pytest.mark.parametrize(("change", "said"), DAMAGE)
def test_a_damaged_bundle_is_found_and_named(spoiled, change, said):
    """By whoever has no key at all."""
    _, problems = verify(spoiled(change))
    assert any(said in one for one in problems), problems


INSIDE = [
    pytest.param(
        line(INCIDENTS, lambda lines: lines[1:]),
        "of a version pagerduty.incident",
        id="a record left out",
    ),
    pytest.param(
        line(INCIDENTS, lambda lines: [*lines, b'{"id":"MADE UP"}\n']),
        "no leaf of the ledger speaks of line",
        id="a record made up",
    ),
    pytest.param(
        line(LEAVES, lambda lines: lines[1:]),
        "leaves of the log firm are not those of its signed head",
        id="a leaf left out",
    ),
    pytest.param(
        line(LEAVES, lambda lines: [lines[0].replace(b"2026", b"2025"), *lines[1:]]),
        "leaves of the log firm are not those of its signed head",
        id="a leaf changed",
    ),
    pytest.param(
        line("contents/evaluations.jsonl", lambda lines: lines[:1]),
        "of a evaluation",
        id="an evaluation left out",
    ),
    pytest.param(
        lambda files: files.pop(next(name for name in files if name.startswith("packs/"))),
        "rests on sha256:",
        id="a pack left out",
    ),
]


@pytest.mark.parametrize(("change", "said"), INSIDE)
def test_what_somebody_with_the_key_leaves_out_is_found(old_firm, spoiled, change, said):
    """The statement can be signed anew; the signed heads of the ledger still tell."""

    def spoil(files):
        change(files)
        resigned(files, old_firm.signer)

    _, problems = verify(spoiled(spoil), key_of(old_firm))
    assert any(said in one for one in problems), problems


def without(firm, files, log, gone):
    """Leave out leaves and what they speak of, prove the rest rightly, and sign all of it anew."""
    folder = f"ledger/{log}"
    lines = [one.split(b" ", 1) for one in files[f"{folder}/leaves.txt"].splitlines()]
    there = {int(number): json.loads(leaf) for number, leaf in lines}
    left = {number: leaf for number, leaf in there.items() if not gone(leaf)}
    assert len(left) < len(there)
    found = firm.store.excerpt(log, lambda _: left)
    files[f"{folder}/leaves.txt"] = b"".join(b"%d %s\n" % one for one in found.leaves.items())
    files[f"{folder}/hashes.txt"] = b"".join(
        note.encoded(one).encode() + b"\n" for one in found.hashes
    )
    lost = {leaf.get("digest") for leaf in there.values() if gone(leaf)}
    for name in files:
        if name.startswith(("contents/", "evidence/")):
            kept = [
                line
                for line in files[name].splitlines(keepends=True)
                if digest(line.removesuffix(b"\n")) not in lost
            ]
            files[name] = b"".join(kept)
    resigned(files, firm.signer)


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
        "appended; here are 0",
        id="every service",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf["leaf"] == "version" and "digest" not in leaf,
        "tombstones; here are 0",
        id="that something vanished",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf["leaf"] == "manifest",
        "ended a run, was left out",
        id="a run's manifest",
    ),
    pytest.param(
        "firm",
        lambda leaf: leaf.get("kind") == "pagerduty.service",
        "was left out",
        id="every collection of services",
    ),
]


@pytest.mark.parametrize(("log", "gone", "said"), LEFT_OUT)
def test_what_somebody_leaves_out_and_proves_the_rest_of_is_found(
    old_firm, spoiled, log, gone, said
):
    """Even with the key and a right proof: what was kept says how much of it there was."""
    path = spoiled(lambda files: without(old_firm, files, log, gone))
    _, problems = verify(path, key_of(old_firm))
    assert any(said in one for one in problems), problems


def test_a_bundle_of_another_form_is_refused(old_firm, spoiled):
    """A newer ccm may write one; what this verifier does not know it does not vouch for."""

    def spoil(files):
        payload = json.loads(b64decode(json.loads(files["statement.json"])["payload"]))
        payload["predicateType"] = "urn:ccm:bundle:v2"
        files["statement.json"] = envelope(json.dumps(payload).encode(), old_firm.signer)

    (problem,) = verify(spoiled(spoil))[1]
    assert problem == "it is urn:ccm:bundle:v2, and this verifier knows urn:ccm:bundle:v1"


def test_a_foreign_key_is_found_by_whoever_has_the_right_one(old_firm, spoiled):
    """Everything else is in agreement: the forger made a key, and signed all of it anew."""
    forger = type(old_firm.signer)(seed=2)

    def forge(files):
        name = old_firm.store.head().origin
        files["keys/0001.txt"] = begin(name, forger, old_firm.now).encode()
        for log in ("@store", "firm"):
            path = f"ledger/{log}/checkpoint.txt"
            text = note.read(files[path]).text
            files[path] = note.sign(text, name, forger).encode()
        resigned(files, forger)

    path = spoiled(forge)
    assert verify(path)[1] == []
    problems = verify(path, key_of(old_firm))[1]
    assert len(problems) == 1
    assert problems[0].startswith("it was signed by a foreign key")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("../evil", "lead out", id="climbs"),
        pytest.param("a/../../evil", "lead out", id="climbs from inside"),
        pytest.param("/etc/evil", "lead out", id="absolute"),
        pytest.param("C:evil", "lead out", id="a drive"),
        pytest.param("a\\evil", "lead out", id="a backslash"),
        pytest.param("a/", "lead out", id="a folder"),
        pytest.param("a\nb", "lead out", id="a line feed"),
    ],
)
def test_a_name_that_leads_out_is_refused_before_anything_is_unpacked(spoiled, name, said):
    """The message repeats the name."""
    _, problems = verify(spoiled(lambda files: files.update({name: b""})))
    assert len(problems) == 1
    assert said in problems[0]


def test_a_bomb_is_refused_before_anything_is_unpacked(tmp_path):
    """By what it says of its size, and by how little it is packed in."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence/zeros", bytes(80 << 20))
    _, problems = verify(str(path))
    assert len(problems) == 1
    assert "too much" in problems[0]
    assert MOST_BYTES > 1 << 30


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", bytes(1000)])
def test_what_is_no_archive_is_refused(tmp_path, content):
    """In one line."""
    (tmp_path / "x.zip").write_bytes(content)
    _, problems = verify(str(tmp_path / "x.zip"))
    assert [one.startswith("the archive is damaged") for one in problems] == [True]


def test_a_name_that_is_there_twice_is_refused(whole, tmp_path):
    """Programs disagree about which of the two they read."""
    path = tmp_path / "twice.zip"
    path.write_bytes(whole.read_bytes())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("index.html", b"another")
    assert "2 times" in verify(str(path))[1][0]


# -- what cannot be bundled -------------------------------------------------------------------


def test_what_is_not_signed_is_not_bundled(firm, tmp_path):
    """A store without a key, and collections that are newer than the last signed head."""
    firm.keys.clear()
    firm.evaluate()
    with pytest.raises(UsageError, match="newer than the last signed head"):
        written(firm, tmp_path / "b.zip")
    assert list(Path(tmp_path).glob("*.zip")) == []


def test_a_bundle_is_signed_with_the_key_of_the_store(old_firm, store_without_key):
    """Among those at hand; where it is not, or there is none, the next step is named."""
    other = type(old_firm.signer)(seed=9)
    assert signer_of(old_firm.store, [other, old_firm.signer]) is old_firm.signer
    with pytest.raises(UsageError, match="does not have the signing key"):
        signer_of(old_firm.store, [other])
    with pytest.raises(UsageError, match="keys make"):
        signer_of(store_without_key, [other])


def test_a_bundle_is_not_signed_with_another_key(old_firm, tmp_path):
    """It would not verify, so it is not handed out."""
    with pytest.raises(IntegrityError, match="would not verify"):
        written(old_firm, tmp_path / "b.zip", signer=type(old_firm.signer)(seed=9))
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_cannot_be_written_says_so(old_firm, tmp_path):
    """The folder is not there; nothing is left behind."""
    with pytest.raises(UsageError, match="cannot be written"):
        written(old_firm, tmp_path / "none" / "b.zip")
