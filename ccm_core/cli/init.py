"""``ccm init``."""

from __future__ import annotations

from pathlib import Path

import click

from ccm_core.cli.printing import say
from ccm_core.config.find import NAME
from ccm_core.config.template import template
from ccm_core.errors import UsageError
from ccm_core.host.discovery import discover
from ccm_core.host.loader import load


@click.command("init")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_obj
def command(config: str | None, *, force: bool) -> None:
    """Write a commented ccm.yaml with an example of every connector that is installed."""
    path = Path(config or NAME)
    catalog = load(discover())
    text = template(catalog.connectors.values(), catalog.packs)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; --force replaces it") from None
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause
    say(f"wrote {path}; edit it, then run `ccm check`")
