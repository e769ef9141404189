"""``ccm check --field-report``: safe to send, whatever the account holds."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace

import pytest
from hunting import parts_left
from pagerduty_simulator.api.responses import json_response

from ccm_core import schemas

REPORT = "report.json"
SYLLABLES = ("quxz", "vrelk", "wumbr", "jyxto", "zhopf", "kvygg", "mluxx", "tsorq")


PACK = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: vrelkapo, version: 1.0.0, title: Vrelkapo}
rules:
  - id: vrelkapo_teams
    title: Every team of Vrelkapo has a name
    status: stable
    severity: low
    over: pagerduty.team
    assert: 'row.name != ""'
    on_empty: not_applicable
    message: 'the team has no name'
"""


class Plants:
    """Makes recognizable names, addresses, numbers and links, and remembers them."""

    def __init__(self):
        self.texts: set[str] = set()

    def name(self):
        """Make a name that no other has, and no vocabulary."""
        number = len(self.texts)
        first, last = SYLLABLES[number % 8], SYLLABLES[number // 8 % 8]
        return self._planted(f"{first}{last}{number} {last}{first}".title())

    def address(self):
        """Make an address of mail."""
        return self._planted(f"{self.name().replace(' ', '.').lower()}@wumbrolaq.test")

    def phone(self):
        """Make a phone number."""
        return self._planted(f"+43 699 {973186000 + len(self.texts)}")

    def _planted(self, text):
        self.texts.add(text)
        return text


def with_plants(account, plants):
    """Rename everybody and everything of an account."""
    account.subdomain = "wumbrolaq-vrelkapo"
    plants.texts.add(account.subdomain)
    for key, user in account.users.items():
        methods = tuple(
            replace(method, label=plants.name(), address=plants.phone())
            for method in user.contact_methods
        )
        account.users[key] = replace(
            user,
            name=plants.name(),
            email=plants.address(),
            job_title=plants.name(),
            contact_methods=methods,
        )
    for objects in (account.teams, account.services, account.policies, account.schedules):
        for key, named in objects.items():
            objects[key] = replace(named, name=plants.name(), description=plants.name())
    ids = (*account.users, *account.teams, *account.services, *account.policies)
    plants.texts.update(ids, account.schedules)


def surprising(plants):
    """Return a fault that adds fields nobody knows, and values where words are expected."""

    def fault(request, respond):
        response = respond(request)
        document = json.loads(response.body)
        for body in document.get("users", ()):
            body[plants.name()] = plants.name()
            body["shoe_size"] = plants.name()
            body["role"] = plants.name()
            body["time_zone"] = plants.name()
        return json_response(document) if "users" in document else response

    return fault


@pytest.fixture
def report(folder):
    """Read the field report of the working directory."""

    def read():
        document = json.loads((folder / REPORT).read_text())
        from jsonschema import Draft202012Validator

        validator = Draft202012Validator(schemas.load("field-report.v1"))
        assert [error.message for error in validator.iter_errors(document)] == []
        return document

    return read


def test_a_field_report_has_nothing_of_the_account(ccm, connected, folder, report):
    """No name, address, number, id, key or link of it, nor five letters of one."""
    plants = Plants()
    with_plants(connected.account, plants)
    connected.control.inject("/users", surprising(plants))
    connected.control.deny("/oncalls")
    settings = (folder / "ccm.yaml").read_text()
    (folder / "ccm.yaml").write_text(settings.replace("pagerduty-test", "vrelkapo-ltd"))
    plants.texts.add("vrelkapo-ltd")
    assert ccm("run").code in {1, 3}
    connected.control.requests.clear()

    ran = ccm("check", "--field-report", REPORT)
    text = (folder / REPORT).read_text()
    assert parts_left(text, plants.texts) == set()
    assert not re.search(r"https?:|@|127\.0\.0\.1", text)
    with sqlite3.connect(folder / "ccm.db") as store:
        # Those of session configurations are the vendor's two words, not the account's.
        query = "select key from current_version where kind != 'pagerduty.session_configuration'"
        assert [key for (key,) in store.execute(query) if f'"{key}"' in text] == []
    assert ran.code == 3
    (connection,) = report()["connections"]
    kinds = {kind["kind"]: kind for kind in connection["kinds"]}
    (unknown,) = {
        tuple(read["unknown_fields"])
        for run in connection["runs"]
        for read in run["collections"]
        if read["kind"] == "pagerduty.user"
    }
    assert (kinds["pagerduty.user"]["records"], unknown) == (30, ("shoe_size",))
    denied = [line["cause"] for line in connection["live"]["diagnoses"] if not line["ok"]]
    assert "denied" in denied
    assert connection["live"]["traffic"]["statuses"]["403"] >= 1
    rules = {rule["rule"]: rule for rule in report()["evaluation"]["rules"]}
    (cause,) = rules["pagerduty_on_call_user_can_be_reached"]["inconclusive"]
    assert (cause["results"], "pagerduty.on_call" in cause["terms"]) == (1, True)


def test_a_field_report_before_anything_was_collected(ccm, connected, folder, report):
    """It has what the check found; there is no store, and none is made."""
    ran = ccm("check", "--field-report", REPORT)
    assert (ran.code, "1 connection" in ran.err, "can be sent" in ran.err) == (0, True, True)
    document = report()
    (connection,) = document["connections"]
    assert (connection["kinds"], connection["runs"], document["evaluation"]) == ([], [], None)
    assert connection["live"]["traffic"]["limits"] != []
    assert not (folder / "ccm.db").exists()


def test_a_field_report_of_an_unreachable_source(ccm, connected, folder, report):
    """The refusal is in it, beside what was stored before; the store is as it was."""
    ccm("collect")
    before = (folder / "ccm.db").read_bytes()
    settings = folder / "ccm.yaml"
    settings.write_text(settings.read_text().replace(connected.base_url, "http://127.0.0.1:1"))
    assert ccm("check", "--field-report", REPORT, "--json").code == 4
    assert (folder / "ccm.db").read_bytes() == before
    (connection,) = report()["connections"]
    live = connection["live"]
    assert (live["usable"], live["failure"], live["traffic"]) == (False, "Unreachable", None)
    assert [line["cause"] for line in live["diagnoses"] if not line["ok"]] == ["unreachable"]
    assert sum(len(kind["samples"]) for kind in connection["kinds"]) > 100


def test_a_field_report_of_a_damaged_store_is_not_written(ccm, connected, folder):
    """The exit code is 5, and the record is named."""
    ccm("collect")
    with sqlite3.connect(folder / "ccm.db") as store:
        store.execute(
            "update body set content = (select content from body order by digest desc limit 1)"
            " where digest ="
            " (select digest from current_version where kind = 'pagerduty.user' limit 1)"
        )
    ran = ccm("check", "--field-report", REPORT)
    assert (ran.code, "pagerduty.user" in ran.err) == (5, True)
    assert not (folder / REPORT).exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("ccm.yaml", "exists and is no field report", id="another file"),
        pytest.param("folder", "is a folder", id="a folder"),
        pytest.param("ccm.yaml/report.json", "cannot be written", id="below a file"),
    ],
)
def test_a_field_report_replaces_no_other_file(ccm, connected, folder, path, message):
    """The exit code is 2, the message names the file, and what was there is as it was."""
    del connected
    (folder / "folder").mkdir()
    before = (folder / "ccm.yaml").read_bytes()
    ran = ccm("check", "--field-report", path)
    assert (ran.code, message in ran.err, path in ran.err) == (2, True, True)
    assert (folder / "ccm.yaml").read_bytes() == before
    assert [entry.name for entry in (folder / "folder").iterdir()] == []


