"""Options that several verbs share, and how their values are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ccm_core.errors import UsageError
from ccm_core.model.period import Period, parse_period
from ccm_core.sdk.timestamps import parse_instant

as_of_option = click.option(
    "--as-of", metavar="INSTANT", help="The state of the evidence as of this moment."
)
connection_option = click.option("--connection", metavar="NAME", help="Only this connection.")
connections_option = click.option(
    "--connection",
    "connections",
    multiple=True,
    metavar="NAME",
    help="Only this connection; may be repeated.",
)
control_option = click.option(
    "--control",
    "controls",
    multiple=True,
    metavar="FRAMEWORK:ID",
    help="Only checks that support this control; may be repeated.",
)
severity_option = click.option(
    "--severity",
    "severities",
    multiple=True,
    metavar="LEVEL",
    type=click.Choice(["critical", "high", "medium", "low", "informational"]),
    help="Only checks of this severity; may be repeated.",
)
status_option = click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="STATUS",
    type=click.Choice(["pass", "fail", "insufficient", "error", "not_applicable"]),
    help="Only results with this status; may be repeated.",
)
owner_option = click.option(
    "--owner",
    "owners",
    multiple=True,
    metavar="TEAM",
    help="Only what this team owns; may be repeated.",
)
jobs_option = click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Where thousands of objects changed, derive and judge them in N processes side by side.",
)
kept_report_option = click.option(
    "-o",
    "--output",
    default="ccm-report.html",
    show_default=True,
    metavar="FILE",
    help="Where to keep the HTML report.",
)
acting_option = click.option(
    "--as",
    "by",
    metavar="PERSON",
    help="Who does this: the id of one of `people`. Default: who is logged in on this machine.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def read_as_of(text: str | None, option: str = "--as-of") -> datetime | None:
    """Read the value of an option that is a moment.

    Raises:
        UsageError: It is no instant with an offset.
    """
    if text is None:
        return None
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as cause:
        raise UsageError(
            f"{option} {text!r}: expected an instant with its offset, such as 2026-11-23T12:00:00Z"
        ) from cause


def read_period(text: str) -> Period:
    """Read ``--period``.

    Raises:
        UsageError: It is no period.
    """
    try:
        return parse_period(text)
    except ValueError as cause:
        raise UsageError(f"--period: {cause}") from cause


def read_controls(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Read ``--control``.

    Raises:
        UsageError: One has no framework or no id.
    """
    controls = []
    for text in texts:
        framework, _, name = text.partition(":")
        if not framework or not name:
            raise UsageError(f"--control: {text!r} is no FRAMEWORK:ID; write it like soc2:CC7.4")
        controls.append((framework, name))
    return controls


def settings_file(config: str | None) -> Path | None:
    """Return the settings file that ``-c`` names; None where it is not given."""
    return Path(config) if config is not None else None


def renamed_option(old: str, new: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Refuse the name that an option had before, and say what it is called now."""

    def refuse(context: click.Context, parameter: click.Parameter, value: object) -> None:
        del parameter
        if value:
            raise click.UsageError(f"{old} is now called {new}", context)

    return click.option(
        old, is_flag=True, hidden=True, expose_value=False, is_eager=True, callback=refuse
    )


def renamed_command(old: str, new: str) -> click.Command:
    """Return a hidden command that says what it is called now, whatever follows it."""

    @click.command(
        old, hidden=True, add_help_option=False, context_settings={"ignore_unknown_options": True}
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def refuse(arguments: tuple[str, ...]) -> None:
        del arguments
        raise click.UsageError(f"`{old}` is now called `{new}`")

    return refuse
