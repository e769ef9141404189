"""Evidence that was erased by order is missed: in the package, on its page, by its verifier."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from forging import ForgedPackage

from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify, verify_package
from ccm_core.model.evidence.erasure import Erasure

pytestmark = pytest.mark.no_cover  # its lines are covered by others


@pytest.fixture
def erased(firm, write_bundle, tmp_path):
    """Return the path of a package whose users were erased by order, after an evaluation."""
    firm.evaluate()
    firm.now += timedelta(minutes=1)
    firm.store.erasure.erase(
        Erasure(id="e1", kind="pagerduty.user", reason="they asked", erased_at=firm.now)
    )
    write_bundle(firm, tmp_path / "b.zip")
    return tmp_path / "b.zip"


def test_the_package_names_what_was_erased_and_what_rests_on_it(erased, validators):
    """The order with its reason, each content with its digest, and each result concerned."""
    files = read_archive(str(erased))
    (order,) = orders = json.loads(files["erasures.json"])
    assert validators("erasures.v1").problems(orders) == []
    assert (order["id"], order["reason"]) == ("e1", "they asked")
    kinds = {content["kind"] for content in order["contents"]}
    assert {kind for kind in kinds if "/" not in kind} == {"pagerduty.user"}
    assert {kind.split("/")[0] for kind in kinds if "/" in kind} <= {"rows", "verdicts"}
    assert {content["connection"] for content in order["contents"]} == {"firm"}
    assert order["results"]
    page = files["index.html"].decode()
    assert f"{len(order['contents'])} contents were erased by order e1" in page
    assert f"{len(order['results'])} results rest on them" in page
    assert all(result["subject"]["key"] in page for result in order["results"][:200])


def test_the_verifiers_name_what_was_erased(erased, key_of, firm, tmp_path):
    """That which is published, and ``ccm verify``: nobody reads that all is as it was stored."""
    checked = verify_package(str(erased), key_of(firm))
    assert checked.problems == []
    assert ["erased by order e1" in line for line in checked.erased] == [True]
    (tmp_path / "trusted.py").write_bytes(published_verifier())
    published = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
        [sys.executable, "-I", "-S", "trusted.py", str(erased), key_of(firm)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert published.returncode == 0
    assert published.stdout.endswith("verified, but for evidence that was erased by order\n")
    assert checked.erased[0] in published.stdout


@pytest.mark.attack(
    "Evidence packages",
    "The owner of the key takes the mention of erased evidence out of a package",
    "The package is refused: the order and what it erased stand in the ledger",
)
@pytest.mark.parametrize("name", ["erasures.json", "index.html"])
def test_erased_evidence_cannot_be_left_unmentioned(erased, firm, key_of, tmp_path, name):
    """Even signed with the right key."""
    forged = ForgedPackage(read_archive(str(erased)), firm.signer, firm.store.ledger)
    forged.files[name] = b"[]\n" if name == "erasures.json" else b"No evidence was erased.\n"
    _, problems = verify(forged.write(tmp_path / "forged.zip"), key_of(firm))
    (problem,) = problems
    assert problem.startswith(f"{name} is not what follows from the contents of the package: line ")


@pytest.mark.attack(
    "Evidence packages",
    "A record is left out of a package as if it had been erased by order",
    "The package is refused: no order in the ledger names it",
)
def test_what_no_order_erased_is_missed(erased, firm, key_of, tmp_path):
    """The order erased users alone."""
    forged = ForgedPackage(read_archive(str(erased)), firm.signer, firm.store.ledger)
    del forged.files["evidence/firm/pagerduty.service.jsonl"]
    _, problems = verify(forged.write(tmp_path / "forged.zip"), key_of(firm))
    assert any("is missing: version pagerduty.service" in problem for problem in problems)
