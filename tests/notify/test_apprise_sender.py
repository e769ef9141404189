"""Sending and remembering: a real request to a web hook, and no address in any message or file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.rule import Severity
from ccm_core.notify import sent_state
from ccm_core.notify.apprise_sender import send
from ccm_core.notify.types import Notification, RecipientState, SentCondition
from ccm_core.sdk.secret import Secret

MESSAGE = Notification(title="ccm: 1 opened", lines=("Opened:", "- high: <b>Checkout</b> & co"))


def test_apprise_sends_title_and_lines(webhook):
    """Title and lines, as they are."""
    assert send(MESSAGE, Secret(webhook.address)) is None
    (told,) = webhook.messages
    assert (told["title"], told["message"]) == (MESSAGE.title, "\n".join(MESSAGE.lines))


@pytest.mark.parametrize(
    "status", [pytest.param(403, id="refused"), pytest.param(500, id="broken")]
)
def test_failed_notification_is_reported_without_the_address(webhook, status):
    """A failure names neither the address nor the token in it."""
    webhook.status = status
    assert send(MESSAGE, Secret(webhook.address)) == "the service did not accept the message"


def test_addresses_of_several_services_are_served_one_after_the_other(webhook):
    """Of each the module is loaded that it needs; an unknown one keeps none from being sent."""
    addresses = (webhook.address, "nonsense://x", "ntfy://127.0.0.1:9/topic", webhook.address)
    failures = [send(MESSAGE, Secret(address)) for address in addresses]
    assert [failure is None for failure in failures] == [True, False, False, True]
    assert [failure and "supports" in failure for failure in failures[1:3]] == [True, False]


def test_only_the_service_of_the_address_is_loaded():
    """The modules of all others take longer than everything else that is done in a quiet hour."""
    code = (
        "import sys; from ccm_core.notify.apprise_sender import send; "
        "from ccm_core.notify.types import Notification; from ccm_core.sdk.secret import Secret; "
        "send(Notification(title='t', lines=('l',)), Secret('json://127.0.0.1:9/')); "
        "print([f'apprise.plugins.{name}' in sys.modules for name in ('custom_json', 'slack')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert done.stdout.strip() == "[True, False]"


def test_unsupported_apprise_address_is_reported():
    """It is not repeated: it may be a secret."""
    said = send(MESSAGE, Secret("nonsense-S3cret"))
    assert said is not None
    assert "S3cret" not in said


def test_sent_state_round_trips(tmp_path):
    """By recipient; where there is no file, nothing was told."""
    path = tmp_path / "ccm.notified.json"
    told = {
        "env:HOOK": RecipientState(
            conditions={"k": SentCondition(severity=Severity.HIGH, resolved_text="well")}
        )
    }
    assert sent_state.read(path) == {}
    sent_state.write(path, told)
    assert sent_state.read(path) == told
    assert path.stat().st_mode & 0o777 == 0o600


def test_damaged_sent_state_is_reported(tmp_path):
    """With what happens when it is removed."""
    path = tmp_path / "ccm.notified.json"
    path.write_text("{")
    with pytest.raises(UsageError, match="every current condition is sent once more"):
        sent_state.read(path)


def test_a_state_file_of_an_earlier_version_is_named_with_its_current_name(tmp_path):
    """It is not read as if it were empty: everything would be sent once more."""
    (tmp_path / "ccm.told.json").write_text("{}")
    with pytest.raises(UsageError, match=r"ccm\.told\.json is now called ccm\.notified\.json"):
        sent_state.read(tmp_path / "ccm.notified.json")
