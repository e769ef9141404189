"""``ccm serve``: the web console on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccm_core.cli.serve import tokens
from ccm_core.cli.serve.run import serve_console
from ccm_core.cli.terminal.options import kept_report_option, settings_file
from ccm_core.config.locate import find
from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.web.server import ServedAt


@click.group("serve", invoke_without_command=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="A loopback address; another one where a team signs in and --origin is https.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8480, show_default=True)
@click.option(
    "--socket",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A Unix socket in the place of a port: no other user of this machine reaches it.",
)
@click.option(
    "--origin",
    metavar="URL",
    help="Where browsers find it, where that is another address: http://localhost:9000.",
)
@click.option("--no-watch", is_flag=True, help="Only the console: nothing is collected.")
@kept_report_option
@click.pass_context
def command(
    context: click.Context,
    host: str,
    port: int,
    socket: Path | None,
    origin: str | None,
    output: str,
    *,
    no_watch: bool,
) -> None:
    """Serve the web console on this machine, and collect what is due beside it.

    It prints a link that signs in once. Every local user can reach a loopback port, but without
    that link nobody is let in; with --socket nobody else can reach it. A team signs in by OpenID
    Connect, as web.sign_in of the settings says.
    """
    if context.invoked_subcommand is not None:
        return
    path = find(settings_file(context.obj), environment=os.environ, folder=Path())
    place = place_of(host, port, socket)
    serve_console(path, place, origin, None if no_watch else Path(output))


command.add_command(tokens.command)


def place_of(host: str, port: int, socket: Path | None) -> ServedAt:
    """Return where the console listens.

    Raises:
        UsageError: What it needs is not installed.
    """
    try:
        import starlette  # noqa: F401 - is it there?
        import uvicorn  # noqa: F401 - is it there?

        from ccm_core.web.server import ServedAt
    except ImportError as cause:
        raise UsageError(
            f"the console needs {cause.name}, which is not installed: pip install 'ccm-core[web]'"
        ) from cause
    return ServedAt(host=host, port=port, socket=socket)
