"""Keys that were replaced: each head is signed by the key of its moment, and by no other."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ccm_core.bundle.compare_pins import compare_with_pins
from ccm_core.bundle.published_verifier import published_verifier
from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify, verify_package
from ccm_core.cli.main import main
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import STORE_LOG, PinnedCheckpoint
from ccm_core.store.sqlite.verify import verify_store

pytestmark = pytest.mark.no_cover  # its lines are covered by others


def rotated(firm, *, lost=False, seed=2):
    """Replace the key of the store; return the old one and the new one."""
    old, new = firm.signer, type(firm.signer)(seed=seed)
    firm.now += timedelta(minutes=1)
    firm.store.ledger.rotate_key([new] if lost else [new, old], firm.now)
    firm.keys[:] = [new]
    firm.signer = new
    return old, new


def store_verification(tmp_path):
    """Verify the store beside the package."""
    return verify_store(tmp_path / "ccm.db", on_progress=lambda *_: None)


def sign_again(files, log, signer):
    """Sign the head of a log with another key; nothing else changes."""
    path = f"ledger/{log}/checkpoint.txt"
    text = signed_note.read(files[path]).text
    name = text.split("\n")[0].removesuffix(f"/{log}")
    files[path] = signed_note.sign(text, name, signer).encode()


@pytest.fixture
def handed_over(firm, write_bundle, tmp_path, key_of):
    """Return a package that was written after a key handed over, its keys, and the old signer."""
    firm.evaluate()
    old_key = key_of(firm)
    old, _ = rotated(firm)
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    path = tmp_path / "handed-over.zip"
    write_bundle(firm, path)
    return path, (old_key, key_of(firm)), old


def test_a_package_names_the_key_of_each_head(handed_over):
    """Whether the first key is trusted or the one that it handed over to."""
    path, keys, _ = handed_over
    for key in keys:
        facts, problems = verify(str(path), key)
        assert problems == []
        named = [fact for fact in facts if fact.endswith(f"is signed by {keys[1]}")]
        assert len(named) == 3


@pytest.mark.attack(
    "Keys",
    "A retired key signs the heads or the statement of a package after it handed over",
    "The package is refused, whichever key of the chain is trusted",
)
@pytest.mark.parametrize("signed", ["@store", "firm", "firm@derived", "statement"])
def test_a_retired_key_signs_no_part_of_a_package(handed_over, resigned, tmp_path, signed):
    """Its hand-over is a leaf of the ledger, and what comes after that is another key's."""
    path, keys, old = handed_over
    files = dict(read_archive(str(path)))
    if signed != "statement":
        sign_again(files, signed, old)
    new_signer = type(old)(seed=2)
    resigned(files, old if signed == "statement" else new_signer)
    forged = write_archive(tmp_path / "forged.zip", files)
    for key in (None, *keys):
        _, problems = verify(forged, key)
        assert any("signed" in problem and keys[1] in problem for problem in problems), problems


@pytest.mark.attack(
    "Keys",
    "The hand-over note of the trusted key is put beside a ledger that never named that key",
    "The package is refused: a key counts where the ledger names it",
)
def test_a_hand_over_counts_only_where_the_ledger_names_it(
    firm, write_bundle, resigned, tmp_path, key_of
):
    """The note is public: whoever keeps the retired key can put it into any package."""
    firm.evaluate()
    before = tmp_path / "before.zip"
    write_bundle(firm, before)
    old, _ = rotated(firm)
    files = dict(read_archive(str(before)))
    files["keys/0002.txt"] = firm.store.ledger.signing_keys()[1].note.encode()
    resigned(files, old)
    _, problems = verify(write_archive(tmp_path / "forged.zip", files), key_of(firm))
    assert any("keys/" in problem for problem in problems), problems


@pytest.fixture
def after_loss(firm, write_bundle, tmp_path, key_of):
    """Return a package that was written after a key was lost, both keys, and a pin of each."""
    firm.evaluate()
    pin = PinnedCheckpoint(name="old.txt", note=firm.store.ledger.signed_head())
    old_key = key_of(firm)
    rotated(firm, lost=True)
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    path, new_pin = tmp_path / "after-loss.zip", tmp_path / "new.txt"
    write_bundle(firm, path)
    new_pin.write_text(firm.store.ledger.signed_head())
    return SimpleNamespace(
        path=path,
        old=old_key,
        new=key_of(firm),
        pin=pin,
        new_pin=str(new_pin),
        store_verification=lambda: store_verification(tmp_path),
    )


@pytest.fixture
def ccm_verify(capsys):
    """Return a function that runs ``ccm verify``, and returns its exit code and what it printed."""

    def run(*arguments):
        return main(["verify", *map(str, arguments)]), capsys.readouterr().out

    return run


@pytest.mark.attack(
    "Keys",
    "A package made after the key was lost is checked with the key or the checkpoint of before",
    "Not proven (exit 3), with any key: nothing since the loss is vouched for",
)
@pytest.mark.parametrize("given", ["no key", "the old key", "the new key"])
def test_a_package_after_a_loss_is_not_proven_whichever_key_is_given(after_loss, given):
    """As the store that it is of: no change, and the key of before vouches for nothing."""
    key = {"no key": None, "the old key": after_loss.old, "the new key": after_loss.new}[given]
    checked = verify_package(str(after_loss.path), key)
    assert checked.problems == []
    (loss, *more) = checked.unproven
    assert loss == next(iter(after_loss.store_verification().unproven))
    assert bool(more) == (given == "the old key")
    assert checked.conclusion() == "no change was found, but not everything is proven"


