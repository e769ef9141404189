"""Examples of the page about schedules: they parse, and their commands exist."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from ccm_core.cli.main import ccm

FENCE = re.compile(r"^```(ini|cron|yaml)\n(.*?)^```", re.DOTALL | re.MULTILINE)
KEYS = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {
        "Type",
        "User",
        "WorkingDirectory",
        "EnvironmentFile",
        "ExecStart",
        "ExecReload",
        "Restart",
        "RestartSec",
        "RestartPreventExitStatus",
        "SuccessExitStatus",
        "WatchdogSec",
        "TimeoutStopSec",
        "NoNewPrivileges",
        "PrivateTmp",
        "ProtectSystem",
        "ProtectHome",
        "ReadWritePaths",
        "CacheDirectory",
        "Environment",
        "UMask",
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "Persistent"},
    "Install": {"WantedBy"},
}
"""Of systemd.unit(5), systemd.service(5), systemd.exec(5) and systemd.timer(5): what is used."""
CRON = re.compile(r"(?:[0-9*/,-]+\s+){5}(?P<command>\S.*)")


@pytest.fixture(scope="module")
def blocks(root: Path) -> dict[str, list[str]]:
    """Return the blocks of the page by their language."""
    page = (root / "docs/how-to/schedule-it.md").read_text("utf-8")
    blocks_by_language: dict[str, list[str]] = {}
    for language, text in FENCE.findall(page):
        blocks_by_language.setdefault(language, []).append(text)
    return blocks_by_language


def exists(words: list[str]) -> None:
    """Parse a command line of ccm as click does; nothing is run."""
    assert Path(words[0]).name == "ccm"
    context = ccm.make_context("ccm", words[1:])
    name, command, rest = ccm.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None, name
    command.make_context(name, rest, parent=context)


def units(blocks) -> dict[str, configparser.ConfigParser]:
    """Read the unit files by name."""
    parsers = {}
    for text in blocks["ini"]:
        parser = configparser.ConfigParser(interpolation=None, strict=True)
        parser.optionxform = str
        parser.read_string(text)
        parsers[re.match(r"# /etc/systemd/system/(\S+)", text)[1]] = parser
    return parsers


def test_systemd_units_have_known_keys_and_existing_commands(blocks):
    """A key that systemd does not know would be ignored with a warning nobody reads."""
    parsers = units(blocks)
    assert set(parsers) == {"ccm-watch.service", "ccm.service", "ccm.timer"}
    for parser in parsers.values():
        for section in parser.sections():
            assert set(parser[section]) <= KEYS[section]
        if "Service" in parser:
            exists(shlex.split(parser["Service"]["ExecStart"]))


def test_the_service_unit_is_what_the_daemon_expects(blocks):
    """It notifies, is reloaded by SIGHUP, and what needs a person is not tried again for ever."""
    service = units(blocks)["ccm-watch.service"]["Service"]
    assert service["Type"] == "notify"
    assert shlex.split(service["ExecReload"])[1:] == ["-HUP", "$MAINPID"]
    assert set(service["RestartPreventExitStatus"].split()) == {"2", "5"}


def test_the_cron_line_has_five_fields_and_an_existing_command(blocks):
    """The command changes into the folder first, because paths start there."""
    (line,) = (text.strip() for text in blocks["cron"])
    command = CRON.fullmatch(line)["command"]
    change_folder, run = command.split(" && ")
    assert change_folder.startswith("cd /")
    exists(shlex.split(run.split(" >>")[0]))


def test_the_kubernetes_manifests_are_consistent(blocks):
    """They parse, every mount has its volume, labels select, and the commands exist."""
    documents = {document["kind"]: document for document in map(yaml.safe_load, blocks["yaml"])}
    assert set(documents) == {"Deployment", "CronJob"}
    deployment, job = documents["Deployment"]["spec"], documents["CronJob"]["spec"]
    assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (1, "Recreate")
    assert job["concurrencyPolicy"] == "Forbid"
    assert len(job["schedule"].split()) == 5
    for pod in (deployment["template"]["spec"], job["jobTemplate"]["spec"]["template"]["spec"]):
        (container,) = pod["containers"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        exists(container["command"])


def test_an_unknown_option_in_an_example_is_found():
    """The checks above can fail."""
    with pytest.raises(click.UsageError):
        exists(["ccm", "watch", "--for-ever"])
