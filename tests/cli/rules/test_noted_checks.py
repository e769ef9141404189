"""What a forged note that rules had no mistakes can do from the command line."""

from __future__ import annotations

import pytest
from cli_settings import SETTINGS

from ccm_core.app.checked_rules import environment_checked_rules
from ccm_core.app.frameworks.catalogues import catalogues_digest
from ccm_core.app.ports import CallerPorts, environment_keys
from ccm_core.app.rule_sets import configured_pack_texts
from ccm_core.app.workspace import Workspace
from ccm_core.pipeline.evaluate import rules_digest

pytestmark = pytest.mark.no_cover  # its lines are covered by others
PASSES = """\
apiVersion: ccm/v1
kind: RulePack
metadata: {name: ours, version: 1.0.0, title: Ours}
rules:
  - id: all_is_well
    title: All is well
    status: stable
    severity: high
    over: pagerduty.service
    assert: "true"
    message: nothing
    on_empty: not_applicable
    controls: [{framework: soc2, id: CC7.4}]
"""


@pytest.fixture
def forged(evaluated, folder, tmp_path, monkeypatch):
    """A pack that passes everything, and a note that it had no mistakes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (folder / "ours.yaml").write_text(PASSES)
    settings = SETTINGS.format(url="http://127.0.0.1:9").partition("rules:")[0]
    (folder / "ccm.yaml").write_text(f"{settings}rules: {{packs: [ours.yaml]}}\n")
    ports = CallerPorts(show_message=lambda _: None, key_sources=environment_keys)
    workspace = Workspace.open(folder / "ccm.yaml", ports)
    texts = configured_pack_texts(workspace)
    environment_checked_rules().add(
        rules_digest(workspace.host, texts, {}, catalogues_digest(workspace))
    )
    return evaluated


@pytest.mark.attack(
    "Terminal and files",
    "A note that the rules were checked is forged, for a pack that lets everything pass",
    "The pack is refused before a row is evaluated by it; no result is stored",
)
def test_a_forged_note_makes_no_rule_pass(ccm, forged):
    """The mistake is reported with its position, and the last evaluation stays the last."""
    ran = ccm("evaluate")

    assert ran.code == 2
    assert "ours.yaml:10:14: this is always true" in ran.err
    assert (
        ccm("report", "--format", "json").json["evaluation"]["evaluated_at"]
        == (forged["evaluated_at"])
    )


@pytest.mark.parametrize(
    "command", [("rules", "check", "ours.yaml"), ("rules", "test", "ours.yaml")]
)
def test_commands_about_rules_check_everything(ccm, forged, command):
    """Whoever writes a rule is told its mistakes, whatever is noted."""
    ran = ccm(*command)

    assert ran.code == 2
    assert "this is always true" in ran.err
