"""Whatever is wrong ends with a clear message, the right exit code, and the store as it was."""

from __future__ import annotations

import sqlite3

import pytest


def settings_of(folder) -> str:
    """Read the settings."""
    return (folder / "ccm.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("lookback: 30d", "lookbak: 30d", "lookbak", id="unknown key"),
        pytest.param("lookback: 30d", "lookback: 30", "ccm.yaml:7:", id="wrong type"),
        pytest.param("lookback: 30d", "lookback: 900d", "lookback", id="too long"),
        pytest.param("connector: pagerduty", "connector: pagerdooty", "pagerdooty", id="connector"),
        pytest.param("method: api_key", "method: magic", "unknown method", id="unknown method"),
        pytest.param("env:PD_KEY", "u+abcdefghijkl", "ccm.yaml:6:", id="a secret in clear"),
        pytest.param("version: 1", "version: 1\nversion: 1", "ccm.yaml:2:1", id="duplicate key"),
        pytest.param("version: 1", "version: 2", "ccm.yaml:1:", id="newer version"),
        pytest.param("version: 1", "version: [", "ccm.yaml:", id="no YAML"),
        pytest.param("env:PD_KEY", "env:NOT_SET", "NOT_SET", id="missing variable"),
        pytest.param("env:PD_KEY", "file:none.txt", "none.txt", id="missing file"),
        pytest.param("-escalation,", "-escalator,", "ccm.yaml:8:", id="unknown pack"),
        pytest.param("sqlite:///ccm.db", "oracle://x", "sqlite:///ccm.db", id="unknown store"),
        pytest.param("http://127", "http://10.9.8.7:1/127", "https", id="clear text"),
        pytest.param("rules: {", "rules: {parameters: {nope: 1}, ", "nope", id="parameter"),
        pytest.param("rules: {", "rules: {waivers: none.yaml, ", "none.yaml", id="no waivers"),
    ],
)
def test_a_settings_mistake_is_reported_at_its_position(ccm, connected, folder, old, new, message):
    """The message names the thing; no secret, no traceback, nothing asked, nothing kept."""
    (folder / "ccm.yaml").write_text(settings_of(folder).replace(old, new))
    ran = ccm("run")

    assert ran.code == 2
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert "abcdefghijkl" not in ran.err
    assert connected.control.requests == []
    assert not (folder / "ccm-report.html").exists()


def test_every_settings_mistake_is_reported_at_once(ccm, connected, folder):
    """Three mistakes are three lines, in the order of the file."""
    text = settings_of(folder).replace("lookback: 30d", "lookbak: 30d, region: mars")
    (folder / "ccm.yaml").write_text(text.replace("version: 1", "version: one"))
    lines = ccm("collect").err.splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "7", "7"]


def test_duplicate_connection_names_are_reported_with_both_positions(ccm, connected, folder):
    """The second is refused and the first is named."""
    text = settings_of(folder)
    block = text[text.index("  - name") : text.index("rules:")]
    (folder / "ccm.yaml").write_text(text.replace("rules:", f"{block}rules:"))
    ran = ccm("collect")
    assert (ran.code, "ccm.yaml:8:" in ran.err, "line 4" in ran.err) == (2, True, True)


def test_a_yaml_bomb_is_defused(ccm, folder):
    """A document that would grow without bound is refused in little time and space."""
    bomb = "a: &a [x, x]\n" + "\n".join(
        f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefghijklm", "bcdefghijklmn", strict=True)
    )
    (folder / "ccm.yaml").write_text(bomb)
    ran = ccm("collect")
    assert (ran.code, "ccm.yaml:" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param({"assert": "row.a +"}, "syntax error", id="syntax error"),
        pytest.param({"over": "pagerduty.servise"}, "pagerduty.service", id="unknown kind"),
        pytest.param({"on_empty": "pass"}, "not_applicable", id="on_empty pass"),
        pytest.param({"assert": "rwo.a == 1"}, "rwo", id="undeclared name"),
    ],
)
def test_a_pack_mistake_is_reported_at_its_position(ccm, connected, folder, rule, message):
    """Before any source is asked."""
    lines = {
        "id": "a_rule",
        "title": "Everything is well",
        "status": "stable",
        "severity": "low",
        "over": "pagerduty.service",
        "assert": "row.status == 'active'",
        "message": "not well",
        "on_empty": "not_applicable",
    } | rule
    text = "apiVersion: ccm/v1\nkind: RulePack\n"
    text += "metadata: {name: mine, version: 1.0.0, title: Mine}\nrules:\n  -"
    text += "".join(f' {key}: "{value}"\n   ' for key, value in lines.items())
    (folder / "mine.yaml").write_text(text.rstrip() + "\n")
    (folder / "ccm.yaml").write_text(
        settings_of(folder).replace(
            "[pagerduty-access, pagerduty-escalation, pagerduty-response, pagerduty-services]",
            "[mine.yaml]",
        )
    )
    for command in (["run"], ["rules", "check", "mine.yaml"]):
        ran = ccm(*command)
        assert ran.code == 2
        assert "mine.yaml:" in ran.err
        assert message in ran.err
    assert connected.control.requests == []


