"""A bundle verifies with nothing but Python, or it is not written."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify
from ccm_core.bundle.verifier.statement import PAYLOAD_TYPE
from ccm_core.errors import IntegrityError, UsageError
from ccm_core.model.evidence.erasure import Erasure
from ccm_core.pipeline.bundle import store_signer
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store


@pytest.fixture
def store_without_key(tmp_path):
    """Give a store that was never signed."""
    with closing(open_store(StoreLocation(url="sqlite:///none.db"), base=tmp_path)) as store:
        yield store


def test_a_bundle_verifies_in_a_bare_python(key_of, old_firm, whole, tmp_path):
    """With its own verifier, in an empty folder, without site packages, with a key or without."""
    (tmp_path / "verify.py").write_bytes(read_archive(str(whole))["verify.py"])
    for arguments in ([], [key_of(old_firm)]):
        completed = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
            [sys.executable, "-I", "-S", "verify.py", str(whole), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (completed.returncode, completed.stderr) == (0, "")
        assert completed.stdout.endswith(": verified\n")
        assert key_of(old_firm) in completed.stdout


def test_a_bundle_contains_everything_that_a_reader_needs(whole):
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


def test_the_same_inputs_give_a_bundle_of_the_same_bytes(write_bundle, old_firm, whole, tmp_path):
    """Whenever it is asked for."""
    write_bundle(old_firm, tmp_path / "second.zip")
    assert (tmp_path / "second.zip").read_bytes() == whole.read_bytes()


def test_an_independent_tool_verifies_the_statement(old_firm, whole, validators):
    """The DSSE envelope is verified by securesystemslib; the payload is an in-toto statement."""
    files = read_archive(str(whole))
    envelope = Envelope.from_dict(json.loads(files["statement.json"]))
    key = SSlibKey(
        keyid=next(iter(envelope.signatures)),
        keytype="ed25519",
        scheme="ed25519",
        keyval={"public": old_firm.signer.public.hex()},
    )
    assert envelope.verify([key], 1)
    assert envelope.payload_type == PAYLOAD_TYPE
    statement = json.loads(envelope.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert {entry["name"] for entry in statement["subject"]} == set(files) - {"statement.json"}
    assert validators("bundle.v1").problems(statement["predicate"]) == []
    assert validators("assurance.v1").problems(json.loads(files["assurance.json"])) == []


def test_the_public_key_of_a_bundle_is_in_pem(old_firm, whole):
    """A PEM file, as RFC 8410 says."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(read_archive(str(whole))["key.pem"])
    assert key.public_bytes_raw() == old_firm.signer.public


def test_a_bundle_verifies_without_what_was_erased_by_order(key_of, write_bundle, firm, tmp_path):
    """The order stands in the ledger, and the ledger is in the bundle."""
    firm.evaluate()
    firm.now += timedelta(minutes=1)
    firm.store.erasure.erase(
        Erasure(id="e1", kind="pagerduty.user", reason="asked to", erased_at=firm.now)
    )
    path = tmp_path / "b.zip"
    write_bundle(firm, path)
    assert verify(str(path), key_of(firm))[1] == []
    assert not any("pagerduty.user" in name for name in read_archive(str(path)))


def test_unsigned_collections_are_not_bundled(write_bundle, firm, tmp_path):
    """A store without a key, and collections that are newer than the last signed head."""
    firm.keys.clear()
    firm.evaluate()
    with pytest.raises(UsageError, match="newer than the last signed head"):
        write_bundle(firm, tmp_path / "b.zip")
    assert list(Path(tmp_path).glob("*.zip")) == []


def test_a_bundle_is_signed_with_the_key_of_the_store(old_firm, store_without_key):
    """Among those at hand; where it is not, or there is none, the next step is named."""
    other_key = type(old_firm.signer)(seed=9)
    assert store_signer(old_firm.store.ledger, [other_key, old_firm.signer]) is old_firm.signer
    with pytest.raises(UsageError, match="does not have the signing key"):
        store_signer(old_firm.store.ledger, [other_key])
    with pytest.raises(UsageError, match="keys make"):
        store_signer(store_without_key.ledger, [other_key])


def test_a_bundle_is_not_signed_with_another_key(write_bundle, old_firm, tmp_path):
    """It would not verify, so it is not handed out."""
    with pytest.raises(IntegrityError, match="would not verify"):
        write_bundle(old_firm, tmp_path / "b.zip", signer=type(old_firm.signer)(seed=9))
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_cannot_be_written_leaves_nothing_behind(write_bundle, old_firm, tmp_path):
    """The folder is not there; nothing is left behind."""
    with pytest.raises(UsageError, match="cannot be written"):
        write_bundle(old_firm, tmp_path / "none" / "b.zip")


def test_the_verifier_writes_the_pages_that_follow_from_the_contents(whole, tmp_path):
    """So their reader need not trust those in the package; a folder that holds something stays."""
    package = read_archive(str(whole))
    (tmp_path / "verify.py").write_bytes(package["verify.py"])
    command = [sys.executable, "-I", "-S", "verify.py", str(whole), "--report", "out"]
    for code, words in ((0, "out/index.html"), (2, "the folder out is not empty")):
        completed = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
            command, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (completed.returncode, completed.stderr) == (code, "")
        assert words in completed.stdout
    made = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path / "out")) for path in made} == {
        name for name in package if name.startswith(("pages/", "tables/", "index", "README"))
    }
    assert all(
        path.read_bytes() == package[str(path.relative_to(tmp_path / "out"))] for path in made
    )


def test_the_verifier_writes_no_pages_of_a_package_with_problems(spoiled, tmp_path):
    """What is not proven is not shown as if it were."""
    path = spoiled(lambda files: files.update({"index.html": b"all well"}))
    (tmp_path / "verify.py").write_bytes(published_verifier())
    completed = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
        [sys.executable, "-I", "-S", "verify.py", path, "--report", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (completed.returncode, completed.stderr) == (5, "")
    assert "no report was written" in completed.stdout
    assert list((tmp_path / "out").iterdir()) == []
