"""The ledger from the command line: keys, signed heads, verifying, erasing."""

from __future__ import annotations

import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime

import pytest
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account

from ccm_core.auth import signing_keys
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.cli.main import main
from ccm_core.ledger import signed_note
from ccm_core.ledger.checkpoint import Checkpoint
from ccm_core.ledger.signed_note import VerifierKey

KEY = b64encode(b"k" * 32).decode()
SMALL = AccountSizes(services=4, policies=3, schedules=3, users=12, teams=2, incidents=12)
SETTINGS = """\
version: 1
store: {{url: "sqlite:///ccm.db"}}
connections:
  - name: pagerduty-test
    connector: pagerduty
    auth: {{method: api_key, key: "env:PD_KEY"}}
    settings: {{base_url: "{url}", lookback: 30d, lookahead: 14d}}
rules: {{packs: [pagerduty-services]}}
"""


@pytest.fixture
def keyed(connected, monkeypatch):
    """Settings that lead to a simulated account, and a vault that opens by itself."""
    monkeypatch.setenv("CCM_VAULT_KEY", KEY)
    return connected


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A folder in which a small account was collected once."""
    folder = tmp_path_factory.mktemp("collected")
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=SMALL)) as account:
        (folder / "ccm.yaml").write_text(SETTINGS.format(url=account.base_url))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("PD_KEY", account.api_key)
            patch.setenv("CCM_VAULT_KEY", KEY)
            assert main(["collect"]) in {0, 3}
    return folder


@pytest.fixture
def signed_store(collected, folder, monkeypatch):
    """A working directory with what was collected; the account is gone."""
    shutil.copytree(collected, folder, dirs_exist_ok=True)
    monkeypatch.setenv("CCM_VAULT_KEY", KEY)
    monkeypatch.setenv("PD_KEY", "gone")
    return folder


def sql(folder, statement):
    """Change the store behind its back."""
    with closing(sqlite3.connect(folder / "ccm.db")) as database, database:
        database.execute(statement)


def test_an_outsider_verifies_the_store(ccm, keyed, folder):
    """Key and head go out; later the store is held against both; a change is named, exit code 5."""
    ran = ccm("collect")
    assert "made a signing key" in ran.err
    assert "not signed" not in ran.err
    assert ccm("checkpoint", "-o", "pin.txt").code == 0
    assert ccm("keys", "export", "-o", "keys.txt").code == 0
    key = VerifierKey.read((folder / "keys.txt").read_text())
    head = Checkpoint.read(signed_note.opened((folder / "pin.txt").read_text(), [key]))
    assert ccm("checkpoint").out == (folder / "pin.txt").read_text()
    assert ccm("checkpoint", "--connection", "pagerduty-test").out.startswith(f"{key.name}/pager")

    assert ccm("collect", "--all").code == ran.code
    output = ccm("verify", "--pin", "pin.txt", "--key", "keys.txt")
    assert (output.code, output.out.splitlines()[-1]) == (
        0,
        "everything is as it was stored since the pinned checkpoint",
    )
    as_json = ccm("verify", "ccm.db", "--pin", "pin.txt", "--key", str(key), "--json").json
    assert (as_json["problems"], as_json["unproven"], as_json["pins"]) == ([], [], 1)
    assert as_json["logs"][0]["size"] > head.size


def test_verify_names_changed_evidence(ccm, signed_store):
    """The log, the leaf, the record and the field, with what is there and what was kept."""
    sql(signed_store, "UPDATE version SET endpoint = '/teams' WHERE seq = 3")

    output = ccm("verify")
    assert output.code == 5
    assert "damaged: log pagerduty-test, leaf 4, record pagerduty." in output.out
    assert ": endpoint: it is '/teams', and '/" in output.out
    (problem,) = ccm("verify", "--json").json["problems"]
    assert (problem["table"], problem["field"], problem["leaf"]) == ("version", "endpoint", 4)


@pytest.mark.attack(
    "Store",
    "A record is hidden from `ccm evaluate` and put back before `ccm verify`",
    "Exit 5; the evaluation and the kind are named",
)
def test_verify_names_an_evaluation_that_did_not_see_all_evidence(ccm, signed_store):
    """Every row, every digest and every signature is right again."""
    hidden = "kind = 'pagerduty.service' AND digest IS NOT NULL"
    sql(signed_store, f"CREATE TABLE spare AS SELECT * FROM current_version WHERE {hidden}")  # noqa: S608 - words of ours
    (signed_store / "spare.db").write_bytes((signed_store / "ccm.db").read_bytes())
    sql(signed_store, "DROP TABLE spare")
    sql(signed_store, f"DELETE FROM current_version WHERE {hidden}")  # noqa: S608 - the same
    assert ccm("evaluate").code in {0, 1, 3}
    with closing(sqlite3.connect(signed_store / "ccm.db", isolation_level=None)) as database:
        database.execute("ATTACH ? AS other", (str(signed_store / "spare.db"),))
        database.execute("INSERT INTO current_version SELECT * FROM other.spare")

    output = ccm("verify")
    assert output.code == 5
    (line,) = (line for line in output.out.splitlines() if line.startswith("damaged: "))
    assert "evaluation sha256:" in line
    assert "pagerduty.service of pagerduty-test" in line


@pytest.mark.parametrize("command", ["collect", "evaluate", "report", "verify", "checkpoint"])
def test_a_store_with_a_foreign_trigger_is_refused(ccm, signed_store, command):
    """Exit 5 from every command that opens it; the trigger is named."""
    sql(
        signed_store,
        "CREATE TRIGGER silent BEFORE INSERT ON rejected BEGIN SELECT RAISE(IGNORE); END",
    )
    output = ccm(command)
    assert (output.code, "trigger silent" in output.out + output.err) == (5, True)


def test_verification_document_matches_its_schema(ccm, signed_store, validators):
    """With problems and without."""
    folder = signed_store
    assert validators("verification.v1").problems(ccm("verify", "--json").json) == []
    sql(folder, "DELETE FROM body")
    assert validators("verification.v1").problems(ccm("verify", "--json").json) == []


def test_evidence_kept_without_a_vault_is_unproven(ccm, connected):
    """The run goes on and says it; verifying says it again and ends with 3."""
    ran = ccm("collect")
    assert ran.err.count("the ledger's head is not signed") == 1
    assert "CCM_VAULT_KEY" in ran.err

    output = ccm("verify")
    assert output.code == 3
    assert "not proven: no head of this store is signed" in output.out
    assert "this machine has no keyring" in output.out
    refused = ccm("checkpoint")
    assert (refused.code, refused.out) == (2, "")
    assert "`ccm keys make`" in refused.err
    assert ccm("keys", "show").code == ccm("keys", "export").code == 2


def test_a_later_signing_key_signs_earlier_evidence(ccm, connected, monkeypatch):
    """The next head covers every leaf, so then everything is proven."""
    ccm("collect")
    monkeypatch.setenv("CCM_VAULT_KEY", KEY)
    key_output = ccm("keys", "make")
    assert key_output.code == 0
    assert ccm("keys", "make").out == key_output.out
    ccm("collect", "--all")

    assert ccm("verify").code == 0
    (keys_output,) = ccm("keys", "show", "--json").json
    assert (
        signed_note.encoded(VerifierKey.read(keys_output["key"]).public) == key_output.out.strip()
    )


@pytest.mark.parametrize("has_one", [False, True], ids=["an empty vault", "with another key"])
def test_no_signing_key_is_made_beside_a_store_that_another_one_signs(
    ccm, signed_store, folder, has_one
):
    """The next run would not sign with it: it says whose store it is, and what to do."""
    (folder / "ccm.vault").unlink()
    if has_one:
        vault = Vault(folder / "ccm.vault", KeySources(environment={"CCM_VAULT_KEY": KEY}))
        signing_keys.create_first_key(vault, datetime.now(UTC))
    made = ccm("keys", "make")

    assert (made.code, made.out) == (2, "")
    assert "the next run signs with it" not in made.err
    assert "this store is signed with" in made.err
    assert "`ccm keys rotate --lost`" in made.err
    assert ccm("keys", "rotate", "--lost").code == 0
    assert ccm("keys", "make").code == 0


def test_init_makes_the_signing_key_where_it_can(ccm, folder, monkeypatch):
    """And says what to do where it cannot."""
    assert "`ccm keys make` makes one" in ccm("init").err
    monkeypatch.setenv("CCM_VAULT_KEY", KEY)
    output = ccm("init", "--force").err
    assert "the public half of its key" in output
    (key,) = signing_keys.stored_keys(
        Vault(folder / "ccm.vault", KeySources(environment={"CCM_VAULT_KEY": KEY}))
    )
    assert signed_note.encoded(key.public) in output


def test_a_rotated_signing_key_signs_the_handover(ccm, signed_store):
    """Old heads hold with the old key, new ones with the new; the old one vouches for the new."""
    folder = signed_store
    ccm("checkpoint", "-o", "pin.txt")
    old = ccm("keys", "export").out
    new = ccm("keys", "rotate")
    assert new.code == 0
    ccm("evaluate")

    assert ccm("keys", "export").out == old + new.out
    signed_note.opened(ccm("checkpoint").out, [VerifierKey.read(new.out)])
    (folder / "old.txt").write_text(old)
    assert ccm("verify", "--pin", "pin.txt", "--key", "old.txt").code == 0


@pytest.mark.attack(
    "Keys",
    "A proof of one record is signed by a key that was replaced since",
    "Not proven (exit 3), and the key that signed it is named",
)
def test_a_proof_of_a_retired_key_is_unproven(ccm, signed_store):
    """The proof alone cannot show that it is from before the hand-over; a new one can be made."""
    old = ccm("keys", "export").out.strip()
    record = ccm("evidence", "export", "--kind", "pagerduty.service").lines[0]
    order = ("prove", "pagerduty.service", record["key"], "-o")
    ccm(*order, "old.tlog-proof")
    assert ccm("keys", "rotate").code == 0
    ccm("keys", "export", "-o", "keys.txt")

    assert ccm("verify", "old.tlog-proof", "--key", old).code == 0
    output = ccm("verify", "old.tlog-proof", "--key", "keys.txt")
    assert (output.code, old in output.err) == (3, True)


def test_a_lost_signing_key_is_replaced_and_reported(ccm, signed_store):
    """Nobody is asked to believe a key that its predecessor did not hand over to."""
    (signed_store / "ccm.vault").unlink()
    output = ccm("evaluate").err
    assert output.count("`ccm keys rotate --lost`") == 1
    assert not (signed_store / "ccm.vault").exists()  # another key would sign nothing
    assert ccm("verify").code == 3
    refused = ccm("keys", "rotate")
    assert (refused.code, "--lost" in refused.err) == (2, True)

    assert ccm("keys", "rotate", "--lost").code == 0
    output = ccm("verify")
    assert output.code == 3
    assert "did not hand over" in output.out
    assert [one["handed_over"] for one in ccm("keys", "show", "--json").json] == [True, False]


def test_a_stolen_signing_key_is_replaced_without_a_handover(ccm, signed_store):
    """The vault still has it, and nobody is to trust what it leads to."""
    stolen = ccm("keys", "export").out.strip()
    assert ccm("keys", "rotate", "--lost").code == 0
    output = ccm("verify")
    assert (output.code, "did not hand over" in output.out) == (3, True)
    assert ccm("verify", "--key", stolen).code != 0
    assert [one["handed_over"] for one in ccm("keys", "show", "--json").json] == [True, False]

    assert ccm("keys", "rotate").code == 0  # a later handover does not hide it
    assert "did not hand over" in ccm("verify").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("nowhere.db",), "cannot be read", id="no such store"),
        pytest.param(("--pin", "nowhere.txt"), "cannot be read", id="no such pin"),
        pytest.param(("--key", "nowhere.txt"), "cannot be read", id="no such key"),
        pytest.param(("--key", "ccm.yaml"), "holds no public key", id="no key at all"),
    ],
)
def test_verify_names_unusable_pins_and_keys(ccm, signed_store, arguments, says):
    """Exit code 2: nothing is said of the store."""
    output = ccm("verify", *arguments)
    assert (output.code, output.out) == (2, "")
    assert says in output.err


def test_verify_refuses_a_pin_and_key_of_another_store(ccm, signed_store, keyed, folder):
    """A store that was built anew is not the one it was."""
    ccm("checkpoint", "-o", "pin.txt")
    ccm("keys", "export", "-o", "keys.txt")
    for name in ("ccm.db", "ccm.db.key", "ccm.vault"):
        (folder / name).unlink()
    ccm("collect")
    assert ccm("verify").code == 0
    for arguments in (("--pin", "pin.txt"), ("--key", "keys.txt")):
        assert ccm("verify", *arguments).code == 5
    shutil.copy(folder / "ccm.yaml", folder / "pin.txt")
    output = ccm("verify", "--pin", "pin.txt")
    assert output.code == 5
    assert "it is no checkpoint" in output.out


def test_a_record_proof_verifies_without_the_store(ccm, signed_store):
    """The proof has the leaf, whose digest is that of the record; any change of it is found."""
    record = ccm("evidence", "export", "--kind", "pagerduty.service").lines[0]
    ccm("keys", "export", "-o", "keys.txt")
    assert ccm("prove", "pagerduty.service", record["key"], "-o", "p.tlog-proof").code == 0
    (signed_store / "ccm.db").unlink()

    output = ccm("verify", "p.tlog-proof", "--key", "keys.txt")
    assert output.code == 0
    assert (output.json["digest"], output.json["key"]) == (record["digest"], record["key"])
    assert "is leaf" in output.err
    assert ccm("verify", "p.tlog-proof").code == 2
    text = (signed_store / "p.tlog-proof").read_text()
    for number, line in enumerate(text.splitlines()[1:], 1):
        if line:
            changed = text.splitlines()
            middle = len(line) // 2
            other_proof = "1" if line[middle] != "1" else "2"
            changed[number] = line[:middle] + other_proof + line[middle + 1 :]
            (signed_store / "p.tlog-proof").write_text("\n".join([*changed, ""]))
            output = ccm("verify", "p.tlog-proof", "--key", "keys.txt")
            assert (output.code, output.out) == (5, ""), line


def test_an_unsigned_record_has_no_proof(ccm, signed_store):
    """A record that is not there, and a kind that nobody knows."""
    output = ccm("prove", "pagerduty.service", "nowhere")
    assert (output.code, output.out) == (2, "")
    assert "is under a checkpoint" in output.err
    assert ccm("prove", "acme.x", "1").code == 2


# -- erasing -----------------------------------------------------------------------------------


def test_erased_evidence_is_deleted_and_the_store_verifies(ccm, signed_store):
    """Told before it is done; then shown as erased; rules that rested on it are insufficient."""
    exported = ccm("evidence", "export", "--kind", "pagerduty.service").lines
    key, name = exported[0]["key"], exported[0]["body"]["name"]
    order = ("erase", "--kind", "pagerduty.service", "--key", key, "--reason", "asked to")
    assert "1 bodies and 0 rejected objects would be deleted" in ccm(*order).err
    assert ccm("evidence", "show", "pagerduty.service", key).json["body"]["name"] == name

    assert "were deleted; the ledger records it" in ccm(*order, "--yes").err
    keys_output = ccm("evidence", "show", "pagerduty.service", key).json
    assert keys_output["body"] == {}
    assert keys_output["erased_at"]
    output = ccm("verify")
    assert (output.code, "1 erased by order" in output.out) == (0, True)
    evaluation = ccm("evaluate", "--json").json
    standing = next(one for one in evaluation["sufficiency"] if one["kind"] == "pagerduty.service")
    assert (standing["outcome"], standing["subjects"]) == ("partial", [f"pagerduty.service:{key}"])
    assert [one["reason"] for one in standing["shortfalls"]] == ["erased"]
    results = [one for rule in evaluation["rules"] for one in rule["results"]]
    mine = {one["status"] for one in results if one["subject"]["key"] == key}
    assert mine == {"insufficient"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param((), "say what to erase", id="everything"),
        pytest.param(("--key", "P1"), "give --kind as well", id="a key of no kind"),
        pytest.param(("--kind", "acme.x"), "no evidence kind", id="an unknown kind"),
        pytest.param(("--connection", "x"), "nothing is stored of", id="an unknown connection"),
        pytest.param(("--before", "yesterday"), "--before:", id="no instant"),
        pytest.param(("--older-than", "soon"), "--older-than:", id="no duration"),
        pytest.param(
            ("--before", "2026-01-01T00:00:00Z", "--older-than", "1d"), "the same", id="both"
        ),
    ],
)
def test_an_ambiguous_erasure_deletes_nothing(ccm, signed_store, arguments, says):
    """Exit code 2, and what was wanted."""
    output = ccm("erase", "--reason", "x", "--yes", *arguments)
    assert output.code == 2
    assert says in output.err
    assert "erased" not in ccm("verify").out


@pytest.mark.attack(
    "Settings",
    "`ccm erase` with a reason that is blank, invisible or dots",
    "Refused with exit code 2, and nothing is erased",
)
@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "..."])
def test_an_erasure_without_a_reason_in_words_deletes_nothing(ccm, signed_store, reason):
    """The ledger says for ever why evidence is gone."""
    output = ccm("erase", "--kind", "pagerduty.service", "--yes", "--reason", reason)
    assert (output.code, "expected a reason in words" in output.err) == (2, True)
    assert "erased" not in ccm("verify").out
