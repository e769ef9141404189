"""``ccm notify``: from settings to a web hook on loopback, changes only."""

from __future__ import annotations

import re

import pytest

from ccm_core.config.notify_settings import STATE_FILE

QUIET = 'quiet_hours: {from: "00:00", until: "23:59", timezone: UTC}'


@pytest.fixture
def notified(connected, folder, webhook, monkeypatch):
    """Settings with a channel for everything that names the web hook."""

    def write(more="", channels=()):
        text = (folder / "ccm.yaml").read_text().split("notify:")[0]
        listed = ['{name: all, to: ["env:HOOK"]}', *channels]
        lines = "".join(f"    - {channel}\n" for channel in listed)
        (folder / "ccm.yaml").write_text(f"{text}notify:\n  {more}\n  channels:\n{lines}")

    monkeypatch.setenv("HOOK", webhook.address)
    write()
    return write


def test_the_first_message_is_a_digest_and_the_next_ones_say_what_is_new(
    ccm, notified, webhook, connected
):
    """It sums up with counts; the second run sends nothing, the third what broke."""
    ccm("run")
    (first,) = webhook.messages
    assert re.match(r"ccm: \d+ open findings?$", first["title"])
    assert "Most urgent (" in first["message"]
    assert "By check (" in first["message"]
    assert "ccm findings show " in first["message"]
    assert ccm("run").code == 1
    assert len(webhook.messages) == 1
    connected.control.deny("/oncalls", 403)
    ccm("run", "--all")
    assert len(webhook.messages) == 2
    assert "inconclusive" in webhook.messages[1]["title"]


def test_a_team_receives_its_findings_and_the_general_channel_the_rest(
    ccm, notified, webhook, folder
):
    """By the owner that the settings name; what is nobody's goes to the channel without owners."""
    owners = "findings: {owners: [{owner: Ops, kinds: [pagerduty.service]}]}\n"
    notified(channels=['{name: ops, to: ["env:HOOK"], owners: [ops], min_severity: informational}'])
    (folder / "ccm.yaml").write_text(owners + (folder / "ccm.yaml").read_text())
    ccm("run")
    general, team = webhook.messages
    assert "Owner: Ops" in team["message"]
    assert "Owner: nobody" not in team["message"]
    assert "Owner: Ops" not in general["message"]


def test_an_address_that_cannot_be_looked_up_keeps_no_other_from_being_sent(ccm, notified, webhook):
    """It is named, and tried again; nothing is looked up where there is nothing to send."""
    notified(
        channels=['{name: ops, to: ["env:GONE"], owners: ["*"]}', '{name: b, to: ["env:HOOK"]}']
    )
    ran = ccm("run")
    assert "notify ops env:GONE: " in ran.err
    assert len(webhook.messages) == 2


def test_notifications_hold_nothing_secret_or_personal(ccm, notified, webhook, connected, folder):
    """Neither the key, nor an address of a person, nor the hook's own token."""
    ccm("run")
    sent_text = str(webhook.messages) + (folder / STATE_FILE).read_text()
    people = [person.email for person in connected.account.users.values()]
    assert not [one for one in (connected.api_key, "S3cret", *people) if one in sent_text]


def test_a_failed_notification_is_sent_in_the_next_run(ccm, notified, webhook):
    """The run stands, the failure is said, and nothing is lost."""
    webhook.status = 500
    ran = ccm("run")
    assert "notify all env:HOOK: the service did not accept the message" in ran.err
    assert ran.code == 1
    assert ccm("notify").code == 4
    webhook.status = 200
    assert ccm("notify").code == 0
    assert len(webhook.messages) == 1
    assert "nothing new to send" in ccm("notify").err


def test_notify_dry_run_sends_nothing(ccm, notified, webhook):
    """It prints what would be told, and remembers nothing."""
    notified(QUIET)
    ccm("run")
    notified()
    ran = ccm("notify", "--dry-run")
    assert webhook.messages == []
    assert "would be sent: ccm: " in ran.err
    assert "Most urgent (" in ran.out
    assert ccm("notify", "--dry-run").out == ran.out