def test_a_field_report_replaces_an_earlier_one(ccm, connected, folder, report):
    """Its instants are moved by another number of weeks; only its owner may read it."""
    del connected
    assert ccm("check", "--field-report", REPORT).code == 0
    assert ccm("check", "--field-report", REPORT).code == 0
    assert report()["document"] == "ccm.field-report/v1"
    assert (folder / REPORT).stat().st_mode & 0o777 == 0o600


def test_rules_of_other_packs_are_renamed_in_a_field_report(ccm, connected, folder, report):
    """A pack of the company names the company."""
    del connected
    (folder / "vrelkapo.yaml").write_text(PACK)
    settings = (folder / "ccm.yaml").read_text()
    (folder / "ccm.yaml").write_text(
        settings.replace("[pagerduty-access", "[./vrelkapo.yaml, pagerduty-access")
    )
    assert ccm("run").code in {1, 3}, ccm("run").err
    ccm("check", "--field-report", REPORT)
    names = {(rule["pack"], rule["rule"]) for rule in report()["evaluation"]["rules"]}
    assert "vrelk" not in (folder / REPORT).read_text().casefold()
    assert [pack for pack, _ in names if pack.startswith("text_")] != []
    assert ("pagerduty-access", "pagerduty_invitation_is_accepted") in names
