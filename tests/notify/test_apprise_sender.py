"""Sending and remembering: real requests on loopback, each in its form, and no address shown."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.rule import Severity
from ccm_core.notify import sent_state
from ccm_core.notify.apprise_sender import send
from ccm_core.notify.message import Entry, Fact, Link, Message, MessageSection
from ccm_core.notify.types import RecipientState, SentCondition
from ccm_core.sdk.secret import Secret
from tests.notify.loopback_services import mail_server, tls_context, web_service

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
LINK = "https://acme.example.com/services/P1"
ENTRY = Entry(
    title="<b>Checkout</b> & co {{app_url}}",
    severity="high",
    url=LINK,
    facts=(Fact(name="Owner", value="Payments"),),
    command="ccm findings show f1",
)
MESSAGE = Message(
    title="ccm: 1 opened",
    severity="high",
    sections=(MessageSection(heading="New", entries=(ENTRY,), total=1),),
    links=(Link(text="Full report", url="https://ccm.example.com/r.html"),),
)


def test_a_service_without_formats_is_sent_plain_text(webhook):
    """Title and lines, as they are."""
    assert send(MESSAGE, Secret(webhook.address)) is None
    (sent,) = webhook.messages
    assert (sent["title"], sent["message"].splitlines()[:2]) == (
        MESSAGE.title,
        ["New (1):", "- high: <b>Checkout</b> & co {{app_url}}"],
    )


def test_slack_is_sent_blocks(tmp_path, monkeypatch):
    """Through Apprise and a proxy on loopback that stands for Slack: rich text, nothing else."""
    with web_service(tls_context(tmp_path), is_proxy=True) as (port, posts):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert send(MESSAGE, Secret("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazk?verify=no")) is None
    ((host, path, payload),) = posts
    assert (host, path) == ("hooks.slack.com", "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazk")
    (card,) = payload["attachments"]
    assert [block["type"] for block in card["blocks"]] == ["header", *["rich_text"] * 3]
    (section,) = card["blocks"][2]["elements"]
    assert section["elements"][0] == {
        "type": "link",
        "url": LINK,
        "text": "high: <b>Checkout</b> & co {{app_url}}",
        "style": {"bold": True},
    }


def test_teams_is_sent_a_card(tmp_path):
    """Through Apprise, as its workflows take it."""
    with web_service(tls_context(tmp_path)) as (port, posts):
        address = f"workflows://127.0.0.1:{port}/WORKFLOW/SIGNATURE?verify=no"
        assert send(MESSAGE, Secret(address)) is None
    ((_, path, payload),) = posts
    assert path.startswith("/workflows/WORKFLOW/triggers/manual/paths/invoke?")
    card = payload["attachments"][0]["content"]
    assert card["type"] == "AdaptiveCard"
    assert card["actions"][0]["url"] == "https://ccm.example.com/r.html"
    assert "high: <b>Checkout</b> & co {{app_url}}" in str(card)


def test_a_template_of_the_address_is_left_to_it(tmp_path):
    """Who made a card of their own keeps it."""
    template = tmp_path / "own.json"
    content = '{"type": "AdaptiveCard", "own": "{{ app_title }}"}'
    template.write_text(
        '{"type": "message", "attachments": [{"contentType": "c", "content": ' + content + "}]}"
    )
    with web_service(tls_context(tmp_path)) as (port, posts):
        address = f"workflows://127.0.0.1:{port}/W/S?verify=no&template={template}"
        assert send(MESSAGE, Secret(address)) is None
    assert posts[0][2]["attachments"][0]["content"]["own"] == MESSAGE.title


def test_mail_is_html_with_a_plain_alternative():
    """Names of resources are escaped, links are links."""
    with mail_server() as (port, mails):
        address = f"mailto://127.0.0.1:{port}?from=ccm@example.com&to=ops@example.com&mode=insecure"
        assert send(MESSAGE, Secret(address)) is None
    (mail,) = mails
    assert mail["Subject"] == MESSAGE.title
    assert mail.get_content_type() == "multipart/alternative"
    page = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;Checkout&lt;/b&gt; &amp; co" in page
    assert f'<a href="{LINK}"' in page
    assert "Checkout" in mail.get_body(("plain",)).get_content()


def test_a_service_that_takes_less_is_sent_less(webhook):
    """Mattermost takes 4,000 characters: one message, with the same counts."""
    section = MessageSection(
        heading="New",
        entries=(replace(ENTRY, title="long *name* " * 20),) * 10,
        total=100_000,
        rest="ccm findings list",
    )
    message = replace(MESSAGE, sections=(section,) * 3)
    port = webhook.address.partition("127.0.0.1:")[2].partition("/")[0]
    address = f"mmost://127.0.0.1:{port}/3ccdd113474722377935511fc85d3dd4"
    assert send(message, Secret(address)) is None
    (sent,) = webhook.messages
    assert len(sent["text"]) <= 4_000
    assert sent["text"].count("99,9") == 3
    assert "ccm: 1 opened" in sent["text"]


def test_an_address_may_ask_for_plain_text():
    """As Apprise has it for each of them: ``format=text``."""
    with mail_server() as (port, mails):
        address = f"mailto://127.0.0.1:{port}?from=ccm@example.com&to=ops@example.com&mode=insecure"
        assert send(MESSAGE, Secret(f"{address}&format=text")) is None
    assert mails[0].get_content_type() == "text/plain"
    assert "- high: <b>Checkout</b>" in mails[0].get_content()


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
        "from ccm_core.notify.message import Message; from ccm_core.sdk.secret import Secret; "
        "send(Message(title='t', summary=('l',)), Secret('json://127.0.0.1:9/')); "
        "print([f'apprise.plugins.{name}' in sys.modules for name in ('custom_json', 'slack')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter
    assert done.stdout.strip() == "[True, False]"


def test_unsupported_apprise_address_is_reported():
    """It is not repeated: it may be a secret."""
    failure = send(MESSAGE, Secret("nonsense-S3cret"))
    assert failure is not None
    assert "S3cret" not in failure


def test_sent_state_round_trips(tmp_path):
    """By address; where there is no file, nothing was sent. Of what is no more nothing stays."""
    path = tmp_path / "ccm.notified.json"
    sent = RecipientState(
        conditions={"k": SentCondition(severity=Severity.HIGH, resolved_text="well")},
        digest_at=datetime(2026, 5, 6, tzinfo=UTC),
        opened=2,
    )
    assert sent_state.read(path) == {}
    sent_state.record(path, "gone env:HOOK", sent, {"gone env:HOOK"})
    sent_state.record(path, "all env:HOOK", sent, {"all env:HOOK"})
    assert sent_state.read(path) == {"all env:HOOK": sent}
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_another_process_recorded_stays(tmp_path):
    """Two that notify at once do not make each other repeat everything."""
    path, names = tmp_path / "ccm.notified.json", {"a", "b"}
    sent_state.record(path, "a", RecipientState(opened=1), names)
    sent_state.record(path, "b", RecipientState(opened=2), names)
    assert {name: state.opened for name, state in sent_state.read(path).items()} == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="damaged"),
        pytest.param('{"recipients": {}, "version": 1}', id="of an earlier version"),
        pytest.param(
            '{"recipients": {"all": {"conditions": []}}, "version": 2}', id="another shape"
        ),
    ],
)
def test_a_sent_state_that_cannot_be_read_is_reported(tmp_path, text):
    """With what happens when it is removed; it is not read as if it were empty."""
    path = tmp_path / "ccm.notified.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="every channel is sent a digest of what is open"):
        sent_state.read(path)