def test_a_loss_before_a_hand_over_is_stated_still(after_loss, firm, write_bundle, tmp_path):
    """A later hand-over links the newer keys, and not those from before the loss."""
    rotated(firm, seed=3)
    firm.now += timedelta(days=1)
    firm.evaluate()
    write_bundle(firm, tmp_path / "later.zip")
    (loss,) = verify_package(str(tmp_path / "later.zip"), after_loss.new).unproven
    assert f"the key {after_loss.new} replaces {after_loss.old}, which was lost" in loss


def test_a_pin_of_before_a_loss_proves_nothing_since(after_loss):
    """The checkpoint is signed by the lost key: it is named as unproven, and is no problem."""
    comparison = compare_with_pins(read_archive(str(after_loss.path)), [after_loss.pin])
    assert (comparison.problems, comparison.pins) == ((), 0)
    assert ["did not hand over" in text for text in comparison.unproven] == [True]


@pytest.mark.parametrize("given", ["no key", "the old key", "the new key", "old and new", "a pin"])
def test_ccm_verify_of_a_package_after_a_loss_ends_with_exit_code_3(after_loss, ccm_verify, given):
    """Whichever key is given, and with a checkpoint that the new key signed: so does the store."""
    arguments = {
        "no key": (),
        "the old key": ("--key", after_loss.old),
        "the new key": ("--key", after_loss.new),
        "old and new": ("--key", after_loss.old, "--key", after_loss.new),
        "a pin": ("--key", after_loss.new, "--pin", after_loss.new_pin),
    }[given]
    for path in (after_loss.path, after_loss.path.with_name("ccm.db")):
        code, printed = ccm_verify(path, *arguments)
        assert (code, "which was lost and did not hand over" in printed) == (3, True)
        assert "everything is as it was stored" not in printed
        assert "no change was found, but not everything is proven" in printed
    vouches = "is from before that loss"
    assert (vouches in ccm_verify(after_loss.path, *arguments)[1]) == (given == "the old key")


@pytest.mark.parametrize("given", ["no key", "the old key", "the new key"])
def test_the_published_verifier_ends_with_exit_code_3_after_a_loss(after_loss, tmp_path, given):
    """It stands alone, and does not say that such a package is verified."""
    keys = {"no key": [], "the old key": [after_loss.old], "the new key": [after_loss.new]}
    (tmp_path / "trusted.py").write_bytes(published_verifier())
    published = subprocess.run(  # noqa: S603 - this interpreter, on files of this test
        [sys.executable, "-I", "-S", "trusted.py", str(after_loss.path), *keys[given]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (published.returncode, published.stderr) == (3, "")
    assert "not proven: the key " in published.stdout
    assert published.stdout.endswith(": no change was found, but not everything is proven\n")


@pytest.mark.attack(
    "Keys",
    "A pinned checkpoint was signed by the retired key after it handed over",
    "The checkpoint is refused",
)
def test_a_pin_of_a_retired_key_is_a_problem(handed_over):
    """Though its root is right: only the key of its moment signs a head."""
    path, _, old = handed_over
    files = dict(read_archive(str(path)))
    sign_again(files, STORE_LOG, old)
    pin = PinnedCheckpoint(
        name="late.txt", note=files[f"ledger/{STORE_LOG}/checkpoint.txt"].decode()
    )
    comparison = compare_with_pins(read_archive(str(path)), [pin])
    assert ["late.txt" in problem for problem in comparison.problems] == [True]


@pytest.mark.attack(
    "Evidence packages",
    "A package is made right after the key was replaced, or after runs that no key signed",
    "Where the store verifies, so does the package",
)
@pytest.mark.parametrize("lost", [False, True], ids=["handed over", "lost"])
@pytest.mark.parametrize("unsigned_run", [False, True], ids=["signed runs", "an unsigned run"])
def test_a_replaced_key_damages_no_package(
    firm, write_bundle, tmp_path, key_of, lost, unsigned_run
):
    """One definition of a proven head: a leaf under a signed head of the store states it."""
    firm.evaluate()
    if unsigned_run:
        (signer,) = firm.keys
        firm.keys.clear()
        firm.now += timedelta(days=1)
        firm.collect()
        firm.evaluate()
        firm.keys.append(signer)
    rotated(firm, lost=lost)
    assert store_verification(tmp_path).problems == ()
    write_bundle(firm, tmp_path / "b.zip")
    assert verify(str(tmp_path / "b.zip"), key_of(firm))[1] == []


def write_archive(path, files):
    """Write the files of a package as an archive; return its path."""
    from ccm_core.bundle.deterministic_zip import ArchiveWriter
    from ccm_core.bundle.verifier.archive import member_order

    with ArchiveWriter(path) as archive:
        for name in sorted(files, key=member_order):
            archive.add(name, files[name])
    json.loads(files["statement.json"])
    return str(path)
