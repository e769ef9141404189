"""A source is connected: asked for in plain words, tested, and only then saved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from typing_in import saved, vault_of

TIDY = """\
# Ours. Keep it tidy!
version: 1
connections:   # what is read
  # the first one
  - name: other      # of somebody else
    connector: pagerduty
    auth: {method: api_key, key: "env:OTHER"}

# what judges
rules: {packs: [pagerduty-services]}
"""


def test_a_key_is_connected_from_an_empty_folder(connect, ccm, simulator, folder):
    """The settings refer to the vault, the vault has the key, and the connection works."""
    ran = connect("--api-key", answers=[simulator.api_key])
    assert ran.code == 0
    assert "saved pagerduty in ccm.yaml, its secrets in ccm.vault; next: ccm run" in ran.err
    assert 'key: "vault:pagerduty"' in (folder / "ccm.yaml").read_text()
    entry = vault_of(folder).read("pagerduty")
    assert entry.secrets["key"].reveal() == simulator.api_key
    assert datetime.now(UTC) - entry.entered_at < timedelta(minutes=1)
    assert all(simulator.api_key.encode() not in held for held in saved(folder).values())
    assert ccm("check").code == 0
    assert ccm("run").code in {0, 1, 3}  # nobody can prove of a key that it is read-only


def test_a_key_that_is_refused_is_not_saved(connect, folder):
    """Tested first; the person who wants it all the same says so."""
    ran = connect("--api-key", answers=["wrong-key-0815"])
    assert ran.code == 4
    assert ran.err.count("401") == 1
    assert "nothing was saved; --save-anyway saves it all the same" in ran.err
    assert saved(folder) == {}
    assert connect("--api-key", "--save-anyway", answers=["wrong-key-0815"]).code == 0
    assert set(saved(folder)) == {"ccm.yaml", "ccm.vault"}


def test_a_connection_is_added_to_what_people_wrote(connect, simulator, folder):
    """Comments and form stay, to the byte."""
    (folder / "ccm.yaml").write_text(TIDY)
    (folder / "ccm.yaml").chmod(0o640)
    assert connect("--api-key", answers=[simulator.api_key]).code == 0
    text = (folder / "ccm.yaml").read_text()
    added = text[text.index("  - name: pagerduty") : text.index("\n# what judges")]
    assert text.replace(added, "") == TIDY
    assert (folder / "ccm.yaml").stat().st_mode & 0o777 == 0o640


def test_connecting_an_existing_connection_changes_nothing(connect, simulator, folder):
    """The connection that is there is tested, and whoever wants another is told how."""
    connect("--api-key", answers=[simulator.api_key])
    before = saved(folder)
    ran = connect("--api-key", answers=["never-asked"])
    assert (ran.code, "pagerduty is connected already" in ran.err) == (0, True)
    assert "It works" in ran.err
    simulator.control.api_keys.clear()
    assert connect("--api-key").code == 4
    assert saved(folder) == before


def test_connect_replace_keeps_the_old_key_until_the_new_one_is_tested(connect, simulator, folder):
    """And what a person wrote beside the way to authenticate."""
    connect("--api-key", "--save-anyway", answers=["wrong-key-0815"])
    path = folder / "ccm.yaml"
    path.write_text(path.read_text().replace("region: us}", "region: us}  # ours"))
    before = saved(folder)
    assert connect("--api-key", "--replace", answers=["wrong-key-4711"]).code == 4
    assert saved(folder) == before
    assert connect("--api-key", "--replace", answers=[simulator.api_key]).code == 0
    assert "# ours" in path.read_text()
    assert vault_of(folder).read("pagerduty").secrets["key"].reveal() == simulator.api_key


def test_connect_can_refer_to_a_key_that_is_kept_elsewhere(connect, simulator, folder, monkeypatch):
    """The settings refer to it there; there is no vault."""
    monkeypatch.setenv("PD_KEY", simulator.api_key)
    assert connect("--api-key", "--secret", "key=env:PD_KEY").code == 0
    assert '"env:PD_KEY"' in (folder / "ccm.yaml").read_text()
    assert set(saved(folder)) == {"ccm.yaml"}


def test_connect_replace_removes_an_unused_secret_from_the_vault(
    connect, simulator, folder, monkeypatch
):
    """Such as that of a connection whose key is kept elsewhere from now on."""
    connect("--api-key", answers=[simulator.api_key])
    assert vault_of(folder).names() == ("pagerduty",)
    monkeypatch.setenv("PD_KEY", simulator.api_key)
    assert connect("--api-key", "--replace", "--secret", "key=env:PD_KEY").code == 0
    assert vault_of(folder).names() == ()


@pytest.mark.parametrize(
    ("options", "answers", "message"),
    [
        pytest.param([], [], "--oauth or --oauth-app or --api-key", id="no way is named"),
        pytest.param(["--api-key"], [], "Key is expected on standard input", id="nothing typed"),
        pytest.param(["--api-key"], [""], "Key: expected a secret", id="an empty key"),
        pytest.param(["--api-key"], ["a b\tc-0815"], "expected printable", id="an odd key"),
        pytest.param(
            ["--api-key", "--secret", "key=u+abcdef-0815"],
            [],
            "expected the location of a secret",
            id="in clear",
        ),
        pytest.param(["--api-key", "--secret", "u+abcdef-0815"], [], "equals sign", id="no pair"),
        pytest.param(
            ["--api-key", "--secret", "x=env:X"], [], "expected one of: key", id="no such secret"
        ),
        pytest.param(["--api-key", "--set", "regio=eu"], [], '"region"', id="no such setting"),
        pytest.param(["--api-key", "--set", "region=mars"], [], '"us"', id="no such region"),
        pytest.param(["--api-key", "--name", "a b"], [], "such as acme-prod", id="no name"),
        pytest.param(["--api-key", "--secret", "key=env:NONE"], [], "NONE", id="not set"),
    ],
)
def test_unusable_connect_options_are_refused(
    connect, folder, simulator, options, answers, message
):
    """Before anything is asked of the source, and without what was typed."""
    ran = connect(*options, answers=answers)
    assert (ran.code, message in ran.err) == (2, True), ran.err
    assert "0815" not in ran.err
    assert simulator.control.requests == []
    assert saved(folder) == {}


def test_an_unknown_connector_is_reported(ccm):
    """With those that are."""
    ran = ccm("connect", "opsgenie", "--api-key")
    assert (ran.code, "installed: pagerduty" in ran.err) == (2, True)


def test_a_settings_file_that_changed_meanwhile_is_not_replaced(connect, simulator, folder):
    """Nor is its vault's entry."""
    (folder / "ccm.yaml").write_text(TIDY)

    def meanwhile(_said) -> str:
        (folder / "ccm.yaml").write_text(TIDY + "# and more\n")
        return simulator.api_key

    ran = connect("--api-key", answers=[meanwhile])
    assert (ran.code, "was changed in the meantime" in ran.err) == (2, True)
    assert (folder / "ccm.yaml").read_text() == TIDY + "# and more\n"
    assert vault_of(folder).names() == ()


def test_a_settings_file_that_only_a_person_can_edit_is_left_alone(connect, simulator, folder):
    """The lines to add are shown."""
    text = TIDY.replace("connections:   # what is read", "x: &x []\nconnections: *x\ny:")
    (folder / "ccm.yaml").write_text(text)
    ran = connect("--api-key", answers=[simulator.api_key])
    assert ran.code == 2
    assert "edit it manually: add under connections:" in ran.err
    assert (folder / "ccm.yaml").read_text() == text
