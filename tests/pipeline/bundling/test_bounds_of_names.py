"""Whatever an account, a pack or a connection is called: its package is verified, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.bundle.verifier.main import verify
from ccm_core.errors import UsageError
from ccm_core.pipeline.evaluate import compile_rules
from ccm_core.pipeline.reproduce import RuleSet
from ccm_core.rules.types import PackText

PACK = """
apiVersion: ccm/v1
kind: RulePack
metadata:
  name: {pack}
  version: 1.0.0
  title: Names
rules:
  - id: {rule}
    title: Nobody is called nobody
    status: stable
    severity: low
    over: pagerduty.user
    assert: row.name == 'nobody'
    message: "{{row.name}} is somebody"
    on_empty: not_applicable
    controls:
      - framework: soc2
        id: '{control}'
"""
ODD = (
    "a/../b",
    "a\nb",
    "a\x00b",
    "\u2028",
    "\u202e",
    "\U0001f600e\u0301",
    ":",
    '"\\',
    "#?%",
    "\x7f\x9b",
)
"""What is put behind the ids and the names of users."""


@pytest.fixture
def odd_firm(firm):
    """Return a function that renames everything of a firm, reads it and judges it by one rule."""

    def prepare(pack="names", rule="nobody", control="CC7.4", connection="firm", endings=ODD):
        text = PACK.format(pack=pack, rule=rule, control=control).encode()
        packs = [PackText(text=text, source="names.yaml")]
        genuine = firm.connection
        firm.connection = lambda: replace(genuine(), name=connection)
        firm.ruling = lambda: (
            compile_rules(firm.host, packs, {}),
            RuleSet(packs=packs, waivers=[]),
        )
        users = firm.simulator.account.users
        for user, ending in zip(list(users.values()) * 2, endings, strict=False):
            renamed = replace(user, id=user.id + ending, name=user.name + ending)
            users[renamed.id] = renamed
        firm.collect()
        firm.evaluate()
        return firm

    return prepare


NAMES = {
    "ids and names of every kind": {},
    "text that is longer than any": {"endings": ["," * 200_000]},
    "a connection of 100 letters": {"connection": "A..b-_" + "c" * 93 + "."},
    "a pack of 400 letters": {"pack": "p" * 400},
    "a rule of 100,000 letters": {"rule": "r" * 100_000},
    "a control that is no word": {"control": "CC/7 \u202e\\n4:x"},
}


@pytest.mark.attack(
    "Evidence packages",
    "Ids, names, packs, rules or controls are long, or hold slashes, line feeds, control "
    "characters or quotes, and are bundled",
    "The package is made, and verifies",
)
@pytest.mark.parametrize("name", NAMES)
def test_a_package_with_odd_names_is_made_and_verified(odd_firm, write_bundle, tmp_path, name):
    """With the rows, the verdicts and the records of each."""
    odd = odd_firm(**NAMES[name])
    write_bundle(odd, tmp_path / "b.zip", controls=())
    assert verify(str(tmp_path / "b.zip"))[1] == []
    files = read_archive(str(tmp_path / "b.zip"))
    assert [file for file in files if file.endswith("@derived/rows/pagerduty.user.jsonl")]


REFUSED = {
    "a pack of 600 letters": (
        {"pack": "p" * 600},
        "652 bytes in the name of a file, at most 512 are read",
    ),
    "a pack of 70,000 letters": ({"pack": "p" * 70_000}, "70,052 bytes in the name of a file"),
    "a connection with a slash": ({"connection": "a/b"}, "the connection 'a/b': .* letters"),
    "a connection with a line feed": ({"connection": "a\nb"}, "the connection 'a.nb': .* letters"),
    "a connection that leads out": ({"connection": ".."}, "not a safe file name"),
    "a connection that is called like rows and verdicts": (
        {"connection": "a@derived"},
        "the connection 'a@derived': .* letters",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_package_with_names_that_no_verifier_reads_is_refused(
    odd_firm, write_bundle, tmp_path, name
):
    """Before it is written, and without a word against the store."""
    names, message = REFUSED[name]
    odd = odd_firm(endings=(), **names)
    with pytest.raises(UsageError, match=f"(?s){message}.*nothing was written[.] Bundle"):
        write_bundle(odd, tmp_path / "b.zip", controls=())
    assert not list(tmp_path.glob("*.zip*"))
