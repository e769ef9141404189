"""Testing a connection before something of it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.cli.terminal.output import print_table, say
from ccm_core.cli.terminal.prompts import agreed
from ccm_core.errors import SourceError
from ccm_core.pipeline.session import check

if TYPE_CHECKING:
    from ccm_core.pipeline.context import Connection, Host


def tried(host: Host, connection: Connection) -> None:
    """Test a connection and print what was found.

    Raises:
        SourceError: It cannot be used.
    """
    say("testing the connection ...")
    rows = [
        ("ok" if one.good else "PROBLEM", one.subject, one.found, one.next_step or "")
        for one in check(host, connection)
    ]
    print_table(("", "what", "found", "next step"), rows)


def tried_to_save(host: Host, connection: Connection, *, save_anyway: bool) -> None:
    """Test a connection; return where it may be saved.

    Raises:
        SourceError: It cannot be used, and nobody wants it saved all the same.
    """
    try:
        tried(host, connection)
    except SourceError as error:
        if save_anyway:
            say(str(error))
        elif not agreed(f"The test failed: {error}\nSave it all the same?"):
            said = f"{error}\nnothing was saved; --save-anyway saves it all the same"
            raise type(error)(said) from error