def test_notify_test_sends_a_test_message(ccm, notified, webhook):
    """Whoever sets it up sees at once that it works, before anything was collected."""
    assert ccm("notify", "--test").code == 0
    assert webhook.messages[0]["title"] == "ccm: test message"


def test_quiet_hours_delay_notifications(ccm, notified, webhook):
    """Until they end; how many wait is said, and until when."""
    notified(QUIET)
    ccm("run")
    assert webhook.messages == []
    ran = ccm("notify")
    assert (ran.code, webhook.messages) == (0, [])
    waiting = (
        r"all env:HOOK: \d+ new notifications wait for the end of the quiet hours: .* 23:59 UTC"
    )
    assert re.search(waiting, ran.err)
    assert "nothing new" not in ran.err


@pytest.mark.parametrize(
    ("more", "channel", "message"),
    [
        pytest.param("", "on: [everything]", 'unknown value "everything"', id="event"),
        pytest.param(
            'quiet_hours: {from: "22:00", until: "07:00", timezone: Berlin}',
            "",
            "unknown time zone; expected a name such as Europe/Berlin or UTC",
            id="zone",
        ),
        pytest.param(
            "", "digest: {timezone: Berlin}", "unknown time zone; expected", id="zone of a digest"
        ),
        pytest.param("", 'digest: {at: "8:00"}', '"8:00"', id="time of a digest"),
        pytest.param("", "digest: {weekdays: [monday]}", 'unknown value "monday"', id="weekday"),
        pytest.param("", "min_severity: urgent", 'unknown value "urgent"', id="severity"),
        pytest.param("", "connections: [prod]", 'unknown connection "prod"', id="connection"),
        pytest.param("", "teams: [a]", '"teams"', id="key"),
        pytest.param(
            "finding_url: https://x.example/f", "", "expected {finding} in it", id="finding link"
        ),
        pytest.param(
            'report_url: "javascript:alert(1)"', "", "expected a string such", id="report link"
        ),
    ],
)
def test_mistakes_in_notify_settings_are_reported(ccm, notified, more, channel, message):
    """Each with its line, before anything is done."""
    extra = [f'{{name: c, to: ["env:HOOK"], {channel}}}'] if channel else []
    notified(more, channels=extra)
    ran = ccm("notify")
    assert ran.code == 2
    assert message in ran.err
    assert "ccm.yaml:" in ran.err


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        pytest.param(
            '{name: a, to: ["env:HOOK"], owners: [ops]}',
            "nobody would be notified of findings without an owner",
            id="nobody for the rest",
        ),
        pytest.param(
            '{name: a, to: ["env:HOOK"]}, {name: a, to: ["env:OTHER"]}',
            'a second channel is named "a"',
            id="a name twice",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["notify", "check"])
def test_channels_that_would_lose_messages_are_refused(
    ccm, connected, folder, verb, channels, message
):
    """By every command: `ccm check` as well."""
    with (folder / "ccm.yaml").open("a") as file:
        file.write(f"notify: {{channels: [{channels}]}}\n")
    ran = ccm(verb)
    assert ran.code == 2
    assert message in ran.err


def test_a_notify_address_in_the_settings_is_refused(ccm, connected, folder):
    """Addresses hold tokens; what was written is not repeated."""
    with (folder / "ccm.yaml").open("a") as file:
        file.write('notify: {channels: [{name: a, to: ["slack://S3cretToken"]}]}\n')
    ran = ccm("notify")
    assert ran.code == 2
    assert "expected the location of a secret" in ran.err
    assert "S3cretToken" not in ran.err


def test_notify_without_recipients_is_a_usage_error(ccm, connected):
    """Without the setting, the command says what is missing."""
    assert "has no `notify`" in ccm("notify").err
