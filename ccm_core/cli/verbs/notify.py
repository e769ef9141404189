"""``ccm notify``: send what is new to Slack, Teams, mail and others; dry run, test message."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ccm_core.app.notifications import notification_policy
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.options import renamed_option
from ccm_core.cli.terminal.output import print_message, print_text
from ccm_core.cli.terminal.workspace import open_workspace
from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result_scope import UNSETTLED
from ccm_core.notify.rendering.text import render_text
from ccm_core.pipeline.notify import DeliveryResult, notify, send_test
from ccm_core.report.content import phrases


@click.command("notify")
@click.option("--dry-run", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option("--test", is_flag=True, help="Send every address a test message.")
@renamed_option("--try", "--test")
@click.pass_obj
def command(config: str | None, *, dry_run: bool, test: bool) -> int:
    """Notify channels of new findings, or send their digest. `run` and `watch` do so themselves."""
    workspace = open_workspace(config)
    policy = notification_policy(workspace)
    if test:
        return _print(send_test(policy), sent=True)
    with workspace.read_store() as store:
        latest = store.evaluations.latest(scope=UNSETTLED)
        if latest is None:
            raise UsageError("the store holds no evaluation; run `ccm evaluate` first")
        results = notify(workspace.host, store, latest.evaluation, policy, dry_run=dry_run)
    return _print(results, sent=not dry_run)


def _print(results: Iterable[DeliveryResult], *, sent: bool) -> int:
    code = Exit.OK
    for result in results:
        if result.failure:
            print_message(f"{result.recipient}: {result.failure}")
            code = Exit.SOURCE
        elif result.message is None:
            print_message(f"{result.recipient}: {_waiting(result) or 'nothing new to send'}")
        else:
            verb = "sent" if sent else "would be sent"
            print_message(f"{result.recipient}: {verb}: {result.message.title}")
            if not sent:
                print_text(render_text(result.message))
            if waiting := _waiting(result):
                print_message(f"{result.recipient}: {waiting}")
    return code


def _waiting(result: DeliveryResult) -> str:
    """Return how much waits until when; empty: nothing does."""
    if result.waits_until is None:
        return ""
    verb = "waits" if result.waiting == 1 else "wait"
    until = f"{result.waits_until:%Y-%m-%d %H:%M %Z}"
    new = phrases.count(result.waiting, "new notification")
    return f"{new} {verb} for the end of the quiet hours: {until}"
