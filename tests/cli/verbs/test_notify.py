"""``ccm notify``: from settings to a web hook on loopback, changes only."""

from __future__ import annotations

import pytest

from ccm_core.config.notify_settings import STATE_FILE

QUIET = 'quiet_hours: {from: "00:00", until: "23:59", timezone: UTC}'


@pytest.fixture
def notified(connected, folder, webhook, monkeypatch):
    """Settings that name the web hook."""

    def wish(more=""):
        text = (folder / "ccm.yaml").read_text().split("notify:")[0]
        (folder / "ccm.yaml").write_text(f'{text}notify:\n  to: ["env:HOOK"]\n  {more}\n')

    monkeypatch.setenv("HOOK", webhook.address)
    wish()
    return wish


def test_notifications_report_the_state_once_and_then_only_changes(
    ccm, notified, webhook, connected
):
    """One message for the first run, none for the second, one when something breaks."""
    ccm("run")
    (first,) = webhook.messages
    assert "opened" in first["title"]
    assert ccm("run").code == 1
    assert len(webhook.messages) == 1
    connected.control.deny("/oncalls", 403)
    ccm("run", "--all")
    assert len(webhook.messages) == 2
    assert "inconclusive" in webhook.messages[1]["title"]


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
    assert "notify env:HOOK: the service did not accept the message" in ran.err
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
    assert ran.out.startswith("Opened:\n- ")
    assert ccm("notify", "--dry-run").out == ran.out


def test_notify_test_sends_a_test_message(ccm, notified, webhook):
    """Whoever sets it up sees at once that it works, before anything was collected."""
    assert ccm("notify", "--test").code == 0
    assert webhook.messages[0]["title"] == "ccm: test message"


def test_quiet_hours_delay_notifications(ccm, notified, webhook):
    """Until they end."""
    notified(QUIET)
    ccm("run")
    assert webhook.messages == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        pytest.param("on: [everything]", 'unknown value "everything"', id="occasion"),
        pytest.param(
            'quiet_hours: {from: "22:00", until: "07:00", timezone: Berlin}',
            "unknown time zone; expected a name such as Europe/Berlin or UTC",
            id="zone",
        ),
        pytest.param(
            'quiet_hours: {from: "25:00", until: "07:00", timezone: UTC}', '"25:00"', id="hour"
        ),
        pytest.param("min_severity: urgent", 'unknown value "urgent"', id="severity"),
    ],
)
def test_mistakes_in_notify_settings_are_reported(ccm, notified, more, message):
    """Each with its line, before anything is done."""
    notified(more)
    ran = ccm("notify")
    assert ran.code == 2
    assert message in ran.err
    assert "ccm.yaml:" in ran.err


def test_a_notify_address_in_the_settings_is_refused(ccm, connected, folder):
    """Addresses hold tokens; what was written is not repeated."""
    with (folder / "ccm.yaml").open("a") as file:
        file.write('notify: {to: ["slack://S3cretToken"]}\n')
    ran = ccm("notify")
    assert ran.code == 2
    assert "expected the location of a secret" in ran.err
    assert "S3cretToken" not in ran.err


def test_notify_without_recipients_is_a_usage_error(ccm, connected):
    """Without the setting, the command says what is missing."""
    assert "has no `notify`" in ccm("notify").err
