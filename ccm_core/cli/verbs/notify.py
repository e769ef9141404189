"""``ccm notify``."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from ccm_core.app.workspace import Workspace
from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.cli.terminal.output import say
from ccm_core.config.secret_resolver import resolve
from ccm_core.config.settings import NotifySettings, QuietHoursSettings
from ccm_core.errors import UsageError
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evaluation.rule import Severity
from ccm_core.notify.types import NotifyEvent, QuietHours, NotifyPreferences
from ccm_core.pipeline.notify import Mailing, Notice, notify, try_out
from ccm_core.store.interface import EvidenceStore


@click.command("notify")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be told, and send nothing.")
@click.option("--try", "trial", is_flag=True, help="Send every address a trial message.")
@click.pass_obj
def command(config: str | None, *, dry: bool, trial: bool) -> int:
    """Tell people what changed since they were told last. `run` and `watch` do so themselves."""
    place = Workspace.opened(config)
    wanted = place.settings.notify
    if wanted is None:
        raise UsageError(f"{place.settings.document.file} has no `notify`: nobody is to be told")
    mailing = _mailing(place, wanted)
    if trial:
        return _said(try_out(mailing), sent=True)
    with place.store(create=False) as store:
        kept = store.latest_evaluation()
        if kept is None:
            raise UsageError("the store holds no evaluation; run `ccm evaluate` first")
        return _said(notify(place.host, store, kept.evaluation, mailing, dry=dry), sent=not dry)


def notified(place: Workspace, store: EvidenceStore, evaluation: Evaluation) -> tuple[str, ...]:
    """Tell people what changed, where the settings want it; say what could not be sent."""
    wanted = place.settings.notify
    if wanted is None:
        return ()
    try:
        told = notify(place.host, store, evaluation, _mailing(place, wanted))
    except UsageError as error:
        # What was collected and judged stands, whoever could not be told of it.
        return (f"notify: {error}",)
    return tuple(f"notify {one.recipient}: {one.failure}" for one in told if one.failure)


def _mailing(place: Workspace, wanted: NotifySettings) -> Mailing:
    return Mailing(
        recipients={
            str(one): resolve(
                one,
                environment=os.environ,
                base=place.settings.base,
                field="address",
                vaulted=place.vaulted,
            )
            for one in wanted.to
        },
        wishes=_wishes(wanted),
        memory=wanted.memory,
    )


def _wishes(wanted: NotifySettings) -> NotifyPreferences:
    return NotifyPreferences(
        occasions=frozenset(map(NotifyEvent, wanted.on)) or frozenset(NotifyEvent),
        least=Severity(wanted.least),
        quiet=_quiet(wanted.quiet) if wanted.quiet else None,
    )


def _quiet(wanted: QuietHoursSettings) -> QuietHours:
    return QuietHours(
        since=wanted.since,
        until=wanted.until,
        zone=wanted.zone,
        unless=Severity(wanted.unless) if wanted.unless else None,
    )


def _said(notices: Iterable[Notice], *, sent: bool) -> int:
    code = Exit.OK
    for one in notices:
        if one.failure:
            say(f"{one.recipient}: {one.failure}")
            code = Exit.SOURCE
        elif one.message is None:
            say(f"{one.recipient}: nothing new to tell")
        else:
            say(f"{one.recipient}: {'told' if sent else 'would be told'}: {one.message.title}")
            for line in () if sent else one.message.lines:
                click.echo(line)
    return code