@pytest.mark.parametrize(
    ("break_it", "code", "message"),
    [
        pytest.param("key", 4, "key", id="wrong key"),
        pytest.param("port", 4, "connection", id="refused connection"),
    ],
)
def test_an_unusable_source_leaves_evidence_unchanged(
    ccm, connected, folder, monkeypatch, break_it, code, message
):
    """The exit code is 4, the manifest says why, and what was read before counts until it ages."""
    ccm("collect")
    before = ccm("evidence", "export", "--kind", "pagerduty.service").out
    statuses = {rule["rule"]: rule["status"] for rule in ccm("evaluate", "--json").json["rules"]}
    if break_it == "key":
        monkeypatch.setenv("PD_KEY", "wrong")
    else:
        text = settings_of(folder).replace(connected.base_url, "http://127.0.0.1:1")
        (folder / "ccm.yaml").write_text(text)
    ran = ccm("collect", "--all")

    assert (ran.code, message in ran.out.lower()) == (code, True)
    assert ccm("evidence", "export", "--kind", "pagerduty.service").out == before
    # Evidence that is still in date counts on; what says that the source is gone is `check`.
    after = {rule["rule"]: rule["status"] for rule in ccm("evaluate", "--json").json["rules"]}
    assert after == statuses
    assert ccm("check").code == 4


def test_a_store_of_a_newer_version_is_not_opened(ccm, connected, folder):
    """The message names both versions and the file does not change."""
    ccm("collect")
    with sqlite3.connect(folder / "ccm.db") as store:
        store.execute("update schema_revision set revision = '9999_future'")
    before = (folder / "ccm.db").read_bytes()
    ran = ccm("evaluate")
    assert (ran.code, "9999_future" in ran.err) == (2, True)
    assert (folder / "ccm.db").read_bytes() == before


def test_a_damaged_record_ends_in_exit_code_5(ccm, connected, folder):
    """A body that is not what was stored is named, and nothing is judged."""
    ccm("collect")
    with sqlite3.connect(folder / "ccm.db") as store:
        store.execute(
            "update body set content = (select content from body order by digest desc limit 1)"
            " where digest ="
            " (select digest from current_version where kind = 'pagerduty.user' limit 1)"
        )
    ran = ccm("evaluate")
    assert (ran.code, "pagerduty.user" in ran.err) == (5, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate"], "ccm collect"),
        (["evidence", "export", "--kind", "nope"], "nope"),
        (["views", "show", "nope"], "nope"),
        (["collect", "nope"], "nope"),
        (["frobnicate"], "frobnicate"),
        (["-c", "none.yaml", "run"], "none.yaml"),
        (["evaluate", "--as-of", "yesterday"], "--as-of"),
        (["rules", "test", "nope"], "nope"),
    ],
)
def test_a_wrong_command_is_a_usage_error(ccm, connected, arguments, message):
    """The message repeats what was not understood or says what to do first."""
    ran = ccm(*arguments)
    assert (ran.code, message in ran.err) == (2, True)


def test_an_unwritable_disk_is_reported(ccm, connected, folder):
    """The folder of the store cannot be made or written."""
    text = settings_of(folder).replace("sqlite:///ccm.db", "sqlite:////proc/none/ccm.db")
    (folder / "ccm.yaml").write_text(text)
    ran = ccm("collect")
    assert (ran.code, "/proc/none" in ran.err) == (2, True)
    assert connected.control.requests == []


def test_init_writes_settings_that_only_lack_a_key(ccm, folder):
    """What init writes is understood; an existing file is not replaced."""
    assert ccm("init").code == 0
    ran = ccm("check")
    assert (ran.code, "PAGERDUTY_API_KEY" in ran.err) == (2, True)
    assert ccm("init").code == 2
    assert ccm("init", "--force").code == 0


def test_missing_settings_are_reported_with_the_next_step(ccm):
    """The next step is named."""
    for verb in ("collect", "evaluate", "run", "check", "report"):
        ran = ccm(verb)
        assert (ran.code, "ccm init" in ran.err) == (2, True)
